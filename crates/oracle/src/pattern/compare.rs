//! `compare`: aggregates over a sliding window or a session (language.md §4.1), and over the window of `clear when`
//! (§4.2).

use super::{Detection, Keyed, latest};
use crate::condition;
use crate::datum::{Datum, ratio};
use crate::view::View;
use event::field::FieldType;
use event::time::{Duration, Timestamp};
use rules::tree::{Aggregate, Cond, Function, Over, Pattern, Step};
use site::path::Path;
use std::cmp::Ordering;
use std::collections::BTreeSet;

impl<'r> Keyed<'_, 'r> {
    /// Both kinds of `compare`.
    pub(super) fn compare(&self, aggregates: &'r [Aggregate], over: Over, fire: &Cond) -> Vec<Detection<'r>> {
        let hits: BTreeSet<usize> = aggregates.iter().flat_map(|one| self.of(&one.step)).copied().collect();
        let mut hits: Vec<usize> = hits.into_iter().collect();
        hits.sort_by_key(|&hit| self.events.place(hit).clone());
        match over {
            Over::Window(window) => self.sliding(aggregates, &hits, (window, fire)),
            Over::Session { gap, at_most } => self.sessions(aggregates, &hits, (gap, at_most), fire),
        }
    }

    /// "e hits an aggregate's step, c holds over the hits in [ts(e) − W, ts(e)]"; evidence: "latest 64".
    fn sliding(
        &self,
        aggregates: &'r [Aggregate],
        hits: &[usize],
        (window, fire): (Duration, &Cond),
    ) -> Vec<Detection<'r>> {
        let mut found = Vec::new();
        for &e in hits {
            let now = self.events.ts(e);
            let counts = |h: &usize| (now - window..=now).contains(&self.events.ts(*h)) && self.joins(*h, e);
            let counted: Vec<usize> = hits.iter().copied().filter(counts).collect();
            if self.fires(aggregates, &counted, (e, fire)) {
                found.push(self.detection(e, latest(&self.as_evidence(aggregates, &counted))));
            }
        }
        found
    }

    /// "Sort all hits of all aggregates; a session ends before a hit that comes > g after its predecessor or > y … after
    /// the session's first; e = last hit of a session for which c holds"; `until`: "x ends it". Evidence: "session's
    /// first and last".
    fn sessions(
        &self,
        aggregates: &'r [Aggregate],
        hits: &[usize],
        (gap, at_most): (Duration, Duration),
        fire: &Cond,
    ) -> Vec<Detection<'r>> {
        let mut sessions: Vec<Vec<usize>> = Vec::new();
        for &hit in hits {
            let goes_on = |session: &&mut Vec<usize>| {
                let (first, last) = (session[0], session[session.len() - 1]);
                let now = self.events.ts(hit);
                now - self.events.ts(last) <= gap
                    && now - self.events.ts(first) <= at_most
                    && self.joins(last, hit)
            };
            match sessions.last_mut().filter(goes_on) {
                Some(session) => session.push(hit),
                None => sessions.push(vec![hit]),
            }
        }
        let mut found = Vec::new();
        for session in sessions {
            let (first, e) = (session[0], session[session.len() - 1]);
            if self.fires(aggregates, &session, (e, fire)) {
                let ends: BTreeSet<usize> = [first, e].into();
                let ends: Vec<usize> = session.into_iter().filter(|hit| ends.contains(hit)).collect();
                let detection = self.detection(e, self.as_evidence(aggregates, &ends));
                let empty = vec![(self.events.ts(first), detection.ts + gap)];
                found.push(Detection { empty, ..detection });
            }
        }
        found
    }

    fn fires(&self, aggregates: &[Aggregate], counted: &[usize], (e, fire): (usize, &Cond)) -> bool {
        let values: Vec<Option<Datum>> = aggregates
            .iter()
            .map(|one| {
                self.aggregate((one.function, one.value.as_ref()), &self.hits_among(&one.step, counted))
            })
            .collect();
        condition::holds(View { aggregates: &values, ..View::of(self.events, e) }, fire)
    }

    fn hits_among(&self, step: &Step, counted: &[usize]) -> Vec<usize> {
        counted.iter().copied().filter(|hit| self.of(step).contains(hit)).collect()
    }

    /// Each event with each of the steps that it hits.
    fn as_evidence(&self, aggregates: &'r [Aggregate], counted: &[usize]) -> Vec<(usize, &'r Step)> {
        let steps =
            |hit: usize| aggregates.iter().map(|one| &one.step).filter(move |s| self.of(s).contains(&hit));
        counted.iter().flat_map(|&hit| steps(hit).map(move |step| (hit, step))).collect()
    }

    /// "Empty aggregates: count, sum, distinct are 0; min, max, avg are missing." A missing f adds nothing.
    fn aggregate(&self, (function, path): (Function, Option<&Path>), hits: &[usize]) -> Option<Datum> {
        let number = |n: usize| Datum::Number(n as i128 * 1_000_000);
        let Some(path) = path else { return Some(number(hits.len())) };
        let values = || hits.iter().flat_map(|hit| self.events.values(*hit, path)).map(Datum::of_value);
        match function {
            Function::Count => Some(number(hits.len())),
            Function::Sum => total(values(), path.ty),
            Function::Distinct => {
                let texts: BTreeSet<_> = hits.iter().flat_map(|hit| self.events.texts(*hit, path)).collect();
                Some(number(texts.len()))
            }
            Function::Min => extreme(values(), Ordering::Less),
            Function::Max => extreme(values(), Ordering::Greater),
            Function::Avg => average(values(), path.ty),
        }
    }
}

fn total(values: impl Iterator<Item = Datum>, ty: FieldType) -> Option<Datum> {
    let sum = values.filter_map(|value| value.measure()).try_fold(0i128, i128::checked_add)?;
    Some(if ty == FieldType::Duration { Datum::Duration(sum) } else { Datum::Number(sum) })
}

fn extreme(values: impl Iterator<Item = Datum>, wanted: Ordering) -> Option<Datum> {
    values.reduce(|a, b| if b.order(&a) == Some(wanted) { b } else { a })
}

/// "`/` and `avg` round half to even at the 6th place" (§3); of durations at the nanosecond.
fn average(values: impl Iterator<Item = Datum>, ty: FieldType) -> Option<Datum> {
    let values: Vec<Datum> = values.collect();
    let number = values.len() as i128;
    match total(values.into_iter(), ty)? {
        Datum::Duration(sum) => ratio(sum, number).map(Datum::Duration),
        Datum::Number(sum) => ratio(sum, number).map(Datum::Number),
        _ => None,
    }
}

/// The aggregates that `clear when` names, over the hits that count at an instant: "c holds over (window ending at t)".
/// Of `count`, `distinct` and `sum` the one that they are themselves.
pub(crate) fn aggregates_at(of: &Keyed<'_, '_>, now: Timestamp) -> Vec<Option<Datum>> {
    let counted = |step: &Step, window: Duration| -> Vec<usize> {
        of.within(step, (now - window, now)).filter(|&hit| of.joins_instant(hit, now)).collect()
    };
    match &of.rule.pattern {
        Pattern::Count { step, within, .. } => {
            vec![of.aggregate((Function::Count, None), &counted(step, *within))]
        }
        Pattern::Distinct { value, step, within, .. } => {
            vec![of.aggregate((Function::Distinct, Some(value)), &counted(step, *within))]
        }
        Pattern::Sum { value, step, within, .. } => {
            vec![of.aggregate((Function::Sum, Some(value)), &counted(step, *within))]
        }
        Pattern::Compare { aggregates, over: Over::Window(window), .. } => aggregates
            .iter()
            .map(|one| of.aggregate((one.function, one.value.as_ref()), &counted(&one.step, *window)))
            .collect(),
        _ => Vec::new(),
    }
}

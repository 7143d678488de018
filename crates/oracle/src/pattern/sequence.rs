//! `sequence`: chains of events, with gaps, `not`, repetition, tests across steps and a tolerance between clocks
//! (language.md §4 "before", §4.1).

use super::{Detection, Interval, Keyed};
use event::time::{Duration, Timestamp};
use rules::tree::{SequenceItem, Step};
use std::collections::BTreeMap;

/// The shortest length of time.
const INSTANT: Duration = Duration(1);

/// A sequence under one key.
struct Sequence<'k, 'e, 'r> {
    of: &'k Keyed<'e, 'r>,
    window: Option<Duration>,
    places: Vec<Place<'r>>,
}

/// A place of the chain: "as if the step stood m times".
struct Place<'r> {
    step: &'r Step,
    /// Which of the m it is, from 0 on.
    copy: u32,
    /// m
    copies: u32,
    /// What must not stand between the place before and this one.
    not: Vec<&'r Step>,
}

impl<'r> Keyed<'_, 'r> {
    /// "there are h1 … hn = e, all different, hi ∈ H(si), each before the next, ts(e) − ts(h1) ≤ W"
    pub(super) fn sequence(&self, window: Option<Duration>, items: &'r [SequenceItem]) -> Vec<Detection<'r>> {
        let sequence = Sequence { of: self, window, places: places(items) };
        let Some(last) = sequence.places.last() else { return Vec::new() };
        let ends = self.of(last.step).iter();
        ends.filter_map(|&e| sequence.chain(&[e]).map(|chain| sequence.detection(e, &chain))).collect()
    }
}

/// The places of a chain. "With `gap`, from each to the next"; a `not` stands before the first of a run.
fn places(items: &[SequenceItem]) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    let mut not = Vec::new();
    for item in items {
        match item {
            SequenceItem::Not(step) => not.push(step),
            SequenceItem::Step(step) => {
                let copies = step.repeated.map_or(1, |repeated| repeated.at_least);
                for copy in 0..copies {
                    places.push(Place { step, copy, copies, not: std::mem::take(&mut not) });
                }
            }
        }
    }
    places
}

impl<'r> Sequence<'_, '_, 'r> {
    /// The full chain that ends with `tail`, "found from e backwards, each time the ≺-greatest that lets a full chain
    /// exist".
    fn chain(&self, tail: &[usize]) -> Option<Vec<usize>> {
        let place = self.places.len() - tail.len();
        if place == 0 {
            return self.is_chain(tail).then(|| tail.to_vec());
        }
        let next = *tail.first()?;
        let reach = (self.earliest(place - 1, tail), self.ts(next) + self.of.rule.tolerance);
        self.of
            .within(self.places[place - 1].step, reach)
            .rev()
            .filter(|hit| !tail.contains(hit) && self.may_stand(*hit, place, tail))
            .find_map(|hit| self.chain(&[&[hit], tail].concat()))
    }

    /// The first place keeps the window; those behind it may stand a tolerance each before it.
    fn earliest(&self, place: usize, tail: &[usize]) -> Timestamp {
        let (Some(window), Some(&end)) = (self.window, tail.last()) else { return Timestamp::MIN };
        self.ts(end) - window - Duration(self.of.rule.tolerance.0 * place as i64)
    }

    /// What can be said of `hit` before `place` without the rest of the chain: it counts together with the end, the gap
    /// is kept, nothing stands between that must not whatever the rest is, and a run is taken in order. (Its last may be
    /// e, which is given: events of one instant "are in order both ways".)
    fn may_stand(&self, hit: usize, place: usize, tail: &[usize]) -> bool {
        let (Some(&next), Some(&end)) = (tail.first(), tail.last()) else { return false };
        let Place { step, copy, not, .. } = &self.places[place];
        let exact = self.of.rule.tolerance == Duration::ZERO;
        let plain = |step: &&&Step| exact && step.options.iter().all(|option| option.across.is_none());
        self.of.joins(hit, end)
            && step.gap.is_none_or(|gap| self.ts(next) - self.ts(hit) <= gap)
            && !not.iter().filter(plain).any(|x| self.of.within(x, self.between(hit, next)).next().is_some())
            && (*copy == 0 || !exact || next == end || self.of.events.place(hit) < self.of.events.place(next))
    }

    /// Whether a row of events is a chain in all that needs the whole of it.
    fn is_chain(&self, chain: &[usize]) -> bool {
        let fits = |at: usize| {
            let Place { step, not, .. } = &self.places[at];
            let earlier = self.filled(&chain[..at]);
            let none = |x: &&Step| {
                let gap = self.between(chain[at - 1], chain[at]);
                !self.of.within(x, gap).any(|hit| !chain.contains(&hit) && self.of.fits(x, hit, &earlier))
            };
            self.of.fits(step, chain[at], &earlier) && not.iter().all(none)
        };
        (0..chain.len()).all(fits) && (0..chain.len()).all(|at| self.number_is_right(chain, at))
    }

    /// "And the number of hits of a in [ts(p), ts(q)], p and q left out, is m … n. p, q: chain events on either side; run
    /// first: p is the instant ts(e) − W; run last: q is e, counted".
    fn number_is_right(&self, chain: &[usize], at: usize) -> bool {
        let Place { step, copy, copies, .. } = &self.places[at];
        let Some(most) = step.repeated.and_then(|repeated| repeated.at_most).filter(|_| *copy == 0) else {
            return true;
        };
        let end = chain[chain.len() - 1];
        let before = at.checked_sub(1).map(|at| chain[at]);
        let behind = chain.get(at + *copies as usize).copied();
        let from = before.map_or(self.earliest(0, chain), |p| self.ts(p));
        let to = self.ts(behind.unwrap_or(end));
        let earlier = self.filled(&chain[..at]);
        let counted = self.of.within(step, (from, to)).filter(|&hit| {
            Some(hit) != before
                && Some(hit) != behind
                && self.of.joins(hit, end)
                && self.of.fits(step, hit, &earlier)
        });
        (*copies as usize..=most as usize).contains(&counted.count())
    }

    /// The events of the first places of a chain that have a label to look at: "a repeated or negated step has no label".
    fn filled(&self, chain: &[usize]) -> Vec<(u8, usize)> {
        let single = chain.iter().zip(&self.places).filter(|(_, place)| place.step.repeated.is_none());
        single.map(|(event, place)| (place.step.bit, *event)).collect()
    }

    /// "ts(hi) < ts(x) < ts(hi+1)"
    fn between(&self, hit: usize, next: usize) -> Interval {
        (self.ts(hit) + INSTANT, self.ts(next) - INSTANT)
    }

    fn ts(&self, event: usize) -> Timestamp {
        self.of.events.ts(event)
    }

    /// Evidence: "the chain"; of a run "first, last".
    fn detection(&self, e: usize, chain: &[usize]) -> Detection<'r> {
        let mut evidence: BTreeMap<usize, (usize, &'r Step)> = BTreeMap::new();
        let mut empty = Vec::new();
        for (at, place) in self.places.iter().enumerate() {
            if place.copy == 0 || place.copy + 1 == place.copies {
                evidence.insert(at, (chain[at], place.step));
            }
            if !place.not.is_empty() {
                empty.push(self.between(chain[at - 1], chain[at]));
            }
        }
        Detection { empty, ..self.of.detection(e, evidence.into_values().collect()) }
    }
}

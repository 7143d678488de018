//! Detections: which events end a match (language.md §4.1), each row of the table a function that says in loops what
//! the row says in words; and what §4.2 says of `unless`, `until` and `once`.

mod after;
mod compare;
mod first;
mod sequence;
mod speed;
mod unusual;
mod windows;

use crate::events::Events;
use crate::hits::{self, Asker, Hits, Key};
use event::alert::Place;
use event::time::{Duration, Timestamp};
use rules::tree::{Pattern, Rule, Side, Step};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use compare::aggregates_at;

/// The most hits that a window lists as evidence.
const EVIDENCE_MAX: usize = 64;

/// From an instant to an instant, both included. Instants are whole nanoseconds, so an open end is one less.
pub(crate) type Interval = (Timestamp, Timestamp);

/// A rule matched at an event.
#[derive(Clone, Debug)]
pub(crate) struct Detection<'r> {
    pub(crate) key: Key,
    pub(crate) ts: Timestamp,
    /// The terminal event.
    pub(crate) terminal: usize,
    /// What it rests on, with the step that each event satisfied.
    pub(crate) evidence: Vec<(usize, &'r Step)>,
    /// Where it rests on nothing having happened: rows `not`, `unless`, `after` and session.
    pub(crate) empty: Vec<Interval>,
}

impl Detection<'_> {
    /// Without what only this run knows.
    pub(crate) fn reported(&self, events: &Events<'_>) -> crate::Detection {
        crate::Detection { key: self.key.clone(), ts: self.ts, terminal: events.get(self.terminal).id }
    }

    /// The events that filled steps, by bit.
    pub(crate) fn filled(&self) -> Vec<(u8, usize)> {
        self.evidence.iter().map(|(event, step)| (step.bit, *event)).collect()
    }
}

/// The hits of a rule's steps under one key: "separately for each key" (§1).
#[derive(Clone)]
pub(crate) struct Keyed<'e, 'r> {
    pub(crate) events: &'e Events<'e>,
    pub(crate) rule: &'r Rule,
    pub(crate) key: Key,
    /// H, by the bit of the step; sorted by ≺.
    hits: BTreeMap<u8, Vec<usize>>,
    /// The same before `unless` has taken from it.
    all: BTreeMap<u8, Vec<usize>>,
}

/// All detections of a rule, by key, ts and terminal event.
pub(crate) fn detections<'r>(events: &Events<'r>, index: u32) -> Vec<Detection<'r>> {
    let rules = events.rules;
    let rule = &rules.rules[index as usize];
    let mut found: Vec<Detection<'r>> = keyed(events, rule)
        .into_iter()
        .flat_map(|of| if rule.once { of.once() } else { of.detections() })
        .collect();
    for detection in &mut found {
        rest_on_unless(events, rule, detection);
    }
    found.sort_by(|a, b| {
        (&a.key, a.ts, events.place(a.terminal)).cmp(&(&b.key, b.ts, events.place(b.terminal)))
    });
    found
}

/// The hits of a rule, for each of its keys.
pub(crate) fn keyed<'e, 'r>(events: &'e Events<'e>, rule: &'r Rule) -> Vec<Keyed<'e, 'r>> {
    let of_step = |step: &Step| (step.bit, hits::hits(events, step, asker(rule)));
    let of_steps: Vec<(u8, Hits)> = rule.steps().into_iter().map(of_step).collect();
    let keys: BTreeSet<&Key> = of_steps.iter().flat_map(|(_, hits)| hits.keys()).collect();
    keys.into_iter()
        .map(|key| {
            let of_key = |(bit, hits): &(u8, Hits)| (*bit, hits.get(key).cloned().unwrap_or_default());
            let all = of_steps.iter().map(of_key).collect();
            let mut of = Keyed { events, rule, key: key.clone(), hits: BTreeMap::new(), all };
            of.narrow();
            of
        })
        .collect()
}

/// What a rule's steps belong to.
pub(crate) fn asker(rule: &Rule) -> Asker {
    if rule.life_safety { Asker::LifeSafetyRule } else { Asker::Rule }
}

/// "[ts(h) − d, ts(h)]" or "[ts(h), ts(h) + d]".
fn reach(at: Timestamp, side: Side, within: Duration) -> Interval {
    match side {
        Side::Before => (at - within, at),
        Side::After => (at, at + within),
    }
}

/// `unless` proved an interval of each event that stands for its step empty.
fn rest_on_unless(events: &Events<'_>, rule: &Rule, detection: &mut Detection<'_>) {
    for unless in &rule.unless {
        let stand = detection.evidence.iter().filter(|(_, step)| step.bit == unless.of);
        let reaches = stand.map(|(event, _)| reach(events.ts(*event), unless.side, unless.within));
        detection.empty.extend(reaches.collect::<Vec<_>>());
    }
}

impl<'e, 'r> Keyed<'e, 'r> {
    /// The row of §4.1 that the rule has.
    fn detections(&self) -> Vec<Detection<'r>> {
        match &self.rule.pattern {
            Pattern::When(step) => self.when(step),
            Pattern::Count { at_least, step, within } => self.count(*at_least as usize, (step, *within)),
            Pattern::Any { at_least, steps, within } => self.any(*at_least as usize, steps, *within),
            Pattern::Distinct { value, at_least, step, within } => {
                self.distinct((value, *at_least as usize), (step, *within))
            }
            Pattern::Sum { value, at_least, step, within } => self.sum((value, at_least), (step, *within)),
            Pattern::After { trigger, expect, within, read_at } => {
                self.after(trigger, expect, (*within, read_at.as_ref()))
            }
            Pattern::Sequence { within, items } => self.sequence(*within, items),
            Pattern::Speed { above, distance, step, within, place } => {
                self.speed((*above, *distance, place), (step, *within))
            }
            Pattern::Compare { aggregates, over, fire } => self.compare(aggregates, *over, fire),
            Pattern::Unusual { above, step, per } => self.unusual(*above, step, *per),
            Pattern::First { value, step, within, learning } => self.first(value, step, (*within, *learning)),
        }
    }

    /// "e ∈ H(a)"
    fn when(&self, step: &'r Step) -> Vec<Detection<'r>> {
        self.of(step).iter().map(|&e| self.detection(e, vec![(e, step)])).collect()
    }

    /// "Go through the hits by ≺; at a detection forget every event ≤ it (of `after`: every trigger ≤ the deadline)".
    fn once(mut self) -> Vec<Detection<'r>> {
        let mut found = Vec::new();
        loop {
            let first = self.detections().into_iter().min_by_key(|d| self.events.place(d.terminal).clone());
            let Some(first) = first else { return found };
            match &self.rule.pattern {
                Pattern::After { trigger, .. } => {
                    let triggers = self.all.entry(trigger.bit).or_default();
                    triggers.retain(|&a| self.events.ts(a) > first.ts);
                    self.narrow();
                }
                _ => self.forget(self.events.place(first.terminal)),
            }
            found.push(first);
        }
    }

    /// Forgets every event up to a place, also those by which `unless` took others away.
    pub(crate) fn forget(&mut self, last: &Place) {
        for hits in self.all.values_mut() {
            hits.retain(|&hit| self.events.place(hit) > last);
        }
        self.narrow();
    }

    /// "Takes from H(L) every h for which some x ∈ H(x), x ≠ h, has ts(x) in [ts(h) − d, ts(h)]" or "[ts(h), ts(h) + d]".
    fn narrow(&mut self) {
        self.hits = self.all.clone();
        for unless in &self.rule.unless {
            let Some(hits) = self.hits.get_mut(&unless.of) else { continue };
            let others = self.all.get(&unless.step.bit).map_or(&[][..], |all| all);
            hits.retain(|&hit| {
                let (from, to) = reach(self.events.ts(hit), unless.side, unless.within);
                !others.iter().any(|&x| {
                    let earlier = &[(unless.of, hit)];
                    let asker = asker(self.rule);
                    x != hit
                        && (from..=to).contains(&self.events.ts(x))
                        && hits::fits(self.events, &unless.step, (x, &self.key), (asker, earlier))
                })
            });
        }
    }

    /// A detection at an event, with its own ts.
    fn detection(&self, e: usize, evidence: Vec<(usize, &'r Step)>) -> Detection<'r> {
        Detection { key: self.key.clone(), ts: self.events.ts(e), terminal: e, evidence, empty: Vec::new() }
    }

    /// The hits of a step, by ≺.
    pub(crate) fn of(&self, step: &Step) -> &[usize] {
        self.hits.get(&step.bit).map_or(&[], |hits| hits)
    }

    /// Those of them in an interval.
    pub(crate) fn within(
        &self,
        step: &Step,
        (from, to): Interval,
    ) -> impl DoubleEndedIterator<Item = usize> + Clone {
        self.of(step).iter().copied().filter(move |&hit| (from..=to).contains(&self.events.ts(hit)))
    }

    /// "Events h and e count together only if no x ∈ H(x) has ts(h) ≤ ts(x) < ts(e)".
    fn joins(&self, h: usize, e: usize) -> bool {
        self.joins_instant(h, self.events.ts(e))
    }

    /// The same of an event and an instant.
    pub(crate) fn joins_instant(&self, h: usize, to: Timestamp) -> bool {
        let between = |x| self.events.ts(h) <= self.events.ts(x) && self.events.ts(x) < to;
        !self.ends().any(between)
    }

    /// H(x) of `until x`.
    pub(crate) fn ends(&self) -> impl Iterator<Item = usize> {
        self.rule.until.iter().flat_map(|step| self.of(step)).copied()
    }

    /// Whether an event that hits a step does so beside those of earlier steps.
    fn fits(&self, step: &Step, event: usize, earlier: &[(u8, usize)]) -> bool {
        hits::fits(self.events, step, (event, &self.key), (asker(self.rule), earlier))
    }
}

/// The latest of a window's hits, as many as evidence lists.
fn latest<T: Clone>(hits: &[T]) -> Vec<T> {
    hits[hits.len().saturating_sub(EVIDENCE_MAX)..].to_vec()
}

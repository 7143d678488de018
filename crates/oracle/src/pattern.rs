//! Detections: which events end a match (language.md §4.1, and `unless` of §4.2). Each row of the table is
//! one function, and says in loops what the row says in words.

use crate::datum::Datum;
use crate::events::Events;
use crate::hits::{self, Asker, Hits, Key};
use event::time::{Duration, Timestamp};
use rules::tree::{Constant, Pattern, Rule, SequenceItem, Side, Step};
use site::path::Path;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most hits that a window lists as evidence.
const EVIDENCE_MAX: usize = 64;

/// A rule matched at an event.
#[derive(Clone, Debug)]
pub(crate) struct Detection<'r> {
    pub(crate) key: Key,
    pub(crate) ts: Timestamp,
    /// The terminal event.
    pub(crate) terminal: usize,
    /// What it rests on, with the step that each event satisfied.
    pub(crate) evidence: Vec<(usize, &'r Step)>,
}

impl Detection<'_> {
    /// Without what only this run knows.
    pub(crate) fn reported(&self, events: &Events<'_>) -> crate::Detection {
        crate::Detection { key: self.key.clone(), ts: self.ts, terminal: events.get(self.terminal).id }
    }
}

/// All detections of a rule, by key, ts and terminal event.
pub(crate) fn detections<'r>(events: &Events<'r>, index: u32) -> Vec<Detection<'r>> {
    let rules = events.rules;
    let rule = &rules.rules[index as usize];
    let mut found = match &rule.pattern {
        Pattern::When(step) => when(events, rule, step),
        Pattern::Count { at_least, step, within } => count(events, rule, *at_least as usize, step, *within),
        Pattern::Any { at_least, steps, within } => any(events, rule, *at_least as usize, steps, *within),
        Pattern::Distinct { value, at_least, step, within } => {
            distinct(events, rule, (value, *at_least as usize), step, *within)
        }
        Pattern::Sum { value, at_least, step, within } => sum(events, rule, (value, at_least), step, *within),
        Pattern::After { trigger, expect, within, .. } => after(events, rule, trigger, expect, *within),
        Pattern::Speed { .. } | Pattern::Compare { .. } | Pattern::Unusual { .. } | Pattern::First { .. } => {
            unimplemented!("{} in the oracle", rule.name)
        }
        Pattern::Sequence { within, items } => sequence(events, rule, *within, items),
    };
    found.sort_by(|a, b| {
        (&a.key, a.ts, events.place(a.terminal)).cmp(&(&b.key, b.ts, events.place(b.terminal)))
    });
    found
}

fn asker(rule: &Rule) -> Asker {
    if rule.life_safety { Asker::LifeSafetyRule } else { Asker::Rule }
}

/// H(step), after what `unless` takes away from it.
fn hits(events: &Events<'_>, rule: &Rule, step: &Step) -> Hits {
    let mut hits = hits::hits(events, step, asker(rule));
    for unless in rule.unless.iter().filter(|unless| unless.of == step.bit) {
        let others = hits::hits(events, &unless.step, asker(rule));
        for (key, of_key) in &mut hits {
            of_key.retain(|&hit| {
                let at = events.ts(hit);
                let (from, to) = match unless.side {
                    Side::Before => (at - unless.within, at),
                    Side::After => (at, at + unless.within),
                };
                !within(events, &others, key, from, to).any(|x| x != hit)
            });
        }
    }
    hits
}

/// The hits under `key` in [from, to], by ≺.
fn within<'h>(
    events: &'h Events<'_>,
    hits: &'h Hits,
    key: &Key,
    from: Timestamp,
    to: Timestamp,
) -> impl DoubleEndedIterator<Item = usize> + Clone + 'h {
    let of_key = hits.get(key).map_or(&[][..], |of_key| of_key);
    of_key.iter().copied().filter(move |&hit| (from..=to).contains(&events.ts(hit)))
}

fn when<'r>(events: &Events<'_>, rule: &'r Rule, step: &'r Step) -> Vec<Detection<'r>> {
    let hits = hits(events, rule, step);
    let mut found = Vec::new();
    for (key, of_key) in &hits {
        for &e in of_key {
            let evidence = vec![(e, step)];
            found.push(Detection { key: key.clone(), ts: events.ts(e), terminal: e, evidence });
        }
    }
    found
}

/// The hits of `until`, by which events before it do not count together with events behind it.
struct Until<'e> {
    events: &'e Events<'e>,
    hits: Hits,
}

impl<'e> Until<'e> {
    fn of(events: &'e Events<'e>, rule: &Rule) -> Self {
        let hits = rule.until.as_ref().map(|step| hits(events, rule, step)).unwrap_or_default();
        Until { events, hits }
    }

    /// No x with ts(h) ≤ ts(x) < ts(e).
    fn joins(&self, key: &Key, h: usize, e: usize) -> bool {
        let (from, to) = (self.events.ts(h), self.events.ts(e));
        !within(self.events, &self.hits, key, from, to).any(|x| self.events.ts(x) < to)
    }

    /// An x in [from, to].
    fn lies_in(&self, key: &Key, from: Timestamp, to: Timestamp) -> bool {
        within(self.events, &self.hits, key, from, to).next().is_some()
    }
}

/// For every hit e: the hits that count together with it in [ts(e) − W, ts(e)], by ≺, to `test`, which gives the evidence
/// of a detection.
fn windowed<'r>(
    events: &Events<'_>,
    rule: &'r Rule,
    (step, window): (&'r Step, Duration),
    test: impl Fn(&[usize]) -> Option<Vec<usize>>,
) -> Vec<Detection<'r>> {
    let (hits, until) = (hits(events, rule, step), Until::of(events, rule));
    let mut found = Vec::new();
    for (key, of_key) in &hits {
        for &e in of_key {
            let counted = within(events, &hits, key, events.ts(e) - window, events.ts(e));
            let counted: Vec<usize> = counted.filter(|&h| until.joins(key, h, e)).collect();
            if let Some(mut evidence) = test(&counted) {
                if !evidence.contains(&e) {
                    evidence.push(e);
                }
                let evidence = evidence.into_iter().map(|hit| (hit, step)).collect();
                found.push(Detection { key: key.clone(), ts: events.ts(e), terminal: e, evidence });
            }
        }
    }
    found
}

fn latest(hits: &[usize]) -> Vec<usize> {
    hits[hits.len().saturating_sub(EVIDENCE_MAX)..].to_vec()
}

fn count<'r>(
    events: &Events<'_>,
    rule: &'r Rule,
    at_least: usize,
    step: &'r Step,
    window: Duration,
) -> Vec<Detection<'r>> {
    windowed(events, rule, (step, window), |hits| (hits.len() >= at_least).then(|| latest(hits)))
}

fn distinct<'r>(
    events: &Events<'_>,
    rule: &'r Rule,
    (value, at_least): (&Path, usize),
    step: &'r Step,
    window: Duration,
) -> Vec<Detection<'r>> {
    windowed(events, rule, (step, window), |hits| {
        let mut of_value: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        for (at, hit) in hits.iter().enumerate() {
            of_value.extend(events.texts(*hit, value).into_iter().map(|text| (text, at)));
        }
        let places: BTreeSet<usize> = of_value.values().copied().collect();
        let of_values: Vec<usize> = places.into_iter().map(|at| hits[at]).collect();
        (of_value.len() >= at_least).then(|| latest(&of_values))
    })
}

fn sum<'r>(
    events: &Events<'_>,
    rule: &'r Rule,
    (value, at_least): (&Path, &Constant),
    step: &'r Step,
    window: Duration,
) -> Vec<Detection<'r>> {
    let measure = |datum: Datum| match datum {
        Datum::Number(n) | Datum::Duration(n) => n,
        _ => 0,
    };
    let at_least = measure(Datum::of_constant(at_least));
    windowed(events, rule, (step, window), |hits| {
        let values = hits.iter().flat_map(|hit| events.values(*hit, value));
        let total: i128 = values.map(|value| measure(Datum::of_value(value))).sum();
        (total >= at_least).then(|| latest(hits))
    })
}

fn any<'r>(
    events: &Events<'_>,
    rule: &'r Rule,
    at_least: usize,
    steps: &'r [Step],
    window: Duration,
) -> Vec<Detection<'r>> {
    let of_steps: Vec<Hits> = steps.iter().map(|step| hits(events, rule, step)).collect();
    let until = Until::of(events, rule);
    let mut found: BTreeMap<(&Key, usize), Detection<'r>> = BTreeMap::new();
    for (key, e) in of_steps.iter().flatten().flat_map(|(key, hits)| hits.iter().map(move |e| (key, *e))) {
        let mut evidence = Vec::new();
        let mut hit_steps = 0;
        for (step, hits) in steps.iter().zip(&of_steps) {
            let mut in_window = within(events, hits, key, events.ts(e) - window, events.ts(e))
                .filter(|&h| until.joins(key, h, e));
            let own = in_window.clone().find(|h| *h == e);
            let latest = in_window.next_back();
            hit_steps += usize::from(latest.is_some());
            let both: BTreeSet<usize> = latest.into_iter().chain(own).collect();
            evidence.extend(both.into_iter().map(|hit| (hit, step)));
        }
        if hit_steps >= at_least {
            let ts = events.ts(e);
            found.insert((key, e), Detection { key: key.clone(), ts, terminal: e, evidence });
        }
    }
    found.into_values().collect()
}

fn after<'r>(
    events: &Events<'_>,
    rule: &'r Rule,
    trigger: &'r Step,
    expect: &'r Step,
    window: Duration,
) -> Vec<Detection<'r>> {
    let (triggers, expected) = (hits(events, rule, trigger), hits(events, rule, expect));
    let until = Until::of(events, rule);
    let mut found = Vec::new();
    for (key, of_key) in &triggers {
        for &e in of_key {
            let deadline = events.ts(e) + window;
            let came = within(events, &expected, key, events.ts(e), deadline).any(|b| b != e);
            if !came && !until.lies_in(key, events.ts(e), deadline) {
                let evidence = vec![(e, trigger)];
                found.push(Detection { key: key.clone(), ts: deadline, terminal: e, evidence });
            }
        }
    }
    found
}

/// A sequence with the hits of its steps.
struct Sequence<'e, 'r> {
    events: &'e Events<'e>,
    until: Until<'e>,
    window: Option<Duration>,
    /// Positive steps in order.
    steps: Vec<Place<'r>>,
}

/// A positive step, and what must not stand between the one before and it.
struct Place<'r> {
    step: &'r Step,
    hits: Hits,
    not: Vec<Hits>,
}

fn sequence<'r>(
    events: &Events<'_>,
    rule: &'r Rule,
    window: Option<Duration>,
    items: &'r [SequenceItem],
) -> Vec<Detection<'r>> {
    let mut steps = Vec::new();
    let mut not = Vec::new();
    for item in items {
        match item {
            SequenceItem::Not(step) => not.push(hits(events, rule, step)),
            SequenceItem::Step(step) => {
                steps.push(Place { step, hits: hits(events, rule, step), not: std::mem::take(&mut not) });
            }
        }
    }
    let sequence = Sequence { events, until: Until::of(events, rule), window, steps };
    let mut found = Vec::new();
    let Some(last) = sequence.steps.last() else { return found };
    for (key, of_key) in &last.hits {
        for &e in of_key {
            if let Some(chain) = sequence.chain(key, &[e]) {
                let evidence = chain.into_iter().zip(sequence.steps.iter().map(|place| place.step)).collect();
                found.push(Detection { key: key.clone(), ts: events.ts(e), terminal: e, evidence });
            }
        }
    }
    found
}

impl Sequence<'_, '_> {
    /// The full chain that ends with `tail`, found backwards: each time the ≺-greatest that lets one exist.
    fn chain(&self, key: &Key, tail: &[usize]) -> Option<Vec<usize>> {
        let place = self.steps.len() - tail.len();
        if place == 0 {
            return Some(tail.to_vec());
        }
        let (next, end) = (*tail.first()?, *tail.last()?);
        let earliest = self.window.map_or(Timestamp::MIN, |window| self.events.ts(end) - window);
        within(self.events, &self.steps[place - 1].hits, key, earliest, self.events.ts(next))
            .rev()
            .filter(|hit| self.until.joins(key, *hit, end))
            .filter(|hit| !tail.contains(hit) && self.follows(key, *hit, place, next))
            .find_map(|hit| self.chain(key, &[&[hit], tail].concat()))
    }

    /// Whether `next` at `place` may follow `hit`: the gap is kept, and nothing stands between that must not.
    fn follows(&self, key: &Key, hit: usize, place: usize, next: usize) -> bool {
        let Place { step, not, .. } = &self.steps[place];
        let (from, to) = (self.events.ts(hit), self.events.ts(next));
        let between = |x: usize| from < self.events.ts(x) && self.events.ts(x) < to;
        step.gap.is_none_or(|gap| to - from <= gap)
            && !not.iter().any(|hits| within(self.events, hits, key, from, to).any(between))
    }
}

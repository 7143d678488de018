//! `when` and `sequence` on registers: per stage the newest partial match (engine.md §2.2, lemma i: it has the greatest
//! start and the greatest end, so if any partial can be completed, it can).
//!
//! Events of one instant are stepped as one group. The steps exclude each other here, so within a group the order of the
//! steps is the order of the chain; `not` counts only strictly between two instants, so it kills after the group.

use super::cell::{Chain, Entry, guarded};
use super::events::EventRef;
use crate::program::plan::{Guard, Plan, Shape, Stages};
use crate::tree::Side;
use smallvec::SmallVec;
use std::ops::Range;

/// The newest partial match of each stage but the last, as words: start, last, and the events of its chain, two a word.
/// Behind them one stamp for each `unless … before`: the latest ts of its event that was folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registers {
    words: SmallVec<[i64; 6]>,
    newest: i64,
}

/// What a run over a log finds: index of the terminal entry and its chain, in order.
#[derive(Debug, Default)]
pub struct Found {
    /// Detections.
    pub detections: Vec<(usize, Chain)>,
}

const NONE: i64 = i64::MIN;

/// Where stage `i` (from 0) begins: 2 words and (i + 1) events, two a word.
fn offset(stage: usize) -> usize {
    (0..stage).map(|i| 2 + (i + 2) / 2).sum()
}

impl Registers {
    /// Nothing has happened.
    pub fn new(plan: &Plan) -> Registers {
        let words = match &plan.shape {
            Shape::Stages(stages) => offset(stages.stages.len() - 1) + plan.guards.len(),
            // Up to where triggers are forgotten.
            Shape::After { .. } if plan.once => 1,
            // The last session: its first and last instant, and the latest `until`.
            Shape::Session(_) => 3,
            _ => 0,
        };
        Registers { words: SmallVec::from_elem(NONE, words), newest: NONE }
    }

    /// The newest ts that was folded.
    pub fn newest(&self) -> i64 {
        self.newest
    }

    /// Everything that was folded lies before `before`: the registers say nothing any more.
    pub fn expired(&self, before: i64) -> bool {
        self.newest < before
    }

    /// Something of that ts was folded.
    pub fn saw(&mut self, ts: i64) {
        self.newest = self.newest.max(ts);
    }

    /// A word, of patterns that keep some without being stages.
    pub fn word(&self, at: usize) -> i64 {
        self.words.get(at).copied().unwrap_or(NONE)
    }

    /// Sets all words.
    pub fn set_words(&mut self, words: &[i64]) {
        self.words = SmallVec::from_slice(words);
    }

    /// Sets a word to the greater.
    pub fn raise(&mut self, at: usize, to: i64) {
        if let Some(word) = self.words.get_mut(at) {
            *word = (*word).max(to);
        }
    }

    /// The words, for a snapshot.
    pub fn words(&self) -> (&[i64], i64) {
        (&self.words, self.newest)
    }

    /// From the words of a snapshot.
    pub fn from_words(words: &[i64], newest: i64) -> Registers {
        Registers { words: SmallVec::from_slice(words), newest }
    }

    fn start(&self, stage: usize) -> i64 {
        self.words[offset(stage)]
    }

    fn last(&self, stage: usize) -> i64 {
        self.words[offset(stage) + 1]
    }

    fn clear(&mut self, stage: usize) {
        self.words[offset(stage)] = NONE;
    }

    fn stamp(&self, stages: &Stages, guard: usize) -> i64 {
        self.words[offset(stages.stages.len() - 1) + guard]
    }

    fn chain_event(&self, stage: usize, at: usize) -> EventRef {
        let word = self.words[offset(stage) + 2 + at / 2] as u64;
        EventRef((word >> (32 * (at % 2))) as u32)
    }

    fn set_chain_event(&mut self, stage: usize, at: usize, event: EventRef) {
        let word = &mut self.words[offset(stage) + 2 + at / 2];
        let shift = 32 * (at % 2);
        *word = ((*word as u64 & !(0xffff_ffff << shift)) | u64::from(event.0) << shift) as i64;
    }

    /// Stage `stage` := stage before it, then `event` at `ts`.
    fn advance(&mut self, stage: usize, event: EventRef, ts: i64) {
        let start = if stage == 0 { ts } else { self.start(stage - 1) };
        for at in 0..stage {
            let earlier = self.chain_event(stage - 1, at);
            self.set_chain_event(stage, at, earlier);
        }
        self.set_chain_event(stage, stage, event);
        let at = offset(stage);
        self.words[at] = start;
        self.words[at + 1] = ts;
    }

    /// The furthest stage that can still go on at `now`, until when, and its chain.
    pub(super) fn waiting(&self, stages: &Stages, now: i64) -> Option<(usize, i64, Chain)> {
        (0..stages.stages.len() - 1).rev().find_map(|stage| {
            let (start, last) = (self.start(stage), self.last(stage));
            let until =
                last.saturating_add(stages.stages[stage + 1].gap).min(start.saturating_add(stages.within));
            let chain =
                || (0..=stage).map(|at| (stages.stages[at].step, self.chain_event(stage, at))).collect();
            (start != NONE && until >= now).then(|| (stage, until, chain()))
        })
    }

    /// Whether `stage` can be reached at `ts`.
    fn reaches(&self, stages: &Stages, stage: usize, ts: i64) -> bool {
        if stage == 0 {
            return true;
        }
        let (start, last) = (self.start(stage - 1), self.last(stage - 1));
        start != NONE
            && ts.saturating_sub(last) <= stages.stages[stage].gap
            && ts.saturating_sub(start) <= stages.within
    }
}

/// Runs the whole log from `registers` on.
pub fn replay(
    stages: &Stages,
    guards: &[Guard],
    registers: &mut Registers,
    log: &[Entry],
    found: &mut Found,
) {
    let mut start = 0;
    while start < log.len() {
        let end = start + log[start..].iter().take_while(|e| e.ts == log[start].ts).count();
        step(stages, guards, registers, log, start..end, found);
        start = end;
    }
}

/// Steps one group: the entries `group` of `log`, all of one instant.
pub fn step(
    stages: &Stages,
    guards: &[Guard],
    registers: &mut Registers,
    log: &[Entry],
    group: Range<usize>,
    found: &mut Found,
) {
    let ts = log[group.start].ts;
    let effective: SmallVec<[u16; 4]> =
        group.clone().map(|at| effective(stages, guards, registers, log, at)).collect();
    let final_stage = stages.stages.len() - 1;
    for (stage, of) in stages.stages.iter().enumerate() {
        if !registers.reaches(stages, stage, ts) {
            continue;
        }
        let satisfied = |at: &usize| effective[at - group.start] & of.step != 0;
        if stage < final_stage {
            // The ≺-greatest of the instant: the log is sorted.
            if let Some(at) = group.clone().rev().find(satisfied) {
                registers.advance(stage, log[at].event, ts);
            }
            continue;
        }
        for at in group.clone().filter(satisfied) {
            found.detections.push((at, chain(stages, registers, &log[at])));
        }
    }
    kill(stages, registers, &log[group], ts);
}

/// What the entry satisfies once `unless` has taken its part.
fn effective(stages: &Stages, guards: &[Guard], registers: &Registers, log: &[Entry], at: usize) -> u16 {
    let mut steps = log[at].steps;
    for (number, guard) in guards.iter().enumerate() {
        if steps & guard.of != 0 && guarded(guard, log, at, registers.stamp(stages, number)) {
            steps &= !guard.of;
        }
    }
    steps
}

fn chain(stages: &Stages, registers: &Registers, terminal: &Entry) -> Chain {
    let final_stage = stages.stages.len() - 1;
    let mut chain = Chain::new();
    for at in 0..final_stage {
        chain.push((stages.stages[at].step, registers.chain_event(final_stage - 1, at)));
    }
    chain.push((stages.stages[final_stage].step, terminal.event));
    chain
}

/// `not` strictly between: a partial that ends at this very instant survives.
fn kill(stages: &Stages, registers: &mut Registers, group: &[Entry], ts: i64) {
    let steps = group.iter().fold(0, |all, e| all | e.steps);
    // `until` ends all that began up to this instant; what comes with it came in time.
    if stages.until & steps != 0 {
        (0..stages.stages.len() - 1).for_each(|stage| registers.clear(stage));
    }
    for (stage, of) in stages.stages.iter().enumerate().take(stages.stages.len() - 1) {
        if of.not & steps != 0 && registers.last(stage) < ts {
            registers.clear(stage);
        }
    }
}

/// Folds the first `count` entries, whole groups, into `base`. The log still holds what follows them, which `unless …
/// after` may look at.
pub fn fold(stages: &Stages, guards: &[Guard], base: &mut Registers, log: &[Entry], count: usize) {
    let mut found = Found::default();
    let mut start = 0;
    while start < count {
        let end = start + log[start..count].iter().take_while(|e| e.ts == log[start].ts).count();
        step(stages, guards, base, log, start..end, &mut found);
        start = end;
    }
    let stamps = offset(stages.stages.len() - 1);
    for (number, guard) in guards.iter().enumerate().filter(|(_, g)| g.side == Side::Before) {
        let latest = log[..count].iter().filter(|e| e.steps & guard.step != 0).map(|e| e.ts).max();
        base.words[stamps + number] = base.words[stamps + number].max(latest.unwrap_or(NONE));
    }
    base.saw(log[count - 1].ts);
}

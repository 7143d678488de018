//! Patterns that look back over their window in the log: `count`, `after … expect`, and sequences in which one event may
//! fill two places.
//!
//! They keep no registers: the log, held for the window, is the state.

use super::cell::{Chain, Entry, guarded};
use crate::program::plan::{Guard, Shape, Stages};
use smallvec::SmallVec;

/// Evidence of one detection holds at most this many events (language.md §7).
const EVIDENCE_MAX: usize = 64;

/// The detections among the entries from `from` on, in order: index, chain (the terminal event last), number counted.
pub fn detections(
    shape: &Shape,
    guards: &[Guard],
    log: &[Entry],
    from: usize,
    found: &mut Vec<(usize, Chain, u32)>,
) {
    let view = View { guards, log };
    match shape {
        Shape::Count { step, at_least, within } => view.counts(*step, *at_least, *within, from, found),
        Shape::After { trigger, expect, within } => view.absences(*trigger, *expect, *within, from, found),
        Shape::Chains(stages) => view.chains(stages, from, found),
        Shape::Stages(_) => unreachable!("stages run on registers"),
    }
}

/// `count` without `unless`, asked of the last entry, newer than all others: its chain and number if enough lie in the
/// window.
pub fn count_at_end(step: u16, at_least: usize, within: i64, log: &[Entry]) -> Option<(Chain, u32)> {
    let newest = log.last()?;
    let low = log.partition_point(|e| e.ts < newest.ts.saturating_sub(within));
    let window = &log[low..];
    if window.len() < at_least {
        return None;
    }
    let latest = &window[window.len().saturating_sub(EVIDENCE_MAX)..];
    Some((latest.iter().map(|e| (step, e.event)).collect(), window.len() as u32))
}

struct View<'a> {
    guards: &'a [Guard],
    log: &'a [Entry],
}

impl View<'_> {
    /// Whether the entry satisfies the step, `unless` applied.
    fn satisfies(&self, at: usize, step: u16) -> bool {
        let taken = |g: &Guard| g.of & step != 0 && guarded(g, self.log, at, i64::MIN);
        self.log[at].steps & step != 0 && !self.guards.iter().any(taken)
    }

    /// Every hit whose window, all events of its own instant included, holds enough.
    fn counts(
        &self,
        step: u16,
        at_least: usize,
        within: i64,
        from: usize,
        found: &mut Vec<(usize, Chain, u32)>,
    ) {
        let hits: Vec<usize> = (0..self.log.len()).filter(|at| self.satisfies(*at, step)).collect();
        let first = hits.partition_point(|at| *at < from);
        // Two borders move over the hits together with the terminal event.
        let (mut low, mut high) = (0, first);
        for at in &hits[first..] {
            let ts = self.log[*at].ts;
            while self.log[hits[low]].ts < ts.saturating_sub(within) {
                low += 1;
            }
            while high < hits.len() && self.log[hits[high]].ts <= ts {
                high += 1;
            }
            if high - low >= at_least {
                let window = &hits[low..high];
                let latest = &window[window.len().saturating_sub(EVIDENCE_MAX)..];
                let others = latest.iter().filter(|hit| *hit != at);
                let mut chain: Chain = others.map(|hit| (step, self.log[*hit].event)).collect();
                chain.push((step, self.log[*at].event));
                found.push((*at, chain, window.len() as u32));
            }
        }
    }

    /// Every trigger without another event of `expect` from it to its deadline, both included.
    fn absences(
        &self,
        trigger: u16,
        expect: u16,
        within: i64,
        from: usize,
        found: &mut Vec<(usize, Chain, u32)>,
    ) {
        for at in from..self.log.len() {
            let entry = &self.log[at];
            if !self.satisfies(at, trigger) {
                continue;
            }
            let start = self.log.partition_point(|e| e.ts < entry.ts);
            let end = entry.ts.saturating_add(within);
            let mut interval = (start..self.log.len()).take_while(|other| self.log[*other].ts <= end);
            if !interval.any(|other| other != at && self.satisfies(other, expect)) {
                found.push((at, SmallVec::from_slice(&[(trigger, entry.event)]), 1));
            }
        }
    }

    fn chains(&self, stages: &Stages, from: usize, found: &mut Vec<(usize, Chain, u32)>) {
        let final_stage = stages.stages.len() - 1;
        for at in from..self.log.len() {
            if !self.satisfies(at, stages.stages[final_stage].step) {
                continue;
            }
            let mut search = Search {
                view: self,
                stages,
                start: self.log[at].ts,
                chosen: SmallVec::new(),
                dead: Vec::new(),
            };
            search.chosen.push(at);
            if search.before(final_stage) {
                let events = search.chosen.iter().rev().zip(&stages.stages);
                let chain: Chain = events.map(|(at, stage)| (stage.step, self.log[*at].event)).collect();
                let number = chain.len() as u32;
                found.push((at, chain, number));
            }
        }
    }
}

/// The chain that ends at an event, found from it backwards, each time the ≺-greatest that lets a full chain exist.
struct Search<'a> {
    view: &'a View<'a>,
    stages: &'a Stages,
    /// ts of the terminal event.
    start: i64,
    /// Entries chosen so far, the terminal one first.
    chosen: SmallVec<[usize; 8]>,
    /// (stage, entry) from which no chain can be completed, whatever was chosen after it.
    dead: Vec<(usize, usize)>,
}

impl Search<'_> {
    /// Fills the stages before `stage`, whose event is the last chosen one.
    fn before(&mut self, stage: usize) -> bool {
        if stage == 0 {
            return true;
        }
        let next = self.chosen[self.chosen.len() - 1];
        let log = self.view.log;
        let next_ts = log[next].ts;
        let earliest = self
            .start
            .saturating_sub(self.stages.within)
            .max(next_ts.saturating_sub(self.stages.stages[stage].gap));
        let earliest = earliest.max(self.last_not(stage - 1, next_ts));
        let end = log.partition_point(|e| e.ts <= next_ts);
        for at in (0..end).rev().take_while(|at| log[*at].ts >= earliest) {
            let free = !self.chosen.contains(&at);
            if !self.view.satisfies(at, self.stages.stages[stage - 1].step)
                || self.dead.contains(&(stage, at))
            {
                continue;
            }
            if !free {
                continue;
            }
            self.chosen.push(at);
            if self.before(stage - 1) {
                return true;
            }
            self.chosen.pop();
            // Ties can fail for what was chosen after them; an entry of an earlier instant fails for good.
            if log[at].ts < next_ts && !self.chosen_at(log[at].ts) {
                self.dead.push((stage, at));
            }
        }
        false
    }

    fn chosen_at(&self, ts: i64) -> bool {
        self.chosen.iter().any(|at| self.view.log[*at].ts == ts)
    }

    /// ts of the latest `not` event strictly before `next_ts`: the event of `stage` must not lie before it.
    fn last_not(&self, stage: usize, next_ts: i64) -> i64 {
        let not = self.stages.stages[stage].not;
        if not == 0 {
            return i64::MIN;
        }
        let end = self.view.log.partition_point(|e| e.ts < next_ts);
        self.view.log[..end].iter().rev().find(|e| e.steps & not != 0).map_or(i64::MIN, |e| e.ts)
    }
}

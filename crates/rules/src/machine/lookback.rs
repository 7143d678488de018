//! Patterns that look back over their window in the log: `all`, `any`, `count`, `distinct`, `sum`, `after … expect`, and
//! sequences in which one event may fill two places.
//!
//! They keep no registers: the log, held for the window, is the state.

use super::cell::{Chain, Entry, guarded};
use super::events::{EventRef, Events};
use crate::program::condition::resolve;
use crate::program::plan::{Guard, Plan, Shape, Stages, Window, WindowTest};
use crate::program::symbol_of;
use event::symbol::Symbol;
use event::value::Value;
use site::SiteModel;
use site::path::Path;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Evidence of one detection holds at most this many events (language.md §7).
const EVIDENCE_MAX: usize = 64;

/// What is found: index of the terminal entry, its chain (the terminal event last), number counted.
pub type Found = Vec<(usize, Chain, u32)>;

/// A log as a pattern reads it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The rule's plan.
    pub plan: &'a Plan,
    /// The log, sorted by ≺.
    pub log: &'a [Entry],
    /// The kept events.
    pub events: &'a Events,
    /// The site model.
    pub site: &'a SiteModel,
}

/// A hit of a window: index of its entry, and the steps that it satisfies.
type WindowHit = (usize, u16);

/// `count` without `unless` and `until`, asked of the last entry, newer than all others: its chain and number if enough
/// lie in the window.
pub fn count_at_end(window: &Window, at_least: usize, log: &[Entry]) -> Option<(Chain, u32)> {
    let newest = log.last()?;
    let low = log.partition_point(|e| e.ts < newest.ts.saturating_sub(window.within));
    let hits = &log[low..];
    if hits.len() < at_least {
        return None;
    }
    let latest = &hits[hits.len().saturating_sub(EVIDENCE_MAX)..];
    Some((latest.iter().map(|e| (window.steps, e.event)).collect(), hits.len() as u32))
}

impl View<'_> {
    /// The detections among the entries from `from` on, in order.
    pub fn detections(&self, from: usize) -> Found {
        match &self.plan.shape {
            Shape::Window(window) => self.windows(window, from),
            Shape::After { trigger, expect, within } => self.absences(*trigger, *expect, *within, from),
            Shape::Chains(stages) => self.chains(stages, from),
            Shape::Stages(_) => unreachable!("stages run on registers"),
        }
    }

    /// What the entry satisfies, `unless` applied.
    fn effective(&self, at: usize) -> u16 {
        let taken = |g: &&Guard| guarded(g, self.log, at, i64::MIN);
        let steps = self.log[at].steps;
        let guards = self.plan.guards.iter().filter(|g| g.of & steps != 0);
        guards.filter(taken).fold(steps, |steps, guard| steps & !guard.of)
    }

    /// Whether the entry satisfies the step, `unless` applied.
    fn satisfies(&self, at: usize, step: u16) -> bool {
        self.log[at].steps & step != 0 && self.effective(at) & step != 0
    }

    /// What counts together with an event at `ts` does not lie before this: behind the last `until` before it.
    fn not_before(&self, ts: i64) -> i64 {
        if self.plan.until == 0 {
            return i64::MIN;
        }
        let end = self.log.partition_point(|e| e.ts < ts);
        let last = self.log[..end].iter().rev().find(|e| e.steps & self.plan.until != 0);
        last.map_or(i64::MIN, |x| x.ts + 1)
    }

    /// Every hit whose window, all events of its own instant included, passes the test.
    fn windows(&self, window: &Window, from: usize) -> Found {
        let mut found = Found::new();
        let Some(first) = self.log.get(from) else { return found };
        let begin = self.log.partition_point(|e| e.ts < first.ts.saturating_sub(window.within));
        let hit = |at: usize| Some((at, self.effective(at) & window.steps)).filter(|(_, steps)| *steps != 0);
        let hits: Vec<WindowHit> = (begin..self.log.len()).filter_map(hit).collect();
        // Two borders move over the hits together with the terminal event.
        let (mut low, mut high) = (0, 0);
        for terminal in hits.iter().filter(|(at, _)| *at >= from) {
            let ts = self.log[terminal.0].ts;
            let earliest = ts.saturating_sub(window.within).max(self.not_before(ts));
            while self.log[hits[low].0].ts < earliest {
                low += 1;
            }
            while high < hits.len() && self.log[hits[high].0].ts <= ts {
                high += 1;
            }
            if let Some((chain, number)) = self.judged(window, &hits[low..high], *terminal) {
                found.push((terminal.0, chain, number));
            }
        }
        found
    }

    /// The chain and the number counted, if the hits pass the test.
    fn judged(&self, window: &Window, hits: &[WindowHit], terminal: WindowHit) -> Option<(Chain, u32)> {
        let latest = || hits[hits.len().saturating_sub(EVIDENCE_MAX)..].to_vec();
        let (evidence, number) = match &window.test {
            WindowTest::Count(at_least) => (hits.len() >= *at_least).then(|| (latest(), hits.len()))?,
            WindowTest::Total(path, at_least) => {
                let total: i128 = hits.iter().map(|(at, _)| self.measure(path, *at)).sum();
                (total >= *at_least).then(|| (latest(), hits.len()))?
            }
            WindowTest::Steps(at_least) => {
                let all = hits.iter().fold(0, |all, (_, steps)| all | steps);
                let number = all.count_ones() as usize;
                (number >= *at_least).then(|| (latest_of_steps(hits, all), number))?
            }
            WindowTest::Values(path, at_least) => {
                let latest = self.latest_of_values(path, hits);
                (latest.len() >= *at_least).then(|| (of_values(&latest, hits), latest.len()))?
            }
        };
        // The terminal event stands for each step that it satisfies, behind all others.
        let others = evidence.into_iter().filter(|(at, _)| *at != terminal.0);
        let own = single_steps(terminal.1).map(|step| (terminal.0, step));
        let chain = others.chain(own).map(|(at, step)| (step, self.log[at].event)).collect();
        Some((chain, number as u32))
    }

    /// Of each value of the path the index in `hits` of its latest hit.
    fn latest_of_values(&self, path: &Path, hits: &[WindowHit]) -> BTreeMap<Symbol, usize> {
        let mut latest = BTreeMap::new();
        for (index, (at, _)) in hits.iter().enumerate() {
            self.values(path, self.log[*at].event, |value| {
                latest.insert(symbol_of(&value, self.events.symbols()), index);
            });
        }
        latest
    }

    /// What the entry adds to a sum.
    fn measure(&self, path: &Path, at: usize) -> i128 {
        let mut sum = 0;
        self.values(path, self.log[at].event, |value| {
            sum += match value {
                Value::Int(n) => i128::from(n) * 1_000_000,
                Value::Float(x) => i128::from(x.0),
                Value::Duration(d) => i128::from(d.0),
                _ => 0,
            };
        });
        sum
    }

    fn values(&self, path: &Path, event: EventRef, each: impl FnMut(Value<'_>)) {
        let mut values = SmallVec::new();
        resolve(self.events.row(event), self.site, path, &mut values);
        values.into_iter().for_each(each);
    }

    /// Every trigger without another event of `expect` from it to its deadline, both included.
    fn absences(&self, trigger: u16, expect: u16, within: i64, from: usize) -> Found {
        let mut found = Found::new();
        for at in from..self.log.len() {
            let entry = &self.log[at];
            if !self.satisfies(at, trigger) {
                continue;
            }
            let start = self.log.partition_point(|e| e.ts < entry.ts);
            let end = entry.ts.saturating_add(within);
            let mut interval = (start..self.log.len()).take_while(|other| self.log[*other].ts <= end);
            let ends = |other: usize| {
                (other != at && self.satisfies(other, expect)) || self.log[other].steps & self.plan.until != 0
            };
            if !interval.any(ends) {
                found.push((at, SmallVec::from_slice(&[(trigger, entry.event)]), 1));
            }
        }
        found
    }

    fn chains(&self, stages: &Stages, from: usize) -> Found {
        let mut found = Found::new();
        let final_stage = stages.stages.len() - 1;
        for at in from..self.log.len() {
            if !self.satisfies(at, stages.stages[final_stage].step) {
                continue;
            }
            let mut search = Search {
                view: self,
                stages,
                start: self.log[at].ts,
                not_before: self.not_before(self.log[at].ts),
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
        found
    }
}

/// Single bits of a mask.
fn single_steps(steps: u16) -> impl Iterator<Item = u16> {
    (0..u16::BITS).map(|bit| 1 << bit).filter(move |step| steps & step != 0)
}

/// The latest hit of each step that has one.
fn latest_of_steps(hits: &[WindowHit], all: u16) -> Vec<WindowHit> {
    let latest =
        |step: u16| hits.iter().rev().find(|(_, steps)| steps & step != 0).map(|(at, _)| (*at, step));
    let mut evidence: Vec<WindowHit> = single_steps(all).filter_map(latest).collect();
    evidence.sort_unstable();
    evidence
}

/// The latest hits of values, the latest of all if they are too many.
fn of_values(latest: &BTreeMap<Symbol, usize>, hits: &[WindowHit]) -> Vec<WindowHit> {
    let mut indices: Vec<usize> = latest.values().copied().collect();
    indices.sort_unstable();
    indices.dedup();
    indices[indices.len().saturating_sub(EVIDENCE_MAX)..].iter().map(|index| hits[*index]).collect()
}

/// The chain that ends at an event, found from it backwards, each time the ≺-greatest that lets a full chain exist.
struct Search<'a> {
    view: &'a View<'a>,
    stages: &'a Stages,
    /// ts of the terminal event.
    start: i64,
    /// Behind the last `until` before it.
    not_before: i64,
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
            .max(next_ts.saturating_sub(self.stages.stages[stage].gap))
            .max(self.not_before);
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

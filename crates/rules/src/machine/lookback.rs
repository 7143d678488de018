//! Patterns that look back over their window in the log: `all`, `any`, `count`, `distinct`, `sum`, `after … expect`, and,
//! in [`super::chains`], sequences that registers cannot run.
//!
//! They keep no registers: the log, held for the window, is the state.

use super::cell::{Chain, Entry, guarded, offset};
use super::chains;
use super::events::{EventRef, Events};
use crate::program::condition::{AskStates, StateTest, Truth, resolve};
use crate::program::plan::{Guard, Plan, Shape, Window, WindowTest};
use crate::program::symbol_of;
use crate::tree::Side;
use event::row::RowRef;
use event::symbol::Symbol;
use event::value::Value;
use site::SiteModel;
use site::path::Path;
use smallvec::SmallVec;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

/// Evidence of one detection holds at most this many events (language.md §7).
pub const EVIDENCE_MAX: usize = 64;

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
    /// `once` of `after`: triggers up to here were forgotten at detections that have left the log.
    pub forgotten: i64,
    /// Set where a bound cut the search short.
    pub cut: &'a Cell<bool>,
}

/// The events of earlier steps, beside the one that is asked about.
struct Earlier<'a> {
    events: &'a Events,
    of: &'a dyn Fn(u8) -> Option<EventRef>,
}

impl AskStates for Earlier<'_> {
    /// Conditions that look at other steps ask no states: the checker sees to it.
    fn ask(&self, _: &StateTest, _: RowRef<'_>, _: Option<RowRef<'_>>) -> Truth {
        Truth::No
    }

    fn earlier(&self, bit: u8) -> Option<RowRef<'_>> {
        (self.of)(bit).map(|event| self.events.row(event))
    }
}

/// A hit of a window: index of its entry, and the steps that it satisfies.
pub type WindowHit = (usize, u16);

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
        if self.plan.once && !matches!(self.plan.shape, Shape::After { .. }) {
            return self.once(from);
        }
        self.among(from..self.log.len())
    }

    fn among(&self, range: Range<usize>) -> Found {
        match &self.plan.shape {
            Shape::Window(window) => self.windows(window, range),
            Shape::After { .. } => self.absences(range),
            Shape::Chains(of) => chains::chains(self, of, range),
            Shape::Stages(_) | Shape::Session(_) | Shape::First(_) | Shape::Unusual(_) => {
                unreachable!("these run on what is folded")
            }
        }
    }

    /// `once`: entry by entry, on what the last detection before it has left.
    fn once(&self, from: usize) -> Found {
        let mut found = Found::new();
        let detected = |e: &Entry| e.has(Entry::DETECTED);
        let mut start = self.log[..from].iter().rposition(detected).map_or(0, |last| last + 1);
        for at in from..self.log.len() {
            let rest = View { log: &self.log[start..], ..*self };
            for (_, chain, number) in rest.among(at - start..at - start + 1) {
                found.push((at, chain, number));
                start = at + 1;
            }
        }
        found
    }

    /// Whether what the entry satisfies of these holds beside the events that fill earlier steps.
    pub fn agrees(&self, at: usize, any: u16, of: &dyn Fn(u8) -> Option<EventRef>) -> bool {
        let entry = &self.log[at];
        let bits = entry.steps & any;
        if bits & !self.plan.conditional != 0 {
            return true;
        }
        let around = Earlier { events: self.events, of };
        let row = self.events.row(entry.event);
        let asked = self.plan.across.iter().filter(|(bit, _)| bits & bit != 0);
        asked.into_iter().any(|(_, test)| test.ask(row, self.site, &around) == Truth::Yes)
    }

    /// Whether `unless` takes the entry from its step.
    fn is_taken(&self, guard: &Guard, at: usize) -> bool {
        if guard.step & self.plan.conditional == 0 {
            return guarded(guard, self.log, at, i64::MIN);
        }
        let entry = &self.log[at];
        let (from, to) = match guard.side {
            Side::Before => (entry.ts.saturating_sub(guard.within), entry.ts),
            Side::After => (entry.ts, entry.ts.saturating_add(guard.within)),
        };
        let start = self.log.partition_point(|e| e.ts < from);
        (start..self.log.len()).take_while(|other| self.log[*other].ts <= to).any(|other| {
            other != at
                && self.log[other].steps & guard.step != 0
                && self.agrees(other, guard.step, &|_| Some(entry.event))
        })
    }

    /// What the entry satisfies, `unless` applied.
    pub fn effective(&self, at: usize) -> u16 {
        let taken = |g: &&Guard| self.is_taken(g, at);
        let steps = self.log[at].steps;
        let guards = self.plan.guards.iter().filter(|g| g.of & steps != 0);
        guards.filter(taken).fold(steps, |steps, guard| steps & !guard.of)
    }

    /// Whether the entry satisfies the step, `unless` applied.
    pub fn satisfies(&self, at: usize, step: u16) -> bool {
        self.log[at].steps & step != 0 && self.effective(at) & step != 0
    }

    /// What counts together with an event at `ts` does not lie before this: behind the last `until` before it.
    pub fn not_before(&self, ts: i64) -> i64 {
        if self.plan.until == 0 {
            return i64::MIN;
        }
        let end = self.log.partition_point(|e| e.ts < ts);
        let last = self.log[..end].iter().rev().find(|e| e.steps & self.plan.until != 0);
        last.map_or(i64::MIN, |x| x.ts + 1)
    }

    /// Every hit whose window, all events of its own instant included, passes the test.
    fn windows(&self, window: &Window, range: Range<usize>) -> Found {
        let mut found = Found::new();
        let Some(first) = self.log.get(range.start) else { return found };
        let begin = self.log.partition_point(|e| e.ts < first.ts.saturating_sub(window.within));
        let last = range.end.checked_sub(1).and_then(|last| self.log.get(last)).map_or(i64::MAX, |e| e.ts);
        let end = self.log.partition_point(|e| e.ts <= last);
        let hit = |at: usize| Some((at, self.effective(at) & window.steps)).filter(|(_, steps)| *steps != 0);
        let hits: Vec<WindowHit> = (begin..end).filter_map(hit).collect();
        // Two borders move over the hits together with the terminal event.
        let (mut low, mut high) = (0, 0);
        for terminal in hits.iter().filter(|(at, _)| range.contains(at)) {
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
            WindowTest::Speed(speed) => (vec![self.too_far(speed, hits, terminal)?], 2),
            WindowTest::Compare(comparison) => {
                let each = |(at, steps): &WindowHit| {
                    let at = *at;
                    single_steps(*steps).map(move |step| (at, step)).collect::<Vec<_>>()
                };
                let shown = || {
                    let latest: Vec<WindowHit> = hits.iter().flat_map(each).collect();
                    latest[latest.len().saturating_sub(EVIDENCE_MAX)..].to_vec()
                };
                self.fires(comparison, hits, terminal.0).then(|| (shown(), hits.len()))?
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
    pub(super) fn latest_of_values(&self, path: &Path, hits: &[WindowHit]) -> BTreeMap<Symbol, usize> {
        let mut latest = BTreeMap::new();
        for (index, (at, _)) in hits.iter().enumerate() {
            self.values(path, self.log[*at].event, |value| {
                latest.insert(symbol_of(&value, self.events.symbols()), index);
            });
        }
        latest
    }

    /// What the entry adds to a sum.
    pub(super) fn measure(&self, path: &Path, at: usize) -> i128 {
        let mut sum = 0;
        self.values(path, self.log[at].event, |value| {
            sum += measure(value);
        });
        sum
    }

    fn values(&self, path: &Path, event: EventRef, each: impl FnMut(Value<'_>)) {
        let mut values = SmallVec::new();
        resolve(self.events.row(event), self.site, path, &mut values);
        values.into_iter().for_each(each);
    }

    /// Every trigger without enough other events of `expect` from it to its deadline, both included.
    fn absences(&self, range: Range<usize>) -> Found {
        let mut found = Found::new();
        let Shape::After { trigger, .. } = self.plan.shape else { return found };
        let mut forgotten = self.forgotten_before(range.start);
        for at in range.filter(|at| self.satisfies(*at, trigger)) {
            let entry = &self.log[at];
            if self.plan.once && entry.ts <= forgotten {
                continue;
            }
            if self.is_absent(at) {
                forgotten = forgotten.max(self.deadline(at));
                found.push((at, SmallVec::from_slice(&[(trigger, entry.event)]), 1));
            }
        }
        found
    }

    /// The latest deadline of a detection before the entry.
    fn forgotten_before(&self, at: usize) -> i64 {
        let detected = (0..at).filter(|at| self.plan.once && self.log[*at].has(Entry::DETECTED));
        detected.map(|at| self.deadline(at)).max().unwrap_or(i64::MIN).max(self.forgotten)
    }

    /// When what the trigger expects has to have come.
    pub(super) fn deadline(&self, at: usize) -> i64 {
        let entry = &self.log[at];
        entry.ts.saturating_add(offset(self.plan, (self.events, self.site), entry.event))
    }

    /// Whether what the trigger expects has not come.
    pub(super) fn is_absent(&self, at: usize) -> bool {
        let Shape::After { expect, at_least, .. } = self.plan.shape else { return false };
        let entry = &self.log[at];
        let start = self.log.partition_point(|e| e.ts < entry.ts);
        let end = self.deadline(at);
        let interval = || (start..self.log.len()).take_while(|other| self.log[*other].ts <= end);
        let came = |other: &usize| {
            *other != at
                && self.satisfies(*other, expect)
                && self.agrees(*other, expect, &|_| Some(entry.event))
        };
        interval().filter(came).take(at_least).count() < at_least
            && !interval().any(|other| self.log[other].steps & self.plan.until != 0)
    }
}

/// What a value adds: numbers in millionths, durations in ns.
pub fn measure(value: Value<'_>) -> i128 {
    match value {
        Value::Int(n) => i128::from(n) * 1_000_000,
        Value::Float(x) => i128::from(x.0),
        Value::Duration(d) => i128::from(d.0),
        _ => 0,
    }
}

/// Single bits of a mask.
pub fn single_steps(steps: u16) -> impl Iterator<Item = u16> {
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

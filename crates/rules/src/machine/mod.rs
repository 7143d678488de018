//! The machine: all cells, states and runs of one task. Takes matched rows and the clock, gives changes of alerts.
//!
//! ```text
//!   rows + matches ─▶ states ─▶ cells ─▶ runs ─▶ alerts          level by level: what is used before what uses it;
//!                        ▲        ▲        │                     `alert.x` and `detection.x` go up as events
//!                        └────────┴────────┘ derived events
//! ```
//! No wall clock, no threads, no I/O: the same rows and instants give the same alerts. A row may come in any order and be
//! taken back; the alerts that settle depend on the set of rows alone.

mod aggregates;
mod asker;
mod blindness;
mod buckets;
mod candidates;
pub mod cell;
mod chains;
mod clear;
mod derive;
pub mod describe;
mod detections;
pub mod events;
pub mod explain;
mod firsts;
mod history;
mod local;
mod lookback;
pub mod runs;
mod sessions;
mod slab;
pub mod snapshot;
mod stages;
pub mod states;
pub mod wheel;

use crate::program::Program;
use crate::program::index::{Candidate, Line, Matches};
use crate::program::plan::Shape;
use crate::test_tree::Given;
use cell::{Cell, Change, Outcome};
use event::alert::AlertChange;
use event::coordinates::Topics;
use event::hit::{Hit, KeyHash};
use event::row::{Batch, OwnedRow};
use event::symbol::lower;
use event::time::{Duration, Timestamp};
use events::{EventRef, Events};
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use history::Base;
use runs::Run;
use site::SiteModel;
use slab::Slab;
use smallvec::SmallVec;
use states::States;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;
use wheel::Wheel;

/// Hits whose cells are looked at together before any is touched.
const NEAR: usize = 64;

/// All state of the rules of one task.
pub struct Machine {
    program: Arc<Program>,
    site: Arc<SiteModel>,
    topics: Arc<Topics>,
    clock: Timestamp,
    events: Events,
    rules: Vec<RuleState>,
    states: States,
    candidates: Slab<candidates::Candidate>,
    /// Which runs relied on which source of `blind`.
    watched: HashMap<states::StateKey, BTreeSet<(u32, KeyHash)>, RandomState>,
    wheel: Wheel<Timer>,
    inbox: Vec<Inbox>,
    /// Rules with changed runs, by level.
    dirty: Vec<Vec<u32>>,
    /// What was counted since it was last taken.
    pub counts: Counts,
    released_at: Timestamp,
}

/// Counters of a machine, by rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries that a full cell could not take (bound "hits kept per cell").
    pub missed: u64,
    /// Detections reported.
    pub detections: u64,
    /// Detections taken back.
    pub withdrawn: u64,
}

#[derive(Default)]
struct RuleState {
    cells: Slab<Cell>,
    by_key: HashMap<KeyHash, u32, RandomState>,
    runs: HashMap<KeyHash, Run, RandomState>,
    dirty: Vec<KeyHash>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Cell { rule: u32, cell: u32 },
    Run { rule: u32, key: KeyHash },
    Candidate { candidate: u32, event: EventRef },
}

/// What waits for a level.
#[derive(Default)]
struct Inbox {
    lines: Vec<(Line, EventRef, Motion)>,
    candidates: Vec<(u32, EventRef, Motion)>,
    again: Vec<u32>,
    hits: Vec<(Hit, EventRef, Motion)>,
    timers: Vec<Timer>,
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Motion {
    /// Put in.
    In,
    /// Taken out again.
    Out,
    /// It stays; a state that `raise` asks about it may have changed.
    Again,
}

impl Machine {
    /// An empty machine.
    pub fn new(program: Arc<Program>, site: Arc<SiteModel>, topics: Arc<Topics>) -> Machine {
        let rules = program.rules.iter().map(|_| RuleState::default()).collect();
        let inbox = program.levels.iter().map(|_| Inbox::default()).collect();
        let dirty = vec![Vec::new(); program.levels.len()];
        Machine {
            events: Events::new(program.symbols),
            clock: Timestamp::MIN,
            rules,
            states: States::default(),
            candidates: Slab::default(),
            watched: HashMap::default(),
            wheel: Wheel::default(),
            inbox,
            dirty,
            counts: Counts::default(),
            released_at: Timestamp::MIN,
            program,
            site,
            topics,
        }
    }

    /// The clock it has been told.
    pub fn clock(&self) -> Timestamp {
        self.clock
    }

    /// The program it runs.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The value of a state before the first event (a test's world).
    pub fn given(&mut self, given: &Given) {
        let symbols = self.program.symbols;
        let parts: Vec<_> = given.key.iter().map(|id| symbols.symbol(id)).collect();
        let membership = given
            .key
            .split_last()
            .zip(parts.split_last())
            .map(|((member, _), (_, first))| (KeyHash::of(first), Arc::from(&*lower(member))));
        let membership = membership.filter(|_| self.program.states[given.state as usize].has_members);
        let base = Base::given(&given.value, symbols);
        self.states.given((given.state, KeyHash::of(&parts)), base, membership);
    }

    /// Takes a batch of accepted rows with what the index says of them; gives where the wanted ones are kept.
    pub fn apply(
        &mut self,
        batch: &Batch,
        matches: &Matches,
        changes: &mut Vec<AlertChange>,
    ) -> Vec<(u32, EventRef)> {
        let kept = self.receive(batch, matches);
        self.run_levels(changes);
        kept
    }

    /// Whether some detection waits for the clock.
    pub fn is_waiting(&self) -> bool {
        self.rules.iter().zip(&self.program.rules).any(|(state, rule)| {
            rule.plan.hold.is_some() && state.cells.iter().any(|(_, cell)| cell.is_waiting())
        })
    }

    /// Takes a row out again, as if it had never come (a lesser copy of the same id has).
    pub fn take_back(&mut self, row: &OwnedRow, event: EventRef, changes: &mut Vec<AlertChange>) {
        self.withdraw(row, event);
        self.run_levels(changes);
    }

    /// Moves the clock: reports what was held, settles what nothing can change any more, forgets what is over. One step
    /// from deadline to deadline, so that what comes of it does not depend on how far the clock jumps.
    pub fn advance(&mut self, clock: Timestamp, changes: &mut Vec<AlertChange>) {
        assert!(clock >= self.clock); // The clock never goes back; ticks see to it.
        let mut fired = Vec::new();
        let mut due: BinaryHeap<Reverse<(i64, Timer)>> = BinaryHeap::new();
        loop {
            self.wheel.advance(clock.0, &mut fired);
            due.extend(fired.drain(..).map(Reverse));
            let Some(Reverse((deadline, _))) = due.peek().copied() else { break };
            self.clock = self.clock.max(Timestamp(deadline));
            while let Some(Reverse((_, timer))) = due.peek().copied().filter(|first| first.0.0 == deadline) {
                due.pop();
                let level = match timer {
                    Timer::Cell { rule, .. } | Timer::Run { rule, .. } => self.level_of(rule),
                    Timer::Candidate { .. } => 0,
                };
                self.inbox[level].timers.push(timer);
            }
            self.run_levels(changes);
        }
        self.clock = clock;
        if clock - self.released_at > Duration::from_secs(1) {
            self.events.release(clock);
            self.released_at = clock;
        }
    }

    /// When the clock next makes a difference, if ever.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.wheel.next().map(Timestamp)
    }

    /// Cells, states' keys, runs and events that are kept: for metrics and bounds.
    pub fn sizes(&self) -> Sizes {
        Sizes {
            cells: self.rules.iter().map(|r| r.by_key.len()).sum(),
            states: self.states.len(),
            runs: self.rules.iter().map(|r| r.runs.len()).sum(),
            events: self.events.len(),
        }
    }

    fn level_of(&self, rule: u32) -> usize {
        self.program.rules[rule as usize].level
    }

    fn receive(&mut self, batch: &Batch, matches: &Matches) -> Vec<(u32, EventRef)> {
        let patience = self.patience(matches, batch.len());
        let mut kept = Vec::with_capacity(batch.len());
        let mut by_row = vec![EventRef(u32::MAX); batch.len()];
        for (row, patience) in (0u32..).zip(patience) {
            if let Some(patience) = patience {
                let event = self.events.keep(batch.row(row as usize), None, patience);
                by_row[row as usize] = event;
                kept.push((row, event));
            }
        }
        self.send(matches, Motion::In, &mut |row| by_row[row as usize]);
        kept
    }

    /// How long each row may be named, if anything names it.
    fn patience(&self, matches: &Matches, rows: usize) -> Vec<Option<Duration>> {
        let mut patience = vec![None; rows];
        let mut at_least = |row: u32, time: Duration| {
            let entry = &mut patience[row as usize];
            *entry = (*entry).max(Some(time));
        };
        matches.hits.iter().for_each(|h| at_least(h.row, self.program.retention_of_rule(h.rule.0)));
        matches.lines.iter().for_each(|l| at_least(l.row, self.program.states[l.state as usize].retention));
        for candidate in &matches.candidates {
            at_least(candidate.row, self.patience_of_candidate(candidate.rule.0));
        }
        patience
    }

    fn send(&mut self, matches: &Matches, motion: Motion, event_of: &mut dyn FnMut(u32) -> EventRef) {
        for hit in &matches.hits {
            let level = self.level_of(hit.rule.0);
            self.inbox[level].hits.push((*hit, event_of(hit.row), motion));
        }
        for line in &matches.lines {
            let level = self.program.states[line.state as usize].level;
            self.inbox[level].lines.push((*line, event_of(line.row), motion));
        }
        for Candidate { rule, row } in &matches.candidates {
            let level = self.level_of(rule.0);
            self.inbox[level].candidates.push((rule.0, event_of(*row), motion));
        }
    }

    fn run_levels(&mut self, changes: &mut Vec<AlertChange>) {
        for level in 0..self.inbox.len() {
            let inbox = std::mem::take(&mut self.inbox[level]);
            for (line, event, motion) in inbox.lines {
                self.mark_state(line, event, motion);
            }
            for (rule, event, motion) in inbox.candidates {
                self.take_candidate(rule, event, motion);
            }
            // What the states of this level changed, and what those below left for it.
            let again = std::mem::take(&mut self.inbox[level].again);
            for candidate in inbox.again.into_iter().chain(again) {
                self.judge(candidate);
            }
            for hits in inbox.hits.chunks(NEAR) {
                self.bring_near(hits);
                for (hit, event, motion) in hits {
                    self.put(hit.rule.0, hit.key, hit.steps, *event, *motion);
                }
            }
            for timers in inbox.timers.chunks(NEAR) {
                self.bring_due_near(timers);
                timers.iter().for_each(|timer| self.fire(*timer));
            }
            let mut dirty = std::mem::take(&mut self.dirty[level]);
            dirty.sort_unstable();
            dirty.dedup();
            for rule in dirty {
                self.refresh(rule, changes);
            }
        }
    }

    /// Looks at the cells of some hits one after another, so that the waits for their memory overlap (engine.md §5).
    fn bring_near(&self, hits: &[(Hit, EventRef, Motion)]) {
        look_at(hits.iter().filter_map(|(hit, ..)| {
            let state = &self.rules[hit.rule.0 as usize];
            state.by_key.get(&hit.key).and_then(|at| state.cells.get(*at))
        }));
    }

    /// The same of the cells that are due.
    fn bring_due_near(&self, timers: &[Timer]) {
        look_at(timers.iter().filter_map(|timer| match timer {
            Timer::Cell { rule, cell } => self.rules[*rule as usize].cells.get(*cell),
            _ => None,
        }));
    }

    /// Puts an event into a cell, or takes it out.
    fn put(&mut self, rule: u32, key: KeyHash, steps: u16, event: EventRef, motion: Motion) {
        let ts = self.events.row(event).row.ts.0;
        let plan = &self.program.rules[rule as usize].plan;
        let mut out = Vec::new();
        if let (Shape::Stages(stages), true, None) = (&plan.shape, plan.guards.is_empty(), plan.hold)
            && stages.stages.len() == 1
        {
            // `when` alone: every hit is a detection, and there is nothing to remember of it.
            let chain = || SmallVec::from_slice(&[(stages.stages[0].step, event)]);
            let (outcome, chain) = match motion {
                Motion::In => (Outcome::Reported, chain()),
                Motion::Out => (Outcome::Withdrawn, SmallVec::new()),
                Motion::Again => (Outcome::Touched, chain()),
            };
            out.push(Change { key, terminal: event, ts, at: ts, outcome, chain, number: 1 });
        } else {
            let state = &mut self.rules[rule as usize];
            let clock = self.clock.0;
            let at =
                *state.by_key.entry(key).or_insert_with(|| state.cells.insert(Cell::begin(key, plan, clock)));
            let cell = state.cells.get_mut(at).expect("cells stand as long as their key");
            let mut run = cell::Run {
                plan,
                events: &self.events,
                site: &self.site,
                clock: self.clock.0,
                out: &mut out,
                missed: &mut self.counts.missed,
            };
            match motion {
                Motion::In => cell.insert(event, ts, steps, &mut run),
                Motion::Out => cell.remove(event, ts, &mut run),
                Motion::Again => cell.touch(event, ts, &mut run),
            }
            self.arm_cell(rule, at);
        }
        let from = out.iter().map(|change| change.at).min().unwrap_or(ts).min(ts);
        self.note(rule, out);
        self.look_for_clear((rule, key), from, event);
    }

    /// `clear when`: something of the key has changed from `from` on.
    fn look_for_clear(&mut self, (rule, key): (u32, KeyHash), from: i64, event: EventRef) {
        let plan = &self.program.rules[rule as usize].plan;
        if plan.clear.is_none() {
            return;
        }
        let state = &mut self.rules[rule as usize];
        let cell = state.by_key.get(&key).and_then(|at| state.cells.get(*at));
        let (Some(cell), Some(run)) = (cell, state.runs.get_mut(&key)) else { return };
        let from = cell.clear_is_known_from(from, plan);
        let Some(upto) = run.asks_clear(from) else { return };
        let clear = cell.clear((from, upto.0), event, (plan, &self.events, &self.site));
        if run.set_clear(from, &clear) {
            state.dirty.push(key);
            self.dirty[self.program.rules[rule as usize].level].push(rule);
        }
    }

    fn arm_cell(&mut self, rule: u32, at: u32) {
        let plan = &self.program.rules[rule as usize].plan;
        let Some(cell) = self.rules[rule as usize].cells.get_mut(at) else { return };
        // What is due and could not be done yet is tried again soon, not at once for ever.
        let wants = cell.wants(plan, (&self.events, &self.site));
        let wants = if wants <= self.clock.0 { self.clock.0.saturating_add(250_000_000) } else { wants };
        if wants < cell.timer {
            cell.timer = wants;
            self.wheel.insert(wants, Timer::Cell { rule, cell: at });
        }
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Cell { rule, cell } => self.settle_cell(rule, cell),
            Timer::Run { rule, key } => {
                let state = &mut self.rules[rule as usize];
                if let Some(run) = state.runs.get_mut(&key).filter(|run| run.timer <= self.clock.0) {
                    run.timer = i64::MAX;
                    run.dirty = true;
                    state.dirty.push(key);
                    self.dirty[self.program.rules[rule as usize].level].push(rule);
                }
            }
            Timer::Candidate { candidate, event } => {
                if self.candidates.get(candidate).is_some_and(|asked| asked.event == event) {
                    self.forget_candidate(candidate);
                }
            }
        }
    }

    fn settle_cell(&mut self, rule: u32, at: u32) {
        let plan = &self.program.rules[rule as usize].plan;
        let state = &mut self.rules[rule as usize];
        let Some(cell) = state.cells.get_mut(at).filter(|cell| cell.timer <= self.clock.0) else { return };
        cell.timer = i64::MAX;
        let mut out = Vec::new();
        let mut run = cell::Run {
            plan,
            events: &self.events,
            site: &self.site,
            clock: self.clock.0,
            out: &mut out,
            missed: &mut self.counts.missed,
        };
        let key = cell.key;
        if cell.settle(&mut run) {
            state.by_key.remove(&key);
            state.cells.remove(at);
        } else {
            self.arm_cell(rule, at);
        }
        let changed = out.iter().min_by_key(|change| change.at).map(|change| (change.at, change.terminal));
        self.note(rule, out);
        if let Some((from, event)) = changed {
            self.look_for_clear((rule, key), from, event);
        }
    }

    /// Takes an event out of all that it may stand in. One that is forgotten stands nowhere any more.
    fn withdraw(&mut self, row: &OwnedRow, event: EventRef) {
        if !self.events.holds(event, row.as_ref()) {
            return;
        }
        let mut matches = Matches::default();
        self.program.match_row(row.as_ref(), 0, &self.site, &mut matches);
        self.send(&matches, Motion::Out, &mut |_| event);
    }
}

/// Reads a little of each cell and of its log's ends.
fn look_at<'a>(cells: impl Iterator<Item = &'a Cell>) {
    let end = |entry: Option<&cell::Entry>| entry.map_or(0, |entry| entry.ts);
    let seen = cells.fold(0, |seen, cell| seen ^ cell.timer ^ end(cell.log.first()) ^ end(cell.log.last()));
    std::hint::black_box(seen);
}

/// How much a machine keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Cells.
    pub cells: usize,
    /// Keys of states.
    pub states: usize,
    /// Runs of detections.
    pub runs: usize,
    /// Events.
    pub events: usize,
}

//! Cells: the state of one rule for one key, and the one mechanism that makes results independent of arrival order.
//!
//! ```text
//!   base registers │ entry │ entry │ entry │ …         log of matched events, sorted by ≺
//!   (all that was  └───────┴───────┴───────┘
//!    folded away)     └─ each: ts, event, steps it satisfies, is it a detection, has it been reported
//! ```
//! In order means append and one step. A late event, a removed one: put the log right, then run it again from the base
//! and send out the difference. What the log says is therefore a function of the set of its entries, whatever their order
//! of arrival (engine.md §3). Entries that nothing can precede any more are folded into the base.
//!
//! How a pattern reads the log is its own file: [`super::stages`] (registers), [`super::lookback`] (count, after, chains).

use super::events::{EventRef, Events};
use super::stages::Registers;
use super::{buckets, firsts, local, lookback, sessions, stages};
use crate::program::condition::resolve;
use crate::program::fault::Fault;
use crate::program::plan::{Moves, Plan, Shape, Window, WindowTest};
use crate::tree::Side;
use event::hit::KeyHash;
use event::value::Value;
use site::SiteModel;
use smallvec::SmallVec;

/// A matched event in a cell's log.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// ts of the event, ns.
    pub ts: i64,
    /// The event.
    pub event: EventRef,
    /// The steps it satisfies.
    pub steps: u16,
    /// See the constants of [`Entry`].
    pub flags: u16,
}

const _: () = assert!(size_of::<Entry>() == 16);

impl Entry {
    /// A match ends here, by what is known now.
    pub const DETECTED: u16 = 1;
    /// The detection has been reported.
    pub const REPORTED: u16 = 2;

    pub(super) fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }
}

/// The state of one rule for one key.
#[derive(Debug)]
pub struct Cell {
    /// The key.
    pub key: KeyHash,
    /// All that was folded away.
    pub(super) base: Registers,
    /// Registers after the whole log, kept while the log is long.
    pub(super) last: Option<Box<Registers>>,
    /// Sorted by ≺.
    pub log: SmallVec<[Entry; 3]>,
    /// The timer that is set for it; `i64::MAX` if none.
    pub timer: i64,
    /// Entries before this cannot be taken any more: they were folded for want of room. The least number but one: only
    /// some search was cut short.
    pub floor: i64,
}

/// What happened to a detection of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is reported.
    Reported,
    /// It is taken back.
    Withdrawn,
    /// It stands; what it rests on may be another.
    Touched,
}

/// One change of a cell.
#[derive(Clone, Debug)]
pub struct Change {
    /// The key.
    pub key: KeyHash,
    /// The terminal event.
    pub terminal: EventRef,
    /// ts of the terminal event, ns.
    pub ts: i64,
    /// ts of the detection (of `after` the deadline).
    pub at: i64,
    /// What happened.
    pub outcome: Outcome,
    /// What the detection rests on, the terminal event last: step mask and event. Empty when withdrawn.
    pub chain: Chain,
    /// How many events it counts (`count`), else the length of the chain.
    pub number: u32,
}

/// Steps and events that a detection rests on.
pub type Chain = SmallVec<[(u16, EventRef); 4]>;

/// A log longer than this folds early (language.md §7, hot key).
pub const LOG_MAX: usize = 4_096;
/// The floor of a cell of which no entry was folded early, but a search was cut short.
const CUT: i64 = i64::MIN + 1;
/// From this length on the registers after the log are kept.
const LONG: usize = 6;

/// What a cell is run with.
pub struct Run<'a> {
    /// The plan of the rule.
    pub plan: &'a Plan,
    /// The kept events.
    pub events: &'a Events,
    /// The site model.
    pub site: &'a SiteModel,
    /// The task's clock, ns.
    pub clock: i64,
    /// Where changes go.
    pub out: &'a mut Vec<Change>,
    /// Counts entries that came too late for a cell in want of room.
    pub missed: &'a mut u64,
}

impl Cell {
    /// An empty one.
    pub fn new(key: KeyHash, plan: &Plan) -> Cell {
        Cell {
            key,
            base: Registers::new(plan),
            last: None,
            log: SmallVec::new(),
            timer: i64::MAX,
            floor: i64::MIN,
        }
    }

    /// A bound was hit: what rests on this cell is not exact.
    pub fn is_exact(&self) -> bool {
        self.floor == i64::MIN
    }

    /// Whether a detection waits for the clock.
    pub fn is_waiting(&self) -> bool {
        self.held().is_some()
    }

    /// Takes an event. Taking it twice is taking it once; with other steps it is replaced.
    pub fn insert(&mut self, event: EventRef, ts: i64, steps: u16, run: &mut Run<'_>) {
        if ts < self.floor {
            *run.missed += 1;
            return;
        }
        let entry = Entry { ts, event, steps, flags: 0 };
        let in_order = self.log.last().is_none_or(|last| last.ts < ts);
        if in_order {
            self.log.push(entry);
            self.append(run);
        } else {
            let at = self.position(&entry, run.events);
            match self.log.get_mut(at) {
                Some(same) if same.event == event => {
                    if same.steps == steps {
                        return;
                    }
                    same.steps = steps;
                }
                _ => self.log.insert(at, entry),
            }
            self.evaluate(ts, run);
        }
        if self.log.len() > LOG_MAX {
            self.fold_half(run);
        }
    }

    /// Takes an event out again: withdrawn, replaced by a lesser copy, or no longer wanted since a state changed.
    pub fn remove(&mut self, event: EventRef, ts: i64, run: &mut Run<'_>) {
        let start = self.log.partition_point(|e| e.ts < ts);
        let Some(at) = (start..self.log.len()).find(|at| self.log[*at].event == event) else { return };
        let old = self.log.remove(at);
        if old.has(Entry::REPORTED) {
            run.out.push(withdrawn(self.key, &old, run));
        }
        self.evaluate(ts, run);
    }

    /// What is said of a detection that ends with this event may be another, although the log is as it was.
    pub fn touch(&mut self, event: EventRef, ts: i64, run: &mut Run<'_>) {
        let start = self.log.partition_point(|e| e.ts < ts);
        let is_it = |e: &Entry| e.ts == ts && e.event == event && e.has(Entry::REPORTED);
        if let Some(at) = self.log[start..].iter().position(is_it) {
            self.evaluate_from(start + at, ts, run);
        }
    }

    /// Reports what the clock has passed, folds what nothing can precede any more. `true`: it is empty and can go.
    pub fn settle(&mut self, run: &mut Run<'_>) -> bool {
        if run.plan.hold.is_some() {
            self.report(run);
        }
        self.fold(run.clock.saturating_sub(run.plan.reach), run);
        self.log.is_empty() && self.base.expired(run.clock.saturating_sub(run.plan.keeps))
    }

    /// When it wants to be settled next.
    pub fn wants(&self, plan: &Plan, around: (&Events, &SiteModel)) -> i64 {
        let held = plan.hold.and_then(|hold| Some((self.held()?, hold)));
        let report = match held {
            Some(_) if plan.moves.is_some() => {
                let waits = self.log.iter().filter(|e| e.has(Entry::DETECTED) && !e.has(Entry::REPORTED));
                waits.map(|e| due(plan, around, e)).min().unwrap_or(i64::MAX)
            }
            held => held.map_or(i64::MAX, |(held, hold)| held.saturating_add(hold)),
        };
        // Its oldest entry is folded before the event of it may be forgotten; an empty log waits to be given up.
        let expiry = match self.log.first() {
            Some(oldest) if held.is_some_and(|(held, _)| oldest.ts >= held.saturating_sub(plan.lookback)) => {
                i64::MAX
            }
            Some(oldest) => self.expiry(oldest, plan),
            None => self.base.newest().saturating_add(plan.keeps),
        };
        report.min(later(expiry, plan.fold_every))
    }

    /// When the first entry of a log has to be folded: a stamp goes later than the first of the others.
    fn expiry(&self, oldest: &Entry, plan: &Plan) -> i64 {
        let stamp = oldest.ts.saturating_add(plan.reach).saturating_add(plan.stamps.longer);
        let other = self.log.iter().find(|entry| entry.steps & !plan.stamps.steps != 0);
        other.map_or(stamp, |other| stamp.min(other.ts.saturating_add(plan.reach)))
    }

    /// ts of the first detection that waits to be reported.
    fn held(&self) -> Option<i64> {
        let waits = |e: &&Entry| e.has(Entry::DETECTED) && !e.has(Entry::REPORTED);
        self.log.iter().find(waits).map(|e| e.ts)
    }

    fn position(&self, entry: &Entry, events: &Events) -> usize {
        self.log.partition_point(|e| {
            e.ts < entry.ts || (e.ts == entry.ts && events.compare(e.event, entry.event).is_lt())
        })
    }

    /// The usual case: the last entry is newer than all others.
    fn append(&mut self, run: &mut Run<'_>) {
        let newest = self.log[self.log.len() - 1];
        let looks_back = run.plan.guards.iter().all(|g| g.side == Side::Before);
        let is_plain = run.plan.guards.is_empty() && run.plan.until == 0 && !run.plan.once;
        match (&run.plan.shape, self.last.as_deref_mut()) {
            (Shape::Stages(stages), Some(last)) if looks_back => {
                let mut found = stages::Found::default();
                let group = self.log.len() - 1..self.log.len();
                stages::step(stages, &run.plan.guards, last, &self.log, group, &mut found);
                if let Some((at, chain)) = found.detections.pop() {
                    self.set_detected(at, chain, 0, false, run);
                }
            }
            (Shape::Window(window @ Window { test: WindowTest::Count(at_least), .. }), _) if is_plain => {
                if let Some((chain, number)) = lookback::count_at_end(window, *at_least, &self.log) {
                    self.set_detected(self.log.len() - 1, chain, number, false, run);
                }
            }
            // What was there before does not see it.
            (Shape::Window(_), _) if looks_back => self.evaluate_from(self.log.len() - 1, newest.ts, run),
            (Shape::After { trigger, expect, .. }, _)
                if newest.steps & *trigger != 0 && newest.steps & *expect == 0 && is_plain =>
            {
                self.set_detected(
                    self.log.len() - 1,
                    Chain::from_slice(&[(*trigger, newest.event)]),
                    1,
                    false,
                    run,
                );
            }
            _ => self.evaluate(newest.ts, run),
        }
    }

    /// Runs the log again where a change at `ts` can matter, and sends out the difference.
    fn evaluate(&mut self, ts: i64, run: &mut Run<'_>) {
        self.evaluate_from(self.first_affected(ts, run.plan), ts, run);
    }

    /// The same from an entry on; registers start anew in any case. Detections from `touched` on may rest on other
    /// events than before.
    fn evaluate_from(&mut self, from: usize, touched: i64, run: &mut Run<'_>) {
        match &run.plan.shape {
            Shape::Stages(of) => {
                let mut found = stages::Found::default();
                let mut registers = self.base.clone();
                stages::replay(of, &run.plan.guards, &mut registers, &self.log, &mut found);
                self.last = (self.log.len() > LONG).then(|| Box::new(registers));
                let found = found.detections.into_iter().map(|(at, chain)| (at, chain, 0));
                self.difference(0, touched, found, run);
            }
            _ => {
                let cut = std::cell::Cell::new(false);
                let view = view(&self.log, &self.base, run, &cut);
                let (from, found) = match &run.plan.shape {
                    Shape::Session(session) => sessions::sessions(&view, session, &self.base),
                    Shape::First(first) => (0, firsts::firsts(&view, first, &self.base)),
                    Shape::Unusual(unusual) => (0, buckets::buckets(&view, unusual, &self.base)),
                    _ => (from, view.detections(from)),
                };
                if cut.get() {
                    self.floor = self.floor.max(CUT);
                    *run.missed += 1;
                }
                self.difference(from, touched, found.into_iter(), run);
            }
        }
    }

    /// The first entry whose answer a change at `ts` can alter in a pattern that looks forward.
    fn first_affected(&self, ts: i64, plan: &Plan) -> usize {
        let forward = looks_ahead(plan);
        let deadline = plan.offset;
        let from = ts.saturating_sub(forward.saturating_add(deadline));
        self.log.partition_point(|e| e.ts < from)
    }

    /// `found`: the detections from entry `from` on, in order.
    fn difference(
        &mut self,
        from: usize,
        touched: i64,
        found: impl Iterator<Item = (usize, Chain, u32)>,
        run: &mut Run<'_>,
    ) {
        let mut next = from;
        for (at, chain, number) in found {
            (next..at).for_each(|not| self.clear_detected(not, run));
            // A detection cannot rest on what happened after it, unless `unless … after` has taken one of its events.
            let touched = self.log[at].ts >= touched.saturating_sub(looks_ahead(run.plan));
            self.set_detected(at, chain, number, touched, run);
            next = at + 1;
        }
        (next..self.log.len()).for_each(|not| self.clear_detected(not, run));
    }

    fn set_detected(&mut self, at: usize, chain: Chain, number: u32, touched: bool, run: &mut Run<'_>) {
        let entry = &mut self.log[at];
        entry.flags |= Entry::DETECTED;
        let due = due(run.plan, (run.events, run.site), entry) <= run.clock;
        let outcome = match (due, entry.has(Entry::REPORTED)) {
            (true, false) => Outcome::Reported,
            (true, true) if touched => Outcome::Touched,
            _ => return,
        };
        entry.flags |= Entry::REPORTED;
        let number = number.max(chain.len() as u32);
        let at = entry.ts.saturating_add(offset(run.plan, (run.events, run.site), entry.event));
        run.out.push(Change {
            key: self.key,
            terminal: entry.event,
            ts: entry.ts,
            at,
            outcome,
            chain,
            number,
        });
    }

    fn clear_detected(&mut self, at: usize, run: &mut Run<'_>) {
        let entry = &mut self.log[at];
        if entry.has(Entry::REPORTED) && !run.plan.faults.has(Fault::LostWithdrawal) {
            let change = withdrawn(self.key, entry, run);
            run.out.push(change);
        }
        entry.flags &= !(Entry::DETECTED | Entry::REPORTED);
    }

    /// Reports what is due by the clock; the log has not changed.
    fn report(&mut self, run: &mut Run<'_>) {
        let around = (run.events, run.site);
        let due = |e: &Entry| {
            e.has(Entry::DETECTED) && !e.has(Entry::REPORTED) && due(run.plan, around, e) <= run.clock
        };
        // Not from earlier ones on: what they look back to may have been folded.
        if let Some(first) = self.log.iter().position(due) {
            self.evaluate_from(first, i64::MAX, run);
        }
    }

    /// Folds the entries before `horizon` into the base: exact, because nothing earlier can come.
    fn fold(&mut self, horizon: i64, run: &mut Run<'_>) {
        // What waits to be reported still needs its entry, and what it looks back to.
        let held = self.held().map_or(i64::MAX, |held| held.saturating_sub(run.plan.lookback));
        let count = self.log.partition_point(|e| e.ts < horizon.min(held));
        let count =
            self.log[..count].iter().rposition(|e| e.ts != self.log.get(count).map_or(i64::MAX, |n| n.ts));
        let Some(count) = count.map(|last| last + 1) else { return };
        let early = usize::from(run.plan.faults.has(Fault::FoldEarly));
        let count = (count + early).min(self.log.len());
        if let Shape::Stages(of) = &run.plan.shape {
            stages::fold(of, &run.plan.guards, &mut self.base, &self.log, count);
        } else {
            // Other patterns keep what `once` has left in a base of their own, or in the log.
            let forgets = run.plan.once && matches!(run.plan.shape, Shape::After { .. });
            let detected = self.log[..count].iter().filter(|e| forgets && e.has(Entry::DETECTED));
            let around = (run.events, run.site);
            let upto = detected.map(|e| e.ts.saturating_add(offset(run.plan, around, e.event))).max();
            upto.into_iter().for_each(|upto| self.base.raise(0, upto));
            self.fold_base(count, run);
            self.base.saw(self.log[count - 1].ts);
        }
        let stamps = self.stamps(count, horizon, run.plan);
        self.log.drain(..count);
        self.log.insert_many(0, stamps);
        if self.log.len() <= LONG {
            self.last = None;
        }
        // A busy cell needs its room again at once.
        if self.log.len() * 4 <= self.log.capacity() {
            self.log.shrink_to_fit();
        }
    }

    /// What stays of the first entries: that they take away from later hits.
    fn stamps(&self, count: usize, horizon: i64, plan: &Plan) -> SmallVec<[Entry; 3]> {
        let since = horizon.saturating_sub(plan.stamps.longer);
        let folded = self.log[..count].iter().filter(|e| e.ts >= since && e.steps & plan.stamps.steps != 0);
        folded.map(|e| Entry { steps: e.steps & plan.stamps.steps, flags: 0, ..*e }).collect()
    }

    /// Brings the first entries into what patterns keep that are no stages.
    fn fold_base(&mut self, count: usize, run: &Run<'_>) {
        let cut = std::cell::Cell::new(false);
        let mut base = self.base.clone();
        let view = view(&self.log, &self.base, run, &cut);
        match &run.plan.shape {
            Shape::Session(session) => sessions::fold(&view, session, &mut base, count),
            Shape::First(first) => firsts::fold(&view, first, &mut base, count),
            Shape::Unusual(unusual) => buckets::fold(&view, unusual, &mut base, count),
            _ => return,
        }
        self.base = base;
    }

    /// The bound of the log is hit: the older half goes, and later ones of its time are only counted.
    fn fold_half(&mut self, run: &mut Run<'_>) {
        let floor = self.log[LOG_MAX / 2].ts;
        self.log.iter_mut().for_each(|e| {
            if e.ts < floor {
                e.flags &= !Entry::DETECTED;
            }
        });
        self.fold(floor, run);
        self.floor = self.floor.max(floor);
        if self.log.len() > LOG_MAX {
            // One instant holds them all: there is nothing to fold by time, so the newest is not taken.
            self.log.pop();
            *run.missed += 1;
        }
    }
}

fn view<'a>(
    log: &'a [Entry],
    base: &Registers,
    run: &Run<'a>,
    cut: &'a std::cell::Cell<bool>,
) -> lookback::View<'a> {
    let forgotten = if run.plan.once { base.word(0) } else { i64::MIN };
    lookback::View { plan: run.plan, log, events: run.events, site: run.site, forgotten, cut }
}

/// How far behind its event a chain looks: for `unless … after`, and where clocks differ.
fn looks_ahead(plan: &Plan) -> i64 {
    let after = plan.guards.iter().filter(|g| g.side == Side::After).map(|g| g.within).max().unwrap_or(0);
    let slack = if let Shape::Chains(chains) = &plan.shape { chains.slack() } else { 0 };
    after.saturating_add(slack)
}

/// When a detection that ends with the entry is to be reported.
pub(super) fn due(plan: &Plan, around: (&Events, &SiteModel), entry: &Entry) -> i64 {
    let Some(hold) = plan.hold else { return i64::MIN };
    let earlier = match plan.moves {
        Some(_) => plan.offset.saturating_sub(offset(plan, around, entry.event)),
        None => 0,
    };
    entry.ts.saturating_add(hold).saturating_sub(earlier)
}

/// The first multiple of `every` behind an instant.
fn later(instant: i64, every: i64) -> i64 {
    (instant.div_euclid(every) + 1).saturating_mul(every)
}

/// How far behind its entry a detection lies.
pub(super) fn offset(plan: &Plan, (events, site): (&Events, &SiteModel), event: EventRef) -> i64 {
    let path = match &plan.moves {
        None => return plan.offset,
        Some(Moves::BucketEnd(per)) => {
            let row = events.row(event);
            let end = buckets::bucket_end(&local::zone(site, row), *per, row.row.ts.0);
            return end.saturating_sub(row.row.ts.0);
        }
        Some(Moves::ReadAt(path)) => path,
    };
    let mut values = SmallVec::new();
    resolve(events.row(event), site, path, &mut values);
    match values.first() {
        Some(Value::Duration(d)) if (0..=plan.offset).contains(&d.0) => d.0,
        _ => plan.offset,
    }
}

fn withdrawn(key: KeyHash, entry: &Entry, run: &Run<'_>) -> Change {
    Change {
        key,
        terminal: entry.event,
        ts: entry.ts,
        at: entry.ts.saturating_add(offset(run.plan, (run.events, run.site), entry.event)),
        outcome: Outcome::Withdrawn,
        chain: Chain::new(),
        number: 0,
    }
}

/// Whether `unless` takes the entry from the step `of`: some other event of the guard's step lies in its interval.
/// `stamp`: the latest ts of such an event that was folded away.
pub(super) fn guarded(guard: &crate::program::plan::Guard, log: &[Entry], at: usize, stamp: i64) -> bool {
    let entry = &log[at];
    let taken = |e: &Entry| e.steps & guard.step != 0 && e.event != entry.event;
    match guard.side {
        Side::Before => {
            let from = entry.ts.saturating_sub(guard.within);
            let upto = log.partition_point(|e| e.ts <= entry.ts);
            stamp >= from || log[..upto].iter().rev().take_while(|e| e.ts >= from).any(taken)
        }
        Side::After => {
            let to = entry.ts.saturating_add(guard.within);
            let from = log.partition_point(|e| e.ts < entry.ts);
            log[from..].iter().take_while(|e| e.ts <= to).any(taken)
        }
    }
}

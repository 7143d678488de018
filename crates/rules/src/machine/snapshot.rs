//! The state of a machine as bytes, and back (reliability.md §5). What can be computed again is not written: timers,
//! registers behind the log, who asked which state.
//!
//! A program of another rule set goes on with what its own rules and states mean too (`program::carry`); the rest is read
//! and left.

use super::asker::Noted;
use super::blindness::Relied;
use super::candidates::Candidate;
use super::cell::{Cell, Entry};
use super::derive::Standing;
use super::events::EventRef;
use super::history::{Base, History, Mark, Valued};
use super::runs::{Account, Detection, Run, Told};
use super::stages::Registers;
use super::states::StateKey;
use super::{Machine, Timer};
use crate::program::carry::{Carry, Roll};
use crate::program::condition::{Datum, Fixed};
use crate::program::plan::{Plan, Shape};
use event::alert::{Alert, entity_kind};
use event::codec::{Codec, Corrupt, Reader, read_static, write_static};
use event::hit::KeyHash;
use event::id::KeyPart;
use event::row::OwnedRow;
use smallvec::SmallVec;
use std::sync::Arc;

event::codec!(newtype EventRef);
event::codec!(Relied { source, key, from, to });
event::codec!(Entry { ts, event, steps, flags });
event::codec!(Mark { ts, event, source, order, sets, clears, value });
event::codec!(Told { alert, shows });

impl Machine {
    /// Appends the whole state.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        Roll::of(&self.program).write(out);
        self.clock.write(out);
        self.released_at.write(out);
        self.events.write(out);
        for rule in &self.rules {
            let mut cells: Vec<(u32, &Cell)> = rule.cells.iter().collect();
            cells.sort_by_key(|(_, cell)| cell.key);
            (cells.len() as u32).write(out);
            cells.iter().for_each(|(_, cell)| write_cell(cell, out));
            let mut runs: Vec<(&KeyHash, &Run)> = rule.runs.iter().collect();
            runs.sort_by_key(|(key, _)| **key);
            (runs.len() as u32).write(out);
            runs.iter().for_each(|(key, run)| {
                key.write(out);
                write_run(run, out);
            });
        }
        let mut histories: Vec<_> = self.states.iter().collect();
        histories.sort_by_key(|(at, _)| **at);
        (histories.len() as u32).write(out);
        for (at, history) in histories {
            at.write(out);
            history.base.write(out);
            history.log.write(out);
        }
        let mut sets: Vec<_> = self.states.sets().filter(|(_, members)| !members.keys.is_empty()).collect();
        sets.sort_by_key(|(at, _)| **at);
        (sets.len() as u32).write(out);
        for (at, members) in sets {
            at.write(out);
            members.keys.write(out);
        }
        self.write_candidates(out);
    }

    fn write_candidates(&self, out: &mut Vec<u8>) {
        let candidates: Vec<(u32, &Candidate)> = self.candidates.iter().collect();
        (candidates.len() as u32).write(out);
        for (_, asked) in candidates {
            (asked.rule, asked.event).write(out);
            let given: Vec<(KeyHash, u16)> = asked.given.to_vec();
            given.write(out);
            (asked.asked.keys.to_vec(), asked.asked.sets.to_vec()).write(out);
        }
    }

    /// Reads a state into an empty machine of the same site model and topics.
    pub fn restore(&mut self, from: &mut Reader<'_>) -> Result<Restored, Corrupt> {
        let roll = Roll::read(from)?;
        let carry = roll.carried_to(&Roll::of(&self.program));
        self.clock = Codec::read(from)?;
        self.released_at = Codec::read(from)?;
        self.wheel.advance(self.clock.0, &mut Vec::new());
        self.events.read(from)?;
        if !carry.changes_nothing() {
            self.events.reclass(|class| carry.class(class));
        }
        let mut left = Vec::new();
        for old in 0..roll.len().0 as u32 {
            match carry.rule(old) {
                Some(rule) => {
                    self.restore_cells(rule, from)?;
                    self.restore_runs(rule, &carry, from)?;
                }
                None => leave_rule(from, &mut left)?,
            }
        }
        self.restore_states(&carry, from)?;
        self.restore_candidates(&carry, from)?;
        Ok(Restored { dropped: carry.dropped, left })
    }

    fn restore_states(&mut self, carry: &Carry, from: &mut Reader<'_>) -> Result<(), Corrupt> {
        let histories = from.length()?;
        for _ in 0..histories {
            let (state, key): StateKey = Codec::read(from)?;
            let (base, log) = (Base::read(from)?, Codec::read(from)?);
            if let Some(state) = carry.state(state) {
                // Marks say all that is asked of them themselves: their events may be gone.
                self.states.restore((state, key), History { base, log, askers: Vec::new() });
            }
        }
        let sets = from.length()?;
        for _ in 0..sets {
            let (state, key): StateKey = Codec::read(from)?;
            let members = Codec::read(from)?;
            if let Some(state) = carry.state(state) {
                self.states.restore_members((state, key), members);
            }
        }
        Ok(())
    }

    fn restore_cells(&mut self, rule: u32, from: &mut Reader<'_>) -> Result<(), Corrupt> {
        let count = from.length()?;
        for _ in 0..count {
            let plan = &self.program.rules[rule as usize].plan;
            let cell = read_cell(plan, from)?;
            self.check_events(cell.log.iter().map(|entry| entry.event))?;
            let state = &mut self.rules[rule as usize];
            let key = cell.key;
            let at = state.cells.insert(cell);
            state.by_key.insert(key, at);
            self.arm_cell(rule, at);
        }
        Ok(())
    }

    fn restore_runs(&mut self, rule: u32, carry: &Carry, from: &mut Reader<'_>) -> Result<(), Corrupt> {
        let count = from.length()?;
        for _ in 0..count {
            let key = KeyHash::read(from)?;
            let mut run = self.read_run(rule, from)?;
            for standing in &mut run.derived {
                let class = standing.row.as_ref().row.class;
                standing.row.set_class(carry.class(class));
            }
            for detection in &run.detections {
                super::detections::watch(&mut self.watched, self.program.rule(rule), (rule, key), detection);
            }
            run.timer = run.wants();
            self.wheel.insert(run.timer, Timer::Run { rule, key });
            self.rules[rule as usize].runs.insert(key, run);
        }
        Ok(())
    }

    fn read_run(&self, rule: u32, from: &mut Reader<'_>) -> Result<Run, Corrupt> {
        let parts = read_run_parts(from)?;
        let describer = super::describe::Describer {
            program: &self.program,
            site: &self.site,
            topics: &self.topics,
            events: &self.events,
        };
        let mut run = Run::new(Arc::new(describer.frame(rule, parts.key)));
        (run.exact, run.alerts, run.derived) = (parts.exact, parts.alerts, parts.derived);
        parts.detections.into_iter().for_each(|detection| run.put_back(detection));
        Ok(run)
    }

    fn restore_candidates(&mut self, carry: &Carry, from: &mut Reader<'_>) -> Result<(), Corrupt> {
        let count = from.length()?;
        for _ in 0..count {
            let (rule, event): (u32, EventRef) = Codec::read(from)?;
            let given: Vec<(KeyHash, u16)> = Codec::read(from)?;
            let (keys, sets): (Vec<StateKey>, Vec<StateKey>) = Codec::read(from)?;
            self.check_events([event].into_iter())?;
            let Some(rule) = carry.rule(rule) else { continue };
            // A rule that is carried over asks states that are.
            let moved = |asked: Vec<StateKey>| -> Result<Vec<StateKey>, Corrupt> {
                let state = |(state, key)| Some((carry.state(state)?, key));
                let moved: Option<Vec<StateKey>> = asked.into_iter().map(state).collect();
                moved.ok_or(Corrupt("a candidate of an unknown state"))
            };
            let (keys, sets) = (moved(keys)?, moved(sets)?);
            let ts = self.events.row(event).row.ts;
            let asked = Noted::default();
            let given = SmallVec::from_vec(given);
            let candidate = self.candidates.insert(Candidate { rule, event, ts, given, asked });
            self.note_asked(candidate, Noted { keys: keys.into(), sets: sets.into() });
            let until = ts + self.patience_of_candidate(rule);
            // Other rules of this set may ask the states from further away than those before did.
            self.events.keep_until(event, until);
            self.wheel.insert(until.0, Timer::Candidate { candidate, event });
        }
        Ok(())
    }

    fn check_events(&self, mut events: impl Iterator<Item = EventRef>) -> Result<(), Corrupt> {
        if events.all(|event| self.events.has(event)) {
            Ok(())
        } else {
            Err(Corrupt("an event that is not kept"))
        }
    }
}

/// What of a snapshot the program could not go on with.
#[derive(Debug, Default)]
pub struct Restored {
    /// Rules that are changed, or gone.
    pub dropped: Vec<Arc<str>>,
    /// Their alerts that could still have changed, as they were.
    pub left: Vec<Arc<Alert>>,
}

/// A run as it is written.
struct RunParts {
    key: Vec<KeyPart>,
    exact: bool,
    alerts: Vec<Told>,
    detections: Vec<Detection>,
    derived: Vec<Standing>,
}

fn read_run_parts(from: &mut Reader<'_>) -> Result<RunParts, Corrupt> {
    let (key, exact) = (Codec::read(from)?, Codec::read(from)?);
    let alerts = Codec::read(from)?;
    let count = from.length()?;
    let detections = (0..count).map(|_| read_detection(from)).collect::<Result<_, Corrupt>>()?;
    let count = from.length()?;
    let standing = |_| {
        let (id, (ts, event)) = Codec::read(from)?;
        Ok(Standing { id, ts, event, row: OwnedRow::read(from)? })
    };
    let derived = (0..count).map(standing).collect::<Result<_, Corrupt>>()?;
    Ok(RunParts { key, exact, alerts, detections, derived })
}

/// Reads the cells and runs of a rule that is dropped; its alerts that are not settled are handed on.
fn leave_rule(from: &mut Reader<'_>, left: &mut Vec<Arc<Alert>>) -> Result<(), Corrupt> {
    let cells = from.length()?;
    for _ in 0..cells {
        read_cell_parts(from)?;
    }
    let runs = from.length()?;
    for _ in 0..runs {
        let _key = KeyHash::read(from)?;
        let alerts = read_run_parts(from)?.alerts.into_iter().map(|told| told.alert);
        left.extend(alerts.filter(|alert| !alert.settled));
    }
    Ok(())
}

/// A wide number as two.
type Halves = (i64, i64);

fn halves(n: i128) -> Halves {
    ((n >> 64) as i64, n as i64)
}

fn whole((high, low): Halves) -> i128 {
    i128::from(high) << 64 | i128::from(low as u64)
}

impl Codec for Valued {
    fn write(&self, out: &mut Vec<u8>) {
        (self.kept.clone(), self.place.clone()).write(out);
        (self.add.map(halves), self.take.map(halves)).write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let (kept, place) = Codec::read(from)?;
        let (add, take): (Option<Halves>, Option<Halves>) = Codec::read(from)?;
        Ok(Valued { kept, place, add: add.map(whole), take: take.map(whole) })
    }
}

impl Codec for Base {
    fn write(&self, out: &mut Vec<u8>) {
        ((self.set_at, self.cleared_at), self.kept.clone()).write(out);
        let adds: Vec<(i64, (i64, i64))> = self.adds.iter().map(|(ts, n)| (*ts, halves(*n))).collect();
        (halves(self.net), adds).write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let ((set_at, cleared_at), kept) = Codec::read(from)?;
        let (net, adds): (Halves, Vec<(i64, Halves)>) = Codec::read(from)?;
        let adds = adds.into_iter().map(|(ts, n)| (ts, whole(n))).collect();
        Ok(Base { set_at, cleared_at, kept, net: whole(net), adds })
    }
}

impl Codec for Fixed {
    fn write(&self, out: &mut Vec<u8>) {
        let (tag, a, b): (u8, i128, i128) = match self {
            Fixed::Text(symbol, text) => {
                0u8.write(out);
                (*symbol, text.clone()).write(out);
                return;
            }
            Fixed::Net(address, prefix) => (1, *address as i128, i128::from(*prefix)),
            Fixed::Plain(datum) => match datum {
                Datum::Number(n) => (2, *n, 0),
                Datum::Bool(yes) => (3, i128::from(*yes), 0),
                Datum::Enum(index) => (4, i128::from(*index), 0),
                Datum::Ip(ip) => (5, *ip as i128, 0),
                Datum::Time(t) => (6, i128::from(*t), 0),
                Datum::Span(d) => (7, i128::from(*d), 0),
                // Neither is kept: see `Fixed::of`.
                Datum::Text(..) | Datum::Net(..) | Datum::Labels(_) => (8, 0, 0),
            },
        };
        tag.write(out);
        (halves(a), halves(b)).write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let tag = u8::read(from)?;
        if tag == 0 {
            let (symbol, text) = Codec::read(from)?;
            return Ok(Fixed::Text(symbol, text));
        }
        let (a, b) = <((i64, i64), (i64, i64))>::read(from)?;
        let (a, b) = (whole(a), whole(b));
        let small = || i64::try_from(a).map_err(|_| Corrupt("a kept value"));
        Ok(match tag {
            1 => Fixed::Net(a as u128, b as u8),
            2 => Fixed::Plain(Datum::Number(a)),
            3 => Fixed::Plain(Datum::Bool(a != 0)),
            4 => Fixed::Plain(Datum::Enum(a as u16)),
            5 => Fixed::Plain(Datum::Ip(a as u128)),
            6 => Fixed::Plain(Datum::Time(small()?)),
            7 => Fixed::Plain(Datum::Span(small()?)),
            _ => return Err(Corrupt("a kept value")),
        })
    }
}

fn write_cell(cell: &Cell, out: &mut Vec<u8>) {
    let (words, newest) = cell.base.words();
    cell.key.write(out);
    (words.to_vec(), newest).write(out);
    (cell.log.to_vec(), cell.floor).write(out);
}

/// A cell as it is written: its key, its registers and their newest instant, its log and its floor.
type CellParts = (KeyHash, (Vec<i64>, i64), (Vec<Entry>, i64));

fn read_cell_parts(from: &mut Reader<'_>) -> Result<CellParts, Corrupt> {
    Ok((Codec::read(from)?, Codec::read(from)?, Codec::read(from)?))
}

fn read_cell(plan: &Plan, from: &mut Reader<'_>) -> Result<Cell, Corrupt> {
    let (key, (words, newest), (log, floor)) = read_cell_parts(from)?;
    let mut cell = Cell::new(key, plan);
    let varies = matches!(plan.shape, Shape::First(_) | Shape::Unusual(_));
    if !varies && words.len() != cell.base.words().0.len() {
        return Err(Corrupt("registers of another program"));
    }
    cell.base = Registers::from_words(&words, newest);
    cell.log = SmallVec::from_vec(log);
    cell.floor = floor;
    Ok(cell)
}

fn write_run(run: &Run, out: &mut Vec<u8>) {
    run.frame.blank.key.write(out);
    run.exact.write(out);
    run.alerts.write(out);
    (run.detections.len() as u32).write(out);
    run.detections.iter().for_each(|detection| write_detection(detection, out));
    (run.derived.len() as u32).write(out);
    for standing in &run.derived {
        (standing.id, (standing.ts, standing.event)).write(out);
        standing.row.write(out);
    }
}

fn write_detection(detection: &Detection, out: &mut Vec<u8>) {
    (detection.ts, detection.place.clone()).write(out);
    (detection.terminal, detection.level).write(out);
    detection.rests_on.write(out);
    write_account(&detection.account, out);
    (detection.relied.clone(), detection.unknown.clone()).write(out);
    detection.cleared.write(out);
}

fn read_detection(from: &mut Reader<'_>) -> Result<Detection, Corrupt> {
    let ((ts, place), (terminal, level)) = (Codec::read(from)?, Codec::read(from)?);
    let rests_on = Codec::read(from)?;
    let account = Arc::new(read_account(from)?);
    let (relied, unknown) = Codec::read(from)?;
    let cleared = Codec::read(from)?;
    Ok(Detection { ts, place, terminal, level, rests_on, account, relied, unknown, cleared })
}

fn write_account(account: &Account, out: &mut Vec<u8>) {
    (account.site.clone(), account.title.clone()).write(out);
    (account.captured.clone(), account.carried.clone()).write(out);
    (account.entities.len() as u32).write(out);
    for (kind, id) in &account.entities {
        write_static(kind, out);
        id.write(out);
    }
}

fn read_account(from: &mut Reader<'_>) -> Result<Account, Corrupt> {
    let ((site, title), (captured, carried)) = (Codec::read(from)?, Codec::read(from)?);
    let count = from.length()?;
    let entities = (0..count).map(|_| Ok((read_static(from, entity_kind)?, Codec::read(from)?)));
    let entities = entities.collect::<Result<_, Corrupt>>()?;
    Ok(Account { site, title, captured, entities, carried })
}

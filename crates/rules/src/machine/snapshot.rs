//! The state of a machine as bytes, and back (reliability.md §5). What can be computed again is not written: timers,
//! registers behind the log, who asked which state.
//!
//! A snapshot is only good for the program it was taken with: the caller compares [`crate::tree::RuleSet::hash`].

use super::cell::{Cell, Entry};
use super::derive::Standing;
use super::events::EventRef;
use super::runs::{Detection, Head, Run};
use super::stages::Registers;
use super::states::{History, Mark, StateKey};
use super::{Asked, Machine, Timer};
use crate::program::plan::Plan;
use event::alert::entity_kind;
use event::codec::{Codec, Corrupt, Reader, read_static, write_static};
use event::hit::KeyHash;
use event::row::OwnedRow;
use smallvec::SmallVec;
use std::sync::Arc;

event::codec!(newtype EventRef);
event::codec!(Entry { ts, event, steps, flags });
event::codec!(Mark { ts, event, source, order, sets, clears });
event::codec!(Head { title, captured });

impl Machine {
    /// Appends the whole state.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
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
            ((history.set_at, history.cleared_at), history.log.clone()).write(out);
        }
        self.write_candidates(out);
    }

    fn write_candidates(&self, out: &mut Vec<u8>) {
        let candidates: Vec<(u32, &Asked)> = self.candidates.iter().collect();
        (candidates.len() as u32).write(out);
        for (_, asked) in candidates {
            (asked.rule, asked.event).write(out);
            let given: Vec<(KeyHash, u16)> = asked.given.to_vec();
            (given, asked.asked.to_vec()).write(out);
        }
    }

    /// Reads a state into an empty machine of the same program, site model and topics.
    pub fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), Corrupt> {
        self.clock = Codec::read(from)?;
        self.released_at = Codec::read(from)?;
        self.wheel.advance(self.clock.0, &mut Vec::new());
        self.events.read(from)?;
        for rule in 0..self.rules.len() as u32 {
            self.restore_cells(rule, from)?;
            self.restore_runs(rule, from)?;
        }
        let histories = from.length()?;
        for _ in 0..histories {
            let at = Codec::read(from)?;
            let ((set_at, cleared_at), log): ((i64, i64), Vec<Mark>) = Codec::read(from)?;
            // Marks say all that is asked of them themselves: their events may be gone.
            self.states.restore(at, History { set_at, cleared_at, log, askers: Vec::new() });
        }
        self.restore_candidates(from)
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

    fn restore_runs(&mut self, rule: u32, from: &mut Reader<'_>) -> Result<(), Corrupt> {
        let count = from.length()?;
        for _ in 0..count {
            let key = KeyHash::read(from)?;
            let mut run = self.read_run(rule, from)?;
            run.timer = run.wants();
            self.wheel.insert(run.timer, Timer::Run { rule, key });
            self.rules[rule as usize].runs.insert(key, run);
        }
        Ok(())
    }

    fn read_run(&self, rule: u32, from: &mut Reader<'_>) -> Result<Run, Corrupt> {
        let key = Codec::read(from)?;
        let describer = super::Describer {
            program: &self.program,
            site: &self.site,
            topics: &self.topics,
            events: &self.events,
        };
        let mut run = Run::new(Arc::new(describer.frame(rule, key)));
        run.exact = Codec::read(from)?;
        run.alerts = Codec::read(from)?;
        let detections = from.length()?;
        for _ in 0..detections {
            run.put_back(read_detection(from)?);
        }
        let derived = from.length()?;
        for _ in 0..derived {
            let (id, (ts, event)) = Codec::read(from)?;
            run.derived.push(Standing { id, ts, event, row: OwnedRow::read(from)? });
        }
        Ok(run)
    }

    fn restore_candidates(&mut self, from: &mut Reader<'_>) -> Result<(), Corrupt> {
        let count = from.length()?;
        for _ in 0..count {
            let (rule, event): (u32, EventRef) = Codec::read(from)?;
            let (given, asked): (Vec<(KeyHash, u16)>, Vec<StateKey>) = Codec::read(from)?;
            self.check_events([event].into_iter())?;
            if rule as usize >= self.rules.len()
                || asked.iter().any(|(s, _)| *s as usize >= self.program.states.len())
            {
                return Err(Corrupt("a candidate of an unknown rule or state"));
            }
            let ts = self.events.row(event).row.ts;
            let keys = SmallVec::from_vec(asked);
            let candidate = self.candidates.insert(Asked {
                rule,
                event,
                ts,
                given: SmallVec::from_vec(given),
                asked: keys,
            });
            for at in self.candidates.get(candidate).map(|asked| asked.asked.clone()).unwrap_or_default() {
                self.states.asked(at, ts.0, candidate);
            }
            let until = ts + self.patience_of_candidate(rule);
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

fn write_cell(cell: &Cell, out: &mut Vec<u8>) {
    let (words, newest) = cell.base.words();
    cell.key.write(out);
    (words.to_vec(), newest).write(out);
    (cell.log.to_vec(), cell.floor).write(out);
}

fn read_cell(plan: &Plan, from: &mut Reader<'_>) -> Result<Cell, Corrupt> {
    let mut cell = Cell::new(Codec::read(from)?, plan);
    let (words, newest): (Vec<i64>, i64) = Codec::read(from)?;
    if words.len() != cell.base.words().0.len() {
        return Err(Corrupt("registers of another program"));
    }
    cell.base = Registers::from_words(&words, newest);
    let (log, floor): (Vec<Entry>, i64) = Codec::read(from)?;
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
    (detection.site.clone(), detection.evidence.clone()).write(out);
    (detection.entities.len() as u32).write(out);
    for (kind, id) in &detection.entities {
        write_static(kind, out);
        id.write(out);
    }
    detection.carried.write(out);
    (*detection.head).write(out);
}

fn read_detection(from: &mut Reader<'_>) -> Result<Detection, Corrupt> {
    let ((ts, place), (terminal, level)) = (Codec::read(from)?, Codec::read(from)?);
    let (site, evidence) = Codec::read(from)?;
    let count = from.length()?;
    let entities = (0..count).map(|_| Ok((read_static(from, entity_kind)?, Codec::read(from)?)));
    let entities = entities.collect::<Result<_, Corrupt>>()?;
    let (carried, head) = (Codec::read(from)?, Arc::new(Head::read(from)?));
    Ok(Detection { ts, place, terminal, level, site, evidence, entities, carried, head })
}

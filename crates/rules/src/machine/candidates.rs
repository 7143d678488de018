//! Candidates: events that a rule judges with its states. Kept, hit or not, so that they can be judged again when a state
//! turns out to have been another at their time.

use super::asker::Noted;
use super::events::EventRef;
use super::states::{self, Asker, Says};
use super::{Machine, Motion, Timer};
use crate::program::fault::Fault;
use crate::program::index::Line;
use event::hit::KeyHash;
use event::time::{Duration, Timestamp};
use smallvec::SmallVec;
use std::cell::RefCell;

/// An event that asked states.
#[derive(Debug)]
pub(super) struct Candidate {
    pub rule: u32,
    pub event: EventRef,
    pub ts: Timestamp,
    /// The (key, steps) that it has put into cells.
    pub given: SmallVec<[(KeyHash, u16); 2]>,
    /// What it has asked so far.
    pub asked: Noted,
}

impl Machine {
    /// Brings what an event says about a state into it; who asked is judged again.
    pub(super) fn mark_state(&mut self, line: Line, event: EventRef, motion: Motion) {
        let program = self.program.clone();
        let state = &program.tree.states[line.state as usize];
        let retention = program.states[line.state as usize].retention;
        let at = (line.state, line.key);
        let mut again = Vec::new();
        let says = Says { events: &self.events, program: &self.program, site: &self.site };
        let membership = says.membership(event, line);
        match motion {
            Motion::In => {
                let mark = says.mark(event, line);
                self.states.insert(at, (mark, state), membership, &mut again);
                self.states.fold(at, (self.clock - retention).0, state);
            }
            Motion::Out => {
                let ts = self.events.row(event).row.ts.0;
                self.states.remove(at, (event, ts), (state, membership), &mut again);
            }
            // A mark rests on no other state.
            Motion::Again => {}
        }
        self.look_again(at);
        if program.faults.has(Fault::StateNotAgain) {
            again.clear();
        }
        for candidate in again {
            if let Some(asked) = self.candidates.get(candidate) {
                let level = self.level_of(asked.rule);
                self.inbox[level].again.push(candidate);
            }
        }
    }

    pub(super) fn take_candidate(&mut self, rule: u32, event: EventRef, motion: Motion) {
        if motion == Motion::Out {
            self.drop_candidates_of(rule, event);
            return;
        }
        let ts = self.events.row(event).row.ts;
        let candidate = Candidate { rule, event, ts, given: SmallVec::new(), asked: Noted::default() };
        let candidate = self.candidates.insert(candidate);
        let until = ts + self.patience_of_candidate(rule);
        self.wheel.insert(until.0, Timer::Candidate { candidate, event });
        self.judge(candidate);
    }

    /// Asks the states again and puts the difference into the cells.
    pub(super) fn judge(&mut self, candidate: u32) {
        let Some(asked) = self.candidates.get(candidate) else { return };
        let (rule, event) = (asked.rule, asked.event);
        let compiled = &self.program.rules[rule as usize];
        let (row, asker) = (self.events.row(event), self.asker(event));
        let now = compiled.judge(row, &self.site, self.program.symbols, &asker);
        let may_raise = compiled.raise_asks_states;
        if may_raise {
            // What is asked is noted; the answer is given when a detection is described.
            compiled.raise.iter().for_each(|(_, test)| {
                test.ask(row, &self.site, &asker);
            });
        }
        let noted = asker.noted.into_inner();
        self.note_asked(candidate, noted);
        let Some(asked) = self.candidates.get_mut(candidate) else { return };
        let before = std::mem::replace(&mut asked.given, now.clone());
        for (key, _) in before.iter().filter(|(key, _)| !now.iter().any(|(other, _)| other == key)) {
            self.put(rule, *key, 0, event, Motion::Out);
        }
        for (key, steps) in now {
            if !before.contains(&(key, steps)) {
                self.put(rule, key, steps, event, Motion::In);
            } else if may_raise {
                self.put(rule, key, steps, event, Motion::Again);
            }
        }
    }

    pub(super) fn note_asked(&mut self, candidate: u32, noted: Noted) {
        let Some(asked) = self.candidates.get_mut(candidate) else { return };
        let ts = asked.ts.0;
        for at in noted.keys {
            if !asked.asked.keys.contains(&at) {
                asked.asked.keys.push(at);
                self.states.asked(at, ts, candidate);
            }
        }
        for at in noted.sets {
            if !asked.asked.sets.contains(&at) {
                asked.asked.sets.push(at);
                self.states.asked_members(at, ts, candidate);
            }
        }
    }

    /// Who answers questions about the event.
    pub(super) fn asker(&self, event: EventRef) -> Asker<'_> {
        let order = states::order(&self.events, event);
        let noted = RefCell::default();
        Asker { states: &self.states, program: &self.program, site: &self.site, order, noted }
    }

    fn drop_candidates_of(&mut self, rule: u32, event: EventRef) {
        let found = self.candidates.iter().find(|(_, asked)| asked.rule == rule && asked.event == event);
        if let Some((candidate, asked)) = found {
            for (key, _) in asked.given.clone() {
                self.put(rule, key, 0, event, Motion::Out);
            }
            self.forget_candidate(candidate);
        }
    }

    pub(super) fn forget_candidate(&mut self, candidate: u32) {
        let Some(asked) = self.candidates.remove(candidate) else { return };
        let ts = asked.ts;
        for at in asked.asked.keys {
            let state = &self.program.tree.states[at.0 as usize];
            let horizon = self.clock - self.program.states[at.0 as usize].retention;
            self.states.forget_asker(at, ts.0, candidate, horizon.0, state);
        }
        for set in asked.asked.sets {
            self.states.forget_member_asker(set, ts.0, candidate);
        }
    }

    pub(super) fn patience_of_candidate(&self, rule: u32) -> Duration {
        let states = self.program.states.iter().map(|s| s.retention).max().unwrap_or_default();
        self.program.retention_of_rule(rule).max(states) + Duration::from_secs(1)
    }
}

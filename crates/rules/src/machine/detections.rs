//! The keeping of runs: what cells report and take back comes into the run of its rule and key, and changed runs give
//! alerts and events for the levels above. When that happens is up to the machine; what an alert of a run looks like is
//! up to the run.

use super::blindness;
use super::cell::{Cell, Change, Outcome};
use super::derive::{self, Standing};
use super::describe::Describer;
use super::runs::{Detection, Run};
use super::states::{self, Asker};
use super::{Machine, Motion, Timer};
use crate::program::index::Matches;
use crate::tree::Rule;
use event::alert::AlertChange;
use event::class::ClassId;
use event::hit::KeyHash;
use event::time::Timestamp;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Machine {
    /// Brings the changes of a cell into the run of its rule and key.
    pub(super) fn note(&mut self, rule: u32, changes: Vec<Change>) {
        if !changes.is_empty() {
            self.dirty[self.program.rules[rule as usize].level].push(rule);
        }
        for change in changes {
            self.count(&change);
            let describer = Describer {
                program: &self.program,
                site: &self.site,
                topics: &self.topics,
                events: &self.events,
            };
            let state = &mut self.rules[rule as usize];
            let ts = Timestamp(change.at);
            if change.outcome != Outcome::Reported {
                let place = self.events.place(change.terminal, None);
                let Some(run) = state.runs.get_mut(&change.key).filter(|run| run.holds(ts, &place)) else {
                    // It has settled: nothing changes it any more.
                    continue;
                };
                if change.outcome == Outcome::Withdrawn {
                    run.remove(ts, &place);
                    state.dirty.push(change.key);
                    continue;
                }
            }
            let exact =
                state.by_key.get(&change.key).and_then(|at| state.cells.get(*at)).is_none_or(Cell::is_exact);
            let asker = Asker {
                states: &self.states,
                program: &self.program,
                site: &self.site,
                order: states::order(&self.events, change.terminal),
                noted: RefCell::default(),
            };
            let run = state.runs.entry(change.key).or_insert_with(|| {
                let steps = change.chain.last().map_or(0, |(step, _)| *step);
                let key = describer.key(rule, steps, (change.terminal, change.key), &asker);
                Run::new(Arc::new(describer.frame(rule, key)))
            });
            let rests_on = match run.has_enough_evidence(ts) {
                true => Box::default(),
                false => describer.rests_on(&change),
            };
            let beside = (rests_on, run.detections.last());
            let mut detection = describer.detection(rule, &change, &run.frame.blank.key, &asker, beside);
            let of = self.program.rule(rule);
            detection.relied = blindness::relied(&self.program, &self.site, &self.events, (of, &change));
            detection.unknown = blindness::unknown(&self.program, &self.states, of, &detection.relied);
            watch(&mut self.watched, of, (rule, change.key), &detection);
            run.set(detection);
            run.exact &= exact;
            state.dirty.push(change.key);
        }
    }

    fn count(&mut self, change: &Change) {
        match change.outcome {
            Outcome::Reported => self.counts.detections += 1,
            Outcome::Withdrawn => self.counts.withdrawn += 1,
            Outcome::Touched => {}
        }
    }

    /// Makes the alerts of the rule's changed runs, and their events for the levels above.
    pub(super) fn refresh(&mut self, rule: u32, changes: &mut Vec<AlertChange>) {
        let mut dirty = std::mem::take(&mut self.rules[rule as usize].dirty);
        dirty.sort_unstable();
        dirty.dedup();
        let reads = |class| self.program.index.reads(class);
        let is_read = reads(ClassId::alert(rule)) || reads(ClassId::detection(rule));
        for key in dirty {
            let describer = Describer {
                program: &self.program,
                site: &self.site,
                topics: &self.topics,
                events: &self.events,
            };
            let runs = &mut self.rules[rule as usize].runs;
            let Some(run) = runs.get_mut(&key) else { continue };
            if run.dirty {
                run.refresh(&describer, self.clock, changes);
                if is_read && let Some(mut run) = runs.remove(&key) {
                    self.derive(rule, &mut run);
                    self.rules[rule as usize].runs.insert(key, run);
                }
            }
            self.retire(rule, key);
        }
    }

    /// Gives a run up if nothing is left of it, else sets its timer.
    fn retire(&mut self, rule: u32, key: KeyHash) {
        let runs = &mut self.rules[rule as usize].runs;
        let Some(run) = runs.get_mut(&key) else { return };
        if run.retire() {
            runs.remove(&key);
            return;
        }
        let wants = run.wants();
        if wants < run.timer {
            run.timer = wants;
            self.wheel.insert(wants, Timer::Run { rule, key });
        }
    }

    /// `alert.x` and `detection.x`: takes out what is no more or looks different, puts in what is new.
    fn derive(&mut self, rule: u32, run: &mut Run) {
        let mut wanted = derive::wanted(run, &self.program, rule);
        let standing = std::mem::take(&mut run.derived);
        for old in standing {
            match wanted.iter().position(|new| new.id == old.id && derive::same(&new.row, &old.row)) {
                Some(at) => {
                    wanted.swap_remove(at);
                    run.derived.push(old);
                }
                None => self.withdraw(&old.row, old.event),
            }
        }
        for new in wanted {
            let mut matches = Matches::default();
            self.program.match_row(new.row.as_ref(), 0, &self.site, &mut matches);
            let patience = self.patience(&matches, 1)[0].unwrap_or_default();
            let event = self.events.keep(new.row.as_ref(), Some(new.derived), patience);
            self.send(&matches, Motion::In, &mut |_| event);
            let ts = new.row.as_ref().row.ts;
            run.derived.push(Standing { id: new.id, ts, event, row: new.row });
        }
    }
}

/// Notes that a run relied on sources.
pub(super) fn watch(
    watched: &mut HashMap<states::StateKey, BTreeSet<(u32, KeyHash)>, RandomState>,
    rule: &Rule,
    run: (u32, KeyHash),
    detection: &Detection,
) {
    let Some(blind) = &rule.blind else { return };
    for relied in &detection.relied {
        watched.entry((blind.up, relied.key)).or_default().insert(run);
    }
}

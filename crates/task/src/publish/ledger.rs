//! The ledger of one task: what its readers have been told, what is on its way, and what is still to be said.
//!
//! It turns marks into rows and rows that were read back into knowledge. It never talks to a log: the
//! publisher does.

use super::difference::{Change, Compare, Neighbourhood};
use super::kept::{Kept, Key};
use super::machine::Machine;
use super::queue::{Lane, Mark, Queue, Turn};
use super::revision::Published;
use super::state::{PublishedState, StoredIncident};
use super::view::{Lost, News, View};
use super::{Anomalies, Guards};
use crate::log::{OutRow, Output, ReadBack, ReadRow, TaskId, Tenure};
use event::id::{Id, Ids};
use event::time::Timestamp;
use incident::codec::{Document, Revision};
use incident::document::Incident;
use incident::table::Member;
use std::collections::BTreeMap;

/// How much of a transaction is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) rows: usize,
    pub(super) bytes: usize,
}

impl Room {
    /// Takes the room of a row. The first row always fits, or a large one would wait for ever.
    fn admit(&mut self, row: &OutRow, is_first: bool) -> bool {
        let bytes = row.bytes();
        if self.rows == 0 || (bytes > self.bytes && !is_first) {
            return false;
        }
        self.rows -= 1;
        self.bytes = self.bytes.saturating_sub(bytes);
        true
    }
}

/// What a row is about, so that its fate finds back to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum About {
    Incident(Id),
    Kept(Output, Key),
}

/// A row of the open transaction.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) about: About,
    pub(super) row: OutRow,
}

/// How far a task has come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Reading its topics back to these ends, and replaying silently.
    Recovering(BTreeMap<Output, u64>),
    Live,
}

#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub(super) task: TaskId,
    pub(super) tenure: Tenure,
    pub(super) stage: Stage,
    /// Next offset to read back.
    pub(super) read: BTreeMap<Output, u64>,
    /// Anomalies that were read, but not yet as the proven owner: a successor's rows look like phantoms.
    suspected: Anomalies,
    /// Incidents that begin before this instant are frozen when the task goes live.
    knows_from: Option<Timestamp>,
    view: View,
    queue: Queue,
    kept: BTreeMap<Output, Kept>,
}

impl Ledger {
    pub(super) fn new(task: TaskId, tenure: Tenure, guards: Guards) -> Self {
        Ledger {
            task,
            tenure,
            stage: Stage::Recovering(BTreeMap::new()),
            read: BTreeMap::new(),
            suspected: Anomalies::default(),
            knows_from: None,
            view: View::new(guards),
            queue: Queue::default(),
            kept: BTreeMap::from([(Output::Rejects, Kept::default()), (Output::Late, Kept::default())]),
        }
    }

    pub(super) fn freeze_at_resume(&mut self, knows_from: Timestamp) {
        self.knows_from = Some(knows_from);
    }

    /// Puts back what a snapshot held.
    pub(super) fn restore(&mut self, state: PublishedState) {
        for incident in state.incidents {
            self.view.restore(incident.id, incident.told, incident.frozen);
        }
        for row in state.unconfirmed {
            self.keep(row);
        }
        self.read = state.read;
    }

    /// What readers have for certain.
    pub(super) fn state(&self) -> PublishedState {
        let stored =
            |(id, told, frozen): (Id, &Published, bool)| StoredIncident { id, told: told.clone(), frozen };
        PublishedState {
            incidents: self.view.confirmed().map(stored).collect(),
            unconfirmed: self.kept.values().flat_map(Kept::unconfirmed).cloned().collect(),
            read: self.read.clone(),
        }
    }

    /// True if everything has been read back that was there when recovery began.
    pub(super) fn has_read_back(&self) -> bool {
        match &self.stage {
            Stage::Recovering(ends) => ends.iter().all(|(output, end)| self.read.get(output) >= Some(end)),
            Stage::Live => true,
        }
    }

    /// From here on live: the whole table is compared once with the whole view.
    pub(super) fn go_live(&mut self, machine: &mut impl Machine) {
        self.take_in(machine);
        if let Some(instant) = self.knows_from.take() {
            self.view.freeze(instant);
        }
        for kept in self.kept.values_mut() {
            kept.trim();
        }
        for id in machine.part_ids() {
            self.mark_part(machine, Mark::Part(id));
        }
        for id in self.view.ids().collect::<Vec<_>>() {
            self.queue.mark(Lane::Normal, Mark::Incident(id));
        }
        self.stage = Stage::Live;
    }

    /// Takes in what the machine has to say since the last time.
    pub(super) fn take_in(&mut self, machine: &mut impl Machine) {
        for row in machine.take_rows() {
            self.keep(row);
        }
        let changed = machine.take_changed();
        // While recovering nothing needs marks: going live compares everything.
        if self.stage == Stage::Live {
            changed.parts.into_iter().for_each(|id| self.mark_part(machine, Mark::Part(id)));
            changed.gone.into_iter().for_each(|member| self.queue.mark(Lane::Normal, Mark::Alert(member)));
        }
    }

    /// Writes rows into the open transaction: life safety first and in a room of its own, then by age.
    pub(super) fn draft(
        &mut self,
        machine: &mut impl Machine,
        ids: &Ids,
        rooms: &mut [Room; 2],
    ) -> Vec<Draft> {
        let mut drafts = Vec::new();
        while let Some((turn, work)) = self.next_work() {
            let room = &mut rooms[usize::from(turn.lane == Lane::Normal)];
            let has_room = match work {
                Work::Mark => self.draft_marked(machine, ids, room, &mut drafts),
                Work::Kept(output) => self.draft_kept(output, room, &mut drafts),
            };
            if !has_room {
                break;
            }
        }
        drafts
    }

    /// The log says that a row stands there.
    pub(super) fn delivered(&mut self, about: &About, offset: Option<u64>) {
        match (about, offset) {
            (About::Incident(id), Some(offset)) => {
                let waiting = self.view.delivered(*id, offset);
                waiting.into_iter().for_each(|(turn, mark)| self.queue.put_back(turn, mark));
            }
            (About::Kept(output, key), Some(offset)) => self.kept(*output).delivered(key, offset),
            (about, None) => self.doubt(about),
        }
    }

    /// Whether a row stands anywhere is unknown.
    pub(super) fn doubt(&mut self, about: &About) {
        match about {
            About::Incident(id) => self.view.doubt(*id),
            About::Kept(output, key) => self.kept(*output).doubt(key),
        }
    }

    /// What is in doubt stands before this position of the topic, or nowhere.
    pub(super) fn bound_doubts(&mut self, output: Output, end: u64) {
        match output {
            Output::Incidents => self.view.bound_doubts(end),
            Output::Rejects | Output::Late => self.kept(output).bound_doubts(end),
        }
    }

    /// Takes in what a reader has by now. True if that is news.
    pub(super) fn read_back(&mut self, output: Output, stretch: ReadBack) -> bool {
        let before = self.read.get(&output).copied().unwrap_or_default();
        let news = stretch.position > before;
        for row in stretch.rows.iter().filter(|row| row.offset >= before) {
            match output {
                Output::Incidents => self.see_incident(row),
                Output::Rejects | Output::Late => self.see_kept(output, row),
            }
        }
        let position = stretch.position.max(before);
        self.read.insert(output, position);
        match output {
            Output::Incidents => {
                self.view.passed(position).into_iter().for_each(|lost| self.lose(lost));
            }
            Output::Rejects | Output::Late => self.suspected.missing += self.kept(output).passed(position),
        }
        news
    }

    /// A commit with this task's positions was accepted, so what was read until then was read as the owner.
    pub(super) fn proven_anomalies(&mut self) -> Anomalies {
        std::mem::take(&mut self.suspected)
    }

    /// True if rows were read that a successor may have written. What was learnt from them goes into no
    /// snapshot before a commit has proven that there is none: our machine need not have applied what they
    /// came from.
    pub(super) fn is_suspicious(&self) -> bool {
        self.suspected != Anomalies::default()
    }

    /// Forgets incidents of which no more will be said and
    /// whose alerts cannot come back.
    pub(super) fn tidy(&mut self, machine: &impl Machine) {
        self.kept.values_mut().for_each(Kept::trim);
        let is_gone = |member: &_| machine.overlapping(member).is_empty();
        for id in self.view.over(machine.forget_before()) {
            if self.view.current(id).is_some_and(|told| told.members.iter().all(is_gone)) {
                self.view.forget(id);
            }
        }
    }

    /// Rows that no reader has for certain, and the bytes of those that only we hold.
    pub(super) fn unconfirmed(&self) -> (usize, usize) {
        let kept = self.kept.values();
        let rows = kept.clone().map(Kept::len).sum::<usize>() + self.view.in_flight();
        (rows, kept.map(Kept::bytes).sum())
    }

    /// Nothing is to be said and nothing on its way, as far as marks tell.
    pub(super) fn is_quiet(&self) -> bool {
        self.queue.is_empty() && self.unconfirmed().0 == 0
    }

    /// How many revisions readers lack that nothing holds up, by comparing everything.
    pub(super) fn lacking(&self, machine: &impl Machine, ids: &Ids) -> usize {
        let compare = Compare { machine, view: &self.view, ids };
        compare.changes(&compare.everything()).iter().filter(|change| change.waits_for.is_none()).count()
    }

    fn next_work(&self) -> Option<(Turn, Work)> {
        let kept = self.kept.iter().filter_map(|(output, kept)| Some((kept.first()?, Work::Kept(*output))));
        let marks = self.queue.first().map(|turn| (turn, Work::Mark));
        kept.chain(marks).min_by_key(|(turn, _)| *turn)
    }

    /// Says what a mark's neighbourhood lacks. False if the room did not do: then the mark keeps its turn.
    fn draft_marked(
        &mut self,
        machine: &mut impl Machine,
        ids: &Ids,
        room: &mut Room,
        drafts: &mut Vec<Draft>,
    ) -> bool {
        let Some((turn, mark)) = self.queue.pop() else { return true };
        let compare = Compare { machine: &*machine, view: &self.view, ids };
        let found = compare.around(&mark);
        let changes = compare.changes(&found);
        if changes.is_empty() {
            self.retire(machine, ids, &found);
        }
        for change in changes {
            if let Some(id) = change.waits_for {
                self.view.wait(id, turn, mark.clone());
                continue;
            }
            let row = self.row(machine, &change);
            if !room.admit(&row, drafts.is_empty()) {
                self.queue.put_back(turn, mark);
                return false;
            }
            self.view.draft(change.id, change.told);
            if change.has_sequel {
                self.view.wait(change.id, turn, mark.clone());
            }
            drafts.push(Draft { about: About::Incident(change.id), row });
        }
        true
    }

    fn draft_kept(&mut self, output: Output, room: &mut Room, drafts: &mut Vec<Draft>) -> bool {
        let is_first = drafts.is_empty();
        let kept = self.kept(output);
        if !kept.peek().is_some_and(|row| room.admit(row, is_first)) {
            return false;
        }
        drafts.extend(kept.draft().map(|row| Draft { about: About::Kept(output, row.key.clone()), row }));
        true
    }

    fn row(&self, machine: &impl Machine, change: &Change) -> OutRow {
        let told = &change.told;
        let document = change.part.as_ref().and_then(|id| machine.part(id)).map(|part| part.document);
        let document = match document {
            Some(incident) => Document::of(&Incident { incident_id: change.id, ..incident }),
            None => Document::counts(change.id, told.members.len(), told.evidence as usize),
        };
        told.row(&Revision {
            kind: told.kind,
            incident_id: change.id,
            revision: told.revision,
            task: self.task.0,
            clock: machine.clock(),
            cause: change.cause,
            removed: change.removed.clone(),
            merged_from: change.merged_from.clone(),
            merged_into: change.merged_into,
            split_from: change.split_from.clone(),
            incident: document,
        })
    }

    /// Lets go of parts that are over once readers have their last revision: from the table and from the view
    /// at once, so that no snapshot holds one without the other.
    fn retire(&mut self, machine: &mut impl Machine, ids: &Ids, found: &Neighbourhood) {
        let compare = Compare { machine: &*machine, view: &self.view, ids };
        for (part, id) in compare.finished(found) {
            machine.retire(&part);
            self.view.forget(id);
        }
    }

    fn see_incident(&mut self, row: &ReadRow) {
        let Some((id, told)) = Published::read(row.offset, &row.row) else {
            self.suspected.unreadable += 1;
            return;
        };
        let (is_last, members) = (told.last, told.members.clone());
        let seen = self.view.see(id, told);
        for (turn, mark) in seen.waiting {
            self.queue.put_back(turn, mark);
        }
        if self.was_there_at_recovery(Output::Incidents, row.offset) {
            return;
        }
        match (seen.landed, seen.news) {
            (true, News::New) if !is_last => return,
            (true, News::New) => {}
            (false, News::New) => self.suspected.phantom += 1,
            (_, News::Repeated | News::Disputed) => self.suspected.duplicate += 1,
        }
        self.doubt_everything_of(id, members);
    }

    fn see_kept(&mut self, output: Output, row: &ReadRow) {
        let key = row.row.key.clone();
        if self.kept(output).see(&key) {
            return;
        }
        if !self.was_there_at_recovery(output, row.offset) {
            self.suspected.duplicate += 1;
        }
        self.kept(output).remember(key);
    }

    /// Rows up to the ends that were found at the beginning are the predecessors', and no surprise.
    fn was_there_at_recovery(&self, output: Output, offset: u64) -> bool {
        match &self.stage {
            Stage::Recovering(ends) => ends.get(&output).is_some_and(|end| offset < *end),
            Stage::Live => false,
        }
    }

    fn lose(&mut self, lost: Lost) {
        self.suspected.missing += u64::from(lost.delivered);
        for (turn, mark) in lost.waiting {
            self.queue.put_back(turn, mark);
        }
        self.doubt_everything_of(lost.id, lost.members);
    }

    fn doubt_everything_of(&mut self, id: Id, members: Vec<Member>) {
        self.queue.mark(Lane::Normal, Mark::Incident(id));
        for member in members {
            self.queue.mark(Lane::Normal, Mark::Alert(member));
        }
    }

    fn mark_part(&mut self, machine: &impl Machine, mark: Mark) {
        let Mark::Part(id) = &mark else { return };
        let is_urgent = machine.is_life_safety(id);
        let lane = if is_urgent { Lane::LifeSafety } else { Lane::Normal };
        self.queue.mark(lane, mark);
    }

    fn keep(&mut self, row: OutRow) {
        let turn = self.queue.turn(Lane::Normal);
        if let Some(kept) = self.kept.get_mut(&row.output) {
            kept.keep(turn, row);
        }
    }

    fn kept(&mut self, output: Output) -> &mut Kept {
        self.kept.entry(output).or_default()
    }
}

enum Work {
    Mark,
    Kept(Output),
}

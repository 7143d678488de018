//! One task of this instance while it runs: the machine, its clock, and what the decode stage has ready for it.

use super::ends::{Arrived, Saved};
use crate::deal::owner;
use event::codec::{Codec, Corrupt, Reader};
use event::id::Id;
use event::time::{Duration, Timestamp};
use incident::table::{Changed, Member, Part, PartId};
use ingest::output::Output;
use ingest::stage::{Arrival, Input as Record, Stage};
use rules::program::index::Matches;
use task::clock::{Clock, Mark, Moved, TICK_EVERY, Time};
use task::log::{Input, OutRow, Positions};
use task::publish::{Machine, PublishedState, Recovery};
use task::snapshot::SnapshotError;
use task::task::{Decoded, Shared, Task};

/// A task, its clock and its inputs.
pub(super) struct Seat {
    pub(super) inputs: Vec<Input>,
    pub(super) known: Known,
    pub(super) clock: Clock,
    /// It replays silently, and is given back to the publisher when it has caught up.
    pub(super) recovery: Option<Recovery>,
    /// When its state was last kept.
    pub(super) saved_at: Option<Timestamp>,
    output: Output,
    judged: Vec<(bool, Duration)>,
    matches: Matches,
}

/// A task of which only what it can know is seen by the publisher. After a cold start the first stretch of a replay lacks
/// what came before it: what begins there may be wrong, and is not told.
pub(super) struct Known {
    pub(super) task: Task,
    pub(super) from: Option<Timestamp>,
}

/// Why a kept state is not taken.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The machine's part.
    #[error(transparent)]
    Task(#[from] SnapshotError),
    /// The clock's part.
    #[error(transparent)]
    Clock(#[from] Corrupt),
    /// The publisher's part.
    #[error(transparent)]
    Published(#[from] task::publish::StateError),
}

impl Seat {
    pub(super) fn new(shared: Shared, partition: u32, time: Time, inputs: &[Input], output: Output) -> Seat {
        // Ticks are an input like others, but they are what the clock goes by, not what it waits for.
        Seat {
            clock: Clock::new(time, records_of(inputs)),
            inputs: inputs.to_vec(),
            known: Known { task: Task::new(shared, partition), from: None },
            recovery: None,
            saved_at: None,
            output,
            judged: Vec::new(),
            matches: Matches::default(),
        }
    }

    /// Puts a kept state in place of the empty one, and gives back what readers had been told.
    pub(super) fn restore(
        &mut self,
        time: Time,
        partition: u32,
        saved: &Saved,
    ) -> Result<PublishedState, RestoreError> {
        self.known.task = Task::restore(self.known.task.shared().clone(), partition, &saved.task)?;
        let mut from = Reader(&saved.clock);
        self.clock = Clock::restore(time, records_of(&self.inputs), &mut from)?;
        self.known.from = Codec::read(&mut from)?;
        Ok(PublishedState::decode(&saved.published)?)
    }

    /// The state, together with what the publisher says of the same instant.
    pub(super) fn save(&self, published: Vec<u8>) -> Saved {
        let mut saved = Saved { published, ..Saved::default() };
        self.known.task.snapshot(&mut saved.task);
        self.clock.snapshot(&mut saved.clock);
        self.known.from.write(&mut saved.clock);
        saved
    }

    /// Decodes one record into what is ready for the task.
    pub(super) fn take(&mut self, stage: &Stage, arrived: &Arrived<'_>) {
        let append = self.clock.append(arrived.input, arrived.stamp.unwrap_or(Timestamp(0)));
        let record = Record {
            partition: arrived.input.partition,
            offset: arrived.offset,
            arrival: Arrival::At(append),
            key: arrived.key,
            headers: arrived.headers,
            value: arrived.value,
        };
        stage.decode(&record, &mut self.output);
    }

    /// Takes a record of the topic of ticks. Whoever wrote it cannot know an instant after the broker took it in; false
    /// for bytes that are no mark.
    pub(super) fn tick(&mut self, arrived: &Arrived<'_>) -> bool {
        let Ok(mark) = Mark::decode(arrived.value.unwrap_or_default()) else { return false };
        let from_future =
            matches!(&mark, Mark::Tick { at, .. } if arrived.stamp.is_none_or(|stamp| *at > stamp));
        if !from_future {
            let topics = self.known.task.shared().topics.clone();
            self.clock.mark(&mark, &topics);
        }
        !from_future
    }

    /// Applies what is ready, and what it means for the clock. `all` are positions of all tasks.
    pub(super) fn apply(&mut self, all: &Positions, sums: &mut super::Sums) {
        let own = self.inputs.iter().filter_map(|input| Some((*input, *all.get(input)?)));
        let positions: Positions = own.collect();
        let task = &mut self.known.task;
        self.judged.extend(self.output.judged.iter().map(|judged| (judged.late, judged.lateness)));
        let shared = task.shared();
        for (at, row) in self.output.batch.iter().enumerate() {
            shared.program.match_row(row, at as u32, &shared.site, &mut self.matches);
            sums.misplaced += u64::from(owner(row, shared, sums.tasks) != task.partition());
            sums.heard.hear(row, self.judged[at].0);
        }
        task.apply(Decoded {
            batch: &self.output.batch,
            judged: &self.judged,
            matches: &self.matches,
            rejects: &self.output.rejects,
            positions: &positions,
        });
        sums.add(&self.output);
        self.output.clear();
        self.judged.clear();
        self.matches.clear();
        self.advance();
    }

    fn advance(&mut self) {
        match self.clock.read_up_to(&self.known.task.positions()) {
            None => {}
            Some(Moved::To(clock)) => self.known.task.advance(clock),
            Some(Moved::ToTheEnd) => self.run_on(),
        }
    }

    /// A recording is over: time goes on from deadline to deadline until nothing is pending.
    fn run_on(&mut self) {
        let task = &mut self.known.task;
        task.advance(self.clock.now());
        while let Some(deadline) = task.next_deadline().filter(|_| task.is_pending()) {
            task.advance(tick_at_or_after(deadline).max(Timestamp(task.now().0.saturating_add(1))));
        }
        self.clock.ran_on(task.now());
    }
}

fn tick_at_or_after(t: Timestamp) -> Timestamp {
    let ticks = t.0.saturating_add(TICK_EVERY.0 - 1).div_euclid(TICK_EVERY.0);
    Timestamp(ticks.saturating_mul(TICK_EVERY.0))
}

/// The inputs without the ticks, which stand last.
fn records_of(inputs: &[Input]) -> &[Input] {
    inputs.split_last().map_or(inputs, |(_, records)| records)
}

impl Known {
    fn is_seen(&self, part: &Part) -> bool {
        self.from.is_none_or(|from| part.members.first().is_some_and(|first| first.first_at >= from))
    }

    fn seen_part(&self, id: &PartId) -> Option<Part> {
        self.task.part(id).filter(|part| self.is_seen(part))
    }
}

impl Machine for Known {
    fn take_changed(&mut self) -> Changed {
        self.task.take_changed()
    }

    fn part_ids(&self) -> Vec<PartId> {
        let ids = self.task.part_ids();
        match self.from {
            None => ids,
            Some(_) => ids.into_iter().filter(|id| self.seen_part(id).is_some()).collect(),
        }
    }

    fn part(&self, id: &PartId) -> Option<Part> {
        self.seen_part(id)
    }

    fn part_of(&self, alert: Id) -> Option<PartId> {
        let part = self.task.part_of(alert)?;
        (self.from.is_none() || self.seen_part(&part).is_some()).then_some(part)
    }

    fn overlapping(&self, member: &Member) -> Vec<Member> {
        let mut members = self.task.overlapping(member);
        if self.from.is_some() {
            members.retain(|member| self.part_of(member.id).is_some());
        }
        members
    }

    fn retire(&mut self, id: &PartId) {
        self.task.retire(id);
    }

    fn forget_before(&self) -> Timestamp {
        self.task.forget_before()
    }

    fn take_rows(&mut self) -> Vec<OutRow> {
        self.task.take_rows()
    }

    fn positions(&self) -> Positions {
        self.task.positions()
    }

    fn clock(&self) -> Timestamp {
        self.task.clock()
    }
}

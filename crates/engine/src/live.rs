//! The run loop: records from topics to incidents on topics, for as long as it is stepped.
//!
//! ```text
//! inputs ─▶ decode ─▶ task ─▶ publisher ─▶ log        each step: what is there, once around
//!    └ ticks ─▶ clock ──┘          └─▶ store (states, every 10 s)
//! ```
//! It is polled: one [`Live::step`] takes up to a few batches of records all the way. It owns no thread, no file and no wall
//! clock; ends are handed in, and the time is an argument that only spaces commits and snapshots, never a result.
//!
//! A task that comes here comes back in one order, whatever happened before (design, reliability.md §5): the publisher has
//! fenced, committed offsets are stable, the newest state is loaded, our own topics are read back, records are replayed
//! without a word up to those offsets; only then does it speak.

mod ends;
mod heard;
mod seat;

pub use ends::{Arrived, Bounds, Change, Inputs, Saved, Store, StoreError};
pub use heard::{Heard, Voice};
pub use seat::RestoreError;

use crate::setup::Setup;
use event::coordinates::TopicId;
use event::time::{Duration, Timestamp};
use ingest::output::{Counts, Output};
use ingest::stage::Stage;
use seat::Seat;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use task::clock::Time;
use task::log::{Input, Log, LogError, Positions, TaskId};
use task::publish::{Base, Committed, Counters, Gathered, Machine, Missing, Publisher, RecoverError};
use task::task::Task;

/// Records of one batch.
pub const BATCH_MAX: usize = 1_024;
/// Records of one step: whoever is behind takes several batches between two commits, which cost the same for each.
const STEP_MAX: usize = 8 * BATCH_MAX;
/// States are kept this often.
pub const SAVE_EVERY: Duration = Duration::from_secs(10);
/// A task that could not be recovered is tried again after this.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// Rows of a task that no reader has for certain, and their bytes: beyond this its instance takes in no more.
const UNCONFIRMED_MAX: (usize, usize) = (200_000, 256 << 20);

/// What the loop goes by.
pub struct Plan {
    /// Rules, site model, names.
    pub setup: Setup,
    /// The decode stages of the inputs.
    pub stages: Vec<Stage>,
    /// The topic of ticks, one of the setup's topics.
    pub ticks: TopicId,
    /// Number of tasks of the group, over all instances.
    pub tasks: u32,
    /// Whose time it is.
    pub time: Time,
    /// Go on without a state, where there should be one.
    pub cold: bool,
}

/// Why the loop cannot go on. What it could wait out it waits out.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// Another process runs under this instance's name.
    #[error("another process runs under this instance's name, or the broker took this one for dead")]
    Fenced,
    /// The log refuses.
    #[error(transparent)]
    Log(LogError),
    /// Offsets were committed, and there is no state.
    #[error("task {} has committed offsets but no snapshot: `run --cold` goes on without what it knew", .0.0)]
    NoSnapshot(TaskId),
    /// A state that is not taken.
    #[error("the snapshot of task {} is not taken: {error}; `run --cold` goes on without it", .task.0)]
    Snapshot {
        /// Whose it is.
        task: TaskId,
        /// Why.
        error: RestoreError,
    },
    /// Records that were not read are gone, or the topic is another one of the same name.
    #[error("{topic} [{partition}] holds the offsets {} to {}, and {next} is next: {}", .bounds.low, .bounds.high, hole(.bounds, *.next))]
    Hole {
        /// The input.
        topic: String,
        /// Its partition.
        partition: u32,
        /// Where we are.
        next: u64,
        /// What is there.
        bounds: Bounds,
    },
    /// States cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn hole(bounds: &Bounds, next: u64) -> &'static str {
    match next < bounds.low {
        true => "records were deleted before they were read; `run --cold` goes on behind the hole",
        false => "the topic was created anew; `run --cold` begins anew too",
    }
}

impl From<LogError> for LiveError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Fenced => LiveError::Fenced,
            other => LiveError::Log(other),
        }
    }
}

/// Sums over everything that this process has seen.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// Records.
    pub records: Counts,
    /// The same by the number of the format.
    pub by_format: Vec<Counts>,
    /// Rejects by the name of the reason.
    pub rejects: BTreeMap<&'static str, u64>,
    /// Events of a site that another task owns, processed where they were found.
    pub misplaced: u64,
    /// Records of the topic of ticks that are none.
    pub strange_ticks: u64,
    /// States kept.
    pub saves: u64,
    /// States that could not be kept.
    pub failed_saves: u64,
    /// Changes of the group, by kind: given, revoked, lost.
    pub rebalances: [u64; 3],
    /// Changed sets of rules: in force, refused.
    pub reloads: [u64; 2],
    /// Who has been heard.
    pub heard: Heard,
    tasks: u32,
}

impl Sums {
    /// Number of tasks of the group, over all instances.
    pub fn tasks(&self) -> u32 {
        self.tasks
    }

    fn add(&mut self, output: &Output) {
        self.records += output.counts;
        if self.by_format.len() < output.by_format.len() {
            self.by_format.resize(output.by_format.len(), Counts::default());
        }
        self.by_format.iter_mut().zip(&output.by_format).for_each(|(sum, counts)| *sum += *counts);
        for reject in &output.rejects {
            *self.rejects.entry(reject.reason.name()).or_default() += 1;
        }
    }
}

/// What a step came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stepped {
    /// Records taken in.
    pub records: usize,
    /// Rows and positions went into the log.
    pub committed: bool,
}

/// What became of other rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// They are in force; these rules begin anew, or are no more.
    Done(BTreeSet<Arc<str>>),
    /// A task is coming back, or a commit is in doubt: ask again.
    Later,
    /// They cannot come into force here, and why.
    Refused(String),
}

/// An instance that runs.
pub struct Live<L: Log, I: Inputs, S: Store> {
    plan: Plan,
    stages: BTreeMap<TopicId, usize>,
    publisher: Publisher<L>,
    inputs: I,
    store: S,
    seats: BTreeMap<TaskId, Seat>,
    /// Ours, and not here yet.
    coming: BTreeSet<TaskId>,
    /// Tasks whose state this process has kept.
    saved: BTreeSet<TaskId>,
    retry_at: Timestamp,
    /// What does not answer at the moment.
    trouble: Option<String>,
    sums: Sums,
}

impl<L: Log, I: Inputs, S: Store> Live<L, I, S> {
    /// A loop without tasks; the inputs' group gives them.
    pub fn new(plan: Plan, publisher: Publisher<L>, inputs: I, store: S) -> Self {
        let stages = plan.stages.iter().enumerate().map(|(at, stage)| (stage.settings().topic_id, at));
        Live {
            stages: stages.collect(),
            sums: Sums { tasks: plan.tasks, ..Sums::default() },
            plan,
            publisher,
            inputs,
            store,
            seats: BTreeMap::new(),
            coming: BTreeSet::new(),
            saved: BTreeSet::new(),
            retry_at: Timestamp::MIN,
            trouble: None,
        }
    }

    /// Once around. `now` is any clock that goes on.
    pub fn step(&mut self, now: Timestamp) -> Result<Stepped, LiveError> {
        self.trouble = None;
        let changes = self.inputs.serve();
        for change in self.or_trouble(changes)?.unwrap_or_default() {
            self.regroup(change, now)?;
        }
        if !self.coming.is_empty() && now >= self.retry_at {
            self.bring_back(now)?;
        }
        let records = self.take_in_what_is_there()?;
        self.resume(now)?;
        let committed = self.publish(now)?;
        self.save_due(now)?;
        Ok(Stepped { records, committed })
    }

    /// For the way out: takes nothing in, says what is left to say, and answers whether all of it has been read back.
    pub fn finish(&mut self, now: Timestamp) -> Result<bool, LiveError> {
        // Positions that are not due yet go too, so that the next start has nothing to replay.
        self.publish(now + Duration::from_secs(3_600))?;
        Ok(self.seats.iter().all(|(id, seat)| seat.recovery.is_some() || self.publisher.is_quiet(*id)))
    }

    /// Keeps the state of every task that speaks. The group goes on to believe them ours, so that a restart finds them
    /// at once.
    pub fn save_all(&mut self, now: Timestamp) -> Result<(), LiveError> {
        let tasks: Vec<TaskId> = self.seats.keys().copied().collect();
        tasks.into_iter().try_for_each(|task| self.save(task, now))
    }

    /// Goes on under other rules, between two batches: rules and states that mean the same keep what they know, alerts of the
    /// others stay as they are. Names of topics and the site model are those of before. Not while a task comes back: what it
    /// replays it has been told of under the rules of then.
    pub fn reload(&mut self, setup: Setup, now: Timestamp) -> Result<Reloaded, LiveError> {
        if self.recovering() > 0 || self.publisher.is_in_doubt() {
            return Ok(Reloaded::Later);
        }
        if let Err(crossing) = setup.check_tasks(self.plan.tasks) {
            return Ok(Reloaded::Refused(crossing.to_string()));
        }
        let (new, old) = (&setup.shared, &self.plan.setup.shared);
        if new.site.hash() != old.site.hash() || !new.topics.iter().eq(old.topics.iter()) {
            let what = "the site model or the topics have changed too: that takes a restart";
            return Ok(Reloaded::Refused(what.to_owned()));
        }
        self.publish(now)?;
        let mut dropped = BTreeSet::new();
        for (task, seat) in &mut self.seats {
            let reloaded = seat.known.task.reload(setup.shared.clone());
            let reloaded =
                reloaded.map_err(|error| LiveError::Snapshot { task: *task, error: error.into() })?;
            dropped.extend(reloaded.dropped().iter().cloned());
            seat.known.task = reloaded;
        }
        self.plan.setup = setup;
        self.sums.reloads[0] += 1;
        // A start from the state that is kept now would go on under the rules of then.
        let tasks: Vec<TaskId> = self.seats.keys().copied().collect();
        tasks.into_iter().try_for_each(|task| self.save(task, now))?;
        Ok(Reloaded::Done(dropped))
    }

    /// A changed set of rules did not get so far as to be handed in.
    pub fn refused_rules(&mut self) {
        self.sums.reloads[1] += 1;
    }

    /// The tasks that are ours, with those that are still coming back.
    pub fn tasks(&self) -> BTreeSet<TaskId> {
        self.seats.keys().chain(&self.coming).copied().collect()
    }

    /// How many of them do not speak yet.
    pub fn recovering(&self) -> usize {
        self.coming.len() + self.seats.values().filter(|seat| seat.recovery.is_some()).count()
    }

    /// The tasks that are here, each with what its clock has seen too late.
    pub fn machines(&self) -> impl Iterator<Item = (TaskId, &Task, u64)> {
        self.seats.iter().map(|(id, seat)| (*id, &seat.known.task, seat.clock.behind()))
    }

    /// What did not answer in the last step.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Sums over everything so far.
    pub fn sums(&self) -> &Sums {
        &self.sums
    }

    /// What the publisher has done.
    pub fn counters(&self) -> &Counters {
        self.publisher.counters()
    }

    /// Rows of a task that no reader has for certain.
    pub fn unconfirmed(&self, task: TaskId) -> usize {
        self.publisher.unconfirmed(task).0
    }

    /// True if nothing is to be said or on its way.
    pub fn is_quiet(&self) -> bool {
        self.recovering() == 0 && self.seats.keys().all(|task| self.publisher.is_quiet(*task))
    }

    /// The inputs, for what their owner has to know of them.
    pub fn inputs(&self) -> &I {
        &self.inputs
    }

    /// The inputs, for what their owner has to ask them.
    pub fn inputs_mut(&mut self) -> &mut I {
        &mut self.inputs
    }

    /// What does not answer now is asked again in a later step.
    fn or_trouble<T>(&mut self, answer: Result<T, LogError>) -> Result<Option<T>, LiveError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(LogError::Retry(error)) => {
                self.trouble = Some(error.to_string());
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn regroup(&mut self, change: Change, now: Timestamp) -> Result<(), LiveError> {
        match change {
            Change::Given(tasks) => {
                self.sums.rebalances[0] += 1;
                self.coming.extend(tasks);
                self.retry_at = Timestamp::MIN;
            }
            Change::Revoked(tasks) => {
                self.sums.rebalances[1] += 1;
                self.publish(now)?;
                for task in &tasks {
                    self.save(*task, now)?;
                    self.give_up(*task)?;
                }
                let answer = self.inputs.give_back(&tasks);
                self.or_trouble(answer)?;
            }
            Change::Lost(tasks) => {
                self.sums.rebalances[2] += 1;
                tasks.iter().try_for_each(|task| self.give_up(*task))?;
            }
        }
        Ok(())
    }

    fn give_up(&mut self, task: TaskId) -> Result<(), LiveError> {
        self.publisher.lose(task);
        self.coming.remove(&task);
        if let Some(seat) = self.seats.remove(&task) {
            let answer = self.inputs.stop(&seat.inputs);
            self.or_trouble(answer)?;
        }
        Ok(())
    }

    fn bring_back(&mut self, now: Timestamp) -> Result<(), LiveError> {
        self.retry_at = now + RETRY_AFTER;
        for task in self.coming.clone() {
            let seat = match self.recover(task, now) {
                Err(LiveError::Log(LogError::Retry(error))) => {
                    self.trouble = Some(error.to_string());
                    continue;
                }
                other => other?,
            };
            self.coming.remove(&task);
            if let Some(seat) = seat {
                self.seats.insert(task, seat);
            }
        }
        Ok(())
    }

    /// Brings a task back up to the point where it replays; none if it is no longer ours.
    fn recover(&mut self, task: TaskId, now: Timestamp) -> Result<Option<Seat>, LiveError> {
        let inputs = self.inputs_of(task);
        let output = Output::new(self.plan.setup.symbols);
        let mut seat = Seat::new(self.plan.setup.shared.clone(), task.0, self.plan.time, &inputs, output);
        let mut base = Base::New;
        // The states that this process makes after a cold start are as good as any.
        let is_cold = self.plan.cold && !self.saved.contains(&task);
        if let Some(saved) = if is_cold { None } else { self.store.load(task)? } {
            let published = seat.restore(self.plan.time, task.0, &saved);
            base = Base::Snapshot(published.map_err(|error| LiveError::Snapshot { task, error })?);
            seat.saved_at = Some(now);
        }
        let recovery = match self.publisher.recover(task, &inputs, base) {
            Err(RecoverError::NoSnapshot(_)) if is_cold => {
                let knows_from = self.knows_from(now);
                seat.known.from = Some(knows_from);
                self.publisher.recover(task, &inputs, Base::Cold { knows_from })
            }
            other => other,
        };
        seat.recovery = match recovery {
            Ok(recovery) => Some(recovery),
            Err(RecoverError::NotOurs(_)) => return Ok(None),
            Err(RecoverError::NoSnapshot(task)) => return Err(LiveError::NoSnapshot(task)),
            Err(RecoverError::Log(error)) => return Err(error.into()),
        };
        let starts = self.starts(&mut seat)?;
        if let Err(error) = self.inputs.start(&starts) {
            // Half of them may be read by now; the next try starts all of them.
            let answer = self.inputs.stop(&inputs);
            self.or_trouble(answer)?;
            return Err(error.into());
        }
        // Positions go with every commit: they have to be there before the first record is.
        seat.apply(&starts, &mut self.sums);
        Ok(Some(seat))
    }

    /// From when on a cold start knows everything. A recording is read from its beginning.
    fn knows_from(&self, now: Timestamp) -> Timestamp {
        match self.plan.time {
            Time::Broker => now - self.plan.setup.shared.horizon(),
            Time::Recorded => Timestamp::MIN,
        }
    }

    /// Where each input goes on: where the state was, else at the beginning, or as far back as a cold start looks.
    fn starts(&mut self, seat: &mut Seat) -> Result<Positions, LiveError> {
        let bounds = self.inputs.bounds(&seat.inputs)?;
        let mut starts: Positions = match seat.known.from.filter(|_| seat.saved_at.is_none()) {
            None => seat.inputs.iter().zip(&bounds).map(|(input, bounds)| (*input, bounds.low)).collect(),
            Some(from) => {
                // As long again before: what begins after `from` is then known whole.
                let since = from - self.plan.setup.shared.horizon();
                let first = self.inputs.first_since(&seat.inputs, since)?;
                seat.inputs.iter().copied().zip(first).collect()
            }
        };
        starts.extend(seat.known.positions());
        for (input, bounds) in seat.inputs.iter().zip(&bounds) {
            let next = starts.get(input).copied().unwrap_or(bounds.low);
            if next < bounds.low || next > bounds.high {
                let topic = self.plan.setup.shared.topics.name(input.topic).to_string();
                return Err(LiveError::Hole { topic, partition: input.partition, next, bounds: *bounds });
            }
        }
        let records = seat.inputs.iter().zip(&bounds).filter(|(input, _)| input.topic != self.plan.ticks);
        seat.clock.expect(&records.map(|(input, bounds)| (*input, bounds.high)).collect());
        Ok(starts)
    }

    /// The inputs of a task, the ticks last.
    fn inputs_of(&self, task: TaskId) -> Vec<Input> {
        let topics = self.stages.keys().copied().chain([self.plan.ticks]);
        topics.map(|topic| Input { topic, partition: task.0 }).collect()
    }

    /// Readers, or the log, are so far behind that more rows would only pile up.
    fn is_full(&self) -> bool {
        self.seats.keys().any(|task| {
            let (rows, bytes) = self.publisher.unconfirmed(*task);
            rows > UNCONFIRMED_MAX.0 || bytes > UNCONFIRMED_MAX.1
        })
    }

    /// Batch after batch, as long as they come full.
    fn take_in_what_is_there(&mut self) -> Result<usize, LiveError> {
        let mut records = 0;
        while records < STEP_MAX && !self.is_full() {
            let batch = self.take_in()?;
            records += batch;
            if batch < BATCH_MAX / 2 {
                break;
            }
        }
        Ok(records)
    }

    fn take_in(&mut self) -> Result<usize, LiveError> {
        let Live { plan, stages, seats, sums, inputs, .. } = self;
        let mut records = 0;
        let polled = inputs.poll(BATCH_MAX, &mut |arrived| {
            // A task that was lost may have records on their way.
            let Some(seat) = seats.get_mut(&TaskId(arrived.input.partition)) else { return };
            if arrived.input.topic == plan.ticks {
                sums.strange_ticks += u64::from(!seat.tick(&arrived));
            } else if let Some(stage) = stages.get(&arrived.input.topic) {
                seat.take(&plan.stages[*stage], &arrived);
                records += 1;
            }
        });
        let Some(positions) = self.or_trouble(polled)? else { return Ok(0) };
        for seat in self.seats.values_mut() {
            seat.apply(&positions, &mut self.sums);
        }
        Ok(records)
    }

    /// Lets tasks speak that have caught up.
    fn resume(&mut self, now: Timestamp) -> Result<(), LiveError> {
        let silent = |(id, seat): (&TaskId, &Seat)| seat.recovery.is_some().then_some(*id);
        let silent: Vec<TaskId> = self.seats.iter().filter_map(silent).collect();
        for id in silent {
            let Some(seat) = self.seats.get_mut(&id) else { continue };
            let Some(recovery) = seat.recovery.take() else { continue };
            match self.publisher.resume(recovery, &mut seat.known) {
                // Before the first commit: offsets without a state would be a fault.
                Ok(()) if seat.saved_at.is_none() => self.save(id, now)?,
                Ok(()) => {}
                Err(later) if later.why == Missing::Lost => self.give_up(id)?,
                Err(later) => seat.recovery = Some(later.recovery),
            }
        }
        Ok(())
    }

    fn publish(&mut self, now: Timestamp) -> Result<bool, LiveError> {
        let mut lost = Vec::new();
        for (id, seat) in &mut self.seats {
            match self.publisher.gather(*id, &mut seat.known) {
                Gathered::Lost => lost.push(*id),
                Gathered::Rows(_) | Gathered::Recovering | Gathered::Busy => {}
            }
        }
        for id in lost {
            self.give_up(id)?;
            // If the group gave it to us anew meanwhile, it comes back from its state.
            self.coming.insert(id);
        }
        let committed = match self.publisher.commit(now) {
            Committed::Fenced => return Err(LiveError::Fenced),
            Committed::Unknown(cause) => {
                self.trouble = Some(format!("a commit of unknown outcome: {}", cause.name()));
                false
            }
            Committed::Rows(_) => true,
            Committed::Nothing => false,
        };
        let polled = self.publisher.poll();
        self.or_trouble(polled)?;
        Ok(committed)
    }

    fn save_due(&mut self, now: Timestamp) -> Result<(), LiveError> {
        let is_due = |seat: &Seat| seat.saved_at.is_none_or(|at| now >= at + SAVE_EVERY);
        let due = self.seats.iter().filter(|(_, seat)| seat.recovery.is_none() && is_due(seat));
        let due: Vec<TaskId> = due.map(|(id, _)| *id).collect();
        if due.is_empty() || self.publisher.is_in_doubt() {
            return Ok(());
        }
        for task in due {
            // A full disk must not stop a watch: the state that is there is older, and the replay from it longer.
            if let Err(LiveError::Store(error)) = self.save(task, now) {
                self.trouble = Some(error.to_string());
                self.sums.failed_saves += 1;
                self.seats.entry(task).and_modify(|seat| seat.saved_at = Some(now));
            }
        }
        Ok(())
    }

    /// Keeps the state of a task that speaks.
    fn save(&mut self, task: TaskId, now: Timestamp) -> Result<(), LiveError> {
        let Some(seat) = self.seats.get_mut(&task) else { return Ok(()) };
        let Some(published) = self.publisher.snapshot(task, &mut seat.known) else { return Ok(()) };
        let published = published.encode().map_err(|error| StoreError { what: error.to_string() })?;
        let saved = seat.save(published);
        self.store.save(task, &saved)?;
        seat.saved_at = Some(now);
        self.saved.insert(task);
        self.sums.saves += 1;
        Ok(())
    }
}

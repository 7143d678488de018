//! Publishing is reconciling: the publisher compares what the tables of its tasks say with what readers have
//! been told, and sends the difference, with the input positions that it came from, in one transaction
//! (design, reliability.md §5).
//!
//! ```text
//! machine ──marks──▶ ledger of the task ──rows──▶ open transaction ──commit──▶ log
//!                          ▲                                                   │
//!                          └──────────── rows as a reader has them ◀──poll─────┘
//! ```
//!
//! A retry, a crash, a torn or doubtful commit and a take-over are one case: learn what readers have,
//! compare, send. So nothing here guesses an outcome, rolls back a state or records an order. A publisher
//! waits for nothing: each call does what can be done now. It knows neither rules nor events; see
//! [`Machine`].
//!
//! The order of recovery is in the types. [`Publisher::start`] fences, and there is no publisher without it.
//! [`Publisher::recover`] asks for the stable committed offsets, then for the ends of the output topics. The
//! [`Recovery`] it returns is given back to [`Publisher::resume`], which refuses until everything up to these
//! ends has been read back and the machine has replayed up to these offsets; only then are rows of the task
//! taken.

use crate::log::{
    Cause, Input, Log, LogError, Outcome, Output, Positions, Standing, TaskId, Tenure, Transaction,
};
use event::id::Ids;
use event::time::{Duration, Timestamp};
use ledger::{Draft, Ledger, Room, Stage};
use std::collections::BTreeMap;

pub use machine::Machine;
pub use revision::Published;
pub use state::{PublishedState, STATE_BYTES_MAX, StateError, StoredIncident};

mod difference;
mod flights;
mod kept;
mod ledger;
mod machine;
mod queue;
mod revision;
mod state;
mod view;

/// Bounds and habits of a publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Rows of one transaction. Rows of life safety have as much again for each task.
    pub rows_max: usize,
    /// Bytes of these rows.
    pub bytes_max: usize,
    /// Positions alone are committed this often.
    pub offsets_every: Duration,
    /// What keeps the promises; only tests of the promises switch any of it off.
    pub guards: Guards,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            rows_max: 5_000,
            bytes_max: 4 << 20,
            offsets_every: Duration::from_secs(1),
            guards: Guards::default(),
        }
    }
}

/// The parts of the protocol that can be switched off, to show that each is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guards {
    /// A row counts as told when a reader has it, not when the log says so.
    pub read_back: bool,
    /// What is in flight counts for matching, and its incident's next row waits.
    pub wait: bool,
    /// A task goes live only when it has replayed up to the committed offsets.
    pub silent_replay: bool,
    /// The generation is the one that was read with the rows, and a row's task has been ours without a break.
    pub metadata_with_rows: bool,
    /// Snapshots hold only what readers have for certain.
    pub confirmed_view: bool,
}

impl Default for Guards {
    fn default() -> Self {
        Guards {
            read_back: true,
            wait: true,
            silent_replay: true,
            metadata_with_rows: true,
            confirmed_view: true,
        }
    }
}

/// Rows that the log did not deal with as it said. Each is repaired; the sums are for alarms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anomalies {
    /// Delivered by its word, and not there.
    pub missing: u64,
    /// There, and sent by nobody in charge.
    pub phantom: u64,
    /// There again, or another content under a revision that was there.
    pub duplicate: u64,
    /// Not a row of ours.
    pub unreadable: u64,
}

/// What a publisher has done since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Commits that the log confirmed.
    pub commits: u64,
    /// Rows in them.
    pub rows: u64,
    /// Commits of unknown outcome, in the order of [`Cause::ALL`].
    pub recycles: [u64; Cause::ALL.len()],
    /// Rows that were not what they should be.
    pub anomalies: Anomalies,
}

/// Where a task starts from.
#[derive(Clone, Debug)]
pub enum Base {
    /// A snapshot's published side.
    Snapshot(PublishedState),
    /// A task that has never committed anything.
    New,
    /// No snapshot although there are committed offsets, and the operator said so.
    Cold {
        /// From here on the replay knows everything. Published incidents that begin before stay as they are.
        knows_from: Timestamp,
    },
}

/// A task on its way back. It is given back to [`Publisher::resume`].
#[derive(Debug)]
#[must_use = "the task stays silent until `resume`"]
pub struct Recovery {
    task: TaskId,
    tenure: Tenure,
    committed: Positions,
}

impl Recovery {
    /// The task.
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// What the machine has to apply, without a word, before the task can resume.
    pub fn committed(&self) -> &Positions {
        &self.committed
    }

    /// True if the machine has applied it.
    pub fn is_caught_up(&self, positions: &Positions) -> bool {
        self.committed.iter().all(|(input, offset)| positions.get(input) >= Some(offset))
    }
}

/// Why a task cannot be recovered now.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// Another instance owns it.
    #[error("task {} belongs to another instance", .0.0)]
    NotOurs(TaskId),
    /// Offsets were committed, so there was a state, and it is not here.
    #[error("task {} has committed offsets but no snapshot; --cold replays from the horizon", .0.0)]
    NoSnapshot(TaskId),
    /// The log did not answer.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Why a task cannot resume yet; the recovery goes on.
#[derive(Debug)]
pub struct NotYet {
    /// To be tried again, or dropped if the task is lost.
    pub recovery: Recovery,
    /// What is missing.
    pub why: Missing,
}

/// What a task still needs in order to resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// [`Publisher::poll`] has not reached the ends of its output topics.
    ReadBack,
    /// Its machine has not applied everything up to the committed offsets.
    Replay,
    /// It is not this instance's task any more; it has to be recovered from the beginning.
    Lost,
}

/// What asking a task for rows came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gathered {
    /// So many rows of it are in the open transaction.
    Rows(usize),
    /// It has not resumed; what it wants kept was taken in.
    Recovering,
    /// It is not, or not without a break, this instance's task: [`Publisher::lose`] it and recover.
    Lost,
    /// The last commit's outcome has to be settled first: [`Publisher::poll`].
    Busy,
}

/// What a commit came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// There was nothing to commit.
    Nothing,
    /// The log says that it landed.
    Rows(usize),
    /// Nobody knows; reading back will tell.
    Unknown(Cause),
    /// Another process runs under this instance's name: this one has to end.
    Fenced,
}

/// Says what the tasks of an instance found. One an instance; it owns the log.
#[derive(Debug)]
pub struct Publisher<L: Log> {
    log: L,
    ids: Ids,
    settings: Settings,
    ledgers: BTreeMap<TaskId, Ledger>,
    open: Option<Open<L::Generation>>,
    /// What has to be done before anything else is sent.
    debt: Debt,
    /// The positions that the group has for certain, and when they were last committed.
    told: Positions,
    told_at: Timestamp,
    counters: Counters,
}

/// What a commit of unknown outcome leaves to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Debt {
    None,
    /// Ask how far the output topics reach: what is in doubt stands before, or nowhere.
    Ends,
    /// End whatever hangs, then the same.
    Init,
    /// Never send again.
    Fenced,
}

/// The transaction that is being gathered.
#[derive(Debug)]
struct Open<G> {
    standing: Standing<G>,
    sheaves: BTreeMap<TaskId, Sheaf>,
    room: Room,
}

/// What one task puts into a transaction.
#[derive(Debug)]
struct Sheaf {
    drafts: Vec<Draft>,
    positions: Positions,
}

impl<L: Log> Publisher<L> {
    /// Fences older processes of this instance's name, and begins. On failure the log comes back, to try
    /// again.
    pub fn start(mut log: L, ids: Ids, settings: Settings) -> Result<Self, (LogError, L)> {
        if let Err(error) = log.init() {
            return Err((error, log));
        }
        Ok(Publisher {
            log,
            ids,
            settings,
            ledgers: BTreeMap::new(),
            open: None,
            debt: Debt::None,
            told: Positions::new(),
            told_at: Timestamp::MIN,
            counters: Counters::default(),
        })
    }

    /// Begins to bring a task back: stable committed offsets first, then how far its output topics reach. An
    /// older ledger of the task is dropped.
    pub fn recover(&mut self, task: TaskId, inputs: &[Input], base: Base) -> Result<Recovery, RecoverError> {
        self.lose(task);
        self.settle_debt()?;
        let standing = self.log.standing();
        let tenure = *standing.tasks.get(&task).ok_or(RecoverError::NotOurs(task))?;
        let committed = self.log.committed(inputs)?;
        if matches!(base, Base::New) && !committed.is_empty() {
            return Err(RecoverError::NoSnapshot(task));
        }
        let mut ledger = Ledger::new(task, tenure, self.settings.guards);
        self.rewind(&mut ledger, base)?;
        let mut ends = BTreeMap::new();
        for output in Output::ALL {
            ends.insert(output, self.log.end(output, task.0)?);
        }
        ledger.stage = Stage::Recovering(ends);
        self.ledgers.insert(task, ledger);
        Ok(Recovery { task, tenure, committed })
    }

    /// Lets a task speak: its topics have been read back and its machine has replayed. The whole table is
    /// compared with the whole view once.
    pub fn resume(&mut self, recovery: Recovery, machine: &mut impl Machine) -> Result<(), NotYet> {
        let ledger = self.ledgers.get_mut(&recovery.task).filter(|ledger| ledger.tenure == recovery.tenure);
        let Some(ledger) = ledger else { return Err(NotYet { recovery, why: Missing::Lost }) };
        if !ledger.has_read_back() {
            return Err(NotYet { recovery, why: Missing::ReadBack });
        }
        if self.settings.guards.silent_replay && !recovery.is_caught_up(&machine.positions()) {
            return Err(NotYet { recovery, why: Missing::Replay });
        }
        ledger.go_live(machine);
        Ok(())
    }

    /// Settles what the last commit left open, and takes in what readers have by now. True if anything was
    /// news.
    pub fn poll(&mut self) -> Result<bool, LogError> {
        self.settle_debt()?;
        let mut news = false;
        for (task, ledger) in &mut self.ledgers {
            for output in Output::ALL {
                let from = ledger.read.get(&output).copied().unwrap_or_default();
                let stretch = self.log.read_back(output, task.0, from)?;
                news |= ledger.read_back(output, stretch);
            }
        }
        Ok(news)
    }

    /// Takes rows of a task into the open transaction, with the positions that they come from. The generation
    /// of the transaction is the one of the first call since the last commit.
    pub fn gather(&mut self, task: TaskId, machine: &mut impl Machine) -> Gathered {
        if self.debt != Debt::None {
            return Gathered::Busy;
        }
        let Some(ledger) = self.ledgers.get_mut(&task) else { return Gathered::Lost };
        ledger.take_in(machine);
        if ledger.stage != Stage::Live {
            return Gathered::Recovering;
        }
        let open = self.open.get_or_insert_with(|| Open::new(self.log.standing(), &self.settings));
        let is_ours = open.standing.tasks.get(&task) == Some(&ledger.tenure);
        if self.settings.guards.metadata_with_rows && !is_ours {
            return Gathered::Lost;
        }
        if let Some(sheaf) = open.sheaves.get(&task) {
            return Gathered::Rows(sheaf.drafts.len());
        }
        let mut rooms = [Room { rows: self.settings.rows_max, bytes: self.settings.bytes_max }, open.room];
        let drafts = ledger.draft(machine, &self.ids, &mut rooms);
        open.room = rooms[1];
        let gathered = Gathered::Rows(drafts.len());
        open.sheaves.insert(task, Sheaf { drafts, positions: machine.positions() });
        gathered
    }

    /// Commits what was gathered, if there is a row in it or positions have been due for long enough.
    pub fn commit(&mut self, now: Timestamp) -> Committed {
        match self.debt {
            Debt::Fenced => return Committed::Fenced,
            Debt::None => {}
            Debt::Ends | Debt::Init => return Committed::Nothing,
        }
        let Some(open) = self.open.take() else { return Committed::Nothing };
        let positions: Positions = open.sheaves.values().flat_map(|sheaf| sheaf.positions.clone()).collect();
        let has_rows = open.sheaves.values().any(|sheaf| !sheaf.drafts.is_empty());
        let is_due = now >= self.told_at + self.settings.offsets_every;
        let moved = positions.iter().any(|(input, at)| self.told.get(input) != Some(at));
        let is_worth_it = has_rows || (is_due && moved);
        if !is_worth_it {
            return Committed::Nothing;
        }
        let tasks: Vec<TaskId> = open.sheaves.keys().copied().collect();
        let (transaction, owners) = self.seal(open, positions);
        let outcome = self.log.commit(&transaction);
        let committed = self.learn(outcome, transaction.offsets, owners, now);
        if let Committed::Rows(_) = committed {
            self.prove(&tasks);
        }
        committed
    }

    /// What a snapshot of the task has to hold of its published side, together with the machine as it is now.
    /// None while it is recovering, or while rows of a possible successor were read: then later, after a
    /// commit.
    pub fn snapshot(&mut self, task: TaskId, machine: &mut impl Machine) -> Option<PublishedState> {
        let ledger = self.ledgers.get_mut(&task)?;
        if ledger.stage != Stage::Live {
            return None;
        }
        if ledger.is_suspicious() && self.settings.guards.confirmed_view {
            return None;
        }
        ledger.take_in(machine);
        ledger.tidy(machine);
        Some(ledger.state())
    }

    /// Drops a task: it went to another instance, or has to be recovered. Nothing of it is sent any more.
    pub fn lose(&mut self, task: TaskId) {
        self.ledgers.remove(&task);
        if let Some(open) = &mut self.open {
            open.sheaves.remove(&task);
        }
    }

    /// True while rows or positions of an unknown commit have to be settled by [`Publisher::poll`].
    pub fn is_in_doubt(&self) -> bool {
        self.debt != Debt::None
    }

    /// True if nothing of a live task is to be said or on its way, as far as its marks tell.
    pub fn is_quiet(&self, task: TaskId) -> bool {
        self.ledgers.get(&task).is_some_and(|ledger| ledger.stage == Stage::Live && ledger.is_quiet())
    }

    /// How many revisions of a task readers lack that nothing holds up, by comparing everything. For tests
    /// and for the status page: the protocol itself goes by marks.
    pub fn lacking(&self, task: TaskId, machine: &impl Machine) -> usize {
        self.ledgers.get(&task).map_or(0, |ledger| ledger.lacking(machine, &self.ids))
    }

    /// Rows of a task that no reader has for certain, and the bytes of those that only the publisher holds.
    /// Intake of the task stops when these are too many.
    pub fn unconfirmed(&self, task: TaskId) -> (usize, usize) {
        self.ledgers.get(&task).map_or((0, 0), Ledger::unconfirmed)
    }

    /// What has been done so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The log, for what its owner has to tell it.
    pub fn log_mut(&mut self) -> &mut L {
        &mut self.log
    }

    fn rewind(&mut self, ledger: &mut Ledger, base: Base) -> Result<(), LogError> {
        let since = match base {
            Base::Snapshot(state) => {
                ledger.restore(state);
                return Ok(());
            }
            Base::New => Timestamp::MIN,
            Base::Cold { knows_from } => {
                ledger.freeze_at_resume(knows_from);
                knows_from
            }
        };
        for output in Output::ALL {
            // All incidents, however old: those that go on have to be known. Of the others, what replay makes
            // again.
            let since = if output == Output::Incidents { Timestamp::MIN } else { since };
            ledger.read.insert(output, self.log.first_since(output, ledger.task.0, since)?);
        }
        Ok(())
    }

    fn settle_debt(&mut self) -> Result<(), LogError> {
        match self.debt {
            Debt::None => return Ok(()),
            Debt::Fenced => return Err(LogError::Fenced),
            Debt::Init => self.log.init()?,
            Debt::Ends => {}
        }
        self.debt = Debt::Ends;
        for (task, ledger) in &mut self.ledgers {
            for output in Output::ALL {
                ledger.bound_doubts(output, self.log.end(output, task.0)?);
            }
        }
        self.debt = Debt::None;
        Ok(())
    }

    fn seal(
        &mut self,
        open: Open<L::Generation>,
        offsets: Positions,
    ) -> (Transaction<L::Generation>, Owners) {
        let (mut rows, mut owners) = (Vec::new(), Vec::new());
        for (task, sheaf) in open.sheaves {
            for draft in sheaf.drafts {
                rows.push(draft.row);
                owners.push((task, draft.about));
            }
        }
        let with_rows = self.settings.guards.metadata_with_rows;
        let generation = if with_rows { open.standing.generation } else { self.log.standing().generation };
        (Transaction { rows, offsets, generation }, owners)
    }

    /// The log accepted our generation: anomalies that were seen before are real.
    fn prove(&mut self, tasks: &[TaskId]) {
        for task in tasks {
            let found = self.ledgers.get_mut(task).map(Ledger::proven_anomalies).unwrap_or_default();
            let sums = &mut self.counters.anomalies;
            sums.missing += found.missing;
            sums.phantom += found.phantom;
            sums.duplicate += found.duplicate;
            sums.unreadable += found.unreadable;
        }
    }

    fn learn(&mut self, outcome: Outcome, offsets: Positions, owners: Owners, now: Timestamp) -> Committed {
        match outcome {
            Outcome::Delivered(places) => {
                let rows = owners.len();
                let places = places.into_iter().chain(std::iter::repeat(None));
                for ((task, about), place) in owners.iter().zip(places) {
                    if place.is_none() {
                        self.debt = Debt::Ends;
                    }
                    self.ledgers.entry(*task).and_modify(|ledger| ledger.delivered(about, place));
                }
                self.told.extend(offsets);
                self.told_at = now;
                self.counters.commits += 1;
                self.counters.rows += rows as u64;
                Committed::Rows(rows)
            }
            Outcome::Unknown(cause) => {
                for (task, about) in &owners {
                    self.ledgers.entry(*task).and_modify(|ledger| ledger.doubt(about));
                }
                self.debt = Debt::Init;
                self.counters.recycles[cause as usize] += 1;
                Committed::Unknown(cause)
            }
            Outcome::Fenced => {
                self.debt = Debt::Fenced;
                Committed::Fenced
            }
        }
    }
}

/// Of each row of a transaction, whose it is.
type Owners = Vec<(TaskId, ledger::About)>;

impl<G> Open<G> {
    fn new(standing: Standing<G>, settings: &Settings) -> Self {
        let room = Room { rows: settings.rows_max, bytes: settings.bytes_max };
        Open { standing, sheaves: BTreeMap::new(), room }
    }
}

//! The ends of the run loop: where records come from, and where states are kept. Two implementors each: Kafka and a list
//! in memory, files and a map.
//!
//! An end moves bytes. It neither decodes nor decides, and no call waits longer than a few milliseconds for records.

use event::time::Timestamp;
use ingest::decoder::Header;
use task::log::{Input, LogError, Positions, TaskId};

/// What became of the tasks of this instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// These are ours from now on.
    Given(Vec<TaskId>),
    /// These have to be given back once what they have to say is said.
    Revoked(Vec<TaskId>),
    /// These are no longer ours.
    Lost(Vec<TaskId>),
}

/// One record as it came.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// Where it stood.
    pub input: Input,
    /// Its place there.
    pub offset: u64,
    /// The time that it carries; none: a record of a very old format.
    pub stamp: Option<Timestamp>,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its headers.
    pub headers: &'a [Header<'a>],
    /// Its value.
    pub value: Option<&'a [u8]>,
}

/// The first offset that an input still has, and the one behind its last record as of now, open transactions included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The oldest record.
    pub low: u64,
    /// Behind the newest.
    pub high: u64,
}

/// The inputs of the tasks of this instance.
pub trait Inputs {
    /// What the group said since the last call.
    fn serve(&mut self) -> Result<Vec<Change>, LogError>;

    /// Answers [`Change::Revoked`].
    fn give_back(&mut self, tasks: &[TaskId]) -> Result<(), LogError>;

    /// What each input holds, in their order.
    fn bounds(&mut self, inputs: &[Input]) -> Result<Vec<Bounds>, LogError>;

    /// The first offset of each input whose record was appended at this instant or later; behind the last one if none
    /// was.
    fn first_since(&mut self, inputs: &[Input], since: Timestamp) -> Result<Vec<u64>, LogError>;

    /// Starts reading at these positions.
    fn start(&mut self, positions: &Positions) -> Result<(), LogError>;

    /// Stops reading.
    fn stop(&mut self, inputs: &[Input]) -> Result<(), LogError>;

    /// Gives up to `max` records to `take`, those of life safety first, each input in its order. With none at hand it
    /// waits for one, for as long as the latency of a read-back allows. Returns the position of every input that is
    /// read, control records included.
    fn poll(&mut self, max: usize, take: &mut dyn FnMut(Arrived<'_>)) -> Result<Positions, LogError>;
}

/// The state of a task as it is kept between processes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The task itself.
    pub task: Vec<u8>,
    /// Its clock, and from when on it knows everything.
    pub clock: Vec<u8>,
    /// What readers have been told.
    pub published: Vec<u8>,
}

/// Why states cannot be kept or found.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct StoreError {
    /// What went wrong, where, and what helps.
    pub what: String,
}

/// Where states are kept.
pub trait Store {
    /// The newest state of a task that is whole; none if there never was one. States that are there and cannot be read
    /// are an error.
    fn load(&mut self, task: TaskId) -> Result<Option<Saved>, StoreError>;

    /// Keeps a state. The first of a task is there even if the machine loses its power now; a later one may be on its way
    /// to the disk, and until it is there the one before is. What goes wrong then is told by the next call.
    fn save(&mut self, task: TaskId, saved: &Saved) -> Result<(), StoreError>;
}

//! The log as the publisher needs it: one transaction for rows and offsets, and a way to read back what
//! became of them.
//!
//! The promises (design, reliability.md §5) rest on few answers of this trait, and each is stated at its
//! method. What the trait deliberately does not say: that a transaction is atomic, that an answer `Delivered`
//! is true, or that a row comes once. Real brokers broke each of these; the publisher reads back and repairs.
//!
//! Every call is synchronous and bounded in time by its implementor; none waits for other instances or for
//! new rows.

use event::coordinates::TopicId;
use event::time::Timestamp;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A task: partition *p* of the group's inputs, and of every output topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

/// A partition of an input topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Input {
    /// The topic.
    pub topic: TopicId,
    /// Its partition.
    pub partition: u32,
}

/// Next offset to read, by input.
pub type Positions = BTreeMap<Input, u64>;

/// The topics that a publisher writes and reads back. The rows of task *p* stand in partition *p* of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Output {
    /// Revisions, by incident id.
    Incidents,
    /// Records that are no event, by original coordinates.
    Rejects,
    /// Events that came too late, by original coordinates.
    Late,
}

impl Output {
    /// All of them.
    pub const ALL: [Output; 3] = [Output::Incidents, Output::Rejects, Output::Late];

    /// The topic's name behind the namespace.
    pub const fn name(self) -> &'static str {
        match self {
            Output::Incidents => "incidents",
            Output::Rejects => "rejects",
            Output::Late => "late",
        }
    }
}

/// A header of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its bytes.
    pub value: Box<[u8]>,
}

/// A row of an output topic. An upsert: reading it twice, or an older one of its key after a newer, changes
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutRow {
    /// The topic.
    pub output: Output,
    /// The task's number.
    pub partition: u32,
    /// What it is about.
    pub key: Box<[u8]>,
    /// The document.
    pub value: Box<[u8]>,
    /// In order; names may repeat.
    pub headers: Vec<Header>,
}

impl OutRow {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|h| h.name == name).map(|h| &*h.value)
    }

    /// What it costs in a transaction, roughly: keys, values and headers.
    pub fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|h| h.name.len() + h.value.len()).sum();
        self.key.len() + self.value.len() + headers
    }
}

/// Says which assignment of a task this is: another number each time the task comes to this instance anew,
/// the same one while it stays over rebalances. A state from before a loss can thus never pass for the
/// present owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tenure(pub u64);

/// What the group says of this instance, read in one go.
#[derive(Clone, Debug)]
pub struct Standing<G> {
    /// What `commit` presents as the generation check.
    pub generation: G,
    /// The tasks that this instance owns in that generation.
    pub tasks: BTreeMap<TaskId, Tenure>,
}

/// One transaction: rows, and the input positions of the states that they were taken from.
#[derive(Clone, Debug)]
pub struct Transaction<G> {
    /// In the order they are to stand in.
    pub rows: Vec<OutRow>,
    /// What the group commits with them.
    pub offsets: Positions,
    /// The generation as it was when the first row was taken; never refreshed.
    pub generation: G,
}

/// What became of a transaction, as far as the log says.
#[derive(Debug)]
pub enum Outcome {
    /// It answered success, and no transport error was seen since the start. The offset of each row where it
    /// is known.
    Delivered(Vec<Option<u64>>),
    /// Anything else: it may have landed, in whole or in part, or may not.
    Unknown(Cause),
    /// Another process runs under our transactional id. This one has to end.
    Fenced,
}

/// Why an outcome is unknown; the label of the metric on recycled producers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The deadline passed.
    Timeout,
    /// A connection broke meanwhile.
    Transport,
    /// The group's generation or our tasks changed since the rows were taken.
    Moved,
    /// The log refused or aborted it.
    Refused,
}

impl Cause {
    /// All of them.
    pub const ALL: [Cause; 4] = [Cause::Timeout, Cause::Transport, Cause::Moved, Cause::Refused];

    /// The label.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Timeout => "timeout",
            Cause::Transport => "transport",
            Cause::Moved => "moved",
            Cause::Refused => "refused",
        }
    }
}

/// A row as a read_committed reader got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRow {
    /// Its offset.
    pub offset: u64,
    /// The row.
    pub row: OutRow,
}

/// A stretch of an output partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadBack {
    /// Its rows, by offset.
    pub rows: Vec<ReadRow>,
    /// Next offset to read. Everything below is decided: committed and given out, or it never will be. The
    /// position passes control records, and stops at the first open transaction.
    pub position: u64,
}

/// Why a log did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Ask again later.
    #[error("the log does not answer: {0}")]
    Retry(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another process runs under our transactional id.
    #[error("another process runs under this instance's name")]
    Fenced,
    /// Nothing but a change from outside will help.
    #[error("the log refuses: {0}")]
    Fatal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A log with transactions (or without them: then rows come first, then offsets, and readers de-duplicate).
pub trait Log {
    /// Opaque proof of membership that the group coordinator checks.
    type Generation;

    /// Fences every older process of this instance's name and ends whatever transaction of it hangs. Called
    /// first, and again after each [`Outcome::Unknown`]: then with a new handle under the same name, never on
    /// the old one.
    fn init(&mut self) -> Result<(), LogError>;

    /// Generation and tasks that belong together: both as of the last assignment that this instance was told
    /// of, read under one lock. A generation newer than the tasks would let a state from before a loss be
    /// published.
    fn standing(&mut self) -> Standing<Self::Generation>;

    /// Committed offsets that are *stable*: while a transaction that commits offsets of these inputs is
    /// pending, the answer is [`LogError::Retry`]. Inputs without a committed offset are left out.
    fn committed(&mut self, inputs: &[Input]) -> Result<Positions, LogError>;

    /// Writes the rows and commits the offsets, with the transaction's generation in every call. If the
    /// instance's standing changed since it was taken, nothing may land and the answer is `Unknown(Moved)`.
    fn commit(&mut self, transaction: &Transaction<Self::Generation>) -> Outcome;

    /// Committed rows of an output partition from an offset on, as many as are at hand; none is a good
    /// answer.
    fn read_back(&mut self, output: Output, partition: u32, from: u64) -> Result<ReadBack, LogError>;

    /// The offset behind the last row of an output partition *as of now*, open transactions included.
    fn end(&mut self, output: Output, partition: u32) -> Result<u64, LogError>;

    /// The first offset of an output partition whose row was appended at this instant or later.
    fn first_since(&mut self, output: Output, partition: u32, since: Timestamp) -> Result<u64, LogError>;
}

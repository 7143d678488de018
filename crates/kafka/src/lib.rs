//! The log over Apache Kafka: topics, a batch consumer, a transactional publisher, a tick producer.
//!
//! This room is the only one that knows librdkafka. It exists because the promises of delivery rest on
//! details of that client, each found by experiment and kept in one place here: batches instead of single
//! polls (a third of the cost), partition queues forwarded before the assignment (nothing is fetched past
//! them), a transaction drained before it is committed (8 ms instead of 207), a producer destroyed and
//! rebuilt whenever an outcome is not known.
//!
//! What it deliberately is not: it decides nothing. It does not retry a transaction, does not choose offsets,
//! does not interpret a record, spawns no thread (the client library has its own) and never reads a clock:
//! what needs a deadline is handed one ([`Now`]).
//!
//! ```text
//!   topics ──► Consumer ──► Feed ──► Batch of records, ends, faults        rows + positions
//!                 │ serve(): group events                                        │
//!                 └ group_metadata() ───────────────────────────────────────► Publisher ──► topics
//!   Watermarks (read uncommitted) ◄── after a tick of ── Appender
//! ```

mod context;
mod raw;

pub mod admin;
pub mod consumer;
pub mod error;
pub mod group;
pub mod log;
pub mod producer;
pub mod settings;
pub mod watermarks;

pub use raw::{Headers, Record, Stamp};

/// Where a deadline gets its time from: the binary's own clock, handed in. No result depends on it, only
/// patience.
pub type Now = fn() -> std::time::Instant;

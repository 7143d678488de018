//! The deterministic machine that owns a partition of the inputs, and the protocol that tells readers what it found.
//!
//! Nothing here reads a clock, spawns a thread or waits: time, records and what a log answers are arguments.

pub mod clock;
pub mod log;
pub mod publish;
pub mod snapshot;
pub mod sources;
pub mod task;

//! The stages put together once: decode, task, publish. `run`, `replay` and the tests of rules all go this way; only the
//! ends differ, and they are handed in.
//!
//! ```text
//! records ─▶ ingest::Stage ─▶ rules index ─▶ deal by site ─▶ task ×N ─▶ publisher ─▶ log
//! ```
//! This room owns no file, no topic, no thread and no clock.

pub mod deal;
pub mod explain;
pub mod live;
pub mod memory;
pub mod replay;
pub mod rule_tests;
pub mod setup;

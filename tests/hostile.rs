//! A deterministic simulation of the delivery protocol: the real publisher over a hostile log.
//!
//! ```text
//! records ──▶ machines (any table that is a function of what was applied) ──▶ publisher ──▶ hostile log
//!                 ▲                                                                           │
//!                 └────── crashes, zombies, moved tasks, old snapshots ◀── one seed ──────────┘
//! ```
//!
//! Everything follows from the seed. What has to hold in the end is in [`check`]: readers have the table,
//! each revision once and without a gap, each reject once. The machine is exchangeable ([`drive::Subject`]);
//! [`model`] is a small one.

pub mod check;
pub mod drive;
pub mod log;
pub mod model;
pub mod random;
pub mod real;

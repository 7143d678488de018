//! Incidents: which alerts belong together, what an officer is told of them, and how that is written down.
//!
//! The result is a table, a function of the set of alerts and the clock. This room finds no alerts, publishes
//! nothing, and knows no topic: it is told how alerts change, and says which of its parts changed with them.

pub mod grouping;
pub mod lifecycle;

pub mod codec;
pub mod document;
pub mod table;

#[cfg(test)]
mod samples;

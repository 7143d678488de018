//! The configuration (contracts.md §4): a YAML file becomes the settings of each room, or a list of
//! everything that is wrong with it.
//!
//! ```text
//! text ─▶ tree (spans) ─▶ typed (keys, units, words) ─▶ meant (names that must exist) ─▶ Instance
//! ```
//!
//! Two stages: first as typed, by one table of keys from which the JSON Schema is written too; then as meant.
//! A finding never hides another. What is not built yet is an error that says so, not a setting that does
//! nothing.

pub(crate) mod shape;
mod typed;
pub(crate) mod units;

#[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "some of it only the daemon asks for"))]
mod load;
#[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "some of it only the daemon asks for"))]
mod meant;
mod problem;

pub(crate) mod command;

#[cfg(test)]
mod schema;
#[cfg(test)]
mod tests;

#[cfg(feature = "kafka")]
pub(crate) use load::InputTopic;
pub(crate) use load::{Instance, known, load, load_from, load_with};
pub(crate) use meant::Clock;

//! The configuration (contracts.md §4): a YAML file becomes the settings of each room, or a list of everything that is
//! wrong with it.
//!
//! ```text
//! text ─▶ tree (spans) ─▶ typed (shape: keys, units, words) ─▶ meant (files, names that must exist) ─▶ Instance
//! ```
//!
//! Two stages: first as typed, by one table of keys from which the JSON Schema is written too; then as meant. A finding
//! never hides another. What is not built yet is an error that says so, not a setting that does nothing.

mod tree;

pub(crate) mod shape;
mod typed;
pub(crate) mod units;

mod load;
mod meant;
mod problem;

pub(crate) mod command;
mod schema;

#[cfg(test)]
mod tests;

pub(crate) use load::{Instance, known, load, load_with};

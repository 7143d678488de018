//! The site model as an immutable, versioned snapshot: sites, zones, doors, cameras, people, assets and how they relate,
//! as of a time. Parsed from text that it is given; never read from a disk or a clock.
//!
//! ```text
//! text (yaml, csv) ─▶ row ─▶ draft ─▶ lower ─▶ web (derive, check) ─▶ graph ─▶ SiteModel ─▶ resolve(event, path)
//! worlds of rule tests ────────┘
//! ```
//!
//! What relations and attributes exist is decided in the class table (`event::relation`), not here. This room does not
//! judge rules: a path is checked where it is written, and only followed here.

mod problem;
mod yaml;

mod csv_table;
mod draft;
mod read;
mod validity;

mod constant;
mod lower;

mod check;
mod derive;
mod web;

mod address;
mod build;
mod graph;
mod login;

pub mod calendar;
pub mod list;
pub mod partition;
pub mod path;
pub mod world;

mod model;
mod resolve;

pub use model::SiteModel;
pub use resolve::{MEMBERS_MAX, Resolved};

#[cfg(test)]
mod tests;

//! The class table: every class, field, entity relation and enumeration, as data in the order of the
//! reference page.
//!
//! This is the only place in code where these names are decided; the reference page and the JSON Schema in
//! `docs/` are written from it. To add a class: one row in `classes`, its new fields in `fields`, and, if two
//! devices may report it, its noun in `reporters`. A name is never changed: rules of others use it.

pub(crate) mod classes;
pub(crate) mod enums;
pub(crate) mod fields;
pub mod lateness;
pub(crate) mod names;
pub(crate) mod relations;
pub mod reporters;

#[cfg(test)]
mod tests;

//! Paths: how a rule names a value of an event, or of the site model around it. A path starts at a field or at an entity
//! that the event implies, and walks at most three relations; its last hop may be an attribute (classes.md §5).
//!
//! Paths are checked where they are written (crate `rules`); here they are only followed: see [`crate::SiteModel::resolve`].

use event::field::{FieldId, FieldType};
use event::kind::Kind;
use event::relation::RelationDef;
use std::sync::Arc;

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// A field of the event, as it is.
    Field(FieldId),
    /// An entity that the event implies: the first of `event::relation::IMPLIED` that is known.
    Implied(Kind),
}

/// A checked path.
#[derive(Clone, Debug)]
pub struct Path {
    /// As written: `door.controller`. Keys and titles are named by it.
    pub text: Arc<str>,
    /// Where it begins.
    pub start: Start,
    /// Relations to follow; the last may lead to an attribute.
    pub hops: Vec<&'static RelationDef>,
    /// The type of its values: `Id(kind)` for entities.
    pub ty: FieldType,
    /// More than one value is possible.
    pub many: bool,
}

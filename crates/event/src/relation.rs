//! Relations and attributes: the ways a path may walk the site model, and what an event implies without
//! saying it.
//!
//! The shape of the site model, not the model: which door leads where is known only there. A path is a field
//! or an implied entity, then at most [`STEPS_MAX`] of these.

use crate::field::{FieldId, FieldType};
use crate::kind::Kind;
use crate::table::relations::{FIELD_RELATIONS, RELATIONS};

pub use crate::table::relations::{IMPLIED, IMPLIED_FIELDS};

/// The most steps in one path.
pub const STEPS_MAX: usize = 3;

/// The most values that one step over a many-valued relation keeps; more are cut and counted.
pub const VALUES_MAX: usize = 8;

/// One relation or attribute, for every kind that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelationDef {
    /// The kinds that have it.
    pub from: &'static [Kind],
    /// The word of rules and the site model. A name with a dot goes before the walk of its parts.
    pub name: &'static str,
    /// Where it leads.
    pub to: Target,
    /// True if it may have several values.
    pub many: bool,
}

/// A relation that starts at a field of the event which names no entity of the site model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRelationDef {
    /// The fields at which it may start.
    pub fields: &'static [FieldId],
    /// The relation; its `from` is empty.
    pub relation: RelationDef,
}

/// Where a relation leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// To an entity, from which a path may go on.
    Entity(Kind),
    /// To a value, at which a path ends.
    Attribute(FieldType),
}

/// One way to know an entity that the event does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Implied {
    /// A field of the event is it.
    Field(FieldId),
    /// A field of the event leads to it by one relation.
    Via(FieldId, &'static str),
    /// The account of that name: product, directory and user together.
    Login {
        /// Product or application protocol.
        app: FieldId,
        /// Directory part of the user name.
        domain: FieldId,
        /// User name.
        user: FieldId,
    },
}

/// The relation or attribute of that name, for that kind.
pub fn of(kind: Kind, name: &str) -> Option<&'static RelationDef> {
    RELATIONS.iter().find(|relation| relation.name == name && relation.from.contains(&kind))
}

/// All names that may follow an entity of that kind, in the order of the table.
pub fn names(kind: Kind) -> impl Iterator<Item = &'static str> {
    RELATIONS.iter().filter(move |relation| relation.from.contains(&kind)).map(|relation| relation.name)
}

/// The relation of that name that starts at a field which names no entity, such as an address or a visit.
pub fn of_field(field: FieldId, name: &str) -> Option<&'static RelationDef> {
    let def = FIELD_RELATIONS.iter().find(|def| def.relation.name == name && def.fields.contains(&field))?;
    Some(&def.relation)
}

/// All relations and attributes of entities, in the order of the table.
pub fn all() -> &'static [RelationDef] {
    RELATIONS
}

/// All relations that start at fields, in the order of the table.
pub fn all_of_fields() -> &'static [FieldRelationDef] {
    FIELD_RELATIONS
}

/// The ways to know an entity of that kind, best first.
pub fn implied(kind: Kind) -> &'static [Implied] {
    IMPLIED.iter().find(|(known, _)| *known == kind).map_or(&[], |(_, ways)| ways)
}

/// The ways to know the value of a field that nobody sends, best first.
pub fn implied_field(field: FieldId) -> &'static [Implied] {
    IMPLIED_FIELDS.iter().find(|(known, _)| *known == field).map_or(&[], |(_, ways)| ways)
}

//! Paths: a dotted name becomes a start at the event and at most three steps through the site model.
//!
//! Which classes carry a start is another question, answered by [`available`]: a path is the same whatever
//! event it is read from.

use crate::check::carry::Carried;
use event::field::{self, FieldId, FieldType, Unit};
use event::kind::Kind;
use event::relation::{self, Implied, RelationDef, STEPS_MAX, Target};
use site::path::{Path, Start};

/// Why a name is no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unresolved {
    /// The word at that place is no field and no entity.
    Start,
    /// The word at that place does not follow what stands before it.
    Step {
        /// Which word.
        at: usize,
        /// What stands before it.
        of: String,
        /// What could follow.
        known: Vec<&'static str>,
    },
    /// More than three steps.
    TooLong,
}

/// Follows the words of a path.
pub(crate) fn walk(words: &[&str]) -> Result<Path, Unresolved> {
    let (start, ty, used) = start(words).ok_or(Unresolved::Start)?;
    let many = matches!(start, Start::Implied(kind) if implied_many(kind));
    let mut path = Path { text: words.join(".").into(), start, hops: Vec::new(), ty, many };
    let mut at = used;
    while at < words.len() {
        let (hop, used) = step(&path, &words[at..]).ok_or_else(|| Unresolved::Step {
            at,
            of: words[..at].join("."),
            known: follow(&path),
        })?;
        path.many |= hop.many;
        path.ty = match hop.to {
            Target::Entity(kind) => FieldType::Id(kind),
            Target::Attribute(ty) => ty,
        };
        path.hops.push(hop);
        at += used;
    }
    if path.hops.len() > STEPS_MAX { Err(Unresolved::TooLong) } else { Ok(path) }
}

/// Names of fields have one or two words; the longer wins. An entity that events may imply begins by
/// implication.
fn start(words: &[&str]) -> Option<(Start, FieldType, usize)> {
    for used in [2, 1] {
        let Some(name) = words.get(..used) else { continue };
        let name = name.join(".");
        let Some(field) = field::by_name(&name) else { continue };
        let ty = field.def().ty;
        let implied = Kind::by_name(&name).filter(|kind| !relation::implied(*kind).is_empty());
        let start = implied.map_or(Start::Field(field), Start::Implied);
        return Some((start, ty, used));
    }
    None
}

fn step(path: &Path, words: &[&str]) -> Option<(&'static RelationDef, usize)> {
    for used in [2, 1] {
        let Some(name) = words.get(..used) else { continue };
        let name = name.join(".");
        if let Some(hop) = hop(path, &name) {
            return Some((hop, used));
        }
    }
    None
}

fn hop(path: &Path, name: &str) -> Option<&'static RelationDef> {
    match (path.ty, path.start) {
        (FieldType::Id(kind), _) => relation::of(kind, name),
        (_, Start::Field(field)) if path.hops.is_empty() => relation::of_field(field, name),
        _ => None,
    }
}

/// The names that may follow a path.
fn follow(path: &Path) -> Vec<&'static str> {
    match (path.ty, path.start) {
        (FieldType::Id(kind), _) => relation::names(kind).collect(),
        (_, Start::Field(field)) if path.hops.is_empty() => relation::all_of_fields()
            .iter()
            .filter(|def| def.fields.contains(&field))
            .map(|def| def.relation.name)
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether one of the ways to know an entity of the kind gives several (a camera views several zones).
fn implied_many(kind: Kind) -> bool {
    relation::implied(kind).iter().any(|way| match way {
        Implied::Via(field, name) => hop_of(*field, name).is_some_and(|hop| hop.many),
        _ => false,
    })
}

fn hop_of(field: FieldId, name: &str) -> Option<&'static RelationDef> {
    match field.def().ty {
        FieldType::Id(kind) => relation::of(kind, name),
        _ => relation::of_field(field, name),
    }
}

/// The ways from a path to a place: the path itself, or that of the entity's site.
pub(crate) fn to_geo(path: &Path) -> Vec<Path> {
    if path.ty == FieldType::Geo {
        return vec![path.clone()];
    }
    let ways = ["geo", "site.geo", "zone.site.geo", "to_zone.site.geo"];
    let longer = |way: &str| {
        let text = format!("{}.{way}", path.text);
        walk(&text.split('.').collect::<Vec<_>>()).ok().filter(|path| path.ty == FieldType::Geo)
    };
    ways.into_iter().filter_map(longer).collect()
}

/// The unit of a path's numbers: attributes of the site model are plain.
pub(crate) fn unit(path: &Path) -> Unit {
    match path.start {
        Start::Field(field) if path.hops.is_empty() => field.def().unit,
        _ => Unit::None,
    }
}

/// The field in which a rule's own events carry the value of a path: see `tree::KeySpec::field`.
pub(crate) fn carried_in(path: &Path) -> Option<FieldId> {
    field::by_name(&path.text).or(match path.ty {
        FieldType::Id(kind) => field::by_name(kind.name()),
        _ => path
            .hops
            .last()
            .and_then(|hop| field::by_name(hop.name))
            .filter(|field| field.def().ty == path.ty),
    })
}

/// Whether events of a class can know where a path starts.
pub(crate) fn available(start: Start, carried: &Carried) -> bool {
    match start {
        Start::Field(field) => has(field, carried),
        Start::Implied(kind) => relation::implied(kind).iter().any(|way| way_open(way, carried)),
    }
}

fn has(field: FieldId, carried: &Carried) -> bool {
    carried.has(field) || relation::implied_field(field).iter().any(|way| way_open(way, carried))
}

fn way_open(way: &Implied, carried: &Carried) -> bool {
    match way {
        Implied::Field(field) | Implied::Via(field, _) => has(*field, carried),
        Implied::Login { user, .. } => has(*user, carried),
    }
}

/// The name of a path's start.
pub(crate) fn start_name(start: Start) -> &'static str {
    match start {
        Start::Field(field) => field.name(),
        Start::Implied(kind) => kind.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, start: Start, hops: &[&str], ty: FieldType) {
        let words: Vec<&str> = text.split('.').collect();
        let path = walk(&words).unwrap();
        assert_eq!(path.start, start);
        assert_eq!(path.hops.iter().map(|hop| hop.name).collect::<Vec<_>>(), hops);
        assert_eq!(path.ty, ty);
    }

    #[test]
    fn fields_win_over_relations_and_entities_are_implied() {
        check("src.ip", Start::Field(field::SRC_IP), &[], FieldType::Ip);
        check(
            "door.controller",
            Start::Implied(Kind::Door),
            &["controller"],
            FieldType::Id(Kind::Controller),
        );
        check("door.mode", Start::Field(field::DOOR_MODE), &[], field::DOOR_MODE.def().ty);
        check("sensor.zone.level", Start::Field(field::SENSOR), &["zone", "level"], FieldType::Int);
        check("dst.ip.asset", Start::Field(field::DST_IP), &["asset"], FieldType::Id(Kind::Asset));
        check("device.switch.port", Start::Field(field::DEVICE), &["switch.port"], FieldType::Text);
    }

    #[test]
    fn says_which_word_is_wrong() {
        assert_eq!(walk(&["dor"]).unwrap_err(), Unresolved::Start);
        assert!(matches!(walk(&["door", "levle"]), Err(Unresolved::Step { at: 1, .. })));
        assert!(matches!(walk(&["cause", "x"]), Err(Unresolved::Step { at: 1, .. })));
        assert_eq!(
            walk(&["door", "to_zone", "adjacent", "adjacent", "kind"]).unwrap_err(),
            Unresolved::TooLong
        );
    }
}

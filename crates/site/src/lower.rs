//! From what is said to what is meant: names of attributes and relations, types and units of their values.
//!
//! Whether an entity that is named exists is not asked here: [`crate::check`] does, when all are known.

use crate::constant::{expected, fold_id, geo, scalar};
use crate::draft::{Entity, Entry, Fact, Given, Said};
use crate::problem::{Problems, did_you_mean, words};
use crate::yaml::Piece;
use event::field::FieldType;
use event::kind::Kind;
use event::relation::{self, Target};

/// What may be said of an entity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Property {
    pub name: &'static str,
    pub to: Target,
    pub many: bool,
}

/// What the model says and no path of a rule reads.
const UNREAD: &[(&[Kind], Property)] = &[
    (&[Kind::Site], own("partition", FieldType::Int)),
    (&[Kind::Zone], Property { name: "parent", to: Target::Entity(Kind::Area), many: false }),
    // A declared opening that leads one way only, and a door that lets pass in its own direction only.
    (&[Kind::Zone], Property { name: "one_way_to", to: Target::Entity(Kind::Zone), many: true }),
    (&[Kind::Door], own("one_way", FieldType::Bool)),
    // How events name an account: product, directory, user.
    (&[Kind::Account], own("app", FieldType::Code)),
    (&[Kind::Account], own("domain", FieldType::Code)),
    (&[Kind::Account], own("user", FieldType::Code)),
    // What people call it.
    (Kind::ALL, own("name", FieldType::Text)),
];

const fn own(name: &'static str, ty: FieldType) -> Property {
    Property { name, to: Target::Attribute(ty), many: false }
}

/// What `name` means for a kind.
pub(crate) fn property(kind: Kind, name: &str) -> Option<Property> {
    let unread = UNREAD.iter().find(|(kinds, known)| known.name == name && kinds.contains(&kind));
    match unread {
        Some((_, known)) => Some(*known),
        None => {
            let def = relation::of(kind, name)?;
            Some(Property { name: def.name, to: def.to, many: def.many })
        }
    }
}

/// Everything that may be said of a kind.
pub(crate) fn names(kind: Kind) -> impl Iterator<Item = &'static str> {
    let unread = UNREAD.iter().filter(move |(kinds, _)| kinds.contains(&kind)).map(|(_, known)| known.name);
    relation::names(kind).filter(|name| *name != "id").chain(unread)
}

/// Whether a table cell of that name holds several values.
pub(crate) fn splits(kind: Kind, name: &str) -> bool {
    property(kind, name).is_some_and(|p| p.many || p.to == Target::Attribute(FieldType::Geo))
}

/// Understands one entry.
pub(crate) fn entity(entry: &Entry, problems: &mut Problems) -> Entity {
    let mut facts = Vec::new();
    for said in &entry.said {
        match property(entry.kind, &said.name) {
            Some(property) => values(entry, property, said, &mut facts, problems),
            None => unknown(entry.kind, said, problems),
        }
    }
    Entity {
        kind: entry.kind,
        id: fold_id(entry.kind, &entry.id.text),
        written: event::symbol::tidy(&entry.id.text).into_owned(),
        validity: entry.validity,
        origin: entry.id.origin,
        facts,
    }
}

fn unknown(kind: Kind, said: &Said, problems: &mut Problems) {
    let (kind_name, name) = (kind.name(), &said.name);
    let known: Vec<&str> = names(kind).collect();
    let help = did_you_mean(name, known.iter().copied(), "remove it");
    let message = format!("no attribute or relation `{name}` of a {kind_name}");
    problems.error("SM003", said.origin, words(message, crate::constant::one_of(&known), help));
}

fn values(entry: &Entry, property: Property, said: &Said, facts: &mut Vec<Fact>, problems: &mut Problems) {
    if property.to == Target::Attribute(FieldType::Geo) {
        place(property, said, facts, problems);
        return;
    }
    if said.values.len() > 1 && !property.many {
        let message = format!(
            "`{}` of {} `{}` has {} values",
            said.name,
            entry.kind.name(),
            entry.id.text,
            said.values.len()
        );
        problems.error(
            "SM007",
            said.origin,
            words(message, "one value", "keep one; for changes in time write two entries"),
        );
        return;
    }
    for piece in &said.values {
        match value(property, piece) {
            Ok(value) => facts.push(Fact { name: property.name, value, origin: piece.origin }),
            Err(expected) => unfit(property, said, piece, &expected, problems),
        }
    }
}

fn place(property: Property, said: &Said, facts: &mut Vec<Fact>, problems: &mut Problems) {
    let parts: Vec<&str> = said.values.iter().map(|piece| piece.text.as_str()).collect();
    match geo(&parts) {
        Some(geo) => facts.push(Fact { name: property.name, value: Given::Geo(geo), origin: said.origin }),
        None if parts.is_empty() => {}
        None => {
            let message = format!("`{}` is no place", parts.join(", "));
            problems.error("SM005", said.origin, words(message, expected(FieldType::Geo), "[48.10, -1.68]"));
        }
    }
}

fn value(property: Property, piece: &Piece) -> Result<Given, String> {
    let ty = match property.to {
        Target::Entity(kind) => FieldType::Id(kind),
        Target::Attribute(ty) => ty,
    };
    if property.name == "criticality" {
        return criticality(&piece.text);
    }
    let value = scalar(ty, &piece.text)?;
    match (&value, range(property.name)) {
        (Given::Int(n), Some(range)) if !range.contains(n) => {
            Err(format!("{} to {}", range.start(), range.end()))
        }
        (Given::Entity(_, id), _) if id.is_empty() => Err("an id".to_owned()),
        _ => Ok(value),
    }
}

/// Bounds of whole numbers (classes.md §5).
fn range(name: &str) -> Option<std::ops::RangeInclusive<i64>> {
    match name {
        "level" => Some(0..=5),
        "limit" => Some(0..=i64::MAX),
        "partition" => Some(0..=i64::from(i32::MAX)),
        _ => None,
    }
}

/// 0 to 100, or one of the five words, which stand for the middle of a fifth of it.
fn criticality(text: &str) -> Result<Given, String> {
    let of_word = ["maintenance", "low", "medium", "high", "critical"]
        .iter()
        .position(|w| *w == crate::constant::word(text));
    let number = match of_word {
        Some(at) => Some(10 + 20 * at as i64),
        None => text.parse().ok().filter(|n| (0..=100).contains(n)),
    };
    number.map(Given::Int).ok_or_else(|| "0 to 100, or maintenance, low, medium, high, critical".to_owned())
}

fn unfit(property: Property, said: &Said, piece: &Piece, expected: &str, problems: &mut Problems) {
    let help = match property.to {
        Target::Attribute(FieldType::Enum(of)) => did_you_mean(
            &crate::constant::word(&piece.text),
            of.def().values.iter().copied(),
            "choose one of them",
        ),
        Target::Attribute(FieldType::Bool) => "write true or false".to_owned(),
        _ => format!("write `{}: …` as {expected}", said.name),
    };
    let message = format!("`{}` is no value of `{}`", piece.text, said.name);
    problems.error("SM005", piece.origin, words(message, expected, help));
}

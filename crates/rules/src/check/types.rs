//! Types of the values in conditions: the types of fields with the units of numbers, since lengths, speeds
//! and sizes are compared among themselves only.

use event::field::{EnumId, FieldType, Unit};
use event::kind::Kind;
use event::value::Micro;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Number,
    Length,
    Speed,
    Size,
    Duration,
    Time,
    Text,
    Tags,
    Enum(EnumId),
    Ip,
    Net,
    Mac,
    Geo,
    Entity(Kind),
}

impl Type {
    /// The type of a field or attribute.
    pub fn of(ty: FieldType, unit: Unit) -> Type {
        match ty {
            FieldType::Id(kind) => Type::Entity(kind),
            FieldType::Text | FieldType::Code => Type::Text,
            FieldType::Enum(of) => Type::Enum(of),
            FieldType::Bool => Type::Bool,
            FieldType::Time => Type::Time,
            FieldType::Duration => Type::Duration,
            FieldType::Ip => Type::Ip,
            FieldType::Mac => Type::Mac,
            FieldType::Geo => Type::Geo,
            FieldType::TextList => Type::Tags,
            FieldType::Int | FieldType::Float => match unit {
                Unit::Metre => Type::Length,
                Unit::MetrePerSecond => Type::Speed,
                Unit::Bytes => Type::Size,
                _ => Type::Number,
            },
        }
    }

    /// As messages call it.
    pub fn name(self) -> String {
        match self {
            Type::Bool => "yes/no".to_owned(),
            Type::Number => "a number".to_owned(),
            Type::Length => "a length".to_owned(),
            Type::Speed => "a speed".to_owned(),
            Type::Size => "a size".to_owned(),
            Type::Duration => "a duration".to_owned(),
            Type::Time => "a time".to_owned(),
            Type::Text => "text".to_owned(),
            Type::Tags => "a list of texts".to_owned(),
            Type::Enum(of) => format!("enum `{}`", of.def().name),
            Type::Ip => "an ip".to_owned(),
            Type::Net => "a net".to_owned(),
            Type::Mac => "a mac".to_owned(),
            Type::Geo => "a place".to_owned(),
            Type::Entity(kind) => format!("a {}", kind.name()),
        }
    }

    /// Numbers of some dimension, durations included: what WF021 is about when two of them differ.
    pub fn is_measure(self) -> bool {
        matches!(self, Type::Number | Type::Length | Type::Speed | Type::Size | Type::Duration)
    }

    /// Whether `<` means something.
    pub fn is_ordered(self) -> bool {
        match self {
            Type::Enum(of) => of.def().ordered,
            Type::Time => true,
            _ => self.is_measure(),
        }
    }

    /// Whether the two can be equal. Devices of every kind are assets too.
    pub fn meets(self, other: Type) -> bool {
        match (self, other) {
            (Type::Entity(a), Type::Entity(b)) => a == b || (a.is_asset() && b.is_asset()),
            (Type::Ip, Type::Net) | (Type::Tags, _) | (_, Type::Tags) | (Type::Geo, _) => false,
            _ => self == other,
        }
    }

    /// How a literal of the type is written.
    pub fn literal(self) -> &'static str {
        match self {
            Type::Bool => "write `true` or `false`",
            Type::Number => "write a plain number",
            Type::Length => "write `50 metres` or `2 km`",
            Type::Speed => "write `2 m/s` or `50 km/h`",
            Type::Size => "write `5 GB` or `64 KiB`",
            Type::Duration => "write `10s` or `5m`",
            Type::Time => "write time(\"2026-01-10T02:00:00Z\")",
            Type::Text | Type::Tags => "quote it",
            Type::Enum(_) => "write the value without quotes",
            Type::Ip => "write ip(\"…\"), or `in net(\"…\")`",
            Type::Net => "write net(\"10.0.0.0/8\")",
            Type::Mac => "write mac(\"…\")",
            Type::Geo => "ask `exists`",
            Type::Entity(_) => "compare `.id`",
        }
    }
}

/// The type of key parts is compared by this: text and codes are alike, and so are the ids of assets.
pub(crate) fn same_key_type(a: FieldType, b: FieldType) -> bool {
    Type::of(a, Unit::None).meets(Type::of(b, Unit::None))
}

/// Whether a value of the type has one text under which events are gathered.
pub(crate) fn makes_key(ty: FieldType) -> bool {
    !matches!(ty, FieldType::Geo | FieldType::TextList | FieldType::Float)
}

/// Whether values of the type may turn up at several sites.
pub(crate) fn crosses_sites(ty: FieldType) -> bool {
    match ty {
        FieldType::Id(kind) => {
            matches!(
                kind,
                Kind::Person | Kind::Credential | Kind::Account | Kind::Guard | Kind::Vehicle | Kind::Plate
            )
        }
        _ => true,
    }
}

/// The same of the first key of a state. `scope` and `post` are names within a site.
pub(crate) fn state_crosses_sites(key: &str, ty: FieldType) -> bool {
    crosses_sites(ty) && key != "scope" && key != "post"
}

/// Whether a value of type `given` may stand for a state's key part: `scope` is by definition the entity it
/// covers.
pub(crate) fn fits_state_key(key: &str, wanted: FieldType, given: FieldType) -> bool {
    same_key_type(given, wanted) || (key == "scope" && matches!(given, FieldType::Id(_)))
}

/// Millionths as a whole number, if they are one.
pub(crate) fn whole(micros: i128) -> Option<i64> {
    (micros % 1_000_000 == 0).then(|| i64::try_from(micros / 1_000_000).ok()).flatten()
}

/// Millionths as a decimal, if they fit.
pub(crate) fn decimal(micros: i128) -> Option<Micro> {
    i64::try_from(micros).ok().map(Micro)
}

//! Fields: every name under which an event may hold a value, with its one type, unit and meaning.
//!
//! The rows are in the field table; here is what a row says and how one is found. A field has one type and
//! one unit in all classes. Nothing here holds a value: events do.

use crate::kind::Kind;
use crate::table::enums::ENUMS;
use crate::table::fields::FIELDS;
use crate::table::names::Names;
use std::sync::{Arc, LazyLock};

pub use crate::table::fields::constants::*;

/// One field, by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u16);

/// One enumeration, by its place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnumId(pub u16);

/// One row of the field table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldDef {
    /// Dotted name, as rules and outputs write it.
    pub name: &'static str,
    /// Its type in every class.
    pub ty: FieldType,
    /// Its unit in every class.
    pub unit: Unit,
    /// Whether a shared value joins alerts into incidents.
    pub link: Link,
    /// The value is never below zero, so that sums only grow.
    pub non_negative: bool,
    /// Every event may have it, whatever its class.
    pub envelope: bool,
    /// One line for the reference page.
    pub meaning: &'static str,
}

/// What values a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// The id of an entity.
    Id(Kind),
    /// Text that keeps its case.
    Text,
    /// Text that is folded to lower case: ids, codes, users, host names, hashes.
    Code,
    /// One of a fixed list of words.
    Enum(EnumId),
    /// Whole number.
    Int,
    /// Exact decimal with six places.
    Float,
    /// Yes or no.
    Bool,
    /// Instant.
    Time,
    /// Length of time.
    Duration,
    /// Network address.
    Ip,
    /// Hardware address.
    Mac,
    /// Latitude, longitude and radius of uncertainty.
    Geo,
    /// Several texts.
    TextList,
}

/// How a shared value joins alerts into incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Not at all.
    None,
    /// One shared value joins.
    Strong,
    /// Two shared values are needed.
    Weak,
}

/// The unit of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A plain number, or no number at all.
    None,
    /// Length.
    Metre,
    /// Speed.
    MetrePerSecond,
    /// Size.
    Bytes,
    /// Part of a hundred.
    Percent,
    /// Temperature.
    Celsius,
    /// Concentration.
    PartsPerMillion,
    /// Pressure.
    Kilopascal,
    /// Flow of a liquid.
    LitrePerMinute,
    /// Rain.
    MillimetrePerHour,
    /// Strokes of lightning.
    PerMinute,
    /// Density of a crowd.
    PersonPerSquareMetre,
    /// Voltage.
    Volt,
    /// Loudness.
    Decibel,
}

/// One row of the table of enumerations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnumDef {
    /// The field or attribute that it belongs to first.
    pub name: &'static str,
    /// The words. In an ordered enumeration the least comes first.
    pub values: &'static [&'static str],
    /// Rules may compare with `<` and `>=`, by place in `values`.
    pub ordered: bool,
}

static SHARED_NAMES: LazyLock<Vec<Arc<str>>> =
    LazyLock::new(|| FIELDS.iter().map(|field| Arc::from(field.name)).collect());
static NAMES: LazyLock<Names> = LazyLock::new(|| Names::of(FIELDS.iter().map(|field| field.name)));

impl FieldId {
    /// The row of the field. An id that no table gave out reads as the first row.
    pub fn def(self) -> &'static FieldDef {
        FIELDS.get(usize::from(self.0)).unwrap_or(&FIELDS[0])
    }

    /// The dotted name.
    pub fn name(self) -> &'static str {
        self.def().name
    }

    /// The same for documents, which share their names.
    pub fn shared_name(self) -> Arc<str> {
        SHARED_NAMES.get(usize::from(self.0)).cloned().unwrap_or_else(|| self.name().into())
    }
}

/// The field of that dotted name.
pub fn by_name(name: &str) -> Option<FieldId> {
    NAMES.find(name).map(FieldId)
}

/// All fields, in the order of the table.
pub fn all() -> impl Iterator<Item = FieldId> {
    (0u16..).take(FIELDS.len()).map(FieldId)
}

/// How many fields there are; every [`FieldId`] is below it.
pub const fn len() -> usize {
    FIELDS.len()
}

impl FieldType {
    /// The word of the reference page, without the kind or the enumeration.
    pub const fn name(self) -> &'static str {
        match self {
            FieldType::Id(_) => "id",
            FieldType::Text => "text",
            FieldType::Code => "code",
            FieldType::Enum(_) => "enum",
            FieldType::Int => "int",
            FieldType::Float => "float",
            FieldType::Bool => "bool",
            FieldType::Time => "time",
            FieldType::Duration => "duration",
            FieldType::Ip => "ip",
            FieldType::Mac => "mac",
            FieldType::Geo => "geo",
            FieldType::TextList => "text list",
        }
    }
}

impl Unit {
    /// The symbol, empty for a plain number.
    pub const fn symbol(self) -> &'static str {
        match self {
            Unit::None => "",
            Unit::Metre => "m",
            Unit::MetrePerSecond => "m/s",
            Unit::Bytes => "B",
            Unit::Percent => "%",
            Unit::Celsius => "°C",
            Unit::PartsPerMillion => "ppm",
            Unit::Kilopascal => "kPa",
            Unit::LitrePerMinute => "l/min",
            Unit::MillimetrePerHour => "mm/h",
            Unit::PerMinute => "1/min",
            Unit::PersonPerSquareMetre => "persons/m²",
            Unit::Volt => "V",
            Unit::Decibel => "dB",
        }
    }
}

impl EnumId {
    /// The row of the enumeration. An id that no table gave out reads as the first row.
    pub fn def(self) -> &'static EnumDef {
        ENUMS.get(usize::from(self.0)).unwrap_or(&ENUMS[0])
    }

    /// The place of a word in the enumeration.
    pub fn index_of(self, value: &str) -> Option<u16> {
        let index = self.def().values.iter().position(|known| *known == value)?;
        u16::try_from(index).ok()
    }

    /// The word at a place.
    pub fn value(self, index: u16) -> Option<&'static str> {
        self.def().values.get(usize::from(index)).copied()
    }

    /// What stands for a word that the enumeration does not know: `other`, or else `unknown`. A few have
    /// neither.
    pub fn fallback(self) -> Option<u16> {
        self.index_of("other").or_else(|| self.index_of("unknown"))
    }

    /// All enumerations, in the order of the table.
    pub fn all() -> impl Iterator<Item = EnumId> {
        (0u16..).take(ENUMS.len()).map(EnumId)
    }
}

// Builders of rows: they let the table read as `id(Door).strong()`.
impl FieldDef {
    pub(crate) const fn of(ty: FieldType) -> FieldDef {
        FieldDef {
            name: "",
            ty,
            unit: Unit::None,
            link: Link::None,
            non_negative: false,
            envelope: false,
            meaning: "",
        }
    }

    pub(crate) const fn named(self, name: &'static str, meaning: &'static str) -> FieldDef {
        FieldDef { name, meaning, ..self }
    }

    pub(crate) const fn unit(self, unit: Unit) -> FieldDef {
        FieldDef { unit, ..self }
    }

    pub(crate) const fn strong(self) -> FieldDef {
        FieldDef { link: Link::Strong, ..self }
    }

    pub(crate) const fn weak(self) -> FieldDef {
        FieldDef { link: Link::Weak, ..self }
    }

    pub(crate) const fn non_negative(self) -> FieldDef {
        FieldDef { non_negative: true, ..self }
    }

    pub(crate) const fn envelope(self) -> FieldDef {
        FieldDef { envelope: true, ..self }
    }
}

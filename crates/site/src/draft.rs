//! What a model says, section by section, before names and values are understood.
//!
//! Both ways in end here: the file with its tables ([`crate::read`]) and the world of a rule test ([`crate::world`]).

use crate::calendar::Calendar;
use crate::constant::Net;
use crate::list::List;
use crate::problem::Origin;
use crate::validity::Validity;
use crate::yaml::Piece;
use event::kind::Kind;
use event::time::Duration;

/// All sections.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub entities: Vec<Entry>,
    pub calendars: Vec<Placed<Calendar>>,
    pub lists: Vec<Placed<List>>,
    pub hubs: Vec<Piece>,
    pub aliases: Vec<Alias>,
    pub clock_errors: Vec<(Piece, Duration)>,
}

/// One entity for one span of time, as said in one place.
#[derive(Debug)]
pub(crate) struct Entry {
    pub kind: Kind,
    /// As written; folded later.
    pub id: Piece,
    pub validity: Validity,
    pub said: Vec<Said>,
}

/// One attribute or relation of an entry.
#[derive(Debug)]
pub(crate) struct Said {
    pub name: String,
    pub origin: Origin,
    pub values: Vec<Piece>,
}

/// Another name for an entity: what a source calls it.
#[derive(Debug)]
pub(crate) struct Alias {
    pub source: Piece,
    /// The source's own id, with its channel after a blank; empty for the source itself.
    pub native: String,
    pub kind: Kind,
    pub id: Piece,
    pub validity: Validity,
}

/// Something and where it was said.
#[derive(Debug)]
pub(crate) struct Placed<T> {
    pub origin: Origin,
    pub what: T,
}

/// An entry whose names and values are understood.
#[derive(Debug)]
pub(crate) struct Entity {
    pub kind: Kind,
    /// Folded.
    pub id: String,
    /// As written: partitions are a function of what producers put into the key.
    pub written: String,
    pub validity: Validity,
    pub origin: Origin,
    pub facts: Vec<Fact>,
}

/// One value of one attribute or relation.
#[derive(Debug)]
pub(crate) struct Fact {
    pub name: &'static str,
    pub value: Given,
    pub origin: Origin,
}

/// What an attribute or a relation was given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    /// Another entity, by its folded id.
    Entity(Kind, String),
    Text(String),
    Int(i64),
    Float(event::value::Micro),
    Bool(bool),
    Enum(u16),
    Net(Net),
    Time(event::time::Timestamp),
    Duration(Duration),
    Geo(event::value::Geo),
}

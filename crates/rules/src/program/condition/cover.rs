//! What an event needs for a condition to hold: some few things about its fields, one of which at least is so
//! (engine.md §4, necessary cover).
//!
//! cover(question) = what it needs of its field · cover(x and y) = the cheaper · cover(x or y) = both · cover(not x) =
//! none. A cover promises too little, never too much: what has it is still asked the condition.

use super::atoms::Atom;
use super::leaf::Leaf;
use super::term::Term;
use super::values::{Datum, Fixed};
use super::{Test, literals};
use crate::tree::Op;
use event::field::{self, FieldId};
use event::relation::{self, Implied};
use event::value::Value;
use site::path::{Path, Start};

/// What a field has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Equal to this.
    Equals(Atom),
    /// Between these by [`measure`], both included.
    Between(i128, i128),
    /// A text with this part, as [`literals::folded`] writes both.
    Has(Box<str>),
    /// There.
    Present,
    /// Not sent: the site model may know it.
    Absent,
}

/// Whose values a path has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    /// What is sent in a field.
    Sent(FieldId),
    /// The same, or what follows from other fields where it is not sent.
    SentOrImplied(FieldId),
}

/// One of these has to be so.
pub type Cover = Vec<(FieldId, Need)>;

impl Test {
    /// The cheapest cover, if it has one.
    pub fn cover(&self) -> Option<Cover> {
        match self {
            Test::Stateless(leaf) => of_leaf(leaf),
            Test::And(parts) => {
                let covers: Vec<Cover> = parts.iter().filter_map(Test::cover).collect();
                let both = both_ends(&covers);
                covers.into_iter().chain(both).min_by_key(price)
            }
            Test::Or(parts) => {
                let covers: Option<Vec<Cover>> = parts.iter().map(Test::cover).collect();
                covers.map(|covers| covers.concat())
            }
            Test::Not(_) | Test::State(_) | Test::Stateful(_) => None,
        }
    }
}

/// The place of a value on a line on which a field's values lie in their order; none for texts.
pub fn measure(value: Value<'_>) -> Option<i128> {
    Datum::of(value).and_then(of_datum)
}

fn of_datum(datum: Datum<'_>) -> Option<i128> {
    Some(match datum {
        Datum::Number(n) => n,
        Datum::Time(ns) | Datum::Span(ns) => i128::from(ns),
        Datum::Enum(index) => i128::from(index),
        Datum::Ip(ip) => of_address(ip),
        Datum::Bool(_) | Datum::Text(..) | Datum::Net(..) | Datum::Labels(_) => return None,
    })
}

/// Keeps the order of addresses.
fn of_address(ip: u128) -> i128 {
    (ip ^ 1 << 127).cast_signed()
}

fn of_leaf(leaf: &Leaf) -> Option<Cover> {
    match leaf {
        Leaf::FieldIn(field, atoms) => Some(atoms.iter().map(|atom| (*field, Need::Equals(*atom))).collect()),
        Leaf::Compare(left, op, right) => {
            let straight = || Some(read(left)?.needs([of_comparison(constant(right)?, *op)?]));
            let reversed = || Some(read(right)?.needs([of_comparison(constant(left)?, turned(*op))?]));
            straight().or_else(reversed)
        }
        Leaf::In(value, items) => {
            let needs = items.iter().map(|item| of_comparison(constant(item)?, Op::Equal));
            Some(read(value)?.needs(needs.collect::<Option<Vec<_>>>()?))
        }
        Leaf::Text(value, _, part) => {
            let part = Some(literals::folded(part)).filter(|part| !part.is_empty())?;
            Some(read(value)?.needs([Need::Has(part.into())]))
        }
        Leaf::Matches(value, regex) => {
            let parts = literals::required(regex.as_str())?;
            Some(read(value)?.needs(parts.into_iter().map(|part| Need::Has(part.into()))))
        }
        Leaf::Is(value) => Some(read(value)?.needs([Need::Equals(Atom::Bool(true))])),
        Leaf::Exists(value) => match read(value)? {
            Read::Sent(field) => Some(vec![(field, Need::Present)]),
            Read::SentOrImplied(_) => None,
        },
        Leaf::InList(..) | Leaf::TextList(..) | Leaf::MatchesList(..) | Leaf::Calendar(_) => None,
    }
}

impl Read {
    fn needs(self, needs: impl IntoIterator<Item = Need>) -> Cover {
        let (field, absent) = match self {
            Read::Sent(field) => (field, None),
            Read::SentOrImplied(field) => (field, Some(Need::Absent)),
        };
        needs.into_iter().chain(absent).map(|need| (field, need)).collect()
    }
}

/// What of the event a term is.
fn read(term: &Term) -> Option<Read> {
    match term {
        Term::Path(path) => read_by_path(path),
        Term::Lower(inner) => read(inner),
        _ => None,
    }
}

/// A field, an entity or the id of one: what is sent, or else what follows.
fn read_by_path(path: &Path) -> Option<Read> {
    let is_itself = path.hops.is_empty() || matches!(path.hops[..], [hop] if hop.name == "id");
    let field = match path.start {
        _ if !is_itself || path.start == Start::Field(field::CLASS) => return None,
        Start::Field(field) if relation::implied_field(field).is_empty() => return Some(Read::Sent(field)),
        Start::Field(field) => field,
        Start::Implied(kind) => match relation::implied(kind).first() {
            Some(Implied::Field(field)) => *field,
            Some(_) => return None,
            None => return field::by_name(kind.name()).map(Read::Sent),
        },
    };
    Some(Read::SentOrImplied(field))
}

fn constant(term: &Term) -> Option<&Fixed> {
    if let Term::Constant(fixed) = term { Some(fixed) } else { None }
}

fn of_comparison(constant: &Fixed, op: Op) -> Option<Need> {
    let (low, high) = match constant {
        Fixed::Text(symbol, _) => return (op == Op::Equal).then_some(Need::Equals(Atom::Text(*symbol))),
        Fixed::Net(address, prefix) => {
            let hosts = u128::MAX.checked_shr(u32::from(*prefix)).unwrap_or(0);
            (of_address(address & !hosts), of_address(address | hosts))
        }
        Fixed::Plain(datum) => of_datum(*datum).map(|at| (at, at))?,
    };
    match op {
        Op::Equal => Some(Need::Between(low, high)),
        Op::Less | Op::AtMost => Some(Need::Between(i128::MIN, high)),
        Op::Greater | Op::AtLeast => Some(Need::Between(low, i128::MAX)),
        Op::NotEqual => None,
    }
}

/// `5 < x` is `x > 5`.
fn turned(op: Op) -> Op {
    match op {
        Op::Less => Op::Greater,
        Op::AtMost => Op::AtLeast,
        Op::Greater => Op::Less,
        Op::AtLeast => Op::AtMost,
        Op::Equal | Op::NotEqual => op,
    }
}

/// A field that has to lie above one thing and below another lies between them.
fn both_ends(covers: &[Cover]) -> Option<Cover> {
    let spans = covers.iter().filter_map(|cover| match cover.as_slice() {
        [(field, Need::Between(low, high))] => Some((*field, *low, *high)),
        _ => None,
    });
    let mut joined: Vec<(FieldId, i128, i128)> = Vec::new();
    for (field, low, high) in spans {
        match joined.iter_mut().find(|(known, ..)| *known == field) {
            Some((_, known_low, known_high)) => {
                (*known_low, *known_high) = (low.max(*known_low), high.min(*known_high))
            }
            None => joined.push((field, low, high)),
        }
    }
    let covers = joined.into_iter().map(|(field, low, high)| vec![(field, Need::Between(low, high))]);
    covers.min_by_key(price)
}

/// How many events it lets through, roughly: an order in which to choose, nothing more.
fn price(cover: &Cover) -> u64 {
    let one = |need: &Need| match need {
        Need::Equals(Atom::Text(_) | Atom::Ip(_) | Atom::Int(_)) => 2,
        Need::Equals(Atom::Enum(_)) => 50,
        Need::Between(low, high) if low == high => 2,
        Need::Has(part) => 60 / part.len().max(1) as u64 + 2,
        Need::Between(i128::MIN, _) | Need::Between(_, i128::MAX) => 200,
        Need::Between(..) => 20,
        Need::Absent => 100,
        Need::Equals(Atom::Bool(_)) => 300,
        Need::Present => 400,
    };
    cover.iter().map(|(_, need)| one(need)).sum()
}

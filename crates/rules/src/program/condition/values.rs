//! Values under comparison: what the values of events and the constants of rules have in common.
//!
//! Numbers of all units are millionths here, so a whole number and a decimal compare without a conversion. Values of
//! different types never compare; the checker has said so to the author. Meaning: language.md §3.

use super::arithmetic::in_range;
use crate::tree::{Op, TextOp};
use event::field::FieldType;
use event::symbol::{Symbol, lower};
use event::value::Value;
use smallvec::SmallVec;
use std::sync::Arc;

/// A constant that owns its text.
#[derive(Clone, Debug, PartialEq)]
pub enum Fixed {
    /// Text and its symbol.
    Text(Symbol, Arc<str>),
    /// A network: address and prefix length in 128 bits.
    Net(u128, u8),
    /// Anything that needs no text.
    Plain(Datum<'static>),
}

/// A value under comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Datum<'a> {
    /// Numbers, in millionths.
    Number(i128),
    /// Text with its symbol.
    Text(Symbol, &'a str),
    /// Yes or no.
    Bool(bool),
    /// Enum value.
    Enum(u16),
    /// Address.
    Ip(u128),
    /// Network.
    Net(u128, u8),
    /// Instant, ns.
    Time(i64),
    /// Length of time, ns.
    Span(i64),
    /// Labels.
    Labels(&'a str),
}

/// The values of a term: none if something is missing, several where a relation has many.
pub(super) type Data<'a> = SmallVec<[Datum<'a>; 4]>;

/// One, in millionths.
pub(super) const MICRO: i128 = 1_000_000;

impl Fixed {
    /// The value under comparison.
    pub fn datum(&self) -> Datum<'_> {
        match self {
            Fixed::Text(symbol, text) => Datum::Text(*symbol, text),
            Fixed::Net(address, prefix) => Datum::Net(*address, *prefix),
            Fixed::Plain(datum) => *datum,
        }
    }

    /// A value that owns its text. Labels and places are not kept.
    pub fn of(value: Value<'_>) -> Option<Fixed> {
        match value {
            Value::Text(text) => Some(Fixed::Text(text.symbol, text.text.into())),
            other => plain(other).map(Fixed::Plain),
        }
    }
}

impl<'a> Datum<'a> {
    /// A value of an event. Places are not compared.
    pub(super) fn of(value: Value<'a>) -> Option<Datum<'a>> {
        match value {
            Value::Text(text) => Some(Datum::Text(text.symbol, text.text)),
            Value::List(labels) => Some(Datum::Labels(labels)),
            other => plain(other),
        }
    }

    /// A sum, in millionths or, of durations, in ns.
    pub fn measure(sum: i128, ty: FieldType) -> Option<Datum<'static>> {
        match ty {
            FieldType::Duration => i64::try_from(sum).ok().map(Datum::Span),
            _ => in_range(sum).map(Datum::Number),
        }
    }
}

/// A whole number, in millionths.
pub(super) fn number(whole: i64) -> i128 {
    i128::from(whole) * MICRO
}

/// A value that borrows no text.
fn plain(value: Value<'_>) -> Option<Datum<'static>> {
    Some(match value {
        Value::Int(n) => Datum::Number(number(n)),
        Value::Float(x) => Datum::Number(i128::from(x.0)),
        Value::Bool(b) => Datum::Bool(b),
        Value::Enum(index) => Datum::Enum(index),
        Value::Ip(ip) => Datum::Ip(u128::from(ip)),
        Value::Time(t) => Datum::Time(t.0),
        Value::Duration(d) => Datum::Span(d.0),
        Value::Text(_) | Value::List(_) | Value::Geo(_) => return None,
    })
}

/// Whether some value of the left compares so with some value of the right.
pub(super) fn some_compare(left: &[Datum<'_>], op: Op, right: &[Datum<'_>]) -> bool {
    left.iter().any(|a| right.iter().any(|b| compares(*a, op, *b)))
}

/// Whether two values compare so; values of different types never do.
fn compares(a: Datum<'_>, op: Op, b: Datum<'_>) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let ordering = match (a, b) {
        (Datum::Number(x), Datum::Number(y)) => x.cmp(&y),
        (Datum::Enum(x), Datum::Enum(y)) => x.cmp(&y),
        (Datum::Time(x), Datum::Time(y)) | (Datum::Span(x), Datum::Span(y)) => x.cmp(&y),
        (Datum::Bool(x), Datum::Bool(y)) => x.cmp(&y),
        (Datum::Ip(x), Datum::Ip(y)) => x.cmp(&y),
        (Datum::Text(x, s), Datum::Text(y, t)) if x != y => lower(s).cmp(&lower(t)).then(Less),
        (Datum::Text(..), Datum::Text(..)) => Equal,
        (Datum::Ip(ip), Datum::Net(net, prefix)) => {
            if in_net(ip, net, prefix) {
                Equal
            } else {
                Less
            }
        }
        _ => return false,
    };
    match op {
        Op::Equal => ordering == Equal,
        Op::NotEqual => ordering != Equal,
        Op::Less => ordering == Less,
        Op::AtMost => ordering != Greater,
        Op::Greater => ordering == Greater,
        Op::AtLeast => ordering != Less,
    }
}

fn in_net(ip: u128, net: u128, prefix: u8) -> bool {
    let shift = 128 - u32::from(prefix.min(128));
    ip.checked_shr(shift).unwrap_or(0) == net.checked_shr(shift).unwrap_or(0)
}

/// Whether a text has a part, or a label is it; the part is in lower case.
pub(super) fn text_has(value: Datum<'_>, op: TextOp, part: &str) -> bool {
    match (value, op) {
        (Datum::Text(_, text), TextOp::Contains) => lower(text).contains(part),
        (Datum::Text(_, text), TextOp::Starts) => lower(text).starts_with(part),
        (Datum::Text(_, text), TextOp::Ends) => lower(text).ends_with(part),
        (Datum::Labels(labels), TextOp::Contains) => labels.split('\u{1f}').any(|label| lower(label) == part),
        _ => false,
    }
}

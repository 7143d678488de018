//! Values as conditions compare them: exact, by text, without regard to case (language.md §3). All numbers
//! are millionths in 128 bits, so that whole numbers and decimals meet.

use event::field::FieldType;
use event::symbol::lower;
use event::value::{Micro, OwnedValue, Value, display_ip};
use rules::tree::{Arithmetic, Constant, Op};
use std::cmp::Ordering;
use std::net::Ipv6Addr;

const MILLION: i128 = 1_000_000;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Datum {
    Text(String),
    Number(i128),
    Bool(bool),
    Enum(u16),
    Ip(Ipv6Addr),
    Net(Ipv6Addr, u8),
    Time(i128),
    Duration(i128),
    Place(event::value::Geo),
    List(Vec<String>),
}

impl Datum {
    /// A value of an event or of the site model.
    pub(crate) fn of_value(value: Value<'_>) -> Datum {
        match value {
            Value::Text(text) => Datum::Text(text.text.to_owned()),
            Value::Int(n) => Datum::Number(i128::from(n) * MILLION),
            Value::Float(x) => Datum::Number(i128::from(x.0)),
            Value::Bool(b) => Datum::Bool(b),
            Value::Enum(index) => Datum::Enum(index),
            Value::Ip(ip) => Datum::Ip(ip),
            Value::Time(t) => Datum::Time(i128::from(t.0)),
            Value::Duration(d) => Datum::Duration(i128::from(d.0)),
            Value::Geo(place) => Datum::Place(place),
            Value::List(labels) => Datum::List(labels.split('\u{1f}').map(str::to_owned).collect()),
        }
    }

    /// A constant of a rule.
    pub(crate) fn of_constant(constant: &Constant) -> Datum {
        match constant {
            Constant::Text(text) | Constant::Mac(text) => Datum::Text(text.to_string()),
            Constant::Int(n) => Datum::Number(i128::from(*n) * MILLION),
            Constant::Float(x) => Datum::Number(i128::from(x.0)),
            Constant::Bool(b) => Datum::Bool(*b),
            Constant::Enum(index, _) => Datum::Enum(*index),
            Constant::Ip(ip) => Datum::Ip(*ip),
            Constant::Net(net, prefix) => Datum::Net(*net, *prefix),
            Constant::Time(t) => Datum::Time(i128::from(t.0)),
            Constant::Duration(d) => Datum::Duration(i128::from(d.0)),
        }
    }

    /// The number or the length of time, in millionths or nanoseconds.
    pub(crate) fn measure(&self) -> Option<i128> {
        match self {
            Datum::Number(n) | Datum::Duration(n) => Some(*n),
            _ => None,
        }
    }

    /// `self op other`; false for what does not compare.
    pub(crate) fn compares(&self, op: Op, other: &Datum) -> bool {
        let Some(ordering) = self.order(other) else { return false };
        match op {
            Op::Equal => ordering.is_eq(),
            Op::NotEqual => ordering.is_ne(),
            Op::Less => ordering.is_lt(),
            Op::AtMost => ordering.is_le(),
            Op::Greater => ordering.is_gt(),
            Op::AtLeast => ordering.is_ge(),
        }
    }

    /// `self in (other)`: equal, or an address of that network.
    pub(crate) fn is_in(&self, other: &Datum) -> bool {
        match (self, other) {
            (Datum::Ip(ip), Datum::Net(net, prefix)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(*prefix)).unwrap_or(0);
                u128::from(*ip) & mask == u128::from(*net) & mask
            }
            _ => self.compares(Op::Equal, other),
        }
    }

    /// How two values of one type stand to each other.
    pub(crate) fn order(&self, other: &Datum) -> Option<Ordering> {
        match (self, other) {
            (Datum::Text(a), Datum::Text(b)) => Some(lower(a).cmp(&lower(b))),
            (Datum::Number(a), Datum::Number(b))
            | (Datum::Time(a), Datum::Time(b))
            | (Datum::Duration(a), Datum::Duration(b)) => Some(a.cmp(b)),
            (Datum::Bool(a), Datum::Bool(b)) => Some(a.cmp(b)),
            (Datum::Enum(a), Datum::Enum(b)) => Some(a.cmp(b)),
            (Datum::Ip(a), Datum::Ip(b)) => Some(a.cmp(b)),
            (Datum::Place(a), Datum::Place(b)) if a == b => Some(Ordering::Equal),
            _ => None,
        }
    }

    /// `-self`
    pub(crate) fn negated(&self) -> Option<Datum> {
        match self {
            Datum::Number(n) => n.checked_neg().map(Datum::Number),
            Datum::Duration(d) => d.checked_neg().map(Datum::Duration),
            _ => None,
        }
    }

    /// `abs(self)`
    pub(crate) fn abs(&self) -> Option<Datum> {
        match self {
            Datum::Number(n) => n.checked_abs().map(Datum::Number),
            Datum::Duration(d) => d.checked_abs().map(Datum::Duration),
            _ => None,
        }
    }

    /// `length(self)`: characters.
    pub(crate) fn length(&self) -> Option<Datum> {
        match self {
            Datum::Text(text) => Some(Datum::Number(text.chars().count() as i128 * MILLION)),
            _ => None,
        }
    }

    /// `lower(self)`
    pub(crate) fn lowered(&self) -> Option<Datum> {
        match self {
            Datum::Text(text) => Some(Datum::Text(lower(text).into_owned())),
            _ => None,
        }
    }

    /// `self op other`; missing where it overflows, divides by zero or means nothing.
    pub(crate) fn combine(&self, op: Arithmetic, other: &Datum) -> Option<Datum> {
        use Arithmetic::{Add, Divide, Multiply, Subtract};
        use Datum::{Duration, Number, Time};
        match (self, op, other) {
            (Number(a), Add, Number(b)) => a.checked_add(*b).map(Number),
            (Number(a), Subtract, Number(b)) => a.checked_sub(*b).map(Number),
            (Number(a), Multiply, Number(b)) => ratio(a.checked_mul(*b)?, MILLION).map(Number),
            (Number(a), Divide, Number(b)) => ratio(a.checked_mul(MILLION)?, *b).map(Number),
            (Duration(a), Add, Duration(b)) => a.checked_add(*b).map(Duration),
            (Duration(a), Subtract, Duration(b)) => a.checked_sub(*b).map(Duration),
            (Duration(a), Multiply, Number(b)) | (Number(a), Multiply, Duration(b)) => {
                ratio(a.checked_mul(*b)?, MILLION).map(Duration)
            }
            (Duration(a), Divide, Number(b)) => ratio(a.checked_mul(MILLION)?, *b).map(Duration),
            (Duration(a), Divide, Duration(b)) => ratio(a.checked_mul(MILLION)?, *b).map(Number),
            (Time(a), Subtract, Time(b)) => a.checked_sub(*b).map(Duration),
            (Time(a), Add, Duration(b)) | (Duration(a), Add, Time(b)) => a.checked_add(*b).map(Time),
            (Time(a), Subtract, Duration(b)) => a.checked_sub(*b).map(Time),
            _ => None,
        }
    }
}

/// `a / b`, rounded half to even.
pub(crate) fn ratio(a: i128, b: i128) -> Option<i128> {
    let (quotient, rest) = (a.checked_div_euclid(b)?, a.checked_rem_euclid(b)?);
    // The remainder is never negative, so the quotient lies below `a / b` for b > 0 and above it for b < 0.
    let up = match (rest as u128 * 2).cmp(&b.unsigned_abs()) {
        Ordering::Less => false,
        Ordering::Equal => quotient % 2 != 0,
        Ordering::Greater => true,
    };
    quotient.checked_add(if !up { 0 } else { b.signum() })
}

/// A value as keys and documents write it.
pub(crate) fn text_of(value: Value<'_>, ty: FieldType) -> String {
    owned(value, ty).to_string()
}

/// A value that owns its text.
pub(crate) fn owned(value: Value<'_>, ty: FieldType) -> OwnedValue {
    match (value, ty) {
        (Value::Text(text), _) => OwnedValue::Text(text.text.to_owned()),
        (Value::Int(n), _) => OwnedValue::Int(n),
        (Value::Float(x), _) => OwnedValue::Float(Micro(x.0)),
        (Value::Bool(b), _) => OwnedValue::Bool(b),
        (Value::Enum(index), FieldType::Enum(of)) => {
            OwnedValue::Text(of.value(index).unwrap_or("").to_owned())
        }
        (Value::Enum(index), _) => OwnedValue::Int(i64::from(index)),
        (Value::Ip(ip), _) => OwnedValue::Text(display_ip(ip).to_string()),
        (Value::Time(t), _) => OwnedValue::Time(t),
        (Value::Duration(d), _) => OwnedValue::Duration(d),
        (Value::List(labels), _) => OwnedValue::List(labels.split('\u{1f}').map(str::to_owned).collect()),
        (Value::Geo(place), _) => {
            OwnedValue::Text(format!("{},{}", Micro(place.latitude.into()), Micro(place.longitude.into())))
        }
    }
}

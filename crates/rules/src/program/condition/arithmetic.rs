//! Calculating with values: what overflows, or has no meaning for its types, is missing.
//!
//! Decimals are millionths and quotients are rounded half to even, so that every machine finds the same.

use super::values::{Datum, MICRO};
use crate::tree::Arithmetic;
use event::time::Timestamp;

pub(super) fn negate(value: Datum<'_>) -> Option<Datum<'_>> {
    match value {
        Datum::Number(x) => x.checked_neg().map(Datum::Number),
        Datum::Span(d) => d.checked_neg().map(Datum::Span),
        _ => None,
    }
}

pub(super) fn absolute(value: Datum<'_>) -> Option<Datum<'_>> {
    match value {
        Datum::Number(x) => x.checked_abs().map(Datum::Number),
        Datum::Span(d) => d.checked_abs().map(Datum::Span),
        _ => None,
    }
}

pub(super) fn length(value: Datum<'_>) -> Option<Datum<'_>> {
    match value {
        Datum::Text(_, text) => Some(Datum::Number(text.chars().count() as i128 * MICRO)),
        _ => None,
    }
}

pub(super) fn age(ts: Timestamp, value: Datum<'_>) -> Option<Datum<'_>> {
    match value {
        Datum::Time(t) => ts.0.checked_sub(t).map(Datum::Span),
        _ => None,
    }
}

pub(super) fn arithmetic<'a>(a: Datum<'a>, op: Arithmetic, b: Datum<'a>) -> Option<Datum<'a>> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    Some(match (a, op, b) {
        (Datum::Number(x), Add, Datum::Number(y)) => Datum::Number(in_range(x.checked_add(y)?)?),
        (Datum::Number(x), Subtract, Datum::Number(y)) => Datum::Number(in_range(x.checked_sub(y)?)?),
        (Datum::Number(x), Multiply, Datum::Number(y)) => {
            Datum::Number(in_range(divide_half_even(x.checked_mul(y)?, MICRO)?)?)
        }
        (Datum::Number(x), Divide, Datum::Number(y)) => {
            Datum::Number(in_range(divide_half_even(x.checked_mul(MICRO)?, y)?)?)
        }
        (Datum::Time(x), Subtract, Datum::Time(y)) => Datum::Span(x.checked_sub(y)?),
        (Datum::Time(x), Add, Datum::Span(y)) => Datum::Time(x.checked_add(y)?),
        (Datum::Time(x), Subtract, Datum::Span(y)) => Datum::Time(x.checked_sub(y)?),
        (Datum::Span(x), Add, Datum::Span(y)) => Datum::Span(x.checked_add(y)?),
        (Datum::Span(x), Subtract, Datum::Span(y)) => Datum::Span(x.checked_sub(y)?),
        (Datum::Span(x), Multiply, Datum::Number(y)) | (Datum::Number(y), Multiply, Datum::Span(x)) => {
            Datum::Span(i64::try_from(divide_half_even(i128::from(x).checked_mul(y)?, MICRO)?).ok()?)
        }
        (Datum::Span(x), Divide, Datum::Number(y)) => {
            Datum::Span(i64::try_from(divide_half_even(i128::from(x).checked_mul(MICRO)?, y)?).ok()?)
        }
        _ => return None,
    })
}

/// A number must fit what a float field holds, else it is missing.
pub(super) fn in_range(x: i128) -> Option<i128> {
    (x.unsigned_abs() <= i64::MAX as u128 * MICRO as u128).then_some(x)
}

/// The quotient, half to even.
pub fn divide_half_even(x: i128, y: i128) -> Option<i128> {
    let (quotient, rest) = (x.checked_div_euclid(y)?, x.checked_rem_euclid(y)?);
    let twice = rest.checked_mul(2)?.cmp(&y.checked_abs()?);
    let up = twice.is_gt() || (twice.is_eq() && quotient % 2 != 0);
    Some(if up { quotient + y.signum() } else { quotient })
}

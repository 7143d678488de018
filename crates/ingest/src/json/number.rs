//! Numbers of JSON: whole ones of up to 18 digits are read here, all others by `serde_json`, so that a decimal is the same
//! float whoever reads it.

use super::Json;
use super::scan::{Scanned, Stop};

/// Digits that fit an `i64` whatever they are.
const DIGITS_MAX: usize = 18;

/// The first number beyond 64 bits.
pub(super) const TOO_GREAT: f64 = 18_446_744_073_709_551_616.0;

/// The number at the start of a text, and its length.
#[inline]
pub(super) fn read(text: &str) -> Scanned<(Json<'static>, usize)> {
    let bytes = text.as_bytes();
    let negative = bytes.first() == Some(&b'-');
    let start = usize::from(negative);
    let (mut at, mut value) = (start, 0i64);
    while let Some(digit @ b'0'..=b'9') = bytes.get(at).filter(|_| at - start < DIGITS_MAX) {
        value = value * 10 + i64::from(digit - b'0');
        at += 1;
    }
    let goes_on = matches!(bytes.get(at), Some(b'0'..=b'9' | b'.' | b'e' | b'E'));
    let starts_with_zero = at == start || bytes[start] == b'0';
    // A zero alone is whole, a negative one is not: `-0` is a float.
    if goes_on || starts_with_zero && (negative || at != start + 1) {
        return any(text);
    }
    Ok((Json::Int(if negative { -value } else { value }), at))
}

/// Any number, as `serde_json` reads it.
#[cold]
fn any(text: &str) -> Scanned<(Json<'static>, usize)> {
    let len = len(text.as_bytes())?;
    let number: serde_json::Number = serde_json::from_str(&text[..len]).map_err(|_| Stop)?;
    let json = match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(n), ..) => Json::Int(n),
        (_, Some(n), _) => Json::UInt(n),
        // No field has numbers as great as that except ids, and those were whole.
        (.., Some(x)) if x.abs() < TOO_GREAT => Json::Float(x),
        _ => return Err(Stop),
    };
    Ok((json, len))
}

/// The length of the number at the start of a text.
pub(super) fn len(bytes: &[u8]) -> Scanned<usize> {
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let some_digits = |from: usize| Some(from + digits(from)).filter(|&end| end > from).ok_or(Stop);
    let start = usize::from(bytes.first() == Some(&b'-'));
    let mut at = some_digits(start)?;
    if bytes[start] == b'0' && at > start + 1 {
        return Err(Stop);
    }
    if bytes.get(at) == Some(&b'.') {
        at = some_digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let signed = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
        at = some_digits(at + 1 + usize::from(signed))?;
    }
    Ok(at)
}

//! Strings of JSON: where one ends, eight bytes at a time, and whether its escapes are some.
//!
//! What an escape stands for is not decided here: few strings have any, and those that are wanted go to `serde_json`.

use super::scan::{Scanned, Stop};

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

/// How many bytes stand for themselves: before a quote, a backslash, a control character or the end.
#[inline(always)]
pub(super) fn plain_len(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let is_plain = |byte: &&u8| **byte >= b' ' && !matches!(**byte, b'"' | b'\\');
    at + bytes[at..].iter().take_while(is_plain).count()
}

/// The high bit of each byte that does not stand for itself. Above the lowest such byte a borrow may set others, so only
/// the lowest is to be believed.
#[inline(always)]
fn special(word: u64) -> u64 {
    let is_zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    let is_control = word.wrapping_sub(ONES * 0x20) & !word;
    (is_zero(word ^ (ONES * 0x22)) | is_zero(word ^ (ONES * 0x5C)) | is_control) & HIGHS
}

/// The place behind the escape that begins at `at`.
pub(super) fn past_escape(bytes: &[u8], at: usize) -> Scanned<usize> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match bytes.get(at + 2..at + 6) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => Ok(at + 6),
            _ => Err(Stop),
        },
        _ => Err(Stop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place() {
        for (byte, at) in (0..=255u8).flat_map(|byte| (0..24).map(move |at| (byte, at))) {
            let mut text = [b'~'; 24];
            text[at] = byte;
            let plain = byte >= 0x20 && byte != b'"' && byte != b'\\';
            assert_eq!(plain_len(&text), if plain { 24 } else { at }, "{byte} at {at}");
            assert_eq!(plain_len(&text[..at]), at);
        }
    }
}

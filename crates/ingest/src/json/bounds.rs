//! The bounds on a message, told in words: how deep, how many members, how long a string.
//!
//! The scan keeps to the same bounds by itself; this is for messages that it refused and for those that it never sees.

use super::{DEPTH_MAX, MEMBERS_MAX, STRING_BYTES_MAX};
use crate::decoder::Refusal;

/// Refuses what is deeper, longer or has more members than the bounds. Small messages cannot, and are not
/// looked at.
pub fn check_bounds(text: &str) -> Result<(), Refusal> {
    // 64 levels need 128 brackets, 2,000 members at least 2 bytes each.
    let may_be_deep = text.len() > 2 * DEPTH_MAX && opens(text.as_bytes()) > DEPTH_MAX;
    if !may_be_deep && text.len() <= 2 * MEMBERS_MAX {
        return Ok(());
    }
    scan(text.as_bytes())
}

/// Counts `{` and `[`, in strings too: an upper bound on the depth, cheap enough for every message.
fn opens(bytes: &[u8]) -> usize {
    bytes
        .chunks(255)
        .map(|chunk| usize::from(chunk.iter().fold(0u8, |n, b| n + u8::from(b | 0x20 == b'{'))))
        .sum()
}

fn scan(bytes: &[u8]) -> Result<(), Refusal> {
    let (mut depth, mut members, mut at) = (0usize, 0usize, 0usize);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_string(bytes, at)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => members += 1,
            _ => {}
        }
        if depth > DEPTH_MAX {
            return Err(Refusal::too_large(format!("JSON deeper than {DEPTH_MAX}, at byte {at}")));
        }
        if members >= MEMBERS_MAX {
            return Err(Refusal::too_large(format!("more than {MEMBERS_MAX} members, at byte {at}")));
        }
        at += 1;
    }
    Ok(())
}

/// The place of the quote that ends the string that begins at `start`; the end of the text if none does.
fn end_of_string(bytes: &[u8], start: usize) -> Result<usize, Refusal> {
    let mut at = start + 1;
    loop {
        match memchr::memchr2(b'"', b'\\', &bytes[at.min(bytes.len())..]) {
            None => return Ok(bytes.len()),
            Some(found) if bytes[at + found] == b'\\' => at += found + 2,
            Some(found) => {
                at += found;
                break;
            }
        }
    }
    if at - start > STRING_BYTES_MAX {
        return Err(Refusal::too_large(format!("a string of {} bytes, at byte {start}", at - start - 1)));
    }
    Ok(at)
}

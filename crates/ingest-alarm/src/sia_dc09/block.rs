//! The data block of `SIA-DCS`: an account, modifiers that hold until changed, and one or several events.
//!
//! ```text
//! #10303117|Nri1/id57/BA003^FRONT DOOR^/BA004
//! |NOP1                                         neither account nor modifier
//! <padding>|#1234|Nri1CL0                       what is left of an encrypted block; a slash left out
//! ```

use crate::codes::sia;
use ingest::decoder::Refusal;

/// The most events of one block.
const EVENTS_MAX: usize = 128;

/// A block, cut into its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// The account that the block itself says.
    pub account: &'a str,
    /// Its events in order, at least one.
    pub events: Vec<SiaEvent<'a>>,
}

/// One event of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SiaEvent<'a> {
    /// Two letters.
    pub code: &'a str,
    /// Zone, user, door …
    pub number: &'a str,
    /// Of `ri`.
    pub area: &'a str,
    /// Of `id`.
    pub user: &'a str,
    /// Text for people.
    pub message: &'a str,
}

/// The account and the rest of a block; what stands before the first bar is an account or padding.
pub(crate) fn account(data: &str) -> Result<(&str, &str), Refusal> {
    let (head, rest) = data.split_once('|').ok_or_else(|| Refusal::malformed("a data block without `|`"))?;
    match (head.strip_prefix('#'), rest.strip_prefix('#').and_then(|rest| rest.split_once('|'))) {
        (Some(account), _) => Ok((account.trim(), rest)),
        (None, Some((account, rest))) => Ok((account.trim(), rest)),
        (None, None) => Ok(("", rest)),
    }
}

/// Reads a block of `SIA-DCS`.
pub(crate) fn parse(data: &str) -> Result<Block<'_>, Refusal> {
    let (account, rest) = account(data)?;
    let mut block = Block { account, events: Vec::new() };
    let (mut area, mut user) = ("", "");
    let mut rest = without_kind(rest);
    while let Some(first) = rest.chars().next() {
        match first {
            '/' | ' ' => rest = &rest[1..],
            '^' | '*' => rest = message(rest, &mut block.events),
            '|' => {
                comment(rest, &mut block.events);
                break;
            }
            _ if starts_with_two(rest, u8::is_ascii_lowercase) => {
                let (name, value, after) = modifier(rest);
                match name {
                    "ri" => area = value,
                    "id" => user = value,
                    _ => {}
                }
                rest = after;
            }
            _ if starts_with_two(rest, u8::is_ascii_uppercase) => {
                if block.events.len() == EVENTS_MAX {
                    return Err(Refusal::too_large(format!("more than {EVENTS_MAX} events in a block")));
                }
                let (code, number, after) = event(rest);
                block.events.push(SiaEvent { code, number, area, user, message: "" });
                rest = after;
            }
            _ => rest = rest.find('/').map_or("", |slash| &rest[slash..]),
        }
    }
    if block.events.is_empty() { Err(Refusal::malformed("a data block without a code")) } else { Ok(block) }
}

/// Takes off `N` (new event) or `O` (old one), if a modifier or a code follows: `NL4` is the code `NL`.
fn without_kind(text: &str) -> &str {
    let Some(rest) = text.strip_prefix(['N', 'O']) else { return text };
    let followed = starts_with_two(rest, u8::is_ascii_lowercase)
        || starts_with_two(rest, u8::is_ascii_uppercase)
        || rest.starts_with('/');
    if followed { rest } else { text }
}

fn starts_with_two(text: &str, fits: impl Fn(&u8) -> bool) -> bool {
    text.len() >= 2 && text.as_bytes()[..2].iter().all(fits)
}

/// Name, value and what follows. Some panels leave the slash behind a modifier out: `ri1CL0`.
fn modifier(text: &str) -> (&str, &str, &str) {
    let (name, rest) = text.split_at(2);
    let end = rest.find(['/', '^', '*', '|']).unwrap_or(rest.len());
    let digits = rest[..end].bytes().take_while(u8::is_ascii_digit).count();
    let glued = name != "id" && digits > 0 && rest.get(digits..digits + 2).and_then(sia::meaning).is_some();
    let end = if glued { digits } else { end };
    (name, rest[..end].trim(), &rest[end..])
}

/// Code, number and what follows.
fn event(text: &str) -> (&str, &str, &str) {
    let (code, rest) = text.split_at(2);
    let end = rest.find(['/', '^', '*', '|']).unwrap_or(rest.len());
    (code, rest[..end].trim(), &rest[end..])
}

/// `^text^`, or `*text` up to `NM`: said of the last event. Returns what follows.
fn message<'a>(text: &'a str, events: &mut [SiaEvent<'a>]) -> &'a str {
    let inner = &text[1..];
    let (message, rest) = match (text.starts_with('^'), inner.find('^'), end_of_name(inner)) {
        (true, Some(end), _) => (&inner[..end], &inner[end + 1..]),
        (false, _, Some(end)) => (&inner[..end], &inner[end + 2..]),
        _ => (inner, ""),
    };
    say(message, events);
    rest
}

/// Where the `NM` stands that ends a name: before a separator or the end.
fn end_of_name(text: &str) -> Option<usize> {
    text.match_indices("NM")
        .map(|(at, _)| at)
        .find(|at| matches!(text.as_bytes().get(at + 2), None | Some(b'/' | b'|')))
}

/// `|Atext` behind the events.
fn comment<'a>(text: &'a str, events: &mut [SiaEvent<'a>]) {
    if let Some(comment) = text.strip_prefix("|A") {
        say(comment, events);
    }
}

fn say<'a>(message: &'a str, events: &mut [SiaEvent<'a>]) {
    if let Some(last) = events.last_mut().filter(|last| last.message.is_empty()) {
        last.message = message.trim_matches(['\'', '"', '’', '‘', ' ']);
    }
}

//! Contact ID as bare text, without a frame: what dialler receivers and small bridges hand on.
//!
//! ```text
//! 1130 01 003            qualifier and event, area, zone or user
//! #1234|1130 01 003      with the account, in brackets or not
//! 1234181130010038       account, `18` or `98`, message, check digit
//! ```
//! There is no time in it and no number of its own, so events are known by when and where they arrived.

use crate::codes;
use crate::panel::panel_id;
use crate::sia_dc09::KIND;
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::Batch;
use ingest::decoder::{Decoded, Decoder, Production, Record, Refusal, changes};

pub(crate) mod message;
#[cfg(test)]
mod tests;

/// The decoder of bare Contact ID.
#[derive(Clone, Copy, Debug, Default)]
pub struct ContactId;

impl Decoder for ContactId {
    fn format(&self) -> &'static str {
        "contact-id"
    }

    fn domain(&self) -> Domain {
        Domain::Alarm
    }

    fn reads(&self) -> &'static str {
        "Ademco Contact ID as bare text, with or without an account"
    }

    fn produces(&self) -> Vec<Production> {
        let mut classes: Vec<ClassId> = codes::contact_id::classes().collect();
        classes.push(class::UNCLASSIFIED);
        classes.sort_unstable();
        classes.dedup();
        changes(KIND, &classes).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        value.len() <= 64 && std::str::from_utf8(value).is_ok_and(|text| parts(text).is_ok())
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let parts = parts(record.text()?)?;
        let panel = if parts.account.is_empty() { String::new() } else { panel_id("", "", parts.account) };
        let mut row = out.begin(class::UNCLASSIFIED);
        row.source(&panel);
        message::write(&mut row, &parts.message, &panel);
        if parts.check_digit == Some(false) {
            row.text(field::TAGS, "integrity:checksum");
        }
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

struct Parts<'a> {
    account: &'a str,
    message: message::ContactId<'a>,
    /// Whether the check digit is right, if there is one.
    check_digit: Option<bool>,
}

fn parts(text: &str) -> Result<Parts<'_>, Refusal> {
    let text = text.trim();
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if let Some((account, message)) = text.strip_prefix('#').and_then(|text| text.split_once('|')) {
        return Ok(Parts { account: account.trim(), message: message::parse(message)?, check_digit: None });
    }
    match dialled(text) {
        Some(parts) => Ok(parts),
        None => Ok(Parts { account: "", message: message::parse(text)?, check_digit: None }),
    }
}

/// As diallers send it: four digits of account, the kind of message, the message, a digit that makes the sum
/// a multiple of 15.
fn dialled(text: &str) -> Option<Parts<'_>> {
    let is_dialled = text.len() == 16
        && text.bytes().all(|b| b.is_ascii_hexdigit())
        && matches!(&text.as_bytes()[4..6], b"18" | b"98");
    if !is_dialled {
        return None;
    }
    // A zero counts as ten: it is ten pulses of a dial.
    let sum: u32 =
        text.chars().filter_map(|c| c.to_digit(16)).map(|digit| if digit == 0 { 10 } else { digit }).sum();
    let message = message::parse(&text[6..15]).ok()?;
    Some(Parts { account: &text[..4], message, check_digit: Some(sum.is_multiple_of(15)) })
}

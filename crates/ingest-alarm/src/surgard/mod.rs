//! Surgard MLR2 and System III: what a receiver writes to its automation port.
//!
//! ```text
//! 5RRL 18AAAAQEEEGGCCC<DC4>    Contact ID; Q is E (new, opening), R (restore, closing) or P (still present)
//! SRRL[#AAAA|Nri1BA01]<DC4>    SIA DC-03
//! 1RRL           @    <DC4>    the receiver's own sign of life
//! ```
//! RR is the receiver's number and L its line: with the account they are the panel, as in DC-09. There is no
//! time and no number in a message, so its arrival counts, and a message that is sent again because nobody
//! acknowledged it cannot be told from a second one. A record may hold several. Other kinds of message are
//! `unclassified` with their first digit.

use crate::codes::{self, Meaning, sia};
use crate::contact_id::message;
use crate::panel::{self, Place, panel_id};
use crate::sia_dc09::{KIND, block};
use event::class::{self, Domain};
use event::field;
use event::row::Batch;
use ingest::decoder::{Decoded, Decoder, Production, Record, Refusal, changes};

#[cfg(test)]
mod tests;

/// Ends each message.
const DC4: char = '\u{14}';

/// The decoder of Surgard's text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surgard;

/// What stands in front of every message.
struct Head<'a> {
    kind: char,
    receiver: &'a str,
    line: &'a str,
    rest: &'a str,
}

impl Decoder for Surgard {
    fn format(&self) -> &'static str {
        "surgard"
    }

    fn domain(&self) -> Domain {
        Domain::Alarm
    }

    fn reads(&self) -> &'static str {
        "Surgard MLR2 and System III receiver text, with Contact ID or SIA DC-03 codes"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, &codes::classes_of_panels()).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(value) else { return false };
        let first = text.trim().split(DC4).next().unwrap_or_default();
        value.len() <= 4_096
            && head(first).is_some_and(|head| match head.kind {
                '5' => contact_id(head.rest).is_some(),
                'S' => head.rest.starts_with("[#"),
                _ => head.rest.trim().ends_with('@'),
            })
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        let messages = text.split(DC4).map(str::trim).filter(|message| !message.is_empty());
        let mut any = false;
        for message in messages {
            one(message, out)?;
            any = true;
        }
        Ok(if any { Decoded::Events(KIND) } else { Decoded::Control })
    }
}

/// Kind, receiver (two digits) and line: `5011 `, or `S011[`.
fn head(text: &str) -> Option<Head<'_>> {
    let kind = text.chars().next().filter(|kind| kind.is_ascii_digit() || *kind == 'S')?;
    let (digits, rest) = (text.get(1..4)?, text.get(4..)?);
    let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    let parted = rest.starts_with([' ', '[']);
    (hex && parted).then(|| Head {
        kind,
        receiver: &digits[..2],
        line: &digits[2..],
        rest: rest.trim_start(),
    })
}

/// `18AAAAQEEEGGCCC`: account, and the message as Contact ID writes it.
fn contact_id(rest: &str) -> Option<(&str, String)> {
    let rest = rest.trim_end();
    let rest = rest.strip_prefix("18").or(rest.strip_prefix("98"))?;
    let split = rest.len().checked_sub(9).filter(|at| (1..=16).contains(at) && rest.is_ascii())?;
    let (account, code) = rest.split_at(split);
    let qualifier = match code.as_bytes()[0] {
        b'E' => '1',
        b'R' => '3',
        b'P' => '6',
        _ => return None,
    };
    let is_code = code[1..].bytes().all(|b| b.is_ascii_hexdigit());
    let account_fits = account.bytes().all(|b| b.is_ascii_alphanumeric());
    (is_code && account_fits)
        .then(|| (account, format!("{qualifier}{} {} {}", &code[1..4], &code[4..6], &code[6..])))
}

fn one(text: &str, out: &mut Batch) -> Result<(), Refusal> {
    let head = head(text).ok_or_else(|| {
        let start: String = text.chars().take(24).collect();
        Refusal::malformed(format!("no Surgard message: `{start}`"))
    })?;
    match head.kind {
        '5' => {
            let (account, code) =
                contact_id(head.rest).ok_or_else(|| Refusal::malformed("no `18AAAAQEEEGGCCC`"))?;
            let panel = panel_id(head.receiver, head.line, account);
            let mut row = out.begin(class::UNCLASSIFIED);
            row.source(&panel);
            message::write(&mut row, &message::parse(&code)?, &panel);
            row.finish();
        }
        'S' => letters(&head, out)?,
        kind if head.rest.ends_with('@') => {
            let receiver = panel_id(head.receiver, head.line, "");
            let mut row = out.begin(class::HEALTH_HEARTBEAT);
            row.source(&receiver).text(field::NATIVE_CODE, &format!("surgard:{kind}@"));
            row.text(field::DEVICE, &receiver);
            row.finish();
        }
        kind => unknown(kind, &head, out),
    }
    Ok(())
}

/// A block of SIA DC-03 letters.
fn letters(head: &Head<'_>, out: &mut Batch) -> Result<(), Refusal> {
    let data = head.rest.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')).map(|(data, _)| data);
    let block = block::parse(data.ok_or_else(|| Refusal::malformed("no block in brackets"))?)?;
    let panel = panel_id(head.receiver, head.line, block.account);
    for event in &block.events {
        let meaning = sia::meaning_with_user(event.code, !panel::plain(event.user).is_empty());
        let mut row = out.begin(class::UNCLASSIFIED);
        row.source(&panel).text(field::NATIVE_CODE, &format!("sia:{}", event.code));
        let place = Place { panel: &panel, area: event.area, number: event.number, user: event.user };
        panel::write(&mut row, &meaning.unwrap_or(Meaning::UNKNOWN), &place);
        row.text(field::MESSAGE, event.message);
        row.finish();
    }
    Ok(())
}

/// `1061 5154 SX`: an account, and a code of its maker's own.
fn unknown(kind: char, head: &Head<'_>, out: &mut Batch) {
    let mut words = head.rest.split_ascii_whitespace();
    let account = words.next().unwrap_or_default();
    let panel = panel_id(head.receiver, head.line, account);
    let mut row = out.begin(class::UNCLASSIFIED);
    let code = words.next().unwrap_or("-");
    row.source(&panel).text(field::PANEL, &panel);
    row.text(field::NATIVE_CODE, &format!("surgard:{kind}/{code}"));
    row.finish();
}

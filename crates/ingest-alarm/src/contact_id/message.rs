//! The message `Q EEE GG CCC`: a qualifier, an event, an area, and a zone or user.

use crate::codes::Meaning;
use crate::codes::contact_id::{self, Qualifier};
use crate::panel::{self, Place};
use event::field;
use event::row::RowWriter;
use ingest::decoder::Refusal;

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContactId<'a> {
    /// `Q EEE` as sent: `1130`.
    pub code: &'a str,
    /// What `Q` says.
    pub qualifier: Qualifier,
    /// Area; `00` is none.
    pub area: &'a str,
    /// Zone or user; `000` is none.
    pub number: &'a str,
}

/// Reads `1130 01 003`, also without its blanks. What follows behind a bar or a caret is left.
pub(crate) fn parse(text: &str) -> Result<ContactId<'_>, Refusal> {
    let end = text.find(['|', '^', '/']).unwrap_or(text.len());
    let text = text[..end].trim();
    let mut words = text.split_ascii_whitespace();
    let parts = match (words.next(), words.next(), words.next(), words.next()) {
        (Some(code), Some(area), Some(number), None) if code.len() == 4 => Some((code, area, number)),
        (Some(all), None, ..) if all.len() == 9 && all.is_ascii() => Some((&all[..4], &all[4..6], &all[6..])),
        _ => None,
    };
    let (code, area, number) = parts.ok_or_else(|| refusal(text))?;
    let hex = |part: &str, max: usize| part.len() <= max && part.bytes().all(|b| b.is_ascii_hexdigit());
    let qualifier = qualifier(code).filter(|_| hex(code, 4) && hex(area, 3) && hex(number, 4));
    Ok(ContactId { code, qualifier: qualifier.ok_or_else(|| refusal(text))?, area, number })
}

/// Writes what a message says of a panel.
pub(crate) fn write(row: &mut RowWriter<'_>, message: &ContactId<'_>, panel: &str) {
    row.text(field::NATIVE_CODE, &format!("cid:{}", message.code));
    let event = message.code.get(1..).unwrap_or_default();
    let meaning = contact_id::meaning(message.qualifier, event).unwrap_or(Meaning::UNKNOWN);
    panel::write(row, &meaning, &Place { panel, area: message.area, number: message.number, user: "" });
}

fn qualifier(code: &str) -> Option<Qualifier> {
    match code.as_bytes().first()? {
        b'1' => Some(Qualifier::New),
        b'3' => Some(Qualifier::Restore),
        b'6' => Some(Qualifier::StillPresent),
        _ => None,
    }
}

fn refusal(text: &str) -> Refusal {
    let start: String = text.chars().take(24).collect();
    Refusal::malformed(format!("no Contact ID: `{start}`"))
}

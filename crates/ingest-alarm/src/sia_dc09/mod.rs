//! SIA DC-09: the frames that alarm panels send over IP, with SIA DC-03 or Contact ID inside.
//!
//! The source is the panel, `receiver-prefix-account`, as no other number is unique. A frame that is sent
//! again has the same sequence number and data, and so the same native id. `NULL` is the sign of life.
//! Whether a wrong checksum is only marked or refused is set when the decoder is made, and so are the keys of
//! panels that encrypt; what no key opens is refused as encrypted.

use crate::codes::sia;
use crate::codes::{self, Meaning};
use crate::contact_id::message::{self, ContactId};
use crate::panel::{self, Place, panel_id};
use block::SiaEvent;
pub use cipher::{BadKey, Keys};
use event::class::{self, Domain};
use event::field;
use event::reject::Reject;
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::Timestamp;
use frame::Frame;
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::time::Clock;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

pub(crate) mod block;
mod cipher;
mod extended;
mod frame;
#[cfg(test)]
mod tests;

/// Receivers accept frames that are 40 s old; lines and bridges take their time.
pub(crate) const KIND: Kind = Kind::new("*", 60);

/// Between the labels of a list.
const NEXT_TAG: &str = "\u{1f}";

/// The decoder of DC-09 frames.
#[derive(Clone, Debug, Default)]
pub struct SiaDc09 {
    checksum: Checksum,
    keys: Keys,
}

/// What a wrong checksum does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Checksum {
    #[default]
    Marks,
    Refuses,
}

impl SiaDc09 {
    /// Refuses frames whose checksum is wrong (`require_crc: true`), instead of marking their events.
    pub fn requiring_crc() -> Self {
        SiaDc09 { checksum: Checksum::Refuses, ..SiaDc09::default() }
    }

    /// Reads the frames of panels that encrypt, too.
    #[must_use]
    pub fn with_keys(self, keys: Keys) -> Self {
        SiaDc09 { keys, ..self }
    }
}

impl Decoder for SiaDc09 {
    fn format(&self) -> &'static str {
        "sia-dc09"
    }

    fn domain(&self) -> Domain {
        Domain::Alarm
    }

    fn reads(&self) -> &'static str {
        "SIA DC-09 frames of alarm panels, with SIA DC-03 or Contact ID codes"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, &codes::classes_of_panels()).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        frame::quote_of(value).is_some_and(|quote| frame::known_id(&value[quote..]))
            || old_heartbeat(value).is_some()
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let mut rest = record.value;
        if let Some(panel) = old_heartbeat(rest) {
            write_old_heartbeat(&panel, out);
            return Ok(Decoded::Events(KIND));
        }
        let first = out.len();
        while !rest.is_empty() {
            let (frame, next) = frame::parse(rest)?;
            self.frame(&frame, record.clock, out)?;
            rest = next;
        }
        Ok(if out.len() > first { Decoded::Events(KIND) } else { Decoded::Control })
    }
}

impl SiaDc09 {
    fn frame(&self, frame: &Frame<'_>, clock: Clock<'_>, out: &mut Batch) -> Result<(), Refusal> {
        if self.checksum == Checksum::Refuses && !frame.crc_ok {
            return Err(Refusal::new(Reject::Checksum, "the checksum is wrong"));
        }
        if !frame.encrypted {
            return Self::plain(frame, clock, out);
        }
        let sealed = || {
            let detail = format!("`*{}` of account `{}`, and no key opens it", frame.id, frame.account);
            Refusal::new(Reject::Encrypted, detail)
        };
        let plain = self.keys.open(frame.account, frame.data).ok_or_else(sealed)?;
        Self::plain(&frame::opened(frame, &plain)?, clock, out)
    }

    fn plain(frame: &Frame<'_>, clock: Clock<'_>, out: &mut Batch) -> Result<(), Refusal> {
        let data = frame::text(frame.data);
        let mut writer = Writer { frame, clock, panel: String::new(), data: hash(frame.data), index: 0 };
        match frame.id {
            // What receivers answer.
            "ACK" | "NAK" | "DUH" | "RSP" => {}
            "NULL" => writer.heartbeat(out),
            "SIA-DCS" => writer.sia(&data, out)?,
            "ADM-CID" => writer.contact_id(&data, out)?,
            _ => writer.unknown(out),
        }
        Ok(())
    }
}

/// Writes the events of one frame.
struct Writer<'a> {
    frame: &'a Frame<'a>,
    clock: Clock<'a>,
    panel: String,
    data: u64,
    index: u32,
}

impl Writer<'_> {
    fn sia(&mut self, data: &str, out: &mut Batch) -> Result<(), Refusal> {
        let block = block::parse(data)?;
        self.panel = self.panel_id(block.account);
        for event in &block.events {
            self.sia_event(event, out);
        }
        Ok(())
    }

    fn sia_event(&mut self, event: &SiaEvent<'_>, out: &mut Batch) {
        let meaning = sia::meaning_with_user(event.code, !panel::plain(event.user).is_empty());
        let mut row = out.begin(class::UNCLASSIFIED);
        row.text(field::NATIVE_CODE, &format!("sia:{}", event.code));
        let place = Place { panel: &self.panel, area: event.area, number: event.number, user: event.user };
        panel::write(&mut row, &meaning.unwrap_or(Meaning::UNKNOWN), &place);
        row.text(field::MESSAGE, event.message);
        self.envelope(&mut row);
        row.finish();
    }

    fn contact_id(&mut self, data: &str, out: &mut Batch) -> Result<(), Refusal> {
        let (account, rest) = block::account(data)?;
        self.panel = self.panel_id(account);
        let message: ContactId<'_> = message::parse(rest)?;
        let mut row = out.begin(class::UNCLASSIFIED);
        message::write(&mut row, &message, &self.panel);
        self.envelope(&mut row);
        row.finish();
        Ok(())
    }

    fn heartbeat(&mut self, out: &mut Batch) {
        self.panel = self.panel_id("");
        let mut row = out.begin(class::HEALTH_HEARTBEAT);
        row.text(field::NATIVE_CODE, "dc09:NULL").text(field::PANEL, &self.panel).source(&self.panel);
        self.time_and_tags(&mut row);
        row.finish();
    }

    /// A kind of message that is not read here (R13).
    fn unknown(&mut self, out: &mut Batch) {
        self.panel = self.panel_id("");
        let mut row = out.begin(class::UNCLASSIFIED);
        row.text(field::NATIVE_CODE, &format!("dc09:{}", self.frame.id)).text(field::PANEL, &self.panel);
        self.envelope(&mut row);
        row.finish();
    }

    fn panel_id(&self, account_of_block: &str) -> String {
        let header = self.frame.account;
        panel_id(
            self.frame.receiver,
            self.frame.prefix,
            if header.is_empty() { account_of_block } else { header },
        )
    }

    fn envelope(&mut self, row: &mut RowWriter<'_>) {
        row.source(&self.panel).seq(self.frame.seq);
        // Supervision and some tests have no number of their own: two of them are two.
        if self.frame.seq != 0 {
            row.native_id(&format!("{:04}:{:016x}:{}", self.frame.seq, self.data, self.index));
        }
        self.index += 1;
        extended::write(row, &self.frame.extended);
        self.time_and_tags(row);
    }

    fn time_and_tags(&self, row: &mut RowWriter<'_>) {
        // `H` is when it happened, the frame's own time when that was sent.
        let happened =
            self.frame.extended.iter().find(|(letter, _)| *letter == b'H').map(|(_, value)| *value);
        let time = happened.and_then(time_of).or_else(|| time_of(self.frame.time));
        if let Some(time) = time.and_then(|time| self.clock.local(time)) {
            self.put_time(row, time);
        }
        let mut tags = Vec::new();
        tags.extend((!self.frame.crc_ok).then_some("integrity:crc"));
        tags.extend((!self.frame.length_ok).then_some("integrity:length"));
        row.text(field::TAGS, &tags.join(NEXT_TAG));
    }

    /// By the standard the time is UTC; where the topic says another zone, that was a guess for this panel.
    fn put_time(&self, row: &mut RowWriter<'_>, time: Timestamp) {
        row.device_time(time, TimeQuality::Device);
        if *self.clock.zone != TimeZone::UTC {
            row.zone_assumed();
        }
    }
}

/// `13:44:48,08-17-2022`: month first. What is cut or no time at all is none.
fn time_of(text: &[u8]) -> Option<DateTime> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let (time, date) = text.split_once(',')?;
    if time.len() != 8 || date.len() != 10 {
        return None;
    }
    let part = |text: &str, at: usize| text.get(at..at + 2)?.parse::<i8>().ok();
    let year = date.get(6..10)?.parse().ok()?;
    let (hour, minute, second) = (part(time, 0)?, part(time, 3)?, part(time, 6)?);
    DateTime::new(year, part(date, 0)?, part(date, 3)?, hour, minute, second.min(59), 0).ok()
}

/// The panel of an old heartbeat: `SR0001L0001    006969XX    [ID00000000]`, where NULs may stand for blanks.
fn old_heartbeat(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value.get(..value.len().min(64))?).ok()?.replace('\0', " ");
    let (receiver, rest) = text.strip_prefix("SR")?.split_once('L')?;
    let (prefix, rest) = rest.split_once(' ')?;
    let (account, rest) = rest.trim_start().split_once("XX")?;
    let plain = |part: &str| (1..=16).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit());
    let fits = [receiver, prefix, account].into_iter().all(plain) && rest.trim_start().starts_with("[ID");
    fits.then(|| panel_id(receiver, prefix, account))
}

fn write_old_heartbeat(panel: &str, out: &mut Batch) {
    let mut row = out.begin(class::HEALTH_HEARTBEAT);
    row.source(panel).text(field::NATIVE_CODE, "dc09:SR").text(field::PANEL, panel);
    row.finish();
}

/// FNV-1a of the data block: tells a frame that is sent again from another one with its number.
fn hash(data: &[u8]) -> u64 {
    data.iter().fold(0xCBF2_9CE4_8422_2325, |hash, b| (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3))
}

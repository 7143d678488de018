//! Envisalink: the third-party interface of Honeywell and of DSC panels.
//!
//! ```text
//! %00,01,1C08,08,00,****DISARMED****  Ready to Arm  $    Honeywell: a keypad's state
//! %01,…$ zones as bits   %02,…$ partitions   %03,113001005$ Contact ID as it is reported   ^… answers
//! 6011003CC                                              DSC: code, data, checksum
//! ```
//! `%03` and DSC's codes are events. The keypad repeats its text every few seconds and the bitmaps are whole
//! states, so they are values: snapshots, which raise nothing. Of a zone bitmap only the zones that are open are
//! said; the bytes stand in the order in which the zones are counted. Neither form has a time or names its
//! panel; the panel is the record's key.

use crate::codes;
use crate::contact_id::message;
use crate::panel::plain;
use crate::sia_dc09::KIND;
use event::class::{self, ClassId, Domain, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter};
use ingest::decoder::{Decoded, Decoder, Production, Record, Refusal, changes, values};

mod dsc;
#[cfg(test)]
mod tests;

/// What a panel is called that no key names.
const NO_NAME: &str = "envisalink";

/// The decoder of Envisalink's messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Envisalink;

impl Decoder for Envisalink {
    fn format(&self) -> &'static str {
        "envisalink"
    }

    fn domain(&self) -> Domain {
        Domain::Alarm
    }

    fn reads(&self) -> &'static str {
        "Envisalink TPI messages of Honeywell and DSC panels"
    }

    fn produces(&self) -> Vec<Production> {
        let mut classes: Vec<ClassId> = codes::contact_id::classes().chain(dsc::classes()).collect();
        classes.extend([class::UNCLASSIFIED]);
        classes.sort_unstable();
        classes.dedup();
        let of_keypad = [
            class::PANEL_ARMED,
            class::PANEL_DISARMED,
            class::SENSOR_OPENED,
            class::INTRUSION_ALARM,
            class::FIRE_ALARM,
            class::HEALTH_BATTERY_LOW,
            class::HEALTH_POWER_LOST,
        ];
        changes(KIND, &classes).chain(values(KIND, &of_keypad)).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(value) else { return false };
        honeywell(text.trim()).is_some() || dsc::parse(text.trim()).is_some()
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?.trim();
        let panel = record.key_text().map(str::trim).filter(|key| !key.is_empty()).unwrap_or(NO_NAME);
        if text.starts_with('^') && text.ends_with('$') {
            return Ok(Decoded::Control);
        }
        let first = out.len();
        match (honeywell(text), dsc::parse(text)) {
            (Some((kind, rest)), _) => write(kind, rest, panel, out)?,
            (None, Some(command)) => dsc::write(&command, panel, out),
            (None, None) => return Err(Refusal::malformed("neither `%NN,…$` nor a code with its checksum")),
        }
        Ok(if out.len() > first { Decoded::Events(KIND) } else { Decoded::Control })
    }
}

/// `%00,rest$`.
fn honeywell(text: &str) -> Option<(&str, &str)> {
    let (kind, rest) = text.strip_prefix('%')?.strip_suffix('$')?.split_once(',')?;
    (kind.len() == 2 && kind.bytes().all(|b| b.is_ascii_hexdigit())).then_some((kind, rest))
}

fn write(kind: &str, rest: &str, panel: &str, out: &mut Batch) -> Result<(), Refusal> {
    match kind {
        "00" => keypad(rest, panel, out)?,
        "01" => zones(rest, panel, out),
        "02" => partitions(rest, panel, out),
        "03" => {
            let mut row = out.begin(class::UNCLASSIFIED);
            row.source(panel);
            message::write(&mut row, &message::parse(rest)?, panel);
            row.finish();
        }
        _ => {
            let mut row = out.begin(class::UNCLASSIFIED);
            row.source(panel)
                .text(field::NATIVE_CODE, &format!("envisalink:%{kind}"))
                .text(field::PANEL, panel);
            row.finish();
        }
    }
    Ok(())
}

fn begin<'b>(out: &'b mut Batch, class: ClassId, (panel, code): (&str, &str)) -> RowWriter<'b> {
    let mut row = out.begin(class);
    row.source(panel).lifecycle(Lifecycle::Snapshot);
    row.text(field::NATIVE_CODE, &format!("envisalink:{code}")).text(field::PANEL, panel);
    row
}

/// Partition, sixteen bits, zone or user, beeps, text.
fn keypad(rest: &str, panel: &str, out: &mut Batch) -> Result<(), Refusal> {
    let parts: Vec<&str> = rest.splitn(5, ',').collect();
    let [partition, flags, zone, _, text] = parts[..] else {
        return Err(Refusal::malformed("a keypad's state has five parts"));
    };
    let flags =
        u16::from_str_radix(flags, 16).map_err(|_| Refusal::malformed("the keypad's bits are no hex"))?;
    let bit = |at: u16| flags >> at & 1 == 1;
    let partition = format!("{panel}/{}", plain(partition));
    let (away, stay, instant) = (bit(2), bit(15), bit(7));
    let class = if away || stay { class::PANEL_ARMED } else { class::PANEL_DISARMED };
    let mut row = begin(out, class, (panel, "%00"));
    row.text(field::PARTITION, &partition);
    let level = if stay { "stay" } else { "away" };
    row.maybe(field::ARM_LEVEL, (away || stay).then_some(level)).text(field::MESSAGE, text.trim());
    if instant && class == class::PANEL_ARMED {
        row.text(field::ARM_METHOD, "quick");
    }
    row.finish();
    if text.trim_start().starts_with("FAULT ") {
        let mut row = begin(out, class::SENSOR_OPENED, (panel, "%00"));
        row.text(field::SENSOR, &format!("{partition}/{}", plain(zone)));
        row.finish();
    }
    let conditions = [
        (bit(0), class::INTRUSION_ALARM),
        (bit(13), class::FIRE_ALARM),
        (bit(14), class::HEALTH_BATTERY_LOW),
        (!bit(3), class::HEALTH_POWER_LOST),
    ];
    for (_, class) in conditions.into_iter().filter(|(active, _)| *active) {
        let mut row = begin(out, class, (panel, "%00"));
        row.text(field::PARTITION, &partition);
        row.finish();
    }
    Ok(())
}

/// Open zones, eight a byte, the lowest bit first.
fn zones(rest: &str, panel: &str, out: &mut Batch) {
    for (at, digits) in rest.as_bytes().chunks(2).enumerate().take(32) {
        let byte =
            std::str::from_utf8(digits).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0);
        for bit in (0..8).filter(|bit| byte >> bit & 1 == 1) {
            let mut row = begin(out, class::SENSOR_OPENED, (panel, "%01"));
            row.text(field::SENSOR, &format!("{panel}/0/{}", at * 8 + bit + 1));
            row.finish();
        }
    }
}

/// One byte a partition: ready, armed, in alarm.
fn partitions(rest: &str, panel: &str, out: &mut Batch) {
    for (at, digits) in rest.as_bytes().chunks(2).enumerate().take(8) {
        let state = std::str::from_utf8(digits).unwrap_or_default();
        let (class, level) = match state {
            "01" | "02" | "03" => (class::PANEL_DISARMED, None),
            "04" | "06" => (class::PANEL_ARMED, Some("stay")),
            "05" | "07" => (class::PANEL_ARMED, Some("away")),
            "08" => (class::INTRUSION_ALARM, None),
            _ => continue,
        };
        let mut row = begin(out, class, (panel, "%02"));
        row.text(field::PARTITION, &format!("{panel}/{}", at + 1)).maybe(field::ARM_LEVEL, level);
        row.finish();
    }
}

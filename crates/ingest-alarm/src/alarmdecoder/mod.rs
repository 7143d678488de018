//! AlarmDecoder AD2: what the keypad bus of Ademco and DSC panels says.
//!
//! ```text
//! [10000001000000000A--],003,[f70000051003000008020000000000],"FAULT 03"     state of the keypad
//! !LRR:012,1,CID_1123,ff                                                        what a long-range radio sends
//! !RFX:0180036,80   !EXP:07,01,01   !REL:12,01,01                               wireless points, expanders, relays
//! ```
//! `!LRR` is the event. The keypad repeats its state every few seconds, so its bits are values: they are
//! snapshots, which correct what is known and raise nothing. The panel has no name of its own on the bus; it is
//! the record's key. There is no time in any message.

use crate::codes::{self, Meaning, contact_id::Qualifier};
use crate::panel::{self, Place};
use crate::sia_dc09::KIND;
use event::class::{self, ClassId, Domain, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter};
use ingest::decoder::{Decoded, Decoder, Production, Record, Refusal, changes, values};

#[cfg(test)]
mod tests;

/// What the bus calls itself where no key names the panel.
const NO_NAME: &str = "ad2";

/// Messages of the board about itself.
const OF_THE_BOARD: &[&str] =
    &["!CONFIG>", "!VER:", "!Sending", "!Reader", "!Ready", "!boot", "!LOAD", "!>", "!UART"];

/// Names that firmware before Contact ID gave to what radios send, and what they mean.
const NAMES: &[(&str, &str)] = &[
    ("ACLOSS", "1301"),
    ("AC_RESTORE", "3301"),
    ("ALARM_AUDIBLE", "1123"),
    ("ALARM_AUX", "1150"),
    ("ALARM_ENTRY", "1134"),
    ("ALARM_EXIT_ERROR", "1374"),
    ("ALARM_FIRE", "1110"),
    ("ALARM_PANIC", "1120"),
    ("ALARM_PERIMETER", "1131"),
    ("ALARM_SILENT", "1122"),
    ("ARM_AWAY", "3401"),
    ("ARM_STAY", "3441"),
    ("BYPASS", "1570"),
    ("CANCEL", "1406"),
    ("LOWBAT", "1302"),
    ("LOWBAT_RESTORE", "3302"),
    ("OPEN", "1401"),
    ("RFLOWBAT", "1384"),
    ("TEST_CALL", "1602"),
    ("TROUBLE", "1380"),
    ("TROUBLE_RESTORE", "3380"),
];

/// The decoder of AlarmDecoder's messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlarmDecoder;

impl Decoder for AlarmDecoder {
    fn format(&self) -> &'static str {
        "alarmdecoder"
    }

    fn domain(&self) -> Domain {
        Domain::Alarm
    }

    fn reads(&self) -> &'static str {
        "AlarmDecoder AD2 messages of Ademco and DSC keypad buses"
    }

    fn produces(&self) -> Vec<Production> {
        let mut classes: Vec<ClassId> = codes::contact_id::classes().collect();
        classes.extend([
            class::SENSOR_ACTIVE,
            class::SENSOR_INACTIVE,
            class::OUTPUT_ACTIVATED,
            class::OUTPUT_DEACTIVATED,
            class::HEALTH_BATTERY_LOW,
            class::HEALTH_POWER_LOST,
            class::HEALTH_FAULT,
            class::UNCLASSIFIED,
        ]);
        classes.sort_unstable();
        classes.dedup();
        let of_keypad = [class::PANEL_ARMED, class::PANEL_DISARMED, class::SENSOR_OPENED];
        changes(KIND, &classes).chain(values(KIND, &of_keypad)).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(value) else { return false };
        let text = text.trim();
        let known = ["!LRR:", "!RFX:", "!EXP:", "!REL:", "!AUI:", "!KPM:["];
        text.len() <= 512
            && (keypad(text).is_some()
                || known.iter().chain(OF_THE_BOARD).any(|start| text.starts_with(start)))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?.trim();
        let panel = record.key_text().map(str::trim).filter(|key| !key.is_empty()).unwrap_or(NO_NAME);
        if OF_THE_BOARD.iter().any(|start| text.starts_with(start)) {
            return Ok(Decoded::Control);
        }
        if let Some(state) = keypad(text.strip_prefix("!KPM:").unwrap_or(text)) {
            write_keypad(&state, panel, out);
            return Ok(Decoded::Events(KIND));
        }
        let message = text.strip_prefix('!').and_then(|text| text.split_once(':'));
        let (kind, rest) = message.ok_or_else(|| Refusal::malformed("neither a keypad's state nor `!…:`"))?;
        let parts: Vec<&str> = rest.split(',').map(str::trim).collect();
        let mut row = out.begin(class::UNCLASSIFIED);
        row.source(panel);
        match (kind, &parts[..]) {
            ("LRR", [number, area, code, ..]) => write_radio(&mut row, panel, (number, area, code)),
            ("RFX", [serial, bits, ..]) => write_wireless(&mut row, panel, (serial, bits)),
            ("EXP", [address, channel, value, ..]) => {
                let class = if is_on(value) { class::SENSOR_ACTIVE } else { class::SENSOR_INACTIVE };
                row.class(class).text(field::NATIVE_CODE, "ad2:EXP").text(field::PANEL, panel);
                row.text(
                    field::SENSOR,
                    &format!("{panel}/exp/{}/{}", panel::plain(address), panel::plain(channel)),
                );
            }
            ("REL", [address, channel, value, ..]) => {
                let class = if is_on(value) { class::OUTPUT_ACTIVATED } else { class::OUTPUT_DEACTIVATED };
                row.class(class).text(field::NATIVE_CODE, "ad2:REL");
                row.text(
                    field::DEVICE,
                    &format!("{panel}/rel/{}/{}", panel::plain(address), panel::plain(channel)),
                );
            }
            _ => {
                row.text(field::NATIVE_CODE, &format!("ad2:{kind}")).text(field::PANEL, panel);
            }
        }
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn is_on(value: &str) -> bool {
    !panel::plain(value).is_empty()
}

/// What a keypad shows.
struct Keypad<'a> {
    bits: &'a str,
    zone: &'a str,
    text: &'a str,
}

/// `[bits],number,[raw],"text"`.
fn keypad(text: &str) -> Option<Keypad<'_>> {
    let (bits, rest) = text.strip_prefix('[')?.split_once("],")?;
    let (zone, rest) = rest.split_once(",[")?;
    let (_, text) = rest.split_once("],")?;
    let fits = bits.len() >= 18 && bits.is_ascii() && zone.len() <= 4;
    fits.then(|| Keypad { bits, zone, text: text.trim_matches('"').trim() })
}

/// The bits, counted from 1 as the board's description does.
fn write_keypad(state: &Keypad<'_>, panel: &str, out: &mut Batch) {
    let bit = |at: usize| state.bits.as_bytes().get(at - 1) == Some(&b'1');
    let armed = bit(2) || bit(3);
    let mut row = begin(out, if armed { class::PANEL_ARMED } else { class::PANEL_DISARMED }, panel);
    row.lifecycle(Lifecycle::Snapshot);
    let level = match () {
        () if bit(16) => Some("perimeter"),
        () if bit(2) => Some("away"),
        () if bit(3) => Some("stay"),
        () => None,
    };
    row.maybe(field::ARM_LEVEL, level);
    row.text(field::MESSAGE, state.text);
    row.finish();
    if let Some(zone) = state.text.strip_prefix("FAULT ").and_then(|rest| rest.split(' ').next()) {
        let mut row = begin(out, class::SENSOR_OPENED, panel);
        row.lifecycle(Lifecycle::Snapshot);
        row.text(field::SENSOR, &format!("{panel}/0/{}", panel::plain(zone)));
        row.finish();
    }
    let conditions = [
        (bit(11), class::INTRUSION_ALARM),
        (bit(14), class::FIRE_ALARM),
        (bit(12), class::HEALTH_BATTERY_LOW),
        (bit(15), class::HEALTH_FAULT),
    ];
    for (_, class) in conditions.into_iter().filter(|(active, _)| *active) {
        let mut row = begin(out, class, panel);
        row.lifecycle(Lifecycle::Snapshot).text(field::MESSAGE, state.text);
        if class == class::HEALTH_FAULT {
            row.text(field::FAULT_KIND, "supervision");
            row.text(field::SENSOR, &format!("{panel}/0/{}", panel::plain(state.zone)));
        }
        row.finish();
    }
}

fn begin<'b>(out: &'b mut Batch, class: ClassId, panel: &str) -> RowWriter<'b> {
    let mut row = out.begin(class);
    row.source(panel).text(field::NATIVE_CODE, "ad2:keypad").text(field::PANEL, panel);
    row
}

/// A message of the radio: number, partition, and a code or a name.
fn write_radio(row: &mut RowWriter<'_>, panel: &str, (number, area, code): (&str, &str, &str)) {
    let named = NAMES.iter().find(|(name, _)| *name == code).map(|(_, code)| *code);
    let cid = named.or(code.strip_prefix("CID_")).filter(|cid| cid.len() == 4 && cid.is_ascii());
    match cid {
        Some(cid) => row.text(field::NATIVE_CODE, &format!("cid:{cid}")),
        None => row.text(field::NATIVE_CODE, &format!("ad2:LRR/{code}")),
    };
    let qualifier = match cid.and_then(|cid| cid.bytes().next()) {
        Some(b'1') => Some(Qualifier::New),
        Some(b'3') => Some(Qualifier::Restore),
        Some(b'6') => Some(Qualifier::StillPresent),
        _ => None,
    };
    let meaning = qualifier.zip(cid).and_then(|(q, cid)| codes::contact_id::meaning(q, &cid[1..]));
    panel::write(row, &meaning.unwrap_or(Meaning::UNKNOWN), &Place { panel, area, number, user: "" });
}

/// A wireless point: its serial number, and bits of battery, supervision and four loops.
fn write_wireless(row: &mut RowWriter<'_>, panel: &str, (serial, bits): (&str, &str)) {
    let bits = u8::from_str_radix(bits, 16).unwrap_or(0);
    let class = match () {
        () if bits & 0x02 != 0 => class::HEALTH_BATTERY_LOW,
        () if bits & 0xF0 != 0 => class::SENSOR_ACTIVE,
        () => class::SENSOR_INACTIVE,
    };
    row.class(class).text(field::NATIVE_CODE, "ad2:RFX").text(field::PANEL, panel);
    row.text(field::SENSOR, &format!("{panel}/rfx/{serial}"));
}

//! Hikvision's terminals and door controllers: `AccessControllerEvent`, as JSON or XML, alone or in front of a
//! picture in a multipart body.
//!
//! ```text
//! {"eventType":"AccessControllerEvent","dateTime":…,"AccessControllerEvent":{"majorEventType":5,"subEventType":75,…}}
//! ```
//! What happened is a pair of numbers, `major`/`minor` in older firmware. A table of the public ones says what
//! they are; the others are `unclassified` with both. `serialNo` counts on the device, so it is the sequence
//! and, with the device and the time, the id. Some firmware leaves the offset of the time out.

use crate::words;
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json;
use ingest::xml;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

/// Major and minor, what they are, and the method or reason that they say.
const CODES: &[(u32, u32, ClassId, &str)] = &[
    (5, 1, class::ACCESS_GRANTED, "card"),
    (5, 2, class::ACCESS_GRANTED, "card_pin"),
    (5, 3, class::ACCESS_DENIED, "wrong_pin"),
    (5, 6, class::ACCESS_DENIED, "no_permission"),
    (5, 7, class::ACCESS_DENIED, "wrong_time"),
    (5, 8, class::ACCESS_DENIED, "expired"),
    (5, 9, class::ACCESS_DENIED, "unknown_credential"),
    (5, 10, class::ACCESS_DENIED, "antipassback"),
    (5, 11, class::ACCESS_DENIED, "interlock"),
    (5, 12, class::ACCESS_DENIED, "two_person"),
    (5, 21, class::DOOR_UNLOCKED, ""),
    (5, 22, class::DOOR_LOCKED, ""),
    (5, 23, class::DOOR_EXIT_REQUESTED, ""),
    (5, 25, class::DOOR_OPENED, ""),
    (5, 26, class::DOOR_CLOSED, ""),
    (5, 27, class::DOOR_FORCED, ""),
    (5, 28, class::DOOR_HELD, ""),
    (5, 38, class::ACCESS_GRANTED, "fingerprint"),
    (5, 39, class::ACCESS_DENIED, "biometric_mismatch"),
    (5, 75, class::ACCESS_GRANTED, "face"),
    (5, 76, class::ACCESS_DENIED, "biometric_mismatch"),
    (3, 1024, class::DOOR_COMMANDED, "unlock"),
    (3, 1025, class::DOOR_COMMANDED, "lock"),
    (3, 1026, class::DOOR_COMMANDED, "unblock"),
    (3, 1027, class::DOOR_COMMANDED, "block"),
    (2, 1024, class::HEALTH_OFFLINE, ""),
    (2, 1025, class::HEALTH_ONLINE, ""),
];

/// The decoder of Hikvision's terminals.
#[derive(Clone, Copy, Debug, Default)]
pub struct HikvisionAcs;

struct Event {
    leaves: Vec<(String, String)>,
}

impl Event {
    fn get(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let found = self.leaves.iter().find(|(known, value)| known == name && !value.trim().is_empty());
            found.map(|(_, value)| value.trim())
        })
    }

    fn number(&self, names: &[&str]) -> Option<u32> {
        self.get(names)?.parse().ok()
    }
}

impl Decoder for HikvisionAcs {
    fn format(&self) -> &'static str {
        "hikvision-acs"
    }

    fn domain(&self) -> Domain {
        Domain::Badge
    }

    fn reads(&self) -> &'static str {
        "Hikvision terminals and door controllers: AccessControllerEvent as JSON, XML or multipart"
    }

    fn produces(&self) -> Vec<Production> {
        let mut classes: Vec<ClassId> = CODES.iter().map(|(_, _, class, _)| *class).collect();
        classes.push(class::UNCLASSIFIED);
        classes.sort_unstable();
        classes.dedup();
        changes(KIND, &classes).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        json::holds(value, "AccessControllerEvent")
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let event = read(record.value)?;
        if event.get(&["eventType"]).is_some_and(|kind| kind.eq_ignore_ascii_case("heartBeat")) {
            return Ok(Decoded::Control);
        }
        let major = event.number(&["majorEventType", "major"]);
        let minor = event.number(&["subEventType", "minor", "minorEventType"]);
        let (Some(major), Some(minor)) = (major, minor) else {
            return Err(Refusal::malformed("no major and minor number of an event"));
        };
        let known = CODES.iter().find(|(a, b, ..)| (*a, *b) == (major, minor));
        let (class, said) = known.map_or((class::UNCLASSIFIED, ""), |(_, _, class, said)| (*class, *said));
        let mut row = out.begin(class);
        row.text(field::NATIVE_CODE, &format!("hikvision-acs:{major}/{minor}"));
        write(&mut row, (class, said), &event, record);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

/// The event in a body: what stands between the first and the last mark of its notation.
fn read(value: &[u8]) -> Result<Event, Refusal> {
    // Behind it may stand a picture.
    let text = String::from_utf8_lossy(value);
    let head =
        text.find("AccessControllerEvent").ok_or_else(|| Refusal::malformed("no AccessControllerEvent"))?;
    if text[..head].contains('{') {
        let start = text.find('{').unwrap_or_default();
        let end = text.rfind('}').ok_or_else(|| Refusal::truncated("the event is not closed"))?;
        let body = text.get(start..=end).unwrap_or_default();
        return Ok(Event { leaves: json::leaves(body)? });
    }
    let start =
        text.find("<EventNotificationAlert").or(text.find("<AccessControllerEvent")).unwrap_or_default();
    let end = text.rfind("</").and_then(|at| Some(at + text[at..].find('>')? + 1));
    let end = end.filter(|end| *end > start).ok_or_else(|| Refusal::truncated("the event is not closed"))?;
    let leaves = xml::leaves(&text[start..end])?;
    let named = |(path, value): (Vec<String>, String)| Some((path.last()?.clone(), value));
    Ok(Event { leaves: leaves.into_iter().filter_map(named).collect() })
}

fn write(row: &mut RowWriter<'_>, (class, said): (ClassId, &str), event: &Event, record: &Record<'_>) {
    if let Some((time, assumed)) = event.get(&["dateTime", "time"]).and_then(|text| record.clock.sent(text)) {
        row.device_time(time, TimeQuality::Device);
        if assumed {
            row.zone_assumed();
        }
    }
    let device = event.get(&["macAddress", "deviceID", "shortSerialNumber", "ipAddress", "deviceName"]);
    if let Some(device) = device {
        row.source(device);
    }
    let device = device.unwrap_or("terminal");
    if let Some(serial) = event.get(&["serialNo"]).and_then(|text| text.parse::<u64>().ok()) {
        let time = event.get(&["dateTime", "time"]).unwrap_or_default();
        row.seq(serial).native_id(&format!("{device}:{serial}:{time}"));
    }
    let noun = class.def().map(|def| def.noun()).unwrap_or_default();
    if noun == "health" {
        row.text(field::DEVICE, device);
        return;
    }
    row.text(field::DOOR, &format!("{device}/{}", event.get(&["doorNo"]).unwrap_or("1")));
    row.maybe(
        field::READER,
        event.get(&["cardReaderNo"]).map(|no| format!("{device}/reader/{no}")).as_deref(),
    );
    row.maybe(field::PERSON, event.get(&["employeeNoString", "employeeNo"]));
    row.maybe(field::USER, event.get(&["name"])).maybe(field::CREDENTIAL, event.get(&["cardNo"]));
    let method = event.get(&["currentVerifyMode"]).and_then(method);
    match class {
        class::ACCESS_GRANTED => {
            row.text(field::ACCESS_METHOD, said);
        }
        class::ACCESS_DENIED => {
            row.text(field::REASON, said).maybe(field::ACCESS_METHOD, method);
        }
        class::DOOR_COMMANDED => {
            row.text(field::ACTION, said).maybe(field::OPERATOR, event.get(&["remoteHostAddr", "operator"]));
        }
        _ => {}
    }
    if let Some(severity) = words::severity(class) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
}

fn method(word: &str) -> Option<&'static str> {
    Some(match word {
        "card" => "card",
        "cardAndPw" => "card_pin",
        "pw" | "employeeNoAndPw" => "pin",
        "fp" => "fingerprint",
        "face" => "face",
        _ => return None,
    })
}

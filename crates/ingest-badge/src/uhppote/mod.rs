//! UHPPOTE controllers, as `uhppoted-mqtt` publishes their events.
//!
//! ```text
//! {"device-id":405419896,"event-id":24,"event-type":2,"access-granted":true,"card-number":…,"door-id":1,…}
//! {"message":{"event":{…}}}   as it stands in its topics
//! ```
//! `event-id` counts without gaps on one controller, so with the controller's it is the id, and the sequence.
//! The events of `events` and of `events/live` are the same ones. The reason, a number, says what happened;
//! without one the type does. Times name a zone by its abbreviation.

use crate::words;
use event::class::{self, ClassId, Domain, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{PathList, Values, Word, looks_like_object};
use ingest::json_paths;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

/// Controllers are polled (classes.md §6); what is live comes sooner.
const KIND: Kind = Kind::new("*", 900);

/// Numbers of reasons, and what they say.
const REASONS: &[(i64, ClassId, &str)] = &[
    (1, class::ACCESS_GRANTED, ""),
    (5, class::ACCESS_DENIED, "policy"),
    (6, class::ACCESS_DENIED, "no_permission"),
    (7, class::ACCESS_DENIED, "wrong_pin"),
    (8, class::ACCESS_DENIED, "antipassback"),
    (9, class::ACCESS_DENIED, "two_person"),
    (10, class::ACCESS_DENIED, "policy"),
    (11, class::ACCESS_DENIED, "lockdown"),
    (12, class::ACCESS_DENIED, "interlock"),
    (13, class::ACCESS_DENIED, "occupancy"),
    (15, class::ACCESS_DENIED, "wrong_time"),
    (18, class::ACCESS_DENIED, "other"),
    (20, class::DOOR_EXIT_REQUESTED, ""),
    (23, class::DOOR_OPENED, ""),
    (24, class::DOOR_CLOSED, ""),
    (25, class::ACCESS_GRANTED, "pin"),
    (28, class::HEALTH_RESTARTED, ""),
    (29, class::HEALTH_RESTARTED, ""),
    (34, class::DURESS_ALARM, ""),
    (37, class::DOOR_HELD, ""),
    (38, class::DOOR_FORCED, ""),
    (39, class::FIRE_ALARM, ""),
    (43, class::PANIC_ALARM, ""),
    (44, class::DOOR_COMMANDED, "unlock"),
];

json_paths! {
    UHPPOTE {
        DEVICE: "device-id",
        EVENT: "event-id",
        TYPE: "event-type",
        TYPE_TEXT: "event-type-text",
        GRANTED: "access-granted",
        DOOR: "door-id",
        DIRECTION: "direction",
        DIRECTION_TEXT: "direction-text",
        CARD: "card-number",
        REASON: "event-reason",
        REASON_TEXT: "event-reason-text",
        TIME: "timestamp",
    }
}

type Event<'a> = Values<'a, { Place::Count as usize }>;

static WORDS: LazyLock<[Word; 3]> = LazyLock::new(|| ["device-id", "event-id", "event-type"].map(Word::new));
static INNER: LazyLock<PathList> =
    LazyLock::new(|| PathList::new(["message/event{}", "event{}", "message{}"]));

/// The decoder of UHPPOTE's events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uhppote;

impl Decoder for Uhppote {
    fn format(&self) -> &'static str {
        "uhppote"
    }

    fn domain(&self) -> Domain {
        Domain::Badge
    }

    fn reads(&self) -> &'static str {
        "Events of UHPPOTE controllers, as uhppoted-mqtt publishes them"
    }

    fn produces(&self) -> Vec<Production> {
        let mut classes: Vec<ClassId> = REASONS.iter().map(|(_, class, _)| *class).collect();
        classes.push(class::UNCLASSIFIED);
        classes.sort_unstable();
        classes.dedup();
        changes(KIND, &classes).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        looks_like_object(value) && WORDS.iter().all(|word| word.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        let inner = INNER.read(text)?;
        let text = inner.iter().find_map(|value| value.raw()).unwrap_or(text);
        let event = UHPPOTE.read(text)?;
        let (Some(device), Some(number)) = (event[DEVICE].written(), event[EVENT].int()) else {
            return Err(Refusal::malformed("no `device-id` and `event-id`"));
        };
        let reason = event[REASON].int().unwrap_or(0);
        let (class, said) = meaning(&event, reason);
        let mut row = out.begin(class);
        row.source(&device)
            .text(field::NATIVE_CODE, &format!("uhppote:{}/{reason}", event[TYPE].int().unwrap_or(0)));
        row.native_id(&format!("{device}:{number}"));
        if let Ok(number) = u64::try_from(number) {
            row.seq(number);
        }
        if let Some((time, assumed)) = event[TIME].text().and_then(|text| record.clock.sent(text)) {
            row.device_time(time, TimeQuality::Device);
            if assumed {
                row.zone_assumed();
            }
        }
        write(&mut row, (class, said), &event, &device);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn meaning(event: &Event<'_>, reason: i64) -> (ClassId, &'static str) {
    let known = REASONS.iter().find(|(number, ..)| *number == reason).map(|(_, class, said)| (*class, *said));
    match (known, event[GRANTED].truth(), event[TYPE].int()) {
        (Some(known), ..) => known,
        (None, Some(true), Some(1 | 2) | None) => (class::ACCESS_GRANTED, ""),
        (None, Some(false), Some(1)) => (class::ACCESS_DENIED, "unknown"),
        _ => (class::UNCLASSIFIED, ""),
    }
}

fn write(row: &mut RowWriter<'_>, (class, said): (ClassId, &str), event: &Event<'_>, device: &str) {
    row.text(field::CONTROLLER, device);
    if let Some(door) = event[DOOR].int().filter(|door| *door > 0) {
        row.text(field::DOOR, &format!("{device}/{door}"));
    }
    let direction = match event[DIRECTION].int() {
        Some(1) => Some("in"),
        Some(2) => Some("out"),
        _ => event[DIRECTION_TEXT].text().filter(|word| matches!(*word, "in" | "out")),
    };
    row.maybe(field::DIRECTION, direction);
    if event[CARD].int() != Some(0) {
        row.maybe(field::CREDENTIAL, event[CARD].written().as_deref());
    }
    row.maybe(field::NATIVE_REASON, event[REASON_TEXT].text().or(event[TYPE_TEXT].text()));
    match class {
        class::ACCESS_DENIED => {
            row.text(field::REASON, said);
        }
        class::DOOR_COMMANDED => {
            row.text(field::ACTION, said);
        }
        class::ACCESS_GRANTED if said == "pin" => {
            row.text(field::ACCESS_METHOD, said).text(field::USER, "supervisor");
        }
        class::DOOR_HELD | class::DOOR_FORCED => {
            row.lifecycle(Lifecycle::New);
        }
        _ => {}
    }
    if let Some(severity) = words::severity(class) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
}

//! Verkada webhooks: one envelope for doors, cameras, alarms and guests.
//!
//! ```text
//! {"org_id":…,"webhook_type":"notification","webhook_id":…,"created_at":…,"data":{"notification_type":"door_forced_open",…}}
//! ```
//! What happened is `notification_type`; its parts say whether a door let somebody in. Deliveries are repeated
//! on a time-out, so `event_id` (else the webhook's own id) is what an event is known by.

use crate::words;
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::fold;
use ingest::json::{Values, Word, looks_like_object};
use ingest::json_paths;
use ingest::time::epoch;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

/// Parts of types, and what they are; the first that is in the type counts.
const TYPES: &[(&str, ClassId)] = &[
    ("forced_open", class::DOOR_FORCED),
    ("held_open", class::DOOR_HELD),
    ("duress", class::DURESS_ALARM),
    ("panic", class::PANIC_ALARM),
    ("rejected", class::ACCESS_DENIED),
    ("denied", class::ACCESS_DENIED),
    ("accepted", class::ACCESS_GRANTED),
    ("granted", class::ACCESS_GRANTED),
    ("door_opened", class::DOOR_OPENED),
    ("door_closed", class::DOOR_CLOSED),
    ("door_unlocked", class::DOOR_UNLOCKED),
    ("door_locked", class::DOOR_LOCKED),
    ("rex", class::DOOR_EXIT_REQUESTED),
    ("lockdown", class::LOCKDOWN_STARTED),
    ("license_plate", class::PLATE_READ),
    ("person_of_interest", class::VIDEO_FACE_MATCHED),
    ("person", class::VIDEO_PERSON),
    ("vehicle", class::VIDEO_VEHICLE),
    ("crowd", class::VIDEO_CROWD),
    ("line_crossing", class::VIDEO_LINE_CROSSED),
    ("motion", class::VIDEO_MOTION),
    ("tamper", class::HEALTH_TAMPER),
    ("offline", class::HEALTH_OFFLINE),
    ("online", class::HEALTH_ONLINE),
    ("alarm", class::INTRUSION_ALARM),
];

json_paths! {
    VERKADA {
        WEBHOOK: "webhook_id",
        CREATED_AT: "created_at",
        TYPE: "data/notification_type",
        EVENT: "data/event_id",
        CREATED: "data/created",
        DOOR: "data/door_id",
        DEVICE: "data/device_id",
        CAMERA: "data/camera_id",
        USER: "data/user_name",
        USER_INFO: "data/user_info/user_id",
        PERSON: "data/user_id",
        INPUT: "data/input_value",
        PLATE: "data/license_plate_number",
        FACE: "data/person_label",
        REASON: "data/rejection_reason",
        SITE: "data/site_id",
    }
}

type Event<'a> = Values<'a, { Place::Count as usize }>;

static WORDS: LazyLock<[Word; 2]> = LazyLock::new(|| ["webhook_id", "notification_type"].map(Word::new));

/// The decoder of Verkada's webhooks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verkada;

impl Decoder for Verkada {
    fn format(&self) -> &'static str {
        "verkada"
    }

    fn domain(&self) -> Domain {
        Domain::Badge
    }

    fn reads(&self) -> &'static str {
        "Verkada webhooks of doors, cameras and alarms"
    }

    fn produces(&self) -> Vec<Production> {
        let mut classes: Vec<ClassId> = TYPES.iter().map(|(_, class)| *class).collect();
        classes.push(class::UNCLASSIFIED);
        classes.sort_unstable();
        classes.dedup();
        changes(KIND, &classes).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        looks_like_object(value) && WORDS.iter().all(|word| word.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let json = VERKADA.read(record.text()?)?;
        let Some(kind) = json[TYPE].text() else {
            return Err(Refusal::malformed("no `notification_type`"));
        };
        let known = TYPES.iter().find(|(part, _)| kind.contains(part)).map(|(_, class)| *class);
        let class = match known {
            // A plate without its letters is a vehicle.
            Some(class::PLATE_READ) if json[PLATE].text().is_none() => class::VIDEO_VEHICLE,
            Some(class::VIDEO_FACE_MATCHED) if json[FACE].text().is_none() => class::VIDEO_PERSON,
            known => known.unwrap_or(class::UNCLASSIFIED),
        };
        let mut row = out.begin(class);
        row.text(field::NATIVE_CODE, &["verkada:", kind].concat());
        if let Some(time) = json[CREATED].int().or(json[CREATED_AT].int()).and_then(epoch) {
            row.device_time(time, TimeQuality::Device);
        }
        if let Some(id) = json[EVENT].text().or(json[WEBHOOK].text()) {
            row.native_id(id);
        }
        write(&mut row, class, &json);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn write(row: &mut RowWriter<'_>, class: ClassId, json: &Event<'_>) {
    let device = json[DEVICE].text();
    match class.def().map(|def| def.noun()).unwrap_or_default() {
        "access" | "door" | "duress" | "panic" => {
            row.maybe(field::DOOR, json[DOOR].text().or(device)).maybe(field::CONTROLLER, device);
            row.maybe(field::PERSON, json[USER_INFO].text().or(json[PERSON].text()));
            row.maybe(field::USER, json[USER].text());
            row.maybe(field::CREDENTIAL, json[INPUT].written().as_deref());
        }
        "video" | "plate" => {
            row.maybe(field::CAMERA, json[CAMERA].text().or(device));
            row.maybe(field::PERSON, json[FACE].text());
            if let Some(plate) = json[PLATE].text() {
                fold::set(row, field::PLATE, plate);
            }
        }
        "intrusion" => {
            row.maybe(field::SENSOR, device);
        }
        "lockdown" => {
            row.maybe(field::SCOPE, json[SITE].text());
        }
        _ => {
            row.maybe(field::DEVICE, json[CAMERA].text().or(device)).maybe(field::DOOR, json[DOOR].text());
        }
    }
    if class == class::ACCESS_DENIED {
        row.text(field::REASON, words::reason(json[REASON].text().unwrap_or_default()));
    }
    if let Some(severity) = words::severity(class) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
}

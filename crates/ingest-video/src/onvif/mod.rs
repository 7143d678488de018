//! ONVIF events of cameras, encoders, door controllers and alarm inputs, as XML or as JSON.
//!
//! A topic says what happened, items say to whom; the ids of what they name are made of the producer's id and
//! their tokens. Most topics are properties: the device sends the whole state whenever somebody subscribes,
//! so what comes is a value, and only a change of it is news. Topics that are not known are `unclassified`
//! with their name (R13). A description of a scene, many a second, is no event. ONVIF gives no id of an
//! occurrence.

use event::class::{self, ClassId, Domain};
use event::row::Batch;
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use json::Form;
pub(crate) use notification::{Item, Notification, Operation, Part};
use topics::{Says, Words};

mod json;
mod notification;
#[cfg(test)]
mod tests;
mod topics;
mod write;
mod xml;

const DOOR: Kind = Kind::new("door", 60);
const OTHER: Kind = Kind::new("*", 10);

/// The decoder of ONVIF events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Onvif;

impl Decoder for Onvif {
    fn format(&self) -> &'static str {
        "onvif"
    }

    fn domain(&self) -> Domain {
        Domain::Video
    }

    fn reads(&self) -> &'static str {
        "ONVIF events of cameras, inputs and doors: WS-Notification XML, metadata streams, JSON"
    }

    fn produces(&self) -> Vec<Production> {
        let mut productions = Vec::new();
        for row in topics::rows() {
            let kinds: &[Kind] = if row.is_of_door() { &[DOOR, OTHER] } else { &[OTHER] };
            for (class, as_value) in classes_of(row.says) {
                productions.extend(kinds.iter().map(|kind| Production { class, kind: *kind, as_value }));
            }
        }
        for kind in [DOOR, OTHER] {
            productions.extend(changes(kind, &[class::UNCLASSIFIED]));
        }
        productions.extend(changes(OTHER, &[class::ENVIRONMENT_OBSERVED]));
        productions
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let start = &value[..value.len().min(4096)];
        let mentions = |word: &str| start.windows(word.len()).any(|at| at == word.as_bytes());
        let is_xml = value.trim_ascii_start().first() == Some(&b'<')
            && (mentions("NotificationMessage")
                || mentions("MetadataStream")
                || mentions("onvif.org")
                || mentions("tns1:"));
        is_xml || json::sniff(value)
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        if ingest::json::looks_like_object(record.value) {
            return Ok(match json::parse(record)? {
                Form::Notification(notification) => Decoded::Events(write(&[notification], out)),
                Form::Scene => Decoded::Control,
            });
        }
        let document = xml::parse(record.text()?)?;
        if !document.known {
            return Err(Refusal::malformed("neither XML nor JSON of ONVIF"));
        }
        if document.notifications.is_empty() && document.measurements.is_empty() {
            return Ok(Decoded::Control);
        }
        document.measurements.iter().for_each(|measured| write::measurement(measured, out));
        Ok(Decoded::Events(write(&document.notifications, out)))
    }
}

/// Writes notifications; the record is one of a door if all of them are.
pub(crate) fn write(notifications: &[Notification], out: &mut Batch) -> Kind {
    let mut all_of_doors = !notifications.is_empty();
    for notification in notifications {
        let row = topics::row_of(&notification.path());
        all_of_doors &= row.is_some_and(topics::Row::is_of_door);
        write::write(notification, row, out);
    }
    if all_of_doors { DOOR } else { OTHER }
}

/// The classes that a topic can say, and whether each comes as a value, not as a change.
fn classes_of(says: Says) -> Vec<(ClassId, bool)> {
    let as_values = |classes: &[ClassId]| classes.iter().map(|class| (*class, true)).collect();
    match says {
        Says::Condition(class) => as_values(&[class]),
        Says::Happens(class) | Says::Changes(class) => vec![(class, false)],
        Says::Sides(on, off) => as_values(&[on, off]),
        Says::Words(Words::Physical) => {
            as_values(&[class::DOOR_OPENED, class::DOOR_CLOSED, class::DOOR_FAULT])
        }
        Says::Words(Words::Lock) => as_values(&[class::DOOR_LOCKED, class::DOOR_UNLOCKED, class::DOOR_FAULT]),
        Says::Words(Words::Tamper) => as_values(&[class::HEALTH_TAMPER]),
        Says::Words(Words::Fault) => as_values(&[class::DOOR_FAULT]),
        Says::Objects | Says::SmartEvent => {
            as_values(&[class::VIDEO_PERSON, class::VIDEO_VEHICLE, class::VIDEO_OBJECT])
        }
        // A shot happens; nothing has to wait for what its value will be.
        Says::Sound => vec![(class::AUDIO_DETECTED, true), (class::AUDIO_GUNSHOT, false)],
        Says::DoorAlarm => as_values(&[class::DOOR_FORCED, class::DOOR_HELD]),
        Says::DoorMode => vec![(class::DOOR_MODE_CHANGED, false)],
    }
}

//! physec: the draft extension of OCSF for physical security (category 4230).
//!
//! ```text
//! 4230001 Physical Access   4230002 Alarm Signal   4230003 Alarm Disposition   4230004 Patrol
//! 4230005 Post              4230006 Response       4230007 Emergency
//! ```
//! Class and activity say what happened; the panel's own code stands beside it as `native_code`. A disposition
//! may name the forces that were sent and when they came: each of these times is an event of its own. Who
//! belongs together says `metadata.correlation_uid`, which is the incident.

use event::class::{self, ClassId, Domain, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{self, PathList, Values, looks_like_object};
use ingest::json_paths;
use ingest::time::epoch;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

/// Class and activity of physec, and what they are.
const ACTIVITIES: &[(i64, i64, ClassId)] = &[
    (1, 1, class::ACCESS_GRANTED),
    (1, 2, class::ACCESS_DENIED),
    (1, 3, class::ACCESS_TAKEN),
    (1, 4, class::ACCESS_NOT_TAKEN),
    (1, 5, class::DOOR_FORCED),
    (1, 6, class::DOOR_HELD),
    (1, 7, class::DOOR_EXIT_REQUESTED),
    (1, 8, class::DURESS_ALARM),
    (1, 9, class::ACCESS_PASSBACK_VIOLATED),
    (1, 11, class::DOOR_COMMANDED),
    (1, 12, class::HEALTH_TAMPER),
    (2, 1, class::INTRUSION_ALARM),
    (2, 2, class::INTRUSION_ALARM),
    (2, 3, class::HOLDUP_ALARM),
    (2, 4, class::PANIC_ALARM),
    (2, 5, class::HEALTH_TAMPER),
    (2, 6, class::FIRE_ALARM),
    (2, 7, class::FIRE_SUPERVISORY),
    (2, 8, class::HEALTH_PATH_LOST),
    (2, 9, class::PANEL_DISARMED),
    (2, 10, class::PANEL_ARMED),
    (2, 11, class::VIDEO_MOTION),
    (4, 1, class::TOUR_STARTED),
    (4, 2, class::TOUR_CHECKPOINT),
    (4, 3, class::TOUR_ENDED),
    (4, 4, class::TOUR_ENDED),
    (4, 6, class::TOUR_CHECKPOINT_MISSED),
    (6, 1, class::RESPONSE_DISPATCHED),
    (6, 4, class::RESPONSE_ON_SCENE),
    (6, 6, class::RESPONSE_CLEARED),
    (6, 9, class::AGENCY_NOTIFIED),
    (7, 1, class::MEDICAL_ALARM),
];

json_paths! {
    PHYSEC {
        CLASS_UID: "class_uid",
        ACTIVITY: "activity_id",
        TIME: "time",
        SEVERITY: "severity_id",
        LIFECYCLE: "lifecycle_id",
        UID: "metadata/uid",
        PRODUCT: "metadata/product/name",
        CORRELATION: "metadata/correlation_uid",
        SIA: "signal_code/sia_dc03_code",
        CONTACT_ID: "signal_code/contact_id_code",
        QUALIFIER: "signal_code/contact_id_qualifier",
        NATIVE: "signal_code/native_type",
        POINT: "alarm_point/uid",
        POINT_TYPE: "alarm_point/sensor_type",
        ARMED: "alarm_point/is_armed",
        ZONE: "alarm_point/zone/uid",
        PANEL: "panel/uid",
        DOOR: "door/uid",
        READER: "reader/uid",
        CREDENTIAL: "credential/uid",
        PERSON: "actor/user/uid",
        USER: "actor/user/name",
        LEVEL: "disposition/validation_level_id",
        METHOD: "disposition/verification_method_id",
        CAUSE: "disposition/cause_id",
        RESOURCES: "response_resource{}",
        RESOURCE: "response_resource/0/uid",
        TOUR: "tour/uid",
        CHECKPOINT: "checkpoint/uid",
        MESSAGE: "message",
    }
}

type Event<'a> = Values<'a, { Place::Count as usize }>;

static RESOURCE_TIMES: LazyLock<PathList> =
    LazyLock::new(|| PathList::new(["uid", "assigned_time", "on_scene_time", "cleared_time"]));

/// The decoder of physec.
#[derive(Clone, Copy, Debug, Default)]
pub struct Physec;

impl Decoder for Physec {
    fn format(&self) -> &'static str {
        "physec"
    }

    fn domain(&self) -> Domain {
        Domain::Badge
    }

    fn reads(&self) -> &'static str {
        "physec, the draft OCSF extension for physical security (class_uid 4230001 and on)"
    }

    fn produces(&self) -> Vec<Production> {
        let mut classes: Vec<ClassId> = ACTIVITIES.iter().map(|(_, _, class)| *class).collect();
        classes.extend([class::DISPOSITION_RECEIVED, class::UNCLASSIFIED]);
        classes.sort_unstable();
        classes.dedup();
        changes(KIND, &classes).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let names_class = || {
            (1..=7).any(|nth| {
                json::holds(value, &format!("\"class_uid\":423000{nth}"))
                    || json::holds(value, &format!("\"class_uid\": 423000{nth}"))
            })
        };
        looks_like_object(value) && names_class()
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let json = PHYSEC.read(record.text()?)?;
        let Some(uid) = json[CLASS_UID].int().filter(|uid| uid / 100 == 42_300) else {
            return Err(Refusal::malformed("no `class_uid` of category 4230"));
        };
        let (kind, activity) = (uid % 100, json[ACTIVITY].int().unwrap_or(0));
        let known =
            ACTIVITIES.iter().find(|(a, b, _)| (*a, *b) == (kind, activity)).map(|(_, _, class)| *class);
        let class =
            if kind == 3 { class::DISPOSITION_RECEIVED } else { known.unwrap_or(class::UNCLASSIFIED) };
        let mut row = out.begin(class);
        write(&mut row, class, &json, &format!("physec:{uid}/{activity}"));
        row.finish();
        if kind == 3 {
            responses(&json, out);
        }
        Ok(Decoded::Events(KIND))
    }
}

fn write(row: &mut RowWriter<'_>, class: ClassId, json: &Event<'_>, code: &str) {
    let own = match (json[SIA].text(), json[CONTACT_ID].text()) {
        (Some(letters), _) => format!("sia:{letters}"),
        (None, Some(number)) => format!("cid:{}{number}", json[QUALIFIER].text().unwrap_or("1")),
        (None, None) => code.to_owned(),
    };
    row.text(field::NATIVE_CODE, &own).maybe(field::NATIVE_REASON, json[NATIVE].text());
    envelope(row, json);
    let form = class.def().map(|def| def.form);
    if json[LIFECYCLE].int() == Some(2) && matches!(form, Some(class::Form::Span | class::Form::Point)) {
        row.lifecycle(Lifecycle::Restore);
    }
    let severity = [None, Some(10), Some(30), Some(50), Some(75), Some(90), Some(100)];
    let severity =
        json[SEVERITY].int().and_then(|id| severity.get(usize::try_from(id).ok()?).copied().flatten());
    if let Some(severity) = severity {
        row.int(field::NATIVE_SEVERITY, severity);
    }
    row.maybe(field::SENSOR, json[POINT].text()).maybe(field::ZONE, json[ZONE].text());
    row.maybe(field::PANEL, json[PANEL].text()).maybe(field::DOOR, json[DOOR].text());
    row.maybe(field::READER, json[READER].text()).maybe(field::CREDENTIAL, json[CREDENTIAL].text());
    row.maybe(field::PERSON, json[PERSON].text()).maybe(field::USER, json[USER].text());
    row.maybe(field::TOUR, json[TOUR].text()).maybe(field::CHECKPOINT, json[CHECKPOINT].text());
    row.maybe(field::MESSAGE, json[MESSAGE].text());
    row.maybe(field::TECHNOLOGY, json[POINT_TYPE].text().and_then(technology));
    if let Some(armed) = json[ARMED].truth() {
        row.boolean(field::ARMED, armed);
    }
    match class {
        class::DISPOSITION_RECEIVED => write_verdict(row, json),
        class::RESPONSE_DISPATCHED | class::RESPONSE_ON_SCENE | class::RESPONSE_CLEARED => {
            row.maybe(field::RESOURCE, json[RESOURCE].text());
        }
        class::DOOR_COMMANDED => {
            row.text(field::ACTION, "other");
        }
        class::HEALTH_PATH_LOST => {
            row.text(field::LINK, "unknown");
        }
        class::ACCESS_DENIED => {
            row.text(field::REASON, "unknown");
        }
        _ => {}
    }
}

fn envelope(row: &mut RowWriter<'_>, json: &Event<'_>) {
    if let Some(time) = json[TIME].int().and_then(epoch) {
        row.device_time(time, TimeQuality::Device);
    }
    if let Some(uid) = json[UID].text() {
        row.native_id(uid);
    }
    if let Some(product) = json[PRODUCT].text() {
        row.source(product);
    }
    row.maybe(field::INCIDENT, json[CORRELATION].text());
}

/// What somebody found; levels of AVS-01 are counted from 1 here.
fn write_verdict(row: &mut RowWriter<'_>, json: &Event<'_>) {
    let level = json[LEVEL].int().map(|id| id - 1).filter(|level| (0..=4).contains(level));
    if let Some(level) = level {
        row.int(field::VERDICT_LEVEL, level);
    }
    let verdict = match level {
        Some(0) => "false_alarm",
        Some(2..) => "genuine",
        _ => "unknown",
    };
    row.text(field::VERDICT, verdict);
    let cause = match json[CAUSE].int() {
        Some(1) => "malicious",
        Some(7) => "animal",
        _ => "unknown",
    };
    let method = if json[METHOD].int() == Some(6) { "video" } else { "unknown" };
    row.text(field::VERDICT_CAUSE, cause).text(field::VERDICT_METHOD, method);
}

/// When forces were sent, arrived and left.
fn responses(json: &Event<'_>, out: &mut Batch) {
    for resource in json[RESOURCES].raw().and_then(json::elements).unwrap_or_default() {
        let Ok(values) = RESOURCE_TIMES.read(resource) else { continue };
        let [uid, times @ ..] = &values[..] else { continue };
        let classes = [class::RESPONSE_DISPATCHED, class::RESPONSE_ON_SCENE, class::RESPONSE_CLEARED];
        for (time, class) in times.iter().zip(classes) {
            let Some(time) = time.int().and_then(epoch) else { continue };
            let mut row = out.begin(class);
            row.text(field::NATIVE_CODE, "physec:response_resource");
            envelope(&mut row, json);
            row.device_time(time, TimeQuality::Device).maybe(field::RESOURCE, uid.text());
            let suffix = class.def().map_or("", |def| def.name);
            let own = format!(
                "{}:{}:{suffix}",
                json[CORRELATION].text().unwrap_or_default(),
                uid.text().unwrap_or_default()
            );
            row.native_id(&own);
            row.finish();
        }
    }
}

fn technology(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "beam" => "photobeam",
        "contact" => "contact",
        "motion" | "pir" => "pir",
        "glass_break" => "glass_break",
        "vibration" => "vibration",
        "smoke" => "smoke",
        "heat" => "heat",
        "camera" | "video" => "video",
        "fence" => "fence",
        "radar" => "radar",
        _ => return None,
    })
}

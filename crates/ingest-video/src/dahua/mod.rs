//! Dahua: the event stream of cameras and recorders, and the JSON of intercoms and door controllers.
//!
//! ```text
//! Code=CrossLineDetection;action=Start;index=0;data={ "UTC" : 1564472601.0, "Object" : {…} }
//! {"Code":"AccessControl","Action":"Pulse","Index":0,"Data":{"UTC":…,"Status":1,"CardNo":"…"}}
//! ```
//! A body of the stream may hold several events and the borders of its parts; `Heartbeat` alone is the
//! keep-alive. The JSON behind `data=` may be cut off: then what stands in front of it still says what happened,
//! and the event is tagged. `Start` begins, `Stop` ends, `Pulse` happens once, `State` is a value. `UTC` counts
//! (the local text beside it can be of another zone); the camera is the index, behind the record's key if it
//! has one, since nothing else names the device.

use event::class::{self, ClassId, Domain, Form, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::{Duration, Timestamp};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::fold;
use ingest::json::{Json, Values, looks_like_object};
use ingest::json_paths;
use ingest::time::epoch_float;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 10);

const CODES: &[(&str, ClassId)] = &[
    ("VideoMotion", class::VIDEO_MOTION),
    ("SmartMotionHuman", class::VIDEO_PERSON),
    ("SmartMotionVehicle", class::VIDEO_VEHICLE),
    ("CrossLineDetection", class::VIDEO_LINE_CROSSED),
    ("CrossRegionDetection", class::VIDEO_INTRUSION),
    ("LeftDetection", class::VIDEO_OBJECT_LEFT),
    ("TakenAwayDetection", class::VIDEO_OBJECT_REMOVED),
    ("WanderDetection", class::VIDEO_LOITERING),
    ("StayDetection", class::VIDEO_LOITERING),
    ("CrowdDetection", class::VIDEO_CROWD),
    ("RioterDetection", class::VIDEO_CROWD),
    ("VideoBlind", class::VIDEO_TAMPER),
    ("VideoUnFocus", class::VIDEO_TAMPER),
    ("SceneChange", class::VIDEO_TAMPER),
    ("VideoLoss", class::VIDEO_LOSS),
    ("AlarmLocal", class::SENSOR_ACTIVE),
    ("FaceDetection", class::VIDEO_OBJECT),
    ("FaceRecognition", class::VIDEO_FACE_MATCHED),
    ("TrafficJunction", class::PLATE_READ),
    ("AudioAnomaly", class::AUDIO_DETECTED),
    ("AudioMutation", class::AUDIO_DETECTED),
    ("StorageFailure", class::HEALTH_STORAGE),
    ("StorageLowSpace", class::HEALTH_STORAGE),
    ("StorageNotExist", class::HEALTH_STORAGE),
    ("AccessControl", class::ACCESS_GRANTED),
    ("DoorStatus", class::DOOR_OPENED),
    ("DoorNotClosed", class::DOOR_HELD),
    ("BreakIn", class::DOOR_FORCED),
    ("CallNoAnswered", class::INTERCOM_CALLED),
    ("Invite", class::INTERCOM_CALLED),
    ("ChassisIntruded", class::HEALTH_TAMPER),
];

json_paths! {
    /// What stands behind `data=`, and around it in the JSON form.
    DATA {
        CODE: "Code",
        ACTION: "Action",
        INDEX: "Index",
        DATA_BODY: "Data{}",
        UTC: "UTC",
        UTC_MS: "UTCMS",
        REAL_UTC: "RealUTC",
        LOCAL: "LocaleTime",
        RULE: "Name",
        DIRECTION: "Direction",
        OBJECT: "Object/ObjectType",
        OBJECT_ID: "Object/ObjectID",
        PLATE: "TrafficCar/PlateNumber",
        OBJECT_PLATE: "Object/Text",
        PERSON: "Candidates/0/Person/ID",
        STATUS: "Status",
        CARD: "CardNo",
        USER: "UserID",
        DOOR_STATE: "State",
        SERIAL: "SN",
    }
}

/// The decoder of Dahua's events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dahua;

/// One event without its data.
struct Head<'a> {
    code: &'a str,
    action: &'a str,
    index: &'a str,
    /// The data ends early.
    is_cut: bool,
}

impl Decoder for Dahua {
    fn format(&self) -> &'static str {
        "dahua"
    }

    fn domain(&self) -> Domain {
        Domain::Video
    }

    fn reads(&self) -> &'static str {
        "Dahua event streams (Code=…;action=…;index=…;data=…) and the JSON of its intercoms"
    }

    fn produces(&self) -> Vec<Production> {
        let mut classes: Vec<ClassId> = CODES.iter().map(|(_, class)| *class).collect();
        classes.extend([
            class::SENSOR_INACTIVE,
            class::DOOR_CLOSED,
            class::ACCESS_DENIED,
            class::VIDEO_VEHICLE,
            class::UNCLASSIFIED,
        ]);
        classes.sort_unstable();
        classes.dedup();
        changes(KIND, &classes).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let has = |word: &str| ingest::json::holds(value, word);
        let is_json = || looks_like_object(value) && has("\"Code\"") && has("\"Action\"") && has("\"Index\"");
        (has("Code=") && has(";action=") && !looks_like_object(value)) || is_json()
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        // Texts in the data may be cut in the middle of a letter.
        let text = String::from_utf8_lossy(record.value);
        if looks_like_object(record.value) {
            return intercom(&text, record, out);
        }
        let starts: Vec<usize> = text.match_indices("Code=").map(|(at, _)| at).collect();
        let heads: Vec<usize> = starts.into_iter().filter(|&at| head(&text[at..]).is_some()).collect();
        if heads.is_empty() {
            let is_alive = text.lines().any(|line| line.trim() == "Heartbeat");
            return if is_alive {
                Ok(Decoded::Control)
            } else {
                Err(Refusal::malformed("no `Code=…;action=…`"))
            };
        }
        for (nth, &at) in heads.iter().enumerate() {
            let end = heads.get(nth + 1).copied().unwrap_or(text.len());
            one(&text[at..end], record, out);
        }
        Ok(Decoded::Events(KIND))
    }
}

/// `Code=…;action=…;index=…` and what follows.
fn head(text: &str) -> Option<(Head<'_>, &str)> {
    let (code, rest) = text.strip_prefix("Code=")?.split_once(";action=")?;
    let (action, rest) = rest.split_once(";index=")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let is_word =
        |word: &str| !word.is_empty() && word.len() <= 64 && word.bytes().all(|b| b.is_ascii_alphanumeric());
    let found = is_word(code) && is_word(action);
    let (index, rest) = rest.split_at(digits);
    found.then_some((Head { code, action, index, is_cut: false }, rest.strip_prefix(";data=").unwrap_or("")))
}

fn one(text: &str, record: &Record<'_>, out: &mut Batch) {
    let Some((head, data)) = head(text) else { return };
    // Behind the data stands the border of the next part.
    let end = data.rfind('}').map_or(0, |at| at + 1);
    let read = DATA.read(data.get(..end).unwrap_or_default());
    let is_cut = data.trim_start().starts_with('{') && read.is_err();
    write(&Head { is_cut, ..head }, read.ok().as_ref(), record, out);
}

/// `{"Code":…,"Action":…,"Index":…,"Data":{…}}`.
fn intercom(text: &str, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
    let outer = DATA.read(text)?;
    let (Some(code), Some(action)) = (outer[CODE].text(), outer[ACTION].text()) else {
        return Err(Refusal::malformed("no `Code` and `Action`"));
    };
    let index = outer[INDEX].written().unwrap_or_default().into_owned();
    let data = outer[DATA_BODY].raw().map(|raw| DATA.read(raw)).transpose()?;
    write(&Head { code, action, index: &index, is_cut: false }, data.as_ref(), record, out);
    Ok(Decoded::Events(KIND))
}

type Data<'a> = Values<'a, { Place::Count as usize }>;

fn write(head: &Head<'_>, data: Option<&Data<'_>>, record: &Record<'_>, out: &mut Batch) {
    let known = CODES.iter().find(|(code, _)| *code == head.code).map(|(_, class)| *class);
    let class = class_of(known, head.action, data);
    let mut row = out.begin(class);
    row.lifecycle(lifecycle(class, head.action));
    row.text(field::NATIVE_CODE, &format!("dahua:{}/{}", head.code, head.action));
    let serial = data.and_then(|data| data[SERIAL].text());
    let place = match serial.or(record.key_text().map(str::trim).filter(|key| !key.is_empty())) {
        Some(device) => format!("{device}/{}", head.index),
        None => head.index.to_owned(),
    };
    write_place(&mut row, class, &place);
    write_says(&mut row, head.code, class);
    if head.is_cut {
        row.text(field::TAGS, "integrity:cut");
    }
    if let Some(data) = data {
        write_data(&mut row, class, data, record);
    }
    row.finish();
}

fn class_of(known: Option<ClassId>, action: &str, data: Option<&Data<'_>>) -> ClassId {
    let status = data.map(|data| &data[STATUS]);
    let has = |at: usize| data.is_some_and(|data| data[at].is_some());
    match known {
        Some(class::SENSOR_ACTIVE) if action == "Stop" => class::SENSOR_INACTIVE,
        Some(class::ACCESS_GRANTED) if status.and_then(Json::int) == Some(0) => class::ACCESS_DENIED,
        Some(class::DOOR_OPENED) if is_closed(status) || action == "Stop" => class::DOOR_CLOSED,
        Some(class::PLATE_READ) if !has(PLATE) && !has(OBJECT_PLATE) => class::VIDEO_VEHICLE,
        Some(class::VIDEO_FACE_MATCHED) if !has(PERSON) => class::VIDEO_OBJECT,
        Some(class) => class,
        None => class::UNCLASSIFIED,
    }
}

fn is_closed(status: Option<&Json<'_>>) -> bool {
    status.and_then(Json::text).is_some_and(|word| word.eq_ignore_ascii_case("Close"))
}

fn lifecycle(class: ClassId, action: &str) -> Lifecycle {
    let form = class.def().map(|def| def.form);
    match (action, form) {
        ("Stop", Some(Form::Span | Form::Point)) => Lifecycle::Restore,
        ("Stop", Some(Form::Side)) => Lifecycle::New,
        ("Stop", _) => Lifecycle::Update,
        ("State", Some(Form::Once | Form::Beat) | None) => Lifecycle::Update,
        ("State", _) => Lifecycle::Snapshot,
        _ => Lifecycle::New,
    }
}

fn write_place(row: &mut RowWriter<'_>, class: ClassId, place: &str) {
    let noun = class.def().map(|def| def.noun()).unwrap_or_default();
    match noun {
        "sensor" => row.text(field::SENSOR, &format!("{place}/input")),
        "door" | "access" | "intercom" => row.text(field::DOOR, place),
        "health" => row.text(field::DEVICE, place),
        _ => row.text(field::CAMERA, place),
    };
}

fn write_says(row: &mut RowWriter<'_>, code: &str, class: ClassId) {
    match (code, class) {
        ("VideoBlind", _) => row.text(field::TAMPER_KIND, "covered"),
        ("VideoUnFocus", _) => row.text(field::TAMPER_KIND, "defocused"),
        ("SceneChange", _) => row.text(field::TAMPER_KIND, "scene_change"),
        ("ChassisIntruded", _) => row.text(field::TAMPER_KIND, "case"),
        (_, class::AUDIO_DETECTED) => row.text(field::AUDIO_KIND, "level"),
        (_, class::VIDEO_OBJECT) => row.text(field::OBJECT_KIND, "face"),
        ("SmartMotionHuman", _) => row.text(field::OBJECT_KIND, "person"),
        (_, class::ACCESS_DENIED) => row.text(field::REASON, "unknown"),
        _ => row,
    };
}

fn write_data(row: &mut RowWriter<'_>, class: ClassId, data: &Data<'_>, record: &Record<'_>) {
    if let Some(at) = time(data) {
        row.device_time(at, TimeQuality::Device);
    } else if let Some((at, assumed)) = data[LOCAL].text().and_then(|text| record.clock.sent(text)) {
        row.device_time(at, TimeQuality::Device);
        if assumed {
            row.zone_assumed();
        }
    }
    row.maybe(field::REGION, data[RULE].text());
    data[OBJECT_ID].write(row, field::OBJECT_ID);
    let kind = data[OBJECT].text().map(|kind| match kind {
        "Human" => "person",
        "Vehicle" | "MotorVehicle" => "vehicle",
        "NonMotor" => "bicycle",
        "HumanFace" | "Face" => "face",
        "Plate" => "plate",
        _ => "other",
    });
    if !row.has(field::OBJECT_KIND) {
        row.maybe(field::OBJECT_KIND, kind);
    }
    row.maybe(field::NATIVE_REASON, data[DIRECTION].text());
    if let Some(plate) =
        data[PLATE].text().or(data[OBJECT_PLATE].text()).filter(|_| class == class::PLATE_READ)
    {
        fold::set(row, field::PLATE, plate);
    }
    data[PERSON].write(row, field::PERSON);
    row.maybe(field::CREDENTIAL, data[CARD].text());
    if class.def().is_some_and(|def| def.noun() == "access") {
        data[USER].write(row, field::USER);
    }
}

/// Seconds, and beside them the milliseconds within the second.
fn time(data: &Data<'_>) -> Option<Timestamp> {
    let seconds = data[REAL_UTC].float().or(data[UTC].float())?;
    let millis =
        data[UTC_MS].int().filter(|ms| (0..1_000).contains(ms) && seconds.fract() == 0.0).unwrap_or(0);
    Some(epoch_float(seconds)? + Duration(millis * 1_000_000))
}

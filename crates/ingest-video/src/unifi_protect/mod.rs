//! UniFi Protect: events as its API lists them, and as its WebSocket adds and updates them.
//!
//! ```text
//! {"id":…,"modelKey":"event","type":"smartDetectZone","start":ms,"end":ms|null,"camera":…,"smartDetectTypes":["person"]}
//! {"type":"add|update|remove","item":{…}}
//! ```
//! An event is a span: it begins when it is added, and its end comes with an update or, where it was listed
//! later, with the event itself. An update that does not repeat the type says nothing about what it updates,
//! and stays `unclassified`. Sensors have no camera; theirs is in the metadata. A card or finger that was read
//! is a request: Protect does not decide.

use event::class::{self, ClassId, Domain, Form, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use event::value::Micro;
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::fold;
use ingest::json::{self, Values, Word, looks_like_object};
use ingest::json_paths;
use ingest::time::epoch;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 10);

/// A type, its class, and what else it says.
type Meaning = (&'static str, ClassId, Option<(field::FieldId, &'static str)>);

const TYPES: &[Meaning] = &[
    ("motion", class::VIDEO_MOTION, None),
    ("lightMotion", class::SENSOR_MOTION, Some((field::TECHNOLOGY, "pir"))),
    ("sensorMotion", class::SENSOR_MOTION, Some((field::TECHNOLOGY, "pir"))),
    ("sensorOpened", class::SENSOR_OPENED, Some((field::TECHNOLOGY, "contact"))),
    ("sensorClosed", class::SENSOR_CLOSED, Some((field::TECHNOLOGY, "contact"))),
    ("sensorAlarm", class::FIRE_ALARM, Some((field::FIRE_KIND, "alarm_sound"))),
    ("sensorWaterLeak", class::WATER_LEAK, None),
    ("sensorBatteryLow", class::HEALTH_BATTERY_LOW, None),
    ("sensorTamper", class::HEALTH_TAMPER, Some((field::TAMPER_KIND, "case"))),
    ("ring", class::INTERCOM_CALLED, None),
    ("disconnect", class::HEALTH_OFFLINE, None),
    ("cameraDisconnected", class::HEALTH_OFFLINE, None),
    ("cameraConnected", class::HEALTH_ONLINE, None),
    ("access", class::AUTH_LOGIN, None),
    ("nfcCardScanned", class::ACCESS_REQUESTED, Some((field::ACCESS_METHOD, "card"))),
    ("fingerprintIdentified", class::ACCESS_REQUESTED, Some((field::ACCESS_METHOD, "fingerprint"))),
    ("smartDetectLine", class::VIDEO_LINE_CROSSED, None),
    ("smartDetectLoiterZone", class::VIDEO_LOITERING, None),
    ("smartAudioDetect", class::AUDIO_DETECTED, None),
    ("recordingOff", class::HEALTH_RECORDING_GAP, None),
];

const DETECTED: &[ClassId] =
    &[class::VIDEO_PERSON, class::VIDEO_VEHICLE, class::VIDEO_OBJECT, class::PLATE_READ, class::UNCLASSIFIED];

json_paths! {
    EVENT {
        ID: "id",
        TYPE: "type",
        START: "start",
        END: "end",
        SCORE: "score",
        TYPES_DETECTED: "smartDetectTypes{}",
        CAMERA: "camera",
        DEVICE: "device",
        USER: "user",
        SENSOR: "metadata/sensorId/text",
        LIGHT: "metadata/lightId/text",
        PLATE: "metadata/licensePlate/name",
        REASON: "metadata/reason",
        CARD: "metadata/nfc/ulpId",
        FINGER: "metadata/fingerprint/ulpId",
        NFC: "metadata/nfc/nfcId",
        ITEM: "item{}",
        MODEL: "modelKey",
    }
}

static WORDS: LazyLock<[Word; 3]> = LazyLock::new(|| ["modelKey", "start", "item"].map(Word::new));

/// The decoder of UniFi Protect.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnifiProtect;

type Event<'a> = Values<'a, { Place::Count as usize }>;

impl Decoder for UnifiProtect {
    fn format(&self) -> &'static str {
        "unifi-protect"
    }

    fn domain(&self) -> Domain {
        Domain::Video
    }

    fn reads(&self) -> &'static str {
        "UniFi Protect events of its API and of its WebSocket"
    }

    fn produces(&self) -> Vec<Production> {
        let types = TYPES.iter().map(|(_, class, _)| *class);
        let mut classes: Vec<ClassId> = types.chain(DETECTED.iter().copied()).collect();
        classes.sort_unstable();
        classes.dedup();
        changes(KIND, &classes).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let [model, start, item] = &*WORDS;
        looks_like_object(value)
            && model.is_in(value)
            && json::holds(value, "event")
            && (start.is_in(value) || item.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        let outer = EVENT.read(text)?;
        let Some(item) = outer[ITEM].raw() else {
            if outer[TYPE].text().is_none() || !outer[START].is_some() {
                return Err(Refusal::malformed("an event without `type` and `start`"));
            }
            write(&outer, Change::Listed, out);
            return Ok(Decoded::Events(KIND));
        };
        let change = match outer[TYPE].text() {
            Some("update") => Change::Updated,
            Some("remove") => Change::Removed,
            _ => Change::Added,
        };
        let event = EVENT.read(item)?;
        if event[MODEL].text().is_some_and(|model| model != "event") {
            return Ok(Decoded::Control);
        }
        write(&event, change, out);
        Ok(Decoded::Events(KIND))
    }
}

/// How an event came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Listed,
    Added,
    Updated,
    Removed,
}

fn write(event: &Event<'_>, change: Change, out: &mut Batch) {
    let kind = event[TYPE].text().unwrap_or_default();
    let detected = event[TYPES_DETECTED].raw().and_then(json::joined).unwrap_or_default();
    let detected: Vec<&str> = detected.split(", ").filter(|name| !name.is_empty()).collect();
    match TYPES.iter().find(|(name, _, _)| *name == kind) {
        Some(&(_, class, says)) => one(event, change, (class, says, kind), out),
        None if !detected.is_empty() => {
            for name in detected {
                let (class, object) = object(name, event);
                one(event, change, (class, Some((field::OBJECT_KIND, object)), name), out);
            }
        }
        None => one(event, change, (class::UNCLASSIFIED, None, kind), out),
    }
}

fn object(name: &str, event: &Event<'_>) -> (ClassId, &'static str) {
    match name {
        "person" => (class::VIDEO_PERSON, "person"),
        "vehicle" => (class::VIDEO_VEHICLE, "vehicle"),
        "licensePlate" if event[PLATE].text().is_some() => (class::PLATE_READ, "plate"),
        "licensePlate" => (class::VIDEO_OBJECT, "plate"),
        "face" => (class::VIDEO_OBJECT, "face"),
        "package" => (class::VIDEO_OBJECT, "package"),
        "animal" => (class::VIDEO_OBJECT, "animal"),
        _ => (class::VIDEO_OBJECT, "other"),
    }
}

type What<'a> = (ClassId, Option<(field::FieldId, &'a str)>, &'a str);

fn one(event: &Event<'_>, change: Change, (class, says, name): What<'_>, out: &mut Batch) {
    let ended = event[END].int().and_then(epoch);
    let started = event[START].int().and_then(epoch);
    let lifecycle = lifecycle(class, change, ended.is_some());
    let mut row = out.begin(class);
    row.lifecycle(lifecycle);
    row.text(field::NATIVE_CODE, &["protect:", if name.is_empty() { "update" } else { name }].concat());
    let at = if lifecycle == Lifecycle::Restore { ended } else { started.or(ended) };
    if let Some(at) = at {
        row.device_time(at, TimeQuality::Device);
    }
    if let Some(id) = event[ID].text() {
        // Updates of an event bear its id and are news of their own.
        let moment = ended.filter(|_| change == Change::Updated).map(|at| at.0).unwrap_or_default();
        row.native_id(&format!("{id}:{name}:{}:{moment}", lifecycle.name()));
    }
    if let (Some(start), Some(end)) = (started, ended)
        && end.0 > start.0
        && lifecycle == Lifecycle::New
    {
        row.time(field::ENDED_AT, end).duration(field::DURATION, end - start);
    }
    if let Some((field, word)) = says {
        row.text(field, word);
    }
    write_place(&mut row, class, event);
    row.finish();
}

/// An event that was listed with its end is over, and happened nevertheless.
fn lifecycle(class: ClassId, change: Change, has_end: bool) -> Lifecycle {
    let form = class.def().map(|def| def.form);
    match (change, form) {
        (Change::Listed | Change::Added, _) => Lifecycle::New,
        (Change::Removed, Some(Form::Once | Form::Span | Form::Point)) => Lifecycle::Cancel,
        (Change::Updated, Some(Form::Span | Form::Point)) if has_end => Lifecycle::Restore,
        _ => Lifecycle::Update,
    }
}

fn write_place(row: &mut RowWriter<'_>, class: ClassId, event: &Event<'_>) {
    let camera = event[CAMERA].text().or(event[DEVICE].text());
    let sensor = event[SENSOR].text().or(event[LIGHT].text());
    match class.def().map(|def| def.noun()).unwrap_or_default() {
        "sensor" | "fire" | "water" => {
            row.maybe(field::SENSOR, sensor.or(camera));
        }
        "health" => {
            row.maybe(field::DEVICE, sensor.or(camera));
            row.maybe(field::CAMERA, event[CAMERA].text());
        }
        "access" => {
            row.maybe(field::READER, camera);
            // The token of a card is not kept: who holds it is enough.
            row.maybe(field::CREDENTIAL, event[CARD].text().or(event[FINGER].text()).or(event[NFC].text()));
        }
        "auth" => {
            row.maybe(field::USER, event[USER].text()).text(field::APP, "unifi-protect");
        }
        "audio" => {
            row.maybe(field::CAMERA, camera).text(field::AUDIO_KIND, "other");
        }
        _ => {
            row.maybe(field::CAMERA, camera);
        }
    }
    if let Some(plate) = event[PLATE].text() {
        fold::set(row, field::PLATE, plate);
    }
    row.maybe(field::NATIVE_REASON, event[REASON].text());
    let score = event[SCORE].float().filter(|score| *score > 0.0 && *score <= 100.0);
    if let Some(score) = score.and_then(|score| Micro::from_f64(score / 100.0)) {
        row.float(field::CONFIDENCE, score);
    }
}

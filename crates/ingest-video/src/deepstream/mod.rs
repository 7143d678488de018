//! NVIDIA DeepStream: what its message broker plug-in sends, in the full schema and in the minimal one.
//!
//! ```text
//! full     one object a message: sensor, place, object{vehicle|person|face|…}, event{type}
//! minimal  one frame a message: sensorId, objects ["5|left|top|right|bottom|Vehicle|#|sedan|…|0.8", …]
//! ```
//! A detector says many times a second what it sees, so what comes is a value. Place-holders (`UNKNOWN`,
//! `UNK-M-0`, a confidence of −0.1, a track of −1) are no values. Boxes, embeddings and coordinates are left
//! out, and so is the speed, whose unit nobody says.

use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use event::value::Micro;
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes, values};
use ingest::json::{Json, Values, Word, elements, looks_like_object};
use ingest::json_paths;
use ingest::time::Clock;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

/// Measured: up to 7.5 s behind the newest.
const KIND: Kind = Kind::new("*", 10);

json_paths! {
    /// Both schemas.
    MESSAGE {
        TIME: "@timestamp",
        MESSAGE_ID: "messageid", SENSOR_ID: "sensor/id", EVENT: "event/type", OBJECT_ID: "object/id",
        VEHICLE: "object/vehicle{}", VEHICLE_CONFIDENCE: "object/vehicle/confidence",
        VEHICLE_TYPE: "object/vehicle/type",
        LICENSE: "object/vehicle/license",
        PERSON: "object/person{}", PERSON_CONFIDENCE: "object/person/confidence",
        FACE: "object/face{}", FACE_CONFIDENCE: "object/face/confidence",
        BAG: "object/bag{}", BICYCLE: "object/bicycle{}",
        SPOT: "place/parkingSpot/id", AISLE: "place/aisle/id", ENTRANCE: "place/entrance/name",
        SENSOR: "sensorId", OBJECTS: "objects{}",
    }
}

type Message<'a> = Values<'a, { Place::Count as usize }>;

static WORDS: LazyLock<[Word; 5]> =
    LazyLock::new(|| ["@timestamp", "mdsversion", "messageid", "sensorId", "objects"].map(Word::new));

/// The decoder of DeepStream.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeepStream;

impl Decoder for DeepStream {
    fn format(&self) -> &'static str {
        "deepstream"
    }

    fn domain(&self) -> Domain {
        Domain::Video
    }

    fn reads(&self) -> &'static str {
        "NVIDIA DeepStream messages, full and minimal schema"
    }

    fn produces(&self) -> Vec<Production> {
        const SEEN: &[ClassId] = &[
            class::VIDEO_VEHICLE,
            class::VIDEO_PERSON,
            class::VIDEO_OBJECT,
            class::PARKING_OCCUPIED,
            class::PARKING_FREED,
        ];
        const HAPPENED: &[ClassId] =
            &[class::VIDEO_ZONE_ENTERED, class::VIDEO_ZONE_EXITED, class::PLATE_READ, class::UNCLASSIFIED];
        values(KIND, SEEN).chain(changes(KIND, HAPPENED)).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let [time, version, id, sensor, objects] = &*WORDS;
        looks_like_object(value)
            && time.is_in(value)
            && ((version.is_in(value) && id.is_in(value)) || (sensor.is_in(value) && objects.is_in(value)))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let message = MESSAGE.read(record.text()?)?;
        match (message[OBJECTS].raw(), message[SENSOR].written()) {
            (Some(objects), Some(sensor)) => {
                minimal(&message, &Frame { objects, sensor: &sensor }, record.clock, out)
            }
            _ if message[SENSOR_ID].is_some() => {
                full(&message, record.clock, out);
                Ok(Decoded::Events(KIND))
            }
            _ => Err(Refusal::malformed("neither `sensor.id` nor `sensorId` with `objects`")),
        }
    }
}

/// What was seen: class, kind of object and the detector's score.
struct Seen<'a> {
    class: ClassId,
    kind: &'a str,
    confidence: Option<f64>,
}

fn full(message: &Message<'_>, clock: Clock<'_>, out: &mut Batch) {
    let seen = seen(message);
    let event = message[EVENT].text().unwrap_or_default();
    let class = match event {
        "entry" => class::VIDEO_ZONE_ENTERED,
        "exit" => class::VIDEO_ZONE_EXITED,
        "parked" => class::PARKING_OCCUPIED,
        "empty" => class::PARKING_FREED,
        "moving" | "stopped" | "" => seen.class,
        _ => class::UNCLASSIFIED,
    };
    let mut row = out.begin(class);
    full_common(&mut row, message, clock);
    row.maybe(field::OBJECT_ID, message[OBJECT_ID].written().as_deref()).text(field::OBJECT_KIND, seen.kind);
    put_confidence(&mut row, seen.confidence);
    row.native_id(message[MESSAGE_ID].text().unwrap_or_default());
    row.finish();
    // A plate is read where something comes or goes; on the way between, the same one is seen many times a
    // second.
    if let (Some(plate), "entry" | "exit") = (message[LICENSE].text().filter(|text| is_value(text)), event) {
        let mut row = out.begin(class::PLATE_READ);
        full_common(&mut row, message, clock);
        row.text(field::PLATE, &crate::plate(plate))
            .text(field::DIRECTION, if event == "entry" { "in" } else { "out" });
        row.native_id(&message[MESSAGE_ID].text().map(|id| format!("{id}:plate")).unwrap_or_default());
        row.finish();
    }
}

fn full_common(row: &mut RowWriter<'_>, message: &Message<'_>, clock: Clock<'_>) {
    row.text(field::NATIVE_CODE, &format!("deepstream:{}", message[EVENT].text().unwrap_or("-")));
    put_time(row, &message[TIME], clock);
    let sensor = message[SENSOR_ID].written().unwrap_or_default();
    row.source(&sensor).text(field::CAMERA, &sensor);
    let place = [SPOT, AISLE, ENTRANCE].into_iter().find_map(|at| message[at].text());
    row.maybe(field::REGION, place);
}

fn seen<'a>(message: &Message<'_>) -> Seen<'a> {
    let seen = |class, kind, confidence: Option<usize>| Seen {
        class,
        kind,
        confidence: confidence.and_then(|at: usize| message[at].float()),
    };
    let is = |at: usize| message[at].is_some();
    match () {
        () if is(VEHICLE) => {
            let kind = message[VEHICLE_TYPE].text().map_or("vehicle", vehicle_kind);
            seen(class::VIDEO_VEHICLE, kind, Some(VEHICLE_CONFIDENCE))
        }
        () if is(PERSON) => seen(class::VIDEO_PERSON, "person", Some(PERSON_CONFIDENCE)),
        () if is(FACE) => seen(class::VIDEO_OBJECT, "face", Some(FACE_CONFIDENCE)),
        () if is(BAG) => seen(class::VIDEO_OBJECT, "bag", None),
        () if is(BICYCLE) => seen(class::VIDEO_OBJECT, "bicycle", None),
        () => seen(class::VIDEO_OBJECT, "unknown", None),
    }
}

/// The kinds of vehicle that are told apart; a body style is a car's.
fn vehicle_kind(sent: &str) -> &'static str {
    match &*sent.to_ascii_lowercase() {
        "truck" | "largevehicle" => "truck",
        "bus" => "bus",
        "motorcycle" | "motorbike" => "motorcycle",
        "car" | "sedan" | "coupe" | "suv" | "hatchback" | "wagon" => "car",
        _ => "vehicle",
    }
}

/// The objects of one frame.
struct Frame<'a> {
    objects: &'a str,
    sensor: &'a str,
}

fn minimal(
    message: &Message<'_>,
    frame: &Frame<'_>,
    clock: Clock<'_>,
    out: &mut Batch,
) -> Result<Decoded, Refusal> {
    let objects: Vec<&str> =
        elements(frame.objects).ok_or_else(|| Refusal::malformed("`objects` is no array"))?;
    for object in &objects {
        let object: String =
            serde_json::from_str(object).map_err(|_| Refusal::malformed("an object that is no text"))?;
        let mut row = out.begin(class::UNCLASSIFIED);
        put_time(&mut row, &message[TIME], clock);
        row.source(frame.sensor).text(field::CAMERA, frame.sensor);
        minimal_object(&mut row, &object)?;
        row.finish();
    }
    Ok(if objects.is_empty() { Decoded::Control } else { Decoded::Events(KIND) })
}

/// `track|left|top|right|bottom|class|#|attributes…|confidence`.
fn minimal_object(row: &mut RowWriter<'_>, object: &str) -> Result<(), Refusal> {
    let parts: Vec<&str> = object.split('|').map(str::trim).collect();
    let [track, _, _, _, _, name, rest @ ..] = &parts[..] else {
        return Err(Refusal::malformed(format!("an object of {} parts", parts.len())));
    };
    let attributes = match rest {
        ["#", attributes @ ..] => attributes,
        _ => rest,
    };
    let (class, kind) = match &*name.to_ascii_lowercase() {
        "vehicle" => (class::VIDEO_VEHICLE, attributes.first().map_or("vehicle", |kind| vehicle_kind(kind))),
        "person" => (class::VIDEO_PERSON, "person"),
        "face" => (class::VIDEO_OBJECT, "face"),
        "bag" => (class::VIDEO_OBJECT, "bag"),
        "bicycle" => (class::VIDEO_OBJECT, "bicycle"),
        _ => (class::VIDEO_OBJECT, *name),
    };
    row.class(class).text(field::NATIVE_CODE, &format!("deepstream:{name}")).text(field::OBJECT_KIND, kind);
    row.maybe(field::OBJECT_ID, Some(*track).filter(|track| *track != "-1"));
    put_confidence(row, attributes.last().and_then(|text| text.parse().ok()));
    if class == class::VIDEO_VEHICLE
        && let [_, _, _, _, plate, _, ..] = attributes
    {
        row.maybe(field::PLATE, Some(*plate).filter(|plate| is_value(plate)).map(crate::plate).as_deref());
    }
    Ok(())
}

/// Whether a text says anything: detectors fill in what they do not know.
fn is_value(text: &str) -> bool {
    let place_holder = text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("unk"));
    !text.is_empty() && text != "-" && !place_holder
}

/// A score is a share; −0.1 and the 0 of a detector that gives none say nothing.
fn put_confidence(row: &mut RowWriter<'_>, confidence: Option<f64>) {
    let share = confidence.filter(|share| *share > 0.0 && *share <= 1.0);
    if let Some(share) = share.and_then(Micro::from_f64) {
        row.float(field::CONFIDENCE, share);
    }
}

fn put_time(row: &mut RowWriter<'_>, time: &Json<'_>, clock: Clock<'_>) {
    if let Some((time, assumed)) = time.text().and_then(|text| clock.iso(text)) {
        row.device_time(time, TimeQuality::Device);
        if assumed {
            row.zone_assumed();
        }
    }
}

//! Frigate: `frigate/events`, `frigate/reviews`, `frigate/tracked_object_update`, `frigate/available`, and the
//! finished events that its API lists.
//!
//! ```text
//! {"type":"new|update|end","before":{…},"after":{"id":…,"camera":…,"label":…,"entered_zones":[…]}}   events
//! {"type":…,"before":{…},"after":{"severity":"detection|alert","data":{…}}}                            reviews
//! online | offline                                                                                     last will
//! ```
//! One id comes many times. `new` begins a span, `end` ends it, what is between is an update that raises
//! nothing, but for a zone that is entered and a review that rises to `alert`, which happen once. An object
//! that Frigate takes back as a false positive is cancelled. A message is known by id, type and frame, so that
//! retained or repeated ones are duplicates and updates are not.

use event::class::{self, ClassId, Domain, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::Timestamp;
use event::value::Micro;
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::fold;
use ingest::json::{self, Json, Values, Word, looks_like_object};
use ingest::json_paths;
use ingest::time::{epoch, epoch_float};
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 10);

const CLASSES: &[ClassId] = &[
    class::VIDEO_PERSON,
    class::VIDEO_VEHICLE,
    class::VIDEO_OBJECT,
    class::VIDEO_INTRUSION,
    class::VIDEO_ZONE_ENTERED,
    class::VIDEO_FACE_MATCHED,
    class::AUDIO_DETECTED,
    class::PLATE_READ,
    class::HEALTH_ONLINE,
    class::HEALTH_OFFLINE,
    class::UNCLASSIFIED,
];

json_paths! {
    FRIGATE {
        TYPE: "type",
        ID: "after/id",
        CAMERA: "after/camera",
        LABEL: "after/label",
        SUB_LABEL: "after/sub_label",
        SUB_LABEL_NAME: "after/sub_label/0",
        PLATE: "after/recognized_license_plate",
        SCORE: "after/top_score",
        FALSE_POSITIVE: "after/false_positive",
        START: "after/start_time",
        END: "after/end_time",
        FRAME: "after/frame_time",
        ENTERED: "after/entered_zones{}",
        ENTERED_BEFORE: "before/entered_zones{}",
        CURRENT: "after/current_zones/0",
        SEVERITY: "after/severity",
        SEVERITY_BEFORE: "before/severity",
        REVIEWED: "after/data/objects/0",
        REVIEW_ZONE: "after/data/zones/0",
        AUDIO: "after/data/audio/0",
        // An event of the API, and an update of a tracked object, have no `after`.
        OWN_ID: "id",
        OWN_CAMERA: "camera",
        OWN_LABEL: "label",
        OWN_START: "start_time",
        OWN_END: "end_time",
        OWN_ZONE: "zones/0",
        OWN_SCORE: "data/top_score",
        OWN_FALSE: "false_positive",
        NAME: "name",
        OWN_PLATE: "plate",
        RATING: "score",
        MOMENT: "timestamp",
    }
}

type Message<'a> = Values<'a, { Place::Count as usize }>;

static WORDS: LazyLock<[Word; 6]> = LazyLock::new(|| {
    ["before", "after", "camera", "has_clip", "tracked_object_update", "start_time"].map(Word::new)
});

/// The decoder of Frigate's messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frigate;

impl Decoder for Frigate {
    fn format(&self) -> &'static str {
        "frigate"
    }

    fn domain(&self) -> Domain {
        Domain::Video
    }

    fn reads(&self) -> &'static str {
        "Frigate events, reviews, tracked objects and availability over MQTT; events of its API"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let [before, after, camera, clip, _, start] = &*WORDS;
        let is_change = || before.is_in(value) && after.is_in(value) && start.is_in(value);
        looks_like_object(value)
            && camera.is_in(value)
            && (is_change() || clip.is_in(value) && start.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        if let "online" | "offline" = text.trim() {
            availability(text.trim(), record.key_text(), out);
            return Ok(Decoded::Events(KIND));
        }
        let message = FRIGATE.read(text)?;
        match () {
            () if message[CAMERA].text().is_some() && message[SEVERITY].is_some() => review(&message, out),
            () if message[CAMERA].text().is_some() => change(&message, out),
            () if message[OWN_CAMERA].text().is_some() && message[OWN_START].is_some() => {
                finished(&message, out)
            }
            () if message[OWN_CAMERA].text().is_some() => recognised(&message, out),
            () => return Err(Refusal::malformed("neither `after` nor an event with its camera")),
        }
        Ok(Decoded::Events(KIND))
    }
}

/// The last will of Frigate itself.
fn availability(word: &str, topic: Option<&str>, out: &mut Batch) {
    let class = if word == "online" { class::HEALTH_ONLINE } else { class::HEALTH_OFFLINE };
    let mut row = out.begin(class);
    let device = topic.and_then(|topic| topic.split('/').next()).unwrap_or("frigate");
    row.text(field::NATIVE_CODE, "frigate:available").text(field::DEVICE, device);
    row.finish();
}

fn time(value: &Json<'_>) -> Option<Timestamp> {
    match value {
        Json::Int(number) => epoch(*number),
        other => epoch_float(other.float()?),
    }
}

/// Class and kind of an object by its label.
fn kind(label: &str) -> (ClassId, &'static str) {
    match label {
        "person" => (class::VIDEO_PERSON, "person"),
        "car" => (class::VIDEO_VEHICLE, "car"),
        "truck" => (class::VIDEO_VEHICLE, "truck"),
        "bus" => (class::VIDEO_VEHICLE, "bus"),
        "motorcycle" => (class::VIDEO_VEHICLE, "motorcycle"),
        "bicycle" => (class::VIDEO_OBJECT, "bicycle"),
        "face" => (class::VIDEO_OBJECT, "face"),
        "license_plate" => (class::VIDEO_OBJECT, "plate"),
        "package" | "amazon" | "fedex" | "ups" | "usps" | "dhl" => (class::VIDEO_OBJECT, "package"),
        "dog" | "cat" | "bird" | "horse" | "cow" | "sheep" | "bear" | "deer" | "raccoon" | "fox"
        | "rabbit" => (class::VIDEO_OBJECT, "animal"),
        "backpack" | "handbag" | "suitcase" => (class::VIDEO_OBJECT, "bag"),
        "knife" | "gun" | "weapon" => (class::VIDEO_OBJECT, "weapon"),
        _ => (class::VIDEO_OBJECT, "other"),
    }
}

/// What a sound is, by its label.
fn sound(label: &str) -> Option<&'static str> {
    Some(match label {
        "scream" => "scream",
        "yell" | "fight" => "aggression",
        "bark" => "bark",
        "crying" | "baby_cry" => "baby_cry",
        "speech" => "speech",
        "fire_alarm" | "smoke_detector" | "alarm" => "alarm_sound",
        "car_alarm" => "vehicle_alarm",
        "glass" | "shatter" => "glass_break",
        _ => return None,
    })
}

fn begin<'b>(out: &'b mut Batch, class: ClassId, message: &Message<'_>, camera: usize) -> RowWriter<'b> {
    let mut row = out.begin(class);
    row.maybe(field::CAMERA, message[camera].text());
    row
}

/// One change of one tracked object.
fn change(message: &Message<'_>, out: &mut Batch) {
    let label = message[LABEL].text().unwrap_or_default();
    let (class, object) = kind(label);
    let kind = message[TYPE].text().unwrap_or_default();
    let is_false = message[FALSE_POSITIVE].truth() == Some(true);
    let (lifecycle, at) = match kind {
        "end" if is_false => (Lifecycle::Cancel, END),
        "end" => (Lifecycle::Restore, END),
        "new" if !is_false => (Lifecycle::New, START),
        _ => (Lifecycle::Update, FRAME),
    };
    let at = time(&message[at]).or(time(&message[FRAME])).or(time(&message[START]));
    let mut row = begin(out, class, message, CAMERA);
    row.lifecycle(lifecycle).text(field::NATIVE_CODE, &["frigate:events/", kind].concat());
    write_object(&mut row, message, (label, object));
    known_by(&mut row, message, (kind, "", at));
    row.finish();
    for zone in entered(message) {
        let mut row = begin(out, class::VIDEO_ZONE_ENTERED, message, CAMERA);
        row.text(field::NATIVE_CODE, "frigate:events/entered_zones");
        write_object(&mut row, message, (label, object));
        row.text(field::TO_ZONE, &zone).text(field::REGION, &zone);
        known_by(&mut row, message, ("zone", &zone, at));
        row.finish();
    }
}

/// Zones that the object had not entered before this change.
fn entered(message: &Message<'_>) -> Vec<String> {
    let zones = |at: usize| -> Vec<String> {
        let raw = message[at].raw().unwrap_or("[]");
        json::joined(raw).map(|all| all.split(", ").map(str::to_owned).collect()).unwrap_or_default()
    };
    let before = zones(ENTERED_BEFORE);
    zones(ENTERED).into_iter().filter(|zone| !zone.is_empty() && !before.contains(zone)).collect()
}

fn write_object(row: &mut RowWriter<'_>, message: &Message<'_>, (label, object): (&str, &str)) {
    row.text(field::OBJECT_KIND, object).maybe(field::OBJECT_ID, message[ID].text());
    row.text(field::NATIVE_REASON, label).maybe(field::REGION, message[CURRENT].text());
    confidence(row, &message[SCORE]);
    row.maybe(
        field::PERSON,
        message[SUB_LABEL].text().or(message[SUB_LABEL_NAME].text()).filter(|_| label == "person"),
    );
    if let Some(plate) = message[PLATE].text() {
        fold::set(row, field::PLATE, plate);
    }
}

fn confidence(row: &mut RowWriter<'_>, score: &Json<'_>) {
    if let Some(score) = score.float().filter(|score| (0.0..=1.0).contains(score)).and_then(Micro::from_f64) {
        row.float(field::CONFIDENCE, score);
    }
}

/// When it was, and by what it is known.
fn known_by(
    row: &mut RowWriter<'_>,
    message: &Message<'_>,
    (kind, what, at): (&str, &str, Option<Timestamp>),
) {
    if let Some(at) = at {
        row.device_time(at, TimeQuality::Device);
    }
    let id = message[ID].text().or(message[OWN_ID].text());
    if let Some(id) = id {
        let moment = at.map(|at| at.0).unwrap_or_default();
        row.native_id(&format!("{id}:{kind}:{what}:{moment}"));
    }
}

/// A review: what needs a person's eye. Only `alert` is an event of its own; `detection` sums up events that
/// have been sent.
fn review(message: &Message<'_>, out: &mut Batch) {
    let kind = message[TYPE].text().unwrap_or_default();
    let is_alert = message[SEVERITY].text() == Some("alert");
    let rises = is_alert && message[SEVERITY_BEFORE].text() != Some("alert");
    let label = message[REVIEWED].text().unwrap_or_default();
    let (of_object, object) = self::kind(label.trim_end_matches("-verified"));
    let class = if is_alert { class::VIDEO_INTRUSION } else { of_object };
    let (lifecycle, at) = match kind {
        "end" => (if is_alert { Lifecycle::Restore } else { Lifecycle::Update }, time(&message[END])),
        "new" if is_alert => (Lifecycle::New, time(&message[START])),
        _ if rises => (Lifecycle::New, time(&message[START])),
        _ => (Lifecycle::Update, time(&message[START])),
    };
    let mut row = begin(out, class, message, CAMERA);
    row.lifecycle(lifecycle).text(field::NATIVE_CODE, &["frigate:reviews/", kind].concat());
    row.maybe(field::NATIVE_REASON, message[SEVERITY].text()).text(field::OBJECT_KIND, object);
    row.maybe(field::REGION, message[REVIEW_ZONE].text());
    row.int(field::NATIVE_SEVERITY, if is_alert { 50 } else { 25 });
    if let Some(audio) = message[AUDIO].text().and_then(sound) {
        row.text(field::AUDIO_KIND, audio);
    }
    known_by(&mut row, message, (kind, message[SEVERITY].text().unwrap_or_default(), at));
    row.finish();
}

/// An event as the API lists it: begun, and maybe over.
fn finished(message: &Message<'_>, out: &mut Batch) {
    let label = message[OWN_LABEL].text().unwrap_or_default();
    let (class, object) = kind(label);
    let (start, end) = (time(&message[OWN_START]), time(&message[OWN_END]));
    let mut row = match sound(label) {
        Some(audio) => {
            let mut row = begin(out, class::AUDIO_DETECTED, message, OWN_CAMERA);
            row.text(field::AUDIO_KIND, audio);
            row
        }
        None => {
            let mut row = begin(out, class, message, OWN_CAMERA);
            row.text(field::OBJECT_KIND, object);
            row
        }
    };
    if message[OWN_FALSE].truth() == Some(true) {
        row.lifecycle(Lifecycle::Cancel);
    }
    row.text(field::NATIVE_CODE, "frigate:event").text(field::NATIVE_REASON, label);
    row.maybe(field::OBJECT_ID, message[OWN_ID].text()).maybe(field::REGION, message[OWN_ZONE].text());
    confidence(&mut row, &message[OWN_SCORE]);
    if let Some((start, end)) = start.zip(end) {
        row.time(field::ENDED_AT, end).duration(field::DURATION, end - start);
    }
    known_by(&mut row, message, ("event", "", start));
    row.finish();
}

/// A face or a plate that was recognised later.
fn recognised(message: &Message<'_>, out: &mut Batch) {
    let kind = message[TYPE].text().unwrap_or_default();
    let class = match kind {
        "face" if message[NAME].text().is_some() => class::VIDEO_FACE_MATCHED,
        "lpr" if message[OWN_PLATE].text().is_some() => class::PLATE_READ,
        _ => class::UNCLASSIFIED,
    };
    let mut row = begin(out, class, message, OWN_CAMERA);
    row.text(field::NATIVE_CODE, &["frigate:tracked_object_update/", kind].concat());
    row.maybe(field::OBJECT_ID, message[OWN_ID].text());
    match class {
        class::VIDEO_FACE_MATCHED => row.maybe(field::PERSON, message[NAME].text()),
        class::PLATE_READ => {
            fold::set(&mut row, field::PLATE, message[OWN_PLATE].text().unwrap_or_default());
            row.maybe(field::MATCH_LIST, message[NAME].text())
        }
        _ => row.maybe(field::NATIVE_REASON, message[NAME].text()),
    };
    confidence(&mut row, &message[RATING]);
    known_by(&mut row, message, (kind, "", time(&message[MOMENT])));
    row.finish();
}

//! Hikvision's `EventNotificationAlert`: of cameras and recorders, as XML of two versions or of none, as JSON,
//! alone or as a part of a multipart body.
//!
//! ```text
//! <EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
//!   <macAddress>…</macAddress><channelID>1</channelID><dateTime>…</dateTime>
//!   <activePostCount>1</activePostCount><eventType>linedetection</eventType><eventState>active</eventState>
//! ```
//! An alert is sent again about once a second while it lasts, with a count: the first begins it, the others say
//! that it is still there, and raise nothing. Many cameras never say `inactive`. `videoloss inactive` is the
//! keep-alive. A recorder numbers its cameras from 33 on (`channelID` 34 is the second), so camera and recorder
//! report one thing under two names, which the site model's aliases bring together. Events of terminals with
//! cards are of the format `hikvision-acs`.

use event::class::{self, ClassId, Domain, Form, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::fold;
use ingest::json::{self, looks_like_object};
use ingest::xml;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 10);

/// What an event type is, and the field that it says by itself.
type Meaning = (&'static str, ClassId, Option<(field::FieldId, &'static str)>);

const MEANINGS: &[Meaning] = &[
    ("VMD", class::VIDEO_MOTION, None),
    ("linedetection", class::VIDEO_LINE_CROSSED, None),
    ("fielddetection", class::VIDEO_INTRUSION, None),
    ("regionEntrance", class::VIDEO_ZONE_ENTERED, None),
    ("regionExiting", class::VIDEO_ZONE_EXITED, None),
    ("loitering", class::VIDEO_LOITERING, None),
    ("unattendedBaggage", class::VIDEO_OBJECT_LEFT, None),
    ("attendedBaggage", class::VIDEO_OBJECT_REMOVED, None),
    ("group", class::VIDEO_CROWD, None),
    ("PIR", class::SENSOR_MOTION, Some((field::TECHNOLOGY, "pir"))),
    ("IO", class::SENSOR_ACTIVE, None),
    ("tamperdetection", class::VIDEO_TAMPER, Some((field::TAMPER_KIND, "covered"))),
    ("shelteralarm", class::VIDEO_TAMPER, Some((field::TAMPER_KIND, "covered"))),
    ("scenechangedetection", class::VIDEO_TAMPER, Some((field::TAMPER_KIND, "scene_change"))),
    ("defocus", class::VIDEO_TAMPER, Some((field::TAMPER_KIND, "defocused"))),
    ("videoloss", class::VIDEO_LOSS, None),
    ("facedetection", class::VIDEO_OBJECT, Some((field::OBJECT_KIND, "face"))),
    ("faceSnap", class::VIDEO_OBJECT, Some((field::OBJECT_KIND, "face"))),
    ("humanRecognition", class::VIDEO_PERSON, Some((field::OBJECT_KIND, "person"))),
    ("ANPR", class::PLATE_READ, None),
    ("PeopleCounting", class::VIDEO_COUNTED, None),
    ("audioexception", class::AUDIO_DETECTED, Some((field::AUDIO_KIND, "level"))),
    ("diskfull", class::HEALTH_STORAGE, None),
    ("diskerror", class::HEALTH_STORAGE, None),
    ("badvideo", class::HEALTH_FAULT, Some((field::FAULT_KIND, "other"))),
];

/// The decoder of Hikvision's alerts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hikvision;

/// Named values of an alert, whatever it was written in.
struct Alert {
    leaves: Vec<(String, String)>,
}

impl Alert {
    /// The first value of an element of that name.
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.leaves.iter().find(|(known, value)| known == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }
}

impl Decoder for Hikvision {
    fn format(&self) -> &'static str {
        "hikvision"
    }

    fn domain(&self) -> Domain {
        Domain::Video
    }

    fn reads(&self) -> &'static str {
        "Hikvision EventNotificationAlert of cameras and recorders: XML 1.0, 2.0, JSON, multipart"
    }

    fn produces(&self) -> Vec<Production> {
        let mut classes: Vec<ClassId> = MEANINGS.iter().map(|(_, class, _)| *class).collect();
        classes.extend([
            class::SENSOR_INACTIVE,
            class::VIDEO_VEHICLE,
            class::HEALTH_HEARTBEAT,
            class::UNCLASSIFIED,
        ]);
        classes.sort_unstable();
        classes.dedup();
        changes(KIND, &classes).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let has = |word: &str| json::holds(value, word);
        let is_json = || looks_like_object(value) && has("\"eventState\"") && has("\"activePostCount\"");
        has("<EventNotificationAlert") || is_json()
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let alert = read(record.value)?;
        let Some(kind) = alert.get("eventType") else {
            return Err(Refusal::malformed("an alert without `eventType`"));
        };
        if alert.get("eventState").or(alert.get("activePostCount")).is_none() {
            return Err(Refusal::malformed("an alert without `eventState`"));
        }
        let is_active = alert.get("eventState") != Some("inactive");
        let meaning = MEANINGS.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(kind));
        let class = match meaning.map(|(_, class, _)| *class) {
            // It comes every few seconds, whatever happens.
            Some(class::VIDEO_LOSS) if !is_active => class::HEALTH_HEARTBEAT,
            Some(class::SENSOR_ACTIVE) if !is_active => class::SENSOR_INACTIVE,
            // The plate is what the class is about.
            Some(class::PLATE_READ) if alert.get("licensePlate").is_none() => class::VIDEO_VEHICLE,
            Some(class) => class,
            None => class::UNCLASSIFIED,
        };
        let mut row = out.begin(class);
        row.lifecycle(lifecycle(class, is_active, alert.get("activePostCount")));
        row.text(field::NATIVE_CODE, &["hikvision:", kind].concat());
        if let Some((time, assumed)) = alert.get("dateTime").and_then(|text| record.clock.sent(text)) {
            row.device_time(time, TimeQuality::Device);
            if assumed {
                row.zone_assumed();
            }
        }
        if let Some((field, word)) =
            meaning.and_then(|(_, _, says)| *says).filter(|_| class != class::HEALTH_HEARTBEAT)
        {
            row.text(field, word);
        }
        write_place(&mut row, class, &alert);
        write_what(&mut row, class, &alert);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

/// The alert in a body: the XML or JSON between whatever a multipart body puts around it.
fn read(value: &[u8]) -> Result<Alert, Refusal> {
    // The parts behind it are pictures.
    let text = String::from_utf8_lossy(value);
    if let Some(start) = text.find("<EventNotificationAlert") {
        let end = text[start..].find("</EventNotificationAlert>").map(|at| start + at + 25);
        let end = end.ok_or_else(|| Refusal::truncated("the alert is not closed"))?;
        let leaves = xml::leaves(&text[start..end])?;
        let named = |(path, value): (Vec<String>, String)| Some((path.last()?.clone(), value));
        return Ok(Alert { leaves: leaves.into_iter().filter_map(named).collect() });
    }
    let start = text.find('{').ok_or_else(|| Refusal::malformed("no EventNotificationAlert"))?;
    let end = text.rfind('}').ok_or_else(|| Refusal::truncated("the alert is not closed"))?;
    let body = text.get(start..=end).unwrap_or_default();
    Ok(Alert { leaves: json::leaves(body)? })
}

/// The first of a run begins it; what repeats while it lasts says so.
fn lifecycle(class: ClassId, is_active: bool, count: Option<&str>) -> Lifecycle {
    let form = class.def().map(|def| def.form);
    let repeats = count.and_then(|count| count.parse::<u64>().ok()).is_some_and(|count| count > 1);
    match form {
        Some(Form::Beat) => Lifecycle::New,
        Some(Form::Side) => {
            if repeats {
                Lifecycle::Update
            } else {
                Lifecycle::New
            }
        }
        Some(Form::Span | Form::Point) if !is_active => Lifecycle::Restore,
        Some(Form::Span | Form::Point) if repeats => Lifecycle::StillPresent,
        _ if repeats || !is_active => Lifecycle::Update,
        _ => Lifecycle::New,
    }
}

/// The device by what does not change: its hardware address or serial number; the channel where it has several.
fn write_place(row: &mut RowWriter<'_>, class: ClassId, alert: &Alert) {
    let serial = alert.get("serialNumber").map(str::trim);
    let Some(device) = alert.get("macAddress").or(serial).or(alert.get("ipAddress")) else { return };
    row.source(device);
    let channel = alert.get("dynChannelID").or(alert.get("channelID")).unwrap_or("1");
    let camera = if matches!(channel, "1" | "0") { device.to_owned() } else { format!("{device}/{channel}") };
    match class {
        class::HEALTH_HEARTBEAT | class::HEALTH_STORAGE | class::HEALTH_FAULT => {
            row.text(field::DEVICE, device);
        }
        class::SENSOR_ACTIVE | class::SENSOR_INACTIVE => {
            let input = alert.get("inputIOPortID").unwrap_or("1");
            row.text(field::SENSOR, &format!("{device}/input/{input}"));
        }
        class::SENSOR_MOTION => {
            row.text(field::SENSOR, &format!("{device}/pir")).text(field::CAMERA, &camera);
        }
        _ => {
            row.text(field::CAMERA, &camera);
        }
    }
}

fn write_what(row: &mut RowWriter<'_>, class: ClassId, alert: &Alert) {
    row.maybe(field::REGION, alert.get("regionID").or(alert.get("regionsID")));
    row.maybe(field::MESSAGE, alert.get("eventDescription"));
    let target = alert.get("detectionTarget").map(|target| match target {
        "human" => "person",
        "vehicle" => "vehicle",
        "animal" => "animal",
        _ => "other",
    });
    row.maybe(field::OBJECT_KIND, target);
    if let Some(plate) = alert.get("licensePlate") {
        fold::set(row, field::PLATE, plate);
        row.maybe(field::MATCH_LIST, alert.get("vehicleListName"));
    }
    if class == class::VIDEO_COUNTED {
        let number = |name: &str| alert.get(name).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        let (enter, exit) = (number("enter"), number("exit"));
        let direction = match (enter, exit) {
            (1.., 0) => "in",
            (0, 1..) => "out",
            _ => "unknown",
        };
        row.int(field::COUNT, enter + exit).text(field::DIRECTION, direction);
    }
    if alert.get("isDataRetransmission") == Some("true") {
        row.text(field::TAGS, "retransmitted");
    }
}

//! From a notification to rows: who and where by stable ids, what by the topic's row, begin and end by the
//! value.
//!
//! Of properties a value comes, not a change. The value at subscription is a snapshot while it is active; one
//! that is not active, and a property that is deleted, end the condition, which raises nothing if there was
//! none.

use super::notification::{Notification, Operation};
use super::topics::{About, Row, Says, Words};
use event::class::{self, ClassId, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::Timestamp;
use event::value::Micro;
use ingest::time::{civil, local_in};
use jiff::tz::TimeZone;

/// One event of a notification.
struct Said<'a> {
    class: ClassId,
    lifecycle: Lifecycle,
    word: Option<(field::FieldId, &'a str)>,
}

/// Writes the rows of one notification: at least one.
pub(crate) fn write(notification: &Notification, row: Option<&Row>, out: &mut Batch) {
    let mut said = row.map(|row| said(notification, row)).unwrap_or_default();
    if said.is_empty() {
        let lifecycle = match notification.operation {
            Operation::Initialized | Operation::Deleted => Lifecycle::Update,
            Operation::Changed | Operation::Unsaid => Lifecycle::New,
        };
        said.push(Said { class: class::UNCLASSIFIED, lifecycle, word: None });
    }
    for event in said {
        let about = row.map(|row| row.about).filter(|_| event.class != class::UNCLASSIFIED);
        let mut writer = out.begin(event.class);
        writer.lifecycle(event.lifecycle);
        common(&mut writer, notification);
        entities(&mut writer, notification, about);
        for (field, word) in row.map_or(&[][..], |row| row.adds) {
            writer.text(*field, word);
        }
        if let Some((field, word)) = event.word {
            writer.text(field, word);
        }
        details(&mut writer, notification, event.class);
        if let Some(severity) = severity(event.class).filter(|_| begins(event.lifecycle)) {
            writer.int(field::NATIVE_SEVERITY, severity);
        }
        writer.finish();
    }
}

/// `UtcTime`, which is UTC whether it says so or not.
pub(crate) fn utc(text: &str) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(text.trim()).or_else(|| local_in(&TimeZone::UTC, civil(text.trim())?))
}

/// The producer's own id: the UUID of `uri://UUID/…`, else the host of its address.
pub(crate) fn producer_id(address: &str) -> &str {
    let rest = address.trim().split_once("://").map_or(address.trim(), |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    // A port belongs to the listener, not to the device; a bracket ends an address of version 6.
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.contains(':') => name,
        _ => host,
    }
}

fn common(row: &mut RowWriter<'_>, notification: &Notification) {
    let topic = notification.topic.trim();
    let topic = topic.strip_prefix("tns1:").unwrap_or(topic);
    row.text(field::NATIVE_CODE, &format!("onvif:{}", if topic.is_empty() { "-" } else { topic }));
    row.source(producer_id(&notification.producer));
    if let Some(time) = utc(&notification.time) {
        row.device_time(time, TimeQuality::Device);
    }
    row.maybe(field::REGION, notification.item(&["Rule", "RuleName"]).or_else(|| profile(topic)));
    row.maybe(field::OBJECT_ID, notification.item(&["ObjectId"]));
    row.maybe(field::CONFIDENCE, notification.item(&["Likelihood"]).filter(|text| is_share(text)));
}

/// Applications on a camera put the name of their profile behind their own.
fn profile(topic: &str) -> Option<&str> {
    let (_, application) = topic.split_once("CameraApplicationPlatform/")?;
    Some(application.split_once('/')?.1)
}

fn is_share(text: &str) -> bool {
    text.parse().is_ok_and(|share: f64| (0.0..=1.0).contains(&share))
}

const VIDEO_TOKENS: &[&str] = &[
    "VideoSourceToken",
    "VideoSource",
    "VideoSourceConfigurationToken",
    "Source",
    "channel",
    "AudioSourceConfigurationToken",
    "PTZConfigurationToken",
];

fn entities(row: &mut RowWriter<'_>, notification: &Notification, about: Option<About>) {
    let source = producer_id(&notification.producer);
    let item = |names: &[&str]| notification.item(names);
    match about {
        Some(About::Camera) => camera(row, notification),
        Some(About::Sensor(kind)) => {
            let number = item(&[
                "InputToken",
                "sensor",
                "port",
                "AlarmInToken",
                "Token",
                "DigitalInputConfigurationToken",
            ]);
            row.text(field::SENSOR, &joined(&[source, kind, number.unwrap_or_default()]));
        }
        Some(About::Output) => {
            let number = item(&["RelayToken", "Token", "DigitalOutputConfigurationToken"]);
            row.text(field::DEVICE, &joined(&[source, "relay", number.unwrap_or_default()]));
        }
        Some(About::Device) => {
            row.maybe(field::LINK, item(&["InterfaceToken", "Interface"]));
        }
        Some(About::Door) => door(row, notification),
        None => {
            door(row, notification);
            if item(VIDEO_TOKENS).is_some() {
                camera(row, notification);
            }
        }
    }
}

/// The camera: its producer, and the channel behind it where the device has several. Tokens differ by
/// profile, so only their last number counts; devices count their only channel as 0 or as 1.
fn camera(row: &mut RowWriter<'_>, notification: &Notification) {
    let source = producer_id(&notification.producer);
    let token = notification.item(VIDEO_TOKENS).unwrap_or_default();
    if source.is_empty() {
        row.text(field::CAMERA, token);
        return;
    }
    let digits = token.bytes().rev().take_while(u8::is_ascii_digit).count();
    match token[token.len() - digits..].trim_start_matches('0') {
        "" | "1" => row.text(field::CAMERA, source),
        channel => row.text(field::CAMERA, &joined(&[source, channel])),
    };
}

fn door(row: &mut RowWriter<'_>, notification: &Notification) {
    let source = producer_id(&notification.producer);
    let own = |names: &[&str]| notification.item(names).map(|token| joined(&[source, token]));
    row.maybe(field::DOOR, own(&["DoorToken"]).as_deref());
    row.maybe(field::READER, own(&["AccessPointToken", "IdPointToken"]).as_deref());
    row.maybe(field::CREDENTIAL, notification.item(&["CredentialToken", "Card", "CardNumber"]));
    row.maybe(field::USER, notification.item(&["CredentialHolderName"]));
}

fn joined(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join("/")
}

/// What only some classes have.
fn details(row: &mut RowWriter<'_>, notification: &Notification, class: ClassId) {
    match class {
        class::ACCESS_GRANTED | class::ACCESS_TAKEN | class::ACCESS_NOT_TAKEN
            if notification.path().ends_with("/Anonymous") && !row.has(field::USER) =>
        {
            row.text(field::USER, "anonymous");
        }
        class::ACCESS_DENIED if !row.has(field::REASON) => {
            row.text(field::REASON, notification.item(&["Reason"]).map_or("unknown", reason));
        }
        class::VIDEO_COUNTED => {
            // A counter tells how many there have been; how many that is more than last time, it does not
            // say.
            row.maybe(field::TOTAL, notification.item(&["Count", "Counter"]));
        }
        class::PLATE_READ => {
            let plate = notification.item(&["PlateNumber", "LicensePlate", "Plate"]);
            row.maybe(field::PLATE, plate.map(crate::plate).as_deref());
            row.maybe(field::SRC_COUNTRY, notification.item(&["CountryCode"]));
            row.maybe(field::MATCH_LIST, notification.item(&["ListName", "MatchedList"]));
        }
        class::VIDEO_FACE_MATCHED => {
            row.maybe(field::PERSON, notification.item(&["PersonId", "PersonID", "UserId", "UserID"]));
        }
        class::VIDEO_OBJECT if !row.has(field::OBJECT_KIND) => {
            let kind = notification.item(&["ClassTypes", "ClassType", "objectType"]).map(object_kind);
            row.text(field::OBJECT_KIND, kind.map_or("unknown", |(_, kind)| kind));
        }
        _ => {}
    }
}

fn begins(lifecycle: Lifecycle) -> bool {
    matches!(lifecycle, Lifecycle::New | Lifecycle::Snapshot)
}

/// Devices send none; formats.md §8 gives one to what doors say.
fn severity(class: ClassId) -> Option<i64> {
    match class {
        class::DURESS_ALARM => Some(100),
        class::DOOR_FORCED => Some(75),
        class::HEALTH_TAMPER | class::VIDEO_TAMPER => Some(60),
        class::DOOR_HELD => Some(45),
        class::HEALTH_FAULT | class::HEALTH_STORAGE | class::DOOR_FAULT => Some(30),
        class::ACCESS_DENIED => Some(25),
        class::ACCESS_GRANTED | class::ACCESS_TAKEN => Some(5),
        _ => None,
    }
}

/// The words of the access control service.
fn reason(word: &str) -> &str {
    match word {
        "CredentialNotEnabled" => "suspended",
        "CredentialNotActive" => "not_yet_valid",
        "CredentialExpired" => "expired",
        "InvalidPIN" => "wrong_pin",
        "NotPermittedAtThisTime" => "wrong_time",
        "Unauthorized" => "no_permission",
        "AntipassbackViolation" | "AntiPassbackViolation" => "antipassback",
        _ => word,
    }
}

/// The events that a notification says by its topic's row; none if its values say nothing that is known.
fn said<'a>(notification: &'a Notification, row: &Row) -> Vec<Said<'a>> {
    let one = |class, lifecycle| vec![Said { class, lifecycle, word: None }];
    let operation = notification.operation;
    let truth = notification.truth(row.truth);
    match row.says {
        Says::Condition(class) => match truth.or(implied(operation, row)) {
            Some(truth) => one(class, condition(operation, truth)),
            None => Vec::new(),
        },
        Says::Happens(class) => one(class, happening(operation, truth != Some(false))),
        Says::Changes(class) => one(class, happening(operation, true)),
        Says::Sides(on, off) => match (truth, operation) {
            (_, Operation::Deleted) => one(off, Lifecycle::Update),
            (Some(truth), _) => one(if truth { on } else { off }, side(operation)),
            (None, _) => Vec::new(),
        },
        Says::Words(words) => in_words(notification, words),
        Says::Objects => objects(notification),
        Says::SmartEvent => smart_event(notification),
        Says::Sound => vec![sound(notification)],
        Says::DoorAlarm => door_alarm(notification),
        Says::DoorMode => door_mode(notification),
    }
}

/// What a notification without a truth says: that it is so, unless its topic names the items that would say
/// it.
fn implied(operation: Operation, row: &Row) -> Option<bool> {
    if operation == Operation::Deleted { Some(false) } else { row.truth.is_empty().then_some(true) }
}

fn condition(operation: Operation, truth: bool) -> Lifecycle {
    match (operation, truth) {
        (Operation::Deleted, _) | (_, false) => Lifecycle::Restore,
        (Operation::Initialized, true) => Lifecycle::Snapshot,
        (Operation::Changed | Operation::Unsaid, true) => Lifecycle::New,
    }
}

fn happening(operation: Operation, truth: bool) -> Lifecycle {
    match (operation, truth) {
        (Operation::Changed | Operation::Unsaid, true) => Lifecycle::New,
        _ => Lifecycle::Update,
    }
}

fn side(operation: Operation) -> Lifecycle {
    match operation {
        Operation::Initialized => Lifecycle::Snapshot,
        Operation::Deleted => Lifecycle::Update,
        Operation::Changed | Operation::Unsaid => Lifecycle::New,
    }
}

/// A state that is said in words; `Unknown` and other words are none of the two.
fn in_words<'a>(notification: &'a Notification, words: Words) -> Vec<Said<'a>> {
    let operation = notification.operation;
    let word =
        notification.item(&["State", "DoorPhysicalState", "LockPhysicalState", "DoorTamper", "DoorFault"]);
    let (class, lifecycle) = match (words, word.unwrap_or_default()) {
        (Words::Physical, "Open") => (class::DOOR_OPENED, side(operation)),
        (Words::Physical, "Closed") => (class::DOOR_CLOSED, side(operation)),
        (Words::Lock, "Locked") => (class::DOOR_LOCKED, side(operation)),
        (Words::Lock, "Unlocked") => (class::DOOR_UNLOCKED, side(operation)),
        (Words::Physical | Words::Lock, "Fault") => (class::DOOR_FAULT, condition(operation, true)),
        (Words::Tamper, "TamperDetected") => (class::HEALTH_TAMPER, condition(operation, true)),
        (Words::Tamper, "NotInTamper") => (class::HEALTH_TAMPER, Lifecycle::Restore),
        (Words::Fault, "FaultDetected") => (class::DOOR_FAULT, condition(operation, true)),
        (Words::Fault, "NotInFault") => (class::DOOR_FAULT, Lifecycle::Restore),
        _ => return Vec::new(),
    };
    vec![Said { class, lifecycle, word: None }]
}

/// `Normal` ends whichever alarm there was: it does not say which.
fn door_alarm(notification: &Notification) -> Vec<Said<'_>> {
    let operation = notification.operation;
    let said = |class, lifecycle| Said { class, lifecycle, word: None };
    match notification.item(&["State", "DoorAlarm"]) {
        Some("DoorForcedOpen") => vec![said(class::DOOR_FORCED, condition(operation, true))],
        Some("DoorOpenTooLong") => vec![said(class::DOOR_HELD, condition(operation, true))],
        Some("Normal") => {
            vec![said(class::DOOR_FORCED, Lifecycle::Restore), said(class::DOOR_HELD, Lifecycle::Restore)]
        }
        _ => Vec::new(),
    }
}

fn door_mode(notification: &Notification) -> Vec<Said<'_>> {
    let Some(sent) = notification.item(&["State", "DoorMode"]) else { return Vec::new() };
    let mode = match sent {
        "LockedDown" => "lockdown",
        "LockedOpen" => "passage",
        "DoubleLocked" => "double_locked",
        // `Accessed` is a door that may be opened just now, and no mode of ours.
        _ => sent,
    };
    let lifecycle = happening(notification.operation, true);
    vec![Said { class: class::DOOR_MODE_CHANGED, lifecycle, word: Some((field::DOOR_MODE, mode)) }]
}

/// The kinds that are there now. Persons and vehicles that are not named are gone; of other things no list is
/// kept.
fn objects(notification: &Notification) -> Vec<Said<'_>> {
    let operation = notification.operation;
    let named = notification.item(&["ClassTypes", "ClassType"]).unwrap_or_default();
    if named.is_empty() && !notification.has("ClassTypes") && operation != Operation::Deleted {
        return Vec::new();
    }
    let kinds = || named.split([' ', ',', ';']).filter(|word| !word.is_empty()).map(object_kind);
    let mut said = Vec::new();
    for class in [class::VIDEO_PERSON, class::VIDEO_VEHICLE] {
        let kind = kinds().find(|(of, _)| *of == class).map(|(_, kind)| (field::OBJECT_KIND, kind));
        said.push(Said { class, lifecycle: condition(operation, kind.is_some()), word: kind });
    }
    for (class, kind) in kinds().filter(|(class, _)| *class == class::VIDEO_OBJECT) {
        said.push(Said {
            class,
            lifecycle: condition(operation, true),
            word: Some((field::OBJECT_KIND, kind)),
        });
    }
    said
}

/// Class and kind of an object's name.
fn object_kind(name: &str) -> (ClassId, &'static str) {
    let is = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    match () {
        () if is(&["Human", "HumanBody", "Person", "People"]) => (class::VIDEO_PERSON, "person"),
        () if is(&["Vehicle", "Vehical"]) => (class::VIDEO_VEHICLE, "vehicle"),
        () if is(&["Car"]) => (class::VIDEO_VEHICLE, "car"),
        () if is(&["Truck"]) => (class::VIDEO_VEHICLE, "truck"),
        () if is(&["Bus"]) => (class::VIDEO_VEHICLE, "bus"),
        () if is(&["Motorcycle", "Motorbike"]) => (class::VIDEO_VEHICLE, "motorcycle"),
        () if is(&["Bicycle", "Bike"]) => (class::VIDEO_OBJECT, "bicycle"),
        () if is(&["Animal", "Dog", "Cat", "Pet"]) => (class::VIDEO_OBJECT, "animal"),
        () if is(&["Face"]) => (class::VIDEO_OBJECT, "face"),
        () if is(&["LicensePlate", "Plate"]) => (class::VIDEO_OBJECT, "plate"),
        () if is(&["Bag", "Backpack"]) => (class::VIDEO_OBJECT, "bag"),
        () if is(&["Package"]) => (class::VIDEO_OBJECT, "package"),
        () if is(&["Weapon", "Gun"]) => (class::VIDEO_OBJECT, "weapon"),
        () if is(&["Drone"]) => (class::VIDEO_OBJECT, "drone"),
        () => (class::VIDEO_OBJECT, "other"),
    }
}

/// The item that is there says what was seen, its value whether it still is.
fn smart_event(notification: &Notification) -> Vec<Said<'_>> {
    let kinds: [(&[&str], ClassId, &str); 3] = [
        (&["IsPeople", "IsPerson", "IsHuman"], class::VIDEO_PERSON, "person"),
        (&["IsVehicle"], class::VIDEO_VEHICLE, "vehicle"),
        (&["IsPet"], class::VIDEO_OBJECT, "animal"),
    ];
    let said = kinds.into_iter().filter_map(|(names, class, kind)| {
        let lifecycle = condition(notification.operation, notification.truth(names)?);
        Some(Said { class, lifecycle, word: Some((field::OBJECT_KIND, kind)) })
    });
    said.collect()
}

/// A shot is a class of its own, because life depends on it.
fn sound(notification: &Notification) -> Said<'_> {
    let operation = notification.operation;
    let named = notification.item(&["SoundType", "Sound", "Class", "ClassTypes", "Type"]).unwrap_or_default();
    let name: String =
        named.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let truth = operation != Operation::Deleted && notification.truth(&[]).unwrap_or(true);
    let kind = match &*name {
        "gunshot" | "gunshots" | "shot" => {
            return Said { class: class::AUDIO_GUNSHOT, lifecycle: happening(operation, truth), word: None };
        }
        "glassbreak" | "glassbreaking" => "glass_break",
        "scream" | "screaming" => "scream",
        "aggression" => "aggression",
        "alarm" | "smokealarm" | "firealarm" => "alarm_sound",
        "bark" | "barking" | "dogbark" => "bark",
        "babycry" | "babycrying" => "baby_cry",
        "speech" => "speech",
        "caralarm" | "vehiclealarm" => "vehicle_alarm",
        _ => "other",
    };
    Said {
        class: class::AUDIO_DETECTED,
        lifecycle: condition(operation, truth),
        word: Some((field::AUDIO_KIND, kind)),
    }
}

/// Writes a measurement of the metadata stream.
pub(crate) fn measurement(measured: &super::xml::Measurement, out: &mut Batch) {
    let field = match &*measured.kind {
        "Temperature" => Some((field::TEMPERATURE, "temperature")),
        "RelativeHumidity" => Some((field::HUMIDITY, "humidity")),
        _ => None,
    };
    let mut row = out.begin(if field.is_some() { class::ENVIRONMENT_OBSERVED } else { class::UNCLASSIFIED });
    row.text(field::NATIVE_CODE, &joined(&["onvif:SensorData", &measured.kind]));
    if let Some(time) = utc(&measured.time) {
        row.device_time(time, TimeQuality::Device);
    }
    row.text(field::SENSOR, &measured.sensor);
    if let (Some((field, quantity)), Some(value)) =
        (field, measured.value.parse().ok().and_then(Micro::from_f64))
    {
        row.text(field::QUANTITY, quantity).float(field, value);
    }
    row.finish();
}

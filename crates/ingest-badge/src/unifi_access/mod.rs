//! UniFi Access: notifications of its WebSocket and webhooks.
//!
//! ```text
//! {"event":"access.door.unlock","event_object_id":…,"data":{"location":…,"device":…,"actor":…,"object":{"result":…}}}
//! {"event":"access.logs.add","data":{"_source":{"actor":…,"event":…,"authentication":…,"target":[…]}}}
//! ```
//! A door is known by the id of its location, a reader by that of its device. An unlock by an operator arrives
//! twice, as a command and as a log; both are said, as what they are. Updates of devices hold their passwords
//! and tokens: nothing of them is taken but the id, and whether it is online, which is a value. A bare string
//! (`"Hello"`) keeps the line alive.

use crate::words;
use event::class::{self, ClassId, Domain, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes, values};
use ingest::json::{self, PathList, Values, looks_like_object};
use ingest::json_paths;
use ingest::time::epoch;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

const CLASSES: &[ClassId] = &[
    class::ACCESS_GRANTED,
    class::ACCESS_DENIED,
    class::DOOR_OPENED,
    class::DOOR_CLOSED,
    class::DOOR_COMMANDED,
    class::DOOR_UNLOCKED,
    class::DOOR_LOCKED,
    class::INTERCOM_CALLED,
    class::LOCKDOWN_STARTED,
    class::EVACUATION_STARTED,
    class::UNCLASSIFIED,
];

json_paths! {
    ACCESS {
        EVENT: "event",
        OBJECT_ID: "event_object_id",
        LOCATION: "data/location/id",
        LOCATION_NAME: "data/location/name",
        DEVICE: "data/device/id",
        ACTOR: "data/actor/id",
        ACTOR_NAME: "data/actor/name",
        METHOD: "data/object/authentication_type",
        RESULT: "data/object/result",
        STATUS: "data/object/status",
        REASON: "data/object/reason_code",
        MODE: "data/object/event_type",
        // What remote views and devices say of themselves.
        OWN_DEVICE: "data/device_id",
        OWN_ID: "data/id",
        UNIQUE_ID: "data/unique_id",
        ONLINE: "data/online",
        CREATED: "data/create_time",
        IN_OR_OUT: "data/in_or_out",
        LOCK: "data/state/lock",
        DOOR_STATE: "data/state/dps",
        // What logs hold.
        LOG_ACTOR: "data/_source/actor/id",
        LOG_ACTOR_NAME: "data/_source/actor/display_name",
        LOG_TYPE: "data/_source/event/type",
        LOG_RESULT: "data/_source/event/result",
        LOG_TEXT: "data/_source/event/display_message",
        LOG_REASON: "data/_source/event/reason",
        LOG_TIME: "data/_source/event/published",
        LOG_METHOD: "data/_source/authentication/credential_provider",
        LOG_CARD: "data/_source/authentication/issuer",
        LOG_TARGETS: "data/_source/target{}",
        LOG_ID: "data/_id",
    }
}

static TARGET: LazyLock<PathList> = LazyLock::new(|| PathList::new(["type", "id"]));

/// The decoder of UniFi Access.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnifiAccess;

type Event<'a> = Values<'a, { Place::Count as usize }>;

impl Decoder for UnifiAccess {
    fn format(&self) -> &'static str {
        "unifi-access"
    }

    fn domain(&self) -> Domain {
        Domain::Badge
    }

    fn reads(&self) -> &'static str {
        "UniFi Access notifications of its WebSocket and webhooks"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).chain(values(KIND, &[class::HEALTH_ONLINE, class::HEALTH_OFFLINE])).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        looks_like_object(value) && json::holds(value, "\"event\"") && json::holds(value, "\"access.")
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        if text.trim_start().starts_with('"') {
            return Ok(Decoded::Control);
        }
        let json = ACCESS.read(text)?;
        let Some(event) = json[EVENT].text() else {
            return Err(Refusal::malformed("no `event`"));
        };
        if event == "access.base.info" {
            return Ok(Decoded::Control);
        }
        let class = class_of(event, &json);
        let mut row = out.begin(class);
        row.text(field::NATIVE_CODE, &["unifi:", event].concat());
        write(&mut row, class, &json);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn class_of(event: &str, json: &Event<'_>) -> ClassId {
    let is_granted = |at: usize| {
        let word = json[at].text().unwrap_or_default().to_ascii_lowercase();
        word.contains("granted") || word == "access"
    };
    let has_online = json[ONLINE].truth();
    match event {
        "access.door.unlock" if is_granted(RESULT) || !json[RESULT].is_some() => class::ACCESS_GRANTED,
        "access.door.unlock" => class::ACCESS_DENIED,
        "access.logs.add" if json[LOG_TYPE].text() == Some("access.door.unlock") => {
            if is_granted(LOG_RESULT) { class::ACCESS_GRANTED } else { class::ACCESS_DENIED }
        }
        "access.data.device.remote_unlock" => class::DOOR_COMMANDED,
        "access.device.dps_status" => sides(json, STATUS, ("open", class::DOOR_OPENED), class::DOOR_CLOSED),
        "access.data.location.update" | "access.data.v2.location.update" if json[LOCK].is_some() => {
            sides(json, LOCK, ("unlocked", class::DOOR_UNLOCKED), class::DOOR_LOCKED)
        }
        "access.temporary_unlock.start" | "access.unlock_schedule.activate" => class::DOOR_UNLOCKED,
        "access.temporary_unlock.end" | "access.unlock_schedule.deactivate" => class::DOOR_LOCKED,
        "access.remote_view"
        | "access.remote_view.change"
        | "access.doorbell.incoming"
        | "access.doorbell.completed" => class::INTERCOM_CALLED,
        "access.device.emergency_status" => match json[STATUS].text().or(json[MODE].text()) {
            Some("lockdown") => class::LOCKDOWN_STARTED,
            Some("evacuation") => class::EVACUATION_STARTED,
            _ => class::UNCLASSIFIED,
        },
        _ if event.contains("device.update") && has_online == Some(true) => class::HEALTH_ONLINE,
        _ if event.contains("device.update") && has_online == Some(false) => class::HEALTH_OFFLINE,
        _ => class::UNCLASSIFIED,
    }
}

fn sides(json: &Event<'_>, at: usize, (word, yes): (&str, ClassId), no: ClassId) -> ClassId {
    match json[at].text() {
        Some(said) if said.eq_ignore_ascii_case(word) => yes,
        Some(_) => no,
        None => class::UNCLASSIFIED,
    }
}

fn write(row: &mut RowWriter<'_>, class: ClassId, json: &Event<'_>) {
    let time = json[LOG_TIME].int().or(json[CREATED].int()).and_then(epoch);
    if let Some(time) = time {
        row.device_time(time, TimeQuality::Device);
    }
    if let Some(id) = json[LOG_ID].text() {
        row.native_id(id);
    }
    match class {
        class::HEALTH_ONLINE | class::HEALTH_OFFLINE => {
            row.lifecycle(Lifecycle::Snapshot)
                .maybe(field::DEVICE, json[OWN_ID].text().or(json[OBJECT_ID].text()));
            return;
        }
        class::DOOR_COMMANDED => {
            row.maybe(field::DOOR, json[UNIQUE_ID].text().or(json[OBJECT_ID].text()));
            row.text(field::ACTION, "unlock").text(field::INTERFACE, "console");
            return;
        }
        class::LOCKDOWN_STARTED | class::EVACUATION_STARTED | class::UNCLASSIFIED => return,
        _ => {}
    }
    row.maybe(field::DOOR, json[LOCATION].text().or(door_of_log(json).as_deref()));
    if class == class::INTERCOM_CALLED && !row.has(field::DOOR) {
        row.maybe(field::DOOR, json[OBJECT_ID].text());
    }
    row.maybe(field::READER, json[DEVICE].text().or(json[OWN_DEVICE].text()));
    row.maybe(field::PERSON, json[ACTOR].text().or(json[LOG_ACTOR].text()));
    row.maybe(field::USER, json[ACTOR_NAME].text().or(json[LOG_ACTOR_NAME].text()));
    row.maybe(field::CREDENTIAL, json[LOG_CARD].text());
    row.maybe(field::DIRECTION, json[IN_OR_OUT].text().filter(|word| matches!(*word, "in" | "out")));
    let method = json[METHOD].text().or(json[LOG_METHOD].text()).map(method);
    row.maybe(field::ACCESS_METHOD, method);
    match class {
        class::ACCESS_DENIED => {
            let why =
                json[LOG_REASON].text().or(json[LOG_TEXT].text()).or(json[RESULT].text()).unwrap_or_default();
            row.text(field::REASON, words::reason(why)).text(field::NATIVE_REASON, why);
        }
        class::INTERCOM_CALLED if json[REASON].int().is_some_and(|code| code != 0) => {
            row.lifecycle(Lifecycle::Update);
        }
        class::DOOR_UNLOCKED | class::DOOR_LOCKED => {
            let event = json[EVENT].text().unwrap_or_default();
            let cause = if event.contains("schedule") { "schedule" } else { "operator" };
            row.maybe(field::CAUSE, event.starts_with("access.data").then_some("unknown").or(Some(cause)));
        }
        _ => {}
    }
    if let Some(severity) = words::severity(class) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
}

/// The door among the things that a log is about.
fn door_of_log(json: &Event<'_>) -> Option<String> {
    let targets = json[LOG_TARGETS].raw().and_then(json::elements)?;
    targets.into_iter().find_map(|target| {
        let values = TARGET.read(target).ok()?;
        let [kind, id] = &values[..] else { return None };
        (kind.text() == Some("door")).then(|| id.text().map(str::to_owned))?
    })
}

fn method(word: &str) -> &'static str {
    match word {
        "NFC" => "card",
        "PIN_CODE" | "PIN" => "pin",
        "FACE" => "face",
        "FINGERPRINT" => "fingerprint",
        "MOBILE_TAP" | "MOBILE_BUTTON" | "MOBILE_HANDSFREE" | "MOBILE" => "mobile",
        "LICENSE_PLATE" | "LPR" => "plate",
        "QR_CODE" => "code",
        "REMOTE" | "REMOTE_UNLOCK" | "CALL" => "remote",
        _ => "unknown",
    }
}

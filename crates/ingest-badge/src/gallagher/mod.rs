//! Gallagher Command Centre: events and alarms of its REST interface.
//!
//! What happened is the name of the event's type; Command Centre has some two thousand, in families whose names
//! begin alike. Doors, zones, cardholders and operators are items with server-wide ids. Identical events are
//! counted in `occurrences` of the first. An alarm is the event that raised it, with a state: the same id again
//! with another state is an update. `{"events":[…]}` and `{"alarms":[…]}`, as the interface answers, are split.

use crate::words;
use event::class::{self, ClassId, Domain, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::fold;
use ingest::json::{self, PathList, Values, Word, looks_like_object};
use ingest::json_paths;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

const CLASSES: &[ClassId] = &[
    class::ACCESS_GRANTED,
    class::ACCESS_DENIED,
    class::ACCESS_TAKEN,
    class::ACCESS_NOT_TAKEN,
    class::DURESS_ALARM,
    class::DOOR_FORCED,
    class::DOOR_HELD,
    class::DOOR_OPENED,
    class::DOOR_CLOSED,
    class::DOOR_UNLOCKED,
    class::DOOR_LOCKED,
    class::DOOR_EXIT_REQUESTED,
    class::INTRUSION_ALARM,
    class::FIRE_ALARM,
    class::AUTH_FAILED,
    class::OPERATOR_LOGGED_ON,
    class::OPERATOR_LOGGED_OFF,
    class::HEALTH_TAMPER,
    class::HEALTH_OFFLINE,
    class::HEALTH_ONLINE,
    class::HEALTH_POWER_LOST,
    class::HEALTH_BATTERY_LOW,
    class::UNCLASSIFIED,
];

/// Beginnings and parts of names of types, and what they are; the first that is in the name counts.
const NAMES: &[(&str, ClassId, Lifecycle)] = &[
    ("forced door", class::DOOR_FORCED, Lifecycle::New),
    ("door forced", class::DOOR_FORCED, Lifecycle::New),
    ("open too long", class::DOOR_HELD, Lifecycle::New),
    ("duress", class::DURESS_ALARM, Lifecycle::New),
    ("no entry", class::ACCESS_NOT_TAKEN, Lifecycle::New),
    ("access denied", class::ACCESS_DENIED, Lifecycle::New),
    ("exit denied", class::ACCESS_DENIED, Lifecycle::New),
    ("access granted", class::ACCESS_GRANTED, Lifecycle::New),
    ("exit granted", class::ACCESS_GRANTED, Lifecycle::New),
    ("operator logon failed", class::AUTH_FAILED, Lifecycle::New),
    ("invalid logon", class::AUTH_FAILED, Lifecycle::New),
    ("operator logon", class::OPERATOR_LOGGED_ON, Lifecycle::New),
    ("operator logged on", class::OPERATOR_LOGGED_ON, Lifecycle::New),
    ("operator logoff", class::OPERATOR_LOGGED_OFF, Lifecycle::New),
    ("operator logged off", class::OPERATOR_LOGGED_OFF, Lifecycle::New),
    ("exit button", class::DOOR_EXIT_REQUESTED, Lifecycle::New),
    ("egress", class::DOOR_EXIT_REQUESTED, Lifecycle::New),
    ("door unlocked", class::DOOR_UNLOCKED, Lifecycle::New),
    ("door locked", class::DOOR_LOCKED, Lifecycle::New),
    ("door opened", class::DOOR_OPENED, Lifecycle::New),
    ("door closed", class::DOOR_CLOSED, Lifecycle::New),
    ("tamper return to normal", class::HEALTH_TAMPER, Lifecycle::Restore),
    ("tamper", class::HEALTH_TAMPER, Lifecycle::New),
    ("mains restored", class::HEALTH_POWER_LOST, Lifecycle::Restore),
    ("mains failure", class::HEALTH_POWER_LOST, Lifecycle::New),
    ("battery low", class::HEALTH_BATTERY_LOW, Lifecycle::New),
    ("offline", class::HEALTH_OFFLINE, Lifecycle::New),
    ("online", class::HEALTH_ONLINE, Lifecycle::New),
    ("fire", class::FIRE_ALARM, Lifecycle::New),
    ("intruder", class::INTRUSION_ALARM, Lifecycle::New),
    ("zone alarm", class::INTRUSION_ALARM, Lifecycle::New),
];

json_paths! {
    GALLAGHER {
        ID: "id",
        TIME: "time",
        MESSAGE: "message",
        TYPE_NAME: "eventType/name",
        TYPE_ID: "eventType/id",
        OLD_TYPE_NAME: "type/name",
        OLD_TYPE: "type",
        GROUP: "group/name",
        PRIORITY: "priority",
        STATE: "state",
        OCCURRENCES: "occurrences",
        SOURCE_ID: "source/id",
        SOURCE_NAME: "source/name",
        SOURCE_HREF: "source/href",
        DOOR_HREF: "door/href",
        DOOR_NAME: "door/name",
        PERSON: "cardholder/id",
        PERSON_HREF: "cardholder/href",
        PERSON_NAME: "cardholder/name",
        OPERATOR: "operator/name",
        FACILITY: "card/facilityCode",
        NUMBER: "card/number",
        ENTRY: "entryAccessZone/id",
        EXIT: "exitAccessZone/id",
        SERVER: "serverDisplayName",
        COMMENT: "details",
    }
}

type Event<'a> = Values<'a, { Place::Count as usize }>;

static WORDS: LazyLock<[Word; 5]> =
    LazyLock::new(|| ["href", "priority", "source", "eventType", "type"].map(Word::new));
static LISTS: LazyLock<PathList> = LazyLock::new(|| PathList::new(["events{}", "alarms{}"]));

/// The decoder of Gallagher's events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gallagher;

impl Decoder for Gallagher {
    fn format(&self) -> &'static str {
        "gallagher"
    }

    fn domain(&self) -> Domain {
        Domain::Badge
    }

    fn reads(&self) -> &'static str {
        "Gallagher Command Centre events and alarms of its REST interface"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let [href, priority, source, event_type, old_type] = &*WORDS;
        looks_like_object(value)
            && [href, priority, source].iter().all(|word| word.is_in(value))
            && (event_type.is_in(value) || old_type.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        let lists = LISTS.read(text)?;
        let Some(list) = lists.iter().find_map(|list| json::elements(list.raw()?)) else {
            one(text, record, out)?;
            return Ok(Decoded::Events(KIND));
        };
        for text in &list {
            one(text, record, out)?;
        }
        Ok(if list.is_empty() { Decoded::Control } else { Decoded::Events(KIND) })
    }
}

fn one(text: &str, record: &Record<'_>, out: &mut Batch) -> Result<(), Refusal> {
    let json = GALLAGHER.read(text)?;
    let name = json[TYPE_NAME].text().or(json[OLD_TYPE_NAME].text()).or(json[OLD_TYPE].text());
    let is_item = json[SOURCE_HREF].is_some() || json[SOURCE_ID].is_some() || json[PRIORITY].is_some();
    if !is_item || name.is_none() && json[MESSAGE].text().is_none() {
        return Err(Refusal::malformed("neither a type nor a message"));
    }
    let said = [name, json[GROUP].text()].into_iter().flatten().map(str::to_ascii_lowercase);
    let said: Vec<String> = said.collect();
    let known = said.iter().find_map(|said| NAMES.iter().find(|(part, ..)| said.contains(part)));
    let (class, mut lifecycle) =
        known.map_or((class::UNCLASSIFIED, Lifecycle::New), |(_, class, l)| (*class, *l));
    // What somebody did to an alarm is news of the alarm, not of the door.
    let state = json[STATE].text().filter(|state| *state != "unacknowledged");
    if state.is_some() {
        lifecycle = Lifecycle::Update;
    }
    let mut row = out.begin(class);
    row.lifecycle(lifecycle);
    row.text(field::NATIVE_CODE, &format!("gallagher:{}", json[TYPE_ID].text().or(name).unwrap_or("-")));
    row.maybe(field::NATIVE_REASON, name).maybe(field::MESSAGE, json[MESSAGE].text());
    if let Some((time, _)) = json[TIME].text().and_then(|text| record.clock.sent(text)) {
        row.device_time(time, TimeQuality::Device);
    }
    if let Some(id) = json[ID].written() {
        row.native_id(&[&*id, state.unwrap_or_default()].join(":"));
    }
    if let Some(server) = json[SERVER].text() {
        row.source(server);
    }
    if let Some(priority) = json[PRIORITY].int().filter(|priority| (1..=9).contains(priority)) {
        row.int(field::NATIVE_SEVERITY, priority * 11);
    }
    write(&mut row, class, &json);
    row.finish();
    Ok(())
}

fn write(row: &mut RowWriter<'_>, class: ClassId, json: &Event<'_>) {
    let noun = class.def().map(|def| def.noun()).unwrap_or_default();
    let is_door = json[SOURCE_HREF].text().is_some_and(|href| href.contains("/doors/"));
    let door = json[DOOR_HREF]
        .text()
        .and_then(last)
        .or(json[SOURCE_ID].text().filter(|_| is_door || noun == "door"));
    row.maybe(field::DOOR, door);
    row.maybe(field::TO_ZONE, json[ENTRY].text()).maybe(field::FROM_ZONE, json[EXIT].text());
    row.maybe(field::PERSON, json[PERSON].text().or(json[PERSON_HREF].text().and_then(last)));
    if let (Some(facility), Some(number)) = (json[FACILITY].text(), json[NUMBER].text()) {
        row.text(field::CREDENTIAL, &format!("{facility}:{number}"));
    }
    if let Some(count) = json[OCCURRENCES].int().filter(|count| *count > 1) {
        row.int(field::COUNT, count);
    }
    match class {
        class::AUTH_FAILED => {
            let user = json[PERSON_NAME].text().or(json[OPERATOR].text()).or(json[SOURCE_NAME].text());
            if let Some(user) = user {
                fold::set(row, field::USER, user);
            }
            row.maybe(field::HOST, json[SOURCE_NAME].text());
            row.text(field::REASON, "unknown").text(field::OUTCOME, "failure");
        }
        class::OPERATOR_LOGGED_ON | class::OPERATOR_LOGGED_OFF => {
            row.maybe(field::OPERATOR, json[OPERATOR].text().or(json[PERSON_NAME].text()));
        }
        class::ACCESS_DENIED => {
            let why = json[TYPE_NAME].text().or(json[MESSAGE].text()).unwrap_or_default();
            let why = why.to_ascii_lowercase();
            let why = why.split_once("denied").map_or(&*why, |(_, why)| why);
            row.text(field::REASON, words::reason(why));
        }
        class::INTRUSION_ALARM | class::FIRE_ALARM => {
            row.maybe(field::SENSOR, json[SOURCE_ID].text());
        }
        _ if noun == "health" => {
            row.maybe(field::DEVICE, json[SOURCE_ID].text());
        }
        _ => {}
    }
}

/// The id at the end of an address.
fn last(href: &str) -> Option<&str> {
    href.rsplit('/').next().filter(|id| !id.is_empty())
}

//! Brivo: events of its API, as pollers hand them on.
//!
//! ```text
//! {"occurred":"2026-01-10T02:00:00Z","siteName":…,"objectName":…,"firstName":…,"lastName":…,"description":…,"securityAction":…}
//! ```
//! The description says what happened in words, and so does the security action; whichever is known decides.

use crate::words;
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{Values, Word, looks_like_object};
use ingest::json_paths;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

/// Parts of descriptions, and what they are; the first that is in it counts.
const SAID: &[(&str, ClassId)] = &[
    ("forced", class::DOOR_FORCED),
    ("ajar", class::DOOR_HELD),
    ("held open", class::DOOR_HELD),
    ("duress", class::DURESS_ALARM),
    ("failed access", class::ACCESS_DENIED),
    ("denied", class::ACCESS_DENIED),
    ("unauthorized", class::ACCESS_DENIED),
    ("unknown credential", class::ACCESS_DENIED),
    ("invalid credential", class::ACCESS_DENIED),
    ("exit switch", class::DOOR_EXIT_REQUESTED),
    ("opened by", class::ACCESS_GRANTED),
    ("access by", class::ACCESS_GRANTED),
    ("granted", class::ACCESS_GRANTED),
    ("door opened", class::DOOR_OPENED),
    ("door closed", class::DOOR_CLOSED),
    ("unlocked", class::DOOR_UNLOCKED),
    ("locked", class::DOOR_LOCKED),
    ("tamper", class::HEALTH_TAMPER),
    ("communication failure", class::HEALTH_OFFLINE),
    ("communication restored", class::HEALTH_ONLINE),
    ("ac power loss", class::HEALTH_POWER_LOST),
];

json_paths! {
    BRIVO {
        UUID: "uuid",
        OCCURRED: "occurred",
        SITE_NAME: "siteName",
        OBJECT: "objectName",
        OBJECT_ID: "eventObject/id",
        OBJECT_NAME: "eventObject/name",
        FIRST: "firstName",
        LAST: "lastName",
        ACTOR: "actor/id",
        ACTOR_NAME: "actor/name",
        DESCRIPTION: "description",
        ACTION: "securityAction",
        ACTION_TEXT: "securityAction/action",
        ACTION_ID: "securityAction/securityActionId",
        CREDENTIAL: "eventData/actorCredential/id",
        DETAIL: "eventData/objectDetail",
    }
}

type Event<'a> = Values<'a, { Place::Count as usize }>;

static WORDS: LazyLock<[Word; 3]> =
    LazyLock::new(|| ["occurred", "siteName", "securityAction"].map(Word::new));

/// The decoder of Brivo's events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Brivo;

impl Decoder for Brivo {
    fn format(&self) -> &'static str {
        "brivo"
    }

    fn domain(&self) -> Domain {
        Domain::Badge
    }

    fn reads(&self) -> &'static str {
        "Brivo access events of its API"
    }

    fn produces(&self) -> Vec<Production> {
        let mut classes: Vec<ClassId> = SAID.iter().map(|(_, class)| *class).collect();
        classes.push(class::UNCLASSIFIED);
        classes.sort_unstable();
        classes.dedup();
        changes(KIND, &classes).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let [occurred, site, action] = &*WORDS;
        looks_like_object(value) && occurred.is_in(value) && (site.is_in(value) || action.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let json = BRIVO.read(record.text()?)?;
        let said: Vec<String> = [DESCRIPTION, ACTION, ACTION_TEXT, DETAIL]
            .iter()
            .filter_map(|&at| json[at].text())
            .map(str::to_ascii_lowercase)
            .collect();
        if !json[OCCURRED].is_some() || said.is_empty() && !json[ACTION_ID].is_some() {
            return Err(Refusal::malformed("no `occurred`, or neither `description` nor `securityAction`"));
        }
        let known = said.iter().find_map(|said| SAID.iter().find(|(part, _)| said.contains(part)));
        let class = known.map_or(class::UNCLASSIFIED, |(_, class)| *class);
        let mut row = out.begin(class);
        let code = json[ACTION_ID].written().or(json[ACTION].written());
        row.text(field::NATIVE_CODE, &format!("brivo:{}", code.as_deref().unwrap_or("-")));
        row.maybe(field::MESSAGE, json[DESCRIPTION].text());
        if let Some((time, _)) = json[OCCURRED].text().and_then(|text| record.clock.sent(text)) {
            row.device_time(time, TimeQuality::Device);
        }
        if let Some(id) = json[UUID].text() {
            row.native_id(id);
        }
        write(&mut row, class, &json, said.first().map_or("", String::as_str));
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn write(row: &mut RowWriter<'_>, class: ClassId, json: &Event<'_>, said: &str) {
    let object = json[OBJECT_ID].written().map(|id| id.into_owned());
    let name = json[OBJECT].text().or(json[OBJECT_NAME].text()).map(str::to_owned);
    // The poller's rows have names only, which the site model's aliases know.
    let door = object.or_else(|| match (json[SITE_NAME].text(), name) {
        (Some(site), Some(name)) => Some(format!("{site}/{name}")),
        (None, name) => name,
        (Some(_), None) => None,
    });
    let noun = class.def().map(|def| def.noun()).unwrap_or_default();
    row.maybe(if noun == "health" { field::DEVICE } else { field::DOOR }, door.as_deref());
    json[ACTOR].write(row, field::PERSON);
    let full = [FIRST, LAST].iter().filter_map(|&at| json[at].text()).collect::<Vec<_>>().join(" ");
    let user = Some(full).filter(|full| !full.is_empty()).or(json[ACTOR_NAME].text().map(str::to_owned));
    row.maybe(field::USER, user.as_deref());
    json[CREDENTIAL].write(row, field::CREDENTIAL);
    if class == class::ACCESS_DENIED {
        row.text(field::REASON, words::reason(said));
    }
    if let Some(severity) = words::severity(class) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
}

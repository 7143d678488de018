//! How alerts, incidents and revisions are written down, and how revisions are read back (contracts.md §6).
//!
//! The same value gives the same bytes: keys have a fixed order, times are RFC 3339, ids 32 hex digits, and
//! sets are sorted. Files (`alerts.ndjson`, `incidents.ndjson`) hold whole documents; a revision has to fit
//! into a message, so what is too much for it becomes a number, by steps that depend on the document alone.
//! All members of an incident are in a header of their own, in binary, however short the document is.
//!
//! What is read is not trusted: every reader here returns an error on what it does not understand, and is
//! bounded.

use crate::document::Incident;
use crate::table::Part;
use event::id::Id;
use event::time::Timestamp;
use serde_json::{Map, Value};
use std::fmt;

mod budget;
mod json;
pub mod members;
pub mod schema;
#[cfg(test)]
mod tests;

pub use json::{alert_json, evidence_json, incident_json};

/// Version of the layout of a revision.
pub const SCHEMA: u64 = 1;
/// No revision is longer.
pub const REVISION_BYTES_MAX: usize = 256 * 1024;
/// No document of an incident in a revision is longer; the rest is for lists of ids.
pub const DOCUMENT_BYTES_MAX: usize = 192 * 1024;
/// Ids of one list of a revision; what is more becomes a number.
pub const IDS_MAX: usize = 500;

/// What a revision says about an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It is there.
    Opened,
    /// It is another one than it was.
    Updated,
    /// It is part of another one.
    Merged,
    /// None of its alerts is left.
    Withdrawn,
    /// Nothing that can still come changes it.
    Settled,
    /// It is over.
    Closed,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 6] =
        [Kind::Opened, Kind::Updated, Kind::Merged, Kind::Withdrawn, Kind::Settled, Kind::Closed];

    /// As revisions write it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Opened => "opened",
            Kind::Updated => "updated",
            Kind::Merged => "merged",
            Kind::Withdrawn => "withdrawn",
            Kind::Settled => "settled",
            Kind::Closed => "closed",
        }
    }

    /// The kind of a name.
    pub fn by_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Why a revision was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Records were read.
    #[default]
    Events,
    /// Time passed.
    Clock,
    /// An operator asked for it.
    Command,
    /// Rules or site model are other ones.
    Rules,
    /// A record came behind the clock.
    BrokerSkew,
    /// A row was missing or wrong in the topic and is said again.
    Repair,
}

impl Cause {
    /// All of them.
    pub const ALL: [Cause; 6] =
        [Cause::Events, Cause::Clock, Cause::Command, Cause::Rules, Cause::BrokerSkew, Cause::Repair];

    /// As revisions write it.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Events => "events",
            Cause::Clock => "clock",
            Cause::Command => "command",
            Cause::Rules => "rules",
            Cause::BrokerSkew => "broker_skew",
            Cause::Repair => "repair",
        }
    }

    /// The cause of a name.
    pub fn by_name(name: &str) -> Option<Cause> {
        Cause::ALL.into_iter().find(|cause| cause.name() == name)
    }
}

/// The document of an incident as a revision carries it: canonical JSON of at most [`DOCUMENT_BYTES_MAX`]
/// bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Document(String);

impl Document {
    /// The document of an incident, short enough for a message.
    pub fn of(incident: &Incident) -> Document {
        Document(budget::fit(incident).to_string())
    }

    /// Of an incident that is no more (`merged`, `withdrawn`): its id and what it held.
    pub fn counts(incident_id: Id, alerts: usize, evidence: usize) -> Document {
        let mut map = Map::new();
        map.insert("incident_id".into(), incident_id.to_string().into());
        map.insert("alerts_total".into(), alerts.into());
        map.insert("evidence_total".into(), evidence.into());
        Document(Value::Object(map).to_string())
    }

    /// The JSON text. Equal documents have equal texts: hash this.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// A message about an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// What it says.
    pub kind: Kind,
    /// The id that readers know the incident by.
    pub incident_id: Id,
    /// 1, 2, 3 … of this incident, without a gap.
    pub revision: u64,
    /// The task that says so.
    pub task: u32,
    /// Its clock.
    pub clock: Timestamp,
    /// Why it was sent.
    pub cause: Cause,
    /// Alerts that were part of it and are no more.
    pub removed: Vec<Id>,
    /// Incidents that became part of it.
    pub merged_from: Vec<Id>,
    /// The incident that took it in.
    pub merged_into: Option<Id>,
    /// Incidents that it was part of.
    pub split_from: Vec<Id>,
    /// The incident as it is now.
    pub incident: Document,
}

impl Revision {
    /// The revision as one JSON text of at most [`REVISION_BYTES_MAX`] bytes.
    pub fn to_json(&self) -> String {
        let mut map = Map::new();
        map.insert("schema".into(), SCHEMA.into());
        map.insert("kind".into(), self.kind.name().into());
        map.insert("incident_id".into(), self.incident_id.to_string().into());
        map.insert("revision".into(), self.revision.into());
        map.insert("task".into(), self.task.into());
        map.insert("clock".into(), self.clock.to_string().into());
        map.insert("cause".into(), self.cause.name().into());
        json::put_ids(&mut map, "removed", &self.removed, IDS_MAX);
        if !self.merged_from.is_empty() {
            json::put_ids(&mut map, "merged_from", &self.merged_from, IDS_MAX);
        }
        if let Some(id) = self.merged_into {
            map.insert("merged_into".into(), id.to_string().into());
        }
        if !self.split_from.is_empty() {
            json::put_ids(&mut map, "split_from", &self.split_from, IDS_MAX);
        }
        let head = Value::Object(map).to_string();
        let open = head.strip_suffix('}').unwrap_or(&head);
        // The document is written by the same writer: it is put in as it stands, so that its hash is that of
        // its text.
        format!("{open},\"incident\":{}}}", self.incident.0)
    }

    /// Reads a revision back. Lists that were cut stay cut.
    pub fn parse(bytes: &[u8]) -> Result<Revision, Malformed> {
        if bytes.len() > REVISION_BYTES_MAX {
            return Err(Malformed("longer than a revision"));
        }
        let value: Value = serde_json::from_slice(bytes).map_err(|_| Malformed("no JSON"))?;
        let map = value.as_object().ok_or(Malformed("no object"))?;
        if number(map, "schema")? != SCHEMA {
            return Err(Malformed("another schema"));
        }
        let document = map.get("incident").filter(|document| document.is_object());
        Ok(Revision {
            kind: Kind::by_name(text(map, "kind")?).ok_or(Malformed("kind"))?,
            incident_id: Id::parse(text(map, "incident_id")?).ok_or(Malformed("incident_id"))?,
            revision: number(map, "revision")?,
            task: u32::try_from(number(map, "task")?).map_err(|_| Malformed("task"))?,
            clock: Timestamp::parse_rfc3339(text(map, "clock")?).ok_or(Malformed("clock"))?,
            cause: Cause::by_name(text(map, "cause")?).ok_or(Malformed("cause"))?,
            removed: ids(map, "removed")?,
            merged_from: ids(map, "merged_from")?,
            merged_into: id(map, "merged_into")?,
            split_from: ids(map, "split_from")?,
            incident: Document(document.ok_or(Malformed("incident"))?.to_string()),
        })
    }
}

/// Equal for parts that readers would be told the same of: the document as it is sent, and of every alert,
/// shown or not, what an officer must hear of. Leaves out what a revision adds to it.
pub fn hash(part: &Part) -> Id {
    let mut hasher = blake3::Hasher::new();
    hasher.update(Document::of(&part.document).text().as_bytes());
    for alert in &part.document.alerts {
        hasher.update(&alert.id.0).update(&alert.run.0);
        let numbers = [alert.first_at.0, alert.last_at.0, alert.detections as i64, alert.severity as i64];
        for number in numbers {
            hasher.update(&number.to_le_bytes());
        }
        hasher.update(&[u8::from(alert.settled), u8::from(alert.exact)]);
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Id(id)
}

/// What a reader did not understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not written by this program: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

fn text<'a>(map: &'a Map<String, Value>, key: &'static str) -> Result<&'a str, Malformed> {
    map.get(key).and_then(Value::as_str).ok_or(Malformed(key))
}

fn number(map: &Map<String, Value>, key: &'static str) -> Result<u64, Malformed> {
    map.get(key).and_then(Value::as_u64).ok_or(Malformed(key))
}

fn id(map: &Map<String, Value>, key: &'static str) -> Result<Option<Id>, Malformed> {
    map.get(key).map(|value| value.as_str().and_then(Id::parse).ok_or(Malformed(key))).transpose()
}

fn ids(map: &Map<String, Value>, key: &'static str) -> Result<Vec<Id>, Malformed> {
    let Some(value) = map.get(key) else { return Ok(Vec::new()) };
    let read = |value: &Value| value.as_str().and_then(Id::parse).ok_or(Malformed(key));
    value.as_array().ok_or(Malformed(key))?.iter().map(read).collect()
}

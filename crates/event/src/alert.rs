//! Alerts: runs of detections of one rule and key, with all that an officer and an incident need to know of them. A value
//! that owns its text: alerts are rare beside events.

use crate::class::ClassId;
use crate::codec::{Codec, Corrupt, Reader, read_static, write_static};
use crate::coordinates::Coordinates;
use crate::field::Link;
use crate::id::{Id, Ids, KeyPart};
use crate::kind::Kind;
use crate::time::Timestamp;
use crate::value::OwnedValue;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How bad it is, by the rule's word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// For the technicians.
    #[default]
    Maintenance,
    /// Logged, looked at in batches.
    Low,
    /// Needs a look this shift.
    Medium,
    /// A probable breach.
    High,
    /// Life safety or a confirmed breach.
    Critical,
}

impl Level {
    /// All, the worst first.
    pub const ALL: [Level; 5] = [Level::Critical, Level::High, Level::Medium, Level::Low, Level::Maintenance];

    /// As rules and outputs write it.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Maintenance => "maintenance",
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Critical => "critical",
        }
    }

    /// The level of a name.
    pub fn by_name(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// When a rule speaks, and whether it may take back what it said (language.md §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Emission {
    /// At once, never withdrawn.
    M,
    /// At once, may be withdrawn while late records can still come.
    E,
    /// When it is final.
    S,
}

impl Emission {
    /// The letter.
    pub const fn name(self) -> &'static str {
        match self {
            Emission::M => "M",
            Emission::E => "E",
            Emission::S => "S",
        }
    }
}

/// The place of an event in the total order ≺ (design README §4): ts, source, native sequence, coordinates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// When it happened.
    pub ts: Timestamp,
    /// The source, by text.
    pub source: Arc<str>,
    /// The native sequence number, or 0.
    pub seq: u64,
    /// Where the record stood.
    pub coordinates: Coordinates,
    /// Events of the engine itself (`alert.x`, `detection.x`) stand at their terminal event, then by this text.
    pub derived: Option<Arc<str>>,
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.ts, &self.source, self.seq, self.coordinates, &self.derived).cmp(&(
            other.ts,
            &other.source,
            other.seq,
            other.coordinates,
            &other.derived,
        ))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// One event that a detection rests on.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// How its id is found.
    pub identity: Identity,
    /// Label of the step it satisfied, else the step's class as written.
    pub step: Arc<str>,
    /// Its place in ≺; holds its ts and coordinates.
    pub place: Place,
    /// What happened.
    pub class: Arc<str>,
    /// The topic of its coordinates, by name. An event of the engine (`alert.x`) has the coordinates of its terminal event.
    pub topic: Arc<str>,
    /// The fields that the event itself carries and that are an entity's id or an address, by field name, as text.
    pub fields: Fields,
}

/// How the id of an event is found: alerts that change often show many events of which few are ever written, and only for
/// these is anything hashed.
#[derive(Clone, Debug)]
pub enum Identity {
    /// Native, by content, or the engine's own.
    Given(Id),
    /// From where its record stands.
    OfPlace(Ids),
}

impl Evidence {
    /// The id of the event.
    pub fn event_id(&self) -> Id {
        let at = self.place.coordinates;
        match &self.identity {
            Identity::Given(id) => *id,
            Identity::OfPlace(ids) => ids.event_at(&self.topic, at.partition, at.offset, at.index),
        }
    }
}

/// However the id is found: two in one place are one event.
impl PartialEq for Evidence {
    fn eq(&self, other: &Self) -> bool {
        (&self.place, &self.step, &self.class, &self.topic, &self.fields)
            == (&other.place, &other.step, &other.class, &other.topic, &other.fields)
    }
}

impl Eq for Evidence {}

/// Named values, sorted by name. Not a map: an alert keeps up to 64 of them, mostly of one or two fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Box<[(Arc<str>, OwnedValue)]>);

impl Fields {
    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &OwnedValue)> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl From<Vec<(Arc<str>, OwnedValue)>> for Fields {
    fn from(mut fields: Vec<(Arc<str>, OwnedValue)>) -> Self {
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        Fields(fields.into())
    }
}

/// Entities by kind: `{door: {d1}, ip: {10.0.0.5}}`.
pub type Entities = BTreeMap<&'static str, BTreeSet<Arc<str>>>;

/// A span in which a needed source was down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    /// The source that was blind.
    pub source: Arc<str>,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// A maximal run of detections of one rule and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// H(rule, key, terminal event of the first detection).
    pub id: Id,
    /// H(rule, key): equal for all alerts of this rule and key.
    pub run: Id,
    /// Name of the rule.
    pub rule: Arc<str>,
    /// The key, in the order of `by`.
    pub key: Vec<KeyPart>,
    /// Site of the first detection's terminal event.
    pub site: Arc<str>,
    /// Title, filled from the first detection.
    pub title: String,
    /// Greatest severity that a detection reached.
    pub severity: Level,
    /// Class of the rule.
    pub emission: Emission,
    /// ts of the first detection.
    pub first_at: Timestamp,
    /// ts of the last detection.
    pub last_at: Timestamp,
    /// How many detections.
    pub detections: u64,
    /// The 64 ≺-least entries over all detections (life safety: all). Shared: an alert changes often, what it rests on seldom.
    pub evidence: Vec<Arc<Evidence>>,
    /// Of the first detection: the values of the title's paths and of the paths after `entities`, by path as written,
    /// without those that are key parts. One value as it is, several as a list of texts; missing ones are left out.
    pub captured: BTreeMap<Arc<str>, OwnedValue>,
    /// Union over the detections, at most 64 ids, those of ≺-lesser detections first (within one detection: by kind, then
    /// id). Of a detection: with `entities`, the values of its paths that are entities or addresses; without, the key
    /// parts that are, and every field that the terminal event itself carries whose link is strong. The kind of an address
    /// is `ip`.
    pub entities: Entities,
    /// Nothing that can still come changes it.
    pub settled: bool,
    /// No bound of language.md §7 was hit.
    pub exact: bool,
    /// Reported once and taken back.
    pub withdrawn: bool,
    /// Spans in which a needed source was down.
    pub unknown: Vec<Unknown>,
    /// The earlier alert that took it in.
    pub merged_into: Option<Id>,
    /// The rule is on trial.
    pub trial: bool,
    /// Covert.
    pub restricted: bool,
    /// Every terminal class of the rule is life safety.
    pub life_safety: bool,
    /// A building block: no incident comes of it.
    pub internal: bool,
}

/// How the alerts of a task change. An alert whose first detection moves is removed under its old id and set under its new
/// one in the same step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertChange {
    /// It is new, or its document changed. Shared: who keeps it costs a copy when it changes again, nobody else does.
    Set(Arc<Alert>),
    /// It is no more: withdrawn, or taken in by an earlier one.
    Removed {
        /// Its id.
        id: Id,
        /// The alert that took it in.
        merged_into: Option<Id>,
    },
}

/// What the alerts of a rule add to incidents when their kinds are shared: see classes.md §3, column *link*.
pub fn link_of_kind(kind: &str) -> Link {
    match kind {
        "ip" | "zone" | "site" | "checkpoint" => Link::Weak,
        "reader" | "controller" | "panel" | "partition" | "area" | "guard" => Link::None,
        _ if Kind::by_name(kind).is_some() => Link::Strong,
        _ => Link::None,
    }
}

/// Class of the events that alerts of a rule are (`alert.<rule>`), by the rule's index.
pub fn class_of_alert(rule: u32) -> ClassId {
    ClassId::alert(rule)
}

crate::codec!(Level as u8, Level::ALL);
crate::codec!(Emission as u8, [Emission::M, Emission::E, Emission::S]);
crate::codec!(Place { ts, source, seq, coordinates, derived });
crate::codec!(Unknown { source, from, to });
crate::codec!(newtype Fields);

impl Codec for Evidence {
    fn write(&self, out: &mut Vec<u8>) {
        self.event_id().write(out);
        self.step.write(out);
        self.place.write(out);
        self.class.write(out);
        self.topic.write(out);
        self.fields.write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(Evidence {
            identity: Identity::Given(Codec::read(from)?),
            step: Codec::read(from)?,
            place: Codec::read(from)?,
            class: Codec::read(from)?,
            topic: Codec::read(from)?,
            fields: Codec::read(from)?,
        })
    }
}

impl Codec for Alert {
    fn write(&self, out: &mut Vec<u8>) {
        (self.id, self.run).write(out);
        (self.rule.clone(), self.key.clone()).write(out);
        (self.site.clone(), self.title.clone()).write(out);
        (self.severity, self.emission).write(out);
        (self.first_at, self.last_at).write(out);
        self.detections.write(out);
        self.evidence.write(out);
        self.captured.write(out);
        write_entities(&self.entities, out);
        self.unknown.write(out);
        self.merged_into.write(out);
        for flag in self.flags() {
            flag.write(out);
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let ((id, run), (rule, key), (site, title)) =
            (Codec::read(from)?, Codec::read(from)?, Codec::read(from)?);
        let ((severity, emission), (first_at, last_at)) = (Codec::read(from)?, Codec::read(from)?);
        let (detections, evidence, captured) = (Codec::read(from)?, Codec::read(from)?, Codec::read(from)?);
        let entities = read_entities(from)?;
        let (unknown, merged_into) = (Codec::read(from)?, Codec::read(from)?);
        let mut flag = || bool::read(from);
        let (settled, exact, withdrawn) = (flag()?, flag()?, flag()?);
        let (trial, restricted, life_safety, internal) = (flag()?, flag()?, flag()?, flag()?);
        Ok(Alert {
            id,
            run,
            rule,
            key,
            site,
            title,
            severity,
            emission,
            first_at,
            last_at,
            detections,
            evidence,
            captured,
            entities,
            settled,
            exact,
            withdrawn,
            unknown,
            merged_into,
            trial,
            restricted,
            life_safety,
            internal,
        })
    }
}

impl Alert {
    fn flags(&self) -> [bool; 7] {
        [
            self.settled,
            self.exact,
            self.withdrawn,
            self.trial,
            self.restricted,
            self.life_safety,
            self.internal,
        ]
    }
}

/// The name of a kind under which documents list entities.
pub fn entity_kind(name: &str) -> Option<&'static str> {
    if name == "ip" { Some("ip") } else { Kind::by_name(name).map(Kind::name) }
}

fn write_entities(entities: &Entities, out: &mut Vec<u8>) {
    (entities.len() as u32).write(out);
    for (kind, ids) in entities {
        write_static(kind, out);
        ids.write(out);
    }
}

fn read_entities(from: &mut Reader<'_>) -> Result<Entities, Corrupt> {
    let length = from.length()?;
    (0..length).map(|_| Ok((read_static(from, entity_kind)?, Codec::read(from)?))).collect()
}

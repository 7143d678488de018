//! The small world in which random rules and streams play: three sites with a handful of everything.

use event::class::{self, ClassId, Lifecycle};
use event::coordinates::{Coordinates, Topics};
use event::field::{self, FieldType};
use event::id::{Id, Ids};
use event::row::{Batch, OwnedRow};
use event::symbol::SymbolKey;
use event::time::{Duration, Timestamp};
use event::value::Geo;
use site::SiteModel;
use std::fmt;

/// The site model. Site `h` is partition 0, `k` 1, `m` 2.
pub const MODEL: &str = r#"
sites:
  - {id: h, time_zone: Europe/Paris, country: FR, partition: 0, geo: [48.1, -1.68]}
  - {id: k, time_zone: Europe/Paris, partition: 1, geo: [48.15, -1.68, 200]}
  - {id: m, time_zone: America/New_York, partition: 2}
zones:
  - {id: z0, site: h, kind: public}
  - {id: z1, site: h, level: 2}
  - {id: z2, site: h, level: 4, kind: vault}
  - {id: z3, site: k, level: 3}
  - {id: z4, site: m}
doors:
  - {id: d1, from_zone: z0, to_zone: z1, controller: c1, monitored: true}
  - {id: d2, from_zone: z1, to_zone: z2, controller: c1, monitored: false}
  - {id: d3, from_zone: z0, to_zone: z2, controller: c2}
  - {id: d4, from_zone: z3, to_zone: z3, controller: c3, monitored: true}
  - {id: d5, to_zone: z4}
readers: [{id: r1, door: d1, direction: in}, {id: r2, door: d2, direction: out}]
controllers: [{id: c1, zone: z1}, {id: c2, zone: z0}, {id: c3, zone: z3}]
panels:
  - id: p1
    zone: z0
    partitions: [{id: a, zones: [z1]}, {id: b, zones: [z2]}]
    sensors: [{id: s1, zone: z1, partition: a}, {id: s2, zone: z2, partition: b}]
  - {id: p2, zone: z3, partitions: [{id: c, zones: [z3]}], sensors: [{id: s3, zone: z3, partition: c}]}
cameras:
  - {id: cam1, zone: z0, views: [z1, z2]}
  - {id: cam2, zone: z0, views: [z0]}
  - {id: cam3, zone: z3, views: [z3]}
people:
  - {id: "30", status: active, credentials: [k30]}
  - {id: "31", status: terminated, credentials: [k31, k32]}
lists:
  - {id: scanners, type: ip, owner: network, entries: [10.0.0.5, 10.9.0.0/24]}
  - {id: signs, type: text, owner: network, entries: ["^wo", "sc[ab]n$", "s1$", "no expression ("]}
  - {id: vips, type: person, owner: desk, entries: ["30"]}
calendars:
  - {id: night, site: h, weekly: {mon-sun: ["22:00-03:01"]}}
  - {id: days, weekly: {mon-fri: ["03:00-03:05"], sat: ["20:00-04:00"]}}
hubs: [z0, "31"]
"#;

/// The sites, by partition.
pub const SITES: [&str; 3] = ["h", "k", "m"];

/// What the model says of hubs, for the incident table.
pub const HUBS: [&str; 2] = ["z0", "31"];

/// Names of the two topics.
pub const TOPICS: [&str; 2] = ["badge", "panel"];

/// The namespace of every case.
pub const NAMESPACE: &str = "differential";

/// The key of symbols.
pub fn symbols() -> SymbolKey {
    SymbolKey::derive(NAMESPACE.as_bytes())
}

/// Ids of the namespace.
pub fn ids() -> Ids {
    Ids::new(NAMESPACE)
}

/// The topics by name.
pub fn topics() -> Topics {
    Topics::new(TOPICS)
}

/// The site model, read.
pub fn model() -> SiteModel {
    let (model, problems) =
        SiteModel::parse("site.yaml", MODEL, symbols(), &mut |file| Err(format!("no {file}")));
    model.unwrap_or_else(|| panic!("{problems:#?}"))
}

/// Zero of the cases' clocks: 03:00:00 in Paris, so that a calendar's border lies within the first minutes.
pub const START: Timestamp = Timestamp(1_768_010_400_000_000_000);

/// One event of a case, readable: times in the case's units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// When it happened.
    pub ts: i64,
    /// When its record came.
    pub append: i64,
    /// What happened.
    pub class: ClassId,
    /// Its fields, by name.
    pub fields: Vec<(&'static str, String)>,
    /// Which part of it.
    pub lifecycle: Lifecycle,
    /// Marked as a test by its sender.
    pub test: bool,
    /// Who sent it.
    pub source: &'static str,
    /// The sender's counter, or 0.
    pub seq: u64,
    /// A native id, shared by copies.
    pub native: Option<u32>,
    /// Index in [`TOPICS`].
    pub topic: usize,
    /// Index in [`SITES`], and partition.
    pub site: usize,
    /// Place in its partition.
    pub offset: u64,
}

impl Spec {
    /// Where it stood.
    pub fn coordinates(&self, topics: &Topics) -> Coordinates {
        let topic = topics.id(TOPICS[self.topic]).unwrap_or_default();
        Coordinates { topic, partition: self.site as u32, offset: self.offset, index: 0 }
    }

    fn identity(&self) -> Option<Id> {
        self.native.map(|native| ids().native_event(self.source, &native.to_string(), None))
    }

    /// As a row; `unit` is the length of one unit of time.
    pub fn row(&self, unit: Duration, topics: &Topics) -> OwnedRow {
        let mut batch = Batch::new(symbols());
        let mut row = batch.begin(self.class);
        row.source(self.source).site(SITES[self.site]).seq(self.seq).lifecycle(self.lifecycle);
        if self.test {
            row.test();
        }
        for (name, value) in &self.fields {
            let Some(field) = field::by_name(name) else { continue };
            match place(value).filter(|_| field.def().ty == FieldType::Geo) {
                Some(place) => row.geo(field, place),
                None => row.text(field, value),
            };
        }
        let at = row.finish();
        let envelope = batch.envelope_mut(at);
        envelope.ts = instant(self.ts, unit);
        envelope.append = instant(self.append, unit);
        envelope.coordinates = self.coordinates(topics);
        envelope.identity = self.identity();
        batch.row(at).to_owned_row()
    }
}

/// A place as these specs write it: degrees north and east, and metres of uncertainty.
fn place(text: &str) -> Option<Geo> {
    let mut parts = text.split(',').map(|part| part.parse::<f64>().ok());
    let (north, east) = (parts.next()??, parts.next()??);
    let degrees = |x: f64| (x * 1e6).round() as i32;
    let radius_m = parts.next().flatten().unwrap_or(0.0) as u32;
    Some(Geo { latitude: degrees(north), longitude: degrees(east), radius_m })
}

/// An instant of a case.
pub fn instant(at: i64, unit: Duration) -> Timestamp {
    Timestamp(START.0 + at * unit.0)
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.class.def().map_or("?", |def| def.name);
        write!(f, "{:>3} {class}", self.ts)?;
        for (name, value) in &self.fields {
            write!(f, " {name}={value}")?;
        }
        write!(f, " | {} {}/{}", self.source, TOPICS[self.topic], SITES[self.site])?;
        write!(f, "/{} append={}", self.offset, self.append)?;
        if self.seq != 0 {
            write!(f, " seq={}", self.seq)?;
        }
        if let Some(native) = self.native {
            write!(f, " id={native}")?;
        }
        if self.lifecycle != Lifecycle::New {
            write!(f, " {}", self.lifecycle.name())?;
        }
        if self.test { write!(f, " test") } else { Ok(()) }
    }
}

/// A class by its name, which the table has.
pub fn class_of(name: &str) -> ClassId {
    class::by_name(name).unwrap_or(class::UNCLASSIFIED)
}

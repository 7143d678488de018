//! The model itself: one version, immutable, the same answer to the same question for ever.
//!
//! Everything that can change in time takes the time of the event. Paths are followed in [`crate::resolve`].

use crate::address::Prefixes;
use crate::build::{Scope, Setting, build};
use crate::calendar::{Calendar, wall_clock};
use crate::constant::{fold, fold_id};
use crate::draft::Draft;
use crate::graph::{Cell, Graph};
use crate::list::List;
use crate::login::Logins;
use crate::partition;
use crate::problem::{Files, Problems};
use crate::read::{self, Load};
use crate::validity::Validity;
use event::diagnostic::Diagnostic;
use event::kind::Kind;
use event::symbol::{Symbol, SymbolKey};
use event::time::{Duration, Timestamp};
use event::value::Value;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// Sites, zones, doors, cameras, people, assets, and how they relate, as of a time.
#[derive(Debug)]
pub struct SiteModel {
    pub(crate) parts: Parts,
}

/// What a model is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub key: SymbolKey,
    pub hash: [u8; 16],
    pub zone: TimeZone,
    pub graph: Graph,
    pub logins: Logins,
    pub addresses: Prefixes<Held>,
    pub sites: Vec<Site>,
    pub calendars: BTreeMap<String, Vec<Calendar>>,
    pub lists: BTreeMap<String, List>,
    pub hubs: BTreeMap<Symbol, String>,
    pub aliases: BTreeMap<(Symbol, Symbol), Vec<Other>>,
    pub clock_errors: BTreeMap<Symbol, Duration>,
}

/// One site.
#[derive(Debug)]
pub(crate) struct Site {
    pub id: String,
    /// As producers write it into the key.
    pub written: String,
    pub partition: Option<u32>,
    pub zone: TimeZone,
}

/// Who holds an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub asset: u32,
    pub site: Option<Symbol>,
    pub validity: Validity,
}

/// What an alias stands for.
#[derive(Debug)]
pub(crate) struct Other {
    pub kind: Kind,
    pub id: String,
    pub validity: Validity,
}

impl SiteModel {
    /// Reads a model. `file` is its name in diagnostics; `load` gives the text of a table that it names. With an error
    /// there is no model; all errors are found at once.
    pub fn parse(
        file: &str,
        text: &str,
        key: SymbolKey,
        load: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> (Option<SiteModel>, Vec<Diagnostic>) {
        let (mut files, mut problems) = (Files::default(), Problems::default());
        let draft = read::read(&mut files, file, text, key, load as Load<'_>, &mut problems);
        let hash = hash_of(files.texts());
        let setting = Setting { key, scope: Scope::Whole, zone: TimeZone::UTC, hash };
        let model = build(draft, setting, &mut problems);
        (model, files.diagnostics(problems.list))
    }

    /// A model that knows nothing.
    pub fn empty(key: SymbolKey) -> SiteModel {
        let setting =
            Setting { key, scope: Scope::Whole, zone: TimeZone::UTC, hash: hash_of([].into_iter()) };
        // A draft that says nothing has nothing wrong.
        build(Draft::default(), setting, &mut Problems::default()).expect("an empty model has no errors")
    }

    pub(crate) fn of(parts: Parts) -> SiteModel {
        SiteModel { parts }
    }

    /// The version: equal for equal texts and equal zone data.
    pub fn hash(&self) -> [u8; 16] {
        self.parts.hash
    }

    /// The key of its symbols.
    pub fn symbols(&self) -> SymbolKey {
        self.parts.key
    }

    /// The ids of all sites, sorted.
    pub fn site_ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.parts.sites.iter().map(|site| site.id.as_str())
    }

    /// The site, if there is exactly one.
    pub fn only_site(&self) -> Option<&str> {
        match &self.parts.sites[..] {
            [site] => Some(&site.id),
            _ => None,
        }
    }

    /// The partition that a site's records are in: the configured one, else that of Kafka's default partitioner.
    pub fn partition_of_site(&self, site: &str, partitions: u32) -> u32 {
        let known = self.site(site);
        let configured = known.and_then(|site| site.partition).filter(|partition| *partition < partitions);
        let written = known.map_or(site, |site| site.written.as_str());
        configured.unwrap_or_else(|| partition::of_key(written.as_bytes(), partitions))
    }

    /// The partition that the model itself gives a site.
    pub fn configured_partition(&self, site: &str) -> Option<u32> {
        self.site(site)?.partition
    }

    /// The time zone of a site; UTC (in a world: that of `now`) for one that says none.
    pub fn time_zone(&self, site: &str) -> TimeZone {
        self.site(site).map_or(&self.parts.zone, |site| &site.zone).clone()
    }

    fn site(&self, id: &str) -> Option<&Site> {
        let find = |id: &str| self.parts.sites.binary_search_by(|site| site.id.as_str().cmp(id)).ok();
        let at = find(id).or_else(|| find(&fold_id(Kind::Site, id)))?;
        self.parts.sites.get(at)
    }

    /// Whether there is a calendar of that name, for any site.
    pub fn has_calendar(&self, name: &str) -> bool {
        named(&self.parts.calendars, name).is_some()
    }

    /// The names of all calendars, sorted.
    pub fn calendar_names(&self) -> impl Iterator<Item = &str> {
        self.parts.calendars.keys().map(String::as_str)
    }

    /// Whether `ts` is inside the calendar, on the clock of the site. A calendar of another site does not count.
    pub fn in_calendar(&self, name: &str, site: &str, ts: Timestamp) -> bool {
        let Some(calendars) = named(&self.parts.calendars, name) else { return false };
        let zone = self.site(site).map_or(&self.parts.zone, |site| &site.zone);
        let Some(at) = wall_clock(zone, ts) else { return false };
        let own =
            |calendar: &&Calendar| calendar.validity.contains(ts) && calendar.site.as_deref() == Some(site);
        let general = |calendar: &&Calendar| calendar.validity.contains(ts) && calendar.site.is_none();
        let calendar = calendars.iter().find(own).or_else(|| calendars.iter().find(general));
        calendar.is_some_and(|calendar| calendar.contains(at))
    }

    /// Whether there is a list of that name.
    pub fn has_list(&self, name: &str) -> bool {
        self.list(name).is_some()
    }

    /// The list of that name.
    pub fn list(&self, name: &str) -> Option<&List> {
        named(&self.parts.lists, name)
    }

    /// The names of all lists, sorted.
    pub fn list_names(&self) -> impl Iterator<Item = &str> {
        self.parts.lists.keys().map(String::as_str)
    }

    /// Whether the value is in the list at `ts`.
    pub fn in_list(&self, name: &str, value: &Value<'_>, ts: Timestamp) -> bool {
        self.list(name).is_some_and(|list| list.contains(value, ts))
    }

    /// Ids of the entities that never join incidents, folded.
    pub fn hubs(&self) -> impl Iterator<Item = &str> {
        self.parts.hubs.values().map(String::as_str)
    }

    /// Whether an entity or address is one that everything hangs on, so that sharing it means nothing.
    pub fn is_hub(&self, id: &str) -> bool {
        !self.parts.hubs.is_empty() && self.parts.hubs.contains_key(&self.parts.key.symbol(id))
    }

    /// How far the clock of a source may be off.
    pub fn clock_error(&self, source: &str) -> Duration {
        if self.parts.clock_errors.is_empty() {
            return Duration::ZERO;
        }
        self.parts.clock_errors.get(&self.parts.key.symbol(source)).copied().unwrap_or(Duration::ZERO)
    }

    /// Whether any source means anything by an id of its own.
    pub fn has_aliases(&self) -> bool {
        !self.parts.aliases.is_empty()
    }

    /// The entity that a source means by an id of its own (with the channel after a blank); an empty id is the source
    /// itself.
    pub fn alias(&self, source: &str, native: &str, ts: Timestamp) -> Option<(Kind, &str)> {
        if self.parts.aliases.is_empty() {
            return None;
        }
        let symbols = (self.parts.key.symbol(&fold(source)), self.parts.key.symbol(&fold(native)));
        let others = self.parts.aliases.get(&symbols)?;
        let other = others.iter().find(|other| other.validity.contains(ts))?;
        Some((other.kind, &other.id))
    }

    /// Whether the entity has an entry at `ts`; a device is an asset too.
    pub fn entity(&self, kind: Kind, id: &str, ts: Timestamp) -> bool {
        self.node(kind, id).is_some_and(|node| self.parts.graph.exists(node, ts))
    }

    /// The value of an attribute at `ts`, or the first id of a relation, for documents.
    pub fn attribute(&self, kind: Kind, id: &str, name: &str, ts: Timestamp) -> Option<Value<'_>> {
        let graph = &self.parts.graph;
        let edges = graph.edges(self.node(kind, id)?, name, ts);
        let edge = edges.iter().find(|edge| edge.validity.contains(ts))?;
        Some(match edge.cell {
            Cell::Node(node) => Value::Text(graph.id(node)),
            Cell::Text(piece) => Value::Text(graph.text(piece)),
            Cell::Plain(value) => value,
        })
    }

    fn node(&self, kind: Kind, id: &str) -> Option<u32> {
        self.parts.graph.find(kind, self.parts.key.symbol(&fold_id(kind, id)))
    }
}

/// By the name as it is, or folded.
fn named<'a, T>(map: &'a BTreeMap<String, T>, name: &str) -> Option<&'a T> {
    map.get(name).or_else(|| map.get(&fold(name)))
}

/// BLAKE3-128 of the texts, each after its length, and of the version of the zone data.
pub(crate) fn hash_of<'a>(texts: impl Iterator<Item = &'a str>) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for text in std::iter::once(crate::calendar::zone_data_version()).chain(texts) {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    let mut hash = [0; 16];
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    hash
}

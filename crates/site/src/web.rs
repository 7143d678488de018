//! The model while it is built: entities as numbers, and links between them that can still be added to.
//!
//! Numbers are given in the order of (kind, id), so that sorting numbers later sorts ids.

use crate::draft::{Entity, Given};
use crate::problem::Origin;
use crate::validity::Validity;
use event::kind::Kind;
use std::collections::{BTreeMap, BTreeSet};

/// What a link leads to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum End {
    Node(u32),
    Value(Given),
}

/// One value of one relation or attribute of one entity.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub end: End,
    pub validity: Validity,
    pub origin: Origin,
}

/// A node of the web.
#[derive(Debug)]
pub(crate) struct Spot {
    pub kind: Kind,
    pub id: String,
    pub written: String,
    /// When it has an entry, and where that is.
    pub declared: Vec<(Validity, Origin)>,
}

/// All entities and links.
#[derive(Debug, Default)]
pub(crate) struct Web {
    pub spots: Vec<Spot>,
    links: Vec<BTreeMap<&'static str, Vec<Link>>>,
    known: BTreeSet<(u32, &'static str, u32, Validity)>,
}

impl Web {
    /// Everything that the entries say, and a number for everything that they name.
    pub fn of(entities: &[Entity]) -> Web {
        let mut web = Web::default();
        for (kind, id) in all_named(entities) {
            web.spots.push(Spot { kind, id: id.to_owned(), written: id.to_owned(), declared: Vec::new() });
        }
        web.links.resize_with(web.spots.len(), BTreeMap::new);
        for entity in entities {
            web.add_entity(entity);
        }
        web
    }

    fn add_entity(&mut self, entity: &Entity) {
        let Some(from) = self.number(entity.kind, &entity.id) else { return };
        let spot = &mut self.spots[from as usize];
        spot.declared.push((entity.validity, entity.origin));
        spot.written.clone_from(&entity.written);
        for fact in &entity.facts {
            let end = match &fact.value {
                Given::Entity(kind, id) => self.number(*kind, id).map(End::Node),
                value => Some(End::Value(value.clone())),
            };
            if let Some(end) = end {
                self.add(from, fact.name, Link { end, validity: entity.validity, origin: fact.origin });
            }
        }
    }

    pub fn number(&self, kind: Kind, id: &str) -> Option<u32> {
        let at = self.spots.binary_search_by(|spot| (spot.kind, spot.id.as_str()).cmp(&(kind, id))).ok()?;
        u32::try_from(at).ok()
    }

    /// The same id as an asset.
    pub fn as_asset(&self, number: u32) -> Option<u32> {
        self.number(Kind::Asset, &self.spots[number as usize].id)
    }

    pub fn kind(&self, number: u32) -> Kind {
        self.spots[number as usize].kind
    }

    /// Numbers of all entities of a kind.
    pub fn of_kind(&self, kind: Kind) -> std::ops::Range<u32> {
        let start = self.spots.partition_point(|spot| spot.kind < kind);
        let end = self.spots.partition_point(|spot| spot.kind <= kind);
        start as u32..end as u32
    }

    pub fn links(&self, from: u32, name: &str) -> &[Link] {
        self.links[from as usize].get(name).map_or(&[], Vec::as_slice)
    }

    /// Every relation and attribute that says something.
    pub fn all(&self) -> impl Iterator<Item = (u32, &'static str, &[Link])> {
        (0u32..).zip(&self.links).flat_map(|(from, names)| {
            let names: &BTreeMap<&'static str, Vec<Link>> = names;
            names.iter().map(move |(name, links)| (from, *name, links.as_slice()))
        })
    }

    /// The entities that a relation leads to.
    pub fn ends(&self, from: u32, name: &str) -> Vec<(u32, Validity, Origin)> {
        let node = |link: &Link| match link.end {
            End::Node(to) => Some((to, link.validity, link.origin)),
            End::Value(_) => None,
        };
        self.links(from, name).iter().filter_map(node).collect()
    }

    /// The entities that two relations in a row lead to, while both hold.
    pub fn ends_over(&self, from: u32, first: &str, second: &str) -> Vec<(u32, Validity, Origin)> {
        let mut ends = Vec::new();
        for (middle, early, origin) in self.ends(from, first) {
            let late = self.ends(middle, second).into_iter();
            ends.extend(late.filter_map(|(to, late, _)| Some((to, early.meet(late)?, origin))));
        }
        ends
    }

    /// Adds a link unless it says nothing new.
    pub fn add(&mut self, from: u32, name: &'static str, link: Link) {
        let new = match link.end {
            End::Node(to) => self.known.insert((from, name, to, link.validity)),
            End::Value(_) => true,
        };
        if new {
            self.links[from as usize].entry(name).or_default().push(link);
        }
    }

    /// Adds links to entities.
    pub fn add_ends(&mut self, from: u32, name: &'static str, ends: Vec<(u32, Validity, Origin)>) {
        for (to, validity, origin) in ends {
            self.add(from, name, Link { end: End::Node(to), validity, origin });
        }
    }

    /// Takes away all links of that name.
    pub fn clear(&mut self, from: u32, name: &'static str) {
        self.links[from as usize].remove(name);
    }
}

/// Everything that the entries are about or lead to. A device is an asset too; who names a parent makes an area; a zone
/// and an area of one id are two things with one name.
fn all_named(entities: &[Entity]) -> BTreeSet<(Kind, &str)> {
    let mut named = BTreeSet::new();
    let mut name = |kind: Kind, id| {
        named.insert((kind, id));
        if kind.is_asset() {
            named.insert((Kind::Asset, id));
        }
    };
    for entity in entities {
        name(entity.kind, entity.id.as_str());
        for fact in &entity.facts {
            if let Given::Entity(kind, id) = &fact.value {
                name(*kind, id.as_str());
            }
        }
    }
    named
}

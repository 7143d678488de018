//! Following a path from an event through the model, as of the time of the event.
//!
//! This is on the way of every event, before any task sees it: no allocation beyond the caller's buffer as long as few
//! values are under way, one hash to enter the graph, then indexes. Whether a path makes sense was checked where it was
//! written; one that does not leads nowhere.

use crate::address::is_private;
use crate::graph::Cell;
use crate::model::{Held, SiteModel};
use crate::path::{Path, Start};
use event::field::{self, FieldId, FieldType};
use event::kind::Kind;
use event::relation::{self, Implied, RelationDef, Target, VALUES_MAX};
use event::row::RowRef;
use event::symbol::Symbol;
use event::time::Timestamp;
use event::value::{Text, Value};
use smallvec::SmallVec;
use std::net::Ipv6Addr;
use std::sync::LazyLock;

/// The most members of one fan-out (`for each`).
pub const MEMBERS_MAX: usize = 2_000;

/// Whether all values were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "values that are cut have to be counted"]
pub enum Resolved {
    /// All there are.
    All,
    /// There are more than fit; those with the least ids were given.
    Cut,
}

/// An entity under way: its id and, if the model has it, its node.
#[derive(Clone, Copy, Debug)]
struct Stand<'a> {
    id: Text<'a>,
    node: Option<u32>,
}

/// Room for what nearly every step leads to; moving more around would cost every step.
type Stands<'a> = SmallVec<[Stand<'a>; 4]>;

/// A way through the model under one limit and time.
struct Walk<'a> {
    model: &'a SiteModel,
    row: RowRef<'a>,
    limit: usize,
    cut: bool,
}

/// The field that names an entity of each kind: `door` for doors.
static OWN_FIELD: LazyLock<Vec<Option<FieldId>>> =
    LazyLock::new(|| Kind::ALL.iter().map(|kind| field::by_name(kind.name())).collect());

impl SiteModel {
    /// Adds the values of a path for an event to `out`: at most [`VALUES_MAX`], sorted by id, each once.
    ///
    /// An id that the event itself carries needs no entry in the model; what follows from it does.
    pub fn resolve<'a>(&'a self, row: RowRef<'a>, path: &Path, out: &mut impl Extend<Value<'a>>) {
        let _counted_by_who_asks = self.follow(row, path, out);
    }

    /// The same, for whoever counts what was cut.
    pub fn follow<'a>(&'a self, row: RowRef<'a>, path: &Path, out: &mut impl Extend<Value<'a>>) -> Resolved {
        Walk::new(self, row, VALUES_MAX).path(path, out)
    }

    /// The same for a fan-out, whose limit is [`MEMBERS_MAX`].
    pub fn members<'a>(&'a self, row: RowRef<'a>, path: &Path, out: &mut impl Extend<Value<'a>>) -> Resolved {
        Walk::new(self, row, MEMBERS_MAX).path(path, out)
    }

    /// The entities of a kind that an event implies: by the first way of `event::relation::IMPLIED` that leads to any.
    pub fn implied<'a>(&'a self, row: RowRef<'a>, kind: Kind, out: &mut impl Extend<Value<'a>>) {
        let found = Walk::new(self, row, VALUES_MAX).implied(kind);
        out.extend(found.iter().map(|stand| Value::Text(stand.id)));
    }

    /// A field of an event, or what follows from its other fields: `dst.asset` from the address, `device` from the most
    /// specific device that it names.
    pub fn field<'a>(&'a self, row: RowRef<'a>, field: FieldId) -> Option<Value<'a>> {
        Walk::new(self, row, VALUES_MAX).field_value(field)
    }
}

impl<'a> Walk<'a> {
    fn new(model: &'a SiteModel, row: RowRef<'a>, limit: usize) -> Self {
        Walk { model, row, limit, cut: false }
    }

    fn path(&mut self, path: &Path, out: &mut impl Extend<Value<'a>>) -> Resolved {
        let mut hops = &path.hops[..];
        let mut at = match (path.start, hops) {
            (Start::Implied(kind), _) => self.implied(kind),
            (Start::Field(field), []) => {
                out.extend(self.field_value(field));
                return Resolved::All;
            }
            (Start::Field(field), [hop, rest @ ..]) if hop.from.is_empty() => {
                hops = rest;
                self.of_field(field, hop)
            }
            (Start::Field(field), _) => self.field(field),
        };
        for hop in hops {
            match hop.to {
                Target::Entity(_) => at = self.step(&at, hop.name),
                Target::Attribute(_) => {
                    out.extend(self.attributes(&at, hop.name));
                    return self.resolved();
                }
            }
        }
        out.extend(at.iter().map(|stand| Value::Text(stand.id)));
        self.resolved()
    }

    fn resolved(&self) -> Resolved {
        if self.cut { Resolved::Cut } else { Resolved::All }
    }

    fn ts(&self) -> Timestamp {
        self.row.row.ts
    }

    /// A field that the event has, or one that follows from its others. Events that the engine makes carry the name of their
    /// class, which the class table does not have.
    fn field_value(&self, field: FieldId) -> Option<Value<'a>> {
        let sent = self.row.get(field).or_else(|| self.class().filter(|_| field == field::CLASS));
        sent.or_else(|| self.implied_field(field).first().map(|stand| Value::Text(stand.id)))
    }

    fn class(&self) -> Option<Value<'a>> {
        let text = self.row.row.class.def()?.name;
        Some(Value::Text(Text { symbol: self.model.parts.key.symbol(text), text }))
    }

    /// The entity that a field names, sent or not.
    fn field(&self, field: FieldId) -> Stands<'a> {
        match (self.row.get(field), field.def().ty) {
            (Some(Value::Text(id)), FieldType::Id(kind)) => SmallVec::from_iter([self.stand(kind, id)]),
            (None, FieldType::Id(_)) => self.implied_field(field),
            _ => SmallVec::new(),
        }
    }

    /// Fields that nobody sends: `dst.asset` by the address, `device` by the most specific one named.
    fn implied_field(&self, field: FieldId) -> Stands<'a> {
        for way in relation::implied_field(field) {
            let found = match way {
                Implied::Field(field) => self.field(*field),
                Implied::Via(field, "asset") => self.holders(*field),
                Implied::Via(..) | Implied::Login { .. } => SmallVec::new(),
            };
            if !found.is_empty() {
                return found;
            }
        }
        SmallVec::new()
    }

    fn implied(&mut self, kind: Kind) -> Stands<'a> {
        for way in relation::implied(kind) {
            let found = match way {
                Implied::Field(field) => self.field(*field),
                Implied::Via(field, name) => {
                    let from = self.known(*field);
                    self.step(&from, name)
                }
                Implied::Login { app, domain, user } => self.login(*app, *domain, *user),
            };
            if !found.is_empty() {
                return found;
            }
        }
        match OWN_FIELD[kind as usize] {
            Some(field) if relation::implied(kind).is_empty() => self.field(field),
            _ => SmallVec::new(),
        }
    }

    /// The entity of a field, sent or implied in turn. The ways of the class table have no circle: a test asks.
    fn known(&mut self, field: FieldId) -> Stands<'a> {
        let sent = self.field(field);
        match field.def().ty {
            FieldType::Id(kind) if sent.is_empty() && OWN_FIELD[kind as usize] == Some(field) => {
                self.implied(kind)
            }
            _ => sent,
        }
    }

    /// A relation that starts at a field which names no entity. Visits, permits and tickets come with events only.
    fn of_field(&self, field: FieldId, hop: &RelationDef) -> Stands<'a> {
        if hop.name == "asset" { self.holders(field) } else { SmallVec::new() }
    }

    /// Who held the address of a field: the longest prefix first; then who is at the event's site.
    fn holders(&self, field: FieldId) -> Stands<'a> {
        let Some(Value::Ip(address)) = self.row.get(field) else { return SmallVec::new() };
        let site = self.row.site().map(|site| site.symbol);
        let holder = self.holder(address, site);
        holder
            .map(|node| Stand { id: self.model.parts.graph.id(node), node: Some(node) })
            .into_iter()
            .collect()
    }

    fn holder(&self, address: Ipv6Addr, site: Option<Symbol>) -> Option<u32> {
        let foreign = |held: &Held| site.is_some() && held.site.is_some() && held.site != site;
        let private = is_private(address);
        let mut elsewhere = None;
        for held in
            self.model.parts.addresses.holding(address).filter(|held| held.validity.contains(self.ts()))
        {
            if !foreign(held) {
                return Some(held.asset);
            }
            elsewhere = elsewhere.or(Some(held.asset).filter(|_| !private));
        }
        elsewhere
    }

    fn login(&self, app: FieldId, domain: FieldId, user: FieldId) -> Stands<'a> {
        let symbol = |field: FieldId| self.row.text(field).map(|text| text.symbol);
        let Some(user) = symbol(user) else { return SmallVec::new() };
        let account = self.model.parts.logins.account(symbol(app), symbol(domain), user, self.ts());
        account
            .map(|node| Stand { id: self.model.parts.graph.id(node), node: Some(node) })
            .into_iter()
            .collect()
    }

    fn stand(&self, kind: Kind, id: Text<'a>) -> Stand<'a> {
        Stand { id, node: self.model.parts.graph.find(kind, id.symbol) }
    }

    /// The entities that a relation leads to, by id, each once.
    fn step(&mut self, from: &[Stand<'a>], name: &str) -> Stands<'a> {
        let graph = &self.model.parts.graph;
        let mut nodes: SmallVec<[u32; 2 * VALUES_MAX]> = SmallVec::new();
        for node in from.iter().filter_map(|stand| stand.node) {
            let mut given = 0;
            for edge in
                graph.edges(node, name, self.ts()).iter().filter(|edge| edge.validity.contains(self.ts()))
            {
                let Cell::Node(to) = edge.cell else { continue };
                if nodes.last() == Some(&to) {
                    continue;
                }
                if given == self.limit {
                    self.cut = true;
                    break;
                }
                given += 1;
                nodes.push(to);
            }
        }
        nodes.sort_unstable();
        nodes.dedup();
        self.cut |= nodes.len() > self.limit;
        nodes.truncate(self.limit);
        nodes.into_iter().map(|node| Stand { id: graph.id(node), node: Some(node) }).collect()
    }

    /// The values of an attribute, in the order of the entities, each once.
    fn attributes(&mut self, from: &[Stand<'a>], name: &str) -> SmallVec<[Value<'a>; VALUES_MAX]> {
        let graph = &self.model.parts.graph;
        let mut out = SmallVec::new();
        for stand in from {
            if name == "id" {
                out.push(Value::Text(stand.id));
                continue;
            }
            let edges = stand.node.map_or(&[][..], |node| graph.edges(node, name, self.ts()));
            for edge in edges.iter().filter(|edge| edge.validity.contains(self.ts())) {
                let value = match edge.cell {
                    Cell::Plain(value) => value,
                    Cell::Text(piece) => Value::Text(graph.text(piece)),
                    Cell::Node(node) => Value::Text(graph.id(node)),
                };
                if out.contains(&value) {
                    continue;
                }
                if out.len() == self.limit {
                    self.cut = true;
                    return out;
                }
                out.push(value);
            }
        }
        out
    }
}

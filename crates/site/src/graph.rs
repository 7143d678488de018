//! The model as it is asked: nodes, their relations in groups, the values of each in a row, all in flat arrays.
//!
//! One hash finds the node of an id; from there on everything is an index. Numbers of nodes are in the order of (kind,
//! id), so that values sorted by number are sorted by id.

use crate::constant::single;
use crate::draft::Given;
use crate::validity::Validity;
use crate::web::{End, Link, Web};
use event::kind::Kind;
use event::symbol::{Symbol, SymbolKey};
use event::time::Timestamp;
use event::value::{Text, Value};
use hashbrown::HashMap;

/// The relations and attributes of all entities.
#[derive(Debug)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    groups: Vec<Group>,
    edges: Vec<Edge>,
    kin: Vec<u32>,
    declared: Vec<Validity>,
    arena: String,
    index: HashMap<(Kind, Symbol), u32, foldhash::fast::FixedState>,
}

#[derive(Debug)]
struct Node {
    id: Piece,
    groups: Run,
    kin: Run,
    declared: Run,
}

#[derive(Debug)]
struct Group {
    tag: u64,
    name: &'static str,
    edges: Run,
}

/// One value, and when it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub cell: Cell,
    pub validity: Validity,
}

/// What a relation or attribute leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell {
    Node(u32),
    Text(Piece),
    /// Anything that holds no text.
    Plain(Value<'static>),
}

/// A part of the arena and its symbol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    symbol: Symbol,
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    start: u32,
    end: u32,
}

impl Run {
    fn of<T>(self, all: &[T]) -> &[T] {
        &all[self.start as usize..self.end as usize]
    }

    /// From `start` to the end of what is there now.
    fn since<T>(start: usize, all: &[T]) -> Run {
        Run { start: start as u32, end: all.len() as u32 }
    }
}

impl Graph {
    /// Freezes a web.
    pub fn of(web: &Web, key: SymbolKey) -> Graph {
        let mut graph = Graph {
            nodes: Vec::with_capacity(web.spots.len()),
            groups: Vec::new(),
            edges: Vec::new(),
            kin: Vec::new(),
            declared: Vec::new(),
            arena: String::new(),
            index: HashMap::default(),
        };
        let mut relations = web.all().peekable();
        for (number, spot) in (0u32..).zip(&web.spots) {
            let id = graph.piece(&spot.id, key);
            let groups_start = graph.groups.len();
            while let Some((_, name, links)) = relations.next_if(|(from, _, _)| *from == number) {
                graph.add_group(name, links, key);
            }
            let (kin_start, declared_start) = (graph.kin.len(), graph.declared.len());
            graph.kin.extend(kin(web, number));
            graph.declared.extend(spot.declared.iter().map(|(validity, _)| *validity));
            graph.nodes.push(Node {
                id,
                groups: Run::since(groups_start, &graph.groups),
                kin: Run::since(kin_start, &graph.kin),
                declared: Run::since(declared_start, &graph.declared),
            });
            graph.index.insert((spot.kind, id.symbol), number);
        }
        graph
    }

    fn add_group(&mut self, name: &'static str, links: &[Link], key: SymbolKey) {
        let start = self.edges.len();
        let mut sorted: Vec<&Link> = links.iter().collect();
        sorted.sort_by_key(|link| match &link.end {
            End::Node(to) => (*to, None),
            // Addresses of one asset are sorted too; other attributes have one value.
            End::Value(Given::Net(net)) => (0, Some(*net)),
            End::Value(_) => (0, None),
        });
        for link in sorted {
            if let Some(cell) = self.cell(&link.end, key) {
                self.edges.push(Edge { cell, validity: link.validity });
            }
        }
        self.groups.push(Group { tag: tag(name), name, edges: Run::since(start, &self.edges) });
    }

    fn cell(&mut self, end: &End, key: SymbolKey) -> Option<Cell> {
        Some(Cell::Plain(match end {
            End::Node(to) => return Some(Cell::Node(*to)),
            End::Value(Given::Entity(_, text) | Given::Text(text)) => {
                return Some(Cell::Text(self.piece(text, key)));
            }
            End::Value(Given::Int(n)) => Value::Int(*n),
            End::Value(Given::Float(x)) => Value::Float(*x),
            End::Value(Given::Bool(b)) => Value::Bool(*b),
            End::Value(Given::Enum(index)) => Value::Enum(*index),
            // A whole network is asked for by address only.
            End::Value(Given::Net(net)) => Value::Ip(single(*net)?),
            End::Value(Given::Time(t)) => Value::Time(*t),
            End::Value(Given::Duration(d)) => Value::Duration(*d),
            End::Value(Given::Geo(geo)) => Value::Geo(*geo),
        }))
    }

    fn piece(&mut self, text: &str, key: SymbolKey) -> Piece {
        let start = self.arena.len() as u32;
        self.arena.push_str(text);
        Piece { symbol: key.symbol(text), start, end: self.arena.len() as u32 }
    }

    /// The node of an id; that of the asset if no device of the kind has it.
    pub fn find(&self, kind: Kind, id: Symbol) -> Option<u32> {
        let own = self.index.get(&(kind, id));
        own.or_else(|| self.index.get(&(Kind::Asset, id)).filter(|_| kind.is_asset())).copied()
    }

    /// The id of a node.
    pub fn id(&self, node: u32) -> Text<'_> {
        self.text(self.nodes[node as usize].id)
    }

    /// A text of the arena.
    pub fn text(&self, piece: Piece) -> Text<'_> {
        Text { symbol: piece.symbol, text: &self.arena[piece.start as usize..piece.end as usize] }
    }

    /// Whether the node, or the same device under another kind, has an entry at `ts`.
    pub fn exists(&self, node: u32, ts: Timestamp) -> bool {
        let holds =
            |node: u32| self.nodes[node as usize].declared.of(&self.declared).iter().any(|v| v.contains(ts));
        holds(node) || self.nodes[node as usize].kin.of(&self.kin).iter().any(|kin| holds(*kin))
    }

    /// The values of a relation, sorted, of which those that hold at `ts` count. What is said of a device under its own
    /// kind goes before what is said of the asset of its id.
    pub fn edges(&self, node: u32, name: &str, ts: Timestamp) -> &[Edge] {
        let own = self.own_edges(node, name);
        if own.iter().any(|edge| edge.validity.contains(ts)) {
            return own;
        }
        let kin = self.nodes[node as usize].kin.of(&self.kin).iter().map(|kin| self.own_edges(*kin, name));
        kin.into_iter().find(|edges| edges.iter().any(|edge| edge.validity.contains(ts))).unwrap_or(&[])
    }

    fn own_edges(&self, node: u32, name: &str) -> &[Edge] {
        let groups = self.nodes[node as usize].groups.of(&self.groups);
        let tag = tag(name);
        groups
            .iter()
            .find(|group| group.tag == tag && group.name == name)
            .map_or(&[], |group| group.edges.of(&self.edges))
    }
}

/// A number that tells nearly all names apart, so that few have to be compared.
fn tag(name: &str) -> u64 {
    let start = name.bytes().take(7).fold(0, |tag, byte| tag << 8 | u64::from(byte));
    start << 8 | name.len() as u64 & 0xff
}

/// The same id under other kinds of device, the general one first.
fn kin(web: &Web, number: u32) -> impl Iterator<Item = u32> {
    let spot = &web.spots[number as usize];
    let kinds = if spot.kind.is_asset() { Kind::ASSETS } else { &[] };
    kinds.iter().filter(|kind| **kind != spot.kind).filter_map(|kind| web.number(*kind, &spot.id))
}

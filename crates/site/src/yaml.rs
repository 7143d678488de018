//! YAML as rows of cells: what a site model says, before anything of it is understood.
//!
//! The tree keeps each scalar as it was written (`0012` stays `0012`) together with its place, because ids are text and
//! every finding has to point at its line. It knows no section and no attribute.

use crate::problem::{Files, Origin, Problems, words};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;
use std::ops::Range;

/// A mapping, or a line of a table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub origin: Origin,
    pub cells: Vec<Cell>,
}

/// What a row says under one name. A scalar is one item, a list several, a null none.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub name: String,
    pub origin: Origin,
    pub items: Vec<Item>,
}

/// One thing said.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Text(Piece),
    Row(Row),
}

/// A text and its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Piece {
    pub text: String,
    pub origin: Origin,
}

impl Row {
    /// The cell of that name.
    pub fn cell(&self, name: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.name == name)
    }
}

impl Cell {
    /// The texts among its items.
    pub fn texts(&self) -> impl Iterator<Item = &Piece> {
        self.items.iter().filter_map(|item| match item {
            Item::Text(piece) => Some(piece),
            Item::Row(_) => None,
        })
    }

    /// The rows among its items.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.items.iter().filter_map(|item| match item {
            Item::Row(row) => Some(row),
            Item::Text(_) => None,
        })
    }
}

/// Reads a text whose root is a mapping. An empty text is an empty mapping.
pub(crate) fn read(files: &mut Files, file: usize, text: &str, problems: &mut Problems) -> Option<Row> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::PassThrough,
        budget: serde_saphyr::budget! { max_events: 8_000_000, max_nodes: 4_000_000, max_depth: 32 },
    };
    match serde_saphyr::from_str_with_options::<Spanned<Node>>(text, options) {
        Ok(root) => Reader { files, file, text, problems }.root(root),
        Err(error) => {
            let span = error.location().map_or(0..0, |at| span(at, text));
            let origin = files.place(file, span);
            let expected = "YAML with one mapping of sections";
            problems.error(
                "SM001",
                origin,
                words(format!("not readable: {error}"), expected, "mend the text here"),
            );
            None
        }
    }
}

struct Reader<'a> {
    files: &'a mut Files,
    file: usize,
    text: &'a str,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn root(&mut self, root: Spanned<Node>) -> Option<Row> {
        let origin = self.origin(root.defined);
        match root.value {
            Node::Map(pairs) => Some(self.row(origin, pairs)),
            Node::Null => Some(Row { origin, cells: Vec::new() }),
            _ => {
                let help = "write `sites: [{id: …}]` and the other sections";
                self.problems.error(
                    "SM001",
                    origin,
                    words("not a site model", "a mapping of sections", help),
                );
                None
            }
        }
    }

    fn row(&mut self, origin: Origin, pairs: Vec<(Spanned<Node>, Spanned<Node>)>) -> Row {
        let cells = pairs.into_iter().filter_map(|(name, value)| self.cell(name, value)).collect();
        Row { origin, cells }
    }

    fn cell(&mut self, name: Spanned<Node>, value: Spanned<Node>) -> Option<Cell> {
        let origin = self.origin(name.defined);
        let Some(name) = self.scalar(&name) else {
            self.problems.error(
                "SM004",
                origin,
                words("a name is no text", "a plain text before `:`", "quote it"),
            );
            return None;
        };
        let mut items = Vec::new();
        match value.value {
            Node::List(list) => list.into_iter().for_each(|node| self.item(node, &mut items)),
            _ => self.item(value, &mut items),
        }
        Some(Cell { name, origin, items })
    }

    fn item(&mut self, node: Spanned<Node>, items: &mut Vec<Item>) {
        let origin = self.origin(node.defined);
        if let Some(text) = self.scalar(&node) {
            items.push(Item::Text(Piece { text, origin }));
            return;
        }
        match node.value {
            Node::Map(pairs) => items.push(Item::Row(self.row(origin, pairs))),
            Node::List(_) => {
                let said = words("a list inside a list", "texts or mappings", "take the inner brackets away");
                self.problems.error("SM004", origin, said);
            }
            Node::Text(_) | Node::Plain | Node::Null => {}
        }
    }

    fn scalar(&self, node: &Spanned<Node>) -> Option<String> {
        match &node.value {
            Node::Text(text) => Some(text.clone()),
            Node::Plain => Some(self.raw(node.defined).trim().to_owned()),
            Node::List(_) | Node::Map(_) | Node::Null => None,
        }
    }

    /// As written: the parser would make a number of it.
    fn raw(&self, at: Location) -> &str {
        self.text.get(span(at, self.text)).unwrap_or("")
    }

    fn origin(&mut self, at: Location) -> Origin {
        self.files.place(self.file, span(at, self.text))
    }
}

/// Byte range of a location. Errors of the scanner count characters only.
fn span(at: Location, text: &str) -> Range<usize> {
    let span = at.span();
    if let (Some(start), Some(len)) = (span.byte_offset(), span.byte_len()) {
        let start = usize::try_from(start).unwrap_or(0);
        return start..start.saturating_add(usize::try_from(len).unwrap_or(0)).min(text.len());
    }
    let chars = usize::try_from(span.offset()).unwrap_or(0);
    let start = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    start..start
}

enum Node {
    /// A text, quoted or not.
    Text(String),
    /// A number, a yes or no: its text is in the file.
    Plain,
    Null,
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<Node>, Spanned<Node>)>),
}

struct AnyNode;

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list or a mapping")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Plain)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Plain)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Plain)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element()? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Node::Map(pairs))
    }
}

//! YAML as a tree of texts with their places: what a mapping or a configuration says, before anything of it is understood.
//!
//! A scalar is kept as it was written (`0012`, `1.0`, `no`), because names, constants and patterns are text. It knows no key.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;
use std::ops::Range;

/// One thing said, and where.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its place in bytes.
    pub span: Range<usize>,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing.
    Null,
    /// A scalar as it was written.
    Text(String),
    /// One after the other.
    List(Vec<Node>),
    /// Names with their places, in the order of the file.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A word for what it is.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping of names",
        }
    }
}

/// How much a text may hold.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Nodes; the parser's events are twice as many.
    pub nodes: usize,
    /// How deep they stand in each other.
    pub depth: usize,
}

/// Reads a text; what is wrong comes back with its place.
pub fn read(text: &str, bounds: Bounds) -> Result<Node, (Range<usize>, String)> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::PassThrough,
        budget: serde_saphyr::budget! { max_events: 2 * bounds.nodes, max_nodes: bounds.nodes, max_depth: bounds.depth },
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(root) => Ok(node(root, text)),
        Err(error) => Err((error.location().map_or(0..0, |at| span(at, text)), error.to_string())),
    }
}

fn node(raw: Spanned<Raw>, text: &str) -> Node {
    let span = span(raw.defined, text);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Text(said) => Value::Text(said),
        // The parser made a number or a truth of it; its text is in the file.
        Raw::Plain => Value::Text(text.get(span.clone()).unwrap_or("").trim().to_owned()),
        Raw::List(list) => Value::List(list.into_iter().map(|raw| node(raw, text)).collect()),
        Raw::Map(pairs) => {
            Value::Map(pairs.into_iter().map(|(name, value)| (node(name, text), node(value, text))).collect())
        }
    };
    Node { span, value }
}

/// Byte range of a location. Errors of the scanner count characters only.
fn span(at: Location, text: &str) -> Range<usize> {
    let span = at.span();
    let whole = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    if let (Some(start), Some(len)) = (span.byte_offset(), span.byte_len()) {
        let start = whole(start).min(text.len());
        return start..start.saturating_add(whole(len)).min(text.len());
    }
    let start = text.char_indices().nth(whole(span.offset())).map_or(text.len(), |(at, _)| at);
    start..start
}

enum Raw {
    Text(String),
    Plain,
    Null,
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

struct AnyRaw;

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyRaw)
    }
}

impl<'de> Visitor<'de> for AnyRaw {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list or a mapping")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element()? {
            nodes.push(node);
        }
        Ok(Raw::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Raw::Map(pairs))
    }
}

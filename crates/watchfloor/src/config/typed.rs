//! The file as typed: every key is known and holds what its shape says. Nothing is looked up here.

use super::problem::{Problems, did_you_mean, words};
use super::shape::{Key, Need, Section, Shape};
use super::units;
use event::time::Duration;
use ingest::yaml::{self, Bounds, Node, Value};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub value: T,
    pub span: Range<usize>,
}

/// A value of some shape.
#[derive(Clone, Debug)]
pub(super) enum Typed {
    Text(String),
    Duration(Duration),
    Size,
    Whole(i64),
    Flag(bool),
    Zone(TimeZone),
    Address(SocketAddr),
    List(Vec<At<Typed>>),
    Section(Fields),
    Pairs(BTreeMap<String, String>),
    Any,
}

/// What a section says.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    pub span: Range<usize>,
    section: &'static Section,
    entries: BTreeMap<&'static str, At<Typed>>,
}

/// No configuration is larger.
const BOUNDS: Bounds = Bounds { nodes: 500_000, depth: 32 };

/// What a node is, in the words of a configuration.
fn kind(node: &Node) -> &'static str {
    match node.value {
        Value::Map(_) => "a section",
        _ => node.kind(),
    }
}

/// Reads a text by the table.
pub(super) fn read(text: &str, section: &'static Section, problems: &mut Problems<'_>) -> Option<Fields> {
    let node = match yaml::read(text, BOUNDS) {
        Ok(node) => node,
        Err((span, what)) => {
            let said = words(format!("not readable: {what}"), "YAML", "mend the text here");
            problems.error("CF001", span, said);
            return None;
        }
    };
    match &node.value {
        Value::Map(pairs) => Some(fields(pairs, node.span.clone(), section, problems)),
        _ => {
            let said = words(
                format!("{} has no keys", section.name),
                keys(section),
                "write `namespace: …` and the rest",
            );
            problems.error("CF004", node.span, said);
            None
        }
    }
}

fn fields(
    pairs: &[(Node, Node)],
    span: Range<usize>,
    section: &'static Section,
    problems: &mut Problems<'_>,
) -> Fields {
    let mut fields = Fields { span, section, entries: BTreeMap::new() };
    for (name, value) in pairs {
        let Some(key) = key_of(name, section, problems) else { continue };
        // A key with nothing behind it is one that was left out.
        if let Some(typed) = Some(value).filter(|value| !matches!(value.value, Value::Null)) {
            let span = typed.span.clone();
            match shaped(typed, &key.shape, key.name, problems) {
                Some(value) => fields.entries.insert(key.name, At { value, span }),
                // It is wrong, and that has been said: it is not missing too.
                None => fields.entries.insert(key.name, At { value: Typed::Any, span }),
            };
        }
    }
    fill(&mut fields, problems);
    fields
}

fn key_of(name: &Node, section: &'static Section, problems: &mut Problems<'_>) -> Option<&'static Key> {
    let Value::Text(text) = &name.value else {
        let said = words("a key is no text", keys(section), "write a plain name before `:`");
        problems.error("CF004", name.span.clone(), said);
        return None;
    };
    let found = section.keys.iter().find(|key| key.name == text);
    if found.is_none() {
        let known = section.keys.iter().map(|key| key.name);
        let help = did_you_mean(text, known, "remove it");
        let said = words(format!("{} has no key `{text}`", section.name), keys(section), help);
        problems.error("CF002", name.span.clone(), said);
    }
    found
}

/// Defaults, and what is missing.
fn fill(fields: &mut Fields, problems: &mut Problems<'_>) {
    for key in
        fields.section.keys.iter().filter(|key| !fields.entries.contains_key(key.name)).collect::<Vec<_>>()
    {
        match key.need {
            Need::Required => {
                let message = format!("{} has no `{}`", fields.section.name, key.name);
                let span = fields.span.start..fields.span.start;
                problems.error("CF003", span, words(message, format!("`{}: …`", key.name), key.doc));
            }
            Need::Default(text) => {
                let value = default(text, &key.shape, problems);
                fields.entries.extend(value.map(|value| (key.name, At { value, span: fields.span.clone() })));
            }
            Need::Optional => {}
        }
    }
}

/// A default is written as the file would say it.
fn default(text: &str, shape: &'static Shape, problems: &mut Problems<'_>) -> Option<Typed> {
    let node = yaml::read(text, BOUNDS).ok()?;
    shaped(&node, shape, "", problems)
}

fn shaped(node: &Node, shape: &'static Shape, name: &str, problems: &mut Problems<'_>) -> Option<Typed> {
    match (shape, &node.value) {
        (Shape::Any, _) => Some(Typed::Any),
        (Shape::Either(shapes), _) => shaped(node, alternative(node, shapes), name, problems),
        (Shape::List(shape), Value::List(items)) => Some(Typed::List(list(items, shape, name, problems))),
        (Shape::Sections(section), Value::Map(pairs)) => {
            Some(Typed::Section(fields(pairs, node.span.clone(), section, problems)))
        }
        (Shape::Pairs, Value::Map(entries)) => Some(Typed::Pairs(pairs(entries, name, problems))),
        (shape, Value::Text(text)) if is_scalar(shape) => scalar(node, shape, (name, text), problems),
        (shape, _) => {
            let said = words(format!("`{name}` holds {}", kind(node)), expected(shape), "");
            problems.error("CF004", node.span.clone(), said);
            None
        }
    }
}

/// The alternative of the node's outer form; the last, if none has it.
fn alternative(node: &Node, shapes: &'static [Shape]) -> &'static Shape {
    let fits = |shape: &&Shape| match node.value {
        Value::Text(_) => is_scalar(shape),
        Value::Map(_) => matches!(shape, Shape::Sections(_) | Shape::Pairs),
        Value::List(_) => matches!(shape, Shape::List(_)),
        Value::Null => false,
    };
    shapes.iter().find(fits).unwrap_or(&shapes[shapes.len() - 1])
}

fn is_scalar(shape: &Shape) -> bool {
    !matches!(shape, Shape::List(_) | Shape::Sections(_) | Shape::Pairs | Shape::Either(_) | Shape::Any)
}

fn list(items: &[Node], shape: &'static Shape, name: &str, problems: &mut Problems<'_>) -> Vec<At<Typed>> {
    let item =
        |item: &Node| Some(At { value: shaped(item, shape, name, problems)?, span: item.span.clone() });
    items.iter().filter_map(item).collect()
}

fn pairs(entries: &[(Node, Node)], name: &str, problems: &mut Problems<'_>) -> BTreeMap<String, String> {
    let mut pairs = BTreeMap::new();
    for (key, value) in entries {
        match (&key.value, &value.value) {
            (Value::Text(key), Value::Text(value)) => {
                pairs.insert(key.clone(), value.clone());
            }
            _ => {
                let said = words(format!("an entry of `{name}` is no text"), "`name: text`", "");
                problems.error("CF004", key.span.clone(), said);
            }
        }
    }
    pairs
}

fn scalar(
    node: &Node,
    shape: &Shape,
    (name, text): (&str, &str),
    problems: &mut Problems<'_>,
) -> Option<Typed> {
    let typed = match shape {
        Shape::Text | Shape::File => Some(Typed::Text(text.to_owned())).filter(|_| !text.trim().is_empty()),
        Shape::Duration => Duration::parse(text).map(Typed::Duration),
        Shape::Size => units::size(text).map(|_| Typed::Size),
        Shape::Whole(least, most) => {
            text.parse().ok().filter(|number| (*least..=*most).contains(number)).map(Typed::Whole)
        }
        Shape::Flag => text.parse().ok().map(Typed::Flag),
        Shape::Word(known) => known.contains(&text).then(|| Typed::Text(text.to_owned())),
        Shape::Zone => units::zone(text).ok().map(Typed::Zone),
        Shape::Address => text.parse().ok().map(Typed::Address),
        Shape::List(_) | Shape::Sections(_) | Shape::Pairs | Shape::Either(_) | Shape::Any => None,
    };
    if typed.is_none() {
        let message = format!("`{text}` is no value of `{name}`");
        problems.error("CF005", node.span.clone(), words(message, expected(shape), help(shape, text)));
    }
    typed
}

/// What may stand there, in words.
fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Text => "a text".to_owned(),
        Shape::File => "a path".to_owned(),
        Shape::Duration => "a length of time with its unit: 250ms, 30s, 15m, 2h, 30d".to_owned(),
        Shape::Size => "a size with its unit: 512MiB, 2GiB".to_owned(),
        Shape::Whole(least, most) => format!("a whole number from {least} to {most}"),
        Shape::Flag => "true or false".to_owned(),
        Shape::Word(known) => format!("one of {}", known.join(", ")),
        Shape::Zone => "a name of the IANA time zone database, such as Europe/Paris".to_owned(),
        Shape::Address => "an address and a port, such as 127.0.0.1:9600".to_owned(),
        Shape::List(_) => "a list: [ … ]".to_owned(),
        Shape::Sections(section) => keys(section),
        Shape::Pairs => "names and texts".to_owned(),
        Shape::Either(shapes) => shapes.iter().map(expected).collect::<Vec<_>>().join(", or "),
        Shape::Any => "anything".to_owned(),
    }
}

fn help(shape: &Shape, text: &str) -> String {
    match shape {
        Shape::Word(known) => did_you_mean(text, known.iter().copied(), ""),
        Shape::Zone => units::zone(text).err().unwrap_or_default(),
        Shape::Duration if text.bytes().all(|b| b.is_ascii_digit()) => format!("did you mean `{text}s`"),
        Shape::Size if text.bytes().all(|b| b.is_ascii_digit()) => format!("did you mean `{text}B`"),
        _ => String::new(),
    }
}

fn keys(section: &Section) -> String {
    let names: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
    format!("one of the keys {}", names.join(", "))
}

impl Fields {
    /// What stands at a key of the table.
    pub fn get(&self, key: &str) -> Option<&At<Typed>> {
        debug_assert!(self.section.keys.iter().any(|known| known.name == key), "`{key}` is not in the table");
        self.entries.get(key)
    }

    /// Whether the file says it.
    pub fn says(&self, key: &str) -> bool {
        self.get(key).is_some_and(|at| at.span != self.span)
    }

    /// The place of a key's value.
    pub fn span_of(&self, key: &str) -> Range<usize> {
        self.get(key).map_or(self.span.clone(), |at| at.span.clone())
    }

    /// A text, a word or a path.
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.get(key)?.value {
            Typed::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A section.
    pub fn section(&self, key: &str) -> Option<&Fields> {
        match &self.get(key)?.value {
            Typed::Section(fields) => Some(fields),
            _ => None,
        }
    }

    /// The entries of a list.
    pub fn list(&self, key: &str) -> &[At<Typed>] {
        match self.get(key).map(|at| &at.value) {
            Some(Typed::List(items)) => items,
            _ => &[],
        }
    }

    /// The texts of a list, with their places.
    pub fn texts(&self, key: &str) -> Vec<At<String>> {
        let text = |at: &At<Typed>| match &at.value {
            Typed::Text(text) => Some(At { value: text.clone(), span: at.span.clone() }),
            _ => None,
        };
        self.list(key).iter().filter_map(text).collect()
    }

    /// The sections of a list.
    pub fn sections(&self, key: &str) -> impl Iterator<Item = &Fields> {
        self.list(key).iter().filter_map(|at| match &at.value {
            Typed::Section(fields) => Some(fields),
            _ => None,
        })
    }
}

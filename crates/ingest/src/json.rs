//! JSON straight into values: a decoder says once which paths it wants and gets borrowed values by index,
//! without a tree.
//!
//! ```text
//! json_paths! { EVE { EVENT_TYPE: "event_type", SIG: "alert/signature", ANSWERS: "dns/answers{}" } }
//! let json = EVE.read(text)?;         json[SIG].text()
//! ```
//! A path is the keys from the root, joined by `/` (a `.` belongs to a key, as Zeek writes it); a number is a
//! place in an array; `{}` at the end asks for the text of whatever stands there. What nobody wants is
//! checked and skipped.
//!
//! Dialect, whatever the sender: UTF-8; at most 64 deep, 2,000 members, 64 KiB a string; of a repeated key
//! the last one counts (that is what most senders' own readers do, and losing an alert over it would be
//! worse); a wanted whole number beyond 64 bits is refused, because as a float it would be another number
//! (R9).

use crate::decoder::Refusal;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Index;

/// Deepest nesting.
pub const DEPTH_MAX: usize = 64;
/// Most members of objects and elements of arrays in one message.
pub const MEMBERS_MAX: usize = 2_000;
/// Longest string in bytes.
pub const STRING_BYTES_MAX: usize = 64 * 1024;

/// One value that a decoder asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json<'a> {
    /// The path does not exist, or holds an object or array that was not asked for as text.
    #[default]
    Missing,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond `i64`.
    UInt(u64),
    /// Any other number.
    Float(f64),
    /// A string, borrowed unless it had escapes.
    Text(Cow<'a, str>),
    /// The text of a value asked for with `{}`.
    Raw(&'a str),
}

/// The values of one message, in the order of the paths.
#[derive(Clone, Debug)]
pub struct Values<'a, const N: usize>([Json<'a>; N]);

/// `N` wanted paths, made ready to be looked for.
#[derive(Clone, Debug)]
pub struct Paths<const N: usize> {
    trie: Trie,
}

/// Makes a module-level table of paths with a constant for each: the index of its value.
#[macro_export]
macro_rules! json_paths {
    ($(#[$doc:meta])* $TABLE:ident { $($NAME:ident: $path:expr),+ $(,)? }) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "numbers the paths, no more")]
        enum Place { $($NAME,)+ Count }
        $(const $NAME: usize = Place::$NAME as usize;)+
        $(#[$doc])*
        static $TABLE: std::sync::LazyLock<$crate::json::Paths<{ Place::Count as usize }>> =
            std::sync::LazyLock::new(|| $crate::json::Paths::new([$($path,)+]));
    };
}

impl<const N: usize> Paths<N> {
    /// Builds the table. Paths are written in code or checked before, so a repeated one simply gets the value
    /// twice asked for at its last index.
    pub fn new(paths: [&str; N]) -> Self {
        let mut trie = Trie::default();
        for (slot, path) in paths.into_iter().enumerate() {
            let (path, raw) = path.strip_suffix("{}").map_or((path, false), |path| (path, true));
            trie.add(path.split('/'), raw, slot);
        }
        Paths { trie }
    }

    /// Reads one message.
    pub fn read<'a>(&self, text: &'a str) -> Result<Values<'a, N>, Refusal> {
        check_bounds(text)?;
        let mut values = std::array::from_fn(|_| Json::Missing);
        self.trie.read(text, &mut values)?;
        Ok(Values(values))
    }
}

/// Wanted paths whose number is not known when the program is written: those of a mapping.
#[derive(Clone, Debug, Default)]
pub struct PathList {
    trie: Trie,
    len: usize,
}

impl PathList {
    /// Builds the table.
    pub fn new<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let mut list = PathList::default();
        for path in paths {
            let (path, raw) = path.strip_suffix("{}").map_or((path, false), |path| (path, true));
            list.trie.add(path.split('/'), raw, list.len);
            list.len += 1;
        }
        list
    }

    /// Builds the table from paths given as their keys, which may then hold any letter. Keys that come twice
    /// get their value at the last place only.
    pub fn of_keys<'p>(paths: impl IntoIterator<Item = &'p [String]>) -> Self {
        let mut list = PathList::default();
        for keys in paths {
            list.trie.add(keys.iter().map(String::as_str), false, list.len);
            list.len += 1;
        }
        list
    }

    /// Reads one message; as many values as there are paths.
    pub fn read<'a>(&self, text: &'a str) -> Result<Vec<Json<'a>>, Refusal> {
        check_bounds(text)?;
        let mut values = vec![Json::Missing; self.len];
        self.trie.read(text, &mut values)?;
        Ok(values)
    }
}

impl<'a, const N: usize> Index<usize> for Values<'a, N> {
    type Output = Json<'a>;
    fn index(&self, index: usize) -> &Json<'a> {
        &self.0[index]
    }
}

impl<'a> Json<'a> {
    /// A string that is not empty.
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A string that is not empty, or a number or truth as it is written.
    pub fn written(&self) -> Option<Cow<'_, str>> {
        match self {
            Json::Text(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
            Json::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
            Json::Int(n) => Some(n.to_string().into()),
            Json::UInt(n) => Some(n.to_string().into()),
            Json::Float(x) => Some(x.to_string().into()),
            _ => None,
        }
    }

    /// The same, taken out.
    pub fn into_written(self) -> Option<Cow<'a, str>> {
        match self {
            Json::Text(text) => Some(text),
            other => other.written().map(|written| Cow::Owned(written.into_owned())),
        }
    }

    /// A whole number, also one that is sent as a string.
    pub fn int(&self) -> Option<i64> {
        match self {
            Json::Int(n) => Some(*n),
            Json::UInt(n) => i64::try_from(*n).ok(),
            Json::Float(x) if x.fract() == 0.0 && x.abs() < 9e15 => Some(*x as i64),
            Json::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A number, also one that is sent as a string.
    pub fn float(&self) -> Option<f64> {
        match self {
            Json::Int(n) => Some(*n as f64),
            Json::UInt(n) => Some(*n as f64),
            Json::Float(x) => Some(*x),
            Json::Text(text) => text.trim().parse().ok().filter(|x: &f64| x.is_finite()),
            _ => None,
        }
    }

    /// `true` or `false`, also as a string.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Json::Bool(truth) => Some(*truth),
            Json::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The text of a value asked for with `{}`.
    pub fn raw(&self) -> Option<&'a str> {
        match self {
            Json::Raw(raw) => Some(raw),
            _ => None,
        }
    }

    /// Whether something other than `null` stands there.
    pub fn is_some(&self) -> bool {
        !matches!(self, Json::Missing | Json::Null)
    }
}

/// Whether a message may be a JSON object, by its first letter.
pub fn looks_like_object(value: &[u8]) -> bool {
    value.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
}

/// Whether `"word"` stands anywhere in a message. On the way of every message a [`Word`] made ready is
/// cheaper.
pub fn mentions(value: &[u8], word: &str) -> bool {
    let quoted = |at: usize| at > 0 && value[at - 1] == b'"' && value.get(at + word.len()) == Some(&b'"');
    memchr::memmem::find_iter(value, word.as_bytes()).any(quoted)
}

/// A key to look for in messages before they are read, made ready once: what a format is recognised by.
#[derive(Clone, Debug)]
pub struct Word(memchr::memmem::Finder<'static>);

impl Word {
    /// The key, without its quotes.
    pub fn new(key: &str) -> Self {
        Word(memchr::memmem::Finder::new(&format!("\"{key}\"")).into_owned())
    }

    /// Whether `"key"` stands anywhere in the message.
    pub fn is_in(&self, value: &[u8]) -> bool {
        self.0.find(value).is_some()
    }
}

/// The texts of the elements of an array; `None` if it is none.
pub fn elements(raw: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// The strings of an array joined by a comma and a blank, or a string alone; nothing else.
pub fn joined(raw: &str) -> Option<String> {
    let raw = raw.trim();
    if raw.starts_with('"') {
        return serde_json::from_str(raw).ok();
    }
    let texts: Vec<Cow<'_, str>> = serde_json::from_str(raw).ok()?;
    Some(texts.join(", "))
}

/// Refuses what is deeper, longer or has more members than the bounds. Small messages cannot, and are not
/// looked at.
pub fn check_bounds(text: &str) -> Result<(), Refusal> {
    // 64 levels need 128 brackets, 2,000 members at least 2 bytes each.
    let may_be_deep = text.len() > 2 * DEPTH_MAX && opens(text.as_bytes()) > DEPTH_MAX;
    if !may_be_deep && text.len() <= 2 * MEMBERS_MAX {
        return Ok(());
    }
    scan(text.as_bytes())
}

/// Counts `{` and `[`, in strings too: an upper bound on the depth, cheap enough for every message.
fn opens(bytes: &[u8]) -> usize {
    bytes
        .chunks(255)
        .map(|chunk| usize::from(chunk.iter().fold(0u8, |n, b| n + u8::from(b | 0x20 == b'{'))))
        .sum()
}

fn scan(bytes: &[u8]) -> Result<(), Refusal> {
    let (mut depth, mut members, mut at) = (0usize, 0usize, 0usize);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_string(bytes, at)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => members += 1,
            _ => {}
        }
        if depth > DEPTH_MAX {
            return Err(Refusal::too_large(format!("JSON deeper than {DEPTH_MAX}, at byte {at}")));
        }
        if members >= MEMBERS_MAX {
            return Err(Refusal::too_large(format!("more than {MEMBERS_MAX} members, at byte {at}")));
        }
        at += 1;
    }
    Ok(())
}

/// The place of the quote that ends the string that begins at `start`; the end of the text if none does.
fn end_of_string(bytes: &[u8], start: usize) -> Result<usize, Refusal> {
    let mut at = start + 1;
    loop {
        match memchr::memchr2(b'"', b'\\', &bytes[at.min(bytes.len())..]) {
            None => return Ok(bytes.len()),
            Some(found) if bytes[at + found] == b'\\' => at += found + 2,
            Some(found) => {
                at += found;
                break;
            }
        }
    }
    if at - start > STRING_BYTES_MAX {
        return Err(Refusal::too_large(format!("a string of {} bytes, at byte {start}", at - start - 1)));
    }
    Ok(at)
}

/// Why a text is no JSON, as a refusal.
pub fn refusal(error: &serde_json::Error) -> Refusal {
    if error.is_eof() { Refusal::truncated(error.to_string()) } else { Refusal::malformed(error.to_string()) }
}

const NONE: u16 = u16::MAX;
const BUCKETS: usize = 32;

/// Wanted keys, level by level.
#[derive(Clone, Debug)]
struct Trie {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
struct Node {
    key: Box<str>,
    /// The next child of the same parent in the same bucket.
    next: u16,
    /// Index of the value, if the path ends here.
    slot: u16,
    /// The value's text is wanted, whatever it is.
    raw: bool,
    /// First child by the key's bucket; nothing if no path goes on.
    children: Option<Box<[u16; BUCKETS]>>,
}

impl Default for Trie {
    fn default() -> Self {
        Trie { nodes: vec![Node::new("")] }
    }
}

impl Node {
    fn new(key: &str) -> Self {
        Node { key: key.into(), next: NONE, slot: NONE, raw: false, children: None }
    }
}

/// Keys of one object differ in length, first or last letter often enough; the key itself is compared anyway.
fn bucket(key: &[u8]) -> usize {
    match (key.first(), key.last()) {
        (Some(first), Some(last)) => (key.len() ^ usize::from(first << 1) ^ usize::from(last << 3)) % BUCKETS,
        _ => 0,
    }
}

impl Trie {
    fn add<'p>(&mut self, keys: impl Iterator<Item = &'p str>, raw: bool, slot: usize) {
        let mut node = 0;
        for key in keys {
            node = self.child(node, key).unwrap_or_else(|| self.grow(node, key));
        }
        assert!(self.nodes.len() < usize::from(NONE) && slot < usize::from(NONE));
        self.nodes[node].slot = slot as u16;
        self.nodes[node].raw |= raw;
    }

    fn child(&self, node: usize, key: &str) -> Option<usize> {
        let mut at = self.nodes[node].children.as_ref()?[bucket(key.as_bytes())];
        while at != NONE {
            let child = &self.nodes[usize::from(at)];
            if *child.key == *key {
                return Some(usize::from(at));
            }
            at = child.next;
        }
        None
    }

    fn grow(&mut self, node: usize, key: &str) -> usize {
        let new = self.nodes.len();
        let children = self.nodes[node].children.get_or_insert_with(|| Box::new([NONE; BUCKETS]));
        let first = &mut children[bucket(key.as_bytes())];
        let mut child = Node::new(key);
        child.next = std::mem::replace(first, new as u16);
        self.nodes.push(child);
        new
    }

    fn read<'a>(&self, text: &'a str, values: &mut [Json<'a>]) -> Result<(), Refusal> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let visit = Visit { trie: self, node: 0, values };
        visit.deserialize(&mut deserializer).and_then(|()| deserializer.end()).map_err(|e| refusal(&e))
    }
}

/// Reads the value at one node of the trie.
struct Visit<'t, 'v, 'a> {
    trie: &'t Trie,
    node: usize,
    values: &'v mut [Json<'a>],
}

impl<'a> Visit<'_, '_, 'a> {
    fn put(self, value: Json<'a>) {
        if let Some(slot) = self.values.get_mut(usize::from(self.trie.nodes[self.node].slot)) {
            *slot = value;
        }
    }
}

impl<'a> DeserializeSeed<'a> for Visit<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        if !self.trie.nodes[self.node].raw {
            return deserializer.deserialize_any(self);
        }
        let raw: &'a RawValue = serde::Deserialize::deserialize(deserializer)?;
        if self.trie.nodes[self.node].children.is_some() {
            let mut inner = serde_json::Deserializer::from_str(raw.get());
            let visit = Visit { trie: self.trie, node: self.node, values: &mut *self.values };
            inner.deserialize_any(visit).map_err(D::Error::custom)?;
        }
        self.put(Json::Raw(raw.get()));
        Ok(())
    }
}

impl<'a> Visitor<'a> for Visit<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.put(Json::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.put(Json::Bool(value));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.put(Json::Int(value));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.put(i64::try_from(value).map_or(Json::UInt(value), Json::Int));
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        // No field has numbers as great as that except ids, and those were whole.
        if value.abs() >= 18_446_744_073_709_551_615.0 {
            return Err(E::custom("a number beyond 64 bits"));
        }
        self.put(Json::Float(value));
        Ok(())
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<(), E> {
        self.put(Json::Text(Cow::Borrowed(value)));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.put(Json::Text(Cow::Owned(value.to_owned())));
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(found) = map.next_key_seed(Key { trie: self.trie, node: self.node })? {
            match found {
                Some(node) => {
                    map.next_value_seed(Visit { trie: self.trie, node, values: &mut *self.values })?
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        if self.trie.nodes[self.node].children.is_none() {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        for index in 0.. {
            let more = match self.trie.child(self.node, &index.to_string()) {
                Some(node) => seq
                    .next_element_seed(Visit { trie: self.trie, node, values: &mut *self.values })?
                    .is_some(),
                None => seq.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }
}

/// Finds the child of a node by the key that comes next.
struct Key<'t> {
    trie: &'t Trie,
    node: usize,
}

impl<'a> DeserializeSeed<'a> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Option<usize>, E> {
        Ok(self.trie.child(self.node, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::reject::Reject;

    fn one(path: &str, text: &str) -> Result<String, Reject> {
        let paths = Paths::new([path]);
        paths.read(text).map(|values| format!("{:?}", values[0])).map_err(|refusal| refusal.reason)
    }

    #[track_caller]
    fn check(path: &str, text: &str, expect: &str) {
        assert_eq!(one(path, text).as_deref(), Ok(expect));
    }

    #[track_caller]
    fn refused(text: &str, reason: Reject) {
        assert_eq!(one("a", text), Err(reason));
    }

    #[test]
    fn finds_paths_and_skips_the_rest() {
        check("a/b", r#"{"x":[1,{"b":2}],"a":{"c":{},"b":-3}}"#, "Int(-3)");
        check("id.orig_h", r#"{"id.orig_h":"10.0.0.1"}"#, r#"Text("10.0.0.1")"#);
        check("a/1/b", r#"{"a":[0,{"b":true}]}"#, "Bool(true)");
        check("a", r#"{"a":null}"#, "Null");
        check("a", r#"{"a":{"b":1}}"#, "Missing");
        check("a", r#"{"\u0061":"x\n"}"#, "Text(\"x\\n\")");
        check("a{}", r#"{"a":[1, "b"] }"#, r#"Raw("[1, \"b\"]")"#);
        check("a", r#"{"a":18446744073709551615}"#, "UInt(18446744073709551615)");
    }

    #[test]
    fn a_raw_value_may_hold_wanted_paths() {
        let values = Paths::new(["a{}", "a/b"]).read(r#"{"a":{"b":7}}"#).expect("JSON");
        assert_eq!((values[0].raw(), values[1].int()), (Some(r#"{"b":7}"#), Some(7)));
    }

    #[test]
    fn the_last_of_a_repeated_key_counts() {
        check("a", r#"{"a":1,"a":2}"#, "Int(2)");
    }

    #[test]
    fn refuses_with_the_right_reason() {
        refused(r#"{"a":1"#, Reject::Truncated);
        refused(r#"{"a":1}x"#, Reject::Malformed);
        refused(r#"{"a":18446744073709551616}"#, Reject::Malformed);
        refused(r#"{"a":"\ud800"}"#, Reject::Malformed);
        refused(&format!(r#"{{"b":{}1{}}}"#, "[".repeat(64), "]".repeat(64)), Reject::TooLarge);
        refused(&"[".repeat(100_000), Reject::TooLarge);
        refused(&format!("[{}1]", "1,".repeat(2_000)), Reject::TooLarge);
        refused(&format!(r#"{{"b":"{}"}}"#, "\\\"".repeat(33_000)), Reject::TooLarge);
        refused("", Reject::Truncated);
    }

    #[test]
    fn bounds_do_not_count_what_is_in_strings() {
        let text = format!(r#"{{"b":"{}","a":1}}"#, "[,".repeat(3_000));
        check("a", &text, "Int(1)");
    }

    #[test]
    fn lists_elements_and_joins_texts() {
        assert_eq!(elements(r#"[{"a":1}, 2]"#), Some(vec![r#"{"a":1}"#, "2"]));
        assert_eq!(joined(r#"["a","b\"c"]"#).as_deref(), Some("a, b\"c"));
        assert_eq!(joined(r#""a""#).as_deref(), Some("a"));
        assert_eq!(joined("7"), None);
    }
}

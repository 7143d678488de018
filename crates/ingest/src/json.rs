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

mod bounds;
mod leaves;
mod number;
mod reason;
mod scan;
mod text;
mod wanted;

use crate::decoder::Refusal;
use event::field::FieldId;
use event::row::RowWriter;
use scan::scan;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Index;
use wanted::Wanted;

pub use bounds::check_bounds;
pub use leaves::leaves;

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

/// The values of one message by the numbers of their paths. Of many paths a message has few, so only those
/// that it has are kept.
#[derive(Clone, Debug)]
pub struct Values<'a, const N: usize> {
    /// Where the value of each path is found.
    places: [u8; N],
    /// The first one is missing.
    found: Vec<Json<'a>>,
}

/// `N` wanted paths, made ready to be looked for.
#[derive(Clone, Debug)]
pub struct Paths<const N: usize> {
    wanted: Wanted,
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
        let mut wanted = Wanted::default();
        for (slot, path) in paths.into_iter().enumerate() {
            add(&mut wanted, path, slot);
        }
        Paths { wanted: wanted.spread() }
    }

    /// Reads one message.
    pub fn read<'a>(&self, text: &'a str) -> Result<Values<'a, N>, Refusal> {
        let mut values = Values::none();
        let put = |slot, value| values.put(slot, value);
        scan(&self.wanted, text, put).map_err(|_| reason::of(&self.wanted, text))?;
        Ok(values)
    }
}

/// Wanted paths whose number is not known when the program is written: those of a mapping.
#[derive(Clone, Debug, Default)]
pub struct PathList {
    wanted: Wanted,
    len: usize,
}

impl PathList {
    /// Builds the table.
    pub fn new<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let mut list = PathList::default();
        for path in paths {
            add(&mut list.wanted, path, list.len);
            list.len += 1;
        }
        list.wanted = list.wanted.spread();
        list
    }

    /// Builds the table from paths given as their keys, which may then hold any letter. Keys that come twice
    /// get their value at the last place only.
    pub fn of_keys<'p>(paths: impl IntoIterator<Item = &'p [String]>) -> Self {
        let mut list = PathList::default();
        for keys in paths {
            list.wanted.add(keys.iter().map(String::as_str), false, list.len);
            list.len += 1;
        }
        list.wanted = list.wanted.spread();
        list
    }

    /// Reads one message; as many values as there are paths.
    pub fn read<'a>(&self, text: &'a str) -> Result<Vec<Json<'a>>, Refusal> {
        let mut values = vec![Json::Missing; self.len];
        let put = |slot: usize, value| values[slot] = value;
        scan(&self.wanted, text, put).map_err(|_| reason::of(&self.wanted, text))?;
        Ok(values)
    }

    /// The same values as they are written: what a mapping compares and copies. Empty texts are left out.
    pub(crate) fn read_written<'a>(&self, text: &'a str) -> Result<Vec<Option<Cow<'a, str>>>, Refusal> {
        let mut values = vec![None; self.len];
        let put = |slot: usize, value: Json<'a>| {
            values[slot] = value.into_written().filter(|value| !value.is_empty());
        };
        scan(&self.wanted, text, put).map_err(|_| reason::of(&self.wanted, text))?;
        Ok(values)
    }
}

/// Adds a path as it is written.
fn add(wanted: &mut Wanted, path: &str, slot: usize) {
    let (path, raw) = path.strip_suffix("{}").map_or((path, false), |path| (path, true));
    wanted.add(path.split('/'), raw, slot);
}

/// Values for which room is made at once: most messages have fewer.
const FOUND: usize = 24;

impl<'a, const N: usize> Values<'a, N> {
    fn none() -> Self {
        const { assert!(N < u8::MAX as usize) }
        let mut found = Vec::with_capacity(FOUND.min(N + 1));
        found.push(Json::Missing);
        Values { places: [0; N], found }
    }

    #[inline]
    fn put(&mut self, slot: usize, value: Json<'a>) {
        match self.places[slot] {
            0 => {
                self.places[slot] = self.found.len() as u8;
                self.found.push(value);
            }
            // Of a repeated key the last one counts.
            place => self.found[usize::from(place)] = value,
        }
    }
}

impl<'a, const N: usize> Index<usize> for Values<'a, N> {
    type Output = Json<'a>;
    fn index(&self, index: usize) -> &Json<'a> {
        &self.found[usize::from(self.places[index])]
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

    /// Sets a text field to the same, if there is something.
    pub fn write(&self, row: &mut RowWriter<'_>, field: FieldId) {
        match self {
            Json::Int(n) => row.digits(field, *n),
            _ => row.maybe(field, self.written().as_deref()),
        };
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

/// Whether a text stands anywhere in a message: what a format is recognised by where no key tells.
pub fn holds(value: &[u8], text: &str) -> bool {
    memchr::memmem::find(value, text.as_bytes()).is_some()
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

/// Why a text is no JSON, as a refusal.
pub fn refusal(error: &serde_json::Error) -> Refusal {
    if error.is_eof() { Refusal::truncated(error.to_string()) } else { Refusal::malformed(error.to_string()) }
}

#[cfg(test)]
mod differential;
#[cfg(test)]
mod tests;

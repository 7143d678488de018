//! Identity (design README §4): 128-bit ids that are functions of what they name, so that any instance, any run and any
//! order of arrival gives the same ones.
//!
//! `H` is BLAKE3, cut to 128 bits, over a length-prefixed encoding: the namespace, a tag that says what is named, then
//! the parts in the stated order. Every text and byte string is preceded by its length (u64, little-endian); numbers are
//! eight bytes, little-endian. Ids hash text, never symbols.

use crate::time::Timestamp;
use std::fmt;
use std::sync::Arc;

/// 128 bits, printed as 32 lower-case hex digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub [u8; 16]);

impl Id {
    /// Reads 32 hex digits.
    pub fn parse(text: &str) -> Option<Id> {
        let mut bytes = [0; 16];
        if text.len() != 32 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Id(bytes))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Names things within one namespace.
#[derive(Clone, Debug)]
pub struct Ids {
    namespace: Arc<str>,
}

/// One part of a key as ids and documents see it: the path as written in `by`, and the id as text.
pub type KeyPart = (Arc<str>, Arc<str>);

impl Ids {
    /// Ids of a namespace.
    pub fn new(namespace: &str) -> Self {
        Ids { namespace: namespace.into() }
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// An event whose format names a native id: H(source, native id, device time).
    pub fn native_event(&self, source: &str, native: &str, device_time: Option<Timestamp>) -> Id {
        let mut h = self.start("event native");
        h.text(source).text(native).number(device_time.map_or(0, |t| t.0));
        h.id()
    }

    /// Any other event: H(topic, partition, offset, index in the record).
    pub fn event_at(&self, topic: &str, partition: u32, offset: u64, index: u32) -> Id {
        let mut h = self.start("event at");
        h.text(topic).number(i64::from(partition)).number(offset as i64).number(i64::from(index));
        h.id()
    }

    /// An event of a topic that says `duplicates: by_content`: the caller feeds the parts in the stated order.
    pub fn content_event<'a>(
        &self,
        source: &str,
        ts: Timestamp,
        parts: impl IntoIterator<Item = &'a str>,
    ) -> Id {
        let mut h = self.start("event content");
        h.text(source).number(ts.0);
        for part in parts {
            h.text(part);
        }
        h.id()
    }

    /// An alert: H(rule, key, id of its first detection's terminal event).
    pub fn alert(&self, rule: &str, key: &[KeyPart], first_terminal: Id) -> Id {
        let mut h = self.start("alert");
        h.text(rule).key(key).bytes(&first_terminal.0);
        h.id()
    }

    /// All runs of one rule and key: what published alerts are matched by (reliability.md §5).
    pub fn run(&self, rule: &str, key: &[KeyPart]) -> Id {
        let mut h = self.start("run");
        h.text(rule).key(key);
        h.id()
    }

    /// A detection as an event: H(rule, key, id of its terminal event, "d").
    pub fn detection(&self, rule: &str, key: &[KeyPart], terminal: Id) -> Id {
        let mut h = self.start("detection");
        h.text(rule).key(key).bytes(&terminal.0).text("d");
        h.id()
    }

    /// An incident: H("incident", its least alert); `ordinal` > 1 if that id lives on elsewhere (reliability.md §5).
    pub fn incident(&self, least_alert: Id, ordinal: u32) -> Id {
        let mut h = self.start("incident");
        h.bytes(&least_alert.0).number(i64::from(ordinal));
        h.id()
    }

    fn start(&self, what: &str) -> Encoding {
        let mut encoding = Encoding::empty();
        encoding.text(&self.namespace).text(what);
        encoding
    }
}

/// Parts as they are hashed: together, if they are as short as those of events are, for a hash in pieces costs twice as
/// much.
struct Encoding {
    /// What has not been hashed yet.
    kept: [u8; KEPT],
    len: usize,
    /// What went before it, if there was too much.
    before: Option<Box<blake3::Hasher>>,
}

/// Room for the parts of nearly every event's id.
const KEPT: usize = 256;

impl Encoding {
    fn empty() -> Self {
        Encoding { kept: [0; KEPT], len: 0, before: None }
    }

    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        match self.kept.get_mut(self.len..self.len + bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.len += bytes.len();
            }
            None => {
                let before = self.before.get_or_insert_with(|| Box::new(blake3::Hasher::new()));
                before.update(&self.kept[..self.len]).update(bytes);
                self.len = 0;
            }
        }
        self
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.raw(&(bytes.len() as u64).to_le_bytes()).raw(bytes)
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    fn number(&mut self, number: i64) -> &mut Self {
        self.raw(&number.to_le_bytes())
    }

    fn key(&mut self, key: &[KeyPart]) -> &mut Self {
        self.number(key.len() as i64);
        for (path, id) in key {
            self.text(path).text(id);
        }
        self
    }

    fn id(&mut self) -> Id {
        let kept = &self.kept[..self.len];
        let hash = match &mut self.before {
            Some(before) => before.update(kept).finalize(),
            None => blake3::hash(kept),
        };
        let mut id = [0; 16];
        id.copy_from_slice(&hash.as_bytes()[..16]);
        Id(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_keep_parts_apart() {
        let ids = Ids::new("harbour");
        assert_ne!(ids.native_event("a", "bc", None), ids.native_event("ab", "c", None));
        assert_ne!(ids.event_at("t", 0, 1, 0), ids.event_at("t", 1, 0, 0));
        assert_ne!(ids.event_at("t", 0, 1, 0), Ids::new("other").event_at("t", 0, 1, 0));
    }

    #[test]
    fn pieces_hash_like_the_whole() {
        for len in [0, 3, 150, 197, 198, 199, 256, 500, 1_000, 5_000] {
            let (native, mut whole) = ("x".repeat(len), blake3::Hasher::new());
            for part in ["n", "event native", "source", &native] {
                whole.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
            }
            whole.update(&7i64.to_le_bytes());
            let id = Ids::new("n").native_event("source", &native, Some(Timestamp(7)));
            assert_eq!(id.0, whole.finalize().as_bytes()[..16], "{len}");
        }
    }

    #[test]
    fn prints_and_reads() {
        let id = Ids::new("n").event_at("t", 3, 4, 5);
        assert_eq!(Id::parse(&id.to_string()), Some(id));
        assert_eq!(Id::parse("zz"), None);
    }
}

//! The decoder trait: one format, from the bytes of one record to rows.
//!
//! A decoder is stateless and knows its format only. It takes no envelope off (the stage did), completes no
//! time, site or identity (the stage will), and judges nothing late. It never panics: whatever the bytes are,
//! it says events, control or a refusal. What it does not know in a record that it can read is
//! `unclassified`, not a refusal (R13).

use crate::time::Clock;
use event::class::{ClassId, Domain};
use event::reject::Reject;
use event::row::Batch;
use event::time::Duration;

/// One wire format.
pub trait Decoder: Send + Sync {
    /// Its name in configuration and outputs (contracts.md §7).
    fn format(&self) -> &'static str;

    /// Where its senders are at home.
    fn domain(&self) -> Domain;

    /// One line for people: what it reads.
    fn reads(&self) -> &'static str;

    /// Every class that it can produce, with the kind of record it comes in.
    fn produces(&self) -> Vec<Production>;

    /// Whether the value looks like this format. Cheap, and stricter than `decode`: formats are asked in
    /// turn.
    fn sniff(&self, value: &[u8]) -> bool;

    /// Whether it is asked only where a topic names it: nothing in its messages sets them apart from others.
    fn only_by_name(&self) -> bool {
        false
    }

    /// Reads one record. Rows are written through [`Batch::begin`]; on a refusal the stage takes them back.
    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal>;
}

/// A type of record within a format, as far as lateness tells them apart: `flow` of suricata, `conn` of zeek.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The format's own word for it; `*` where the format has but one.
    pub name: &'static str,
    /// How long append − ts may be (classes.md §6).
    pub lateness: Duration,
}

impl Kind {
    /// A kind with its lateness in seconds.
    pub const fn new(name: &'static str, lateness_s: i64) -> Self {
        Kind { name, lateness: Duration::from_secs(lateness_s) }
    }
}

/// One class that a decoder can produce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Production {
    /// The class.
    pub class: ClassId,
    /// In which kind of record.
    pub kind: Kind,
    /// It comes as a value, to be compared with the last one, not as a change.
    pub as_value: bool,
}

/// Classes that come in one kind of record, each as a change.
pub fn changes(kind: Kind, classes: &[ClassId]) -> impl Iterator<Item = Production> + '_ {
    classes.iter().map(move |&class| Production { class, kind, as_value: false })
}

/// Classes that come in one kind of record, each as a value.
pub fn values(kind: Kind, classes: &[ClassId]) -> impl Iterator<Item = Production> + '_ {
    classes.iter().map(move |&class| Production { class, kind, as_value: true })
}

/// One header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its name; the stage refuses records in which a name is not UTF-8.
    pub name: &'a [u8],
    /// Its value, if it has one.
    pub value: Option<&'a [u8]>,
}

/// One record without its envelopes.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The message: not empty, no byte order mark, no trailing line end or NUL.
    pub value: &'a [u8],
    /// The record's key. Bridges from MQTT put the device's topic here.
    pub key: Option<&'a [u8]>,
    /// The record's headers.
    pub headers: &'a [Header<'a>],
    /// The topic it came from: some writers use one a kind. Empty for files.
    pub topic: &'a str,
    /// The zone and the year of times that do not say them.
    pub clock: Clock<'a>,
}

impl<'a> Record<'a> {
    /// A bare message, as tests and files have it.
    pub fn of(value: &'a [u8], clock: Clock<'a>) -> Self {
        Record { value, key: None, headers: &[], topic: "", clock }
    }

    /// The message as text, which most formats prescribe.
    pub fn text(&self) -> Result<&'a str, Refusal> {
        std::str::from_utf8(self.value)
            .map_err(|e| Refusal::new(Reject::Encoding, format!("not UTF-8 at byte {}", e.valid_up_to())))
    }

    /// The key as text.
    pub fn key_text(&self) -> Option<&'a str> {
        self.key.and_then(|key| std::str::from_utf8(key).ok())
    }

    /// The first header of that name, if it has a value that is text.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let header = self.headers.iter().find(|header| header.name == name.as_bytes())?;
        std::str::from_utf8(header.value?).ok()
    }
}

/// What a record was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// At least one row was written, of this kind.
    Events(Kind),
    /// Nothing happened: a keep-alive of the transport, an acknowledgement, a header line.
    Control,
    /// The mapping says to leave such records out.
    Skipped,
}

/// Why a record was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason, a label of metrics and outputs.
    pub reason: Reject,
    /// One sentence for the person who has to mend it; the stage cuts and escapes it.
    pub detail: String,
}

impl Refusal {
    /// A refusal for a reason.
    pub fn new(reason: Reject, detail: impl Into<String>) -> Self {
        Refusal { reason, detail: detail.into() }
    }

    /// It breaks the rules of its format.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Refusal::new(Reject::Malformed, detail)
    }

    /// It ends before its format allows.
    pub fn truncated(detail: impl Into<String>) -> Self {
        Refusal::new(Reject::Truncated, detail)
    }

    /// It passes a bound on depth, length or number of fields.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Refusal::new(Reject::TooLarge, detail)
    }

    /// Nothing in it says what it is.
    pub fn unknown_format(detail: impl Into<String>) -> Self {
        Refusal::new(Reject::UnknownFormat, detail)
    }
}

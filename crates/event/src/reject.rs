//! Rejects: records that are no event. The reason is a value with a bounded set of names: the metric's label and the
//! dead-letter reason at once. Rejects are counted and kept, never logged one by one.

use crate::coordinates::Coordinates;

/// Why a record is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reject {
    /// None of the topic's formats reads it.
    UnknownFormat,
    /// It breaks the rules of its format.
    Malformed,
    /// It ends before its format allows.
    Truncated,
    /// Text that is not the encoding its format prescribes.
    Encoding,
    /// Deeper, longer or with more fields than the bounds (reliability.md F20).
    TooLarge,
    /// Encrypted, and there is no key.
    Encrypted,
    /// Its checksum is wrong, and the topic requires it.
    Checksum,
    /// A header of the record is not UTF-8 or there are too many.
    Header,
    /// Nothing says which site it belongs to.
    NoSite,
    /// A schema registry's frame whose schema is not known here.
    Schema,
    /// The mapping says `otherwise: reject`.
    Unmapped,
    /// A required field is missing and the class has no way to be incomplete.
    Incomplete,
}

impl Reject {
    /// Every reason, in the order of the metric's labels.
    pub const ALL: [Reject; 12] = [
        Reject::UnknownFormat,
        Reject::Malformed,
        Reject::Truncated,
        Reject::Encoding,
        Reject::TooLarge,
        Reject::Encrypted,
        Reject::Checksum,
        Reject::Header,
        Reject::NoSite,
        Reject::Schema,
        Reject::Unmapped,
        Reject::Incomplete,
    ];

    /// The name in outputs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Reject::UnknownFormat => "unknown_format",
            Reject::Malformed => "malformed",
            Reject::Truncated => "truncated",
            Reject::Encoding => "encoding",
            Reject::TooLarge => "too_large",
            Reject::Encrypted => "encrypted",
            Reject::Checksum => "checksum",
            Reject::Header => "header",
            Reject::NoSite => "no_site",
            Reject::Schema => "schema",
            Reject::Unmapped => "unmapped",
            Reject::Incomplete => "incomplete",
        }
    }
}

/// A reject with what a person needs to find and mend its cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRecord {
    /// The reason.
    pub reason: Reject,
    /// A short sentence, ≤ 256 characters, control characters escaped.
    pub detail: Box<str>,
    /// Where it stood.
    pub coordinates: Coordinates,
    /// The format that refused it, or `-`.
    pub format: &'static str,
    /// The whole value (outputs cut it at 64 KiB).
    pub value: Box<[u8]>,
}

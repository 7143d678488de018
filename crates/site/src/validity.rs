//! From when until when something holds: half-open, so that of two entries that follow each other exactly one holds.

use event::time::Timestamp;

/// `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Validity {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Validity {
    pub const ALWAYS: Validity = Validity { from: Timestamp::MIN, to: Timestamp::MAX };

    pub fn contains(self, ts: Timestamp) -> bool {
        self.from <= ts && (ts < self.to || self.to == Timestamp::MAX)
    }

    pub fn overlaps(self, other: Validity) -> bool {
        self.meet(other).is_some()
    }

    /// When both hold; `None` if never.
    pub fn meet(self, other: Validity) -> Option<Validity> {
        let both = Validity { from: self.from.max(other.from), to: self.to.min(other.to) };
        (both.from < both.to).then_some(both)
    }
}

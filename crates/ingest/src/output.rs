//! What comes out of the stage: complete rows, rejects, and counts whose sums are exact.

use crate::decoder::Kind;
use event::class::{ClassId, Domain};
use event::field::FieldId;
use event::reject::RejectedRecord;
use event::row::Batch;
use event::symbol::SymbolKey;
use event::time::Duration;
use std::ops::AddAssign;

/// The rows of a batch of records, and what became of the records that gave none.
#[derive(Clone, Debug)]
pub struct Output {
    /// Complete rows, in the order of the records.
    pub batch: Batch,
    /// One for each row.
    pub judged: Vec<Judged>,
    /// Records that were refused.
    pub rejects: Vec<RejectedRecord>,
    /// Required fields that were missing.
    pub incomplete: Vec<Incomplete>,
    /// Of all records since the last [`Output::clear`].
    pub counts: Counts,
    /// The same by the number of the format that was asked; records that no format recognised are in none.
    pub by_format: Vec<Counts>,
    /// Of the record at hand; kept for its memory.
    pub(crate) spans: Vec<Span>,
}

/// Rows that one message of a record gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub first: usize,
    pub number: u8,
    pub kind: Kind,
    pub domain: Domain,
}

/// What the arrival of a row says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// append − ts is greater than its lateness: it goes to the late topic.
    pub late: bool,
    /// The lateness by which that was judged.
    pub lateness: Duration,
}

/// A row in which a required field is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// The row, by its index in the batch.
    pub row: usize,
    /// The class that wants the field.
    pub class: ClassId,
    /// The field, or the first of several of which one is wanted.
    pub field: FieldId,
}

/// Sums. `read` = `decoded` + `rejected` + `control`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records seen.
    pub read: u64,
    /// Records that gave at least one event.
    pub decoded: u64,
    /// Records refused.
    pub rejected: u64,
    /// Records that are no event by design: empty, tombstones, keep-alives, skipped by the mapping.
    pub control: u64,
    /// Of these, skipped by the mapping.
    pub skipped: u64,
    /// Events.
    pub events: u64,
    /// Events too late.
    pub late: u64,
    /// Events of no known class.
    pub unclassified: u64,
    /// Events whose device gave no usable time.
    pub without_time: u64,
    /// Events whose device was further ahead of the broker than it may be.
    pub from_future: u64,
    /// Events in which a required field was missing.
    pub incomplete: u64,
}

impl Counts {
    /// Whether nothing got lost: the invariant of conservation.
    pub fn conserved(&self) -> bool {
        self.read == self.decoded + self.rejected + self.control && self.skipped <= self.control
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.read += other.read;
        self.decoded += other.decoded;
        self.rejected += other.rejected;
        self.control += other.control;
        self.skipped += other.skipped;
        self.events += other.events;
        self.late += other.late;
        self.unclassified += other.unclassified;
        self.without_time += other.without_time;
        self.from_future += other.from_future;
        self.incomplete += other.incomplete;
    }
}

impl Output {
    /// Nothing yet; symbols are those of a namespace.
    pub fn new(symbols: SymbolKey) -> Self {
        Output {
            batch: Batch::new(symbols),
            judged: Vec::new(),
            rejects: Vec::new(),
            incomplete: Vec::new(),
            counts: Counts::default(),
            by_format: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// Takes everything out and keeps the memory.
    pub fn clear(&mut self) {
        self.batch.clear();
        self.judged.clear();
        self.rejects.clear();
        self.incomplete.clear();
        self.counts = Counts::default();
        self.by_format.clear();
    }

    /// Adds the counts of one record.
    pub(crate) fn count(&mut self, format: Option<u8>, counts: Counts) {
        self.counts += counts;
        let Some(format) = format.map(usize::from) else { return };
        if self.by_format.len() <= format {
            self.by_format.resize(format + 1, Counts::default());
        }
        self.by_format[format] += counts;
    }
}

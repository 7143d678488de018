//! What readers have been told of an incident, and how a row of `incidents` says it.
//!
//! The value of a row is a [`Revision`] with the incident's document. What the publisher needs to learn from
//! its own topic stands in headers, because documents are cut to fit and these are not:
//!
//! | header | bytes |
//! | --- | --- |
//! | `row` | incident id (16), the task's clock in ns (8) |
//! | `revision` | version 1 (1), revision (8), kind (1), flags (1), evidence (8), hash (16) |
//! | `members` | all alerts, as `incident` writes them |
//! | `final` | none; present on the last row of an incident that leaves the table |
//!
//! Numbers are little-endian. Flags: 1 settled, 2 closed.

use crate::log::{Header, OutRow, Output};
use event::id::Id;
use incident::codec::members::{decode_members, encode_members};
use incident::codec::{Kind, Revision};
use incident::table::Member;
use std::borrow::Cow;

/// What readers have been told of an incident, as far as later revisions depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The last revision.
    pub revision: u64,
    /// What it said.
    pub kind: Kind,
    /// Readers were told that it is settled.
    pub settled: bool,
    /// Readers were told that it is closed.
    pub closed: bool,
    /// That was its last row.
    pub last: bool,
    /// Events that its alerts name as evidence.
    pub evidence: u64,
    /// Of the document.
    pub hash: Id,
    /// Its alerts as they were then, by (first_at, id).
    pub members: Vec<Member>,
    /// Offset of its first row: who is older survives a merge.
    pub first: u64,
}

/// The hash of an incident that is no more.
pub(super) const NO_DOCUMENT: Id = Id([0xff; 16]);
/// No document has this hash: what readers have is in dispute, so it is said again.
pub(super) const DISPUTED: Id = Id([0; 16]);

const VERSION: u8 = 1;
const SETTLED: u8 = 1;
const CLOSED: u8 = 2;

/// True unless the incident is no more: then its id may serve another one.
pub(super) fn is_live(kind: Kind) -> bool {
    !matches!(kind, Kind::Merged | Kind::Withdrawn)
}

impl Published {
    /// The row that says this.
    pub(super) fn row(&self, revision: &Revision) -> OutRow {
        let header = |name, value: Vec<u8>| Header { name: Cow::Borrowed(name), value: value.into() };
        let mut headers = vec![
            header("row", [&revision.incident_id.0[..], &revision.clock.0.to_le_bytes()].concat()),
            header("revision", self.revision_header()),
            header("members", encode_members(&self.members)),
        ];
        if self.last {
            headers.push(header("final", Vec::new()));
        }
        OutRow {
            output: Output::Incidents,
            partition: revision.task,
            key: revision.incident_id.to_string().into_bytes().into(),
            value: revision.to_json().into_bytes().into(),
            headers,
        }
    }

    fn revision_header(&self) -> Vec<u8> {
        let flags = u8::from(self.settled) * SETTLED + u8::from(self.closed) * CLOSED;
        let mut bytes = vec![VERSION];
        bytes.extend(self.revision.to_le_bytes());
        bytes.extend([code_of(self.kind), flags]);
        bytes.extend(self.evidence.to_le_bytes());
        bytes.extend(self.hash.0);
        bytes
    }

    /// Reads what a row says; `None` if it is none of ours.
    pub fn read(offset: u64, row: &OutRow) -> Option<(Id, Published)> {
        let mut about = row.header("row")?;
        let (id, _clock) = (Id(take(&mut about)?), take::<8>(&mut about)?);
        let mut bytes = row.header("revision")?;
        let [VERSION] = take(&mut bytes)? else { return None };
        let revision = u64::from_le_bytes(take(&mut bytes)?);
        let [kind, flags] = take(&mut bytes)?;
        let published = Published {
            revision,
            kind: kind_of(kind)?,
            settled: flags & SETTLED != 0,
            closed: flags & CLOSED != 0,
            last: row.header("final").is_some(),
            evidence: u64::from_le_bytes(take(&mut bytes)?),
            hash: Id(take(&mut bytes)?),
            members: decode_members(row.header("members")?).ok()?,
            first: offset,
        };
        (about.is_empty() && bytes.is_empty()).then_some((id, published))
    }

    /// The same revision with the same content, wherever it stands.
    pub(super) fn says_the_same(&self, other: &Published) -> bool {
        (self.revision, self.kind) == (other.revision, other.kind) && self.leaves_as_it_was(other)
    }

    /// The same content: a revision that says this after that would say nothing.
    pub(super) fn leaves_as_it_was(&self, before: &Published) -> bool {
        (self.hash, &self.members) == (before.hash, &before.members)
            && (self.settled, self.closed, self.last) == (before.settled, before.closed, before.last)
    }
}

/// The number of a kind in headers and snapshots: never given to another one.
pub(super) fn code_of(kind: Kind) -> u8 {
    match kind {
        Kind::Opened => 0,
        Kind::Updated => 1,
        Kind::Merged => 2,
        Kind::Withdrawn => 3,
        Kind::Settled => 4,
        Kind::Closed => 5,
    }
}

pub(super) fn kind_of(code: u8) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| code_of(*kind) == code)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::time::Timestamp;
    use incident::codec::{Cause, Document};

    fn told(kind: Kind) -> (Revision, Published) {
        let id = Id([3; 16]);
        let revision = Revision {
            kind,
            incident_id: id,
            revision: 2,
            task: 1,
            clock: Timestamp(5),
            cause: Cause::Events,
            removed: Vec::new(),
            merged_from: Vec::new(),
            merged_into: None,
            split_from: Vec::new(),
            incident: Document::counts(id, 1, 4),
        };
        let member =
            Member { first_at: Timestamp(1), id: Id([1; 16]), run: Id([2; 16]), last_at: Timestamp(9) };
        let told = Published {
            revision: 2,
            kind,
            settled: true,
            closed: kind == Kind::Closed,
            last: kind == Kind::Closed,
            evidence: 4,
            hash: Id([7; 16]),
            members: vec![member],
            first: 40,
        };
        (revision, told)
    }

    #[test]
    fn a_row_is_read_as_it_was_written() {
        for kind in Kind::ALL {
            let (revision, told) = told(kind);
            assert_eq!(Published::read(40, &told.row(&revision)), Some((Id([3; 16]), told)));
        }
    }

    #[test]
    fn what_is_no_row_of_ours_is_none() {
        let (revision, told) = told(Kind::Updated);
        let row = told.row(&revision);
        for at in 0..row.headers.len() {
            let mut without = row.clone();
            without.headers.remove(at);
            assert_eq!(Published::read(40, &without), None);
            let mut short = row.clone();
            let value = &short.headers[at].value;
            short.headers[at].value = value[..value.len() - 1].into();
            assert_eq!(Published::read(40, &short), None);
        }
    }
}

//! Revisions: what a row of `incidents` says, and how its headers are written.
//!
//! The value of a row is the machine's own document. What the publisher needs to learn from its own topic stands in
//! headers, because documents are capped and these are not:
//!
//! | header | bytes |
//! | --- | --- |
//! | `row` | incident id (16), the task's clock in ns (8) |
//! | `revision` | version 1 (1), revision (8), kind (1), flags (1: 1 settled, 2 closed), hash of the document (16) |
//! | `members` | of each alert: run = H(rule, key) (16), id (16), first_at (8), last_at (8) |
//! | `final` | none; present on the last row of an incident that leaves the table |
//!
//! Numbers are little-endian.

use crate::log::{Header, OutRow, Output, TaskId};
use event::id::Id;
use event::time::Timestamp;
use incident::table::Member;
use std::borrow::Cow;

/// What happened to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Readers hear of it for the first time, or again after it was gone.
    Opened,
    /// Its document is another one.
    Updated,
    /// Another incident took it in.
    Merged,
    /// None of its alerts is left.
    Withdrawn,
    /// Nothing that can still come changes it.
    Settled,
    /// It is over.
    Closed,
}

impl Kind {
    /// All, in the order of their codes.
    pub const ALL: [Kind; 6] =
        [Kind::Opened, Kind::Updated, Kind::Merged, Kind::Withdrawn, Kind::Settled, Kind::Closed];

    /// The name in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Opened => "opened",
            Kind::Updated => "updated",
            Kind::Merged => "merged",
            Kind::Withdrawn => "withdrawn",
            Kind::Settled => "settled",
            Kind::Closed => "closed",
        }
    }

    /// False if the incident is no more: its id may serve another one.
    pub const fn is_live(self) -> bool {
        !matches!(self, Kind::Merged | Kind::Withdrawn)
    }

    pub(super) fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn of_code(code: u8) -> Option<Kind> {
        Kind::ALL.get(usize::from(code)).copied()
    }
}

/// What a row says of an incident beside its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// What happened.
    pub kind: Kind,
    /// The incident.
    pub incident: Id,
    /// 1, 2, 3 … of this incident, without a gap.
    pub revision: u64,
    /// The task that says so.
    pub task: TaskId,
    /// Its clock.
    pub clock: Timestamp,
    /// Alerts that readers were told of and that are no more part of it.
    pub removed: Vec<Id>,
    /// Incidents that became part of it.
    pub merged_from: Vec<Id>,
    /// The incident that took it in.
    pub merged_into: Option<Id>,
    /// Incidents that held alerts of it.
    pub split_from: Vec<Id>,
}

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
    /// Of the document.
    pub hash: Id,
    /// Its alerts as they were then, by (first_at, id).
    pub members: Vec<Member>,
    /// Offset of its first row: who is older survives a merge.
    pub first: u64,
}

/// The hash of an incident that is no more.
pub(super) const NO_DOCUMENT: Id = Id([0xff; 16]);

const VERSION: u8 = 1;
const SETTLED: u8 = 1;
const CLOSED: u8 = 2;
const MEMBER_BYTES: usize = 48;

impl Published {
    /// The row that says this.
    pub(super) fn row(&self, revision: &Revision, value: Vec<u8>) -> OutRow {
        let header = |name, value: Vec<u8>| Header { name: Cow::Borrowed(name), value: value.into() };
        let row = [&revision.incident.0[..], &revision.clock.0.to_le_bytes()].concat();
        let mut headers = vec![
            header("row", row),
            header("revision", self.revision_header()),
            header("members", self.members.iter().flat_map(member_bytes).collect()),
        ];
        if self.last {
            headers.push(header("final", Vec::new()));
        }
        OutRow {
            output: Output::Incidents,
            partition: revision.task.0,
            key: revision.incident.to_string().into_bytes().into(),
            value: value.into(),
            headers,
        }
    }

    fn revision_header(&self) -> Vec<u8> {
        let flags = u8::from(self.settled) * SETTLED + u8::from(self.closed) * CLOSED;
        let mut bytes = vec![VERSION];
        bytes.extend(self.revision.to_le_bytes());
        bytes.extend([self.kind.code(), flags]);
        bytes.extend(self.hash.0);
        bytes
    }

    /// Reads what a row says; `None` if it is none of ours.
    pub(super) fn read(offset: u64, row: &OutRow) -> Option<(Id, Published)> {
        let id = Id(take(&mut row.header("row")?)?);
        let mut bytes = row.header("revision")?;
        let [VERSION] = take(&mut bytes)? else { return None };
        let revision = u64::from_le_bytes(take(&mut bytes)?);
        let [kind, flags] = take(&mut bytes)?;
        let hash = Id(take(&mut bytes)?);
        let published = Published {
            revision,
            kind: Kind::of_code(kind)?,
            settled: flags & SETTLED != 0,
            closed: flags & CLOSED != 0,
            last: row.header("final").is_some(),
            hash,
            members: read_members(row.header("members")?)?,
            first: offset,
        };
        Some((id, published))
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

fn member_bytes(member: &Member) -> [u8; MEMBER_BYTES] {
    let mut bytes = [0; MEMBER_BYTES];
    bytes[..16].copy_from_slice(&member.run.0);
    bytes[16..32].copy_from_slice(&member.id.0);
    bytes[32..40].copy_from_slice(&member.first_at.0.to_le_bytes());
    bytes[40..].copy_from_slice(&member.last_at.0.to_le_bytes());
    bytes
}

fn read_members(bytes: &[u8]) -> Option<Vec<Member>> {
    let (members, rest) = bytes.as_chunks::<MEMBER_BYTES>();
    rest.is_empty().then(|| members.iter().filter_map(|bytes| read_member(bytes)).collect())
}

fn read_member(mut bytes: &[u8]) -> Option<Member> {
    Some(Member {
        run: Id(take(&mut bytes)?),
        id: Id(take(&mut bytes)?),
        first_at: Timestamp(i64::from_le_bytes(take(&mut bytes)?)),
        last_at: Timestamp(i64::from_le_bytes(take(&mut bytes)?)),
    })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

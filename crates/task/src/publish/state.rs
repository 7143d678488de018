//! What a snapshot holds of the publisher: what readers have for certain, exactly how far that was read, and
//! the rows that are still owed to them.
//!
//! Nothing in flight is in it: it may never arrive, and then nobody would send it again. The bytes are read
//! with a bound, so that no count in a damaged file makes us ask for memory; whether they are whole is for
//! the snapshot to say.

use super::revision::{Published, code_of, kind_of};
use crate::log::{Header, OutRow, Output};
use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use bincode::{Decode, Encode};
use event::id::Id;
use event::time::Timestamp;
use incident::table::Member;
use std::collections::BTreeMap;

/// The published side of a task's snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishedState {
    /// The confirmed view.
    pub incidents: Vec<StoredIncident>,
    /// Rejects and late events that no reader has for certain.
    pub unconfirmed: Vec<OutRow>,
    /// Next offset to read back of each output.
    pub read: BTreeMap<Output, u64>,
}

/// One incident of the confirmed view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredIncident {
    /// Its id.
    pub id: Id,
    /// What readers have.
    pub told: Published,
    /// It began before our knowledge does, and stays as it was.
    pub frozen: bool,
}

/// Bytes that are no published state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// They break off, or a length in them is beyond all bounds.
    #[error("the published state cannot be read: {0}")]
    Bytes(#[from] bincode::error::DecodeError),
    /// A code that this version does not know.
    #[error("the published state holds an unknown {0}")]
    Unknown(&'static str),
    /// Something follows.
    #[error("the published state is followed by {0} more bytes")]
    Rest(usize),
}

/// No state is larger.
pub const STATE_BYTES_MAX: usize = 1 << 30;

type Bounded = Configuration<LittleEndian, Fixint, Limit<STATE_BYTES_MAX>>;

fn bounded() -> Bounded {
    bincode::config::standard().with_fixed_int_encoding().with_limit::<STATE_BYTES_MAX>()
}

impl PublishedState {
    /// The bytes that [`PublishedState::decode`] reads.
    pub fn encode(&self) -> Result<Vec<u8>, bincode::error::EncodeError> {
        let plain = Plain {
            incidents: self.incidents.iter().map(PlainIncident::of).collect(),
            rows: self.unconfirmed.iter().map(PlainRow::of).collect(),
            read: self.read.iter().map(|(output, at)| (code(*output), *at)).collect(),
        };
        bincode::encode_to_vec(plain, bounded())
    }

    /// Reads the bytes of [`PublishedState::encode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let (plain, used) = bincode::decode_from_slice::<Plain, _>(bytes, bounded())?;
        if used != bytes.len() {
            return Err(StateError::Rest(bytes.len() - used));
        }
        let mut state = PublishedState::default();
        for incident in plain.incidents {
            state.incidents.push(incident.meant()?);
        }
        for row in plain.rows {
            state.unconfirmed.push(row.meant()?);
        }
        for (code, at) in plain.read {
            state.read.insert(output(code)?, at);
        }
        Ok(state)
    }
}

#[derive(Encode, Decode)]
struct Plain {
    incidents: Vec<PlainIncident>,
    rows: Vec<PlainRow>,
    read: Vec<(u8, u64)>,
}

#[derive(Encode, Decode)]
struct PlainIncident {
    id: [u8; 16],
    revision: u64,
    kind: u8,
    settled: bool,
    closed: bool,
    last: bool,
    frozen: bool,
    evidence: u64,
    hash: [u8; 16],
    first: u64,
    members: Vec<PlainMember>,
}

/// Run, id, first_at, last_at.
type PlainMember = ([u8; 16], [u8; 16], i64, i64);

#[derive(Encode, Decode)]
struct PlainRow {
    output: u8,
    partition: u32,
    key: Vec<u8>,
    value: Vec<u8>,
    headers: Vec<(String, Vec<u8>)>,
}

impl PlainIncident {
    fn of(stored: &StoredIncident) -> Self {
        let StoredIncident { id, told, frozen } = stored;
        let plain = |m: &Member| (m.run.0, m.id.0, m.first_at.0, m.last_at.0);
        PlainIncident {
            id: id.0,
            revision: told.revision,
            kind: code_of(told.kind),
            settled: told.settled,
            closed: told.closed,
            last: told.last,
            frozen: *frozen,
            evidence: told.evidence,
            hash: told.hash.0,
            first: told.first,
            members: told.members.iter().map(plain).collect(),
        }
    }

    fn meant(self) -> Result<StoredIncident, StateError> {
        let member = |(run, id, first, last): PlainMember| Member {
            run: Id(run),
            id: Id(id),
            first_at: Timestamp(first),
            last_at: Timestamp(last),
        };
        let told = Published {
            revision: self.revision,
            kind: kind_of(self.kind).ok_or(StateError::Unknown("kind of revision"))?,
            settled: self.settled,
            closed: self.closed,
            last: self.last,
            evidence: self.evidence,
            hash: Id(self.hash),
            members: self.members.into_iter().map(member).collect(),
            first: self.first,
        };
        Ok(StoredIncident { id: Id(self.id), told, frozen: self.frozen })
    }
}

impl PlainRow {
    fn of(row: &OutRow) -> Self {
        PlainRow {
            output: code(row.output),
            partition: row.partition,
            key: row.key.to_vec(),
            value: row.value.to_vec(),
            headers: row.headers.iter().map(|h| (h.name.to_string(), h.value.to_vec())).collect(),
        }
    }

    fn meant(self) -> Result<OutRow, StateError> {
        let header = |(name, value): (String, Vec<u8>)| Header { name: name.into(), value: value.into() };
        Ok(OutRow {
            output: output(self.output)?,
            partition: self.partition,
            key: self.key.into(),
            value: self.value.into(),
            headers: self.headers.into_iter().map(header).collect(),
        })
    }
}

fn code(output: Output) -> u8 {
    output as u8
}

fn output(code: u8) -> Result<Output, StateError> {
    Output::ALL.get(usize::from(code)).copied().ok_or(StateError::Unknown("output"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use incident::codec::Kind;

    fn state() -> PublishedState {
        let member =
            Member { first_at: Timestamp(-3), id: Id([1; 16]), run: Id([2; 16]), last_at: Timestamp(9) };
        let told = Published {
            revision: 7,
            kind: Kind::Settled,
            settled: true,
            closed: false,
            last: true,
            evidence: 3,
            hash: Id([4; 16]),
            members: vec![member],
            first: 11,
        };
        let row = OutRow {
            output: Output::Late,
            partition: 2,
            key: Box::from(*b"harbour.badge/2/5"),
            value: Box::from(*b"late"),
            headers: vec![Header { name: "watchfloor.reason".into(), value: Box::from(*b"lateness") }],
        };
        PublishedState {
            incidents: vec![StoredIncident { id: Id([5; 16]), told, frozen: true }],
            unconfirmed: vec![row],
            read: BTreeMap::from([(Output::Incidents, 12), (Output::Late, 3)]),
        }
    }

    #[test]
    fn comes_back_as_it_was() {
        let bytes = state().encode().unwrap();
        assert_eq!(PublishedState::decode(&bytes).unwrap(), state());
    }

    #[test]
    fn damage_is_an_error_or_another_state_but_never_a_panic() {
        let bytes = state().encode().unwrap();
        for cut in 0..bytes.len() {
            assert!(PublishedState::decode(&bytes[..cut]).is_err(), "{cut} bytes of {}", bytes.len());
        }
        assert!(matches!(PublishedState::decode(&[&bytes[..], &[0]].concat()), Err(StateError::Rest(1))));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                // Whatever it says: it is read within the bound, and written again it is the same.
                if let Ok(state) = PublishedState::decode(&damaged) {
                    assert_eq!(PublishedState::decode(&state.encode().unwrap()).unwrap(), state);
                }
            }
        }
    }
}

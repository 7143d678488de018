//! The state of a task as bytes, and back. Files, generations and topics are the caller's; so is the publisher's part.
//!
//! ```text
//! magic 8 │ header length 4 │ header (bincode) │ body │ CRC-32C of all before 4
//! ```
//! A layout, site model or key of symbols that is not this one's is refused before anything of the body is read. Of another
//! rule set the rules and states that mean the same in this one go on; alerts of the others stay as they are, settled.

use crate::sources::{EventCounts, Known, Outcome, Sources};
use crate::task::{AlertCounts, Shared, Task};
use event::alert::{Alert, AlertChange};
use event::codec::{Codec, Corrupt, Reader};
use event::id::Id;
use event::row::OwnedRow;
use event::time::Timestamp;
use rules::machine::events::EventRef;
use rules::machine::snapshot::Restored;
use std::collections::BTreeMap;
use std::sync::Arc;

const MAGIC: &[u8; 8] = b"WFSNAP\r\n";
const VERSION: u16 = 5;
const HEADER_MAX: usize = 4_096;

/// What a snapshot says of itself.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
struct Header {
    version: u16,
    namespace: String,
    partition: u32,
    site: [u8; 16],
    symbols: u64,
    formats: Vec<String>,
    topics: Vec<String>,
}

/// Why a snapshot is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes are damaged.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    /// It is of another layout or configuration.
    #[error("the snapshot was taken with another {0}")]
    Other(&'static str),
}

fn header(shared: &Shared, partition: u32) -> Header {
    Header {
        version: VERSION,
        namespace: shared.ids.namespace().to_owned(),
        partition,
        site: shared.site.hash(),
        symbols: shared.program.symbols.symbol("watchfloor").0,
        formats: shared.formats.iter().map(|name| (*name).to_owned()).collect(),
        topics: shared.topics.iter().map(|(_, name)| name.to_string()).collect(),
    }
}

impl Task {
    /// Appends the whole state.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(MAGIC);
        let header =
            bincode::encode_to_vec(header(self.shared(), self.partition()), bincode::config::standard())
                .expect("a header of plain values encodes");
        header.write(out);
        self.clock.write(out);
        self.positions.iter().map(|(i, next)| ((i.topic, i.partition), *next)).collect::<Vec<_>>().write(out);
        self.machine.snapshot(out);
        self.write_alerts(out);
        self.write_sources(out);
        (self.events.words().to_vec(), self.alerts.words().to_vec()).write(out);
        (self.by_rule.clone(), self.unsettled.clone()).write(out);
        let crc = crc32fast::hash(&out[start..]);
        crc.write(out);
    }

    /// A task from the bytes of [`Task::snapshot`].
    pub fn restore(shared: Shared, partition: u32, bytes: &[u8]) -> Result<Task, SnapshotError> {
        let mut from = open(bytes, &header(&shared, partition))?;
        let mut task = Task::new(shared, partition);
        task.clock = Codec::read(&mut from)?;
        let positions: Vec<((event::coordinates::TopicId, u32), u64)> = Codec::read(&mut from)?;
        task.positions = positions
            .into_iter()
            .map(|((topic, partition), next)| (crate::task::input(topic, partition), next))
            .collect();
        let Restored { dropped, left } = task.machine.restore(&mut from)?;
        task.read_alerts(&mut from)?;
        task.sources = read_sources(&mut from)?;
        let (events, alerts): (Vec<u64>, Vec<u64>) = Codec::read(&mut from)?;
        task.events = EventCounts::from_words(events.try_into().map_err(|_| Corrupt("counts"))?);
        task.alerts = AlertCounts::from_words(&alerts).ok_or(Corrupt("counts"))?;
        (task.by_rule, task.unsettled) = Codec::read(&mut from)?;
        task.settle(left);
        task.dropped = dropped;
        if from.0.is_empty() { Ok(task) } else { Err(Corrupt("bytes behind the end").into()) }
    }

    /// The same task under other rules, at the same instant. What it has not handed out yet goes with it.
    pub fn reload(&self, shared: Shared) -> Result<Task, SnapshotError> {
        let mut bytes = Vec::new();
        self.snapshot(&mut bytes);
        let mut task = Task::restore(shared, self.partition(), &bytes)?;
        task.take_over(self);
        Ok(task)
    }

    /// The table is a function of its alerts and the clock: only they are written.
    fn write_alerts(&self, out: &mut Vec<u8>) {
        let mut alerts: BTreeMap<Id, Alert> = BTreeMap::new();
        for part in self.table.parts() {
            alerts.extend(part.document.alerts.iter().map(|alert| (alert.id, Alert::clone(alert))));
        }
        alerts.write(out);
    }

    fn read_alerts(&mut self, from: &mut Reader<'_>) -> Result<(), Corrupt> {
        for alert in BTreeMap::<Id, Alert>::read(from)?.into_values() {
            self.table.apply(AlertChange::Set(Arc::new(alert)));
        }
        self.table.advance(self.clock);
        Ok(())
    }

    fn write_sources(&self, out: &mut Vec<u8>) {
        let mut known: Vec<(&Id, &Known)> = self.sources.iter().collect();
        known.sort_by_key(|(id, _)| **id);
        (known.len() as u32).write(out);
        for (id, known) in known {
            (*id, known.rank).write(out);
            (known.outcome as u8).write(out);
            known.event.is_some().write(out);
            if let Some((event, row)) = &known.event {
                event.write(out);
                row.write(out);
            }
        }
        self.sources.expiries().write(out);
        self.sources.forgotten.write(out);
    }
}

/// Checks magic, checksum and header; what is left is the body.
fn open<'a>(bytes: &'a [u8], expected: &Header) -> Result<Reader<'a>, SnapshotError> {
    let body = bytes.strip_prefix(MAGIC).ok_or(Corrupt("no snapshot of ours"))?;
    let (body, crc) = body.split_last_chunk::<4>().ok_or(Corrupt("ends early"))?;
    if crc32fast::hash(&bytes[..bytes.len() - 4]) != u32::from_le_bytes(*crc) {
        return Err(Corrupt("checksum").into());
    }
    let mut from = Reader(body);
    let encoded: Vec<u8> = Codec::read(&mut from)?;
    let limits = bincode::config::standard().with_limit::<HEADER_MAX>();
    let (header, _): (Header, usize) =
        bincode::decode_from_slice(&encoded, limits).map_err(|_| SnapshotError::Other("layout"))?;
    let differs: [(bool, &'static str); 6] = [
        (header.version != expected.version, "layout"),
        (header.namespace != expected.namespace, "namespace"),
        (header.partition != expected.partition, "task"),
        (header.site != expected.site, "site model"),
        (header.symbols != expected.symbols, "secret"),
        (header.formats != expected.formats || header.topics != expected.topics, "set of topics"),
    ];
    match differs.into_iter().find(|(differs, _)| *differs) {
        Some((_, what)) => Err(SnapshotError::Other(what)),
        None => Ok(from),
    }
}

fn read_sources(from: &mut Reader<'_>) -> Result<Sources, Corrupt> {
    let count = from.length()?;
    let mut known = Vec::with_capacity(count.min(1 << 16));
    for _ in 0..count {
        let (id, rank) = Codec::read(from)?;
        let code = u8::read(from)?;
        let outcome = Outcome::ALL.into_iter().find(|o| *o as u8 == code).ok_or(Corrupt("outcome"))?;
        let event =
            if bool::read(from)? { Some((EventRef::read(from)?, OwnedRow::read(from)?)) } else { None };
        known.push((id, Known { rank, outcome, event }));
    }
    let expiring: BTreeMap<Timestamp, Vec<Id>> = Codec::read(from)?;
    Ok(Sources::restore(known, expiring, Codec::read(from)?))
}

impl AlertCounts {
    fn words(&self) -> [u64; 4] {
        [self.raised, self.settled, self.withdrawn, self.merged]
    }

    fn from_words(words: &[u64]) -> Option<AlertCounts> {
        let [raised, settled, withdrawn, merged] = *words else { return None };
        Some(AlertCounts { raised, settled, withdrawn, merged })
    }
}

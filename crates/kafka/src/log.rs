//! The log of the publisher over Kafka: `task::log::Log`, each answer as that trait demands it.
//!
//! ```text
//! rows, positions ──▶ transactions ──▶ <ns>.incidents, rejects, late ──▶ read-back (read_committed, assigned by hand)
//! committed offsets ◀── group coordinator        ends ◀── read_uncommitted
//! ```
//! It only translates: names to numbers, errors to the few branches that the publisher takes. What it deliberately does
//! not do: retry, decide, or wait longer than [`PATIENCE`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use event::coordinates::Topics;
use event::time::Timestamp;
use task::log::{
    Cause, Header, Input, Log, LogError, OutRow, Outcome, Output, Positions, ReadBack, ReadRow, Standing,
    TaskId, Transaction,
};

use crate::Now;
use crate::consumer::{Consumer, Feed, Partition, Position};
use crate::error::{Doubt, Error};
use crate::group::{Generation, Membership, is_same};
use crate::producer::{Consumed, OutRow as Sent, Publisher};
use crate::raw::Record;
use crate::settings::{MESSAGE_BYTES_MAX, Settings};
use crate::watermarks::Watermarks;

/// No question takes longer than this.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// To end a transaction of a predecessor and to fence it.
const FENCE_MAX: Duration = Duration::from_secs(20);
/// Rows taken from the broker at once.
const BATCH: usize = 1_024;
/// What a row of ours may hold beside its headers' and key's bytes; the rest is for the broker's own fields.
const ROW_BYTES_MAX: usize = MESSAGE_BYTES_MAX - 8_192;

/// The topics of one instance as its publisher's log.
pub struct KafkaLog {
    publisher: Publisher,
    reader: Reader,
    watermarks: Watermarks,
    membership: Membership,
    namespace: Arc<str>,
    inputs: Arc<Topics>,
}

impl KafkaLog {
    /// A log that writes as the instance of the settings, by the membership of its group. `inputs` are the names behind
    /// the numbers of inputs.
    pub fn new(
        settings: &Settings,
        now: Now,
        membership: Membership,
        inputs: Arc<Topics>,
    ) -> Result<KafkaLog, Error> {
        Ok(KafkaLog {
            publisher: Publisher::new(settings, now),
            reader: Reader::new(settings)?,
            watermarks: Watermarks::new(settings)?,
            membership,
            namespace: settings.namespace.as_str().into(),
            inputs,
        })
    }

    fn output(&self, output: Output, partition: u32) -> Partition {
        Partition { topic: format!("{}.{}", self.namespace, output.name()).into(), partition }
    }

    fn input(&self, input: Input) -> Partition {
        Partition { topic: self.inputs.name(input.topic).clone(), partition: input.partition }
    }

    fn positions(&self, positions: &Positions) -> Vec<Position> {
        positions.iter().map(|(input, next)| Position { of: self.input(*input), next: *next }).collect()
    }
}

impl Log for KafkaLog {
    type Generation = Generation;

    fn init(&mut self) -> Result<(), LogError> {
        self.publisher.fence(FENCE_MAX).map_err(refused)?;
        let topics = Output::ALL.map(|output| format!("{}.{}", self.namespace, output.name()));
        self.publisher.look_up(&topics.each_ref().map(String::as_str), PATIENCE).map_err(refused)
    }

    fn standing(&mut self) -> Standing<Generation> {
        self.membership.standing()
    }

    fn committed(&mut self, inputs: &[Input]) -> Result<Positions, LogError> {
        let of: Vec<Partition> = inputs.iter().map(|input| self.input(*input)).collect();
        let offsets = self.reader.consumer.committed(&of, PATIENCE).map_err(refused)?;
        Ok(inputs.iter().zip(offsets).filter_map(|(input, next)| Some((*input, next?))).collect())
    }

    fn commit(&mut self, transaction: &Transaction<Generation>) -> Outcome {
        let group = match &transaction.generation {
            Some(group) if self.membership.is_current(&transaction.generation) => group,
            _ => return Outcome::Unknown(Cause::Moved),
        };
        let positions = self.positions(&transaction.offsets);
        if positions.is_empty() {
            tracing::error!(target: "kafka", "rows without positions prove no membership");
            return Outcome::Unknown(Cause::Refused);
        }
        let rows: Vec<Cow<'_, OutRow>> = transaction.rows.iter().map(fitting).collect();
        let headers: Vec<Vec<(&str, &[u8])>> = rows.iter().map(|row| headers_of(row)).collect();
        let sent: Vec<Sent<'_>> = rows
            .iter()
            .zip(&headers)
            .map(|(row, headers)| Sent {
                to: self.output(row.output, row.partition),
                key: Some(&row.key),
                value: Some(&row.value),
                headers,
                time_ms: None,
            })
            .collect();
        match self.publisher.commit(&sent, Some(&Consumed { group, positions: &positions })) {
            Ok(committed) => Outcome::Delivered(committed.offsets.into_iter().map(Some).collect()),
            Err(error) => outcome(error),
        }
    }

    fn read_back(&mut self, output: Output, partition: u32, from: u64) -> Result<ReadBack, LogError> {
        self.reader.keep(&self.membership.standing());
        let of = self.output(output, partition);
        self.reader.read(output, &of, from, &self.watermarks)
    }

    fn end(&mut self, output: Output, partition: u32) -> Result<u64, LogError> {
        let ends = self.watermarks.high(&[self.output(output, partition)], PATIENCE).map_err(refused)?;
        Ok(ends[0])
    }

    fn first_since(&mut self, output: Output, partition: u32, since: Timestamp) -> Result<u64, LogError> {
        let of = [self.output(output, partition)];
        if since == Timestamp::MIN {
            return Ok(self.watermarks.low(&of, PATIENCE).map_err(refused)?[0]);
        }
        let first = self.watermarks.since(&of, since.as_millis(), PATIENCE).map_err(refused)?[0];
        match first {
            Some(first) => Ok(first),
            None => self.end(output, partition),
        }
    }
}

/// The branch that the publisher takes.
pub fn refused(error: Error) -> LogError {
    match error {
        Error::Fenced(_) => LogError::Fenced,
        Error::Regrouped(_) | Error::Unknown { .. } | Error::Retry(_) => LogError::Retry(Box::new(error)),
        Error::TooLarge { .. } | Error::Fatal(_) => LogError::Fatal(Box::new(error)),
    }
}

fn outcome(error: Error) -> Outcome {
    tracing::warn!(target: "kafka", %error, "a commit of unknown outcome");
    match error {
        Error::Fenced(_) => Outcome::Fenced,
        Error::Regrouped(_) => Outcome::Unknown(Cause::Moved),
        Error::Unknown { doubt: Doubt::Timeout, .. } => Outcome::Unknown(Cause::Timeout),
        Error::Unknown { doubt: Doubt::Transport, .. } => Outcome::Unknown(Cause::Transport),
        Error::Unknown { doubt: Doubt::Refused, .. }
        | Error::TooLarge { .. }
        | Error::Retry(_)
        | Error::Fatal(_) => Outcome::Unknown(Cause::Refused),
    }
}

/// A row that the broker takes. Only rows that hold a record of somebody else's can be larger: then the value is cut, and
/// a header says how long it was.
fn fitting(row: &OutRow) -> Cow<'_, OutRow> {
    let bytes = row.bytes();
    if bytes <= ROW_BYTES_MAX || row.output == Output::Incidents {
        return Cow::Borrowed(row);
    }
    let kept = row.value.len().saturating_sub(bytes - ROW_BYTES_MAX);
    let mut cut = OutRow { value: row.value[..kept].into(), ..row.clone() };
    let length = row.value.len().to_string().into_bytes();
    cut.headers.push(Header { name: Cow::Borrowed("watchfloor.length"), value: length.into() });
    Cow::Owned(cut)
}

fn headers_of(row: &OutRow) -> Vec<(&str, &[u8])> {
    row.headers.iter().map(|header| (&*header.name, &*header.value)).collect()
}

/// Reads our own topics as any reader would.
struct Reader {
    consumer: Consumer,
    feed: Feed,
    /// Rows that came and were not asked for yet, by partition.
    stretches: BTreeMap<Partition, Stretch>,
    generation: Generation,
}

struct Stretch {
    output: Output,
    /// Where the next answer begins.
    from: u64,
    rows: Vec<ReadRow>,
    /// The offset that we want is not there (any more).
    is_gone: bool,
}

impl Reader {
    fn new(settings: &Settings) -> Result<Reader, Error> {
        let consumer = Consumer::reader(settings)?;
        let feed = consumer.feed();
        Ok(Reader { consumer, feed, stretches: BTreeMap::new(), generation: None })
    }

    /// Lets go of the partitions of tasks that went elsewhere: their rows would pile up here.
    fn keep(&mut self, standing: &Standing<Generation>) {
        if is_same(&self.generation, &standing.generation) {
            return;
        }
        self.generation = standing.generation.clone();
        let foreign = |of: &&Partition| !standing.tasks.contains_key(&TaskId(of.partition));
        let foreign: Vec<Partition> = self.stretches.keys().filter(foreign).cloned().collect();
        for of in foreign {
            // At worst its rows go on coming, to be dropped.
            let _still_assigned = self.drop_partition(&of);
        }
    }

    fn drop_partition(&mut self, of: &Partition) -> Result<(), LogError> {
        if self.stretches.remove(of).is_some() {
            self.consumer.unassign(&mut self.feed, std::slice::from_ref(of)).map_err(refused)?;
        }
        Ok(())
    }

    fn read(
        &mut self,
        output: Output,
        of: &Partition,
        from: u64,
        watermarks: &Watermarks,
    ) -> Result<ReadBack, LogError> {
        if self.stretches.get(of).is_none_or(|stretch| stretch.from != from) {
            self.drop_partition(of)?;
            self.start(output, of, from)?;
        }
        self.pump()?;
        let Some(stretch) = self.stretches.get_mut(of) else { return Ok(ReadBack::default()) };
        if stretch.is_gone {
            return self.skip_hole(of, from, watermarks);
        }
        let position = self.feed.inputs().iter().find(|input| input.of == *of).map_or(from, |i| i.next);
        stretch.from = position;
        Ok(ReadBack { rows: std::mem::take(&mut stretch.rows), position })
    }

    fn start(&mut self, output: Output, of: &Partition, from: u64) -> Result<(), LogError> {
        let start = [Position { of: of.clone(), next: from }];
        self.consumer.assign(&mut self.feed, &start).map_err(refused)?;
        let stretch = Stretch { output, from, rows: Vec::new(), is_gone: false };
        self.stretches.insert(of.clone(), stretch);
        Ok(())
    }

    /// Takes what is there, of all partitions.
    fn pump(&mut self) -> Result<(), LogError> {
        self.consumer.serve().map_err(refused)?;
        loop {
            let batch = self.feed.poll(BATCH, Duration::ZERO);
            if batch.is_empty() {
                return Ok(());
            }
            let inputs = self.feed.inputs();
            for (input, record) in batch.records() {
                if let Some(stretch) = self.stretches.get_mut(&inputs[input].of) {
                    let row = row_of(stretch.output, inputs[input].of.partition, record);
                    stretch.rows.push(ReadRow { offset: record.offset(), row });
                }
            }
            for fault in batch.faults() {
                tracing::warn!(target: "kafka", ?fault, "reading back");
                let stretch = fault.input.and_then(|input| self.stretches.get_mut(&inputs[input].of));
                if let Some(stretch) = stretch {
                    stretch.is_gone |= fault.kind == crate::consumer::FaultKind::OffsetGone;
                }
            }
        }
    }

    /// The broker has let go of rows that we had not read: so has every reader. If the partition ends before the place
    /// that we know, it is another topic of the same name, and what readers have been told is gone with the old one.
    fn skip_hole(
        &mut self,
        of: &Partition,
        from: u64,
        watermarks: &Watermarks,
    ) -> Result<ReadBack, LogError> {
        let low = watermarks.low(std::slice::from_ref(of), PATIENCE).map_err(refused)?[0];
        self.drop_partition(of)?;
        if low > from {
            return Ok(ReadBack { rows: Vec::new(), position: low });
        }
        let text = format!(
            "{} [{}] does not reach offset {from}, up to which it has been read: it was created anew; remove the \
             snapshots and run --cold",
            of.topic, of.partition
        );
        Err(LogError::Fatal(Box::new(Error::Fatal(text))))
    }
}

fn row_of(output: Output, partition: u32, record: Record<'_>) -> OutRow {
    let header = |(name, value): (&[u8], Option<&[u8]>)| Header {
        name: Cow::Owned(String::from_utf8_lossy(name).into_owned()),
        value: value.unwrap_or_default().into(),
    };
    OutRow {
        output,
        partition,
        key: record.key().unwrap_or_default().into(),
        value: record.value().unwrap_or_default().into(),
        headers: record.headers().into_iter().flatten().map(header).collect(),
    }
}

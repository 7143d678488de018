//! Writing: transactions of rows and input positions, and single appends whose time and offset come back.
//!
//! [`Publisher`] commits rows and the positions they were made from as one transaction, or says that the
//! outcome is not known. It never repairs: after any error its producer is destroyed, and
//! [`Publisher::fence`] builds a new one under the same id, which ends whatever the old one left open.
//! Aborting and going on with the same producer is not offered, because a commit that the broker carries out
//! late would then hit the next transaction.
//!
//! [`Appender`] is for ticks: idempotent, outside transactions.

use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::Now;
use crate::consumer::{GroupMetadata, Partition, Position, list, native_partition};
use crate::context::ProducerNotes;
use crate::error::{Doubt, Error, of_call, of_transaction};
use crate::settings::{MESSAGE_BYTES_MAX, Settings};

/// A row on its way to a topic.
#[derive(Clone, Debug)]
pub struct OutRow<'r> {
    /// Where to.
    pub to: Partition,
    /// The key, if it has one.
    pub key: Option<&'r [u8]>,
    /// The value; none deletes the key in a compacted topic.
    pub value: Option<&'r [u8]>,
    /// Headers in their order.
    pub headers: &'r [(&'r str, &'r [u8])],
    /// The record's own time (ms), for topics that keep it; none: the broker's or the library's.
    pub time_ms: Option<i64>,
}

/// The input positions that a transaction carries, with the membership they were read under.
pub struct Consumed<'c> {
    /// As it was when the rows were taken: it is what fences a member that was thrown out since.
    pub group: &'c GroupMetadata,
    /// Of every input, the next record to read. Not empty, or the broker would check nothing.
    pub positions: &'c [Position],
}

/// A transaction that was committed and whose rows are in flight until they are read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Of each row, the offset that the broker gave it.
    pub offsets: Vec<u64>,
}

/// One appended row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its offset.
    pub offset: u64,
    /// When the broker appended it (ms), on a topic that keeps this time.
    pub append_ms: Option<i64>,
}

/// The one writer of rows with positions of an instance.
pub struct Publisher {
    settings: Settings,
    now: Now,
    producer: Option<BaseProducer<ProducerNotes>>,
}

/// A writer of rows that stand by themselves.
pub struct Appender {
    settings: Settings,
    now: Now,
    producer: Option<BaseProducer<ProducerNotes>>,
}

/// From the begin of a transaction to its end. Below the library's request time-out, so that no end of a
/// transaction that we accept was silently sent twice, and below the broker's time-out for the whole of it.
pub const COMMIT_MAX: Duration = Duration::from_secs(5);

impl Publisher {
    /// Connects nothing yet: [`Publisher::fence`] does.
    pub fn new(settings: &Settings, now: Now) -> Self {
        Publisher { settings: settings.clone(), now, producer: None }
    }

    /// Destroys the producer, if there is one, and builds one with the same id, which ends any open
    /// transaction of that id and fences whoever else holds it. Afterwards our topics have to be read back to
    /// their ends.
    pub fn fence(&mut self, timeout: Duration) -> Result<(), Error> {
        self.producer = None;
        let config = self.settings.publisher();
        let producer: BaseProducer<ProducerNotes> =
            config.create_with_context(ProducerNotes::default()).map_err(of_call)?;
        producer.init_transactions(timeout).map_err(|error| match of_transaction(error) {
            // Nothing was sent, so to try again is all there is to it.
            Error::Unknown { text, .. } => Error::Retry(KafkaError::ClientCreation(text)),
            other => other,
        })?;
        self.producer = Some(producer);
        Ok(())
    }

    /// Asks who leads the topics, so that the first rows do not wait for the answer.
    pub fn look_up(&self, topics: &[&str], timeout: Duration) -> Result<(), Error> {
        let Some(producer) = &self.producer else { return Ok(()) };
        for topic in topics {
            producer.client().fetch_metadata(Some(topic), timeout).map_err(of_call)?;
        }
        Ok(())
    }

    /// Whether a commit can be tried; if not, [`Publisher::fence`] comes first.
    pub fn is_ready(&self) -> bool {
        self.producer.is_some()
    }

    /// Commits rows and positions as one transaction. After an error the publisher is not ready, except for
    /// [`Error::TooLarge`], which is found before anything is sent.
    pub fn commit(
        &mut self,
        rows: &[OutRow<'_>],
        consumed: Option<&Consumed<'_>>,
    ) -> Result<Committed, Error> {
        check_sizes(rows)?;
        // Taken, and put back only if all went well: whatever happens, a doubtful producer is never used
        // again.
        let producer = self
            .producer
            .take()
            .ok_or_else(|| Error::unknown(Doubt::Refused, "the publisher is not fenced"))?;
        let patience = Patience { now: self.now, deadline: (self.now)() + COMMIT_MAX };
        match transaction(&producer, rows, consumed, &patience) {
            Ok(committed) => {
                self.producer = Some(producer);
                Ok(committed)
            }
            Err(error) => Err(or_fenced(&producer, error)),
        }
    }
}

impl Appender {
    /// Connects lazily: the first append may find no broker.
    pub fn new(settings: &Settings, now: Now) -> Self {
        Appender { settings: settings.clone(), now, producer: None }
    }

    /// Appends rows and waits for all of them. After an error some may have been appended.
    pub fn append(&mut self, rows: &[OutRow<'_>], timeout: Duration) -> Result<Vec<Appended>, Error> {
        check_sizes(rows)?;
        let producer = match self.producer.take() {
            Some(producer) => producer,
            None => {
                self.settings.producer().create_with_context(ProducerNotes::default()).map_err(of_call)?
            }
        };
        let patience = Patience { now: self.now, deadline: (self.now)() + timeout };
        // A producer with rows still under way is dropped with them, so that their answers are never taken
        // for later ones.
        let appended = deliver(&producer, rows, &patience)?;
        self.producer = Some(producer);
        Ok(appended)
    }
}

/// How long a call may still take.
struct Patience {
    now: Now,
    deadline: Instant,
}

impl Patience {
    fn left(&self) -> Result<Duration, Error> {
        let left = self.deadline.saturating_duration_since((self.now)());
        if left.is_zero() { Err(Error::unknown(Doubt::Timeout, "the deadline has passed")) } else { Ok(left) }
    }
}

fn transaction(
    producer: &BaseProducer<ProducerNotes>,
    rows: &[OutRow<'_>],
    consumed: Option<&Consumed<'_>>,
    patience: &Patience,
) -> Result<Committed, Error> {
    let notes = producer.client().context();
    let transport_errors = notes.transport_errors();
    producer.begin_transaction().map_err(of_transaction)?;
    let appended = deliver(producer, rows, patience)?;
    if let Some(consumed) = consumed {
        assert!(!consumed.positions.is_empty(), "a transaction without positions proves no membership");
        producer
            .send_offsets_to_transaction(&list(consumed.positions)?, &consumed.group.0, patience.left()?)
            .map_err(of_transaction)?;
    }
    producer.commit_transaction(patience.left()?).map_err(of_transaction)?;
    serve(producer);
    // The library retries an end of transaction over a broken connection; the first try may still be carried
    // out, so late that it ends the next transaction. Only a commit without any such error is believed.
    if notes.transport_errors() != transport_errors {
        return Err(Error::unknown(Doubt::Transport, "the connection failed during the commit"));
    }
    Ok(Committed { offsets: appended.iter().map(|row| row.offset).collect() })
}

/// Sends all rows and waits until the broker has answered for each.
fn deliver(
    producer: &BaseProducer<ProducerNotes>,
    rows: &[OutRow<'_>],
    patience: &Patience,
) -> Result<Vec<Appended>, Error> {
    for (at, row) in rows.iter().enumerate() {
        send(producer, at, row, patience)?;
    }
    while producer.in_flight_count() > 0 {
        patience.left()?;
        wait(producer);
    }
    let mut appended = vec![None; rows.len()];
    for delivery in producer.client().context().take_deliveries() {
        let (offset, append_ms) = delivery.result.map_err(of_transaction)?;
        let offset =
            u64::try_from(offset).map_err(|_| Error::unknown(Doubt::Refused, "a row without an offset"))?;
        appended[delivery.row] = Some(Appended { offset, append_ms });
    }
    let all: Option<Vec<Appended>> = appended.into_iter().collect();
    all.ok_or_else(|| Error::unknown(Doubt::Refused, "a row without an answer"))
}

fn send(
    producer: &BaseProducer<ProducerNotes>,
    at: usize,
    row: &OutRow<'_>,
    patience: &Patience,
) -> Result<(), Error> {
    let mut record = record(at, row)?;
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                patience.left()?;
                wait(producer);
                record = back;
            }
            Err((error, _)) => return Err(of_transaction(error)),
        }
    }
}

fn record<'r>(at: usize, row: &'r OutRow<'_>) -> Result<BaseRecord<'r, [u8], [u8], usize>, Error> {
    let mut headers = OwnedHeaders::new_with_capacity(row.headers.len());
    for (key, value) in row.headers {
        if key.contains('\0') {
            return Err(Error::Fatal("a header name holds a zero byte".to_owned()));
        }
        headers = headers.insert(Header { key, value: Some(*value) });
    }
    Ok(BaseRecord {
        topic: &row.to.topic,
        partition: Some(native_partition(&row.to)?),
        payload: row.value,
        key: row.key,
        timestamp: row.time_ms,
        headers: (!row.headers.is_empty()).then_some(headers),
        delivery_opaque: at,
    })
}

/// What the record adds to its key, value and headers on the wire, generously.
const OVERHEAD_BYTES: usize = 128;

fn check_sizes(rows: &[OutRow<'_>]) -> Result<(), Error> {
    for (row, out) in rows.iter().enumerate() {
        let headers: usize = out.headers.iter().map(|(name, value)| name.len() + value.len() + 10).sum();
        let bytes = out.key.map_or(0, <[u8]>::len) + out.value.map_or(0, <[u8]>::len) + headers;
        if bytes + OVERHEAD_BYTES > MESSAGE_BYTES_MAX {
            return Err(Error::TooLarge { row, bytes });
        }
    }
    Ok(())
}

/// Serves what there is and sleeps for a moment. The library's own wait would go on in slices of 100 ms (`flush`), or turn
/// in circles for the last millisecond (`poll`), which the broker beside us needs.
fn wait(producer: &BaseProducer<ProducerNotes>) {
    producer.poll(Duration::ZERO);
    std::thread::sleep(Duration::from_micros(200));
}

/// Serves what waits in the producer's queue: log lines and errors count as in flight until they are served.
fn serve(producer: &BaseProducer<ProducerNotes>) {
    for _ in 0..64 {
        if producer.in_flight_count() == 0 {
            return;
        }
        producer.poll(Duration::ZERO);
    }
}

/// The error of a single call may hide that the whole producer was fenced meanwhile.
fn or_fenced(producer: &BaseProducer<ProducerNotes>, error: Error) -> Error {
    use RDKafkaErrorCode as Code;
    match producer.client().fatal_error() {
        Some((code @ (Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch), _)) => {
            Error::Fenced(KafkaError::Global(code))
        }
        _ => error,
    }
}

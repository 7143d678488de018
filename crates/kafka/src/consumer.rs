//! Reading: a consumer, its group, and feeds that hand out batches of records with exact positions.
//!
//! One [`Consumer`] speaks to the broker; any number of [`Feed`]s (one a task, or one for all) take the
//! records of the partitions given to them. A feed can go to another thread, the consumer's events are served
//! by [`Consumer::serve`]. Partitions are given by hand ([`Consumer::assign`] at offsets of the caller) or in
//! answer to the group's [`Event::Assigned`]; nothing is ever assigned behind the caller's back, and no start
//! offset is ever guessed.
//!
//! What it deliberately does not do: commit (only transactions and [`Consumer::commit`] of the idempotent
//! mode do), pause (the library forgets what it has fetched, and resumes one record too far after an end of
//! partition), and ask the library for positions (see `raw`): a feed counts what it handed out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, TopicPartitionList};

use crate::context::{forward_log, lock};
use crate::error::{Error, of_call, of_fatal};
use crate::raw;
use crate::settings::Settings;

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The number of the partition.
    pub partition: u32,
}

/// A partition and the offset of the next record in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Where.
    pub of: Partition,
    /// The offset of the next record.
    pub next: u64,
}

/// What the group told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// These are ours from now on: assign them (perhaps none), or the group waits.
    Assigned(Vec<Partition>),
    /// These are to be given back: finish, commit, then [`Consumer::unassign`].
    Revoked(Vec<Partition>),
    /// These are no longer ours: drop everything, write nothing, then [`Consumer::unassign`].
    Lost(Vec<Partition>),
}

/// The membership that a transaction proves with its offsets. Read it together with the rows, never later.
pub struct GroupMetadata(pub(crate) ConsumerGroupMetadata);

/// A connection that reads, with or without membership of the group.
pub struct Consumer {
    client: Arc<Client>,
}

/// Where the records of some partitions come out, in batches.
pub struct Feed {
    queue: raw::Queue,
    inputs: Vec<Position>,
}

/// Records handed out at once, in the order of each partition, with what was told between them.
pub struct Batch {
    raw: raw::Batch,
    /// Of each message: the input it is of.
    inputs: Vec<Option<u32>>,
    ends: Vec<(usize, u64)>,
    faults: Vec<Fault>,
}

/// Something other than a record that came out of a partition. Records after it may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which of [`Feed::inputs`]; `None` if it concerns no single one.
    pub input: Option<usize>,
    /// What it is.
    pub kind: FaultKind,
    /// The library's own words.
    pub text: String,
}

/// The kinds that a caller tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The broker no longer (or not yet) has the offset that we want: a hole in the input.
    OffsetGone,
    /// A batch that cannot be read: checksum, compression, format.
    Unreadable,
    /// The topic or partition does not exist.
    NotThere,
    /// We may not read it.
    Denied,
    /// Anything else; the library goes on by itself.
    Other,
}

/// The client that feeds share.
pub(crate) type Client = BaseConsumer<GroupNotes>;

/// The context of a consumer: what the group told and was not yet served.
#[derive(Default)]
pub(crate) struct GroupNotes {
    events: Mutex<Vec<Event>>,
    /// Nobody serves events any more: the closing client gives back by itself what the group asks for.
    is_closing: AtomicBool,
}

impl Consumer {
    /// Reads partitions that are given by hand; it never joins the group, but can ask for the group's
    /// offsets.
    pub fn reader(settings: &Settings) -> Result<Self, Error> {
        Self::create(&settings.consumer())
    }

    /// Joins the group of the namespace for these topics, under the name of the instance.
    pub fn member(settings: &Settings, topics: &[&str]) -> Result<Self, Error> {
        let consumer = Self::create(&settings.member())?;
        consumer.client.subscribe(topics).map_err(of_call)?;
        Ok(consumer)
    }

    fn create(config: &rdkafka::ClientConfig) -> Result<Self, Error> {
        let client = config.create_with_context(GroupNotes::default()).map_err(of_call)?;
        Ok(Consumer { client: Arc::new(client) })
    }

    /// A feed of nothing; [`Consumer::assign`] gives it partitions.
    pub fn feed(&self) -> Feed {
        Feed { queue: raw::Queue::new(Arc::clone(&self.client)), inputs: Vec::new() }
    }

    /// Starts reading these partitions at these offsets into the feed, beside what it already has.
    pub fn assign(&self, feed: &mut Feed, starts: &[Position]) -> Result<(), Error> {
        // Before: otherwise the first records would come out where nobody looks. Again after: if a partition
        // was given back just now, the library takes the first forwarding down while it stops the old
        // reading, and what it fetched since waits in the partition's own queue until it is forwarded.
        forward(feed, starts)?;
        self.client.incremental_assign(&list(starts)?).map_err(of_call)?;
        forward(feed, starts)?;
        feed.inputs.extend_from_slice(starts);
        Ok(())
    }

    /// Stops reading these partitions. What was fetched of them and not handed out is dropped.
    pub fn unassign(&self, feed: &mut Feed, partitions: &[Partition]) -> Result<(), Error> {
        self.client.incremental_unassign(&unstarted(partitions)?).map_err(of_call)?;
        feed.inputs.retain(|input| !partitions.contains(&input.of));
        Ok(())
    }

    /// Serves the client: has to be called some times a second, whether or not records are wanted.
    /// The events have to be answered with [`Consumer::assign`] and [`Consumer::unassign`].
    pub fn serve(&self) -> Result<Vec<Event>, Error> {
        // One event a call, and the answer does not tell "nothing" from "something served": so a fixed
        // number.
        for _ in 0..SERVED_MAX {
            match self.client.poll(Duration::ZERO) {
                None => {}
                Some(Ok(_)) => return Err(Error::Fatal("a record came past the feeds".to_owned())),
                Some(Err(KafkaError::MessageConsumptionFatal(code))) => {
                    return Err(of_fatal(KafkaError::MessageConsumption(code)));
                }
                // The context has logged it; the library retries by itself.
                Some(Err(_)) => {}
            }
        }
        Ok(std::mem::take(&mut *lock(&self.client.context().events)))
    }

    /// The committed offsets of the group, `None` where it has none. Waits for transactions that are being
    /// committed.
    pub fn committed(&self, of: &[Partition], timeout: Duration) -> Result<Vec<Option<u64>>, Error> {
        let answer = self.client.committed_offsets(unstarted(of)?, timeout).map_err(of_call)?;
        let mut offsets = Vec::with_capacity(of.len());
        for element in answer.elements() {
            element.error().map_err(of_call)?;
            offsets.push(match element.offset() {
                Offset::Offset(next) => u64::try_from(next).ok(),
                _ => None,
            });
        }
        Ok(offsets)
    }

    /// Commits offsets outside any transaction: the idempotent mode's second half, after the rows are
    /// acknowledged.
    pub fn commit(&self, positions: &[Position]) -> Result<(), Error> {
        self.client.commit(&list(positions)?, CommitMode::Sync).map_err(of_call)
    }

    /// Our membership as of now. A reader that is no member proves nothing by it.
    pub fn group_metadata(&self) -> Result<GroupMetadata, Error> {
        let metadata = self.client.group_metadata();
        metadata.map(GroupMetadata).ok_or_else(|| Error::Fatal("the consumer has no group".to_owned()))
    }
}

impl Drop for Consumer {
    /// The library closes only when every event of the group was answered; one that was handed out by `serve`
    /// and not answered would hold the process for ever. The client itself closes with the last feed or
    /// batch.
    fn drop(&mut self) {
        // What waits unserved is taken off first: an answer that comes for it later would be one too many, and
        // the library would never return from it.
        if let Err(error) = self.serve() {
            tracing::debug!(target: "kafka", %error, "the last events of the group");
        }
        self.client.context().is_closing.store(true, Ordering::SeqCst);
        let answered = self.client.assignment().and_then(|all| {
            self.client.incremental_assign(&TopicPartitionList::new())?;
            self.client.incremental_unassign(&all)
        });
        if let Err(error) = answered {
            tracing::debug!(target: "kafka", %error, "partitions were not given back");
        }
    }
}

/// How many events one [`Consumer::serve`] serves.
const SERVED_MAX: usize = 8;

impl Feed {
    /// The partitions it reads, each with the offset of the next record that it will hand out (at least).
    /// An index into this names the input in batches; it changes only with `assign` and `unassign`.
    pub fn inputs(&self) -> &[Position] {
        &self.inputs
    }

    /// Takes up to `max` records: what is there, else waits up to `timeout` for the first.
    pub fn poll(&mut self, max: usize, timeout: Duration) -> Batch {
        let raw = self.queue.poll(max, timeout);
        let mut batch =
            Batch { inputs: Vec::with_capacity(raw.len()), raw, ends: Vec::new(), faults: Vec::new() };
        // Messages come in runs of one partition, so the last answer is nearly always the next one.
        let mut run = (0, -1, None);
        for message in batch.raw.iter() {
            if (run.0, run.1) != (message.topic_key, message.partition) {
                run =
                    (message.topic_key, message.partition, self.input_of(message.topic(), message.partition));
            }
            batch.inputs.push(run.2);
            let input = run.2.map(|input| input as usize);
            match (message.code, input) {
                // Of a partition that was taken away while the record was on its way.
                (0, None) => {}
                (0, Some(input)) => self.inputs[input].next = message.offset as u64 + 1,
                (END, Some(input)) => {
                    self.inputs[input].next = message.offset as u64;
                    batch.ends.push((input, message.offset as u64));
                }
                (END, None) => {}
                (code, input) => batch.faults.push(fault(input, code, message.payload)),
            }
        }
        batch
    }

    fn input_of(&self, topic: &str, partition: i32) -> Option<u32> {
        let same = |input: &Position| {
            i32::try_from(input.of.partition) == Ok(partition) && *input.of.topic == *topic
        };
        self.inputs.iter().position(same).and_then(|at| u32::try_from(at).ok())
    }
}

impl Batch {
    /// The records, each with the input it came from.
    pub fn records(&self) -> impl Iterator<Item = (usize, raw::Record<'_>)> {
        let messages = self.raw.iter().zip(&self.inputs);
        messages.filter_map(|(message, input)| Some(((*input)? as usize, message.record()?)))
    }

    /// Inputs that were read to their end, with the offset that the next record will have at least.
    /// Transaction markers are counted, so this is how a position passes them.
    pub fn ends(&self) -> &[(usize, u64)] {
        &self.ends
    }

    /// What went wrong.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Whether nothing at all came: no record, no end, no fault.
    pub fn is_empty(&self) -> bool {
        self.raw.len() == 0
    }
}

impl ClientContext for GroupNotes {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        forward_log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(target: "kafka", %error, reason, "consumer error");
    }

    fn stats_raw(&self, _statistics: &[u8]) {}
}

impl ConsumerContext for GroupNotes {
    /// Only notes the event: the wrapper's own answer would assign from committed offsets and drop every
    /// error.
    fn rebalance(
        &self,
        client: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        if self.is_closing.load(Ordering::SeqCst) {
            if client.closed() {
                return;
            }
            if let Err(error) = client.incremental_unassign(partitions) {
                tracing::warn!(target: "kafka", %error, "partitions were not given back at the close");
            }
            return;
        }
        let partitions = partitions_of(partitions);
        let event = match what {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Event::Assigned(partitions),
            // Only here, while the event is being served, does the library know whether they were lost.
            _ if client.assignment_lost() => Event::Lost(partitions),
            _ => Event::Revoked(partitions),
        };
        lock(&self.events).push(event);
    }
}

const END: i32 = RDKafkaRespErr::RD_KAFKA_RESP_ERR__PARTITION_EOF as i32;

fn fault(input: Option<usize>, code: i32, text: Option<&[u8]>) -> Fault {
    use RDKafkaRespErr as Code;
    let kind = match Code::try_from(code) {
        Ok(Code::RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET | Code::RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) => {
            FaultKind::OffsetGone
        }
        Ok(
            Code::RD_KAFKA_RESP_ERR__BAD_MSG
            | Code::RD_KAFKA_RESP_ERR__BAD_COMPRESSION
            | Code::RD_KAFKA_RESP_ERR_INVALID_MSG,
        ) => FaultKind::Unreadable,
        Ok(
            Code::RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC
            | Code::RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION
            | Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        ) => FaultKind::NotThere,
        Ok(Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) => FaultKind::Denied,
        _ => FaultKind::Other,
    };
    Fault { input, kind, text: String::from_utf8_lossy(text.unwrap_or_default()).into_owned() }
}

fn forward(feed: &Feed, starts: &[Position]) -> Result<(), Error> {
    for start in starts {
        if !feed.queue.forward(&start.of.topic, native_partition(&start.of)?) {
            return Err(Error::Fatal(format!("{:?} is not the name of a topic", start.of.topic)));
        }
    }
    Ok(())
}

/// Kafka numbers partitions from 0 to 2^31 - 1.
pub(crate) fn native_partition(of: &Partition) -> Result<i32, Error> {
    i32::try_from(of.partition).map_err(|_| Error::Fatal(format!("{} is not a partition", of.partition)))
}

/// The library's list of these positions.
pub(crate) fn list(positions: &[Position]) -> Result<TopicPartitionList, Error> {
    let mut list = TopicPartitionList::with_capacity(positions.len());
    for position in positions {
        let next = i64::try_from(position.next)
            .map_err(|_| Error::Fatal(format!("{} is not an offset", position.next)))?;
        list.add_partition_offset(&position.of.topic, native_partition(&position.of)?, Offset::Offset(next))
            .map_err(of_call)?;
    }
    Ok(list)
}

/// The library's list of these partitions, without offsets.
pub(crate) fn unstarted(partitions: &[Partition]) -> Result<TopicPartitionList, Error> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for of in partitions {
        list.add_partition(&of.topic, native_partition(of)?);
    }
    Ok(list)
}

fn partitions_of(list: &TopicPartitionList) -> Vec<Partition> {
    let part = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
        Some(Partition {
            topic: Arc::from(element.topic()),
            partition: u32::try_from(element.partition()).ok()?,
        })
    };
    list.elements().iter().filter_map(part).collect()
}

//! Where the logs end as of now, read uncommitted: what the second half of a tick carries.
//!
//! A client of its own, because the library asks for ends with the isolation of its client: a read_committed
//! consumer would answer with the end of the last finished transaction, and a clock that trusted it could
//! pass records that are already in the log.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::{Offset, TopicPartitionList};

use crate::consumer::{Partition, native_partition};
use crate::context::Quiet;
use crate::error::{Error, of_call};
use crate::settings::Settings;

/// A client that only asks for the ends and beginnings of partitions.
pub struct Watermarks {
    client: BaseConsumer<Quiet>,
}

/// What the protocol calls the times "now" and "the oldest there is".
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;

impl ConsumerContext for Quiet {}

impl Watermarks {
    /// Connects lazily: the first question may find no broker.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let mut config = settings.client();
        config.set("isolation.level", "read_uncommitted");
        Ok(Watermarks { client: config.create_with_context(Quiet).map_err(of_call)? })
    }

    /// The offset that the next record of each partition will get, in one round trip.
    pub fn high(&self, of: &[Partition], timeout: Duration) -> Result<Vec<u64>, Error> {
        self.ask(of, LATEST, timeout)
    }

    /// The offset of the oldest record that each partition still has.
    pub fn low(&self, of: &[Partition], timeout: Duration) -> Result<Vec<u64>, Error> {
        self.ask(of, EARLIEST, timeout)
    }

    /// Of each partition, the offset of the first record that was appended at this time (ms) or later; `None`
    /// if there is none.
    pub fn since(&self, of: &[Partition], ms: i64, timeout: Duration) -> Result<Vec<Option<u64>>, Error> {
        self.answers(of, ms.max(0), timeout)
    }

    fn ask(&self, of: &[Partition], time: i64, timeout: Duration) -> Result<Vec<u64>, Error> {
        let named =
            |offset: Option<u64>| offset.ok_or_else(|| Error::Fatal("the broker names no end".to_owned()));
        self.answers(of, time, timeout)?.into_iter().map(named).collect()
    }

    fn answers(&self, of: &[Partition], time: i64, timeout: Duration) -> Result<Vec<Option<u64>>, Error> {
        if of.is_empty() {
            return Ok(Vec::new());
        }
        // Nobody else serves this client's log lines, and unserved they would pile up.
        while self.client.poll(Duration::ZERO).is_some() {}
        let mut question = TopicPartitionList::with_capacity(of.len());
        for one in of {
            let partition = native_partition(one)?;
            question.add_partition_offset(&one.topic, partition, Offset::from_raw(time)).map_err(of_call)?;
        }
        let answer = self.client.offsets_for_times(question, timeout).map_err(of_call)?;
        let mut offsets = Vec::with_capacity(of.len());
        for element in answer.elements() {
            element.error().map_err(of_call)?;
            offsets.push(element.offset().to_raw().and_then(|raw| u64::try_from(raw).ok()));
        }
        Ok(offsets)
    }
}

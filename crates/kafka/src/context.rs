//! The callbacks of the client library: log lines to `tracing`, and what a caller has to see, kept until it
//! asks.
//!
//! No callback holds a handle of its client (that makes cycles which never close) and none does any work:
//! each notes a fact and returns. Statistics are not asked for: lag is our own reckoning, see the design.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message, Timestamp};
use rdkafka::producer::{NoCustomPartitioner, ProducerContext};

/// What became of one row that was handed to a producer.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// Which row of the call.
    pub(crate) row: usize,
    /// Its offset and the broker's append time (ms), or why it was not taken.
    pub(crate) result: Result<(i64, Option<i64>), KafkaError>,
}

/// The context of a producer: deliveries and transport errors, in the order they were told.
#[derive(Default)]
pub(crate) struct ProducerNotes {
    deliveries: Mutex<Vec<Delivery>>,
    transport_errors: AtomicU64,
}

impl ProducerNotes {
    /// The deliveries told since the last call.
    pub(crate) fn take_deliveries(&self) -> Vec<Delivery> {
        std::mem::take(&mut *lock(&self.deliveries))
    }

    /// How many errors of the connection were told so far. Only differences of it mean anything.
    pub(crate) fn transport_errors(&self) -> u64 {
        self.transport_errors.load(Ordering::SeqCst)
    }
}

impl ClientContext for ProducerNotes {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        forward_log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if is_transport(&error) {
            self.transport_errors.fetch_add(1, Ordering::SeqCst);
        }
        tracing::warn!(target: "kafka", %error, reason, "producer error");
    }

    fn stats_raw(&self, _statistics: &[u8]) {}
}

impl ProducerContext<NoCustomPartitioner> for ProducerNotes {
    type DeliveryOpaque = usize;

    fn delivery(&self, delivery: &DeliveryResult<'_>, row: usize) {
        let result = match delivery {
            Ok(message) => Ok((message.offset(), append_time(message.timestamp()))),
            Err((error, _)) => Err(error.clone()),
        };
        lock(&self.deliveries).push(Delivery { row, result });
    }
}

/// A context for clients that only ask questions.
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        forward_log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(target: "kafka", %error, reason, "client error");
    }

    fn stats_raw(&self, _statistics: &[u8]) {}
}

/// The broker's own time for the record, if the topic is one that has it.
fn append_time(timestamp: Timestamp) -> Option<i64> {
    match timestamp {
        Timestamp::LogAppendTime(ms) => Some(ms),
        Timestamp::CreateTime(_) | Timestamp::NotAvailable => None,
    }
}

fn is_transport(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::OperationTimedOut
                | Code::RequestTimedOut
        )
    )
}

pub(crate) fn forward_log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    use RDKafkaLogLevel as Level;
    match level {
        Level::Emerg | Level::Alert | Level::Critical | Level::Error => {
            tracing::error!(target: "kafka", facility, "{message}");
        }
        Level::Warning => tracing::warn!(target: "kafka", facility, "{message}"),
        Level::Notice | Level::Info => tracing::info!(target: "kafka", facility, "{message}"),
        Level::Debug => tracing::debug!(target: "kafka", facility, "{message}"),
    }
}

/// A note is whole after each push, so a panic elsewhere leaves nothing half done to be afraid of.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! What can go wrong between us and the broker, sorted by what the caller has to do about it.
//!
//! librdkafka has some two hundred error codes; a caller has five branches. The classification lives here,
//! once, and errs on the careful side: inside a transaction everything that is not known to be harmless is
//! [`Error::Unknown`].

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// One variant per branch that a caller takes.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A newer producer holds our transactional id, or the broker gave up on ours: stop writing, join the
    /// group anew and recover from the start. To fence back at once would let two instances fence each other
    /// for ever.
    #[error("fenced by the broker: {0}")]
    Fenced(KafkaError),
    /// The group has moved on since the metadata was read: nothing was committed; read metadata and ownership
    /// again.
    #[error("the consumer group has moved on: {0}")]
    Regrouped(KafkaError),
    /// The outcome of the transaction is not known: recycle ([`crate::producer::Publisher::fence`]), read
    /// back, compare.
    #[error("the outcome is unknown: {text}")]
    Unknown {
        /// What kind of trouble it was.
        doubt: Doubt,
        /// In the words of whoever noticed.
        text: String,
    },
    /// A row that the broker would refuse; nothing was sent. The index is that of the row in the call.
    #[error("row {row} has {bytes} bytes, more than the broker takes")]
    TooLarge {
        /// Which row of the call.
        row: usize,
        /// Its size: key, value and headers.
        bytes: usize,
    },
    /// Nothing happened; the same call may succeed later.
    #[error("not now: {0}")]
    Retry(KafkaError),
    /// The same call will not succeed before a human changes something: settings, rights, topics.
    #[error("{0}")]
    Fatal(String),
}

/// Why an outcome is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// A deadline passed.
    Timeout,
    /// A connection broke.
    Transport,
    /// The broker refused something, or answered what nobody expects.
    Refused,
}

impl Error {
    pub(crate) fn unknown(doubt: Doubt, text: impl Into<String>) -> Self {
        Error::Unknown { doubt, text: text.into() }
    }
}

/// For calls outside a transaction: they change nothing, so a failed one can be repeated.
pub(crate) fn of_call(error: KafkaError) -> Error {
    match branch(&error) {
        Branch::Fenced => Error::Fenced(error),
        Branch::Regrouped => Error::Regrouped(error),
        Branch::Human => Error::Fatal(error.to_string()),
        Branch::Other => Error::Retry(error),
    }
}

/// For what ends a consumer for good: the library will never read with it again, so nothing of it is "later".
pub(crate) fn of_fatal(error: KafkaError) -> Error {
    match code_of(&error) {
        Some(Code::FencedInstanceId) => Error::Fenced(error),
        _ => Error::Fatal(error.to_string()),
    }
}

/// For calls of a transaction: what is not surely harmless is unknown.
pub(crate) fn of_transaction(error: KafkaError) -> Error {
    match branch(&error) {
        Branch::Fenced => Error::Fenced(error),
        Branch::Regrouped => Error::Regrouped(error),
        Branch::Human => Error::Fatal(error.to_string()),
        Branch::Other => Error::unknown(doubt(&error), error.to_string()),
    }
}

fn doubt(error: &KafkaError) -> Doubt {
    match code_of(error) {
        Some(Code::OperationTimedOut | Code::RequestTimedOut | Code::MessageTimedOut) => Doubt::Timeout,
        Some(Code::BrokerTransportFailure | Code::AllBrokersDown) => Doubt::Transport,
        _ => Doubt::Refused,
    }
}

/// The wrapper keeps no code for a transaction's error but in the error itself.
fn code_of(error: &KafkaError) -> Option<Code> {
    match error {
        KafkaError::Transaction(native) => Some(native.code()),
        other => other.rdkafka_error_code(),
    }
}

enum Branch {
    Fenced,
    Regrouped,
    Human,
    Other,
}

fn branch(error: &KafkaError) -> Branch {
    if let KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) | KafkaError::Nul(_) = error {
        return Branch::Human;
    }
    let Some(code) = code_of(error) else { return Branch::Other };
    match code {
        Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch => Branch::Fenced,
        Code::FencedInstanceId
        | Code::IllegalGeneration
        | Code::UnknownMemberId
        | Code::RebalanceInProgress
        | Code::AssignmentLost
        | Code::FencedMemberEpoch
        | Code::StaleMemberEpoch => Branch::Regrouped,
        Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::TransactionalIdAuthorizationFailed
        | Code::SaslAuthenticationFailed
        | Code::Authentication
        | Code::UnsupportedVersion
        | Code::UnsupportedFeature
        | Code::InvalidTransactionTimeout => Branch::Human,
        _ => Branch::Other,
    }
}

//! Topics: creating them as the design wants them, and saying how those that exist are.
//!
//! It changes no topic that exists: a wrong one is reported by whoever compares, and mended by its owner.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;

use crate::context::Quiet;
use crate::error::{Error, of_call};
use crate::settings::Settings;

/// Whose time the records of a topic carry (`message.timestamp.type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordTime {
    /// The broker's, set when it appends: what inputs need.
    Append,
    /// The producer's: recordings.
    Create,
}

/// What the broker does with old records (`cleanup.policy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// Deletes them after the retention time.
    Delete,
    /// Keeps the newest of each key.
    Compact,
    /// Both.
    CompactAndDelete,
}

/// A topic to be created.
#[derive(Clone, Debug)]
pub struct NewTopicSpec {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: u32,
    /// How many copies; `None`: the broker's default.
    pub replication: Option<u32>,
    /// Whose time its records carry.
    pub time: RecordTime,
    /// What happens to old records.
    pub cleanup: Cleanup,
    /// How long records are kept; `None`: the broker's default.
    pub retention_ms: Option<u64>,
}

/// How a topic is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicFacts {
    /// How many partitions.
    pub partitions: u32,
    /// Copies of the partition that has the fewest.
    pub replication: u32,
    /// Whose time its records carry.
    pub time: RecordTime,
    /// What happens to old records.
    pub cleanup: Cleanup,
    /// How long records are kept; `None`: for ever.
    pub retention_ms: Option<u64>,
}

/// What became of a topic that was to be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// It is new.
    Created,
    /// There was one of that name; it was left as it is.
    Existed,
}

/// A connection for questions and orders about topics.
pub struct Admin {
    client: AdminClient<Quiet>,
    timeout: Duration,
}

impl Admin {
    /// Connects lazily; each call may take up to `timeout`.
    pub fn new(settings: &Settings, timeout: Duration) -> Result<Self, Error> {
        let client = settings.client().create_with_context(Quiet).map_err(of_call)?;
        Ok(Admin { client, timeout })
    }

    /// Creates the topics that do not exist, and waits until they can be used.
    pub fn create(&self, topics: &[NewTopicSpec]) -> Result<Vec<Creation>, Error> {
        let retention: Vec<Option<String>> =
            topics.iter().map(|topic| topic.retention_ms.map(|ms| ms.to_string())).collect();
        let orders: Result<Vec<NewTopic<'_>>, Error> =
            topics.iter().zip(&retention).map(|(topic, ms)| order(topic, ms.as_deref())).collect();
        let orders = orders?;
        let answers = wait_for(self.client.create_topics(orders.iter(), &self.options())).map_err(of_call)?;
        let creation = |answer: Result<String, (String, RDKafkaErrorCode)>| match answer {
            Ok(_) => Ok(Creation::Created),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => Ok(Creation::Existed),
            Err((name, code)) => Err(refused(&name, code)),
        };
        answers.into_iter().map(creation).collect()
    }

    /// How these topics are; `None` for one that does not exist.
    pub fn describe(&self, topics: &[&str]) -> Result<Vec<Option<TopicFacts>>, Error> {
        topics.iter().map(|name| self.describe_one(name)).collect()
    }

    fn describe_one(&self, name: &str) -> Result<Option<TopicFacts>, Error> {
        let metadata = self.client.inner().fetch_metadata(Some(name), self.timeout);
        let metadata = match metadata {
            Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition)) => return Ok(None),
            other => other.map_err(of_call)?,
        };
        let Some(topic) = metadata.topics().iter().find(|topic| topic.name() == name) else {
            return Ok(None);
        };
        match topic.error() {
            None => {}
            Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) => return Ok(None),
            Some(error) => return Err(of_call(KafkaError::MetadataFetch(error.into()))),
        }
        let resource = [ResourceSpecifier::Topic(name)];
        let configs = wait_for(self.client.describe_configs(&resource, &self.options())).map_err(of_call)?;
        let config = match configs.into_iter().next() {
            Some(config) => config.map_err(|code| refused(name, code))?,
            None => return Ok(None),
        };
        let replicas = topic.partitions().iter().map(|partition| partition.replicas().len()).min();
        Ok(Some(facts(&config, topic.partitions().len(), replicas.unwrap_or(0))))
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(self.timeout)).operation_timeout(Some(self.timeout))
    }
}

fn order<'t>(topic: &'t NewTopicSpec, retention_ms: Option<&'t str>) -> Result<NewTopic<'t>, Error> {
    let number = |number: u32| {
        i32::try_from(number).map_err(|_| Error::Fatal(format!("{number} is too many for {}", topic.name)))
    };
    // -1 is the protocol's word for the broker's default.
    let copies = topic.replication.map_or(Ok(-1), number)?;
    let mut order = NewTopic::new(&topic.name, number(topic.partitions)?, TopicReplication::Fixed(copies))
        .set(
            "message.timestamp.type",
            match topic.time {
                RecordTime::Append => "LogAppendTime",
                RecordTime::Create => "CreateTime",
            },
        )
        .set(
            "cleanup.policy",
            match topic.cleanup {
                Cleanup::Delete => "delete",
                Cleanup::Compact => "compact",
                Cleanup::CompactAndDelete => "compact,delete",
            },
        );
    if let Some(ms) = retention_ms {
        order = order.set("retention.ms", ms);
    }
    Ok(order)
}

fn facts(config: &ConfigResource, partitions: usize, replication: usize) -> TopicFacts {
    let value = |name: &str| config.get(name).and_then(|entry| entry.value.as_deref()).unwrap_or("");
    let policy = value("cleanup.policy");
    TopicFacts {
        partitions: u32::try_from(partitions).unwrap_or(u32::MAX),
        replication: u32::try_from(replication).unwrap_or(u32::MAX),
        time: match value("message.timestamp.type") {
            "LogAppendTime" => RecordTime::Append,
            _ => RecordTime::Create,
        },
        cleanup: match (policy.contains("compact"), policy.contains("delete")) {
            (true, true) => Cleanup::CompactAndDelete,
            (true, false) => Cleanup::Compact,
            _ => Cleanup::Delete,
        },
        // -1, for ever, is not a u64.
        retention_ms: value("retention.ms").parse().ok(),
    }
}

fn refused(topic: &str, code: RDKafkaErrorCode) -> Error {
    match of_call(KafkaError::AdminOp(code)) {
        Error::Retry(error) if !is_passing(code) => Error::Fatal(format!("topic {topic}: {error}")),
        Error::Fatal(text) => Error::Fatal(format!("topic {topic}: {text}")),
        other => other,
    }
}

/// Orders are refused for good (a bad name, too many partitions) unless the broker was just not to be had.
fn is_passing(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::NotController
            | Code::BrokerNotAvailable
    )
}

/// Waits for a call of the admin client, which has a thread of its own and its own time-out: no runtime is
/// needed.
fn wait_for<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

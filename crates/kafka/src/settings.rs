//! How we speak to the broker: the settings that carry promises, in one place.
//!
//! The caller names brokers, namespace and instance and may add properties (TLS, SASL, tuning). Properties
//! are applied first and ours after them, so that none of them can switch a promise off. Kafka's own defaults
//! are not relied upon where they lose data: by default a consumer resets to the newest offset, commits on
//! its own and skips checksums.

use std::collections::BTreeMap;

use rdkafka::ClientConfig;

/// Who we are and where the broker is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Bootstrap servers, comma separated: `host:port,…`.
    pub brokers: String,
    /// Prefix of all own topics, and the id of the consumer group.
    pub namespace: String,
    /// The stable name of this instance: static membership and transactional id are made from it.
    pub instance: String,
    /// Further properties of the client library, e.g. `security.protocol`. Ours win over them.
    pub properties: BTreeMap<String, String>,
    /// Memory for records fetched ahead, in KiB, for each assigned partition.
    pub queued_kbytes: u32,
}

/// The largest record that we write: key, value and headers together.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;

impl Settings {
    /// Settings for these brokers, with no further properties and 1 MiB fetched ahead for each partition.
    pub fn new(brokers: &str, namespace: &str, instance: &str) -> Self {
        Settings {
            brokers: brokers.to_owned(),
            namespace: namespace.to_owned(),
            instance: instance.to_owned(),
            properties: BTreeMap::new(),
            queued_kbytes: 1024,
        }
    }

    /// What every client has in common.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        for (key, value) in &self.properties {
            config.set(key, value);
        }
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", format!("{}-{}", self.namespace, self.instance))
            .set("socket.timeout.ms", "30000")
            .set("socket.nagle.disable", "true")
            .set("allow.auto.create.topics", "false");
        config
    }

    /// A reader of records. It resets no offset, commits nothing by itself and checks every checksum.
    pub(crate) fn consumer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", &self.namespace)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("enable.partition.eof", "true")
            .set("check.crcs", "true")
            .set("queued.max.messages.kbytes", self.queued_kbytes.to_string())
            .set("queued.min.messages", "20000")
            // The default of one second stalls small queues; 2 ms costs nothing that could be measured.
            .set("fetch.queue.backoff.ms", "2")
            // An end of partition is told by the fetch after the last record, so this bounds how late it
            // comes.
            .set("fetch.wait.max.ms", "100")
            .set("fetch.message.max.bytes", "1048576")
            .set("receive.message.max.bytes", "67108864");
        config
    }

    /// A member of the group: classic protocol, cooperative, static, so that a restart within ten seconds
    /// moves nothing.
    pub(crate) fn member(&self) -> ClientConfig {
        let mut config = self.consumer();
        config
            .set("group.protocol", "classic")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("group.instance.id", format!("{}-{}", self.namespace, self.instance))
            .set("session.timeout.ms", "10000")
            .set("heartbeat.interval.ms", "3000")
            .set("max.poll.interval.ms", "60000");
        config
    }

    /// The producer of transactions. Its id is stable over restarts: a new one ends whatever the old one left
    /// open.
    pub(crate) fn publisher(&self) -> ClientConfig {
        let mut config = self.producer();
        config
            .set("transactional.id", format!("{}.{}", self.namespace, self.instance))
            .set("transaction.timeout.ms", "10000")
            // The library refuses more than the line above. Still above the deadline of a commit, so that no
            // request of a commit that we accept has timed out and been sent again unseen.
            .set("socket.timeout.ms", "10000");
        config
    }

    /// A producer whose retries are never seen twice or out of order.
    pub(crate) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", "true")
            .set("compression.codec", "zstd")
            .set("linger.ms", "0")
            .set("message.max.bytes", MESSAGE_BYTES_MAX.to_string());
        config
    }
}

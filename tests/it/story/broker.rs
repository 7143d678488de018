//! The test broker, as producers and readers of the story use it.

#[path = "../../../crates/kafka/tests/broker/wire.rs"]
mod wire;

use kafka::consumer::{Consumer, Partition, Position};
use kafka::producer::{Appender, OutRow};
use kafka::settings::Settings;
use kafka::watermarks::Watermarks;
use kafka::{Record, Stamp};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// For anything that should take no time at all, on a machine that is busy.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// The value of the record whose header has a strange name.
pub const STRANGE: &[u8] = b"{\"event_type\":\"alert\"}";

/// Patience needs a clock.
#[expect(clippy::disallowed_methods, reason = "tests have patience, and patience needs a clock")]
pub fn now() -> Instant {
    Instant::now()
}

/// Where the broker is.
pub fn address() -> String {
    std::env::var("WATCHFLOOR_TEST_KAFKA")
        .expect("WATCHFLOOR_TEST_KAFKA=host:port of a real broker is missing: run scripts/test")
}

fn settings() -> Settings {
    Settings::new(&address(), "story-checker", "checker")
}

fn partition(topic: &str) -> Partition {
    Partition { topic: Arc::from(topic), partition: 0 }
}

/// A record as a reader has it.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its place.
    pub offset: u64,
    /// Milliseconds since 1970.
    pub time_ms: i64,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Vec<u8>,
    /// Its headers.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Row {
    fn of(record: Record<'_>) -> Row {
        let headers = record.headers().into_iter().flatten();
        Row {
            offset: record.offset(),
            time_ms: match record.stamp() {
                Stamp::Append(ms) | Stamp::Create(ms) => ms,
                Stamp::Missing => 0,
            },
            key: record.key().map(<[u8]>::to_vec),
            value: record.value().unwrap_or_default().to_vec(),
            headers: headers.map(|(n, v)| (n.to_vec(), v.unwrap_or_default().to_vec())).collect(),
        }
    }

    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        let found = self.headers.iter().find(|(n, _)| n == name.as_bytes());
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }
}

/// Producers of the site, with one connection for all of them.
pub struct Producers(Appender);

impl Producers {
    /// Not connected before the first record.
    pub fn new() -> Producers {
        Producers(Appender::new(&settings(), now))
    }

    /// Appends records with their times.
    pub fn append(&mut self, topic: &str, key: &[u8], records: &[(i64, &[u8])]) {
        let to = partition(topic);
        let rows: Vec<OutRow<'_>> = records
            .iter()
            .map(|(at_ms, value)| OutRow {
                to: to.clone(),
                key: Some(key),
                value: Some(*value),
                headers: &[],
                time_ms: Some(*at_ms),
            })
            .collect();
        let appended = self.0.append(&rows, PATIENCE);
        appended.unwrap_or_else(|error| panic!("{topic}: {error}"));
    }
}

/// Appends a record that no client library would send.
pub fn produce_strange_header(topic: &str) {
    wire::produce(&address(), topic, 0, STRANGE, (b"\xff\xfe", b"x")).expect("it is taken");
}

/// All that a read_committed reader has of a topic now, from the beginning.
pub fn read_all(topic: &str) -> Vec<Row> {
    let reader = Consumer::reader(&settings()).expect("a reader");
    let mut feed = reader.feed();
    let of = partition(topic);
    let low = Watermarks::new(&settings()).expect("a client").low(std::slice::from_ref(&of), PATIENCE);
    let start = Position { of, next: low.unwrap_or_else(|error| panic!("{topic}: {error}"))[0] };
    reader.assign(&mut feed, &[start]).expect("it can be read");
    let (mut rows, deadline) = (Vec::new(), now() + PATIENCE);
    loop {
        assert!(now() < deadline, "{topic} has no end");
        let batch = feed.poll(1_024, Duration::from_millis(200));
        assert_eq!(batch.faults(), [], "{topic}");
        rows.extend(batch.records().map(|(_, record)| Row::of(record)));
        if !batch.ends().is_empty() {
            return rows;
        }
    }
}

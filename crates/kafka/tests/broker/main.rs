//! The promises of this room against a real broker: what is committed is read, what is not is not, nobody who
//! was fenced writes, and no record can hurt the reader. `scripts/test` starts the broker; without one every
//! test fails.

mod log;
mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kafka::Stamp;
use kafka::admin::{Admin, Cleanup, Creation, NewTopicSpec, RecordTime};
use kafka::consumer::{Consumer, Event, FaultKind, Feed, GroupMetadata, Partition, Position};
use kafka::error::Error;
use kafka::producer::{Appender, Consumed, OutRow, Publisher};
use kafka::settings::Settings;
use kafka::watermarks::Watermarks;

const PATIENCE: Duration = Duration::from_secs(30);

#[expect(clippy::disallowed_methods, reason = "tests have patience, and patience needs a clock")]
fn now() -> Instant {
    Instant::now()
}

fn broker() -> String {
    std::env::var("WATCHFLOOR_TEST_KAFKA")
        .expect("WATCHFLOOR_TEST_KAFKA=host:port of a real broker is missing: run scripts/test")
}

/// A namespace that no other test has, on a broker that may have seen this suite before.
fn settings(test: &str) -> Settings {
    Settings::new(&broker(), &format!("{test}-{}", std::process::id()), "a")
}

fn admin(settings: &Settings) -> Admin {
    Admin::new(settings, PATIENCE).unwrap()
}

fn spec(name: &str, partitions: u32) -> NewTopicSpec {
    NewTopicSpec {
        name: name.to_owned(),
        partitions,
        replication: Some(1),
        time: RecordTime::Append,
        cleanup: Cleanup::Delete,
        retention_ms: None,
    }
}

/// Creates a topic of the namespace and returns its partitions.
fn topic(settings: &Settings, name: &str, partitions: u32) -> Vec<Partition> {
    let name = format!("{}.{name}", settings.namespace);
    admin(settings).create(&[spec(&name, partitions)]).unwrap();
    let topic: Arc<str> = Arc::from(name);
    (0..partitions).map(|partition| Partition { topic: Arc::clone(&topic), partition }).collect()
}

fn row<'r>(to: &Partition, key: &'r str, value: &'r str) -> OutRow<'r> {
    OutRow {
        to: to.clone(),
        key: Some(key.as_bytes()),
        value: Some(value.as_bytes()),
        headers: &[],
        time_ms: None,
    }
}

fn from_start(partitions: &[Partition]) -> Vec<Position> {
    partitions.iter().map(|of| Position { of: of.clone(), next: 0 }).collect()
}

/// Reads the values of these partitions until each position has reached the given end.
fn read_to(feed: &mut Feed, ends: &[u64]) -> Vec<String> {
    let deadline = now() + PATIENCE;
    let mut values = Vec::new();
    while feed.inputs().iter().zip(ends).any(|(input, end)| input.next < *end) {
        assert!(
            now() < deadline,
            "read {} values, positions {:?}, ends {ends:?}",
            values.len(),
            feed.inputs()
        );
        let batch = feed.poll(1024, Duration::from_millis(100));
        assert_eq!(batch.faults(), []);
        let texts = batch.records().map(|(_, record)| record.value().unwrap_or_default());
        values.extend(texts.map(|text| String::from_utf8_lossy(text).into_owned()));
    }
    values
}

/// All committed values of these partitions as of now.
fn committed_values(settings: &Settings, partitions: &[Partition]) -> Vec<String> {
    let ends = Watermarks::new(settings).unwrap().high(partitions, PATIENCE).unwrap();
    let reader = Consumer::reader(settings).unwrap();
    let mut feed = reader.feed();
    reader.assign(&mut feed, &from_start(partitions)).unwrap();
    read_to(&mut feed, &ends)
}

fn fenced_publisher(settings: &Settings) -> Publisher {
    let mut publisher = Publisher::new(settings, now);
    publisher.fence(PATIENCE).unwrap();
    publisher
}

/// Serves a member until the group has given it something (perhaps nothing) to assign.
fn joined(member: &Consumer) -> Vec<Partition> {
    let deadline = now() + PATIENCE;
    loop {
        for event in member.serve().unwrap() {
            if let Event::Assigned(partitions) = event {
                return partitions;
            }
        }
        assert!(now() < deadline, "the group assigned nothing");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_topic_is_created_as_ordered_once() {
    let settings = settings("topics");
    let admin = admin(&settings);
    let inputs = spec(&format!("{}.in", settings.namespace), 3);
    let mut states = spec(&format!("{}.state", settings.namespace), 2);
    (states.time, states.cleanup, states.retention_ms) =
        (RecordTime::Create, Cleanup::Compact, Some(86_400_000));
    let orders = [inputs.clone(), states.clone()];
    assert_eq!(admin.create(&orders).unwrap(), [Creation::Created, Creation::Created]);
    assert_eq!(admin.create(&orders).unwrap(), [Creation::Existed, Creation::Existed]);

    let facts = admin.describe(&[&inputs.name, &states.name, "nobody.knows.it"]).unwrap();
    let (input, state) = (facts[0].as_ref().unwrap(), facts[1].as_ref().unwrap());
    assert_eq!((input.partitions, input.replication), (3, 1));
    assert_eq!((input.time, input.cleanup), (RecordTime::Append, Cleanup::Delete));
    assert_eq!((state.time, state.cleanup), (RecordTime::Create, Cleanup::Compact));
    assert_eq!((state.partitions, state.retention_ms), (2, Some(86_400_000)));
    assert_eq!(facts[2], None);
    assert!(matches!(admin.create(&[spec("not/a name", 1)]), Err(Error::Fatal(_))));
}

#[test]
fn batches_bring_every_record_once_and_in_order() {
    let settings = settings("batches");
    let partitions = topic(&settings, "in", 3);
    let values: Vec<String> = (0..6000).map(|n| format!("value {n}")).collect();
    let headers = [("kind", b"x".as_slice()), ("kind", b"y")];
    let rows: Vec<OutRow<'_>> = values
        .iter()
        .enumerate()
        .map(|(n, value)| OutRow { headers: &headers, ..row(&partitions[n % 3], "k", value) })
        .collect();
    let appended = Appender::new(&settings, now).append(&rows, PATIENCE).unwrap();

    let reader = Consumer::reader(&settings).unwrap();
    let mut feed = reader.feed();
    reader.assign(&mut feed, &from_start(&partitions)).unwrap();
    let mut seen = [0_usize; 3];
    let mut ends = [None; 3];
    let deadline = now() + PATIENCE;
    while ends != [Some(2000); 3] {
        assert!(now() < deadline, "seen {seen:?}, ends {ends:?}");
        let batch = feed.poll(512, Duration::from_millis(200));
        assert_eq!(batch.faults(), []);
        assert!(batch.records().count() <= 512);
        for (input, record) in batch.records() {
            let n = seen[input] * 3 + input;
            assert_eq!(record.offset(), seen[input] as u64);
            assert_eq!(record.key(), Some(b"k".as_slice()));
            assert_eq!(record.value(), Some(values[n].as_bytes()));
            assert_eq!(Some(record.stamp()), appended[n].append_ms.map(Stamp::Append));
            let headers: Vec<_> = record.headers().unwrap().collect();
            assert_eq!(headers, [(b"kind".as_slice(), Some(b"x".as_slice())), (b"kind", Some(b"y"))]);
            seen[input] += 1;
        }
        for (input, end) in batch.ends() {
            ends[*input] = Some(*end);
        }
    }
    assert_eq!(seen, [2000; 3]);
    assert!(feed.inputs().iter().all(|input| input.next == 2000));
}

#[test]
fn a_feed_starts_where_it_is_told_and_gives_back_what_it_is_told() {
    let settings = settings("starts");
    let partitions = topic(&settings, "in", 2);
    let values: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    let rows: Vec<_> =
        values.iter().enumerate().map(|(n, value)| row(&partitions[n % 2], "k", value)).collect();
    Appender::new(&settings, now).append(&rows, PATIENCE).unwrap();

    let reader = Consumer::reader(&settings).unwrap();
    let (mut left, mut right) = (reader.feed(), reader.feed());
    let start = |at: usize, next| [Position { of: partitions[at].clone(), next }];
    reader.assign(&mut left, &start(0, 7)).unwrap();
    reader.assign(&mut right, &start(1, 9)).unwrap();
    assert_eq!(read_to(&mut left, &[10]), ["14", "16", "18"]);
    assert_eq!(read_to(&mut right, &[10]), ["19"]);

    reader.unassign(&mut left, &partitions[..1]).unwrap();
    assert_eq!(left.inputs(), []);
    reader.assign(&mut right, &start(0, 8)).unwrap();
    assert_eq!(read_to(&mut right, &[10, 10]), ["16", "18"]);
    assert!(left.poll(10, Duration::from_millis(300)).is_empty());
}

#[test]
fn a_header_name_that_is_no_text_is_read_as_bytes() {
    let settings = settings("headers");
    let partitions = topic(&settings, "in", 1);
    let topic = &partitions[0].topic;
    wire::produce(&broker(), topic, 0, b"hostile", (b"\xff\xfe name", b"value")).unwrap();
    wire::produce(&broker(), topic, 0, b"empty", (b"", b"")).unwrap();
    wire::produce(&broker(), topic, 0, b"zero", (b"before\0after", b"\0")).unwrap();

    let reader = Consumer::reader(&settings).unwrap();
    let mut feed = reader.feed();
    reader.assign(&mut feed, &from_start(&partitions)).unwrap();
    let mut headers = Vec::new();
    while feed.inputs()[0].next < 3 {
        for (_, record) in feed.poll(10, PATIENCE).records() {
            let all = record.headers().unwrap();
            headers.extend(all.map(|(name, value)| (name.to_vec(), value.map(<[u8]>::to_vec))));
        }
    }
    let expected = [
        (b"\xff\xfe name".to_vec(), Some(b"value".to_vec())),
        (b"".to_vec(), Some(b"".to_vec())),
        (b"before".to_vec(), Some(b"\0".to_vec())),
    ];
    assert_eq!(headers, expected);
}

#[test]
fn rows_without_key_or_value_come_back_without() {
    let settings = settings("null");
    let partitions = topic(&settings, "in", 1);
    let bare = OutRow { to: partitions[0].clone(), key: None, value: None, headers: &[], time_ms: None };
    let empty = OutRow { key: Some(b""), value: Some(b""), ..bare.clone() };
    Appender::new(&settings, now).append(&[bare, empty], PATIENCE).unwrap();
    let reader = Consumer::reader(&settings).unwrap();
    let mut feed = reader.feed();
    reader.assign(&mut feed, &from_start(&partitions)).unwrap();
    let mut seen = Vec::new();
    while feed.inputs()[0].next < 2 {
        let batch = feed.poll(10, PATIENCE);
        for (_, record) in batch.records() {
            assert_eq!(record.headers().unwrap().count(), 0);
            seen.push((record.key().map(<[u8]>::to_vec), record.value().map(<[u8]>::to_vec)));
        }
    }
    assert_eq!(seen, [(None, None), (Some(vec![]), Some(vec![]))]);
}

#[test]
fn an_offset_that_is_gone_is_a_fault_and_no_silent_jump() {
    let settings = settings("gone");
    let partitions = topic(&settings, "in", 1);
    Appender::new(&settings, now).append(&[row(&partitions[0], "k", "v")], PATIENCE).unwrap();
    let reader = Consumer::reader(&settings).unwrap();
    let mut feed = reader.feed();
    reader.assign(&mut feed, &[Position { of: partitions[0].clone(), next: 1000 }]).unwrap();
    let deadline = now() + PATIENCE;
    let fault = loop {
        let batch = feed.poll(10, Duration::from_millis(100));
        assert_eq!(batch.records().count(), 0);
        if let [fault, ..] = batch.faults() {
            break fault.clone();
        }
        assert!(now() < deadline);
    };
    assert_eq!((fault.input, fault.kind), (Some(0), FaultKind::OffsetGone), "{}", fault.text);
    assert_eq!(feed.inputs()[0].next, 1000);
}

#[test]
fn a_transaction_carries_rows_and_positions_or_neither() {
    let settings = settings("commit");
    let inputs = topic(&settings, "in", 1);
    let outputs = topic(&settings, "out", 2);
    let mut publisher = fenced_publisher(&settings);
    let reader = Consumer::reader(&settings).unwrap();
    assert_eq!(reader.committed(&inputs, PATIENCE).unwrap(), [None]);

    let group = reader.group_metadata().unwrap();
    let positions = [Position { of: inputs[0].clone(), next: 41 }];
    let consumed = Consumed { group: &group, positions: &positions };
    let rows =
        [row(&outputs[0], "a", "first"), row(&outputs[1], "b", "second"), row(&outputs[0], "c", "third")];
    let committed = publisher.commit(&rows, Some(&consumed)).unwrap();
    assert_eq!(committed.offsets, [0, 0, 1]);
    assert_eq!(reader.committed(&inputs, PATIENCE).unwrap(), [Some(41)]);
    let mut values = committed_values(&settings, &outputs);
    values.sort();
    assert_eq!(values, ["first", "second", "third"]);

    // Positions alone are a transaction too: this is how progress without output is kept.
    let positions = [Position { of: inputs[0].clone(), next: 42 }];
    publisher.commit(&[], Some(&Consumed { group: &group, positions: &positions })).unwrap();
    assert_eq!(reader.committed(&inputs, PATIENCE).unwrap(), [Some(42)]);
}

#[test]
fn a_position_passes_the_marker_of_a_transaction_at_the_end() {
    let settings = settings("markers");
    let outputs = topic(&settings, "out", 1);
    let mut publisher = fenced_publisher(&settings);
    publisher.commit(&[row(&outputs[0], "a", "v")], None).unwrap();
    let watermarks = Watermarks::new(&settings).unwrap();
    // One row and one marker.
    assert_eq!(watermarks.high(&outputs, PATIENCE).unwrap(), [2]);
    assert_eq!(watermarks.low(&outputs, PATIENCE).unwrap(), [0]);
    assert_eq!(committed_values(&settings, &outputs), ["v"]);
}

#[test]
fn a_member_that_the_group_has_left_behind_commits_nothing() {
    let settings = settings("regrouped");
    let inputs = topic(&settings, "in", 4);
    let outputs = topic(&settings, "out", 1);
    let name = &*inputs[0].topic;
    let member = Consumer::member(&settings, &[name]).unwrap();
    let mut feed = member.feed();
    let mut given = joined(&member);
    given.sort();
    assert_eq!(given, inputs);
    member.assign(&mut feed, &from_start(&given)).unwrap();
    let old = member.group_metadata().unwrap();
    let mut publisher = fenced_publisher(&settings);
    commit_at(&mut publisher, &outputs[0], "in charge", &old, &inputs[0]).unwrap();

    // A second instance comes: two of the four have to be given back, and the generation moves on.
    let other =
        Consumer::member(&Settings { instance: "b".to_owned(), ..settings.clone() }, &[name]).unwrap();
    let deadline = now() + PATIENCE;
    let mut theirs = Vec::new();
    while theirs.len() < 2 {
        assert!(now() < deadline, "the second member got {theirs:?}");
        for event in member.serve().unwrap() {
            if let Event::Revoked(partitions) = event {
                member.unassign(&mut feed, &partitions).unwrap();
            } else if let Event::Assigned(partitions) = event {
                member.assign(&mut feed, &from_start(&partitions)).unwrap();
            }
        }
        for event in other.serve().unwrap() {
            if let Event::Assigned(partitions) = event {
                other.assign(&mut other.feed(), &from_start(&partitions)).unwrap();
                theirs.extend(partitions);
            }
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(feed.inputs().len(), 2);

    let refused = commit_at(&mut publisher, &outputs[0], "left behind", &old, &inputs[0]);
    assert!(matches!(refused, Err(Error::Regrouped(_))), "{refused:?}");
    assert!(!publisher.is_ready());
    // Its row is in the log, in a transaction that nobody ended: fencing aborts it.
    publisher.fence(PATIENCE).unwrap();
    assert_eq!(committed_values(&settings, &outputs), ["in charge"]);
    commit_at(&mut publisher, &outputs[0], "again", &member.group_metadata().unwrap(), &inputs[0]).unwrap();
    assert_eq!(committed_values(&settings, &outputs), ["in charge", "again"]);
}

fn commit_at(
    publisher: &mut Publisher,
    to: &Partition,
    value: &str,
    group: &GroupMetadata,
    input: &Partition,
) -> Result<(), Error> {
    let positions = [Position { of: input.clone(), next: 1 }];
    publisher.commit(&[row(to, "k", value)], Some(&Consumed { group, positions: &positions })).map(|_| ())
}

#[test]
fn a_zombie_is_fenced_by_its_successor() {
    let settings = settings("zombie");
    let outputs = topic(&settings, "out", 1);
    let mut zombie = fenced_publisher(&settings);
    zombie.commit(&[row(&outputs[0], "k", "alive")], None).unwrap();
    let mut successor = fenced_publisher(&settings);
    let refused = zombie.commit(&[row(&outputs[0], "k", "dead")], None);
    assert!(matches!(refused, Err(Error::Fenced(_))), "{refused:?}");
    assert!(!zombie.is_ready());
    assert!(matches!(zombie.commit(&[], None), Err(Error::Unknown { .. })));
    successor.commit(&[row(&outputs[0], "k", "successor")], None).unwrap();
    assert_eq!(committed_values(&settings, &outputs), ["alive", "successor"]);
}

#[test]
fn a_row_that_is_too_large_is_named_and_nothing_is_sent() {
    let settings = settings("large");
    let outputs = topic(&settings, "out", 1);
    let mut publisher = fenced_publisher(&settings);
    let large = "x".repeat(2 << 20);
    let rows = [row(&outputs[0], "k", "small"), row(&outputs[0], "k", &large)];
    assert!(matches!(publisher.commit(&rows, None), Err(Error::TooLarge { row: 1, .. })));
    publisher.commit(&rows[..1], None).unwrap();
    assert_eq!(committed_values(&settings, &outputs), ["small"]);
}

#[test]
fn without_a_broker_every_call_comes_back() {
    let settings = Settings::new("127.0.0.1:1", "nobody", "a");
    let of = [Partition { topic: Arc::from("t"), partition: 0 }];
    let short = Duration::from_millis(300);
    assert!(matches!(Admin::new(&settings, short).unwrap().describe(&["t"]), Err(Error::Retry(_))));
    assert!(matches!(Watermarks::new(&settings).unwrap().high(&of, short), Err(Error::Retry(_))));
    let reader = Consumer::reader(&settings).unwrap();
    assert!(matches!(reader.committed(&of, short), Err(Error::Retry(_))));
    let mut publisher = Publisher::new(&settings, now);
    let fenced = publisher.fence(short);
    assert!(matches!(fenced, Err(Error::Retry(_))), "{fenced:?}");
    assert!(matches!(publisher.commit(&[], None), Err(Error::Unknown { .. })));
    let appended = Appender::new(&settings, now).append(&[row(&of[0], "k", "v")], short);
    assert!(matches!(appended, Err(Error::Unknown { .. })));
}

/// Prints what a commit costs on this machine: three rows and their positions, back to back.
#[test]
fn a_commit_takes_milliseconds() {
    let settings = settings("latency");
    let inputs = topic(&settings, "in", 1);
    let outputs = topic(&settings, "out", 1);
    let reader = Consumer::reader(&settings).unwrap();
    let group = reader.group_metadata().unwrap();
    let mut publisher = fenced_publisher(&settings);
    let value = "x".repeat(500);
    let rows = [row(&outputs[0], "a", &value), row(&outputs[0], "b", &value), row(&outputs[0], "c", &value)];
    let mut times = Vec::new();
    for next in 0..200 {
        let positions = [Position { of: inputs[0].clone(), next }];
        let begin = now();
        publisher.commit(&rows, Some(&Consumed { group: &group, positions: &positions })).unwrap();
        times.push(now() - begin);
    }
    times.sort();
    let (half, most, worst) = (times[100], times[198], times[199]);
    println!("commit of 3 rows and positions, 200 in a row: p50 {half:?}, p99 {most:?}, max {worst:?}");
    // Undrained, every single one took 100 ms and more; a busy machine may be slow, but not each time.
    assert!(half < Duration::from_millis(100), "p50 {half:?}");
}

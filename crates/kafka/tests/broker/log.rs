//! The log that the publisher sees, answer by answer.

use super::{PATIENCE, admin, now, settings, spec};
use event::coordinates::Topics;
use event::time::Timestamp;
use kafka::group::{Change, Generation, Group};
use kafka::log::KafkaLog;
use kafka::settings::Settings;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use task::log::{Cause, Header, Input, Log, LogError, OutRow, Outcome, Output, Standing, Transaction};

/// The topics of an instance with two tasks and one input, and a seat in its group.
struct Instance {
    settings: Settings,
    group: Group,
    log: KafkaLog,
    input: Input,
}

fn instance(test: &str) -> Instance {
    let settings = settings(test);
    let names = ["in", "ticks", "incidents", "rejects", "late"];
    let topics: Vec<_> =
        names.iter().map(|name| spec(&format!("{}.{name}", settings.namespace), 2)).collect();
    admin(&settings).create(&topics).unwrap();
    let (group, log) = join(&settings);
    let input = Input { topic: inputs(&settings).id(&input_name(&settings)).unwrap(), partition: 0 };
    Instance { settings, group, log, input }
}

fn input_name(settings: &Settings) -> String {
    format!("{}.in", settings.namespace)
}

fn inputs(settings: &Settings) -> Arc<Topics> {
    Arc::new(Topics::new([input_name(settings).as_str()]))
}

fn join(settings: &Settings) -> (Group, KafkaLog) {
    let group = Group::join(settings, &format!("{}.ticks", settings.namespace)).unwrap();
    let log = KafkaLog::new(settings, now, group.membership(), inputs(settings)).unwrap();
    (group, log)
}

fn await_tasks(group: &mut Group, count: usize) {
    let deadline = now() + PATIENCE;
    while group.membership().standing().tasks.len() != count {
        assert!(now() < deadline, "{:?}", group.membership().standing().tasks);
        for change in group.serve().unwrap() {
            if let Change::Revoked(tasks) = change {
                group.give_back(&tasks).unwrap();
            }
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn row(output: Output, key: &str, value: &str) -> OutRow {
    let header = Header { name: "row".into(), value: b"\x01\x02".as_slice().into() };
    OutRow {
        output,
        partition: 0,
        key: key.as_bytes().into(),
        value: value.as_bytes().into(),
        headers: vec![header],
    }
}

fn transaction(
    standing: &Standing<Generation>,
    input: Input,
    next: u64,
    rows: &[OutRow],
) -> Transaction<Generation> {
    Transaction {
        rows: rows.to_vec(),
        offsets: BTreeMap::from([(input, next)]),
        generation: standing.generation.clone(),
    }
}

/// Reads a partition back until the position has passed everything that is there now.
fn read_back(log: &mut KafkaLog, output: Output, from: u64) -> Vec<OutRow> {
    let (end, deadline) = (log.end(output, 0).unwrap(), now() + PATIENCE);
    let (mut rows, mut position) = (Vec::new(), from);
    while position < end {
        assert!(now() < deadline, "at {position} of {end}");
        let stretch = log.read_back(output, 0, position).unwrap();
        rows.extend(stretch.rows.into_iter().map(|read| read.row));
        position = stretch.position;
        std::thread::sleep(Duration::from_millis(2));
    }
    rows
}

#[test]
fn rows_and_positions_are_committed_and_read_back() {
    let Instance { mut group, mut log, input, .. } = instance("log");
    log.init().unwrap();
    await_tasks(&mut group, 2);
    assert_eq!(log.committed(&[input]).unwrap(), BTreeMap::new());
    let rows = [row(Output::Incidents, "i", "opened"), row(Output::Rejects, "r", "what"), {
        row(Output::Incidents, "i", "updated")
    }];
    let standing = log.standing();
    let outcome = log.commit(&transaction(&standing, input, 7, &rows));
    let Outcome::Delivered(places) = outcome else { panic!("{outcome:?}") };
    assert_eq!(places, [Some(0), Some(0), Some(1)]);
    assert_eq!(log.committed(&[input]).unwrap(), BTreeMap::from([(input, 7)]));
    assert_eq!(read_back(&mut log, Output::Incidents, 0), [rows[0].clone(), rows[2].clone()]);
    assert_eq!(read_back(&mut log, Output::Rejects, 0), [rows[1].clone()]);
    // Asking again from the middle is allowed: a task that is recovered anew does.
    assert_eq!(read_back(&mut log, Output::Incidents, 1), [rows[2].clone()]);

    // Two rows and a marker.
    assert_eq!(log.end(Output::Incidents, 0).unwrap(), 3);
    assert_eq!(log.first_since(Output::Incidents, 0, Timestamp::MIN).unwrap(), 0);
    assert_eq!(log.first_since(Output::Incidents, 0, Timestamp::from_millis(1)).unwrap(), 0);
    assert_eq!(log.first_since(Output::Incidents, 0, Timestamp::MAX).unwrap(), 3);
}

#[test]
fn a_generation_that_is_not_the_last_commits_nothing() {
    let Instance { settings, mut group, mut log, input } = instance("moved");
    log.init().unwrap();
    await_tasks(&mut group, 2);
    let old = log.standing();
    let other = Settings { instance: "b".to_owned(), ..settings.clone() };
    let (mut others, _other_log) = join(&other);
    let deadline = now() + PATIENCE;
    while others.membership().standing().tasks.len() != 1 {
        assert!(now() < deadline);
        for group in [&mut group, &mut others] {
            for change in group.serve().unwrap() {
                if let Change::Revoked(tasks) = change {
                    group.give_back(&tasks).unwrap();
                }
            }
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(log.standing().tasks.len(), 1);
    let outcome = log.commit(&transaction(&old, input, 1, &[row(Output::Incidents, "i", "stale")]));
    assert!(matches!(outcome, Outcome::Unknown(Cause::Moved)), "{outcome:?}");
    let nobody = Standing { generation: None, ..old };
    let outcome = log.commit(&transaction(&nobody, input, 1, &[row(Output::Incidents, "i", "nobody's")]));
    assert!(matches!(outcome, Outcome::Unknown(Cause::Moved)), "{outcome:?}");

    log.init().unwrap();
    let standing = log.standing();
    let outcome = log.commit(&transaction(&standing, input, 2, &[row(Output::Incidents, "i", "ours")]));
    assert!(matches!(outcome, Outcome::Delivered(_)), "{outcome:?}");
    assert_eq!(read_back(&mut log, Output::Incidents, 0), [row(Output::Incidents, "i", "ours")]);
}

#[test]
fn a_process_of_the_same_name_fences_this_one() {
    let Instance { settings, mut group, mut log, input } = instance("fence");
    log.init().unwrap();
    await_tasks(&mut group, 2);
    let standing = log.standing();
    let (_successor, mut other) = join(&settings);
    other.init().unwrap();
    let outcome = log.commit(&transaction(&standing, input, 1, &[row(Output::Incidents, "i", "dead")]));
    assert!(matches!(outcome, Outcome::Fenced), "{outcome:?}");
    assert_eq!(read_back(&mut other, Output::Incidents, 0), []);
}

#[test]
fn a_record_that_no_row_can_hold_is_cut_and_says_so() {
    let Instance { mut group, mut log, input, .. } = instance("cut");
    log.init().unwrap();
    await_tasks(&mut group, 2);
    let large = "x".repeat(3 << 20);
    let standing = log.standing();
    let outcome = log.commit(&transaction(&standing, input, 1, &[row(Output::Rejects, "r", &large)]));
    assert!(matches!(outcome, Outcome::Delivered(_)), "{outcome:?}");
    let rows = read_back(&mut log, Output::Rejects, 0);
    assert!(rows[0].value.len() > 1_000_000);
    assert_eq!(rows[0].header("watchfloor.length"), Some(large.len().to_string().as_bytes()));
}

#[test]
fn a_position_behind_the_end_of_a_topic_is_no_position() {
    let Instance { mut group, mut log, .. } = instance("anew");
    await_tasks(&mut group, 2);
    let deadline = now() + PATIENCE;
    let refused = loop {
        match log.read_back(Output::Incidents, 0, 1_000) {
            Ok(_) => assert!(now() < deadline),
            Err(error) => break error,
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(matches!(refused, LogError::Fatal(_)), "{refused:?}");
}

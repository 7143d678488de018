//! The test broker as a reader of incidents sees it: each row with the broker's time, and with the time it was seen.

use crate::house::{Daemon, House, unix_ms};
use kafka::Stamp;
use kafka::consumer::{Consumer, Position};
use kafka::watermarks::Watermarks;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// For anything that comes to an end; a bench that waits longer has failed.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Patience needs a clock.
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
pub fn now() -> Instant {
    Instant::now()
}

/// Where the broker is.
pub fn address() -> String {
    std::env::var("WATCHFLOOR_TEST_KAFKA").expect(
        "WATCHFLOOR_TEST_KAFKA=host:port of a real broker is missing: run tests/broker/broker.sh run …",
    )
}

/// The offset behind the last row of a topic, markers counted.
pub fn end(house: &House, topic: &str) -> u64 {
    let watermarks = Watermarks::new(&house.settings()).expect("a client");
    watermarks.high(&[house.partition(topic)], PATIENCE).expect("the broker answers")[0]
}

/// When a row that tells of a door was appended and seen (ms).
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The broker's time.
    pub append_ms: i64,
    /// Ours, when a read_committed reader had it.
    pub seen_ms: i64,
}

/// What readers have been told.
#[derive(Default)]
pub struct Told {
    first: BTreeMap<String, Moment>,
    /// The last document of each incident; none: it was withdrawn or merged.
    incidents: BTreeMap<String, Option<Value>>,
}

impl Told {
    /// Everything from the beginning, until so many doors have been told of.
    pub fn read(house: &House, doors: usize, daemon: &mut Daemon) -> Told {
        follow(house).told(doors, daemon)
    }

    /// The first row that told of a door.
    pub fn first(&self, door: &str) -> Moment {
        self.first[door]
    }

    fn take(&mut self, value: &[u8], moment: Moment) {
        let revision: Value = serde_json::from_slice(value).expect("a revision is JSON");
        let id = revision["incident_id"].as_str().expect("an id").to_owned();
        let is_gone = matches!(revision["kind"].as_str(), Some("merged" | "withdrawn"));
        for door in doors(&revision["incident"]) {
            self.first.entry(door).or_insert(moment);
        }
        self.incidents.insert(id, (!is_gone).then(|| revision["incident"].clone()));
    }

    /// Exactly these doors, each in exactly one incident, by exactly one rule.
    pub fn check<'a>(&self, expected: impl Iterator<Item = &'a String>) {
        let live: Vec<&Value> = self.incidents.values().flatten().collect();
        let told: Vec<String> = live.iter().flat_map(|incident| doors(incident)).collect();
        let expected: BTreeSet<&String> = expected.collect();
        assert_eq!(told.iter().collect::<BTreeSet<_>>(), expected);
        assert_eq!(told.len(), expected.len(), "a door is in two incidents");
        let alerts = live.iter().filter_map(|incident| incident["alerts"].as_array()).flatten();
        let rules: BTreeSet<&str> = alerts.filter_map(|alert| alert["rule"].as_str()).collect();
        assert_eq!(rules, BTreeSet::from(["door_forced"]));
    }
}

/// The doors that an incident is about.
fn doors(incident: &Value) -> Vec<String> {
    let doors = incident["entities"]["door"].as_array().into_iter().flatten();
    doors.filter_map(|door| Some(door.as_str()?.to_owned())).collect()
}

/// A reader on a thread of its own, so that what it sees is not late because somebody else is busy.
pub struct Follower {
    told: Arc<Mutex<Told>>,
    doors: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

/// Follows the incidents of a house from the beginning.
pub fn follow(house: &House) -> Follower {
    let (told, doors, stop) = (Arc::default(), Arc::default(), Arc::default());
    let reader = Consumer::reader(&house.settings()).expect("a reader");
    let mut feed = reader.feed();
    let start = Position { of: house.partition("incidents"), next: 0 };
    reader.assign(&mut feed, &[start]).expect("it can be read");
    let shared = (Arc::clone(&told), Arc::clone(&doors), Arc::clone(&stop));
    let thread = std::thread::spawn(move || {
        let (told, doors, stop): (Arc<Mutex<Told>>, Arc<AtomicUsize>, Arc<AtomicBool>) = shared;
        while !stop.load(Ordering::SeqCst) {
            let batch = feed.poll(256, Duration::from_millis(50));
            let seen_ms = unix_ms();
            assert_eq!(batch.faults(), []);
            let mut told = told.lock().expect("nobody panics with it");
            for (_, record) in batch.records() {
                let (Stamp::Append(append_ms) | Stamp::Create(append_ms)) = record.stamp() else { continue };
                told.take(record.value().unwrap_or_default(), Moment { append_ms, seen_ms });
            }
            doors.store(told.first.len(), Ordering::SeqCst);
        }
        drop(reader);
    });
    Follower { told, doors, stop, thread }
}

impl Follower {
    /// Waits until so many doors have been told of, and a little longer: one too many would come right behind.
    pub fn told(self, doors: usize, daemon: &mut Daemon) -> Told {
        let deadline = now() + PATIENCE;
        while self.doors.load(Ordering::SeqCst) < doors {
            assert!(
                now() < deadline,
                "{} of {doors} doors\n{}",
                self.doors.load(Ordering::SeqCst),
                daemon.said()
            );
            assert!(!self.thread.is_finished(), "the reader has ended");
            daemon.assert_alive();
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(500));
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().expect("it reads to the end");
        std::mem::take(&mut self.told.lock().expect("nobody panics with it"))
    }
}

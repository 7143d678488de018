//! From Kafka to durable incidents, on a real broker, with the real daemon as a process of its own.
//!
//! ```text
//! peak     a recording lies on the topics ─▶ daemon starts ─▶ all of it is decoded and its positions are committed
//! latency  records at a fixed rate, stamped by the broker ─▶ append of an opening ─▶ append of its incident, and its sight
//! commit   one row and positions, by the publisher alone
//! ```
//! `tests/broker/broker.sh run cargo bench -p benches --features broker --bench broker`. Doors are forced at known records,
//! and each figure is printed only after exactly these doors have been told of by exactly the rule that they are about.
//! Without `--bench` everything is small.
//!
//! The daemon is this file's own executable, called as `watchfloor` is: same library, same allocator, never an older build.

mod figures;
#[path = "broker/house.rs"]
mod house;
#[path = "broker/log.rs"]
mod log;
mod records;

use figures::{Figures, Size};
use hdrhistogram::Histogram;
use house::{Clock, House, forced_door, unix_ms};
use kafka::producer::{Appender, Consumed, OutRow, Publisher};
use log::{PATIENCE, Told, now};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

/// As in the daemon.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Records that are appended at once while a recording is laid down.
const PART: u64 = 10_000;
/// The live group is fed this often.
const BEAT: Duration = Duration::from_millis(10);
/// What opens so soon after the first record is counted apart: a broker that was just started compiles its code then.
const COLD_MS: i64 = 3_000;

/// What is laid down and sent.
struct Plan {
    /// Records of the recording, one a millisecond.
    recorded: u64,
    /// Records a beat.
    a_beat: u64,
    /// Beats.
    beats: u64,
    /// Transactions of the publisher alone.
    commits: u64,
}

const SMALL: Plan = Plan { recorded: 4_000, a_beat: 4, beats: 400, commits: 5 };
const FULL: Plan = Plan { recorded: 1_000_000, a_beat: 50, beats: 2_000, commits: 400 };

/// One record of a stream: every second one is of the IDS, and one in `forced_every` (an even number) is a door that
/// opens by itself; it takes the place of an alert, so that no passage is torn.
fn record(house: &House, number: u64, at_ms: i64, forced_every: u64) -> (Topic, String) {
    if number % forced_every == forced_every - 1 {
        let door = forced_door(number / forced_every);
        return (Topic::Badge, records::badge(number, at_ms, &door, "Door Opened"));
    }
    if !number.is_multiple_of(2) {
        return (Topic::Network, records::alert(number, at_ms));
    }
    let passage = number / 2;
    let what = ["Access Granted", "Door Opened", "Door Closed"][(passage % 3) as usize];
    (Topic::Badge, records::badge(number, at_ms, &house.ordinary_door(passage / 3), what))
}

/// The inputs of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    Badge,
    Network,
}

impl Topic {
    fn name(self) -> &'static str {
        match self {
            Topic::Badge => "badge",
            Topic::Network => "network",
        }
    }
}

/// Appends a stretch of the stream; of each forced door, the time that the broker gave the record.
fn append(
    producer: &mut Appender,
    house: &House,
    numbers: std::ops::Range<u64>,
    at_ms: impl Fn(u64) -> i64,
    forced_every: u64,
) -> BTreeMap<String, i64> {
    let values: Vec<(u64, i64, Topic, String)> = numbers
        .map(|number| {
            let (topic, value) = record(house, number, at_ms(number), forced_every);
            (number, at_ms(number), topic, value)
        })
        .collect();
    let rows: Vec<OutRow<'_>> = values
        .iter()
        .map(|(_, at_ms, topic, value)| OutRow {
            to: house.partition(topic.name()),
            key: Some(b"harbour"),
            value: Some(value.as_bytes()),
            headers: &[],
            time_ms: Some(*at_ms),
        })
        .collect();
    let appended = producer.append(&rows, PATIENCE).expect("the broker takes them");
    let forced =
        values.iter().zip(&appended).filter(|((number, ..), _)| number % forced_every == forced_every - 1);
    let stamped = forced.map(|((number, at_ms, ..), appended)| {
        (forced_door(number / forced_every), appended.append_ms.unwrap_or(*at_ms))
    });
    assert_eq!(appended.len(), values.len());
    stamped.collect()
}

/// Events a second from the first committed position to the last, and events a CPU-second of the whole process.
fn peak(plan: &Plan, figures: &mut Figures) {
    // The last record is an opening, so that the last row waits for everything before it.
    let forced_every = (plan.recorded / 1_000).max(200);
    let doors = plan.recorded / forced_every;
    let house = House::new("bench-peak", Clock::Recorded, doors);
    let mut producer = Appender::new(&house.settings(), now);
    let start_ms = unix_ms() - plan.recorded as i64;
    let mut openings = BTreeMap::new();
    for from in (0..plan.recorded).step_by(PART as usize) {
        let numbers = from..plan.recorded.min(from + PART);
        openings.extend(append(&mut producer, &house, numbers, |n| start_ms + n as i64, forced_every));
    }
    let mut daemon = house.start();
    let reached = house.await_committed(plan.recorded, &mut daemon);
    let cpu = daemon.cpu_seconds();
    let told = Told::read(&house, openings.len(), &mut daemon);
    told.check(openings.keys());
    daemon.await_figure("watchfloor_records_total{outcome=\"decoded\"}", plan.recorded as f64);
    daemon.stop();
    let what =
        format!("Kafka to durable incidents, {} records of 300 bytes, {doors} incidents", plan.recorded);
    figures.add(&what, reached.records_a_second, "events/s");
    figures.add("the same, all threads of the daemon", plan.recorded as f64 / cpu, "events/CPU-s");
    figures.add("the same, from the start of the process", reached.seconds_from_start, "s");
}

/// From the append of an opening to the append of its incident, and to the instant when a reader has it.
fn latency(plan: &Plan, figures: &mut Figures) {
    let forced_every = 2 * plan.a_beat;
    let house = House::new("bench-live", Clock::Broker, plan.beats / 2);
    let mut producer = Appender::new(&house.settings(), now);
    let mut daemon = house.start();
    daemon.await_ready();
    let reader = log::follow(&house);
    let mut openings = BTreeMap::new();
    let (start, mut next, end) = (now(), 0, plan.beats * plan.a_beat);
    while next < end {
        // All that is due by now, so that a slow answer of the broker does not slow the stream.
        let beats = start.elapsed().as_micros() as u64 / BEAT.as_micros() as u64 + 1;
        let due = end.min(beats * plan.a_beat);
        let at_ms = unix_ms();
        openings.extend(append(&mut producer, &house, next..due, |_| at_ms, forced_every));
        next = due;
        std::thread::sleep((start + BEAT * beats as u32).saturating_duration_since(now()));
    }
    let rate = end as f64 / start.elapsed().as_secs_f64();
    let told = reader.told(openings.len(), &mut daemon);
    told.check(openings.keys());
    daemon.stop();
    let (mut cold, mut to_append, mut to_sight) = (latencies(), latencies(), latencies());
    let began_ms = openings.values().min().copied().unwrap_or(0);
    for (door, opened_ms) in &openings {
        let first = told.first(door);
        let to_append = if opened_ms - began_ms < COLD_MS { &mut cold } else { &mut to_append };
        record_ms(to_append, first.append_ms - opened_ms);
        record_ms(&mut to_sight, first.seen_ms - opened_ms);
    }
    let what = format!("at {:.0} events/s, {} incidents", (rate / 100.0).round() * 100.0, openings.len());
    add_quantiles(figures, &format!("append to append of the incident, {what}"), &to_append, 1.0);
    add_quantiles(figures, "the same, in the first 3 s after the daemon's start", &cold, 1.0);
    add_quantiles(figures, &format!("append to sight (read_committed), {what}"), &to_sight, 1.0);
}

/// A transaction of one row and the positions, from its begin to its end.
fn commits(plan: &Plan, figures: &mut Figures) {
    let house = House::new("bench-commit", Clock::Recorded, 1);
    let settings = house.settings();
    let reader = kafka::consumer::Consumer::reader(&settings).expect("a reader");
    let group = reader.group_metadata().expect("the metadata of a reader");
    let mut publisher = Publisher::new(&settings, now);
    publisher.fence(PATIENCE).expect("it is the only one of its name");
    let mut spent = latencies();
    let value = "x".repeat(2_000);
    let before = log::end(&house, "incidents");
    for number in 0..plan.commits {
        let positions = house.positions(number + 1);
        let row = OutRow {
            to: house.partition("incidents"),
            key: Some(b"harbour"),
            value: Some(value.as_bytes()),
            headers: &[],
            time_ms: None,
        };
        let start = now();
        let committed = publisher.commit(&[row], Some(&Consumed { group: &group, positions: &positions }));
        spent.saturating_record(start.elapsed().as_micros() as u64);
        assert_eq!(committed.expect("it is committed").offsets.len(), 1);
    }
    // A row and a marker each.
    assert_eq!(log::end(&house, "incidents") - before, 2 * plan.commits);
    add_quantiles(figures, "commit of a transaction, 1 row of 2 kB and 2 positions", &spent, 1e-3);
}

fn latencies() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 120_000_000, 3).expect("bounds in order")
}

/// Two clocks of one machine that differ by less than a millisecond may seem to run backwards.
fn record_ms(into: &mut Histogram<u64>, ms: i64) {
    assert!(ms >= -1, "an incident {} ms before its event", -ms);
    into.saturating_record(ms.max(0) as u64);
}

fn add_quantiles(figures: &mut Figures, what: &str, of: &Histogram<u64>, to_ms: f64) {
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
        figures.add(&format!("{what}, {name}"), of.value_at_quantile(quantile) as f64 * to_ms, "ms");
    }
}

fn main() -> ExitCode {
    // Called as the daemon or one of its commands.
    if matches!(std::env::args().nth(1).as_deref(), Some("run" | "topics")) {
        return watchfloor::run(std::env::args_os());
    }
    let size = Size::asked();
    let plan = size.pick(SMALL, FULL);
    let command = "tests/broker/broker.sh run cargo bench -p benches --features broker --bench broker";
    let mut figures = Figures::new(command, size);
    peak(&plan, &mut figures);
    latency(&plan, &mut figures);
    commits(&plan, &mut figures);
    figures.print();
    ExitCode::SUCCESS
}

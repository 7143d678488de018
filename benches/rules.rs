//! The questions Q1-Q3 of the design (sequence, sliding count, absence) through crate `rules`, in process, on binary rows,
//! with answers checked against plain deques; bytes of a cell and ns of an insert, in order and late.
//!
//! `cargo bench -p benches --bench rules` measures; a word behind it (`-- Q2`, `-- inserts`) picks what it names. Without
//! `--bench` everything is small, and only the answers count.

mod figures;
mod stream;

use event::class::{self, ClassId};
use event::row::Batch;
use event::time::Timestamp;
use figures::{Figures, Size};
use rules::program::index::Matches;
use std::collections::{HashMap, VecDeque};
use stream::{
    Letter, MS, Q1, Q2, Q3, START, Stream, cpu_seconds, machine, median, symbols, wants, write_row, written,
};

/// As in the daemon.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn resident_bytes() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap_or(0.0) * 4_096.0
}

/// Detections that stand, and events per CPU-second.
fn run(rule: &str, stream: &Stream, batches: &[Batch]) -> (u64, f64) {
    let (program, site, mut machine) = machine(rule);
    let (mut matches, mut changes) = (Matches::default(), Vec::new());
    let start = cpu_seconds();
    for batch in batches {
        matches.clear();
        batch.iter().enumerate().for_each(|(at, row)| program.match_row(row, at as u32, &site, &mut matches));
        machine.apply(batch, &matches, &mut changes);
        let last = batch.row(batch.len() - 1).row.ts;
        machine.advance(Timestamp(last.0 - 1), &mut changes);
        changes.clear();
    }
    let spent = cpu_seconds() - start;
    machine.advance(Timestamp(START + (stream.events.len() as i64 + 600_000) * MS), &mut changes);
    (machine.counts.detections - machine.counts.withdrawn, stream.events.len() as f64 / spent.max(1e-9))
}

fn answer_q1(stream: &Stream) -> u64 {
    let mut last_a: HashMap<u32, i64> = HashMap::new();
    let mut found = 0;
    for (ts, letter, key) in &stream.events {
        match letter {
            Letter::A => drop(last_a.insert(*key, *ts)),
            Letter::B if last_a.get(key).is_some_and(|a| ts - a <= 60_000 * MS) => found += 1,
            _ => {}
        }
    }
    found
}

fn answer_q2(stream: &Stream) -> u64 {
    let mut windows: HashMap<u32, VecDeque<i64>> = HashMap::new();
    let mut found = 0;
    for (ts, _, key) in stream.events.iter().filter(|(_, letter, _)| *letter == Letter::C) {
        let window = windows.entry(*key).or_default();
        window.push_back(*ts);
        while window.front().is_some_and(|first| ts - first > 60_000 * MS) {
            window.pop_front();
        }
        found += u64::from(window.len() >= 10);
    }
    found
}

fn answer_q3(stream: &Stream) -> u64 {
    let mut open: HashMap<u32, VecDeque<i64>> = HashMap::new();
    let mut found = 0;
    for (ts, letter, key) in &stream.events {
        match letter {
            Letter::A => open.entry(*key).or_default().push_back(*ts),
            Letter::B => {
                let expired = |a: &&i64| ts - **a > 30_000 * MS;
                found +=
                    open.remove(key).map_or(0, |triggers| triggers.iter().filter(expired).count() as u64);
            }
            Letter::C => {}
        }
    }
    found + open.values().map(|triggers| triggers.len() as u64).sum::<u64>()
}

/// A question: its name, its rule, and what knows the answer.
type Question = (&'static str, &'static str, fn(&Stream) -> u64);
const QUESTIONS: [Question; 3] = [("Q1", Q1, answer_q1), ("Q2", Q2, answer_q2), ("Q3", Q3, answer_q3)];

/// A question that takes longer than this is asked no further round (CPU seconds).
const ENOUGH: f64 = 8.0;

/// The middle one of some rounds, each with the exact answer; beside it the plain deques, whose answer it has to be.
fn questions(count: usize, keys: u32, rounds: usize, figures: &mut Figures) {
    let stream = Stream::new(count, keys);
    let batches = written(&stream, |_, _| {});
    for (name, rule, answer) in QUESTIONS.into_iter().filter(|(name, ..)| wants(name)) {
        let (mut ours, mut plain, mut expected) = (Vec::new(), Vec::new(), 0);
        let began = cpu_seconds();
        while ours.len() < rounds && (ours.is_empty() || cpu_seconds() - began < ENOUGH) {
            let start = cpu_seconds();
            expected = answer(&stream);
            plain.push(count as f64 / (cpu_seconds() - start).max(1e-9));
            let (found, rate) = run(rule, &stream, &batches);
            assert_eq!(found, expected, "{name} at {keys} keys");
            ours.push(rate);
        }
        let (ours, plain) = (median(ours), median(plain));
        let what = format!("{name}, {keys} keys, {count} events, {expected} detections (exact)");
        figures.add(&what, ours / 1e6, "M events/CPU-s");
        figures.add(&format!("{name}, {keys} keys, plain deques ÷ ours"), plain / ours, "×");
    }
}

/// A rule whose cells are filled, and the class of each entry.
struct Shape {
    name: &'static str,
    rule: &'static str,
    entries: &'static [ClassId],
}

const SHAPES: [Shape; 3] = [
    Shape {
        name: "sequence of 3",
        rule: "rule r \"x\" severity low { by door  sequence within 10m { access.denied  access.granted  door.forced } }",
        entries: &[class::ACCESS_DENIED, class::ACCESS_GRANTED, class::ACCESS_DENIED],
    },
    Shape {
        name: "sequence of 8",
        rule: "rule r \"x\" severity low { by door  sequence within 10m { access.denied  access.granted  door.opened  door.closed  door.unlocked  door.locked  door.held  door.forced } }",
        entries: &[
            class::ACCESS_DENIED,
            class::ACCESS_GRANTED,
            class::DOOR_OPENED,
            class::DOOR_CLOSED,
            class::DOOR_UNLOCKED,
            class::DOOR_LOCKED,
            class::DOOR_HELD,
        ],
    },
    Shape {
        name: "count of 10",
        rule: "rule r \"x\" severity low { by door  count >= 10 of access.denied or access.granted within 10m }",
        entries: &[class::ACCESS_DENIED; 9],
    },
];

/// Where the last entry of a cell belongs.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    Behind,
    /// In the middle of what is there.
    Between,
}

/// Bytes of a cell with all but the step that would complete it, ns of the last insert in order and late.
fn inserts(keys: u32, rounds: usize, figures: &mut Figures) {
    let mut buffer = Vec::new();
    for (number, shape) in SHAPES.iter().enumerate() {
        let mut ns = |last: Last| {
            median((0..rounds).map(|_| fill(shape, keys, last, &mut buffer).nanoseconds).collect())
        };
        let what = format!("{}, {} entries, {keys} keys", shape.name, shape.entries.len());
        figures.add(
            &format!("{what}: cell with log, key and events"),
            bytes_elsewhere(number, keys),
            "bytes",
        );
        figures.add(&format!("{what}: index and insert, in order"), ns(Last::Behind), "ns");
        figures.add(&format!("{what}: index and insert, late"), ns(Last::Between), "ns");
    }
}

/// The first argument of a process that fills one machine and prints its bytes.
const BYTES: &str = "bytes-of-a-cell";

/// In a process of its own: here a machine may find memory that another has left.
fn bytes_elsewhere(shape: usize, keys: u32) -> f64 {
    let mut child = std::process::Command::new(std::env::current_exe().expect("this executable"));
    let output = child.args([BYTES, &shape.to_string(), &keys.to_string()]).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

/// If this is such a process: what it prints.
fn bytes_here() -> Option<f64> {
    let mut args = std::env::args().skip(1);
    if args.next()? != BYTES {
        return None;
    }
    let (shape, keys) = (args.next()?.parse::<usize>().ok()?, args.next()?.parse().ok()?);
    Some(fill(SHAPES.get(shape)?, keys, Last::Behind, &mut Vec::new()).bytes)
}

/// What a machine that was filled cost for each key.
struct Filled {
    /// Of the last entry, index and insert.
    nanoseconds: f64,
    /// That the process grew by.
    bytes: f64,
}

/// Fills a machine. Every key has one event a round, and the buffer of a round is used again, so that what the process
/// grows by is the machine.
fn fill(shape: &Shape, keys: u32, last: Last, round: &mut Vec<Batch>) -> Filled {
    let (program, site, mut machine) = machine(shape.rule);
    let (mut matches, mut changes) = (Matches::default(), Vec::new());
    let (mut spent, mut before) = (0.0, 0.0);
    for (at, class) in shape.entries.iter().enumerate() {
        let is_last = at + 1 == shape.entries.len();
        let place = if is_last && last == Last::Between { at as f64 / 2.0 - 0.25 } else { at as f64 };
        write_round(round, *class, keys, START + (place * 1_000.0) as i64 * MS);
        if at == 0 {
            before = resident_bytes();
        }
        let start = cpu_seconds();
        for batch in round.iter() {
            matches.clear();
            let rows = batch.iter().enumerate();
            rows.for_each(|(at, row)| program.match_row(row, at as u32, &site, &mut matches));
            machine.apply(batch, &matches, &mut changes);
        }
        spent = cpu_seconds() - start;
    }
    let bytes = (resident_bytes() - before) / f64::from(keys);
    assert_eq!(machine.sizes().cells, keys as usize);
    assert_eq!(machine.sizes().events, keys as usize * shape.entries.len());
    assert_eq!((machine.counts.detections, machine.counts.missed), (0, 0));
    Filled { nanoseconds: spent * 1e9 / f64::from(keys), bytes }
}

/// One event of every key, all within half a second.
fn write_round(round: &mut Vec<Batch>, class: ClassId, keys: u32, start: i64) {
    let step = 500 * MS / i64::from(keys);
    round.resize_with(keys.div_ceil(1_024) as usize, || Batch::new(symbols()));
    let mut text = String::new();
    for (number, batch) in (0u32..).zip(round.iter_mut()) {
        batch.clear();
        for key in number * 1_024..keys.min((number + 1) * 1_024) {
            write_row(batch, class, (start + i64::from(key) * step, key), &mut text, &|_, _| {});
        }
    }
}

fn main() {
    if let Some(bytes) = bytes_here() {
        println!("{bytes}");
        return;
    }
    let size = Size::asked();
    let mut figures = Figures::new("cargo bench -p benches --bench rules", size);
    // A round of a million keys is long enough for one to do.
    for (keys, rounds) in size.pick([(1_000, 1), (3_000, 1)], [(10_000, 5), (1_000_000, 1)]) {
        if wants("inserts") {
            inserts(keys, rounds, &mut figures);
        }
    }
    let (few, many) =
        size.pick(((40_000, 200), (20_000, 20_000)), ((2_000_000, 10_000), (4_000_000, 1_000_000)));
    for (count, keys) in [few, many] {
        questions(count, keys, size.pick(1, 3), &mut figures);
    }
    figures.print();
}

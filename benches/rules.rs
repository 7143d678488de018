//! The questions Q1-Q3 of the design (sequence, sliding count, absence) through crate `rules`, in process, on binary rows,
//! with answers checked against plain deques; bytes of a cell and ns of an insert, in order and late.
//!
//! `cargo bench -p benches --bench rules` measures; without `--bench` everything is small, and only the answers count.

use event::class::{self, ClassId};
use event::coordinates::{Coordinates, Topics};
use event::field;
use event::id::Ids;
use event::producers::Producers;
use event::row::Batch;
use event::symbol::SymbolKey;
use event::time::Timestamp;
use rules::check::{Environment, check_texts};
use rules::machine::Machine;
use rules::program::Program;
use rules::program::index::Matches;
use site::SiteModel;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

const MS: i64 = 1_000_000;
const START: i64 = 1_700_000_000_000 * MS;

const Q1: &str =
    "rule q1 \"{door}\" severity low { by door  sequence within 60s { access.denied  door.forced } }";
const Q2: &str = "rule q2 \"{door}\" severity low { by door  count >= 10 of access.granted within 60s }";
const Q3: &str =
    "rule q3 \"{door}\" severity low { by door  after access.denied expect door.forced within 30s  early }";

/// What a stream consists of: 5 % A, 5 % B, 90 % C, one event a millisecond, uniform keys.
#[derive(Clone, Copy, PartialEq)]
enum Letter {
    A,
    B,
    C,
}

struct Stream {
    events: Vec<(i64, Letter, u32)>,
}

impl Stream {
    fn new(count: usize, keys: u32) -> Stream {
        let mut state = 0x2545_f491_4f6c_dd1du64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let events = (0..count).map(|at| {
            let letter = match random() % 100 {
                0..5 => Letter::A,
                5..10 => Letter::B,
                _ => Letter::C,
            };
            (START + at as i64 * MS, letter, (random() % u64::from(keys)) as u32)
        });
        Stream { events: events.collect() }
    }
}

fn class_of(letter: Letter) -> ClassId {
    match letter {
        Letter::A => class::ACCESS_DENIED,
        Letter::B => class::DOOR_FORCED,
        Letter::C => class::ACCESS_GRANTED,
    }
}

fn machine(rule: &str) -> (Arc<Program>, Arc<SiteModel>, Machine, SymbolKey) {
    let symbols = SymbolKey::derive(b"bench");
    let mut producers = Producers::default();
    for class in [class::ACCESS_DENIED, class::DOOR_FORCED, class::ACCESS_GRANTED] {
        producers.set_lateness(class, event::time::Duration::from_secs(10));
    }
    let environment = Environment { producers: &producers, known: None };
    let checked = check_texts(&[("bench.rules", rule.as_bytes())], &environment);
    let rules = checked.rules.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    let program = Arc::new(Program::compile(Arc::new(rules), symbols, Ids::new("bench")));
    let site = Arc::new(SiteModel::empty(symbols));
    let topics = Arc::new(Topics::new(["bench"]));
    let machine = Machine::new(program.clone(), site.clone(), topics);
    (program, site, machine, symbols)
}

fn batches(stream: &Stream, symbols: SymbolKey) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut text = String::new();
    for (number, chunk) in stream.events.chunks(1_024).enumerate() {
        let mut batch = Batch::new(symbols);
        for (at, (ts, letter, key)) in chunk.iter().enumerate() {
            text.clear();
            text.push_str(&key.to_string());
            let mut row = batch.begin(class_of(*letter));
            row.source("s").site("hq").text(field::DOOR, &text);
            let index = row.finish();
            let envelope = batch.envelope_mut(index);
            (envelope.ts, envelope.append) = (Timestamp(*ts), Timestamp(*ts));
            envelope.coordinates =
                Coordinates { offset: (number * 1_024 + at) as u64, ..Coordinates::default() };
        }
        batches.push(batch);
    }
    batches
}

/// CPU time of this process in seconds, from the kernel's own counter.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn resident_bytes() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap_or(0.0) * 4_096.0
}

/// Detections that stand, and events per CPU-second.
fn run(rule: &str, stream: &Stream) -> (u64, f64) {
    let (program, site, mut machine, symbols) = machine(rule);
    let batches = batches(stream, symbols);
    let (mut matches, mut changes) = (Matches::default(), Vec::new());
    let start = cpu_seconds();
    for batch in &batches {
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

fn questions(count: usize, keys: u32) {
    let stream = Stream::new(count, keys);
    for (name, rule, expected) in
        [("Q1", Q1, answer_q1(&stream)), ("Q2", Q2, answer_q2(&stream)), ("Q3", Q3, answer_q3(&stream))]
    {
        let (found, rate) = run(rule, &stream);
        assert_eq!(found, expected, "{name} at {keys} keys");
        println!(
            "{name}  {keys:>9} keys  {count:>9} events  {found:>8} detections  {:>6.2} M events/CPU-s",
            rate / 1e6
        );
    }
}

/// Bytes of a cell with three entries, ns of an insert in order, and of one that comes late.
fn inserts(keys: u32) {
    const STEPS: [(&str, &str); 3] = [
        (
            "sequence of 3",
            "rule r \"x\" severity low { by door  sequence within 10m { access.denied  access.granted  door.forced } }",
        ),
        (
            "sequence of 8",
            "rule r \"x\" severity low { by door  sequence within 10m { access.denied  access.granted  door.opened  door.closed  door.unlocked  door.locked  door.held  door.forced } }",
        ),
        (
            "count of 10",
            "rule r \"x\" severity low { by door  count >= 10 of access.denied or access.granted within 10m }",
        ),
    ];
    for (name, rule) in STEPS {
        let rounds = if name == "count of 10" { 9 } else { 3 };
        let (in_order, bytes) = fill(rule, keys, rounds, false);
        let (late, _) = fill(rule, keys, rounds, true);
        println!(
            "{name:<14} {keys:>9} keys  {bytes:>6.0} B a key with {rounds} entries  {in_order:>5.0} ns in order  {late:>5.0} ns half of them late"
        );
    }
}

/// ns per event (index, insert and clock), and resident bytes per key.
fn fill(rule: &str, keys: u32, rounds: i64, late: bool) -> (f64, f64) {
    let (program, site, mut machine, symbols) = machine(rule);
    let step = 5_000 * MS / i64::from(keys.max(1));
    let mut events = Vec::new();
    for round in 0..rounds {
        for key in 0..keys {
            // Every second event belongs three seconds earlier than it comes.
            let shift = if late && key % 2 == 1 && round > 0 { 3_000 * MS } else { 0 };
            let letter = if round % 2 == 0 { Letter::A } else { Letter::C };
            events.push((START + round * 2_000 * MS + i64::from(key) * step / 5 - shift, letter, key));
        }
    }
    let stream = Stream { events };
    let batches = batches(&stream, symbols);
    let before = resident_bytes();
    let (mut matches, mut changes) = (Matches::default(), Vec::new());
    let start = cpu_seconds();
    for batch in &batches {
        matches.clear();
        batch.iter().enumerate().for_each(|(at, row)| program.match_row(row, at as u32, &site, &mut matches));
        machine.apply(batch, &matches, &mut changes);
    }
    let spent = cpu_seconds() - start;
    let bytes = (resident_bytes() - before) / f64::from(keys);
    assert_eq!(machine.sizes().cells, keys as usize);
    (spent * 1e9 / stream.events.len() as f64, bytes)
}

fn main() {
    if std::env::args().any(|argument| argument == "--bench") {
        questions(2_000_000, 10_000);
        questions(4_000_000, 1_000_000);
        inserts(10_000);
        inserts(1_000_000);
    } else {
        questions(40_000, 200);
        questions(20_000, 20_000);
        inserts(1_000);
    }
}

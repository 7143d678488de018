//! The stream W1 and the questions Q1-Q3 of the design, as all benches of rules use them: events, machines, CPU time.

use event::class::{self, ClassId};
use event::coordinates::{Coordinates, Topics};
use event::field;
use event::id::Ids;
use event::producers::Producers;
use event::row::{Batch, RowWriter};
use event::symbol::SymbolKey;
use event::time::{Duration, Timestamp};
use rules::check::{Environment, check_texts};
use rules::machine::Machine;
use rules::program::Program;
use site::SiteModel;
use std::sync::Arc;

pub const MS: i64 = 1_000_000;
pub const START: i64 = 1_700_000_000_000 * MS;

pub const Q1: &str =
    "rule q1 \"{door}\" severity low { by door  sequence within 60s { access.denied  door.forced } }";
pub const Q2: &str = "rule q2 \"{door}\" severity low { by door  count >= 10 of access.granted within 60s }";
pub const Q3: &str =
    "rule q3 \"{door}\" severity low { by door  after access.denied expect door.forced within 30s  early }";

/// What any of the benches sends.
const CLASSES: [ClassId; 10] = [
    class::ACCESS_DENIED,
    class::ACCESS_GRANTED,
    class::DOOR_FORCED,
    class::DOOR_OPENED,
    class::DOOR_CLOSED,
    class::DOOR_UNLOCKED,
    class::DOOR_LOCKED,
    class::DOOR_HELD,
    class::VIDEO_LOSS,
    class::IDS_ALERT,
];

/// What a stream consists of: 5 % A, 5 % B, 90 % C, one event a millisecond, uniform keys.
#[derive(Clone, Copy, PartialEq)]
pub enum Letter {
    A,
    B,
    C,
}

pub struct Stream {
    pub events: Vec<(i64, Letter, u32)>,
}

impl Stream {
    pub fn new(count: usize, keys: u32) -> Stream {
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

pub fn class_of(letter: Letter) -> ClassId {
    match letter {
        Letter::A => class::ACCESS_DENIED,
        Letter::B => class::DOOR_FORCED,
        Letter::C => class::ACCESS_GRANTED,
    }
}

pub fn symbols() -> SymbolKey {
    SymbolKey::derive(b"bench")
}

pub fn machine(rule: &str) -> (Arc<Program>, Arc<SiteModel>, Machine) {
    let mut producers = Producers::default();
    for class in CLASSES {
        producers.set_lateness(class, Duration::from_secs(10));
    }
    let environment = Environment { producers: &producers, known: None };
    let checked = check_texts(&[("bench.rules", rule.as_bytes())], &environment);
    let rules = checked.rules.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    let program = Arc::new(Program::compile(Arc::new(rules), symbols(), Ids::new("bench")));
    let site = Arc::new(SiteModel::empty(symbols()));
    let machine = Machine::new(program.clone(), site.clone(), Arc::new(Topics::new(["bench"])));
    (program, site, machine)
}

/// A row that the key has; batches after one another hold events in the order of their offsets.
pub fn write_row(
    batch: &mut Batch,
    class: ClassId,
    (ts, key): (i64, u32),
    text: &mut String,
    more: &impl Fn(&mut RowWriter<'_>, u32),
) {
    text.clear();
    text.push_str(&key.to_string());
    let mut row = batch.begin(class);
    row.source("s").site("hq").text(field::DOOR, text);
    more(&mut row, key);
    let index = row.finish();
    let envelope = batch.envelope_mut(index);
    (envelope.ts, envelope.append) = (Timestamp(ts), Timestamp(ts));
}

/// Its events as rows that have their key as the door, and what else `more` writes.
pub fn written(stream: &Stream, more: impl Fn(&mut RowWriter<'_>, u32)) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut text = String::new();
    for (number, chunk) in stream.events.chunks(1_024).enumerate() {
        let mut batch = Batch::new(symbols());
        for (at, (ts, letter, key)) in chunk.iter().enumerate() {
            write_row(&mut batch, class_of(*letter), (*ts, *key), &mut text, &more);
            let offset = (number * 1_024 + at) as u64;
            batch.envelope_mut(at).coordinates = Coordinates { offset, ..Coordinates::default() };
        }
        batches.push(batch);
    }
    batches
}

/// CPU time of this thread in seconds, from the kernel's own counter.
pub fn cpu_seconds() -> f64 {
    // The counter of a thread that runs is as old as the last tick; one that comes back from a sleep has a new one.
    std::thread::sleep(std::time::Duration::from_micros(1));
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Whether a part of a bench was asked for: no word asks for all.
pub fn wants(part: &str) -> bool {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with('-')).peekable();
    words.peek().is_none() || words.any(|word| word == part)
}

/// The middle one.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

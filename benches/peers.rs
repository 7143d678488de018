//! Watchfloor beside other engines in one run: the questions Q1-Q3 of the design over the stream W1, the answers of each
//! reduced to distinct (key, terminal event) and compared with plain deques before a figure is printed.
//!
//! `cargo bench -p benches --bench peers` fetches Esper and Siddhi, compiles what drives them (`peers/`), runs all and
//! prints events per CPU-second, ratios to ours and wrong answers. The Java engines get a pass to warm up, a window that is
//! right at its edges, and object arrays; a pass that takes longer than [`SECONDS`] is stopped and judged by what it saw.
//! Run as a test, only our own answers are looked at, and nothing is fetched. RSigma is not among them: the releases that can
//! be had need a newer compiler than this workspace.

mod figures;
mod stream;

use event::alert::AlertChange;
use event::row::Batch;
use event::time::Timestamp;
use figures::{Figures, Size};
use rules::program::index::Matches;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;
use stream::{Letter, MS, Q1, Q2, Q3, START, Stream, cpu_seconds, machine, median, wants, written};

/// As in the daemon.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// CPU seconds after which a pass of another engine is stopped.
const SECONDS: f64 = 8.0;

/// Terminal events: (key, ms since the stream began).
type Answers = BTreeSet<(u32, i64)>;

/// A question, and how everybody is asked.
struct Question {
    name: &'static str,
    rule: &'static str,
    /// A detection's ts lies so many ms behind its terminal event.
    behind: i64,
    answer: fn(&Stream) -> Answers,
    /// Engine and its wording.
    peers: &'static [(&'static str, &'static str)],
}

const QUESTIONS: [Question; 3] = [
    Question {
        name: "Q1",
        rule: Q1,
        behind: 0,
        answer: sequences,
        peers: &[("esper", "Q1"), ("esper", "Q1p"), ("siddhi", "Q1")],
    },
    Question { name: "Q2", rule: Q2, behind: 0, answer: counts, peers: &[("esper", "Q2"), ("siddhi", "Q2")] },
    Question {
        name: "Q3",
        rule: Q3,
        behind: 30_000,
        answer: absences,
        peers: &[("esper", "Q3"), ("siddhi", "Q3")],
    },
];

/// One pass of an engine.
struct Pass {
    answers: Answers,
    /// Events that it got through.
    events: usize,
    seconds: f64,
}

fn ms(ts: i64) -> i64 {
    (ts - START) / MS
}

/// B with an A of its key in the 60 s before, ends included.
fn sequences(stream: &Stream) -> Answers {
    let mut last_a: HashMap<u32, i64> = HashMap::new();
    let mut found = Answers::new();
    for (ts, letter, key) in &stream.events {
        match letter {
            Letter::A => drop(last_a.insert(*key, *ts)),
            Letter::B if last_a.get(key).is_some_and(|a| ts - a <= 60_000 * MS) => {
                found.insert((*key, ms(*ts)));
            }
            _ => {}
        }
    }
    found
}

/// C with nine others of its key in the 60 s up to it.
fn counts(stream: &Stream) -> Answers {
    let mut windows: HashMap<u32, VecDeque<i64>> = HashMap::new();
    let mut found = Answers::new();
    for (ts, _, key) in stream.events.iter().filter(|(_, letter, _)| *letter == Letter::C) {
        let window = windows.entry(*key).or_default();
        window.push_back(*ts);
        while window.front().is_some_and(|first| ts - first > 60_000 * MS) {
            window.pop_front();
        }
        if window.len() >= 10 {
            found.insert((*key, ms(*ts)));
        }
    }
    found
}

/// A without a B of its key in the 30 s from it on, ends included.
fn absences(stream: &Stream) -> Answers {
    let mut open: HashMap<u32, VecDeque<i64>> = HashMap::new();
    let mut found = Answers::new();
    for (ts, letter, key) in &stream.events {
        match letter {
            Letter::A => open.entry(*key).or_default().push_back(*ts),
            Letter::B => {
                let expired = |a: &i64| ts - a > 30_000 * MS;
                found.extend(open.remove(key).into_iter().flatten().filter(expired).map(|a| (*key, ms(a))));
            }
            Letter::C => {}
        }
    }
    found.extend(open.into_iter().flat_map(|(key, all)| all.into_iter().map(move |a| (key, ms(a)))));
    found
}

/// Our own pass; `see` gets the changes of alerts that come of each batch, outside the time that counts.
fn pass_through(rule: &str, stream: &Stream, batches: &[Batch], see: &mut dyn FnMut(&[AlertChange])) -> f64 {
    let (program, site, mut machine) = machine(rule);
    let (mut matches, mut changes, mut spent) = (Matches::default(), Vec::new(), 0.0);
    for batch in batches {
        let start = cpu_seconds();
        matches.clear();
        batch.iter().enumerate().for_each(|(at, row)| program.match_row(row, at as u32, &site, &mut matches));
        machine.apply(batch, &matches, &mut changes);
        machine.advance(Timestamp(batch.row(batch.len() - 1).row.ts.0 - 1), &mut changes);
        spent += cpu_seconds() - start;
        see(&changes);
        changes.clear();
    }
    machine.advance(Timestamp(START + (stream.events.len() as i64 + 600_000) * MS), &mut changes);
    see(&changes);
    spent
}

/// Our answers: with `quiet 0s` each detection is an alert of its own. The time is that of the rule as it is asked.
fn ours(question: &Question, stream: &Stream, batches: &[Batch]) -> Pass {
    let seconds = pass_through(question.rule, stream, batches, &mut |_| {});
    let mut standing: HashMap<event::id::Id, (u32, i64)> = HashMap::new();
    let apart = question.rule.trim_end_matches('}').to_owned() + " quiet 0s }";
    pass_through(&apart, stream, batches, &mut |changes| {
        for change in changes {
            match change {
                AlertChange::Set(alert) => {
                    let key = alert.key[0].1.parse().expect("keys are numbers");
                    standing.insert(alert.id, (key, ms(alert.first_at.0) - question.behind));
                }
                AlertChange::Removed { id, .. } => drop(standing.remove(id)),
            }
        }
    });
    Pass { answers: standing.into_values().collect(), events: stream.events.len(), seconds }
}

/// A pass of another engine in a process of its own.
fn theirs(folder: &Path, engine: &str, wording: &str, stream: &Stream, keys: u32) -> Pass {
    let answers = folder.join(format!("answers-{}", std::process::id()));
    let class_path = format!("{0}/classes:{0}/{engine}/*", folder.display());
    let output = Command::new("java")
        .args(["-XX:+UseSerialGC", "-Xmx6g", "-cp", &class_path, "Peer", engine, wording])
        .args([stream.events.len().to_string(), keys.to_string(), SECONDS.to_string()])
        .arg(&answers)
        .output()
        .expect("java starts");
    assert!(output.status.success(), "{engine} {wording}: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    let words: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let bytes = std::fs::read(&answers).expect("answers");
    std::fs::remove_file(&answers).expect("its own file");
    let pair = |pair: &[u8]| {
        let (key, ts) = pair.split_at(4);
        (u32::from_be_bytes(key.try_into().expect("4")), i64::from_be_bytes(ts.try_into().expect("8")))
    };
    Pass { answers: bytes.chunks_exact(12).map(pair).collect(), events: words[0] as usize, seconds: words[1] }
}

/// What is right of the first events of a stream: a deadline beyond them is nobody's to know.
fn right(question: &Question, stream: &Stream, events: usize) -> Answers {
    let all = (question.answer)(stream);
    let cut = events < stream.events.len();
    all.into_iter().filter(|(_, at)| !cut || at + question.behind < events as i64).collect()
}

/// Fetches and compiles the others.
fn fetch() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/fetch.sh");
    let output =
        Command::new(script).stderr(std::process::Stdio::inherit()).output().expect("the script starts");
    assert!(output.status.success(), "the other engines cannot be had");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

/// Asks one question of everybody, in turns.
fn ask(
    question: &Question,
    stream: &Stream,
    keys: u32,
    rounds: usize,
    peers: Option<&Path>,
    figures: &mut Figures,
) {
    let batches = written(stream, |_, _| {});
    let (mut rates, mut others) = (Vec::new(), vec![(Vec::new(), String::new()); question.peers.len()]);
    for _ in 0..rounds {
        let pass = ours(question, stream, &batches);
        assert!(pass.answers == right(question, stream, pass.events), "{} at {keys} keys", question.name);
        rates.push(pass.events as f64 / pass.seconds.max(1e-9));
        let Some(folder) = peers else { continue };
        for ((engine, wording), (rates, wrong)) in question.peers.iter().zip(&mut others) {
            let pass = theirs(folder, engine, wording, stream, keys);
            let right = right(question, stream, pass.events);
            rates.push(pass.events as f64 / pass.seconds);
            let missing = right.difference(&pass.answers).count();
            *wrong = format!("{missing} missing, {} wrong", pass.answers.difference(&right).count());
        }
    }
    let ours = median(rates);
    let what = |who: &str| format!("{} at {keys} keys, {who}", question.name);
    figures.add(&what("Watchfloor, exact"), ours / 1e6, "M events/CPU-s");
    for ((engine, wording), (rates, wrong)) in question.peers.iter().zip(others).filter(|_| peers.is_some()) {
        let rate = median(rates);
        figures.add(&what(&format!("{engine} {wording}: {wrong}")), rate / 1e6, "M events/CPU-s");
        figures.add(&what(&format!("Watchfloor ÷ {engine} {wording}")), ours / rate, "×");
    }
}

fn main() {
    let size = Size::asked();
    let mut figures = Figures::new("cargo bench -p benches --bench peers", size);
    let folder = size.pick(None, Some(())).map(|()| fetch());
    for (count, keys) in
        size.pick([(20_000, 200), (10_000, 10_000)], [(2_000_000, 10_000), (2_000_000, 1_000_000)])
    {
        let stream = Stream::new(count, keys);
        for question in QUESTIONS.iter().filter(|question| wants(question.name)) {
            ask(question, &stream, keys, size.pick(1, 3), folder.as_deref(), &mut figures);
        }
    }
    figures.print();
}

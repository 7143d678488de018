//! The stateless index with many rules on one class and field, and many stateful rules at once (README §7 of the design):
//! ns per event, and how they grow with the number of rules. Every round counts its hits first.
//!
//! `cargo bench -p benches --bench index`; a word behind it (`-- index`, `-- many`) picks what it names.

mod figures;
mod stream;

use event::class;
use event::field;
use event::row::Batch;
use event::time::Timestamp;
use figures::{Figures, Size};
use rules::program::Program;
use rules::program::index::Matches;
use site::SiteModel;
use stream::{Letter, Q1, Q2, Q3, Stream, cpu_seconds, machine, median, symbols, wants, written};

/// As in the daemon.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// What rules of a kind ask of an event, with the rule's number for `N`; the event of `false_event` has none of it.
const KINDS: [(&str, &str); 5] = [
    ("equality", "sig.id = \"N\""),
    ("range", "dst.port >= N and dst.port <= N"),
    ("network", "src.ip in net(\"10.N.0/24\")"),
    ("part of a text", "sig.name contains \"part N of it\""),
    ("expression", "sig.name matches \"^.*thing N [a-z]+\""),
];

/// Rules of one kind on one class.
fn same_class(condition: &str, rules: usize) -> String {
    let rule = |at: usize| {
        let number =
            if condition.contains("net(") { format!("{}.{}", at / 250, at % 250) } else { at.to_string() };
        format!(
            "rule r{at} \"x\" severity low {{ by site  when ids.alert where {} }}\n",
            condition.replace('N', &number)
        )
    };
    (0..rules).map(rule).collect()
}

/// ns of the index for an event, with more and more rules on its class: none is true, or one is of one event in a hundred.
fn index(rounds: usize, figures: &mut Figures) {
    for (kind, condition) in KINDS {
        let mut first = None;
        for rules in [1, 100, 1_000] {
            let (program, site, _) = machine(&same_class(condition, rules));
            let ns =
                |true_of: usize| median((0..rounds).map(|_| index_round(&program, &site, true_of)).collect());
            let (none, some) = (ns(0), ns(100));
            let what = format!("index, {rules} rules on the class and field of an event, {kind}");
            figures.add(&format!("{what}, none true"), none, "ns");
            figures.add(&format!("{what}, one true of 1 %"), some, "ns");
            let one = *first.get_or_insert(none);
            if rules > 1 {
                figures.add(&format!("{what}, ÷ with one rule"), none / one, "×");
            }
        }
    }
}

/// Events in one round of the index.
const INDEXED: usize = 20_000;

fn index_round(program: &Program, site: &SiteModel, true_of: usize) -> f64 {
    let mut batch = Batch::new(symbols());
    for at in 0..INDEXED {
        let is_true = true_of > 0 && at % true_of == 0;
        let (id, port, address, name) = match is_true {
            true => ("0", 0, "10.0.0.9", "it is part 0 of it, thing 0 here"),
            false => {
                ("other", 70_000, "192.168.3.4", "ET SCAN Suspicious inbound to a database of the house")
            }
        };
        let mut row = batch.begin(class::IDS_ALERT);
        row.source("ids")
            .site("hq")
            .text(field::DOOR, "d1")
            .text(field::SIG_ID, id)
            .text(field::SIG_NAME, name);
        row.int(field::DST_PORT, port).ip(field::SRC_IP, address.parse().expect("an address"));
        row.finish();
    }
    let mut matches = Matches::default();
    let start = cpu_seconds();
    for (at, row) in batch.iter().enumerate() {
        program.match_row(row, at as u32, site, &mut matches);
    }
    let spent = cpu_seconds() - start;
    let expected = INDEXED.checked_div(true_of).unwrap_or(0);
    assert_eq!(matches.hits.len(), expected);
    spent * 1e9 / INDEXED as f64
}

/// Rules of the three questions, each for the events of one reader in a hundred.
fn many_rules(count: usize, figures: &mut Figures) {
    let of_reader = |rule: &str, at: usize| {
        let condition = format!("where reader.id = \"r{at}\"");
        let conditional = |class: &str| format!("{class} {condition}");
        let named = rule.replacen(' ', &format!(" x{at}_"), 1);
        ["access.denied", "door.forced", "access.granted"]
            .iter()
            .fold(named, |text, class| text.replace(class, &conditional(class)))
    };
    let rules: String = (0..100).flat_map(|at| [Q1, Q2, Q3].map(|rule| of_reader(rule, at) + "\n")).collect();
    let (program, site, mut machine) = machine(&rules);
    let stream = Stream::new(count, 10_000);
    let batches = written(&stream, |row, key| {
        row.text(field::READER, &format!("r{}", key % 100));
    });
    let (mut matches, mut changes, mut hits) = (Matches::default(), Vec::new(), 0);
    let start = cpu_seconds();
    for batch in &batches {
        matches.clear();
        batch.iter().enumerate().for_each(|(at, row)| program.match_row(row, at as u32, &site, &mut matches));
        hits += matches.hits.len();
        machine.apply(batch, &matches, &mut changes);
        machine.advance(Timestamp(batch.row(batch.len() - 1).row.ts.0 - 1), &mut changes);
        changes.clear();
    }
    let spent = cpu_seconds() - start;
    // An event of A or B hits a rule of Q1 and one of Q3, another one of Q2.
    let expected =
        stream.events.iter().map(|(_, letter, _)| if *letter == Letter::C { 1 } else { 2 }).sum::<usize>();
    assert_eq!(hits, expected);
    figures.add(
        "300 stateful rules, 1.1 hits an event, 10000 keys",
        count as f64 / spent.max(1e-9) / 1e6,
        "M events/CPU-s",
    );
}

fn main() {
    let size = Size::asked();
    let mut figures = Figures::new("cargo bench -p benches --bench index", size);
    if wants("index") {
        index(size.pick(1, 5), &mut figures);
    }
    if wants("many") {
        many_rules(size.pick(20_000, 2_000_000), &mut figures);
    }
    figures.print();
}

//! Readers have the table, whatever the log does: the delivery protocol over a hostile log (design,
//! reliability.md §5).

use std::ops::Range;
use std::thread;
use task::log::TaskId;
use task::publish::Guards;
use tests::hostile::drive::{Plan, Report, Sums, inputs_of, run};
use tests::hostile::log::{Enforced, Mode};
use tests::hostile::model::{Model, Record, What};
use tests::hostile::random::Random;
use tests::hostile::real;

/// Seeds of one test run; `WATCHFLOOR_SEEDS` asks for others: `1000000`, or `344..345`.
const SEEDS: Range<u64> = 0..2_400;
/// Seeds that are tried until one shows that a guard is needed.
const SEEDS_OF_ABLATION: Range<u64> = 0..400;

fn plan(seed: u64) -> Plan {
    let mut random = Random::new(seed ^ 0x91a7);
    let mode = match random.below(10) {
        0..5 => Mode::Honest,
        5..8 => Mode::Torn,
        _ => Mode::Idempotent,
    };
    Plan {
        seed,
        mode,
        enforced: Enforced::default(),
        tasks: random.between(1, 3) as u32,
        rows_max: *random.pick(&[1, 2, 99]),
        guards: Guards::default(),
    }
}

/// Records of all tasks in the order of their arrival: some late, some unreadable, and a last one that
/// settles all.
fn feed(plan: &Plan) -> Vec<(task::log::Input, Record)> {
    let mut random = Random::new(plan.seed ^ 0xfeed);
    let mut feed = Vec::new();
    for task in (0..plan.tasks).map(TaskId) {
        let inputs = inputs_of(task);
        for id in 0..30 {
            let ts = random.between(1, 120) as i64;
            let append = ts + random.between(0, 14) as i64;
            let what = match random.below(20) {
                0 => What::Reject,
                1..6 => What::X(random.below(4) as u8),
                _ => What::A(random.below(4) as u8),
            };
            feed.push((*random.pick(&inputs), Record { ts, id, what, append }));
        }
        let end = |input| (input, Record { ts: 1_000, id: 1_000, what: What::Tick, append: 1_000 });
        feed.extend(inputs.into_iter().map(end));
    }
    feed.sort_by_key(|(_, record)| record.append);
    feed
}

fn simulate(plan: &Plan) -> Report {
    run::<Model>(plan, feed(plan))
}

fn wanted_seeds(otherwise: Range<u64>) -> Range<u64> {
    let Ok(text) = std::env::var("WATCHFLOOR_SEEDS") else { return otherwise };
    let (from, to) = text.split_once("..").unwrap_or(("0", &text));
    let number = |text: &str| text.parse().expect("WATCHFLOOR_SEEDS is a number or a range of numbers");
    number(from)..number(to)
}

/// Runs seeds on two threads.
fn all(seeds: Range<u64>, of: impl Fn(u64) -> Report + Sync) -> Vec<Report> {
    let half = |odd: u64| seeds.clone().filter(move |seed| seed % 2 == odd);
    thread::scope(|scope| {
        let other = scope.spawn(|| half(1).map(&of).collect::<Vec<_>>());
        let mut reports: Vec<Report> = half(0).map(&of).collect();
        reports.extend(other.join().expect("the other half does not panic"));
        reports
    })
}

#[track_caller]
fn all_are_right(seeds: &Range<u64>, reports: &[Report]) {
    let wrong: Vec<&String> = reports.iter().filter_map(|report| report.wrong.as_ref()).collect();
    let some: Vec<_> = wrong.iter().take(8).collect();
    assert!(wrong.is_empty(), "{} of {seeds:?} seeds: {some:#?}", wrong.len());
}

#[test]
fn readers_have_the_table_whatever_the_log_does() {
    let seeds = wanted_seeds(SEEDS);
    let reports = all(seeds.clone(), |seed| {
        let plan = plan(seed);
        let (first, again) = (simulate(&plan), simulate(&plan));
        assert_eq!(first, again, "seed {seed} runs differently the second time");
        first
    });
    all_are_right(&seeds, &reports);
    if reports.len() > 100 {
        everything_happened(&reports);
    }
}

/// Seeds that the product's own task plays; `WATCHFLOOR_SEEDS` asks for others.
const SEEDS_OF_TASK: Range<u64> = 0..200;

#[test]
fn readers_have_the_table_of_the_real_task() {
    let seeds = wanted_seeds(SEEDS_OF_TASK);
    let reports = all(seeds.clone(), |seed| {
        let plan = plan(seed);
        let play = || run::<real::Real>(&plan, real::feed(&plan));
        let first = play();
        assert_eq!(first, play(), "seed {seed} runs differently the second time");
        first
    });
    all_are_right(&seeds, &reports);
}

/// Each guard is needed: without it some seed goes wrong. The seeds are those that are right with it.
#[track_caller]
fn is_needed(what: &str, without: impl Fn(&mut Plan)) {
    let breaks = |seed: &u64| {
        let mut plan = plan(*seed);
        without(&mut plan);
        simulate(&plan).wrong.is_some()
    };
    let mut seeds = SEEDS_OF_ABLATION;
    let first = seeds.find(breaks);
    assert!(first.is_some(), "no seed of {SEEDS_OF_ABLATION:?} needs {what}");
}

#[test]
fn reading_back_is_needed() {
    is_needed("reading back", |plan| plan.guards.read_back = false);
}

#[test]
fn waiting_for_what_is_in_flight_is_needed() {
    is_needed("waiting for what is in flight", |plan| plan.guards.wait = false);
}

#[test]
fn silent_replay_is_needed() {
    is_needed("silent replay", |plan| plan.guards.silent_replay = false);
}

#[test]
fn the_generation_read_with_the_rows_is_needed() {
    is_needed("the generation that was read with the rows", |plan| plan.guards.metadata_with_rows = false);
}

#[test]
fn only_the_confirmed_view_belongs_into_a_snapshot() {
    is_needed("the confirmed view", |plan| plan.guards.confirmed_view = false);
}

#[test]
fn fencing_is_needed() {
    is_needed("fencing", |plan| plan.enforced.fencing = false);
}

#[test]
fn stable_offsets_are_needed() {
    is_needed("stable offsets", |plan| plan.enforced.stable_offsets = false);
}

/// A simulation in which nothing goes wrong proves nothing.
fn everything_happened(reports: &[Report]) {
    let sum = |of: fn(&Sums) -> u64| reports.iter().map(|report| of(&report.sums)).sum::<u64>();
    let seeds = reports.len() as u64;
    assert!(sum(|sums| sums.crashes) > 3 * seeds);
    assert!(sum(|sums| sums.recoveries) > 3 * seeds);
    assert!(sum(|sums| sums.unknown) > 3 * seeds);
    assert!(sum(|sums| sums.fenced) > seeds);
    assert!(sum(|sums| sums.missing) > seeds / 10);
    assert!(sum(|sums| sums.surplus) > seeds / 10);
    assert!(sum(|sums| sums.compared) > seeds);
}

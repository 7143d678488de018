//! Readers have the table, whatever the log does: the delivery protocol over a hostile log (design, reliability.md §5).

use std::thread;
use task::log::TaskId;
use task::publish::Guards;
use tests::hostile::drive::{Plan, Report, Sums, inputs_of, run};
use tests::hostile::log::{Enforced, Mode};
use tests::hostile::model::{Model, Record, What};
use tests::hostile::random::Random;

/// Seeds of one test run; `WATCHFLOOR_SEEDS` asks for more.
const SEEDS: u64 = 2_400;
/// Seeds that are tried until one shows that a guard is needed.
const SEEDS_OF_ABLATION: u64 = 400;

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

/// Records of all tasks in the order of their arrival: some late, some unreadable, and a last one that settles all.
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

/// Runs seeds on two threads; each twice if so wanted.
fn all(seeds: u64, of: impl Fn(u64) -> Report + Sync) -> Vec<Report> {
    let half = |odd: u64| (0..seeds).filter(move |seed| seed % 2 == odd);
    thread::scope(|scope| {
        let other = scope.spawn(|| half(1).map(&of).collect::<Vec<_>>());
        let mut reports: Vec<Report> = half(0).map(&of).collect();
        reports.extend(other.join().expect("the other half does not panic"));
        reports
    })
}

fn wrong(reports: &[Report]) -> Vec<&String> {
    reports.iter().filter_map(|report| report.wrong.as_ref()).collect()
}

#[test]
fn readers_have_the_table_whatever_the_log_does() {
    let seeds = std::env::var("WATCHFLOOR_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    let reports = all(seeds, |seed| {
        let plan = plan(seed);
        let (first, again) = (simulate(&plan), simulate(&plan));
        assert_eq!(first, again, "seed {seed} runs differently the second time");
        first
    });
    let wrong = wrong(&reports);
    let some: Vec<_> = wrong.iter().take(8).collect();
    assert!(wrong.is_empty(), "{} of {seeds} seeds: {some:#?}", wrong.len());
    everything_happened(&reports);
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
    assert!(sum(|sums| sums.compared) > 10 * seeds);
}

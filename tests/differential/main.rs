//! Engine against oracle for as many cases as one wants: `differential CASES [SEED]`. Uses all cores; ends
//! with the first difference, made small, or with the number of cases that agreed. `differential seen SEEDS` says in how
//! many cases each operator stands and fires, and which do not run yet.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use tests::differential::operators::{Seen, runs, seen};
use tests::differential::{Difference, compare, run_engine};

/// Rule files between two looks at what the others have done.
const STEP: u64 = 50;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [word, seeds] = &words[..]
        && word == "seen"
    {
        return print_seen(seeds.parse().unwrap_or(100));
    }
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let (Some(Ok(wanted)), Ok(seed)) = (numbers.next(), numbers.next().unwrap_or(Ok(1))) else {
        eprintln!("differential CASES [SEED]: how many cases, from which seed on");
        return ExitCode::from(2);
    };
    match run(wanted, seed) {
        Ok(cases) => {
            println!("{cases} cases from seed {seed} on: engine and oracle agree");
            ExitCode::SUCCESS
        }
        Err(Difference(report)) => {
            println!("{report}");
            ExitCode::FAILURE
        }
    }
}

fn print_seen(seeds: u64) -> ExitCode {
    for (name, Seen { drawn, fired }) in seen(0..seeds) {
        println!(
            "{name}: drawn {drawn}, fired {fired}{}",
            if runs(name) { "" } else { ", does not run yet" }
        );
    }
    ExitCode::SUCCESS
}

fn run(wanted: u64, seed: u64) -> Result<u64, Difference> {
    let (next, done) = (AtomicU64::new(seed), AtomicU64::new(0));
    let work = || {
        while done.load(Ordering::SeqCst) < wanted {
            let cases = compare(next.fetch_add(STEP, Ordering::SeqCst), STEP, &run_engine)?;
            let so_far = done.fetch_add(cases, Ordering::SeqCst) + cases;
            if so_far / 100_000 > (so_far - cases) / 100_000 {
                eprintln!("{so_far} cases agree");
            }
        }
        Ok(())
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or(Ok(())))
    })?;
    Ok(done.into_inner())
}

//! The engine's answer to a case: tasks as the product runs them, fed in the order of arrival.

use super::world::{HUBS, SITES, ids, instant, symbols, topics};
use super::{Answer, Case, Item, MODEL, NEVER, check};
use event::alert::Emission;
use event::row::Batch;
use event::time::Duration;
use incident::table::Settings;
use rules::program::Program;
use rules::program::fault::Fault;
use rules::program::index::Matches;
use rules::tree::RuleSet;
use std::collections::BTreeMap;
use std::sync::Arc;
use task::sources::Outcome;
use task::task::{Decoded, Shared, Task};

/// A clock that nothing is pending after has settled everything; more steps than this mean that it never
/// does.
const SETTLE_STEPS_MAX: usize = 100_000;

/// What the engine says.
pub fn run_engine(case: &Case) -> Answer {
    run(case, |program| program)
}

/// What the engine says with a mistake in it.
pub fn run_faulty(case: &Case, fault: Fault) -> Answer {
    run(case, |program| program.with_fault(fault))
}

fn run(case: &Case, made: impl Fn(Program) -> Program) -> Answer {
    // A restart goes on with other numbers of rules and states, the next one with the first ones again.
    let plain = shared(case, case.rules.clone(), &made);
    let other = match case.snapshot_every {
        NEVER => plain.clone(),
        _ => shared(case, renumbered(case), &made),
    };
    let mut tasks: Vec<Task> =
        (0..case.tasks).map(|at| Task::new(plain.clone(), at as u32).keeping()).collect();
    let mut answer = Answer::default();
    feed(case, [&other, &plain], &mut tasks, &mut answer);
    for task in &mut tasks {
        settle(task, &mut answer);
        collect(case, task, &mut answer);
    }
    answer
}

/// The rules of a case behind another one, which nothing of the case concerns.
fn renumbered(case: &Case) -> Arc<RuleSet> {
    let text = "state a1 by tour { set tour.cancelled }
        rule a0 \"never\" severity low { by tour  when tour.cancelled  quiet 1s  meta { status trial } }";
    let before = Item { name: "a0".to_owned(), text: text.to_owned() };
    let items: Vec<Item> = std::iter::once(before).chain(case.items.iter().cloned()).collect();
    check(&items, &case.producers, case.clock_error).expect("a rule of its own disturbs no other")
}

fn shared(case: &Case, rules: Arc<RuleSet>, made: impl Fn(Program) -> Program) -> Shared {
    let program = Arc::new(made(Program::compile(rules, symbols(), ids())));
    let incidents = Settings {
        t_merge: case.t_merge,
        hubs: HUBS.into_iter().map(Into::into).collect(),
        decided: case.rules.rules.iter().map(|rule| (rule.name.clone(), rule.decided)).collect(),
        ..Settings::default()
    };
    Shared {
        incidents: Shared::incident_settings(&program, incidents),
        program,
        site: MODEL.clone(),
        topics: Arc::new(topics()),
        formats: Arc::new([]),
        ids: ids(),
    }
}

/// Batches to their tasks; after some of them the clock moves as far as what is still to come allows.
fn feed(case: &Case, next: [&Shared; 2], tasks: &mut [Task], answer: &mut Answer) {
    let mut restarts = 0;
    for (at, batch) in case.order.chunks(case.batch).enumerate() {
        for (task, of) in tasks.iter_mut().enumerate() {
            let theirs: Vec<usize> = batch
                .iter()
                .copied()
                .filter(|&e| case.events[e].site * case.tasks / SITES.len() == task)
                .collect();
            apply(case, of, &theirs);
        }
        let to_come = case.order[(at * case.batch + batch.len()).min(case.order.len())..].iter();
        let earliest = to_come.map(|&e| instant(case.events[e].append, case.unit)).min();
        if let Some(earliest) = earliest
            && at % case.clock_every == 0
        {
            // All records with append ≤ clock have been consumed.
            tasks.iter_mut().for_each(|task| task.advance(earliest - Duration(1)));
        }
        if (at + 1) % case.snapshot_every == 0 {
            tasks
                .iter_mut()
                .enumerate()
                .for_each(|(partition, task)| restart(next[restarts % 2], partition, task, answer));
            restarts += 1;
        }
    }
}

/// Goes on with a task that was made from a snapshot of this one.
fn restart(shared: &Shared, partition: usize, task: &mut Task, answer: &mut Answer) {
    take_settled(task, answer);
    let mut bytes = Vec::new();
    task.snapshot(&mut bytes);
    match Task::restore(shared.clone(), partition as u32, &bytes) {
        Ok(restored) => {
            for rule in restored.dropped().iter().filter(|rule| ***rule != *"a0") {
                answer.broken.push(format!("`{rule}` has not changed and is dropped"));
            }
            *task = restored.keeping();
        }
        Err(error) => answer.broken.push(format!("a snapshot is refused: {error}")),
    }
}

fn apply(case: &Case, task: &mut Task, events: &[usize]) {
    let shared = task.shared().clone();
    let mut batch = Batch::new(symbols());
    let mut matches = Matches::default();
    let mut judged = Vec::new();
    for (at, &event) in events.iter().enumerate() {
        let row = case.events[event].row(case.unit, &shared.topics);
        batch.push(row.as_ref());
        let row = batch.row(at);
        let lateness = case.producers.lateness(row.row.class);
        judged.push((row.row.append - row.row.ts > lateness, lateness));
        shared.program.match_row(row, at as u32, &shared.site, &mut matches);
    }
    let (rejects, positions) = (&[][..], &BTreeMap::new());
    task.apply(Decoded { batch: &batch, judged: &judged, matches: &matches, rejects, positions });
}

/// After the last event the clock runs on until nothing is pending.
fn settle(task: &mut Task, answer: &mut Answer) {
    for _ in 0..SETTLE_STEPS_MAX {
        if !task.is_pending() {
            return;
        }
        match task.next_deadline() {
            Some(next) => task.advance(next.max(task.now() + Duration(1))),
            None => {
                answer.broken.push("something is pending and no deadline is".to_owned());
                return;
            }
        }
    }
    answer.broken.push("the clock ran on and on, and something was still pending".to_owned());
}

fn take_settled(task: &mut Task, answer: &mut Answer) {
    for alert in task.take_kept().alerts {
        if answer.take(alert.clone()).is_some_and(|before| before != alert) {
            answer.broken.push(format!("alert {} changed after it had settled", alert.id));
        }
    }
}

fn collect(case: &Case, task: &mut Task, answer: &mut Answer) {
    take_settled(task, answer);
    for part in task.table().parts() {
        let alerts = part.members.iter().map(|member| member.id).collect();
        answer.parts.insert(part.document.canonical_id, (alerts, part.related));
        if !part.settled {
            answer.broken.push(format!("incident {} never settled", part.document.canonical_id));
        }
    }
    let count = |outcome| task.events.of(outcome);
    let accepted = count(Outcome::Heartbeat) + count(Outcome::Unmatched) + count(Outcome::Matched);
    answer.counts.0 += accepted;
    answer.counts.1 += count(Outcome::Duplicate);
    answer.counts.2 += count(Outcome::Late);
    let counts = task.alerts;
    if counts.raised != counts.settled + counts.withdrawn + counts.merged {
        answer.broken.push(format!("{counts:?} do not add up"));
    }
    let is_final = case.rules.rules.iter().all(|rule| rule.emission != Emission::E);
    let copies = case.events.iter().any(|event| event.native.is_some());
    if is_final && !copies && counts.withdrawn > 0 {
        answer.broken.push(format!("{counts:?}, although all rules are M or S"));
    }
}

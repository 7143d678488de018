//! The numbers of a running instance, as the registry exports them.

use engine::live::{Inputs, Live, Store};
use event::reject::Reject;
use event::time::Timestamp;
use sink::families as f;
use sink::registry::Figures;
use task::log::{Cause, Log};
use task::publish::Machine;
use task::sources::Outcome;

/// Says how far an input reaches, by its topic and partition.
pub(crate) type Ends<'a> = &'a dyn Fn(&str, u32) -> Option<u64>;

/// All of them, as of now.
pub(crate) fn of<L: Log, I: Inputs, S: Store>(
    live: &Live<L, I, S>,
    ends: Ends<'_>,
    ready: bool,
    now: Timestamp,
) -> Figures {
    let mut figures = Figures::new();
    records(live, &mut figures);
    machines(live, &mut figures);
    publisher(live, &mut figures);
    lag(live, ends, &mut figures);
    figures.add(&f::READY, &[], f64::from(u8::from(ready)));
    figures.add(&f::LAST_POLL, &[], seconds(now));
    figures.count(&f::ASSIGNED, &[], live.tasks().len() as u64);
    figures.add(&f::BUILD, &[env!("CARGO_PKG_VERSION")], 1.0);
    figures
}

fn records<L: Log, I: Inputs, S: Store>(live: &Live<L, I, S>, figures: &mut Figures) {
    let sums = live.sums();
    let records = &sums.records;
    for (outcome, count) in [
        ("read", records.read),
        ("decoded", records.decoded),
        ("rejected", records.rejected),
        ("control", records.control),
    ] {
        figures.count(&f::RECORDS, &[outcome], count);
    }
    figures.count(&f::EVENTS_WITHOUT_TIME, &["missing"], records.without_time);
    figures.count(&f::EVENTS_WITHOUT_TIME, &["future"], records.from_future);
    // Series that can come are there from the beginning: a rate of nothing is nothing, not unknown.
    for reason in Reject::ALL {
        figures.count(&f::REJECTS, &[reason.name()], 0);
    }
    for (reason, count) in &sums.rejects {
        figures.count(&f::REJECTS, &[reason], *count);
    }
    for (result, count) in ["in_force", "refused"].iter().zip(sums.reloads) {
        figures.count(&f::RULE_RELOADS, &[result], count);
    }
    for (kind, count) in ["given", "revoked", "lost"].iter().zip(sums.rebalances) {
        figures.count(&f::REBALANCES, &[kind], count);
    }
}

fn machines<L: Log, I: Inputs, S: Store>(live: &Live<L, I, S>, figures: &mut Figures) {
    for (id, task, _) in live.machines() {
        let label = id.0.to_string();
        for outcome in Outcome::ALL {
            figures.count(&f::EVENTS, &[outcome.name()], task.events.of(outcome));
        }
        figures.count(&f::EVENTS, &["decoded"], task.events.decoded());
        for (outcome, count) in [
            ("raised", task.alerts.raised),
            ("settled", task.alerts.settled),
            ("withdrawn", task.alerts.withdrawn),
            ("merged", task.alerts.merged),
        ] {
            figures.count(&f::ALERTS, &[outcome], count);
        }
        for rule in &task.shared().program.tree.rules {
            figures.count(&f::RULE_ALERTS, &[&rule.name], 0);
        }
        for (rule, count) in &task.by_rule {
            figures.count(&f::RULE_ALERTS, &[rule], *count);
        }
        if task.now() > Timestamp::MIN {
            figures.add(&f::CLOCK, &[&label], seconds(task.now()));
        }
        figures.count(&f::UNCONFIRMED, &[&label], live.unconfirmed(id) as u64);
    }
}

fn publisher<L: Log, I: Inputs, S: Store>(live: &Live<L, I, S>, figures: &mut Figures) {
    let counters = live.counters();
    figures.count(&f::TRANSACTIONS, &["delivered"], counters.commits);
    figures.count(&f::TRANSACTIONS, &["unknown"], counters.recycles.iter().sum());
    figures.count(&f::ROWS, &[], counters.rows);
    for (cause, count) in Cause::ALL.iter().zip(counters.recycles) {
        figures.count(&f::RECYCLES, &[cause.name()], count);
    }
    let anomalies = &counters.anomalies;
    for (kind, count) in [
        ("missing", anomalies.missing),
        ("phantom", anomalies.phantom),
        ("duplicate", anomalies.duplicate),
        ("unreadable", anomalies.unreadable),
    ] {
        figures.count(&f::ANOMALIES, &[kind], count);
    }
}

/// Our own reckoning: the client library's is wrong where transactions commit the positions.
fn lag<L: Log, I: Inputs, S: Store>(live: &Live<L, I, S>, ends: Ends<'_>, figures: &mut Figures) {
    for (_, task, _) in live.machines() {
        for (input, next) in task.positions() {
            let topic = task.shared().topics.name(input.topic).clone();
            let partition = input.partition.to_string();
            if let Some(end) = ends(&topic, input.partition) {
                figures.count(&f::LAG_RECORDS, &[&topic, &partition], end.saturating_sub(next));
            }
        }
    }
}

fn seconds(time: Timestamp) -> f64 {
    time.as_millis() as f64 / 1_000.0
}

//! Which detections are one alert: maximal runs (language.md §4.2, `quiet`), or what lies between a first detection and
//! the instant at which `clear when` holds.

use crate::blind::just_after;
use crate::condition;
use crate::events::Events;
use crate::pattern::{self, Detection, Keyed};
use crate::view::View;
use event::time::{Duration, Timestamp};
use rules::tree::{Cond, Over, Pattern, Rule};
use std::collections::BTreeSet;

const LENGTH_MAX: Duration = Duration::from_secs(24 * 3_600);

/// The detections of one alert, by ts, then ≺ of the terminal event. Never empty.
pub(crate) type Run<'d, 'r> = Vec<&'d Detection<'r>>;

/// The runs of a rule. `detections` are sorted by key, ts and terminal event.
pub(crate) fn runs<'d, 'r>(
    events: &Events<'_>,
    rule: &Rule,
    detections: &'d [Detection<'r>],
) -> Vec<Run<'d, 'r>> {
    match &rule.clear_when {
        Some(clear) => until_clear(events, rule, clear, detections),
        None => maximal(rule, detections),
    }
}

/// "An alert is a maximal run of detections of one rule and key with gaps ≤ q"; "cut at first_at + 24 h" (§7).
fn maximal<'d, 'r>(rule: &Rule, detections: &'d [Detection<'r>]) -> Vec<Run<'d, 'r>> {
    let mut runs: Vec<Run<'d, 'r>> = Vec::new();
    for detection in detections {
        let run = runs.last_mut().filter(|run| {
            let (first, last) = (run[0], run[run.len() - 1]);
            last.key == detection.key
                && detection.ts - last.ts <= rule.quiet
                && detection.ts - first.ts <= LENGTH_MAX
        });
        match run {
            Some(run) => run.push(detection),
            None => runs.push(vec![detection]),
        }
    }
    runs
}

/// "The alert runs from its first detection to the first instant t at which c holds over (window ending at t); later
/// detections open a new alert, `quiet` plays no part."
fn until_clear<'d, 'r>(
    events: &Events<'_>,
    rule: &Rule,
    clear: &Cond,
    detections: &'d [Detection<'r>],
) -> Vec<Run<'d, 'r>> {
    let keyed = pattern::keyed(events, rule);
    let mut runs: Vec<Run<'d, 'r>> = Vec::new();
    let mut cleared: Option<Timestamp> = None;
    for detection in detections {
        let run = runs.last_mut().filter(|run| {
            run[0].key == detection.key && cleared.is_none_or(|cleared| detection.ts <= cleared)
        });
        match run {
            Some(run) => run.push(detection),
            None => {
                runs.push(vec![detection]);
                let of = keyed.iter().find(|of| of.key == detection.key);
                cleared = of.and_then(|of| first_clear(of, clear, detection.ts, detections));
            }
        }
    }
    runs
}

/// The first instant from `from` on at which the condition holds. It can change at a hit, just after a hit has left the
/// window ("t may be an instant without an event: a hit's ts + W, just after"), and just after an x of `until`.
fn first_clear(
    of: &Keyed<'_, '_>,
    clear: &Cond,
    from: Timestamp,
    detections: &[Detection<'_>],
) -> Option<Timestamp> {
    let window = window(of.rule)?;
    let hits = of.rule.steps().into_iter().flat_map(|step| of.of(step)).map(|&hit| of.events.ts(hit));
    let turns = hits.flat_map(|ts| [ts, just_after(ts), just_after(ts + window)]);
    let turns: BTreeSet<Timestamp> = turns.filter(|turn| *turn > from).chain([from]).collect();
    turns.into_iter().find(|&turn| holds_at(of, clear, turn, detections))
}

/// What `once` has forgotten by then counts no more.
fn holds_at(of: &Keyed<'_, '_>, clear: &Cond, now: Timestamp, detections: &[Detection<'_>]) -> bool {
    let mut of = of.clone();
    let so_far = detections.iter().filter(|detection| detection.key == of.key && detection.ts <= now);
    let last = so_far.map(|detection| of.events.place(detection.terminal)).max();
    if let Some(last) = last.filter(|_| of.rule.once) {
        of.forget(last);
    }
    let values = pattern::aggregates_at(&of, now);
    condition::holds(View { aggregates: &values, ..View::of(of.events, 0) }, clear)
}

fn window(rule: &Rule) -> Option<Duration> {
    match &rule.pattern {
        Pattern::Count { within, .. } | Pattern::Distinct { within, .. } | Pattern::Sum { within, .. } => {
            Some(*within)
        }
        Pattern::Compare { over: Over::Window(within), .. } => Some(*within),
        _ => None,
    }
}

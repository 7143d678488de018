//! `blind`: which sources were down while a rule relied on nothing having happened (language.md §4.2).

use crate::events::{Ask, Events};
use crate::pattern::{Detection, Interval};
use event::alert::Unknown;
use event::time::{Duration, Timestamp};
use rules::tree::{Blind, Rule};
use std::collections::BTreeSet;
use std::sync::Arc;

/// "If state `up(s)` … was known to be off at any instant of an interval in which the rule relied on absence …, the alert
/// carries `unknown` with source and span": the parts of the intervals of these detections in which it was, those that
/// overlap joined.
pub(crate) fn unknown(rule: &Rule, run: &[&Detection<'_>], events: &Events<'_>) -> Vec<Unknown> {
    let Some(blind) = &rule.blind else { return Vec::new() };
    let mut down: Vec<Unknown> =
        run.iter().flat_map(|detection| of_detection(blind, detection, events)).collect();
    down.sort();
    let mut joined: Vec<Unknown> = Vec::new();
    for next in down {
        match joined.last_mut().filter(|last| last.source == next.source && next.from <= last.to) {
            Some(last) => last.to = last.to.max(next.to),
            None => joined.push(next),
        }
    }
    joined
}

fn of_detection(blind: &Blind, detection: &Detection<'_>, events: &Events<'_>) -> Vec<Unknown> {
    let sources: BTreeSet<Arc<str>> =
        blind.sources.iter().flat_map(|path| events.texts(detection.terminal, path)).collect();
    let mut found = Vec::new();
    for source in sources {
        for interval in &detection.empty {
            let spans = down_in(blind.up, &source, *interval, events);
            found.extend(spans.into_iter().map(|(from, to)| Unknown { source: source.clone(), from, to }));
        }
    }
    found
}

/// The spans of an interval in which the source was known to be down; an end at which it came up again is that instant.
fn down_in(
    up: u32,
    source: &Arc<str>,
    (from, to): Interval,
    events: &Events<'_>,
) -> Vec<(Timestamp, Timestamp)> {
    if from > to {
        return Vec::new();
    }
    let key = vec![source.clone()];
    let turns = events.turns(up, &key).into_iter().filter(|turn| from < *turn && *turn <= to);
    let starts: Vec<Timestamp> = std::iter::once(from).chain(turns).collect();
    let mut spans = Vec::new();
    for (at, &start) in starts.iter().enumerate() {
        let end = starts.get(at + 1).map_or(to, |next| *next);
        if events.state(up, &key, Ask::Instant(start)) == Some(false) {
            spans.push((start, end));
        }
    }
    spans
}

/// The instant just after another.
pub(crate) fn just_after(ts: Timestamp) -> Timestamp {
    ts + Duration(1)
}

//! The explanation of an incident in plain words, for the officer who has to act on it: what, where, who,
//! since when, what was found by which rule on what grounds, why these alerts are one incident, and what is
//! uncertain.
//!
//! One line a thought. Lists are short and say how much they leave out: the whole is in the document. It says
//! nothing that changes while nothing happens, such as how long ago it was.

use crate::grouping::{end, shared};
use event::alert::{Alert, Entities, Evidence};
use event::time::Timestamp;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

const ALERTS_MAX: usize = 8;
const IDS_MAX: usize = 6;
const EVENTS_MAX: usize = 4;
const UNKNOWN_MAX: usize = 4;
/// Titles hold captured text, which a sender chooses.
const TEXT_MAX: usize = 200;

/// Kinds of entities by the question they answer.
const WHO: &[&str] = &["person", "credential", "account", "guard", "vehicle", "plate"];
const NETWORK: &[&str] = &["host", "ip"];

/// The explanation of an incident with these alerts, of which one is the worst and gives the title.
pub fn of(alerts: &[&Arc<Alert>], worst: &Alert, hubs: &BTreeSet<Arc<str>>) -> String {
    let entities = super::entities(alerts);
    let mut lines = vec![format!("{}: {}.", capital(worst.severity.name()), short(&worst.title))];
    lines.push(place(worst, &entities));
    lines.extend(named("Who", &entities, |kind| WHO.contains(&kind)));
    lines.extend(named("Network", &entities, |kind| NETWORK.contains(&kind)));
    lines.push(span(alerts));
    lines.push("Found:".to_string());
    lines.extend(listed(alerts.iter().map(|alert| finding(alert)), ALERTS_MAX, "alerts"));
    lines.extend(reason(alerts, hubs));
    lines.extend(doubts(alerts));
    lines.join("\n")
}

fn place(worst: &Alert, entities: &Entities) -> String {
    let elsewhere = |kind: &str| kind != "site" && !WHO.contains(&kind) && !NETWORK.contains(&kind);
    let names = names(entities, elsewhere);
    match names.is_empty() {
        true => format!("Where: site {}.", worst.site),
        false => format!("Where: site {}, {names}.", worst.site),
    }
}

fn named(label: &str, entities: &Entities, of: impl Fn(&str) -> bool) -> Option<String> {
    let names = names(entities, of);
    (!names.is_empty()).then(|| format!("{label}: {names}."))
}

/// `door d1, d2; zone vault`.
fn names(entities: &Entities, of: impl Fn(&str) -> bool) -> String {
    let kinds = entities.iter().filter(|(kind, ids)| of(kind) && !ids.is_empty());
    let kinds: Vec<String> = kinds.map(|(kind, ids)| format!("{kind} {}", joined(ids, IDS_MAX))).collect();
    kinds.join("; ")
}

fn span(alerts: &[&Arc<Alert>]) -> String {
    let first = alerts.iter().map(|alert| alert.first_at).min().unwrap_or_default();
    let last = alerts.iter().map(|alert| end(alert)).max().unwrap_or_default();
    match first == last {
        true => format!("When: {}.", at(first)),
        false => format!("When: from {} to {}.", at(first), at(last)),
    }
}

fn finding(alert: &Alert) -> String {
    let times = match alert.detections {
        1 => "once".to_string(),
        n => format!("{n} times"),
    };
    let grounds: Vec<String> =
        listed(alert.evidence.iter().map(|entry| ground(entry)), EVENTS_MAX, "events").collect();
    let grounds = if grounds.is_empty() { String::new() } else { format!(" Seen: {}.", grounds.join("; ")) };
    let name =
        format!("rule {} ({}, {times} from {})", alert.rule, alert.severity.name(), at(alert.first_at));
    format!("- {}: {name}.{grounds}", short(&alert.title))
}

fn ground(entry: &Evidence) -> String {
    format!("{} at {} from {}", entry.class, at(entry.place.ts), short(&entry.place.source))
}

fn reason(alerts: &[&Arc<Alert>], hubs: &BTreeSet<Arc<str>>) -> Option<String> {
    let common = names(&shared(alerts.iter().map(|alert| &***alert), hubs), |_| true);
    match (alerts.len(), common.is_empty()) {
        (1, _) => None,
        (n, true) => {
            Some(format!("These {n} alerts are one incident because they are near in time at one site."))
        }
        (n, false) => Some(format!("These {n} alerts are one incident because they share {common}.")),
    }
}

fn doubts(alerts: &[&Arc<Alert>]) -> Vec<String> {
    let blind: BTreeSet<_> = alerts.iter().flat_map(|alert| &alert.unknown).collect();
    let spans =
        blind.iter().map(|gap| format!("{} was down from {} to {}", gap.source, at(gap.from), at(gap.to)));
    let spans: Vec<String> = listed(spans, UNKNOWN_MAX, "outages").collect();
    let mut doubts = Vec::new();
    if !spans.is_empty() {
        doubts.push(format!("Uncertain: {}; something may have happened unseen.", spans.join("; ")));
    }
    if alerts.iter().any(|alert| !alert.exact) {
        doubts.push(
            "Uncertain: a limit of the engine was reached, so a count or an event may be missing.".into(),
        );
    }
    doubts
}

/// At most `most` items, then how many were left out.
fn listed<'a>(
    items: impl ExactSizeIterator<Item = String> + 'a,
    most: usize,
    noun: &'a str,
) -> impl Iterator<Item = String> + 'a {
    let more = items.len().saturating_sub(most);
    items.take(most).chain((more > 0).then(|| format!("and {more} more {noun}")))
}

fn joined<T: Display>(ids: &BTreeSet<T>, most: usize) -> String {
    let shown: Vec<String> = ids.iter().take(most).map(|id| short(&id.to_string())).collect();
    match ids.len().saturating_sub(most) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// An instant as people read it: `2026-01-10 02:00:00 UTC`.
fn at(instant: Timestamp) -> String {
    let text = instant.to_string();
    let seconds = text.split(['.', 'Z']).next().unwrap_or(&text);
    format!("{} UTC", seconds.replacen('T', " ", 1))
}

/// One line of at most [`TEXT_MAX`] characters.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(TEXT_MAX) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

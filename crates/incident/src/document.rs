//! What an officer is told: the document of an incident, built from its alerts and nothing else.
//!
//! The same alerts, in any order of arrival, give the same document: greatest severity, title of the worst
//! alert, the union of entities, the first evidence, a score with its reasons, and an explanation in plain
//! words. How it is written down is the codec's business; which id readers know it by is the publisher's, who
//! may set [`Incident::incident_id`] and [`Incident::related`] before it is written.

use crate::grouping::end;
use crate::lifecycle::State;
use event::alert::{Alert, Entities, Evidence, Level};
use event::id::Id;
use event::time::Timestamp;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

pub mod explanation;
pub mod score;

/// Evidence of one incident, beside that of life safety.
pub const EVIDENCE_MAX: usize = 64;

/// An incident as it is written. Times are event time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The id that readers know it by.
    pub incident_id: Id,
    /// H of its least alert: the same in every run over the same events.
    pub canonical_id: Id,
    /// What people have done about it.
    pub state: State,
    /// The greatest of its alerts.
    pub severity: Level,
    /// How urgent, and why.
    pub score: score::Score,
    /// That of its worst and earliest alert, and how many there are beside it.
    pub title: String,
    /// Where.
    pub site: Arc<str>,
    /// First detection.
    pub opened_at: Timestamp,
    /// Last detection.
    pub last_at: Timestamp,
    /// From when on nothing could change it; none while something can.
    pub settled_at: Option<Timestamp>,
    /// By (first_at, id).
    pub alerts: Vec<Arc<Alert>>,
    /// Union over its alerts.
    pub entities: Entities,
    /// The ≺-least entries, each event once, and all of its life-safety alerts.
    pub evidence: Vec<Arc<Evidence>>,
    /// How many events its alerts name as evidence.
    pub evidence_total: usize,
    /// In plain words.
    pub explanation: String,
    /// Incidents that belong beside it, sorted.
    pub related: Vec<Id>,
    /// The incident that its alerts speak of.
    pub about: Option<Id>,
    /// Covert.
    pub restricted: bool,
    /// Fire, gas, medical, panic, duress.
    pub life_safety: bool,
}

/// What a document says beside what its alerts say.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// H of the least alert.
    pub canonical_id: Id,
    /// What people have done about it.
    pub state: State,
    /// From when on nothing could change it.
    pub settled_at: Option<Timestamp>,
    /// Incidents that belong beside it, sorted.
    pub related: Vec<Id>,
    /// Entities that join nothing, so that no reason names them.
    pub hubs: &'a BTreeSet<Arc<str>>,
}

/// The document of these alerts, which come by (first_at, id); none without alerts.
pub fn compose(alerts: &[&Arc<Alert>], frame: Frame<'_>) -> Option<Incident> {
    let first = alerts.first()?;
    let worst = alerts.iter().max_by_key(|alert| (alert.severity, Reverse((alert.first_at, alert.id))))?;
    let (evidence, evidence_total) = evidence(alerts);
    Some(Incident {
        incident_id: frame.canonical_id,
        canonical_id: frame.canonical_id,
        state: frame.state,
        severity: worst.severity,
        score: score::of(alerts),
        title: title(worst, alerts.len()),
        site: first.site.clone(),
        opened_at: first.first_at,
        last_at: alerts.iter().map(|alert| end(alert)).max()?,
        settled_at: frame.settled_at,
        entities: entities(alerts),
        evidence,
        evidence_total,
        explanation: explanation::of(alerts, worst, frame.hubs),
        related: frame.related,
        about: about(first),
        restricted: alerts.iter().any(|alert| alert.restricted),
        life_safety: alerts.iter().any(|alert| alert.life_safety),
        alerts: alerts.iter().map(|&alert| alert.clone()).collect(),
    })
}

fn title(worst: &Alert, alerts: usize) -> String {
    match alerts {
        1 => worst.title.clone(),
        _ => format!("{} and {} more", worst.title, alerts - 1),
    }
}

fn entities(alerts: &[&Arc<Alert>]) -> Entities {
    let mut union = Entities::new();
    for alert in alerts {
        for (kind, ids) in &alert.entities {
            union.entry(kind).or_default().extend(ids.iter().cloned());
        }
    }
    union
}

/// The entries to show, in the order ≺, and how many events there are.
fn evidence(alerts: &[&Arc<Alert>]) -> (Vec<Arc<Evidence>>, usize) {
    let of = |alert: &'_ &'_ Arc<Alert>| alert.life_safety;
    let mut entries: Vec<(&Arc<Evidence>, bool)> =
        alerts.iter().flat_map(|alert| alert.evidence.iter().map(move |entry| (entry, of(alert)))).collect();
    // An event that several alerts name is told once, as the first of them names it; as life safety if one
    // is.
    entries.sort_by(|(a, a_safety), (b, b_safety)| (&a.place, !a_safety).cmp(&(&b.place, !b_safety)));
    entries.dedup_by(|(a, _), (b, _)| a.place == b.place);
    let total = entries.len();
    let shown = entries.into_iter().enumerate().filter(|(at, (_, safety))| *at < EVIDENCE_MAX || *safety);
    (shown.map(|(_, (entry, _))| entry.clone()).collect(), total)
}

/// Rules about incidents have the incident in their key.
fn about(alert: &Alert) -> Option<Id> {
    alert.key.iter().find(|(path, _)| &**path == "incident").and_then(|(_, id)| Id::parse(id))
}

#[cfg(test)]
mod tests;

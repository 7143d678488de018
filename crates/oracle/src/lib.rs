//! The reference: what a set of events means under a set of rules, written from the rule language's own
//! sentences.
//!
//! It exists to be compared with the engine, so it is slow, short and built another way: nothing is
//! incremental, every formula of language.md §4 is one loop over all events. It knows the checked tree and
//! nothing else of the engine: no program, no cell, no clock. It answers only what is *settled*: the state
//! after everything that can come has come.
//!
//! ```text
//! rows ─ accept ─▶ events in ≺ ─┬─▶ per stratum: hits ─▶ detections ─▶ runs (alerts) ─▶ incident parts
//!                               └──◀── alert.x and detection.x of that stratum ◀──┘
//! ```
//!
//! Where the documents leave room, this is how they are read; the engine has to read them alike:
//! - **Keys** compare without regard to case, and are written folded. A path with several values gives its 8
//!   least by text. In a life-safety rule the source stands for a missing part, like any other value of it.
//! - **Identity before lateness**: of several copies the least (append, coordinates) is the event, the others
//!   are duplicates, and only then is the event judged too late or not.
//! - **`forget after`**: a void `set` is as if it had never been: the state then follows the events that are
//!   left, and is unknown if none is. One event that both sets and clears counts as a tie between sources.
//!   So are a void `keep` and a void `add`.
//! - **`keep`** of an event that has no value keeps nothing: the value is missing from then on. Of several lines that
//!   keep something of one event each keeps its own.
//! - **`once`** forgets every event up to a detection, also those of `not`, `until` and `unless`.
//! - **`repeated`**: evidence are the first and the last event of the chain in these places.
//! - **`clear when`**: what is detected at the very instant at which it becomes clear is still of the alert.
//! - **`blind`**: a session relies on its own time and the gap behind it; the span is what lies in the interval.
//! - **`absorb`**: the site of an alert is one of its entities.
//! - **Tests**: a condition that names `test` takes lifecycle `test` for `new`, which it stands for
//!   (classes.md §1).
//! - **24 h**: a detection at exactly first_at + 24 h still belongs to the run; only the next instant is cut
//!   off.
//! - **Chained events** ([`chained`]): `alert.x` happens at the ts of the alert's first detection,
//!   `detection.x` at its own. Lifecycle new, no test, source `watchfloor`, site that of the alert; severity
//!   and title are those of the (first) detection. Key parts stand in [`rules::tree::KeySpec::field`], listed
//!   entities in their own field, default entities in the field named like their kind; what is set first
//!   stays, many values give the least. In ≺ they stand at their terminal event, then by rule, key, and the
//!   word `alert` or `detection`.
//! - **Evidence** of an alert: each (event, step) once.
//! - **Captured** values are named by their path without a step's label; of two under one name the later
//!   listed stays. The labelled step of a count is its terminal event; of several other events the latest.
//! - **Titles**: a path without a value shows its own name in round brackets.
//! - **Incidents** are grouped within a site. A site counts beside a public address or a checkpoint.

mod absorb;
mod accept;
mod alerts;
mod blind;
mod chained;
mod condition;
mod datum;
mod events;
mod expression;
mod hits;
mod incidents;
mod local;
mod pattern;
mod runs;
mod states;
mod view;

#[cfg(test)]
mod tests;

use event::alert::Alert;
use event::coordinates::Topics;
use event::id::{Id, Ids};
use event::producers::Producers;
use event::row::OwnedRow;
use event::symbol::SymbolKey;
use event::time::{Duration, Timestamp};
use rules::tree::{Constant, RuleSet};
use site::SiteModel;
use std::sync::Arc;

/// What the answer depends on besides rules, site model and events.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// Names events, alerts and incidents.
    pub ids: &'a Ids,
    /// Symbols of the namespace: the site model is asked with them.
    pub symbols: SymbolKey,
    /// How late each class may come.
    pub producers: &'a Producers,
    /// Names of the topics in coordinates.
    pub topics: &'a Topics,
    /// How far the spans of two alerts of one incident may lie apart.
    pub t_merge: Duration,
    /// Values of states before the first event.
    pub given: &'a [Given],
}

/// `given armed("A") = true` of a test's world.
#[derive(Clone, Debug)]
pub struct Given {
    /// Index in [`RuleSet::states`].
    pub state: u32,
    /// The parts of the key, as text.
    pub key: Vec<Arc<str>>,
    /// The value: yes or no of one that is on or off; the number that a counter has counted; what is kept, of entities
    /// the id as text.
    pub value: Constant,
}

/// Everything that settles.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Detections of each rule, by key, ts and terminal event.
    pub detections: Vec<Vec<Detection>>,
    /// All alerts, by (first_at, id).
    pub alerts: Vec<Alert>,
    /// The incidents that they make, by canonical id.
    pub parts: Vec<Part>,
    /// What became of the rows.
    pub counts: Counts,
}

/// A rule matched at an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Detection {
    /// The parts of the key, as text.
    pub key: Vec<Arc<str>>,
    /// When: of `after … expect` the deadline.
    pub ts: Timestamp,
    /// Its last event; of `after … expect` the trigger.
    pub terminal: Id,
}

/// Alerts that belong together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// H of its (first_at, id)-least alert.
    pub canonical: Id,
    /// Its alerts, by (first_at, id).
    pub alerts: Vec<Id>,
    /// Canonical ids of the parts that it had an edge to and could not join, sorted.
    pub related: Vec<Id>,
}

/// What became of the rows; they add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events.
    pub accepted: u64,
    /// Further copies of an event.
    pub duplicate: u64,
    /// Came after their class's lateness.
    pub late: u64,
}

/// What `rows`, in any order, mean under `rules`.
pub fn run(rules: &RuleSet, site: &SiteModel, rows: &[OwnedRow], settings: &Settings<'_>) -> Outcome {
    let (accepted, counts) = accept::accept(rows, settings);
    let mut events = events::Events::new(rules, site, settings, accepted);
    let mut outcome = Outcome { counts, ..Outcome::default() };
    outcome.detections.resize(rules.rules.len(), Vec::new());
    for &rule in rules.strata.iter().flatten() {
        let detections = pattern::detections(&events, rule);
        let runs = runs::runs(&events, &rules.rules[rule as usize], &detections);
        outcome.alerts.extend(runs.iter().map(|run| alerts::document(rule, run, &events)));
        for event in chained::events(rule, &detections, &runs, &events) {
            events.push(event);
        }
        outcome.detections[rule as usize] = detections.iter().map(|d| d.reported(&events)).collect();
    }
    outcome.alerts.sort_by_key(|alert| (alert.first_at, alert.id));
    outcome.parts = incidents::parts(rules, site, &outcome.alerts, settings);
    outcome
}

//! How urgent an incident is, 0 to 100, as a sum that can be checked by hand: every point has a reason.
//!
//! The score orders a list of incidents; it decides nothing. It is no probability, and it does not decay: a
//! sum that changes with the clock could not be checked.

use event::alert::{Alert, Level};
use event::class::{self, Domain};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A sum with its terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// 0 to 100.
    pub total: u8,
    /// What it is made of; no term is 0.
    pub terms: Vec<Term>,
}

/// Some points and what they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// `severity`, `life_safety`, `rules` or `domains`.
    pub name: &'static str,
    /// How many.
    pub points: u8,
    /// In plain words.
    pub why: String,
}

/// What the terms can reach together.
pub const SCORE_MAX: u8 = 100;
const LIFE_SAFETY: u8 = 20;
const RULE: u8 = 4;
const RULES_MAX: u8 = 12;
const DOMAINS: [u8; 4] = [0, 6, 10, 13];

const _: () = assert!(severity_points(Level::Critical) + LIFE_SAFETY + RULES_MAX + DOMAINS[3] == SCORE_MAX);

/// The score of an incident with these alerts.
pub fn of(alerts: &[&Arc<Alert>]) -> Score {
    let terms: Vec<Term> = [severity(alerts), life_safety(alerts), rules(alerts), domains(alerts)]
        .into_iter()
        .flatten()
        .filter(|term| term.points > 0)
        .collect();
    let total: u8 = terms.iter().map(|term| term.points).sum();
    Score { total: total.min(SCORE_MAX), terms }
}

const fn severity_points(level: Level) -> u8 {
    match level {
        Level::Critical => 55,
        Level::High => 40,
        Level::Medium => 25,
        Level::Low => 12,
        Level::Maintenance => 3,
    }
}

fn severity(alerts: &[&Arc<Alert>]) -> Option<Term> {
    // The first of the worst: `max_by_key` would take the last.
    let worst = alerts.iter().rev().max_by_key(|alert| alert.severity)?;
    let why = format!("rule {} is {}", worst.rule, worst.severity.name());
    Some(Term { name: "severity", points: severity_points(worst.severity), why })
}

fn life_safety(alerts: &[&Arc<Alert>]) -> Option<Term> {
    let alert = alerts.iter().find(|alert| alert.life_safety)?;
    Some(Term { name: "life_safety", points: LIFE_SAFETY, why: format!("rule {} guards lives", alert.rule) })
}

fn rules(alerts: &[&Arc<Alert>]) -> Option<Term> {
    let rules: BTreeSet<&str> = alerts.iter().map(|alert| &*alert.rule).collect();
    let further = u8::try_from(rules.len().saturating_sub(1)).unwrap_or(u8::MAX);
    let points = further.saturating_mul(RULE).min(RULES_MAX);
    Some(Term { name: "rules", points, why: format!("{} rules found something", rules.len()) })
}

fn domains(alerts: &[&Arc<Alert>]) -> Option<Term> {
    let classes = alerts.iter().flat_map(|alert| &alert.evidence).map(|entry| &*entry.class);
    let domains: BTreeSet<&'static str> = classes.filter_map(domain).collect();
    let points = DOMAINS[domains.len().saturating_sub(1).min(DOMAINS.len() - 1)];
    let names: Vec<&str> = domains.into_iter().collect();
    Some(Term { name: "domains", points, why: format!("evidence from {}", names.join(", ")) })
}

/// The domain of a class that says something about the world; the engine's own words confirm nothing.
fn domain(class: &str) -> Option<&'static str> {
    match class::by_name(class)?.def()?.domain {
        Domain::Engine | Domain::Topic => None,
        domain => Some(domain.name()),
    }
}

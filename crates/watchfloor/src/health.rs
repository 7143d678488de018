//! Whether the process lives, and whether it does its work: facts that the run loop tells and probes ask.

use event::time::{Duration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// A loop that has not come around for so long hangs. No call of it to the broker takes longer.
const LIVES_FOR: Duration = Duration::from_secs(60);

/// What is known; copies show the same.
#[derive(Clone)]
pub(crate) struct Health(Arc<Mutex<Facts>>);

struct Facts {
    came_around: Timestamp,
    started: bool,
    /// Why the instance does not do its work; none: it does.
    reasons: Vec<String>,
}

impl Health {
    /// Of a process that starts now.
    pub fn new(now: Timestamp) -> Health {
        let reasons = vec!["starting".to_owned()];
        Health(Arc::new(Mutex::new(Facts { came_around: now, started: false, reasons })))
    }

    /// The loop came around.
    pub fn lives(&self, now: Timestamp) {
        self.change(|facts| facts.came_around = now);
    }

    /// Why the instance does not do its work; with no reason it does.
    pub fn not_ready(&self, reasons: impl IntoIterator<Item = String>) {
        let reasons: Vec<String> = reasons.into_iter().collect();
        self.change(|facts| {
            facts.started |= reasons.is_empty();
            facts.reasons = reasons;
        });
    }

    /// Whether the loop still comes around.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.change(|facts| now < facts.came_around + LIVES_FOR)
    }

    /// Whether it was ready once.
    pub fn has_started(&self) -> bool {
        self.change(|facts| facts.started)
    }

    /// Why it is not ready.
    pub fn reasons(&self) -> Vec<String> {
        self.change(|facts| facts.reasons.clone())
    }

    fn change<T>(&self, change: impl FnOnce(&mut Facts) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_without_reasons_and_started_for_ever_after() {
        let at = |s: i64| Timestamp::from_millis(s * 1_000);
        let health = Health::new(at(0));
        assert!(!health.has_started() && health.is_live(at(59)) && !health.is_live(at(60)));
        assert_eq!(health.reasons(), ["starting"]);
        health.not_ready([]);
        assert!(health.has_started() && health.reasons().is_empty());
        health.not_ready(["no task".to_owned()]);
        health.lives(at(100));
        assert!(health.has_started() && health.is_live(at(120)));
        assert_eq!(health.reasons(), ["no task"]);
    }
}

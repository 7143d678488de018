//! What people look at: the incidents as readers of the topic have been told of them, who has been heard, how fast it
//! goes. Facts are put in by the run loop and read by the terminal of the demo and by the pages over HTTP.
//!
//! It is read-only and keeps only the newest. It knows revisions, not alerts: whatever it shows was published.

pub(crate) mod board;
pub(crate) mod pulse;
pub(crate) mod revision;
pub(crate) mod told;

mod advice;
mod api;
mod pages;

#[cfg(test)]
mod tests;

pub(crate) use advice::Advice;
pub(crate) use pages::routes;

use board::Board;
use pulse::Pulse;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Everything that there is to see; copies show the same.
#[derive(Clone)]
pub(crate) struct Console {
    facts: Arc<Mutex<Facts>>,
    advice: Arc<Mutex<Arc<Advice>>>,
    eyes: Eyes,
}

/// Whose eyes look. Who they are is not asked, so it is decided by where it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eyes {
    /// Anybody's: what is restricted is not told.
    Open,
    /// Those of one who may see everything.
    All,
}

/// What the run loop tells.
pub(crate) struct Facts {
    /// Incidents.
    pub board: Board,
    /// Rates and latencies.
    pub pulse: Pulse,
    /// Who has been heard, as JSON.
    pub sources: Value,
    /// Sums and the state of the process, as JSON.
    pub status: Value,
}

impl Console {
    /// An empty one; `advice` is what the rules say to people.
    pub fn new(advice: Advice, eyes: Eyes) -> Console {
        let facts = Facts {
            board: Board::default(),
            pulse: Pulse::default(),
            sources: Value::Array(Vec::new()),
            status: Value::Null,
        };
        let advice = Arc::new(Mutex::new(Arc::new(advice)));
        Console { facts: Arc::new(Mutex::new(facts)), advice, eyes }
    }

    /// The facts, for a moment: the run loop waits for whoever holds them.
    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the rules say to people.
    pub fn advice(&self) -> Arc<Advice> {
        self.advice.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Other rules say something else.
    #[cfg(feature = "kafka")]
    pub fn set_advice(&self, advice: Advice) {
        *self.advice.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(advice);
    }

    /// Whose eyes look.
    pub fn eyes(&self) -> Eyes {
        self.eyes
    }
}

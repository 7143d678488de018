//! Rows on their way: sent, or about to be, and not yet seen by a reader.
//!
//! For each row the position is known that a reader must not pass without having seen it: behind its delivery
//! offset, or, if the outcome of its commit is unknown, the end of the partition after the commit was ended.
//! So a doubtful commit is no special case: its rows wait a little longer, and that they are missing is no
//! anomaly.

use std::collections::{BTreeMap, BTreeSet};

/// How long a row may stay unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    /// Its transaction has not been committed.
    Drafted,
    /// It may stand somewhere; up to where is not known yet.
    Doubtful,
    /// A reader at this position has passed it.
    Before { position: u64, delivered: bool },
}

/// The rows on their way to one partition, by what they are about.
#[derive(Clone, Debug)]
pub(super) struct Flights<K> {
    bounds: BTreeMap<K, Bound>,
    due: BTreeSet<(u64, K)>,
}

/// A row that a reader has passed without seeing it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missing<K> {
    pub(super) key: K,
    /// The log had said that it was delivered.
    pub(super) delivered: bool,
}

impl<K: Ord + Clone> Default for Flights<K> {
    fn default() -> Self {
        Flights { bounds: BTreeMap::new(), due: BTreeSet::new() }
    }
}

impl<K: Ord + Clone> Flights<K> {
    pub(super) fn len(&self) -> usize {
        self.bounds.len()
    }

    pub(super) fn draft(&mut self, key: K) {
        self.set(key, Bound::Drafted);
    }

    /// The log says that it stands there.
    pub(super) fn delivered(&mut self, key: K, offset: u64) {
        self.set(key, Bound::Before { position: offset.saturating_add(1), delivered: true });
    }

    /// Whether and where it stands is unknown.
    pub(super) fn doubt(&mut self, key: K) {
        self.set(key, Bound::Doubtful);
    }

    /// What is in doubt stands before this position, or nowhere.
    pub(super) fn bound_doubts(&mut self, end: u64) {
        let doubtful = |(key, bound): (&K, &Bound)| (*bound == Bound::Doubtful).then(|| key.clone());
        let keys: Vec<K> = self.bounds.iter().filter_map(doubtful).collect();
        for key in keys {
            self.set(key, Bound::Before { position: end, delivered: false });
        }
    }

    /// A reader saw it. False if it was not on its way.
    pub(super) fn land(&mut self, key: &K) -> bool {
        let bound = self.bounds.remove(key);
        if let Some(Bound::Before { position, .. }) = bound {
            self.due.remove(&(position, key.clone()));
        }
        bound.is_some()
    }

    /// Takes out what a reader at this position has passed.
    pub(super) fn passed(&mut self, position: u64) -> Vec<Missing<K>> {
        let mut missing = Vec::new();
        while let Some((_, key)) = self.due.first().filter(|(bound, _)| *bound <= position).cloned() {
            let delivered = matches!(self.bounds.get(&key), Some(Bound::Before { delivered: true, .. }));
            self.land(&key);
            missing.push(Missing { key, delivered });
        }
        missing
    }

    fn set(&mut self, key: K, bound: Bound) {
        self.land(&key);
        if let Bound::Before { position, .. } = bound {
            self.due.insert((position, key.clone()));
        }
        self.bounds.insert(key, bound);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubtful_row_is_missing_without_being_an_anomaly() {
        let mut flights = Flights::default();
        flights.draft("a");
        flights.doubt("b");
        flights.delivered("c", 6);
        assert_eq!(flights.passed(u64::MAX - 1), [Missing { key: "c", delivered: true }]);
        flights.bound_doubts(7);
        assert_eq!(flights.passed(6), []);
        assert_eq!(flights.passed(7), [Missing { key: "b", delivered: false }]);
        assert!(flights.land(&"a"));
        assert_eq!(flights.len(), 0);
    }
}

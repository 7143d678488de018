//! Rejects and late events, kept until a reader has them.
//!
//! Unlike incidents they cannot be found by comparing: the table does not hold them. So each row is kept from
//! the moment that its record is applied until it is read back, and snapshots hold what is left. A silent
//! replay makes them again; what the topic already has of them was read back before, and is dropped.

use super::flights::Flights;
use super::queue::Turn;
use crate::log::OutRow;
use std::collections::{BTreeMap, BTreeSet};

/// What a row is about: original coordinates.
pub(super) type Key = Box<[u8]>;

/// The rows of one output partition that no reader has for certain.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    rows: BTreeMap<Key, (Turn, OutRow)>,
    waiting: BTreeMap<Turn, Key>,
    flights: Flights<Key>,
    /// Read back, but not kept: what a silent replay will make again, or a torn commit published ahead of its
    /// offsets.
    seen: BTreeSet<Key>,
    bytes: usize,
}

/// Kept of `seen` while there is no replay: what a torn commit may have published ahead of its offsets.
const SEEN_MAX: usize = 65_536;

impl Kept {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a row in; one that is kept or was seen already is the same row again.
    pub(super) fn keep(&mut self, turn: Turn, row: OutRow) {
        let key = row.key.clone();
        if self.seen.remove(&key) || self.rows.contains_key(&key) {
            return;
        }
        self.bytes += row.bytes();
        self.waiting.insert(turn, key.clone());
        self.rows.insert(key, (turn, row));
    }

    /// The turn of the oldest row that is not on its way.
    pub(super) fn first(&self) -> Option<Turn> {
        self.waiting.keys().next().copied()
    }

    /// The row of that turn, if there is room for its bytes.
    pub(super) fn peek(&self) -> Option<&OutRow> {
        let (_, key) = self.waiting.first_key_value()?;
        self.rows.get(key).map(|(_, row)| row)
    }

    /// Its oldest waiting row goes into the open transaction.
    pub(super) fn draft(&mut self) -> Option<OutRow> {
        let (_, key) = self.waiting.pop_first()?;
        let (_, row) = self.rows.get(&key)?;
        self.flights.draft(key);
        Some(row.clone())
    }

    pub(super) fn delivered(&mut self, key: &Key, offset: u64) {
        self.flights.delivered(key.clone(), offset);
    }

    pub(super) fn doubt(&mut self, key: &Key) {
        self.flights.doubt(key.clone());
    }

    pub(super) fn bound_doubts(&mut self, end: u64) {
        self.flights.bound_doubts(end);
    }

    /// A reader has it. False if it was not kept.
    pub(super) fn see(&mut self, key: &Key) -> bool {
        self.flights.land(key);
        let Some((turn, row)) = self.rows.remove(key) else { return false };
        self.waiting.remove(&turn);
        self.bytes -= row.bytes();
        true
    }

    /// A reader has it, and the machine may still make it.
    pub(super) fn remember(&mut self, key: Key) {
        self.seen.insert(key);
    }

    /// No silent replay goes on: what was seen and not made is a repetition, or will come soon.
    pub(super) fn trim(&mut self) {
        while self.seen.len() > SEEN_MAX {
            self.seen.pop_first();
        }
    }

    /// Rows that a reader at this position has passed wait again. How many of them the log had said were
    /// delivered.
    pub(super) fn passed(&mut self, position: u64) -> u64 {
        let passed = self.flights.passed(position);
        for missing in &passed {
            if let Some((turn, _)) = self.rows.get(&missing.key) {
                self.waiting.insert(*turn, missing.key.clone());
            }
        }
        passed.iter().filter(|missing| missing.delivered).count() as u64
    }

    /// What no reader has for certain, oldest first.
    pub(super) fn unconfirmed(&self) -> impl Iterator<Item = &OutRow> {
        let mut rows: Vec<_> = self.rows.values().collect();
        rows.sort_by_key(|(turn, _)| *turn);
        rows.into_iter().map(|(_, row)| row)
    }
}

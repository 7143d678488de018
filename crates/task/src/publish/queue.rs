//! Where readers may lack something: marks, in the order in which they are looked at.
//!
//! A mark is a hint, not a fact. It names a place; whether something is to be said there is found by
//! comparing. Oldest first, so that nothing starves; life safety before all.

use event::id::Id;
use incident::table::{Member, PartId};
use std::collections::BTreeMap;

/// A place in the table or in the published view.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// A part that may have changed.
    Part(PartId),
    /// An alert that is no more, or may not be what readers were told.
    Alert(Member),
    /// A published incident.
    Incident(Id),
}

/// Which marks come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    LifeSafety,
    Normal,
}

/// A place in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    pub(super) lane: Lane,
    number: u64,
}

/// Marks by turn, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    marks: BTreeMap<Turn, Mark>,
    turns: BTreeMap<Mark, Turn>,
    next: u64,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// The next turn of a lane, for whatever stands in this line.
    pub(super) fn turn(&mut self, lane: Lane) -> Turn {
        self.next += 1;
        Turn { lane, number: self.next }
    }

    /// Marks a place. One that is marked keeps its turn, unless this lane is the better one.
    pub(super) fn mark(&mut self, lane: Lane, mark: Mark) {
        let turn = match self.turns.get(&mark) {
            Some(turn) if turn.lane <= lane => return,
            Some(turn) => Turn { lane, number: turn.number },
            None => self.turn(lane),
        };
        self.put_back(turn, mark);
    }

    /// Marks a place with a turn that it had before.
    pub(super) fn put_back(&mut self, turn: Turn, mark: Mark) {
        let turn = self.turns.get(&mark).map_or(turn, |other| turn.min(*other));
        if let Some(old) = self.turns.insert(mark.clone(), turn) {
            self.marks.remove(&old);
        }
        self.marks.insert(turn, mark);
    }

    pub(super) fn first(&self) -> Option<Turn> {
        self.marks.keys().next().copied()
    }

    pub(super) fn pop(&mut self) -> Option<(Turn, Mark)> {
        let (turn, mark) = self.marks.pop_first()?;
        self.turns.remove(&mark);
        Some((turn, mark))
    }
}

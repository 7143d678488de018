//! The stage *sources*, first in the task: which decoded events are accepted, each judged once (contracts.md §6).
//!
//! Identity: of several copies of one id the one with the least (append, topic, partition, offset, index) is the event,
//! whichever comes first; so a lesser copy that arrives later replaces the greater one. Ids by coordinates need no
//! keeping: a record is read once. Lateness was judged where the record was read, by the record alone.
//!
//! Not here: which rules an event hits, and anything about alerts.

use event::class::Form;
use event::coordinates::Coordinates;
use event::id::Id;
use event::row::{OwnedRow, RowRef};
use event::time::{Duration, Timestamp};
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use rules::machine::events::EventRef;
use std::collections::BTreeMap;

/// What became of a decoded event: each is exactly one of these, judged in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Another copy of its id is the event.
    Duplicate,
    /// append − ts was greater than its lateness.
    Late,
    /// A sign of life, counted and not correlated.
    Heartbeat,
    /// A value that is what it was.
    StateUnchanged,
    /// Let go under overload.
    Shed,
    /// No rule wants it.
    Unmatched,
    /// Some rule may want it.
    Matched,
}

impl Outcome {
    /// All, in the order of judgement.
    pub const ALL: [Outcome; 7] = [
        Outcome::Duplicate,
        Outcome::Late,
        Outcome::Heartbeat,
        Outcome::StateUnchanged,
        Outcome::Shed,
        Outcome::Unmatched,
        Outcome::Matched,
    ];

    /// The label in metrics and summaries.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Duplicate => "duplicate",
            Outcome::Late => "late",
            Outcome::Heartbeat => "heartbeat",
            Outcome::StateUnchanged => "state_unchanged",
            Outcome::Shed => "shed",
            Outcome::Unmatched => "unmatched",
            Outcome::Matched => "matched",
        }
    }
}

/// How many events had each outcome. The sum is the number of decoded events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCounts([u64; Outcome::ALL.len()]);

impl EventCounts {
    /// Of one outcome.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// All decoded events.
    pub fn decoded(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }

    fn moved(&mut self, from: Outcome, to: Outcome) {
        self.0[from as usize] -= 1;
        self.0[to as usize] += 1;
    }

    pub(crate) fn words(&self) -> [u64; Outcome::ALL.len()] {
        self.0
    }

    pub(crate) fn from_words(words: [u64; Outcome::ALL.len()]) -> Self {
        EventCounts(words)
    }

    /// Adds those of another task.
    pub fn merge(&mut self, other: &EventCounts) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine += theirs);
    }
}

/// What decides between copies: the least is the event.
pub type Rank = (Timestamp, Coordinates);

/// An id that is kept, and the copy that is its event.
#[derive(Clone, Debug)]
pub struct Known {
    /// Which copy.
    pub rank: Rank,
    /// What became of it.
    pub outcome: Outcome,
    /// Where the rules keep it, if one wanted it.
    pub event: Option<(EventRef, OwnedRow)>,
}

/// Ids are kept at least this long, so that bridges that repeat after a reconnect do no harm.
pub const KEPT_AT_LEAST: Duration = Duration::from_secs(600);
/// More ids than this are not kept: the oldest go, counted (language.md §7).
pub const KEPT_MAX: usize = 4_000_000;

/// Identities of a task.
#[derive(Debug, Default)]
pub struct Sources {
    known: HashMap<Id, Known, RandomState>,
    expiring: BTreeMap<Timestamp, Vec<Id>>,
    /// Ids that went before their time.
    pub forgotten: u64,
}

/// What the stage says about a row with an id of its own.
#[derive(Debug)]
pub enum Copy {
    /// It is the event.
    First,
    /// It is the event from now on; what stood for it has to be taken back.
    Lesser(Box<Known>),
    /// Another copy is the event.
    Repeated,
}

/// What decides between copies of one id.
pub fn rank(row: RowRef<'_>) -> Rank {
    (row.row.append, row.row.coordinates)
}

/// What an event is before any rule is asked, duplicates apart.
pub fn outcome_without_rules(row: RowRef<'_>, late: bool) -> Option<Outcome> {
    if late {
        return Some(Outcome::Late);
    }
    let beat = row.row.class.def().is_some_and(|class| class.form == Form::Beat);
    beat.then_some(Outcome::Heartbeat)
}

impl Sources {
    /// Judges a copy of `id`; the caller tells the outcome with [`Sources::keep`] unless it is repeated.
    pub fn judge(&mut self, id: Id, rank: Rank) -> Copy {
        match self.known.get(&id) {
            None => Copy::First,
            Some(known) if known.rank <= rank => Copy::Repeated,
            Some(_) => self.known.remove(&id).map_or(Copy::First, |known| Copy::Lesser(Box::new(known))),
        }
    }

    /// Keeps an id until the clock is past its append by its lateness, at least ten minutes.
    pub fn keep(&mut self, id: Id, known: Known, lateness: Duration) {
        let until = known.rank.0 + lateness.max(KEPT_AT_LEAST);
        self.known.insert(id, known);
        self.expiring.entry(until).or_default().push(id);
        if self.known.len() > KEPT_MAX
            && let Some((_, oldest)) = self.expiring.pop_first()
        {
            self.forgotten += oldest.len() as u64;
            oldest.iter().for_each(|id| drop(self.known.remove(id)));
        }
    }

    /// Notes where the rules keep the event of an id.
    pub fn kept_at(&mut self, id: Id, event: EventRef, row: OwnedRow) {
        if let Some(known) = self.known.get_mut(&id) {
            known.event = Some((event, row));
        }
    }

    /// Forgets the ids whose time has come.
    pub fn forget(&mut self, clock: Timestamp) {
        while let Some(entry) = self.expiring.first_entry().filter(|entry| *entry.key() < clock) {
            for id in entry.remove() {
                // A lesser copy may have been kept under a later time; it is forgotten with the first. Both are past
                // the time within which a copy can still be accepted.
                self.known.remove(&id);
            }
        }
    }

    /// How many ids are kept.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Id, &Known)> {
        self.known.iter()
    }

    pub(crate) fn expiries(&self) -> &BTreeMap<Timestamp, Vec<Id>> {
        &self.expiring
    }

    pub(crate) fn restore(
        known: Vec<(Id, Known)>,
        expiring: BTreeMap<Timestamp, Vec<Id>>,
        forgotten: u64,
    ) -> Sources {
        Sources { known: known.into_iter().collect(), expiring, forgotten }
    }
}

/// A copy that was an event and is a duplicate now.
pub(crate) fn demote(counts: &mut EventCounts, known: &Known) {
    counts.moved(known.outcome, Outcome::Duplicate);
}

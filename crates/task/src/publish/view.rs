//! The published view: what readers have been told of the incidents of a task.
//!
//! ```text
//! rows read back ──▶ confirmed ──┐
//! rows sent ───────▶ in flight ──┴──▶ current: what matching goes by
//! ```
//!
//! *Confirmed* is what a read_committed reader has; only that goes into snapshots. What is in flight counts
//! as published for matching, because it may be; until it is seen or known to be missing, no other row of its
//! incident is sent.

use super::Guards;
use super::flights::Flights;
use super::queue::{Mark, Turn};
use super::revision::{DISPUTED, Published, is_live};
use event::id::Id;
use event::time::{Duration, Timestamp};
use incident::table::Member;
use std::collections::BTreeMap;

/// What is known of one incident.
#[derive(Clone, Debug, Default)]
struct Entry {
    confirmed: Option<Published>,
    flight: Option<Published>,
    /// Began before our knowledge does: stays as it was.
    frozen: bool,
    /// What is to be looked at again when the flight is over.
    waiting: Vec<(Turn, Mark)>,
}

/// The incidents of a task, as readers know them.
#[derive(Clone, Debug)]
pub(super) struct View {
    guards: Guards,
    entries: BTreeMap<Id, Entry>,
    flights: Flights<Id>,
    /// By run, beginning and incident: the end. Of the current state of live incidents.
    runs: BTreeMap<(Id, Timestamp, Id), Timestamp>,
    /// No alert of `runs` has been longer: how far back a look for overlaps must go.
    longest: Duration,
}

/// What a row that was read back turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// It was on its way; the flight is over.
    pub(super) landed: bool,
    pub(super) news: News,
    /// What to look at again.
    pub(super) waiting: Vec<(Turn, Mark)>,
}

/// What a row adds to what readers had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// A later revision.
    New,
    /// Nothing.
    Repeated,
    /// Another content under a revision that they had.
    Disputed,
}

/// A flight that ended without its row being seen.
#[derive(Debug)]
pub(super) struct Lost {
    pub(super) id: Id,
    pub(super) delivered: bool,
    /// What to look at again.
    pub(super) waiting: Vec<(Turn, Mark)>,
    pub(super) members: Vec<Member>,
}

impl View {
    pub(super) fn new(guards: Guards) -> Self {
        View {
            guards,
            entries: BTreeMap::new(),
            flights: Flights::default(),
            runs: BTreeMap::new(),
            longest: Duration::ZERO,
        }
    }

    /// What readers have or are about to have.
    pub(super) fn current(&self, id: Id) -> Option<&Published> {
        self.entries.get(&id)?.current(self.guards)
    }

    /// True while a row of it is in flight.
    pub(super) fn is_in_flight(&self, id: Id) -> bool {
        self.guards.wait && self.entries.get(&id).is_some_and(|entry| entry.flight.is_some())
    }

    pub(super) fn is_frozen(&self, id: Id) -> bool {
        self.entries.get(&id).is_some_and(|entry| entry.frozen)
    }

    /// Readers were told two things under one revision, and the first of them was its end.
    pub(super) fn is_disputed_end(&self, id: Id) -> bool {
        self.current(id).is_some_and(|told| !is_live(told.kind) && told.hash == DISPUTED)
    }

    /// Every id that was ever used.
    pub(super) fn ids(&self) -> impl Iterator<Item = Id> {
        self.entries.keys().copied()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// Live incidents with an alert of this run that has an instant in common with it; frozen ones too.
    pub(super) fn overlapping(&self, member: &Member) -> impl Iterator<Item = Id> {
        let Member { run, first_at, last_at, .. } = *member;
        let earliest = first_at - self.longest;
        let least = (run, earliest, Id([0; 16]));
        let greatest = (run, last_at, Id([0xff; 16]));
        let near = (last_at >= earliest).then(|| self.runs.range(least..=greatest));
        near.into_iter().flatten().filter(move |(_, end)| **end >= first_at).map(|((_, _, id), _)| *id)
    }

    /// True if a frozen incident told all of this alert.
    pub(super) fn is_told_by_frozen(&self, member: &Member) -> bool {
        let tells = |told: &Member| {
            told.run == member.run && told.first_at <= member.first_at && told.last_at >= member.last_at
        };
        let of = |id| self.current(id).is_some_and(|told| told.members.iter().any(tells));
        self.overlapping(member).any(|id| self.is_frozen(id) && of(id))
    }

    /// A row of it goes into the open transaction.
    pub(super) fn draft(&mut self, id: Id, row: Published) {
        self.unindex(id);
        self.entries.entry(id).or_default().flight = Some(row);
        self.flights.draft(id);
        self.index(id);
    }

    /// The log says that its row stands there. Returns what is to be looked at again: something only if that
    /// is believed.
    pub(super) fn delivered(&mut self, id: Id, offset: u64) -> Vec<(Turn, Mark)> {
        let entry = self.entries.entry(id).or_default();
        let Some(flight) = &mut entry.flight else { return Vec::new() };
        flight.first = entry.confirmed.as_ref().map_or(offset, |told| told.first);
        let row = flight.clone();
        if !self.guards.read_back {
            return self.see(id, row).waiting;
        }
        self.flights.delivered(id, offset);
        Vec::new()
    }

    /// Whether its row stands anywhere is unknown.
    pub(super) fn doubt(&mut self, id: Id) {
        self.flights.doubt(id);
    }

    /// What is in doubt stands before this position, or nowhere.
    pub(super) fn bound_doubts(&mut self, end: u64) {
        self.flights.bound_doubts(end);
    }

    /// Registers a mark to be looked at when the flight of this incident is over.
    pub(super) fn wait(&mut self, id: Id, turn: Turn, mark: Mark) {
        self.entries.entry(id).or_default().waiting.push((turn, mark));
    }

    /// Takes in a row as a reader has it.
    pub(super) fn see(&mut self, id: Id, row: Published) -> Seen {
        self.unindex(id);
        let seen = self.entries.entry(id).or_default().see(row);
        if seen.landed {
            self.flights.land(&id);
        }
        self.index(id);
        seen
    }

    /// Ends the flights that a reader at this position has passed.
    pub(super) fn passed(&mut self, position: u64) -> Vec<Lost> {
        let passed = self.flights.passed(position);
        passed.into_iter().map(|missing| self.lose(missing.key, missing.delivered)).collect()
    }

    /// Live incidents that begin before this instant stay as they are from now on.
    pub(super) fn freeze(&mut self, before: Timestamp) {
        for entry in self.entries.values_mut() {
            let begins = |told: &Published| told.members.first().is_some_and(|first| first.first_at < before);
            entry.frozen |= entry.confirmed.as_ref().is_some_and(|told| is_live(told.kind) && begins(told));
        }
    }

    /// Forgets an incident whose part has left the table, or whose alerts cannot come back.
    pub(super) fn forget(&mut self, id: Id) {
        self.unindex(id);
        self.flights.land(&id);
        self.entries.remove(&id);
    }

    /// Incidents of which no more will be said, and whose alerts all ended before this instant.
    pub(super) fn over(&self, before: Timestamp) -> Vec<Id> {
        let over = |entry: &Entry| {
            let told = entry.confirmed.as_ref().filter(|_| entry.flight.is_none());
            told.is_some_and(|told| {
                let ended = told.last || entry.frozen || !is_live(told.kind) && told.hash != DISPUTED;
                ended && told.members.iter().all(|member| member.last_at < before)
            })
        };
        self.entries.iter().filter(|(_, entry)| over(entry)).map(|(id, _)| *id).collect()
    }

    /// What readers have for certain, and whether it is frozen.
    pub(super) fn confirmed(&self) -> impl Iterator<Item = (Id, &Published, bool)> {
        let certain = self.guards.confirmed_view;
        self.entries.iter().filter_map(move |(id, entry)| {
            let flight = entry.flight.as_ref().filter(|_| !certain);
            flight.or(entry.confirmed.as_ref()).map(|told| (*id, told, entry.frozen))
        })
    }

    /// Puts back what a snapshot held.
    pub(super) fn restore(&mut self, id: Id, published: Published, frozen: bool) {
        let entry = Entry { confirmed: Some(published), frozen, ..Entry::default() };
        self.entries.insert(id, entry);
        self.index(id);
    }

    fn lose(&mut self, id: Id, delivered: bool) -> Lost {
        self.unindex(id);
        let entry = self.entries.entry(id).or_default();
        let members = entry.flight.take().map_or_else(Vec::new, |row| row.members);
        let waiting = std::mem::take(&mut entry.waiting);
        if entry.confirmed.is_none() {
            self.entries.remove(&id);
        }
        self.index(id);
        Lost { id, delivered, waiting, members }
    }

    fn index(&mut self, id: Id) {
        let Some(entry) = self.entries.get(&id) else { return };
        let Some(told) = entry.current(self.guards).filter(|told| is_live(told.kind)) else { return };
        for member in &told.members {
            let end = self.runs.entry((member.run, member.first_at, id)).or_insert(member.last_at);
            *end = member.last_at.max(*end);
            self.longest = self.longest.max(*end - member.first_at);
        }
    }

    fn unindex(&mut self, id: Id) {
        let Some(told) = self.entries.get(&id).and_then(|entry| entry.current(self.guards)) else { return };
        for member in &told.members {
            self.runs.remove(&(member.run, member.first_at, id));
        }
    }
}

impl Entry {
    fn current(&self, guards: Guards) -> Option<&Published> {
        self.flight.as_ref().filter(|_| guards.wait).or(self.confirmed.as_ref())
    }

    fn see(&mut self, row: Published) -> Seen {
        let landed = self.flight.as_ref().is_some_and(|flight| flight.says_the_same(&row));
        let news = self.take(row);
        if !landed {
            return Seen { landed, news, waiting: Vec::new() };
        }
        self.flight = None;
        Seen { landed, news, waiting: std::mem::take(&mut self.waiting) }
    }

    /// The first row of a revision counts, as for any reader that drops repetitions.
    fn take(&mut self, row: Published) -> News {
        let Some(told) = &mut self.confirmed else {
            self.confirmed = Some(row);
            return News::New;
        };
        if row.revision > told.revision {
            *told = Published { first: told.first, ..row };
            return News::New;
        }
        if row.revision < told.revision || row.says_the_same(told) {
            return News::Repeated;
        }
        told.hash = DISPUTED;
        News::Disputed
    }
}

//! Named states: for each key a short history of what set and cleared it, and the events that asked.
//!
//! A state is a function of (key, instant) computed from the set of events (language.md §4.3). When a late event changes
//! its past, the events that asked in the changed span are judged again: see [`States::insert`].

use super::events::{EventRef, Events};
use crate::program::Program;
use crate::program::condition::{AskStates, StateTest, Truth, resolve};
use crate::program::symbol_of;
use event::coordinates::Coordinates;
use event::hit::KeyHash;
use event::row::RowRef;
use event::symbol::{Symbol, SymbolKey};
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use site::SiteModel;
use smallvec::SmallVec;
use std::sync::Arc;

/// A state under a key.
pub type StateKey = (u32, KeyHash);

/// All states of a task.
#[derive(Debug, Default)]
pub struct States {
    histories: HashMap<StateKey, History, RandomState>,
}

/// What is known of one state and key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// ts of the latest instant that was folded and set, and of the latest that cleared; `i64::MIN` if none.
    pub set_at: i64,
    /// See `set_at`.
    pub cleared_at: i64,
    /// Later events, by ts.
    pub log: Vec<Mark>,
    /// Events that asked: ts and number of the candidate, by ts.
    pub askers: Vec<(i64, u32)>,
}

/// An event that sets or clears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its ts, ns.
    pub ts: i64,
    /// The event.
    pub event: EventRef,
    /// Its source.
    pub source: Symbol,
    /// Its place in ≺ among the events of its source and instant.
    pub order: Order,
    /// A line sets.
    pub sets: bool,
    /// A line clears.
    pub clears: bool,
}

/// The place of an event in ≺ among those of its source and instant. Events of the engine have one source and stand where
/// their terminal events stand: source and sequence, coordinates and what sets them apart.
pub type Order = ((Option<Arc<str>>, u64), (Coordinates, Option<Arc<str>>));

impl States {
    /// Takes a mark; the candidates to be judged again are added to `again`.
    pub fn insert(&mut self, at: StateKey, mark: Mark, forgets: bool, again: &mut Vec<u32>) {
        let history = self.histories.entry(at).or_insert_with(History::unknown);
        let place =
            history.log.partition_point(|m| (m.ts, m.source, &m.order) < (mark.ts, mark.source, &mark.order));
        if history.log.get(place).is_some_and(|m| m.event == mark.event) {
            history.log[place] = mark.clone();
        } else {
            history.log.insert(place, mark.clone());
        }
        history.affected(mark.ts, forgets, again);
    }

    /// Takes a mark out again.
    pub fn remove(
        &mut self,
        at: StateKey,
        (event, ts): (EventRef, i64),
        forgets: bool,
        again: &mut Vec<u32>,
    ) {
        let Some(history) = self.histories.get_mut(&at) else { return };
        let Some(place) = history.log.iter().position(|m| m.event == event && m.ts == ts) else { return };
        history.log.remove(place);
        history.affected(ts, forgets, again);
    }

    /// Notes that a candidate asked.
    pub fn asked(&mut self, at: StateKey, ts: i64, candidate: u32) {
        let history = self.histories.entry(at).or_insert_with(History::unknown);
        let place = history.askers.partition_point(|asker| *asker < (ts, candidate));
        if history.askers.get(place) != Some(&(ts, candidate)) {
            history.askers.insert(place, (ts, candidate));
        }
    }

    /// Forgets that a candidate asked; folds what is older than `horizon`.
    pub fn forget_asker(&mut self, at: StateKey, ts: i64, candidate: u32, horizon: i64, tie_set: bool) {
        let Some(history) = self.histories.get_mut(&at) else { return };
        if let Ok(place) = history.askers.binary_search(&(ts, candidate)) {
            history.askers.remove(place);
        }
        history.fold(horizon, tie_set);
        if history.is_unknown() {
            self.histories.remove(&at);
        }
    }

    /// Folds the marks of a key that are older than `horizon`.
    pub fn fold(&mut self, at: StateKey, horizon: i64, tie_set: bool) {
        if let Some(history) = self.histories.get_mut(&at) {
            history.fold(horizon, tie_set);
        }
    }

    /// Every key and its history, for a snapshot.
    pub fn iter(&self) -> impl Iterator<Item = (&StateKey, &History)> {
        self.histories.iter()
    }

    /// Puts a history back.
    pub fn restore(&mut self, at: StateKey, history: History) {
        self.histories.insert(at, history);
    }

    /// Sets what a test's world gives: the value before the first event.
    pub fn given(&mut self, at: StateKey, on: bool) {
        let history = self.histories.entry(at).or_insert_with(History::unknown);
        let before = if on { &mut history.set_at } else { &mut history.cleared_at };
        *before = i64::MIN + 1;
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.histories.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.histories.is_empty()
    }
}

impl History {
    fn unknown() -> History {
        History { set_at: i64::MIN, cleared_at: i64::MIN, log: Vec::new(), askers: Vec::new() }
    }

    fn is_unknown(&self) -> bool {
        *self == History::unknown()
    }

    /// The askers whose answer a change at `ts` can alter: up to the next instant that says something itself (which asks
    /// `was`, so it is included); all later ones where a set can become void.
    fn affected(&self, ts: i64, forgets: bool, again: &mut Vec<u32>) {
        let next = self.log.iter().map(|m| m.ts).find(|other| *other > ts).filter(|_| !forgets);
        let from = self.askers.partition_point(|(asked, _)| *asked < ts);
        let upto = self.askers[from..].iter().take_while(|(asked, _)| next.is_none_or(|next| *asked <= next));
        again.extend(upto.map(|(_, candidate)| *candidate));
    }

    fn fold(&mut self, horizon: i64, tie_set: bool) {
        let count = self.log.partition_point(|m| m.ts < horizon);
        let mut start = 0;
        while start < count {
            let ts = self.log[start].ts;
            let end = start + self.log[start..].iter().take_while(|m| m.ts == ts).count();
            match verdict(&self.log[start..end], tie_set) {
                Some(true) => self.set_at = ts,
                Some(false) => self.cleared_at = ts,
                None => {}
            }
            start = end;
        }
        self.log.drain(..count);
    }

    /// The value at `t` by the marks that `counts` admits, all with ts ≤ t; `None`: unknown.
    fn value(
        &self,
        t: i64,
        forget: Option<i64>,
        tie_set: bool,
        counts: impl Fn(&Mark) -> bool,
    ) -> Option<bool> {
        let void = |set: i64| forget.is_some_and(|d| t > set.saturating_add(d));
        let upto = self.log.partition_point(|m| m.ts <= t);
        let mut end = upto;
        let mut cleared = self.cleared_at != i64::MIN;
        let mut latest = None;
        while end > 0 {
            let ts = self.log[end - 1].ts;
            let start = self.log[..end].partition_point(|m| m.ts < ts);
            let group: SmallVec<[Mark; 4]> =
                self.log[start..end].iter().filter(|m| counts(m)).cloned().collect();
            cleared |= group.iter().any(|m| m.clears);
            if latest.is_none() {
                latest = verdict(&group, tie_set).map(|on| (ts, on));
            }
            if latest.is_some() && forget.is_none() {
                break;
            }
            end = start;
        }
        let latest = latest.or(match self.set_at.max(self.cleared_at) {
            i64::MIN => None,
            at => Some((at, self.set_at > self.cleared_at)),
        });
        match latest {
            Some((set, true)) if void(set) => cleared.then_some(false),
            other => other.map(|(_, on)| on),
        }
    }
}

/// What the marks of one instant say: the ≺-last of each source counts, and between sources clear wins (or set).
fn verdict(group: &[Mark], tie_set: bool) -> Option<bool> {
    let (mut set, mut cleared) = (false, false);
    for (at, mark) in group.iter().enumerate() {
        // Sorted by source, then ≺: the last of its source stands before the next source.
        if group.get(at + 1).is_none_or(|next| next.source != mark.source) {
            set |= mark.sets;
            cleared |= mark.clears;
        }
    }
    match (set, cleared) {
        (false, false) => None,
        (true, true) => Some(tie_set),
        (on, _) => Some(on),
    }
}

/// Answers state calls about events from what is known now.
pub struct Asker<'a> {
    /// The states.
    pub states: &'a States,
    /// The program.
    pub program: &'a Program,
    /// The site model.
    pub site: &'a SiteModel,
    /// The place of the event about which is asked.
    pub order: Order,
}

impl AskStates for Asker<'_> {
    fn ask(&self, call: &StateTest, row: RowRef<'_>) -> Truth {
        let state = &self.program.tree.states[call.state as usize];
        let forget = state.forget.map(|d| d.0);
        let mut yes = false;
        for_each_key(call, row, self.site, self.program.symbols, |key| {
            let value = self.states.histories.get(&(call.state, key)).and_then(|history| {
                if !call.was {
                    return history.value(row.row.ts.0, forget, state.tie_set, |_| true);
                }
                let own = row.source().symbol;
                let before = |m: &Mark| m.ts < row.row.ts.0 || (m.source == own && m.order < self.order);
                history.value(row.row.ts.0, forget, state.tie_set, before)
            });
            yes |= if call.exists { value.is_some() } else { value == Some(true) };
        });
        if yes { Truth::Yes } else { Truth::No }
    }
}

/// The keys that a call asks about an event.
pub fn for_each_key(
    call: &StateTest,
    row: RowRef<'_>,
    site: &SiteModel,
    symbols: SymbolKey,
    mut each: impl FnMut(KeyHash),
) {
    let mut parts: SmallVec<[SmallVec<[Symbol; 4]>; 2]> = SmallVec::new();
    for path in &call.key {
        let mut values = SmallVec::new();
        resolve(row, site, path, &mut values);
        parts.push(values.iter().map(|v| symbol_of(v, symbols)).collect());
    }
    let mut chosen: SmallVec<[Symbol; 4]> = SmallVec::new();
    crate::program::product(&parts, &mut chosen, &mut each);
}

/// A mark of an event.
pub fn mark(events: &Events, event: EventRef, sets: bool, clears: bool) -> Mark {
    let row = events.row(event);
    Mark { ts: row.row.ts.0, event, source: row.source().symbol, order: order(events, event), sets, clears }
}

/// The place of an event among those of its source and instant.
pub fn order(events: &Events, event: EventRef) -> Order {
    let row = events.row(event).row;
    match events.derived(event) {
        Some(derived) => {
            let first = (Some(derived.source.clone()), derived.seq);
            (first, (row.coordinates, Some(derived.order.clone())))
        }
        None => ((None, row.seq), (row.coordinates, None)),
    }
}

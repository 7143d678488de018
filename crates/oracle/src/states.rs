//! What the states are (language.md §4.3): "a state is a function of (key, instant), computed from E".

use crate::datum::Datum;
use crate::events::{Ask, Events};
use crate::hits::{self, Asker, Key};
use crate::view::View;
use event::field::FieldType;
use event::symbol::lower;
use event::time::{Duration, Timestamp};
use rules::tree::{Does, State, StateKind};
use site::path::Path;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What an event does to a state under a key.
pub(crate) struct Change {
    pub(crate) event: usize,
    pub(crate) key: Key,
    does: Done,
}

/// [`Does`] with the values of the event.
enum Done {
    Set,
    Clear,
    Keep(Vec<Datum>),
    Add(i128),
    Take(i128),
}

/// What an event does to a state.
pub(crate) fn changes(events: &Events<'_>, state: usize, event: usize) -> Vec<Change> {
    let mut changes = Vec::new();
    for line in &events.rules.states[state].lines {
        for key in hits::keys(events, &line.step, event, Asker::State) {
            changes.push(Change { event, key, does: done(events, &line.does, event) });
        }
    }
    changes
}

fn done(events: &Events<'_>, does: &Does, event: usize) -> Done {
    match does {
        Does::Set => Done::Set,
        Does::Clear => Done::Clear,
        Does::Keep(path) => Done::Keep(data(events, event, path)),
        Does::Add(path) => Done::Add(amount(events, event, path.as_ref())),
        Does::Take(path) => Done::Take(amount(events, event, path.as_ref())),
    }
}

fn data(events: &Events<'_>, event: usize, path: &Path) -> Vec<Datum> {
    View::of(events, event).values(path).into_iter().map(Datum::of_value).collect()
}

/// "`add f of s` adds f, else 1"; 0 where it is missing.
fn amount(events: &Events<'_>, event: usize, path: Option<&Path>) -> i128 {
    match path {
        None => 1_000_000,
        Some(path) => data(events, event, path).iter().filter_map(Datum::measure).sum(),
    }
}

impl Events<'_> {
    /// On/off: "that of the set or clear event with the greatest ts ≤ t …; before any event: unknown".
    pub(crate) fn state(&self, state: u32, key: &Key, ask: Ask) -> Option<bool> {
        let known = self.in_force(state, key, ask);
        let Some(last) = known.iter().map(|change| self.ts(change.event)).max() else {
            return self.given(state, key).map(|given| given == Datum::Bool(true));
        };
        let last = known.into_iter().filter(|change| self.ts(change.event) == last);
        Some(self.at_one_instant(&self.rules.states[state as usize], last))
    }

    /// "`S(k) exists` asks": whether it is known, or anything kept or counted.
    pub(crate) fn state_exists(&self, state: u32, key: &Key, ask: Ask) -> bool {
        match self.rules.states[state as usize].kind {
            StateKind::OnOff => self.state(state, key, ask).is_some(),
            _ => !self.state_values(state, key, ask).is_empty(),
        }
    }

    /// "Asked with the last key left out: the values of the last key for which it is on."
    pub(crate) fn members(&self, state: u32, first: &Key, ask: Ask) -> BTreeSet<Arc<str>> {
        let of_events = self.changes[state as usize].iter().map(|change| change.key.clone());
        let given = self.settings.given.iter().filter(|given| given.state == state);
        let of_world = given.map(|given| given.key.iter().map(|id| lower(id).into()).collect());
        let keys: BTreeSet<Key> = of_events.chain(of_world).collect();
        keys.into_iter()
            .filter(|key: &Key| key.len() == first.len() + 1 && key.starts_with(first))
            .filter(|key| self.state(state, key, ask) == Some(true))
            .filter_map(|key| key.last().cloned())
            .collect()
    }

    /// The value of a state that keeps one or counts; none if it is missing.
    pub(crate) fn state_values(&self, state: u32, key: &Key, ask: Ask) -> Vec<Datum> {
        let known = self.in_force(state, key, ask);
        let given = self.given(state, key);
        match self.rules.states[state as usize].kind {
            StateKind::OnOff => self.state(state, key, ask).map(Datum::Bool).into_iter().collect(),
            StateKind::Kept(_) if known.is_empty() => given.into_iter().collect(),
            StateKind::Kept(_) => self.kept(&known),
            StateKind::Counter(_) if given.is_none() && known.is_empty() => Vec::new(),
            StateKind::Counter(ty) => {
                let count = self.counted(&known, given.and_then(|given| given.measure()).unwrap_or(0));
                vec![if ty == FieldType::Duration { Datum::Duration(count) } else { Datum::Number(count) }]
            }
        }
    }

    /// "f of the keep event with the greatest ts ≤ t (of one instant: the ≺-last), missing after a `clear` or before
    /// any"; an event that keeps and clears clears.
    fn kept(&self, known: &[&Change]) -> Vec<Datum> {
        let Some(last) = known.iter().max_by_key(|change| self.place(change.event)) else {
            return Vec::new();
        };
        let of_last = || known.iter().filter(|change| change.event == last.event);
        if of_last().any(|change| matches!(change.does, Done::Clear)) {
            return Vec::new();
        }
        let values = of_last().flat_map(|change| match &change.does {
            Done::Keep(values) => values.clone(),
            _ => Vec::new(),
        });
        values.collect()
    }

    /// "max(0, Σ adds − Σ takes) over events with c < ts ≤ t, c = the last clear ≤ t"; before any
    /// clear what a test's world says was counted stands at the beginning.
    fn counted(&self, known: &[&Change], given: i128) -> i128 {
        let cleared = known.iter().filter(|change| matches!(change.does, Done::Clear));
        let cleared = cleared.map(|change| self.ts(change.event)).max();
        let since = known.iter().filter(|change| cleared.is_none_or(|c| c < self.ts(change.event)));
        let total: i128 = since
            .map(|change| match change.does {
                Done::Add(n) => n,
                Done::Take(n) => -n,
                _ => 0,
            })
            .sum();
        (if cleared.is_none() { given + total } else { total }).max(0)
    }

    /// The changes before the question that are not void: "each set, keep or add is void for t > its ts + d".
    fn in_force(&self, state: u32, key: &Key, ask: Ask) -> Vec<&Change> {
        let forget = self.rules.states[state as usize].forget;
        let now = self.asked_at(ask);
        let void = |change: &Change| {
            let lasts = matches!(change.does, Done::Clear | Done::Take(_));
            !lasts && forget.is_some_and(|d| now > self.ts(change.event) + d)
        };
        let all = self.changes[state as usize].iter();
        all.filter(|change| change.key == *key && self.precedes(change.event, ask) && !void(change)).collect()
    }

    fn asked_at(&self, ask: Ask) -> Timestamp {
        match ask {
            Ask::At(asker) | Ask::Before(asker) => self.ts(asker),
            Ask::Instant(now) => now,
        }
    }

    /// "at ts(e) inclusive"; just before: "events with ts < ts(e), and those of e's own source at ts(e) that stand
    /// before e in ≺".
    fn precedes(&self, event: usize, ask: Ask) -> bool {
        match ask {
            Ask::At(_) | Ask::Instant(_) => self.ts(event) <= self.asked_at(ask),
            Ask::Before(asker) => {
                let own = self.source(event) == self.source(asker);
                let before = own && self.place(event) < self.place(asker);
                self.ts(event) < self.ts(asker) || self.ts(event) == self.ts(asker) && before
            }
        }
    }

    /// "At one instant the ≺-last of each source counts, and between sources **clear wins**, with `tie set` set wins".
    fn at_one_instant<'c>(&self, state: &State, changes: impl Iterator<Item = &'c Change>) -> bool {
        let mut last: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
        for change in changes {
            let of_source = last.entry(self.source(change.event)).or_default();
            of_source.push(change);
            let greatest = of_source.iter().map(|c| self.place(c.event)).max().cloned();
            of_source.retain(|c| Some(self.place(c.event)) == greatest.as_ref());
        }
        let mut votes = last.values().flatten().map(|change| matches!(change.does, Done::Set));
        if state.tie_set { votes.any(|on| on) } else { votes.all(|on| on) }
    }

    /// "`given armed("A") = true` is a state's value before the first event" (§6).
    fn given(&self, state: u32, key: &Key) -> Option<Datum> {
        let given = self.settings.given.iter().filter(|given| given.state == state);
        let same_key = |given: &Vec<Arc<str>>| {
            given.len() == key.len() && given.iter().zip(key).all(|(a, b)| lower(a) == lower(b))
        };
        // A test's own world widens that of its file: the last word counts.
        given.rev().find(|given| same_key(&given.key)).map(|given| Datum::of_constant(&given.value))
    }

    /// The instants at which a state under a key may change: those of its events, and just after each that is void then.
    pub(crate) fn turns(&self, state: u32, key: &Key) -> BTreeSet<Timestamp> {
        let forget = self.rules.states[state as usize].forget;
        let of_key = self.changes[state as usize].iter().filter(|change| change.key == *key);
        of_key
            .map(|change| self.ts(change.event))
            .flat_map(|ts| [Some(ts), forget.map(|d| ts + d + Duration(1))])
            .flatten()
            .collect()
    }
}

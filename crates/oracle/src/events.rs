//! All events so far, each with its place in ≺, and what the states are by them (language.md §4.3). Chained
//! events are added stratum by stratum; nothing is ever taken out, because what is asked has settled.

use crate::Settings;
use crate::datum::{Datum, text_of};
use crate::hits::{self, Key};
use event::alert::Place;
use event::class::{ClassId, Form, Lifecycle};
use event::id::Id;
use event::row::{OwnedRow, RowRef};
use event::symbol::lower;
use event::time::Timestamp;
use event::value::{Text, Value};
use rules::tree::{Does, RuleSet, State};
use site::SiteModel;
use site::path::Path;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One accepted event, or one that a rule made.
pub(crate) struct Event {
    pub(crate) id: Id,
    pub(crate) place: Place,
    row: OwnedRow,
}

/// The events and what every question about them needs.
pub(crate) struct Events<'a> {
    pub(crate) rules: &'a RuleSet,
    pub(crate) site: &'a SiteModel,
    pub(crate) settings: &'a Settings<'a>,
    all: Vec<Event>,
    /// For each state: which events set or clear it under which key.
    changes: Vec<Vec<Change>>,
}

struct Change {
    event: usize,
    key: Key,
    on: bool,
}

/// At which instant a state is asked.
#[derive(Clone, Copy)]
pub(crate) enum Ask {
    /// At ts of this event, all events of that instant included.
    At(usize),
    /// Just before this event.
    Before(usize),
}

impl Event {
    pub(crate) fn ts(&self) -> Timestamp {
        self.place.ts
    }

    pub(crate) fn row(&self) -> RowRef<'_> {
        self.row.as_ref()
    }

    pub(crate) fn class(&self) -> ClassId {
        self.row().row.class
    }

    pub(crate) fn lifecycle(&self) -> Lifecycle {
        self.row().row.lifecycle
    }

    pub(crate) fn is_test(&self) -> bool {
        self.row().row.is_test()
    }

    /// Signs of life are counted, never matched.
    pub(crate) fn is_beat(&self) -> bool {
        self.class().def().is_some_and(|def| def.form == Form::Beat)
    }

    /// An event that a rule made.
    pub(crate) fn chained(id: Id, place: Place, row: OwnedRow) -> Event {
        Event { id, place, row }
    }

    fn accepted(id: Id, row: &OwnedRow) -> Event {
        let seen = row.as_ref();
        let place = Place {
            ts: seen.row.ts,
            source: seen.source().text.into(),
            seq: seen.row.seq,
            coordinates: seen.row.coordinates,
            derived: None,
        };
        Event { id, place, row: row.clone() }
    }
}

impl<'a> Events<'a> {
    pub(crate) fn new(
        rules: &'a RuleSet,
        site: &'a SiteModel,
        settings: &'a Settings<'a>,
        accepted: Vec<(Id, &OwnedRow)>,
    ) -> Self {
        let mut events = Events { rules, site, settings, all: Vec::new(), changes: Vec::new() };
        events.changes.resize_with(rules.states.len(), Vec::new);
        let mut accepted: Vec<Event> =
            accepted.into_iter().map(|(id, row)| Event::accepted(id, row)).collect();
        accepted.sort_by(|a, b| a.place.cmp(&b.place));
        for event in accepted {
            events.push(event);
        }
        events
    }

    /// One more event. Conditions of state lines know no states, so what it changes is known at once.
    pub(crate) fn push(&mut self, event: Event) {
        let index = self.all.len();
        self.all.push(event);
        for (at, state) in self.rules.states.iter().enumerate() {
            for line in &state.lines {
                let keys = hits::keys(self, &line.step, index, hits::Asker::State);
                self.changes[at].extend(keys.into_iter().map(|key| Change {
                    event: index,
                    key,
                    on: matches!(line.does, Does::Set),
                }));
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn get(&self, index: usize) -> &Event {
        &self.all[index]
    }

    pub(crate) fn ts(&self, index: usize) -> Timestamp {
        self.all[index].ts()
    }

    pub(crate) fn place(&self, index: usize) -> &Place {
        &self.all[index].place
    }

    /// The values of a path of an event, as of its ts.
    pub(crate) fn values(&self, index: usize, path: &Path) -> Vec<Value<'_>> {
        let mut values = Vec::new();
        self.site.resolve(self.all[index].row(), path, &mut values);
        values
    }

    /// Whether ts lies in the calendar, on the clock of the event's site.
    pub(crate) fn in_calendar(&self, index: usize, name: &str) -> bool {
        let site = self.all[index].row().site().map_or("", |site| site.text);
        self.site.in_calendar(name, site, self.ts(index))
    }

    /// Whether a value is in the list, as of ts.
    pub(crate) fn in_list(&self, index: usize, name: &str, value: &Datum) -> bool {
        let value = match value {
            Datum::Text(text) => Value::Text(Text { symbol: self.settings.symbols.symbol(text), text }),
            Datum::Number(n) => match n.checked_div(1_000_000).map(i64::try_from) {
                Some(Ok(whole)) if n % 1_000_000 == 0 => Value::Int(whole),
                _ => return false,
            },
            Datum::Ip(ip) => Value::Ip(*ip),
            _ => return false,
        };
        self.site.in_list(name, &value, self.ts(index))
    }

    /// The values of a path of an event as text, without regard to case, each once, sorted.
    pub(crate) fn texts(&self, index: usize, path: &Path) -> Vec<Arc<str>> {
        let mut texts: Vec<Arc<str>> = self
            .values(index, path)
            .into_iter()
            .map(|value| Arc::from(&*lower(&text_of(value, path.ty))))
            .collect();
        texts.sort();
        texts.dedup();
        texts
    }

    /// The value of an on/off state under a key; none if it is unknown.
    pub(crate) fn state(&self, state: u32, key: &Key, ask: Ask) -> Option<bool> {
        let (Ask::At(asker) | Ask::Before(asker)) = ask;
        let now = self.ts(asker);
        let definition = &self.rules.states[state as usize];
        let known = self.changes[state as usize].iter().filter(|change| {
            let void = change.on && definition.forget.is_some_and(|d| now > self.ts(change.event) + d);
            change.key == *key && !void && self.precedes(change.event, ask)
        });
        let Some(last) = known.clone().map(|change| self.ts(change.event)).max() else {
            return self.given(state, key);
        };
        Some(self.at_one_instant(definition, known.filter(|change| self.ts(change.event) == last)))
    }

    fn precedes(&self, event: usize, ask: Ask) -> bool {
        match ask {
            Ask::At(asker) => self.ts(event) <= self.ts(asker),
            Ask::Before(asker) => {
                let own = self.source(event) == self.source(asker);
                let before = own && self.place(event) < self.place(asker);
                self.ts(event) < self.ts(asker) || self.ts(event) == self.ts(asker) && before
            }
        }
    }

    /// Of each source the ≺-last counts; between sources clear wins, or set with `tie set`.
    fn at_one_instant<'c>(&self, state: &State, changes: impl Iterator<Item = &'c Change>) -> bool {
        let mut last: BTreeMap<String, Vec<&Change>> = BTreeMap::new();
        for change in changes {
            let of_source = last.entry(self.source(change.event)).or_default();
            of_source.push(change);
            let greatest = of_source.iter().map(|c| self.place(c.event)).max().cloned();
            of_source.retain(|c| Some(self.place(c.event)) == greatest.as_ref());
        }
        let mut votes = last.values().flatten().map(|change| change.on);
        if state.tie_set { votes.any(|on| on) } else { votes.all(|on| on) }
    }

    /// The source as the event says it: of a chained event the engine itself, whatever its place in ≺.
    fn source(&self, index: usize) -> String {
        self.all[index].row().source().text.to_owned()
    }

    fn given(&self, state: u32, key: &Key) -> Option<bool> {
        let given = self.settings.given.iter().filter(|given| given.state == state);
        let same_key = |given: &Vec<Arc<str>>| {
            given.len() == key.len() && given.iter().zip(key).all(|(a, b)| lower(a) == lower(b))
        };
        // A test's own world widens that of its file: the last word counts.
        given.rev().find(|given| same_key(&given.key)).map(|given| given.on)
    }
}

//! All events so far, each with its place in ≺, and what the site model says of them. Chained events are added
//! stratum by stratum; nothing is ever taken out, because what is asked has settled. What the states are by them
//! stands in [`crate::states`].

use crate::Settings;
use crate::datum::{Datum, text_of};
use crate::states::Change;
use event::alert::Place;
use event::class::{ClassId, Form, Lifecycle};
use event::field::FieldType;
use event::id::Id;
use event::row::{OwnedRow, RowRef};
use event::symbol::lower;
use event::time::Timestamp;
use event::value::{Text, Value};
use rules::tree::RuleSet;
use site::SiteModel;
use site::path::Path;
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
    /// For each state: what events do to it under which key.
    pub(crate) changes: Vec<Vec<Change>>,
}

/// At which instant a state is asked.
#[derive(Clone, Copy)]
pub(crate) enum Ask {
    /// At ts of this event, all events of that instant included.
    At(usize),
    /// Just before this event.
    Before(usize),
    /// At an instant, all its events included.
    Instant(Timestamp),
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

    /// One more event. "Conditions of state lines know no states" (§4.3), so what it changes is known at once.
    pub(crate) fn push(&mut self, event: Event) {
        let index = self.all.len();
        self.all.push(event);
        for at in 0..self.rules.states.len() {
            let changes = crate::states::changes(self, at, index);
            self.changes[at].extend(changes);
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
        self.values_of(self.all[index].row(), path)
    }

    /// The same of an event that says a little only.
    pub(crate) fn values_of<'v>(&'v self, row: RowRef<'v>, path: &Path) -> Vec<Value<'v>> {
        let mut values = Vec::new();
        self.site.resolve(row, path, &mut values);
        values
    }

    /// The values of a path in a fan-out, which has a limit of its own, as text.
    pub(crate) fn all_values(&self, index: usize, path: &Path) -> Vec<Arc<str>> {
        let mut values = Vec::new();
        let _cut_beyond_any_case = self.site.members(self.all[index].row(), path, &mut values);
        folded(values, path.ty)
    }

    /// The texts of a list, as of ts.
    pub(crate) fn texts_of_list(&self, index: usize, name: &str) -> Vec<&str> {
        self.site.list(name).map(|list| list.texts(self.ts(index)).collect()).unwrap_or_default()
    }

    /// The site of an event, or nothing.
    pub(crate) fn site_of(&self, index: usize) -> &str {
        self.all[index].row().site().map_or("", |site| site.text)
    }

    /// Whether ts lies in the calendar, on the clock of the event's site.
    pub(crate) fn in_calendar(&self, index: usize, name: &str) -> bool {
        self.site.in_calendar(name, self.site_of(index), self.ts(index))
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
        folded(self.values(index, path), path.ty)
    }

    /// The source as the event says it: of a chained event the engine itself, whatever its place in ≺.
    pub(crate) fn source(&self, index: usize) -> &str {
        self.all[index].row().source().text
    }
}

/// Values as text, without regard to case, each once, sorted.
pub(crate) fn folded(values: Vec<Value<'_>>, ty: FieldType) -> Vec<Arc<str>> {
    let mut texts: Vec<Arc<str>> =
        values.into_iter().map(|value| Arc::from(&*lower(&text_of(value, ty)))).collect();
    texts.sort();
    texts.dedup();
    texts
}

//! What a condition looks at: an event, and around it what the step, the chain or the window adds. Nothing is asked
//! here; see [`crate::condition`] and [`crate::expression`].

use crate::datum::Datum;
use crate::events::Events;
use event::field;
use event::row::{Batch, OwnedRow};
use event::value::Value;
use rules::tree::ForEach;
use site::path::{Path, Start};
use std::sync::Arc;

/// An event with what else a condition may name (language.md §3, "Name resolution").
#[derive(Clone, Copy)]
pub(crate) struct View<'v> {
    pub(crate) events: &'v Events<'v>,
    /// The event itself.
    pub(crate) event: usize,
    /// "(5) the member that `for each` names".
    pub(crate) member: Option<&'v Member>,
    /// "(2) a label of an earlier step": the events that filled steps, by bit.
    pub(crate) earlier: &'v [(u8, usize)],
    /// "(4) a name of `compare`": the aggregates by their place, missing ones too.
    pub(crate) aggregates: &'v [Option<Datum>],
}

/// One member of a fan-out.
#[derive(Clone)]
pub(crate) struct Member {
    /// m
    word: Arc<str>,
    /// The member, folded: the part of the key.
    pub(crate) id: Arc<str>,
    /// An event that says the member and nothing else, for paths that lead on from it.
    row: OwnedRow,
}

impl<'v> View<'v> {
    /// The event and nothing around it.
    pub(crate) fn of(events: &'v Events<'v>, event: usize) -> Self {
        View { events, event, member: None, earlier: &[], aggregates: &[] }
    }

    /// The values of a path: of the member if m is its first word, else of the event.
    pub(crate) fn values(&self, path: &Path) -> Vec<Value<'v>> {
        match self.member.filter(|member| member.leads(path)) {
            Some(member) => self.events.values_of(member.row.as_ref(), path),
            None => self.events.values(self.event, path),
        }
    }

    /// The same as text, without regard to case, each once, sorted: as parts of keys.
    pub(crate) fn texts(&self, path: &Path) -> Vec<Arc<str>> {
        crate::events::folded(self.values(path), path.ty)
    }

    /// The event that filled the step of that bit.
    pub(crate) fn filled(&self, bit: u8) -> Option<View<'v>> {
        let (_, event) = self.earlier.iter().find(|(of, _)| *of == bit)?;
        Some(View { event: *event, member: None, ..*self })
    }
}

impl Member {
    /// The member `id` of the fan-out of `event`, as of its ts.
    pub(crate) fn new(events: &Events<'_>, event: usize, each: &ForEach, id: &str) -> Member {
        let said = events.get(event).row();
        let mut batch = Batch::new(events.settings.symbols);
        let mut row = batch.begin(said.row.class);
        row.source(said.source().text).site(said.site().map_or("", |site| site.text));
        if let Some(field) = field::by_name(&each.member) {
            row.text(field, id);
        }
        let at = row.finish();
        batch.envelope_mut(at).ts = events.ts(event);
        let id = event::symbol::lower(id).into();
        Member { word: each.member.clone(), id, row: batch.row(at).to_owned_row() }
    }

    /// "in its paths … the first word m means the member, and what follows leads on from it". A field whose name has
    /// a dot is one word.
    fn leads(&self, path: &Path) -> bool {
        let first = match path.start {
            Start::Field(field) => field.name(),
            Start::Implied(_) => path.text.split('.').next().unwrap_or(""),
        };
        *first == *self.word
    }
}

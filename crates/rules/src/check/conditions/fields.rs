//! Paths of the event a condition is about: that the path exists, and that the classes of the option have its field.
//!
//! What a path leads to is `check::paths`' to say; here stand the reports, and the notes of what is read.

use super::{Reader, words};
use crate::check::classes;
use crate::check::names::well_formed;
use crate::check::paths::{self, Unresolved};
use crate::check::say::At;
use crate::syntax::tree::Path as WrittenPath;
use event::class::ClassId;
use event::field;
use site::path::{Path, Start};

impl<'a> Reader<'_, '_, 'a> {
    /// A path of the event, with a warning where a class of the option does not have it.
    pub fn path(&mut self, written: &WrittenPath) -> Option<Path> {
        let at = self.at(&written.span());
        if let Some(known) = self.aggregates {
            let known = known.iter().map(|(name, _)| name.as_str());
            self.say.unknown(&at, "aggregate", &written.dotted(), known);
            return None;
        }
        if self.label(written)?.is_some() {
            let help = "name a field or an entity of the event";
            self.say.does_not_run(&at, &written.dotted(), help);
            return None;
        }
        let path = self.walked(written, &at)?;
        self.note_reads(&path);
        if written.names.first().is_none_or(|first| self.member != Some(&first.node)) {
            self.check_carried(&path, &at)?;
        }
        Some(path)
    }

    /// The path of an event that these words make. None: reported at `at`.
    pub(super) fn walked(&mut self, written: &WrittenPath, at: &At) -> Option<Path> {
        match paths::walk(&words(written)) {
            Ok(path) => Some(path),
            Err(why) => {
                self.say_unresolved(written, why, at);
                None
            }
        }
    }

    fn say_unresolved(&mut self, written: &WrittenPath, why: Unresolved, at: &At) {
        // Of a name without the form of one, the reader of the text has told.
        if !written.names.iter().all(|name| well_formed(&name.node)) {
            return;
        }
        match why {
            Unresolved::TooLong => self.say.path_too_long(at, &written.dotted()),
            Unresolved::Step { at: step, of, known } => {
                if let Some(name) = written.names.get(step) {
                    self.say.no_field(&self.at(&name.span), &name.node, &format!("`{of}`"), known);
                }
            }
            Unresolved::Start => self.say_no_start(&written.dotted(), at),
        }
    }

    /// Nothing begins with this word. Where it looks like a slip, what was meant is named; else it may be text.
    fn say_no_start(&mut self, written: &str, at: &At) {
        let fields = field::all().map(|field| field.name());
        let params = self.scope.params.keys().copied();
        let labels = self.scope.labels.iter().map(|label| label.name);
        let known: Vec<&str> = fields.chain(params).chain(labels).collect();
        let near = event::diagnostic::nearest(written, known.iter().copied()).is_some();
        if near || written.contains('.') {
            self.say.no_field(at, written, "the event", known);
        } else {
            self.say.no_word(at, written);
        }
    }

    fn note_reads(&mut self, path: &Path) {
        self.reads.lifecycle |= path.start == Start::Field(field::LIFECYCLE);
        self.reads.test |= path.start == Start::Field(field::TEST);
    }

    /// WF011, WF012: a field that no class of the option has, or one that some do not list.
    pub(super) fn check_carried(&mut self, path: &Path, at: &At) -> Option<()> {
        let context = self.scope.context;
        let lacks = |class: &&ClassId| !paths::available(path.start, context.carriage.of(**class));
        let Some(&lacking) = self.classes.iter().find(lacks) else { return Some(()) };
        let name = paths::start_name(path.start);
        let class = classes::name(&context.names, lacking);
        let never = |class: &ClassId| context.carriage.of(*class).fixed && lacks(&class);
        if self.classes.iter().all(never) {
            let known: Vec<&str> = context.carriage.of(lacking).names().collect();
            self.say.no_field(at, name, &format!("`{class}`"), known);
            return None;
        }
        let having = self.classes.iter().find(|class| !lacks(class));
        let having = having.map(|having| classes::name(&context.names, *having));
        self.say.not_listed(at, (&class, having.as_deref()), name);
        Some(())
    }
}

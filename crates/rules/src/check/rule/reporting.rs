//! What the alerts of a rule say: title, `raise`, `entities`, `quiet` and the notes of `meta`. Nothing here changes what
//! is detected.

use super::{RuleReader, level};
use crate::check::carry::{labelled, unlabelled};
use crate::check::conditions::{Reader, Reads};
use crate::check::context::{self, Limit};
use crate::check::paths;
use crate::check::titles;
use crate::syntax::tree::{Clause, Cond as WrittenCond, Note, NoteKind, Path as WrittenPath, Spanned, Text};
use crate::tree::{Cond, EntityPath, EntitySpec, Meta, TitlePart};
use event::alert::Level;
use event::class::ClassId;
use event::time::Duration;
use std::sync::Arc;

/// Entities that an alert lists at most.
const CAPTURED_MAX: usize = 8;

impl<'a> RuleReader<'_, '_, 'a> {
    pub(super) fn raise(&mut self, terminal: &[ClassId]) -> Vec<(Level, Cond)> {
        let mut all = Vec::new();
        for clause in &self.rule.clauses {
            let Clause::Raise(raise) = &clause.node else { continue };
            let (cond, reads) = self.cond(&raise.when, terminal);
            self.facts.raise_states.extend(&reads.states);
            all.extend(self.sure(cond).map(|cond| (level(raise.to.node), cond)));
        }
        all
    }

    fn cond(&mut self, cond: &'a WrittenCond, classes: &[ClassId]) -> (Option<Cond>, Reads) {
        let mut reader = Reader::new(self.scope, classes, self.say);
        let cond = reader.cond(cond);
        (cond, reader.reads)
    }

    pub(super) fn title(&mut self, terminal: &[ClassId]) -> Vec<TitlePart> {
        let texts: Vec<&str> = self.by.iter().map(|part| part.text.as_str()).collect();
        let parts = titles::read(self.scope, (&self.rule.title, &texts), terminal, self.say);
        self.sure(parts).unwrap_or_default()
    }

    pub(super) fn entities(&mut self, terminal: &[ClassId]) -> EntitySpec {
        let listed = self.rule.clauses.iter().find_map(|clause| match &clause.node {
            Clause::Entities(paths) => Some((paths, &clause.span)),
            _ => None,
        });
        let Some((paths, span)) = listed else { return EntitySpec::Default };
        if paths.len() > CAPTURED_MAX {
            let at = self.at(span);
            self.say.too_many(&at, paths.len(), "captured fields", CAPTURED_MAX);
            self.whole = false;
        }
        let mut all = Vec::new();
        for path in paths {
            let found = self.entity(path, terminal);
            all.extend(self.sure(found));
        }
        EntitySpec::Listed(all)
    }

    fn entity(&mut self, written: &'a WrittenPath, terminal: &[ClassId]) -> Option<EntityPath> {
        let step = labelled(self.rule, written);
        let at = self.at(&written.span());
        if let Some(step) = step {
            let name = step.node.label.as_ref().map(|label| label.node.as_str()).unwrap_or_default();
            if !self.scope.labels.iter().any(|label| label.name == name && label.single) {
                self.say.no_single_event(&at, name);
                return None;
            }
        }
        let classes = match step {
            Some(step) => self.classes_of(step),
            None => terminal.to_vec(),
        };
        let path = self.path_of(&unlabelled(self.rule, written)?, &classes)?;
        let bit = step.map(|step| self.bit(step)).and_then(|bit| u8::try_from(bit).ok());
        Some(EntityPath { step: bit, field: paths::carried_in(&path), path })
    }

    pub(super) fn quiet(&mut self) -> Option<Duration> {
        let span = self.rule.clauses.iter().find_map(|clause| match &clause.node {
            Clause::Quiet(span) => Some(span),
            _ => None,
        })?;
        let names = (self.scope.file, &self.scope.params);
        let quiet = context::span(self.scope.context, names, span, Limit::Window, self.say);
        self.sure(quiet)
    }

    pub(super) fn meta(&self) -> Meta {
        let mut meta = Meta::default();
        let notes = self.rule.clauses.iter().filter_map(|clause| match &clause.node {
            Clause::Meta(notes) => Some(notes),
            _ => None,
        });
        for note in notes.flatten() {
            match &note.node {
                Note::Texts { kind, texts } => add_note(&mut meta, kind.node, texts),
                Note::Type(name) => meta.incident_type = name.node.as_str().into(),
                Note::Status(_) => {}
            }
        }
        meta
    }
}

fn add_note(meta: &mut Meta, kind: NoteKind, texts: &[Spanned<Text>]) {
    let entries = || texts.iter().map(|text| Arc::from(text.node.value.as_str()));
    let joined = || {
        let texts: Vec<&str> = texts.iter().map(|text| text.node.value.as_str()).collect();
        Arc::from(texts.join(" "))
    };
    match kind {
        NoteKind::Why => meta.why = joined(),
        NoteKind::Owner => meta.owner = joined(),
        NoteKind::Procedure => meta.procedure = joined(),
        NoteKind::Attack => meta.attack.extend(entries()),
        NoteKind::FalsePositives => meta.false_positives.extend(entries()),
        NoteKind::References => meta.references.extend(entries()),
    }
}

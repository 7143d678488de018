//! One state: which events set and clear it under which key.

use crate::check::conditions::{Asking, Reader, Scope, Sees};
use crate::check::context::{self, Context, Limit};
use crate::check::kinds;
use crate::check::names::Declared;
use crate::check::paths;
use crate::check::say::{At, Say};
use crate::check::steps::{ByPart, StepReader};
use crate::check::types::{Type, crosses_sites, makes_key};
use crate::check::uses::Use;
use crate::syntax::tree::{Line, Path as WrittenPath, Spanned, State as WrittenState, Step as WrittenStep};
use crate::tree::{Does, KeySpec, State, StateLine};
use event::class::ClassId;
use event::field::Unit;
use event::id::Id;
use event::time::Duration;
use site::path::Path;
use std::collections::{BTreeMap, BTreeSet};

/// Lines of one state at most.
const LINES_MAX: usize = 64;

/// A state before its lateness is known.
pub(crate) struct StateDraft {
    /// None: something in it was reported.
    pub state: Option<State>,
    /// The classes of its lines.
    pub classes: BTreeSet<ClassId>,
}

/// Reads one state.
pub(crate) fn read<'a>(
    context: &Context<'a>,
    declared: Declared<'a, WrittenState>,
    say: &mut Say<'a>,
) -> StateDraft {
    let Declared { file, node } = declared;
    let scope =
        Scope { context, file, params: BTreeMap::new(), labels: Vec::new(), states: Asking::Forbidden };
    let by: Vec<ByPart<'a>> = node.by.iter().map(ByPart::new).collect();
    let mut reader =
        StateReader { scope: &scope, by: &by, classes: BTreeSet::new(), say, whole: node.complete };
    let state = reader.state(node);
    StateDraft { state: state.filter(|_| reader.whole), classes: reader.classes }
}

struct StateReader<'r, 'c, 'a> {
    scope: &'r Scope<'c, 'a>,
    by: &'r [ByPart<'a>],
    classes: BTreeSet<ClassId>,
    say: &'r mut Say<'a>,
    whole: bool,
}

impl<'a> StateReader<'_, '_, 'a> {
    fn state(&mut self, state: &'a WrittenState) -> Option<State> {
        let source = self.scope.context.sources.get(self.scope.file)?;
        let by = self.keys();
        let kind = kinds::of(state);
        self.check_lines(state);
        let mut lines = Vec::new();
        let mut forget = None;
        let mut tie_set = false;
        for (bit, line) in state.lines.iter().enumerate() {
            match &line.node {
                Line::Set(step) => lines.extend(self.line(Does::Set, step, bit)),
                Line::Clear(step) => lines.extend(self.line(Does::Clear, step, bit)),
                Line::Forget(span) => forget = self.forget(span),
                Line::TieSet => tie_set = true,
                Line::Keep { value, of } => {
                    lines.extend(self.valued(Some(value), of, bit, |path| path.map(Does::Keep)))
                }
                Line::Add { value, of } => {
                    lines.extend(self.valued(value.as_ref(), of, bit, |path| Some(Does::Add(path))));
                }
                Line::Take { value, of } => {
                    lines.extend(self.valued(value.as_ref(), of, bit, |path| Some(Does::Take(path))));
                }
            }
        }
        Some(State {
            name: state.name.node.as_str().into(),
            by,
            kind: kind?.kind,
            lines,
            forget,
            tie_set,
            lateness: Duration::ZERO,
            place: (source.name.into(), state.name.span.clone()),
            print: Id::default(),
        })
    }

    fn steps(&mut self) -> StepReader<'_, '_, 'a> {
        StepReader { scope: self.scope, by: self.by, whiles: &[], sees: Sees::Nothing, say: self.say }
    }

    fn keys(&mut self) -> Vec<KeySpec> {
        let mut keys = Vec::new();
        for part in self.by {
            let Some(path) = self.steps().plain_path(part.written) else {
                self.whole = false;
                continue;
            };
            if !makes_key(path.ty) {
                let at = At::new(self.scope.file, &part.written.span());
                self.say.no_key_type(&at, &part.text, &Type::of(path.ty, Unit::None).name());
                self.whole = false;
            }
            keys.push(KeySpec {
                text: part.text.as_str().into(),
                ty: path.ty,
                field: paths::carried_in(&path),
                crosses_sites: crosses_sites(path.ty),
            });
        }
        keys
    }

    fn line(&mut self, does: Does, step: &'a WrittenStep, bit: usize) -> Option<StateLine> {
        let resolved = self.steps().step(step, Use::Positive, bit);
        self.classes.extend(&resolved.classes);
        self.whole &= resolved.step.is_some();
        resolved.step.map(|step| StateLine { does, step })
    }

    fn forget(&mut self, span: &crate::syntax::tree::TimeSpan) -> Option<Duration> {
        let names = (self.scope.file, &self.scope.params);
        let length = context::span(self.scope.context, names, span, Limit::Deadline, self.say);
        self.whole &= length.is_some();
        if length == Some(Duration::ZERO) {
            let at = At::new(self.scope.file, &span.span);
            self.say.bad_span(
                &at,
                self.scope.context.text(self.scope.file, &span.span),
                "is zero",
                "more than 0s",
            );
            self.whole = false;
        }
        length
    }

    /// A line that keeps or counts the value of a path.
    fn valued(
        &mut self,
        value: Option<&'a WrittenPath>,
        step: &'a WrittenStep,
        bit: usize,
        does: impl Fn(Option<Path>) -> Option<Does>,
    ) -> Option<StateLine> {
        let resolved = self.steps().step(step, Use::Positive, bit);
        self.classes.extend(&resolved.classes);
        self.whole &= resolved.step.is_some();
        let path = match value {
            Some(written) => {
                let path = Reader::new(self.scope, &resolved.classes, self.say).path(written);
                self.whole &= path.is_some();
                Some(path?)
            }
            None => None,
        };
        let does = does(path)?;
        resolved.step.map(|step| StateLine { does, step })
    }

    /// Lines of one kind only, values of one type, and a clear for what would drift.
    fn check_lines(&mut self, state: &'a WrittenState) {
        if state.lines.len() > LINES_MAX {
            let at = At::new(self.scope.file, &state.name.span);
            self.say.too_many(&at, state.lines.len(), "lines", LINES_MAX);
            self.whole = false;
        }
        let word = |line: &Line| match line {
            Line::Set(_) => Some("set"),
            Line::Keep { .. } => Some("keep"),
            Line::Add { .. } | Line::Take { .. } => Some("add"),
            Line::Clear(_) | Line::Forget(_) | Line::TieSet => None,
        };
        let first = state.lines.iter().find_map(|line| word(&line.node));
        for line in &state.lines {
            if let (Some(first), Some(other)) = (first, word(&line.node).filter(|w| Some(*w) != first)) {
                let at = At::new(self.scope.file, &line.span);
                let help = "make two states of it";
                self.say.means_nothing(&at, (other, first), "lines of its own kind", help);
                self.whole = false;
            }
            self.check_value(state, line);
        }
        let clears = state.lines.iter().any(|line| matches!(line.node, Line::Clear(_)));
        if first == Some("add") && !clears {
            let at = At::new(self.scope.file, &state.name.span);
            self.say.drifts(&at, &state.name.node);
        }
    }

    /// All lines keep or count one type.
    fn check_value(&mut self, state: &'a WrittenState, line: &'a Spanned<Line>) {
        let (value, counts) = match &line.node {
            Line::Keep { value, .. } => (Some(value), false),
            Line::Add { value, .. } | Line::Take { value, .. } => (value.as_ref(), true),
            _ => return,
        };
        let (Some(kind), Some(ty)) = (kinds::of(state), kinds::counts_in(value)) else { return };
        let at = At::new(self.scope.file, &value.map_or(line.span.clone(), WrittenPath::span));
        let text = value.map_or("1".to_owned(), WrittenPath::dotted);
        if counts && !ty.is_measure() {
            let wanted = ("a number or a duration", "`keep` keeps other values");
            self.say.wrong_dimension(&at, &text, &ty.name(), wanted);
            self.whole = false;
        } else if ty != kind.ty {
            self.say.wrong_dimension(&at, &text, &ty.name(), (&kind.ty.name(), kind.ty.literal()));
            self.whole = false;
        } else if !counts && matches!(ty, Type::Geo | Type::Tags) {
            self.say.wrong_dimension(&at, &text, &ty.name(), ("one value", "keep an id, a text or a number"));
            self.whole = false;
        }
    }
}

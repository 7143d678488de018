//! One state: which events set and clear it under which key.

use crate::check::conditions::{Asking, Scope, Sees};
use crate::check::context::{self, Context, Limit};
use crate::check::names::Declared;
use crate::check::paths;
use crate::check::say::{At, Say};
use crate::check::steps::{ByPart, StepReader};
use crate::check::types::{Type, crosses_sites, makes_key};
use crate::check::uses::Use;
use crate::syntax::tree::{Line, Spanned, State as WrittenState, Step as WrittenStep};
use crate::tree::{Does, KeySpec, State, StateKind, StateLine};
use event::class::ClassId;
use event::field::Unit;
use event::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

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
        let mut lines = Vec::new();
        let mut forget = None;
        let mut tie_set = false;
        for (bit, line) in state.lines.iter().enumerate() {
            match &line.node {
                Line::Set(step) => lines.extend(self.line(Does::Set, step, bit)),
                Line::Clear(step) => lines.extend(self.line(Does::Clear, step, bit)),
                Line::Forget(span) => forget = self.forget(span),
                Line::TieSet => tie_set = true,
                Line::Keep { of, .. } => self.not_running("keep", line, of, bit),
                Line::Add { of, .. } => self.not_running("add", line, of, bit),
                Line::Take { of, .. } => self.not_running("take", line, of, bit),
            }
        }
        Some(State {
            name: state.name.node.as_str().into(),
            by,
            kind: StateKind::OnOff,
            lines,
            forget,
            tie_set,
            lateness: Duration::ZERO,
            place: (source.name.into(), state.name.span.clone()),
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

    fn not_running(&mut self, word: &str, line: &'a Spanned<Line>, step: &'a WrittenStep, bit: usize) {
        let start = line.span.start;
        let at = At::new(self.scope.file, &(start..start + word.len()));
        self.say.does_not_run(&at, &format!("{word} …"), "a state with `set` and `clear`");
        self.line(Does::Set, step, bit);
        self.whole = false;
    }
}

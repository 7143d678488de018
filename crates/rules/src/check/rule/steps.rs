//! The steps of a rule, whatever pattern or clause they stand in: each is read here, notes what class and waits follow
//! from, and has a bit of its own. What a pattern makes of its steps is not here.

use super::RuleReader;
use crate::check::across;
use crate::check::classes;
use crate::check::conditions::{Asking, Reader, Scope, Sees};
use crate::check::paths;
use crate::check::steps::{Resolved, StepReader};
use crate::check::uses::{self, Use};
use crate::syntax::tree::{Clause, Path as WrittenPath, Pattern as WrittenPattern, Step as WrittenStep};
use crate::tree::{Cond, Pattern, Step, Unless};
use event::class::ClassId;
use site::path::Path;
use std::collections::BTreeMap;

const STEPS_MAX: usize = 8;
/// Steps, and options of which each has to be told from the others.
const BITS_MAX: usize = 16;
const KEY_PARTS_MAX: usize = 4;

/// Whether a match can end at a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Terminal {
    Yes,
    No,
}

impl<'a> RuleReader<'_, '_, 'a> {
    pub(super) fn positive(&mut self, step: &'a WrittenStep, terminal: Terminal) -> Option<Step> {
        let bit = self.bit(step);
        let sees = self.sees(step, Use::Positive);
        let resolved = StepReader { sees, ..self.steps() }.step(step, Use::Positive, bit);
        let at = self.at(&step.span);
        self.facts.positive.extend(resolved.classes.iter().map(|class| (*class, at.clone())));
        if terminal == Terminal::Yes {
            self.facts.terminal.extend(&resolved.classes);
            self.facts.terminal_names_test |= resolved.reads.test;
        }
        self.note(&resolved);
        self.sure(resolved.step)
    }

    pub(super) fn negative(&mut self, step: &'a WrittenStep, clause: &'static str) -> Option<Step> {
        let bit = self.bit(step);
        let sees = self.sees(step, Use::Negative(clause));
        let resolved = StepReader { sees, ..self.steps() }.step(step, Use::Negative(clause), bit);
        self.facts.negative.extend(&resolved.classes);
        self.note(&resolved);
        self.sure(resolved.step)
    }

    fn note(&mut self, resolved: &Resolved) {
        self.facts.states.extend(&resolved.reads.states);
    }

    pub(super) fn steps(&mut self) -> StepReader<'_, '_, 'a> {
        StepReader { scope: self.scope, by: self.by, whiles: self.whiles, sees: Sees::Nothing, say: self.say }
    }

    /// The earlier steps that conditions of a step may look at.
    fn sees(&self, step: &WrittenStep, how: Use) -> Sees<'a> {
        let unless = || {
            self.rule.clauses.iter().find_map(|clause| match &clause.node {
                Clause::Unless(unless) if unless.step.span == step.span => Some(unless.label.node.as_str()),
                _ => None,
            })
        };
        match (how, self.rule.pattern()) {
            (Use::Negative("unless"), _) => unless().map_or(Sees::Nothing, Sees::Only),
            (Use::Negative("not" | "expect"), _) | (Use::Positive, Some(WrittenPattern::Sequence(_))) => {
                Sees::Before
            }
            _ => Sees::Nothing,
        }
    }

    pub(super) fn bit(&self, step: &WrittenStep) -> usize {
        self.bits.iter().position(|start| *start == step.span.start).unwrap_or_default()
    }

    /// A path of an event of these classes and of the site model only.
    pub(super) fn path_of(&mut self, written: &WrittenPath, classes: &[ClassId]) -> Option<Path> {
        let bare = Scope {
            context: self.scope.context,
            file: self.scope.file,
            params: BTreeMap::new(),
            labels: Vec::new(),
            states: Asking::Allowed,
        };
        Reader::new(&bare, classes, self.say).path(written)
    }

    /// The classes of a step that was not read yet.
    pub(super) fn classes_named(&self, step: &WrittenStep) -> Vec<ClassId> {
        let context = self.scope.context;
        let classes = step.node.options.iter().flat_map(|option| &option.node.classes);
        classes
            .flat_map(|class| {
                classes::expand(&context.names, &context.graph, &class.node).unwrap_or_default()
            })
            .collect()
    }

    pub(super) fn classes_of(&self, step: &WrittenStep) -> Vec<ClassId> {
        let at = self.at(&step.span);
        self.facts.positive.iter().filter(|(_, step)| *step == at).map(|(class, _)| *class).collect()
    }

    pub(super) fn count_bounds(&mut self) {
        let at = self.at(&self.rule.name.span);
        for (count, what, limit) in
            [(self.bits.len(), "steps", STEPS_MAX), (self.by.len(), "key parts", KEY_PARTS_MAX)]
        {
            if count > limit {
                self.say.too_many(&at, count, what, limit);
                self.whole = false;
            }
        }
    }

    /// WF033, WF034w, and that there are bits for all options that look at earlier steps.
    pub(super) fn check_ties(&mut self, pattern: Option<&Pattern>, unless: &[Unless]) {
        let Some(pattern) = pattern else { return };
        let carriage = &self.scope.context.carriage;
        let positive = &self.facts.positive;
        let everywhere =
            |path: &Path| positive.iter().all(|(class, _)| paths::available(path.start, carriage.of(*class)));
        let labels = &self.scope.labels;
        let label = |bit: u8| {
            labels.iter().find(|label| label.bit == bit).map_or(String::new(), |label| label.name.to_owned())
        };
        let of_unless = unless.iter().map(|unless| &unless.step);
        let mut more = 0;
        for step in pattern.steps().into_iter().chain(of_unless) {
            let asking: Vec<&Cond> =
                step.options.iter().filter_map(|option| option.across.as_ref()).collect();
            more += if step.options.len() > 1 { asking.len() } else { 0 };
            let start = self.bits.get(usize::from(step.bit)).copied().unwrap_or_default();
            let written = uses::steps(self.rule).into_iter().find(|(step, _)| step.span.start == start);
            let at = self.at(&written.map_or(start..start, |(step, _)| step.span.clone()));
            for cond in asking {
                across::report_ties(cond, &label, (&at, &everywhere), self.say);
            }
        }
        if self.bits.len() + more > BITS_MAX {
            let at = self.at(&self.rule.name.span);
            let what = "steps and options that look at earlier steps";
            self.say.too_many(&at, self.bits.len() + more, what, BITS_MAX);
        }
    }
}

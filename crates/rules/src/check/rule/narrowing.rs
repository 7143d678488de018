//! `unless` and `until`: what takes a detection away or ends what was seen so far (language.md §4.2). `while` is not
//! here: it is a condition of every step.

use super::RuleReader;
use crate::check::context::Limit;
use crate::check::uses::{self, Use};
use crate::syntax::tree::{
    Clause, Side as WrittenSide, Spanned, Step as WrittenStep, Unless as WrittenUnless,
};
use crate::tree::{Side, Step, Unless};
use event::time::Duration;

impl<'a> RuleReader<'_, '_, 'a> {
    pub(super) fn unless_clauses(&mut self) -> Vec<Unless> {
        let mut all = Vec::new();
        for clause in &self.rule.clauses {
            if let Clause::Unless(unless) = &clause.node {
                let found = self.unless(unless);
                all.extend(self.sure(found));
            }
        }
        all
    }

    fn unless(&mut self, unless: &'a WrittenUnless) -> Option<Unless> {
        let side = match unless.side.node {
            WrittenSide::Before => Side::Before,
            WrittenSide::After => Side::After,
        };
        let limit = if side == Side::Before { Limit::Deadline } else { Limit::Window };
        let within = self.span(&unless.within, limit);
        match side {
            Side::Before => self.facts.has_early_row = true,
            Side::After => {
                self.facts.has_final_row = true;
                self.facts.decided = self.facts.decided.max(within.unwrap_or(Duration::ZERO));
            }
        }
        let step = self.negative(&unless.step, "unless");
        let of = self.labelled_bit(&unless.label);
        Some(Unless { step: step?, within: within?, side, of: of? })
    }

    pub(super) fn until(&mut self) -> Option<Step> {
        let step = self.rule.clauses.iter().find_map(|clause| match &clause.node {
            Clause::Until(step) => Some(step),
            _ => None,
        })?;
        self.facts.has_early_row = true;
        self.negative(step, "until")
    }

    fn labelled_bit(&mut self, label: &'a Spanned<String>) -> Option<u8> {
        let at = self.at(&label.span);
        let positive: Vec<(&'a WrittenStep, &str)> = uses::steps(self.rule)
            .into_iter()
            .filter(|(_, how)| *how == Use::Positive)
            .filter_map(|(step, _)| Some((step, step.node.label.as_ref()?.node.as_str())))
            .collect();
        match positive.iter().find(|(_, name)| *name == label.node) {
            Some((step, _)) => u8::try_from(self.bit(step)).ok(),
            None if self.scope.labels.iter().any(|known| known.name == label.node) => {
                self.say.no_single_event(&at, &label.node);
                None
            }
            None => {
                if self.rule.complete {
                    self.say.unknown(&at, "step", &label.node, positive.iter().map(|(_, name)| *name));
                }
                None
            }
        }
    }
}

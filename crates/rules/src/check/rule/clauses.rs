//! The clauses of one word or two: timing, marks and policies. Each is noted for what class and waits follow from; what
//! it comes to is decided once all rules are read.

use super::RuleReader;
use crate::syntax::tree::{Clause, Pattern, Policy, Timing};

impl<'a> RuleReader<'_, '_, 'a> {
    pub(super) fn remaining_clauses(&mut self) {
        for clause in &self.rule.clauses {
            let at = self.at(&clause.span);
            match &clause.node {
                Clause::Timing(Timing::Early) => self.facts.early = Some(at),
                Clause::Timing(Timing::FinalOnly) => self.facts.final_only = Some(at),
                Clause::Mark(mark) => self.facts.marks.push((*mark, at)),
                Clause::Blind(blind) => {
                    if !self.relies_on_absence(&at) {
                        continue;
                    }
                    self.blind = self.blind_clause(blind, &at);
                    self.whole &= self.blind.is_some();
                }
                Clause::Policy(Policy::Once) => {
                    self.once = true;
                    self.facts.has_early_row = true;
                    self.facts.positive_matters = true;
                    if self.forgets_what_takes_away() {
                        self.say.does_not_run(&at, "once beside unless", "leave `once` or `unless` out");
                        self.whole = false;
                    }
                }
                other => {
                    if let Some((word, instead)) = not_running_clause(other) {
                        let start = clause.span.start;
                        let at = self.at(&(start..start + first_word(word).len()));
                        self.say.does_not_run(&at, word, instead);
                        self.whole = false;
                    }
                }
            }
        }
    }
}

impl RuleReader<'_, '_, '_> {
    /// `once` forgets the x of `unless` too; what patterns with a base have folded cannot be asked about it any more.
    fn forgets_what_takes_away(&self) -> bool {
        let has_base = matches!(self.rule.pattern(), Some(Pattern::First(_) | Pattern::Unusual(_)));
        has_base && self.rule.clauses.iter().any(|clause| matches!(clause.node, Clause::Unless(_)))
    }
}

/// Only the first word is marked: comments may stand before the second.
fn first_word(words: &str) -> &str {
    words.split(' ').next().unwrap_or_default()
}

fn not_running_clause(clause: &Clause) -> Option<(&'static str, &'static str)> {
    match clause {
        Clause::Absorb(_) => Some(("absorb", "leave it out")),
        _ => None,
    }
}

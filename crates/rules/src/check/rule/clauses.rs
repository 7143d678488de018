//! The clauses of one word or two: timing, marks, policies, `absorb`. Each is noted for what class and waits follow from; what
//! it comes to is decided once all rules are read.

use super::RuleReader;
use crate::check::classes;
use crate::check::say::At;
use crate::check::steps::ByPart;
use crate::machine::describe::kind_of;
use crate::syntax::tree::{ClassRef, Clause, Pattern, Policy, Spanned, Timing};

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
                Clause::Absorb(classes) => self.absorb(classes, &at),
                _ => {}
            }
        }
    }

    /// `absorb`: the rules whose alerts become children. What an alert concerns is said by its entities, so each part of the
    /// key has to be one.
    fn absorb(&mut self, classes: &'a [Spanned<ClassRef>], at: &At) {
        let is_entity = |part: &ByPart<'_>| part.path.as_ref().is_none_or(|path| kind_of(path.ty).is_some());
        if let Some(part) = self.by.iter().find(|part| !is_entity(part)) {
            let help = "leave it out, or take it out of `by`";
            self.say.means_nothing(
                at,
                ("absorb", &format!("by {}", part.text)),
                "keys that are entities",
                help,
            );
            self.whole = false;
        }
        let context = self.scope.context;
        for class in classes {
            let found = classes::resolve(&context.names, &context.graph, (self.scope.file, class), self.say);
            let Some(found) = self.sure(found) else { continue };
            let rules: Option<Vec<u32>> = found.iter().map(|class| class.as_alert()).collect();
            match rules {
                Some(rules) => self.absorb.extend(rules),
                None => {
                    let (at, written) = (self.at(&class.span), classes::written(&class.node));
                    let help = "it takes in alerts: name the rules that raise them";
                    self.say.means_nothing(&at, ("absorb", &written), "`alert.x` and `alert.*`", help);
                    self.whole = false;
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

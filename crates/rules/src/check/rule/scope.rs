//! What the conditions of a rule may name: its labels and its parameters. Not what the names stand for where they are
//! used: conditions ask for that themselves.

use crate::check::conditions::{Asking, Label, Scope};
use crate::check::context::Context;
use crate::check::names::Declared;
use crate::check::say::{At, Say};
use crate::check::uses::{self, Use};
use crate::syntax::tree::{Clause, Rule as WrittenRule, Tail};
use std::collections::BTreeMap;

/// Labels and parameters of a rule.
pub(super) fn scope<'c, 'a>(
    context: &'c Context<'a>,
    declared: Declared<'a, WrittenRule>,
    say: &mut Say<'a>,
) -> Scope<'c, 'a> {
    let Declared { file, node: rule } = declared;
    let mut scope =
        Scope { context, file, params: BTreeMap::new(), labels: Vec::new(), states: Asking::Allowed };
    for (bit, (step, how)) in uses::steps(rule).into_iter().enumerate() {
        let Some(label) = &step.node.label else { continue };
        let at = At::new(file, &label.span);
        if let Some(first) = scope.labels.iter().find(|first| first.name == label.node) {
            say.label_twice(&at, &label.node, &first.at);
            continue;
        }
        let repeated = step.node.tails.iter().any(|tail| matches!(tail.node, Tail::Repeated { .. }));
        let single = how == Use::Positive && !repeated;
        let bit = u8::try_from(bit).unwrap_or(u8::MAX);
        scope.labels.push(Label { name: &label.node, at, single, step, bit });
    }
    for clause in &rule.clauses {
        let Clause::Param(param) = &clause.node else { continue };
        let name = param.name.node.as_str();
        let at = At::new(file, &param.name.span);
        let first = scope.params.get(name).map(|first| At::new(file, &first.name.span));
        let global =
            || context.names.params.get(name).map(|first| At::new(first.file, &first.node.name.span));
        match first.or_else(global) {
            Some(first) => say.declared_twice(&at, name, "parameter", &first),
            None => drop(scope.params.insert(name, param)),
        }
    }
    scope
}

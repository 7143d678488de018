//! Conditions: names become values with types, and every comparison is between values that can be compared.
//!
//! All that is wrong in a condition is reported; what hangs on something wrong is passed over in silence. One reader does
//! it, and each of its rooms knows one thing: comparisons ask for values (arithmetic, functions, states), and values come
//! down to names and fields. Nothing is compiled here.

mod arithmetic;
mod comparisons;
mod fields;
mod functions;
mod groups;
mod names;
mod states;
mod texts;
mod vehicles;

use crate::check::context::Context;
use crate::check::say::{At, Say};
use crate::check::types::Type;
use crate::syntax::tree::{Cond as Written, CondNode, Param, Path as WrittenPath, Step as WrittenStep};
use crate::tree::{Cond, Constant, Expr, Op};
use event::class::ClassId;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// A step that conditions after it may name.
#[derive(Clone, Debug)]
pub(crate) struct Label<'a> {
    pub name: &'a str,
    pub at: At,
    /// Positive, and one event.
    pub single: bool,
    pub step: &'a WrittenStep,
    pub bit: u8,
}

/// Which earlier steps a condition may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sees<'a> {
    Nothing,
    /// Those that stand before it in the text.
    Before,
    /// That step only.
    Only(&'a str),
}

/// What names mean around a condition.
pub(crate) struct Scope<'c, 'a> {
    pub context: &'c Context<'a>,
    pub file: usize,
    /// Parameters of the rule.
    pub params: BTreeMap<&'a str, &'a Param>,
    /// Labels of the rule, in the order of the text.
    pub labels: Vec<Label<'a>>,
    /// Whether states may be asked.
    pub states: Asking,
}

impl Scope<'_, '_> {
    /// Whether a word names a parameter.
    pub fn is_param(&self, name: &str) -> bool {
        self.params.contains_key(name) || self.context.names.params.get(name).is_some()
    }
}

/// Whether a condition may ask states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    Allowed,
    /// In the lines of a state.
    Forbidden,
}

/// What a condition turned out to read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    pub lifecycle: bool,
    pub test: bool,
    pub states: BTreeSet<u32>,
}

/// Reads conditions and paths of one option of a step.
pub(crate) struct Reader<'r, 'c, 'a> {
    pub scope: &'r Scope<'c, 'a>,
    /// The classes of the option; none if one of them is wrong.
    pub classes: &'r [ClassId],
    pub sees: Sees<'a>,
    /// The members of `for each`, with which paths may begin.
    pub member: Option<&'a str>,
    /// In conditions on aggregates these are what words may name.
    pub aggregates: Option<&'r [(String, Type)]>,
    pub reads: Reads,
    pub say: &'r mut Say<'a>,
}

/// A value with its type.
struct Operand {
    expr: Expr,
    ty: Type,
}

impl Operand {
    fn constant((constant, ty): (Constant, Type)) -> Operand {
        Operand { expr: Expr::Constant(constant), ty }
    }
}

impl<'r, 'c, 'a> Reader<'r, 'c, 'a> {
    pub fn new(scope: &'r Scope<'c, 'a>, classes: &'r [ClassId], say: &'r mut Say<'a>) -> Self {
        Reader {
            scope,
            classes,
            sees: Sees::Nothing,
            member: None,
            aggregates: None,
            reads: Reads::default(),
            say,
        }
    }

    fn at(&self, span: &Range<usize>) -> At {
        At::new(self.scope.file, span)
    }

    /// A condition. None: something in it was reported.
    pub fn cond(&mut self, cond: &'a Written) -> Option<Cond> {
        match &cond.node {
            CondNode::Or(parts) => self.every(parts).map(Cond::Or),
            CondNode::And(written) => {
                let parts = self.every(written)?;
                self.check_exclusion(written, &parts);
                Some(Cond::And(parts))
            }
            CondNode::Not(part) => self.cond(part).map(|part| Cond::Not(Box::new(part))),
            CondNode::Check(check) => self.check(check, &self.at(&cond.span)),
        }
    }

    fn every(&mut self, parts: &'a [Written]) -> Option<Vec<Cond>> {
        let parts: Vec<Option<Cond>> = parts.iter().map(|part| self.cond(part)).collect();
        parts.into_iter().collect()
    }

    /// WF070: one value cannot equal two constants.
    fn check_exclusion(&mut self, written: &'a [Written], parts: &[Cond]) {
        let equals: Vec<Option<(&Arc<str>, &Constant)>> = parts.iter().map(equality).collect();
        for (at, one) in equals.iter().enumerate() {
            let Some((path, value)) = one else { continue };
            let excludes = |other: &Option<(&Arc<str>, &Constant)>| {
                other.is_some_and(|(other, unlike)| other == *path && unlike != *value)
            };
            if let Some(other) = equals[..at].iter().position(excludes) {
                let text = |at: usize| self.scope.context.text(self.scope.file, &written[at].span);
                let place = self.at(&written[at].span);
                self.say.never_both(&place, text(other), text(at));
            }
        }
    }
}

/// The words of a path.
pub(crate) fn words(path: &WrittenPath) -> Vec<&str> {
    path.names.iter().map(|name| name.node.as_str()).collect()
}

/// The path of one value and the constant that a part says it equals.
fn equality(part: &Cond) -> Option<(&Arc<str>, &Constant)> {
    match part {
        Cond::Compare(Expr::Path(path), Op::Equal, Expr::Constant(value)) if !path.many => {
            Some((&path.text, value))
        }
        _ => None,
    }
}

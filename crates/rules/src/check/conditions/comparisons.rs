//! One check: a value alone, or a value and what is asked of it.
//!
//! Both sides of a comparison have to be of types that meet; a wrong unit is told from a wrong type. `in` stands in
//! `groups`, parts of texts in `texts`.

use super::states::Asked;
use super::vehicles::any_vehicle;
use super::{Operand, Reader};
use crate::check::say::At;
use crate::check::types::Type;
use crate::syntax::tree::{Check, CompareOp, Comparison, Spanned, Sum, ValueNode};
use crate::tree::{Cond, Constant, Expr, Op};
use event::class::ClassId;
use event::field::{self, FieldType};
use event::value::Micro;
use site::path::{Path, Start};

impl<'a> Reader<'_, '_, 'a> {
    /// One check of a condition.
    pub(super) fn check(&mut self, check: &'a Check, at: &At) -> Option<Cond> {
        match (self.state_of(check), &check.test) {
            (Some((call, when)), None) => self.state_call(call, when, Asked::Value).map(Cond::State),
            (Some((call, when)), Some(test)) if matches!(test.node, Comparison::Exists) => {
                self.state_call(call, when, Asked::Known).map(Cond::State)
            }
            (Some((call, when)), Some(_)) => {
                self.state_call(call, when, Asked::Value)?;
                self.say_on_off_compared(at);
                None
            }
            (None, None) => self.value_alone(&check.left, at),
            (None, Some(test)) => self.value_tested(&check.left, test, at),
        }
    }

    /// A value that is a condition by itself.
    fn value_alone(&mut self, left: &'a Sum, at: &At) -> Option<Cond> {
        match left.node.as_value().map(|value| &value.node) {
            Some(ValueNode::Cond(cond)) => return self.cond(cond),
            Some(ValueNode::Call(call)) if call.node.name.node == "calendar" => return self.calendar(call),
            _ => {}
        }
        let operand = self.sum(left, None)?;
        match operand.ty {
            Type::Bool => Some(Cond::Is(operand.expr)),
            ty => {
                self.say.not_a_condition(at, &ty.name());
                None
            }
        }
    }

    fn value_tested(&mut self, left: &'a Sum, test: &'a Spanned<Comparison>, at: &At) -> Option<Cond> {
        let operand = self.sum(left, None)?;
        match &test.node {
            Comparison::Exists => Some(Cond::Exists(operand.expr)),
            Comparison::Compare(op, right) => self.compare(operand, op, right, at),
            Comparison::In(group) => self.group(operand, group, at),
            Comparison::Text(op, text) => self.text(operand, op, text),
        }
    }

    fn compare(&mut self, left: Operand, op: &Spanned<CompareOp>, right: &'a Sum, at: &At) -> Option<Cond> {
        let right_text = self.scope.context.text(self.scope.file, &right.span);
        let right = self.sum(right, Some(left.ty))?;
        self.check_comparable(&left, &right, right_text, at)?;
        let op = compare_op(op.node);
        if !matches!(op, Op::Equal | Op::NotEqual) && !left.ty.is_ordered() {
            self.say.no_order(
                at,
                self.scope.context.text(self.scope.file, &(at.start..at.end)),
                &left.ty.name(),
            );
            return None;
        }
        if op == Op::NotEqual {
            self.warn_missing(&left, right_text, at);
        }
        let (left, right) = (left.expr, right.expr);
        if let Some(cond) = any_vehicle(&left, op, &right) {
            return Some(cond);
        }
        let (left, right) = decimals_beside(left, right);
        Some(Cond::Compare(left, op, right))
    }

    /// None: the two cannot be equal, which is reported; `text` is what the right one was written as.
    pub(super) fn check_comparable(
        &mut self,
        left: &Operand,
        right: &Operand,
        text: &str,
        at: &At,
    ) -> Option<()> {
        if left.ty.meets(right.ty) {
            return Some(());
        }
        if left.ty.is_measure() && right.ty.is_measure() {
            self.say.wrong_dimension(at, text, &right.ty.name(), (&left.ty.name(), left.ty.literal()));
        } else {
            self.say.cannot_compare(at, &left.ty.name(), &right.ty.name(), left.ty.literal());
        }
        None
    }

    /// WF074: `!=` is false where the value is missing.
    fn warn_missing(&mut self, left: &Operand, value: &str, at: &At) {
        let Expr::Path(path) = &left.expr else { return };
        if !self.always_there(path) {
            let text = path.text.clone();
            self.say.may_be_missing(at, &text, value);
        }
    }

    fn always_there(&self, path: &Path) -> bool {
        let Start::Field(field) = path.start else { return false };
        let always =
            [field::TS, field::LIFECYCLE, field::CLASS, field::SOURCE, field::TEST, field::TIME_QUALITY];
        let required =
            |class: &ClassId| class.def().is_some_and(|def| def.required.contains(&[field].as_slice()));
        path.hops.is_empty() && (always.contains(&field) || self.classes.iter().all(required))
    }
}

fn compare_op(op: CompareOp) -> Op {
    match op {
        CompareOp::Eq => Op::Equal,
        CompareOp::Ne => Op::NotEqual,
        CompareOp::Lt => Op::Less,
        CompareOp::Le => Op::AtMost,
        CompareOp::Gt => Op::Greater,
        CompareOp::Ge => Op::AtLeast,
    }
}

/// A whole number beside a decimal field becomes a decimal.
fn decimals_beside(left: Expr, right: Expr) -> (Expr, Expr) {
    let right = decimal_beside(&left, right);
    let left = decimal_beside(&right, left);
    (left, right)
}

/// The constant as the other side has it.
pub(super) fn decimal_beside(other: &Expr, expr: Expr) -> Expr {
    match (other, &expr) {
        (Expr::Path(path), Expr::Constant(Constant::Int(n))) if path.ty == FieldType::Float => {
            n.checked_mul(1_000_000).map_or(expr, |micros| Expr::Constant(Constant::Float(Micro(micros))))
        }
        _ => expr,
    }
}

//! Calculating with typed values: sums, products, signs, brackets.
//!
//! Units decide what can be calculated with what. Nothing is calculated here but the sign of a constant.

use super::states::When;
use super::{Operand, Reader};
use crate::check::constants;
use crate::check::say::At;
use crate::check::types::Type;
use crate::syntax::tree::{
    Cond as Written, CondNode, Product, ProductOp, Sign, Sum, SumOp, Value, ValueNode,
};
use crate::tree::{Arithmetic, Expr};

impl<'a> Reader<'_, '_, 'a> {
    /// A value, or several that are added. `want` is the type that a lone word would have to be of.
    pub(super) fn sum(&mut self, sum: &'a Sum, want: Option<Type>) -> Option<Operand> {
        let want = want.filter(|_| sum.node.rest.is_empty());
        let mut left = self.product(&sum.node.first, want);
        for (op, right) in &sum.node.rest {
            let right = self.product(right, None);
            let (arithmetic, word) = match op.node {
                SumOp::Plus => (Arithmetic::Add, "+"),
                SumOp::Minus => (Arithmetic::Subtract, "-"),
            };
            let operands = left.zip(right)?;
            let ty = sum_type(operands.0.ty, arithmetic, operands.1.ty);
            left = self.calculated(operands, (arithmetic, word), ty, &self.at(&sum.span));
        }
        left
    }

    fn product(&mut self, product: &'a Product, want: Option<Type>) -> Option<Operand> {
        let want = want.filter(|_| product.node.rest.is_empty());
        let mut left = self.sign(&product.node.first, want);
        for (op, right) in &product.node.rest {
            let right = self.sign(right, None);
            let (arithmetic, word) = match op.node {
                ProductOp::Times => (Arithmetic::Multiply, "*"),
                ProductOp::Over => (Arithmetic::Divide, "/"),
            };
            let operands = left.zip(right)?;
            let ty = product_type(operands.0.ty, arithmetic, operands.1.ty);
            left = self.calculated(operands, (arithmetic, word), ty, &self.at(&product.span));
        }
        left
    }

    fn calculated(
        &mut self,
        (left, right): (Operand, Operand),
        (op, word): (Arithmetic, &str),
        ty: Option<Type>,
        at: &At,
    ) -> Option<Operand> {
        let Some(ty) = ty else {
            self.say.cannot_calculate(at, &left.ty.name(), word, &right.ty.name());
            return None;
        };
        Some(Operand { expr: Expr::Arithmetic(Box::new(left.expr), op, Box::new(right.expr)), ty })
    }

    fn sign(&mut self, sign: &'a Sign, want: Option<Type>) -> Option<Operand> {
        let operand = self.value(&sign.node.value, want)?;
        if !sign.node.negative {
            return Some(operand);
        }
        if !operand.ty.is_measure() {
            self.say.cannot_calculate(&self.at(&sign.span), "", "-", &operand.ty.name());
            return None;
        }
        let expr = match operand.expr {
            Expr::Constant(constant) => Expr::Constant(constants::negated(constant)?),
            expr => Expr::Negate(Box::new(expr)),
        };
        Some(Operand { expr, ty: operand.ty })
    }

    fn value(&mut self, value: &'a Value, want: Option<Type>) -> Option<Operand> {
        match &value.node {
            ValueNode::Literal(literal) => Some(Operand::constant(constants::literal(literal)?)),
            ValueNode::Path(path) => self.word_or_path(path, want),
            ValueNode::Call(call) => self.call(call),
            ValueNode::Was(call) => self.state_value(call, When::JustBefore),
            ValueNode::Cond(cond) => self.bracket(cond, want),
        }
    }

    /// `( a + b )` in the middle of a calculation.
    fn bracket(&mut self, cond: &'a Written, want: Option<Type>) -> Option<Operand> {
        match &cond.node {
            CondNode::Check(check) if check.test.is_none() => self.sum(&check.left, want),
            _ => {
                self.cond(cond)?;
                let help = "use `and`, `or`, `not` on conditions";
                self.say.cannot_compare(&self.at(&cond.span), "a condition", "a value", help);
                None
            }
        }
    }
}

fn sum_type(left: Type, op: Arithmetic, right: Type) -> Option<Type> {
    match (left, right) {
        (Type::Time, Type::Time) if op == Arithmetic::Subtract => Some(Type::Duration),
        (Type::Time, Type::Duration) => Some(Type::Time),
        (Type::Duration, Type::Time) if op == Arithmetic::Add => Some(Type::Time),
        (left, right) if left == right && left.is_measure() => Some(left),
        _ => None,
    }
}

fn product_type(left: Type, op: Arithmetic, right: Type) -> Option<Type> {
    // Durations take no factor: `2 * 5m` is written `10m`, and a number of seconds is no plain number.
    let scales = |ty: Type| matches!(ty, Type::Number | Type::Length | Type::Speed | Type::Size);
    match (left, right) {
        (left, Type::Number) if scales(left) => Some(left),
        (Type::Number, right) if scales(right) && op == Arithmetic::Multiply => Some(right),
        (left, right) if left == right && scales(left) && op == Arithmetic::Divide => Some(Type::Number),
        _ => None,
    }
}

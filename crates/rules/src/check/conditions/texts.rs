//! Parts of texts: `contains`, `starts with`, `ends with`, `matches`.
//!
//! Whether a regular expression may run is `check::expressions`' to say.

use super::{Operand, Reader};
use crate::check::say::At;
use crate::check::types::Type;
use crate::check::{classes, expressions};
use crate::syntax::tree::{Spanned, Text, TextOp as Written, TextOperand};
use crate::tree::{Cond, Expr, TextOp};

impl<'a> Reader<'_, '_, 'a> {
    /// Whether a text has a part, or one of a list of parts, or is of a form.
    pub(super) fn text(
        &mut self,
        left: Operand,
        op: &Spanned<Written>,
        operand: &'a Spanned<TextOperand>,
    ) -> Option<Cond> {
        let is_tag = left.ty == Type::Tags && op.node == Written::Contains;
        if left.ty != Type::Text && !is_tag {
            let name = match &left.expr {
                Expr::Path(path) => path.text.to_string(),
                _ => "this".to_owned(),
            };
            self.say.needs_text(&self.at(&op.span), op.node.word(), &name, &left.ty.name());
            return None;
        }
        let at = self.at(&operand.span);
        match (&operand.node, part_op(op.node)) {
            (TextOperand::Text(part), Some(op)) => {
                Some(Cond::Text(left.expr, op, part.value.as_str().into()))
            }
            (TextOperand::Text(pattern), None) => self.matches(left, pattern, &at),
            (TextOperand::List(name), op) => self.text_of_list(left, op, name, &at),
        }
    }

    fn matches(&mut self, left: Operand, pattern: &Text, at: &At) -> Option<Cond> {
        let class = self.classes.first().map(|class| classes::name(&self.scope.context.names, *class));
        expressions::check(at, &pattern.value, class.as_deref().unwrap_or("event"), self.say)?;
        Some(Cond::Matches(left.expr, pattern.value.as_str().into()))
    }

    fn text_of_list(&mut self, left: Operand, op: Option<TextOp>, name: &str, at: &At) -> Option<Cond> {
        let text = Operand { ty: Type::Text, ..left };
        self.list(&text, name, at)?;
        Some(match op {
            Some(op) => Cond::TextList(text.expr, op, name.into()),
            None => Cond::MatchesList(text.expr, name.into()),
        })
    }
}

/// The operator, if it asks for a part; `matches` asks for a form.
fn part_op(op: Written) -> Option<TextOp> {
    match op {
        Written::Contains => Some(TextOp::Contains),
        Written::Starts => Some(TextOp::Starts),
        Written::Ends => Some(TextOp::Ends),
        Written::Matches => None,
    }
}

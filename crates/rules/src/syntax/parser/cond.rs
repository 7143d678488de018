//! Conditions, from `or` down to a value.
//!
//! A word is an operator only after a value, and `not`, `was`, `true`, `false` are keywords only where a
//! value may begin. So the word after a comparison, a dot or a comma is a name without any special rule for
//! it.

use super::super::lexer::{Kind, Sign};
use super::super::tree::{
    Call, CallNode, Check, CompareOp, Comparison, Cond, CondNode, Group, GroupItem, Product, ProductNode,
    ProductOp, Sign as SignTree, SignNode, Spanned, Sum, SumNode, SumOp, TextOp, TextOperand, Value,
    ValueNode,
};
use super::{Parse, Parser, Wanted};

const COMPARE_SIGNS: [(Sign, CompareOp); 6] = [
    (Sign::Eq, CompareOp::Eq),
    (Sign::Ne, CompareOp::Ne),
    (Sign::Lt, CompareOp::Lt),
    (Sign::Le, CompareOp::Le),
    (Sign::Gt, CompareOp::Gt),
    (Sign::Ge, CompareOp::Ge),
];

const TEXT_WORDS: [(&str, TextOp); 4] = [
    ("contains", TextOp::Contains),
    ("starts", TextOp::Starts),
    ("ends", TextOp::Ends),
    ("matches", TextOp::Matches),
];

impl Parser<'_> {
    pub(super) fn cond(&mut self) -> Parse<Cond> {
        self.joined("or", CondNode::Or, |p| p.joined("and", CondNode::And, |p| p.denied()))
    }

    /// `part {word part}`; a single part stays as it is.
    fn joined(
        &mut self,
        word: &'static str,
        join: fn(Vec<Cond>) -> CondNode,
        part: fn(&mut Self) -> Parse<Cond>,
    ) -> Parse<Cond> {
        let start = self.start();
        let first = part(self)?;
        if !self.see_word(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.eat_word(word) {
            parts.push(part(self)?);
        }
        Ok(self.spanned(start, join(parts)))
    }

    fn denied(&mut self) -> Parse<Cond> {
        let start = self.start();
        if self.is_word_at(0, "not") {
            self.bump();
            let denied = self.nested(|p| p.denied())?;
            return Ok(self.spanned(start, CondNode::Not(Box::new(denied))));
        }
        self.wanted.push(Wanted::Word("not"));
        let check = self.check()?;
        Ok(self.spanned(start, CondNode::Check(Box::new(check))))
    }

    fn check(&mut self) -> Parse<Check> {
        let left = self.sum()?;
        let test = self.comparison()?;
        if test.is_some() && self.at_comparison() {
            return Err(self.chained());
        }
        Ok(Check { left, test })
    }

    fn comparison(&mut self) -> Parse<Option<Spanned<Comparison>>> {
        let start = self.start();
        let sign = COMPARE_SIGNS.iter().find(|(sign, _)| self.is_sign_at(0, *sign));
        let word = TEXT_WORDS.iter().find(|(word, _)| self.is_word_at(0, word));
        let comparison = if let Some(&(_, op)) = sign {
            self.bump();
            let op = self.spanned(start, op);
            Comparison::Compare(op, self.sum()?)
        } else if let Some(&(_, op)) = word {
            self.bump();
            let op = self.spanned(start, op);
            Comparison::Text(op, self.text_operand()?)
        } else if self.is_word_at(0, "in") {
            self.bump();
            Comparison::In(self.group()?)
        } else if self.is_word_at(0, "exists") {
            self.bump();
            Comparison::Exists
        } else {
            const WORDS: &[&str] = &["in", "contains", "starts", "ends", "matches", "exists"];
            self.wanted.push(Wanted::OneOf(WORDS, "a comparison"));
            return Ok(None);
        };
        Ok(Some(self.spanned(start, comparison)))
    }

    fn at_comparison(&self) -> bool {
        let sign = COMPARE_SIGNS.iter().any(|(sign, _)| self.is_sign_at(0, *sign));
        let word = TEXT_WORDS.iter().any(|(word, _)| self.is_word_at(0, word));
        sign || word || self.is_word_at(0, "in") || self.is_word_at(0, "exists")
    }

    fn chained(&mut self) -> super::Failed {
        let message = format!("{} cannot stand here", self.shown());
        let expected = "`and` or `or` between two comparisons".to_owned();
        let help = "comparisons do not chain: `a < b and b < c`".to_owned();
        let span = self.peek().span();
        self.report("WF001", span, message, expected, help);
        super::Failed
    }

    fn text_operand(&mut self) -> Parse<Spanned<TextOperand>> {
        let start = self.start();
        let operand = if self.kind_at(0) == Kind::List {
            TextOperand::List(self.list_name())
        } else {
            TextOperand::Text(self.text_literal("a text or a list")?.node)
        };
        Ok(self.spanned(start, operand))
    }

    fn group(&mut self) -> Parse<Spanned<Group>> {
        let start = self.start();
        let group = if self.is_sign_at(0, Sign::Open) {
            self.bump();
            let items = self.comma_separated(|p| p.group_item())?;
            self.expect_sign(Sign::Close)?;
            Group::Items(items)
        } else if self.kind_at(0) == Kind::List {
            Group::List(self.list_name())
        } else if self.is_call() {
            Group::Call(self.call()?)
        } else {
            Group::Path(self.path("`(`, a list, a call or a path")?)
        };
        Ok(self.spanned(start, group))
    }

    fn group_item(&mut self) -> Parse<Spanned<GroupItem>> {
        let start = self.start();
        let item = if self.is_literal() {
            GroupItem::Literal(self.literal())
        } else if self.is_call() {
            GroupItem::Call(self.call()?)
        } else {
            GroupItem::Path(self.path("a value")?)
        };
        Ok(self.spanned(start, item))
    }

    pub(super) fn sum(&mut self) -> Parse<Sum> {
        let start = self.start();
        let first = self.product()?;
        let mut rest = Vec::new();
        while let Some(op) = self.operator([(Sign::Plus, SumOp::Plus), (Sign::Minus, SumOp::Minus)]) {
            rest.push((op, self.product()?));
        }
        Ok(self.spanned(start, SumNode { first, rest }))
    }

    fn product(&mut self) -> Parse<Product> {
        let start = self.start();
        let first = self.sign()?;
        let mut rest = Vec::new();
        while let Some(op) = self.operator([(Sign::Star, ProductOp::Times), (Sign::Slash, ProductOp::Over)]) {
            rest.push((op, self.sign()?));
        }
        Ok(self.spanned(start, ProductNode { first, rest }))
    }

    fn operator<T: Copy>(&mut self, operators: [(Sign, T); 2]) -> Option<Spanned<T>> {
        let start = self.start();
        let (_, op) = operators.into_iter().find(|(sign, _)| self.is_sign_at(0, *sign))?;
        self.bump();
        Some(self.spanned(start, op))
    }

    fn sign(&mut self) -> Parse<SignTree> {
        let start = self.start();
        let negative = self.is_sign_at(0, Sign::Minus);
        if negative {
            self.bump();
        }
        let value = self.value()?;
        Ok(self.spanned(start, SignNode { negative, value }))
    }

    fn value(&mut self) -> Parse<Value> {
        let start = self.start();
        let value = if self.is_literal() {
            ValueNode::Literal(self.literal())
        } else if self.is_sign_at(0, Sign::Open) {
            let cond = self.nested(|p| p.in_brackets())?;
            ValueNode::Cond(Box::new(cond))
        } else if self.is_word_at(0, "was") && self.is_name_at(1) && self.is_sign_at(2, Sign::Open) {
            self.bump();
            ValueNode::Was(self.call()?)
        } else if self.is_call() {
            ValueNode::Call(self.call()?)
        } else {
            ValueNode::Path(self.path("a value")?)
        };
        Ok(self.spanned(start, value))
    }

    fn in_brackets(&mut self) -> Parse<Cond> {
        self.bump();
        let cond = self.cond()?;
        self.expect_sign(Sign::Close)?;
        Ok(cond)
    }

    pub(super) fn is_call(&self) -> bool {
        self.is_name_at(0) && self.is_sign_at(1, Sign::Open)
    }

    pub(super) fn call(&mut self) -> Parse<Call> {
        let start = self.start();
        let name = self.name("a function or a state")?;
        self.expect_sign(Sign::Open)?;
        let args = self.nested(|p| p.comma_separated(|p| p.sum()))?;
        self.expect_sign(Sign::Close)?;
        let mut fields = Vec::new();
        while self.eat_sign(Sign::Dot) {
            fields.push(self.name("a name")?);
        }
        Ok(self.spanned(start, CallNode { name, args, fields }))
    }
}

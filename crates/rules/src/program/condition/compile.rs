//! From a checked condition to one that is asked of events: constants become symbols, texts regular expressions.
//!
//! Nothing can be wrong here: the checker has refused what does not compile.

use super::atoms::{Atom, atom_of_constant, field_of_atoms};
use super::expressions::{Expressions, built};
use super::leaf::Leaf;
use super::places::PlaceTest;
use super::term::{MembersTest, Term};
use super::values::{Datum, Fixed, number};
use super::{StateTest, Test};
use crate::tree::{Cond, Constant, Expr, Group, Members, Op, StateCall};
use event::field::FieldId;
use event::symbol::{SymbolKey, lower};
use regex::Regex;
use site::path::Path;
use std::sync::Arc;

/// Compiles conditions for one namespace's symbols.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// The key of the symbols.
    pub symbols: SymbolKey,
    /// The member of `for each`, with which paths may begin.
    pub member: Option<Arc<str>>,
}

impl Compiler {
    /// Compiles a condition. The checker has seen it, so a regular expression that does not build is a bug.
    pub fn condition(&self, cond: &Cond) -> Test {
        let each = |parts: &[Cond]| parts.iter().map(|part| self.condition(part)).collect();
        let leaf = match cond {
            Cond::And(all) => return Test::And(each(all)),
            Cond::Or(any) => return Test::Or(each(any)),
            Cond::Not(inner) => return Test::Not(Box::new(self.condition(inner))),
            Cond::State(call) => return Test::State(self.call(call)),
            Cond::Compare(left, op, right) => self.compare(left, *op, right),
            Cond::In(value, group) => self.is_in(value, group),
            Cond::Text(value, op, part) => Leaf::Text(self.term(value), *op, lower(part).into_owned().into()),
            Cond::TextList(value, op, list) => Leaf::TextList(self.term(value), *op, list.clone()),
            Cond::MatchesList(value, list) => {
                Leaf::MatchesList(self.term(value), list.clone(), Expressions::default())
            }
            Cond::Matches(value, pattern) => Leaf::Matches(self.term(value), regular(pattern)),
            Cond::Exists(value) => Leaf::Exists(self.term(value)),
            Cond::Is(value) => Leaf::Is(self.term(value)),
            Cond::Calendar(name) => Leaf::Calendar(name.clone()),
        };
        let mut calls = Vec::new();
        leaf.state_calls(&mut calls);
        if calls.is_empty() { Test::Stateless(leaf) } else { Test::Stateful(leaf) }
    }

    /// Compiles what has members.
    pub fn members(&self, members: &Members) -> MembersTest {
        match members {
            Members::State(call) => MembersTest::State(self.call(call)),
            Members::Relation(path) => MembersTest::Relation(path.clone()),
        }
    }

    /// A constant with its symbol.
    pub fn fixed(&self, constant: &Constant) -> Fixed {
        Fixed::Plain(match constant {
            Constant::Text(text) | Constant::Mac(text) => {
                return Fixed::Text(self.symbols.symbol(text), text.clone());
            }
            Constant::Net(address, prefix) => return Fixed::Net(u128::from(*address), *prefix),
            Constant::Int(n) => Datum::Number(number(*n)),
            Constant::Float(x) => Datum::Number(i128::from(x.0)),
            Constant::Bool(b) => Datum::Bool(*b),
            Constant::Enum(index, _) => Datum::Enum(*index),
            Constant::Ip(ip) => Datum::Ip(u128::from(*ip)),
            Constant::Time(t) => Datum::Time(t.0),
            Constant::Duration(d) => Datum::Span(d.0),
        })
    }

    fn compare(&self, left: &Expr, op: Op, right: &Expr) -> Leaf {
        let atom = atom_of_constant(right, self.symbols).filter(|_| op == Op::Equal);
        match self.field_of_atoms(left).zip(atom) {
            Some((field, atom)) => Leaf::FieldIn(field, [atom].into()),
            None => Leaf::Compare(self.term(left), op, self.term(right)),
        }
    }

    fn is_in(&self, value: &Expr, group: &Group) -> Leaf {
        match group {
            Group::Items(items) => self.one_of(value, items),
            Group::List(list) => Leaf::InList(self.term(value), list.clone()),
            Group::Path(path) => Leaf::Compare(self.term(value), Op::Equal, self.path(path)),
        }
    }

    fn one_of(&self, value: &Expr, items: &[Expr]) -> Leaf {
        let atoms: Option<Vec<Atom>> =
            items.iter().map(|item| atom_of_constant(item, self.symbols)).collect();
        match self.field_of_atoms(value).zip(atoms) {
            Some((field, atoms)) => Leaf::FieldIn(field, atoms.into()),
            None => Leaf::In(self.term(value), items.iter().map(|item| self.term(item)).collect()),
        }
    }

    /// The field of the event that an expression is, if its values have atoms.
    fn field_of_atoms(&self, expr: &Expr) -> Option<FieldId> {
        match expr {
            Expr::Path(path) if !self.begins_at_member(path) => field_of_atoms(path),
            _ => None,
        }
    }

    fn term(&self, expr: &Expr) -> Term {
        let boxed = |e: &Expr| Box::new(self.term(e));
        match expr {
            Expr::Constant(constant) => Term::Constant(self.fixed(constant)),
            Expr::Path(path) => self.path(path),
            Expr::Negate(x) => Term::Negate(boxed(x)),
            Expr::Arithmetic(x, op, y) => Term::Arithmetic(boxed(x), *op, boxed(y)),
            Expr::Age(x) => Term::Age(boxed(x)),
            Expr::Abs(x) => Term::Abs(boxed(x)),
            Expr::Lower(x) => Term::Lower(boxed(x)),
            Expr::Length(x) => Term::Length(boxed(x)),
            Expr::Earlier(bit, path) => Term::Earlier(*bit, path.clone()),
            Expr::Aggregate(at) => Term::Aggregate(*at),
            Expr::State(call, hops) => Term::State(self.call(call), hops.clone()),
            Expr::Members(members) => Term::Members(self.members(members)),
            Expr::Distance(a, b) => Term::Distance(PlaceTest::of(a), PlaceTest::of(b)),
        }
    }

    fn path(&self, path: &Path) -> Term {
        if self.begins_at_member(path) { Term::Member(path.clone()) } else { Term::Path(path.clone()) }
    }

    /// Compiles a state call.
    pub fn call(&self, call: &StateCall) -> StateTest {
        let from_member = call.key.iter().zip(0u32..).filter(|(path, _)| self.begins_at_member(path));
        let of_member = from_member.fold(0u16, |all, (_, part)| all | 1u16.checked_shl(part).unwrap_or(0));
        let StateCall { state, key, was, exists } = call.clone();
        StateTest { state, key, was, exists, of_member }
    }

    fn begins_at_member(&self, path: &Path) -> bool {
        self.member.as_ref().is_some_and(|member| path.text.split('.').next() == Some(member))
    }
}

fn regular(pattern: &str) -> Regex {
    built(pattern).expect("the checker has built this expression under the same limits")
}

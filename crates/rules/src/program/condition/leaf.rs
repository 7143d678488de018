//! The leaves of a condition: one question about an event, answered without asking what is on or off.
//!
//! A leaf may still have values of states in it; whoever holds it knows whether they can be had.

use super::StateTest;
use super::asking::{AskStates, View};
use super::atoms::{Atom, atom_of};
use super::expressions::Expressions;
use super::term::Term;
use super::values::{Datum, some_compare, text_has};
use crate::tree::{Op, TextOp};
use event::field::FieldId;
use event::symbol::lower;
use regex::Regex;
use smallvec::SmallVec;
use std::sync::Arc;

/// One question.
#[derive(Clone, Debug)]
pub enum Leaf {
    /// The commonest: a field is one of some texts, numbers or enum values.
    FieldIn(FieldId, Box<[Atom]>),
    /// Any other comparison.
    Compare(Term, Op, Term),
    /// One of several values.
    In(Term, Box<[Term]>),
    /// A member of a list of the site model.
    InList(Term, Arc<str>),
    /// A part of a text; the wanted part is in lower case.
    Text(Term, TextOp, Box<str>),
    /// One of the texts of a list.
    TextList(Term, TextOp, Arc<str>),
    /// A regular expression.
    Matches(Term, Regex),
    /// One of the expressions of a list.
    MatchesList(Term, Arc<str>, Expressions),
    /// There is a value.
    Exists(Term),
    /// A yes that is there.
    Is(Term),
    /// Inside a calendar of the event's site.
    Calendar(Arc<str>),
}

impl Leaf {
    /// Whether it is so. A missing value makes every comparison false.
    pub(super) fn holds(&self, view: &View<'_, impl AskStates>) -> bool {
        let ts = view.event.row.ts;
        match self {
            Leaf::FieldIn(field, atoms) => {
                view.event.get(*field).and_then(atom_of).is_some_and(|value| atoms.contains(&value))
            }
            Leaf::Compare(left, op, right) => some_compare(&left.values(view), *op, &right.values(view)),
            Leaf::In(value, items) => {
                let values = value.values(view);
                items.iter().any(|item| some_compare(&values, Op::Equal, &item.values(view)))
            }
            Leaf::InList(value, list) => {
                value.raw_values(view).iter().any(|value| view.site.in_list(list, value, ts))
            }
            Leaf::Text(value, op, part) => value.values(view).iter().any(|v| text_has(*v, *op, part)),
            Leaf::TextList(value, op, list) => {
                let Some(list) = view.site.list(list) else { return false };
                let values = value.values(view);
                list.texts(ts).any(|part| {
                    let part = lower(part);
                    values.iter().any(|value| text_has(*value, *op, &part))
                })
            }
            Leaf::MatchesList(value, list, expressions) => {
                let Some(list) = view.site.list(list) else { return false };
                let values = value.values(view);
                let matches = |regex: &Regex| values.iter().any(|value| is_match(regex, value));
                !values.is_empty()
                    && list.texts(ts).any(|text| expressions.get(text).is_some_and(|it| matches(&it)))
            }
            Leaf::Matches(value, regex) => value.values(view).iter().any(|value| is_match(regex, value)),
            Leaf::Exists(value) => !value.values(view).is_empty(),
            Leaf::Is(value) => value.values(view).contains(&Datum::Bool(true)),
            Leaf::Calendar(name) => {
                view.site.in_calendar(name, view.event.site().map_or("", |site| site.text), ts)
            }
        }
    }

    /// The bits of the earlier steps that it looks at.
    pub(super) fn earlier_steps(&self, out: &mut Vec<u8>) {
        self.terms().into_iter().for_each(|term| term.earlier_steps(out));
    }

    /// Every state call in it.
    pub(super) fn state_calls<'a>(&'a self, out: &mut Vec<&'a StateTest>) {
        self.terms().into_iter().for_each(|term| term.state_calls(out));
    }

    fn terms(&self) -> SmallVec<[&Term; 2]> {
        match self {
            Leaf::Compare(left, _, right) => SmallVec::from_slice(&[left, right]),
            Leaf::In(value, items) => std::iter::once(value).chain(items.iter()).collect(),
            Leaf::InList(value, _)
            | Leaf::Text(value, ..)
            | Leaf::TextList(value, ..)
            | Leaf::Matches(value, _)
            | Leaf::MatchesList(value, ..)
            | Leaf::Exists(value)
            | Leaf::Is(value) => SmallVec::from_slice(&[value]),
            Leaf::FieldIn(..) | Leaf::Calendar(_) => SmallVec::new(),
        }
    }
}

fn is_match(regex: &Regex, value: &Datum<'_>) -> bool {
    matches!(value, Datum::Text(_, text) if regex.is_match(text))
}

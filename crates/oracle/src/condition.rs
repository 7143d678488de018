//! Conditions over one event (language.md §3). Every leaf is true or false: what compares with something
//! missing is false, and `not` makes that true. A path with several values is true if one of them is.

use crate::datum::Datum;
use crate::events::{Ask, Events};
use crate::hits::combinations;
use event::symbol::lower;
use regex::RegexBuilder;
use rules::tree::{Cond, Expr, Group, StateCall, TextOp};

/// Whether `condition` is true of an event.
pub(crate) fn holds(events: &Events<'_>, index: usize, condition: &Cond) -> bool {
    let values = |expr| evaluate(events, index, expr);
    match condition {
        Cond::And(all) => all.iter().all(|one| holds(events, index, one)),
        Cond::Or(any) => any.iter().any(|one| holds(events, index, one)),
        Cond::Not(inner) => !holds(events, index, inner),
        Cond::Compare(left, op, right) => {
            let right = values(right);
            values(left).iter().any(|a| right.iter().any(|b| a.compares(*op, b)))
        }
        Cond::In(expr, group) => values(expr).iter().any(|value| is_in(events, index, value, group)),
        Cond::Text(expr, op, text) => values(expr).iter().any(|value| text_holds(value, *op, text)),
        Cond::TextList(..) => unimplemented!("texts of lists in the oracle"),
        Cond::Matches(expr, pattern) => values(expr).iter().any(|value| matches(value, pattern)),
        Cond::Exists(expr) => !values(expr).is_empty(),
        Cond::Is(expr) => values(expr).contains(&Datum::Bool(true)),
        Cond::State(call) => state_holds(events, index, call),
        Cond::Calendar(name) => events.in_calendar(index, name),
    }
}

fn is_in(events: &Events<'_>, index: usize, value: &Datum, group: &Group) -> bool {
    match group {
        Group::Items(items) => {
            items.iter().flat_map(|item| evaluate(events, index, item)).any(|item| value.is_in(&item))
        }
        Group::List(name) => events.in_list(index, name, value),
        Group::Path(path) => {
            events.values(index, path).into_iter().any(|item| value.is_in(&Datum::of_value(item)))
        }
    }
}

fn text_holds(value: &Datum, op: TextOp, pattern: &str) -> bool {
    let pattern = lower(pattern);
    match value {
        Datum::List(labels) => labels.iter().map(|label| lower(label)).any(|label| match op {
            TextOp::Contains => label == pattern,
            TextOp::Starts => label.starts_with(&*pattern),
            TextOp::Ends => label.ends_with(&*pattern),
        }),
        Datum::Text(text) => match op {
            TextOp::Contains => lower(text).contains(&*pattern),
            TextOp::Starts => lower(text).starts_with(&*pattern),
            TextOp::Ends => lower(text).ends_with(&*pattern),
        },
        _ => false,
    }
}

fn matches(value: &Datum, pattern: &str) -> bool {
    let Datum::Text(text) = value else { return false };
    // A pattern that does not compile has not passed the checks; it matches nothing.
    RegexBuilder::new(pattern).case_insensitive(true).build().is_ok_and(|regex| regex.is_match(text))
}

fn state_holds(events: &Events<'_>, index: usize, call: &StateCall) -> bool {
    let ask = if call.was { Ask::Before(index) } else { Ask::At(index) };
    let parts: Vec<_> = call.key.iter().map(|path| events.texts(index, path)).collect();
    let mut answers = combinations(&parts).into_iter().map(|key| events.state(call.state, &key, ask));
    if call.exists { answers.any(|on| on.is_some()) } else { answers.any(|on| on == Some(true)) }
}

/// The values of an expression: none if it is missing, several over a path with several.
fn evaluate(events: &Events<'_>, index: usize, expr: &Expr) -> Vec<Datum> {
    let each = |inner, f: &dyn Fn(&Datum) -> Option<Datum>| {
        evaluate(events, index, inner).iter().filter_map(f).collect()
    };
    match expr {
        Expr::Constant(constant) => vec![Datum::of_constant(constant)],
        Expr::Path(path) => events.values(index, path).into_iter().map(Datum::of_value).collect(),
        Expr::Negate(inner) => each(inner, &Datum::negated),
        Expr::Abs(inner) => each(inner, &Datum::abs),
        Expr::Lower(inner) => each(inner, &Datum::lowered),
        Expr::Length(inner) => each(inner, &Datum::length),
        Expr::Age(inner) => {
            let now = Datum::Time(i128::from(events.ts(index).0));
            each(inner, &|then| now.combine(rules::tree::Arithmetic::Subtract, then))
        }
        Expr::Earlier(..) | Expr::Aggregate(_) | Expr::State(..) | Expr::Members(_) | Expr::Distance(..) => {
            unimplemented!("{expr:?} in the oracle")
        }
        Expr::Arithmetic(left, op, right) => {
            let right = evaluate(events, index, right);
            let left = evaluate(events, index, left);
            left.iter().flat_map(|a| right.iter().filter_map(|b| a.combine(*op, b))).collect()
        }
    }
}

//! Conditions over one event (language.md §3). Every leaf is true or false: "a comparison with a missing side is
//! *false*, and `not` turns that into true"; "a path over a one-to-many relation … is true if one value makes it
//! true".

use crate::datum::Datum;
use crate::events::Ask;
use crate::expression::evaluate;
use crate::hits::combinations;
use crate::view::View;
use event::symbol::lower;
use regex::RegexBuilder;
use rules::tree::{Cond, Group, StateCall, TextOp};

/// Whether `condition` is true.
pub(crate) fn holds(view: View<'_>, condition: &Cond) -> bool {
    let values = |expr| evaluate(view, expr);
    match condition {
        Cond::And(all) => all.iter().all(|one| holds(view, one)),
        Cond::Or(any) => any.iter().any(|one| holds(view, one)),
        Cond::Not(inner) => !holds(view, inner),
        Cond::Compare(left, op, right) => {
            let right = values(right);
            values(left).iter().any(|a| right.iter().any(|b| a.compares(*op, b)))
        }
        Cond::In(expr, group) => values(expr).iter().any(|value| is_in(view, value, group)),
        Cond::Text(expr, op, text) => values(expr).iter().any(|value| text_holds(value, *op, text)),
        Cond::TextList(expr, op, list) => {
            let texts = view.events.texts_of_list(view.event, list);
            let values = values(expr);
            texts.iter().any(|text| values.iter().any(|value| text_holds(value, *op, text)))
        }
        Cond::MatchesList(expr, list) => {
            let patterns = view.events.texts_of_list(view.event, list);
            let values = values(expr);
            patterns.iter().any(|pattern| values.iter().any(|value| matches(value, pattern)))
        }
        Cond::Matches(expr, pattern) => values(expr).iter().any(|value| matches(value, pattern)),
        Cond::Exists(expr) => !values(expr).is_empty(),
        Cond::Is(expr) => values(expr).contains(&Datum::Bool(true)),
        Cond::State(call) => state_holds(view, call),
        Cond::Calendar(name) => view.events.in_calendar(view.event, name),
    }
}

fn is_in(view: View<'_>, value: &Datum, group: &Group) -> bool {
    match group {
        Group::Items(items) => {
            items.iter().flat_map(|item| evaluate(view, item)).any(|item| value.is_in(&item))
        }
        Group::List(name) => view.events.in_list(view.event, name, value),
        Group::Path(path) => view.values(path).into_iter().any(|item| value.is_in(&Datum::of_value(item))),
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

/// When a call asks: "`S(k)` is asked at ts(e) *inclusive*", "`was S(k)` is asked just before" (§4.3).
pub(crate) fn asked(view: View<'_>, call: &StateCall) -> Ask {
    if call.was { Ask::Before(view.event) } else { Ask::At(view.event) }
}

/// "`S(k)` false, `not S(k)` true [of an unknown one] … `S(k) exists` asks."
fn state_holds(view: View<'_>, call: &StateCall) -> bool {
    let ask = asked(view, call);
    let parts: Vec<_> = call.key.iter().map(|path| view.texts(path)).collect();
    combinations(&parts).iter().any(|key| match call.exists {
        true => view.events.state_exists(call.state, key, ask),
        false => view.events.state(call.state, key, ask) == Some(true),
    })
}

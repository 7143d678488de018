//! Conditions that look at events of earlier steps: which parts of a condition they are, and what ties steps that belong
//! under one key (language.md §4.1, WF033 and WF034w).

use crate::check::say::{At, Say};
use crate::tree::{Cond, Expr, Group, Members, Op};
use site::path::Path;

/// A condition, taken apart.
pub(crate) struct Parts {
    /// What the event and the site model decide.
    pub own: Option<Cond>,
    /// What looks at earlier steps.
    pub across: Option<Cond>,
}

/// Takes the parts that are joined by `and` apart.
pub(crate) fn parted(cond: Cond) -> Parts {
    let mut all = Vec::new();
    flatten(cond, &mut all);
    let (across, own): (Vec<Cond>, Vec<Cond>) = all.into_iter().partition(looks_back);
    Parts { own: joined(own), across: joined(across) }
}

fn flatten(cond: Cond, out: &mut Vec<Cond>) {
    match cond {
        Cond::And(parts) => parts.into_iter().for_each(|part| flatten(part, out)),
        other => out.push(other),
    }
}

/// One condition of all.
pub(crate) fn joined(mut conditions: Vec<Cond>) -> Option<Cond> {
    match conditions.len() {
        0 | 1 => conditions.pop(),
        _ => Some(Cond::And(conditions)),
    }
}

/// Whether a condition looks at an earlier step.
fn looks_back(cond: &Cond) -> bool {
    any_expr(cond, &|expr| match expr {
        Expr::Earlier(..) => true,
        Expr::Distance(a, b) => a.of.is_some() || b.of.is_some(),
        _ => false,
    })
}

/// Whether a condition asks a state.
pub(crate) fn asks_states(cond: &Cond) -> bool {
    let asks = |expr: &Expr| matches!(expr, Expr::State(..) | Expr::Members(Members::State(_)));
    match cond {
        Cond::State(_) => true,
        Cond::And(parts) | Cond::Or(parts) => parts.iter().any(asks_states),
        Cond::Not(part) => asks_states(part),
        leaf => any_expr(leaf, &asks),
    }
}

/// Whether a condition asks a calendar.
pub(crate) fn asks_calendars(cond: &Cond) -> bool {
    match cond {
        Cond::Calendar(_) => true,
        Cond::And(parts) | Cond::Or(parts) => parts.iter().any(asks_calendars),
        Cond::Not(part) => asks_calendars(part),
        _ => false,
    }
}

/// Whether some expression of the condition is one.
fn any_expr(cond: &Cond, is: &dyn Fn(&Expr) -> bool) -> bool {
    let within = |expr: &Expr| within(expr, is);
    match cond {
        Cond::And(parts) | Cond::Or(parts) => parts.iter().any(|part| any_expr(part, is)),
        Cond::Not(part) => any_expr(part, is),
        Cond::Compare(left, _, right) => within(left) || within(right),
        Cond::In(value, Group::Items(items)) => within(value) || items.iter().any(within),
        Cond::In(value, _)
        | Cond::Text(value, ..)
        | Cond::TextList(value, ..)
        | Cond::MatchesList(value, _)
        | Cond::Matches(value, _)
        | Cond::Exists(value)
        | Cond::Is(value) => within(value),
        Cond::State(_) | Cond::Calendar(_) => false,
    }
}

fn within(expr: &Expr, is: &dyn Fn(&Expr) -> bool) -> bool {
    is(expr)
        || match expr {
            Expr::Negate(inner)
            | Expr::Age(inner)
            | Expr::Abs(inner)
            | Expr::Lower(inner)
            | Expr::Length(inner) => within(inner, is),
            Expr::Arithmetic(left, _, right) => within(left, is) || within(right, is),
            _ => false,
        }
}

/// Says what the parts that look back tie together; `everywhere`: whether all steps have what a path starts at.
pub(crate) fn report_ties(
    across: &Cond,
    label: &dyn Fn(u8) -> String,
    (at, everywhere): (&At, &dyn Fn(&Path) -> bool),
    say: &mut Say<'_>,
) {
    let mut parts = Vec::new();
    flatten(across.clone(), &mut parts);
    for part in parts {
        let (Cond::Compare(Expr::Path(own), Op::Equal, Expr::Earlier(step, earlier))
        | Cond::Compare(Expr::Earlier(step, earlier), Op::Equal, Expr::Path(own))) = &part
        else {
            continue;
        };
        let (own_text, tied) = (own.text.to_string(), format!("{}.{}", label(*step), earlier.text));
        if own.text == earlier.text && everywhere(own) {
            say.belongs_in_key(at, &own_text, &tied);
        } else {
            say.tied_by_candidates(at, &own_text, &tied);
        }
    }
}

//! The fields of the event that an option of a step reads, over its key and its condition.
//!
//! Fields of earlier steps' events are not among them: other events have those.

use crate::tree::{Cond, Expr, Group, Members, StepOption};
use event::field::FieldId;
use site::path::{Path, Start};
use std::collections::BTreeSet;

/// The fields at which paths of an option start.
pub(super) fn read_option(option: &StepOption, read: &mut BTreeSet<FieldId>) {
    option.key.iter().for_each(|path| read_path(path, read));
    option.condition.iter().for_each(|cond| read_cond(cond, read));
}

fn read_path(path: &Path, read: &mut BTreeSet<FieldId>) {
    if let Start::Field(field) = path.start {
        read.insert(field);
    }
}

fn read_cond(cond: &Cond, read: &mut BTreeSet<FieldId>) {
    match cond {
        Cond::And(parts) | Cond::Or(parts) => parts.iter().for_each(|part| read_cond(part, read)),
        Cond::Not(part) => read_cond(part, read),
        Cond::Compare(left, _, right) => {
            read_expr(left, read);
            read_expr(right, read);
        }
        Cond::In(left, group) => {
            read_expr(left, read);
            match group {
                Group::Items(items) => items.iter().for_each(|item| read_expr(item, read)),
                Group::Path(path) => read_path(path, read),
                Group::List(_) => {}
            }
        }
        Cond::Text(left, ..)
        | Cond::TextList(left, ..)
        | Cond::MatchesList(left, _)
        | Cond::Matches(left, _)
        | Cond::Exists(left)
        | Cond::Is(left) => read_expr(left, read),
        Cond::State(call) => call.key.iter().for_each(|path| read_path(path, read)),
        Cond::Calendar(_) => {}
    }
}

fn read_expr(expr: &Expr, read: &mut BTreeSet<FieldId>) {
    match expr {
        Expr::Constant(_) | Expr::Earlier(..) | Expr::Aggregate(_) => {}
        Expr::Path(path) | Expr::Members(Members::Relation(path)) => read_path(path, read),
        Expr::State(call, _) | Expr::Members(Members::State(call)) => {
            call.key.iter().for_each(|path| read_path(path, read));
        }
        Expr::Distance(a, b) => {
            let own = [a, b].into_iter().filter(|place| place.of.is_none());
            own.flat_map(|place| &place.paths).for_each(|path| read_path(path, read));
        }
        Expr::Negate(inner)
        | Expr::Age(inner)
        | Expr::Abs(inner)
        | Expr::Lower(inner)
        | Expr::Length(inner) => {
            read_expr(inner, read);
        }
        Expr::Arithmetic(left, _, right) => {
            read_expr(left, read);
            read_expr(right, read);
        }
    }
}

//! The fields of the event that an option of a step reads, over its key and its condition.
//!
//! Fields of earlier steps' events are not among them: other events have those.

use crate::tree::{Cond, Expr, Group, Members, StepOption};
use event::field::FieldId;
use site::path::{Path, Start};
use std::collections::BTreeSet;

/// The fields at which paths of an option start.
pub(super) fn fields_read(option: &StepOption, read: &mut BTreeSet<FieldId>) {
    option.key.iter().for_each(|path| path_read(path, read));
    option.condition.iter().for_each(|cond| cond_read(cond, read));
}

fn path_read(path: &Path, read: &mut BTreeSet<FieldId>) {
    if let Start::Field(field) = path.start {
        read.insert(field);
    }
}

fn cond_read(cond: &Cond, read: &mut BTreeSet<FieldId>) {
    match cond {
        Cond::And(parts) | Cond::Or(parts) => parts.iter().for_each(|part| cond_read(part, read)),
        Cond::Not(part) => cond_read(part, read),
        Cond::Compare(left, _, right) => {
            expr_read(left, read);
            expr_read(right, read);
        }
        Cond::In(left, group) => {
            expr_read(left, read);
            match group {
                Group::Items(items) => items.iter().for_each(|item| expr_read(item, read)),
                Group::Path(path) => path_read(path, read),
                Group::List(_) => {}
            }
        }
        Cond::Text(left, ..)
        | Cond::TextList(left, ..)
        | Cond::Matches(left, _)
        | Cond::Exists(left)
        | Cond::Is(left) => expr_read(left, read),
        Cond::State(call) => call.key.iter().for_each(|path| path_read(path, read)),
        Cond::Calendar(_) => {}
    }
}

fn expr_read(expr: &Expr, read: &mut BTreeSet<FieldId>) {
    match expr {
        Expr::Constant(_) | Expr::Earlier(..) | Expr::Aggregate(_) => {}
        Expr::Path(path) | Expr::Members(Members::Relation(path)) => path_read(path, read),
        Expr::State(call, _) | Expr::Members(Members::State(call)) => {
            call.key.iter().for_each(|path| path_read(path, read));
        }
        Expr::Distance(a, b) => {
            let own = [a, b].into_iter().filter(|place| place.of.is_none());
            own.flat_map(|place| &place.paths).for_each(|path| path_read(path, read));
        }
        Expr::Negate(inner)
        | Expr::Age(inner)
        | Expr::Abs(inner)
        | Expr::Lower(inner)
        | Expr::Length(inner) => {
            expr_read(inner, read);
        }
        Expr::Arithmetic(left, _, right) => {
            expr_read(left, read);
            expr_read(right, read);
        }
    }
}

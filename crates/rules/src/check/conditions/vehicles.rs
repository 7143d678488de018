//! `object.kind`: who asks for vehicles means cars, trucks and the like too (classes.md §3).
//!
//! The one word of the language that stands for others; everything else means what it says.

use super::names::enum_value;
use crate::tree::{Cond, Constant, Expr, Group, Op};
use event::field::{self, FieldType};
use site::path::Start;

/// The words that count as `vehicle` too.
const VEHICLES: [&str; 5] = ["vehicle", "car", "truck", "bus", "motorcycle"];

/// `object.kind = vehicle` means cars and the like too.
pub(super) fn any_vehicle(left: &Expr, op: Op, right: &Expr) -> Option<Cond> {
    if !is_object_kind(left) || !is_vehicle(right) {
        return None;
    }
    let one_of = Cond::In(left.clone(), Group::Items(vehicles()));
    Some(match op {
        Op::Equal => one_of,
        // A comparison with a missing side is false, so the field has to be there.
        _ => Cond::And(vec![Cond::Exists(left.clone()), Cond::Not(Box::new(one_of))]),
    })
}

/// The same of `object.kind in (vehicle, …)`.
pub(super) fn with_vehicles(left: &Expr, group: Group) -> Group {
    match group {
        Group::Items(mut items) if is_object_kind(left) && items.iter().any(is_vehicle) => {
            let more: Vec<Expr> = vehicles().into_iter().filter(|more| !holds(&items, more)).collect();
            items.extend(more);
            Group::Items(items)
        }
        group => group,
    }
}

fn vehicles() -> Vec<Expr> {
    let FieldType::Enum(of) = field::OBJECT_KIND.def().ty else { return Vec::new() };
    let value = |word: &str| Some(enum_value(of.index_of(word)?, word));
    VEHICLES.into_iter().filter_map(value).collect()
}

fn is_object_kind(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if path.start == Start::Field(field::OBJECT_KIND))
}

fn is_vehicle(expr: &Expr) -> bool {
    matches!(expr, Expr::Constant(Constant::Enum(_, word)) if &**word == VEHICLES[0])
}

fn holds(items: &[Expr], wanted: &Expr) -> bool {
    items.iter().any(|item| match (item, wanted) {
        (Expr::Constant(a), Expr::Constant(b)) => a == b,
        _ => false,
    })
}

//! Values of expressions (language.md §3, "Functions"; §4.3 for states as values).

use crate::condition::asked;
use crate::datum::Datum;
use crate::hits::combinations;
use crate::view::View;
use event::field::{self, FieldType};
use event::relation::RelationDef;
use event::row::{Batch, OwnedRow};
use event::value::{Geo, Value};
use rules::tree::{Arithmetic, Expr, Members, Place, StateCall, StateKind};
use site::path::{Path, Start};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The radius of the sphere on which distances are measured, in metres (the tree says it of `distance`).
const EARTH_M: f64 = 6_371_000.0;

/// The values of an expression: none if it is missing, several over a path with several.
pub(crate) fn evaluate(view: View<'_>, expr: &Expr) -> Vec<Datum> {
    let each = |inner, f: &dyn Fn(&Datum) -> Option<Datum>| -> Vec<Datum> {
        evaluate(view, inner).iter().filter_map(f).collect()
    };
    match expr {
        Expr::Constant(constant) => vec![Datum::of_constant(constant)],
        Expr::Path(path) => data(view, path),
        Expr::Earlier(bit, path) => view.filled(*bit).map(|earlier| data(earlier, path)).unwrap_or_default(),
        Expr::Aggregate(at) => view.aggregates.get(*at).cloned().flatten().into_iter().collect(),
        Expr::State(call, hops) => state_values(view, call, hops),
        Expr::Members(of) => how_many(view, of),
        Expr::Distance(x, y) => apart(view, x, y).into_iter().collect(),
        Expr::Negate(inner) => each(inner, &Datum::negated),
        Expr::Abs(inner) => each(inner, &Datum::abs),
        Expr::Lower(inner) => each(inner, &Datum::lowered),
        Expr::Length(inner) => each(inner, &Datum::length),
        Expr::Age(inner) => {
            let now = Datum::Time(i128::from(view.events.ts(view.event).0));
            each(inner, &|then| now.combine(Arithmetic::Subtract, then))
        }
        Expr::Arithmetic(left, op, right) => {
            let right = evaluate(view, right);
            let left = evaluate(view, left);
            left.iter().flat_map(|a| right.iter().filter_map(|b| a.combine(*op, b))).collect()
        }
    }
}

fn data(view: View<'_>, path: &Path) -> Vec<Datum> {
    view.values(path).into_iter().map(Datum::of_value).collect()
}

/// "`members(s(…))` how many members a state or relation has": one number for each key that is asked.
fn how_many(view: View<'_>, of: &Members) -> Vec<Datum> {
    let number = |n: usize| Datum::Number(n as i128 * 1_000_000);
    match of {
        Members::Relation(_) => vec![number(members(view, of).len())],
        Members::State(call) => {
            let parts: Vec<_> = call.key.iter().map(|path| view.texts(path)).collect();
            let sets = combinations(&parts).into_iter();
            sets.map(|key| number(view.events.members(call.state, &key, asked(view, call)).len())).collect()
        }
    }
}

/// The members, by id: "the values of the last key for which it is on"; "in a relation …: its values as of ts(e)".
pub(crate) fn members(view: View<'_>, of: &Members) -> Vec<Arc<str>> {
    let found: BTreeSet<Arc<str>> = match of {
        Members::Relation(path) => view.events.all_values(view.event, path).into_iter().collect(),
        Members::State(call) => {
            let parts: Vec<_> = call.key.iter().map(|path| view.texts(path)).collect();
            let keys = combinations(&parts);
            keys.iter().flat_map(|key| view.events.members(call.state, key, asked(view, call))).collect()
        }
    };
    found.into_iter().collect()
}

/// What a state keeps or has counted, and what follows from it by relations, "as of ts of the event".
fn state_values(view: View<'_>, call: &StateCall, hops: &[&'static RelationDef]) -> Vec<Datum> {
    let parts: Vec<_> = call.key.iter().map(|path| view.texts(path)).collect();
    let values = combinations(&parts)
        .into_iter()
        .flat_map(|key| view.events.state_values(call.state, &key, asked(view, call)));
    let StateKind::Kept(ty) = view.events.rules.states[call.state as usize].kind else {
        return values.collect();
    };
    match hops {
        [] => values.collect(),
        [.., last] => {
            let ty_of = |target| match target {
                event::relation::Target::Entity(kind) => FieldType::Id(kind),
                event::relation::Target::Attribute(ty) => ty,
            };
            values.flat_map(|value| follow(view, (&value, ty), hops, ty_of(last.to))).collect()
        }
    }
}

/// Leads on from a kept entity or address.
fn follow(
    view: View<'_>,
    (value, ty): (&Datum, FieldType),
    hops: &[&'static RelationDef],
    to: FieldType,
) -> Vec<Datum> {
    let Some((row, start)) = standing_for(view, value, ty) else { return Vec::new() };
    let path = Path { text: "".into(), start, hops: hops.to_vec(), ty: to, many: true };
    view.events.values_of(row.as_ref(), &path).into_iter().map(Datum::of_value).collect()
}

/// An event that says one value and nothing else, and where a path from that value starts.
fn standing_for(view: View<'_>, value: &Datum, ty: FieldType) -> Option<(OwnedRow, Start)> {
    let said = view.events.get(view.event).row();
    let mut batch = Batch::new(view.events.settings.symbols);
    let mut row = batch.begin(said.row.class);
    row.source(said.source().text).site(said.site().map_or("", |site| site.text));
    let start = match (value, ty) {
        (Datum::Text(id), FieldType::Id(kind)) => {
            row.text(field::by_name(kind.name())?, id);
            Start::Implied(kind)
        }
        (Datum::Ip(ip), _) => {
            let field = field::by_name("src.ip")?;
            row.ip(field, (*ip).into());
            Start::Field(field)
        }
        _ => return None,
    };
    let at = row.finish();
    batch.envelope_mut(at).ts = view.events.ts(view.event);
    Some((batch.row(at).to_owned_row(), start))
}

/// "`distance(x, y)` between two places", in whole metres; missing if a place is.
fn apart(view: View<'_>, x: &Place, y: &Place) -> Option<Datum> {
    let metres = distance(place(view, x)?, place(view, y)?);
    Some(Datum::Number(metres * 1_000_000))
}

fn place(view: View<'_>, of: &Place) -> Option<Geo> {
    let view = match of.of {
        Some(bit) => view.filled(bit)?,
        None => view,
    };
    first_place(view, &of.paths)
}

/// "the first value of the first of these paths that has one" (the tree, `Place`).
pub(crate) fn first_place(view: View<'_>, paths: &[Path]) -> Option<Geo> {
    paths.iter().find_map(|path| match view.values(path).first() {
        Some(Value::Geo(place)) => Some(*place),
        _ => None,
    })
}

/// "along great circles of a sphere of 6,371,000 m, from centre to centre, and rounded to whole metres": haversine.
pub(crate) fn distance(a: Geo, b: Geo) -> i128 {
    let radians = |microdegrees: i32| (f64::from(microdegrees) / 1e6).to_radians();
    let (from, to) = (radians(a.latitude), radians(b.latitude));
    let north = ((to - from) / 2.0).sin();
    let east = ((radians(b.longitude) - radians(a.longitude)) / 2.0).sin();
    let half = (north * north + from.cos() * to.cos() * east * east).sqrt().min(1.0);
    (2.0 * EARTH_M * half.asin()).round() as i128
}

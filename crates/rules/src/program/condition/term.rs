//! Expressions inside a condition, and their values for an event.
//!
//! A term has all values at once: none where something is missing, several where a relation has many. It compares nothing.

use super::StateTest;
use super::arithmetic::{absolute, age, arithmetic, length, negate};
use super::asking::{AskStates, View};
use super::atoms::slot_of;
use super::places::{PlaceTest, distance};
use super::values::{Data, Datum, Fixed, number};
use crate::tree::Arithmetic;
use event::relation::RelationDef;
use event::row::RowRef;
use event::value::Value;
use site::SiteModel;
use site::path::Path;
use smallvec::SmallVec;

/// A compiled expression.
#[derive(Clone, Debug)]
pub enum Term {
    /// A constant.
    Constant(Fixed),
    /// A path.
    Path(Path),
    /// A path of the event of an earlier step.
    Earlier(u8, Path),
    /// A path from the member of `for each`.
    Member(Path),
    /// The aggregate of that place.
    Aggregate(usize),
    /// The value of a state, and where relations lead from it.
    State(StateTest, Vec<&'static RelationDef>),
    /// How many members.
    Members(MembersTest),
    /// How far apart.
    Distance(PlaceTest, PlaceTest),
    /// −x
    Negate(Box<Term>),
    /// x ∘ y
    Arithmetic(Box<Term>, Arithmetic, Box<Term>),
    /// ts − x
    Age(Box<Term>),
    /// |x|
    Abs(Box<Term>),
    /// Lower case; comparisons ignore case anyhow.
    Lower(Box<Term>),
    /// Characters of a text.
    Length(Box<Term>),
}

/// Whose members.
#[derive(Clone, Debug)]
pub enum MembersTest {
    /// A state with its last key left out.
    State(StateTest),
    /// The values of a path.
    Relation(Path),
}

/// Values as events and the site model give them.
pub(super) type RawValues<'a> = SmallVec<[Value<'a>; 4]>;

impl Term {
    /// All values: none if something is missing.
    pub(super) fn values<'a>(&'a self, view: &View<'a, impl AskStates>) -> Data<'a> {
        match self {
            Term::Constant(fixed) => Data::from_slice(&[fixed.datum()]),
            Term::Path(_) | Term::Earlier(..) | Term::Member(_) => {
                self.raw_values(view).into_iter().filter_map(Datum::of).collect()
            }
            Term::State(call, hops) => state_values(call, hops, view),
            Term::Members(members) => member_counts(members, view),
            Term::Distance(a, b) => distance(a, b, view),
            Term::Aggregate(at) => view.around.aggregate(*at).into_iter().collect(),
            Term::Negate(x) => map_each(x.values(view), negate),
            Term::Abs(x) => map_each(x.values(view), absolute),
            Term::Lower(x) => x.values(view),
            Term::Length(x) => map_each(x.values(view), length),
            Term::Age(x) => map_each(x.values(view), |value| age(view.event.row.ts, value)),
            Term::Arithmetic(x, op, y) => {
                let (left, right) = (x.values(view), y.values(view));
                left.iter().flat_map(|a| right.iter().filter_map(|b| arithmetic(*a, *op, *b))).collect()
            }
        }
    }

    /// The values of a path, whoever's; none of anything that is calculated.
    pub(super) fn raw_values<'a>(&'a self, view: &View<'a, impl AskStates>) -> RawValues<'a> {
        let (event, path) = match self {
            Term::Path(path) => (Some(view.event), path),
            Term::Member(path) => (view.around.member(), path),
            Term::Earlier(bit, path) => (view.around.earlier(*bit), path),
            _ => return RawValues::new(),
        };
        let mut values = RawValues::new();
        if let Some(event) = event {
            resolve(event, view.site, path, &mut values);
        }
        values
    }

    /// The bits of the earlier steps that it looks at.
    pub(super) fn earlier_steps(&self, out: &mut Vec<u8>) {
        self.walk(&mut |term| match term {
            Term::Earlier(bit, _) => out.push(*bit),
            Term::Distance(a, b) => out.extend(a.of.into_iter().chain(b.of)),
            _ => {}
        });
    }

    /// Every state call in it.
    pub(super) fn state_calls<'a>(&'a self, out: &mut Vec<&'a StateTest>) {
        self.walk(&mut |term| match term {
            Term::State(call, _) | Term::Members(MembersTest::State(call)) => out.push(call),
            _ => {}
        });
    }

    /// Visits the term and every term inside it.
    fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Term)) {
        visit(self);
        match self {
            Term::Negate(x) | Term::Age(x) | Term::Abs(x) | Term::Lower(x) | Term::Length(x) => x.walk(visit),
            Term::Arithmetic(x, _, y) => {
                x.walk(visit);
                y.walk(visit);
            }
            Term::Constant(_)
            | Term::Path(_)
            | Term::Earlier(..)
            | Term::Member(_)
            | Term::Aggregate(_)
            | Term::State(..)
            | Term::Members(_)
            | Term::Distance(..) => {}
        }
    }
}

/// The values of a path: straight from the slot where it is a plain field.
pub fn resolve<'a>(row: RowRef<'a>, site: &'a SiteModel, path: &'a Path, out: &mut SmallVec<[Value<'a>; 4]>) {
    match slot_of(path) {
        Some(field) => out.extend(row.get(field)),
        None => site.resolve(row, path, out),
    }
}

fn member_counts<'a>(members: &MembersTest, view: &View<'a, impl AskStates>) -> Data<'a> {
    let mut counts = Data::new();
    let mut add = |count: usize| counts.push(Datum::Number(number(count as i64)));
    match members {
        MembersTest::State(call) => view.around.count(call, (view.event, view.around.member()), &mut add),
        MembersTest::Relation(path) => {
            let mut values: RawValues<'_> = SmallVec::new();
            let _cut = view.site.members(view.event, path, &mut values);
            add(values.len());
        }
    }
    counts
}

/// The values of a state; where relations lead on, as of the time of the event.
fn state_values<'a>(
    call: &StateTest,
    hops: &[&'static RelationDef],
    view: &View<'a, impl AskStates>,
) -> Data<'a> {
    let (site, ts) = (view.site, view.event.row.ts);
    let mut values = Data::new();
    view.around.values(call, (view.event, view.around.member()), &mut |value| values.push(value));
    // A value of a state is an id already.
    for hop in hops.iter().filter(|hop| hop.name != "id") {
        let attribute = |id: &str| hop.from.iter().find_map(|kind| site.attribute(*kind, id, hop.name, ts));
        values = map_each(values, |value| match value {
            Datum::Text(_, id) => attribute(id).and_then(Datum::of),
            _ => None,
        });
    }
    values
}

fn map_each<'a>(values: Data<'a>, f: impl Fn(Datum<'a>) -> Option<Datum<'a>>) -> Data<'a> {
    values.into_iter().filter_map(f).collect()
}

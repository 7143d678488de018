//! Aggregates over hits: `compare` over a window, and `speed` between two of them (language.md §4.1).

use super::events::EventRef;
use super::lookback::{View, WindowHit, measure};
use crate::program::comparison::{AggregateTest, Comparison, Speed};
use crate::program::condition::{AskStates, Datum, StateTest, Truth, divide_half_even, place_of, resolve};
use crate::program::distance::metres;
use crate::program::symbol_of;
use crate::tree::Function;
use event::row::RowRef;
use event::value::{Geo, Value};
use site::path::Path;
use smallvec::SmallVec;
use std::collections::BTreeSet;

/// Events that `speed` looks at, latest first (language.md §7).
const CANDIDATES_MAX: usize = 256;

/// The values of aggregates, for a condition on them.
struct Values(Vec<Option<Datum<'static>>>);

impl AskStates for Values {
    /// Conditions on aggregates ask no states: the checker sees to it.
    fn ask(&self, _: &StateTest, _: RowRef<'_>, _: Option<RowRef<'_>>) -> Truth {
        Truth::No
    }

    fn aggregate(&self, at: usize) -> Option<Datum<'static>> {
        self.0.get(at).copied().flatten()
    }
}

impl View<'_> {
    /// Whether the condition holds over the hits; the event at `terminal` is beside it.
    pub fn fires(&self, comparison: &Comparison, hits: &[WindowHit], terminal: usize) -> bool {
        self.holds(comparison, hits, self.log[terminal].event)
    }

    /// The same beside any event: conditions on aggregates look at none.
    pub fn holds(&self, comparison: &Comparison, hits: &[WindowHit], beside: EventRef) -> bool {
        let values = comparison.aggregates.iter().map(|one| self.aggregate(one, hits)).collect();
        comparison.fire.ask(self.events.row(beside), self.site, &Values(values)) == Truth::Yes
    }

    /// The value of an aggregate over the hits.
    pub(super) fn aggregate(&self, one: &AggregateTest, hits: &[WindowHit]) -> Option<Datum<'static>> {
        let number = |n: usize| Some(Datum::Number(n as i128 * 1_000_000));
        let of_step = hits.iter().filter(|(_, steps)| steps & one.step != 0);
        let Some(path) = one.value.as_ref().filter(|_| one.function != Function::Count) else {
            return number(of_step.count());
        };
        let hits: Vec<usize> = of_step.map(|(at, _)| *at).collect();
        if one.function == Function::Distinct {
            return number(self.different(path, &hits));
        }
        let values = self.measures(path, &hits);
        match one.function {
            Function::Sum => Datum::measure(sum(&values)?, path.ty),
            Function::Avg => Datum::measure(divide_half_even(sum(&values)?, values.len() as i128)?, path.ty),
            Function::Min => Datum::measure(*values.iter().min()?, path.ty),
            _ => Datum::measure(*values.iter().max()?, path.ty),
        }
    }

    fn measures(&self, path: &Path, hits: &[usize]) -> Vec<i128> {
        let mut all = Vec::new();
        for at in hits {
            let mut values: SmallVec<[Value<'_>; 4]> = SmallVec::new();
            resolve(self.events.row(self.log[*at].event), self.site, path, &mut values);
            all.extend(values.into_iter().map(measure));
        }
        all
    }

    fn different(&self, path: &Path, hits: &[usize]) -> usize {
        let mut different = BTreeSet::new();
        for at in hits {
            let mut values: SmallVec<[Value<'_>; 4]> = SmallVec::new();
            resolve(self.events.row(self.log[*at].event), self.site, path, &mut values);
            different.extend(values.iter().map(|value| symbol_of(value, self.events.symbols())));
        }
        different.len()
    }

    /// The latest other hit from which nobody gets here so fast.
    pub fn too_far(&self, speed: &Speed, hits: &[WindowHit], terminal: WindowHit) -> Option<WindowHit> {
        let place = |at: usize| place_of(self.events.row(self.log[at].event), self.site, &speed.place);
        let (here, now) = (place(terminal.0)?, self.log[terminal.0].ts);
        let mut others = hits.iter().rev().filter(|(at, _)| *at != terminal.0);
        let far = |(at, _): &&WindowHit| {
            let time = now.saturating_sub(self.log[*at].ts).saturating_add(speed.tolerance);
            place(*at).is_some_and(|there| is_too_far(speed, (here, there), time))
        };
        let found = others.by_ref().take(CANDIDATES_MAX).find(far).copied();
        if found.is_none() && others.next().is_some() {
            self.cut.set(true);
        }
        found
    }
}

fn sum(values: &[i128]) -> Option<i128> {
    values.iter().try_fold(0i128, |sum, value| sum.checked_add(*value))
}

/// In whole numbers: metres · 10⁶ · 10⁹ against millionths of m/s · nanoseconds.
fn is_too_far(speed: &Speed, (a, b): (Geo, Geo), time: i64) -> bool {
    let far = i128::from(metres(a, b));
    let sure = far - i128::from(a.radius_m) - i128::from(b.radius_m);
    far * 1_000_000 >= i128::from(speed.distance)
        && sure * 1_000_000_000_000_000 > i128::from(speed.above) * i128::from(time)
}

//! `first f of a within d`: values that the key has not had for so many local days (language.md §4.1). Of folded events one
//! day for each value is kept.

use super::cell::Chain;
use super::local;
use super::lookback::{Found, View};
use super::stages::Registers;
use crate::program::condition::resolve;
use crate::program::plan::First;
use crate::program::symbol_of;
use event::symbol::Symbol;
use event::value::Value;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Values of one key at most (language.md §7).
const VALUES_MAX: usize = 4_096;

/// What was seen so far.
struct Seen {
    /// ts of the first hit; `i64::MIN` before any.
    first: i64,
    /// The latest local day of each value.
    days: BTreeMap<Symbol, i64>,
}

impl Seen {
    fn of(base: &Registers) -> Seen {
        let (words, _) = base.words();
        let (first, values) = words.split_first().map_or((i64::MIN, &[][..]), |(first, rest)| (*first, rest));
        let days = values.as_chunks::<2>().0.iter().map(|[symbol, day]| (Symbol(*symbol as u64), *day));
        Seen { first, days: days.collect() }
    }

    fn nothing() -> Seen {
        Seen { first: i64::MIN, days: BTreeMap::new() }
    }

    /// Takes a value; of too many the oldest goes.
    fn takes(&mut self, value: Symbol, day: i64) -> bool {
        let known = self.days.entry(value).or_insert(day);
        *known = (*known).max(day);
        let over = self.days.len() > VALUES_MAX;
        if over && let Some(oldest) = self.days.iter().min_by_key(|(_, day)| **day).map(|(value, _)| *value) {
            self.days.remove(&oldest);
        }
        over
    }
}

/// Goes through the first `count` entries; gives the detections and what was seen.
fn walk(view: &View<'_>, first: &First, base: &Registers, count: usize) -> (Found, Seen) {
    let (mut seen, mut found) = (Seen::of(base), Found::new());
    for group in view.log[..count].chunk_by(|a, b| a.ts == b.ts) {
        let start = view.log.partition_point(|e| e.ts < group[0].ts);
        for at in (start..start + group.len()).filter(|at| view.satisfies(*at, first.step)) {
            let row = view.events.row(view.log[at].event);
            let day = local::day(view.site, row);
            let mut values: SmallVec<[Value<'_>; 4]> = SmallVec::new();
            resolve(row, view.site, &first.value, &mut values);
            let values: Vec<Symbol> =
                values.iter().map(|value| symbol_of(value, view.events.symbols())).collect();
            let is_new = |value: &Symbol| seen.days.get(value).is_none_or(|last| day - last > first.days);
            let learnt = first
                .learning
                .is_none_or(|n| seen.first != i64::MIN && view.log[at].ts.saturating_sub(seen.first) >= n);
            let detected = learnt && values.iter().any(is_new);
            if seen.first == i64::MIN {
                seen.first = view.log[at].ts;
            }
            for value in values {
                if seen.takes(value, day) {
                    view.cut.set(true);
                }
            }
            if detected {
                found.push((at, Chain::from_slice(&[(first.step, view.log[at].event)]), 1));
                if view.plan.once {
                    seen = Seen::nothing();
                }
            }
        }
        // What comes with an `until` came in time; what comes behind it does not count together with it.
        if group.iter().any(|e| e.steps & view.plan.until != 0) {
            seen = Seen::nothing();
        }
    }
    (found, seen)
}

/// The detections.
pub fn firsts(view: &View<'_>, first: &First, base: &Registers) -> Found {
    walk(view, first, base, view.log.len()).0
}

/// Brings the first `count` entries into the base; values that are long gone are forgotten.
pub fn fold(view: &View<'_>, first: &First, base: &mut Registers, count: usize) {
    let (_, mut seen) = walk(view, first, base, count);
    if let Some(last) = view.log[..count].last() {
        let day = local::day(view.site, view.events.row(last.event));
        // Sites of one key can lie a day apart.
        seen.days.retain(|_, known| day - *known <= first.days + 2);
    }
    let mut words = vec![seen.first];
    words.extend(seen.days.iter().flat_map(|(value, day)| [value.0 as i64, *day]));
    base.set_words(&words);
}

//! `clear when c` (language.md §4.2): the instants at which c holds over the window that ends there, read from a cell's log.
//!
//! c changes only at a hit, just after a hit has left the window, just after an x of `until`, and where `once` forgets. So
//! an alert can be clear at an instant without an event. Whether two detections that follow each other are one alert
//! depends on the instants between them alone: see [`super::runs`], which remembers what the log has folded away.

use super::cell::{Cell, Entry};
use super::events::{EventRef, Events};
use super::lookback::{View, WindowHit};
use crate::program::plan::{Plan, Shape};
use crate::tree::Side;
use event::hit::KeyHash;
use site::SiteModel;
use std::collections::BTreeSet;

/// Where it is clear, from some instant on.
#[derive(Debug, Default)]
pub struct Clear {
    /// First instant, and the first after it at which it is not clear any more. In order, apart.
    spans: Vec<(i64, i64)>,
}

impl Clear {
    /// The first clear instant from another on; `i64::MAX` without.
    pub fn first_from(&self, instant: i64) -> i64 {
        let at = self.spans.partition_point(|(_, end)| *end <= instant);
        self.spans.get(at).map_or(i64::MAX, |(begin, _)| (*begin).max(instant))
    }
}

impl Cell {
    /// An empty cell for a key that may have had one before: nothing comes from before what is folded by now.
    pub fn begin(key: KeyHash, plan: &Plan, clock: i64) -> Cell {
        let mut cell = Cell::new(key, plan);
        if plan.clear.is_some() {
            cell.base.saw(clock.saturating_sub(plan.reach).saturating_sub(1));
        }
        cell
    }

    /// From where on a change at `ts` can alter what is clear, as far as the log still tells.
    pub fn clear_is_known_from(&self, ts: i64, plan: &Plan) -> i64 {
        let after = plan.guards.iter().filter(|guard| guard.side == Side::After).map(|guard| guard.within);
        let from = ts.saturating_sub(after.max().unwrap_or(0));
        from.max(self.base.newest().saturating_add(plan.lookback).saturating_add(1))
    }

    /// Where it is clear from `from` on; behind `upto` the first such instant is enough. `beside`: any kept event.
    pub fn clear(
        &self,
        (from, upto): (i64, i64),
        beside: EventRef,
        (plan, events, site): (&Plan, &Events, &SiteModel),
    ) -> Clear {
        let mut clear = Clear::default();
        let (Some(condition), Shape::Window(window)) = (&plan.clear, &plan.shape) else { return clear };
        let cut = std::cell::Cell::new(false);
        let view = View { plan, log: &self.log, events, site, forgotten: i64::MIN, cut: &cut };
        let first = self.log.partition_point(|e| e.ts < from.saturating_sub(window.within));
        let hit = |at: usize| Some((at, view.effective(at) & window.steps)).filter(|(_, steps)| *steps != 0);
        let hits: Vec<WindowHit> = (first..self.log.len()).filter_map(hit).collect();
        let mut begun = None;
        for turn in self.turns(first, from, window.within) {
            let holds = view.holds(condition, view.at_instant(&hits, turn, window.within), beside);
            match (holds, begun) {
                (true, begun) if turn >= upto => {
                    clear.spans.push((begun.unwrap_or(turn), i64::MAX));
                    return clear;
                }
                (true, None) => begun = Some(turn),
                (false, Some(begin)) => {
                    clear.spans.push((begin, turn));
                    begun = None;
                }
                _ => {}
            }
        }
        clear.spans.extend(begun.map(|begin| (begin, i64::MAX)));
        clear
    }

    /// The instants from `from` on at which what is in the window can change.
    fn turns(&self, first: usize, from: i64, within: i64) -> BTreeSet<i64> {
        let of_entry =
            |e: &Entry| [e.ts, e.ts.saturating_add(1), e.ts.saturating_add(within).saturating_add(1)];
        let turns = self.log[first..].iter().flat_map(of_entry);
        turns.filter(|turn| *turn > from).chain([from]).collect()
    }
}

impl View<'_> {
    /// The hits that count at an instant.
    fn at_instant<'h>(&self, hits: &'h [WindowHit], now: i64, within: i64) -> &'h [WindowHit] {
        let earliest = now.saturating_sub(within).max(self.not_before(now));
        let upto = self.log.partition_point(|e| e.ts <= now);
        let detected = |e: &Entry| self.plan.once && e.has(Entry::DETECTED);
        let forgotten = self.log[..upto].iter().rposition(detected).map_or(0, |last| last + 1);
        let begin = self.log.partition_point(|e| e.ts < earliest).max(forgotten);
        let place = |at: usize| hits.partition_point(|(hit, _)| *hit < at);
        &hits[place(begin).min(place(upto))..place(upto)]
    }
}

//! Sequences that have to be searched for: the chain that ends at an event, found from it backwards, each time the
//! ≺-greatest event that lets a full chain exist (language.md §4.1).
//!
//! What a place, a `not` or a repeated step asks of several places at once is checked as soon as the last of them is
//! filled; only where that is so can the same event fail behind one choice and succeed behind another.

use super::cell::{Chain, Entry};
use super::lookback::{Found, View};
use crate::program::chains::{Chains, Check, Not, Run};
use crate::program::fault::Fault;
use smallvec::SmallVec;

/// Candidates that are tried for one place where conditions tie places together (language.md §7).
const CANDIDATES_MAX: usize = 256;
/// Events that are tried for one detection in all.
const TRIED_MAX: usize = 65_536;

/// The search for the chain that ends at one event.
struct Search<'a> {
    view: &'a View<'a>,
    chains: &'a Chains,
    /// ts of the terminal event.
    end: i64,
    /// Behind the last `until` before it.
    not_before: i64,
    /// Entries chosen so far, the terminal one first.
    chosen: SmallVec<[usize; 8]>,
    /// (place, entry) from which no chain can be completed, whatever was chosen behind it.
    dead: Vec<(usize, usize)>,
    tried: usize,
}

/// The chains that end at entries of `range`.
pub fn chains(view: &View<'_>, chains: &Chains, range: std::ops::Range<usize>) -> Found {
    let mut found = Found::new();
    let Some(last) = chains.places.len().checked_sub(1) else { return found };
    for at in range.filter(|at| view.satisfies(*at, chains.places[last].any)) {
        let end = view.log[at].ts;
        let not_before = view.not_before(end);
        let (chosen, dead) = (SmallVec::new(), Vec::new());
        let mut search = Search { view, chains, end, not_before, chosen, dead, tried: 0 };
        if search.fills(last, at) {
            found.push(search.found(at));
        }
        if search.tried >= TRIED_MAX {
            view.cut.set(true);
        }
    }
    found
}

impl Search<'_> {
    /// The chain as evidence: of a repeated step its first and its last event.
    fn found(&self, at: usize) -> (usize, Chain, u32) {
        let events = self.chosen.iter().rev().zip(&self.chains.places);
        let shown = events.filter(|(_, place)| !place.is_inner);
        let chain: Chain = shown.map(|(at, place)| (place.step, self.view.log[*at].event)).collect();
        (at, chain, self.chosen.len() as u32)
    }

    /// The entry that fills a place.
    fn filled(&self, place: usize) -> usize {
        self.chosen[self.chains.places.len() - 1 - place]
    }

    /// Puts the entry into a place and fills those before it.
    fn fills(&mut self, place: usize, at: usize) -> bool {
        self.chosen.push(at);
        let holds = self.chains.checks[place].iter().all(|check| self.holds(*check));
        if holds && (place == 0 || self.before(place)) {
            return true;
        }
        self.chosen.pop();
        false
    }

    /// Fills the places before `place`.
    fn before(&mut self, place: usize) -> bool {
        let (log, next) = (self.view.log, self.filled(place));
        let next_ts = log[next].ts;
        let earliest = self.earliest(place - 1, next_ts);
        let end = log.partition_point(|e| e.ts <= next_ts.saturating_add(self.chains.tolerance));
        let any = self.chains.places[place - 1].any;
        let mut candidates = 0;
        for at in (0..end).rev().take_while(|at| log[*at].ts >= earliest) {
            if (self.chosen.contains(&at) && !self.view.plan.faults.has(Fault::EventTwice))
                || !self.view.satisfies(at, any)
                || self.chains.is_local && self.dead.contains(&(place, at))
            {
                continue;
            }
            candidates += 1;
            self.tried += 1;
            if !self.chains.is_local && (candidates > CANDIDATES_MAX || self.tried >= TRIED_MAX) {
                self.view.cut.set(true);
                return false;
            }
            if self.fills(place - 1, at) {
                return true;
            }
            // Ties can fail for what was chosen behind them; an entry of an earlier instant fails for good.
            if self.chains.is_local && log[at].ts < next_ts && !self.chosen_at(log[at].ts) {
                self.dead.push((place, at));
            }
        }
        false
    }

    /// Before this no event fills the place, if the next is filled at `next_ts`.
    fn earliest(&self, place: usize, next_ts: i64) -> i64 {
        let slack = self.chains.tolerance.saturating_mul(place as i64);
        let earliest = self
            .end
            .saturating_sub(self.chains.within)
            .saturating_sub(slack)
            .max(next_ts.saturating_sub(self.chains.places[place + 1].gap))
            .max(self.not_before);
        // Behind the latest `not`, where one event decides.
        let nots = self.chains.checks[place].iter().filter_map(|check| match check {
            Check::Not(number) => Some(&self.chains.nots[*number]),
            _ => None,
        });
        let plain = nots.filter(|not| self.chains.is_local && not.behind == place);
        plain.fold(earliest, |earliest, not| earliest.max(self.last_of(not.any, next_ts)))
    }

    /// ts of the latest entry before `ts` that satisfies one of these.
    fn last_of(&self, any: u16, ts: i64) -> i64 {
        let end = self.view.log.partition_point(|e| e.ts < ts);
        let last = (0..end).rev().find(|at| self.view.satisfies(*at, any));
        last.map_or(i64::MIN, |at| self.view.log[at].ts)
    }

    fn chosen_at(&self, ts: i64) -> bool {
        self.chosen.iter().any(|at| self.view.log[*at].ts == ts)
    }

    fn holds(&self, check: Check) -> bool {
        match check {
            Check::Place(place) => self.agrees(self.filled(place), self.chains.places[place].any),
            Check::Not(number) => self.nothing_between(&self.chains.nots[number]),
            Check::Run(number) => self.counted(&self.chains.runs[number]),
        }
    }

    /// Whether the conditions of one of the options hold beside what is chosen.
    fn agrees(&self, at: usize, any: u16) -> bool {
        let of = |bit: u8| {
            let place = self.chains.places.iter().position(|place| place.step == 1 << bit)?;
            let chosen = (self.chains.places.len() - 1).checked_sub(place)?;
            self.chosen.get(chosen).map(|at| self.view.log[*at].event)
        };
        self.view.agrees(at, any, &of)
    }

    fn nothing_between(&self, not: &Not) -> bool {
        let log: &[Entry] = self.view.log;
        let (from, to) = (log[self.filled(not.behind)].ts, log[self.filled(not.behind + 1)].ts);
        let start = log.partition_point(|e| e.ts <= from);
        !(start..log.len()).take_while(|at| log[*at].ts < to).any(|at| {
            !self.chosen.contains(&at) && self.view.satisfies(at, not.any) && self.agrees(at, not.any)
        })
    }

    /// Whether the hits of a repeated step between the chain's events on either side are as many as the step says. With a
    /// tolerance between clocks those of the chain need not lie there.
    fn counted(&self, run: &Run) -> bool {
        let (log, last) = (self.view.log, self.chains.places.len() - 1);
        let any = self.chains.places[run.places.0].any;
        let before = run.places.0.checked_sub(1).map(|place| self.filled(place));
        let behind = (run.places.1 < last).then(|| self.filled(run.places.1 + 1));
        let from = before.map_or(self.end.saturating_sub(self.chains.within), |at| log[at].ts);
        let to = behind.map_or(self.end, |at| log[at].ts);
        let start = log.partition_point(|e| e.ts < from.max(self.not_before));
        let hits = (start..log.len()).take_while(|at| log[*at].ts <= to).filter(|at| {
            Some(*at) != before
                && Some(*at) != behind
                && self.view.satisfies(*at, any)
                && self.agrees(*at, any)
        });
        let at_least = run.places.1 - run.places.0 + 1;
        (at_least..=run.at_most).contains(&hits.take(run.at_most + 1).count())
    }
}

//! Sequences that registers cannot run, as places and checks: one event may fill two places, a step stands several times,
//! conditions look at earlier steps, clocks differ, or events are forgotten.
//!
//! A repeated step is spelled out: `a repeated >= 3` is three places. What ties places together is checked as soon as a
//! search that goes backwards has filled the first of them.

use super::CompiledStep;
use super::condition::Test;
use super::plan::mask;
use crate::tree::{Pattern, Repeated, Rule, SequenceItem, Step};

/// A sequence for a search through the log.
#[derive(Clone, Debug)]
pub struct Chains {
    /// The places of the chain, in order.
    pub places: Vec<Place>,
    /// What must not stand between two places.
    pub nots: Vec<Not>,
    /// Repeated steps with an upper bound.
    pub runs: Vec<Run>,
    /// What is to be checked once the place of that index is filled and all behind it are.
    pub checks: Vec<Vec<Check>>,
    /// W; `i64::MAX` without.
    pub within: i64,
    /// ε: how far behind the next an event may lie and still be before it.
    pub tolerance: i64,
    /// Whether an event can be followed or cannot, whatever was chosen behind it.
    pub is_local: bool,
}

/// A place of a chain.
#[derive(Clone, Debug)]
pub struct Place {
    /// The bit of its step.
    pub step: u16,
    /// The bits of its options.
    pub any: u16,
    /// At most this after the place before; `i64::MAX` without.
    pub gap: i64,
    /// Evidence of a repeated step is its first and its last event.
    pub is_inner: bool,
}

/// `not x` between a place and the next.
#[derive(Clone, Debug)]
pub struct Not {
    /// The place before it.
    pub behind: usize,
    /// The bits of x.
    pub any: u16,
}

/// `a repeated m to n`: the hits of a between the chain's events on either side are at most n.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its first and its last place.
    pub places: (usize, usize),
    /// n
    pub at_most: usize,
}

/// One thing to check.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// The place's conditions on earlier steps.
    Place(usize),
    /// A `not`, by its number.
    Not(usize),
    /// A repeated step, by its number.
    Run(usize),
}

impl Chains {
    /// The places of `when` and of sequences.
    pub fn of(rule: &Rule, steps: &[CompiledStep]) -> Option<Chains> {
        let (within, items): (i64, Vec<(&Step, bool)>) = match &rule.pattern {
            Pattern::When(step) => (i64::MAX, vec![(step, true)]),
            Pattern::Sequence { within, items } => {
                let items = items.iter().map(|item| match item {
                    SequenceItem::Step(step) => (step, true),
                    SequenceItem::Not(step) => (step, false),
                });
                (within.map_or(i64::MAX, |w| w.0), items.collect())
            }
            _ => return None,
        };
        let tolerance = rule.tolerance.0;
        let (places, nots, runs) = (Vec::new(), Vec::new(), Vec::new());
        let mut chains =
            Chains { places, nots, runs, checks: Vec::new(), within, tolerance, is_local: tolerance == 0 };
        for (step, positive) in items {
            chains.push(step, positive, steps);
        }
        chains.file_checks(steps);
        Some(chains)
    }

    fn push(&mut self, step: &Step, positive: bool, steps: &[CompiledStep]) {
        let any = any(steps, step.bit);
        if !positive {
            let behind = self.places.len().saturating_sub(1);
            return self.nots.push(Not { behind, any });
        }
        let times = step.repeated.map_or(1, |repeated| repeated.at_least.max(1) as usize);
        let first = self.places.len();
        for at in 0..times {
            let gap = step.gap.map_or(i64::MAX, |gap| gap.0);
            let is_inner = at > 0 && at + 1 < times;
            self.places.push(Place { step: mask(step.bit), any, gap, is_inner });
        }
        if let Some(Repeated { at_most: Some(at_most), .. }) = step.repeated {
            self.runs.push(Run { places: (first, first + times - 1), at_most: at_most as usize });
        }
    }

    /// Files each check under the place at which all that it looks at is filled.
    fn file_checks(&mut self, steps: &[CompiledStep]) {
        self.checks = vec![Vec::new(); self.places.len()];
        for at in 0..self.places.len() {
            if let Some(first) = self.first_looked_at(self.places[at].any, steps) {
                self.checks[first.min(at)].push(Check::Place(at));
                self.is_local = false;
            }
        }
        for (number, not) in self.nots.clone().into_iter().enumerate() {
            // With ε an event that fills a place further ahead may lie between: all have to be known.
            let at = if self.tolerance > 0 { Some(0) } else { self.first_looked_at(not.any, steps) };
            self.is_local &= at.is_none();
            self.checks[at.unwrap_or(not.behind).min(not.behind)].push(Check::Not(number));
        }
        for (number, run) in self.runs.clone().into_iter().enumerate() {
            let before = run.places.0.saturating_sub(1);
            let looked_at = self.first_looked_at(self.places[run.places.0].any, steps);
            self.checks[looked_at.unwrap_or(before).min(before)].push(Check::Run(number));
            self.is_local = false;
        }
    }

    /// The first place that conditions of these options look at.
    fn first_looked_at(&self, any: u16, steps: &[CompiledStep]) -> Option<usize> {
        let options = steps.iter().flat_map(|step| &step.options).filter(|option| option.mask & any != 0);
        let mut bits = Vec::new();
        options.filter_map(|option| option.across.as_ref()).for_each(|test| test.earlier_steps(&mut bits));
        let place = |bit: &u8| self.places.iter().position(|place| place.step == mask(*bit));
        bits.iter().filter_map(place).min()
    }

    /// How many places from this one on are of its step.
    pub fn times(&self, place: usize) -> usize {
        let step = self.places[place].step;
        self.places[place..].iter().take_while(|place| place.step == step).count()
    }

    /// The longest time that a chain can take, tolerance apart.
    pub fn span(&self) -> i64 {
        if self.places.len() < 2 {
            let bounded = !self.runs.is_empty();
            return if bounded && self.within < i64::MAX { self.within } else { 0 };
        }
        let gaps = self.places[1..].iter().fold(0i64, |sum, place| sum.saturating_add(place.gap));
        // A run that stands first counts from the beginning of the window.
        let counts_from_window = self.runs.iter().any(|run| run.places.0 == 0);
        if counts_from_window { self.within } else { self.within.min(gaps) }
    }

    /// How far the events of a chain may lie out of order.
    pub fn slack(&self) -> i64 {
        self.tolerance.saturating_mul(self.places.len() as i64 - 1)
    }
}

/// The bits of a step's options.
pub fn any(steps: &[CompiledStep], bit: u8) -> u16 {
    let options = steps.get(usize::from(bit)).map_or(&[][..], |step| &step.options);
    options.iter().fold(0, |all, option| all | option.mask)
}

/// The conditions on earlier steps, by the bit of their option.
pub fn conditions(steps: &[CompiledStep]) -> Vec<(u16, Test)> {
    let options = steps.iter().flat_map(|step| &step.options);
    options.filter_map(|option| Some((option.mask, option.across.clone()?))).collect()
}

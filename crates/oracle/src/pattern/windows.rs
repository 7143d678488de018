//! What looks back over a window: `count`, `distinct`, `sum`, `all` and `any` (language.md §4.1).

use super::{Detection, Keyed, latest};
use crate::datum::Datum;
use event::time::Duration;
use rules::tree::{Constant, Step};
use site::path::Path;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl<'r> Keyed<'_, 'r> {
    /// For every hit e: the hits that count together with it in [ts(e) − W, ts(e)], by ≺, to `test`, which gives the
    /// evidence of a detection.
    fn windowed(
        &self,
        (step, window): (&'r Step, Duration),
        test: impl Fn(&[usize]) -> Option<Vec<usize>>,
    ) -> Vec<Detection<'r>> {
        let mut found = Vec::new();
        for &e in self.of(step) {
            let now = self.events.ts(e);
            let counted: Vec<usize> =
                self.within(step, (now - window, now)).filter(|&h| self.joins(h, e)).collect();
            if let Some(mut evidence) = test(&counted) {
                if !evidence.contains(&e) {
                    evidence.push(e);
                }
                found.push(self.detection(e, evidence.into_iter().map(|hit| (hit, step)).collect()));
            }
        }
        found
    }

    /// "e ∈ H(a) and H(a) has ≥ N events in [ts(e) − W, ts(e)]"; evidence: "latest 64".
    pub(super) fn count(&self, at_least: usize, of: (&'r Step, Duration)) -> Vec<Detection<'r>> {
        self.windowed(of, |hits| (hits.len() >= at_least).then(|| latest(hits)))
    }

    /// "the same with ≥ N different values of f, missing left out"; evidence: "latest of each value, ≤ 64".
    pub(super) fn distinct(
        &self,
        (value, at_least): (&Path, usize),
        of: (&'r Step, Duration),
    ) -> Vec<Detection<'r>> {
        self.windowed(of, |hits| {
            let mut of_value: BTreeMap<Arc<str>, usize> = BTreeMap::new();
            for (at, hit) in hits.iter().enumerate() {
                of_value.extend(self.events.texts(*hit, value).into_iter().map(|text| (text, at)));
            }
            let places: BTreeSet<usize> = of_value.values().copied().collect();
            let of_values: Vec<usize> = places.into_iter().map(|at| hits[at]).collect();
            (of_value.len() >= at_least).then(|| latest(&of_values))
        })
    }

    /// "the same with Σ f ≥ x, missing f = 0"
    pub(super) fn sum(
        &self,
        (value, at_least): (&Path, &Constant),
        of: (&'r Step, Duration),
    ) -> Vec<Detection<'r>> {
        let at_least = Datum::of_constant(at_least).measure().unwrap_or(0);
        self.windowed(of, |hits| {
            let values = hits.iter().flat_map(|hit| self.events.values(*hit, value));
            let total: i128 = values.filter_map(|value| Datum::of_value(value).measure()).sum();
            (total >= at_least).then(|| latest(hits))
        })
    }

    /// "e hits a step, and each step [at least N] has a hit in [ts(e) − W, ts(e)]"; evidence: "latest hit of each step".
    pub(super) fn any(&self, at_least: usize, steps: &'r [Step], window: Duration) -> Vec<Detection<'r>> {
        let hits: BTreeSet<usize> = steps.iter().flat_map(|step| self.of(step)).copied().collect();
        let mut found = Vec::new();
        for e in hits {
            let now = self.events.ts(e);
            let mut evidence = Vec::new();
            let mut hit_steps = 0;
            for step in steps {
                let mut in_window = self.within(step, (now - window, now)).filter(|&h| self.joins(h, e));
                let own = in_window.clone().find(|h| *h == e);
                let latest = in_window.next_back();
                hit_steps += usize::from(latest.is_some());
                let both: BTreeSet<usize> = latest.into_iter().chain(own).collect();
                evidence.extend(both.into_iter().map(|hit| (hit, step)));
            }
            if hit_steps >= at_least {
                found.push(self.detection(e, evidence));
            }
        }
        found
    }
}

//! `first f of a within d` (language.md §4.1).

use super::{Detection, Keyed};
use crate::local;
use event::time::Duration;
use rules::tree::Step;
use site::path::Path;
use std::sync::Arc;

const DAY: Duration = Duration::from_secs(24 * 3_600);

impl<'r> Keyed<'_, 'r> {
    /// "e ∈ H(a), f present, no h ∈ H(a) with the same value, ≺ e, and local date (of the event's site) not more than d
    /// days before e's. With `learning n`: and the key's first hit is ≥ n before e". Of several values "each is looked
    /// at by itself, and one that is new is enough" (the tree).
    pub(super) fn first(
        &self,
        value: &Path,
        step: &'r Step,
        (within, learning): (Duration, Option<Duration>),
    ) -> Vec<Detection<'r>> {
        let days = within.0 / DAY.0;
        let mut found = Vec::new();
        for &e in self.of(step) {
            let earlier =
                || self.of(step).iter().copied().filter(move |&h| self.before(h, e) && self.joins(h, e));
            let known = |text: &Arc<str>| {
                earlier().any(|h| {
                    local::day(self.events, e) - local::day(self.events, h) <= days
                        && self.events.texts(h, value).contains(text)
                })
            };
            let learnt = learning.is_none_or(|n| {
                earlier().next().is_some_and(|first| self.events.ts(e) - self.events.ts(first) >= n)
            });
            if learnt && self.events.texts(e, value).iter().any(|text| !known(text)) {
                found.push(self.detection(e, vec![(e, step)]));
            }
        }
        found
    }

    /// h ≺ e
    fn before(&self, h: usize, e: usize) -> bool {
        self.events.place(h) < self.events.place(e)
    }
}

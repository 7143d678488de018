//! Absence: `after a expect b within d` (language.md §4.1).

use super::{Detection, Keyed};
use event::time::Duration;
use event::value::Value;
use rules::tree::Step;
use site::path::Path;

impl<'r> Keyed<'_, 'r> {
    /// "e ∈ H(a) and no b ∈ H(b), b ≠ e, ts(b) in [ts(e), ts(e) + d]; with `repeated >= n` on b: fewer than n …
    /// **ts = ts(e) + d**"; `until`: "an x in [ts(a), ts(a) + d] cancels".
    pub(super) fn after(
        &self,
        trigger: &'r Step,
        expect: &'r Step,
        limit: (Duration, Option<&Path>),
    ) -> Vec<Detection<'r>> {
        let enough = expect.repeated.map_or(1, |repeated| repeated.at_least as usize);
        let mut found = Vec::new();
        for &e in self.of(trigger) {
            let start = self.events.ts(e);
            let deadline = start + self.wait(e, limit);
            let came = self.within(expect, (start, deadline));
            let came = came.filter(|&b| b != e && self.fits(expect, b, &[(trigger.bit, e)])).count();
            let cancelled = self.ends().any(|x| (start..=deadline).contains(&self.events.ts(x)));
            if came < enough && !cancelled {
                let detection = self.detection(e, vec![(e, trigger)]);
                found.push(Detection { ts: deadline, empty: vec![(start, deadline)], ..detection });
            }
        }
        found
    }

    /// "d may be a path, read at e; missing or longer than `at most`: that."
    fn wait(&self, e: usize, (most, read_at): (Duration, Option<&Path>)) -> Duration {
        let said = read_at.and_then(|path| match self.events.values(e, path).first() {
            Some(Value::Duration(said)) => Some(*said),
            _ => None,
        });
        said.filter(|said| (Duration::ZERO..=most).contains(said)).unwrap_or(most)
    }
}

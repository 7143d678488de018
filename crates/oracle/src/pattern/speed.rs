//! `speed > v and distance >= D of a within W` (language.md §4.1).

use super::{Detection, Keyed};
use crate::expression::{distance, first_place};
use crate::view::View;
use event::time::Duration;
use event::value::{Geo, Micro};
use rules::tree::Step;
use site::path::Path;

impl<'r> Keyed<'_, 'r> {
    /// "e ∈ H(a) and some d ∈ H(a), d ≠ e, ts(d) in [ts(e) − W, ts(e)], with distance ≥ D and distance − r(d) − r(e) >
    /// v · (ts(e) − ts(d) + ε); r = radius of the place"; evidence: "latest such d".
    pub(super) fn speed(
        &self,
        (above, least, paths): (Micro, Micro, &[Path]),
        (step, window): (&'r Step, Duration),
    ) -> Vec<Detection<'r>> {
        let place = |event| first_place(View::of(self.events, event), paths);
        let mut found = Vec::new();
        for &e in self.of(step) {
            let Some(here) = place(e) else { continue };
            let now = self.events.ts(e);
            let too_fast = |d: &usize| {
                let late = now - self.events.ts(*d) + self.rule.tolerance;
                place(*d).is_some_and(|there| is_too_fast(here, there, late, (above, least)))
            };
            let latest = self
                .within(step, (now - window, now))
                .rev()
                .filter(|&d| d != e && self.joins(d, e))
                .find(too_fast);
            if let Some(d) = latest {
                found.push(self.detection(e, vec![(d, step), (e, step)]));
            }
        }
        found
    }
}

/// In whole numbers: metres · 10⁶ · 10⁹ against millionths of m/s · nanoseconds.
fn is_too_fast(a: Geo, b: Geo, time: Duration, (above, least): (Micro, Micro)) -> bool {
    let metres = distance(a, b);
    let sure = metres - i128::from(a.radius_m) - i128::from(b.radius_m);
    let far = metres * 1_000_000 >= i128::from(least.0);
    far && sure * 1_000_000_000_000_000 > i128::from(above.0) * i128::from(time.0)
}

//! `unusual count > z sigma of a per p` (language.md §4.1).

use super::{Detection, Keyed};
use crate::local;
use event::time::{Duration, Timestamp};
use event::value::Micro;
use rules::tree::{Per, Step};
use std::collections::BTreeMap;

/// How finely buckets are looked for: time zones change at whole quarters of an hour.
const QUARTER: Duration = Duration::from_secs(15 * 60);

/// "The slot has ≥ 4 buckets behind it".
const BUCKETS_MIN: u32 = 4;

/// What is known of a slot, "in 1/16".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    buckets: u32,
    m: i128,
    v: i128,
}

/// A bucket: its slot, and which one it is. "A local hour that occurs twice is two buckets of one slot."
type Bucket = (u32, (i64, i8, i32));

impl<'r> Keyed<'_, 'r> {
    /// "At each bucket's end after the key's first hit: test, then [learn] …; e = last hit, **ts = bucket end**".
    pub(super) fn unusual(&self, above: Micro, step: &'r Step, per: Per) -> Vec<Detection<'r>> {
        let (mut slots, mut found) = (BTreeMap::<u32, Slot>::new(), Vec::new());
        for (slot, (from, end)) in self.buckets(step, per) {
            let hits: Vec<usize> = self.within(step, (from, end - Duration(1))).collect();
            let known = slots.entry(slot).or_default();
            if let Some(&e) = hits.last().filter(|_| known.is_passed_by(hits.len(), above)) {
                let latest = super::latest(&hits).into_iter().map(|hit| (hit, step)).collect();
                found.push(Detection { ts: end, ..self.detection(e, latest) });
            }
            *known = known.learnt(hits.len());
        }
        found
    }

    /// "Buckets `[start, end)` of the local time of the event's site", from that of the key's first hit to that of its
    /// last.
    fn buckets(&self, step: &Step, per: Per) -> Vec<(u32, (Timestamp, Timestamp))> {
        let (Some(&first), Some(&last)) = (self.of(step).first(), self.of(step).last()) else {
            return Vec::new();
        };
        let site = self.events.site_of(first);
        let bucket = |ts| bucket(local::clock(self.events, site, ts), per);
        let quarter = |ts: Timestamp| Timestamp(ts.0 - ts.0.rem_euclid(QUARTER.0));
        let mut start = quarter(self.events.ts(first));
        while bucket(start - QUARTER) == bucket(start) {
            start = start - QUARTER;
        }
        let mut buckets = Vec::new();
        while start <= self.events.ts(last) {
            let mut end = start + QUARTER;
            while bucket(end) == bucket(start) {
                end = end + QUARTER;
            }
            buckets.push((bucket(start).0, (start, end)));
            start = end;
        }
        buckets
    }
}

/// "slot = hour of week or weekday"
fn bucket((clock, offset): (jiff::civil::DateTime, i32), per: Per) -> Bucket {
    let (weekday, hour) = (clock.weekday().to_monday_zero_offset() as u32, clock.hour());
    let day = local::days(clock.date());
    match per {
        Per::Hour => (weekday * 24 + hour as u32, (day, hour, offset)),
        Per::Day => (weekday, (day, 0, 0)),
    }
}

impl Slot {
    /// "The slot has ≥ 4 buckets behind it, c > m and (c − m)² > z²·max(v, 1)", all in sixteenths and millionths.
    fn is_passed_by(self, count: usize, above: Micro) -> bool {
        let far = 16 * count as i128 - self.m;
        let z = i128::from(above.0);
        self.buckets >= BUCKETS_MIN && far > 0 && far * far * 1_000_000_000_000 > z * z * 16 * self.v.max(16)
    }

    /// "v := 0.9·(v + 0.1·(c − m)²), m := m + 0.1·(c − m)", "kept in 1/16, rounded half up after each step".
    fn learnt(self, count: usize) -> Slot {
        let far = 16 * count as i128 - self.m;
        // v/16 + far²/2560, times 9/10, in sixteenths: 9 · (160 v + far²) / 1600.
        let v = (9 * (160 * self.v + far * far) + 800).div_euclid(1_600);
        let m = (10 * self.m + far + 5).div_euclid(10);
        Slot { buckets: self.buckets + 1, m, v }
    }
}

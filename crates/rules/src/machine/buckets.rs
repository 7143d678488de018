//! `unusual count > z sigma of a per p`: counts of local hours or days against what the same slot of the week had before
//! (language.md §4.1). Mean and variance are kept in sixteenths, one word a slot.

use super::cell::Chain;
use super::local;
use super::lookback::{EVIDENCE_MAX, Found, View};
use super::stages::Registers;
use crate::program::plan::Unusual;
use crate::tree::Per;
use event::time::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A slot speaks once it has so many buckets behind it.
const BEHIND: i64 = 4;
/// Bits of a word: buckets behind the slot, mean, variance.
const BEHIND_BITS: u32 = 3;
const MEAN_BITS: u32 = 27;
const MEAN_MAX: i128 = (1 << MEAN_BITS) - 1;
const VARIANCE_MAX: i128 = (1 << 33) - 1;
const HOUR: i64 = 3_600_000_000_000;

/// What a slot had so far, in sixteenths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    mean: i128,
    variance: i128,
    behind: i64,
}

/// Where a key stands: the open bucket, and all slots.
struct Course {
    /// When the open bucket ends; `i64::MIN` before the first hit.
    end: i64,
    slot: usize,
    count: i64,
    /// Packed.
    slots: Vec<i64>,
}

impl Slot {
    fn unpacked(word: i64) -> Slot {
        let bits = |from: u32, len: u32| i128::from((word >> from) & ((1 << len) - 1));
        Slot {
            behind: word & ((1 << BEHIND_BITS) - 1),
            mean: bits(BEHIND_BITS, MEAN_BITS),
            variance: bits(BEHIND_BITS + MEAN_BITS, 33),
        }
    }

    fn packed(self) -> i64 {
        let mean = (self.mean.min(MEAN_MAX) as i64) << BEHIND_BITS;
        let variance = (self.variance.min(VARIANCE_MAX) as i64) << (BEHIND_BITS + MEAN_BITS);
        self.behind.min(BEHIND) | mean | variance
    }

    /// Whether a count is unusual.
    fn is_unusual(self, count: i64, above: i64) -> bool {
        let more = i128::from(count) * 16 - self.mean;
        let above = i128::from(above);
        self.behind >= BEHIND
            && more > 0
            && more * more * 1_000_000_000_000 > 16 * above * above * self.variance.max(16)
    }

    /// Takes a count: v := 0.9·(v + 0.1·(c − m)²), then m := m + 0.1·(c − m), each rounded half up.
    fn takes(self, count: i64) -> Slot {
        let more = i128::from(count) * 16 - self.mean;
        Slot {
            variance: half_up(1_440 * self.variance + 9 * more * more, 1_600),
            mean: half_up(10 * self.mean + more, 10),
            behind: self.behind + 1,
        }
    }
}

fn half_up(x: i128, by: i128) -> i128 {
    (2 * x + by).div_euclid(2 * by)
}

impl Course {
    fn new(per: Per) -> Course {
        let slots = match per {
            Per::Hour => 168,
            Per::Day => 7,
        };
        Course { end: i64::MIN, slot: 0, count: 0, slots: vec![0; slots] }
    }

    fn of(base: &Registers, per: Per) -> Course {
        match base.words().0 {
            [end, slot, count, slots @ ..] => {
                Course { end: *end, slot: *slot as usize, count: *count, slots: slots.to_vec() }
            }
            _ => Course::new(per),
        }
    }

    fn words(&self) -> Vec<i64> {
        let mut words = vec![self.end, self.slot as i64, self.count];
        words.extend(&self.slots);
        words
    }

    fn slot(&self) -> Slot {
        Slot::unpacked(self.slots.get(self.slot).copied().unwrap_or(0))
    }

    /// Whether the open bucket holds unusually many.
    fn is_unusual(&self, unusual: &Unusual) -> bool {
        self.slot().is_unusual(self.count, unusual.above)
    }

    /// Opens the bucket in which an instant lies.
    fn open(&mut self, zone: &TimeZone, per: Per, ts: i64) {
        self.slot = slot_of(local::clock(zone, Timestamp(ts)), per);
        self.end = bucket_end(zone, per, ts);
        self.count = 0;
    }

    /// Closes buckets until the open one holds the instant.
    fn goes_to(&mut self, zone: &TimeZone, per: Per, ts: i64) {
        if self.end == i64::MIN {
            return self.open(zone, per, ts);
        }
        while ts >= self.end {
            let taken = self.slot().takes(self.count).packed();
            if let Some(slot) = self.slots.get_mut(self.slot) {
                *slot = taken;
            }
            self.open(zone, per, self.end);
        }
    }
}

fn slot_of(at: DateTime, per: Per) -> usize {
    let day = at.weekday().to_monday_zero_offset() as usize;
    match per {
        Per::Hour => day * 24 + at.hour() as usize,
        Per::Day => day,
    }
}

/// When the local hour or day ends in which an instant lies.
pub fn bucket_end(zone: &TimeZone, per: Per, ts: i64) -> i64 {
    let at = local::clock(zone, Timestamp(ts));
    match per {
        Per::Hour => {
            let into = i64::from(at.minute()) * 60_000_000_000
                + i64::from(at.second()) * 1_000_000_000
                + i64::from(at.subsec_nanosecond());
            ts.saturating_add(HOUR - into)
        }
        Per::Day => {
            let next = at.date().tomorrow().ok().and_then(|day| zone.to_timestamp(day.at(0, 0, 0, 0)).ok());
            let next = next.and_then(|next| i64::try_from(next.as_nanosecond()).ok());
            next.filter(|next| *next > ts).unwrap_or(ts.saturating_add(24 * HOUR))
        }
    }
}

/// Goes through the first `count` entries; gives the detections and where the key stands.
fn walk(view: &View<'_>, unusual: &Unusual, base: &Registers, count: usize) -> (Found, Course) {
    let mut course = Course::of(base, unusual.per);
    let mut found = Found::new();
    // The hits of the open bucket that are not in the base, and whether so many are unusual.
    let (mut hits, mut is_unusual) = (Vec::new(), course.is_unusual(unusual));
    let detection = |hits: &[usize]| {
        let shown = &hits[hits.len().saturating_sub(EVIDENCE_MAX)..];
        let chain: Chain = shown.iter().map(|at| (unusual.step, view.log[*at].event)).collect();
        hits.last().map(|last| (*last, chain, hits.len() as u32))
    };
    for at in (0..count).filter(|at| view.satisfies(*at, unusual.step)) {
        let entry = &view.log[at];
        let zone = local::zone(view.site, view.events.row(entry.event));
        if entry.ts >= course.end {
            if is_unusual {
                found.extend(detection(&hits));
            }
            if is_unusual && view.plan.once {
                course = Course::new(unusual.per);
            }
            hits.clear();
        }
        course.goes_to(&zone, unusual.per, entry.ts);
        course.count += 1;
        hits.push(at);
        is_unusual = course.is_unusual(unusual);
    }
    if is_unusual {
        found.extend(detection(&hits));
    }
    (found, course)
}

/// The detections: the last hit of each bucket that is unusual.
pub fn buckets(view: &View<'_>, unusual: &Unusual, base: &Registers) -> Found {
    walk(view, unusual, base, view.log.len()).0
}

/// Brings the first `count` entries into the base.
pub fn fold(view: &View<'_>, unusual: &Unusual, base: &mut Registers, count: usize) {
    let (_, course) = walk(view, unusual, base, count);
    if course.end != i64::MIN {
        base.set_words(&course.words());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_pack_and_round_half_up() {
        let slot = Slot::default().takes(10);
        // m = 1 (16 sixteenths), v = 0.09 · 100 = 9 (144).
        assert_eq!(slot, Slot { mean: 16, variance: 144, behind: 1 });
        assert_eq!(Slot::unpacked(slot.packed()), slot);
        assert_eq!(half_up(5, 10), 1);
        assert_eq!(half_up(4, 10), 0);
        let four = (0..4).fold(Slot::default(), |slot, _| slot.takes(2));
        assert!(four.is_unusual(6, 4_000_000));
        assert!(!four.is_unusual(4, 4_000_000));
        assert!(!slot.is_unusual(1_000, 4_000_000));
    }

    #[test]
    fn buckets_follow_the_wall_clock() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        // 2026-10-25: the hour from 2 to 3 comes twice, so the day has 25 hours.
        let midnight = jiff::civil::date(2026, 10, 25).at(0, 0, 0, 0);
        let start = i64::try_from(paris.to_timestamp(midnight).unwrap().as_nanosecond()).unwrap();
        assert_eq!(bucket_end(&paris, Per::Day, start + 1), start + 25 * HOUR);
        assert_eq!(bucket_end(&paris, Per::Hour, start + 2 * HOUR + 1), start + 3 * HOUR);
        assert_eq!(bucket_end(&paris, Per::Hour, start + 3 * HOUR), start + 4 * HOUR);
        let slot = |hours: i64| slot_of(local::clock(&paris, Timestamp(start + hours * HOUR)), Per::Hour);
        assert_eq!(slot(2), slot(3));
        assert_eq!(slot(4), slot(3) + 1);
    }
}

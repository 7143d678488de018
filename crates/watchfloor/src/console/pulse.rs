//! How fast it goes: for each second of the last minutes the records, and how long they took from their arrival to the
//! incidents that came of them.

use event::time::{Duration, Timestamp};
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Seconds that are kept.
const BEATS_MAX: usize = 180;
const SECOND: Duration = Duration::from_secs(1);
/// What takes longer counts as this: an hour.
const MICROS_MAX: u64 = 3_600_000_000;

/// One second.
#[derive(Clone, Copy, Debug, Default)]
struct Beat {
    records: u64,
    p50_us: u64,
    p99_us: u64,
}

/// The beats so far, and sums over all of them.
pub(crate) struct Pulse {
    beats: VecDeque<Beat>,
    began: Timestamp,
    now: Histogram<u64>,
    all: Histogram<u64>,
}

impl Default for Pulse {
    fn default() -> Self {
        // Two digits are enough for people; the bounds are constants that the library takes.
        let empty = || Histogram::new_with_bounds(1, MICROS_MAX, 2).expect("bounds that are in order");
        Pulse { beats: VecDeque::new(), began: Timestamp::MIN, now: empty(), all: empty() }
    }
}

impl Pulse {
    /// A record took so long.
    pub fn took(&mut self, time: Duration) {
        self.took_all(time, 1);
    }

    /// So many records took so long, each of them.
    pub fn took_all(&mut self, time: Duration, records: u64) {
        let micros = u64::try_from(time.0 / 1_000).unwrap_or(0).max(1);
        self.now.saturating_record_n(micros, records);
        self.all.saturating_record_n(micros, records);
    }

    /// Time goes on: ends the second if it is over.
    pub fn beat(&mut self, now: Timestamp) {
        if now < self.began + SECOND {
            return;
        }
        let first = self.began == Timestamp::MIN;
        // A loop that was held up has fewer, longer seconds: what it counted is spread over them.
        let seconds = if first { 1 } else { ((now - self.began).0 / SECOND.0).max(1) as u64 };
        self.began = now;
        if first {
            return;
        }
        self.beats.push_back(Beat {
            records: self.now.len() / seconds,
            p50_us: self.now.value_at_quantile(0.5),
            p99_us: self.now.value_at_quantile(0.99),
        });
        if self.beats.len() > BEATS_MAX {
            self.beats.pop_front();
        }
        self.now.reset();
    }

    /// Records of the last whole second.
    pub fn rate(&self) -> u64 {
        self.beats.back().map_or(0, |beat| beat.records)
    }

    /// A quantile of everything so far.
    pub fn quantile(&self, share: f64) -> Duration {
        Duration((self.all.value_at_quantile(share) * 1_000) as i64)
    }

    /// The slowest hundredth of the last ten seconds, at its worst.
    pub fn recent_p99(&self) -> Duration {
        let worst = self.beats.iter().rev().take(10).map(|beat| beat.p99_us).max();
        Duration((worst.unwrap_or(0) * 1_000) as i64)
    }

    /// The beats, the oldest first.
    pub fn json(&self) -> Value {
        let beats = self.beats.iter();
        let beats: Vec<Value> = beats
            .map(|beat| {
                json!({"records": beat.records, "p50_ms": beat.p50_us as f64 / 1e3, "p99_ms": beat.p99_us as f64 / 1e3})
            })
            .collect();
        Value::Array(beats)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_told_apart_and_bounded() {
        let mut pulse = Pulse::default();
        let at = |ms: i64| Timestamp::from_millis(ms);
        pulse.beat(at(10_000));
        (0..100).for_each(|n| pulse.took(Duration::from_millis(n)));
        pulse.beat(at(10_900));
        assert_eq!(pulse.rate(), 0, "the second is not over");
        pulse.beat(at(11_000));
        assert_eq!(pulse.rate(), 100);
        assert!((95..=101).contains(&(pulse.recent_p99().0 / 1_000_000)), "{}", pulse.recent_p99());
        for second in 0..500 {
            pulse.beat(at(12_000 + second * 1_000));
        }
        assert_eq!(pulse.json().as_array().map(Vec::len), Some(BEATS_MAX));
        assert_eq!(pulse.rate(), 0);
    }
}

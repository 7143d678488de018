//! All records of the site in the order of their arrival, without an end.

use crate::script::{Script, s};
use crate::{Record, devices, people, stories};
use event::time::Timestamp;
use std::collections::BTreeMap;

/// When the first day begins: a Monday, half past six in the morning.
pub const START: Timestamp = Timestamp::from_millis(MIDNIGHT_MS + 23_400_000);

/// 2026-03-02T00:00:00Z. In winter that is midnight on the clock of the site, too.
const MIDNIGHT_MS: i64 = 1_772_409_600_000;
const MINUTES_OF_DAY: u64 = 1_440;

/// The records of a seed.
pub struct Traffic {
    seed: u64,
    /// The next minute that is not written yet.
    minute: u64,
    /// By arrival, then in the order written.
    waiting: BTreeMap<(Timestamp, u64), Record>,
    number: u64,
}

impl Traffic {
    /// From [`START`] on.
    pub fn new(seed: u64) -> Traffic {
        Traffic { seed, minute: 0, waiting: BTreeMap::new(), number: 0 }
    }

    fn write_minute(&mut self) {
        let (day, of_day) = (self.minute / MINUTES_OF_DAY, self.minute % MINUTES_OF_DAY);
        if of_day == 0 {
            let midnight = Timestamp::from_millis(MIDNIGHT_MS) + s(day as i64 * 86_400);
            let mut script = Script::new(self.seed, day, 1);
            people::day(&mut script, midnight, day);
            self.take(script);
            let mut script = Script::new(self.seed, day, 2);
            stories::day(&mut script, midnight, day);
            self.take(script);
        }
        let start = self.written_to();
        // Numbers of a minute: far from those of days.
        let mut script = Script::new(self.seed, 1_000_000 + self.minute, 3);
        devices::minute(&mut script, start);
        self.take(script);
        self.minute += 1;
    }

    fn take(&mut self, script: Script) {
        for record in script.records {
            self.number += 1;
            self.waiting.insert((record.at, self.number), record);
        }
    }

    /// Nothing that arrives before this is still to be written.
    fn written_to(&self) -> Timestamp {
        START + s(self.minute as i64 * 60)
    }
}

impl Iterator for Traffic {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            let written = self.written_to();
            match self.waiting.first_key_value() {
                Some(((at, _), _)) if *at < written => break,
                _ => self.write_minute(),
            }
        }
        self.waiting.pop_first().map(|(_, record)| record)
    }
}

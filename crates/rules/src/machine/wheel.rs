//! A timer wheel over the task's clock: 4 × 256 buckets of about a millisecond, a sorted map beyond two months.
//!
//! Nothing is cancelled: whoever set a timer compares it with what it wants when it fires. Timers fire in no particular
//! order; whoever asked sorts them.

use std::collections::BTreeMap;

const TICK_BITS: u32 = 20;
const LEVELS: usize = 4;
const BUCKETS: usize = 256;

/// Timers with a deadline in ns and something to say.
#[derive(Clone, Debug)]
pub struct Wheel<T> {
    /// The tick that has been reached; everything before it has fired.
    tick: i64,
    levels: Vec<Vec<Vec<(i64, T)>>>,
    counts: [usize; LEVELS],
    beyond: BTreeMap<i64, Vec<T>>,
    due: Vec<(i64, T)>,
}

impl<T: Copy> Default for Wheel<T> {
    fn default() -> Self {
        let levels = (0..LEVELS).map(|_| (0..BUCKETS).map(|_| Vec::new()).collect()).collect();
        Wheel {
            tick: i64::MIN >> TICK_BITS,
            levels,
            counts: [0; LEVELS],
            beyond: BTreeMap::new(),
            due: Vec::new(),
        }
    }
}

impl<T: Copy> Wheel<T> {
    /// Sets a timer. One whose deadline has passed fires at the next [`Wheel::advance`].
    pub fn insert(&mut self, deadline: i64, what: T) {
        let tick = deadline >> TICK_BITS;
        if tick <= self.tick {
            self.due.push((deadline, what));
            return;
        }
        // The level is that of the highest byte in which the deadline differs from now.
        let level = (63 - (tick ^ self.tick).leading_zeros() as usize) / 8;
        if level >= LEVELS || (tick ^ self.tick) < 0 {
            self.beyond.entry(deadline).or_default().push(what);
            return;
        }
        self.levels[level][bucket(tick, level)].push((deadline, what));
        self.counts[level] += 1;
    }

    /// Moves to `clock` and gives out every timer with deadline ≤ clock.
    pub fn advance(&mut self, clock: i64, fired: &mut Vec<(i64, T)>) {
        let target = clock >> TICK_BITS;
        while self.tick < target {
            self.jump(target);
        }
        let mut at = 0;
        while at < self.due.len() {
            if self.due[at].0 <= clock {
                fired.push(self.due.swap_remove(at));
            } else {
                at += 1;
            }
        }
    }

    /// Goes to the next tick at which a bucket has to be emptied, at most to `target`.
    fn jump(&mut self, target: i64) {
        let empty_levels = self.counts.iter().take_while(|count| **count == 0).count();
        let next = if empty_levels >= LEVELS {
            target
        } else {
            // Everything below the first level in use is empty: its next bucket border is the next thing to happen.
            let shift = 8 * empty_levels as u32;
            (((self.tick >> shift) + 1) << shift).min(target)
        };
        let before = self.tick;
        self.tick = next;
        for level in (1..LEVELS).rev() {
            let shift = 8 * level as u32;
            if before >> shift != next >> shift {
                self.cascade(level, next);
            }
        }
        self.cascade(0, next);
        if (before ^ next) >> (8 * LEVELS as u32) != 0 || empty_levels >= LEVELS {
            self.recall();
        }
    }

    fn cascade(&mut self, level: usize, tick: i64) {
        let timers = std::mem::take(&mut self.levels[level][bucket(tick, level)]);
        self.counts[level] -= timers.len();
        timers.into_iter().for_each(|(deadline, what)| self.insert(deadline, what));
    }

    /// Takes what was beyond the wheel and is not any more.
    fn recall(&mut self) {
        let end = ((self.tick >> (8 * LEVELS as u32)) + 1).checked_shl(8 * LEVELS as u32 + TICK_BITS);
        let beyond = std::mem::take(&mut self.beyond);
        for (deadline, timers) in beyond {
            let near = end.is_none_or(|end| deadline < end) || deadline >> TICK_BITS <= self.tick;
            match near {
                true => timers.into_iter().for_each(|what| self.insert(deadline, what)),
                false => drop(self.beyond.insert(deadline, timers)),
            }
        }
    }

    /// The least deadline that is set.
    pub fn next(&self) -> Option<i64> {
        let least = |timers: &[(i64, T)]| timers.iter().map(|(deadline, _)| *deadline).min();
        // A timer of a lower level is due before all of a higher one, and so are the buckets of a level in their order.
        let in_levels = || self.levels.iter().flatten().find_map(|timers| least(timers));
        least(&self.due).or_else(in_levels).or_else(|| self.beyond.keys().next().copied())
    }
}

fn bucket(tick: i64, level: usize) -> usize {
    (tick >> (8 * level)) as usize & (BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    #[test]
    fn fires_exactly_what_is_due_like_a_sorted_map() {
        let mut seed = 7;
        for round in 0..200 {
            let (mut wheel, mut map) = (Wheel::default(), BTreeMap::<i64, Vec<u32>>::new());
            let mut clock = 1_700_000_000_000_000_000i64 + round;
            wheel.advance(clock, &mut Vec::new());
            for number in 0..60u32 {
                let scale = random(&mut seed) % 56;
                let deadline = clock + (random(&mut seed) % (1 << scale)) as i64 - 5;
                wheel.insert(deadline, number);
                map.entry(deadline).or_default().push(number);
                clock += (random(&mut seed) % (1 << (random(&mut seed) % 54))) as i64;
                let mut fired = Vec::new();
                wheel.advance(clock, &mut fired);
                let mut fired: Vec<u32> = fired.into_iter().map(|(_, number)| number).collect();
                let rest = map.split_off(&(clock + 1));
                let mut expected: Vec<u32> =
                    std::mem::replace(&mut map, rest).into_values().flatten().collect();
                fired.sort();
                expected.sort();
                assert_eq!(fired, expected, "round {round}, clock {clock}");
                assert_eq!(wheel.next(), map.keys().next().copied());
            }
        }
    }
}

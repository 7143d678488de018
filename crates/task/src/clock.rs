//! The clock of a task: a function of what it has read, never of when it reads (design README §3).
//!
//! With the broker's time it goes by ticks. A tick says: at this instant of the broker the inputs reached these offsets.
//! Whoever has read that far has read everything that was appended before, but for the difference between the clocks of
//! brokers; so the clock becomes the tick's instant less [`BROKER_SKEW`]. Lag never makes an absence fire, and silence is
//! time too.
//!
//! With recorded time each record's append is the running maximum of its partition, and the clock stays just behind the
//! least of these over the inputs that hold anything. A recording has an end, which is said by a mark of its own.
//!
//! Ticks are read from a topic like any other input: a task that comes back reads them again, and its clock is where it
//! was. This module neither writes ticks nor knows what follows from the clock.

use crate::log::{Input, Positions};
use crate::task::input;
use event::codec::{Codec, Corrupt, Reader};
use event::coordinates::Topics;
use event::time::{Duration, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// Clocks of brokers differ by less than this.
pub const BROKER_SKEW: Duration = Duration::from_millis(250);
/// Each task's owner appends a tick this often.
pub const TICK_EVERY: Duration = Duration::from_millis(250);
/// More ticks than this do not wait: every second of them goes, and the clock moves in longer steps.
pub const WAITING_MAX: usize = 65_536;

/// A record of the topic of ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The first half of a tick: only that the broker stamps it matters.
    Probe,
    /// The second half.
    Tick {
        /// When the broker stamped the first half.
        at: Timestamp,
        /// How far each input reached after that.
        reached: Vec<(String, u64)>,
    },
    /// A recording is over: nothing comes behind these offsets.
    End {
        /// How far each input reaches.
        reached: Vec<(String, u64)>,
    },
}

const VERSION: u8 = 1;

impl Mark {
    /// The bytes that [`Mark::decode`] reads.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        match self {
            Mark::Probe => out.push(0),
            Mark::Tick { at, reached } => {
                out.push(1);
                (*at, reached.clone()).write(&mut out);
            }
            Mark::End { reached } => {
                out.push(2);
                reached.write(&mut out);
            }
        }
        out
    }

    /// Reads a mark.
    pub fn decode(bytes: &[u8]) -> Result<Mark, Corrupt> {
        let mut from = Reader(bytes);
        if u8::read(&mut from)? != VERSION {
            return Err(Corrupt("mark of another version"));
        }
        match u8::read(&mut from)? {
            0 => Ok(Mark::Probe),
            1 => {
                let (at, reached) = Codec::read(&mut from)?;
                Ok(Mark::Tick { at, reached })
            }
            2 => Ok(Mark::End { reached: Codec::read(&mut from)? }),
            _ => Err(Corrupt("unknown mark")),
        }
    }
}

/// Whose time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The broker's.
    Broker,
    /// That of the records.
    Recorded,
}

/// The clock of one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    time: Time,
    inputs: Vec<Input>,
    now: Timestamp,
    /// Marks that wait for their offsets, in the order in which they were read.
    waiting: VecDeque<Waiting>,
    /// Recorded time: the greatest so far of each input that gave a record.
    running: BTreeMap<Input, Timestamp>,
    /// Recorded time: inputs that hold records up to here.
    filled: Positions,
    /// Records that came when the clock had passed their append.
    behind: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Waiting {
    /// None: the end of a recording.
    at: Option<Timestamp>,
    reached: Positions,
}

/// What became of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It shows this.
    To(Timestamp),
    /// The recording is over: time goes on until nothing is pending.
    ToTheEnd,
}

impl Clock {
    /// A clock that has seen nothing, of a task with these inputs.
    pub fn new(time: Time, inputs: &[Input]) -> Clock {
        Clock {
            time,
            inputs: inputs.to_vec(),
            now: Timestamp::MIN,
            waiting: VecDeque::new(),
            running: BTreeMap::new(),
            filled: Positions::new(),
            behind: 0,
        }
    }

    /// What it shows.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Records that came when the clock had passed their append: brokers further apart than the skew.
    pub fn behind(&self) -> u64 {
        self.behind
    }

    /// The append of a record with this stamp, in the order of its partition.
    pub fn append(&mut self, input: Input, stamp: Timestamp) -> Timestamp {
        let append = match self.time {
            Time::Broker => stamp,
            Time::Recorded => {
                let running = self.running.entry(input).or_insert(stamp);
                *running = (*running).max(stamp);
                *running
            }
        };
        self.behind += u64::from(append <= self.now);
        append
    }

    /// Recorded time: the inputs hold records up to here, so the clock waits for the first of each.
    pub fn expect(&mut self, ends: &Positions) {
        self.filled = ends.clone();
    }

    /// Takes a mark of the topic of ticks. One that does not name all inputs is from another configuration.
    pub fn mark(&mut self, mark: &Mark, topics: &Topics) {
        let (at, reached) = match (mark, self.time) {
            (Mark::Tick { at, reached }, Time::Broker) => (Some(*at), reached),
            (Mark::End { reached }, Time::Recorded) => (None, reached),
            _ => return,
        };
        let Some(partition) = self.inputs.first().map(|input| input.partition) else { return };
        let known =
            reached.iter().filter_map(|(name, next)| Some((input(topics.id(name)?, partition), *next)));
        let reached: Positions = known.filter(|(input, _)| self.inputs.contains(input)).collect();
        if reached.len() < self.inputs.len() {
            return;
        }
        self.waiting.push_back(Waiting { at, reached });
        if self.waiting.len() > WAITING_MAX {
            let mut number = 0;
            self.waiting.retain(|mark| {
                number += 1;
                number % 2 == 0 || mark.at.is_none()
            });
        }
    }

    /// Looks at the clock again when the task has read up to these positions.
    pub fn read_up_to(&mut self, positions: &Positions) -> Option<Moved> {
        let is_reached = |reached: &Positions| {
            reached.iter().all(|(input, next)| positions.get(input).copied().unwrap_or(0) >= *next)
        };
        let (mut to, mut ended) = (self.recorded(positions), false);
        self.waiting.retain(|mark| {
            let reached = is_reached(&mark.reached);
            if reached {
                ended |= mark.at.is_none();
                to = to.max(mark.at.map(|at| at - BROKER_SKEW));
            }
            !reached
        });
        let moved = to.filter(|to| *to > self.now);
        self.now = moved.unwrap_or(self.now);
        if ended { Some(Moved::ToTheEnd) } else { moved.map(Moved::To) }
    }

    /// Where time went when a recording had ended.
    pub fn ran_on(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
    }

    /// Another record may carry the very time that an input has reached: the clock stays just behind it.
    fn recorded(&self, positions: &Positions) -> Option<Timestamp> {
        let is_unread = |(input, end): (&Input, &u64)| {
            !self.running.contains_key(input) && positions.get(input).copied().unwrap_or(0) < *end
        };
        if self.time == Time::Broker || self.filled.iter().any(is_unread) {
            return None;
        }
        self.running.values().min().map(|least| Timestamp(least.0.saturating_sub(1)))
    }

    /// Appends its state, for a snapshot.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        let waiting: Vec<(Option<Timestamp>, Plain<u64>)> =
            self.waiting.iter().map(|mark| (mark.at, plain(&mark.reached))).collect();
        ((self.time == Time::Recorded), self.now).write(out);
        (waiting, plain(&self.running)).write(out);
        self.behind.write(out);
    }

    /// The clock from the bytes of [`Clock::snapshot`].
    pub fn restore(time: Time, inputs: &[Input], from: &mut Reader<'_>) -> Result<Clock, Corrupt> {
        let mut clock = Clock::new(time, inputs);
        let (is_recorded, now): (bool, Timestamp) = Codec::read(from)?;
        if is_recorded != (time == Time::Recorded) {
            return Err(Corrupt("the clock of another kind of group"));
        }
        let waiting: Vec<(Option<Timestamp>, Plain<u64>)> = Codec::read(from)?;
        let running: Plain<Timestamp> = Codec::read(from)?;
        clock.now = now;
        clock.waiting =
            waiting.into_iter().map(|(at, reached)| Waiting { at, reached: meant(reached) }).collect();
        clock.running = meant(running);
        clock.behind = Codec::read(from)?;
        Ok(clock)
    }
}

type Plain<T> = Vec<((event::coordinates::TopicId, u32), T)>;

fn plain<T: Copy>(map: &BTreeMap<Input, T>) -> Plain<T> {
    map.iter().map(|(input, value)| ((input.topic, input.partition), *value)).collect()
}

fn meant<T>(plain: Plain<T>) -> BTreeMap<Input, T> {
    plain.into_iter().map(|((topic, partition), value)| (input(topic, partition), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::coordinates::TopicId;

    const A: Input = Input { topic: TopicId(0), partition: 3 };
    const B: Input = Input { topic: TopicId(1), partition: 3 };

    fn topics() -> Topics {
        Topics::new(["a", "b"])
    }

    fn clock(time: Time) -> Clock {
        Clock::new(time, &[A, B])
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn tick(ms: i64, a: u64, b: u64) -> Mark {
        Mark::Tick { at: at(ms), reached: vec![("a".into(), a), ("b".into(), b)] }
    }

    fn read(a: u64, b: u64) -> Positions {
        Positions::from([(A, a), (B, b)])
    }

    #[test]
    fn the_clock_waits_for_every_input() {
        let mut clock = clock(Time::Broker);
        clock.mark(&tick(10_000, 5, 7), &topics());
        assert_eq!(clock.read_up_to(&read(5, 6)), None);
        assert_eq!(clock.read_up_to(&read(5, 7)), Some(Moved::To(at(9_750))));
        assert_eq!(clock.read_up_to(&read(9, 9)), None);
        assert_eq!(clock.now(), at(9_750));
    }

    #[test]
    fn a_stale_tick_turns_nothing_back() {
        let mut clock = clock(Time::Broker);
        clock.mark(&tick(10_000, 0, 0), &topics());
        clock.mark(&tick(4_000, 0, 0), &topics());
        assert_eq!(clock.read_up_to(&read(0, 0)), Some(Moved::To(at(9_750))));
        clock.mark(&tick(5_000, 0, 0), &topics());
        assert_eq!(clock.read_up_to(&read(0, 0)), None);
    }

    #[test]
    fn marks_that_are_none_of_ours_move_nothing() {
        let mut clock = clock(Time::Broker);
        clock.mark(&Mark::Tick { at: at(9_000), reached: vec![("a".into(), 0)] }, &topics());
        clock.mark(&Mark::Tick { at: at(9_000), reached: vec![("x".into(), 0), ("b".into(), 0)] }, &topics());
        clock.mark(&Mark::End { reached: vec![("a".into(), 0), ("b".into(), 0)] }, &topics());
        clock.mark(&Mark::Probe, &topics());
        assert_eq!(clock.read_up_to(&read(9, 9)), None);
    }

    #[test]
    fn recorded_time_is_the_least_of_the_inputs_that_hold_anything() {
        let mut clock = clock(Time::Recorded);
        clock.expect(&read(2, 1));
        assert_eq!(clock.append(A, at(5_000)), at(5_000));
        assert_eq!(clock.append(A, at(3_000)), at(5_000));
        assert_eq!(clock.read_up_to(&read(2, 0)), None, "the other input has a record to come");
        clock.append(B, at(4_000));
        assert_eq!(clock.read_up_to(&read(2, 1)), Some(Moved::To(Timestamp(at(4_000).0 - 1))));
        clock.append(B, at(9_000));
        assert_eq!(clock.read_up_to(&read(2, 2)), Some(Moved::To(Timestamp(at(5_000).0 - 1))));
    }

    #[test]
    fn an_input_without_records_holds_nothing_up() {
        let mut clock = clock(Time::Recorded);
        clock.expect(&read(1, 0));
        clock.append(A, at(5_000));
        assert_eq!(clock.read_up_to(&read(1, 0)), Some(Moved::To(Timestamp(at(5_000).0 - 1))));
    }

    #[test]
    fn a_recording_ends_where_its_mark_says() {
        let mut clock = clock(Time::Recorded);
        clock.mark(&Mark::End { reached: vec![("a".into(), 2), ("b".into(), 0)] }, &topics());
        clock.append(A, at(5_000));
        assert_eq!(clock.read_up_to(&read(1, 0)), Some(Moved::To(Timestamp(at(5_000).0 - 1))));
        assert_eq!(clock.read_up_to(&read(2, 0)), Some(Moved::ToTheEnd));
        assert_eq!(clock.read_up_to(&read(2, 0)), None);
    }

    #[test]
    fn records_that_the_clock_has_passed_are_counted() {
        let mut clock = clock(Time::Broker);
        clock.mark(&tick(10_000, 1, 1), &topics());
        clock.read_up_to(&read(1, 1));
        assert_eq!(clock.append(A, at(9_751)), at(9_751));
        assert_eq!(clock.append(A, at(9_750)), at(9_750));
        assert_eq!(clock.behind(), 1);
    }

    #[test]
    fn a_clock_comes_back_from_its_bytes_with_the_ticks_that_wait() {
        for time in [Time::Broker, Time::Recorded] {
            let mut clock = clock(time);
            clock.mark(&tick(10_000, 5, 7), &topics());
            clock.mark(&Mark::End { reached: vec![("a".into(), 2), ("b".into(), 1)] }, &topics());
            clock.append(A, at(5_000));
            let mut bytes = Vec::new();
            clock.snapshot(&mut bytes);
            assert_eq!(Clock::restore(time, &[A, B], &mut Reader(&bytes)), Ok(clock.clone()));
            let other = if time == Time::Broker { Time::Recorded } else { Time::Broker };
            assert!(Clock::restore(other, &[A, B], &mut Reader(&bytes)).is_err());
            for end in 0..bytes.len() {
                assert!(Clock::restore(time, &[A, B], &mut Reader(&bytes[..end])).is_err());
            }
        }
    }

    #[test]
    fn marks_are_read_as_they_were_written_and_nothing_else_is() {
        let end = Mark::End { reached: vec![("a".into(), 2)] };
        for mark in [Mark::Probe, tick(1, 2, 3), end] {
            let bytes = mark.encode();
            assert_eq!(Mark::decode(&bytes), Ok(mark));
            for end in 0..bytes.len() {
                assert!(Mark::decode(&bytes[..end]).is_err());
            }
        }
        assert!(Mark::decode(&[9, 9, 9]).is_err());
    }

    #[test]
    fn ticks_that_wait_for_ever_are_bounded() {
        let mut clock = clock(Time::Broker);
        for ms in 0..WAITING_MAX as i64 * 2 {
            clock.mark(&tick(ms, 1, 1), &topics());
        }
        assert!(clock.waiting.len() <= WAITING_MAX);
        let Some(Moved::To(now)) = clock.read_up_to(&read(1, 1)) else { panic!("ticks were lost") };
        assert!(now >= at(WAITING_MAX as i64 * 2 - 252), "{now}");
    }
}

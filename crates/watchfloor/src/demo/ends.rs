//! The ends of the demo: the simulated site as inputs, at many times the speed of life, and a store that keeps nothing.

use crate::clock;
use engine::live::{Arrived, Bounds, Change, Inputs, Saved, Store, StoreError};
use event::coordinates::TopicId;
use event::time::{Duration, Timestamp};
use sim::{Feed, START, Traffic};
use std::collections::BTreeMap;
use std::iter::Peekable;
use task::clock::Mark;
use task::log::{Input, LogError, Positions, TaskId};

/// Site time goes so much faster than the wall clock.
pub(crate) const SPEED: i64 = 60;
/// How long a poll waits for a record.
const WAIT_MAX: Duration = Duration::from_millis(4);
/// The only task.
const TASK: TaskId = TaskId(0);

/// Wall clock and site time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    started: Timestamp,
}

impl Pace {
    /// Site time begins now.
    pub fn from(started: Timestamp) -> Pace {
        Pace { started }
    }

    /// What the clocks of the site show.
    pub fn site(&self, wall: Timestamp) -> Timestamp {
        START + Duration((wall - self.started).0.saturating_mul(SPEED))
    }

    /// When the clocks of the site show this.
    pub fn wall(&self, site: Timestamp) -> Timestamp {
        self.started + Duration((site - START).0 / SPEED)
    }
}

/// The topics of the site, each record when it arrives there, and the ticks that say how far time is.
pub(crate) struct SiteInputs {
    pace: Pace,
    traffic: Peekable<Traffic>,
    feeds: BTreeMap<Feed, Input>,
    ticks: Input,
    names: BTreeMap<Feed, String>,
    next: Positions,
    is_given: bool,
    /// When the records of the last polls were due, by the wall clock.
    due: Vec<Timestamp>,
}

impl SiteInputs {
    /// The inputs of the only task; `topic` gives the number of a topic.
    pub fn new(seed: u64, pace: Pace, ticks: TopicId, topic: impl Fn(&str) -> Option<TopicId>) -> SiteInputs {
        let input = |topic| Input { topic, partition: TASK.0 };
        let known = Feed::ALL.into_iter().filter_map(|feed| Some((feed, input(topic(feed.topic())?))));
        let feeds: BTreeMap<Feed, Input> = known.collect();
        let ticks = input(ticks);
        SiteInputs {
            pace,
            traffic: Traffic::new(seed).peekable(),
            next: feeds.values().chain([&ticks]).map(|input| (*input, 0)).collect(),
            names: feeds.keys().map(|feed| (*feed, feed.topic().to_owned())).collect(),
            feeds,
            ticks,
            is_given: false,
            due: Vec::new(),
        }
    }

    /// How far a topic reaches: every record that has arrived.
    pub fn end(&self, topic: &str) -> Option<u64> {
        let feed = self.names.iter().find(|(_, name)| *name == topic)?.0;
        self.next.get(self.feeds.get(feed)?).copied()
    }

    /// When the records handed out since the last call were due.
    pub fn take_due(&mut self) -> Vec<Timestamp> {
        std::mem::take(&mut self.due)
    }

    fn wait(&mut self, now: Timestamp) -> Timestamp {
        let Some(next) = self.traffic.peek() else { return now };
        let pause = (self.pace.wall(next.at) - now).min(WAIT_MAX);
        if pause > Duration::ZERO {
            std::thread::sleep(std::time::Duration::from_nanos(pause.0.unsigned_abs()));
        }
        clock::now()
    }

    fn offset(&mut self, input: Input) -> u64 {
        let next = self.next.entry(input).or_default();
        *next += 1;
        *next - 1
    }

    /// Every record that has arrived by now, at most so many.
    fn hand_out(&mut self, site: Timestamp, max: usize, take: &mut dyn FnMut(Arrived<'_>)) -> usize {
        let mut count = 0;
        while let Some(record) = self.traffic.next_if(|record| count < max && record.at <= site) {
            count += 1;
            let Some(input) = self.feeds.get(&record.feed).copied() else { continue };
            self.due.push(self.pace.wall(record.at));
            take(Arrived {
                input,
                offset: self.offset(input),
                stamp: Some(record.at),
                key: None,
                headers: &[],
                value: Some(&record.value),
            });
        }
        count
    }

    fn tick(&mut self, at: Timestamp, take: &mut dyn FnMut(Arrived<'_>)) {
        let reached = self.feeds.iter().map(|(feed, input)| (self.names[feed].clone(), self.next[input]));
        let mark = Mark::Tick { at, reached: reached.collect() }.encode();
        let (input, offset) = (self.ticks, self.offset(self.ticks));
        take(Arrived { input, offset, stamp: Some(at), key: None, headers: &[], value: Some(&mark) });
    }
}

impl Inputs for SiteInputs {
    fn serve(&mut self) -> Result<Vec<Change>, LogError> {
        let first = !std::mem::replace(&mut self.is_given, true);
        Ok(first.then(|| Change::Given(vec![TASK])).into_iter().collect())
    }

    fn give_back(&mut self, _: &[TaskId]) -> Result<(), LogError> {
        Ok(())
    }

    fn bounds(&mut self, inputs: &[Input]) -> Result<Vec<Bounds>, LogError> {
        Ok(inputs
            .iter()
            .map(|input| Bounds { low: 0, high: self.next.get(input).copied().unwrap_or(0) })
            .collect())
    }

    fn first_since(&mut self, inputs: &[Input], _: Timestamp) -> Result<Vec<u64>, LogError> {
        Ok(vec![0; inputs.len()])
    }

    fn start(&mut self, _: &Positions) -> Result<(), LogError> {
        Ok(())
    }

    fn stop(&mut self, _: &[Input]) -> Result<(), LogError> {
        Ok(())
    }

    fn poll(&mut self, max: usize, take: &mut dyn FnMut(Arrived<'_>)) -> Result<Positions, LogError> {
        let now = self.wait(clock::now());
        let site = self.pace.site(now);
        // With more waiting than one poll gives out, time has not come so far yet.
        if self.hand_out(site, max, take) < max {
            self.tick(site, take);
        }
        Ok(self.next.clone())
    }
}

/// The demo begins anew each time.
pub(crate) struct NoStore;

impl Store for NoStore {
    fn load(&mut self, _: TaskId) -> Result<Option<Saved>, StoreError> {
        Ok(None)
    }

    fn save(&mut self, _: TaskId, _: &Saved) -> Result<(), StoreError> {
        Ok(())
    }
}

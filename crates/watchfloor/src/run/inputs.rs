//! The inputs of the run loop over Kafka: the group says which tasks are ours, a reader brings their records.

use engine::live::{Arrived, Bounds, Change, Inputs};
use event::coordinates::{TopicId, Topics};
use event::time::Timestamp;
use ingest::decoder::Header;
use kafka::consumer::{Batch, Consumer, Fault, FaultKind, Feed, Partition, Position};
use kafka::error::Error;
use kafka::group::{self, Group};
use kafka::settings::Settings;
use kafka::watermarks::Watermarks;
use kafka::{Record, Stamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use task::log::{Input, LogError, Positions, TaskId};

/// How long a step waits for a record when there is none: its rows may be on their way back meanwhile.
const WAIT: Duration = Duration::from_millis(2);
/// No question takes longer than this.
const PATIENCE: Duration = Duration::from_secs(5);
/// Stands for headers that the client library cannot take apart: the decode stage refuses the record.
const UNREADABLE: &[Header<'static>] = &[Header { name: b"\xff", value: None }];

/// The topics of a group, read for the tasks of this instance.
pub(super) struct KafkaInputs {
    group: Group,
    reader: Consumer,
    watermarks: Watermarks,
    topics: Arc<Topics>,
    urgent_topics: BTreeSet<TopicId>,
    /// Life safety, taken first.
    urgent: Lane,
    normal: Lane,
}

/// Partitions that are read in turn.
struct Lane {
    feed: Feed,
    /// The inputs by their number in the feed.
    inputs: Vec<Input>,
}

impl KafkaInputs {
    /// `topics` are the names behind numbers; `urgent` those of life safety.
    pub fn new(
        settings: &Settings,
        group: Group,
        topics: Arc<Topics>,
        urgent: BTreeSet<TopicId>,
    ) -> Result<Self, Error> {
        let reader = Consumer::reader(settings)?;
        let lane = || Lane { feed: reader.feed(), inputs: Vec::new() };
        let (urgent_lane, normal) = (lane(), lane());
        Ok(KafkaInputs {
            group,
            watermarks: Watermarks::new(settings)?,
            topics,
            urgent_topics: urgent,
            urgent: urgent_lane,
            normal,
            reader,
        })
    }

    fn partition(&self, input: Input) -> Partition {
        Partition { topic: self.topics.name(input.topic).clone(), partition: input.partition }
    }

    fn partitions(&self, inputs: &[Input]) -> Vec<Partition> {
        inputs.iter().map(|input| self.partition(*input)).collect()
    }
}

impl Inputs for KafkaInputs {
    fn serve(&mut self) -> Result<Vec<Change>, LogError> {
        let changes = self.group.serve().map_err(refused)?.into_iter();
        Ok(changes
            .map(|change| match change {
                group::Change::Given(tasks) => Change::Given(tasks),
                group::Change::Revoked(tasks) => Change::Revoked(tasks),
                group::Change::Lost(tasks) => Change::Lost(tasks),
            })
            .collect())
    }

    fn give_back(&mut self, tasks: &[TaskId]) -> Result<(), LogError> {
        self.group.give_back(tasks).map_err(refused)
    }

    fn bounds(&mut self, inputs: &[Input]) -> Result<Vec<Bounds>, LogError> {
        let of = self.partitions(inputs);
        let low = self.watermarks.low(&of, PATIENCE).map_err(refused)?;
        let high = self.watermarks.high(&of, PATIENCE).map_err(refused)?;
        Ok(low.into_iter().zip(high).map(|(low, high)| Bounds { low, high }).collect())
    }

    fn first_since(&mut self, inputs: &[Input], since: Timestamp) -> Result<Vec<u64>, LogError> {
        let of = self.partitions(inputs);
        if since == Timestamp::MIN {
            return self.watermarks.low(&of, PATIENCE).map_err(refused);
        }
        let first = self.watermarks.since(&of, since.as_millis(), PATIENCE).map_err(refused)?;
        let ends = self.watermarks.high(&of, PATIENCE).map_err(refused)?;
        Ok(first.into_iter().zip(ends).map(|(first, end)| first.unwrap_or(end)).collect())
    }

    fn start(&mut self, positions: &Positions) -> Result<(), LogError> {
        let (urgent, normal): (BTreeMap<Input, u64>, BTreeMap<Input, u64>) =
            positions.iter().partition(|(input, _)| self.urgent_topics.contains(&input.topic));
        for is_urgent in [true, false] {
            let positions = if is_urgent { &urgent } else { &normal };
            let starts: Vec<Position> = positions
                .iter()
                .map(|(input, next)| Position { of: self.partition(*input), next: *next })
                .collect();
            let lane = if is_urgent { &mut self.urgent } else { &mut self.normal };
            self.reader.assign(&mut lane.feed, &starts).map_err(refused)?;
            lane.inputs = inputs_of(&lane.feed, &self.topics);
        }
        Ok(())
    }

    fn stop(&mut self, inputs: &[Input]) -> Result<(), LogError> {
        let gone = self.partitions(inputs);
        for lane in [&mut self.urgent, &mut self.normal] {
            let of: Vec<Partition> =
                lane.feed.inputs().iter().map(|at| &at.of).filter(|of| gone.contains(of)).cloned().collect();
            self.reader.unassign(&mut lane.feed, &of).map_err(refused)?;
            lane.inputs = inputs_of(&lane.feed, &self.topics);
        }
        Ok(())
    }

    fn poll(&mut self, max: usize, take: &mut dyn FnMut(Arrived<'_>)) -> Result<Positions, LogError> {
        self.reader.serve().map_err(refused)?;
        let urgent = self.urgent.take(max, Duration::ZERO, take)?;
        let wait = if urgent == 0 { WAIT } else { Duration::ZERO };
        if urgent < max {
            self.normal.take(max - urgent, wait, take)?;
        }
        let lanes = [&self.urgent, &self.normal];
        let positions = lanes.iter().flat_map(|lane| lane.inputs.iter().zip(lane.feed.inputs()));
        Ok(positions.map(|(input, at)| (*input, at.next)).collect())
    }
}

impl Lane {
    /// Takes up to `max` records, and says how many.
    fn take(
        &mut self,
        max: usize,
        wait: Duration,
        take: &mut dyn FnMut(Arrived<'_>),
    ) -> Result<usize, LogError> {
        let batch = self.feed.poll(max, wait);
        let mut count = 0;
        for (input, record) in batch.records() {
            count += 1;
            let headers: Vec<Header<'_>> = match record.headers() {
                Some(all) => all.map(|(name, value)| Header { name, value }).collect(),
                None => UNREADABLE.to_vec(),
            };
            take(arrived(self.inputs[input], record, &headers));
        }
        self.check(&batch)?;
        Ok(count)
    }

    fn check(&self, batch: &Batch) -> Result<(), LogError> {
        for fault in batch.faults() {
            tracing::warn!(target: "kafka", ?fault, "reading an input");
            if matches!(fault.kind, FaultKind::OffsetGone | FaultKind::Unreadable | FaultKind::Denied) {
                return Err(LogError::Fatal(self.said(fault).into()));
            }
        }
        Ok(())
    }

    fn said(&self, fault: &Fault) -> String {
        let place = fault.input.and_then(|input| self.feed.inputs().get(input));
        match place {
            Some(at) => {
                format!("{} [{}] at offset {}: {}", at.of.topic, at.of.partition, at.next, fault.text)
            }
            None => fault.text.clone(),
        }
    }
}

fn arrived<'a>(input: Input, record: Record<'a>, headers: &'a [Header<'a>]) -> Arrived<'a> {
    Arrived {
        input,
        offset: record.offset(),
        stamp: match record.stamp() {
            Stamp::Append(ms) | Stamp::Create(ms) => Some(Timestamp::from_millis(ms)),
            Stamp::Missing => None,
        },
        key: record.key(),
        headers,
        value: record.value(),
    }
}

fn inputs_of(feed: &Feed, topics: &Topics) -> Vec<Input> {
    let input = |at: &Position| {
        let topic = topics.id(&at.of.topic).expect("only topics that have a number are assigned");
        Input { topic, partition: at.of.partition }
    };
    feed.inputs().iter().map(input).collect()
}

fn refused(error: Error) -> LogError {
    kafka::log::refused(error)
}

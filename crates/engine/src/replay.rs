//! Replay: recordings through the whole pipeline, deterministic to the byte (contracts.md §3).
//!
//! Everything is decoded first, so that append, offsets and ids are given before any order is chosen; then events arrive
//! in the chosen order, and the clock stays behind what has not arrived yet.

use crate::deal::{Hand, owner};
use crate::memory::MemoryLog;
use crate::setup::{CrossesSites, Setup};
use event::alert::Alert;
use event::coordinates::{Coordinates, TopicId};
use event::reject::RejectedRecord;
use event::row::OwnedRow;
use event::time::{Duration, Timestamp};
use incident::document::Incident;
use incident::table::Part;
use ingest::output::{Counts, Output};
use ingest::stage::{Arrival, Input, Stage};
use std::collections::BTreeMap;
use task::log::{OutRow, Output as Topic, TaskId};
use task::publish::{Base, Gathered, Publisher, Settings as PublishSettings};
use task::sources::EventCounts;
use task::task::{AlertCounts, Task};

/// Ticks come this often, in append time.
pub const TICK: Duration = Duration::from_millis(250);

/// In which order events arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By ts; append is ts.
    Time,
    /// As the files have them; append from the recording, else the running maximum of ts of the input.
    File,
    /// As `Time`, each disturbed within the lateness of its format, by a seed.
    Shuffle(u64),
}

/// What happens behind the last record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The clock goes on until nothing is pending.
    Settle,
    /// It stops.
    Open,
}

/// How to replay.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Order of arrival.
    pub order: Order,
    /// Shift each input so that its last event is at this instant.
    pub rebase: Option<Timestamp>,
    /// What happens at the end.
    pub end: End,
    /// Number of tasks, at least 1.
    pub tasks: u32,
    /// Events a batch, at least 1.
    pub batch: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { order: Order::Time, rebase: None, end: End::Settle, tasks: 1, batch: 1_024 }
    }
}

/// A record of a recording.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Its value.
    pub value: Vec<u8>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its own partition and offset, if a dump says them.
    pub place: Option<(u32, u64)>,
    /// When it arrived, if the recording says so.
    pub arrived: Option<Timestamp>,
    /// Its headers.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
}

/// One input: a topic, its decode stage and the records of a file, in file order.
pub struct Recording<'a> {
    /// The decode stage of the topic.
    pub stage: &'a Stage,
    /// The records.
    pub records: &'a mut dyn Iterator<Item = Recorded>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Alerts, by id. Settled, unless the end was open.
    pub alerts: Vec<Alert>,
    /// Incidents, by canonical id, under which they are listed.
    pub incidents: Vec<Incident>,
    /// Rows of the topic `incidents`, in the order sent.
    pub revisions: Vec<OutRow>,
    /// Records that are no event, by coordinates.
    pub rejects: Vec<RejectedRecord>,
    /// Late events, by coordinates.
    pub late: Vec<OwnedRow>,
    /// Sums.
    pub summary: Summary,
}

/// The sums of a replay.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Records, over all inputs.
    pub records: Counts,
    /// The same by the number of the format.
    pub by_format: Vec<Counts>,
    /// Outcomes of events.
    pub events: EventCounts,
    /// Outcomes of alerts.
    pub alerts: AlertCounts,
    /// Alerts raised, by rule.
    pub by_rule: BTreeMap<String, u64>,
    /// ts of the first and the last event.
    pub span: Option<(Timestamp, Timestamp)>,
    /// By input: topic and counts of records.
    pub inputs: Vec<(String, Counts)>,
}

/// An event that waits for its turn.
pub(crate) struct Waiting {
    pub input: usize,
    pub row: usize,
    pub arrives: Timestamp,
    append: Timestamp,
    order: (Timestamp, Coordinates),
}

/// Runs recordings through the pipeline. `progress` is told how many events have been applied, of how many.
pub fn replay(
    setup: &Setup,
    recordings: &mut [Recording<'_>],
    options: Options,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Replayed, CrossesSites> {
    assert!(options.tasks > 0); // The command line has refused 0.
    assert!(options.batch > 0);
    setup.check_tasks(options.tasks)?;
    let mut outputs: Vec<Output> = Vec::new();
    for (number, recording) in recordings.iter_mut().enumerate() {
        outputs.push(decode(setup, recording, number as u32, options.order));
    }
    if let Some(last) = options.rebase {
        outputs.iter_mut().for_each(|output| rebase(output, last));
    }
    let waiting = arrivals(&outputs, options.order);
    let mut theatre = Theatre::open(setup, recordings, options);
    theatre.play(&outputs, &waiting, progress);
    let mut replayed = theatre.close();
    sum_up(&mut replayed, recordings, &outputs);
    Ok(replayed)
}

/// Decodes a whole recording; partition = number of the input, offset = number of the record.
pub(crate) fn decode(setup: &Setup, recording: &mut Recording<'_>, number: u32, order: Order) -> Output {
    let mut output = Output::new(setup.symbols);
    let mut so_far = Timestamp(0);
    for (offset, record) in (&mut *recording.records).enumerate() {
        let headers: Vec<_> = record
            .headers
            .iter()
            .map(|(n, v)| ingest::decoder::Header { name: n, value: Some(v.as_slice()) })
            .collect();
        let (partition, offset) = record.place.unwrap_or((number, offset as u64));
        let arrival = match (order, record.arrived) {
            (Order::File, Some(at)) => Arrival::At(at),
            (Order::File, None) => Arrival::Running { least: so_far },
            _ => Arrival::AsHappened { otherwise: so_far },
        };
        let first = output.batch.len();
        let input = Input {
            partition,
            offset,
            arrival,
            key: record.key.as_deref(),
            headers: &headers,
            value: Some(&record.value),
        };
        recording.stage.decode(&input, &mut output);
        for at in first..output.batch.len() {
            let row = output.batch.row(at).row;
            so_far = if order == Order::File { so_far.max(row.append) } else { row.ts };
        }
    }
    output
}

fn rebase(output: &mut Output, last: Timestamp) {
    let Some(newest) = output.batch.iter().map(|row| row.row.ts).max() else { return };
    let shift = last - newest;
    for at in 0..output.batch.len() {
        let row = output.batch.envelope_mut(at);
        row.ts = row.ts + shift;
        row.append = row.append + shift;
        row.device_time = row.device_time.map(|time| time + shift);
    }
}

/// Every event with when it arrives, in that order.
pub(crate) fn arrivals(outputs: &[Output], order: Order) -> Vec<Waiting> {
    let mut waiting = Vec::new();
    for (input, output) in outputs.iter().enumerate() {
        let mut running = Timestamp::MIN;
        for (row, event) in output.batch.iter().enumerate() {
            running = running.max(event.row.append);
            let append = event.row.append;
            let arrives = match order {
                Order::Time => append,
                Order::File => running,
                Order::Shuffle(seed) => {
                    append + delay(seed, event.row.coordinates, output.judged[row].lateness)
                }
            };
            let order = (event.row.ts, event.row.coordinates);
            waiting.push(Waiting { input, row, arrives, append, order });
        }
    }
    match order {
        // Within an input the file's order stands.
        Order::File => waiting.sort_by_key(|w| (w.arrives, w.input, w.row)),
        _ => waiting.sort_by_key(|w| (w.arrives, w.order)),
    }
    waiting
}

/// A delay of up to `lateness`, a function of the seed and the event.
fn delay(seed: u64, at: Coordinates, lateness: Duration) -> Duration {
    let mut h = seed ^ 0x9e37_79b9_7f4a_7c15;
    for word in [u64::from(at.topic.0), u64::from(at.partition), at.offset, u64::from(at.index)] {
        h = (h ^ word).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        h ^= h >> 29;
    }
    Duration(if lateness.0 > 0 { (h >> 1) as i64 % (lateness.0 + 1) } else { 0 })
}

/// Tasks and publisher while a replay goes on.
struct Theatre<'a> {
    setup: &'a Setup,
    options: Options,
    tasks: Vec<Task>,
    hands: Vec<Hand>,
    publisher: Publisher<MemoryLog>,
    revisions: Vec<OutRow>,
}

impl<'a> Theatre<'a> {
    fn open(setup: &'a Setup, recordings: &[Recording<'_>], options: Options) -> Theatre<'a> {
        let topics: Vec<TopicId> = recordings.iter().map(|r| r.stage.settings().topic_id).collect();
        let inputs: Vec<_> = topics
            .iter()
            .enumerate()
            .map(|(partition, topic)| task::task::input(*topic, partition as u32))
            .collect();
        let log = MemoryLog::new(options.tasks);
        let mut publisher = match Publisher::start(log, setup.shared.ids.clone(), PublishSettings::default())
        {
            Ok(publisher) => publisher,
            Err((error, _)) => unreachable!("a list in memory does not fail: {error}"),
        };
        let mut tasks = Vec::new();
        for number in 0..options.tasks {
            let mut task = Task::new(setup.shared.clone(), number).keeping();
            let recovery = publisher.recover(TaskId(number), &inputs, Base::New);
            let recovery = recovery.expect("a list in memory does not fail");
            while publisher.poll().is_ok_and(|more| more) {}
            publisher.resume(recovery, &mut task).expect("there was nothing to replay");
            tasks.push(task);
        }
        let hands = tasks.iter().map(|_| Hand::new(setup.symbols)).collect();
        Theatre { setup, options, tasks, hands, publisher, revisions: Vec::new() }
    }

    fn play(&mut self, outputs: &[Output], waiting: &[Waiting], progress: &mut dyn FnMut(usize, usize)) {
        let mut least_after = vec![Timestamp::MAX; waiting.len() + 1];
        for at in (0..waiting.len()).rev() {
            least_after[at] = least_after[at + 1].min(waiting[at].append);
        }
        for reject in outputs.iter().flat_map(|output| &output.rejects) {
            self.hands[0].reject(reject.clone());
        }
        for (number, batch) in waiting.chunks(self.options.batch).enumerate() {
            for event in batch {
                let output = &outputs[event.input];
                let (row, judged) = (output.batch.row(event.row), output.judged[event.row]);
                let task = owner(row, &self.setup.shared, self.options.tasks);
                self.hands[task as usize].event(row, (judged.late, judged.lateness), &self.setup.shared);
            }
            let done = (number * self.options.batch + batch.len()).min(waiting.len());
            self.give();
            if least_after[done] < Timestamp::MAX {
                // Every record with append ≤ clock must have been applied.
                self.advance(Timestamp(tick_before(least_after[done])));
            }
            self.publish();
            progress(done, waiting.len());
        }
        self.give();
        self.publish();
    }

    fn give(&mut self) {
        self.hands.iter_mut().zip(&mut self.tasks).for_each(|(hand, task)| hand.give(task));
    }

    fn advance(&mut self, clock: Timestamp) {
        self.tasks.iter_mut().for_each(|task| task.advance(clock));
    }

    /// One hand-over: what changed in the tables goes into the log and is read back.
    fn publish(&mut self) {
        for (number, task) in self.tasks.iter_mut().enumerate() {
            let gathered = self.publisher.gather(TaskId(number as u32), task);
            debug_assert!(matches!(gathered, Gathered::Rows(_)), "{gathered:?}");
        }
        let clock = self.tasks.iter().map(Task::now).max().unwrap_or(Timestamp::MIN);
        self.publisher.commit(clock);
        while self.publisher.poll().is_ok_and(|more| more) {}
        let sent = self.publisher.log_mut().take_sent();
        self.revisions.extend(sent.into_iter().filter(|row| row.output == Topic::Incidents));
    }

    /// Lets the clock run on until nothing is pending.
    fn settle(&mut self) {
        while self.tasks.iter().any(Task::is_pending) {
            let deadlines =
                self.tasks.iter().filter(|task| task.is_pending()).filter_map(Task::next_deadline);
            let Some(next) = deadlines.min() else { break };
            let clock = self.tasks.iter().map(Task::now).max().unwrap_or(Timestamp::MIN);
            self.advance(Timestamp(tick_at_or_after(next).max(clock.0.saturating_add(1))));
            self.publish();
        }
    }

    fn close(mut self) -> Replayed {
        if self.options.end == End::Settle {
            self.settle();
        }
        self.publish();
        let mut replayed = Replayed { revisions: std::mem::take(&mut self.revisions), ..Replayed::default() };
        for task in &mut self.tasks {
            collect(task, &mut replayed, self.options.end);
        }
        replayed.alerts.sort_by_key(|alert| alert.id);
        replayed.incidents.sort_by_key(|incident| incident.canonical_id);
        replayed.rejects.sort_by_key(|reject| reject.coordinates);
        replayed.late.sort_by_key(|row| row.as_ref().row.coordinates);
        replayed
    }
}

fn collect(task: &mut Task, replayed: &mut Replayed, end: End) {
    let kept = task.take_kept();
    let parts: Vec<Part> = kept.parts.into_iter().chain(task.table().parts()).collect();
    let unsettled = parts.iter().flat_map(|part| &part.document.alerts).filter(|alert| !alert.settled);
    replayed.alerts.extend(unsettled.filter(|_| end == End::Open).map(|alert| Alert::clone(alert)));
    replayed.alerts.extend(kept.alerts);
    replayed.incidents.extend(parts.into_iter().map(|part| part.document));
    replayed.rejects.extend(kept.rejects);
    replayed.late.extend(kept.late);
    let summary = &mut replayed.summary;
    summary.events.merge(&task.events);
    summary.alerts.raised += task.alerts.raised;
    summary.alerts.settled += task.alerts.settled;
    summary.alerts.withdrawn += task.alerts.withdrawn;
    summary.alerts.merged += task.alerts.merged;
    for (rule, count) in &task.by_rule {
        *summary.by_rule.entry(rule.to_string()).or_default() += count;
    }
}

fn sum_up(replayed: &mut Replayed, recordings: &[Recording<'_>], outputs: &[Output]) {
    let summary = &mut replayed.summary;
    for (recording, output) in recordings.iter().zip(outputs) {
        summary.records += output.counts;
        summary.inputs.push((recording.stage.settings().topic.to_string(), output.counts));
        if summary.by_format.len() < output.by_format.len() {
            summary.by_format.resize(output.by_format.len(), Counts::default());
        }
        summary.by_format.iter_mut().zip(&output.by_format).for_each(|(sum, counts)| *sum += *counts);
    }
    let times = || outputs.iter().flat_map(|output| output.batch.iter()).map(|row| row.row.ts);
    summary.span = times().min().zip(times().max());
}

/// The last tick before `t`.
fn tick_before(t: Timestamp) -> i64 {
    t.0.saturating_sub(1).div_euclid(TICK.0) * TICK.0
}

fn tick_at_or_after(t: Timestamp) -> i64 {
    t.0.saturating_add(TICK.0 - 1).div_euclid(TICK.0).saturating_mul(TICK.0)
}

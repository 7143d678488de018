//! The ticks of this instance's tasks: every 250 ms the broker's time, and behind it how far the inputs reach.
//!
//! Two halves: the first is appended and the broker says when; then the ends of the inputs are asked for; the second half
//! carries both. Whoever has read up to these ends has read all that was appended before that time. A tick names its
//! instants, so one that comes late, twice or from a stale owner does no harm; one that fails is left out.
//!
//! It has a thread of its own, so that neither a commit nor a slow broker makes the clock stutter.

use event::coordinates::Topics;
use event::time::Timestamp;
use kafka::Now;
use kafka::consumer::Partition;
use kafka::error::Error;
use kafka::producer::{Appender, OutRow};
use kafka::settings::Settings;
use kafka::watermarks::Watermarks;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use task::clock::{Mark, TICK_EVERY, Time};
use task::log::TaskId;

/// A tick that takes longer is given up: the next one says more.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the run loop and the ticker tell each other.
#[derive(Default)]
pub(super) struct Shared {
    tasks: Mutex<BTreeSet<TaskId>>,
    ends: Mutex<BTreeMap<Partition, u64>>,
    is_over: AtomicBool,
}

impl Shared {
    /// The tasks that are ours now.
    pub fn own(&self, tasks: BTreeSet<TaskId>) {
        *lock(&self.tasks) = tasks;
    }

    /// How far the inputs reach, as of the last tick.
    pub fn ends(&self) -> BTreeMap<Partition, u64> {
        lock(&self.ends).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread that ticks, until it is dropped.
pub(super) struct Ticker {
    pub shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts to tick into `ticks` for the inputs of these names.
    pub fn start(
        settings: &Settings,
        now: Now,
        ticks: Arc<str>,
        inputs: &Topics,
        time: Time,
    ) -> Result<Ticker, Error> {
        let shared = Arc::new(Shared::default());
        let mut work = Work {
            ticks,
            inputs: inputs.iter().map(|(_, name)| name.clone()).collect(),
            appender: Appender::new(settings, now),
            watermarks: Watermarks::new(settings)?,
            shared: shared.clone(),
            time,
        };
        let thread = std::thread::Builder::new().name("ticks".to_owned()).spawn(move || work.run());
        let thread = thread.map_err(|error| Error::Fatal(format!("no thread for the ticks: {error}")))?;
        Ok(Ticker { shared, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It panics only for a bug, and that has been told by then.
            let _panicked = thread.join();
        }
    }
}

struct Work {
    ticks: Arc<str>,
    inputs: Vec<Arc<str>>,
    appender: Appender,
    watermarks: Watermarks,
    shared: Arc<Shared>,
    time: Time,
}

impl Work {
    fn run(&mut self) {
        let pause = Duration::from_nanos(TICK_EVERY.0.unsigned_abs());
        while !self.shared.is_over.load(Ordering::SeqCst) {
            let tasks: Vec<TaskId> = lock(&self.shared.tasks).iter().copied().collect();
            if let Err(error) = self.tick(&tasks) {
                tracing::warn!(target: "ticks", %error, "a tick was left out");
            }
            std::thread::park_timeout(pause);
        }
    }

    fn tick(&mut self, tasks: &[TaskId]) -> Result<(), Error> {
        if tasks.is_empty() {
            return Ok(());
        }
        match self.time {
            Time::Recorded => self.ends(tasks).map(|_| ()),
            Time::Broker => {
                let probes: Vec<(TaskId, Vec<u8>)> =
                    tasks.iter().map(|task| (*task, Mark::Probe.encode())).collect();
                let times = self.append(&probes)?;
                let ends = self.ends(tasks)?;
                let marks = tasks.iter().zip(times).filter_map(|(task, at)| {
                    let reached = reached_by(&ends, *task);
                    Some((*task, Mark::Tick { at: Timestamp::from_millis(at?), reached }.encode()))
                });
                self.append(&marks.collect::<Vec<_>>()).map(|_| ())
            }
        }
    }

    /// The times at which the broker took the marks in.
    fn append(&mut self, marks: &[(TaskId, Vec<u8>)]) -> Result<Vec<Option<i64>>, Error> {
        let rows: Vec<OutRow<'_>> =
            marks.iter().map(|(task, value)| row(&self.ticks, *task, value)).collect();
        let appended = self.appender.append(&rows, PATIENCE)?;
        Ok(appended.iter().map(|row| row.append_ms).collect())
    }

    fn ends(&mut self, tasks: &[TaskId]) -> Result<Vec<(Partition, u64)>, Error> {
        let of: Vec<Partition> = tasks.iter().flat_map(|task| inputs_of(&self.inputs, *task)).collect();
        let high = self.watermarks.high(&of, PATIENCE)?;
        let ends: Vec<(Partition, u64)> = of.into_iter().zip(high).collect();
        *lock(&self.shared.ends) = ends.iter().cloned().collect();
        Ok(ends)
    }
}

fn inputs_of(topics: &[Arc<str>], task: TaskId) -> impl Iterator<Item = Partition> {
    topics.iter().map(move |topic| Partition { topic: topic.clone(), partition: task.0 })
}

fn reached_by(ends: &[(Partition, u64)], task: TaskId) -> Vec<(String, u64)> {
    let own = ends.iter().filter(|(of, _)| of.partition == task.0);
    own.map(|(of, next)| (of.topic.to_string(), *next)).collect()
}

fn row<'r>(ticks: &Arc<str>, task: TaskId, value: &'r [u8]) -> OutRow<'r> {
    let to = Partition { topic: ticks.clone(), partition: task.0 };
    OutRow { to, key: None, value: Some(value), headers: &[], time_ms: None }
}

/// Says that a recording is over: nothing comes behind what the inputs of each task hold now.
pub(crate) fn end_recording(
    settings: &Settings,
    now: Now,
    ticks: &Arc<str>,
    inputs: &[Arc<str>],
    tasks: u32,
) -> Result<(), Error> {
    let watermarks = Watermarks::new(settings)?;
    let mut marks = Vec::new();
    for task in (0..tasks).map(TaskId) {
        let of: Vec<Partition> = inputs_of(inputs, task).collect();
        let ends: Vec<(Partition, u64)> = of.iter().cloned().zip(watermarks.high(&of, PATIENCE)?).collect();
        marks.push((task, Mark::End { reached: reached_by(&ends, task) }.encode()));
    }
    let rows: Vec<OutRow<'_>> = marks.iter().map(|(task, value)| row(ticks, *task, value)).collect();
    Appender::new(settings, now).append(&rows, PATIENCE).map(|_| ())
}

//! Drives publishers and machines through a hostile log: every step of every process follows from one seed.

use super::check::readers_have_the_table;
use super::log::{Believed, Broker, Enforced, HostileLog, Mode};
use super::random::Random;
use event::coordinates::TopicId;
use event::id::Ids;
use event::time::Timestamp;
use std::cell::RefCell;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use task::log::{Input, Positions, Standing, TaskId, Tenure};
use task::publish::{
    Base, Committed, Gathered, Guards, Machine, Missing, PublishedState, Publisher, RecoverError, Recovery,
    Settings,
};

/// A machine that can be simulated: its table is a function of the records that were applied, whatever their
/// order between inputs.
pub trait Subject: Machine + Sized {
    /// A record of an input.
    type Record: Clone + Debug;
    /// What a snapshot holds of it.
    type Stored: Clone;
    /// A machine that has applied nothing.
    fn new(plan: &Plan, task: TaskId) -> Self;
    /// Applies the next record of an input.
    fn apply(&mut self, input: Input, offset: u64, record: &Self::Record);
    /// Takes positions for its own without having applied anything: what a silent replay prevents.
    fn jump(&mut self, to: &Positions);
    /// For a snapshot.
    fn store(&self) -> Self::Stored;
    /// From a snapshot.
    fn restore(stored: &Self::Stored) -> Self;
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Everything random follows from it.
    pub seed: u64,
    /// What the log does.
    pub mode: Mode,
    /// What the log enforces.
    pub enforced: Enforced,
    /// Tasks, 1-3.
    pub tasks: u32,
    /// Row limit of a transaction.
    pub rows_max: usize,
    /// What the publisher does.
    pub guards: Guards,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Equal for equal runs: a hash of all that happened.
    pub trace: u64,
    /// What happened how often.
    pub sums: Sums,
    /// What is wrong, if anything.
    pub wrong: Option<String>,
}

/// How much happened: a simulation in which nothing goes wrong proves nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sums {
    /// Turns.
    pub turns: u64,
    /// Processes that died.
    pub crashes: u64,
    /// Recoveries begun.
    pub recoveries: u64,
    /// Commits of unknown outcome.
    pub unknown: u64,
    /// Times that a process learnt that it, or its state, is not the owner's.
    pub fenced: u64,
    /// Rows that the log had said were delivered and that were not there.
    pub missing: u64,
    /// Rows that were there and should not have been.
    pub surplus: u64,
    /// Comparisons of marks with the whole table.
    pub compared: u64,
}

/// After so many turns a run that has not come to rest never will.
const TURNS_MAX: u64 = 6_000;

/// Inputs of each task.
const TOPICS: u16 = 2;

/// The inputs of a task.
pub fn inputs_of(task: TaskId) -> Vec<Input> {
    (0..TOPICS).map(|topic| Input { topic: TopicId(topic), partition: task.0 }).collect()
}

/// Runs a plan over records in the order in which they come into the log. Each input's last record lets it
/// settle.
pub fn run<S: Subject>(plan: &Plan, feed: Vec<(Input, S::Record)>) -> Report {
    let mut world = World::<S>::new(plan, feed);
    let wrong = world.run().err().or_else(|| world.check().err());
    world.sums.turns = world.turns;
    let wrong = wrong.map(|wrong| format!("{plan:?}: {wrong}"));
    world.note(&world.sums.clone());
    Report { trace: world.trace.finish(), sums: world.sums, wrong }
}

struct World<S: Subject> {
    plan: Plan,
    random: Random,
    broker: Rc<RefCell<Broker>>,
    feed: VecDeque<(Input, S::Record)>,
    records: BTreeMap<Input, Vec<S::Record>>,
    snapshots: BTreeMap<TaskId, Vec<Snapshot<S>>>,
    processes: Vec<Process<S>>,
    members: Vec<u64>,
    numbers: u64,
    turns: u64,
    sums: Sums,
    trace: DefaultHasher,
    wrong: Option<String>,
}

/// A machine, and its published side as bytes.
struct Snapshot<S: Subject> {
    machine: S::Stored,
    published: Vec<u8>,
}

struct Process<S: Subject> {
    number: u64,
    name: &'static str,
    believed: Believed,
    /// None until the log let it start.
    publisher: Option<Publisher<HostileLog>>,
    seats: BTreeMap<TaskId, Seat<S>>,
    asleep: bool,
    dead: bool,
}

struct Seat<S> {
    machine: S,
    tenure: Tenure,
    recovery: Option<Recovery>,
}

impl<S: Subject> World<S> {
    fn new(plan: &Plan, feed: Vec<(Input, S::Record)>) -> Self {
        let inputs = (0..plan.tasks).flat_map(|task| inputs_of(TaskId(task)));
        World {
            plan: *plan,
            random: Random::new(plan.seed),
            broker: Broker::new(plan.seed ^ 0x5eed, plan.mode, plan.enforced),
            feed: feed.into(),
            records: inputs.map(|input| (input, Vec::new())).collect(),
            snapshots: BTreeMap::new(),
            processes: Vec::new(),
            members: Vec::new(),
            numbers: 0,
            turns: 0,
            sums: Sums::default(),
            trace: DefaultHasher::new(),
            wrong: None,
        }
    }

    fn run(&mut self) -> Result<(), String> {
        while !self.is_at_rest() {
            self.turns += 1;
            if self.turns > TURNS_MAX {
                return Err("it does not come to rest".into());
            }
            self.turn();
            if let Some(wrong) = self.wrong.take() {
                return Err(wrong);
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        let broker = self.broker.borrow();
        for task in (0..self.plan.tasks).map(TaskId) {
            let own = self.records.iter().filter(|(input, _)| input.partition == task.0);
            let records = own.map(|(input, records)| (*input, records.clone())).collect();
            readers_have_the_table::<S>(&broker, &self.plan, task, &records)?;
        }
        let is_clean = self.sums.missing + self.sums.surplus == 0;
        match self.plan.mode {
            Mode::Honest if !is_clean => Err(format!("an honest log is blamed: {:?}", self.sums)),
            Mode::Honest if broker.went_back() => Err("committed offsets went back".into()),
            _ => Ok(()),
        }
    }

    fn is_calm(&self) -> bool {
        self.feed.is_empty()
    }

    fn turn(&mut self) {
        self.broker.borrow_mut().tick();
        self.take_in();
        self.fate();
        for at in 0..self.processes.len() {
            if self.is_calm() || self.random.permille(600) {
                self.act(at);
            }
        }
        let dead: Vec<u64> = self.processes.iter().filter(|p| p.dead).map(|p| p.number).collect();
        self.processes.retain(|process| !process.dead);
        for number in dead {
            self.leave(number);
        }
    }

    /// Records come in.
    fn take_in(&mut self) {
        if !self.random.permille(700) {
            return;
        }
        let Some((input, record)) = self.feed.pop_front() else { return };
        self.records.entry(input).or_default().push(record);
        if self.feed.is_empty() {
            self.broker.borrow_mut().calm();
        }
    }

    /// What happens to processes from outside.
    fn fate(&mut self) {
        for name in ["a", "b"] {
            let runs = self.processes.iter().any(|p| p.name == name && !p.asleep);
            if !runs && (self.is_calm() || self.random.permille(100)) {
                self.start_process(name);
            }
        }
        for at in 0..self.processes.len() {
            let asleep = self.processes[at].asleep;
            if asleep && self.is_calm() && self.plan.mode != Mode::Honest {
                // Without atomic transactions nobody may sleep past the horizon: see `Model`.
                self.die(at);
            } else if asleep && (self.is_calm() || self.random.permille(60)) {
                self.processes[at].asleep = false;
            } else if !self.is_calm() && !asleep && self.random.permille(8) {
                self.processes[at].asleep = true;
                self.leave(self.processes[at].number);
            } else if !self.is_calm() && self.random.permille(8) {
                self.die(at);
            }
        }
        if !self.is_calm() && self.random.permille(15) {
            self.broker.borrow_mut().rebalance(self.plan.tasks, &self.members);
        }
    }

    fn start_process(&mut self, name: &'static str) {
        self.numbers += 1;
        let standing = Standing { generation: 0, tasks: BTreeMap::new() };
        self.processes.push(Process {
            number: self.numbers,
            name,
            believed: Rc::new(RefCell::new(standing)),
            publisher: None,
            seats: BTreeMap::new(),
            asleep: false,
            dead: false,
        });
    }

    fn leave(&mut self, number: u64) {
        if self.members.contains(&number) {
            self.members.retain(|member| *member != number);
            let mut broker = self.broker.borrow_mut();
            broker.evict(number);
            broker.rebalance(self.plan.tasks, &self.members);
        }
    }

    fn die(&mut self, at: usize) {
        let process = &mut self.processes[at];
        if !process.dead {
            process.dead = true;
            self.sums.crashes += 1;
            let anomalies = process.publisher.as_ref().map(|publisher| publisher.counters().anomalies);
            let anomalies = anomalies.unwrap_or_default();
            self.sums.missing += anomalies.missing;
            self.sums.surplus += anomalies.phantom + anomalies.duplicate + anomalies.unreadable;
        }
    }

    /// One process does some of what it does.
    fn act(&mut self, at: usize) {
        if self.processes[at].asleep || self.processes[at].dead {
            return;
        }
        for step in [
            World::heartbeat,
            World::serve,
            World::apply,
            World::read_back,
            World::resume,
            World::publish,
            World::snapshot,
        ] {
            if self.is_calm() || self.random.permille(700) {
                step(self, at);
            }
            let process = &mut self.processes[at];
            let crashed =
                process.publisher.as_mut().is_some_and(|publisher| publisher.log_mut().has_crashed());
            if crashed || (!self.feed.is_empty() && self.random.permille(3)) {
                self.die(at);
            }
            if self.processes[at].dead {
                return;
            }
        }
    }

    /// The group tells the process where it stands.
    fn heartbeat(&mut self, at: usize) {
        let number = self.processes[at].number;
        if self.processes[at].publisher.is_none() {
            return;
        }
        if !self.members.contains(&number) {
            self.members.push(number);
            self.broker.borrow_mut().rebalance(self.plan.tasks, &self.members);
        }
        *self.processes[at].believed.borrow_mut() = self.broker.borrow().standing_of(number);
    }

    /// The process does what the group told it.
    fn serve(&mut self, at: usize) {
        if self.processes[at].publisher.is_none() {
            return self.start_publisher(at);
        }
        let tasks = self.processes[at].believed.borrow().tasks.clone();
        let process = &mut self.processes[at];
        let lost =
            |(task, seat): (&TaskId, &Seat<S>)| (tasks.get(task) != Some(&seat.tenure)).then_some(*task);
        let lost: Vec<TaskId> = process.seats.iter().filter_map(lost).collect();
        for task in lost {
            self.give_up(at, task);
        }
        for (task, tenure) in tasks {
            if !self.processes[at].seats.contains_key(&task) {
                self.recover(at, task, tenure);
            }
        }
    }

    fn start_publisher(&mut self, at: usize) {
        let process = &mut self.processes[at];
        let log = HostileLog::new(self.broker.clone(), process.name, process.believed.clone());
        let settings =
            Settings { rows_max: self.plan.rows_max, guards: self.plan.guards, ..Settings::default() };
        process.publisher = Publisher::start(log, Ids::new("model"), settings).ok();
    }

    fn give_up(&mut self, at: usize, task: TaskId) {
        let process = &mut self.processes[at];
        process.seats.remove(&task);
        if let Some(publisher) = &mut process.publisher {
            publisher.lose(task);
        }
        self.sums.fenced += 1;
    }

    fn recover(&mut self, at: usize, task: TaskId, tenure: Tenure) {
        let inputs = inputs_of(task);
        let stored = self.snapshots.get(&task).map_or(&[][..], Vec::as_slice);
        let newest = &stored[stored.len().saturating_sub(3)..];
        let chosen = (!newest.is_empty()).then(|| self.random.pick(newest));
        let (machine, base) = match chosen {
            None => (S::new(&self.plan, task), Base::New),
            Some(snapshot) => match PublishedState::decode(&snapshot.published) {
                Ok(state) => (S::restore(&snapshot.machine), Base::Snapshot(state)),
                Err(error) => return self.wrong = Some(format!("a snapshot cannot be read: {error}")),
            },
        };
        let Some(publisher) = &mut self.processes[at].publisher else { return };
        match publisher.recover(task, &inputs, base) {
            Ok(recovery) => {
                let seat = Seat { machine, tenure, recovery: Some(recovery) };
                self.processes[at].seats.insert(task, seat);
                self.sums.recoveries += 1;
            }
            Err(RecoverError::NoSnapshot(task)) => self.wrong = Some(format!("no snapshot of {task:?}")),
            Err(RecoverError::NotOurs(_) | RecoverError::Log(_)) => {}
        }
    }

    /// Machines apply what is there, in any interleaving; until they have resumed, only up to what was
    /// committed.
    fn apply(&mut self, at: usize) {
        let calm = self.is_calm();
        for seat in self.processes[at].seats.values_mut() {
            if let Some(recovery) = seat.recovery.as_ref().filter(|_| !self.plan.guards.silent_replay) {
                seat.machine.jump(recovery.committed());
            }
            for (input, from) in seat.machine.positions() {
                let records = self.records.get(&input).map_or(&[][..], Vec::as_slice);
                let some = if calm { 8 } else { self.random.below(4) };
                let committed = seat.recovery.as_ref().map(|recovery| recovery.committed().get(&input));
                let limit = committed.map_or(u64::MAX, |committed| committed.copied().unwrap_or(0));
                let to = (from + some).min(limit).min(records.len() as u64);
                for offset in from..to {
                    seat.machine.apply(input, offset, &records[offset as usize]);
                }
            }
        }
    }

    fn read_back(&mut self, at: usize) {
        if let Some(publisher) = &mut self.processes[at].publisher {
            // An answer that does not come is asked for again.
            let _later = publisher.poll();
        }
    }

    fn resume(&mut self, at: usize) {
        let tasks: Vec<TaskId> = self.processes[at].seats.keys().copied().collect();
        for task in tasks {
            let process = &mut self.processes[at];
            let (Some(publisher), Some(seat)) = (&mut process.publisher, process.seats.get_mut(&task)) else {
                continue;
            };
            let Some(recovery) = seat.recovery.take() else { continue };
            match publisher.resume(recovery, &mut seat.machine) {
                Ok(()) if !self.snapshots.contains_key(&task) => self.store(at, task),
                Ok(()) => {}
                Err(later) if later.why == Missing::Lost => self.give_up(at, task),
                Err(later) => seat.recovery = Some(later.recovery),
            }
        }
    }

    fn publish(&mut self, at: usize) {
        let mut tasks: Vec<TaskId> = self.processes[at].seats.keys().copied().collect();
        if self.random.permille(500) {
            tasks.reverse();
        }
        for task in tasks {
            self.gather(at, task);
        }
        // While rows wait for their commit, machines go on, and the group may move.
        if self.random.permille(200) {
            self.apply(at);
        }
        if self.random.permille(100) {
            self.broker.borrow_mut().rebalance(self.plan.tasks, &self.members);
        }
        if self.random.permille(200) {
            self.heartbeat(at);
        }
        let now = Timestamp::from_millis(self.turns as i64 * 300);
        let Some(publisher) = &mut self.processes[at].publisher else { return };
        match publisher.commit(now) {
            Committed::Nothing | Committed::Rows(_) => {}
            Committed::Unknown(_) => self.sums.unknown += 1,
            Committed::Fenced => {
                self.sums.fenced += 1;
                self.die(at);
            }
        }
    }

    fn gather(&mut self, at: usize, task: TaskId) {
        let process = &mut self.processes[at];
        let (Some(publisher), Some(seat)) = (&mut process.publisher, process.seats.get_mut(&task)) else {
            return;
        };
        match publisher.gather(task, &mut seat.machine) {
            Gathered::Lost => self.give_up(at, task),
            Gathered::Recovering | Gathered::Busy => {}
            Gathered::Rows(rows) => {
                let went_by_marks = self.plan.guards == Guards::default() && self.plan.rows_max > 90;
                if went_by_marks && rows < self.plan.rows_max / 3 && self.random.permille(250) {
                    self.sums.compared += 1;
                    let lacking = publisher.lacking(task, &seat.machine);
                    let wrong = || format!("{task:?}: marks do not lead to {lacking} changes");
                    self.wrong = (lacking > 0).then(wrong);
                }
            }
        }
    }

    fn snapshot(&mut self, at: usize) {
        let tasks: Vec<TaskId> = self.processes[at].seats.keys().copied().collect();
        for task in tasks {
            if self.random.permille(150) {
                self.store(at, task);
            }
        }
    }

    fn store(&mut self, at: usize, task: TaskId) {
        let process = &mut self.processes[at];
        let (Some(publisher), Some(seat)) = (&mut process.publisher, process.seats.get_mut(&task)) else {
            return;
        };
        let Some(state) = publisher.snapshot(task, &mut seat.machine) else { return };
        let machine = seat.machine.store();
        match state.encode() {
            Ok(published) => self.snapshots.entry(task).or_default().push(Snapshot { machine, published }),
            Err(error) => self.wrong = Some(format!("a snapshot cannot be written: {error}")),
        }
    }

    /// Everything has come in, been applied, committed, said and read back.
    fn is_at_rest(&mut self) -> bool {
        if !self.is_calm() {
            return false;
        }
        let mut settled = BTreeSet::new();
        let broker = self.broker.borrow();
        for process in &self.processes {
            let standing = broker.standing_of(process.number);
            for (task, seat) in &process.seats {
                let owns = standing.tasks.get(task) == Some(&seat.tenure);
                let quiet = process.publisher.as_ref().is_some_and(|publisher| {
                    publisher.is_quiet(*task) && publisher.lacking(*task, &seat.machine) == 0
                });
                if owns && quiet {
                    settled.insert(*task);
                }
            }
        }
        let is_committed = |(input, records): (&Input, &Vec<S::Record>)| {
            broker.offsets().get(input).copied().unwrap_or(0) == records.len() as u64
        };
        let at_rest = settled.len() == self.plan.tasks as usize && self.records.iter().all(is_committed);
        drop(broker);
        if at_rest {
            (0..self.processes.len()).for_each(|at| self.die(at));
        }
        at_rest
    }

    fn note(&mut self, what: &impl Hash) {
        what.hash(&mut self.trace);
        let broker = self.broker.borrow();
        for task in (0..self.plan.tasks).map(TaskId) {
            for row in broker.rows(task::log::Output::Incidents, task) {
                (row.offset, row.row.value).hash(&mut self.trace);
            }
        }
    }
}

//! A log in memory that does what brokers have been seen to do: it crashes its client at any step, loses
//! answers, tears transactions, lets hanging ones hold back readers, moves tasks, and keeps zombies alive.
//!
//! It is written from the protocol (transactions, control records, last stable offset, group generations),
//! not from what the publisher expects. [`Broker`] is what all instances share; a [`HostileLog`] is one
//! instance's connection.

use super::random::Random;
use event::time::Timestamp;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use task::log::{
    Cause, Input, Log, LogError, OutRow, Outcome, Output, Positions, ReadBack, ReadRow, Standing, TaskId,
    Tenure, Transaction,
};

/// How bad the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Transactions are atomic; answers get lost and clients crash.
    Honest,
    /// A late end of an earlier transaction may tear a later one, whatever it answers. Rows may come twice.
    Torn,
    /// No transactions: rows, then offsets.
    Idempotent,
}

/// What the log itself enforces; switched off to see that it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enforced {
    /// Epochs of producers and generations of the group are checked.
    pub fencing: bool,
    /// Committed offsets are given out only when no transaction that changes them is pending.
    pub stable_offsets: bool,
}

impl Default for Enforced {
    fn default() -> Self {
        Enforced { fencing: true, stable_offsets: true }
    }
}

/// Turns after which the broker aborts a transaction that nobody ends.
const TIMEOUT_TURNS: u64 = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Open,
    Committed,
    Aborted,
}

/// One offset of an output partition: a row, or a control record.
#[derive(Clone, Debug)]
struct Slot {
    row: Option<OutRow>,
    fate: Fate,
    appended: Timestamp,
}

/// A transaction that has begun.
#[derive(Clone, Debug, Default)]
struct Begun {
    slots: Vec<(Output, u32, u64)>,
    offsets: Option<Positions>,
    age: u64,
    /// Its end is decided, and takes its time.
    prepared: bool,
}

#[derive(Clone, Debug, Default)]
struct Producer {
    epoch: u64,
    begun: Option<Begun>,
}

/// What all instances share.
#[derive(Debug)]
pub struct Broker {
    random: Random,
    mode: Mode,
    enforced: Enforced,
    calm: bool,
    turn: i64,
    outputs: BTreeMap<(Output, u32), Vec<Slot>>,
    committed: Positions,
    went_back: bool,
    producers: BTreeMap<String, Producer>,
    generation: u64,
    owners: BTreeMap<TaskId, (u64, Tenure)>,
    tenures: u64,
}

impl Broker {
    /// A log without a row. Its faults follow from the seed.
    pub fn new(seed: u64, mode: Mode, enforced: Enforced) -> Rc<RefCell<Broker>> {
        Rc::new(RefCell::new(Broker {
            random: Random::new(seed),
            mode,
            enforced,
            calm: false,
            turn: 0,
            outputs: BTreeMap::new(),
            committed: Positions::new(),
            went_back: false,
            producers: BTreeMap::new(),
            generation: 0,
            owners: BTreeMap::new(),
            tenures: 0,
        }))
    }

    /// From here on it behaves.
    pub fn calm(&mut self) {
        self.calm = true;
    }

    /// A turn passes: transactions that nobody ends are aborted after a while.
    pub fn tick(&mut self) {
        self.turn += 1;
        let names: Vec<String> = self.producers.keys().cloned().collect();
        for name in names {
            let Some(begun) = self.producers.get_mut(&name).and_then(|p| p.begun.as_mut()) else { continue };
            begun.age += 1;
            let (prepared, age) = (begun.prepared, begun.age);
            if prepared && (self.calm || self.random.permille(200)) {
                self.end(&name);
            } else if !prepared && age > TIMEOUT_TURNS {
                self.end(&name);
                self.producers.entry(name).or_default().epoch += 1;
            }
        }
    }

    /// The group gives its tasks out anew. `members` are processes; a task that stays with its process keeps
    /// its tenure.
    pub fn rebalance(&mut self, tasks: u32, members: &[u64]) {
        self.generation += 1;
        for task in (0..tasks).map(TaskId) {
            let before = self.owners.remove(&task);
            let stays = self.random.permille(500);
            let kept = before.filter(|(owner, _)| stays && members.contains(owner));
            let Some(drawn) = members.get(self.random.below(members.len() as u64) as usize) else { continue };
            let same = kept.or(before.filter(|(owner, _)| owner == drawn));
            self.tenures += 1;
            self.owners.insert(task, same.unwrap_or((*drawn, Tenure(self.tenures))));
        }
    }

    /// A process is thrown out of the group: what it owned, it does not own any more.
    pub fn evict(&mut self, process: u64) {
        self.owners.retain(|_, (owner, _)| *owner != process);
        self.generation += 1;
    }

    /// What the group would tell a member now.
    pub fn standing_of(&self, process: u64) -> Standing<u64> {
        let own = self.owners.iter().filter(|(_, (owner, _))| *owner == process);
        Standing {
            generation: self.generation,
            tasks: own.map(|(task, (_, tenure))| (*task, *tenure)).collect(),
        }
    }

    /// Committed offsets, stable or not.
    pub fn offsets(&self) -> &Positions {
        &self.committed
    }

    /// Committed offsets were once set back.
    pub fn went_back(&self) -> bool {
        self.went_back
    }

    /// Committed rows of a partition, as every reader gets them in the end.
    pub fn rows(&self, output: Output, task: TaskId) -> Vec<ReadRow> {
        let slots = self.outputs.get(&(output, task.0)).map_or(&[][..], Vec::as_slice);
        read(slots, 0, slots.len())
    }

    fn slots(&mut self, output: Output, partition: u32) -> &mut Vec<Slot> {
        self.outputs.entry((output, partition)).or_default()
    }

    fn append(&mut self, row: &OutRow, fate: Fate) -> (Output, u32, u64) {
        let appended = Timestamp(self.turn);
        let slots = self.slots(row.output, row.partition);
        slots.push(Slot { row: Some(row.clone()), fate, appended });
        (row.output, row.partition, slots.len() as u64 - 1)
    }

    /// Ends the transaction of a producer name: commits it if that was decided, else aborts it.
    fn end(&mut self, name: &str) {
        let Some(begun) = self.producers.get_mut(name).and_then(|producer| producer.begun.take()) else {
            return;
        };
        self.settle(&begun.slots, if begun.prepared { Fate::Committed } else { Fate::Aborted });
        if begun.prepared {
            self.commit_offsets(begun.offsets.unwrap_or_default());
        }
    }

    fn prepare(&mut self, name: &str) {
        self.producers.entry(name.into()).or_default().begun.get_or_insert_default().prepared = true;
    }

    /// What the group has committed never goes back; where transactions are atomic that is a fault of who
    /// commits.
    fn commit_offsets(&mut self, offsets: Positions) {
        let behind = |(input, offset): (&Input, &u64)| self.committed.get(input) > Some(offset);
        self.went_back |= offsets.iter().any(behind);
        self.committed.extend(offsets);
    }

    fn settle(&mut self, slots: &[(Output, u32, u64)], fate: Fate) {
        let appended = Timestamp(self.turn);
        for (output, partition, offset) in slots {
            self.slots(*output, *partition)[*offset as usize].fate = fate;
        }
        let mut partitions: Vec<(Output, u32)> = slots.iter().map(|(o, p, _)| (*o, *p)).collect();
        partitions.sort();
        partitions.dedup();
        for (output, partition) in partitions {
            self.slots(output, partition).push(Slot { row: None, fate: Fate::Committed, appended });
        }
    }

    fn chance(&mut self, permille: u64) -> bool {
        !self.calm && self.random.permille(permille)
    }

    /// The last stable offset: nobody reads beyond an open transaction.
    fn stable_end(&self, output: Output, partition: u32) -> usize {
        let slots = self.outputs.get(&(output, partition)).map_or(&[][..], Vec::as_slice);
        slots.iter().position(|slot| slot.fate == Fate::Open).unwrap_or(slots.len())
    }
}

fn read(slots: &[Slot], from: usize, to: usize) -> Vec<ReadRow> {
    let stretch = slots.iter().enumerate().take(to).skip(from);
    let committed = stretch.filter(|(_, slot)| slot.fate == Fate::Committed);
    committed.filter_map(|(at, slot)| Some(ReadRow { offset: at as u64, row: slot.row.clone()? })).collect()
}

/// What an instance believes about the group; shared with whoever serves its membership.
pub type Believed = Rc<RefCell<Standing<u64>>>;

/// One process's connection to the log.
#[derive(Debug)]
pub struct HostileLog {
    broker: Rc<RefCell<Broker>>,
    name: String,
    epoch: u64,
    believed: Believed,
    crashed: bool,
}

/// The connection broke, or the answer has to wait.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Trouble(&'static str);

impl HostileLog {
    /// Connects a process under the name of an instance.
    pub fn new(broker: Rc<RefCell<Broker>>, name: &str, believed: Believed) -> Self {
        HostileLog { broker, name: name.into(), epoch: 0, believed, crashed: false }
    }

    /// The process died inside the last call: nothing that the call returned was seen by anybody.
    pub fn has_crashed(&self) -> bool {
        self.crashed
    }

    fn is_fenced(&self, broker: &Broker) -> bool {
        let current = broker.producers.get(&self.name).map_or(0, |producer| producer.epoch);
        broker.enforced.fencing && current != self.epoch
    }

    /// Writes rows one by one, each at its fate. False if the process dies in between.
    fn produce(
        &mut self,
        broker: &mut Broker,
        rows: &[OutRow],
        fate: Fate,
    ) -> Option<Vec<(Output, u32, u64)>> {
        let mut slots = Vec::new();
        for row in rows {
            slots.push(broker.append(row, fate));
            if fate == Fate::Open {
                let begun =
                    broker.producers.entry(self.name.clone()).or_default().begun.get_or_insert_default();
                begun.slots.push(slots[slots.len() - 1]);
            }
            if broker.chance(5) {
                self.crashed = true;
                return None;
            }
        }
        Some(slots)
    }

    fn commit_transaction(&mut self, broker: &mut Broker, transaction: &Transaction<u64>) -> Outcome {
        let name = self.name.clone();
        // A prepared transaction ends before the next begins, whoever waits for it.
        broker.end(&name);
        broker.producers.entry(name.clone()).or_default().begun = Some(Begun::default());
        let Some(slots) = self.produce(broker, &transaction.rows, Fate::Open) else {
            return Outcome::Unknown(Cause::Transport);
        };
        if broker.enforced.fencing && transaction.generation != broker.generation {
            let torn = broker.mode == Mode::Torn && broker.chance(50);
            if torn {
                broker.prepare(&name);
            }
            broker.end(&name);
            return Outcome::Unknown(Cause::Moved);
        }
        if let Some(begun) = broker.producers.entry(name.clone()).or_default().begun.as_mut() {
            begun.offsets = Some(transaction.offsets.clone());
        }
        if broker.mode == Mode::Torn && broker.chance(80) {
            return self.tear(broker, slots);
        }
        self.end_transaction(broker, slots)
    }

    fn end_transaction(&mut self, broker: &mut Broker, slots: Vec<(Output, u32, u64)>) -> Outcome {
        let name = self.name.clone();
        if broker.chance(60) {
            // The end never arrives: it hangs until somebody of this name comes, or the broker's patience
            // ends.
            self.crashed = broker.chance(300);
            return Outcome::Unknown(Cause::Timeout);
        }
        broker.prepare(&name);
        if !broker.chance(100) {
            broker.end(&name);
        }
        if broker.chance(80) {
            self.crashed = broker.chance(300);
            return Outcome::Unknown(Cause::Transport);
        }
        Outcome::Delivered(places(broker, &slots))
    }

    /// A late end of an earlier transaction hits this one: its rows fall apart into two lots.
    fn tear(&mut self, broker: &mut Broker, slots: Vec<(Output, u32, u64)>) -> Outcome {
        let begun = broker.producers.entry(self.name.clone()).or_default().begun.take().unwrap_or_default();
        let cut = broker.random.below(slots.len() as u64 + 1) as usize;
        let (early, late) = slots.split_at(cut);
        for lot in [early, late] {
            let fate = if broker.random.permille(500) { Fate::Committed } else { Fate::Aborted };
            broker.settle(lot, fate);
            if fate == Fate::Committed && broker.random.permille(200) {
                repeat(broker, lot);
            }
        }
        if broker.random.permille(500) {
            broker.commit_offsets(begun.offsets.unwrap_or_default());
        }
        match broker.random.permille(600) {
            true => Outcome::Delivered(places(broker, &slots)),
            false => Outcome::Unknown(Cause::Timeout),
        }
    }

    fn commit_plainly(&mut self, broker: &mut Broker, transaction: &Transaction<u64>) -> Outcome {
        let Some(slots) = self.produce(broker, &transaction.rows, Fate::Committed) else {
            return Outcome::Unknown(Cause::Transport);
        };
        if broker.chance(40) {
            repeat(broker, &slots);
        }
        if broker.enforced.fencing && transaction.generation != broker.generation {
            return Outcome::Unknown(Cause::Moved);
        }
        if broker.chance(60) {
            return Outcome::Unknown(Cause::Timeout);
        }
        broker.commit_offsets(transaction.offsets.clone());
        match broker.chance(60) {
            true => Outcome::Unknown(Cause::Transport),
            false => Outcome::Delivered(places(broker, &slots)),
        }
    }
}

/// Offsets as the client hears of them: now and then it does not.
fn places(broker: &mut Broker, slots: &[(Output, u32, u64)]) -> Vec<Option<u64>> {
    slots.iter().map(|(.., offset)| (!broker.chance(20)).then_some(*offset)).collect()
}

/// Rows that come twice.
fn repeat(broker: &mut Broker, slots: &[(Output, u32, u64)]) {
    for (output, partition, offset) in slots {
        let slot = broker.slots(*output, *partition)[*offset as usize].clone();
        broker.slots(*output, *partition).push(slot);
    }
}

impl Log for HostileLog {
    type Generation = u64;

    fn init(&mut self) -> Result<(), LogError> {
        let broker = self.broker.clone();
        let mut broker = broker.borrow_mut();
        if broker.chance(50) {
            return Err(LogError::Retry(Box::new(Trouble("the coordinator moves"))));
        }
        broker.end(&self.name);
        let producer = broker.producers.entry(self.name.clone()).or_default();
        producer.epoch += 1;
        self.epoch = producer.epoch;
        Ok(())
    }

    fn standing(&mut self) -> Standing<u64> {
        self.believed.borrow().clone()
    }

    fn committed(&mut self, inputs: &[Input]) -> Result<Positions, LogError> {
        let broker = self.broker.borrow();
        let pending = |producer: &Producer| {
            let offsets = producer.begun.as_ref().and_then(|begun| begun.offsets.as_ref());
            offsets.is_some_and(|offsets| inputs.iter().any(|input| offsets.contains_key(input)))
        };
        if broker.enforced.stable_offsets && broker.producers.values().any(pending) {
            return Err(LogError::Retry(Box::new(Trouble("a transaction is pending"))));
        }
        let committed = |input: &Input| Some((*input, *broker.committed.get(input)?));
        Ok(inputs.iter().filter_map(committed).collect())
    }

    fn commit(&mut self, transaction: &Transaction<u64>) -> Outcome {
        let broker = self.broker.clone();
        let mut broker = broker.borrow_mut();
        match broker.mode {
            Mode::Idempotent => self.commit_plainly(&mut broker, transaction),
            Mode::Honest | Mode::Torn if self.is_fenced(&broker) => Outcome::Fenced,
            Mode::Honest | Mode::Torn => self.commit_transaction(&mut broker, transaction),
        }
    }

    fn read_back(&mut self, output: Output, partition: u32, from: u64) -> Result<ReadBack, LogError> {
        let mut broker = self.broker.borrow_mut();
        let stable = broker.stable_end(output, partition).max(from as usize);
        let ahead = (stable as u64).saturating_sub(from);
        // Readers lag: sometimes by everything.
        let to = if broker.chance(500) { from + broker.random.below(ahead + 1) } else { from + ahead };
        let slots = broker.outputs.get(&(output, partition)).map_or(&[][..], Vec::as_slice);
        Ok(ReadBack { rows: read(slots, from as usize, to as usize), position: to })
    }

    fn end(&mut self, output: Output, partition: u32) -> Result<u64, LogError> {
        let mut broker = self.broker.borrow_mut();
        if broker.chance(30) {
            return Err(LogError::Retry(Box::new(Trouble("the leader moves"))));
        }
        Ok(broker.slots(output, partition).len() as u64)
    }

    fn first_since(&mut self, output: Output, partition: u32, since: Timestamp) -> Result<u64, LogError> {
        let mut broker = self.broker.borrow_mut();
        let slots = broker.slots(output, partition);
        let first = slots.iter().position(|slot| slot.appended >= since).unwrap_or(slots.len());
        Ok(first as u64)
    }
}

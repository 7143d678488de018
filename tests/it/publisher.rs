//! The publisher on a log that behaves: what goes first, what waits, what is left as it was.

use event::coordinates::TopicId;
use event::id::Ids;
use event::time::Timestamp;
use incident::codec::Kind;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use task::log::{Input, Output, Standing, TaskId};
use task::publish::{
    Base, Committed, Gathered, Guards, Machine, Missing, Published, PublishedState, Publisher, RecoverError,
    Settings,
};
use tests::hostile::drive::{Plan, Subject, inputs_of};
use tests::hostile::log::{Believed, Broker, Enforced, HostileLog, Mode};
use tests::hostile::model::{LIFE_SAFETY, Model, Record, What};

const TASK: TaskId = TaskId(0);

/// One instance that owns all tasks, on a calm log.
struct Desk {
    broker: Rc<RefCell<Broker>>,
    publisher: Publisher<HostileLog>,
    machines: BTreeMap<TaskId, Model>,
    offsets: BTreeMap<Input, u64>,
    records: u64,
}

fn plan(tasks: u32, rows_max: usize) -> Plan {
    Plan {
        seed: 0,
        mode: Mode::Torn,
        enforced: Enforced::default(),
        tasks,
        rows_max,
        guards: Guards::default(),
    }
}

fn publisher(broker: &Rc<RefCell<Broker>>, plan: &Plan) -> Publisher<HostileLog> {
    broker.borrow_mut().calm();
    broker.borrow_mut().rebalance(plan.tasks, &[1]);
    let believed: Believed = Rc::new(RefCell::new(Standing { generation: 0, tasks: BTreeMap::new() }));
    *believed.borrow_mut() = broker.borrow().standing_of(1);
    let log = HostileLog::new(broker.clone(), "a", believed);
    let settings = Settings { rows_max: plan.rows_max, ..Settings::default() };
    Publisher::start(log, Ids::new("model"), settings).map_err(|(error, _)| error).expect("a calm log starts")
}

impl Desk {
    fn new(tasks: u32, rows_max: usize) -> Self {
        let plan = plan(tasks, rows_max);
        let broker = Broker::new(0, plan.mode, plan.enforced);
        let publisher = publisher(&broker, &plan);
        let mut desk =
            Desk { broker, publisher, machines: BTreeMap::new(), offsets: BTreeMap::new(), records: 0 };
        for task in (0..tasks).map(TaskId) {
            desk.recover(task, Model::new(&plan, task), Base::New).expect("a new task recovers");
        }
        desk
    }

    fn recover(&mut self, task: TaskId, mut machine: Model, base: Base) -> Result<(), RecoverError> {
        let recovery = self.publisher.recover(task, &inputs_of(task), base)?;
        self.publisher.poll().expect("a calm log answers");
        self.publisher.resume(recovery, &mut machine).expect("all is read and applied");
        self.machines.insert(task, machine);
        Ok(())
    }

    /// The same processes on the same log, without anything that they knew.
    fn restart(&mut self, tasks: u32) {
        self.publisher = publisher(&self.broker, &plan(tasks, 99));
    }

    fn apply(&mut self, task: TaskId, what: What, ts: i64) {
        self.records += 1;
        let record = Record { ts, id: self.records, what, append: ts };
        let input = Input { topic: TopicId(0), partition: task.0 };
        let offset = self.offsets.entry(input).or_default();
        if let Some(machine) = self.machines.get_mut(&task) {
            machine.apply(input, *offset, &record);
        }
        *offset += 1;
    }

    fn gather(&mut self) -> Vec<Gathered> {
        self.machines.iter_mut().map(|(task, machine)| self.publisher.gather(*task, machine)).collect()
    }

    fn commit(&mut self, at_ms: i64) -> Committed {
        self.gather();
        self.publisher.commit(Timestamp::from_millis(at_ms))
    }

    fn read_back(&mut self) {
        self.publisher.poll().expect("a calm log answers");
    }

    /// Commits and reads back until nothing is left to say.
    fn say_all(&mut self) {
        for at in 0..50 {
            self.commit(at);
            self.read_back();
        }
        for task in self.machines.keys() {
            assert!(self.publisher.is_quiet(*task));
            assert_eq!(self.publisher.lacking(*task, &self.machines[task]), 0);
        }
    }

    fn told(&self, task: TaskId) -> Vec<Published> {
        let rows = self.broker.borrow().rows(Output::Incidents, task);
        rows.iter().filter_map(|row| Published::read(row.offset, &row.row)).map(|(_, told)| told).collect()
    }

    fn kinds(&self) -> Vec<Kind> {
        self.told(TASK).iter().map(|told| told.kind).collect()
    }
}

/// Keys 0 and 1 are one zone, 2 and 3 another.
#[test]
fn an_incident_is_opened_grows_and_is_merged_into_the_older_one() {
    let mut desk = Desk::new(1, 99);
    desk.apply(TASK, What::A(0), 10);
    desk.say_all();
    desk.apply(TASK, What::A(1), 20);
    desk.say_all();
    desk.apply(TASK, What::A(0), 15);
    desk.say_all();
    assert_eq!(desk.kinds(), [Kind::Opened, Kind::Opened, Kind::Updated, Kind::Merged]);
    desk.apply(TASK, What::X(0), 14);
    desk.say_all();
    assert_eq!(desk.kinds()[4..], [Kind::Updated, Kind::Opened]);
    desk.apply(TASK, What::X(0), 9);
    desk.say_all();
    assert_eq!(desk.kinds()[6..], [Kind::Withdrawn]);
}

#[test]
fn life_safety_goes_before_all_and_is_not_crowded_out() {
    let mut desk = Desk::new(1, 1);
    for at in 0..4 {
        desk.apply(TASK, What::A(0), 10 + 20 * at);
    }
    desk.apply(TASK, What::A(LIFE_SAFETY), 70);
    assert_eq!(desk.commit(0), Committed::Rows(2));
    let told = desk.told(TASK);
    assert_eq!(told[0].members[0].first_at, Timestamp(70));
    assert_eq!(told[1].members[0].first_at, Timestamp(10), "the oldest change of the others");
}

#[test]
fn rows_of_all_tasks_share_the_room_of_a_transaction() {
    let mut desk = Desk::new(3, 2);
    for task in 0..3 {
        desk.apply(TaskId(task), What::A(0), 10);
        desk.apply(TaskId(task), What::A(0), 30);
    }
    assert_eq!(desk.commit(0), Committed::Rows(2));
    assert_eq!(desk.commit(0), Committed::Rows(2));
    assert_eq!(desk.commit(0), Committed::Rows(2));
    assert_eq!((desk.told(TaskId(0)).len(), desk.told(TaskId(2)).len()), (2, 2));
}

#[test]
fn the_next_revision_waits_until_a_reader_has_the_last() {
    let mut desk = Desk::new(1, 99);
    desk.apply(TASK, What::A(0), 10);
    assert_eq!(desk.commit(0), Committed::Rows(1));
    desk.apply(TASK, What::A(0), 12);
    assert_eq!(desk.gather(), [Gathered::Rows(0)]);
    desk.read_back();
    assert_eq!(desk.commit(0), Committed::Nothing, "gathered before it was read back");
    assert_eq!(desk.commit(0), Committed::Rows(1));
}

#[test]
fn positions_alone_are_committed_each_second() {
    let mut desk = Desk::new(1, 99);
    desk.apply(TASK, What::Tick, 10);
    assert_eq!(desk.commit(1_000), Committed::Rows(0));
    desk.apply(TASK, What::Tick, 11);
    assert_eq!(desk.commit(1_999), Committed::Nothing);
    assert_eq!(desk.commit(2_000), Committed::Rows(0));
    assert_eq!(desk.commit(3_000), Committed::Nothing, "they have not moved");
}

#[test]
fn a_task_does_not_speak_before_it_has_replayed() {
    let mut desk = Desk::new(1, 99);
    desk.apply(TASK, What::A(0), 10);
    desk.say_all();
    let machine = desk.machines.get_mut(&TASK).expect("it is there");
    let state = desk.publisher.snapshot(TASK, machine).expect("it is live");
    let (old, positions) = (machine.clone(), machine.positions());
    desk.apply(TASK, What::A(2), 30);
    desk.say_all();
    desk.restart(1);
    let base =
        Base::Snapshot(PublishedState::decode(&state.encode().expect("it is small")).expect("it is whole"));
    let recovery = desk.publisher.recover(TASK, &inputs_of(TASK), base).expect("the log is calm");
    assert!(!recovery.is_caught_up(&positions));
    let mut machine = old;
    let later = desk.publisher.resume(recovery, &mut machine).expect_err("nothing was read back");
    assert_eq!(later.why, Missing::ReadBack);
    desk.read_back();
    let later = desk.publisher.resume(later.recovery, &mut machine).expect_err("nothing was applied");
    assert_eq!(later.why, Missing::Replay);
    assert_eq!(desk.publisher.gather(TASK, &mut machine), Gathered::Recovering);
    let input = Input { topic: TopicId(0), partition: 0 };
    machine.apply(input, 1, &Record { ts: 30, id: 2, what: What::A(2), append: 30 });
    desk.publisher.resume(later.recovery, &mut machine).expect("it has caught up");
    assert_eq!(desk.publisher.gather(TASK, &mut machine), Gathered::Rows(0));
}

#[test]
fn offsets_without_a_snapshot_are_refused() {
    let mut desk = Desk::new(1, 99);
    desk.apply(TASK, What::A(0), 10);
    desk.say_all();
    desk.restart(1);
    let refused = desk.recover(TASK, Model::new(&plan(1, 99), TASK), Base::New);
    assert!(matches!(refused, Err(RecoverError::NoSnapshot(TASK))));
}

#[test]
fn a_cold_start_leaves_what_began_before_it_as_it_was() {
    let mut desk = Desk::new(1, 99);
    // Three incidents: one over before the cold start, one that goes on, one that begins after it.
    for (what, ts) in [(What::A(0), 10), (What::A(2), 48), (What::A(2), 52), (What::A(0), 60)] {
        desk.apply(TASK, what, ts);
    }
    desk.say_all();
    assert_eq!(desk.told(TASK).len(), 3);
    desk.restart(1);
    // The replay begins at 50: it finds the second one without its beginning.
    let mut machine = Model::new(&plan(1, 99), TASK);
    let input = Input { topic: TopicId(0), partition: 0 };
    machine.apply(input, 2, &Record { ts: 52, id: 3, what: What::A(2), append: 52 });
    machine.apply(input, 3, &Record { ts: 60, id: 4, what: What::A(0), append: 60 });
    desk.recover(TASK, machine, Base::Cold { knows_from: Timestamp(50) }).expect("the log is calm");
    desk.say_all();
    assert_eq!(desk.told(TASK).len(), 3, "nothing is said again, nothing is taken back");
    // What readers were not told of is told: as an incident of its own.
    desk.apply(TASK, What::A(2), 56);
    desk.say_all();
    assert_eq!(desk.kinds()[3..], [Kind::Opened]);
    desk.apply(TASK, What::A(0), 62);
    desk.say_all();
    assert_eq!(desk.kinds()[4..], [Kind::Updated], "what began after the start goes on under its id");
}

#[test]
fn rejects_are_kept_until_a_reader_has_them() {
    let mut desk = Desk::new(1, 99);
    desk.apply(TASK, What::Reject, 10);
    desk.gather();
    let machine = desk.machines.get_mut(&TASK).expect("it is there");
    let state = desk.publisher.snapshot(TASK, machine).expect("it is live");
    assert_eq!(state.unconfirmed.len(), 1);
    desk.say_all();
    assert_eq!(desk.publisher.unconfirmed(TASK), (0, 0));
    assert_eq!(desk.broker.borrow().rows(Output::Rejects, TASK).len(), 1);
    // An old snapshot knows the row as owed; the topic has it.
    let machine = desk.machines[&TASK].clone();
    desk.restart(1);
    desk.recover(TASK, machine, Base::Snapshot(state)).expect("the log is calm");
    desk.say_all();
    assert_eq!(desk.broker.borrow().rows(Output::Rejects, TASK).len(), 1);
}

#[test]
fn an_incident_that_is_over_leaves_the_table_and_the_view() {
    let mut desk = Desk::new(1, 99);
    for topic in 0..2 {
        let input = Input { topic: TopicId(topic), partition: 0 };
        let machine = desk.machines.get_mut(&TASK).expect("it is there");
        machine.apply(input, 0, &Record { ts: 10, id: 1, what: What::A(0), append: 10 });
        machine.apply(input, 1, &Record { ts: 2_000, id: 2, what: What::Tick, append: 2_000 });
    }
    desk.say_all();
    assert_eq!(desk.kinds(), [Kind::Opened, Kind::Settled, Kind::Closed]);
    assert!(desk.told(TASK)[2].last);
    let machine = desk.machines.get_mut(&TASK).expect("it is there");
    assert_eq!(machine.part_ids(), []);
    let state = desk.publisher.snapshot(TASK, machine).expect("it is live");
    assert_eq!(state.incidents, []);
}

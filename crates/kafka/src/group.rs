//! Which tasks are ours: the group as a lease on tasks, and what proves it.
//!
//! A task reads partition *p* of every input, so whoever owns it has to own all of these at once. No assignor of the
//! client library promises that over several topics; so the group is joined for one topic alone (the ticks: one partition
//! a task) and owning a partition of it means owning the task. The inputs themselves are read without the group: see
//! [`crate::consumer::Consumer::reader`].
//!
//! Generation and tasks are kept together behind one lock: the generation is taken while the library waits for our answer
//! to the group's word, so it can be neither older nor newer than the tasks.
//!
//! What it deliberately is not: it reads no record, and it does not decide when a task is given back.

use std::sync::{Arc, Mutex};

use task::log::{Standing, TaskId, Tenure};

use crate::consumer::{Consumer, Event, Feed, GroupMetadata, Partition};
use crate::context::lock;
use crate::error::Error;
use crate::settings::Settings;

/// What the publisher presents as the generation check; none proves nothing, and nothing is committed by it.
pub type Generation = Option<Arc<GroupMetadata>>;

/// What the group told of tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// These are ours from now on.
    Given(Vec<TaskId>),
    /// These have to be given back: finish, commit, then [`Group::give_back`]. Until then they are ours.
    Revoked(Vec<TaskId>),
    /// These are no longer ours: drop everything, write nothing.
    Lost(Vec<TaskId>),
}

/// A seat in the group.
pub struct Group {
    member: Consumer,
    /// Of no partitions, ever: the library wants one to answer with.
    nothing: Feed,
    membership: Membership,
    tenures: u64,
}

/// Generation and tasks as of the group's last word. Copies show the same.
#[derive(Clone)]
pub struct Membership(Arc<Mutex<Standing<Generation>>>);

impl Membership {
    fn new() -> Self {
        Membership(Arc::new(Mutex::new(Standing { generation: None, tasks: Default::default() })))
    }

    /// Both, read in one go.
    pub fn standing(&self) -> Standing<Generation> {
        lock(&self.0).clone()
    }

    /// Whether this is still the generation.
    pub fn is_current(&self, generation: &Generation) -> bool {
        is_same(&lock(&self.0).generation, generation)
    }

    fn change(&self, change: impl FnOnce(&mut Standing<Generation>)) {
        change(&mut lock(&self.0));
    }
}

/// Two of the same reading; none is the same as none.
pub(crate) fn is_same(one: &Generation, other: &Generation) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

impl Group {
    /// Joins for this topic, whose partitions stand for the tasks.
    pub fn join(settings: &Settings, topic: &str) -> Result<Self, Error> {
        let member = Consumer::member(settings, &[topic])?;
        let nothing = member.feed();
        Ok(Group { member, nothing, membership: Membership::new(), tenures: 0 })
    }

    /// What we are in the group, for whoever writes.
    pub fn membership(&self) -> Membership {
        self.membership.clone()
    }

    /// What the group said since the last call; has to be called some times a second.
    pub fn serve(&mut self) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::new();
        for event in self.member.serve()? {
            changes.push(match event {
                Event::Assigned(partitions) => Change::Given(self.take(&partitions)?),
                Event::Revoked(partitions) => Change::Revoked(self.warn_of(&partitions)?),
                Event::Lost(partitions) => Change::Lost(self.lose(&partitions)?),
            });
        }
        Ok(changes)
    }

    /// Answers a [`Change::Revoked`]: nothing of these tasks will be written any more.
    pub fn give_back(&mut self, tasks: &[TaskId]) -> Result<(), Error> {
        self.membership.change(|standing| standing.tasks.retain(|task, _| !tasks.contains(task)));
        self.member.unassign(&mut self.nothing, &[])
    }

    fn take(&mut self, partitions: &[Partition]) -> Result<Vec<TaskId>, Error> {
        let generation = Some(Arc::new(self.member.group_metadata()?));
        let given = tasks(partitions);
        let tenures: Vec<(TaskId, Tenure)> = given
            .iter()
            .map(|task| {
                self.tenures += 1;
                (*task, Tenure(self.tenures))
            })
            .collect();
        self.membership.change(|standing| {
            standing.generation = generation;
            standing.tasks.extend(tenures);
        });
        self.member.assign(&mut self.nothing, &[])?;
        Ok(given)
    }

    /// In the generation that takes them away they are still ours: what they have to say last needs its proof.
    fn warn_of(&mut self, partitions: &[Partition]) -> Result<Vec<TaskId>, Error> {
        let generation = Some(Arc::new(self.member.group_metadata()?));
        self.membership.change(|standing| standing.generation = generation);
        Ok(tasks(partitions))
    }

    fn lose(&mut self, partitions: &[Partition]) -> Result<Vec<TaskId>, Error> {
        let lost = tasks(partitions);
        self.membership.change(|standing| {
            standing.generation = None;
            standing.tasks.retain(|task, _| !lost.contains(task));
        });
        self.member.unassign(&mut self.nothing, &[])?;
        Ok(lost)
    }
}

fn tasks(partitions: &[Partition]) -> Vec<TaskId> {
    partitions.iter().map(|of| TaskId(of.partition)).collect()
}

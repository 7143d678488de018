//! A small machine: alerts are runs of events per key, incidents are groups of alerts of one zone that are
//! near.
//!
//! An `A` counts unless an `X` of its key lies in the five instants before it, so late records take alerts
//! back, move their ends, merge and split them, and with them the parts. The table is computed from all
//! events after each record. That is slow and plainly right: what is tested is not the table but what readers
//! are told of it.

use super::drive::{Plan, Subject, inputs_of};
use super::log::Mode;
use event::alert::{Alert, Emission, Entities, Level};
use event::id::{Id, Ids};
use event::time::{Duration, Timestamp};
use incident::document::{Frame, Incident, compose};
use incident::grouping::Rank;
use incident::lifecycle::State;
use incident::table::{Changed, Member, Part, PartId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use task::log::{Input, OutRow, Output, Positions, TaskId};
use task::publish::Machine;

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Something happened to this key.
    A(u8),
    /// It does not count for a while.
    X(u8),
    /// Nothing that can be read.
    Reject,
    /// Only time passes.
    Tick,
}

/// A record of the simulated inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// When it happened.
    pub ts: i64,
    /// Unique.
    pub id: u64,
    /// What it says.
    pub what: What,
    /// When it came into the log; grows within an input.
    pub append: i64,
}

/// How long after it happened a record may come.
pub const LATENESS: i64 = 12;
/// Alerts of this key are life safety.
pub const LIFE_SAFETY: u8 = 3;

const SHADOW: i64 = 5;
const QUIET: i64 = 4;
const NEAR: i64 = 6;
const SETTLES: i64 = LATENESS + SHADOW + QUIET + NEAR;
const CLOSES: i64 = SETTLES + 10;
/// A log that tears may show a row of a process that slept. Once an incident is forgotten nobody can answer
/// that, so what is forgotten has to be older than any sleep. Where transactions are atomic it may be
/// forgotten at once.
const LEAVES: i64 = CLOSES + 10;
const LEAVES_LATE: i64 = 500;

/// The machine of one task.
#[derive(Clone, Debug)]
pub struct Model {
    task: TaskId,
    leaves_after: i64,
    ids: Ids,
    events: BTreeSet<Record>,
    positions: Positions,
    appended: BTreeMap<Input, i64>,
    retired: BTreeSet<Id>,
    parts: BTreeMap<PartId, Part>,
    changed: Changed,
    rows: Vec<OutRow>,
}

impl Model {
    fn now(&self) -> i64 {
        self.appended.values().copied().min().unwrap_or(i64::MIN / 2)
    }

    fn row(&self, output: Output, input: Input, offset: u64) -> OutRow {
        let key = format!("{}/{}/{offset}", input.topic.0, input.partition).into_bytes();
        OutRow {
            output,
            partition: self.task.0,
            key: key.into(),
            value: b"as it came".to_vec().into(),
            headers: Vec::new(),
        }
    }

    fn recompute(&mut self) {
        let parts = self.table();
        let before = std::mem::replace(&mut self.parts, parts);
        let names: BTreeSet<&PartId> = before.keys().chain(self.parts.keys()).collect();
        let differs = |name: &&&PartId| before.get(name) != self.parts.get(name);
        let changed: Vec<PartId> = names.iter().filter(differs).map(|name| (**name).clone()).collect();
        let there: BTreeSet<Id> = members(&self.parts).map(|member| member.id).collect();
        let gone: Vec<Member> =
            members(&before).filter(|member| !there.contains(&member.id)).copied().collect();
        self.changed.parts.extend(changed);
        self.changed.gone.extend(gone);
    }

    fn table(&self) -> BTreeMap<PartId, Part> {
        let mut groups: Vec<Vec<(u8, Member)>> = Vec::new();
        for alert in self.alerts() {
            let (near, mut far): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| group.iter().any(|other| are_near(other, &alert)));
            let mut group: Vec<_> = near.into_iter().flatten().collect();
            group.push(alert);
            far.push(group);
            groups = far;
        }
        let parts = groups.into_iter().filter_map(|group| self.part_of_group(group));
        parts.map(|part| (part.id.clone(), part)).collect()
    }

    /// None if it has left the table.
    fn part_of_group(&self, mut group: Vec<(u8, Member)>) -> Option<Part> {
        group.sort_by_key(|(_, member)| (member.first_at, member.id));
        let members: Vec<Member> = group.iter().map(|(_, member)| *member).collect();
        let first = members.first().filter(|first| !self.retired.contains(&first.id))?;
        let id = PartId { site: "here".into(), first: Rank { at: first.first_at, id: first.id } };
        let over = self.now() - last_at(&members);
        let life_safety = group.iter().any(|(key, _)| *key == LIFE_SAFETY);
        let (settled, closed) = (over > SETTLES, over > CLOSES && !life_safety);
        let leaving = (closed || settled && life_safety) && over > self.leaves_after;
        let phase = |part: &Part| (part.settled, part.closed, part.leaving);
        let is_same = |old: &&Part| old.members == members && phase(old) == (settled, closed, leaving);
        if let Some(old) = self.parts.get(&id).filter(is_same) {
            return Some(old.clone());
        }
        let document = self.document(&group, settled)?;
        let site = id.site.clone();
        let related = Vec::new();
        let restricted = false;
        Some(Part { id, site, members, life_safety, restricted, settled, closed, leaving, related, document })
    }

    fn document(&self, group: &[(u8, Member)], settled: bool) -> Option<Incident> {
        let alert = |(key, member): &(u8, Member)| Arc::new(self.alert(*key, member));
        let alerts: Vec<Arc<Alert>> = group.iter().map(alert).collect();
        let last = group.iter().map(|(_, member)| member.last_at).max()?;
        let frame = Frame {
            canonical_id: self.ids.incident(alerts.first()?.id, 1),
            state: State::New,
            settled_at: settled.then_some(last + Duration(SETTLES)),
            related: Vec::new(),
            hubs: &BTreeSet::new(),
        };
        compose(&alerts.iter().collect::<Vec<_>>(), frame)
    }

    fn alert(&self, key: u8, member: &Member) -> Alert {
        Alert {
            id: member.id,
            run: member.run,
            rule: "model".into(),
            key: vec![("key".into(), key.to_string().into())],
            site: "here".into(),
            title: format!("Key {key}"),
            severity: Level::High,
            emission: Emission::E,
            first_at: member.first_at,
            last_at: member.last_at,
            detections: 1,
            evidence: Vec::new(),
            captured: BTreeMap::new(),
            entities: Entities::new(),
            settled: false,
            exact: true,
            withdrawn: false,
            unknown: Vec::new(),
            merged_into: None,
            trial: false,
            restricted: false,
            life_safety: key == LIFE_SAFETY,
            internal: false,
        }
    }

    /// Runs of what counts, by beginning.
    fn alerts(&self) -> Vec<(u8, Member)> {
        let mut alerts: Vec<(u8, Member)> = Vec::new();
        for key in 0..=LIFE_SAFETY {
            let mut open: Option<Member> = None;
            for event in self.events.iter().filter(|event| self.counts(event, key)) {
                match &mut open {
                    Some(run) if event.ts - run.last_at.0 <= QUIET => run.last_at = Timestamp(event.ts),
                    _ => {
                        alerts.extend(open.map(|run| (key, run)));
                        open = Some(self.run(key, event));
                    }
                }
            }
            alerts.extend(open.map(|run| (key, run)));
        }
        alerts.sort_by_key(|(_, member)| (member.first_at, member.id));
        alerts
    }

    fn counts(&self, event: &Record, key: u8) -> bool {
        let shadows = |other: &&Record| {
            other.what == What::X(key) && (event.ts - SHADOW..=event.ts).contains(&other.ts)
        };
        event.what == What::A(key) && !self.events.iter().any(|other| shadows(&other))
    }

    fn run(&self, key: u8, first: &Record) -> Member {
        let ts = Timestamp(first.ts);
        let run = self.ids.run("model", &[("key".into(), key.to_string().into())]);
        Member { first_at: ts, id: self.ids.event_at("alert", u32::from(key), first.id, 0), run, last_at: ts }
    }
}

fn are_near((a_key, a): &(u8, Member), (b_key, b): &(u8, Member)) -> bool {
    let near = Duration(NEAR);
    a_key / 2 == b_key / 2 && a.first_at - b.last_at <= near && b.first_at - a.last_at <= near
}

fn last_at(members: &[Member]) -> i64 {
    members.iter().map(|member| member.last_at.0).max().unwrap_or(0)
}

fn members(parts: &BTreeMap<PartId, Part>) -> impl Iterator<Item = &Member> {
    parts.values().flat_map(|part| &part.members)
}

impl Machine for Model {
    fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    fn part_ids(&self) -> Vec<PartId> {
        self.parts.keys().cloned().collect()
    }

    fn part(&self, id: &PartId) -> Option<Part> {
        self.parts.get(id).cloned()
    }

    fn part_of(&self, alert: Id) -> Option<PartId> {
        let holds = |part: &&Part| part.members.iter().any(|member| member.id == alert);
        self.parts.values().find(holds).map(|part| part.id.clone())
    }

    fn overlapping(&self, member: &Member) -> Vec<Member> {
        let meets = |other: &&Member| {
            other.run == member.run && other.first_at <= member.last_at && member.first_at <= other.last_at
        };
        members(&self.parts).filter(meets).copied().collect()
    }

    fn retire(&mut self, id: &PartId) {
        self.parts.remove(id);
        self.retired.insert(id.first.id);
    }

    fn forget_before(&self) -> Timestamp {
        Timestamp(self.now() - self.leaves_after)
    }

    fn take_rows(&mut self) -> Vec<OutRow> {
        std::mem::take(&mut self.rows)
    }

    fn positions(&self) -> Positions {
        self.positions.clone()
    }

    fn clock(&self) -> Timestamp {
        Timestamp(self.now())
    }
}

impl Subject for Model {
    type Record = Record;
    type Stored = Model;

    fn new(plan: &Plan, task: TaskId) -> Self {
        let inputs = inputs_of(task);
        Model {
            task,
            leaves_after: if plan.mode == Mode::Honest { LEAVES } else { LEAVES_LATE },
            ids: Ids::new("model"),
            events: BTreeSet::new(),
            positions: inputs.iter().map(|input| (*input, 0)).collect(),
            appended: inputs.iter().map(|input| (*input, i64::MIN / 2)).collect(),
            retired: BTreeSet::new(),
            parts: BTreeMap::new(),
            changed: Changed::default(),
            rows: Vec::new(),
        }
    }

    fn apply(&mut self, input: Input, offset: u64, record: &Record) {
        self.positions.insert(input, offset + 1);
        self.appended.insert(input, record.append);
        let late = record.append - record.ts > LATENESS;
        match record.what {
            What::Reject => self.rows.push(self.row(Output::Rejects, input, offset)),
            What::Tick => {}
            What::A(_) | What::X(_) if late => self.rows.push(self.row(Output::Late, input, offset)),
            What::A(_) | What::X(_) => {
                self.events.insert(*record);
            }
        }
        self.recompute();
    }

    fn jump(&mut self, to: &Positions) {
        for (input, position) in to {
            let here = self.positions.entry(*input).or_default();
            *here = (*here).max(*position);
        }
    }

    fn store(&self) -> Model {
        self.clone()
    }

    fn restore(stored: &Model) -> Self {
        stored.clone()
    }
}

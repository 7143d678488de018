//! The task: the deterministic machine that owns a partition. Sources, rules and incidents put together.
//!
//! ```text
//! decoded rows ─▶ sources ─▶ rules ─▶ alerts ─▶ incident table ─▶ (publisher asks)
//!        clock ───────────────┴──────────────────┘
//! ```
//! Its result, the table, is a function of the set of accepted events and the clock: no wall clock, no randomness, no
//! iteration order of a hash map, no threads, no I/O. A task never sees a log; the publisher asks it.

use crate::log::{Header, Input, OutRow, Output, Positions};
use crate::publish::Machine as Published;
use crate::sources::{Copy, EventCounts, Known, Outcome, Sources, demote, outcome_without_rules, rank};
use event::alert::{Alert, AlertChange};
use event::coordinates::Topics;
use event::document;
use event::id::{Id, Ids};
use event::reject::RejectedRecord;
use event::row::{Batch, OwnedRow, RowRef};
use event::time::{Duration, Timestamp};
use incident::grouping::Absorb;
use incident::table::{Changed, Member, Part, PartId, Table};
use rules::machine::Machine;
use rules::machine::describe::kind_of;
use rules::program::index::Matches;
use rules::program::{CompiledRule, Program};
use rules::tree::Rule;
use site::SiteModel;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What tasks of one instance share.
#[derive(Clone)]
pub struct Shared {
    /// The compiled rules.
    pub program: Arc<Program>,
    /// The site model.
    pub site: Arc<SiteModel>,
    /// Names of topics.
    pub topics: Arc<Topics>,
    /// Names of formats, by number.
    pub formats: Arc<[&'static str]>,
    /// The namespace's ids.
    pub ids: Ids,
    /// How incidents are grouped and closed.
    pub incidents: incident::table::Settings,
}

/// Decoded records of one partition, as the decode stage leaves them.
#[derive(Clone, Copy)]
pub struct Decoded<'a> {
    /// Their rows.
    pub batch: &'a Batch,
    /// Of each row: too late, and the lateness by which that was judged.
    pub judged: &'a [(bool, Duration)],
    /// What the index says of them.
    pub matches: &'a Matches,
    /// Records that are no event.
    pub rejects: &'a [RejectedRecord],
    /// Next offset of each input they came from.
    pub positions: &'a Positions,
}

/// How many alerts came and went. At the end `raised` = `settled` + `withdrawn` + `merged`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertCounts {
    /// New ids.
    pub raised: u64,
    /// Final.
    pub settled: u64,
    /// Taken back.
    pub withdrawn: u64,
    /// Taken in by an earlier one.
    pub merged: u64,
}

/// One task.
pub struct Task {
    shared: Shared,
    partition: u32,
    pub(crate) machine: Machine,
    pub(crate) table: Table,
    pub(crate) sources: Sources,
    pub(crate) clock: Timestamp,
    pub(crate) positions: Positions,
    pub(crate) rows: Vec<OutRow>,
    pub(crate) unsettled: BTreeMap<Id, Arc<str>>,
    withdrawn_by_rule: BTreeMap<Arc<str>, u64>,
    /// Outcomes of events.
    pub events: EventCounts,
    /// Outcomes of alerts.
    pub alerts: AlertCounts,
    /// Alerts raised, by rule.
    pub by_rule: BTreeMap<Arc<str>, u64>,
    kept: Option<Kept>,
    /// Rules whose state was dropped when the task was made from a snapshot.
    pub(crate) dropped: Vec<Arc<str>>,
}

/// What a replay wants to see in the end and a daemon forgets.
#[derive(Debug, Default)]
pub struct Kept {
    /// Settled alerts.
    pub alerts: Vec<Alert>,
    /// Parts that left the table.
    pub parts: Vec<Part>,
    /// Rejects.
    pub rejects: Vec<RejectedRecord>,
    /// Late events.
    pub late: Vec<OwnedRow>,
}

impl Task {
    /// An empty task that owns a partition.
    pub fn new(shared: Shared, partition: u32) -> Task {
        Task {
            machine: Machine::new(shared.program.clone(), shared.site.clone(), shared.topics.clone()),
            table: Table::new(shared.incidents.clone(), shared.ids.clone()),
            sources: Sources::default(),
            clock: Timestamp::MIN,
            positions: Positions::new(),
            rows: Vec::new(),
            unsettled: BTreeMap::new(),
            withdrawn_by_rule: BTreeMap::new(),
            events: EventCounts::default(),
            alerts: AlertCounts::default(),
            by_rule: BTreeMap::new(),
            kept: None,
            dropped: Vec::new(),
            partition,
            shared,
        }
    }

    /// Keeps what a replay wants to see; rejects and late events then go there and not to the publisher's topics alone.
    pub fn keeping(mut self) -> Task {
        self.kept = Some(Kept::default());
        self
    }

    /// What was kept, if anything was to be.
    pub fn take_kept(&mut self) -> Kept {
        self.kept.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The machine of its rules.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The same, to give a test's world.
    pub fn machine_mut(&mut self) -> &mut Machine {
        &mut self.machine
    }

    /// Its incidents.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Alerts that were reported and taken back, by rule.
    pub fn withdrawn_by_rule(&self) -> &BTreeMap<Arc<str>, u64> {
        &self.withdrawn_by_rule
    }

    /// Rules that the snapshot knew and this task does not go on with: they are changed, or gone.
    pub fn dropped(&self) -> &[Arc<str>] {
        &self.dropped
    }

    /// Alerts of rules that are no more stay as they are.
    pub(crate) fn settle(&mut self, left: Vec<Arc<Alert>>) {
        let settled = |mut alert: Arc<Alert>| {
            Arc::make_mut(&mut alert).settled = true;
            AlertChange::Set(alert)
        };
        self.change(left.into_iter().map(settled).collect());
    }

    /// Takes over what another task has not handed out yet.
    pub(crate) fn take_over(&mut self, other: &Task) {
        self.rows.clone_from(&other.rows);
        self.withdrawn_by_rule.clone_from(&other.withdrawn_by_rule);
    }

    /// The partition it owns.
    pub fn partition(&self) -> u32 {
        self.partition
    }

    /// What tasks share.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Applies decoded records, in any order and any batches.
    pub fn apply(&mut self, decoded: Decoded<'_>) {
        let accepted = self.accept(&decoded);
        let mut changes = Vec::new();
        let wanted = filtered(decoded.matches, &accepted);
        let kept = self.machine.apply(decoded.batch, &wanted, &mut changes);
        for (row, event) in kept {
            let row = decoded.batch.row(row as usize);
            if let Some(id) = row.row.identity {
                self.sources.kept_at(id, event, row.to_owned_row());
            }
        }
        self.change(changes);
        decoded.rejects.iter().for_each(|reject| self.reject(reject));
        for (input, next) in decoded.positions {
            let position = self.positions.entry(*input).or_insert(*next);
            *position = (*position).max(*next);
        }
    }

    /// Moves the clock: absence, finality and closing follow it and nothing else.
    pub fn advance(&mut self, clock: Timestamp) {
        if clock <= self.clock {
            return;
        }
        self.clock = clock;
        let mut changes = Vec::new();
        self.machine.advance(clock, &mut changes);
        self.change(changes);
        self.table.advance(clock);
        self.sources.forget(clock);
    }

    /// The clock it has been told.
    pub fn now(&self) -> Timestamp {
        self.clock
    }

    /// When the clock next makes a difference; nothing is pending without.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.machine.next_deadline().into_iter().chain(self.table.next_deadline()).min()
    }

    /// Whether some alert or incident can still change.
    pub fn is_pending(&self) -> bool {
        !self.unsettled.is_empty()
            || self.machine.is_waiting()
            || self.table.parts().any(|part| !part.settled)
    }

    /// Which rows go on to the rules; every row's outcome is counted.
    fn accept(&mut self, decoded: &Decoded<'_>) -> Vec<bool> {
        let wanted = rows_wanted(decoded.matches, decoded.batch.len());
        let mut accepted = vec![false; decoded.batch.len()];
        let mut heads: BTreeMap<Id, usize> = BTreeMap::new();
        for (at, row) in decoded.batch.iter().enumerate() {
            let (late, lateness) = decoded.judged[at];
            let outcome = outcome_without_rules(row, late).unwrap_or(if wanted[at] {
                Outcome::Matched
            } else {
                Outcome::Unmatched
            });
            if let Some(id) = row.row.identity {
                if !self.is_event(id, row, &mut heads, &mut accepted) {
                    self.events.add(Outcome::Duplicate);
                    continue;
                }
                self.sources.keep(id, Known { rank: rank(row), outcome, event: None }, lateness);
                heads.insert(id, at);
            }
            self.events.add(outcome);
            accepted[at] = outcome == Outcome::Matched;
            if outcome == Outcome::Late {
                self.late(row);
            }
        }
        accepted
    }

    /// Whether this copy is the event of its id; what stood for it before is taken back.
    fn is_event(
        &mut self,
        id: Id,
        row: RowRef<'_>,
        heads: &mut BTreeMap<Id, usize>,
        accepted: &mut [bool],
    ) -> bool {
        match self.sources.judge(id, rank(row)) {
            Copy::First => true,
            Copy::Repeated => false,
            Copy::Lesser(known) => {
                demote(&mut self.events, &known);
                if let Some(same_batch) = heads.remove(&id) {
                    accepted[same_batch] = false;
                }
                if let Some((event, old)) = known.event {
                    let mut changes = Vec::new();
                    self.machine.take_back(&old, event, &mut changes);
                    self.change(changes);
                }
                true
            }
        }
    }

    fn change(&mut self, changes: Vec<AlertChange>) {
        for change in changes {
            match &change {
                AlertChange::Set(alert) => self.count_set(alert),
                AlertChange::Removed { id, merged_into } => {
                    let rule = self.unsettled.remove(id);
                    if merged_into.is_some() {
                        self.alerts.merged += 1;
                    } else {
                        self.alerts.withdrawn += 1;
                        rule.into_iter()
                            .for_each(|rule| *self.withdrawn_by_rule.entry(rule).or_default() += 1);
                    }
                }
            }
            self.table.apply(change);
        }
    }

    fn count_set(&mut self, alert: &Alert) {
        if self.unsettled.insert(alert.id, alert.rule.clone()).is_none() {
            self.alerts.raised += 1;
            *self.by_rule.entry(alert.rule.clone()).or_default() += 1;
        }
        if alert.settled {
            self.unsettled.remove(&alert.id);
            self.alerts.settled += 1;
            if let Some(kept) = &mut self.kept {
                kept.alerts.push(alert.clone());
            }
        }
    }

    fn late(&mut self, row: RowRef<'_>) {
        if let Some(kept) = &mut self.kept {
            kept.late.push(row.to_owned_row());
        }
        let mut value = String::new();
        document::write(row, &self.names(), &mut value);
        let at = row.row.coordinates;
        let key = self.coordinates_key(at.topic, at.partition, at.offset, Some(at.index));
        self.rows.push(OutRow {
            output: Output::Late,
            partition: self.partition,
            key,
            value: value.into_bytes().into(),
            headers: Vec::new(),
        });
    }

    fn reject(&mut self, reject: &RejectedRecord) {
        if let Some(kept) = &mut self.kept {
            kept.rejects.push(reject.clone());
        }
        let at = reject.coordinates;
        let key = self.coordinates_key(at.topic, at.partition, at.offset, None);
        let topic = self.shared.topics.name(at.topic).clone();
        self.rows.push(OutRow {
            output: Output::Rejects,
            partition: self.partition,
            key,
            value: reject.value.clone(),
            headers: reject_headers(reject, &topic),
        });
    }

    fn coordinates_key(
        &self,
        topic: event::coordinates::TopicId,
        partition: u32,
        offset: u64,
        index: Option<u32>,
    ) -> Box<[u8]> {
        let index = index.map_or(String::new(), |index| format!("/{index}"));
        format!("{}/{partition}/{offset}{index}", self.shared.topics.name(topic)).into_bytes().into()
    }

    /// What documents of events need to know.
    pub fn names(&self) -> document::Names<'_> {
        document::Names {
            ids: &self.shared.ids,
            topics: &self.shared.topics,
            formats: &self.shared.formats,
            place: "topic",
        }
    }
}

/// Kafka Connect's names, and ours (reliability.md §4): so that the tools that people have read them.
fn reject_headers(reject: &RejectedRecord, topic: &str) -> Vec<Header> {
    let at = reject.coordinates;
    let header =
        |name: &'static str, value: String| Header { name: name.into(), value: value.into_bytes().into() };
    vec![
        header("__connect.errors.topic", topic.to_owned()),
        header("__connect.errors.partition", at.partition.to_string()),
        header("__connect.errors.offset", at.offset.to_string()),
        header("__connect.errors.stage", "VALUE_CONVERTER".to_owned()),
        header("__connect.errors.exception.message", reject.detail.to_string()),
        header("watchfloor.reason", reject.reason.name().to_owned()),
        header("watchfloor.format", reject.format.to_owned()),
    ]
}

fn rows_wanted(matches: &Matches, len: usize) -> Vec<bool> {
    let mut wanted = vec![false; len];
    let rows = matches.hits.iter().map(|h| h.row).chain(matches.lines.iter().map(|l| l.row));
    rows.chain(matches.candidates.iter().map(|c| c.row)).for_each(|row| wanted[row as usize] = true);
    wanted
}

fn filtered(matches: &Matches, accepted: &[bool]) -> Matches {
    let is = |row: u32| accepted[row as usize];
    Matches {
        hits: matches.hits.iter().filter(|h| is(h.row)).copied().collect(),
        lines: matches.lines.iter().filter(|l| is(l.row)).copied().collect(),
        candidates: matches.candidates.iter().filter(|c| is(c.row)).copied().collect(),
    }
}

impl Published for Task {
    fn take_changed(&mut self) -> Changed {
        self.table.take_changed()
    }

    fn part_ids(&self) -> Vec<PartId> {
        self.table.part_ids().collect()
    }

    fn part(&self, id: &PartId) -> Option<Part> {
        self.table.part(id)
    }

    fn part_of(&self, alert: Id) -> Option<PartId> {
        self.table.part_of(alert)
    }

    fn overlapping(&self, member: &Member) -> Vec<Member> {
        self.table.overlapping(member).collect()
    }

    fn retire(&mut self, id: &PartId) {
        let part = self.table.retire_part(id);
        if let (Some(kept), Some(part)) = (&mut self.kept, part) {
            kept.parts.push(part);
        }
    }

    fn forget_before(&self) -> Timestamp {
        self.clock - self.shared.horizon()
    }

    fn take_rows(&mut self) -> Vec<OutRow> {
        std::mem::take(&mut self.rows)
    }

    fn positions(&self) -> Positions {
        self.positions.clone()
    }

    fn clock(&self) -> Timestamp {
        self.clock
    }
}

impl Shared {
    /// Greatest window + lateness + quiet of the rules in force, the merging of incidents included (design README §1).
    pub fn horizon(&self) -> Duration {
        self.incidents.leave_after
    }

    /// How incidents are grouped, with the rules' own waits filled in.
    pub fn incident_settings(
        program: &Program,
        settings: incident::table::Settings,
    ) -> incident::table::Settings {
        // What is decided more than an hour after its ts joins incidents at that instant instead (engine.md §2.5).
        let deferred = |rule: &Rule| rule.decided > Duration::from_secs(3_600);
        let rules = || program.tree.rules.iter().zip(&program.rules);
        let wait = |(rule, compiled): (&Rule, &CompiledRule)| match deferred(rule) {
            true => compiled.settles_after - rule.decided,
            false => compiled.settles_after,
        };
        let settle_after = rules().map(wait).max().unwrap_or_default();
        let decided = rules().map(|(rule, _)| (rule.name.clone(), rule.decided)).collect();
        let cells = program.rules.iter().map(|rule| rule.plan.retention).max().unwrap_or_default();
        let runs = program.rules.iter().map(|rule| rule.settles_after).max().unwrap_or_default();
        let leave_after = cells.max(runs) + settings.t_merge + settle_after + rules::machine::runs::RUN_MAX;
        let absorb = program.tree.rules.iter().filter(|rule| !rule.absorb.is_empty());
        let absorb = absorb.map(|rule| (rule.name.clone(), absorbed(program, rule))).collect();
        incident::table::Settings { settle_after, leave_after, decided, absorb, ..settings }
    }
}

/// What a rule absorbs. A part of its key that is no entity is found in no alert; the checker refuses such rules.
fn absorbed(program: &Program, rule: &Rule) -> Absorb {
    let name = |of: &u32| program.rule(*of).name.clone();
    Absorb {
        rules: rule.absorb.iter().map(name).collect(),
        kinds: rule.by.iter().filter_map(|part| kind_of(part.ty)).collect(),
    }
}

/// An input partition of a task.
pub fn input(topic: event::coordinates::TopicId, partition: u32) -> Input {
    Input { topic, partition }
}

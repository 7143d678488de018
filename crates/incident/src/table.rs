//! The table of incidents: a function of the set of alerts and the clock, kept up to date change by change.
//!
//! ```text
//! AlertChange ──▶ board of its site ──▶ parts that may have changed ──▶ marks ──▶ whoever publishes
//!       clock ──▶ deadlines: settled, closed, leaving ────────────────────┘
//! ```
//!
//! A *part* is an incident as the table sees it: it has members and a document, but the id under which
//! readers know it is given when it is published, so a part is named by its first alert, and that name moves
//! with it. Nothing here remembers what has been published. Any order of the same changes gives the same
//! parts.

use crate::document::{Frame, Incident, compose};
use crate::grouping::{Absorb, Caps, Rank, Rule, end, groups};
use crate::lifecycle::{Lane, State, Step, next};
use board::Board;
use event::alert::{Alert, AlertChange};
use event::id::{Id, Ids};
use event::time::{Duration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod board;
#[cfg(test)]
mod tests;

/// What the table takes from the configuration and the rules.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Spans of linked alerts lie at most this far apart.
    pub t_merge: Duration,
    /// After this time without a new detection an incident closes by itself, unless it is life safety.
    pub close_after: Duration,
    /// The greatest D of the rules in force: how long after the end of an incident an alert may still appear
    /// beside it.
    pub settle_after: Duration,
    /// A part leaves the table so long after its last detection, once it is settled and closed (life safety
    /// does not close by itself). For the table to stay what it would be with it, this is at least 24 h +
    /// `t_merge` + the greatest (quiet + D): then no alert beside it can change.
    pub leave_after: Duration,
    /// Entities that count nowhere, by id.
    pub hubs: BTreeSet<Arc<str>>,
    /// How long after its ts a detection of a rule is decided, lateness apart: see [`Rule::decided`]. Where
    /// that is more than an hour, it is no part of `settle_after`.
    pub decided: BTreeMap<Arc<str>, Duration>,
    /// The rules that absorb, by name.
    pub absorb: BTreeMap<Arc<str>, Absorb>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            t_merge: Duration::from_secs(15 * 60),
            close_after: Duration::from_secs(24 * 3_600),
            settle_after: Duration::ZERO,
            leave_after: Duration::from_secs(48 * 3_600),
            hubs: BTreeSet::new(),
            decided: BTreeMap::new(),
            absorb: BTreeMap::new(),
        }
    }
}

/// Names a part: its site and the alert that joined first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartId {
    /// The site of its alerts.
    pub site: Arc<str>,
    /// The least of its alerts in the order in which they join. Where a rule is decided late this need not be
    /// the least by (first_at, id), which names the incident: that is the first of the members.
    pub first: Rank,
}

/// An alert as the matching of parts and published incidents sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// ts of its first detection.
    pub first_at: Timestamp,
    /// Its id.
    pub id: Id,
    /// H(rule, key).
    pub run: Id,
    /// ts of its last detection.
    pub last_at: Timestamp,
}

impl Member {
    /// What an alert is to the matching.
    pub fn of(alert: &Alert) -> Member {
        Member { first_at: alert.first_at, id: alert.id, run: alert.run, last_at: end(alert) }
    }
}

/// One incident of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name in the table.
    pub id: PartId,
    /// The site of its alerts.
    pub site: Arc<str>,
    /// All alerts, by (first_at, id).
    pub members: Vec<Member>,
    /// One of its alerts is life safety.
    pub life_safety: bool,
    /// One of its alerts is covert.
    pub restricted: bool,
    /// Nothing that can still come changes it.
    pub settled: bool,
    /// `close_after` has passed since its last detection.
    pub closed: bool,
    /// Over, and older than anything that could still change it: once readers have its last revision, it may
    /// go.
    pub leaving: bool,
    /// Canonical ids of the parts that a cap keeps apart from it, sorted.
    pub related: Vec<Id>,
    /// What an officer is told; its `incident_id` is the canonical one until the publisher gives another.
    pub document: Incident,
}

/// What has changed since the last question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Parts whose members or document may be other ones, among them names that no part has any more.
    pub parts: BTreeSet<PartId>,
    /// Alerts that left the table, as they were.
    pub gone: Vec<Member>,
}

/// The incidents of a task.
#[derive(Debug)]
pub struct Table {
    settings: Settings,
    rule: Rule,
    ids: Ids,
    clock: Timestamp,
    boards: BTreeMap<Arc<str>, Board>,
    alerts: BTreeMap<Id, (Arc<str>, Rank)>,
    /// By run, then beginning: which alert of a run overlaps a span.
    runs: BTreeMap<(Id, Timestamp, Id), Timestamp>,
    settling: Deadlines,
    closing: Deadlines,
    leaving: Deadlines,
    changed: Changed,
}

impl Table {
    /// An empty table whose clock has not begun.
    pub fn new(settings: Settings, ids: Ids) -> Self {
        Table::with_caps(settings, Caps::default(), ids)
    }

    /// The same with other bounds on the size of an incident.
    pub fn with_caps(settings: Settings, caps: Caps, ids: Ids) -> Self {
        let (hubs, decided) = (settings.hubs.clone(), settings.decided.clone());
        let absorb = settings.absorb.clone();
        let rule = Rule { t_merge: settings.t_merge, hubs, decided, absorb, caps };
        Table {
            settings,
            rule,
            ids,
            clock: Timestamp::MIN,
            boards: BTreeMap::new(),
            alerts: BTreeMap::new(),
            runs: BTreeMap::new(),
            settling: Deadlines::default(),
            closing: Deadlines::default(),
            leaving: Deadlines::default(),
            changed: Changed::default(),
        }
    }

    /// Takes in one change. Alerts that open no incident (internal, on trial, withdrawn, merged) are not
    /// kept.
    pub fn apply(&mut self, change: AlertChange) {
        match change {
            AlertChange::Set(alert) if groups(&alert) => self.set(alert),
            AlertChange::Set(alert) => self.remove(alert.id),
            AlertChange::Removed { id, .. } => self.remove(id),
        }
    }

    /// Lets the clock settle and close what it has passed. It never goes back: an earlier instant changes
    /// nothing.
    pub fn advance(&mut self, clock: Timestamp) {
        self.clock = self.clock.max(clock);
        let deadlines = [&self.settling, &self.closing, &self.leaving];
        let due: Vec<PartId> = deadlines.into_iter().flat_map(|of| of.due(self.clock)).collect();
        for part in due {
            self.arm(&part);
            self.changed.parts.insert(part);
        }
    }

    /// The least instant at which the clock settles something more. Closing is not counted: an incident that
    /// nothing changes any more is not pending, so a replay may stop before it.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.settling.next()
    }

    /// What may have changed since the last call; afterwards nothing has.
    pub fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    /// All parts, by site and first alert.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        self.part_ids().filter_map(|id| self.part(&id))
    }

    /// The names of all parts, by site and first alert.
    pub fn part_ids(&self) -> impl Iterator<Item = PartId> {
        let of = |(site, board): (&Arc<str>, &Board)| {
            let name = |first| PartId { site: site.clone(), first };
            board.parts().map(name).collect::<Vec<_>>()
        };
        self.boards.iter().flat_map(of)
    }

    /// One part; none if none has that name now.
    pub fn part(&self, id: &PartId) -> Option<Part> {
        let board = self.boards.get(&id.site)?;
        let alerts = board.alerts(id.first)?;
        let phase = self.phase(&alerts);
        let related = board.related(id.first).into_iter().map(|first| self.ids.incident(first, 1));
        let related: Vec<Id> = related.collect::<BTreeSet<Id>>().into_iter().collect();
        let frame = Frame {
            canonical_id: self.ids.incident(alerts.first()?.id, 1),
            state: phase.state(),
            settled_at: phase.settled.then_some(phase.settles_from),
            related: related.clone(),
            hubs: &self.rule.hubs,
        };
        let document = compose(&alerts, frame)?;
        Some(Part {
            id: id.clone(),
            site: id.site.clone(),
            members: alerts.iter().map(|alert| Member::of(alert)).collect(),
            life_safety: document.life_safety,
            restricted: document.restricted,
            settled: phase.settled,
            closed: phase.closed,
            leaving: phase.leaving,
            related,
            document,
        })
    }

    /// The part that an alert is in.
    pub fn part_of(&self, alert: Id) -> Option<PartId> {
        let (site, rank) = self.alerts.get(&alert)?;
        let first = self.boards.get(site)?.part_of(*rank)?;
        Some(PartId { site: site.clone(), first })
    }

    /// The members of the table whose runs overlap this one, by beginning: the same rule and key, and a
    /// common instant.
    pub fn overlapping(&self, member: &Member) -> impl Iterator<Item = Member> {
        let Member { run, first_at, last_at, .. } = *member;
        let least = (run, Timestamp::MIN, Id([0; 16]));
        let of_run = self.runs.range(least..).take_while(move |((other, ..), _)| *other == run);
        of_run
            .map(|(&(run, first_at, id), &last_at)| Member { run, first_at, id, last_at })
            .take_while(move |other| other.first_at <= last_at)
            .filter(move |other| other.last_at >= first_at)
    }

    /// Takes a part out of the table and returns it as it was. It stays published as it is.
    pub fn retire_part(&mut self, id: &PartId) -> Option<Part> {
        let part = self.part(id)?;
        for member in &part.members {
            self.forget(member);
        }
        let board = self.boards.get_mut(&id.site)?;
        board.retire(id.first);
        if board.is_empty() {
            self.boards.remove(&id.site);
        }
        self.settling.set(id, None);
        self.closing.set(id, None);
        self.leaving.set(id, None);
        self.changed.parts.remove(id);
        Some(part)
    }

    fn set(&mut self, alert: Arc<Alert>) {
        let (site, member) = (alert.site.clone(), Member::of(&alert));
        let old = self.alerts.get(&alert.id).cloned();
        let same_site = old.as_ref().is_none_or(|(old_site, _)| *old_site == site);
        if !same_site {
            self.remove(alert.id);
        }
        let old = old.filter(|_| same_site).map(|(_, rank)| rank);
        if let Some(rank) = old {
            self.forget(&self.member(&site, rank));
        }
        let rank = self.rule.rank(&alert);
        self.alerts.insert(alert.id, (site.clone(), rank));
        self.runs.insert((member.run, member.first_at, member.id), member.last_at);
        self.rewrite(site, old, Some(alert));
    }

    fn remove(&mut self, id: Id) {
        let Some((site, rank)) = self.alerts.get(&id).cloned() else { return };
        let member = self.member(&site, rank);
        self.forget(&member);
        self.changed.gone.push(member);
        self.rewrite(site, Some(rank), None);
    }

    fn rewrite(&mut self, site: Arc<str>, old: Option<Rank>, new: Option<Arc<Alert>>) {
        let board = self.boards.entry(site.clone()).or_default();
        let touched = board.change(old, new, &self.rule);
        if board.is_empty() {
            self.boards.remove(&site);
        }
        for first in touched {
            let id = PartId { site: site.clone(), first };
            self.arm(&id);
            self.changed.parts.insert(id);
        }
    }

    fn member(&self, site: &Arc<str>, rank: Rank) -> Member {
        Member::of(self.boards[site].alert(rank))
    }

    fn forget(&mut self, member: &Member) {
        self.alerts.remove(&member.id);
        self.runs.remove(&(member.run, member.first_at, member.id));
    }

    /// Sets the deadlines of a part, or takes them away if there is no such part.
    fn arm(&mut self, id: &PartId) {
        let alerts = self.boards.get(&id.site).and_then(|board| board.alerts(id.first));
        let phase = alerts.map(|alerts| self.phase(&alerts));
        self.settling.set(id, phase.and_then(|phase| phase.settles_at));
        self.closing.set(id, phase.and_then(|phase| phase.closes_at));
        self.leaving.set(id, phase.and_then(|phase| phase.leaves_at));
    }

    /// Where a part stands at the clock, and what comes next.
    fn phase(&self, alerts: &[&Arc<Alert>]) -> Phase {
        let last_at = alerts.iter().map(|alert| end(alert)).max().unwrap_or(Timestamp::MIN);
        let safety = alerts.iter().any(|alert| alert.life_safety);
        let lane = if safety { Lane::LifeSafety } else { Lane::Normal };
        let final_alerts = alerts.iter().all(|alert| alert.settled);
        let until = alerts.iter().map(|alert| self.rule.until(alert)).max().unwrap_or(Timestamp::MIN);
        let settles_from = until + self.settings.t_merge + self.settings.settle_after;
        let closes_from = last_at + self.settings.close_after;
        let settled = final_alerts && self.has_passed(settles_from);
        let closes = settled && next(State::New, Step::Expire, lane).is_ok();
        let closed = closes && self.has_passed(closes_from);
        let over = closed || (settled && safety);
        let leaves_from = last_at + self.settings.leave_after;
        let leaving = over && self.has_passed(leaves_from);
        Phase {
            lane,
            settled,
            closed,
            leaving,
            settles_from,
            settles_at: (final_alerts && !settled).then(|| just_after(settles_from)),
            closes_at: (closes && !closed).then(|| just_after(closes_from)),
            leaves_at: (over && !leaving).then(|| just_after(leaves_from)),
        }
    }

    /// The end of time has passed everything, so that nothing stays pending for ever.
    fn has_passed(&self, instant: Timestamp) -> bool {
        self.clock > instant || self.clock == Timestamp::MAX
    }
}

/// Where a part stands.
#[derive(Clone, Copy, Debug)]
struct Phase {
    lane: Lane,
    settled: bool,
    closed: bool,
    leaving: bool,
    /// The instant after which no alert can appear beside it.
    settles_from: Timestamp,
    /// When the clock does something to it.
    settles_at: Option<Timestamp>,
    closes_at: Option<Timestamp>,
    leaves_at: Option<Timestamp>,
}

impl Phase {
    fn state(&self) -> State {
        match self.closed {
            true => next(State::New, Step::Expire, self.lane).unwrap_or(State::New),
            false => State::New,
        }
    }
}

/// Parts by the instant at which the clock does something to them.
#[derive(Debug, Default)]
struct Deadlines {
    by_time: BTreeSet<(Timestamp, PartId)>,
    by_part: BTreeMap<PartId, Timestamp>,
}

impl Deadlines {
    fn set(&mut self, part: &PartId, at: Option<Timestamp>) {
        if let Some(old) = self.by_part.remove(part) {
            self.by_time.remove(&(old, part.clone()));
        }
        if let Some(at) = at {
            self.by_part.insert(part.clone(), at);
            self.by_time.insert((at, part.clone()));
        }
    }

    fn next(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }

    fn due(&self, clock: Timestamp) -> impl Iterator<Item = PartId> {
        self.by_time.iter().take_while(move |(at, _)| *at <= clock).map(|(_, part)| part.clone())
    }
}

fn just_after(instant: Timestamp) -> Timestamp {
    instant + Duration(1)
}

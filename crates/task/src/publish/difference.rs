//! What readers lack: the parts of the table against the published view, in the neighbourhood of a mark.
//!
//! A published alert belongs to the table's alert of the same run that overlaps it. A neighbourhood is closed
//! under that: parts and published incidents that hold overlapping alerts. Nothing outside can change what is
//! to be said inside, so comparing neighbourhoods of marks gives what comparing everything gives.
//!
//! Within it every published incident claims the part with the least alert among those it overlaps. Of
//! several claims on a part the incident that was published first wins, the others are merged into it.
//! Unclaimed parts are opened, and incidents that overlap nothing are withdrawn, unless readers have their
//! last row.

use super::machine::Machine;
use super::queue::Mark;
use super::revision::{DISPUTED, NO_DOCUMENT, Published, is_live};
use super::view::View;
use event::id::{Id, Ids};
use event::time::Timestamp;
use incident::codec::{Cause, Kind, hash};
use incident::table::{Member, Part, PartId};
use std::collections::{BTreeMap, BTreeSet};

/// Parts and published incidents that hold overlapping alerts.
#[derive(Debug, Default)]
pub(super) struct Neighbourhood {
    parts: BTreeMap<PartId, Part>,
    incidents: BTreeSet<Id>,
    /// No more live, but readers were told two things about the end.
    disputed: BTreeSet<Id>,
}

/// A revision that readers lack.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) id: Id,
    /// What readers will have been told.
    pub(super) told: Published,
    pub(super) cause: Cause,
    pub(super) part: Option<PartId>,
    pub(super) removed: Vec<Id>,
    pub(super) merged_from: Vec<Id>,
    pub(super) merged_into: Option<Id>,
    pub(super) split_from: Vec<Id>,
    /// The incident whose flight has to end first.
    pub(super) waits_for: Option<Id>,
    /// Once this is said, there is more to say of it: a revision says one thing at a time.
    pub(super) has_sequel: bool,
}

/// Both sides of a comparison.
pub(super) struct Compare<'a, M> {
    pub(super) machine: &'a M,
    pub(super) view: &'a View,
    pub(super) ids: &'a Ids,
}

impl<M: Machine> Compare<'_, M> {
    /// Everything that a mark reaches.
    pub(super) fn around(&self, mark: &Mark) -> Neighbourhood {
        let mut found = Neighbourhood::default();
        let mut alerts = Vec::new();
        match mark {
            Mark::Part(id) => self.reach_part(id.clone(), &mut found, &mut alerts),
            Mark::Alert(member) => alerts.push(*member),
            Mark::Incident(id) => self.reach_incident(*id, &mut found, &mut alerts),
        }
        self.close(&mut found, alerts);
        found
    }

    /// The whole table and the whole view.
    pub(super) fn everything(&self) -> Neighbourhood {
        let (mut found, mut alerts) = (Neighbourhood::default(), Vec::new());
        for id in self.machine.part_ids() {
            self.reach_part(id, &mut found, &mut alerts);
        }
        for id in self.view.ids() {
            self.reach_incident(id, &mut found, &mut alerts);
        }
        found
    }

    fn close(&self, found: &mut Neighbourhood, mut alerts: Vec<Member>) {
        while let Some(alert) = alerts.pop() {
            for id in self.view.overlapping(&alert) {
                self.reach_incident(id, found, &mut alerts);
            }
            for other in self.machine.overlapping(&alert) {
                if let Some(part) = self.machine.part_of(other.id) {
                    self.reach_part(part, found, &mut alerts);
                }
            }
        }
    }

    fn reach_part(&self, id: PartId, found: &mut Neighbourhood, alerts: &mut Vec<Member>) {
        if found.parts.contains_key(&id) {
            return;
        }
        if let Some(part) = self.machine.part(&id) {
            alerts.extend(&part.members);
            found.parts.insert(id, part);
        }
    }

    fn reach_incident(&self, id: Id, found: &mut Neighbourhood, alerts: &mut Vec<Member>) {
        let Some(told) = self.view.current(id).filter(|_| !self.view.is_frozen(id)) else { return };
        if is_live(told.kind) && found.incidents.insert(id) {
            alerts.extend(&told.members);
        } else if self.view.is_disputed_end(id) {
            found.disputed.insert(id);
        }
    }

    /// What readers lack of a neighbourhood, in the order in which it is to be said.
    pub(super) fn changes(&self, found: &Neighbourhood) -> Vec<Change> {
        let claims = self.claims(found);
        let mut changes = Vec::new();
        for (id, part) in &found.parts {
            match claims.held.get(id) {
                Some(claimants) => self.amend(part, claimants, &mut changes),
                None => changes.extend(self.open(part, claims.left.get(id))),
            }
        }
        let gone = claims.gone.iter().chain(&found.disputed);
        changes.extend(gone.filter_map(|id| self.end(*id, Kind::Withdrawn)));
        changes
    }

    /// Parts that leave the table and of which readers have the last revision.
    pub(super) fn finished(&self, found: &Neighbourhood) -> Vec<(PartId, Id)> {
        let claims = self.claims(found);
        let finished = |id: Id| {
            let last = self.view.current(id).is_some_and(|told| told.last);
            last && !self.view.is_in_flight(id)
        };
        let leaving = found.parts.iter().filter(|(_, part)| part.leaving);
        let held = leaving.filter_map(|(part, _)| Some((part.clone(), *claims.held.get(part)?.first()?)));
        held.filter(|(_, id)| finished(*id)).collect()
    }

    fn claims(&self, found: &Neighbourhood) -> Claims {
        let runs = runs_of(found);
        let mut oldest: Vec<(u64, Id, &Published)> = found
            .incidents
            .iter()
            .filter_map(|id| self.view.current(*id).map(|told| (told.first, *id, told)))
            .collect();
        oldest.sort_by_key(|(first, id, _)| (*first, *id));
        let mut claims = Claims::default();
        for (_, id, told) in oldest {
            let mut parts: Vec<&PartId> = told.members.iter().flat_map(|m| overlaps(&runs, m)).collect();
            parts.sort_by_key(|part| found.parts.get(part).map(least));
            parts.dedup();
            match parts.split_first() {
                Some((held, left)) => claims.hold(id, held, left),
                // After its last row an incident overlaps nothing because its part has left the table.
                None if told.last => {}
                None => claims.gone.push(id),
            }
        }
        claims
    }

    fn amend(&self, part: &Part, claimants: &[Id], changes: &mut Vec<Change>) {
        let Some((&survivor, merged)) = claimants.split_first() else { return };
        let change = self.update(part, survivor, merged);
        // The survivor says what became of the others before they do.
        let held_up = change.as_ref().and_then(|change| change.waits_for);
        changes.extend(change);
        for &id in merged {
            let ended = self.end(id, Kind::Merged);
            changes.extend(ended.map(|change| Change {
                merged_into: Some(survivor),
                waits_for: change.waits_for.or(held_up),
                ..change
            }));
        }
    }

    fn update(&self, part: &Part, id: Id, merged: &[Id]) -> Option<Change> {
        let before = self.view.current(id)?;
        let hash = hash(part);
        let (kind, settled, closed) = match (part.settled && !before.settled, part.closed && !before.closed) {
            (true, _) => (Kind::Settled, true, part.closed && before.closed),
            (false, true) => (Kind::Closed, part.settled, true),
            (false, false) => (Kind::Updated, part.settled, part.closed),
        };
        let told = Published {
            revision: before.revision + 1,
            kind,
            settled,
            closed,
            last: part.leaving && (settled, closed) == (part.settled, part.closed),
            evidence: part.document.evidence_total as u64,
            hash,
            members: part.members.clone(),
            first: before.first,
        };
        if kind == Kind::Updated && told.leaves_as_it_was(before) {
            return None;
        }
        let cause = match kind {
            Kind::Settled | Kind::Closed => Cause::Clock,
            _ if before.hash == DISPUTED => Cause::Repair,
            _ => Cause::Events,
        };
        let removed = left(&before.members, &part.members);
        Some(Change { cause, removed, merged_from: merged.to_vec(), ..self.change(id, told, part) })
    }

    fn open(&self, part: &Part, split_from: Option<&Vec<Id>>) -> Option<Change> {
        if part.members.iter().all(|member| self.view.is_told_by_frozen(member)) {
            return None;
        }
        let (_, least) = least(part);
        let is_free = |id: &Id| !self.view.current(*id).is_some_and(|told| is_live(told.kind));
        let id = (1..).map(|ordinal| self.ids.incident(least, ordinal)).find(is_free)?;
        let before = self.view.current(id);
        let told = Published {
            revision: before.map_or(1, |before| before.revision + 1),
            kind: Kind::Opened,
            settled: false,
            closed: false,
            last: false,
            evidence: part.document.evidence_total as u64,
            hash: hash(part),
            members: part.members.clone(),
            first: before.map_or(u64::MAX, |before| before.first),
        };
        let split_from = split_from.cloned().unwrap_or_default();
        Some(Change { split_from, ..self.change(id, told, part) })
    }

    fn end(&self, id: Id, kind: Kind) -> Option<Change> {
        let before = self.view.current(id)?;
        let told = Published {
            revision: before.revision + 1,
            kind,
            last: false,
            hash: NO_DOCUMENT,
            ..before.clone()
        };
        let removed = match kind {
            Kind::Withdrawn => before.members.iter().map(|member| member.id).collect(),
            _ => Vec::new(),
        };
        let waits_for = self.view.is_in_flight(id).then_some(id);
        Some(Change { removed, waits_for, ..Change::new(id, told) })
    }

    fn change(&self, id: Id, told: Published, part: &Part) -> Change {
        let waits_for = self.view.is_in_flight(id).then_some(id);
        let said = (told.settled, told.closed) == (part.settled, part.closed);
        let has_sequel = !said || told.last != part.leaving;
        Change { part: Some(part.id.clone()), waits_for, has_sequel, ..Change::new(id, told) }
    }
}

impl Change {
    fn new(id: Id, told: Published) -> Self {
        Change {
            id,
            told,
            cause: Cause::Events,
            part: None,
            removed: Vec::new(),
            merged_from: Vec::new(),
            merged_into: None,
            split_from: Vec::new(),
            waits_for: None,
            has_sequel: false,
        }
    }
}

/// Which published incidents belong to which parts.
#[derive(Debug, Default)]
struct Claims {
    /// The claimants of a part, the one published first in front.
    held: BTreeMap<PartId, Vec<Id>>,
    /// The incidents that overlap a part and claim another.
    left: BTreeMap<PartId, Vec<Id>>,
    /// Incidents that overlap nothing.
    gone: Vec<Id>,
}

impl Claims {
    fn hold(&mut self, id: Id, held: &PartId, left: &[&PartId]) {
        self.held.entry(held.clone()).or_default().push(id);
        for &part in left {
            self.left.entry(part.clone()).or_default().push(id);
        }
    }
}

/// Spans of the alerts of each run, with their parts.
type Runs<'a> = BTreeMap<(Id, Timestamp), (Timestamp, &'a PartId)>;

/// The least alert of a part: it gives an incident its id.
fn least(part: &Part) -> (Timestamp, Id) {
    part.members.first().map_or((Timestamp::MAX, Id::default()), |member| (member.first_at, member.id))
}

/// Alerts of one run never overlap in a table, so the last one that begins before an end is found first.
fn runs_of(found: &Neighbourhood) -> Runs<'_> {
    let mut runs = Runs::new();
    for (id, part) in &found.parts {
        runs.extend(part.members.iter().map(|m| ((m.run, m.first_at), (m.last_at, id))));
    }
    runs
}

fn overlaps<'a>(runs: &Runs<'a>, member: &Member) -> Vec<&'a PartId> {
    let before = runs.range((member.run, Timestamp::MIN)..=(member.run, member.last_at));
    before.rev().take_while(|(_, (end, _))| *end >= member.first_at).map(|(_, (_, part))| *part).collect()
}

/// Alerts that readers were told of and that overlap none of those that are there now.
fn left(before: &[Member], now: &[Member]) -> Vec<Id> {
    let runs: BTreeMap<_, _> = now.iter().map(|m| ((m.run, m.first_at), m.last_at)).collect();
    let is_there = |alert: &Member| {
        let before = runs.range((alert.run, Timestamp::MIN)..=(alert.run, alert.last_at));
        before.last().is_some_and(|(_, end)| *end >= alert.first_at)
    };
    before.iter().filter(|alert| !is_there(alert)).map(|alert| alert.id).collect()
}

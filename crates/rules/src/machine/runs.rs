//! Runs: detections of one rule and key become alerts (engine.md §2.5): a maximal run with gaps ≤ `quiet`, cut at
//! first_at + 24 h; with `clear when`, all up to the first instant at which it is clear. A function of the set of
//! detections (and of where it is clear), so a late event extends, merges or splits what stands.
//!
//! A detection names what it rests on by number; an event is described once, when an alert first shows it. Whatever can
//! still change a run lies within the retention of its rule, so what has to be described then is still kept.

mod evidence;
#[cfg(test)]
mod tests;

use super::blindness::{self, Relied};
use super::clear::Clear;
use super::derive::Standing;
use super::describe::Describer;
use crate::program::fault::{Fault, Faults};
use event::alert::{Alert, AlertChange, Emission, Entities, Level, Place, Unknown};
use event::coordinates::Topics;
use event::field::FieldId;
use event::id::{Id, Ids};
use event::time::{Duration, Timestamp};
use event::value::OwnedValue;
use evidence::Teller;
pub use evidence::Witness;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest span of one alert.
pub const RUN_MAX: Duration = Duration::from_secs(86_400);
/// Evidence and entities of one alert, life safety apart.
pub const EVIDENCE_MAX: usize = 64;

/// A reported detection.
#[derive(Clone, Debug)]
pub struct Detection {
    /// Its ts.
    pub ts: Timestamp,
    /// The terminal event's place in ≺.
    pub place: Place,
    /// The terminal event's id, if its place does not make it.
    pub terminal: Option<Id>,
    /// Severity that its event reaches.
    pub level: Level,
    /// What it rests on, by ≺. Empty: its alert shows enough without it.
    pub rests_on: Box<[Witness]>,
    /// What it tells of itself; neighbours that tell the same share it.
    pub account: Arc<Account>,
    /// Where it relied on nothing having happened (`blind`).
    pub relied: Box<[Relied]>,
    /// Where nobody would have told.
    pub unknown: Vec<Unknown>,
    /// `clear when`: the first instant from its ts on at which it is clear, ns. Kept right as far as it says whether the
    /// next detection is of the same alert.
    pub cleared: i64,
}

/// What a detection tells of itself beside its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its site.
    pub site: Arc<str>,
    /// Filled title, should it be the first.
    pub title: String,
    /// Captured values by path, should it be the first.
    pub captured: BTreeMap<Arc<str>, OwnedValue>,
    /// The entities it names, sorted.
    pub entities: Vec<(&'static str, Arc<str>)>,
    /// Listed entities in their fields, for the events that are made of it.
    pub carried: Vec<(FieldId, String)>,
}

/// The detections of one rule and key, and the alerts they make.
#[derive(Clone, Debug)]
pub struct Run {
    /// Sorted by (ts, place).
    pub detections: Vec<Detection>,
    /// As last sent out, by first_at.
    pub alerts: Vec<Told>,
    /// The pattern of every alert of it: rule, key, flags.
    pub frame: Arc<Frame>,
    /// No bound was hit.
    pub exact: bool,
    /// Detections changed since the alerts were made.
    pub dirty: bool,
    /// Detections that were only added behind all others since then; the rest is as the alerts say.
    appended: usize,
    /// Some detections were kept without what they rest on, which their alert had enough of.
    thin: bool,
    /// The timer that is set for it; `i64::MAX` if none.
    pub timer: i64,
    /// Its events that stand in cells above.
    pub derived: Vec<Standing>,
}

/// An alert as it was last sent out.
#[derive(Clone, Debug)]
pub struct Told {
    /// The alert.
    pub alert: Arc<Alert>,
    /// What its evidence describes, in the same order.
    pub shows: Vec<Witness>,
}

/// What all alerts of one rule and key share.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Index of the rule.
    pub rule: u32,
    /// An alert without detections.
    pub blank: Alert,
    /// The rule says `blind`, perhaps with the severity of alerts that are.
    pub blind: Option<Option<Level>>,
    /// What ends an alert.
    pub ends: Ends,
    /// An alert settles this long after its last detection, or after it is clear.
    pub settles_after: Duration,
    /// The namespace's ids.
    pub ids: Ids,
    /// Names of topics, for the ids of places.
    pub topics: Arc<Topics>,
    /// None, but in tests of the tests.
    pub faults: Faults,
}

impl Frame {
    /// The id of a detection's terminal event: it is hashed for what is kept, published or printed only.
    pub fn terminal(&self, detection: &Detection) -> Id {
        let at = detection.place.coordinates;
        let of_place = || self.ids.event_at(self.topics.name(at.topic), at.partition, at.offset, at.index);
        detection.terminal.unwrap_or_else(of_place)
    }
}

/// What ends an alert.
#[derive(Clone, Copy, Debug)]
pub enum Ends {
    /// No detection for longer than this, or the longest span.
    Quiet(Duration),
    /// `clear when` holds: see [`Detection::cleared`].
    Clear,
}

impl Run {
    /// Without detections.
    pub fn new(frame: Arc<Frame>) -> Run {
        Run {
            detections: Vec::new(),
            alerts: Vec::new(),
            frame,
            exact: true,
            dirty: false,
            appended: 0,
            thin: false,
            timer: i64::MAX,
            derived: Vec::new(),
        }
    }

    /// Asks again for what is not known. `true`: something changed.
    pub fn look_again(&mut self, unknown: impl Fn(&[Relied]) -> Vec<Unknown>) -> bool {
        let mut changed = false;
        for detection in &mut self.detections {
            let now = unknown(&detection.relied);
            changed |= now != detection.unknown;
            detection.unknown = now;
        }
        if changed {
            self.begin_anew();
            self.dirty = true;
        }
        changed
    }

    /// The severity of some detections, with what is not known of them.
    pub fn severity(&self, detections: &[Detection]) -> Level {
        let raised = detections.iter().map(|d| d.level).max().unwrap_or(self.frame.blank.severity);
        let is_blind = detections.iter().any(|d| !d.unknown.is_empty());
        self.frame.blind.flatten().filter(|_| is_blind).unwrap_or(raised)
    }

    fn position(&self, ts: Timestamp, place: &Place) -> Result<usize, usize> {
        self.detections.binary_search_by(|d| (d.ts, &d.place).cmp(&(ts, place)))
    }

    /// Whether it holds a detection: a settled one has left.
    pub fn holds(&self, ts: Timestamp, place: &Place) -> bool {
        self.position(ts, place).is_ok()
    }

    /// Adds a detection, or replaces what is known of it.
    pub fn set(&mut self, detection: Detection) {
        self.thin |= detection.rests_on.is_empty();
        if self.detections.last().is_none_or(|last| last.ts < detection.ts) {
            self.detections.push(detection);
            self.appended += 1;
        } else {
            match self.position(detection.ts, &detection.place) {
                Ok(at) => {
                    let cleared = self.detections[at].cleared;
                    self.detections[at] = Detection { cleared, ..detection };
                }
                Err(at) => self.detections.insert(at, detection),
            }
            self.begin_anew();
        }
        self.dirty = true;
    }

    /// Puts a detection of a snapshot back, which holds them in order.
    pub fn put_back(&mut self, detection: Detection) {
        self.thin |= detection.rests_on.is_empty();
        self.detections.push(detection);
    }

    /// Takes a detection back.
    pub fn remove(&mut self, ts: Timestamp, place: &Place) {
        if let Ok(at) = self.position(ts, place) {
            self.detections.remove(at);
            self.begin_anew();
            self.dirty = true;
            // Another detection may have to show evidence now that was not kept for it.
            self.exact &= !self.thin;
        }
    }

    /// Nothing of the alerts can be carried on.
    fn begin_anew(&mut self) {
        self.appended = self.detections.len();
    }

    /// Whether a detection at `ts` would only lengthen the last alert, which has all the evidence it can show. Of life
    /// safety every detection shows its own; a rule that may take back could need what was not kept.
    pub fn has_enough_evidence(&self, ts: Timestamp) -> bool {
        let blank = &self.frame.blank;
        let newest = self.detections.last().is_some_and(|last| last.ts <= ts);
        newest
            && !blank.life_safety
            && blank.emission == Emission::M
            && self.alerts.last().zip(self.detections.last()).is_some_and(|(told, last)| {
                told.shows.len() == EVIDENCE_MAX
                    && told.alert.last_at <= ts
                    && self.goes_on((told.alert.first_at, told.alert.last_at, last.cleared), ts)
            })
    }

    /// Whether a detection at `ts` is of the alert that began, was last detected and is clear then.
    fn goes_on(&self, (first_at, last_at, cleared): (Timestamp, Timestamp, i64), ts: Timestamp) -> bool {
        match self.frame.ends {
            Ends::Quiet(quiet) => ts - last_at <= quiet && ts - first_at <= RUN_MAX,
            Ends::Clear => ts.0 <= cleared,
        }
    }

    /// From where on nothing that is detected can be of the alert any more.
    fn end_of(&self, alert: &Alert) -> Timestamp {
        match self.frame.ends {
            Ends::Quiet(_) => alert.last_at,
            Ends::Clear => {
                let upto = self.detections.partition_point(|d| d.ts <= alert.last_at);
                let last = upto.checked_sub(1).map(|last| self.detections[last].cleared);
                last.map_or(alert.last_at, Timestamp)
            }
        }
    }

    fn is_settled(&self, alert: &Alert, clock: Timestamp) -> bool {
        clock > self.end_of(alert) + self.frame.settles_after
    }

    /// The first detection that has to know again where it is clear, after that changed from `from` on: one with the next
    /// one behind `from`.
    fn first_unclear(&self, from: i64) -> usize {
        let at = self.detections.partition_point(|d| d.ts.0 <= from).saturating_sub(1);
        let known = self.detections.get(at).is_some_and(|d| d.cleared < from);
        at + usize::from(known)
    }

    /// The last detection's ts, if a change of what is clear from `from` on matters.
    pub fn asks_clear(&self, from: i64) -> Option<Timestamp> {
        let last = self.detections.get(self.first_unclear(from)..)?.last()?;
        Some(last.ts)
    }

    /// Takes in where it is clear from `from` on. `true`: the alerts may be others, or end earlier.
    pub fn set_clear(&mut self, from: i64, clear: &Clear) -> bool {
        let first = self.first_unclear(from);
        let known = self.detections.len().saturating_sub(self.appended);
        let mut changed = false;
        for at in first..self.detections.len() {
            let (old, ts) = (self.detections[at].cleared, self.detections[at].ts.0);
            let new = clear.first_from(ts.max(from));
            self.detections[at].cleared = new;
            changed |= new < old;
            let next = self.detections.get(at + 1).filter(|_| at + 1 < known);
            if next.is_some_and(|next| (next.ts.0 <= old) != (next.ts.0 <= new)) {
                self.begin_anew();
                changed = true;
            }
        }
        self.dirty |= changed;
        changed
    }

    /// Makes the alerts anew, or carries them on, and sends out the difference to those sent before.
    pub fn refresh(&mut self, describer: &Describer<'_>, clock: Timestamp, changes: &mut Vec<AlertChange>) {
        match self.carries_on() {
            true => self.carry_on(describer, clock, changes),
            false => self.make_anew(describer, clock, changes),
        }
        self.dirty = false;
        self.appended = 0;
    }

    fn make_anew(&mut self, describer: &Describer<'_>, clock: Timestamp, changes: &mut Vec<AlertChange>) {
        let teller = Teller::new(describer, self.frame.rule, &self.alerts);
        let segments = self.segments().into_iter();
        let alerts: Vec<Told> = segments.map(|segment| self.tell(segment, &teller, clock)).collect();
        for Told { alert: old, .. } in &self.alerts {
            if !alerts.iter().any(|new| new.alert.id == old.id) {
                let heir = self.heir(old, &alerts);
                changes.push(AlertChange::Removed { id: old.id, merged_into: heir });
            }
        }
        for Told { alert: new, .. } in &alerts {
            if !self.alerts.iter().any(|old| old.alert == *new) {
                changes.push(AlertChange::Set(new.clone()));
            }
        }
        self.alerts = alerts;
    }

    /// Whether all that has come since lengthens the last alert, if anything has: then the work is that of a batch, not of
    /// the whole run.
    fn carries_on(&self) -> bool {
        let known = self.detections.len() - self.appended;
        let last = self.alerts.last().filter(|_| known > 0);
        let Some(Told { alert: last, .. }) = last else { return false };
        let (mut last_at, mut cleared) = (last.last_at, self.detections[known - 1].cleared);
        self.frame.blind.is_none()
            && !(last.settled && self.appended > 0)
            && self.detections[known..].iter().all(|detection| {
                let goes_on = self.goes_on((last.first_at, last_at, cleared), detection.ts);
                (last_at, cleared) = (detection.ts, detection.cleared);
                goes_on
            })
    }

    fn carry_on(&mut self, describer: &Describer<'_>, clock: Timestamp, changes: &mut Vec<AlertChange>) {
        let known = self.detections.len() - self.appended;
        let newest = self.alerts.len().saturating_sub(1);
        let mut alerts = std::mem::take(&mut self.alerts);
        for (at, told) in alerts.iter_mut().enumerate() {
            let is_longer = at == newest && self.appended > 0;
            if is_longer {
                let teller = Teller::new(describer, self.frame.rule, &[]);
                let pairs = self.detections[known - 1..].windows(2);
                pairs.for_each(|pair| teller.lengthen(told, &pair[1], &pair[0]));
                Arc::make_mut(&mut told.alert).exact = self.exact;
            }
            let settles = !told.alert.settled && self.is_settled(&told.alert, clock);
            if settles {
                Arc::make_mut(&mut told.alert).settled = true;
            }
            if is_longer || settles {
                changes.push(AlertChange::Set(told.alert.clone()));
            }
        }
        self.alerts = alerts;
    }

    /// The earlier alert that holds the detection with which `old` began.
    fn heir(&self, old: &Alert, alerts: &[Told]) -> Option<Id> {
        let begins = |d: &&Detection| d.ts == old.first_at && self.id_of(d) == old.id;
        let detection = self.detections.iter().find(begins)?;
        let holds = |a: &&Alert| a.first_at <= detection.ts && detection.ts <= a.last_at;
        alerts.iter().map(|told| &*told.alert).find(holds).map(|a| a.id)
    }

    fn id_of(&self, detection: &Detection) -> Id {
        self.frame.ids.alert(&self.frame.blank.rule, &self.frame.blank.key, self.frame.terminal(detection))
    }

    /// Ranges of detections that belong to one alert each.
    fn segments(&self) -> Vec<std::ops::Range<usize>> {
        let mut segments: Vec<std::ops::Range<usize>> = Vec::new();
        for (at, detection) in self.detections.iter().enumerate() {
            let joins = segments.last().is_some_and(|segment| {
                let (first, last) = (&self.detections[segment.start], &self.detections[at - 1]);
                self.goes_on((first.ts, last.ts, last.cleared), detection.ts)
            });
            match segments.last_mut() {
                Some(segment) if joins => segment.end = at + 1,
                _ => segments.push(at..at + 1),
            }
        }
        segments
    }

    fn tell(&self, segment: std::ops::Range<usize>, teller: &Teller<'_>, clock: Timestamp) -> Told {
        let detections = &self.detections[segment];
        let (first, last) = (&detections[0], &detections[detections.len() - 1]);
        let blank = &self.frame.blank;
        let shows = teller.least(detections, blank.life_safety);
        let later = |told: &&Told| {
            (first.ts..=last.ts).contains(&told.alert.first_at) && told.alert.first_at > first.ts
        };
        let later = self.alerts.iter().find(later).filter(|_| self.frame.faults.has(Fault::LaterId));
        let mut alert = Alert {
            id: later.map_or_else(|| self.id_of(first), |told| told.alert.id),
            site: first.account.site.clone(),
            title: first.account.title.clone(),
            captured: first.account.captured.clone(),
            severity: self.severity(detections),
            unknown: blindness::joined(detections.iter().flat_map(|d| d.unknown.clone()).collect()),
            first_at: first.ts,
            last_at: last.ts,
            detections: detections.len() as u64,
            evidence: teller.describe_all(&shows),
            entities: entities(detections),
            settled: false,
            exact: self.exact,
            ..blank.clone()
        };
        alert.settled = self.is_settled(&alert, clock);
        Told { alert: Arc::new(alert), shows }
    }

    /// When the first of its alerts settles.
    pub fn wants(&self) -> i64 {
        let unsettled = self.alerts.iter().map(|told| &told.alert).filter(|a| !a.settled);
        let settles = unsettled.map(|a| (self.end_of(a) + self.frame.settles_after).0.saturating_add(1));
        settles.min().unwrap_or(i64::MAX)
    }

    /// Drops the settled alerts that were sent out. `true`: nothing is left.
    pub fn retire(&mut self) -> bool {
        let settled = self.alerts.iter().filter(|told| told.alert.settled);
        if let Some(last) = settled.map(|told| told.alert.last_at).max() {
            self.detections.retain(|d| d.ts > last);
            self.appended = self.appended.min(self.detections.len());
            self.alerts.retain(|told| !told.alert.settled);
            // Its events are as final as it is: they stay where they stand.
            self.derived.retain(|standing| standing.ts > last);
        }
        self.detections.is_empty() && self.alerts.is_empty()
    }
}

fn entities(detections: &[Detection]) -> Entities {
    let mut entities = Entities::new();
    let mut before: Option<&Arc<Account>> = None;
    for account in detections.iter().map(|detection| &detection.account) {
        if before.is_none_or(|before| !Arc::ptr_eq(before, account)) {
            add_entities(&mut entities, account);
        }
        before = Some(account);
    }
    entities
}

/// Adds what a detection names while there is room for it.
fn add_entities(entities: &mut Entities, account: &Account) {
    for (kind, id) in &account.entities {
        if entities.get(kind).is_some_and(|ids| ids.contains(id)) {
            continue;
        }
        if entities.values().map(|ids| ids.len()).sum::<usize>() >= EVIDENCE_MAX {
            return;
        }
        entities.entry(*kind).or_default().insert(id.clone());
    }
}

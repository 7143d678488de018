//! Runs: detections of one rule and key become alerts (engine.md §2.5): a maximal run with gaps ≤ `quiet`, cut at
//! first_at + 24 h. A function of the set of detections, so a late one extends, merges or splits what stands.
//!
//! A detection names what it rests on by number; an event is described once, when an alert first shows it. Whatever can
//! still change a run lies within the retention of its rule, so what has to be described then is still kept.

mod evidence;

use super::blindness::{self, Relied};
use super::derive::Standing;
use super::describe::Describer;
use event::alert::{Alert, AlertChange, Emission, Entities, Level, Place, Unknown};
use event::field::FieldId;
use event::id::Id;
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
    /// The terminal event's id.
    pub terminal: Id,
    /// Severity that its event reaches.
    pub level: Level,
    /// Its site.
    pub site: Arc<str>,
    /// What it rests on, by ≺. Empty: its alert shows enough without it.
    pub rests_on: Box<[Witness]>,
    /// The entities it names.
    pub entities: Vec<(&'static str, Arc<str>)>,
    /// Listed entities in their fields, for the events that are made of it.
    pub carried: Vec<(FieldId, String)>,
    /// Title and captured fields, should it be the first.
    pub head: Arc<Head>,
    /// Where it relied on nothing having happened (`blind`).
    pub relied: Box<[Relied]>,
    /// Where nobody would have told.
    pub unknown: Vec<Unknown>,
}

/// What an alert takes from its first detection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Filled title.
    pub title: String,
    /// Captured values by path.
    pub captured: BTreeMap<Arc<str>, OwnedValue>,
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
    /// The longest gap in a run.
    pub quiet: Duration,
    /// An alert settles this long after its last detection.
    pub settles_after: Duration,
    /// The namespace's ids.
    pub ids: event::id::Ids,
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
                Ok(at) => self.detections[at] = detection,
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
            && self.alerts.last().is_some_and(|told| {
                told.shows.len() == EVIDENCE_MAX && self.joins(&told.alert, ts) && told.alert.last_at <= ts
            })
    }

    fn joins(&self, alert: &Alert, ts: Timestamp) -> bool {
        ts - alert.last_at <= self.frame.quiet && ts - alert.first_at <= RUN_MAX
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
        let mut teller = Teller::new(describer, self.frame.rule, &self.alerts);
        let segments = self.segments().into_iter();
        let alerts: Vec<Told> = segments.map(|segment| self.tell(segment, &mut teller, clock)).collect();
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
        let mut last_at = last.last_at;
        self.frame.blind.is_none()
            && !(last.settled && self.appended > 0)
            && self.detections[known..].iter().all(|detection| {
                let joins =
                    detection.ts - last_at <= self.frame.quiet && detection.ts - last.first_at <= RUN_MAX;
                last_at = detection.ts;
                joins
            })
    }

    fn carry_on(&mut self, describer: &Describer<'_>, clock: Timestamp, changes: &mut Vec<AlertChange>) {
        let known = self.detections.len() - self.appended;
        let (appended, exact) = (&self.detections[known..], self.exact);
        let newest = self.alerts.len().saturating_sub(1);
        for (at, told) in self.alerts.iter_mut().enumerate() {
            let is_longer = at == newest && !appended.is_empty();
            if is_longer {
                let teller = Teller::new(describer, self.frame.rule, &[]);
                appended.iter().for_each(|detection| teller.lengthen(told, detection));
                Arc::make_mut(&mut told.alert).exact = exact;
            }
            let settles = !told.alert.settled && clock > told.alert.last_at + self.frame.settles_after;
            if settles {
                Arc::make_mut(&mut told.alert).settled = true;
            }
            if is_longer || settles {
                changes.push(AlertChange::Set(told.alert.clone()));
            }
        }
    }

    /// The earlier alert that holds the detection with which `old` began.
    fn heir(&self, old: &Alert, alerts: &[Told]) -> Option<Id> {
        let begins = |d: &&Detection| d.ts == old.first_at && self.id_of(d) == old.id;
        let detection = self.detections.iter().find(begins)?;
        let holds = |a: &&Alert| a.first_at <= detection.ts && detection.ts <= a.last_at;
        alerts.iter().map(|told| &*told.alert).find(holds).map(|a| a.id)
    }

    fn id_of(&self, detection: &Detection) -> Id {
        self.frame.ids.alert(&self.frame.blank.rule, &self.frame.blank.key, detection.terminal)
    }

    /// Ranges of detections that belong to one alert each.
    fn segments(&self) -> Vec<std::ops::Range<usize>> {
        let mut segments: Vec<std::ops::Range<usize>> = Vec::new();
        for (at, detection) in self.detections.iter().enumerate() {
            let joins = segments.last().is_some_and(|segment| {
                detection.ts - self.detections[at - 1].ts <= self.frame.quiet
                    && detection.ts - self.detections[segment.start].ts <= RUN_MAX
            });
            match segments.last_mut() {
                Some(segment) if joins => segment.end = at + 1,
                _ => segments.push(at..at + 1),
            }
        }
        segments
    }

    fn tell(&self, segment: std::ops::Range<usize>, teller: &mut Teller<'_>, clock: Timestamp) -> Told {
        let detections = &self.detections[segment];
        let (first, last) = (&detections[0], &detections[detections.len() - 1]);
        let blank = &self.frame.blank;
        let shows = teller.least(detections, blank.life_safety);
        let alert = Alert {
            id: self.id_of(first),
            site: first.site.clone(),
            title: first.head.title.clone(),
            captured: first.head.captured.clone(),
            severity: self.severity(detections),
            unknown: blindness::joined(detections.iter().flat_map(|d| d.unknown.clone()).collect()),
            first_at: first.ts,
            last_at: last.ts,
            detections: detections.len() as u64,
            evidence: shows.iter().map(|witness| teller.describe(witness)).collect(),
            entities: entities(detections),
            settled: clock > last.ts + self.frame.settles_after,
            exact: self.exact,
            ..blank.clone()
        };
        Told { alert: Arc::new(alert), shows }
    }

    /// When the first of its alerts settles.
    pub fn wants(&self) -> i64 {
        let unsettled = self.alerts.iter().map(|told| &told.alert).filter(|a| !a.settled);
        let settles = unsettled.map(|a| (a.last_at + self.frame.settles_after).0.saturating_add(1));
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
    detections.iter().for_each(|detection| add_entities(&mut entities, detection));
    entities
}

/// Adds a detection's entities while there is room for them.
fn add_entities(entities: &mut Entities, detection: &Detection) {
    for (kind, id) in &detection.entities {
        if entities.get(kind).is_some_and(|ids| ids.contains(id)) {
            continue;
        }
        if entities.values().map(|ids| ids.len()).sum::<usize>() >= EVIDENCE_MAX {
            return;
        }
        entities.entry(*kind).or_default().insert(id.clone());
    }
}

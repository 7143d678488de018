//! Runs: detections of one rule and key become alerts (engine.md §2.5): a maximal run with gaps ≤ `quiet`, cut at
//! first_at + 24 h. A function of the set of detections, so a late one extends, merges or splits what stands.

use super::derive::Standing;
use super::events::EventRef;
use event::alert::{Alert, AlertChange, Emission, Entities, Evidence, Level, Place};
use event::field::FieldId;
use event::id::Id;
use event::time::{Duration, Timestamp};
use event::value::OwnedValue;
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
    /// What it rests on, by ≺.
    pub evidence: Vec<Arc<Evidence>>,
    /// The entities it names.
    pub entities: Vec<(&'static str, Arc<str>)>,
    /// Listed entities in their fields, for the events that are made of it.
    pub carried: Vec<(FieldId, String)>,
    /// Title and captured fields, should it be the first.
    pub head: Arc<Head>,
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
    pub alerts: Vec<Alert>,
    /// The pattern of every alert of it: rule, key, marks.
    pub frame: Arc<Frame>,
    /// Some bound was hit.
    pub exact: bool,
    /// Detections changed since the alerts were made.
    pub dirty: bool,
    /// Detections that were only added behind all others since then; the rest is as the alerts say.
    appended: usize,
    /// Some detections were kept without evidence, which their alert had enough of.
    thin: bool,
    /// What the last described detection rests on: the next one mostly rests on the same.
    pub recent: Recent,
    /// The timer that is set for it; `i64::MAX` if none.
    pub timer: i64,
    /// Its events that stand in cells above.
    pub derived: Vec<Standing>,
}

/// Described events, sorted by event and step.
pub type Recent = Vec<((EventRef, u16), Arc<Evidence>)>;

/// What all alerts of one rule and key share.
#[derive(Clone, Debug)]
pub struct Frame {
    /// An alert without detections.
    pub blank: Alert,
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
            recent: Recent::new(),
            timer: i64::MAX,
            derived: Vec::new(),
        }
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
        self.thin |= detection.evidence.is_empty();
        match self.position(detection.ts, &detection.place) {
            Ok(at) => {
                self.detections[at] = detection;
                self.begin_anew();
            }
            Err(at) if at == self.detections.len() => {
                self.detections.push(detection);
                self.appended += 1;
            }
            Err(at) => {
                self.detections.insert(at, detection);
                self.begin_anew();
            }
        }
        self.dirty = true;
    }

    /// Puts a detection of a snapshot back, which holds them in order.
    pub fn put_back(&mut self, detection: Detection) {
        self.thin |= detection.evidence.is_empty();
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
            && self.alerts.last().is_some_and(|alert| {
                alert.evidence.len() == EVIDENCE_MAX && self.joins(alert, ts) && alert.last_at <= ts
            })
    }

    fn joins(&self, alert: &Alert, ts: Timestamp) -> bool {
        ts - alert.last_at <= self.frame.quiet && ts - alert.first_at <= RUN_MAX
    }

    /// Makes the alerts anew, or carries them on, and sends out the difference to those sent before.
    pub fn refresh(&mut self, clock: Timestamp, changes: &mut Vec<AlertChange>) {
        match self.carries_on() {
            true => self.carry_on(clock, changes),
            false => self.make_anew(clock, changes),
        }
        self.dirty = false;
        self.appended = 0;
    }

    fn make_anew(&mut self, clock: Timestamp, changes: &mut Vec<AlertChange>) {
        let segments = self.segments().into_iter();
        let alerts: Vec<Alert> = segments.map(|segment| self.alert(segment, clock)).collect();
        for old in &self.alerts {
            if !alerts.iter().any(|new| new.id == old.id) {
                let heir = self.heir(old, &alerts);
                changes.push(AlertChange::Removed { id: old.id, merged_into: heir });
            }
        }
        for new in &alerts {
            if !self.alerts.iter().any(|old| old == new) {
                changes.push(AlertChange::Set(Box::new(new.clone())));
            }
        }
        self.alerts = alerts;
    }

    /// Whether all that has come since lengthens the last alert, if anything has: then the work is that of a batch, not of
    /// the whole run.
    fn carries_on(&self) -> bool {
        let known = self.detections.len() - self.appended;
        let Some(last) = self.alerts.last().filter(|_| known > 0) else { return false };
        let mut last_at = last.last_at;
        !(last.settled && self.appended > 0)
            && self.detections[known..].iter().all(|detection| {
                let joins =
                    detection.ts - last_at <= self.frame.quiet && detection.ts - last.first_at <= RUN_MAX;
                last_at = detection.ts;
                joins
            })
    }

    fn carry_on(&mut self, clock: Timestamp, changes: &mut Vec<AlertChange>) {
        let known = self.detections.len() - self.appended;
        let (appended, exact) = (&self.detections[known..], self.exact);
        let newest = self.alerts.len().saturating_sub(1);
        for (at, alert) in self.alerts.iter_mut().enumerate() {
            let is_longer = at == newest && !appended.is_empty();
            if is_longer {
                appended.iter().for_each(|detection| lengthen(alert, detection));
                alert.exact = exact;
            }
            let settles = !alert.settled && clock > alert.last_at + self.frame.settles_after;
            alert.settled |= settles;
            if is_longer || settles {
                changes.push(AlertChange::Set(Box::new(alert.clone())));
            }
        }
    }

    /// The earlier alert that holds the detection with which `old` began.
    fn heir(&self, old: &Alert, alerts: &[Alert]) -> Option<Id> {
        let begins = |d: &&Detection| d.ts == old.first_at && self.id_of(d) == old.id;
        let detection = self.detections.iter().find(begins)?;
        let holds = |a: &&Alert| a.first_at <= detection.ts && detection.ts <= a.last_at;
        alerts.iter().find(holds).map(|a| a.id)
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

    fn alert(&self, segment: std::ops::Range<usize>, clock: Timestamp) -> Alert {
        let detections = &self.detections[segment];
        let (first, last) = (&detections[0], &detections[detections.len() - 1]);
        let blank = &self.frame.blank;
        let severity = detections.iter().map(|d| d.level).max().unwrap_or(blank.severity);
        Alert {
            id: self.id_of(first),
            site: first.site.clone(),
            title: first.head.title.clone(),
            captured: first.head.captured.clone(),
            severity,
            first_at: first.ts,
            last_at: last.ts,
            detections: detections.len() as u64,
            evidence: evidence(detections, blank.life_safety),
            entities: entities(detections),
            settled: clock > last.ts + self.frame.settles_after,
            exact: self.exact,
            ..blank.clone()
        }
    }

    /// When the first of its alerts settles.
    pub fn wants(&self) -> i64 {
        let unsettled = self.alerts.iter().filter(|a| !a.settled);
        let settles = unsettled.map(|a| (a.last_at + self.frame.settles_after).0.saturating_add(1));
        settles.min().unwrap_or(i64::MAX)
    }

    /// Drops the settled alerts that were sent out. `true`: nothing is left.
    pub fn retire(&mut self) -> bool {
        if let Some(last) = self.alerts.iter().filter(|a| a.settled).map(|a| a.last_at).max() {
            self.detections.retain(|d| d.ts > last);
            self.appended = self.appended.min(self.detections.len());
            self.alerts.retain(|a| !a.settled);
            // Its events are as final as it is: they stay where they stand.
            self.derived.retain(|standing| standing.ts > last);
        }
        self.detections.is_empty() && self.alerts.is_empty()
    }
}

/// A detection behind all others of the alert.
fn lengthen(alert: &mut Alert, detection: &Detection) {
    alert.last_at = detection.ts;
    alert.detections += 1;
    alert.severity = alert.severity.max(detection.level);
    add_entities(&mut alert.entities, detection);
    detection.evidence.iter().for_each(|entry| show(&mut alert.evidence, entry, alert.life_safety));
}

/// The ≺-least entries over all detections; of life safety all.
fn evidence(detections: &[Detection], life_safety: bool) -> Vec<Arc<Evidence>> {
    let mut least = Vec::new();
    detections.iter().flat_map(|d| &d.evidence).for_each(|entry| show(&mut least, entry, life_safety));
    least
}

/// Adds an entry if it is among the ≺-least that an alert shows.
fn show(shown: &mut Vec<Arc<Evidence>>, entry: &Arc<Evidence>, life_safety: bool) {
    let order =
        |a: &Evidence, b: &Evidence| (&a.place, a.event_id, &*a.step).cmp(&(&b.place, b.event_id, &*b.step));
    let is_full = !life_safety && shown.len() >= EVIDENCE_MAX;
    match shown.binary_search_by(|other| order(other, entry)) {
        Ok(_) => {}
        Err(at) if is_full && at == shown.len() => {}
        Err(at) => {
            if is_full {
                shown.pop();
            }
            shown.insert(at, entry.clone());
        }
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

//! Which events an alert shows as its evidence, and their description: the 64 ≺-least over all its detections, of life
//! safety all (language.md §7). Compares numbers and instants; looks at events only where instants are equal, and
//! describes an event only when an alert begins to show it.

use super::super::describe::Describer;
use super::super::events::EventRef;
use super::{Detection, EVIDENCE_MAX, Told, add_entities};
use event::alert::{Evidence, Place};
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use std::cmp::Ordering;
use std::sync::Arc;

/// An event that a detection rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Witness {
    /// ts of the event, ns.
    pub ts: i64,
    /// The event. Its number may be given again once the clock is past the retention of its rule.
    pub event: EventRef,
    /// The step that it satisfies, as a mask.
    pub step: u16,
}

event::codec!(Witness { ts, event, step });

/// Finds and describes the evidence of the alerts of one rule and key.
pub struct Teller<'a> {
    describer: &'a Describer<'a>,
    rule: u32,
    /// What alerts show already: of these the event may be gone.
    told: HashMap<Witness, Arc<Evidence>, RandomState>,
}

impl<'a> Teller<'a> {
    /// That knows what the given alerts show.
    pub fn new(describer: &'a Describer<'a>, rule: u32, told: &[Told]) -> Self {
        let shown =
            told.iter().flat_map(|told| told.shows.iter().copied().zip(told.alert.evidence.iter().cloned()));
        Teller { describer, rule, told: shown.collect() }
    }

    /// The witnesses of the evidence of an alert with these detections. One that is forgotten and that no alert shows had
    /// lesser ones before it, and has them for good: only what is still kept can change.
    pub fn least(&self, detections: &[Detection], life_safety: bool) -> Vec<Witness> {
        let is_known = |witness: &Witness| {
            self.told.contains_key(witness) || self.describer.events.remembers(witness.event, witness.ts)
        };
        let all = detections.iter().flat_map(|d| d.rests_on.iter().copied());
        let mut witnesses: Vec<Witness> = all.filter(is_known).collect();
        let most = if life_safety { usize::MAX } else { EVIDENCE_MAX };
        if detections.len() > 1 {
            witnesses.sort_by(|a, b| self.order(a, b));
            witnesses.dedup();
        }
        witnesses.truncate(most);
        witnesses
    }

    /// The description of what an alert shows.
    pub fn describe_all(&self, shows: &[Witness]) -> Vec<Arc<Evidence>> {
        let mut described = Vec::with_capacity(shows.len());
        for witness in shows {
            described.push(self.describe(witness, described.last()));
        }
        described
    }

    fn describe(&self, witness: &Witness, beside: Option<&Arc<Evidence>>) -> Arc<Evidence> {
        let described = || Arc::new(self.describer.evidence(self.rule, witness, beside));
        self.told.get(witness).cloned().unwrap_or_else(described)
    }

    /// Adds a detection that is behind all others of the alert; `before`: the one before it.
    pub fn lengthen(&self, told: &mut Told, detection: &Detection, before: &Detection) {
        let alert = Arc::make_mut(&mut told.alert);
        alert.last_at = detection.ts;
        alert.detections += 1;
        alert.severity = alert.severity.max(detection.level);
        if !Arc::ptr_eq(&detection.account, &before.account) {
            add_entities(&mut alert.entities, &detection.account);
        }
        let most = if alert.life_safety { usize::MAX } else { EVIDENCE_MAX };
        for witness in &detection.rests_on {
            let Some(at) = self.vacancy(&told.shows, witness).filter(|at| *at < most) else { continue };
            let described = self.describe(witness, alert.evidence.last());
            told.shows.insert(at, *witness);
            told.shows.truncate(most);
            alert.evidence.insert(at, described);
            alert.evidence.truncate(most);
        }
    }

    /// Where the witness belongs; none if it is there.
    fn vacancy(&self, shows: &[Witness], witness: &Witness) -> Option<usize> {
        if shows.last().is_none_or(|last| last.ts < witness.ts) {
            return Some(shows.len());
        }
        shows.binary_search_by(|other| self.order(other, witness)).err()
    }

    /// By ≺, then by step.
    fn order(&self, a: &Witness, b: &Witness) -> Ordering {
        a.ts.cmp(&b.ts).then_with(|| match a.event == b.event {
            true => a.step.cmp(&b.step),
            false => self.place(a).cmp(&self.place(b)),
        })
    }

    fn place(&self, witness: &Witness) -> Place {
        match self.told.get(witness) {
            Some(evidence) => evidence.place.clone(),
            None => self.describer.events.place(witness.event, None),
        }
    }
}

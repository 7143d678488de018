//! Alerts, evidence and incidents as JSON values with a fixed order of keys.
//!
//! Whole, or cut down to a [`Cut`]: then lists say in `…_total` how long they were, and texts end in an
//! ellipsis.

use crate::document::{Incident, score::Score};
use event::alert::{Alert, Entities, Evidence, Unknown};
use event::id::Id;
use event::time::Timestamp;
use event::value::OwnedValue;
use serde_json::{Map, Number, Value};
use std::sync::Arc;

/// How much of a document is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Alerts.
    pub(super) alerts: usize,
    /// Evidence of each alert.
    pub(super) evidence_of_alert: usize,
    /// Evidence of the incident, the ≺-least first.
    pub(super) evidence: usize,
    /// Entities of each kind, and captured fields.
    pub(super) entities: usize,
    /// Characters of a text that a sender chose.
    pub(super) text: usize,
    /// Characters of the explanation.
    pub(super) explanation: usize,
}

impl Cut {
    /// Everything.
    pub(super) const WHOLE: Cut = Cut {
        alerts: usize::MAX,
        evidence_of_alert: usize::MAX,
        evidence: usize::MAX,
        entities: usize::MAX,
        text: usize::MAX,
        explanation: usize::MAX,
    };
}

/// Names that evidence uses itself; a captured field of such a name is written with `captured.` in front.
const OWN_NAMES: [&str; 8] = ["event_id", "step", "ts", "class", "topic", "partition", "offset", "index"];

/// An alert as one JSON text: a line of `alerts.ndjson`.
pub fn alert_json(alert: &Alert) -> String {
    alert_value(alert, &Cut::WHOLE).to_string()
}

/// An incident as one JSON text: a line of `incidents.ndjson`, with all of its alerts.
pub fn incident_json(incident: &Incident) -> String {
    incident_value(incident, &Cut::WHOLE).to_string()
}

/// An entry of evidence as one JSON text.
pub fn evidence_json(entry: &Evidence) -> String {
    evidence_value(entry, &Cut::WHOLE).to_string()
}

pub(super) fn incident_value(incident: &Incident, cut: &Cut) -> Value {
    let mut map = Map::new();
    put(&mut map, "incident_id", incident.incident_id.to_string());
    put(&mut map, "canonical_id", incident.canonical_id.to_string());
    put(&mut map, "state", incident.state.name());
    put(&mut map, "severity", incident.severity.name());
    put(&mut map, "score", score_value(&incident.score));
    put(&mut map, "title", clip(&incident.title, cut.text));
    put(&mut map, "site", clip(&incident.site, cut.text));
    put(&mut map, "opened_at", time(incident.opened_at));
    put(&mut map, "last_at", time(incident.last_at));
    put(&mut map, "settled_at", incident.settled_at.map_or(Value::Null, time));
    let alerts = incident.alerts.iter().take(cut.alerts).map(|alert| alert_value(alert, cut));
    put(&mut map, "alerts", alerts.collect::<Vec<_>>());
    put(&mut map, "alerts_total", incident.alerts.len());
    put(&mut map, "entities", entities_value(&incident.entities, cut));
    let evidence = incident.evidence.iter().take(cut.evidence).map(|entry| evidence_value(entry, cut));
    put(&mut map, "evidence", evidence.collect::<Vec<_>>());
    put(&mut map, "evidence_total", incident.evidence_total);
    put(&mut map, "explanation", clip(&incident.explanation, cut.explanation));
    put_ids(&mut map, "related", &incident.related, cut.alerts.max(super::IDS_MAX));
    put(&mut map, "about", incident.about.map_or(Value::Null, |id| id.to_string().into()));
    put(&mut map, "restricted", incident.restricted);
    put(&mut map, "life_safety", incident.life_safety);
    Value::Object(map)
}

pub(super) fn alert_value(alert: &Alert, cut: &Cut) -> Value {
    let mut map = Map::new();
    put(&mut map, "alert_id", alert.id.to_string());
    put(&mut map, "rule", &*alert.rule);
    put(&mut map, "title", clip(&alert.title, cut.text));
    let key = alert.key.iter().map(|(path, id)| (path.to_string(), clip(id, cut.text).into()));
    put(&mut map, "key", key.collect::<Map<_, _>>());
    put(&mut map, "site", clip(&alert.site, cut.text));
    put(&mut map, "severity", alert.severity.name());
    put(&mut map, "emission", alert.emission.name());
    put(&mut map, "first_at", time(alert.first_at));
    put(&mut map, "last_at", time(alert.last_at));
    put(&mut map, "detections", alert.detections);
    let evidence = alert.evidence.iter().take(cut.evidence_of_alert).map(|entry| evidence_value(entry, cut));
    put(&mut map, "evidence", evidence.collect::<Vec<_>>());
    if alert.evidence.len() > cut.evidence_of_alert {
        put(&mut map, "evidence_total", alert.evidence.len());
    }
    let mut captured = Map::new();
    put_fields(&mut captured, alert.captured.iter(), &[], cut);
    put(&mut map, "captured", captured);
    put(&mut map, "entities", entities_value(&alert.entities, cut));
    put(&mut map, "settled", alert.settled);
    put(&mut map, "exact", alert.exact);
    put(&mut map, "withdrawn", alert.withdrawn);
    if !alert.unknown.is_empty() {
        let gaps = alert.unknown.iter().take(cut.entities).map(|gap| unknown_value(gap, cut));
        put(&mut map, "unknown", gaps.collect::<Vec<_>>());
    }
    if let Some(id) = alert.merged_into {
        put(&mut map, "merged_into", id.to_string());
    }
    let marks = [
        ("trial", alert.trial),
        ("internal", alert.internal),
        ("restricted", alert.restricted),
        ("life_safety", alert.life_safety),
    ];
    marks.iter().filter(|(_, set)| *set).for_each(|(name, _)| put(&mut map, name, true));
    Value::Object(map)
}

pub(super) fn evidence_value(entry: &Evidence, cut: &Cut) -> Value {
    let place = entry.place.coordinates;
    let mut map = Map::new();
    put(&mut map, "event_id", entry.event_id().to_string());
    put(&mut map, "step", clip(&entry.step, cut.text));
    put(&mut map, "ts", time(entry.place.ts));
    put(&mut map, "class", &*entry.class);
    put(&mut map, "topic", &*entry.topic);
    put(&mut map, "partition", place.partition);
    put(&mut map, "offset", place.offset);
    if place.index > 0 {
        put(&mut map, "index", place.index);
    }
    put_fields(&mut map, entry.fields.iter(), &OWN_NAMES, cut);
    Value::Object(map)
}

/// Writes a list of ids, at most `most` of them; if there are more, how many under `<key>_total`.
pub(super) fn put_ids(map: &mut Map<String, Value>, key: &str, ids: &[Id], most: usize) {
    let shown = ids.iter().take(most).map(|id| Value::from(id.to_string()));
    put(map, key, shown.collect::<Vec<_>>());
    if ids.len() > most {
        put(map, &format!("{key}_total"), ids.len());
    }
}

fn put_fields<'a>(
    map: &mut Map<String, Value>,
    fields: impl Iterator<Item = (&'a Arc<str>, &'a OwnedValue)>,
    taken: &[&str],
    cut: &Cut,
) {
    for (name, value) in fields.take(cut.entities) {
        match taken.contains(&&**name) {
            true => put(map, &format!("captured.{name}"), field_value(value, cut)),
            false => put(map, name, field_value(value, cut)),
        }
    }
}

fn field_value(value: &OwnedValue, cut: &Cut) -> Value {
    match value {
        OwnedValue::Text(text) => clip(text, cut.text).into(),
        OwnedValue::Int(n) => (*n).into(),
        OwnedValue::Float(x) => Number::from_f64(x.0 as f64 / 1e6).map_or(Value::Null, Value::Number),
        OwnedValue::Bool(b) => (*b).into(),
        OwnedValue::Time(instant) => time(*instant),
        OwnedValue::Duration(length) => length.to_string().into(),
        OwnedValue::List(labels) => {
            labels.iter().take(cut.entities).map(|label| clip(label, cut.text)).collect()
        }
    }
}

fn entities_value(entities: &Entities, cut: &Cut) -> Value {
    let ids = |ids: &std::collections::BTreeSet<Arc<str>>| -> Value {
        ids.iter().take(cut.entities).map(|id| clip(id, cut.text)).collect()
    };
    Value::Object(entities.iter().map(|(kind, of)| (kind.to_string(), ids(of))).collect())
}

fn unknown_value(gap: &Unknown, cut: &Cut) -> Value {
    let mut map = Map::new();
    put(&mut map, "source", clip(&gap.source, cut.text));
    put(&mut map, "from", time(gap.from));
    put(&mut map, "to", time(gap.to));
    Value::Object(map)
}

fn score_value(score: &Score) -> Value {
    let terms = score.terms.iter().map(|term| {
        let mut map = Map::new();
        put(&mut map, "name", term.name);
        put(&mut map, "points", term.points);
        put(&mut map, "why", term.why.as_str());
        Value::Object(map)
    });
    let mut map = Map::new();
    put(&mut map, "total", score.total);
    put(&mut map, "terms", terms.collect::<Vec<_>>());
    Value::Object(map)
}

fn put(map: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    map.insert(key.to_string(), value.into());
}

fn time(instant: Timestamp) -> Value {
    instant.to_string().into()
}

fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_string(),
    }
}

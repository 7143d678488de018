//! What readers were told, and whether they could have been told so.

use super::broker::Row;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Incidents by canonical id: what an officer sees of them, whichever process said it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table(BTreeMap<String, Value>);

/// What does not depend on when an incident was published, or on how far the clock is.
const OF_THE_STORY: [&str; 9] =
    ["site", "severity", "score", "title", "entities", "evidence", "explanation", "life_safety", "last_at"];

impl Table {
    /// Of documents.
    pub fn of<'a>(incidents: impl IntoIterator<Item = &'a Value>) -> Table {
        let entry = |incident: &Value| (text(incident, "canonical_id"), summary(incident));
        Table(incidents.into_iter().map(entry).collect())
    }

    /// The rules behind its alerts, sorted, each once.
    pub fn rules(&self) -> Vec<String> {
        let alerts = self.0.values().filter_map(|incident| incident["alerts"].as_array()).flatten();
        let rules: BTreeSet<String> = alerts.map(|alert| text(alert, "rule")).collect();
        rules.into_iter().collect()
    }
}

fn summary(incident: &Value) -> Value {
    let mut alerts: Vec<Value> = incident["alerts"].as_array().cloned().unwrap_or_default();
    for alert in &mut alerts {
        // Whether it is final already depends on the clock alone.
        alert.as_object_mut().map(|alert| alert.remove("settled"));
    }
    alerts.sort_by_key(|alert| text(alert, "alert_id"));
    let mut summary = serde_json::json!({ "alerts": alerts });
    for name in OF_THE_STORY {
        summary[name] = incident[name].clone();
    }
    summary
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// All revisions of a topic, in order.
pub struct Told {
    revisions: Vec<Value>,
}

impl Told {
    /// Of the rows of `incidents`.
    pub fn of(rows: &[Row]) -> Told {
        let read = |row: &Row| serde_json::from_slice(&row.value).expect("a revision is JSON");
        Told { revisions: rows.iter().map(read).collect() }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.revisions.len()
    }

    /// No revision of an incident twice, and none left out.
    pub fn check_revisions(&self) {
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        for revision in &self.revisions {
            let id = text(revision, "incident_id");
            let number = revision["revision"].as_u64().expect("a number");
            let before = last.insert(id.clone(), number).unwrap_or(0);
            assert_eq!(number, before + 1, "revisions of {id}: {before}, then {number}");
        }
    }

    /// The documents that readers have now, of incidents that are not merged or withdrawn.
    pub fn incidents(&self) -> Vec<Value> {
        let mut last: BTreeMap<String, &Value> = BTreeMap::new();
        for revision in &self.revisions {
            last.insert(text(revision, "incident_id"), revision);
        }
        let live = last.into_values().filter(|r| !matches!(&*text(r, "kind"), "merged" | "withdrawn"));
        live.map(|revision| revision["incident"].clone()).collect()
    }

    /// All of them.
    pub fn table(&self) -> Table {
        Table::of(&self.incidents())
    }

    /// Those that are final.
    pub fn settled(&self) -> Table {
        Table::of(self.incidents().iter().filter(|incident| !incident["settled_at"].is_null()))
    }
}

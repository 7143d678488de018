//! A revision as the console reads it: what it shows of the JSON of contracts.md §6, and nothing else of it.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A message about an incident.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Revision {
    /// `opened`, `updated`, `merged`, `withdrawn`, `settled`, `closed`.
    pub kind: String,
    pub incident_id: String,
    pub merged_into: Option<String>,
    /// The document; of what is no more only its counts.
    pub incident: Document,
}

/// The incident as it is now.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Document {
    pub state: String,
    pub severity: String,
    pub score: Score,
    pub title: String,
    pub site: String,
    pub opened_at: String,
    pub last_at: String,
    pub alerts: Vec<AlertDocument>,
    pub alerts_total: usize,
    pub entities: BTreeMap<String, Vec<String>>,
    pub evidence: Vec<EvidenceDocument>,
    pub evidence_total: usize,
    pub restricted: bool,
    pub life_safety: bool,
}

/// How urgent it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Score {
    pub total: i64,
}

/// A run of detections of one rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AlertDocument {
    pub alert_id: String,
    pub rule: String,
    pub title: String,
    pub severity: String,
    pub first_at: String,
    pub evidence: Vec<EvidenceDocument>,
}

/// An event that an alert rests on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EvidenceDocument {
    pub ts: String,
    pub class: String,
    /// Fields of the event, beside what every entry has.
    #[serde(flatten)]
    pub fields: BTreeMap<String, serde_json::Value>,
}

impl Revision {
    /// Reads one; what is not one is shown as nothing.
    pub fn read(bytes: &[u8]) -> Option<Revision> {
        serde_json::from_slice(bytes).ok()
    }

    /// Whether the incident is no more.
    pub fn is_gone(&self) -> bool {
        matches!(self.kind.as_str(), "merged" | "withdrawn")
    }
}

impl Document {
    /// Whether somebody still has to look at it.
    pub fn is_open(&self) -> bool {
        !matches!(self.state.as_str(), "closed" | "resolved")
    }

    /// The alerts with the worst first, the earlier of equals.
    pub fn worst(&self) -> Option<&AlertDocument> {
        let rank = |alert: &&AlertDocument| LEVELS.iter().position(|level| *level == alert.severity);
        self.alerts.iter().min_by_key(|alert| (rank(alert).unwrap_or(LEVELS.len()), alert.first_at.clone()))
    }
}

/// Severities, the worst first.
pub(crate) const LEVELS: [&str; 5] = ["critical", "high", "medium", "low", "maintenance"];

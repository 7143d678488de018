//! Makes the document of an incident fit into a message.
//!
//! Fixed steps, each of which leaves out more; the first that fits is taken. So the document depends on the
//! incident alone, and no step is taken while there is room. Evidence of life safety beyond the first 64
//! entries is put into what room is left, the newest first.

use super::DOCUMENT_BYTES_MAX;
use super::json::{Cut, evidence_value, incident_value};
use crate::document::{EVIDENCE_MAX, Incident};
use serde_json::Value;

/// Alerts of one revision.
const ALERTS_MAX: usize = 50;

const fn step(alerts: usize, evidence_of_alert: usize, evidence: usize, entities: usize, text: usize) -> Cut {
    Cut { alerts, evidence_of_alert, evidence, entities, text, explanation: 8_000 }
}

const STEPS: [Cut; 8] = [
    // Longer texts are cut in every revision, so that trying this step is cheap whatever a sender wrote.
    step(ALERTS_MAX, EVIDENCE_MAX, EVIDENCE_MAX, 512, 2_048),
    step(ALERTS_MAX, 16, EVIDENCE_MAX, 256, 1_024),
    step(ALERTS_MAX, 4, EVIDENCE_MAX, 128, 512),
    step(ALERTS_MAX, 1, EVIDENCE_MAX, 64, 256),
    step(25, 1, EVIDENCE_MAX, 32, 128),
    step(10, 1, 32, 16, 64),
    step(3, 0, 16, 8, 64),
    step(0, 0, 0, 2, 64),
];

/// Where an incident begins that has more evidence of life safety than others may show: there it matters more
/// than the same events once more beside each alert.
const STEP_OF_LIFE_SAFETY: usize = 3;

/// The document as it is sent.
pub(super) fn fit(incident: &Incident) -> Value {
    let more = incident.evidence.get(EVIDENCE_MAX..).unwrap_or_default();
    let from = if more.is_empty() { 0 } else { STEP_OF_LIFE_SAFETY };
    let (mut document, cut, bytes) = first_fit(incident, &STEPS[from..]);
    let mut room = DOCUMENT_BYTES_MAX.saturating_sub(bytes);
    let mut newest: Vec<Value> = Vec::new();
    for entry in more.iter().rev().map(|entry| evidence_value(entry, cut)) {
        let needs = entry.to_string().len() + 1;
        if needs > room {
            break;
        }
        room -= needs;
        newest.push(entry);
    }
    if let Some(Value::Array(evidence)) = document.get_mut("evidence") {
        evidence.extend(newest.into_iter().rev());
    }
    document
}

/// The first document that is short enough, how it was cut, and how long it is. The last step holds no text
/// that could be too long.
fn first_fit<'a>(incident: &Incident, steps: &'a [Cut]) -> (Value, &'a Cut, usize) {
    let mut taken = (Value::Null, &Cut::WHOLE, 0);
    for cut in steps {
        let document = incident_value(incident, cut);
        let bytes = document.to_string().len();
        taken = (document, cut, bytes);
        if bytes <= DOCUMENT_BYTES_MAX {
            break;
        }
    }
    taken
}

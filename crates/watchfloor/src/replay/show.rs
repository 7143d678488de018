//! What a replay says to people: its incidents in words, and the sums.

use crate::failure::Failure;
use crate::report::{Report, Style, stdout_failed};
use engine::replay::{Replayed, Summary};
use engine::setup::Setup;
use event::reject::Reject;
use event::time::Duration;
use incident::codec::incident_json;
use incident::document::Incident;
use ingest::output::Counts;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use task::sources::Outcome;

/// Writes the incidents to the standard output: for people, or one JSON object a line.
pub(super) fn incidents(report: &Report, replayed: &Replayed) -> Result<(), Failure> {
    let mut in_time: Vec<&Incident> = replayed.incidents.iter().collect();
    in_time.sort_by_key(|incident| (incident.opened_at, incident.canonical_id));
    let text: String = match report.style() {
        Style::Json => in_time.iter().map(|incident| incident_json(incident) + "\n").collect(),
        Style::Text => in_time.iter().map(|incident| in_words(incident)).collect(),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| stdout_failed(report, &error))
}

fn in_words(incident: &Incident) -> String {
    let mut text = format!(
        "{}  {}  {} at {} (score {})\n",
        incident.opened_at,
        incident.severity.name().to_uppercase(),
        printable(&incident.title),
        printable(&incident.site),
        incident.score.total,
    );
    for line in incident.explanation.lines() {
        text.push_str(&format!("    {}\n", printable(line)));
    }
    text.push('\n');
    text
}

/// Texts of events are hostile: a terminal gets no control characters.
fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// The sums, in one line, to the standard error.
pub(super) fn summary(report: &Report, replayed: &Replayed) {
    let summary = &replayed.summary;
    let line = match report.style() {
        Style::Json => Value::Object(sums(summary)).to_string(),
        Style::Text => format!(
            "records: {} read, {} decoded, {} rejected, {} control; events: {}, of these {} matched, {} late; \
             alerts: {} raised, {} settled; incidents: {}",
            summary.records.read,
            summary.records.decoded,
            summary.records.rejected,
            summary.records.control,
            summary.events.decoded(),
            summary.events.of(Outcome::Matched),
            summary.events.of(Outcome::Late),
            summary.alerts.raised,
            summary.alerts.settled,
            replayed.incidents.len(),
        ),
    };
    // Nobody is left to tell if this stream is closed.
    let _closed = writeln!(std::io::stderr().lock(), "{line}");
}

/// `summary.json`
pub(super) fn summary_json(setup: &Setup, replayed: &Replayed) -> Value {
    let summary = &replayed.summary;
    let mut document = sums(summary);
    document.insert("incidents".into(), incident_sums(replayed));
    document.insert("rejects".into(), reject_sums(replayed));
    document.insert("by_rule".into(), json!(summary.by_rule));
    let by_format: Map<String, Value> = (setup.shared.formats.iter().zip(&summary.by_format))
        .filter(|(_, counts)| counts.read > 0)
        .map(|(format, counts)| ((*format).to_owned(), with_events(counts)))
        .collect();
    document.insert("by_format".into(), Value::Object(by_format));
    let span = summary.span.map(|(first, last)| last - first).unwrap_or(Duration::ZERO);
    document.insert("duration".into(), json!(span.to_string()));
    let inputs = summary.inputs.iter().enumerate().map(|(number, (topic, counts))| {
        json!({"topic": topic, "partition": number, "records": records(counts), "events": counts.events})
    });
    document.insert("inputs".into(), inputs.collect());
    Value::Object(document)
}

fn sums(summary: &Summary) -> Map<String, Value> {
    let mut events = Map::new();
    events.insert("decoded".into(), json!(summary.events.decoded()));
    events.extend(Outcome::ALL.map(|outcome| (outcome.name().to_owned(), json!(summary.events.of(outcome)))));
    let alerts = &summary.alerts;
    let mut sums = Map::new();
    sums.insert("records".into(), records(&summary.records));
    sums.insert("events".into(), Value::Object(events));
    sums.insert(
        "alerts".into(),
        json!({
            "raised": alerts.raised,
            "settled": alerts.settled,
            "withdrawn": alerts.withdrawn,
            "merged": alerts.merged,
        }),
    );
    sums
}

fn records(counts: &Counts) -> Value {
    json!({
        "read": counts.read,
        "decoded": counts.decoded,
        "rejected": counts.rejected,
        "control": counts.control,
    })
}

fn with_events(counts: &Counts) -> Value {
    let mut value = records(counts);
    value["events"] = json!(counts.events);
    value["unclassified"] = json!(counts.unclassified);
    value
}

fn incident_sums(replayed: &Replayed) -> Value {
    let mut by_severity: BTreeMap<&str, u64> = BTreeMap::new();
    for incident in &replayed.incidents {
        *by_severity.entry(incident.severity.name()).or_default() += 1;
    }
    let settled = replayed.incidents.iter().filter(|incident| incident.settled_at.is_some()).count();
    json!({"total": replayed.incidents.len(), "settled": settled, "by_severity": by_severity})
}

fn reject_sums(replayed: &Replayed) -> Value {
    let of = |reason: Reject| replayed.rejects.iter().filter(|reject| reject.reason == reason).count();
    let known = Reject::ALL.into_iter().map(|reason| (reason.name().to_owned(), of(reason)));
    known.filter(|(_, count)| *count > 0).map(|(name, count)| (name, json!(count))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema_file;

    fn counts(what: &str, names: &[&str]) -> Value {
        let properties: Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), json!({"type": "integer", "minimum": 0}))).collect();
        json!({"type": "object", "description": what, "required": names, "properties": properties})
    }

    fn by_name(what: &str, of: Value) -> Value {
        json!({"type": "object", "description": what, "additionalProperties": of})
    }

    fn schema() -> Value {
        let number = json!({"type": "integer", "minimum": 0});
        let records = ["read", "decoded", "rejected", "control"];
        let events: Vec<&str> = ["decoded"].into_iter().chain(Outcome::ALL.map(Outcome::name)).collect();
        let properties = json!({
            "records": counts("read = decoded + rejected + control", &records),
            "events": counts("decoded is the sum of the others", &events),
            "alerts": counts("raised = settled + withdrawn + merged", &["raised", "settled", "withdrawn", "merged"]),
            "incidents": {
                "type": "object",
                "required": ["total", "settled", "by_severity"],
                "properties": {"total": number, "settled": number, "by_severity": by_name("of their severity", number.clone())},
            },
            "rejects": by_name("records by reason", number.clone()),
            "by_rule": by_name("alerts raised", number.clone()),
            "by_format": by_name("records and events", json!({"type": "object", "additionalProperties": number})),
            "duration": {"type": "string", "description": "from the first event to the last, with its unit"},
            "inputs": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["topic", "partition", "records", "events"],
                    "properties": {
                        "topic": {"type": "string"},
                        "partition": number,
                        "records": counts("of this input", &records),
                        "events": number,
                    },
                },
            },
        });
        let required: Vec<&String> = properties.as_object().unwrap().keys().collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Watchfloor summary of a replay",
            "description": "Written by a test; do not edit.",
            "type": "object",
            "required": required,
            "properties": properties,
        })
    }

    #[test]
    fn the_schema_in_the_docs_is_this_one() {
        schema_file::check("summary", &schema());
    }

    #[test]
    fn a_terminal_gets_no_control_characters() {
        assert_eq!(printable("a\u{1b}[2Jb\u{9b}c\nd é"), "a\\u{1b}[2Jb\\u{9b}c\\nd é");
    }
}

//! JSON Schemas (2020-12) of alert, incident and revision, as text for `docs/schema/`. A test keeps the files
//! equal to them, another holds documents against them.

use super::{Cause, Kind, SCHEMA};
use crate::lifecycle::State;
use event::alert::Level;
use serde_json::{Map, Value, json};

/// Name of the file and its text.
pub fn files() -> [(&'static str, String); 3] {
    [
        ("alert.schema.json", text("Watchfloor alert", "A run of detections of one rule and key.", alert())),
        ("incident.schema.json", text("Watchfloor incident", "Alerts that belong together.", incident())),
        ("revision.schema.json", text("Watchfloor revision", "A message about an incident.", revision())),
    ]
}

fn text(title: &str, description: &str, schema: Value) -> String {
    let mut map = Map::new();
    map.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    map.insert("title".into(), title.into());
    map.insert("description".into(), format!("{description} Written by a test; do not edit.").into());
    if let Value::Object(schema) = schema {
        map.extend(schema);
    }
    format!("{:#}\n", Value::Object(map))
}

fn revision() -> Value {
    object(
        &["schema", "kind", "incident_id", "revision", "task", "clock", "cause", "removed", "incident"],
        [
            ("schema", json!({"const": SCHEMA})),
            ("kind", words(Kind::ALL.map(Kind::name))),
            ("incident_id", id("the incident")),
            ("revision", json!({"type": "integer", "minimum": 1, "description": "1, 2, 3 … without a gap"})),
            ("task", count("the task that says so")),
            ("clock", time("its clock")),
            ("cause", words(Cause::ALL.map(Cause::name))),
            ("removed", ids("alerts that are no more part of it")),
            ("removed_total", count("how many, if more than are listed")),
            ("merged_from", ids("incidents that became part of it")),
            ("merged_from_total", count("how many, if more than are listed")),
            ("merged_into", id("the incident that took it in")),
            ("split_from", ids("incidents that it was part of")),
            ("split_from_total", count("how many, if more than are listed")),
            ("incident", json!({"anyOf": [incident(), ended()]})),
        ],
    )
}

/// What a revision says of an incident that is no more.
fn ended() -> Value {
    object(
        &["incident_id", "alerts_total", "evidence_total"],
        [
            ("incident_id", id("the incident")),
            ("alerts_total", count("how many alerts it held")),
            ("evidence_total", count("how many events they rested on")),
        ],
    )
}

fn incident() -> Value {
    let required = [
        "incident_id",
        "canonical_id",
        "state",
        "severity",
        "score",
        "title",
        "site",
        "opened_at",
        "last_at",
        "settled_at",
        "alerts",
        "alerts_total",
        "entities",
        "evidence",
        "evidence_total",
        "explanation",
        "related",
        "about",
        "restricted",
        "life_safety",
    ];
    object(
        &required,
        [
            ("incident_id", id("given at its first publication and kept")),
            ("canonical_id", id("of its least alert: the same in every run over the same events")),
            ("state", words(State::ALL.map(State::name))),
            ("severity", words(Level::ALL.map(Level::name))),
            ("score", score()),
            ("title", json!({"type": "string"})),
            ("site", json!({"type": "string"})),
            ("opened_at", time("first detection")),
            ("last_at", time("last detection")),
            ("settled_at", nullable(time("from when on nothing could change it"))),
            ("alerts", list(alert(), "by (first_at, alert_id); a revision holds at most 50")),
            ("alerts_total", count("how many alerts it has")),
            ("entities", entities()),
            ("evidence", list(evidence(), "in order; at most 64, of life safety all")),
            ("evidence_total", count("how many events its alerts name")),
            ("explanation", json!({"type": "string", "description": "plain words for an officer"})),
            ("related", ids("incidents that belong beside it")),
            ("related_total", count("how many, if more than are listed")),
            ("about", nullable(id("the incident that its alerts speak of"))),
            ("restricted", json!({"type": "boolean"})),
            ("life_safety", json!({"type": "boolean"})),
        ],
    )
}

fn alert() -> Value {
    let required = [
        "alert_id",
        "rule",
        "title",
        "key",
        "site",
        "severity",
        "emission",
        "first_at",
        "last_at",
        "detections",
        "evidence",
        "captured",
        "entities",
        "settled",
        "exact",
        "withdrawn",
    ];
    object(
        &required,
        [
            ("alert_id", id("of rule, key and first event")),
            ("rule", json!({"type": "string"})),
            ("title", json!({"type": "string"})),
            ("key", texts("path as written in `by`: id as text")),
            ("site", json!({"type": "string"})),
            ("severity", words(Level::ALL.map(Level::name))),
            ("emission", words(["M", "E", "S"])),
            ("first_at", time("ts of the first detection")),
            ("last_at", time("ts of the last detection")),
            ("detections", count("how many")),
            ("evidence", list(evidence(), "the 64 least entries; of life safety all")),
            ("evidence_total", count("how many, if some were left out of a revision")),
            ("captured", json!({"type": "object", "description": "captured fields of the first detection"})),
            ("entities", entities()),
            ("settled", json!({"type": "boolean", "description": "nothing that can still come changes it"})),
            ("exact", json!({"type": "boolean", "description": "no limit was reached"})),
            ("withdrawn", json!({"type": "boolean", "description": "reported once and taken back"})),
            ("unknown", list(gap(), "spans in which a needed source was down")),
            ("merged_into", id("the earlier alert that took it in")),
            ("trial", json!({"const": true})),
            ("internal", json!({"const": true})),
            ("restricted", json!({"const": true})),
            ("life_safety", json!({"const": true})),
        ],
    )
}

fn evidence() -> Value {
    let required = ["event_id", "step", "ts", "class", "topic", "partition", "offset"];
    let mut schema = object(
        &required,
        [
            ("event_id", id("the event")),
            (
                "step",
                json!({"type": "string", "description": "label of the step, else its class as written"}),
            ),
            ("ts", time("when it happened")),
            ("class", json!({"type": "string"})),
            ("topic", json!({"type": "string"})),
            ("partition", count("of the record")),
            ("offset", count("of the record")),
            ("index", count("of the event in its record, if not 0")),
        ],
    );
    // Captured fields stand beside these, under their own names.
    schema["additionalProperties"] = true.into();
    schema
}

fn gap() -> Value {
    let properties = [
        ("source", json!({"type": "string"})),
        ("from", time("last sign of life")),
        ("to", time("next sign of life")),
    ];
    object(&["source", "from", "to"], properties)
}

fn score() -> Value {
    let term = object(
        &["name", "points", "why"],
        [
            ("name", json!({"type": "string"})),
            ("points", json!({"type": "integer", "minimum": 1, "maximum": 100})),
            ("why", json!({"type": "string"})),
        ],
    );
    let total = json!({"type": "integer", "minimum": 0, "maximum": 100, "description": "sum of the terms"});
    object(&["total", "terms"], [("total", total), ("terms", list(term, "what the total is made of"))])
}

fn entities() -> Value {
    json!({
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
        "description": "kind: sorted ids"
    })
}

fn object<const N: usize>(required: &[&str], properties: [(&str, Value); N]) -> Value {
    let properties: Map<String, Value> =
        properties.into_iter().map(|(name, schema)| (name.to_string(), schema)).collect();
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

fn words<const N: usize>(words: [&str; N]) -> Value {
    json!({"enum": words.to_vec()})
}

fn id(of: &str) -> Value {
    json!({"type": "string", "pattern": "^[0-9a-f]{32}$", "description": of})
}

fn ids(of: &str) -> Value {
    list(json!({"type": "string", "pattern": "^[0-9a-f]{32}$"}), of)
}

fn time(of: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": of})
}

fn count(of: &str) -> Value {
    json!({"type": "integer", "minimum": 0, "description": of})
}

fn texts(of: &str) -> Value {
    json!({"type": "object", "additionalProperties": {"type": "string"}, "description": of})
}

fn list(items: Value, of: &str) -> Value {
    json!({"type": "array", "items": items, "description": of})
}

fn nullable(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

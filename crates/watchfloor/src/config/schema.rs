//! The JSON Schema of the configuration, written from the table of keys.

use super::shape::{Key, Need, Section, Shape};
use serde_json::{Map, Value, json};

/// The schema (2020-12), as it stands in `docs/schema`.
pub(super) fn json_schema() -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!("Watchfloor configuration"));
    schema.insert("description".into(), json!("Written from the table of keys; do not edit."));
    schema.extend(section(&super::shape::CONFIGURATION));
    Value::Object(schema)
}

fn section(section: &Section) -> Map<String, Value> {
    let required: Vec<&str> =
        section.keys.iter().filter(|key| key.need == Need::Required).map(|key| key.name).collect();
    let properties: Map<String, Value> =
        section.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let mut object = Map::new();
    object.insert("type".into(), json!("object"));
    object.insert("additionalProperties".into(), json!(false));
    if !required.is_empty() {
        object.insert("required".into(), json!(required));
    }
    object.insert("properties".into(), Value::Object(properties));
    object
}

fn property(key: &Key) -> Value {
    let mut schema = Map::new();
    schema.insert("description".into(), json!(key.doc));
    schema.extend(shape(&key.shape));
    if let Need::Default(text) = key.need {
        let default = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        schema.insert("default".into(), default);
    }
    Value::Object(schema)
}

fn shape(of: &Shape) -> Map<String, Value> {
    let value = match of {
        Shape::Text | Shape::File | Shape::Zone => json!({"type": "string", "minLength": 1}),
        Shape::Duration => {
            json!({"type": "string", "pattern": "^[0-9]{1,15}(\\.[0-9]{1,9})?(ms|s|m|h|d|w)$"})
        }
        Shape::Size => json!({"type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,6})? ?([kMGT]?B|[KMGT]iB)$"}),
        Shape::Whole(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Word(words) => json!({"enum": words}),
        Shape::Address => json!({"type": "string", "pattern": "^.+:[0-9]+$"}),
        Shape::List(item) => json!({"type": "array", "items": shape(item)}),
        Shape::Sections(of) => return section(of),
        Shape::Pairs => {
            json!({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}})
        }
        Shape::Either(shapes) => json!({"oneOf": shapes.iter().map(shape).collect::<Vec<_>>()}),
        Shape::Any => json!({}),
    };
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

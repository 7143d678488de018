//! The JSON Schema of a model, for editors: written from the sections and the class table, kept equal to the copy in
//! `docs/schema/`.

use crate::list::TYPES;
use crate::lower::{names, property};
use crate::read::ENTITIES;
use event::field::FieldType;
use event::kind::Kind;
use event::relation::Target;
use serde_json::{Map, Value, json};

fn schema() -> Value {
    let mut sections = Map::new();
    for (section, kind) in ENTITIES {
        let reference = format!("#/$defs/{}", kind.name());
        sections.insert((*section).to_owned(), entries(json!({"$ref": reference})));
    }
    sections.insert("calendars".into(), entries(calendar()));
    sections.insert("lists".into(), entries(list()));
    sections.insert("hubs".into(), entries(text()));
    sections.insert("aliases".into(), entries(alias()));
    sections.insert("clock_error".into(), json!({"type": "object", "additionalProperties": duration()}));
    let defs: Map<String, Value> =
        Kind::ALL.iter().map(|kind| (kind.name().to_owned(), of_kind(*kind))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Watchfloor site model",
        "description": "Sites, zones, doors, cameras, people, assets and how they relate. \
            Written by a test; do not edit.",
        "type": "object",
        "additionalProperties": false,
        "properties": sections,
        "$defs": defs,
    })
}

fn calendar() -> Value {
    let span = json!({"type": "string", "pattern": "^\\d{2}:\\d{2}(:\\d{2})?-\\d{2}:\\d{2}(:\\d{2})?$"});
    let hours = json!({"type": "object", "additionalProperties": {"type": "array", "items": span}});
    entry(&[("site", text()), ("weekly", hours.clone()), ("except", hours)])
}

fn list() -> Value {
    let types: Vec<&str> = TYPES.iter().copied().chain(Kind::ALL.iter().map(|kind| kind.name())).collect();
    let parts = [("value", text()), ("from", time()), ("until", time()), ("note", text())];
    let listed = json!({"type": "array", "items": {"anyOf": [text(), object(&["value"], &parts), table()]}});
    entry(&[("type", json!({"enum": types})), ("owner", text()), ("entries", listed)])
}

fn alias() -> Value {
    let kinds: Vec<(&str, Value)> = Kind::ALL.iter().map(|kind| (kind.name(), text())).collect();
    let texts = ["source", "native", "channel", "format"].map(|name| (name, text()));
    let rest = [("entity", object(&[], &kinds)), ("valid_from", time()), ("valid_to", time())];
    object(&["source", "entity"], &[&texts[..], &rest[..]].concat())
}

fn object(required: &[&str], properties: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> =
        properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    json!({"type": "object", "required": required, "additionalProperties": false, "properties": properties})
}

fn of_kind(kind: Kind) -> Value {
    let properties: Vec<(&str, Value)> =
        names(kind).filter_map(|name| Some((name, value_of(kind, name)?))).collect();
    entry(&properties)
}

fn value_of(kind: Kind, name: &str) -> Option<Value> {
    let property = property(kind, name)?;
    let one = match property.to {
        Target::Entity(to) if property.many => {
            json!({"anyOf": [text(), {"$ref": format!("#/$defs/{}", to.name())}]})
        }
        Target::Entity(_) => text(),
        Target::Attribute(_) if name == "criticality" => {
            let words = json!({"enum": ["maintenance", "low", "medium", "high", "critical"]});
            json!({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 100}, words]})
        }
        Target::Attribute(ty) => of_type(ty),
    };
    Some(if property.many { json!({"type": "array", "items": one}) } else { one })
}

fn of_type(ty: FieldType) -> Value {
    match ty {
        FieldType::Enum(of) => json!({"enum": of.def().values}),
        FieldType::Int => json!({"type": "integer"}),
        FieldType::Float => json!({"type": "number"}),
        FieldType::Bool => json!({"type": "boolean"}),
        FieldType::Time => time(),
        FieldType::Duration => duration(),
        FieldType::Geo => json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3}),
        _ => text(),
    }
}

fn entry(properties: &[(&str, Value)]) -> Value {
    let mut all = vec![("id", text())];
    all.extend_from_slice(properties);
    all.extend([("name", text()), ("valid_from", time()), ("valid_to", time())]);
    object(&["id"], &all)
}

fn entries(of: Value) -> Value {
    json!({"anyOf": [{"type": "array", "items": {"anyOf": [of, table()]}}, table()]})
}

fn table() -> Value {
    object(&["csv"], &[("csv", json!({"type": "string"}))])
}

fn text() -> Value {
    json!({"type": ["string", "number"]})
}

fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn duration() -> Value {
    json!({"type": "string", "pattern": "^\\d+(\\.\\d+)?(ms|s|m|h|d|w)$"})
}

#[test]
fn the_schema_in_the_docs_is_this() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
    let (path, wanted) = (folder.join("site-model.schema.json"), format!("{:#}\n", schema()));
    if std::env::var_os("WATCHFLOOR_UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/schema/site-model.schema.json is stale: run this test with WATCHFLOOR_UPDATE=1"
    );
}

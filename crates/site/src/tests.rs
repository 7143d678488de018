//! The model as its users see it: text in, answers and findings out.

use crate::path::{Path, Start};
use crate::world::{Hours, WorldBuilder};
use crate::{Resolved, SiteModel};
use event::class;
use event::diagnostic::Diagnostic;
use event::field::{self, FieldType};
use event::kind::Kind;
use event::relation::{self, Implied, Target};
use event::row::{Batch, OwnedRow};
use event::symbol::SymbolKey;
use event::time::{Duration, Timestamp};
use event::value::{OwnedValue, Text, Value, display_ip, store_ip};

const HARBOUR: &str = include_str!("fixtures/harbour.yaml");

fn key() -> SymbolKey {
    SymbolKey::derive(b"tests")
}

fn ts(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

const NOON: &str = "2026-01-12T12:00:00Z";

fn parse(text: &str) -> (Option<SiteModel>, Vec<Diagnostic>) {
    parse_with(text, &[])
}

fn parse_with(text: &str, tables: &[(&str, &str)]) -> (Option<SiteModel>, Vec<Diagnostic>) {
    SiteModel::parse("site.yaml", text, key(), &mut |name| {
        let table = tables.iter().find(|(known, _)| *known == name);
        table.map(|(_, text)| (*text).to_owned()).ok_or_else(|| "no such file".to_owned())
    })
}

#[track_caller]
fn model(text: &str) -> SiteModel {
    let (model, found) = parse(text);
    model.unwrap_or_else(|| panic!("{}", shown(&found)))
}

fn shown(found: &[Diagnostic]) -> String {
    found.iter().map(|d| format!("{d}\n")).collect()
}

/// An event with these fields, `site` and `ts` among them.
fn event(fields: &str) -> OwnedRow {
    let mut batch = Batch::new(key());
    let mut writer = batch.begin(class::by_name("unclassified").unwrap());
    let mut at = ts(NOON);
    for (name, value) in fields.split_whitespace().filter_map(|part| part.split_once('=')) {
        match name {
            "ts" => at = ts(value),
            "site" => drop(writer.site(value)),
            _ => drop(writer.set(field::by_name(name).unwrap(), value).unwrap()),
        }
    }
    let index = writer.finish();
    batch.envelope_mut(index).ts = at;
    batch.row(index).to_owned_row()
}

/// A path as rules write it.
fn path(text: &str) -> Path {
    let words: Vec<&str> = text.split('.').collect();
    let used = (1..=2)
        .rev()
        .find(|n| words.get(..*n).is_some_and(|w| field::by_name(&w.join(".")).is_some()))
        .unwrap();
    let name = words[..used].join(".");
    let start_field = field::by_name(&name).unwrap();
    let mut ty = start_field.def().ty;
    let implied = Kind::by_name(&name).filter(|kind| !relation::implied(*kind).is_empty());
    let start = implied.map_or(Start::Field(start_field), Start::Implied);
    let mut hops = Vec::new();
    for word in &words[used..] {
        let hop = match ty {
            FieldType::Id(kind) => relation::of(kind, word),
            _ => relation::of_field(start_field, word),
        };
        let hop = hop.unwrap_or_else(|| panic!("{word} of {text}"));
        ty = match hop.to {
            Target::Entity(kind) => FieldType::Id(kind),
            Target::Attribute(ty) => ty,
        };
        hops.push(hop);
    }
    Path { text: text.into(), start, hops, ty, many: true }
}

fn print(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => text.text.to_owned(),
        Value::Int(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Enum(index) => format!("#{index}"),
        Value::Ip(ip) => display_ip(*ip).to_string(),
        Value::Duration(d) => d.to_string(),
        Value::Geo(geo) => format!("{},{},{}", geo.latitude, geo.longitude, geo.radius_m),
        other => format!("{other:?}"),
    }
}

/// What a path gives for an event, joined by blanks.
fn values(model: &SiteModel, fields: &str, path_text: &str) -> String {
    let (row, mut out) = (event(fields), Vec::new());
    let path = path(path_text);
    model.resolve(row.as_ref(), &path, &mut out);
    out.iter().map(print).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(model: &SiteModel, fields: &str, path: &str, expected: &str) {
    assert_eq!(values(model, fields, path), expected, "{path} of {fields}");
}

/// The finding's code, line and column, and a part of its text.
#[track_caller]
fn finds(text: &str, code: &str, place: (u32, u32), part: &str) {
    let (model, found) = parse(text);
    let finding =
        found.iter().find(|d| d.code == code).unwrap_or_else(|| panic!("no {code} in\n{}", shown(&found)));
    assert!(finding.to_string().contains(part), "{finding}");
    assert_eq!((finding.line, finding.column), place, "{finding}");
    assert_eq!(model.is_none(), found.iter().any(Diagnostic::is_error), "{}", shown(&found));
    assert!(
        !finding.message.is_empty() && !finding.expected.is_empty() && !finding.help.is_empty(),
        "{finding}"
    );
}

mod answers;
mod findings;
mod schema;
mod worlds;

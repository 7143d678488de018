//! An event as one flat JSON object (contracts.md §6): the envelope in a fixed order, then the other fields in the order
//! of the field table. The same event gives the same bytes. The schema of what is written here is [`crate::schema`].

use crate::class::ClassId;
use crate::coordinates::Topics;
use crate::field::{self, FieldId, FieldType};
use crate::id::{Id, Ids};
use crate::row::RowRef;
use crate::value::{Micro, Value, display_ip};
use std::fmt::Write;

/// What the document of an event needs to know beside the event.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The namespace's ids.
    pub ids: &'a Ids,
    /// Names of topics.
    pub topics: &'a Topics,
    /// Names of formats, by number.
    pub formats: &'a [&'static str],
    /// `topic`, or `path` where the topics are files.
    pub place: &'static str,
}

/// The id of an event: its own, or by its coordinates.
pub fn event_id(row: RowRef<'_>, names: &Names<'_>) -> Id {
    let at = row.row.coordinates;
    row.row
        .identity
        .unwrap_or_else(|| names.ids.event_at(names.topics.name(at.topic), at.partition, at.offset, at.index))
}

/// Writes the object, without a line end.
pub fn write(row: RowRef<'_>, names: &Names<'_>, out: &mut String) {
    let envelope = row.row;
    out.push('{');
    text_member(out, "id", &event_id(row, names).to_string());
    text_member(out, "ts", &envelope.ts.to_string());
    text_member(out, "append", &envelope.append.to_string());
    text_member(out, "site", row.site().map_or("", |site| site.text));
    text_member(out, "source", row.source().text);
    text_member(out, "class", &class_name(envelope.class));
    text_member(out, "lifecycle", envelope.lifecycle.name());
    let first = [field::NATIVE_CODE, field::NATIVE_SEVERITY];
    for id in first {
        row.get(id).into_iter().for_each(|value| member(out, id, value));
    }
    raw(row, names, out);
    for (id, value) in rest(row).filter(|(id, _)| !first.contains(id)) {
        member(out, id, value);
    }
    out.push('}');
}

/// The fields behind the first ones, in the order of the table.
fn rest(row: RowRef<'_>) -> impl Iterator<Item = (FieldId, Value<'_>)> {
    let envelope = row.row;
    let mut fields: Vec<(FieldId, Value<'_>)> = row.fields().collect();
    let mut flag = |id, is| {
        if is {
            fields.push((id, Value::Bool(true)));
        }
    };
    flag(field::TZ_ASSUMED, envelope.tz_assumed);
    flag(field::TEST, envelope.is_test());
    flag(field::FROM_SNAPSHOT, envelope.from_snapshot);
    fields.extend([field::TIME_QUALITY, field::SEQ].into_iter().filter_map(|id| Some((id, row.get(id)?))));
    if let Some(time) = envelope.device_time.filter(|time| *time != envelope.ts) {
        fields.push((field::DEVICE_TIME, Value::Time(time)));
    }
    fields.sort_by_key(|(id, _)| *id);
    fields.dedup_by_key(|(id, _)| *id);
    fields.into_iter()
}

fn class_name(class: ClassId) -> String {
    class.def().map_or_else(|| "unclassified".to_owned(), |def| def.name.to_owned())
}

fn raw(row: RowRef<'_>, names: &Names<'_>, out: &mut String) {
    let at = row.row.coordinates;
    let format = names.formats.get(usize::from(row.row.format)).copied().unwrap_or("-");
    out.push_str(",\"raw\":{");
    text_member(out, names.place, names.topics.name(at.topic));
    let _infallible =
        write!(out, ",\"partition\":{},\"offset\":{},\"index\":{}", at.partition, at.offset, at.index);
    text_member(out, "format", format);
    out.push('}');
}

fn member(out: &mut String, id: FieldId, value: Value<'_>) {
    name(out, id.name());
    let _infallible = match value {
        Value::Int(n) => write!(out, "{n}"),
        Value::Float(x) => write!(out, "{x}"),
        Value::Bool(b) => write!(out, "{b}"),
        Value::Text(t) => return string(out, t.text),
        Value::Ip(ip) => return string(out, &display_ip(ip).to_string()),
        Value::Time(t) => return string(out, &t.to_string()),
        Value::Duration(d) => return string(out, &d.to_string()),
        Value::Enum(index) => return string(out, enum_word(id, index)),
        Value::Geo(g) => {
            let degrees = |n: i32| Micro(i64::from(n));
            write!(out, "[{},{},{}]", degrees(g.latitude), degrees(g.longitude), g.radius_m)
        }
        Value::List(labels) => return list(out, labels),
    };
}

fn enum_word(id: FieldId, index: u16) -> &'static str {
    match id.def().ty {
        FieldType::Enum(of) => of.value(index).unwrap_or("unknown"),
        _ => "unknown",
    }
}

fn list(out: &mut String, labels: &str) {
    out.push('[');
    for (at, label) in labels.split('\u{1f}').enumerate() {
        if at > 0 {
            out.push(',');
        }
        string(out, label);
    }
    out.push(']');
}

fn text_member(out: &mut String, key: &str, text: &str) {
    name(out, key);
    string(out, text);
}

fn name(out: &mut String, key: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    string(out, key);
    out.push(':');
}

/// A JSON string: quotes, backslashes and control characters escaped, all else as it is.
pub fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _infallible = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class;
    use crate::row::Batch;
    use crate::symbol::SymbolKey;

    #[test]
    fn the_envelope_comes_first_and_hostile_text_is_escaped() {
        let (ids, topics) = (Ids::new("t"), Topics::new(["door"]));
        let names = Names { ids: &ids, topics: &topics, formats: &["mapped"], place: "path" };
        let mut batch = Batch::new(SymbolKey::derive(b"t"));
        let mut row = batch.begin(class::DOOR_OPENED);
        row.source("a\u{1b}[0m\"").site("hq").text(field::CAUSE, "badge").text(field::DOOR, "D 1");
        row.finish();
        let mut out = String::new();
        write(batch.row(0), &names, &mut out);
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(value["source"], "a\u{1b}[0m\"");
        assert_eq!(value["door"], "d 1");
        assert!(out.starts_with("{\"id\":\""), "{out}");
        assert!(out.find("\"raw\"") < out.find("\"door\""), "{out}");
    }
}

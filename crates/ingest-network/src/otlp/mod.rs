//! OpenTelemetry logs as OTLP/JSON: resources, scopes in them, records in those.
//!
//! Every record is an event of its own, `host.log` with its body, or of the kind that its attributes say
//! (`event.name`). What the record runs on is an attribute of its resource. Times are nanoseconds, as a number or
//! as text, and are never a float. A body that is a line of another format is offered to that format by the
//! stage before this decoder is asked, if the record is alone. The binary form is not read.

use crate::words;
use event::class::{self, ClassId, Domain};
use event::field::{self, FieldId};
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::Timestamp;
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::fold;
use ingest::json::{self, Json, PathList, Word, looks_like_object};
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

const CLASSES: &[ClassId] = &[class::HOST_LOG, class::UNCLASSIFIED];

/// Attributes, of a record or of its resource, that are fields; the better one of a field first.
const ATTRIBUTES: &[(&str, FieldId)] = &[
    ("host.name", field::HOST),
    ("k8s.pod.name", field::HOST),
    ("container.id", field::HOST),
    ("service.instance.id", field::HOST),
    ("service.name", field::HOST),
    ("service.name", field::SERVICE),
    ("client.address", field::SRC_IP),
    ("source.address", field::SRC_IP),
    ("net.peer.ip", field::SRC_IP),
    ("client.port", field::SRC_PORT),
    ("source.port", field::SRC_PORT),
    ("server.address", field::DST_IP),
    ("destination.address", field::DST_IP),
    ("server.port", field::DST_PORT),
    ("destination.port", field::DST_PORT),
    ("user.name", field::USER),
    ("enduser.id", field::USER),
    ("process.executable.name", field::PROCESS_NAME),
    ("process.command_line", field::PROCESS_COMMAND),
    ("process.pid", field::PROCESS_ID),
    ("url.full", field::URL),
    ("http.request.method", field::HTTP_METHOD),
    ("http.response.status_code", field::HTTP_STATUS),
    ("user_agent.original", field::USER_AGENT),
    ("session.id", field::SESSION),
    ("log.file.name", field::LOG_CHANNEL),
];

static LOGS: LazyLock<PathList> = LazyLock::new(|| PathList::new(["resourceLogs{}", "resource_logs{}"]));
static RESOURCE: LazyLock<PathList> =
    LazyLock::new(|| PathList::new(["resource/attributes{}", "scopeLogs{}", "scope_logs{}"]));
static SCOPE: LazyLock<PathList> =
    LazyLock::new(|| PathList::new(["scope/name", "logRecords{}", "log_records{}"]));
static RECORD: LazyLock<PathList> = LazyLock::new(|| {
    PathList::new([
        "timeUnixNano",
        "observedTimeUnixNano",
        "severityNumber",
        "severityText",
        "body/stringValue",
        "body{}",
        "attributes{}",
        "eventName",
        "traceId",
    ])
});
static ATTRIBUTE: LazyLock<PathList> = LazyLock::new(|| {
    PathList::new(["key", "value/stringValue", "value/intValue", "value/doubleValue", "value/boolValue"])
});
static WORDS: LazyLock<[Word; 2]> = LazyLock::new(|| ["resourceLogs", "resource_logs"].map(Word::new));

/// The decoder of OTLP logs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Otlp;

/// Names and values, as text.
type Attributes = Vec<(String, String)>;

impl Decoder for Otlp {
    fn format(&self) -> &'static str {
        "otlp"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "OpenTelemetry logs as OTLP/JSON"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        looks_like_object(value) && WORDS.iter().any(|word| word.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let lists = LOGS.read(record.text()?)?;
        let Some(resources) = lists.iter().find_map(|list| json::elements(list.raw()?)) else {
            return Err(Refusal::malformed("no `resourceLogs`"));
        };
        let first = out.len();
        for resource in resources {
            let values = RESOURCE.read(resource)?;
            let about = attributes(&values[0]);
            for scope in values[1..].iter().find_map(|list| json::elements(list.raw()?)).unwrap_or_default() {
                let values = SCOPE.read(scope)?;
                let records =
                    values[1..].iter().find_map(|list| json::elements(list.raw()?)).unwrap_or_default();
                for text in records {
                    one(text, values[0].text(), &about, out)?;
                }
            }
        }
        Ok(if out.len() > first { Decoded::Events(KIND) } else { Decoded::Control })
    }
}

fn one(text: &str, scope: Option<&str>, about: &Attributes, out: &mut Batch) -> Result<(), Refusal> {
    let values = RECORD.read(text)?;
    let [time, observed, number, word, body, any_body, own, name, _] = &values[..] else { return Ok(()) };
    let mut row = out.begin(class::HOST_LOG);
    let own = attributes(own);
    let get =
        |key: &str| own.iter().chain(about).find(|(known, _)| known == key).map(|(_, value)| value.as_str());
    let event = name.text().or(get("event.name")).or(scope).unwrap_or("-");
    row.text(field::NATIVE_CODE, &["otlp:", event].concat());
    match (nanos(time), nanos(observed)) {
        (Some(time), _) => row.device_time(time, TimeQuality::Device),
        (None, Some(time)) => row.device_time(time, TimeQuality::Receiver),
        (None, None) => &mut row,
    };
    let severity = number.int().and_then(severity).or(word.text().and_then(words::severity));
    if let Some(severity) = severity {
        row.int(field::NATIVE_SEVERITY, severity);
    }
    for (key, field) in ATTRIBUTES {
        if let Some(value) = get(key).filter(|_| !row.has(*field)) {
            put(&mut row, *field, value);
        }
    }
    if let Some(host) = get("host.name").or(get("service.name")) {
        row.source(host);
    }
    row.maybe(field::LOG_PROVIDER, scope);
    row.maybe(field::MESSAGE, body.text().or(any_body.raw()));
    row.finish();
    Ok(())
}

/// Addresses may be names; then they are nobody's address.
fn put(row: &mut RowWriter<'_>, field: FieldId, value: &str) {
    match field {
        field::SRC_IP if row.set(field, value).is_err() => {
            row.text(field::SRC_HOST, value);
        }
        field::DST_IP if row.set(field, value).is_err() => {
            row.text(field::DST_HOST, value);
        }
        field::SRC_IP | field::DST_IP => {}
        _ => fold::set(row, field, value),
    }
}

fn attributes(list: &Json<'_>) -> Attributes {
    let elements = list.raw().and_then(json::elements).unwrap_or_default();
    let read = |text: &&str| {
        let values = ATTRIBUTE.read(text).ok()?;
        let [key, values @ ..] = &values[..] else { return None };
        let value = values.iter().find_map(|value| value.written())?;
        Some((key.text()?.to_owned(), value.into_owned()))
    };
    elements.iter().filter_map(read).collect()
}

/// Nanoseconds since 1970; 0 is none.
fn nanos(sent: &Json<'_>) -> Option<Timestamp> {
    sent.int().filter(|nanos| *nanos > 0).map(Timestamp)
}

/// 1 to 24, four a level (formats.md §8).
fn severity(number: i64) -> Option<i64> {
    Some(match number {
        1..=4 => 5,
        5..=8 => 10,
        9..=12 => 15,
        13..=16 => 50,
        17..=20 => 70,
        21..=24 => 95,
        _ => return None,
    })
}

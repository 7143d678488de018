//! Zeek's logs as JSON, in the three shapes in which they travel: bare, with `_path` (streaming), under a tag
//! (`{"http": {…}}`, the Kafka writer). Rows of its own log files come as the second shape.
//!
//! Which log a record is of decides its class, its fields and how late it may be: one row of the table in
//! `logs`. A bare record names no log; then the topic's name does, or else the fields that only one log has.
//! `ts` is when it *began*. Zeek names no id of an occurrence (a uid joins the records of one connection), so
//! events are known by coordinates.

use crate::net::set_proto;
use event::class::{self, Domain};
use event::field::{self, FieldId, FieldType};
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::{Duration, Timestamp};
use event::value::Micro;
use ingest::decoder::{Decoded, Decoder, Production, Record, Refusal};
use ingest::json::{Json, PathList, Word, joined, looks_like_object};
use ingest::time::{Clock, epoch, epoch_float, epoch_text};
use ingest::{fold, json};
use logs::{As, COMMON, LOGS, Log};
use std::sync::LazyLock;

mod logs;
#[cfg(test)]
mod tests;

/// The decoder of Zeek's logs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Zeek;

/// For each log of the table the paths that are asked: those of every log, then its own.
static PATHS: LazyLock<Vec<PathList>> = LazyLock::new(|| LOGS.iter().map(paths).collect());

/// What is not Zeek's, what every record has, and words of which every record has one.
static WORDS: LazyLock<[Word; 14]> = LazyLock::new(|| {
    let one_of = ["_path", "id.orig_h", "orig_h", "fuid", "uids", "conn_uids", "_write_ts", "port_num"];
    let [a, b, c, d, e, f, g, h] = one_of;
    [
        "event_type",
        "ts",
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
        "pkts_proc",
        "certificate.serial",
        "software_type",
        "seen.indicator",
    ]
    .map(Word::new)
});

/// For each log of the table the sets of words that tell it.
static TELLS: LazyLock<Vec<Vec<Vec<Word>>>> = LazyLock::new(|| {
    let words = |words: &&[&str]| words.iter().map(|word| Word::new(word)).collect();
    LOGS.iter().map(|log| log.tells.iter().map(words).collect()).collect()
});

impl Decoder for Zeek {
    fn format(&self) -> &'static str {
        "zeek"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Zeek logs as JSON: bare, streaming with _path, Kafka-tagged; log files with read=tsv"
    }

    fn produces(&self) -> Vec<Production> {
        let of = |log: &Log| Production { class: log.class, kind: log.kind, as_value: false };
        let mut produces: Vec<Production> = Vec::new();
        for log in LOGS {
            let also = logs::other_classes(log.name).iter().map(|&class| Production { class, ..of(log) });
            for production in std::iter::once(of(log)).chain(also) {
                if !produces.contains(&production) {
                    produces.push(production);
                }
            }
        }
        produces
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let [event_type, ts, telling @ ..] = &*WORDS;
        looks_like_object(value)
            && ts.is_in(value)
            && (telling.iter().any(|word| word.is_in(value)) || tagged(value).is_some())
            && !event_type.is_in(value)
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        // What looks like a tag may be the first field of a bare record.
        let tagged = untag(text).and_then(|(tag, inner)| read(Some(tag), inner).ok());
        let (index, name, values) = match tagged {
            Some(read) => read,
            None => read(path_of(text).or(log_of_topic(record.topic)), text)?,
        };
        let log = &LOGS[index];
        // What logs of other makers have too says nothing; a time alone neither.
        let mut own = values[1..logs::SHARED].iter().chain(&values[COMMON.len()..]);
        if !own.any(Json::is_some) {
            return Err(Refusal::malformed("nothing of a Zeek log in it"));
        }
        let mut row = out.begin(log.class);
        row.text(field::NATIVE_CODE, &format!("zeek:{}", name.unwrap_or(log.name)));
        write(&mut row, log, &values, record.clock);
        row.finish();
        Ok(Decoded::Events(log.kind))
    }
}

/// A record of the log of that name, or of the one that its fields tell: its row of the table, its name, its
/// values.
fn read<'a>(
    name: Option<&'a str>,
    text: &'a str,
) -> Result<(usize, Option<&'a str>, Vec<Json<'a>>), Refusal> {
    let index = index_of(name, text.as_bytes());
    Ok((index, name, PATHS[index].read(text)?))
}

fn paths(log: &Log) -> PathList {
    PathList::new(COMMON.iter().chain(log.fields).map(|(path, _)| *path))
}

/// The place of a log in the table, by its name, else by what only it has; the last row is for any other.
fn index_of(name: Option<&str>, value: &[u8]) -> usize {
    let others = LOGS.len() - 1;
    match name {
        Some(name) => LOGS.iter().position(|log| log.name == name).unwrap_or(others),
        None => {
            let tells =
                |sets: &Vec<Vec<Word>>| sets.iter().any(|words| words.iter().all(|word| word.is_in(value)));
            TELLS.iter().position(tells).unwrap_or(others)
        }
    }
}

/// The name of the log where a record says it itself.
fn path_of(text: &str) -> Option<&str> {
    let at = text.find("\"_path\"")? + 7;
    let rest = text[at..].trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    rest.split_once('"').map(|(path, _)| path)
}

/// `harbour.zeek.dns`, `zeek-conn`: a topic for each log.
fn log_of_topic(topic: &str) -> Option<&'static str> {
    let last = topic.rsplit(['.', '-', '/']).next()?;
    LOGS[..LOGS.len() - 1].iter().map(|log| log.name).find(|name| *name == last)
}

/// The tag of `{"http": {…}}`, and where what it wraps begins.
fn tagged(value: &[u8]) -> Option<(&str, usize)> {
    let text = std::str::from_utf8(&value[..value.len().min(96)]).ok()?;
    let rest = text.trim_start().strip_prefix('{')?.trim_start().strip_prefix('"')?;
    let (tag, rest) = rest.split_once('"')?;
    let inner = rest.trim_start().strip_prefix(':')?.trim_start();
    let is_log =
        tag != "id" && tag.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    (is_log && inner.starts_with('{')).then(|| (tag, text.len() - inner.len()))
}

/// Tag and record of a tagged record. What stands between the braces is judged when it is read.
fn untag(text: &str) -> Option<(&str, &str)> {
    let mut head = text.len().min(96);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    let (tag, start) = tagged(&text.as_bytes()[..head])?;
    let inner = text[start..].trim_end().strip_suffix('}')?.trim_end();
    inner.ends_with('}').then_some((tag, inner))
}

fn write(row: &mut RowWriter<'_>, log: &Log, values: &[Json<'_>], clock: Clock<'_>) {
    if let Some((time, assumed)) = time_of(&values[0], clock).or_else(|| time_of(&values[1], clock)) {
        row.device_time(time, TimeQuality::Device);
        if assumed {
            row.zone_assumed();
        }
    }
    let mut line: Vec<String> = Vec::new();
    for ((_, what), value) in COMMON.iter().chain(log.fields).zip(values).filter(|(_, value)| value.is_some())
    {
        match what {
            As::Line => line.extend(value.written().map(|text| text.into_owned())),
            what => put(row, *what, value),
        }
    }
    // A message that was logged over the network is of the host that sent it.
    if log.class == class::HOST_LOG {
        put_field(row, field::HOST, &values[logs::ORIG_H]);
    }
    if !line.is_empty() {
        row.text(field::MESSAGE, &line.join(" "));
    }
    logs::finish(row, log);
}

/// A number or text since 1970, or a date.
fn time_of(json: &Json<'_>, clock: Clock<'_>) -> Option<(Timestamp, bool)> {
    match json {
        Json::Float(seconds) => epoch_float(*seconds).map(|time| (time, false)),
        Json::Int(number) => epoch(*number).map(|time| (time, false)),
        Json::Text(text) => clock.iso(text).or_else(|| epoch_text(text).map(|time| (time, false))),
        _ => None,
    }
}

fn put(row: &mut RowWriter<'_>, what: As, value: &Json<'_>) {
    match what {
        As::Is(field) => put_field(row, field, value),
        As::First(field) => {
            let first = value
                .raw()
                .and_then(json::elements)
                .and_then(|all| all.first().map(|text| text.trim_matches('"')));
            row.maybe(field, first.or(value.text()));
        }
        As::All(field) => {
            row.maybe(field, value.raw().and_then(joined).as_deref());
        }
        As::Proto => set_proto(row, value.text().unwrap_or_default()),
        As::Success => {
            row.maybe(field::OUTCOME, value.truth().map(|truth| if truth { "success" } else { "failure" }));
        }
        As::Result => {
            let failed = |word: &str| word.eq_ignore_ascii_case("failed");
            row.maybe(field::OUTCOME, value.text().map(|word| if failed(word) { "failure" } else { word }));
        }
        As::ConnState => {
            row.text(field::OUTCOME, outcome_of(value.text().unwrap_or_default()));
            row.maybe(field::MESSAGE, value.text());
        }
        As::Source => {
            if let Some(source) = value.text() {
                row.source(source);
            }
        }
        As::Note => {
            let note = value.text().unwrap_or_default();
            row.text(field::SIG_NAME, note);
            if note.starts_with("Scan::") {
                row.class(class::NET_SCAN);
            }
        }
        As::Severity => {
            if let Some(severity) = value.text().and_then(syslog_severity) {
                row.int(field::NATIVE_SEVERITY, severity);
            }
        }
        As::Time | As::Line => {}
    }
}

fn put_field(row: &mut RowWriter<'_>, field: FieldId, value: &Json<'_>) {
    match field.def().ty {
        FieldType::Int => {
            if let Some(number) = value.int() {
                row.int(field, number);
            }
        }
        FieldType::Duration => {
            // Zeek's intervals are seconds.
            let length = value
                .float()
                .and_then(Micro::from_f64)
                .map(|micros| Duration(micros.0.saturating_mul(1_000)));
            if let Some(length) = length {
                row.duration(field, length.max(Duration::ZERO));
            }
        }
        _ => {
            if let Some(text) = value.written() {
                fold::set(row, field, &text);
            }
        }
    }
}

/// What became of a connection, by Zeek's own summary of it.
fn outcome_of(state: &str) -> &'static str {
    match state {
        "SF" | "S1" | "S2" | "S3" | "RSTO" | "RSTR" => "success",
        "S0" | "REJ" | "SH" | "SHR" | "RSTOS0" | "RSTRH" => "failure",
        _ => "unknown",
    }
}

/// Zeek's words for severity in the syslog log, as every syslog (formats.md §8).
fn syslog_severity(word: &str) -> Option<i64> {
    let words = ["EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG"];
    let at = words.iter().position(|known| *known == word)?;
    [100, 95, 90, 70, 50, 30, 15, 5].get(at).copied()
}

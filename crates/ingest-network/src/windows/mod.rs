//! Windows events: Winlogbeat JSON, the XML of the event log, NXLog JSON.
//!
//! Three spellings of one thing: system values and named data. A table of provider and number says what an
//! event is; a number without a row is `host.log` with its channel and number, so that no update of Windows
//! becomes silence. Source is the computer. An event is known by computer, channel and record number; the
//! number starts anew when the log is cleared, which the time tells apart. The local times of NXLog are in
//! the topic's zone, unless Sysmon's own time is there.

use crate::words::{self, set_time};
use event::class::{self, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::Timestamp;
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{Word, looks_like_object};
use ingest::pairs::Pairs;
use ingest::time::Clock;
use std::sync::LazyLock;

mod events;
mod spellings;
#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

/// What the JSON forms are recognised by: Winlogbeat's, or NXLog's two.
static WORDS: LazyLock<[Word; 3]> = LazyLock::new(|| ["winlog", "EventID", "SourceName"].map(Word::new));

/// The decoder of Windows events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Windows;

impl Decoder for Windows {
    fn format(&self) -> &'static str {
        "windows"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Windows events: Winlogbeat JSON, event log XML, NXLog JSON"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, events::CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        if looks_like_object(value) {
            let [winlog, id, source] = &*WORDS;
            return winlog.is_in(value) || (id.is_in(value) && source.is_in(value));
        }
        let head = String::from_utf8_lossy(&value[..value.len().min(1_024)]).into_owned();
        head.trim_start().starts_with('<')
            && head.contains("<Event")
            && head.contains("schemas.microsoft.com/win/")
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        let pairs =
            if looks_like_object(record.value) { spellings::json(text)? } else { spellings::xml(text)? };
        if pairs.get("EventID").is_none() {
            return Err(Refusal::malformed("no event id"));
        }
        let mut row = out.begin(class::HOST_LOG);
        write(&mut row, &pairs, record.clock);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn write(row: &mut RowWriter<'_>, pairs: &Pairs<'_>, clock: Clock<'_>) {
    let number = pairs.get("EventID").unwrap_or_default();
    let provider = pairs.get("Provider").unwrap_or_default();
    let channel = pairs.get("Channel").unwrap_or_default();
    let is_sysmon = provider.contains("Sysmon") || channel.contains("Sysmon");
    let scheme = if is_sysmon { "sysmon" } else { "win" };
    row.text(field::NATIVE_CODE, &format!("{scheme}:{number}"));
    set_time(row, time(pairs, clock), TimeQuality::Device);
    if let Some(computer) = pairs.any(&["Computer", "HostName"]) {
        row.source(computer).text(field::HOST, host(computer, pairs.get("HostName")));
        if let Some(record) = pairs.get("RecordID") {
            row.native_id(&format!("{computer}/{channel}/{record}"));
        }
    }
    row.text(field::LOG_CHANNEL, channel).text(field::LOG_PROVIDER, provider).text(field::LOG_EVENT, number);
    // Winlogbeat names the task; the others write it in the computer's language, where the title does better.
    let named = events::title(is_sysmon, number).filter(|_| pairs.get("HostName").is_none());
    row.maybe(field::NATIVE_REASON, named.or(pairs.get("Task")));
    if let Some(severity) = pairs.get("Level").and_then(severity) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
    row.maybe(field::OUTCOME, outcome(pairs));
    events::write(row, (is_sysmon, number), pairs);
}

/// The agent's name for the computer, if it is its name without the domain; what else the agent calls itself
/// may be a collector.
fn host<'p>(computer: &'p str, agent: Option<&'p str>) -> &'p str {
    let is_same = |name: &str| {
        let start = computer.get(..name.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(name)) && computer[name.len()..].starts_with('.')
    };
    agent.filter(|name| is_same(name)).unwrap_or(computer)
}

fn time(pairs: &Pairs<'_>, clock: Clock<'_>) -> Option<(Timestamp, bool)> {
    let sysmon = pairs
        .get("UtcTime")
        .and_then(|text| Timestamp::parse_rfc3339(&format!("{}Z", text.replace(' ', "T"))));
    let precise = pairs.get("TimeCreated").and_then(|text| clock.sent(text));
    precise.or(sysmon.map(|time| (time, false))).or_else(|| clock.sent(pairs.get("EventTime")?))
}

/// 1 to 5, 1 the worst, or a word; information is worth what OCSF's is.
fn severity(level: &str) -> Option<i64> {
    Some(match level {
        "1" => 90,
        "2" => 70,
        "3" => 50,
        "0" | "4" | "information" | "info" | "INFO" | "Information" => 10,
        "5" | "verbose" | "Verbose" | "VERBOSE" => 5,
        word => return words::severity(word),
    })
}

/// The audit bits of the keywords, by number or name.
fn outcome(pairs: &Pairs<'_>) -> Option<&'static str> {
    let said = pairs.any(&["EventType", "Outcome", "Keywords"])?.to_ascii_lowercase();
    match &*said {
        "audit_success" | "success" | "audit success" => Some("success"),
        "audit_failure" | "failure" | "audit failure" => Some("failure"),
        bits => {
            let bits = u64::from_str_radix(bits.strip_prefix("0x")?, 16).ok()?;
            match (bits >> 52 & 1, bits >> 53 & 1) {
                (1, 0) => Some("failure"),
                (0, 1) => Some("success"),
                _ => None,
            }
        }
    }
}

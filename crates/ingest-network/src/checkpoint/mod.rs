//! Check Point: the log exporter's `action:"Drop"; src:"…";` and `action=Drop|src=…` lines, its JSON, and the
//! quoted columns of older exports.
//!
//! The exporter writes keys with a colon between brackets behind an RFC 5424 header; its CEF and LEEF are
//! read by the decoders of those. Columns have a fixed order and no names. Source is `origin`, the gateway.
//! `loguid` is the maker's id of a log entry, which it writes again when it updates the entry.

use crate::words::{self, As, Table, set_host, set_time};
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{PathList, Word, looks_like_object};
use ingest::pairs::{self, Pairs};
use ingest::syslog;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 10);

const CLASSES: &[ClassId] = &[
    class::NET_FLOW,
    class::NET_HTTP,
    class::IDS_ALERT,
    class::AUTH_LOGIN,
    class::AUTH_LOGOUT,
    class::AUTH_FAILED,
    class::HOST_LOG,
    class::UNCLASSIFIED,
];

const FIELDS: Table = &[
    ("src", As::Src),
    ("client_ip", As::Src),
    ("dst", As::Dst),
    ("s_port", As::Is(field::SRC_PORT)),
    ("service", As::Is(field::DST_PORT)),
    ("proto", As::Proto),
    ("action", As::Action),
    ("status", As::Outcome),
    ("user", As::Is(field::USER)),
    ("src_user_name", As::Is(field::USER)),
    ("administrator", As::Is(field::USER)),
    ("src_machine_name", As::Is(field::SRC_HOST)),
    ("dst_machine_name", As::Is(field::DST_HOST)),
    ("appi_name", As::Is(field::APP)),
    ("service_id", As::Is(field::APP)),
    ("resource", As::Is(field::URL)),
    ("method", As::Is(field::HTTP_METHOD)),
    ("user_agent", As::Is(field::USER_AGENT)),
    ("protection_name", As::Is(field::SIG_NAME)),
    ("attack", As::Is(field::SIG_NAME)),
    ("protection_id", As::Is(field::SIG_ID)),
    ("matched_category", As::Is(field::SIG_CATEGORY)),
    ("sent_bytes", As::Is(field::BYTES_OUT)),
    ("received_bytes", As::Is(field::BYTES_IN)),
    ("message_info", As::Is(field::MESSAGE)),
    ("reason", As::Is(field::MESSAGE)),
    ("rule_name", As::Is(field::MESSAGE)),
];

/// What is read beside the fields of the table.
const OTHERS: &[&str] = &[
    "time",
    "origin",
    "orig",
    "product",
    "severity",
    "loguid",
    "auth_status",
    "operation",
    "origin_sic_name",
    "hostname",
];

static WANTED: LazyLock<PathList> = LazyLock::new(|| PathList::new(names()));

/// What its JSON is recognised by.
static WORDS: LazyLock<[Word; 3]> = LazyLock::new(|| ["loguid", "origin", "product"].map(Word::new));

fn names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|(name, _)| *name).chain(OTHERS.iter().copied())
}

/// The columns of the older export, without the keys in the last one.
const COLUMNS: &[&str] = &[
    "",
    "date",
    "clock",
    "ifname",
    "origin",
    "",
    "action",
    "service",
    "s_port",
    "src",
    "dst",
    "proto",
    "rule",
    "rule_name",
];

/// The decoder of Check Point.
#[derive(Clone, Copy, Debug, Default)]
pub struct CheckPoint;

impl Decoder for CheckPoint {
    fn format(&self) -> &'static str {
        "checkpoint"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Check Point log exporter lines (key:\"value\"; or key=value|), its JSON, and quoted columns"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        if looks_like_object(value) {
            return WORDS.iter().all(|word| word.is_in(value));
        }
        let Ok(text) = std::str::from_utf8(value) else { return false };
        let keyed = text.contains("[action:\"") || (text.contains("; product:\"") && text.contains(":\""));
        !matches!(value.first(), Some(b'[')) && (keyed || columned(text) || barred(text))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        let line = syslog::read(text, record.clock);
        if looks_like_object(record.value) && !self.sniff(record.value) {
            return Err(Refusal::malformed("JSON without `loguid`, `origin` and `product`"));
        }
        let pairs = match () {
            () if looks_like_object(record.value) => from_json(text)?,
            () if columned(text) => columns(text)?,
            () if barred(text) => pairs::parted(line.body, "|")?,
            () => keyed(text)?,
        };
        if pairs.is_empty() {
            return Err(Refusal::malformed("neither keys with quoted values nor columns"));
        }
        let mut row = out.begin(class::UNCLASSIFIED);
        let local =
            format!("{} {}", pairs.get("date").unwrap_or_default(), pairs.get("clock").unwrap_or_default());
        let time = pairs.get("time").unwrap_or(&local);
        set_time(&mut row, record.clock.sent(time).or(line.time), TimeQuality::Device);
        let gateway = pairs.any(&["origin", "orig", "origin_sic_name"]).or(line.host);
        write(&mut row, &pairs, gateway);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

/// `"22" "10Dec2019" "23:44:49" …`: the number of the entry, then the date.
fn columned(text: &str) -> bool {
    let mut quoted = text.trim_start().split('"');
    quoted.next() == Some("")
        && quoted
            .next()
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        && quoted.next() == Some(" ")
        && quoted.next().is_some_and(|date| date.len() >= 8 && date.as_bytes()[0].is_ascii_digit())
}

/// `time=1685993296|hostname=gate|product=Firewall|…`.
fn barred(text: &str) -> bool {
    text.contains("|product=") && text.contains("|origin=")
}

fn from_json(text: &str) -> Result<Pairs<'_>, Refusal> {
    let mut pairs = Pairs::default();
    for (name, value) in names().zip(WANTED.read(text)?) {
        if let Some(value) = value.into_written() {
            pairs.push(name, value)?;
        }
    }
    Ok(pairs)
}

fn columns(text: &str) -> Result<Pairs<'_>, Refusal> {
    let mut pairs = Pairs::default();
    // Every other part stands between quotes.
    for (at, value) in text.trim_start().split('"').skip(1).step_by(2).enumerate().take(64) {
        match COLUMNS.get(at) {
            Some(name) if !name.is_empty() => pairs.push(*name, value)?,
            Some(_) => {}
            None => {
                for (key, value) in value.split("; ").filter_map(|part| part.split_once(": ")) {
                    pairs.push(key.trim(), value.trim())?;
                }
            }
        }
    }
    Ok(pairs)
}

/// `key:"value"; key:"value"`, in which a quote or a bracket may be hidden by a backslash.
fn keyed(text: &str) -> Result<Pairs<'_>, Refusal> {
    let mut pairs = Pairs::default();
    let mut rest = text;
    while let Some(at) = rest.find(":\"") {
        let key = rest[..at].rsplit([' ', '[', ';']).next().unwrap_or_default();
        let value = &rest[at + 2..];
        let end = pairs::unescaped(value, b'"').next();
        let end = end.unwrap_or(value.len());
        if !key.is_empty() {
            pairs.push(key, &value[..end])?;
        }
        rest = value.get(end + 1..).unwrap_or_default();
    }
    Ok(pairs)
}

fn write(row: &mut RowWriter<'_>, pairs: &Pairs<'_>, gateway: Option<&str>) {
    let product = pairs.get("product").unwrap_or("firewall");
    row.text(field::NATIVE_CODE, &format!("checkpoint:{product}"));
    if let Some(gateway) = gateway {
        row.source(gateway);
    }
    if let Some(severity) = pairs.get("severity").and_then(severity) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
    words::write(row, FIELDS, |key| pairs.get(key));
    row.maybe(field::SESSION, pairs.get("loguid"));
    let class = class_of(row, product, pairs);
    row.class(class);
    match class {
        class::AUTH_FAILED => {
            words::set_reason(row, pairs.any(&["reason", "message_info"]).unwrap_or_default())
        }
        class::IDS_ALERT if !row.has(field::SIG_NAME) => {
            row.text(field::SIG_NAME, product);
        }
        class::HOST_LOG => set_host(row, &[gateway]),
        _ => {}
    }
}

/// 0 to 4, or a word.
fn severity(sent: &str) -> Option<i64> {
    match sent.parse::<i64>() {
        Ok(number) => [10, 25, 50, 75, 95].get(usize::try_from(number).ok()?).copied(),
        Err(_) => words::severity(sent),
    }
}

fn class_of(row: &RowWriter<'_>, product: &str, pairs: &Pairs<'_>) -> ClassId {
    let said = [pairs.get("action"), pairs.get("auth_status"), pairs.get("operation")]
        .map(Option::unwrap_or_default)
        .join(" ");
    let has_end = row.has(field::SRC_IP) || row.has(field::DST_IP);
    match product {
        "SmartDefense" | "Anti-Bot" | "IPS" | "Anti-Malware" | "New Anti Virus" | "Threat Emulation"
            if has_end =>
        {
            class::IDS_ALERT
        }
        _ if row.has(field::USER) && words::auth_class(&said, None).is_some() => {
            words::auth_class(&said, None).unwrap_or(class::HOST_LOG)
        }
        _ if has_end && row.has(field::URL) => class::NET_HTTP,
        _ if has_end => class::NET_FLOW,
        _ => class::HOST_LOG,
    }
}

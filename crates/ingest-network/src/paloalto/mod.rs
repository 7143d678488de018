//! Palo Alto: PAN-OS logs as CSV by position, behind a syslog header or alone, and as JSON of the log
//! service.
//!
//! A table a type names the columns; columns that a newer release added at the end are not looked at, but for
//! the high-resolution time, which is found by its shape since its place moves. CSV times are local to the
//! firewall unless that column is there; those of JSON are UTC. Source is the device's name, else its serial.
//! `allow`, `deny` and `reset-*` of a session are its outcome.

use crate::words::{self, As, Table, set_host, set_time};
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::Timestamp;
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{PathList, Word, looks_like_object};
use ingest::pairs::Pairs;
use ingest::syslog;
use ingest::time::Clock;
use std::sync::LazyLock;

mod columns;
#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 10);

const CLASSES: &[ClassId] = &[
    class::NET_FLOW,
    class::NET_HTTP,
    class::NET_DNS,
    class::NET_FILE,
    class::NET_HOST_SEEN,
    class::NET_PORT_UP,
    class::NET_PORT_DOWN,
    class::IDS_ALERT,
    class::MALWARE_FOUND,
    class::VPN_CONNECTED,
    class::VPN_DISCONNECTED,
    class::AUTH_LOGIN,
    class::AUTH_LOGOUT,
    class::AUTH_FAILED,
    class::DEVICE_CONFIG_CHANGED,
    class::HOST_LOG,
    class::UNCLASSIFIED,
];

/// Columns by the names of the log service, the better one of a field first.
const FIELDS: Table = &[
    ("SourceAddress", As::Src),
    ("PublicIPv4", As::Src),
    ("IPAddress", As::Src),
    ("Source", As::Src),
    ("SourceIP", As::Src),
    ("DestinationAddress", As::Dst),
    ("DNSResolverIP", As::Dst),
    ("SourcePort", As::Is(field::SRC_PORT)),
    ("DestinationPort", As::Is(field::DST_PORT)),
    ("Protocol", As::Proto),
    ("Application", As::Is(field::APP)),
    ("SourceUser", As::Is(field::USER)),
    ("SourceUserName", As::Is(field::USER)),
    ("User", As::Is(field::USER)),
    ("Admin", As::Is(field::USER)),
    ("SessionID", As::Is(field::FLOW_ID)),
    ("BytesSent", As::Is(field::BYTES_OUT)),
    ("BytesReceived", As::Is(field::BYTES_IN)),
    ("PacketsSent", As::Is(field::PACKETS_OUT)),
    ("PacketsReceived", As::Is(field::PACKETS_IN)),
    ("SessionDuration", As::Seconds),
    ("EndpointDeviceName", As::Is(field::SRC_HOST)),
    ("SourceDeviceHost", As::Is(field::SRC_HOST)),
    ("DestinationDeviceHost", As::Is(field::DST_HOST)),
    ("SourceDeviceMac", As::Is(field::SRC_MAC)),
    ("DestinationDeviceMac", As::Is(field::DST_MAC)),
    ("PrivateIPv4", As::Is(field::ASSIGNED_IP)),
    ("HTTPMethod", As::Is(field::HTTP_METHOD)),
    ("UserAgent", As::Is(field::USER_AGENT)),
    ("Referer", As::Is(field::REFERRER)),
    ("FileHash", As::Is(field::FILE_HASH)),
    ("FileType", As::Is(field::FILE_TYPE)),
    ("ThreatCategory", As::Is(field::SIG_CATEGORY)),
    ("URLCategory", As::Is(field::SIG_CATEGORY)),
    ("DNSRequest", As::Is(field::QUERY)),
    ("QueryName", As::Is(field::QUERY)),
    ("Action", As::Action),
    ("EventName", As::Action),
    ("EventIDValue", As::Action),
    ("Command", As::Action),
    ("Status", As::Outcome),
    ("Result", As::Outcome),
    ("EventDescription", As::Is(field::MESSAGE)),
];

/// What is read beside the fields of the table.
const OTHERS: &[&str] = &[
    "LogType",
    "Subtype",
    "TimeGenerated",
    "EventTime",
    "TimeReceived",
    "LogTime",
    "LogSourceName",
    "DeviceName",
    "DeviceSN",
    "LogSourceID",
    "FileName",
    "URL",
    "ThreatID",
    "ThreatName",
    "VendorSeverity",
    "Severity",
    "EventComponent",
    "SequenceNo",
    "Stage",
    "AuthMethod",
    "EndpointName",
];

static WANTED: LazyLock<PathList> =
    LazyLock::new(|| PathList::new(FIELDS.iter().map(|(name, _)| *name).chain(OTHERS.iter().copied())));

/// What JSON of the log service is recognised by.
static WORDS: LazyLock<[Word; 3]> = LazyLock::new(|| ["LogType", "DeviceSN", "LogSourceID"].map(Word::new));

/// The decoder of PAN-OS logs.
#[derive(Clone, Copy, Debug, Default)]
pub struct PaloAlto;

impl Decoder for PaloAlto {
    fn format(&self) -> &'static str {
        "paloalto"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Palo Alto PAN-OS logs: CSV, alone or behind syslog, and JSON of the log service"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        if looks_like_object(value) {
            let [kind, others @ ..] = &*WORDS;
            return kind.is_in(value) && others.iter().any(|word| word.is_in(value));
        }
        columns::begins(value)
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        let mut row = out.begin(class::UNCLASSIFIED);
        if looks_like_object(record.value) {
            let pairs = from_json(text)?;
            write(&mut row, &pairs);
            set_time(&mut row, time(&pairs, record.clock), TimeQuality::Device);
        } else {
            let line = syslog::read(text, record.clock);
            let (pairs, exact) = columns::read(line.tagged)?;
            write(&mut row, &pairs);
            let time = exact.and_then(|text| record.clock.sent(text)).or_else(|| time(&pairs, record.clock));
            set_time(&mut row, time.or(line.time), TimeQuality::Device);
        }
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn from_json(text: &str) -> Result<Pairs<'_>, Refusal> {
    let values = WANTED.read(text)?;
    let names = FIELDS.iter().map(|(name, _)| *name).chain(OTHERS.iter().copied());
    let mut pairs = Pairs::default();
    for (name, value) in names.zip(values) {
        if let Some(value) = value.into_written() {
            pairs.push(name, value)?;
        }
    }
    if pairs.get("LogType").is_none() {
        return Err(Refusal::malformed("no `LogType`"));
    }
    Ok(pairs)
}

fn time(pairs: &Pairs<'_>, clock: Clock<'_>) -> Option<(Timestamp, bool)> {
    clock.sent(pairs.any(&["TimeGenerated", "EventTime", "TimeReceived", "LogTime"])?)
}

fn write(row: &mut RowWriter<'_>, pairs: &Pairs<'_>) {
    let part = |name: &str| pairs.get(name).unwrap_or_default().to_ascii_lowercase();
    let (kind, subtype) = (part("LogType"), part("Subtype"));
    row.text(field::NATIVE_CODE, &format!("pan:{kind}:{subtype}"));
    let device = pairs.any(&["LogSourceName", "DeviceName", "DeviceSN", "LogSourceID"]);
    if let Some(device) = device {
        row.source(device);
    }
    if let Some(severity) = pairs.any(&["VendorSeverity", "Severity"]).and_then(words::severity) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
    words::write(row, FIELDS, |name| {
        pairs.get(name).filter(|value| !matches!(*value, "0.0.0.0" | "unknown"))
    });
    describe(row, &kind, pairs);
    let class = class_of(row, (&kind, &subtype), pairs);
    row.class(class);
    complete(row, class, pairs, device);
}

/// What only text for people says: `… for user 'jdoe'. Reason: … server address 192.0.2.5 … From: 192.0.2.9.`
fn describe(row: &mut RowWriter<'_>, kind: &str, pairs: &Pairs<'_>) {
    if kind != "system" {
        return;
    }
    let text = pairs.get("EventDescription").unwrap_or_default();
    let after = |word: &str| {
        let rest = text.split_once(word)?.1.trim_start_matches([' ', '\'', '\u{2018}', '"']);
        let end = rest.find([' ', '\'', '"', ',']).unwrap_or(rest.len());
        Some(rest[..end].trim_end_matches(['.', ':'])).filter(|found| !found.is_empty())
    };
    let lower = text.to_ascii_lowercase();
    let user = after("for user ").or(after("authenticating user ")).or(after("User name: "));
    let user = user.or(after("User ").filter(|_| lower.contains("logged ")));
    if let Some(user) = user.filter(|_| !row.has(field::USER)) {
        ingest::fold::set(row, field::USER, user);
    }
    let from = after("From: ").or(after("initiated by ")).or(after(" from "));
    if let Some(from) = from.filter(|_| !row.has(field::SRC_IP)) {
        row.text(field::SRC_IP, from);
    }
    let server = after("server address ").or(after("Server Address ")).or(after(" IP: "));
    if let Some(server) = server.or(after("Update server: ")).filter(|_| !row.has(field::DST_IP))
        && row.set(field::DST_IP, server).is_err()
        && server.contains('.')
    {
        row.text(field::DST_HOST, server);
    }
}

fn class_of(row: &RowWriter<'_>, (kind, subtype): (&str, &str), pairs: &Pairs<'_>) -> ClassId {
    match (kind, subtype) {
        ("traffic" | "decryption" | "tunnel" | "sctp" | "gtp", _) => class::NET_FLOW,
        ("threat", "url") => class::NET_HTTP,
        ("threat", "file" | "data" | "dlp") => class::NET_FILE,
        ("threat", "virus" | "wildfire-virus" | "ml-virus") => class::MALWARE_FOUND,
        ("threat", "wildfire")
            if pairs.get("VendorSeverity").is_some_and(|s| !s.eq_ignore_ascii_case("informational")) =>
        {
            class::MALWARE_FOUND
        }
        ("threat", "wildfire") => class::NET_FILE,
        ("threat", _) => class::IDS_ALERT,
        ("userid", "login") => class::AUTH_LOGIN,
        ("userid", "logout") => class::AUTH_LOGOUT,
        ("globalprotect", _) => vpn_class(row, pairs),
        ("authentication" | "auth", _) => {
            words::auth_class("authentication", outcome(pairs)).unwrap_or(class::HOST_LOG)
        }
        ("config", _) => class::DEVICE_CONFIG_CHANGED,
        ("hipmatch", _) => class::NET_HOST_SEEN,
        ("dns" | "dns_security", _) if row.has(field::QUERY) => class::NET_DNS,
        ("system", _) => system_class(row, pairs),
        _ => class::UNCLASSIFIED,
    }
}

fn outcome(pairs: &Pairs<'_>) -> Option<&'static str> {
    pairs.any(&["Status", "Result", "EventName"]).and_then(words::outcome)
}

fn vpn_class(row: &RowWriter<'_>, pairs: &Pairs<'_>) -> ClassId {
    let event = pairs.any(&["EventIDValue", "EventName"]).unwrap_or_default();
    let failed = pairs.get("Status").and_then(words::outcome) == Some("failure");
    match event {
        _ if !row.has(field::USER) => class::HOST_LOG,
        _ if failed => class::AUTH_FAILED,
        "gateway-logout" | "portal-logout" | "gateway-inactivity-timeout" => class::VPN_DISCONNECTED,
        "gateway-connected" | "gateway-setup-ssl" | "gateway-switch-to-ssl" | "gateway-register" => {
            class::VPN_CONNECTED
        }
        _ => class::AUTH_LOGIN,
    }
}

fn system_class(row: &RowWriter<'_>, pairs: &Pairs<'_>) -> ClassId {
    let text = pairs.get("EventDescription").unwrap_or_default();
    let said = format!("{} {text}", pairs.get("EventName").unwrap_or_default());
    if text.starts_with("Port ") {
        return if text.contains(": Up") { class::NET_PORT_UP } else { class::NET_PORT_DOWN };
    }
    let outcome = if text.starts_with("failed") { Some("failure") } else { None };
    words::auth_class(&said, outcome).filter(|_| row.has(field::USER)).unwrap_or(class::HOST_LOG)
}

/// What only one class has.
fn complete(row: &mut RowWriter<'_>, class: ClassId, pairs: &Pairs<'_>, device: Option<&str>) {
    let text = pairs.get("EventDescription").unwrap_or_default();
    match class {
        class::NET_HTTP => {
            row.maybe(field::URL, pairs.any(&["URL", "FileName"]));
        }
        class::IDS_ALERT | class::MALWARE_FOUND | class::NET_FILE => {
            row.maybe(field::FILE_NAME, pairs.get("FileName"));
            threat(row, pairs.any(&["ThreatName", "ThreatID", "Subtype"]).unwrap_or_default());
            if class == class::MALWARE_FOUND {
                set_host(
                    row,
                    &[pairs.any(&["DestinationDeviceHost", "DestinationAddress", "SourceAddress"])],
                );
            }
        }
        class::AUTH_FAILED => {
            let reason = text.split_once("Reason: ").map_or(text, |(_, reason)| reason);
            words::set_reason(row, reason.split(" auth profile").next().unwrap_or(reason));
            row.text(field::OUTCOME, "failure");
        }
        class::AUTH_LOGIN | class::AUTH_LOGOUT => {
            row.text(field::OUTCOME, "success");
        }
        class::DEVICE_CONFIG_CHANGED => {
            row.text(field::CONFIG_ITEM, "other").text(field::ACTION, "change");
        }
        class::NET_PORT_UP | class::NET_PORT_DOWN => {
            let port = text.trim_start_matches("Port ").split(':').next();
            row.maybe(field::SWITCH, device).maybe(field::SWITCH_PORT, port);
        }
        class::HOST_LOG => set_host(row, &[device]),
        _ => {}
    }
}

/// `HTTP: IIS Denial Of Service Attempt(40019)`: name and number.
fn threat(row: &mut RowWriter<'_>, sent: &str) {
    match sent.trim_end_matches(')').rsplit_once('(') {
        Some((name, id)) if !name.is_empty() => row.text(field::SIG_NAME, name).text(field::SIG_ID, id),
        _ => row.text(field::SIG_NAME, sent),
    };
}

//! LEEF 1 and 2: one line with the maker, an event and attributes, alone or behind a syslog header.
//!
//! Attributes of the standard mean the same for every maker; its words for the event decide what a record
//! is. Source is the device's name; severity is `sev`, times ten. Where `devTimeFormat` is sent the time
//! itself says the same, so only the time is read.

use crate::words::{self, As, Table, set_host, set_time};
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::cef::{self, Frame, find_leef};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::time::Clock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 10);

const CLASSES: &[ClassId] = &[
    class::NET_FLOW,
    class::NET_HTTP,
    class::NET_LEASE,
    class::NET_SESSION,
    class::IDS_ALERT,
    class::MALWARE_FOUND,
    class::VPN_CONNECTED,
    class::VPN_DISCONNECTED,
    class::AUTH_LOGIN,
    class::AUTH_LOGOUT,
    class::AUTH_FAILED,
    class::AUTH_SECRET_USED,
    class::HOST_LOG,
    class::UNCLASSIFIED,
];

/// Attributes of the standard; those of CyberArk, WatchGuard, Forcepoint and Trend Micro behind.
const KEYS: Table = &[
    ("src", As::Src),
    ("dst", As::Dst),
    ("dhost", As::Dst),
    ("dstname", As::Is(field::DST_HOST)),
    ("srcPort", As::Is(field::SRC_PORT)),
    ("dstPort", As::Is(field::DST_PORT)),
    ("srcMAC", As::Is(field::SRC_MAC)),
    ("dstMAC", As::Is(field::DST_MAC)),
    ("shost", As::Src),
    ("identHostName", As::Is(field::SRC_HOST)),
    ("usrName", As::Is(field::USER)),
    ("accountName", As::Is(field::USER)),
    ("domain", As::Is(field::USER_DOMAIN)),
    ("duser", As::Is(field::TARGET_ACCOUNT)),
    ("TargetUser", As::Is(field::TARGET_ACCOUNT)),
    ("proto", As::Proto),
    ("app_name", As::Is(field::APP)),
    ("app", As::Is(field::APP)),
    ("disp", As::Action),
    ("action", As::Action),
    ("act", As::Action),
    ("Action", As::Action),
    ("reason", As::Is(field::NATIVE_REASON)),
    ("url", As::Is(field::URL)),
    ("op", As::Is(field::HTTP_METHOD)),
    ("arg", As::Is(field::URL)),
    ("srcBytes", As::Is(field::BYTES_OUT)),
    ("sent_bytes", As::Is(field::BYTES_OUT)),
    ("dstBytes", As::Is(field::BYTES_IN)),
    ("rcvd_bytes", As::Is(field::BYTES_IN)),
    ("externalId", As::Is(field::SESSION)),
    ("filePath", As::Is(field::FILE_PATH)),
    ("File", As::Is(field::FILE_PATH)),
    ("cat", As::Is(field::SIG_CATEGORY)),
    ("msg", As::Is(field::MESSAGE)),
    ("desc", As::Is(field::MESSAGE)),
    ("EventMessage", As::Is(field::MESSAGE)),
];

/// The decoder of LEEF.
#[derive(Clone, Copy, Debug, Default)]
pub struct Leef;

impl Decoder for Leef {
    fn format(&self) -> &'static str {
        "leef"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "LEEF 1.0 and 2.0, alone or behind a syslog header, of any maker"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        !matches!(value.first(), Some(b'{' | b'[')) && find_leef(value).is_some()
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let frame = cef::leef(record.text()?, record.clock)?;
        let mut row = out.begin(class::UNCLASSIFIED);
        write(&mut row, &frame, record.clock);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn write(row: &mut RowWriter<'_>, frame: &Frame<'_>, clock: Clock<'_>) {
    let pairs = &frame.pairs;
    row.text(field::NATIVE_CODE, &format!("leef:{}:{}", frame.vendor, frame.event));
    let time = pairs.any(&["devTime", "startTime"]).and_then(|text| clock.sent(text));
    set_time(
        row,
        time.or(frame.line.time),
        if time.is_some() { TimeQuality::Device } else { TimeQuality::Receiver },
    );
    let device = pairs.any(&["sender", "host_name", "dvchost", "dvc", "identHostName"]).or(frame.line.host);
    if let Some(device) = device.or(pairs.get("serial")) {
        row.source(device);
    }
    if let Some(severity) = pairs.get("sev").and_then(words::severity) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
    words::write(row, KEYS, |key| pairs.get(key));
    if !row.has(field::OUTCOME) {
        row.maybe(field::OUTCOME, ended(frame.event));
    }
    from_sentence(row, frame);
    let class = class_of(row, frame);
    row.class(class);
    complete(row, class, frame, device);
}

/// `Connection_Discarded`: the outcome as the last word of the event.
fn ended(event: &str) -> Option<&'static str> {
    words::outcome(event.rsplit(['_', '-', ' ']).next()?)
}

/// WatchGuard says who came from where in a sentence: `SSL VPN user jdoe@firebox-db from 192.0.2.1 logged
/// in`.
fn from_sentence(row: &mut RowWriter<'_>, frame: &Frame<'_>) {
    if !frame.vendor.eq_ignore_ascii_case("WatchGuard") {
        return;
    }
    let message = frame.pairs.get("msg").unwrap_or_default();
    let after = |word: &str| message.split_once(word).and_then(|(_, rest)| rest.split([' ', ',']).next());
    let user = message.find("user ").into_iter().chain(message.find("User ")).min();
    let user = user.and_then(|at| message[at + 5..].split([' ', ',']).next());
    if let Some(user) = user.filter(|_| !row.has(field::USER)) {
        ingest::fold::set(row, field::USER, user);
    }
    if message.starts_with("DHCP") {
        row.maybe(field::SRC_IP, after(" on ").or(after(" for ")));
        row.maybe(field::SRC_MAC, after(" to ").or(after(" from ")));
        row.maybe(field::SRC_HOST, after("(").map(|name| name.trim_end_matches(')')));
        row.maybe(field::ASSIGNED_IP, after(" on "));
        return;
    }
    if let Some(address) = after(" from ").filter(|_| !row.has(field::SRC_IP)) {
        row.text(field::SRC_IP, address);
    }
    row.maybe(field::ASSIGNED_IP, after("virtual IP is "));
}

fn class_of(row: &RowWriter<'_>, frame: &Frame<'_>) -> ClassId {
    let pairs = &frame.pairs;
    let message = pairs.any(&["msg", "EventMessage", "name"]).unwrap_or_default();
    let said = format!("{} {message}", frame.event).to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if frame.vendor.eq_ignore_ascii_case("Cyber-Ark") {
        return cyber_ark(&said);
    }
    let category = pairs.get("cat").unwrap_or_default().to_ascii_lowercase();
    let ends = row.has(field::SRC_IP) && row.has(field::DST_IP);
    let auth = words::auth_class(&said, None).filter(|_| row.has(field::USER));
    match () {
        () if has(&["vpn"]) && has(&["logged in"]) && row.has(field::USER) => class::VPN_CONNECTED,
        () if has(&["vpn"]) && has(&["logged out", "logged off"]) && row.has(field::USER) => {
            class::VPN_DISCONNECTED
        }
        () if category.contains("malware") || has(&["virus"]) => class::MALWARE_FOUND,
        () if category.contains("intrusion") => class::IDS_ALERT,
        () if has(&["dhcpack"]) && row.has(field::ASSIGNED_IP) => class::NET_LEASE,
        () if ends && row.has(field::URL) => class::NET_HTTP,
        () if ends => class::NET_FLOW,
        () => auth.unwrap_or(class::HOST_LOG),
    }
}

/// The vault: logons to it, everything else is use of a secret in it.
fn cyber_ark(said: &str) -> ClassId {
    words::auth_class(said, None).unwrap_or(class::AUTH_SECRET_USED)
}

fn complete(row: &mut RowWriter<'_>, class: ClassId, frame: &Frame<'_>, device: Option<&str>) {
    let pairs = &frame.pairs;
    match class {
        class::IDS_ALERT | class::MALWARE_FOUND => {
            row.text(field::SIG_NAME, pairs.get("name").unwrap_or(frame.event))
                .text(field::SIG_ID, frame.event);
        }
        class::AUTH_FAILED => words::set_reason(row, pairs.any(&["reason", "msg"]).unwrap_or_default()),
        class::AUTH_SECRET_USED => {
            row.maybe(field::ASSET, pairs.get("Safe"));
            row.text(
                field::ACTION,
                if frame.pairs.get("Action").is_some_and(|a| a.contains("password")) {
                    "read"
                } else {
                    "other"
                },
            );
            row.text(field::OUTCOME, "success");
        }
        _ => {}
    }
    if matches!(class, class::HOST_LOG | class::MALWARE_FOUND) {
        set_host(row, &[pairs.any(&["dvchost", "dvc"]), device, pairs.get("src"), pairs.get("serial")]);
    }
}

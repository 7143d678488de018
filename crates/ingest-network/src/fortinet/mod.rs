//! Fortinet: FortiGate's `key=value` lines, with blanks or commas between, with or without a syslog header.
//!
//! `type` and `subtype` say what a record is. The time is `eventtime` where it is sent (seconds or
//! nanoseconds, by its length), else date, time and `tz`. Source is `devname`, else `devid`. The same keys
//! come inside CEF, whose decoder hands them here. `deny` of a flow is its outcome, not a class of its own.

use crate::words::{self, As, Table, set_host, set_time};
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::Timestamp;
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::fold;
use ingest::pairs::{self, Pairs};
use ingest::syslog;
use ingest::time::{Clock, epoch_text};

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 10);

/// Every class that a record of this maker may become, in its own form or in CEF.
pub(crate) const CLASSES: &[ClassId] = &[
    class::NET_FLOW,
    class::NET_DNS,
    class::NET_HTTP,
    class::NET_FILE,
    class::NET_MAIL,
    class::NET_SESSION,
    class::NET_LEASE,
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

/// Keys that mean the same in every type of record.
const COMMON: Table = &[
    ("srcip", As::Src),
    ("remip", As::Src),
    ("userip", As::Src),
    ("ip", As::Src),
    ("dstip", As::Dst),
    ("locip", As::Dst),
    ("nas", As::Dst),
    // FortiWeb's spellings.
    ("src", As::Src),
    ("dst", As::Dst),
    ("src_port", As::Is(field::SRC_PORT)),
    ("dst_port", As::Is(field::DST_PORT)),
    ("ibytes", As::Is(field::BYTES_IN)),
    ("obytes", As::Is(field::BYTES_OUT)),
    ("http_url", As::Is(field::URL)),
    ("http_method", As::Is(field::HTTP_METHOD)),
    ("http_agent", As::Is(field::USER_AGENT)),
    ("http_host", As::Is(field::HTTP_HOST)),
    ("http_referer", As::Is(field::REFERRER)),
    ("srcport", As::Is(field::SRC_PORT)),
    ("remport", As::Is(field::SRC_PORT)),
    ("dstport", As::Is(field::DST_PORT)),
    ("locport", As::Is(field::DST_PORT)),
    ("srcmac", As::Is(field::SRC_MAC)),
    ("mac", As::Is(field::SRC_MAC)),
    ("dstmac", As::Is(field::DST_MAC)),
    ("srcname", As::Is(field::SRC_HOST)),
    ("dstname", As::Is(field::DST_HOST)),
    ("proto", As::Proto),
    ("app", As::Is(field::APP)),
    ("service", As::Is(field::APP)),
    ("xauthuser", As::Is(field::USER)),
    ("unauthuser", As::Is(field::USER)),
    ("status", As::Outcome),
    ("result", As::Outcome),
    ("action", As::Action),
    ("sessionid", As::Is(field::FLOW_ID)),
    ("sentbyte", As::Is(field::BYTES_OUT)),
    ("rcvdbyte", As::Is(field::BYTES_IN)),
    ("sentpkt", As::Is(field::PACKETS_OUT)),
    ("rcvdpkt", As::Is(field::PACKETS_IN)),
    ("duration", As::Seconds),
    ("assignip", As::Is(field::ASSIGNED_IP)),
    ("tunnelip", As::Is(field::ASSIGNED_IP)),
    ("qname", As::Is(field::QUERY)),
    ("qtype", As::Is(field::QUERY_TYPE)),
    ("ipaddr", As::Is(field::ANSWER)),
    ("url", As::Is(field::URL)),
    ("agent", As::Is(field::USER_AGENT)),
    ("referralurl", As::Is(field::REFERRER)),
    ("httpmethod", As::Is(field::HTTP_METHOD)),
    ("filename", As::Is(field::FILE_NAME)),
    ("filehash", As::Is(field::FILE_HASH)),
    ("analyticscksum", As::Is(field::FILE_HASH)),
    ("filesize", As::Is(field::FILE_SIZE)),
    ("filetype", As::Is(field::FILE_TYPE)),
    ("sender", As::Is(field::MAIL_FROM)),
    ("from", As::Is(field::MAIL_FROM)),
    ("recipient", As::Is(field::MAIL_TO)),
    ("to", As::Is(field::MAIL_TO)),
    ("subject", As::Is(field::MAIL_SUBJECT)),
    ("attackid", As::Is(field::SIG_ID)),
    ("virusid", As::Is(field::SIG_ID)),
    ("attack", As::Is(field::SIG_NAME)),
    ("virus", As::Is(field::SIG_NAME)),
    ("catdesc", As::Is(field::SIG_CATEGORY)),
    ("appcat", As::Is(field::SIG_CATEGORY)),
    ("msg", As::Is(field::MESSAGE)),
    ("logdesc", As::Is(field::MESSAGE)),
];

/// The decoder of Fortinet's lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fortinet;

impl Decoder for Fortinet {
    fn format(&self) -> &'static str {
        "fortinet"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Fortinet key=value lines (traffic, utm, event), parted by blanks or commas"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let head = &value[..value.len().min(1024)];
        let has = |word: &str| head.windows(word.len()).any(|part| part == word.as_bytes());
        let is_json = matches!(head.first(), Some(b'{' | b'['));
        !is_json && !has("CEF:") && has("type=") && has("subtype=") && (has("level=") || has("pri="))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let line = syslog::read(record.text()?, record.clock);
        let pairs = pairs::quoted(line.tagged)?;
        if pairs.get("type").is_none() {
            return Err(Refusal::malformed("no `type=`"));
        }
        let mut row = out.begin(class::UNCLASSIFIED);
        write(&mut row, &pairs, record.clock);
        if !row.has(field::NATIVE_SEVERITY)
            && let Some(severity) = pairs.any(&["severity", "level", "pri"]).and_then(words::severity)
        {
            row.int(field::NATIVE_SEVERITY, severity);
        }
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

/// Writes a record whose keys are the maker's own.
pub(crate) fn write(row: &mut RowWriter<'_>, pairs: &Pairs<'_>, clock: Clock<'_>) {
    set_time(row, time(pairs, clock), TimeQuality::Device);
    row.text(
        field::NATIVE_CODE,
        &format!("fortinet:{}", pairs.any(&["logid", "log_id", "type"]).unwrap_or_default()),
    );
    if let Some(device) = pairs.any(&["devname", "devid"]) {
        row.source(device);
    }
    words::write(row, COMMON, |key| pairs.get(key));
    // A user of a certificate comes with its common name behind a comma.
    if let Some(user) = pairs.get("user").filter(|user| !words::is_nothing(user)) {
        fold::set(row, field::USER, user.split(',').next().unwrap_or(user));
    }
    let interface = pairs.get("ui").unwrap_or_default();
    words::set_address_in(row, field::SRC_IP, interface);
    let class = class_of(row, pairs);
    row.class(class);
    complete(row, class, pairs);
}

/// `eventtime` is UTC; date and time are local to `tz`.
fn time(pairs: &Pairs<'_>, clock: Clock<'_>) -> Option<(Timestamp, bool)> {
    if let Some(time) = pairs.any(&["eventtime", "timestamp", "itime"]).and_then(epoch_text) {
        return Some((time, false));
    }
    let (date, time) = (pairs.get("date")?, pairs.get("time")?);
    clock.sent(&format!("{date} {time} {}", pairs.get("tz").unwrap_or_default()))
}

fn class_of(row: &RowWriter<'_>, pairs: &Pairs<'_>) -> ClassId {
    let part = |key: &str| pairs.get(key).unwrap_or_default().to_ascii_lowercase();
    let (kind, subtype) = (part("type"), part("subtype"));
    match (&*kind, &*subtype) {
        ("traffic", _) => class::NET_FLOW,
        ("event", _) => event_class(row, pairs, &subtype),
        // Before version 5.6 the subtypes of `utm` were types of their own.
        ("utm", subtype) => inspection_class(row, subtype),
        (kind, _) => inspection_class(row, kind),
    }
}

fn inspection_class(row: &RowWriter<'_>, subtype: &str) -> ClassId {
    match subtype {
        "virus" => class::MALWARE_FOUND,
        "ips" | "anomaly" | "waf" | "attack" => class::IDS_ALERT,
        "webfilter" | "web" if row.has(field::URL) => class::NET_HTTP,
        "dns" | "dns-query" | "dns-response" if row.has(field::QUERY) => class::NET_DNS,
        "emailfilter" | "spam" => class::NET_MAIL,
        "dlp" | "file-filter" => class::NET_FILE,
        "ssh" | "ssl" | "voip" | "cifs" | "sctp-filter" => class::NET_SESSION,
        "webfilter" | "web" | "dns" | "app-ctrl" | "app" | "ztna" => class::NET_FLOW,
        _ => class::UNCLASSIFIED,
    }
}

fn event_class(row: &RowWriter<'_>, pairs: &Pairs<'_>, subtype: &str) -> ClassId {
    let action = pairs.get("action").unwrap_or_default();
    let said = format!("{action} {}", pairs.get("logdesc").unwrap_or_default());
    if row.has(field::USER) && subtype == "vpn" {
        match action {
            "tunnel-up" | "ssl-new-con-up" => return class::VPN_CONNECTED,
            "tunnel-down" => return class::VPN_DISCONNECTED,
            "ssl-login-fail" => return class::AUTH_FAILED,
            _ => {}
        }
    }
    if pairs.get("cfgpath").is_some() || said.contains("Configuration changed") {
        return class::DEVICE_CONFIG_CHANGED;
    }
    if pairs.get("dhcp_msg").is_some_and(|message| message.eq_ignore_ascii_case("ack")) {
        return class::NET_LEASE;
    }
    let outcome = pairs.any(&["status", "result"]).and_then(words::outcome);
    match words::auth_class(&said, outcome) {
        Some(class) if row.has(field::USER) => class,
        _ if row.has(field::SRC_IP) && row.has(field::DST_IP) => class::NET_SESSION,
        _ => class::HOST_LOG,
    }
}

/// What only one class has.
fn complete(row: &mut RowWriter<'_>, class: ClassId, pairs: &Pairs<'_>) {
    if class != class::NET_LEASE {
        row.maybe(field::HTTP_HOST, pairs.get("hostname"));
    }
    match class {
        class::AUTH_FAILED => words::set_reason(row, pairs.any(&["reason", "msg"]).unwrap_or_default()),
        class::DEVICE_CONFIG_CHANGED => config(row, pairs),
        class::NET_LEASE => {
            row.maybe(field::ASSIGNED_IP, pairs.get("ip")).maybe(field::SRC_HOST, pairs.get("hostname"));
        }
        class::IDS_ALERT => {
            row.maybe(field::SIG_NAME, pairs.any(&["attack", "msg", "eventtype"]));
        }
        // The name says whose computer it was, the address stands in for a missing name.
        class::MALWARE_FOUND => set_host(row, &[pairs.get("srcname"), pairs.get("srcip")]),
        class::HOST_LOG => set_host(row, &[pairs.get("devname"), pairs.get("devid")]),
        _ => {}
    }
}

fn config(row: &mut RowWriter<'_>, pairs: &Pairs<'_>) {
    let path = pairs.get("cfgpath").unwrap_or_default();
    let item = match path.split('.').next().unwrap_or_default() {
        "firewall" => "rules",
        "user" => "users",
        "vpn" | "router" | "router-policy" => "network",
        "system" if path.starts_with("system.admin") => "users",
        "system" if path.starts_with("system.interface") || path.starts_with("system.dhcp") => "network",
        _ => "other",
    };
    row.text(field::CONFIG_ITEM, item).maybe(field::ACCOUNT, pairs.get("user"));
    let action = match pairs.get("action").unwrap_or_default() {
        "Add" => "create",
        "Delete" => "delete",
        _ => "change",
    };
    row.text(field::ACTION, action);
    // A change is logged when it has been made.
    if !row.has(field::OUTCOME) {
        row.text(field::OUTCOME, "success");
    }
}

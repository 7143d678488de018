//! What single makers mean in CEF: a table of whose events are what, and keys that only they have.

use crate::words;
use event::class::{self, ClassId};
use event::field;
use event::row::RowWriter;
use ingest::cef::Frame;
use ingest::decoder::Refusal;
use ingest::pairs::Pairs;

/// Every class that CEF may become, beside those of the makers with decoders of their own.
pub(super) const CLASSES: &[ClassId] = &[
    class::NET_FLOW,
    class::NET_HTTP,
    class::NET_DNS,
    class::NET_FILE,
    class::NET_MAIL,
    class::NET_SESSION,
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

/// A record of Fortinet's with the keys of its own format.
pub(super) fn fortinet<'a>(frame: &'a Frame<'a>) -> Result<Pairs<'a>, Refusal> {
    let mut own = Pairs::default();
    // `cat` is type and subtype in one.
    let category = frame.pairs.get("cat").unwrap_or_default();
    let (kind, subtype) = category.split_once(':').unwrap_or((category, ""));
    own.push("type", kind)?;
    own.push("subtype", subtype)?;
    for (key, value) in frame.pairs.iter() {
        let prefixed =
            ["FTNTFGT", "FortinetFortiGate", "ad."].iter().find_map(|prefix| key.strip_prefix(prefix));
        if let Some(key) = prefixed {
            own.push(key, value)?;
        }
    }
    for (key, theirs) in FORTINET {
        if let Some(value) = frame.pairs.get(key) {
            own.push(*theirs, value)?;
        }
    }
    if let Some(length) = frame.pairs.labelled("Duration") {
        own.push("duration", length)?;
    }
    Ok(own)
}

/// Keys of the standard and what Fortinet calls them; behind its own, which say more.
const FORTINET: &[(&str, &str)] = &[
    ("dvchost", "devname"),
    ("deviceExternalId", "devid"),
    ("src", "srcip"),
    ("dst", "dstip"),
    ("spt", "srcport"),
    ("dpt", "dstport"),
    ("smac", "srcmac"),
    ("dmac", "dstmac"),
    ("shost", "srcname"),
    ("dhost", "hostname"),
    ("suser", "user"),
    ("duser", "user"),
    ("proto", "proto"),
    ("app", "service"),
    ("act", "action"),
    ("outcome", "status"),
    ("externalId", "sessionid"),
    ("in", "rcvdbyte"),
    ("out", "sentbyte"),
    ("request", "url"),
    ("requestClientApplication", "agent"),
    ("requestMethod", "httpmethod"),
    ("fname", "filename"),
    ("fsize", "filesize"),
    ("fileHash", "filehash"),
    ("sproc", "ui"),
    ("msg", "msg"),
    ("reason", "reason"),
];

/// Keys that only some makers have and that say more than those of the standard.
pub(super) fn write_own(row: &mut RowWriter<'_>, frame: &Frame<'_>) {
    let pairs = &frame.pairs;
    let own = |keys: &[&str]| pairs.any(keys).filter(|value| !words::is_nothing(value));
    row.maybe(field::FLOW_ID, own(&["PanOSSessionID"]).or(pairs.labelled("SessionID")));
    row.maybe(field::SRC_HOST, own(&["PanOSEndpointDeviceName", "PanOSSourceDeviceHost"]));
    row.maybe(field::SRC_IP, own(&["PanOSPublicIPv4"])).maybe(field::ASSIGNED_IP, own(&["PanOSPrivateIPv4"]));
    row.maybe(field::FILE_HASH, own(&["PanOSFileHash"]))
        .maybe(field::SIG_NAME, pairs.labelled("Protection Name"));
    if let Some(user) = own(&["PanOSSourceUserName", "PanOSSourceUser", "PanOSAuthenticatedUserName"]) {
        ingest::fold::set(row, field::USER, user);
    }
    if frame.vendor.eq_ignore_ascii_case("FireEye") {
        row.maybe(field::HTTP_HOST, pairs.labelled("cncHost"))
            .maybe(field::DST_PORT, pairs.labelled("cncPort"));
    }
    if frame.vendor.eq_ignore_ascii_case("Claroty") {
        row.maybe(field::SIG_NAME, own(&["event_type", "signature_name"]))
            .maybe(field::TECHNIQUE, own(&["mitre_technique_enterprise_ids"]));
    }
}

/// What a record is.
pub(super) fn class_of(row: &RowWriter<'_>, frame: &Frame<'_>) -> ClassId {
    match &*frame.vendor.to_ascii_lowercase() {
        "palo alto networks" => palo_alto(row, frame),
        "check point" => check_point(row, frame),
        "fireeye" | "claroty" | "nozomi networks" | "darktrace" | "vectra networks" => class::IDS_ALERT,
        "forcepoint" if frame.name.starts_with("Connection_") => class::NET_FLOW,
        _ => by_words(row, frame),
    }
}

/// Type and subtype stand in the head: type first in version 2, subtype first before.
fn palo_alto(row: &RowWriter<'_>, frame: &Frame<'_>) -> ClassId {
    let is = |kind: &str| frame.event.eq_ignore_ascii_case(kind) || frame.name.eq_ignore_ascii_case(kind);
    let stage = frame.pairs.get("PanOSEventIDValue").unwrap_or_default();
    match () {
        () if is("TRAFFIC") || is("DECRYPTION") || is("TUNNEL") => class::NET_FLOW,
        () if is("THREAT") && is("url") => {
            if row.has(field::URL) {
                class::NET_HTTP
            } else {
                class::NET_FLOW
            }
        }
        () if is("THREAT") && (is("file") || is("data")) => class::NET_FILE,
        () if is("THREAT") && (is("virus") || is("wildfire") || is("wildfire-virus")) => class::MALWARE_FOUND,
        () if is("THREAT") => class::IDS_ALERT,
        () if is("GLOBALPROTECT") && stage.contains("logout") => class::VPN_DISCONNECTED,
        () if is("GLOBALPROTECT") => class::VPN_CONNECTED,
        () if is("USERID") && is("logout") => class::AUTH_LOGOUT,
        () if is("USERID") && is("login") => class::AUTH_LOGIN,
        () if is("CONFIG") => class::DEVICE_CONFIG_CHANGED,
        () => by_words(row, frame),
    }
}

fn check_point(row: &RowWriter<'_>, frame: &Frame<'_>) -> ClassId {
    let said = frame.event.to_ascii_lowercase();
    match frame.product {
        "SmartDefense" | "Anti-Bot" | "IPS" | "New Anti Virus" | "Anti-Malware" | "Threat Emulation" => {
            class::IDS_ALERT
        }
        _ if said.contains("log in") || said.contains("log out") => by_words(row, frame),
        "URL Filtering" | "Application Control" if row.has(field::URL) && has_end(row) => class::NET_HTTP,
        _ if has_end(row) => class::NET_FLOW,
        _ => by_words(row, frame),
    }
}

fn has_end(row: &RowWriter<'_>) -> bool {
    [field::SRC_IP, field::DST_IP, field::SRC_HOST].iter().any(|&end| row.has(end))
}

/// For makers without a row: the words of event, name and category, then what the record holds.
fn by_words(row: &RowWriter<'_>, frame: &Frame<'_>) -> ClassId {
    let pairs = &frame.pairs;
    let said = [frame.event, frame.name, pairs.get("cat").unwrap_or_default()].join(" ").to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let outcome = pairs.any(&["outcome", "act"]).and_then(words::outcome);
    if let Some(class) = words::auth_class(&said, outcome).filter(|_| row.has(field::USER)) {
        return class;
    }
    let both_ends = has_end(row) && (row.has(field::DST_IP) || row.has(field::DST_HOST));
    match () {
        () if has(&["malware", "virus", "trojan", "ransom", "malop"]) => class::MALWARE_FOUND,
        () if has(&["attack", "threat", "intrusion", "exploit", "signature", "alert", "scan"])
            && has_end(row) =>
        {
            class::IDS_ALERT
        }
        () if both_ends && row.has(field::URL) => class::NET_HTTP,
        () if both_ends => class::NET_FLOW,
        () => class::HOST_LOG,
    }
}

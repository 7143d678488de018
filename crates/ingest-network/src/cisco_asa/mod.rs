//! Cisco ASA and Firepower: `%ASA-6-302013: Built inbound TCP connection …`.
//!
//! The number says what the sentence is about; addresses, ports and users are found by the shapes in which
//! all sentences write them, in their order: first the source, then the destination. A connection built
//! *outbound* names its ends the other way round. Firepower's events (43000x) are keys with values. A number
//! that is not known here is `host.log`, or `net.session` where two ends are named. The flow of a connection
//! is its number, the same when it is built and torn down.

use crate::words::{self, As, Table, set_host, set_time};
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::pairs::Pairs;
use ingest::syslog;

mod sentence;
#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 10);

const CLASSES: &[ClassId] = &[
    class::NET_FLOW,
    class::NET_SESSION,
    class::NET_TLS,
    class::NET_SCAN,
    class::IDS_ALERT,
    class::MALWARE_FOUND,
    class::NET_FILE,
    class::VPN_CONNECTED,
    class::VPN_DISCONNECTED,
    class::AUTH_LOGIN,
    class::AUTH_LOGOUT,
    class::AUTH_FAILED,
    class::DEVICE_CONFIG_CHANGED,
    class::HOST_LOG,
    class::UNCLASSIFIED,
];

/// The decoder of ASA and Firepower.
#[derive(Clone, Copy, Debug, Default)]
pub struct CiscoAsa;

/// `%ASA-6-302013`.
struct Tag<'a> {
    severity: u8,
    number: &'a str,
    text: &'a str,
}

impl Decoder for CiscoAsa {
    fn format(&self) -> &'static str {
        "cisco-asa"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Cisco ASA and Firepower messages (%ASA-, %FTD-, %NGIPS-), with or without a syslog header"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let head = &value[..value.len().min(256)];
        let is_json = matches!(head.first(), Some(b'{' | b'['));
        let is_tagged =
            || head.contains(&b'%') && std::str::from_utf8(value).is_ok_and(|text| tag(text).is_some());
        !is_json && (untagged(value).is_some() || is_tagged())
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        let line = syslog::read(text, record.clock);
        let found = tag(text);
        let bare = || {
            let (number, severity) = untagged(record.value)?;
            Some(Tag { severity, number, text: text.trim() })
        };
        let tag =
            found.or_else(bare).ok_or_else(|| Refusal::malformed("no `%ASA-`, `%FTD-` or `%NGIPS-`"))?;
        let mut row = out.begin(class::UNCLASSIFIED);
        row.text(field::NATIVE_CODE, &format!("asa:{}", tag.number));
        row.int(field::NATIVE_SEVERITY, words::syslog_severity(tag.severity));
        set_time(&mut row, line.time, TimeQuality::Device);
        if let Some(host) = line.host {
            row.source(host);
        }
        if matches!(tag.number, "430001" | "430002" | "430003" | "430004" | "430005") {
            write_event(&mut row, &tag, record)?;
        } else {
            write_sentence(&mut row, &tag);
        }
        if !row.has(field::SRC_IP) && !row.has(field::DST_IP) {
            set_host(&mut row, &[line.host]);
        }
        row.text(field::MESSAGE, tag.text);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

/// Number and severity of sentences that some collectors pass on without their head.
fn untagged(value: &[u8]) -> Option<(&'static str, u8)> {
    const SENTENCES: &[(&str, &str, u8)] = &[
        ("Group <", "", 6),
        ("Tunnel group search using certificate maps failed for peer certificate", "717037", 3),
        ("Task ran for ", "711004", 4),
    ];
    let value = value.trim_ascii_start();
    let found = SENTENCES.iter().find(|(start, _, _)| value.starts_with(start.as_bytes()))?;
    Some((found.1, found.2))
}

fn tag(text: &str) -> Option<Tag<'_>> {
    text.match_indices('%').take(4).find_map(|(at, _)| {
        let mut parts = text[at + 1..].splitn(3, '-');
        let (product, severity, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let is_cisco = matches!(product, "ASA" | "FTD" | "NGIPS" | "PIX" | "FWSM");
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let severity = severity.parse().ok().filter(|severity| *severity <= 7);
        let known = is_cisco && (5..=6).contains(&digits);
        let (number, text) = rest.split_at(digits);
        known.then_some(Tag {
            severity: severity?,
            number,
            text: text.trim_start_matches([':', ' ']).trim_end(),
        })
    })
}

fn write_sentence(row: &mut RowWriter<'_>, tag: &Tag<'_>) {
    sentence::write_ends(row, tag.number, tag.text);
    sentence::write_who(row, tag.text);
    sentence::write_rest(row, tag.text);
    let class = class_of(row, tag);
    row.class(class);
    let outcome = match class {
        class::AUTH_FAILED => Some("failure"),
        class::AUTH_LOGIN | class::VPN_CONNECTED => Some("success"),
        class::NET_FLOW | class::NET_SESSION => sentence::verdict(tag.text),
        _ => None,
    };
    row.maybe(field::OUTCOME, outcome);
    match class {
        class::AUTH_FAILED => words::set_reason(row, sentence::reason(tag.text)),
        class::DEVICE_CONFIG_CHANGED => {
            row.text(field::CONFIG_ITEM, "other").text(field::ACTION, "change");
        }
        class::IDS_ALERT => {
            row.text(field::SIG_NAME, tag.text).text(field::SIG_ID, tag.number);
        }
        _ => {}
    }
}

fn class_of(row: &RowWriter<'_>, tag: &Tag<'_>) -> ClassId {
    let has_user = row.has(field::USER);
    let has_ends = row.has(field::SRC_IP) && (row.has(field::DST_IP) || row.has(field::DST_HOST));
    match tag.number {
        "106001" | "106006" | "106007" | "106014" | "106015" | "106023" | "106100" | "302013" | "302014"
        | "302015" | "302016" | "302020" | "302021" | "302303" | "302304" | "305011" | "305012"
        | "313001" | "313005" | "710003" | "710005" | "106021" | "106010" | "106002" => class::NET_FLOW,
        "400000" | "400010" | "400013" | "400023" | "400037" | "106016" | "106017" | "106022" => {
            class::IDS_ALERT
        }
        "733101" | "733102" => class::NET_SCAN,
        "725001" | "725002" | "725006" | "725007" | "725016" => class::NET_TLS,
        "113012" | "113004" | "605005" | "611101" | "109005" if has_user => class::AUTH_LOGIN,
        "113005" | "113015" | "113021" | "605004" | "611102" | "109006" | "308001" | "716039" if has_user => {
            class::AUTH_FAILED
        }
        "611103" | "109007" if has_user => class::AUTH_LOGOUT,
        "113039" | "716001" | "722051" | "722022" | "734001" if has_user => class::VPN_CONNECTED,
        "113019" | "716002" | "722023" | "722028" | "722037" if has_user => class::VPN_DISCONNECTED,
        "111008" | "111010" | "111004" | "111005" => class::DEVICE_CONFIG_CHANGED,
        number if number.starts_with("4000") => class::IDS_ALERT,
        _ if has_ends || row.has(field::SRC_IP) => class::NET_SESSION,
        _ => class::HOST_LOG,
    }
}

/// Keys of Firepower's own events.
const EVENT: Table = &[
    ("SrcIP", As::Src),
    ("DstIP", As::Dst),
    ("SrcPort", As::Is(field::SRC_PORT)),
    ("DstPort", As::Is(field::DST_PORT)),
    ("Protocol", As::Proto),
    ("ApplicationProtocol", As::Is(field::APP)),
    ("User", As::Is(field::USER)),
    ("AccessControlRuleAction", As::Action),
    ("FileAction", As::Action),
    ("InlineResult", As::Action),
    ("ConnectionID", As::Is(field::FLOW_ID)),
    ("InitiatorBytes", As::Is(field::BYTES_OUT)),
    ("ResponderBytes", As::Is(field::BYTES_IN)),
    ("InitiatorPackets", As::Is(field::PACKETS_OUT)),
    ("ResponderPackets", As::Is(field::PACKETS_IN)),
    ("ConnectionDuration", As::Seconds),
    ("UserAgent", As::Is(field::USER_AGENT)),
    ("URL", As::Is(field::URL)),
    ("DNSQuery", As::Is(field::QUERY)),
    ("FileName", As::Is(field::FILE_NAME)),
    ("FileSHA256", As::Is(field::FILE_HASH)),
    ("FileSize", As::Is(field::FILE_SIZE)),
    ("FileType", As::Is(field::FILE_TYPE)),
    ("ThreatName", As::Is(field::SIG_NAME)),
    ("Message", As::Is(field::SIG_NAME)),
    ("SID", As::Is(field::SIG_ID)),
    ("Classification", As::Is(field::SIG_CATEGORY)),
];

/// `Key: value, Key: value`.
fn write_event(row: &mut RowWriter<'_>, tag: &Tag<'_>, record: &Record<'_>) -> Result<(), Refusal> {
    let mut pairs = Pairs::default();
    let mut last: Option<(&str, String)> = None;
    for part in tag.text.split(", ") {
        let named = part.split_once(": ").filter(|(key, _)| {
            key.len() <= 40 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ')
        });
        match (named, &mut last) {
            (Some((key, value)), last) => {
                if let Some((key, value)) = last.replace((key.trim(), value.to_owned())) {
                    pairs.push(key, value)?;
                }
            }
            // A comma inside a value.
            (None, Some((_, value))) => value.push_str(&format!(", {part}")),
            (None, None) => {}
        }
    }
    if let Some((key, value)) = last {
        pairs.push(key, value)?;
    }
    let nobody = |value: &&str| !matches!(*value, "Not Found" | "No Authentication Required" | "Unknown");
    words::write(row, EVENT, |key| {
        pairs.get(key).filter(nobody).map(|value| value.trim_start_matches("<br/>"))
    });
    // The severity of these messages is always 1; what the event is worth stands in it.
    if let Some(priority) = pairs.get("EventPriority").and_then(words::severity) {
        row.int(field::NATIVE_SEVERITY, priority);
    }
    if let Some(time) = pairs.get("FirstPacketSecond").and_then(|text| record.clock.sent(text)) {
        set_time(row, Some(time), TimeQuality::Device);
    }
    let class = match tag.number {
        "430001" => class::IDS_ALERT,
        "430002" | "430003" => class::NET_FLOW,
        "430004" => class::NET_FILE,
        _ => class::MALWARE_FOUND,
    };
    row.class(class);
    if class == class::MALWARE_FOUND {
        set_host(row, &[pairs.any(&["DstIP", "SrcIP"])]);
    }
    Ok(())
}

//! Cisco ISE: a category, counters, a number of the message, its name and `key=value, key=value`.
//!
//! ```text
//! CISE_Failed_Attempts 0000248509 3 0 2025-02-18 14:34:01.264 +01:00 0005365098 5400 NOTICE Failed-Attempt: Authentication failed, ConfigVersionId=88, …
//! INFO: Configuration Changed: Admin=jdoe; Object Type=…
//! ```
//! A long message comes as several lines (`n m` of the counters); each is read by itself, so that a later part
//! names a device or an endpoint without a message. The person's device is the source; where only the access
//! device is named it is that, since it sent the request.

use crate::words::{self, As, Table, set_time};
use event::class::{self, ClassId};
use event::field;
use event::row::{RowWriter, TimeQuality};
use ingest::pairs::Pairs;
use ingest::time::Clock;

/// Keys; the better one of a field first.
const KEYS: Table = &[
    ("Calling-Station-ID", As::Src),
    ("AdminIPAddress", As::Src),
    ("UserAdminIPAddress", As::Src),
    ("Remote-Address", As::Src),
    ("EndpointIPAddress", As::Src),
    ("Device IP Address", As::Src),
    ("NAS-IP-Address", As::Src),
    ("NAS IP Address", As::Src),
    ("NAD Address", As::Src),
    ("mac", As::Is(field::SRC_MAC)),
    ("EndPointMACAddress", As::Is(field::SRC_MAC)),
    ("EndpointMacAddress", As::Is(field::SRC_MAC)),
    ("Framed-IP-Address", As::Is(field::ASSIGNED_IP)),
    ("Called-Station-ID", As::Dst),
    ("DestinationIPAddress", As::Dst),
    ("DestinationPort", As::Is(field::DST_PORT)),
    ("UserName", As::Is(field::USER)),
    ("User-Name", As::Is(field::USER)),
    ("AdminName", As::Is(field::USER)),
    ("Admin", As::Is(field::USER)),
    ("AD-Account-Name", As::Is(field::USER)),
    ("AuthenticationStatus", As::Outcome),
    ("Protocol", As::Is(field::APP)),
    ("NetworkDeviceName", As::Is(field::HOST)),
    ("Server", As::Is(field::HOST)),
    ("CPMSessionID", As::Is(field::SESSION)),
    ("Acct-Session-Id", As::Is(field::SESSION)),
    ("FailureReason", As::Is(field::NATIVE_REASON)),
];

/// What stands in front of the keys.
struct Head<'a> {
    /// Number, level and sentence of the message; later parts of one have none.
    message: Option<(&'a str, &'a str, &'a str)>,
    keys: &'a str,
}

/// Whether a text is a message of ISE's, with or without its category.
pub(super) fn is_known(text: &str) -> bool {
    let is_alarm = ["INFO: ", "WARN: ", "CRITICAL: "].iter().any(|level| text.starts_with(level));
    let keys = ["AcsSessionID=", "ConfigVersionId=", "Calling-Station-ID="];
    text.starts_with("CISE_")
        || is_alarm
        || counters(text).is_some()
        || keys.iter().any(|key| text.contains(key))
}

/// `0000248509 3 0 `: number, parts, this part; what follows.
pub(super) fn counters(text: &str) -> Option<&str> {
    let text = match text.strip_prefix("CISE_") {
        Some(rest) => rest.split_once(' ')?.1,
        None => text,
    };
    let mut words = text.splitn(4, ' ');
    let is_number = |word: Option<&str>, digits: std::ops::RangeInclusive<usize>| {
        word.is_some_and(|word| digits.contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit()))
    };
    let are =
        is_number(words.next(), 10..=10) && is_number(words.next(), 1..=3) && is_number(words.next(), 1..=3);
    words.next().filter(|_| are)
}

/// What a message says.
pub(super) fn write(row: &mut RowWriter<'_>, text: &str, clock: Clock<'_>) -> Option<ClassId> {
    let head = head(row, text, clock);
    let pairs = parted(head.keys).ok()?;
    words::write(row, KEYS, |key| {
        let value = pairs.get(key).filter(|value| *value != "Unknown")?;
        // Stations are addresses of hardware or names as often as addresses.
        let is_station = matches!(key, "Calling-Station-ID" | "Called-Station-ID");
        (!is_station || value.parse::<std::net::IpAddr>().is_ok()).then_some(value)
    });
    if let Some((number, level, sentence)) = head.message {
        row.text(field::NATIVE_CODE, &format!("ise:{number}"));
        row.maybe(field::LOG_EVENT, Some(number));
        if let Some(severity) = words::severity(level) {
            row.int(field::NATIVE_SEVERITY, severity);
        }
        if !row.has(field::NATIVE_REASON) {
            row.text(field::NATIVE_REASON, sentence);
        }
    }
    Some(decide(row, head.message.map_or("", |(_, _, sentence)| sentence), head.keys))
}

/// Time, number and sentence: `2025-02-18 14:34:01.264 +01:00 0005365098 5400 NOTICE Failed-Attempt: …, `, or
/// the `INFO: …: ` of an alarm.
fn head<'a>(row: &mut RowWriter<'_>, text: &'a str, clock: Clock<'_>) -> Head<'a> {
    let Some(rest) = counters(text) else {
        let (level, rest) = text.split_once(": ").unwrap_or(("", text));
        let (sentence, keys) = rest.split_once(": ").or(rest.split_once(" : ")).unwrap_or((rest, ""));
        let is_alarm = level.bytes().all(|b| b.is_ascii_uppercase());
        return match is_alarm {
            true => Head { message: Some(("alarm", level, sentence.trim())), keys },
            false => Head { message: None, keys: text },
        };
    };
    let words: Vec<&str> = rest.splitn(7, ' ').collect();
    let [date, time, zone, _, number, level, behind] = words[..] else {
        return Head { message: None, keys: rest };
    };
    let Some(sent) = clock.sent(&format!("{date} {time} {zone}")) else {
        return Head { message: None, keys: rest };
    };
    set_time(row, Some(sent), TimeQuality::Device);
    let (sentence, keys) = behind.split_once(", ").unwrap_or((behind, ""));
    let sentence = sentence.split_once(": ").map_or(sentence, |(_, sentence)| sentence);
    Head { message: Some((number, level, sentence.trim())), keys }
}

/// `key=value, key=value` or, in alarms, parted by semicolons; keys have blanks.
fn parted(text: &str) -> Result<Pairs<'_>, ingest::decoder::Refusal> {
    let mut pairs = Pairs::default();
    let mark = if text.contains(", ") { ", " } else { "; " };
    for (key, value) in text.split(mark).filter_map(|part| part.split_once('=')) {
        let (key, value) = (key.trim(), value.trim().trim_end_matches(','));
        pairs.push(key, value)?;
        // An address or, of a wireless client, a hardware address.
        if key == "Calling-Station-ID" {
            pairs.push("mac", value)?;
        }
    }
    Ok(pairs)
}

fn decide(row: &mut RowWriter<'_>, sentence: &str, keys: &str) -> ClassId {
    let has = |word: &str| sentence.contains(word);
    let verdict = match () {
        () if has("failed") || has("Failed") || has("Failure") || has("rejected") => Some("failure"),
        () if has("succeeded")
            || has("Passed")
            || keys.contains("AuthenticationStatus=AuthenticationPassed") =>
        {
            Some("success")
        }
        () => None,
    };
    if !row.has(field::OUTCOME) {
        row.maybe(field::OUTCOME, verdict);
    }
    let auth = words::auth_class(sentence, verdict).filter(|_| row.has(field::USER));
    match auth {
        Some(class::AUTH_FAILED) => {
            words::set_reason(row, sentence);
            class::AUTH_FAILED
        }
        Some(class) => class,
        None if row.has(field::SRC_IP) => class::NET_SESSION,
        None => class::HOST_LOG,
    }
}

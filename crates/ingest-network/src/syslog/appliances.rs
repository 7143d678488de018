//! Appliances that write keys with values in syslog: Meraki, Stormshield, Juniper, Wallix.
//!
//! Their keys mean the same under many names, so one table serves all; what a line is, two ends, a user and
//! its words say. A line with none of the keys is left to be a host's log.

use crate::words::{self, As, Table, set_time};
use event::class::{self, ClassId};
use event::field;
use event::row::{RowWriter, TimeQuality};
use ingest::fold;
use ingest::pairs::{self, Pairs};
use ingest::syslog::Line;
use ingest::time::Clock;

/// Keys of all of them; the better one of a field first.
const KEYS: Table = &[
    ("src", As::Src),
    ("source-address", As::Src),
    ("client_ip", As::Src),
    ("ip_source", As::Src),
    ("source", As::Src),
    ("address", As::Src),
    ("remoteip", As::Src),
    ("dst", As::Dst),
    ("destination-address", As::Dst),
    ("target_ip", As::Dst),
    ("target_host", As::Dst),
    ("server", As::Dst),
    ("sport", As::Is(field::SRC_PORT)),
    ("srcport", As::Is(field::SRC_PORT)),
    ("source-port", As::Is(field::SRC_PORT)),
    ("dport", As::Is(field::DST_PORT)),
    ("dstport", As::Is(field::DST_PORT)),
    ("destination-port", As::Is(field::DST_PORT)),
    ("mac", As::Is(field::SRC_MAC)),
    ("client_mac", As::Is(field::SRC_MAC)),
    ("srcname", As::Is(field::SRC_HOST)),
    ("protocol", As::Proto),
    ("ipproto", As::Proto),
    ("protocol-id", As::Proto),
    ("proto", As::Is(field::APP)),
    ("service-name", As::Is(field::APP)),
    ("application", As::Is(field::APP)),
    // Wallix: what it is done to says more than `add`.
    ("type", As::Action),
    ("action", As::Action),
    ("result", As::Outcome),
    ("status", As::Outcome),
    ("user", As::Is(field::USER)),
    ("username", As::Is(field::USER)),
    ("user_name", As::Is(field::USER)),
    ("domain", As::Is(field::USER_DOMAIN)),
    ("account", As::Is(field::TARGET_ACCOUNT)),
    ("session_id", As::Is(field::SESSION)),
    ("session-id-32", As::Is(field::FLOW_ID)),
    ("attack-name", As::Is(field::SIG_NAME)),
    ("url", As::Is(field::URL)),
    ("sent", As::Is(field::BYTES_OUT)),
    ("rcvd", As::Is(field::BYTES_IN)),
    ("bytes-from-client", As::Is(field::BYTES_OUT)),
    ("bytes-from-server", As::Is(field::BYTES_IN)),
    ("duration", As::Seconds),
    ("elapsed-time", As::Seconds),
    ("reason", As::Is(field::NATIVE_REASON)),
];

/// Whether a text without a header is one of theirs.
pub(super) fn is_known(text: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    begins(&[
        "RT_FLOW",
        "RT_IDP",
        "RT_SCREEN",
        "[wab",
        "[sshproxy]",
        "[rdpproxy]",
        "[SSH Session]",
        "[RDP Session]",
        "[VNC Session]",
    ]) || has(&[
        ": UI_",
        "fw=\"",
        " startime=",
        "[wabaudit]",
        "[wabauth]",
        "[SSH Session] ",
        "[RDP Session] ",
        "action=\"authentify\"",
    ])
}

/// What a body says; `None` if it has none of the keys.
pub(super) fn write(row: &mut RowWriter<'_>, line: &Line<'_>, clock: Clock<'_>) -> Option<ClassId> {
    // Juniper keeps its keys in the structured data of RFC 5424.
    let body = line.data.unwrap_or(line.tagged);
    if let Some(class) = write_meraki(row, body) {
        return Some(class);
    }
    let pairs = pairs::quoted(body).ok()?;
    write_time(row, &pairs, body, clock);
    let is_stormshield = pairs.get("logtype").is_some();
    if !is_stormshield && !KEYS.iter().any(|(key, _)| pairs.get(key).is_some()) {
        return None;
    }
    words::write(row, KEYS, |key| {
        // `type=136` is that of an ICMP message.
        let value = pairs.get(key).filter(|value| key != "type" || value.parse::<u32>().is_err())?;
        Some(if is_end(key) { without_port(value) } else { value })
    });
    write_ports(row, &pairs);
    let action = match pairs.get("action") {
        Some("add") => Some("create"),
        Some("edit") => Some("change"),
        Some("delete") => Some("delete"),
        _ => None,
    };
    row.maybe(field::ACTION, action);
    if is_stormshield {
        decide_stormshield(row, &pairs);
    }
    decide(row, &format!("{} {body}", line.message_id.unwrap_or_default()));
    Some(class_of(row, body, &pairs))
}

/// Whether the value of a key may have a port behind the address.
fn is_end(key: &str) -> bool {
    matches!(key, "src" | "dst" | "server")
}

/// `192.0.2.9:51960` without its port.
fn without_port(value: &str) -> &str {
    let is_ip = |text: &str| text.parse::<std::net::IpAddr>().is_ok();
    let parts = value.rsplit_once(':').filter(|(front, _)| is_ip(front) && !is_ip(value));
    parts.map_or(value, |(front, _)| front)
}

fn write_ports(row: &mut RowWriter<'_>, pairs: &Pairs<'_>) {
    for (key, port) in [("src", field::SRC_PORT), ("dst", field::DST_PORT), ("server", field::DST_PORT)] {
        if let Some(value) = pairs.get(key).filter(|value| without_port(value).len() < value.len())
            && !row.has(port)
        {
            row.maybe(port, value.rsplit(':').next());
        }
    }
}

/// Stormshield's `time="…" tz=+0100`.
fn write_time(row: &mut RowWriter<'_>, pairs: &Pairs<'_>, body: &str, clock: Clock<'_>) {
    let sent = pairs.get("time").and_then(|time| {
        // Without quotes the value ends at the blank before the clock.
        let bare = body.split_once("time=").and_then(|(_, rest)| rest.get(..19)).filter(|_| time.len() == 10);
        clock.sent(&format!("{} {}", bare.unwrap_or(time), pairs.get("tz").unwrap_or_default()))
    });
    if sent.is_some() {
        set_time(row, sent, TimeQuality::Device);
    }
    if let Some(device) = pairs.get("fw") {
        row.source(device).text(field::HOST, device);
    }
}

/// Stormshield says how something ended in its sentence or by the number of an error.
fn decide_stormshield(row: &mut RowWriter<'_>, pairs: &Pairs<'_>) {
    if let Some(log) = pairs.get("logtype") {
        row.text(field::NATIVE_CODE, &format!("stormshield:{log}"));
    }
    let failed = pairs.get("msg").is_some_and(|msg| msg.to_ascii_lowercase().contains("fail"));
    let outcome = match pairs.get("error") {
        _ if failed => Some("failure"),
        Some("0") => Some("success"),
        _ => None,
    };
    if !row.has(field::OUTCOME) {
        row.maybe(field::OUTCOME, outcome);
    }
}

/// Meraki's sentences about clients from afar: `… user id 'jdoe' local ip 10.0.0.9 connected from 192.0.2.9`,
/// `… Peer IP=192.0.2.9 User[jdoe]: Successfully added DTLS tunnel`.
fn write_meraki(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
    if !body.contains("anyconnect_vpn_") {
        return None;
    }
    let after = |phrase: &str| body.split_once(phrase).map(|(_, rest)| rest);
    let word = |text: &'_ str| text.split([' ', '\'']).next().unwrap_or(text).to_owned();
    let user = after("user id '")
        .map(word)
        .or(after(" User[").map(|rest| rest.split(']').next().unwrap_or(rest).to_owned()))?;
    fold::set(row, field::USER, &user);
    let from = after("connected from ").or(after("Peer IP=")).map(word);
    row.maybe(field::SRC_IP, from.as_deref());
    row.maybe(field::ASSIGNED_IP, after("local ip ").map(word).as_deref());
    let begins = body.contains(" connected from ");
    Some(if begins && row.has(field::SRC_IP) { class::VPN_CONNECTED } else { class::NET_SESSION })
}

/// What was decided where no key says it: Meraki's word or pattern, Juniper's name of the message.
fn decide(row: &mut RowWriter<'_>, body: &str) {
    if row.has(field::OUTCOME) {
        return;
    }
    let has = |word: &str| body.contains(word);
    let verdict = match () {
        () if has(" allow ") || has("pattern: 0") || has("pattern: allow") || has("SESSION_CREATE") => {
            Some("allowed")
        }
        () if has(" deny ")
            || has("pattern: 1")
            || has("pattern: deny")
            || has("SESSION_DENY")
            || has("_block ") =>
        {
            Some("blocked")
        }
        () if has("SESSION_CLOSE") => Some("allowed"),
        () if has("auth") || has("Auth") => match () {
            () if has("ail") || has("incorrect") || has("rejected") => Some("failure"),
            () if has("success") || has("succeeded") || has("Passed") => Some("success"),
            () => None,
        },
        () => None,
    };
    row.maybe(field::OUTCOME, verdict);
}

fn class_of(row: &mut RowWriter<'_>, body: &str, pairs: &Pairs<'_>) -> ClassId {
    let outcome = if body.contains("ailed") || body.contains("ailure") { Some("failure") } else { None };
    let said = pairs.get("msg").unwrap_or(body);
    let auth = words::auth_class(said, outcome).filter(|_| row.has(field::USER));
    let has_ends = row.has(field::SRC_IP) && row.has(field::DST_IP);
    match auth {
        _ if row.has(field::SIG_NAME) => class::IDS_ALERT,
        Some(class::AUTH_FAILED) => {
            words::set_reason(row, said);
            class::AUTH_FAILED
        }
        Some(class) => class,
        None if has_ends && row.has(field::URL) => class::NET_HTTP,
        None if has_ends => class::NET_FLOW,
        None if row.has(field::SRC_IP) => class::NET_SESSION,
        None => class::HOST_LOG,
    }
}

/// Juniper's sentences: `User 'jdoe' logout`, `Authenticated user 'jdoe' assigned to class 'operator'`.
pub(super) fn write_sentence(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
    let start = body.find("UI_")?;
    let user = body.split_once("ser '").and_then(|(_, rest)| rest.split('\'').next())?;
    fold::set(row, field::USER, user);
    match () {
        () if body[start..].starts_with("UI_LOGIN_EVENT") || body[start..].starts_with("UI_AUTH_EVENT") => {
            Some(class::AUTH_LOGIN)
        }
        () if body[start..].starts_with("UI_LOGOUT_EVENT") => Some(class::AUTH_LOGOUT),
        () => {
            let command = body.split_once(" command '").and_then(|(_, rest)| rest.rsplit_once('\''));
            if let Some((command, _)) = command {
                row.text(field::PROCESS_COMMAND, command).text(field::OUTCOME, "success");
            }
            None
        }
    }
}

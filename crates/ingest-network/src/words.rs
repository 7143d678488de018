//! What firewalls, hosts and directories say in their own words, brought to ours: outcomes, severities,
//! reasons, addresses that may be names.
//!
//! A word that is not known here sets nothing but `native_reason`: a guess would look like a fact. Severities
//! are those of formats.md §8, for the scales that are words.

use crate::net::set_proto;
use event::class::{self, ClassId};
use event::field::{self, FieldId};
use event::row::{RowWriter, TimeQuality};
use event::time::{Duration, Timestamp};
use ingest::fold;

/// Keys of a format and what becomes of their values.
pub(crate) type Table = &'static [(&'static str, As)];

/// What is made of a value.
#[derive(Clone, Copy)]
pub(crate) enum As {
    /// The field, by its type.
    Is(FieldId),
    /// The address or the name of the sending end.
    Src,
    /// The address or the name of the receiving end.
    Dst,
    /// The transport protocol.
    Proto,
    /// What the sender did or decided.
    Action,
    /// How it ended, where no decision says it.
    Outcome,
    /// A length of time in seconds.
    Seconds,
}

/// Sets the field of every key that has a value and is not set yet: of several keys for a field the first
/// one in the table counts.
pub(crate) fn write<'v>(row: &mut RowWriter<'_>, table: Table, get: impl Fn(&str) -> Option<&'v str>) {
    for (key, as_what) in table {
        if let Some(value) = get(key).filter(|value| !is_nothing(value)) {
            put(row, *as_what, value);
        }
    }
}

/// Placeholders of missing values.
pub(crate) fn is_nothing(value: &str) -> bool {
    matches!(value, "" | "-" | "N/A" | "n/a" | "(null)" | "null" | "None" | "NULL")
}

fn put(row: &mut RowWriter<'_>, as_what: As, value: &str) {
    match as_what {
        As::Is(field) if row.has(field) => {}
        As::Is(field) => fold::set(row, field, value),
        As::Src => end(row, (field::SRC_IP, field::SRC_HOST), value),
        As::Dst => end(row, (field::DST_IP, field::DST_HOST), value),
        As::Proto if !row.has(field::PROTO) => set_proto(row, value),
        As::Proto => {}
        As::Action => set_action(row, value),
        As::Outcome => {
            if !row.has(field::OUTCOME) {
                row.maybe(field::OUTCOME, outcome(value));
            }
        }
        As::Seconds => seconds(row, value),
    }
}

/// An end of a connection: its address, or the name that stands in its place.
fn end(row: &mut RowWriter<'_>, (ip, host): (FieldId, FieldId), value: &str) {
    let is_ip = row.has(ip) || row.set(ip, value).is_ok();
    if !is_ip && !row.has(host) {
        row.text(host, value);
    }
}

fn seconds(row: &mut RowWriter<'_>, value: &str) {
    let length = value.parse::<f64>().ok().filter(|s| (0.0..1e9).contains(s));
    if let Some(length) = length.filter(|_| !row.has(field::DURATION)) {
        row.duration(field::DURATION, Duration((length * 1e9) as i64));
    }
}

/// What the sender did: an outcome if its word is one, and the word itself.
pub(crate) fn set_action(row: &mut RowWriter<'_>, word: &str) {
    if !row.has(field::NATIVE_REASON) {
        row.text(field::NATIVE_REASON, word);
    }
    if !row.has(field::OUTCOME) {
        row.maybe(field::OUTCOME, outcome(word));
    }
}

/// The device time and whether its zone was assumed.
pub(crate) fn set_time(row: &mut RowWriter<'_>, time: Option<(Timestamp, bool)>, quality: TimeQuality) {
    if let Some((time, assumed)) = time {
        row.device_time(time, quality);
        if assumed {
            row.zone_assumed();
        }
    }
}

/// The outcome that a word says; `None` for words that say something else.
pub(crate) fn outcome(word: &str) -> Option<&'static str> {
    let word = word.trim().to_ascii_lowercase();
    let is = |words: &[&str]| words.contains(&&*word);
    let begins = |starts: &[&str]| starts.iter().any(|start| word.starts_with(start));
    if is(&[
        "success",
        "succeeded",
        "successful",
        "succeed",
        "ok",
        "completed",
        "auditsuccess",
        "pass-auth",
        "authenticationpassed",
    ]) {
        Some("success")
    } else if is(&["failure", "failed", "fail", "error", "unsuccessful", "auditfailure"]) {
        Some("failure")
    } else if begins(&[
        "den",
        "drop",
        "block",
        "reject",
        "reset",
        "discard",
        "refuse",
        "prevent",
        "quarantine",
        "terminate",
        "sinkhole",
        "clear",
        "violation",
    ]) || is(&[
        "no matching connection",
        "override-lockdown",
        "random-drop",
        "syncookie-sent",
        "block-url",
        "bypass-denied",
    ]) {
        Some("blocked")
    } else if begins(&[
        "allow", "accept", "permit", "pass", "monitor", "detect", "alert", "log", "built", "encrypt",
        "decrypt", "continue", "exempt", "perm",
    ]) || is(&[
        "close",
        "timeout",
        "client-rst",
        "server-rst",
        "ip-conn",
        "start",
        "dns",
        "route",
        "forward",
        "tunneled",
        "alarm-without-drop",
        "trust",
    ]) {
        Some("allowed")
    } else {
        None
    }
}

/// 0-100 of a severity in words or, on a scale of 0 to 10, in digits.
pub(crate) fn severity(word: &str) -> Option<i64> {
    if let Ok(number) = word.trim().parse::<f64>() {
        return (0.0..=10.0).contains(&number).then_some((number * 10.0) as i64);
    }
    Some(match word.trim().to_ascii_lowercase().as_str() {
        "emergency" | "emerg" | "fatal" => 100,
        "alert" | "very-high" | "very high" => 95,
        "critical" | "crit" => 90,
        "high" => 75,
        "error" | "err" => 70,
        "medium" | "warning" | "warn" => 50,
        "notice" | "notification" => 30,
        "low" => 20,
        "informational" | "information" | "info" => 15,
        "debug" | "debugging" => 5,
        _ => return None,
    })
}

/// 0-100 of a severity of syslog, 0 the worst.
pub(crate) fn syslog_severity(severity: u8) -> i64 {
    [100, 95, 90, 70, 50, 30, 15, 5].get(usize::from(severity)).copied().unwrap_or(5)
}

/// Why somebody was not let in, from the sender's sentence; the sentence is kept where it says no more.
pub(crate) fn set_reason(row: &mut RowWriter<'_>, sentence: &str) {
    let text = sentence.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let reason = if has(&[
        "not found",
        "no such user",
        "unknown user",
        "invalid user ",
        "doesn't exist",
        "does not exist",
        "illegal user",
    ]) {
        "no_such_user"
    } else if has(&["locked", "lockout", "exceed"]) {
        "account_locked"
    } else if has(&["disabled"]) {
        "account_disabled"
    } else if has(&["expired"]) {
        "expired"
    } else if has(&["mfa", "two-factor", "otp", "token"]) && !has(&["no token"]) {
        "mfa_failed"
    } else if has(&["password", "credential", "mismatch", "pass_wrong"]) {
        "wrong_password"
    } else if has(&["not allowed", "policy", "denied"]) {
        "policy"
    } else {
        if !row.has(field::NATIVE_REASON) && !sentence.is_empty() {
            row.text(field::NATIVE_REASON, sentence);
        }
        if sentence.is_empty() { "unknown" } else { "other" }
    };
    row.text(field::REASON, reason);
}

/// Names the host of an event that happened on one: the first of these that there is.
pub(crate) fn set_host(row: &mut RowWriter<'_>, candidates: &[Option<&str>]) {
    let found = candidates.iter().flatten().find(|name| !is_nothing(name));
    if let Some(name) = found.filter(|_| !row.has(field::HOST)) {
        row.text(field::HOST, name);
    }
}

/// The address in a text such as `GUI(192.0.2.1)`, `https(192.0.2.1)` or `from 192.0.2.1.`
pub(crate) fn set_address_in(row: &mut RowWriter<'_>, field: FieldId, text: &str) {
    if row.has(field) {
        return;
    }
    let parts = text.split(|c: char| !(c.is_ascii_hexdigit() || c == '.' || c == ':'));
    for part in parts.map(|part| part.trim_matches('.').trim_end_matches(':')).filter(|part| part.len() >= 7)
    {
        if row.set(field, part).is_ok() {
            return;
        }
    }
}

/// The class of something that logged somebody in or out, by its words; `None` where it is about neither.
pub(crate) fn auth_class(text: &str, outcome: Option<&str>) -> Option<ClassId> {
    let text = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["logout", "logoff", "log off", "logged out", "log out", "logged off"]) {
        return Some(class::AUTH_LOGOUT);
    }
    if !has(&[
        "login",
        "logon",
        "log in",
        "log on",
        "logged in",
        "logged on",
        "authenticat",
        "sign-in",
        "signed in",
    ]) {
        return None;
    }
    let failed =
        has(&["fail", "denied", "reject", "invalid", "incorrect", "disabled", "unsuccessful", "not allowed"]);
    match outcome {
        Some("failure" | "blocked") => Some(class::AUTH_FAILED),
        Some("success" | "allowed") => Some(class::AUTH_LOGIN),
        _ => Some(if failed { class::AUTH_FAILED } else { class::AUTH_LOGIN }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_makers() {
        assert_eq!(outcome("Reset-Both"), Some("blocked"));
        assert_eq!(outcome("passthrough"), Some("allowed"));
        assert_eq!(outcome("Failed"), Some("failure"));
        assert_eq!(outcome("negotiate"), None);
        assert_eq!(
            (severity("7"), severity("Very-High"), severity("Unknown"), severity("70")),
            (Some(70), Some(95), None, None)
        );
        assert_eq!(syslog_severity(0), 100);
        assert_eq!(auth_class("Admin login disabled", None), Some(class::AUTH_FAILED));
        assert_eq!(auth_class("User logged out", None), Some(class::AUTH_LOGOUT));
        assert_eq!(auth_class("tunnel up", None), None);
    }
}

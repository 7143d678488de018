//! What the sentences of ASA say, by the shapes they share.

use crate::net::set_proto;
use crate::words;
use event::field::{self, FieldId};
use event::row::RowWriter;
use event::time::Duration;
use ingest::fold;
use std::net::IpAddr;

/// One end of a connection as written.
struct End<'a> {
    ip: IpAddr,
    port: Option<&'a str>,
    user: Option<&'a str>,
}

/// The word behind a phrase, without what closes it.
pub(super) fn after<'a>(text: &'a str, phrase: &str) -> Option<&'a str> {
    let rest = text.split_once(phrase)?.1;
    let rest = rest.trim_start_matches([' ', '\'', '"', '<', '=']);
    let end = rest.find([' ', ',', '\'', '"', '>', ';']).unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches(['.', ':'])).filter(|word| !word.is_empty())
}

/// Source and destination, in the order of the sentence.
pub(super) fn write_ends(row: &mut RowWriter<'_>, number: &str, text: &str) {
    // `faddr` is the far end, `laddr` the near one; `gaddr` is the near one as seen from outside.
    let (mut first, mut second) = match (end_after(text, "faddr "), end_after(text, "laddr ")) {
        (Some(far), Some(near)) => (Some(far), Some(near)),
        _ => {
            let mut ends = text.split([' ', ',']).filter(|word| !word.starts_with('(')).filter_map(end);
            (ends.next(), ends.next())
        }
    };
    if matches!(number, "305011" | "305012") {
        second = None;
    }
    if matches!(number, "113004" | "113005") {
        // The address is that of the server that was asked.
        (first, second) = (None, first);
    }
    if text.starts_with("Built outbound") {
        std::mem::swap(&mut first, &mut second);
    }
    put(row, first, (field::SRC_IP, field::SRC_PORT));
    put(row, second, (field::DST_IP, field::DST_PORT));
    if !row.has(field::DST_IP)
        && let Some(remote) = after(text, "Remote:")
    {
        let (host, port) = remote.split_once(':').unwrap_or((remote, ""));
        row.text(field::DST_HOST, host).maybe(field::DST_PORT, Some(port).filter(|port| !port.is_empty()));
    }
}

fn put(row: &mut RowWriter<'_>, end: Option<End<'_>>, (ip, port): (FieldId, FieldId)) {
    let Some(end) = end else { return };
    row.ip(ip, end.ip).maybe(port, end.port);
    if let Some(user) = end.user.filter(|_| !row.has(field::USER)) {
        let user = user.strip_prefix("LOCAL\\").unwrap_or(user);
        fold::set(row, field::USER, user);
    }
}

fn end_after<'a>(text: &'a str, phrase: &str) -> Option<End<'a>> {
    end(text.split_once(phrase)?.1.split(' ').next()?)
}

/// `outside:192.0.2.9/443(LOCAL\jdoe)`, `dmz/192.0.2.9(443)`, `Local:192.0.2.9:500`, `<192.0.2.9>`,
/// `192.0.2.9`.
fn end(word: &str) -> Option<End<'_>> {
    let word = word.trim_matches(['<', '>', '"', '\'', ';']).trim_end_matches(['.', ':']);
    let word = word.strip_prefix("IP=").unwrap_or(word);
    let (word, bracket) = match word.split_once('(') {
        Some((front, inner)) => (front, Some(inner.trim_end_matches([')', '.']))),
        None => (word, None),
    };
    let is_port =
        |text: &&str| !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    let (ip, port) = address(word)?;
    let port = port.filter(is_port).or(bracket.filter(is_port));
    let user =
        bracket.filter(|inner| !is_port(inner) && inner.parse::<IpAddr>().is_err() && !inner.contains('/'));
    Some(End { ip, port, user })
}

/// The address in a word and what follows it; names of interfaces may stand in front.
fn address(word: &str) -> Option<(IpAddr, Option<&str>)> {
    let whole = |text: &str| text.parse::<IpAddr>().ok();
    if let Some(ip) = whole(word) {
        return Some((ip, None));
    }
    for (front, back) in [word.rsplit_once('/'), word.rsplit_once(':')].into_iter().flatten() {
        if let Some(ip) = whole(front).or_else(|| behind_name(front)) {
            return Some((ip, Some(back)));
        }
        if let Some(ip) = whole(back) {
            return Some((ip, None));
        }
    }
    behind_name(word).map(|ip| (ip, None))
}

fn behind_name(word: &str) -> Option<IpAddr> {
    let (_, rest) = word.split_once(':').or(word.split_once('/'))?;
    rest.parse().ok()
}

/// Users: `Group <g> User <u> IP <i>`, `user = u`, `Uname: u`, `User 'u'`, `Username:u`, `User=u`.
pub(super) fn write_who(row: &mut RowWriter<'_>, text: &str) {
    const PHRASES: &[&str] = &[
        "User <",
        "user = ",
        "Uname: ",
        "Username:",
        "Username = ",
        "client user ",
        "User=",
        "user \"",
        "User '",
        "for user ",
        "user '",
    ];
    if !row.has(field::USER)
        && let Some(user) =
            PHRASES.iter().find_map(|phrase| after(text, phrase)).filter(|user| *user != "Unknown")
    {
        fold::set(row, field::USER, user);
    }
    // The common name of a certificate has blanks.
    if let Some(name) = text.split_once(",CN=").and_then(|(_, rest)| rest.split(',').next())
        && !row.has(field::USER)
        && text.contains("subject name:")
    {
        fold::set(row, field::USER, name);
    }
    if let Some(group) =
        after(text, "Group <").or(after(text, "Group = ")).filter(|_| !row.has(field::USER_DOMAIN))
    {
        row.text(field::USER_DOMAIN, group);
    }
    row.maybe(field::ASSIGNED_IP, after(text, "assigned to session").or(after(text, "Address <")));
}

/// Protocol, number of the connection, duration, bytes.
pub(super) fn write_rest(row: &mut RowWriter<'_>, text: &str) {
    let proto = text.split(' ').find(|word| {
        ["tcp", "udp", "icmp", "icmp6", "gre", "esp", "sctp"]
            .iter()
            .any(|proto| word.eq_ignore_ascii_case(proto))
    });
    if let Some(proto) = proto {
        set_proto(row, proto);
    }
    let number = after(text, "connection ").filter(|word| word.bytes().all(|b| b.is_ascii_digit()));
    row.maybe(field::FLOW_ID, number);
    if let Some(length) = after(text, " duration ").or(after(text, "Duration: ")).and_then(duration) {
        row.duration(field::DURATION, length);
    }
    row.maybe(field::BYTES_OUT, after(text, " bytes "));
    row.maybe(field::SIG_CATEGORY, after(text, "by access-group ").or(after(text, "access-list ")));
    row.text(field::NATIVE_REASON, phrase(text));
}

/// What was done, in the sentence's own words: what stands before the first name or preposition, behind the
/// group, user and address that sentences about remote access begin with.
fn phrase(text: &str) -> &str {
    let rest =
        text.split_once("IP <").and_then(|(_, rest)| rest.split_once("> ")).map_or(text, |(_, rest)| rest);
    if let Some(verdict) = rest.strip_prefix("access-list ").and_then(|rest| rest.split(' ').nth(1)) {
        return verdict;
    }
    if let Some(verb @ ("Built" | "Teardown" | "Deny")) = rest.split(' ').next() {
        return verb;
    }
    let rest = rest.strip_prefix("TCP ").unwrap_or(rest);
    let end = [" without ", " with client", " for ", " from ", ": ", ". ", " due to ", ", "]
        .iter()
        .filter_map(|word| rest.find(word))
        .min();
    rest[..end.unwrap_or(rest.len())].trim_end_matches('.')
}

/// Why somebody was refused; the whole sentence where it does not say.
pub(super) fn reason(text: &str) -> &str {
    let said = text.split_once("reason = ").or(text.split_once("Reason: "));
    said.map_or(text, |(_, rest)| rest.split(" : ").next().unwrap_or(rest))
}

/// `0:02:01`, `1h:05m:09s`.
fn duration(text: &str) -> Option<Duration> {
    let mut seconds = 0i64;
    for part in text.split(':').take(4) {
        let number: i64 = part.trim_end_matches(['d', 'h', 'm', 's']).parse().ok()?;
        seconds = seconds.checked_mul(60)?.checked_add(number)?;
    }
    (0..100_000_000).contains(&seconds).then(|| Duration::from_secs(seconds))
}

/// What was decided, by the sentence's own word for it.
pub(super) fn verdict(text: &str) -> Option<&'static str> {
    let words = text.split([' ', ',', ':']).take(24);
    let refused = ["aborted", "failed", "Failed", "lost"];
    let mut words = words.filter(|word| !word.is_empty());
    words.find_map(|word| {
        let is_verdict = [
            "Deny",
            "Denied",
            "denied",
            "deny",
            "permitted",
            "Built",
            "Teardown",
            "discarded",
            "dropped",
            "Dropping",
        ];
        match word {
            "Teardown" => Some("allowed"),
            word if is_verdict.contains(&word) => words::outcome(word),
            word if refused.contains(&word) => Some("failure"),
            _ => None,
        }
    })
}

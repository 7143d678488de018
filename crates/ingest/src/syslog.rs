//! The header of a syslog line: RFC 5424, RFC 3164, and what devices make of them.
//!
//! ```text
//! 93 <166>Jan  5 08:52:35 10.22.8.216 sshd[42]: Accepted password …
//! ── ──── ─────────────── ─────────── ──── ──   ───────────────────
//! count pri  time            host       app process   body
//! ```
//! Every part may be missing; what looks like no part belongs to the body. So nothing is refused here, and a
//! decoder asks [`Line::has_header`] where it matters. The host may be a relay's: formats that name their
//! device in the body trust the body.

use crate::time::Clock;
use event::time::Timestamp;

/// The longest name of a host or program.
const NAME_BYTES_MAX: usize = 255;

/// One line and what its header says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line<'a> {
    /// Facility × 8 + severity.
    pub priority: Option<u8>,
    /// When it was written, and whether its zone was assumed.
    pub time: Option<(Timestamp, bool)>,
    /// Who sent it.
    pub host: Option<&'a str>,
    /// The program.
    pub app: Option<&'a str>,
    /// The program's process.
    pub process: Option<&'a str>,
    /// The type of message (RFC 5424).
    pub message_id: Option<&'a str>,
    /// Structured data with its brackets (RFC 5424).
    pub data: Option<&'a str>,
    /// What is said, without the program's name.
    pub body: &'a str,
    /// What is said, from the program's name on.
    pub tagged: &'a str,
}

impl Line<'_> {
    /// Whether the line began like syslog at all.
    pub fn has_header(&self) -> bool {
        self.priority.is_some() || self.time.is_some()
    }

    /// 0 to 7, 0 the worst.
    pub fn severity(&self) -> Option<u8> {
        self.priority.map(|priority| priority % 8)
    }
}

/// Reads a line.
pub fn read<'a>(text: &'a str, clock: Clock<'_>) -> Line<'a> {
    let text = without_count(text.trim_start());
    let (priority, rest) = priority(text);
    if let Some(rest) = priority.and(rest.strip_prefix("1 ")) {
        let line = Line { priority, ..Line::default() };
        return modern(line, rest, clock);
    }
    legacy(Line { priority, ..Line::default() }, rest, clock)
}

/// Whether bytes begin like a line of syslog: a priority, or the name of a month and a day.
pub fn begins(value: &[u8]) -> bool {
    let Ok(start) = std::str::from_utf8(&value[..value.len().min(24)])
        .or_else(|e| std::str::from_utf8(&value[..e.valid_up_to()]))
    else {
        return false;
    };
    let (priority, rest) = priority(without_count(start));
    priority.is_some() || begins_with_date(rest) || begins_with_epoch(rest) || begins_with_iso(rest)
}

/// `2022-09-05T10:05:15+02:00 gate …`.
fn begins_with_iso(text: &str) -> bool {
    let b = text.as_bytes();
    let digits =
        |from: usize, to: usize| b.get(from..to).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':')];
    digits(0, 4) && digits(5, 7) && digits(11, 13) && marks.iter().all(|&(at, mark)| b.get(at) == Some(&mark))
}

/// `1673614753.814828766 gate …`, as Meraki writes it.
fn begins_with_epoch(text: &str) -> bool {
    let Some((seconds, fraction)) = text.split(' ').next().and_then(|word| word.split_once('.')) else {
        return false;
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    seconds.len() == 10 && is_number(seconds) && is_number(fraction)
}

fn begins_with_date(text: &str) -> bool {
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    let (Some(month), Some(day)) = (words.next(), words.next()) else { return false };
    let is_month = month.len() == 3 && "JanFebMarAprMayJunJulAugSepOctNovDec".contains(month);
    is_month && day.len() <= 2 && day.bytes().all(|b| b.is_ascii_digit())
}

/// Takes off the length that stands in front of lines on TCP (RFC 6587).
fn without_count(text: &str) -> &str {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text[digits..].strip_prefix(' ') {
        Some(rest) if (1..=5).contains(&digits) && rest.starts_with('<') => rest,
        _ => text,
    }
}

fn priority(text: &str) -> (Option<u8>, &str) {
    let read = || {
        let (number, rest) = text.strip_prefix('<')?.split_once('>')?;
        let number = number.parse::<u8>().ok().filter(|number| *number <= 191)?;
        Some((Some(number), rest))
    };
    read().unwrap_or((None, text))
}

/// RFC 5424: the version has been read.
fn modern<'a>(mut line: Line<'a>, rest: &'a str, clock: Clock<'_>) -> Line<'a> {
    let mut words = rest.splitn(6, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (time, host, app, process, id, rest) = (word(), word(), word(), word(), word(), word());
    line.time = clock.sent(time);
    line.host = said(host);
    line.app = said(app);
    line.process = said(process);
    line.message_id = said(id);
    let (data, body) = structured_data(rest);
    line.data = data;
    line.body = body.trim_start().trim_start_matches('\u{feff}');
    line.tagged = line.body;
    line
}

/// A part that is not the dash of a missing one.
fn said(part: &str) -> Option<&str> {
    Some(part).filter(|part| !part.is_empty() && *part != "-" && part.len() <= NAME_BYTES_MAX)
}

/// `[id k="v"][id k="v"]`, in whose values a bracket is escaped, and what follows.
fn structured_data(text: &str) -> (Option<&str>, &str) {
    if let Some(rest) = text.strip_prefix('-') {
        return (None, rest);
    }
    let (mut in_brackets, mut in_quotes, mut escaped) = (false, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_quotes => escaped = true,
            b'"' if in_brackets => in_quotes = !in_quotes,
            b'[' if !in_quotes => in_brackets = true,
            b']' if !in_quotes => in_brackets = false,
            _ if !in_brackets => return (text.get(..at).filter(|data| !data.is_empty()), &text[at..]),
            _ => {}
        }
    }
    if in_brackets { (None, text) } else { (Some(text).filter(|data| !data.is_empty()), "") }
}

/// RFC 3164, and lines with an ISO time where it has its date.
fn legacy<'a>(mut line: Line<'a>, rest: &'a str, clock: Clock<'_>) -> Line<'a> {
    let mut rest = rest.trim_start();
    if let Some(sent) = clock.sent_prefix(rest) {
        line.time = Some((sent.time, sent.zone_assumed));
        rest = &rest[sent.len..];
        (line.host, rest) = host(rest);
    }
    line.tagged = rest.trim_start_matches([':', ' ']);
    (line.app, line.process, line.body) = program(line.tagged);
    line
}

/// The word behind the time, unless it is a program's name or the body already.
fn host(rest: &str) -> (Option<&str>, &str) {
    let Some((word, behind)) = rest.split_once(' ') else { return (None, rest) };
    let is_name = !word.is_empty()
        && word.len() <= NAME_BYTES_MAX
        && !word.ends_with(':')
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'/'));
    if is_name { (Some(word), behind.trim_start()) } else { (None, rest) }
}

/// `sshd[42]: `, `kernel: `, `%ASA-6-302013: `; without a colon there is none.
fn program(text: &str) -> (Option<&str>, Option<&str>, &str) {
    let none = (None, None, text);
    let Some(end) = text.bytes().take(NAME_BYTES_MAX).position(|b| matches!(b, b':' | b' ' | b'[')) else {
        return none;
    };
    let (name, rest) = text.split_at(end);
    let is_name = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/' | b'%'));
    if !is_name {
        return none;
    }
    if let Some(body) = rest.strip_prefix(':') {
        return (Some(name), None, body.trim_start());
    }
    let in_brackets = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match in_brackets {
        Some((process, behind)) if process.len() <= 20 && behind.starts_with(':') => {
            (Some(name), Some(process), behind[1..].trim_start())
        }
        _ => none,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Year;
    use jiff::tz::TimeZone;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let zone = TimeZone::UTC;
        let line = read(text, Clock { zone: &zone, year: Year::Fixed(2026) });
        let part = |part: Option<&str>| part.unwrap_or("-").to_owned();
        let time = line.time.map(|(time, _)| time.to_string());
        let priority = line.priority.map(|p| p.to_string());
        let read = [
            part(priority.as_deref()),
            part(time.as_deref()),
            part(line.host),
            part(line.app),
            part(line.process),
            line.body.to_owned(),
        ];
        assert_eq!(read.join("|"), expect, "{text}");
    }

    #[test]
    fn reads_both_standards_and_their_breakages() {
        check(
            "<14>1 2014-06-20T09:14:07+00:00 log app DEA - - Removing instance",
            "14|2014-06-20T09:14:07Z|log|app|DEA|Removing instance",
        );
        check("<14>1 - - - - - [a@1 b=\"c \\\"]\"][d@2 e=\"f\"] \u{feff}said", "14|-|-|-|-|said");
        check(
            "<166>Jan  5 08:52:35 10.22.8.216 %ASA-6-302021: Teardown",
            "166|2026-01-05T08:52:35Z|10.22.8.216|%ASA-6-302021|-|Teardown",
        );
        check(
            "93 <38>Jan  5 08:52:35 gate sshd[42]: Accepted",
            "38|2026-01-05T08:52:35Z|gate|sshd|42|Accepted",
        );
        check(
            "<166>Nov 09 2022 10:01:59: %ASA-6-725007: SSL",
            "166|2022-11-09T10:01:59Z|-|%ASA-6-725007|-|SSL",
        );
        check("Jan 5 08:52:35 gate su: bad", "-|2026-01-05T08:52:35Z|gate|su|-|bad");
        check("2026-01-05T08:52:35Z gate su: bad", "-|2026-01-05T08:52:35Z|gate|su|-|bad");
        check("<300>no priority", "-|-|-|-|-|<300>no priority");
        check("<13>just words here", "13|-|-|-|-|just words here");
        check("", "-|-|-|-|-|");
        check("<14>1 ", "14|-|-|-|-|");
    }

    #[test]
    fn knows_its_beginnings() {
        for line in ["<14>1 2014", "<13>x", "Jan  5 08:52", "17 <13>x"] {
            assert!(begins(line.as_bytes()), "{line}");
        }
        for other in ["{\"a\":1}", "<xml>", "2026-01-05", "", "Janitor 5"] {
            assert!(!begins(other.as_bytes()), "{other}");
        }
    }
}

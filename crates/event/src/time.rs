//! Instants and lengths of time: nanoseconds in an `i64`, UTC, no leap seconds. Nothing here reads a clock.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};

/// An instant: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A length of time in nanoseconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

impl Timestamp {
    /// Before everything: what nothing has reached yet.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// After everything.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    /// From milliseconds since 1970.
    pub const fn from_millis(ms: i64) -> Self {
        Timestamp(ms.saturating_mul(1_000_000))
    }

    /// Milliseconds since 1970, rounded down.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Reads RFC 3339 (`2026-01-10T02:00:00.5Z`, `…+01:00`); a blank for the `T` is accepted. Digits beyond the ninth
    /// of a second are dropped. `None` if it is none, or lies outside what 64 bits of nanoseconds hold.
    pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
        let b = text.as_bytes();
        let (&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, t, h1, h2, b':', n1, n2, b':', s1, s2], rest) =
            b.split_first_chunk::<19>()?
        else {
            return None;
        };
        if !matches!(t, b'T' | b't' | b' ') {
            return None;
        }
        let days = days_from_civil(pair(y1, y2)? * 100 + pair(y3, y4)?, pair(m1, m2)?, pair(d1, d2)?)?;
        let (hour, minute, second) = (pair(h1, h2)?, pair(n1, n2)?, pair(s1, s2)?);
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (nanos, rest) = fraction(rest)?;
        let offset = zone_offset(rest)?;
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second.min(59) - offset;
        seconds.checked_mul(1_000_000_000)?.checked_add(nanos).map(Timestamp)
    }
}

/// A number of two digits.
#[inline]
fn pair(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
}

fn digits(b: &[u8]) -> Option<i64> {
    b.iter().try_fold(0i64, |n, c| c.is_ascii_digit().then(|| n * 10 + i64::from(c - b'0')))
}

/// Nanoseconds of `.123…` at the start of `b` (0 without), and what follows.
fn fraction(b: &[u8]) -> Option<(i64, &[u8])> {
    let Some(rest) = b.strip_prefix(b".").or_else(|| b.strip_prefix(b",")) else { return Some((0, b)) };
    let len = rest.iter().take_while(|c| c.is_ascii_digit()).count();
    if len == 0 {
        return None;
    }
    let kept = len.min(9);
    let nanos = digits(&rest[..kept])? * 10i64.pow(9 - kept as u32);
    Some((nanos, &rest[len..]))
}

/// Seconds east of Greenwich of `Z`, `+01:00` or `+0100`.
fn zone_offset(b: &[u8]) -> Option<i64> {
    let (sign, rest) = match b {
        b"Z" | b"z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest {
        [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => (pair(*h1, *h2)?, pair(*m1, *m2)?),
        [h1, h2] => (pair(*h1, *h2)?, 0),
        _ => return None,
    };
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar (Howard Hinnant's algorithm).
pub fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if day < 1 || day > last {
        return None;
    }
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Year, month and day of a number of days since 1970-01-01.
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let mp = (5 * day_of_year + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * mp + 2) / 5 + 1)
}

impl fmt::Display for Timestamp {
    /// RFC 3339 UTC; the fraction only as long as it has digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.div_euclid(1_000_000_000), self.0.rem_euclid(1_000_000_000));
        let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
        let of_day = seconds.rem_euclid(86_400);
        let (h, m, s) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}")?;
        if nanos != 0 {
            let digits = format!("{nanos:09}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);

    /// From whole milliseconds.
    pub const fn from_millis(ms: i64) -> Self {
        Duration(ms.saturating_mul(1_000_000))
    }

    /// From whole seconds.
    pub const fn from_secs(s: i64) -> Self {
        Duration(s.saturating_mul(1_000_000_000))
    }

    /// In seconds, for people and metrics.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Reads one number and one unit without a blank: `250ms`, `1.5h`, `30d`, `2w` (the form of rules and configuration).
    pub fn parse(text: &str) -> Option<Duration> {
        let split = text.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, unit) = text.split_at(split);
        let unit: i128 = match unit {
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            "w" => 604_800_000_000_000,
            _ => return None,
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || whole.len() > 15 || part.len() > 9 {
            return None;
        }
        let whole_ns = i128::from(digits(whole.as_bytes())?) * unit;
        let part_ns = i128::from(digits(part.as_bytes())?) * unit / 10i128.pow(part.len() as u32);
        i64::try_from(whole_ns + part_ns).ok().map(Duration)
    }
}

impl fmt::Display for Duration {
    /// The largest unit that divides it: `90m`, `250ms`, `2w`; less than a millisecond as a fraction of one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(i64, &str); 5] = [
            (604_800_000_000_000, "w"),
            (86_400_000_000_000, "d"),
            (3_600_000_000_000, "h"),
            (60_000_000_000, "m"),
            (1_000_000_000, "s"),
        ];
        match UNITS.iter().find(|(unit, _)| self.0 != 0 && self.0 % unit == 0) {
            Some((unit, name)) => write!(f, "{}{name}", self.0 / unit),
            None if self.0 == 0 => f.write_str("0s"),
            None => write!(f, "{}ms", self.0 as f64 / 1e6),
        }
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, d: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(d.0))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, d: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(d.0))
    }
}

impl Sub for Timestamp {
    type Output = Duration;
    fn sub(self, other: Timestamp) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}

impl Add for Duration {
    type Output = Duration;
    fn add(self, d: Duration) -> Duration {
        Duration(self.0.saturating_add(d.0))
    }
}

impl AddAssign for Duration {
    fn add_assign(&mut self, d: Duration) {
        *self = *self + d;
    }
}

impl Sub for Duration {
    type Output = Duration;
    fn sub(self, d: Duration) -> Duration {
        Duration(self.0.saturating_sub(d.0))
    }
}

impl Neg for Duration {
    type Output = Duration;
    fn neg(self) -> Duration {
        Duration(self.0.saturating_neg())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, printed: &str) {
        assert_eq!(Timestamp::parse_rfc3339(text).map(|t| t.to_string()).as_deref(), Some(printed));
    }

    #[test]
    fn reads_and_prints_rfc3339() {
        check("2026-01-10T02:00:00Z", "2026-01-10T02:00:00Z");
        check("2018-03-24T14:37:19.037299-0600", "2018-03-24T20:37:19.037299Z");
        check("2018-09-12 17:20:38.026+00:00", "2018-09-12T17:20:38.026Z");
        check("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.9Z");
    }

    #[test]
    fn refuses_what_is_no_instant() {
        for text in [
            "",
            "2026-02-30T00:00:00Z",
            "2026-01-10T02:00:00",
            "2026-01-10T25:00:00Z",
            "9999-01-01T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn durations_read_and_print() {
        for text in ["250ms", "90m", "30d", "2w", "8s"] {
            assert_eq!(Duration::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Duration::parse("1.5h"), Some(Duration::from_secs(5_400)));
        assert_eq!(Duration::parse("99999999999999999w"), None);
    }
}

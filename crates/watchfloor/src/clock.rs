//! The wall clock. No other room reads it: their results are functions of what they are given.

use event::time::{Timestamp, civil_from_days};
use std::time::{SystemTime, UNIX_EPOCH};

/// Now.
#[expect(clippy::disallowed_methods, reason = "the binary owns the wall clock")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// The year, in UTC.
pub(crate) fn year() -> i16 {
    let (year, _, _) = civil_from_days(now().as_millis().div_euclid(86_400_000));
    i16::try_from(year).unwrap_or(1970)
}

/// A point to measure patience from.
#[cfg(feature = "kafka")]
#[expect(clippy::disallowed_methods, reason = "the binary owns the wall clock")]
pub(crate) fn instant() -> std::time::Instant {
    std::time::Instant::now()
}

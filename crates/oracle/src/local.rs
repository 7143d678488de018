//! The wall clock of an event's site: dates, and hours of `unusual` (language.md §4.1).

use crate::events::Events;
use event::time::Timestamp;
use jiff::civil::{Date, DateTime};

/// The wall clock of a site at an instant, and how far it is from UTC in seconds. What no calendar knows is 1970.
pub(crate) fn clock(events: &Events<'_>, site: &str, ts: Timestamp) -> (DateTime, i32) {
    let instant = jiff::Timestamp::from_nanosecond(i128::from(ts.0)).unwrap_or_default();
    let zone = events.site.time_zone(site);
    (zone.to_datetime(instant), zone.to_offset(instant).seconds())
}

/// The local date of an event, in days since 1970.
pub(crate) fn day(events: &Events<'_>, event: usize) -> i64 {
    days(clock(events, events.site_of(event), events.ts(event)).0.date())
}

/// A date in days since 1970.
pub(crate) fn days(date: Date) -> i64 {
    event::time::days_from_civil(date.year().into(), date.month().into(), date.day().into()).unwrap_or(0)
}

//! The wall clock of an event's site.

use event::row::RowRef;
use event::time::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use site::SiteModel;

/// The zone of the event's site.
pub fn zone(site: &SiteModel, row: RowRef<'_>) -> TimeZone {
    site.time_zone(row.site().map_or("", |site| site.text))
}

/// What the clock shows at an instant. Instants outside the years that it knows are taken as its ends.
pub fn clock(zone: &TimeZone, ts: Timestamp) -> DateTime {
    let instant = jiff::Timestamp::from_nanosecond(i128::from(ts.0)).unwrap_or(jiff::Timestamp::MIN);
    zone.to_datetime(instant)
}

/// The date of an event on the clock of its site, as a number of days.
pub fn day(site: &SiteModel, row: RowRef<'_>) -> i64 {
    let date = clock(&zone(site, row), row.row.ts).date();
    let epoch = jiff::civil::date(1970, 1, 1);
    date.duration_since(epoch).as_hours() / 24
}

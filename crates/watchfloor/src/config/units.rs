//! Values that carry their unit: lengths of time, sizes, zones.

use event::diagnostic::nearest;
use jiff::tz::{TimeZone, TimeZoneDatabase};

const SIZES: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// `2GiB`, `1.5MB`: one number and one unit.
pub(crate) fn size(text: &str) -> Option<u64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let (_, unit) = SIZES.iter().find(|(name, _)| *name == unit)?;
    let (whole, part) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 6 {
        return None;
    }
    let thousandth = |text: &str| text.parse::<u128>().ok();
    let part_value = if part.is_empty() { 0 } else { thousandth(part)? };
    let scaled = thousandth(whole)?.checked_mul(u128::from(*unit))?;
    u64::try_from(scaled.checked_add(part_value * u128::from(*unit) / 10u128.pow(part.len() as u32))?).ok()
}

/// A zone of the IANA database that is built in; or the cure.
pub(crate) fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| {
        let database = TimeZoneDatabase::bundled();
        let known: Vec<String> = database.available().map(|name| name.as_str().to_owned()).collect();
        match nearest(name, known.iter().map(String::as_str)) {
            Some(nearest) => format!("did you mean `{nearest}`"),
            None => "UTC is one too".to_owned(),
        }
    })
}

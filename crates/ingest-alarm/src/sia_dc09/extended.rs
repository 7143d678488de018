//! What stands in the brackets behind the data: where it happened, when, and who sent it.
//!
//! A letter, then its value; of a letter that comes twice the first counts. Keys and authentication hashes
//! are left out of the event.

use super::frame;
use event::field;
use event::row::RowWriter;
use event::value::{Geo, Micro};

/// Writes what the blocks say. Times are the caller's.
pub(crate) fn write(row: &mut RowWriter<'_>, extended: &[(u8, &[u8])]) {
    let value =
        |letter: u8| extended.iter().find(|(known, _)| *known == letter).map(|(_, value)| frame::text(value));
    if let (Some(longitude), Some(latitude)) = (value(b'X'), value(b'Y'))
        && let Some(geo) = place(&longitude, &latitude)
    {
        row.geo(field::GEO, geo);
    }
    if let Some(metres) = value(b'Z').and_then(|text| text.trim_end_matches(['M', 'm']).parse().ok()) {
        put_altitude(row, metres);
    }
    row.maybe(field::SRC_MAC, value(b'M').as_deref());
    row.maybe(field::URL, value(b'V').as_deref());
    if !row.has(field::MESSAGE) {
        let words: Vec<_> = [b'I', b'S', b'O', b'L', b'R'].into_iter().filter_map(value).collect();
        row.text(field::MESSAGE, &words.join(", "));
    }
}

fn put_altitude(row: &mut RowWriter<'_>, metres: f64) {
    if let Some(metres) = Micro::from_f64(metres) {
        row.float(field::ALTITUDE, metres);
    }
}

/// `006E07.7777777` and `49N06.6666666`: whole degrees, the side, minutes. How exact that is, nobody says.
fn place(longitude: &str, latitude: &str) -> Option<Geo> {
    let longitude = degrees(longitude, ['E', 'W'], 180.0)?;
    let latitude = degrees(latitude, ['N', 'S'], 90.0)?;
    Some(Geo { latitude, longitude, radius_m: 0 })
}

/// Millionths of a degree; negative for the second side.
fn degrees(text: &str, [positive, negative]: [char; 2], max: f64) -> Option<i32> {
    let text = text.trim();
    let at = text.find([positive, negative])?;
    let whole: f64 = text[..at].parse().ok()?;
    let minutes: f64 = text[at + 1..].parse().ok()?;
    if !(0.0..60.0).contains(&minutes) || !(0.0..=max).contains(&whole) {
        return None;
    }
    let degrees = whole + minutes / 60.0;
    let sign = if text[at..].starts_with(negative) { -1.0 } else { 1.0 };
    (degrees <= max).then(|| (sign * degrees * 1e6).round() as i32)
}

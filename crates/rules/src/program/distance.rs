//! How far two places lie apart: along a great circle of a sphere, from centre to centre.

use event::value::Geo;

/// The sphere's radius in metres.
const RADIUS: f64 = 6_371_000.0;

/// Whole metres. The way through floating point does not show: it is good for millimetres.
pub fn metres(a: Geo, b: Geo) -> i64 {
    let radians = |micro: i32| (f64::from(micro) / 1e6).to_radians();
    let (north_a, north_b) = (radians(a.latitude), radians(b.latitude));
    let (north, east) = (north_b - north_a, radians(b.longitude) - radians(a.longitude));
    let half = (north / 2.0).sin().powi(2) + north_a.cos() * north_b.cos() * (east / 2.0).sin().powi(2);
    (2.0 * RADIUS * half.sqrt().min(1.0).asin()).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude: i32, longitude: i32) -> Geo {
        Geo { latitude, longitude, radius_m: 0 }
    }

    #[test]
    fn knows_some_distances() {
        let (paris, berlin) = (place(48_856_600, 2_352_200), place(52_520_000, 13_405_000));
        assert_eq!(metres(paris, paris), 0);
        assert!((metres(paris, berlin) - 877_500).abs() < 500);
        assert_eq!(metres(paris, berlin), metres(berlin, paris));
        // A quarter of the equator, and over the line where dates change.
        assert_eq!(metres(place(0, 0), place(0, 90_000_000)), 10_007_543);
        assert_eq!(metres(place(0, 179_000_000), place(0, -179_000_000)), 222_390);
        assert_eq!(metres(place(90_000_000, 0), place(-90_000_000, 77_000_000)), 20_015_087);
    }
}

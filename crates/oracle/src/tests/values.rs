//! §3: types, missing and many values.

use super::check;
use crate::datum::Datum;
use rules::tree::Arithmetic;

/// Whether `condition` is true of the event.
#[track_caller]
fn holds(condition: &str, event: &str, expected: bool) {
    let class = event.split_whitespace().next().expect("a class");
    let rules = format!(r#"rule r "r" severity low {{ by source  when {class} where {condition} }}"#);
    let found: &[&str] = if expected { &["r(s) 1..1 x1: 1"] } else { &[] };
    check(&rules, &format!("1 {event}"), found);
}

#[test]
fn a_comparison_with_something_missing_is_false() {
    holds("cause != badge", "door.opened door=d1", false);
    holds("not cause = badge", "door.opened door=d1", true);
    holds("cause = badge or not cause exists", "door.opened door=d1", true);
    holds("cause != badge", "door.opened door=d1 cause=key", true);
    holds("door.to_zone.level >= 0", "door.opened door=d9", false);
    holds("door.monitored", "door.opened door=d3", false);
    holds("not door.monitored", "door.opened door=d3", true);
}

#[test]
fn one_of_many_values_is_enough() {
    holds("camera.views.level = 4", "video.loss camera=cam1", true);
    holds("camera.views.level = 2", "video.loss camera=cam1", true);
    holds("not camera.views.level = 2", "video.loss camera=cam1", false);
    holds("camera.views.level != 2", "video.loss camera=cam1", true);
    holds("camera.views.level > 4", "video.loss camera=cam1", false);
}

#[test]
fn text_ignores_case() {
    holds(r#"sig.name = "ET SCAN""#, "ids.alert src.ip=8.8.8.8 sig.name=et-scan", false);
    holds(r#"sig.name = "ET-SCAN""#, "ids.alert src.ip=8.8.8.8 sig.name=et-scan", true);
    holds(r#"sig.name contains "T-S""#, "ids.alert src.ip=8.8.8.8 sig.name=et-scan", true);
    holds(r#"sig.name starts "ET""#, "ids.alert src.ip=8.8.8.8 sig.name=et-scan", true);
    holds(r#"sig.name ends "SCAN""#, "ids.alert src.ip=8.8.8.8 sig.name=et-scan", true);
    holds(r#"sig.name matches '^ET-(scan|probe)$'"#, "ids.alert src.ip=8.8.8.8 sig.name=Et-Scan", true);
    holds(r#"sig.name matches '(?-i)^ET-'"#, "ids.alert src.ip=8.8.8.8 sig.name=et-scan", false);
    holds(r#"length(sig.name) = 7"#, "ids.alert src.ip=8.8.8.8 sig.name=et-scan", true);
}

#[test]
fn addresses_and_lists() {
    holds(r#"src.ip = ip("10.0.0.5")"#, "ids.alert src.ip=10.0.0.5 sig.name=x", true);
    holds(r#"src.ip in net("10.0.0.0/8")"#, "ids.alert src.ip=10.0.0.5 sig.name=x", true);
    holds(r#"src.ip in net("10.1.0.0/16")"#, "ids.alert src.ip=10.0.0.5 sig.name=x", false);
    holds("src.ip in @scanners", "ids.alert src.ip=10.9.0.77 sig.name=x", true);
    holds("src.ip in @scanners", "ids.alert src.ip=10.8.0.77 sig.name=x", false);
    holds("person in @vips", "access.granted door=d1 person=30", true);
    holds("cause in (badge, key)", "door.opened door=d1 cause=key", true);
    holds("zone in camera.views", "video.person camera=cam1 zone=z2", true);
    holds("zone in camera.views", "video.person camera=cam1 zone=z0", false);
}

#[test]
fn numbers_are_exact() {
    holds("count + 1 = 3", "video.person camera=cam1 count=2", true);
    holds("confidence = 0.7", "video.person camera=cam1 confidence=0.7", true);
    holds("confidence * 10 = 7", "video.person camera=cam1 confidence=0.7", true);
    holds("count / 0 >= 0", "video.person camera=cam1 count=2", false);
    holds("abs(1 - count) = 1", "video.person camera=cam1 count=2", true);
    holds("-count < -1", "video.person camera=cam1 count=2", true);
}

#[test]
fn time_and_calendars() {
    holds(r#"calendar("night")"#, "door.opened door=d1", true);
    holds(r#"ts >= time("2026-01-10T02:00:01Z")"#, "door.opened door=d1", true);
    holds(r#"ts - time("2026-01-10T02:00:00Z") = 1s"#, "door.opened door=d1", true);
    holds(r#"age(time("2026-01-10T02:00:00Z")) > 1s"#, "door.opened door=d1", false);
    holds("duration > 90s", "video.person camera=cam1 duration=2m", true);
}

#[test]
fn division_rounds_half_to_even_at_the_sixth_place() {
    let over = |a: i128, b: i128| Datum::Number(a).combine(Arithmetic::Divide, &Datum::Number(b));
    let million = 1_000_000;
    assert_eq!(over(1, 2 * million), Some(Datum::Number(0)));
    assert_eq!(over(3, 2 * million), Some(Datum::Number(2)));
    assert_eq!(over(-1, 2 * million), Some(Datum::Number(0)));
    assert_eq!(over(-3, 2 * million), Some(Datum::Number(-2)));
    assert_eq!(over(3, -2 * million), Some(Datum::Number(-2)));
    assert_eq!(over(5, -2 * million), Some(Datum::Number(-2)));
    assert_eq!(over(2 * million, 3 * million), Some(Datum::Number(666_667)));
    assert_eq!(over(million, 0), None);
    assert_eq!(over(i128::MAX / 2, million), None);
}

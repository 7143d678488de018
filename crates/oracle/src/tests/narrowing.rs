//! §4 on hits and keys, §4.2: what narrows, cuts and reports.

use super::{check, outcome};
use event::alert::Level;

#[test]
fn only_what_is_new_and_no_test_hits() {
    let plain = r#"rule r "r" severity low { by door  when door.forced }"#;
    check(plain, "1 door.forced door=d1 | lifecycle=restore; 2 door.forced door=d1 | test", &[]);
    check(plain, "1 door.forced door=d1 | lifecycle=test; 2 door.forced door=d1 | lifecycle=update", &[]);
    let restored = r#"rule r "r" severity low { by door  when door.forced where lifecycle = restore }"#;
    check(
        restored,
        "1 door.forced door=d1 | lifecycle=restore; 2 door.forced door=d1",
        &["r(d1) 1..1 x1: 1"],
    );
    let either = r#"rule r "r" severity low { by door  when door.forced where test or not test }"#;
    check(either, "1 door.forced door=d1 | test; 2 door.forced door=d1", &["r(d1) 1..2 x2: 1 2"]);
}

#[test]
fn a_key_walks_the_model() {
    let rules = r#"rule r "r" severity low { by zone  when door.opened }"#;
    check(rules, "1 door.opened door=d1; 2 door.opened door=d9", &["r(z1) 1..1 x1: 1"]);
    let many = r#"rule r "r" severity low { by zone  when video.tamper from zone = camera.views }"#;
    let events = "1 video.tamper camera=cam1 tamper.kind=covered";
    check(many, events, &["r(z1) 1..1 x1: 1", "r(z2) 1..1 x1: 1"]);
    let two = r#"rule r "r" severity low { by zone, camera
        when video.tamper from zone = camera.views and camera = camera }"#;
    check(two, events, &["r(z1,cam1) 1..1 x1: 1", "r(z2,cam1) 1..1 x1: 1"]);
}

#[test]
fn in_a_life_safety_rule_the_source_stands_for_a_missing_key() {
    let rules = r#"rule r "r" severity critical { by zone  when fire.alarm }"#;
    check(rules, "1 fire.alarm panel=p9 | source=East", &["r(east) 1..1 x1: 1"]);
    let rules = r#"rule r "r" severity critical { by zone  when intrusion.alarm }"#;
    check(rules, "1 intrusion.alarm panel=p9 | source=East", &[]);
}

#[test]
fn unless_before_is_closed_and_takes_another_event() {
    let rules = r#"rule r "r" severity low { by door  when open: door.opened
        unless access.granted within 5s before open }"#;
    let with = |x: &str| format!("10 door.opened door=d1; {x} access.granted door=d1");
    for quiet in ["5", "7", "10"] {
        check(rules, &with(quiet), &[]);
    }
    for loud in ["4.9", "10.1"] {
        check(rules, &with(loud), &["r(d1) 10..10 x1: 10"]);
    }
    let own = r#"rule r "r" severity low { by door  when open: door.opened
        unless door.opened within 5s before open }"#;
    check(own, "10 door.opened door=d1; 13 door.opened door=d1", &["r(d1) 10..10 x1: 10"]);
    check(own, "10 door.opened door=d1; 10 door.opened door=d1", &[]);
}

#[test]
fn unless_after_keeps_the_time_of_the_event() {
    let rules = r#"rule r "r" severity low { by door  when open: door.opened
        unless access.granted within 5s after open }"#;
    let with = |x: &str| format!("10 door.opened door=d1; {x} access.granted door=d1");
    for quiet in ["10", "15"] {
        check(rules, &with(quiet), &[]);
    }
    for loud in ["9.9", "15.1"] {
        check(rules, &with(loud), &["r(d1) 10..10 x1: 10"]);
    }
}

#[test]
fn unless_takes_from_the_step_that_it_names() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 20s { one: door.opened  two: door.closed }
        unless access.granted within 2s before one }"#;
    let events =
        "1 door.opened door=d1; 4 access.granted door=d1; 5 door.opened door=d1; 6 door.closed door=d1";
    check(rules, events, &["r(d1) 6..6 x1: 1 6"]);
}

#[test]
fn while_joins_what_is_asked_of_positive_steps_only() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 20s { door.opened  not access.granted  door.closed }
        while cause = badge }"#;
    check(
        rules,
        "1 door.opened door=d1 cause=badge; 3 door.closed door=d1 cause=badge",
        &["r(d1) 3..3 x1: 1 3"],
    );
    check(rules, "1 door.opened door=d1 cause=badge; 3 door.closed door=d1", &[]);
    let events =
        "1 door.opened door=d1 cause=badge; 2 access.granted door=d1; 3 door.closed door=d1 cause=badge";
    check(rules, events, &[]);
}

#[test]
fn quiet_is_the_longest_gap_in_a_run() {
    let rules = r#"rule r "r" severity low { by door  when door.opened  quiet 5s }"#;
    let events =
        "1 door.opened door=d1; 6 door.opened door=d1; 11.1 door.opened door=d1; 12 door.opened door=d2";
    check(rules, events, &["r(d1) 1..6 x2: 1 6", "r(d1) 11.1..11.1 x1: 11.1", "r(d2) 12..12 x1: 12"]);
    let default = r#"rule r "r" severity low { by door  when door.opened }"#;
    check(default, "0 door.opened door=d1; 300 door.opened door=d1", &["r(d1) 0..300 x2: 0 300"]);
    check(
        default,
        "0 door.opened door=d1; 300.1 door.opened door=d1",
        &["r(d1) 0..0 x1: 0", "r(d1) 300.1..300.1 x1: 300.1"],
    );
    let window = r#"rule r "r" severity low { by door  count >= 1 of door.opened within 10m }"#;
    check(window, "0 door.opened door=d1; 600 door.opened door=d1", &["r(d1) 0..600 x2: 0 600"]);
}

#[test]
fn a_run_is_cut_after_a_day() {
    let rules = r#"rule r "r" severity low { by door  when door.opened  quiet 13h }"#;
    let events = "0 door.opened door=d1; 43200 door.opened door=d1; 86400 door.opened door=d1; \
        86401 door.opened door=d1";
    check(rules, events, &["r(d1) 0..86400 x3: 0 43200 86400", "r(d1) 86401..86401 x1: 86401"]);
}

#[test]
fn severity_is_the_greatest_that_a_detection_reached() {
    let rules = r#"rule r "r" severity low { by door  when door.opened  raise to high when cause = key
        raise to medium when door.monitored }"#;
    let found = |events: &str| outcome(rules, events).alerts[0].severity;
    assert_eq!(found("1 door.opened door=d2"), Level::Low);
    assert_eq!(found("1 door.opened door=d1"), Level::Medium);
    assert_eq!(found("1 door.opened door=d2; 2 door.opened door=d2 cause=key"), Level::High);
}

#[test]
fn documents_say_who_and_where() {
    let rules =
        r#"rule r "{door} into {zone} by {person}, {{sic}}" severity low { by door  when access.granted }"#;
    let events = "1 access.granted door=d1 person=30 credential=k30 reader=r1; \
        2 access.granted door=d1 person=31 credential=k31";
    let alert = outcome(rules, events).alerts.remove(0);
    assert_eq!(alert.title, "d1 into z1 by 30, {sic}");
    assert_eq!(&*alert.site, "h");
    let captured: Vec<String> = alert.captured.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(captured, ["person=30", "zone=z1"]);
    let entities: Vec<String> = alert
        .entities
        .iter()
        .map(|(kind, ids)| format!("{kind}={}", ids.iter().map(|i| &**i).collect::<Vec<_>>().join("+")))
        .collect();
    assert_eq!(entities, ["credential=k30+k31", "door=d1", "person=30+31"]);
    let fields: Vec<&str> = alert.evidence[0].fields.iter().map(|(name, _)| &**name).collect();
    assert_eq!(fields, ["credential", "door", "person", "reader"]);
    assert_eq!((&*alert.evidence[0].step, &*alert.evidence[0].class), ("access.granted", "access.granted"));
}

#[test]
fn listed_entities_come_from_the_step_they_name() {
    let rules = r#"rule r "r" severity low { by zone
        sequence within 10s { who: access.granted  door.opened }
        entities zone, who.person }"#;
    let events =
        "1 access.granted door=d1 person=30; 2 access.granted door=d1 person=31; 3 door.opened door=d1";
    let alert = outcome(rules, events).alerts.remove(0);
    let entities: Vec<String> = alert.entities.iter().map(|(kind, ids)| format!("{kind}={ids:?}")).collect();
    assert_eq!(entities, [r#"person={"31"}"#, r#"zone={"z1"}"#]);
}

#[test]
fn a_condition_that_names_test_decides_about_tests() {
    let rules = r#"rule r "r" severity low { by door
        when door.forced where calendar("night") or (test or cause = key) }"#;
    check(rules, "1 door.forced door=d1 | test; 2 door.forced door=d1", &["r(d1) 1..2 x2: 1 2"]);
    let rules = r#"rule r "r" severity low { by door
        when a: door.forced where calendar("night") or (test or cause = key), door.opened where zone.level >= 3 }"#;
    check(rules, "1 door.forced door=d1 | lifecycle=test; 2 door.forced door=d1", &["r(d1) 1..2 x2: 1 2"]);
}

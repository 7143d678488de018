//! What engine and oracle once answered differently, made small, with the sentence that decides.

use super::{check, check_with};
use event::time::Duration;

#[test]
fn the_tolerance_does_not_widen_what_a_run_counts() {
    // "ε widens the order of sequence steps and the time of `speed`, nothing else": the hit of a at 12 may stand before the
    // closing at 10, but does not lie in [ts(e) − W, ts(e)].
    let rules = r#"rule r "r" severity low { by door
        sequence within 25s { access.granted repeated 1 to 2  door.closed } }"#;
    let off = |set: &mut rules::tree::RuleSet| set.rules[0].tolerance = Duration::from_secs(2);
    check_with(rules, &off, "12 access.granted door=d1; 10 door.closed door=d1", &[]);
    check_with(rules, &off, "10 access.granted door=d1; 10 door.closed door=d1", &["r(d1) 10..10 x1: 10 10"]);
}

#[test]
fn what_is_kept_has_an_id() {
    // "compares … by attribute: `door.id = "D1"`".
    let rules = r#"state who by door { keep person of access.denied  clear door.closed }
        rule r "r" severity low { by door  when access.granted where who(door).id = "30" }"#;
    check(rules, "1 access.denied door=d1 person=30; 2 access.granted door=d1", &["r(d1) 2..2 x1: 2"]);
    check(rules, "1 access.denied door=d1 person=31; 2 access.granted door=d1", &[]);
}

#[test]
fn a_state_is_asked_under_each_value_of_its_key() {
    // "A path over a one-to-many relation in a condition is true if one value makes it true"; cam1 sees z1 and z2.
    let rules = r#"state n by zone { add access.granted from zone = door.to_zone  clear door.closed }
        rule r "r" severity low { by camera  when video.person where n(zone) = 1 }"#;
    let events = |door| format!("1 access.granted door={door}; 2 video.person camera=cam1");
    check(rules, &events("d1"), &["r(cam1) 2..2 x1: 2"]);
    check(rules, &events("d2"), &["r(cam1) 2..2 x1: 2"]);
    check(rules, &events("d9"), &[]);
}

#[test]
fn a_session_whose_only_hit_is_taken_away_is_none() {
    let rules = r#"rule r "r" severity low { by door
        compare x = count(a: access.denied)  y = count(b: door.forced)  session gap 5s  fire when y < 2
        unless door.opened within 8s after a }"#;
    check(rules, "26 access.denied door=d1; 27 door.opened door=d1", &[]);
    check(rules, "26 access.denied door=d1; 35 door.opened door=d1", &["r(d1) 26..26 x1: 26"]);
}

#[test]
fn of_several_events_of_a_label_the_latest_is_looked_at() {
    let rules = r#"rule r "r" severity low { by controller
        compare x = count(a: door.forced)  y = count(b: access.denied)  within 10s
        fire when x >= 2 and y >= 1  entities a.door }"#;
    let events = "1 door.forced door=d2; 2 door.forced door=d1; 3 access.denied door=d2";
    let alert = super::outcome(rules, events).alerts.remove(0);
    assert_eq!(format!("{:?}", alert.entities["door"]), r#"{"d1"}"#);
}

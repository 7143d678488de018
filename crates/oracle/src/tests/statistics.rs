//! §4.1: `first`, `speed`.

use super::{check, check_with};
use event::time::Duration;

#[test]
fn a_value_is_first_if_it_was_not_seen_for_so_many_days() {
    let rules = r#"rule r "r" severity low { by door  first cause of door.opened within 2d  quiet 1s }"#;
    let day = 86_400;
    let opened = |events: &[(i64, &str)]| -> String {
        events.iter().map(|(at, cause)| format!("{at} door.opened door=d1{cause};")).collect()
    };
    check(rules, &opened(&[(1, " cause=key"), (5, " cause=key")]), &["r(d1) 1..1 x1: 1"]);
    check(
        rules,
        &opened(&[(1, " cause=key"), (5, " cause=badge")]),
        &["r(d1) 1..1 x1: 1", "r(d1) 5..5 x1: 5"],
    );
    check(rules, &opened(&[(1, "")]), &[]);
    // By dates: 03:00 in Paris and the whole of the second day after it; the third begins 21 hours later.
    let second = 21 * 3_600 + 2 * day - 1;
    check(rules, &opened(&[(0, " cause=key"), (second, " cause=key")]), &["r(d1) 0..0 x1: 0"]);
    let third = second + 1;
    check(
        rules,
        &opened(&[(0, " cause=key"), (third, " cause=key")]),
        &["r(d1) 0..0 x1: 0", &format!("r(d1) {third}..{third} x1: {third}")],
    );
    // Of one instant the ≺-first.
    check(rules, "1 door.opened door=d1 cause=key; 1 door.opened door=d1 cause=key", &["r(d1) 1..1 x1: 1"]);
}

#[test]
fn nothing_is_first_while_the_key_is_learnt() {
    let rules = r#"rule r "r" severity low { by door
        first cause of door.opened within 2d learning 1h }"#;
    let events = |at| format!("0 door.opened door=d1 cause=key; {at} door.opened door=d1 cause=badge");
    check(rules, &events("3599"), &[]);
    check(rules, &events("3600"), &["r(d1) 3600..3600 x1: 3600"]);
}

const SPEED: &str = r#"rule r "r" severity low { by person
    speed > 100 m/s and distance >= 5 km of access.granted within 1m }"#;

fn moves(to: &str) -> String {
    format!("0 access.granted door=d1 person=30; {to} access.granted door=d2 person=30 | site=k")
}

#[test]
fn too_far_in_too_short_a_time() {
    // 5,560 m, of which the second place is sure but for 200 m: 5,360 m in more than 53.6 s is possible.
    check(SPEED, &moves("53.5"), &["r(30) 53.5..53.5 x1: 0 53.5"]);
    check(SPEED, &moves("53.6"), &[]);
    check(SPEED, &moves("0"), &["r(30) 0..0 x2: 0 0"]);
    check(&SPEED.replace(">= 5 km", ">= 6 km"), &moves("1"), &[]);
    check(&SPEED.replace("within 1m", "within 10s"), &moves("11"), &[]);
    check(SPEED, "0 access.granted door=d1 person=30; 1 access.granted door=d2 person=30", &[]);
    check(SPEED, "0 access.granted door=d1 person=30; 1 access.granted door=d2 person=31 | site=k", &[]);
}

#[test]
fn clocks_that_differ_give_more_time() {
    let off = |set: &mut rules::tree::RuleSet| set.rules[0].tolerance = Duration::from_secs(10);
    check_with(SPEED, &off, &moves("43.5"), &["r(30) 43.5..43.5 x1: 0 43.5"]);
    check_with(SPEED, &off, &moves("43.6"), &[]);
}

#[test]
fn the_latest_place_that_is_too_far_is_the_evidence() {
    let events = "0 access.granted door=d1 person=30; 2 access.granted door=d1 person=30; \
        3 access.granted door=d2 person=30 | site=k";
    check(SPEED, events, &["r(30) 3..3 x1: 2 3"]);
}

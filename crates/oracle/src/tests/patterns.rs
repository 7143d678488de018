//! §4.1, and its rows of §4.5.

use super::{check, outcome};

const AB: &str =
    r#"rule r "r" severity low { by door  sequence within 10s { a: door.opened  b: door.closed } }"#;

#[test]
fn when_is_every_hit() {
    let rules = r#"rule r "r" severity low { by door  when door.opened where door.monitored }"#;
    check(rules, "1 door.opened door=d1; 2 door.opened door=d2", &["r(d1) 1..1 x1: 1"]);
}

#[test]
fn a_terminal_event_counts_once() {
    check(AB, "1 door.opened door=d1; 2 door.opened door=d1; 3 door.closed door=d1", &["r(d1) 3..3 x1: 2 3"]);
    check(
        AB,
        "1 door.opened door=d1; 2 door.closed door=d1; 3 door.closed door=d1",
        &["r(d1) 2..3 x2: 1 2 3"],
    );
}

#[test]
fn keys_stay_apart() {
    check(AB, "1 door.opened door=d1; 2 door.closed door=d2", &[]);
    check(AB, "1 door.opened door=D1; 2 door.closed door=d1", &["r(d1) 2..2 x1: 1 2"]);
}

#[test]
fn a_window_of_exactly_w_is_inside() {
    check(AB, "0 door.opened door=d1; 10 door.closed door=d1", &["r(d1) 10..10 x1: 0 10"]);
    check(AB, "0 door.opened door=d1; 10.001 door.closed door=d1", &[]);
}

#[test]
fn events_of_one_instant_are_in_order_both_ways() {
    check(AB, "5 door.closed door=d1; 5 door.opened door=d1", &["r(d1) 5..5 x1: 5 5"]);
    check(AB, "6 door.opened door=d1; 5 door.closed door=d1", &[]);
}

#[test]
fn one_event_is_never_in_two_places_of_a_chain() {
    let twice = r#"rule r "r" severity low { by door  sequence within 10s { door.opened  door.opened } }"#;
    check(twice, "5 door.opened door=d1", &[]);
    check(twice, "5 door.opened door=d1; 5 door.opened door=d1", &["r(d1) 5..5 x2: 5 5 5 5"]);
    let three = r#"rule r "r" severity low { by door
        sequence within 10s { door.opened, door.closed  door.opened  door.opened, door.closed } }"#;
    check(three, "5 door.opened door=d1; 5 door.closed door=d1", &[]);
}

#[test]
fn a_gap_counts_from_the_step_before() {
    let rules = r#"rule r "r" severity low { by door  sequence { door.opened  door.closed gap 3s } }"#;
    check(rules, "1 door.opened door=d1; 4 door.closed door=d1", &["r(d1) 4..4 x1: 1 4"]);
    check(rules, "1 door.opened door=d1; 4.1 door.closed door=d1", &[]);
}

#[test]
fn the_latest_event_that_lets_a_chain_exist() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 10s { access.granted  door.opened gap 2s  door.closed } }"#;
    let events =
        "1 access.granted door=d1; 2 door.opened door=d1; 5 door.opened door=d1; 6 door.closed door=d1";
    check(rules, events, &["r(d1) 6..6 x1: 1 2 6"]);
}

#[test]
fn not_stands_strictly_between() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 10s { door.opened  not access.granted  door.closed } }"#;
    let with = |x: &str| format!("1 door.opened door=d1; {x} access.granted door=d1; 4 door.closed door=d1");
    check(rules, &with("2"), &[]);
    check(rules, &with("1"), &["r(d1) 4..4 x1: 1 4"]);
    check(rules, &with("4"), &["r(d1) 4..4 x1: 1 4"]);
    check(rules, &format!("{}; 3 door.opened door=d1", with("3")), &["r(d1) 4..4 x1: 3 4"]);
    check(rules, &format!("{}; 3 door.opened door=d1", with("2")), &["r(d1) 4..4 x1: 3 4"]);
}

#[test]
fn not_between_two_steps_lets_others_pass() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 10s { door.opened  not access.granted  door.closed  door.opened } }"#;
    let events =
        "1 door.opened door=d1; 2 door.closed door=d1; 3 access.granted door=d1; 4 door.opened door=d1";
    check(rules, events, &["r(d1) 4..4 x1: 1 2 4"]);
}

#[test]
fn a_count_looks_back_over_a_closed_window() {
    let rules = r#"rule r "r" severity low { by door  count >= 3 of door.opened within 5s }"#;
    let at = |times: &str| times.split(' ').map(|t| format!("{t} door.opened door=d1;")).collect::<String>();
    check(rules, &at("0 3 5"), &["r(d1) 5..5 x1: 0 3 5"]);
    check(rules, &at("0 3 5.001"), &[]);
    check(rules, &at("0 3 5 8"), &["r(d1) 5..8 x2: 0 3 5 8"]);
    check(rules, &at("5 5 5"), &["r(d1) 5..5 x3: 5 5 5"]);
}

#[test]
fn an_absence_is_found_at_its_deadline() {
    let rules = r#"rule r "r" severity low { by door  after door.opened expect door.closed within 5s }"#;
    check(rules, "1 door.opened door=d1", &["r(d1) 6..6 x1: 1"]);
    check(rules, "1 door.opened door=d1; 6 door.closed door=d1", &[]);
    check(rules, "1 door.opened door=d1; 1 door.closed door=d1", &[]);
    check(rules, "1 door.opened door=d1; 6.5 door.closed door=d1", &["r(d1) 6..6 x1: 1"]);
    check(rules, "1 door.opened door=d1; 3 door.opened door=d1", &["r(d1) 6..8 x2: 1 3"]);
    check(rules, "1 door.opened door=d1; 3 door.closed door=d1 | lifecycle=update", &["r(d1) 6..6 x1: 1"]);
}

#[test]
fn what_is_expected_is_another_event() {
    let rules = r#"rule r "r" severity low { by door  after door.opened expect door.opened within 5s }"#;
    check(rules, "1 door.opened door=d1", &["r(d1) 6..6 x1: 1"]);
    check(rules, "1 door.opened door=d1; 1 door.opened door=d1", &[]);
    check(rules, "1 door.opened door=d1; 4 door.opened door=d1", &["r(d1) 9..9 x1: 4"]);
}

#[test]
fn a_late_event_that_happened_in_time_is_not_absent() {
    let rules = r#"rule r "r" severity low { by door  after door.opened expect door.closed within 5s }"#;
    check(rules, "1 door.opened door=d1; 3 door.closed door=d1 | append=63", &[]);
    check(rules, "1 door.opened door=d1; 3 door.closed door=d1 | append=63.5", &["r(d1) 6..6 x1: 1"]);
}

#[test]
fn each_id_once_and_nothing_too_late() {
    let rules = r#"rule r "r" severity low { by door  when door.opened }"#;
    let events = "1 door.opened door=d2 | id=x append=5; 1 door.opened door=d1 | id=x append=4; \
        1 door.opened door=d1 | append=62";
    let found = outcome(rules, events);
    assert_eq!((found.counts.accepted, found.counts.duplicate, found.counts.late), (1, 1, 1));
    check(rules, events, &["r(d1) 1..1 x1: 1"]);
}

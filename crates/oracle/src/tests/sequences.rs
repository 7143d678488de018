//! §4.1 on repetition, tests across steps and clocks that differ.

use super::{check, check_with, outcome_with};
use event::time::Duration;
use rules::tree::RuleSet;

fn at(class: &str, times: &str) -> String {
    times.split(' ').filter(|t| !t.is_empty()).map(|t| format!("{t} {class} door=d1;")).collect()
}

fn stream(opened: &str, closed: &str) -> String {
    at("door.opened", opened) + &at("door.closed", closed)
}

#[test]
fn a_step_repeated_stands_that_often() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 10s { door.opened repeated >= 3  door.closed } }"#;
    check(rules, &stream("1 2", "4"), &[]);
    check(rules, &stream("1 2 3", "4"), &["r(d1) 4..4 x1: 1 3 4"]);
    check(rules, &stream("1 2 3 3.5", "4"), &["r(d1) 4..4 x1: 2 3.5 4"]);
    check(rules, &stream("1 2 5", "4"), &[]);
    check(rules, &stream("1 2 3", "11.5"), &[]);
    check(rules, &stream("4 4 4", "4"), &["r(d1) 4..4 x1: 4 4 4"]);
}

#[test]
fn repeated_at_the_end_each_further_one_is_a_detection() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 10s { door.closed  door.opened repeated >= 2 } }"#;
    check(rules, &stream("2 3 4", "1"), &["r(d1) 3..4 x2: 1 2 3 4"]);
    check(rules, &stream("2", "1"), &[]);
    // Of one instant both are the last of a run.
    check(rules, &stream("2 2", "1"), &["r(d1) 2..2 x2: 1 2 2"]);
}

#[test]
fn a_gap_of_a_repeated_step_counts_from_each_to_the_next() {
    let rules = r#"rule r "r" severity low { by door
        sequence { door.closed  door.opened repeated >= 3 gap 2s } }"#;
    check(rules, &stream("3 5 7", "1"), &["r(d1) 7..7 x1: 1 3 7"]);
    check(rules, &stream("3.1 5 7", "1"), &[]);
    check(rules, &stream("3 5 7.1", "1"), &[]);
}

#[test]
fn not_stands_before_the_run_and_not_within_it() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 10s { door.closed  not access.granted  door.opened repeated >= 2 } }"#;
    let events = |x| stream("3 5", "1") + &at("access.granted", x);
    check(rules, &events("2"), &[]);
    check(rules, &events("4"), &["r(d1) 5..5 x1: 1 3 5"]);
}

#[test]
fn m_to_n_counts_between_the_events_on_either_side() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 10s { door.closed  door.opened repeated 2 to 3  access.granted } }"#;
    let events = |opened, closed| stream(opened, closed) + &at("access.granted", "9");
    check(rules, &events("3", "1"), &[]);
    check(rules, &events("3 4", "1"), &["r(d1) 9..9 x1: 1 3 4 9"]);
    check(rules, &events("3 4 5", "1"), &["r(d1) 9..9 x1: 1 4 5 9"]);
    check(rules, &events("3 4 5 6", "1"), &[]);
    // From the other closing on there are but three.
    check(rules, &events("3 4 5 6", "1 3.5"), &["r(d1) 9..9 x1: 3.5 5 6 9"]);
    check(rules, &events("3 4 5 9", "1"), &[]);
}

#[test]
fn a_run_at_the_beginning_counts_from_the_window_on() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 5s { door.opened repeated 1 to 2  door.closed } }"#;
    check(rules, &stream("1 2", "6"), &["r(d1) 6..6 x1: 2 6"]);
    check(rules, &stream("1 2 3", "6"), &[]);
    check(rules, &stream("0.9 2 3", "6"), &["r(d1) 6..6 x1: 3 6"]);
    check(rules, &stream("2 3 6", "6"), &[]);
}

#[test]
fn a_run_at_the_end_counts_its_last() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 9s { door.closed  door.opened repeated 2 to 3 } }"#;
    check(rules, &stream("2 3 4 5", "1"), &["r(d1) 3..4 x2: 1 2 3 4"]);
    check(rules, &stream("2 3 3 4", "1"), &["r(d1) 3..3 x2: 1 3 3"]);
}

#[test]
fn until_takes_from_the_number_too() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 9s { door.opened repeated 1 to 2  door.closed }  until access.denied }"#;
    check(rules, &stream("1 2 3", "6"), &[]);
    let events = stream("1 2 3", "6") + &at("access.denied", "1.5");
    check(rules, &events, &["r(d1) 6..6 x1: 3 6"]);
}

#[test]
fn absence_of_enough() {
    let rules = r#"rule r "r" severity low { by door
        after door.opened expect door.closed repeated >= 2 within 5s }"#;
    check(rules, &stream("1", "2"), &["r(d1) 6..6 x1: 1"]);
    check(rules, &stream("1", "2 6"), &[]);
}

const WHO: &str = r#"rule r "r" severity low { by door
    sequence within 10s { a: access.granted  b: access.denied where person != a.person } }"#;

#[test]
fn a_step_may_look_at_an_earlier_one() {
    let events =
        |b: &str| format!("1 access.granted door=d1 person=30; 2 access.granted door=d1 person=31; {b}");
    check(WHO, &events("3 access.denied door=d1 person=31"), &["r(d1) 3..3 x1: 1 3"]);
    check(WHO, &events("3 access.denied door=d1 person=30"), &["r(d1) 3..3 x1: 2 3"]);
    check(WHO, &events("3 access.denied door=d1"), &[]);
    check(WHO, "1 access.granted door=d1; 3 access.denied door=d1 person=30", &[]);
}

#[test]
fn times_and_numbers_of_earlier_steps() {
    let rules = r#"rule r "r" severity low { by camera
        sequence within 10s { a: video.person  b: video.person where count > a.count + 1 and ts - a.ts <= 2s } }"#;
    let events = |b: &str| format!("1 video.person camera=cam1 count=2; {b}");
    check(rules, &events("3 video.person camera=cam1 count=4"), &["r(cam1) 3..3 x1: 1 3"]);
    check(rules, &events("3 video.person camera=cam1 count=3"), &[]);
    check(rules, &events("3.1 video.person camera=cam1 count=4"), &[]);
}

#[test]
fn one_option_may_look_and_another_not() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 10s { a: access.granted
            b: access.denied where person != a.person, access.denied where reason = lost } }"#;
    let events = |b: &str| format!("1 access.granted door=d1 person=30; {b}");
    check(rules, &events("3 access.denied door=d1 person=30 reason=lost"), &["r(d1) 3..3 x1: 1 3"]);
    check(rules, &events("3 access.denied door=d1 person=30 reason=expired"), &[]);
}

#[test]
fn what_must_not_stand_between_may_look_too() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 10s { a: access.granted  not door.closed where cause = a.cause  door.opened } }"#;
    let events = |x: &str| {
        format!("1 access.granted door=d1 cause=badge; 2 door.closed door=d1 {x}; 3 door.opened door=d1")
    };
    check(rules, &events("cause=badge"), &[]);
    check(rules, &events("cause=key"), &["r(d1) 3..3 x1: 1 3"]);
    check(rules, &events(""), &["r(d1) 3..3 x1: 1 3"]);
}

#[test]
fn unless_looks_at_its_own_step_and_expect_at_the_trigger() {
    let unless = r#"rule r "r" severity low { by door  when a: access.denied
        unless access.granted where not person != a.person within 5s after a }"#;
    let events = |who| format!("1 access.denied door=d1 person=30; 3 access.granted door=d1 person={who}");
    check(unless, &events("30"), &[]);
    check(unless, &events("31"), &["r(d1) 1..1 x1: 1"]);
    let expect = r#"rule r "r" severity low { by door
        after a: access.denied expect access.granted where not person != a.person within 5s }"#;
    check(expect, &events("30"), &[]);
    check(expect, &events("31"), &["r(d1) 6..6 x1: 1"]);
}

/// ε = 2 s.
fn off(set: &mut RuleSet) {
    set.rules[0].tolerance = Duration::from_secs(2);
}

#[test]
fn clocks_that_differ_widen_the_order_of_steps() {
    let rules = r#"rule r "r" severity low { by door  sequence within 10s { door.opened  door.closed } }"#;
    check_with(rules, &off, &stream("5", "3"), &["r(d1) 3..3 x1: 3 5"]);
    check_with(rules, &off, &stream("5", "2.9"), &[]);
    check_with(rules, &off, &stream("0", "10"), &["r(d1) 10..10 x1: 0 10"]);
    check_with(rules, &off, &stream("0", "10.1"), &[]);
    let three = r#"rule r "r" severity low { by door
        sequence within 4s { door.opened  door.closed  access.granted } }"#;
    // The second may stand before the first, and only the first keeps the window.
    let events = stream("6", "4.5") + &at("access.granted", "9");
    check_with(three, &off, &events, &["r(d1) 9..9 x1: 4.5 6 9"]);
    let events = stream("4.9", "4.5") + &at("access.granted", "9");
    check_with(three, &off, &events, &[]);
}

#[test]
fn clocks_that_differ_widen_nothing_else() {
    let not = r#"rule r "r" severity low { by door
        sequence within 10s { door.opened  not access.granted  door.closed } }"#;
    let events = |x| stream("5", "6") + &at("access.granted", x);
    check_with(not, &off, &events("4"), &["r(d1) 6..6 x1: 5 6"]);
    check_with(not, &off, &events("5.5"), &[]);
    let found = outcome_with(not, &off, &stream("5", "4"));
    assert_eq!(found.alerts.len(), 1);
    let gap = r#"rule r "r" severity low { by door  sequence { door.opened  door.closed gap 1s } }"#;
    check_with(gap, &off, &stream("5", "3"), &["r(d1) 3..3 x1: 3 5"]);
    check_with(gap, &off, &stream("5", "6.5"), &[]);
}

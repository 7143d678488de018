//! §4.1 `compare`.

use super::{check, outcome};

#[test]
fn what_is_compared_is_what_lies_in_the_window() {
    let rules = r#"rule r "r" severity low { by door
        compare opened = count(door.opened)  badges = count(access.granted)  within 10s
        fire when opened > badges  quiet 1s }"#;
    check(rules, "1 door.opened door=d1", &["r(d1) 1..1 x1: 1"]);
    check(rules, "1 access.granted door=d1; 3 door.opened door=d1", &[]);
    check(rules, "1 access.granted door=d1; 11 door.opened door=d1", &[]);
    check(rules, "1 access.granted door=d1; 11.1 door.opened door=d1", &["r(d1) 11.1..11.1 x1: 11.1"]);
    // A badge is a hit of an aggregate too, and two openings stand against it.
    let events = "1 door.opened door=d1; 2 door.opened door=d1; 4 access.granted door=d1";
    check(rules, events, &["r(d1) 1..2 x2: 1 2", "r(d1) 4..4 x1: 1 2 4"]);
}

/// Whether `fire when` holds of three people on camera with counts 1, 2 and none.
#[track_caller]
fn fires(aggregate: &str, condition: &str, expected: bool) {
    let rules = format!(
        r#"rule r "r" severity low {{ by camera  compare x = {aggregate}  y = count(video.loss)  within 10s
            fire when y = 1 and ({condition}) }}"#
    );
    let events = "1 video.person camera=cam1 count=1; 2 video.person camera=cam1 count=2; \
        3 video.person camera=cam1; 4 video.loss camera=cam1";
    assert_eq!(outcome(&rules, events).alerts.len(), usize::from(expected), "{aggregate} {condition}");
}

#[test]
fn aggregates() {
    fires("count(video.person)", "x = 3", true);
    fires("sum(count of video.person)", "x = 3", true);
    fires("min(count of video.person)", "x = 1", true);
    fires("max(count of video.person)", "x = 2", true);
    fires("avg(count of video.person)", "x = 1.5", true);
    fires("distinct(count of video.person)", "x = 2", true);
    fires("count(video.tamper)", "x = 0", true);
    fires("sum(count of video.tamper)", "x = 0", true);
    fires("max(count of video.tamper)", "x >= 0 or x < 0", false);
    fires("max(count of video.tamper)", "not x exists", true);
    fires("count(video.person)", "x / y > 2.5 and x - 2 * y = 1", true);
}

const SESSION: &str = r#"rule r "r" severity low { by door
    compare opened = count(door.opened)  closed = count(door.closed)  session gap 5s at most 12s
    fire when opened > closed  quiet 1s }"#;

#[test]
fn a_session_ends_when_nothing_comes_for_its_gap() {
    check(SESSION, "1 door.opened door=d1", &["r(d1) 1..1 x1: 1"]);
    check(SESSION, "1 door.opened door=d1; 6 door.closed door=d1", &[]);
    check(SESSION, "1 door.opened door=d1; 6.1 door.closed door=d1", &["r(d1) 1..1 x1: 1"]);
    let events = "1 door.opened door=d1; 4 door.opened door=d1; 8 door.closed door=d1";
    check(SESSION, events, &["r(d1) 8..8 x1: 1 8"]);
}

#[test]
fn a_session_is_closed_at_its_greatest_length_and_by_until() {
    let opened =
        |times: &str| -> String { times.split(' ').map(|t| format!("{t} door.opened door=d1;")).collect() };
    check(SESSION, &opened("1 5 9 13"), &["r(d1) 13..13 x1: 1 13"]);
    check(SESSION, &opened("1 5 9 13.1"), &["r(d1) 9..9 x1: 1 9", "r(d1) 13.1..13.1 x1: 13.1"]);
    let until = SESSION.replace("quiet 1s", "quiet 1s  until door.forced");
    let events = |x: &str| format!("{}{x} door.forced door=d1", opened("1 3"));
    check(&until, &events("1"), &["r(d1) 1..1 x1: 1", "r(d1) 3..3 x1: 3"]);
    check(&until, &events("3"), &["r(d1) 3..3 x1: 1 3"]);
    check(&until, &events("0.9"), &["r(d1) 3..3 x1: 1 3"]);
}

//! §4.3.

use super::{check, outcome_given, printed};
use rules::tree::Constant;

const OPEN: &str = "state open_ by door { set door.opened  clear door.closed }";

fn when(state: &str, condition: &str) -> String {
    format!(r#"{state} rule r "r" severity low {{ by door  when access.granted where {condition} }}"#)
}

#[test]
fn the_value_is_that_of_the_latest_change() {
    let rules = when(OPEN, "open_(door)");
    check(&rules, "1 door.opened door=d1; 3 access.granted door=d1", &["r(d1) 3..3 x1: 3"]);
    check(&rules, "1 door.opened door=d1; 2 door.closed door=d1; 3 access.granted door=d1", &[]);
    check(&rules, "1 door.opened door=d2; 3 access.granted door=d1", &[]);
    check(&rules, "4 door.opened door=d1; 3 access.granted door=d1", &[]);
}

#[test]
fn it_is_asked_at_the_instant_of_the_event() {
    check(
        &when(OPEN, "open_(door)"),
        "3 access.granted door=d1; 3 door.opened door=d1",
        &["r(d1) 3..3 x1: 3"],
    );
    let own = r#"state seen by door { set access.granted clear door.closed }
        rule r "r" severity low { by door  when access.granted where seen(door) }
        rule w "w" severity low { by door  when access.granted where was seen(door) }"#;
    check(own, "3 access.granted door=d1", &["r(d1) 3..3 x1: 3"]);
    check(
        own,
        "3 access.granted door=d1; 4 access.granted door=d1",
        &["r(d1) 3..4 x2: 3 4", "w(d1) 4..4 x1: 4"],
    );
}

#[test]
fn just_before_counts_what_the_own_source_said_earlier() {
    let rules = when(OPEN, "was open_(door)");
    check(&rules, "3 access.granted door=d1 | seq=2; 3 door.opened door=d1 | seq=1", &["r(d1) 3..3 x1: 3"]);
    check(&rules, "3 access.granted door=d1 | seq=1; 3 door.opened door=d1 | seq=2", &[]);
    check(&rules, "3 access.granted door=d1 | seq=2; 3 door.opened door=d1 | seq=1 source=other", &[]);
    check(&rules, "3 access.granted door=d1; 2 door.opened door=d1 | source=other", &["r(d1) 3..3 x1: 3"]);
}

#[test]
fn at_one_instant_the_last_of_each_source_counts_and_clear_wins() {
    let rules = when(OPEN, "open_(door)");
    let with = |opened: &str, closed: &str| {
        format!(
            "2 door.opened door=d1 | {opened}; 2 door.closed door=d1 | {closed}; 3 access.granted door=d1"
        )
    };
    check(&rules, &with("seq=2", "seq=1"), &["r(d1) 3..3 x1: 3"]);
    check(&rules, &with("seq=1", "seq=2"), &[]);
    check(&rules, &with("seq=2 source=x", "seq=1 source=y"), &[]);
    let tie = rules.replace("clear door.closed }", "clear door.closed  tie set }");
    check(&tie, &with("seq=1 source=x", "seq=2 source=y"), &["r(d1) 3..3 x1: 3"]);
    check(&tie, &with("seq=1", "seq=2"), &[]);
}

#[test]
fn unknown_is_false_and_not_is_true() {
    check(&when(OPEN, "open_(door)"), "1 access.granted door=d1", &[]);
    check(&when(OPEN, "not open_(door)"), "1 access.granted door=d1", &["r(d1) 1..1 x1: 1"]);
    check(&when(OPEN, "open_(door) exists"), "1 access.granted door=d1", &[]);
    let events = "1 access.granted door=d1; 2 door.closed door=d1; 3 access.granted door=d1";
    check(&when(OPEN, "open_(door) exists"), events, &["r(d1) 3..3 x1: 3"]);
    check(&when(OPEN, "not open_(door.controller)").replace("by door {", "by controller {"), "", &[]);
}

#[test]
fn a_set_is_void_after_its_time() {
    let state = "state open_ by door { set door.opened  clear door.closed  forget after 5s }";
    let rules = when(state, "open_(door)");
    check(&rules, "1 door.opened door=d1; 6 access.granted door=d1", &["r(d1) 6..6 x1: 6"]);
    check(&rules, "1 door.opened door=d1; 6.1 access.granted door=d1", &[]);
    check(&when(state, "open_(door) exists"), "1 door.opened door=d1; 6.1 access.granted door=d1", &[]);
    let events = "0 door.closed door=d1; 1 door.opened door=d1; 6.1 access.granted door=d1";
    check(&when(state, "open_(door) exists"), events, &["r(d1) 6.1..6.1 x1: 6.1"]);
    check(
        &when(state, "was open_(door)"),
        "1 door.opened door=d1; 6 access.granted door=d1",
        &["r(d1) 6..6 x1: 6"],
    );
}

#[test]
fn corrections_count_and_tests_do_not() {
    let rules = when(OPEN, "open_(door)");
    let with = |envelope: &str| format!("1 door.opened door=d1 | {envelope}; 3 access.granted door=d1");
    check(&rules, &with("lifecycle=snapshot"), &["r(d1) 3..3 x1: 3"]);
    check(&rules, &with("lifecycle=update"), &["r(d1) 3..3 x1: 3"]);
    check(&rules, &with("lifecycle=test"), &[]);
    check(&rules, &with("test"), &[]);
}

#[test]
fn one_line_may_set_a_key_and_another_clear_another() {
    let rules = r#"state inside by zone, person {
            set   access.taken from zone = door.to_zone
            clear access.taken from zone = door.from_zone }
        rule r "r" severity low { by person  when access.granted where inside(zone, person) }"#;
    let taken = |door: &str, at: u32| format!("{at} access.taken door={door} person=30;");
    let asked = "5 access.granted door=d1 zone=z1 person=30";
    check(rules, &[taken("d1", 1).as_str(), asked].concat(), &["r(30) 5..5 x1: 5"]);
    check(rules, &[taken("d1", 1).as_str(), &taken("d2", 2), asked].concat(), &[]);
    check(rules, &[taken("d2", 1).as_str(), asked].concat(), &[]);
}

#[test]
fn a_late_change_counts_as_if_it_had_come_in_time() {
    let rules = when(OPEN, "open_(door)");
    check(&rules, "3 access.granted door=d1; 1 door.opened door=d1 | append=50", &["r(d1) 3..3 x1: 3"]);
}

#[test]
fn a_world_may_give_a_value() {
    let given = [("open_", "D1", Constant::Bool(true))];
    let found = |events| -> Vec<String> {
        outcome_given(&when(OPEN, "open_(door)"), events, &given).alerts.iter().map(printed).collect()
    };
    assert_eq!(found("3 access.granted door=d1"), ["r(d1) 3..3 x1: 3"]);
    assert_eq!(found("2 door.closed door=d1; 3 access.granted door=d1"), [""; 0]);
}

#[test]
fn a_world_may_say_what_is_kept_and_counted() {
    let state = "state n by door { add door.opened  take door.closed  clear door.forced }
        state who by door { keep person of access.denied  clear door.forced }";
    let given = [("n", "D1", Constant::Int(3)), ("who", "D1", Constant::Text("30".into()))];
    let found = |condition, events: &str| {
        outcome_given(&when(state, condition), &format!("{events}; 9 access.granted door=d1"), &given)
            .alerts
            .len()
    };
    assert_eq!(found("n(door) = 3", ""), 1);
    assert_eq!(found("n(door) = 4", "1 door.opened door=d1"), 1);
    assert_eq!(found("n(door) = 1", "1 door.forced door=d1; 2 door.opened door=d1"), 1);
    assert_eq!(found("who(door).status = active", ""), 1);
    assert_eq!(found("who(door) exists", "1 door.forced door=d1"), 0);
    assert_eq!(found("who(door).status = active", "1 access.denied door=d1 person=31"), 0);
}

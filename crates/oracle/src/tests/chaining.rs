//! §4.4.

use super::{check, outcome};

const OPENED: &str = r#"rule opened "{door}" severity medium { by door  when door.opened  quiet 5s }"#;

#[test]
fn an_alert_is_one_event_at_its_beginning_and_detections_are_many() {
    let rules = format!(
        r#"{OPENED}
        rule once "r" severity low {{ by door  when alert.opened }}
        rule each "r" severity low {{ by door  when detection.opened }}"#
    );
    let events = "1 door.opened door=d1; 4 door.opened door=d1";
    check(&rules, events, &["opened(d1) 1..4 x2: 1 4", "once(d1) 1..1 x1: 1", "each(d1) 1..4 x2: 1 4"]);
}

#[test]
fn an_absence_stands_at_its_deadline() {
    let rules = r#"rule left "r" severity low { by door  after door.opened expect door.closed within 5s }
        rule next "r" severity low { by door  sequence within 10s { detection.left  access.granted } }"#;
    let events = "1 door.opened door=d1; 5 access.granted door=d1; 6 access.granted door=d1";
    check(rules, events, &["left(d1) 6..6 x1: 1", "next(d1) 6..6 x1: 6 6"]);
}

#[test]
fn it_carries_key_entities_severity_and_title() {
    let rules = r#"rule first "at {door}" severity medium { by door  when access.granted
        raise to high when door.monitored }
        rule p "r" severity low { by person  when alert.first where severity >= high and title = "AT D1" }
        rule z "r" severity low { by zone  when alert.first where site.id = "h" and rule = "first" }
        rule c "r" severity low { by credential  when alert.first where source = "watchfloor" }"#;
    let found =
        outcome(rules, "1 access.granted door=d1 person=30 reader=r1; 2 access.granted door=d2 person=31");
    let names: Vec<String> = found.alerts.iter().map(super::printed).collect();
    assert!(names.contains(&"p(30) 1..1 x1: 1".to_owned()), "{names:?}");
    assert!(names.contains(&"z(z1) 1..1 x1: 1".to_owned()), "{names:?}");
    assert!(names.contains(&"z(z2) 2..2 x1: 2".to_owned()), "{names:?}");
    assert_eq!(names.len(), 5, "{names:?}");
}

#[test]
fn severity_of_the_event_is_that_of_the_first_detection() {
    let rules = r#"rule first "t" severity low { by door  when door.opened  raise to high when cause = key }
        rule a "r" severity low { by door  when alert.first where severity >= high }
        rule d "r" severity low { by door  when detection.first where severity >= high }"#;
    let events = "1 door.opened door=d1; 2 door.opened door=d1 cause=key";
    check(rules, events, &["first(d1) 1..2 x2: 1 2", "d(d1) 2..2 x1: 2"]);
}

#[test]
fn absence_of_an_alert() {
    let rules = format!(
        r#"{OPENED}
        rule alone "r" severity low {{ by door  when e: access.granted
            unless alert.opened within 3s before e }}"#
    );
    check(&rules, "5 access.granted door=d1", &["alone(d1) 5..5 x1: 5"]);
    let events = "2 door.opened door=d1; 5 access.granted door=d1";
    check(&rules, events, &["opened(d1) 2..2 x1: 2"]);
    // The alert began at 1; its detection at 4 is no event of `alert.opened`.
    let events = "1 door.opened door=d1; 4 door.opened door=d1; 5 access.granted door=d1";
    check(&rules, events, &["opened(d1) 1..4 x2: 1 4", "alone(d1) 5..5 x1: 5"]);
}

#[test]
fn a_state_may_be_set_by_an_alert() {
    let rules = format!(
        r#"{OPENED}
        state suspicious by door {{ set alert.opened  clear door.closed }}
        rule r "r" severity low {{ by door  when access.granted where suspicious(door) }}"#
    );
    let events =
        "1 door.opened door=d1; 2 access.granted door=d1; 3 door.closed door=d1; 4 access.granted door=d1";
    check(&rules, events, &["opened(d1) 1..1 x1: 1", "r(d1) 2..2 x1: 2"]);
}

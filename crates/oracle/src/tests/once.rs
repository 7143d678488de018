//! §4.2, `once`.

use super::check;

fn at(class: &str, times: &str) -> String {
    times.split(' ').filter(|t| !t.is_empty()).map(|t| format!("{t} {class} door=d1;")).collect()
}

#[test]
fn a_detection_forgets_what_came_before_it() {
    let rules =
        r#"rule r "r" severity low { by door  count >= 3 of door.opened within 10s  once  quiet 1s }"#;
    check(rules, &at("door.opened", "1 2 3 4 5"), &["r(d1) 3..3 x1: 1 2 3"]);
    check(rules, &at("door.opened", "1 2 3 4 5 6"), &["r(d1) 3..3 x1: 1 2 3", "r(d1) 6..6 x1: 4 5 6"]);
    // The window takes all of an instant, also what stands behind in ≺: six, then five, four and three are left.
    check(rules, &at("door.opened", "3 3 3 3 3 3"), &["r(d1) 3..3 x4: 3 3 3 3 3 3"]);
}

#[test]
fn of_one_key_only() {
    let rules = r#"rule r "r" severity low { by door  count >= 2 of door.opened within 10s  once }"#;
    let events = "1 door.opened door=d1; 2 door.opened door=d2; 3 door.opened door=d1; 4 door.opened door=d2";
    check(rules, events, &["r(d1) 3..3 x1: 1 3", "r(d2) 4..4 x1: 2 4"]);
}

#[test]
fn a_chain_needs_a_new_beginning() {
    let rules = r#"rule r "r" severity low { by door
        sequence within 20s { door.opened  door.closed }  once  quiet 1s }"#;
    let events = |opened, closed| at("door.opened", opened) + &at("door.closed", closed);
    check(rules, &events("1", "2 4"), &["r(d1) 2..2 x1: 1 2"]);
    check(rules, &events("1 1.5", "2 4"), &["r(d1) 2..2 x1: 1.5 2"]);
    check(rules, &events("1 3", "2 4"), &["r(d1) 2..2 x1: 1 2", "r(d1) 4..4 x1: 3 4"]);
    // The opening at 2 stands after the closing at 2 in ≺, so it is not forgotten.
    let tie = "1 door.opened door=d1; 2 door.closed door=d1; 2 door.opened door=d1; 4 door.closed door=d1";
    check(rules, tie, &["r(d1) 2..2 x1: 2 2", "r(d1) 4..4 x1: 2 4"]);
    let tie = "1 door.opened door=d1; 2 door.opened door=d1; 2 door.closed door=d1; 4 door.closed door=d1";
    check(rules, tie, &["r(d1) 2..2 x1: 2 2"]);
}

#[test]
fn of_an_absence_the_triggers_up_to_the_deadline_are_forgotten() {
    let rules = r#"rule r "r" severity low { by door
        after door.opened expect door.closed within 5s  once  quiet 1s }"#;
    let opened = |times| at("door.opened", times);
    check(rules, &opened("1 3 6 7"), &["r(d1) 6..6 x1: 1", "r(d1) 12..12 x1: 7"]);
    // The first of them is no detection and forgets nothing.
    let events = opened("1 3") + &at("door.closed", "2");
    check(rules, &events, &["r(d1) 8..8 x1: 3"]);
}

#[test]
fn what_unless_looks_for_is_forgotten_too() {
    let rules = r#"rule r "r" severity low { by door  count >= 1 of a: door.opened within 10s
        unless access.granted within 5s before a  once  quiet 1s }"#;
    let events = |x| at("door.opened", "2 4") + &at("access.granted", x);
    check(rules, &events("3"), &["r(d1) 2..2 x1: 2"]);
    check(rules, &events("1"), &[]);
    let own = r#"rule r "r" severity low { by door  count >= 1 of a: door.opened within 10s
        unless door.opened within 5s before a  once  quiet 1s }"#;
    check(own, &at("door.opened", "1 4"), &["r(d1) 1..1 x1: 1", "r(d1) 4..4 x1: 4"]);
}

#[test]
fn what_was_usual_is_forgotten_too() {
    let rules = r#"rule r "r" severity low { by door  unusual count > 0.5 sigma of door.opened per 1d  once  quiet 1s }"#;
    let week = 7 * 86_400;
    let weeks =
        |of: &[i64]| -> String { of.iter().map(|n| at("door.opened", &(n * week).to_string())).collect() };
    // Two weeks without and four buckets behind it; after a detection the next hit is the key's first.
    let end = 5 * week + 21 * 3_600;
    check(rules, &weeks(&[0, 5, 6, 7]), &[&format!("r(d1) {end}..{end} x1: {}", 5 * week)]);
}

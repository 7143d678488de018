//! §4.2 `clear when`, `blind`, `absorb`.

use super::{check_with, outcome_with};
use event::alert::Level;
use rules::tree::{Blind, Cond, Constant, Expr, Op, Pattern, RuleSet};

const COUNT: &str = r#"rule r "r" severity low { by door  count >= 3 of door.opened within 10s }"#;

/// `clear when` of the first rule: an aggregate against a number.
fn clear(at: usize, op: Op, number: i64) -> impl Fn(&mut RuleSet) {
    move |set| {
        let number = Expr::Constant(Constant::Int(number));
        set.rules[0].clear_when = Some(Cond::Compare(Expr::Aggregate(at), op, number));
    }
}

fn opened(times: &str) -> String {
    times.split(' ').map(|t| format!("{t} door.opened door=d1;")).collect()
}

#[test]
fn an_alert_runs_until_it_is_clear() {
    // Just after 12 there is one left, so that a detection at 20 is a new alert.
    check_with(
        COUNT,
        &clear(0, Op::Less, 2),
        &opened("1 2 3 18 19 20"),
        &["r(d1) 3..3 x1: 1 2 3", "r(d1) 20..20 x1: 18 19 20"],
    );
    // Two are left until 13, and then there are three again: at 12 it is still the same alert.
    check_with(COUNT, &clear(0, Op::Less, 2), &opened("1 2 3 12 13"), &["r(d1) 3..13 x3: 1 2 3 12 13"]);
    // Just after 12 there is but the one of 3; 12.5 makes two; 13 three.
    check_with(
        COUNT,
        &clear(0, Op::Less, 2),
        &opened("1 2 3 12.5 13"),
        &["r(d1) 3..3 x1: 1 2 3", "r(d1) 13..13 x1: 3 12.5 13"],
    );
}

#[test]
fn what_is_clear_at_once_holds_the_detections_of_its_instant() {
    check_with(
        COUNT,
        &clear(0, Op::Less, 9),
        &opened("1 2 3 3 4"),
        &["r(d1) 3..3 x2: 1 2 3 3", "r(d1) 4..4 x1: 1 2 3 3 4"],
    );
}

#[test]
fn clear_when_over_aggregates_and_until() {
    let rules = r#"rule r "r" severity low { by door
        compare opened = count(door.opened)  closed = count(door.closed)  within 10s
        fire when opened > closed }"#;
    let events = opened("1 2") + "3 door.closed door=d1;" + &opened("4 5");
    // 1 and 2; the closing at 3 (2 > 1) is a detection and clears; 4 (3 > 1) and 5 are clear at once, each by itself.
    check_with(
        rules,
        &clear(1, Op::AtLeast, 1),
        &events,
        &["r(d1) 1..3 x3: 1 2 3", "r(d1) 4..4 x1: 1 2 3 4", "r(d1) 5..5 x1: 1 2 3 4 5"],
    );
    let until = COUNT.replace("within 10s", "within 10s  until door.closed");
    let events = opened("1 2 3") + "4 door.closed door=d1;" + &opened("5 6 7");
    check_with(&until, &clear(0, Op::Less, 2), &events, &["r(d1) 3..3 x1: 1 2 3", "r(d1) 7..7 x1: 5 6 7"]);
}

/// What a rule needs to be blind to `door.controller as low`: the state, and a rule that shows the path and never fires.
const NEEDS: &str = r#"
    state up by device { set health.online  clear health.offline }
    rule z "z" severity low { by door.controller  when door.unlocked where up(controller) }"#;

fn blind(set: &mut RuleSet) {
    let Pattern::When(step) = &set.rules[1].pattern else { panic!("z is the second rule") };
    let sources = step.options[0].key.clone();
    let up = set.states.iter().position(|state| &*state.name == "up").expect("a state") as u32;
    set.rules[0].blind = Some(Blind { sources, severity: Some(Level::Low), up });
}

fn alerts(rules: &str, events: &str) -> Vec<event::alert::Alert> {
    outcome_with(&[rules, NEEDS].concat(), &blind, events).alerts
}

fn unknown(rules: &str, events: &str) -> Vec<String> {
    let seconds = |ts: event::time::Timestamp| (ts - super::start()).as_secs_f64();
    let alerts = alerts(rules, events);
    let all = alerts.iter().flat_map(|alert| &alert.unknown);
    all.map(|one| format!("{} {}..{}", one.source, seconds(one.from), seconds(one.to))).collect()
}

const ABSENT: &str = r#"rule r "r" severity high { by door
    after door.opened expect door.closed within 10s}"#;

#[test]
fn absence_is_unknown_while_the_source_was_down() {
    let at = |events: &str| unknown(ABSENT, &format!("5 door.opened door=d1; {events}"));
    assert_eq!(at(""), [""; 0]);
    assert_eq!(at("7 health.offline device=c1; 9 health.online device=c1"), ["c1 7..9"]);
    assert_eq!(at("1 health.offline device=c1; 9 health.online device=c1"), ["c1 5..9"]);
    assert_eq!(at("7 health.offline device=c1"), ["c1 7..15"]);
    assert_eq!(at("1 health.offline device=c1; 5 health.online device=c1"), [""; 0]);
    assert_eq!(at("15 health.offline device=c1"), ["c1 15..15"]);
    assert_eq!(at("15.1 health.offline device=c1"), [""; 0]);
    assert_eq!(at("7 health.offline device=c2"), [""; 0]);
    let severity = |events: &str| alerts(ABSENT, events)[0].severity;
    assert_eq!(severity("5 door.opened door=d1"), Level::High);
    assert_eq!(severity("5 door.opened door=d1; 7 health.offline device=c1"), Level::Low);
}

#[test]
fn blind_in_the_other_rows() {
    let not = r#"rule r "r" severity high { by door
        sequence within 10s { door.opened  not access.granted  door.closed }}"#;
    let at = |x: &str| unknown(not, &format!("1 door.opened door=d1; 5 door.closed door=d1; {x}"));
    assert_eq!(at("3 health.offline device=c1; 4 health.online device=c1"), ["c1 3..4"]);
    assert_eq!(at("5 health.offline device=c1"), [""; 0]);
    let unless = r#"rule r "r" severity high { by door  when e: door.opened
        unless access.granted within 3s before e}"#;
    let at = |x: &str| unknown(unless, &format!("5 door.opened door=d1; {x}"));
    assert_eq!(at("1 health.offline device=c1; 2 health.online device=c1"), [""; 0]);
    assert_eq!(at("1 health.offline device=c1; 2.5 health.online device=c1"), ["c1 2..2.5"]);
    let session = r#"rule r "r" severity high { by door
        compare x = count(door.opened) session gap 3s  fire when x >= 1}"#;
    let at = |x: &str| unknown(session, &format!("1 door.opened door=d1; 2 door.opened door=d1; {x}"));
    assert_eq!(at("1.5 health.offline device=c1"), ["c1 1.5..5"]);
    assert_eq!(at("5.5 health.offline device=c1"), [""; 0]);
}

#[test]
fn children_belong_to_the_incident_of_the_absorber() {
    let rules = r#"rule child "c" severity low { by zone  when sensor.motion  quiet 1s  entities zone }
        rule flood "f" severity low { by site  count >= 3 of sensor.motion within 10s  quiet 5s }"#;
    let events =
        "1 sensor.motion zone=z0; 2 sensor.motion zone=z1; 3 sensor.motion zone=z2; 3 sensor.motion zone=z1";
    let parts = |absorb: &[u32]| {
        let change = |set: &mut RuleSet| set.rules[1].absorb = absorb.to_vec();
        let mut sizes: Vec<usize> =
            outcome_with(rules, &change, events).parts.iter().map(|part| part.alerts.len()).collect();
        sizes.sort_unstable();
        sizes
    };
    // Children: those that begin in the span of the flood, 3 to 3: that of z2. z1 began at 2.
    let without = parts(&[]);
    let with = parts(&[0]);
    assert_eq!(without.iter().sum::<usize>(), with.iter().sum::<usize>());
    assert_eq!(without.len(), with.len() + 1, "{without:?} {with:?}");
}

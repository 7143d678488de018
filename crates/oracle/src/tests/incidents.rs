//! engine.md §2.5: which alerts make one incident.

use super::outcome;

/// Rules and alert times of each part, by the part's first alert.
#[track_caller]
fn parts(rules: &str, events: &str, expected: &[&str]) {
    let found = outcome(rules, events);
    let name = |id| {
        let alert = found.alerts.iter().find(|alert| alert.id == id).expect("an alert of the outcome");
        let printed = super::printed(alert);
        printed.split_once("..").expect("a span").0.to_owned()
    };
    let mut parts: Vec<String> = found
        .parts
        .iter()
        .map(|part| part.alerts.iter().map(|&id| name(id)).collect::<Vec<_>>().join(" + "))
        .collect();
    parts.sort();
    assert_eq!(parts, expected);
}

const RULES: &str = r#"
    rule d "r" severity low { by door  when door.opened  quiet 1s }
    rule p "r" severity low { by person  when access.granted  quiet 1s  entities person, zone }
    rule s "r" severity low { by src.ip  when ids.alert  quiet 1s  entities src.ip }
    rule z "r" severity low { by zone  when sensor.motion  quiet 1s  entities zone }
"#;

#[test]
fn one_strong_entity_joins() {
    parts(RULES, "1 door.opened door=d1; 100 door.opened door=d1", &["d(d1) 1 + d(d1) 100"]);
    parts(RULES, "1 door.opened door=d1; 100 door.opened door=d2", &["d(d1) 1", "d(d2) 100"]);
}

#[test]
fn a_hub_never_joins() {
    parts(RULES, "1 door.opened door=d3; 100 door.opened door=d3", &["d(d3) 1", "d(d3) 100"]);
}

#[test]
fn spans_lie_within_t_merge() {
    parts(RULES, "0 door.opened door=d1; 900 door.opened door=d1", &["d(d1) 0 + d(d1) 900"]);
    parts(RULES, "0 door.opened door=d1; 900.1 door.opened door=d1", &["d(d1) 0", "d(d1) 900.1"]);
}

#[test]
fn weak_entities_join_by_two_and_a_site_counts_beside_a_public_address_only() {
    let ip = |at: u32, ip: &str| format!("{at} ids.alert src.ip={ip} sig.name=x;");
    parts(RULES, &[ip(1, "8.8.8.8"), ip(9, "8.8.8.8")].concat(), &["s(8.8.8.8) 1 + s(8.8.8.8) 9"]);
    parts(RULES, &[ip(1, "10.0.0.5"), ip(9, "10.0.0.5")].concat(), &["s(10.0.0.5) 1", "s(10.0.0.5) 9"]);
    let motion = "1 sensor.motion sensor=s1; 9 sensor.motion sensor=s1";
    parts(RULES, motion, &["z(z1) 1", "z(z1) 9"]);
    parts(RULES, "1 sensor.motion sensor=s1; 9 access.granted door=d1 person=30", &["p(30) 9", "z(z1) 1"]);
}

#[test]
fn parts_grow_through_each_other() {
    let rules = r#"rule d "r" severity low { by door  when door.opened  quiet 1s }
        rule b "r" severity low { by person  when access.granted  quiet 1s  entities person, door }"#;
    let events = "1 door.opened door=d1; 2 door.opened door=d2; 3 access.granted door=d1 person=30; \
        3.5 access.granted door=d2 person=30";
    parts(rules, events, &["d(d1) 1 + d(d2) 2 + b(30) 3"]);
}

#[test]
fn a_part_lasts_a_day_at_most() {
    let rules = r#"rule d "r" severity low { by door  when door.opened  quiet 1s }"#;
    let every = |step: u32, count: u32| -> String {
        (0..count).map(|n| format!("{} door.opened door=d1;", n * step)).collect()
    };
    // 97 alerts a quarter of an hour apart fill a day; the next stays apart and knows of it.
    let found = outcome(rules, &every(900, 98));
    assert_eq!(
        found.parts.iter().map(|part| part.alerts.len()).collect::<std::collections::BTreeSet<_>>(),
        [1, 97].into()
    );
    let related: Vec<_> = found.parts.iter().map(|part| part.related.clone()).collect();
    assert_eq!(related[0], [found.parts[1].canonical]);
    assert_eq!(related[1], [found.parts[0].canonical]);
}

#[test]
fn a_part_holds_five_hundred_alerts_at_most() {
    let rules = r#"rule d "r" severity low { by door  when door.opened  quiet 1s }"#;
    let events: String = (0..502).map(|n| format!("{} door.opened door=d1;", n * 2)).collect();
    let sizes: Vec<usize> = outcome(rules, &events).parts.iter().map(|part| part.alerts.len()).collect();
    assert!(sizes.contains(&500) && sizes.contains(&2), "{sizes:?}");
}

#[test]
fn what_is_internal_or_on_trial_makes_no_incident() {
    parts(r#"rule d "r" severity low { by door  when door.opened  internal }"#, "1 door.opened door=d1", &[]);
    let trial = r#"rule d "r" severity low { by door  when door.opened  meta { status trial } }"#;
    parts(trial, "1 door.opened door=d1", &[]);
}

#[test]
fn sites_stay_apart() {
    parts(RULES, "1 door.opened door=d1; 5 door.opened door=d1 | site=k", &["d(d1) 1", "d(d1) 5"]);
}

#[test]
fn what_is_decided_much_later_joins_then() {
    let rules = r#"rule d "r" severity low { by door  when door.opened  quiet 1s }
        rule u "r" severity low { by door  when e: access.granted  unless door.closed within 2h after e }"#;
    parts(rules, "1 access.granted door=d1; 2 door.opened door=d1", &["d(d1) 2", "u(d1) 1"]);
    parts(rules, "1 access.granted door=d1; 7202 door.opened door=d1", &["u(d1) 1 + d(d1) 7202"]);
}

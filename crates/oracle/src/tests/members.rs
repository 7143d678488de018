//! §4.2 `for each`, §3 functions, §4.3 sets of members, kept values and counters.

use super::check;

#[test]
fn one_hit_for_each_member_of_a_relation() {
    let rules = r#"rule r "r" severity low { by door  when sensor.motion for each door in zone.doors }"#;
    // z1 has d1 and d2 (both their sides), z2 has d2 and d3.
    check(rules, "1 sensor.motion sensor=s1", &["r(d1) 1..1 x1: 1", "r(d2) 1..1 x1: 1"]);
    check(rules, "1 sensor.motion sensor=s2", &["r(d2) 1..1 x1: 1", "r(d3) 1..1 x1: 1"]);
    check(rules, "1 sensor.motion sensor=s9", &[]);
}

#[test]
fn the_condition_is_tested_for_each_member() {
    let rules = r#"rule r "r" severity low { by door
        when sensor.motion where door.monitored for each door in zone.doors }"#;
    check(rules, "1 sensor.motion sensor=s1", &["r(d1) 1..1 x1: 1"]);
    let not = rules.replace("where door.monitored", "where not door.monitored and zone.level = 2");
    check(&not, "1 sensor.motion sensor=s1", &["r(d2) 1..1 x1: 1"]);
    let state = r#"state open_ by door { set door.opened  clear door.closed }
        rule r "r" severity low { by door  when sensor.motion where open_(door) for each door in zone.doors }"#;
    check(state, "1 door.opened door=d2; 2 sensor.motion sensor=s1", &["r(d2) 2..2 x1: 2"]);
}

#[test]
fn one_hit_for_each_member_of_a_state_at_that_instant() {
    let rules = r#"state inside by zone, person { set access.granted from zone = door.to_zone  clear access.denied }
        rule r "r" severity low { by zone, person  when door.opened for each person in inside(zone) }"#;
    let events = "1 access.granted door=d1 person=30; 2 access.granted door=d1 person=31; \
        3 access.denied door=d1 person=30; 4 access.granted door=d1 person=32; 4 door.opened door=d1; \
        5 access.granted door=d1 person=33";
    check(rules, events, &["r(z1,31) 4..4 x1: 4", "r(z1,32) 4..4 x1: 4"]);
}

#[test]
fn absence_for_each_member() {
    let rules = r#"state inside by site, person { set access.granted  clear access.denied }
        rule r "r" severity high { by site, person
            after  fire.prealarm for each person in inside(site)
            expect access.taken within 5s
            until  door.closed for each person in inside(site) }"#;
    let come = "1 access.granted door=d1 person=30; 1 access.granted door=d1 person=31; 2 fire.prealarm panel=p1; \
        4 access.taken door=d1 person=30 direction=out";
    check(rules, come, &["r(h,31) 7..7 x1: 2"]);
    check(rules, &format!("{come}; 5 door.closed door=d1"), &[]);
}

/// Whether a condition is true of an access to d1 (from z0 to z1) at 9.
#[track_caller]
fn holds(state: &str, condition: &str, events: &str, expected: bool) {
    let rules =
        format!(r#"{state} rule r "r" severity low {{ by door  when access.granted where {condition} }}"#);
    let found: &[&str] = if expected { &["r(d1) 9..9 x1: 9"] } else { &[] };
    check(&rules, &format!("{events}; 9 access.granted door=d1 person=30 cause=badge"), found);
}

#[test]
fn members_are_counted() {
    let state =
        "state inside by zone, person { set access.taken from zone = door.to_zone  clear access.denied }";
    let two = "1 access.taken door=d1 person=30 direction=in; 1 access.taken door=d1 person=31 direction=in";
    holds(state, "members(inside(zone)) = 2", two, true);
    holds(state, "members(inside(zone)) = 2", &format!("{two}; 2 access.denied door=d1 person=30"), false);
    holds(state, "members(inside(zone)) < 1", "", true);
    holds("", "members(zone.doors) = 2", "", true);
    holds("", "members(zone.partitions) = 1 and members(door.cameras) = 1", "", true);
}

#[test]
fn a_kept_value_is_that_of_the_last_event_that_keeps() {
    let state = "state last by door { keep cause of door.opened  clear door.closed }";
    holds(
        state,
        "last(door) = key",
        "1 door.opened door=d1 cause=badge; 2 door.opened door=d1 cause=key",
        true,
    );
    holds(
        state,
        "last(door) = key",
        "1 door.opened door=d1 cause=key; 2 door.opened door=d1 cause=badge",
        false,
    );
    holds(state, "last(door) != key", "1 door.opened door=d1 cause=key; 2 door.closed door=d1", false);
    holds(state, "last(door) exists", "1 door.opened door=d1 cause=key; 2 door.opened door=d1", false);
    holds(state, "not last(door) exists", "", true);
    holds(state, "last(door) = cause", "9 door.opened door=d1 cause=badge", true);
    // Of one instant the ≺-last, here by the sequence numbers.
    let tie = |a, b| format!("2 door.opened door=d1 cause=key | seq={a}; 2 door.closed door=d1 | seq={b}");
    holds(state, "last(door) = key", &tie(2, 1), true);
    holds(state, "last(door) = key", &tie(1, 2), false);
}

#[test]
fn what_was_kept_before_and_what_follows_from_it() {
    let state = "state where_ by person { keep site of access.granted  clear access.denied }";
    let at = |site| format!("2 access.granted door=d2 person=30 | site={site}");
    let rules = format!(
        r#"{state} rule r "r" severity low {{ by person
            when access.granted where was where_(person).country != site.country and door.id = "d1" }}"#
    );
    check(&rules, &format!("{}; 9 access.granted door=d1 person=30 | site=k", at("h")), &[]);
    let rules = rules.replace("was where_(person).country != site.country", "was where_(person) != site");
    check(
        &rules,
        &format!("{}; 9 access.granted door=d1 person=30 | site=k", at("h")),
        &["r(30) 9..9 x1: 9"],
    );
    check(&rules, &format!("{}; 9 access.granted door=d1 person=30", at("h")), &[]);
    check(&rules, "9 access.granted door=d1 person=30", &[]);
}

#[test]
fn a_kept_value_is_void_after_its_time() {
    let state = "state last by door { keep cause of door.opened  forget after 5s }";
    holds(state, "last(door) = key", "4 door.opened door=d1 cause=key", true);
    holds(state, "last(door) exists", "3.9 door.opened door=d1 cause=key", false);
}

#[test]
fn a_counter_counts_since_it_was_cleared() {
    let state = "state n by door { add door.opened  take door.closed  clear door.forced }";
    holds(state, "n(door) = 2", "1 door.opened door=d1; 2 door.opened door=d1", true);
    holds(state, "n(door) = 1", "1 door.opened door=d1; 2 door.opened door=d1; 3 door.closed door=d1", true);
    // Never below nothing, but what was taken too often is taken from what comes: max(0, 2 − 2) = 0.
    holds(state, "n(door) = 0", "1 door.closed door=d1; 2 door.closed door=d1; 3 door.opened door=d1", true);
    holds(state, "n(door) = 1", "1 door.opened door=d1; 2 door.forced door=d1; 3 door.opened door=d1", true);
    // c < ts: what comes at the instant of the clear does not count.
    holds(state, "n(door) = 0", "2 door.opened door=d1; 2 door.forced door=d1", true);
    holds(state, "n(door) >= 0", "", false);
    holds(state, "n(door) exists", "1 door.forced door=d1", true);
    holds(state, "not n(door) exists", "", true);
}

#[test]
fn a_counter_of_a_field_and_one_that_forgets() {
    let state = "state n by zone { add count of video.person from zone = camera.zone  clear door.forced }";
    let rules =
        format!(r#"{state} rule r "r" severity low {{ by zone  when door.closed where n(zone) = 5 }}"#);
    let two =
        "1 video.person camera=cam1 count=2; 2 video.person camera=cam1; 3 video.person camera=cam1 count=3";
    check(&rules, &format!("{two}; 9 door.closed zone=z0 door=d1"), &["r(z0) 9..9 x1: 9"]);
    let forgets = "state n by door { add door.opened  take door.closed  clear door.forced  forget after 5s }";
    holds(forgets, "n(door) = 1", "3 door.opened door=d1; 5 door.opened door=d1", true);
    holds(forgets, "n(door) exists", "3 door.opened door=d1", false);
    // A take is never void.
    holds(
        forgets,
        "n(door) = 0",
        "3 door.opened door=d1; 3 door.closed door=d1; 5 door.opened door=d1",
        true,
    );
}

#[test]
fn distances_between_sites() {
    let rules = r#"rule r "r" severity low { by person  sequence within 1m {
        a: access.granted  b: access.granted where distance(site, a.site) > 5 km } }"#;
    let other = "1 access.granted door=d1 person=30; 3 access.granted door=d2 person=30 | site=k";
    // 0.05 degrees of latitude are 5,560 m.
    check(rules, other, &["r(30) 3..3 x1: 1 3"]);
    check(&rules.replace("> 5 km", "= 5560 metres"), other, &["r(30) 3..3 x1: 1 3"]);
    check(rules, "1 access.granted door=d1 person=30; 3 access.granted door=d2 person=30", &[]);
}

#[test]
fn a_text_against_a_list() {
    let rules = r#"rule r "r" severity low { by src.ip  when ids.alert where sig.name contains @words }"#;
    check(rules, "1 ids.alert src.ip=8.8.8.8 sig.name=EternalBLUE", &["r(8.8.8.8) 1..1 x1: 1"]);
    check(rules, "1 ids.alert src.ip=8.8.8.8 sig.name=other", &[]);
}

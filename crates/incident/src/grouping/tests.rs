use super::*;
use crate::samples::{alert, with};

#[track_caller]
fn check(a: &[(&'static str, &str)], b: &[(&'static str, &str)], linked: bool) {
    check_beside_hubs(a, b, &[], linked);
}

#[track_caller]
fn check_beside_hubs(a: &[(&'static str, &str)], b: &[(&'static str, &str)], hubs: &[&str], linked: bool) {
    let rule = Rule { hubs: hubs.iter().map(|&id| id.into()).collect(), ..Rule::default() };
    let (a, b) = (with(alert(1, 0, 0), a), with(alert(2, 60, 60), b));
    assert_eq!(edge(&a, &b, &rule), linked);
    assert_eq!(edge(&b, &a, &rule), linked);
    assert_eq!(links(&a, &rule.hubs).intersection(&links(&b, &rule.hubs)).next().is_some(), linked);
}

#[test]
fn one_strong_entity_links() {
    check(&[("door", "d1")], &[("door", "d1"), ("zone", "z")], true);
    check(&[("person", "30")], &[("credential", "30")], false);
    check(&[("camera", "cam1")], &[("camera", "cam1")], true);
}

#[test]
fn what_too_much_hangs_on_does_not_link() {
    check(&[("reader", "r"), ("controller", "c")], &[("reader", "r"), ("controller", "c")], false);
    check(&[("panel", "p"), ("partition", "a")], &[("panel", "p"), ("partition", "a")], false);
}

#[test]
fn two_weak_entities_link() {
    check(&[("zone", "z")], &[("zone", "z")], false);
    check(&[("zone", "z"), ("ip", "10.0.0.5")], &[("zone", "z"), ("ip", "10.0.0.5")], true);
    check(&[("zone", "z"), ("zone", "y")], &[("zone", "z"), ("zone", "y")], true);
    check(&[("ip", "10.0.0.5"), ("ip", "fe80::1")], &[("ip", "10.0.0.5"), ("ip", "fe80::1")], true);
}

#[test]
fn the_site_counts_beside_what_names_no_place_in_it() {
    check(&[], &[], false);
    check(&[("ip", "10.0.0.5")], &[("ip", "10.0.0.5")], false);
    check(&[("ip", "198.51.100.7")], &[("ip", "198.51.100.7")], true);
    check(&[("checkpoint", "k1")], &[("checkpoint", "k1")], true);
    check(&[("site", "north")], &[("site", "north")], false);
}

#[test]
fn hubs_count_nowhere() {
    check_beside_hubs(&[("door", "d1")], &[("door", "d1")], &["d1"], false);
    check_beside_hubs(&[("ip", "198.51.100.7")], &[("ip", "198.51.100.7")], &["harbour"], false);
    let both = [("zone", "lobby"), ("ip", "198.51.100.7")];
    check_beside_hubs(&both, &both, &["lobby"], true);
    check_beside_hubs(&both, &both, &["lobby", "harbour"], false);
}

#[test]
fn only_near_alerts_of_one_site_that_open_incidents() {
    let rule = Rule::default();
    let door = |id, first, last| with(alert(id, first, last), &[("door", "d1")]);
    let (a, b) = (door(1, 0, 100), door(2, 1_000, 1_000));
    assert!(edge(&a, &b, &rule));
    assert!(!edge(&a, &door(2, 1_001, 1_001), &rule));
    assert!(edge(&a, &door(2, 50, 60), &rule));
    let changes: [fn(&mut Alert); 5] = [
        |alert| alert.site = "north".into(),
        |alert| alert.internal = true,
        |alert| alert.trial = true,
        |alert| alert.withdrawn = true,
        |alert| alert.merged_into = Some(Id([9; 16])),
    ];
    for change in changes {
        let mut other = b.clone();
        change(&mut other);
        assert!(!edge(&a, &other, &rule));
    }
}

#[test]
fn private_addresses() {
    for private in ["10.1.1.1", "172.31.0.1", "192.168.1.1", "::ffff:10.0.0.1", "fd00::1", "fe80::1", "::1"] {
        assert!(is_private(private), "{private}");
    }
    for public in ["172.32.0.1", "8.8.8.8", "2001:db8::1", "::ffff:8.8.8.8", "no address"] {
        assert!(!is_private(public), "{public}");
    }
}

#[test]
fn what_is_decided_late_joins_when_it_is_decided() {
    let mut late = with(alert(1, 0, 0), &[("door", "d1")]);
    late.rule = "never_closed".into();
    let then = with(alert(2, 0, 0), &[("door", "d1")]);
    let later = with(alert(3, 7_200, 7_200), &[("door", "d1")]);
    let decided = |hours: i64| Rule {
        decided: BTreeMap::from([("never_closed".into(), Duration::from_secs(3_600 * hours))]),
        ..Rule::default()
    };
    assert!(edge(&late, &then, &decided(1)) && !edge(&late, &later, &decided(1)));
    assert!(!edge(&late, &then, &decided(2)) && edge(&late, &later, &decided(2)));
}

#[test]
fn caps_keep_parts_apart_and_name_them() {
    let rule = Rule { caps: Caps { alerts: 2, span: Duration::from_secs(86_400) }, ..Rule::default() };
    let alerts: Vec<Alert> =
        (1..=3).map(|n| with(alert(n, i64::from(n), i64::from(n)), &[("door", "d")])).collect();
    let groups = group(&alerts.iter().collect::<Vec<_>>(), &rule);
    assert_eq!(
        groups,
        [Group { members: vec![0, 1], related: vec![1] }, Group { members: vec![2], related: vec![0] }]
    );
}

#[test]
fn a_late_bridge_joins_two_parts() {
    let alerts = [
        with(alert(1, 0, 0), &[("door", "d1")]),
        with(alert(2, 1, 1), &[("door", "d2")]),
        with(alert(3, 2, 2), &[("door", "d1"), ("door", "d2")]),
    ];
    let groups = group(&alerts.iter().collect::<Vec<_>>(), &Rule::default());
    assert_eq!(groups, [Group { members: vec![0, 1, 2], related: vec![] }]);
}

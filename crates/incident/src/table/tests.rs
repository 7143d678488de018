use super::*;
use crate::grouping::group;
use crate::samples::{Random, alert, seconds, with};

/// More than an hour, so that alerts of the rule join that much later.
const LATE: Duration = Duration::from_secs(3_610);

fn table(caps: Caps) -> Table {
    let settings = Settings {
        t_merge: Duration::from_secs(10),
        close_after: Duration::from_secs(60),
        settle_after: Duration::from_secs(5),
        leave_after: Duration::from_secs(100),
        hubs: BTreeSet::from(["hub".into()]),
        decided: BTreeMap::from([("never_closed".into(), LATE)]),
        absorb: BTreeMap::from([("flood".into(), by_door(&["door_forced", "never_closed", "storm"]))]),
    };
    Table::with_caps(settings, caps, Ids::new("harbour"))
}

fn by_door(rules: &[&str]) -> Absorb {
    Absorb { rules: rules.iter().map(|&rule| rule.into()).collect(), kinds: vec!["door"] }
}

fn wide() -> Table {
    table(Caps::default())
}

fn door(n: u8, first: i64, door: &str) -> AlertChange {
    AlertChange::Set(Arc::new(with(alert(n, first, first), &[("door", door)])))
}

fn sizes(table: &Table) -> Vec<usize> {
    table.parts().map(|part| part.members.len()).collect()
}

/// Alerts over few entities and instants, so that ties, bridges and caps are everywhere.
fn random_alert(random: &mut Random, id: u8) -> Alert {
    let first = random.below(40) as i64;
    let mut made = alert(id, first, first + random.below(12) as i64);
    for _ in 0..random.below(4) {
        let (kind, ids): (_, &[&str]) = [
            ("door", &["d1", "d2", "hub"][..]),
            ("asset", &["c1", "c2"]),
            ("camera", &["c1"]),
            ("zone", &["z1", "z2", "hub"]),
            ("ip", &["10.0.0.1", "10.0.0.2", "198.51.100.1"]),
            ("checkpoint", &["k1"]),
            ("controller", &["x"]),
        ][random.below(7)];
        made = with(made, &[(kind, ids[random.below(ids.len())])]);
    }
    // A rule makes the ids of its alerts, so an id never changes its rule.
    if id.is_multiple_of(4) {
        made.rule = "never_closed".into();
        (made.first_at, made.last_at) = (made.first_at - LATE, made.last_at - LATE);
    }
    // Some absorb, so that whose child an alert is changes with others.
    if id % 4 == 1 {
        (made.rule, made.key) =
            ("flood".into(), vec![("door".into(), ["d1", "D2"][usize::from(id / 4 % 2)].into())]);
    }
    made.site = if random.below(8) == 0 { "north".into() } else { "harbour".into() };
    made.run = Id([random.below(3) as u8; 16]);
    (made.trial, made.internal) = (random.below(20) == 0, random.below(20) == 0);
    (made.settled, made.life_safety) = (random.below(3) > 0, random.below(10) == 0);
    made
}

/// What the definition says about the alerts, in the words of the table.
fn expected(table: &Table, alerts: &BTreeMap<Id, Alert>) -> Vec<(PartId, Vec<Member>, Vec<Id>)> {
    let alerts: Vec<&Alert> = alerts.values().collect();
    let groups = group(&alerts, &table.rule);
    let first = |group: &crate::grouping::Group| alerts[group.members[0]];
    let members = |group: &crate::grouping::Group| {
        let mut members: Vec<Member> = group.members.iter().map(|&n| Member::of(alerts[n])).collect();
        members.sort();
        members
    };
    let mut parts: Vec<_> = groups
        .iter()
        .map(|group| {
            let id = PartId { site: first(group).site.clone(), first: table.rule.rank(first(group)) };
            let related =
                group.related.iter().map(|&other| table.ids.incident(members(&groups[other])[0].id, 1));
            let mut related: Vec<Id> = related.collect();
            related.sort();
            (id, members(group), related)
        })
        .collect();
    parts.sort();
    parts
}

#[track_caller]
fn check(table: &Table, alerts: &BTreeMap<Id, Alert>, case: u64) {
    let found: Vec<_> = table.parts().map(|part| (part.id, part.members, part.related)).collect();
    assert_eq!(found, expected(table, alerts), "case {case}");
    let indexed: Vec<Id> = table.alerts.keys().copied().collect();
    let members: BTreeSet<Id> =
        found.iter().flat_map(|(_, members, _)| members).map(|member| member.id).collect();
    assert_eq!(indexed, members.into_iter().collect::<Vec<_>>(), "case {case}");
    assert_eq!(table.runs.len(), indexed.len(), "case {case}");
}

/// Tells apart what a reader was told from what the table says; only marked parts may differ.
#[track_caller]
fn check_marks(table: &mut Table, told: &mut BTreeMap<PartId, Part>, case: u64) {
    let changed = table.take_changed();
    let now: BTreeMap<PartId, Part> = table.parts().map(|part| (part.id.clone(), part)).collect();
    let names: BTreeSet<&PartId> = told.keys().chain(now.keys()).collect();
    for name in names {
        let marked = changed.parts.contains(name);
        assert!(marked || told.get(name) == now.get(name), "case {case}: {name:?} changed without a mark");
    }
    *told = now;
}

fn random_step(random: &mut Random, table: &mut Table, alerts: &mut BTreeMap<Id, Alert>) {
    let id = 1 + random.below(10) as u8;
    let known = alerts.get(&Id([id; 16])).cloned();
    match (random.below(6), known) {
        (0, Some(old)) => {
            alerts.remove(&old.id);
            table.apply(AlertChange::Removed { id: old.id, merged_into: None });
        }
        // Most changes of an alert are another detection: its end moves, an entity joins.
        (1..=3, Some(mut next)) => {
            next.last_at = next.last_at + Duration::from_secs(random.below(9) as i64);
            next.settled = random.below(2) == 0;
            if random.below(3) == 0 {
                next = with(next, &[("door", ["d1", "d2"][random.below(2)])]);
            }
            alerts.insert(next.id, next.clone());
            table.apply(AlertChange::Set(Arc::new(next)));
        }
        (4, _) => table.advance(seconds(random.below(140) as i64)),
        _ => {
            let next = random_alert(random, id);
            alerts.insert(next.id, next.clone());
            table.apply(AlertChange::Set(Arc::new(next)));
        }
    }
}

/// An alert that absorbs what concerns door d1.
fn flood(n: u8, first: i64, last: i64) -> AlertChange {
    let mut flood = alert(n, first, last);
    flood.rule = "flood".into();
    AlertChange::Set(Arc::new(flood))
}

#[test]
fn children_join_the_incident_of_their_absorber_and_leave_it_again() {
    let mut table = wide();
    // Nothing else links them: a flood names no entities.
    let changes = [door(1, 0, "d1"), door(2, 30, "D1"), door(3, 30, "d2"), flood(4, 20, 25)];
    changes.into_iter().for_each(|change| table.apply(change));
    assert_eq!(sizes(&table), [1, 1, 1, 1]);
    // It goes on, and what began meanwhile is its child.
    table.apply(flood(4, 20, 40));
    assert_eq!(sizes(&table), [1, 2, 1]);
    // Of two absorbers the one that began first.
    table.apply(flood(5, 10, 35));
    assert_eq!(sizes(&table), [1, 2, 1, 1]);
    table.apply(AlertChange::Removed { id: Id([5; 16]), merged_into: None });
    assert_eq!(sizes(&table), [1, 2, 1]);
    table.apply(flood(4, 20, 29));
    assert_eq!(sizes(&table), [1, 1, 1, 1]);
}

#[test]
fn alerts_of_life_safety_are_nobodys_children() {
    let mut table = wide();
    let mut safety = with(alert(2, 30, 30), &[("door", "d1")]);
    safety.life_safety = true;
    table.apply(flood(1, 20, 40));
    table.apply(AlertChange::Set(Arc::new(safety)));
    assert_eq!(sizes(&table), [1, 1]);
}

#[test]
fn any_order_of_changes_gives_the_grouping_of_the_set() {
    for case in 0..25_000 {
        let mut random = Random::new(case);
        let caps =
            Caps { alerts: 2 + random.below(8), span: Duration::from_secs(10 + random.below(40) as i64) };
        let (mut table, mut alerts, mut told) = (table(caps), BTreeMap::new(), BTreeMap::new());
        for _ in 0..8 + random.below(24) {
            random_step(&mut random, &mut table, &mut alerts);
            if random.below(8) == 0 {
                check_marks(&mut table, &mut told, case);
            }
        }
        check(&table, &alerts, case);
        check_marks(&mut table, &mut told, case);
    }
}

#[test]
fn the_order_of_arrival_does_not_show() {
    for case in 0..2_000 {
        let mut random = Random::new(case);
        let caps = Caps { alerts: 4, span: Duration::from_secs(20) };
        let alerts: Vec<Alert> = (1..=40).map(|n| random_alert(&mut random, n)).collect();
        let mut parts = Vec::new();
        for _ in 0..2 {
            let (mut table, mut left) = (table(caps), alerts.clone());
            while !left.is_empty() {
                table.apply(AlertChange::Set(Arc::new(left.swap_remove(random.below(left.len())))));
            }
            table.advance(seconds(80));
            parts.push(table.parts().collect::<Vec<_>>());
        }
        assert_eq!(parts[0], parts[1], "case {case}");
    }
}

#[test]
fn merges_and_falls_apart() {
    let mut table = wide();
    table.apply(door(1, 0, "d1"));
    table.apply(door(2, 1, "d2"));
    assert_eq!(sizes(&table), [1, 1]);
    let bridge = with(alert(3, 2, 2), &[("door", "d1"), ("door", "d2")]);
    table.apply(AlertChange::Set(Arc::new(bridge)));
    assert_eq!(sizes(&table), [3]);
    table.take_changed();
    table.apply(AlertChange::Removed { id: Id([3; 16]), merged_into: None });
    assert_eq!(sizes(&table), [1, 1]);
    let changed = table.take_changed();
    assert_eq!(changed.parts.len(), 2);
    assert_eq!(changed.gone.iter().map(|member| member.id).collect::<Vec<_>>(), [Id([3; 16])]);
    assert_eq!(table.take_changed(), Changed::default());
}

#[test]
fn settles_when_alerts_and_clock_have() {
    let mut table = wide();
    let mut open = with(alert(1, 0, 20), &[("door", "d1")]);
    open.settled = false;
    table.apply(AlertChange::Set(Arc::new(open.clone())));
    assert_eq!(table.next_deadline(), None);
    open.settled = true;
    table.apply(AlertChange::Set(Arc::new(open)));
    // last_at 20 s + t_merge 10 s + settle_after 5 s, and not before the clock is past it.
    assert_eq!(table.next_deadline(), Some(seconds(35) + Duration(1)));
    table.advance(seconds(35));
    assert!(table.parts().all(|part| !part.settled));
    table.take_changed();
    table.advance(seconds(35) + Duration(1));
    assert!(table.parts().all(|part| part.settled && !part.closed));
    assert_eq!((table.take_changed().parts.len(), table.next_deadline()), (1, None));
    table.advance(seconds(81));
    assert!(table.parts().all(|part| part.closed));
    assert_eq!(table.take_changed().parts.len(), 1);
}

#[test]
fn life_safety_does_not_close_by_itself() {
    let mut table = wide();
    let mut fire = alert(1, 0, 0);
    fire.life_safety = true;
    table.apply(AlertChange::Set(Arc::new(fire)));
    table.advance(Timestamp::MAX);
    assert!(table.parts().all(|part| part.settled && !part.closed));
    assert_eq!(table.next_deadline(), None);
}

#[test]
fn a_new_alert_opens_a_closed_incident_again() {
    let mut table = wide();
    table.apply(door(1, 0, "d1"));
    table.advance(seconds(70));
    assert!(table.parts().all(|part| part.closed));
    table.apply(door(2, 9, "d1"));
    assert!(table.parts().all(|part| part.settled && part.members.len() == 2));
    table.apply(door(3, 19, "d1"));
    assert!(table.parts().all(|part| !part.closed));
}

fn leaving(table: &Table) -> Vec<PartId> {
    table.parts().filter(|part| part.leaving).map(|part| part.id).collect()
}

#[test]
fn what_retires_leaves_the_rest_as_it_is() {
    let mut table = table(Caps { alerts: 2, span: Duration::from_secs(1_000) });
    for (n, at) in [(1, 0), (2, 5), (3, 12), (4, 500)] {
        table.apply(door(n, at, "d1"));
    }
    table.advance(seconds(105));
    assert!(table.parts().all(|part| !part.leaving), "the clock is not past 5 s + leave_after");
    table.take_changed();
    table.advance(seconds(108));
    let before: Vec<Part> = table.parts().collect();
    assert_eq!(leaving(&table), [before[0].id.clone()]);
    assert!(table.take_changed().parts.contains(&before[0].id), "whoever publishes is told");
    assert_eq!(table.retire_part(&before[0].id), Some(before[0].clone()));
    assert_eq!(table.parts().collect::<Vec<_>>(), before[1..]);
    assert!(!before[1].related.is_empty());
    table.advance(seconds(1_000));
    assert_eq!(leaving(&table).iter().filter_map(|id| table.retire_part(id)).count(), 2);
    assert!(table.boards.is_empty() && table.alerts.is_empty() && table.runs.is_empty());
    assert!([table.settling, table.closing, table.leaving].iter().all(|of| of.by_time.is_empty()));
}

#[test]
fn every_change_that_an_officer_must_hear_of_changes_the_hash() {
    let alerts: Vec<Alert> = (1..=60).map(|n| with(alert(n, i64::from(n), 100), &[("door", "d1")])).collect();
    let hash = |alerts: &[Alert]| {
        let mut table = wide();
        alerts.iter().for_each(|alert| table.apply(AlertChange::Set(Arc::new(alert.clone()))));
        table.parts().map(|part| crate::codec::hash(&part)).collect::<Vec<_>>()
    };
    let told = hash(&alerts);
    assert_eq!((told.len(), &hash(&alerts)), (1, &told));
    // The last alert is not shown: a revision holds fifty.
    let changes: [fn(&mut Alert); 4] = [
        |alert| alert.detections += 1,
        |alert| alert.settled = false,
        |alert| alert.exact = false,
        |alert| alert.severity = event::alert::Level::Medium,
    ];
    for change in changes {
        let mut next = alerts.clone();
        change(&mut next[59]);
        assert_ne!(hash(&next), told);
    }
}

#[test]
fn finds_overlapping_runs() {
    let mut table = wide();
    for (n, first, last) in [(1, 0, 10), (2, 30, 40)] {
        let mut made = alert(n, first, last);
        made.run = Id([7; 16]);
        table.apply(AlertChange::Set(Arc::new(made)));
    }
    let ask = |first, last| {
        let member =
            Member { run: Id([7; 16]), id: Id([0; 16]), first_at: seconds(first), last_at: seconds(last) };
        table.overlapping(&member).map(|found| found.id.0[0]).collect::<Vec<_>>()
    };
    assert_eq!(ask(10, 12), [1]);
    assert_eq!(ask(11, 29), [0u8; 0]);
    assert_eq!(ask(5, 35), [1, 2]);
    assert_eq!(table.part_of(Id([2; 16])).map(|part| part.first.id), Some(Id([2; 16])));
}

#[test]
fn a_storm_on_one_entity_stays_in_hand() {
    let mut table = Table::new(Settings::default(), Ids::new("harbour"));
    // Disturbed by up to 16 places, all within 15 minutes of each other.
    for n in (0..3_000u32).map(|n| n ^ 0b1_0110) {
        let at = i64::from(n / 5);
        let mut made = with(alert(0, at, at), &[("door", "d1"), ("zone", "z")]);
        made.id = Id(u128::from(n + 1).to_be_bytes());
        table.apply(AlertChange::Set(Arc::new(made)));
    }
    assert_eq!(sizes(&table).iter().sum::<usize>(), 3_000);
    assert!(sizes(&table).iter().all(|&alerts| alerts == 500 || alerts < 32));
    assert!(table.parts().all(|part| part.related.len() >= 5));
}

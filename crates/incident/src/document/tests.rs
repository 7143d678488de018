use super::*;
use crate::samples::{alert, evidence, seconds, text_field, with};
use event::alert::Unknown;

fn document(alerts: &[Alert]) -> Incident {
    let alerts: Vec<Arc<Alert>> = alerts.iter().cloned().map(Arc::new).collect();
    let frame = Frame {
        canonical_id: Id([1; 16]),
        state: State::New,
        settled_at: None,
        related: Vec::new(),
        hubs: &BTreeSet::from(["lobby".into()]),
    };
    compose(&alerts.iter().collect::<Vec<_>>(), frame).unwrap()
}

fn forced() -> Alert {
    with(alert(1, 0, 0), &[("door", "d1"), ("zone", "lobby"), ("person", "30")])
}

fn scanned() -> Alert {
    let mut scan = with(alert(2, 5, 65), &[("door", "d1"), ("ip", "10.0.5.20"), ("zone", "lobby")]);
    (scan.rule, scan.title, scan.severity) = ("scanned".into(), "Controller scanned".into(), Level::Critical);
    scan.detections = 3;
    scan.evidence = vec![Arc::new(evidence(2, 5, "ids.alert"))];
    scan
}

#[test]
fn the_worst_alert_gives_severity_and_title() {
    let incident = document(&[forced(), scanned()]);
    assert_eq!((incident.severity, &*incident.title), (Level::Critical, "Controller scanned and 1 more"));
    assert_eq!((incident.opened_at, incident.last_at), (seconds(0), seconds(65)));
    assert_eq!(document(&[forced()]).title, "Door d1 forced");
    let mut also = scanned();
    (also.id, also.title) = (Id([3; 16]), "Later".into());
    assert_eq!(document(&[scanned(), also]).title, "Controller scanned and 1 more");
}

#[test]
fn the_score_adds_up_and_says_why() {
    let incident = document(&[forced(), scanned()]);
    let terms: Vec<_> =
        incident.score.terms.iter().map(|term| (term.name, term.points, &*term.why)).collect();
    assert_eq!(
        terms,
        [
            ("severity", 55, "rule scanned is critical"),
            ("rules", 4, "2 rules found something"),
            ("domains", 6, "evidence from badge, network"),
        ]
    );
    assert_eq!(incident.score.total, 65);
    assert_eq!(document(&[forced()]).score.terms.len(), 1);
}

#[test]
fn explains_in_plain_words() {
    let mut blind = scanned();
    blind.exact = false;
    blind.unknown = vec![Unknown { source: "cam1".into(), from: seconds(0), to: seconds(60) }];
    let text = document(&[forced(), blind]).explanation;
    assert_eq!(
        text,
        "Critical: Controller scanned.\n\
         Where: site harbour, door d1; zone lobby.\n\
         Who: person 30.\n\
         Network: ip 10.0.5.20.\n\
         When: from 2026-01-10 02:00:00 UTC to 2026-01-10 02:01:05 UTC.\n\
         Found:\n\
         - Door d1 forced: rule door_forced (high, once from 2026-01-10 02:00:00 UTC). \
         Seen: door.opened at 2026-01-10 02:00:00 UTC from panel-7.\n\
         - Controller scanned: rule scanned (critical, 3 times from 2026-01-10 02:00:05 UTC). \
         Seen: ids.alert at 2026-01-10 02:00:05 UTC from panel-7.\n\
         These 2 alerts are one incident because they share door d1.\n\
         Uncertain: cam1 was down from 2026-01-10 02:00:00 UTC to 2026-01-10 02:01:00 UTC; \
         something may have happened unseen.\n\
         Uncertain: a limit of the engine was reached, so a count or an event may be missing."
    );
}

#[test]
fn a_hostile_title_stays_one_short_line() {
    let mut alert = forced();
    alert.title = format!("line\n{}", "é".repeat(5_000));
    let text = document(&[alert]).explanation;
    assert!(text.len() < 2_000);
    assert!(text.starts_with("High: line é"));
}

#[test]
fn evidence_is_capped_but_not_that_of_life_safety() {
    let many = |n: u8| {
        (0..100)
            .map(|at| {
                let mut entry = evidence(at, at.into(), "fire.alarm");
                entry.place.coordinates.partition = n.into();
                Arc::new(entry)
            })
            .collect::<Vec<_>>()
    };
    let (mut fire, mut door) = (alert(1, 0, 0), alert(2, 0, 0));
    (fire.life_safety, fire.evidence, door.evidence) = (true, many(1), many(2));
    let incident = document(&[fire, door.clone()]);
    assert_eq!((incident.evidence.len(), incident.evidence_total), (132, 200));
    assert!(incident.evidence.is_sorted_by_key(|entry| entry.place.ts));
    assert_eq!(document(&[door]).evidence.len(), 64);
}

#[test]
fn an_event_is_told_once() {
    let (first, mut second) = (forced(), scanned());
    second.evidence = first.evidence.clone();
    Arc::make_mut(&mut second.evidence[0]).fields = text_field("door", "d1");
    let incident = document(&[first.clone(), second]);
    assert_eq!((&incident.evidence, incident.evidence_total), (&first.evidence, 1));
}

#[test]
fn incidents_about_incidents_say_which() {
    let mut late = forced();
    late.key = vec![("incident".into(), Id([7; 16]).to_string().into())];
    assert_eq!(document(&[late]).about, Some(Id([7; 16])));
    assert_eq!(document(&[forced()]).about, None);
}

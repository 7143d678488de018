//! Tests in rule files become instants, constants and numbers.

use super::checked;
use crate::test_tree::Expect;
use crate::tree::Constant;
use event::class::{self, Lifecycle};
use event::field;
use event::time::{Duration, Timestamp};

const TEXT: &str = r#"
world {
  now "2026-01-10T02:00:00" in "Europe/Paris"  calendar "night" = "22:00" to "06:00"
  zone "Z1" with site = "HQ", level = 4  door "D1" with to_zone = "Z1", monitored = true  partition "A"
  list scanners = ip("10.0.0.5"), net("10.9.0.0/24")  lateness access.granted 90s }
rule forced "Forced {door}" severity high { by door  when o: door.opened where door.monitored and not armed(partition)
  unless access.granted within 8s before o }
test forced "late badge" {
  world { given armed("A") = false }
  at 1m door.opened door = "D1", lifecycle = update, site = "HQ", test = true
  at -2s access.granted door = "D1", confidence = 1 arrives 20s
  expect withdrawn
  expect forced door = "D1", severity = high, detections = 2, reader = "R1" at "2026-01-10T02:01:00"
}"#;

#[test]
fn everything_is_resolved() {
    let checked = checked(TEXT);
    let [test] = checked.tests.as_slice() else { panic!("{:?}", checked.diagnostics) };
    assert_eq!(test.now, Timestamp::parse_rfc3339("2026-01-10T01:00:00Z").unwrap());
    assert_eq!((&*test.zone, &*test.rule_name, &*test.name), ("Europe/Paris", "forced", "late badge"));
    assert_eq!(test.lateness, [(class::ACCESS_GRANTED, Duration::from_secs(90))]);
    assert!(test.given[0].value == crate::tree::Constant::Bool(false));
    let [opened, granted] = test.events.as_slice() else { panic!("two events") };
    assert_eq!(
        (opened.at, opened.arrives),
        (test.now + Duration::from_secs(60), test.now + Duration::from_secs(60))
    );
    assert_eq!(
        (opened.lifecycle, opened.test, opened.site.as_deref()),
        (Lifecycle::Update, true, Some("HQ"))
    );
    assert_eq!(granted.arrives - granted.at, Duration::from_secs(22));
    assert!(granted.fields.contains(&(field::CONFIDENCE, Constant::Float(event::value::Micro(1_000_000)))));
    let [Expect::Withdrawn(None), Expect::Found(found)] = test.expects.as_slice() else {
        panic!("two lines")
    };
    assert_eq!(found.key, [(0, "D1".into())]);
    assert_eq!((found.detections, found.at), (Some(2), Some(opened.at)));
    assert_eq!(found.captured, [("reader".into(), "R1".into())]);
    assert!(checked.rules.is_some());
}

#[test]
fn a_local_time_that_a_clock_change_skips_moves_on() {
    let text = r#"rule a "A" severity low { by door  when door.opened }
        test a "skipped" { world { now "2026-03-29T02:30:00" in "Europe/Paris" } at 0s door.opened  expect nothing }"#;
    let checked = checked(text);
    assert_eq!(checked.tests[0].now, Timestamp::parse_rfc3339("2026-03-29T01:30:00Z").unwrap());
}

//! The story, on a real broker with the real process: a door is forced without a badge, after somebody had scanned its
//! controller over the network and the camera that watches it had lost sight; amid the ordinary traffic of a site in four
//! formats on four topics. Exactly the incidents of a replay of the same records come out, however often the process is
//! killed.

#[path = "story/broker.rs"]
mod broker;
#[path = "story/house.rs"]
mod house;
#[path = "story/told.rs"]
mod told;
#[path = "story/traffic.rs"]
mod traffic;

use house::{House, figure, unix_ms};
use std::time::Duration;
use traffic::{Moment, night};

/// Times that the process is killed.
const KILLS: usize = 25;
/// When the story begins, in the recorded group: 2026-01-10T02:00:00Z.
const NIGHT_MS: i64 = 1_768_010_400_000;
/// A second of the night, told in a hurry.
const STEP_MS: i64 = 10;
/// Records that are sent at once, and how long they take to happen.
const PART: usize = 40;
const PART_MS: u64 = 220;

fn series_of(outcome: &str) -> String {
    format!("watchfloor_records_total{{outcome=\"{outcome}\"}}")
}

#[test]
fn a_recorded_night_gives_exactly_its_incidents() {
    let house = House::new("night", "recorded");
    house.send(&night(NIGHT_MS, 1_000));
    let mut watch = house.start(&[]);
    house.settle();
    let expected = house.replayed();
    assert_eq!(expected.rules(), traffic::RULES_OF_THE_NIGHT);
    let told = house.await_settled(&expected, &mut watch);
    assert_eq!(told.settled(), expected);
    for incident in told.incidents() {
        assert!(!incident["evidence"].as_array().expect("a list").is_empty());
        assert!(incident["explanation"].as_str().expect("a text").len() > 40, "{incident}");
    }
    let metrics = watch.await_metrics(&series_of("read"), house.sent() as f64);
    let of = |outcome: &str| figure(&metrics, &series_of(outcome));
    assert_eq!(of("read"), of("decoded") + of("rejected") + of("control"));
    assert!(watch.stop().success());
}

#[test]
fn a_process_killed_again_and_again_loses_nothing_and_says_nothing_twice() {
    let house = House::new("killed", "recorded");
    let records = night(NIGHT_MS, 1_000);
    let mut random = traffic::Random::new(u64::from(std::process::id()));
    println!("seed {}", std::process::id());
    let slices: Vec<&[Moment]> = records.chunks(records.len().div_ceil(KILLS)).collect();
    let mut committed = 0;
    for slice in slices {
        house.send(slice);
        let watch = house.start(&[]);
        std::thread::sleep(Duration::from_millis(random.below(4_000)));
        watch.kill();
        let told = house.told();
        told.check_revisions();
        committed = committed.max(told.len());
    }
    assert!(committed > 0, "every process was killed before it said anything");
    let mut watch = house.start(&[]);
    house.settle();
    let expected = house.replayed();
    let told = house.await_settled(&expected, &mut watch);
    assert_eq!(told.settled(), expected);
    let metrics = watch.metrics();
    assert!(watch.stop().success());
    house.told().check_revisions();
    for kind in ["missing", "phantom", "duplicate", "unreadable"] {
        let series = format!("watchfloor_output_anomalies_total{{kind=\"{kind}\"}}");
        assert_eq!(figure(&metrics, &series), 0.0, "{kind}");
    }
}

#[test]
fn the_same_story_as_it_happens_on_the_brokers_clock() {
    let house = House::new("live", "broker");
    let mut watch = house.start(&[]);
    watch.await_ready();
    let mut random = traffic::Random::new(7);
    // Ten minutes of the night in six seconds or a few more: what matters is that each record says now.
    for part in (0..night(0, STEP_MS).len()).step_by(PART) {
        let begins = night(0, STEP_MS)[part].at_ms;
        let moments = night(unix_ms() - begins, STEP_MS);
        house.send(&moments[part..moments.len().min(part + PART)]);
        std::thread::sleep(Duration::from_millis(PART_MS));
        if random.below(10) == 0 {
            watch.kill();
            watch = house.start(&[]);
        }
    }
    let expected = house.replayed_open();
    assert_eq!(expected.rules(), traffic::RULES_OF_THE_NIGHT);
    let told = house.await_table(&expected, &mut watch);
    told.check_revisions();
    assert_eq!(told.table(), expected);
    // The broker's clock goes on by itself.
    let clock = || figure(&watch.metrics(), "watchfloor_clock_timestamp_seconds{task=\"0\"}");
    let before = clock();
    std::thread::sleep(Duration::from_secs(2));
    assert!(clock() > before + 1.0, "{before}, then {}", clock());
    assert!(watch.stop().success());
}

#[test]
fn records_that_nobody_can_read_are_rejects_and_harm_nothing() {
    let house = House::new("rejects", "recorded");
    let mut records = night(NIGHT_MS, 1_000);
    records.truncate(200);
    house.send(&records);
    let topic = house.topic("network");
    broker::produce_strange_header(&topic);
    house.send_values("network", &[b"{\"event_type\":\"alert\",".to_vec(), b"\xff\xfe".to_vec(), vec![]]);
    let mut watch = house.start(&[]);
    let rejects = house.await_rejects(3, &mut watch);
    let reasons: Vec<&str> = rejects.iter().map(|(reason, _)| reason.as_str()).collect();
    assert!(reasons.contains(&"header"), "{reasons:?}");
    assert_eq!(rejects[0].1, broker::STRANGE);
    let metrics = watch.await_metrics(&series_of("rejected"), 3.0);
    assert_eq!(figure(&metrics, &series_of("control")), 1.0);
    assert!(watch.stop().success());
}

#[test]
fn a_state_that_is_gone_is_refused_and_a_cold_start_goes_on() {
    let house = House::new("cold", "recorded");
    let records = night(NIGHT_MS, 1_000);
    let (before, after) = records.split_at(records.len() / 2);
    house.send(before);
    let mut watch = house.start(&[]);
    watch.await_ready();
    house.await_told_something(&mut watch);
    assert!(watch.stop().success());
    house.forget_state();
    let refused = house.start(&[]).ended();
    assert_eq!(refused.code, Some(1));
    assert!(refused.said.contains("--cold"), "{}", refused.said);

    house.send(after);
    let mut watch = house.start(&["--cold"]);
    house.settle();
    let expected = house.replayed();
    let told = house.await_settled(&expected, &mut watch);
    told.check_revisions();
    assert_eq!(told.settled(), expected);
    assert!(watch.stop().success());
}

#[test]
fn what_is_missing_on_the_broker_is_said_with_its_cure() {
    let house = House::without_topics("bare", "broker");
    let refused = house.start(&[]).ended();
    assert_eq!(refused.code, Some(2));
    assert!(refused.said.contains("--create"), "{}", refused.said);
    house.create_topics();
    let mut watch = house.start(&[]);
    watch.await_ready();
    assert!(watch.stop().success());

    // An input whose records carry their producers' time is refused on a group of the broker's clock.
    let recorded = House::new("stamps", "recorded");
    let refused = recorded.with_clock("broker").start(&[]).ended();
    assert_eq!(refused.code, Some(2));
    assert!(refused.said.contains("LogAppendTime"), "{}", refused.said);
}

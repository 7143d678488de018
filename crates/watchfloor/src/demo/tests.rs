//! A day of the simulated site through the rules that ship: every story is found by the rules that it names, and hardly
//! anything else is worth a word.

use super::site;
use crate::config;
use crate::files::Files;
use crate::report::{Report, Style};
use engine::replay::{Options, Order, Recorded, Recording, Replayed, replay};
use event::time::Duration;
use ingest::stage::Stage;
use sim::{Feed, START, Story, Traffic};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

static DAY: LazyLock<Replayed> = LazyLock::new(|| {
    let files = site::files();
    let mut report = Report::errors_only(Style::Text);
    let instance = config::load_from(Files::Held(&files), Path::new(sim::CONFIGURATION), None, &mut report);
    let instance = instance.unwrap_or_else(|failure| panic!("the demo's own configuration: {failure:?}"));
    let until = START + Duration::from_secs(86_400);
    let mut records: BTreeMap<Feed, Vec<Recorded>> = BTreeMap::new();
    for record in Traffic::new(1).take_while(|record| record.at < until) {
        let recorded = Recorded { value: record.value, arrived: Some(record.at), ..Recorded::default() };
        records.entry(record.feed).or_default().push(recorded);
    }
    let stages: Vec<Stage> = instance
        .topics
        .iter()
        .map(|topic| Stage::new(topic.settings.clone(), instance.ids.clone()))
        .collect();
    let mut all: Vec<_> =
        Feed::ALL.iter().map(|feed| records.remove(feed).unwrap_or_default().into_iter()).collect();
    let mut recordings: Vec<Recording<'_>> =
        stages.iter().zip(&mut all).map(|(stage, records)| Recording { stage, records }).collect();
    let options = Options { order: Order::File, ..Options::default() };
    let setup = crate::replay::setup(&instance);
    replay(&setup, &mut recordings, options, &mut |_, _| {}).expect("one task")
});

#[test]
fn every_story_is_found_by_the_rules_that_it_names() {
    let found: BTreeSet<&str> = DAY.summary.by_rule.keys().map(String::as_str).collect();
    let missing: Vec<(&str, &str)> = Story::all()
        .iter()
        .flat_map(|story| story.rules.iter().map(|rule| (story.name, *rule)))
        .filter(|(_, rule)| !found.contains(rule))
        .collect();
    assert!(missing.is_empty(), "{missing:?}\nfound: {:#?}", DAY.summary.by_rule);
    assert!(found.len() >= 30, "{found:?}");
}

#[test]
fn an_ordinary_life_is_worth_no_incident() {
    let expected: BTreeSet<&str> =
        Story::all().iter().flat_map(|story| story.rules.iter().copied()).collect();
    let beside: BTreeMap<&String, &u64> =
        DAY.summary.by_rule.iter().filter(|(rule, _)| !expected.contains(rule.as_str())).collect();
    // What follows from a story without being its point.
    let known = ["families_lost", "forced_alone", "guessed_password", "passback"];
    let strange: Vec<_> = beside.iter().filter(|(rule, _)| !known.contains(&rule.as_str())).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn the_sums_of_a_day_balance() {
    let summary = &DAY.summary;
    let records = &summary.records;
    assert_eq!(records.read, records.decoded + records.rejected + records.control);
    assert!(records.rejected > 0 && records.control > 0);
    let alerts = &summary.alerts;
    assert_eq!(alerts.raised, alerts.settled + alerts.withdrawn + alerts.merged);
    use task::sources::Outcome;
    for outcome in
        [Outcome::Duplicate, Outcome::Late, Outcome::Heartbeat, Outcome::Matched, Outcome::Unmatched]
    {
        assert!(summary.events.of(outcome) > 0, "{}", outcome.name());
    }
}

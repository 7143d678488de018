//! The sentences of language.md §4, one line each: rules, events, and the answer worked out by hand.
//!
//! An event is `5 door.opened door=d1` (seconds, class, fields); after a bar what its envelope says:
//! `source=a seq=2 append=9 id=x offset=3 site=k lifecycle=restore test`. Without, the source is `s`, offsets
//! count up, and it arrives when it happens. An alert is `rule(d1) 5..7 x2: 3 5 7`: key, first and last
//! detection, how many, evidence by time.

mod chaining;
mod comparing;
mod found;
mod incidents;
mod members;
mod narrowing;
mod once;
mod patterns;
mod reporting;
mod sequences;
mod states;
mod statistics;
mod unusual;
mod values;

use crate::{Given, Outcome, Settings, run};
use event::class::{self, Lifecycle};
use event::coordinates::{Coordinates, Topics};
use event::field;
use event::id::Ids;
use event::producers::Producers;
use event::row::{Batch, OwnedRow};
use event::symbol::SymbolKey;
use event::time::{Duration, Timestamp};
use rules::tree::{Constant, RuleSet};
use site::SiteModel;

const MODEL: &str = r#"
sites:
  - {id: h, time_zone: Europe/Paris, country: FR, geo: [48.1, -1.68]}
  - {id: k, time_zone: Europe/Paris, geo: [48.15, -1.68, 200]}
zones: [{id: z0, site: h, kind: public}, {id: z1, site: h, level: 2}, {id: z2, site: h, level: 4}]
doors:
  - {id: d1, from_zone: z0, to_zone: z1, controller: c1, monitored: true}
  - {id: d2, from_zone: z1, to_zone: z2, controller: c1, monitored: false}
  - {id: d3, from_zone: z0, to_zone: z2}
controllers: [{id: c1, zone: z1}]
panels:
  - id: p1
    zone: z0
    partitions: [{id: a, zones: [z1]}, {id: b, zones: [z2]}]
    sensors: [{id: s1, zone: z1, partition: a}, {id: s2, zone: z2, partition: b}]
cameras: [{id: cam1, zone: z0, views: [z1, z2]}]
people: [{id: "30", status: active, credentials: [k30]}]
lists:
  - {id: scanners, type: ip, owner: network, entries: [10.0.0.5, 10.9.0.0/24]}
  - {id: vips, type: person, owner: desk, entries: ["30"]}
  - {id: words, type: text, owner: network, entries: [blue, red]}
calendars: [{id: night, site: h, weekly: {mon-sun: ["22:00-06:00"]}}]
hubs: [d3]
"#;

/// 03:00 in Paris.
const START: &str = "2026-01-10T02:00:00Z";

fn start() -> Timestamp {
    Timestamp::parse_rfc3339(START).expect("a constant")
}

fn symbols() -> SymbolKey {
    SymbolKey::derive(b"oracle")
}

#[track_caller]
fn model() -> SiteModel {
    let (model, problems) =
        SiteModel::parse("site.yaml", MODEL, symbols(), &mut |file| Err(format!("no {file}")));
    model.unwrap_or_else(|| panic!("{problems:#?}"))
}

fn producers() -> Producers {
    let mut producers = Producers::default();
    for class in class::all() {
        producers.set_lateness(class, Duration::from_secs(60));
    }
    producers
}

/// What `rules` say of `events`.
#[track_caller]
fn outcome(rules: &str, events: &str) -> Outcome {
    outcome_given(rules, events, &[])
}

#[track_caller]
fn outcome_given(rules: &str, events: &str, given: &[(&str, &str, Constant)]) -> Outcome {
    outcome_of(check_rules(rules, &producers()), events, given)
}

/// What `rules`, changed by hand, say of `events`: for what a tree can say and no text, or not yet.
#[track_caller]
fn outcome_with(rules: &str, change: &dyn Fn(&mut RuleSet), events: &str) -> Outcome {
    let mut set = check_rules(rules, &producers());
    change(&mut set);
    outcome_of(set, events, &[])
}

#[track_caller]
fn check_with(rules: &str, change: &dyn Fn(&mut RuleSet), events: &str, expected: &[&str]) {
    compare(&outcome_with(rules, change, events), expected);
}

fn outcome_of(set: RuleSet, events: &str, given: &[(&str, &str, Constant)]) -> Outcome {
    let (site, producers) = (model(), producers());
    let (ids, topics) = (Ids::new("oracle"), Topics::new(["b", "t"]));
    let state = |name: &str| set.states.iter().position(|s| &*s.name == name).expect("a state") as u32;
    let given: Vec<Given> = given
        .iter()
        .map(|(name, key, value)| Given {
            state: state(name),
            key: vec![(*key).into()],
            value: value.clone(),
        })
        .collect();
    let settings = Settings {
        ids: &ids,
        symbols: symbols(),
        producers: &producers,
        topics: &topics,
        t_merge: Duration::from_secs(900),
        given: &given,
    };
    run(&set, &site, &rows(events, &topics), &settings)
}

/// The alerts, in any order.
#[track_caller]
fn check(rules: &str, events: &str, expected: &[&str]) {
    compare(&outcome(rules, events), expected);
}

#[track_caller]
fn compare(outcome: &Outcome, expected: &[&str]) {
    let mut found: Vec<String> = outcome.alerts.iter().map(printed).collect();
    found.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(found, expected);
}

fn printed(alert: &event::alert::Alert) -> String {
    let seconds = |ts: Timestamp| (ts - start()).as_secs_f64();
    let key: Vec<&str> = alert.key.iter().map(|(_, id)| &**id).collect();
    let evidence: Vec<String> = alert.evidence.iter().map(|e| seconds(e.place.ts).to_string()).collect();
    format!(
        "{}({}) {}..{} x{}: {}",
        alert.rule,
        key.join(","),
        seconds(alert.first_at),
        seconds(alert.last_at),
        alert.detections,
        evidence.join(" ")
    )
}

fn rows(events: &str, topics: &Topics) -> Vec<OwnedRow> {
    let lines = events.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty());
    lines.enumerate().map(|(at, line)| row(line, at as u64, topics)).collect()
}

#[track_caller]
fn row(line: &str, at: u64, topics: &Topics) -> OwnedRow {
    let (said, envelope) = line.split_once('|').unwrap_or((line, ""));
    let mut words = said.split_whitespace();
    let seconds = |text: &str| Timestamp(start().0 + (text.parse::<f64>().expect("seconds") * 1e9) as i64);
    let ts = seconds(words.next().expect("a time"));
    let class = words.next().and_then(class::by_name).expect("a class");
    let mut batch = Batch::new(symbols());
    let mut row = batch.begin(class);
    row.source("s").site("h");
    for word in words {
        let (name, value) = word.split_once('=').expect("field=value");
        row.set(field::by_name(name).expect("a field"), value).expect("a value of the field");
    }
    let mut append = ts;
    let mut identity = None;
    let mut at =
        Coordinates { topic: topics.id("t").expect("a topic"), offset: at, ..Coordinates::default() };
    for word in envelope.split_whitespace() {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "source" => drop(row.source(value)),
            "site" => drop(row.site(value)),
            "seq" => drop(row.seq(value.parse().expect("a number"))),
            "lifecycle" => drop(row.lifecycle(Lifecycle::by_name(value).expect("a lifecycle"))),
            "test" => drop(row.test()),
            "append" => append = seconds(value),
            "id" => identity = Some(Ids::new("oracle").native_event("s", value, None)),
            "topic" => at.topic = topics.id(value).expect("a topic"),
            "offset" => at.offset = value.parse().expect("a number"),
            _ => panic!("what is {name}?"),
        }
    }
    let index = row.finish();
    let envelope = batch.envelope_mut(index);
    (envelope.ts, envelope.append, envelope.coordinates, envelope.identity) = (ts, append, at, identity);
    batch.row(index).to_owned_row()
}

#[track_caller]
fn check_rules(text: &str, producers: &Producers) -> RuleSet {
    let environment = rules::check::Environment { producers, known: None };
    let checked = rules::check::check_texts(&[("case.rules", text.as_bytes())], &environment);
    let errors: Vec<String> =
        checked.diagnostics.iter().filter(|d| d.is_error()).map(ToString::to_string).collect();
    checked.rules.unwrap_or_else(|| panic!("{}\n{text}", errors.join("\n")))
}

//! The stage through a mapping: what is completed, what is refused, what adds up.

use super::*;
use crate::formats::Chosen;
use crate::mapping::{Mapped, load};
use event::class::Lifecycle;
use event::coordinates::TopicId;
use event::field::FieldType;
use event::row::TimeQuality;
use event::symbol::SymbolKey;
use event::time::Duration;

const MAPPING: &str = r#"
read: json
time: {field: at}
set: {door: {field: door}, panel: {field: panel}, url: {field: url}, lifecycle: {field: life}}
class:
  - {when: {kind: denied}, class: access.denied, set: {credential: {field: card}}}
  - {when: {kind: panic}, class: panic.alarm}
  - {when: {kind: forced}, class: door.forced}
otherwise: skip
"#;

fn stage(change: impl FnOnce(&mut Settings)) -> Stage {
    let (mapping, _warnings) = load("m.yaml", MAPPING);
    let mapped = Mapped::new(Arc::new(mapping.expect("a mapping")));
    let site = SiteRule::Fixed("harbour".into());
    let mut settings = Settings::new(TopicId(0), "t", Chosen::only(0, Arc::new(mapped)), site);
    change(&mut settings);
    Stage::new(settings, Ids::new("test"))
}

fn decode(stage: &Stage, arrival: Arrival, values: &[&str]) -> Output {
    let mut out = Output::new(SymbolKey::derive(b"test"));
    for (offset, value) in (0u64..).zip(values) {
        let value = Some(value.as_bytes());
        stage.decode(&Input { partition: 0, offset, arrival, key: None, headers: &[], value }, &mut out);
    }
    assert!(out.counts.conserved());
    assert_eq!(out.batch.len(), out.judged.len());
    out
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("an instant")
}

fn word(out: &Output, index: usize, field: field::FieldId) -> Option<&'static str> {
    match (out.batch.row(index).get(field)?, field.def().ty) {
        (Value::Enum(value), FieldType::Enum(of)) => of.value(value),
        _ => None,
    }
}

#[test]
fn an_id_of_the_source_is_that_of_the_site_model() {
    let alias: crate::settings::AliasOf = Arc::new(|source, native, _| match (source, native) {
        ("p1", "3") => Some((event::kind::Kind::Door, "archive door".into())),
        ("p1", "p1/4") => Some((event::kind::Kind::Sensor, "no door".into())),
        _ => None,
    });
    let stage = stage(|settings| {
        settings.alias = Some(alias);
        settings.source = Some("p1".into());
    });
    let now = Arrival::At(at("2026-01-10T02:00:00Z"));
    let records =
        ["p1/3", "3", "p1/4", "P1/3", "p2/3"].map(|door| format!(r#"{{"kind":"forced","door":"{door}"}}"#));
    let out = decode(&stage, now, &records.each_ref().map(String::as_str));
    let doors: Vec<&str> = out.batch.iter().filter_map(|row| Some(row.text(field::DOOR)?.text)).collect();
    assert_eq!(doors, ["archive door", "archive door", "p1/4", "archive door", "p2/3"]);
    assert!(out.batch.iter().all(|row| row.source().text == "p1" && row.row.coordinates.topic == TopicId(0)));
}

#[test]
fn a_missing_enum_is_unknown_and_the_rows_behind_it_stay() {
    let now = Arrival::At(at("2026-01-10T02:00:00Z"));
    let records = [r#"[{"kind":"denied","door":"d1","card":"7"},{"kind":"forced","door":"D2"}]"#];
    let out = decode(&stage(|_| {}), now, &records);
    assert_eq!(word(&out, 0, field::REASON), Some("unknown"));
    assert_eq!(out.batch.row(0).text(field::CREDENTIAL).map(|t| t.text), Some("7"));
    assert_eq!(out.batch.row(1).text(field::DOOR).map(|t| t.text), Some("d2"));
    assert_eq!(out.batch.row(1).row.coordinates.index, 1);
    assert_eq!((out.counts.incomplete, out.counts.unclassified), (1, 0));
}

#[test]
fn life_safety_stays_what_it_is_and_others_do_not() {
    let now = Arrival::At(at("2026-01-10T02:00:00Z"));
    let out = decode(&stage(|_| {}), now, &[r#"{"kind":"panic"}"#, r#"{"kind":"forced","life":"restore"}"#]);
    assert_eq!(out.batch.row(0).row.class, class::PANIC_ALARM);
    assert_eq!(out.batch.row(1).row.class, class::UNCLASSIFIED);
    // `unclassified` happens at an instant; what it cannot say is an update.
    assert_eq!(out.batch.row(1).row.lifecycle, Lifecycle::Update);
    assert_eq!((out.counts.incomplete, out.counts.unclassified), (2, 1));
}

#[test]
fn a_test_is_never_new() {
    let now = Arrival::At(at("2026-01-10T02:00:00Z"));
    let out = decode(&stage(|_| {}), now, &[r#"{"kind":"forced","door":"d1","life":"test"}"#]);
    assert!(out.batch.row(0).row.test);
    assert_eq!(out.batch.row(0).row.lifecycle, Lifecycle::Test);
}

#[test]
fn lateness_is_the_formats_or_the_topics() {
    let record = [r#"{"kind":"forced","door":"d1","at":"2026-01-10T02:00:00Z"}"#];
    let arrival = Arrival::At(at("2026-01-10T02:14:00Z"));
    assert!(!decode(&stage(|_| {}), arrival, &record).judged[0].late);
    let strict = stage(|settings| settings.lateness = Some(Duration::from_secs(60)));
    assert!(decode(&strict, arrival, &record).judged[0].late);
}

#[test]
fn a_running_arrival_never_goes_back() {
    let running = Arrival::Running { least: at("2026-01-10T02:20:00Z") };
    let out = decode(
        &stage(|_| {}),
        running,
        &[
            r#"[{"kind":"forced","door":"d1","at":"2026-01-10T02:00:00Z"},{"kind":"forced","door":"d1","at":"2026-01-10T02:30:00Z"}]"#,
            r#"{"kind":"forced","door":"d1"}"#,
        ],
    );
    let times = |index: usize| (out.batch.row(index).row.ts, out.batch.row(index).row.append);
    // Both rows of a record arrive with the later one.
    assert_eq!(times(0), (at("2026-01-10T02:00:00Z"), at("2026-01-10T02:30:00Z")));
    assert_eq!(times(1), (at("2026-01-10T02:30:00Z"), at("2026-01-10T02:30:00Z")));
    assert_eq!(times(2), (at("2026-01-10T02:20:00Z"), at("2026-01-10T02:20:00Z")));
    assert_eq!(out.judged.iter().map(|j| j.late).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(out.counts.late, 1);
}

#[test]
fn as_it_happened_a_record_without_a_time_takes_its_predecessors() {
    let otherwise = at("2026-01-10T02:00:00Z");
    let out = decode(
        &stage(|_| {}),
        Arrival::AsHappened { otherwise },
        &[r#"{"kind":"forced","door":"d1","at":"soon"}"#],
    );
    let row = out.batch.row(0).row;
    assert_eq!((row.ts, row.append, row.time_quality), (otherwise, otherwise, TimeQuality::Append));
    assert_eq!(out.counts.without_time, 1);
}

#[test]
fn what_the_mapping_skips_is_control_and_counted() {
    let now = Arrival::At(at("2026-01-10T02:00:00Z"));
    let out = decode(&stage(|_| {}), now, &[r#"{"kind":"lunch"}"#, "", "{"]);
    assert_eq!((out.counts.control, out.counts.skipped, out.counts.rejected), (2, 1, 1));
    assert_eq!(out.rejects[0].coordinates.offset, 2);
    assert_eq!(&*out.rejects[0].value, b"{");
}

#[test]
fn a_detail_is_short_and_printable() {
    let long = format!("a\u{1b}[{}", "x".repeat(300));
    assert_eq!(printable(&long).chars().count(), DETAIL_CHARS_MAX);
    assert!(printable(&long).starts_with("a\\u{1b}[x"));
}

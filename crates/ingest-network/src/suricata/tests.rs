//! Suricata against recorded alerts and one line of each other type.

use super::Suricata;
use event::class;
use event::coordinates::TopicId;
use event::field;
use event::id::Ids;
use event::symbol::SymbolKey;
use event::time::Timestamp;
use ingest::check;
use ingest::decoder::{Decoder, Header};
use ingest::formats::Chosen;
use ingest::output::Output;
use ingest::settings::{Duplicates, Settings, SiteRule};
use ingest::stage::{Arrival, Input, Outcome, Stage};
use std::sync::Arc;

const FIRST: &str = include_str!("fixtures/first-org-conf-2015.ndjson");
const SECOND: &str = include_str!("fixtures/wrccdc-2017.ndjson");
const TYPES: &str = include_str!("fixtures/types.ndjson");

fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(Suricata), lines(text)));
    assert_eq!(tally(FIRST), "records 40 events 40 unclassified 0 control 0 rejects 0");
    assert_eq!(tally(SECOND), "records 40 events 40 unclassified 0 control 0 rejects 0");
    assert_eq!(tally(TYPES), "records 20 events 20 unclassified 1 control 0 rejects 0");
}

#[test]
fn says_what_each_type_means() {
    let said: Vec<String> = lines(TYPES).map(|line| check::decode(&Suricata, line)).collect();
    check::golden(
        concat!(env!("CARGO_MANIFEST_DIR"), "/src/suricata/fixtures/types.out.txt"),
        &said.join("\n"),
    );
}

#[test]
fn says_what_a_recorded_alert_means() {
    let said: Vec<String> = lines(SECOND).take(8).map(|line| check::decode(&Suricata, line)).collect();
    check::golden(
        concat!(env!("CARGO_MANIFEST_DIR"), "/src/suricata/fixtures/wrccdc-2017.out.txt"),
        &said.join("\n"),
    );
}

#[test]
fn states_all_that_it_yields() {
    check::stated(&Suricata, lines(TYPES).chain(lines(FIRST)));
    for production in Suricata.produces() {
        let seconds =
            event::table::lateness::of("suricata", production.kind.name).expect("a row of the table");
        assert_eq!(production.kind.lateness, event::time::Duration::from_secs(i64::from(seconds)));
    }
}

#[test]
fn survives_damage() {
    let stage = check::stage(Suricata);
    check::survives_damage(&stage, lines(TYPES).chain(lines(SECOND).take(2)));
}

#[test]
fn refuses_in_its_own_words() {
    let said = |text: &str| check::decode(&Suricata, text.as_bytes());
    assert_eq!(said(r#"{"a":1}"#), "reject malformed: EVE without `event_type`");
    assert!(said(r#"{"event_type":"alert","src_ip":"#).starts_with("reject truncated: "));
    assert!(said("alert!").starts_with("reject malformed: "));
}

fn settings(site: SiteRule) -> Settings {
    Settings::new(TopicId(3), "harbour.network", Chosen::only(7, Arc::new(Suricata)), site)
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("an instant")
}

const ALERT: &str = r#"{"timestamp":"2026-01-10T02:00:00Z","event_type":"alert","src_ip":"192.0.2.9","alert":{"signature":"x"}}"#;

#[track_caller]
fn decode(settings: Settings, input: Input<'_>) -> Output {
    let mut out = Output::new(SymbolKey::derive(b"test"));
    Stage::new(settings, Ids::new("harbour")).decode(&input, &mut out);
    assert!(out.counts.conserved());
    out
}

fn arriving(append: &str, value: &'static str) -> Input<'static> {
    let value = Some(value.as_bytes());
    Input { partition: 2, offset: 9, arrival: Arrival::At(at(append)), key: None, headers: &[], value }
}

#[test]
fn the_device_time_counts_unless_it_is_ahead() {
    let fixed = || settings(SiteRule::Fixed("Harbour".into()));
    let out = decode(fixed(), arriving("2026-01-10T02:00:03Z", ALERT));
    let row = out.batch.row(0);
    assert_eq!((row.row.ts, row.row.append), (at("2026-01-10T02:00:00Z"), at("2026-01-10T02:00:03Z")));
    assert_eq!(row.site().map(|site| site.text), Some("harbour"));
    assert_eq!((row.source().text, row.row.format, row.row.coordinates.offset), ("suricata", 7, 9));
    assert!(!out.judged[0].late);

    let out = decode(fixed(), arriving("2026-01-10T01:59:54Z", ALERT));
    assert_eq!(out.batch.row(0).row.ts, at("2026-01-10T01:59:54Z"));
    assert_eq!(out.counts.from_future, 1);

    let out = decode(fixed(), arriving("2026-01-10T02:00:10.000000001Z", ALERT));
    assert!(out.judged[0].late);
    assert_eq!(out.counts.late, 1);
}

#[test]
fn a_time_of_1970_is_none() {
    let value = r#"{"timestamp":"1970-01-01T00:00:09Z","event_type":"alert","src_ip":"192.0.2.9","alert":{"signature":"x"}}"#;
    let out = decode(settings(SiteRule::Fixed("h".into())), arriving("2026-01-10T02:00:03Z", value));
    assert_eq!(out.batch.row(0).row.ts, at("2026-01-10T02:00:03Z"));
    assert_eq!(out.counts.without_time, 1);
}

#[test]
fn the_site_comes_from_the_key_or_a_field_or_the_record_is_refused() {
    let from_key = || settings(SiteRule::FromKey { otherwise: None });
    let input = Input { key: Some(b"Quay"), ..arriving("2026-01-10T02:00:03Z", ALERT) };
    assert_eq!(decode(from_key(), input).batch.row(0).site().map(|site| site.text), Some("quay"));

    let out = decode(from_key(), arriving("2026-01-10T02:00:03Z", ALERT));
    assert_eq!(
        (out.batch.len(), out.rejects[0].reason.name(), out.rejects[0].format),
        (0, "no_site", "suricata")
    );

    let field = SiteRule::Field { field: "alert.signature".into(), through: None };
    let out = decode(settings(field), arriving("2026-01-10T02:00:03Z", ALERT));
    assert_eq!(out.batch.row(0).site().map(|site| site.text), Some("x"));

    let through =
        Some::<ingest::settings::SiteOf>(Arc::new(|ip, _| (ip == "192.0.2.9").then(|| "pier".into())));
    let field = SiteRule::Field { field: "src.ip".into(), through };
    let out = decode(settings(field), arriving("2026-01-10T02:00:03Z", ALERT));
    assert_eq!(out.batch.row(0).site().map(|site| site.text), Some("pier"));
}

#[test]
fn by_content_the_same_record_twice_has_one_identity() {
    let by_content =
        || Settings { duplicates: Duplicates::ByContent, ..settings(SiteRule::Fixed("h".into())) };
    let first = decode(by_content(), arriving("2026-01-10T02:00:03Z", ALERT));
    let second = decode(by_content(), Input { offset: 10, ..arriving("2026-01-10T02:00:04Z", ALERT) });
    assert!(first.batch.row(0).row.identity.is_some());
    assert_eq!(first.batch.row(0).row.identity, second.batch.row(0).row.identity);
}

#[test]
fn envelopes_come_off_and_arrays_are_split() {
    let fixed = || settings(SiteRule::Fixed("h".into()));
    let quoted = format!("{{\"message\":{:?},\"host\":\"shipper\"}}", ALERT);
    let array = format!("\u{feff}[{ALERT},{ALERT}]\n");
    let connect = format!("{{\"schema\":{{}},\"payload\":{ALERT}}}");
    let syslog = format!("<134>Jan 10 02:00:00 sensor suricata[1]: {ALERT}");
    for (value, events) in [(quoted, 1), (array, 2), (connect, 1), (syslog, 1)] {
        let input = Input { value: Some(value.as_bytes()), ..arriving("2026-01-10T02:00:03Z", ALERT) };
        let out = decode(fixed(), input);
        assert_eq!((out.batch.len(), out.counts.decoded), (events, 1), "{value}");
        assert!(out.batch.iter().all(|row| row.row.class == class::IDS_ALERT));
        assert_eq!(out.batch.row(events - 1).row.coordinates.index, events as u32 - 1);
    }
}

#[test]
fn one_bad_element_refuses_the_whole_record() {
    let array = format!("[{ALERT},{{\"a\":1}}]");
    let input = Input { value: Some(array.as_bytes()), ..arriving("2026-01-10T02:00:03Z", ALERT) };
    let out = decode(settings(SiteRule::Fixed("h".into())), input);
    assert_eq!((out.batch.len(), out.rejects.len(), out.counts.rejected), (0, 1, 1));
}

#[test]
fn a_tombstone_is_control_and_a_bad_header_a_reject() {
    let fixed = || settings(SiteRule::Fixed("h".into()));
    let out = decode(fixed(), Input { value: None, ..arriving("2026-01-10T02:00:03Z", ALERT) });
    assert_eq!(out.counts.control, 1);
    let headers = [Header { name: b"a\xFF", value: None }];
    let out = decode(fixed(), Input { headers: &headers, ..arriving("2026-01-10T02:00:03Z", ALERT) });
    assert_eq!((out.rejects[0].reason.name(), out.rejects[0].format), ("header", "-"));
    let mut out = Output::new(SymbolKey::derive(b"test"));
    let stage = Stage::new(fixed(), Ids::new("harbour"));
    assert_eq!(stage.decode(&arriving("2026-01-10T02:00:03Z", "{\u{7}"), &mut out), Outcome::Rejected);
    assert!(!out.rejects[0].detail.contains('\u{7}'));
}

#[test]
fn what_lacks_a_required_field_is_unclassified_and_secrets_are_masked() {
    let value = r#"{"timestamp":"2026-01-10T02:00:00Z","event_type":"http","src_ip":"192.0.2.9","http":{"hostname":"h"}}"#;
    let out = decode(settings(SiteRule::Fixed("h".into())), arriving("2026-01-10T02:00:03Z", value));
    assert_eq!(out.batch.row(0).row.class, class::UNCLASSIFIED);
    assert_eq!((out.incomplete[0].class, out.incomplete[0].field), (class::NET_HTTP, field::URL));

    let value = r#"{"event_type":"http","src_ip":"192.0.2.9","http":{"url":"/a?token=abc&b=1"}}"#;
    let out = decode(settings(SiteRule::Fixed("h".into())), arriving("2026-01-10T02:00:03Z", value));
    assert_eq!(out.batch.row(0).text(field::URL).map(|url| url.text), Some("/a?token=***&b=1"));
    assert_eq!(out.batch.row(0).row.append, at("2026-01-10T02:00:03Z"));
    assert_eq!(out.batch.row(0).row.coordinates.offset, 9);
}

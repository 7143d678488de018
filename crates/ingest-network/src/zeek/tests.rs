//! Zeek in its three shapes.

use super::Zeek;
use crate::suricata::Suricata;
use event::class;
use event::time::Duration;
use ingest::check;
use ingest::decoder::{Decoder, Record};
use ingest::formats::Formats;
use ingest::time::{Clock, Year};
use std::sync::Arc;

const TAGGED: &str = include_str!("fixtures/tagged.ndjson");
const STREAMING: &str = include_str!("fixtures/streaming.ndjson");
const BARE: &str = include_str!("fixtures/bare.ndjson");

fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(Zeek), lines(text)));
    // A certificate (x509) names no host, so it cannot be placed in the network and stays unclassified.
    assert_eq!(tally(TAGGED), "records 16 events 16 unclassified 1 control 0 rejects 0");
    assert_eq!(tally(STREAMING), "records 19 events 19 unclassified 2 control 0 rejects 0");
    assert_eq!(tally(BARE), "records 7 events 7 unclassified 2 control 0 rejects 0");
}

#[test]
fn says_what_each_log_means() {
    for (name, text) in [("tagged", TAGGED), ("streaming", STREAMING), ("bare", BARE)] {
        let said: Vec<String> = lines(text).map(|line| check::decode(&Zeek, line)).collect();
        let path = format!("{}/src/zeek/fixtures/{name}.out.txt", env!("CARGO_MANIFEST_DIR"));
        check::golden(&path, &said.join("\n"));
    }
}

#[test]
fn states_all_that_it_yields_with_the_lateness_of_the_table() {
    check::stated(&Zeek, lines(TAGGED).chain(lines(STREAMING)).chain(lines(BARE)));
    for production in Zeek.produces() {
        let seconds = event::table::lateness::of("zeek", production.kind.name).expect("a row of the table");
        assert_eq!(
            production.kind.lateness,
            Duration::from_secs(i64::from(seconds)),
            "{}",
            production.kind.name
        );
    }
}

#[test]
fn is_told_from_suricata() {
    let formats = Formats::new(vec![Arc::new(Suricata), Arc::new(Zeek)]).auto();
    let zone = jiff::tz::TimeZone::UTC;
    let of = |line: &[u8]| {
        let record = Record::of(line, Clock { zone: &zone, year: Year::Fixed(2026) });
        formats.of(&record).map(|(_, decoder)| decoder.format())
    };
    for line in lines(TAGGED).chain(lines(BARE)) {
        assert_eq!(of(line), Some("zeek"), "{}", String::from_utf8_lossy(line));
    }
    for line in lines(include_str!("../suricata/fixtures/types.ndjson")) {
        assert_eq!(of(line), Some("suricata"), "{}", String::from_utf8_lossy(line));
    }
}

#[test]
fn the_topic_names_the_log_where_the_record_does_not() {
    let zone = jiff::tz::TimeZone::UTC;
    let clock = Clock { zone: &zone, year: Year::Fixed(2026) };
    let record = Record {
        topic: "harbour.zeek.known_hosts",
        ..Record::of(br#"{"ts":1768010400.25,"host":"10.0.5.20"}"#, clock)
    };
    let mut batch = event::row::Batch::new(event::symbol::SymbolKey::derive(b"test"));
    Zeek.decode(&record, &mut batch).expect("events");
    assert_eq!(batch.row(0).row.class, class::NET_HOST_SEEN);
}

#[test]
fn refuses_in_its_own_words() {
    let said = |text: &str| check::decode(&Zeek, text.as_bytes());
    assert_eq!(said(r#"{"a":1}"#), "reject malformed: nothing of a Zeek log in it");
    // A topic that holds another maker's records is to be seen in the rejects.
    for line in lines(include_str!("../suricata/fixtures/types.ndjson")) {
        assert_eq!(check::decode(&Zeek, line), "reject malformed: nothing of a Zeek log in it");
    }
    assert!(said(r#"{"http":{"ts":1402307733.473,"uid""#).starts_with("reject truncated: "));
    assert!(said(r#"{"http":{"ts":1402307733.473"}}"#).starts_with("reject malformed: "));
}

#[test]
fn survives_damage() {
    let stage = check::stage(Zeek);
    check::survives_damage(&stage, lines(TAGGED).take(3).chain(lines(STREAMING)).chain(lines(BARE)));
}

//! ONVIF against what client libraries recorded and expect, and messages written here.

use super::notification::{Operation, Part};
use super::{Onvif, topics, write, xml};
use event::class;
use event::row::Batch;
use event::symbol::SymbolKey;
use event::time::Duration;
use ingest::check;
use ingest::decoder::{Decoder, Record};
use ingest::time::{Clock, Year};
use jiff::tz::TimeZone;
use serde_json::Value;

const PARSERS: &str = include_str!("fixtures/onvif_parsers.ndjson");
const AXIS: &str = include_str!("fixtures/axis.ndjson");
const WRITTEN: &str = include_str!("fixtures/written.ndjson");

/// The records of each file.
fn files() -> [(&'static str, Vec<String>); 3] {
    let inside = |text: &str, key: &str| {
        let read = |line: &str| serde_json::from_str::<Value>(line).expect("a fixture is JSON");
        text.lines().map(|line| read(line)[key].as_str().expect("text").to_owned()).collect()
    };
    let parsers = PARSERS.lines().map(str::to_owned).collect();
    [("onvif_parsers", parsers), ("axis", inside(AXIS, "xml")), ("written", inside(WRITTEN, "record"))]
}

fn bytes(records: &[String]) -> impl Iterator<Item = &[u8]> {
    records.iter().map(String::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |records: &[String]| check::tally(&check::run(&check::stage(Onvif), bytes(records)));
    let [parsers, axis, written] = files().map(|(_, records)| tally(&records));
    assert_eq!(parsers, "records 11 events 14 unclassified 2 control 0 rejects 0");
    assert_eq!(axis, "records 18 events 18 unclassified 0 control 0 rejects 0");
    assert_eq!(
        written,
        "records 55 events 50 unclassified 6 control 2 rejects 6 malformed too_large truncated"
    );
}

#[test]
fn takes_no_record_of_another_format_for_its_own() {
    let foreign =
        r#"{"Version":"2.D.V07","CreateTime":"2021-05-10T16:52:13Z","Source":[{"IP":"192.0.2.1"}]}"#;
    let said = check::decode(&Onvif, foreign.as_bytes());
    assert_eq!(said, "reject malformed: JSON without a topic, and without data and their time");
}

#[test]
fn says_what_each_record_means() {
    for (file, records) in files() {
        let said: Vec<String> = bytes(&records).map(|record| check::decode(&Onvif, record)).collect();
        let path = format!("{}/src/onvif/fixtures/{file}.out.txt", env!("CARGO_MANIFEST_DIR"));
        check::golden(&path, &said.join("\n"));
    }
}

#[test]
fn reads_what_the_other_project_reads() {
    for line in AXIS.lines() {
        let fixture: Value = serde_json::from_str(line).expect("a fixture is JSON");
        let document = xml::parse(fixture["xml"].as_str().expect("XML")).expect("a document");
        let [notification] = &document.notifications[..] else { panic!("one notification in {line}") };
        let Some(expected) = fixture.get("expected") else { continue };
        let text = |key: &str| expected[key].as_str();
        assert_eq!(Some(&*notification.topic), text("topic"));
        let source = notification.items.iter().find(|item| item.part == Part::Source);
        if let Some(source) = source {
            assert_eq!((Some(&*source.name), Some(&*source.value)), (text("source"), text("source_idx")));
        }
        let data = notification.items.iter().find(|item| item.part == Part::Data).expect("data");
        assert_eq!(Some(&*data.value), text("state").or(text("value")));
        if let Some(tripped) = expected["tripped"].as_bool() {
            assert_eq!(notification.truth(&[]), Some(tripped));
        }
        if let Some(operation) = text("operation") {
            assert_eq!(notification.operation, Operation::of(operation));
        }
    }
}

/// Topics of the class table that say it with more than their name, or are a maker's.
fn topics_of(text: &str) -> Vec<String> {
    let mut topics = Vec::new();
    let mut room = "";
    for topic in
        text.split([',', ';']).map(str::trim).filter(|topic| topic.contains('/') || !topic.contains(' '))
    {
        let topic = topic.split('=').next().unwrap_or_default().trim_end_matches("/*");
        // `A/B/C, D/E` leaves the room of the second out.
        match topic.split_once('/') {
            Some((first, _)) if ROOMS.contains(&first) => {
                room = first;
                topics.push(topic.to_owned());
            }
            _ => topics.push(format!("{room}/{topic}")),
        }
    }
    topics
}

const ROOMS: &[&str] = &[
    "AccessControl",
    "AudioAnalytics",
    "AudioSource",
    "Configuration",
    "Credential",
    "Device",
    "Door",
    "IdPoint",
    "PTZController",
    "RuleEngine",
    "VideoSource",
];

#[test]
fn knows_the_topics_of_the_class_table() {
    for class in class::all() {
        let Some(def) = class.def().filter(|def| !def.codes.onvif.starts_with("vendor")) else { continue };
        for topic in
            topics_of(def.codes.onvif).iter().filter(|topic| *topic != "/TPSmartEvent" && topic.len() > 1)
        {
            let found = topics::row_of(topic).or_else(|| topics::row_of(&format!("{topic}/Any")));
            let short = topic.rsplit('/').next().unwrap_or_default();
            let somewhere = topics::rows().iter().any(|row| row.path.split('/').any(|part| part == short));
            assert!(found.is_some() || somewhere, "{topic} of {}", def.name);
        }
    }
}

#[test]
fn states_all_that_it_yields() {
    for (_, records) in files() {
        check::stated(&Onvif, bytes(&records));
    }
    for production in Onvif.produces() {
        let seconds = event::table::lateness::of("onvif", production.kind.name).expect("a row of the table");
        assert_eq!(production.kind.lateness, Duration::from_secs(i64::from(seconds)));
    }
}

#[test]
fn survives_damage() {
    let stage = check::stage(Onvif);
    for (_, records) in files() {
        check::survives_damage(&stage, bytes(&records).filter(|record| record.len() < 2_000));
    }
}

#[test]
fn many_elements_and_attributes_are_bounded() {
    let many = format!("<tt:MetadataStream>{}</tt:MetadataStream>", "<a/>".repeat(3_000));
    assert!(check::decode(&Onvif, many.as_bytes()).starts_with("reject too_large"));
    let attributes: String = (0..20_000).map(|n| format!(" a{n}=\"\"")).collect();
    let wide = format!("<tt:MetadataStream><tt:Message{attributes}/></tt:MetadataStream>");
    assert_eq!(check::decode(&Onvif, wide.as_bytes()), "control");
}

#[test]
fn the_topic_may_stand_in_the_key() {
    let zone = TimeZone::UTC;
    let value = br#"{"UtcTime":"2026-01-10T02:00:00Z","Source":{"Rule":"Fence"},"Data":{"ObjectId":7}}"#;
    let key = &b"site/cam7/onvif-ej/RuleEngine/LineDetector/Crossed/&1/Fence"[..];
    let clock = Clock { zone: &zone, year: Year::Fixed(2026) };
    let record = Record { key: Some(key), ..Record::of(value, clock) };
    let mut out = Batch::new(SymbolKey::derive(b"test"));
    Onvif.decode(&record, &mut out).expect("a notification");
    assert_eq!(out.row(0).row.class, class::VIDEO_LINE_CROSSED);
}

#[test]
fn a_producer_is_known_by_its_uuid_or_its_host() {
    let check = |address: &str, id: &str| assert_eq!(write::producer_id(address), id);
    check("uri://5f5a69c2-e0ae/ProducerReference", "5f5a69c2-e0ae");
    check("http://192.168.100.155:5656/event", "192.168.100.155");
    check("http://user:secret@cam7:80/event", "cam7");
    check("xx.xx.xx.xx/onvif/event/alarm", "xx.xx.xx.xx");
    check("http://[2001:db8::1]:80/event", "[2001:db8::1]:80");
    check("", "");
}

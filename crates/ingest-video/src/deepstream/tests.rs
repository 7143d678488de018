//! DeepStream against recorded messages of a car park, and messages of both schemas written here.

use super::DeepStream;
use event::time::Duration;
use ingest::check;
use ingest::decoder::Decoder;

const RECORDED: &str = include_str!("fixtures/smart_parking.ndjson");
const WRITTEN: &str = include_str!("fixtures/written.ndjson");

fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(DeepStream), lines(text)));
    assert_eq!(tally(RECORDED), "records 12 events 12 unclassified 0 control 0 rejects 0");
    assert_eq!(tally(WRITTEN), "records 15 events 13 unclassified 1 control 1 rejects 5 malformed truncated");
}

#[test]
fn says_what_each_message_means() {
    for (file, text) in [("smart_parking", RECORDED), ("written", WRITTEN)] {
        let said: Vec<String> = lines(text).map(|line| check::decode(&DeepStream, line)).collect();
        let path = format!("{}/src/deepstream/fixtures/{file}.out.txt", env!("CARGO_MANIFEST_DIR"));
        check::golden(&path, &said.join("\n"));
    }
}

#[test]
fn states_all_that_it_yields() {
    check::stated(&DeepStream, lines(RECORDED).chain(lines(WRITTEN)));
    for production in DeepStream.produces() {
        let seconds =
            event::table::lateness::of("deepstream", production.kind.name).expect("a row of the table");
        assert_eq!(production.kind.lateness, Duration::from_secs(i64::from(seconds)));
    }
}

#[test]
fn survives_damage() {
    let stage = check::stage(DeepStream);
    check::survives_damage(&stage, lines(WRITTEN).chain(lines(RECORDED).take(3)));
}

#[test]
fn recognises_its_own_only() {
    for line in lines(RECORDED) {
        assert!(DeepStream.sniff(line));
    }
    for other in ["{\"@timestamp\":\"x\",\"message\":\"y\"}", "{\"sensorId\":1}", "[]", ""] {
        assert!(!DeepStream.sniff(other.as_bytes()), "{other}");
    }
}

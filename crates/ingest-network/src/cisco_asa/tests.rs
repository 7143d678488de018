//! ASA and Firepower, sentence by sentence.

use super::CiscoAsa;
use ingest::check;

const METRON: &str = include_str!("fixtures/metron.log");
const WRITTEN: &str = include_str!("fixtures/written.log");

fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(CiscoAsa), lines(text)));
    assert_eq!(tally(METRON), "records 20 events 20 unclassified 0 control 0 rejects 0");
    assert_eq!(tally(WRITTEN), "records 15 events 15 unclassified 2 control 0 rejects 0");
}

#[test]
fn says_what_each_line_means() {
    for (name, text) in [("metron", METRON), ("written", WRITTEN)] {
        let said: Vec<String> = lines(text).map(|line| check::decode(&CiscoAsa, line)).collect();
        let path = format!("{}/src/cisco_asa/fixtures/{name}.out.txt", env!("CARGO_MANIFEST_DIR"));
        check::golden(&path, &said.join("\n"));
    }
}

#[test]
fn states_all_that_it_yields() {
    check::stated(&CiscoAsa, lines(METRON).chain(lines(WRITTEN)));
}

#[test]
fn survives_damage() {
    check::survives_damage(&check::stage(CiscoAsa), lines(METRON).chain(lines(WRITTEN)));
}

#[test]
fn refuses_in_its_own_words() {
    assert_eq!(
        check::decode(&CiscoAsa, b"%IOS-1-2: x"),
        "reject malformed: no `%ASA-`, `%FTD-` or `%NGIPS-`"
    );
}

//! Check Point in both of its own forms.

use super::CheckPoint;
use ingest::check;

const WRITTEN: &str = include_str!("fixtures/written.log");

fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(CheckPoint), lines(text)));
    assert_eq!(tally(WRITTEN), "records 6 events 6 unclassified 0 control 0 rejects 0");
}

#[test]
fn says_what_each_line_means() {
    let said: Vec<String> = lines(WRITTEN).map(|line| check::decode(&CheckPoint, line)).collect();
    check::golden(
        concat!(env!("CARGO_MANIFEST_DIR"), "/src/checkpoint/fixtures/written.out.txt"),
        &said.join("\n"),
    );
}

#[test]
fn states_all_that_it_yields() {
    check::stated(&CheckPoint, lines(WRITTEN));
}

#[test]
fn survives_damage() {
    check::survives_damage(&check::stage(CheckPoint), lines(WRITTEN));
}

#[test]
fn refuses_in_its_own_words() {
    let said = check::decode(&CheckPoint, b"src=1");
    assert_eq!(said, "reject malformed: neither keys with quoted values nor columns");
}

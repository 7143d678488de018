//! Windows events in their three spellings.

use super::Windows;
use ingest::check;

const WRITTEN: &str = include_str!("fixtures/written.log");

fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(Windows), lines(text)));
    assert_eq!(tally(WRITTEN), "records 12 events 12 unclassified 0 control 0 rejects 0");
}

#[test]
fn says_what_each_line_means() {
    let said: Vec<String> = lines(WRITTEN).map(|line| check::decode(&Windows, line)).collect();
    check::golden(
        concat!(env!("CARGO_MANIFEST_DIR"), "/src/windows/fixtures/written.out.txt"),
        &said.join("\n"),
    );
}

#[test]
fn states_all_that_it_yields() {
    check::stated(&Windows, lines(WRITTEN));
}

#[test]
fn survives_damage() {
    check::survives_damage(&check::stage(Windows), lines(WRITTEN));
}

#[test]
fn refuses_in_its_own_words() {
    let said = |text: &str| check::decode(&Windows, text.as_bytes());
    assert_eq!(said("{}"), "reject malformed: no event id");
    assert!(said("<Event><System>").starts_with("reject truncated: "));
    assert!(said(&"<Event>".repeat(200)).starts_with("reject too_large: "));
}

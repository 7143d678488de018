//! Fortinet, a line a type of record.

use super::Fortinet;
use ingest::check;

const WRITTEN: &str = include_str!("fixtures/written.log");

fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(Fortinet), lines(text)));
    // A type that nobody knows yet.
    assert_eq!(tally(WRITTEN), "records 10 events 10 unclassified 1 control 0 rejects 0");
}

#[test]
fn says_what_each_line_means() {
    let said: Vec<String> = lines(WRITTEN).map(|line| check::decode(&Fortinet, line)).collect();
    check::golden(
        concat!(env!("CARGO_MANIFEST_DIR"), "/src/fortinet/fixtures/written.out.txt"),
        &said.join("\n"),
    );
}

#[test]
fn states_all_that_it_yields() {
    check::stated(&Fortinet, lines(WRITTEN));
}

#[test]
fn survives_damage() {
    check::survives_damage(&check::stage(Fortinet), lines(WRITTEN));
}

#[test]
fn refuses_in_its_own_words() {
    let said = |text: &str| check::decode(&Fortinet, text.as_bytes());
    assert_eq!(said("srcip=1"), "reject malformed: no `type=`");
    let many = format!("type=traffic {}", "k=v ".repeat(1_000));
    assert_eq!(said(&many), "reject too_large: more than 1000 keys");
}

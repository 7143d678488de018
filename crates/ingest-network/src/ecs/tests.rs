//! ECS by category and type, nested and dotted.

use super::Ecs;
use ingest::check;

const WRITTEN: &str = include_str!("fixtures/written.log");

fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(Ecs), lines(text)));
    assert_eq!(tally(WRITTEN), "records 8 events 8 unclassified 1 control 0 rejects 0");
}

#[test]
fn says_what_each_line_means() {
    let said: Vec<String> = lines(WRITTEN).map(|line| check::decode(&Ecs, line)).collect();
    check::golden(concat!(env!("CARGO_MANIFEST_DIR"), "/src/ecs/fixtures/written.out.txt"), &said.join("\n"));
}

#[test]
fn states_all_that_it_yields() {
    check::stated(&Ecs, lines(WRITTEN));
}

#[test]
fn survives_damage() {
    check::survives_damage(&check::stage(Ecs), lines(WRITTEN));
}

#[test]
fn refuses_in_its_own_words() {
    assert_eq!(check::decode(&Ecs, b"{}"), "reject malformed: neither `@timestamp` nor `event` of ECS");
}

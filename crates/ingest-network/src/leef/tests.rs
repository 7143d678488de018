//! LEEF of several makers, with several delimiters.

use super::Leef;
use ingest::check;

const METRON: &str = include_str!("fixtures/metron.log");
const WRITTEN: &str = include_str!("fixtures/written.log");

fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(Leef), lines(text)));
    assert_eq!(tally(METRON), "records 2 events 2 unclassified 0 control 0 rejects 0");
    assert_eq!(tally(WRITTEN), "records 5 events 5 unclassified 0 control 0 rejects 0");
}

#[test]
fn says_what_each_line_means() {
    for (name, text) in [("metron", METRON), ("written", WRITTEN)] {
        let said: Vec<String> = lines(text).map(|line| check::decode(&Leef, line)).collect();
        let path = format!("{}/src/leef/fixtures/{name}.out.txt", env!("CARGO_MANIFEST_DIR"));
        check::golden(&path, &said.join("\n"));
    }
}

#[test]
fn states_all_that_it_yields() {
    check::stated(&Leef, lines(METRON).chain(lines(WRITTEN)));
}

#[test]
fn survives_damage() {
    check::survives_damage(&check::stage(Leef), lines(WRITTEN).chain(lines(METRON).take(2)));
}

#[test]
fn refuses_in_its_own_words() {
    let said = |text: &str| check::decode(&Leef, text.as_bytes());
    assert_eq!(said("LEEF:1.0|v|p"), "reject truncated: the head of LEEF has less than five parts");
    assert_eq!(said("no frame"), "reject malformed: no `LEEF:1.0|`");
}

//! PAN-OS logs in all their types.

use super::PaloAlto;
use ingest::check;

const METRON: &str = include_str!("fixtures/metron.log");
const WRITTEN: &str = include_str!("fixtures/written.log");

fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(PaloAlto), lines(text)));
    assert_eq!(tally(METRON), "records 12 events 12 unclassified 0 control 0 rejects 0");
    // A change of tags on an address has no class.
    assert_eq!(tally(WRITTEN), "records 8 events 8 unclassified 1 control 0 rejects 0");
}

#[test]
fn says_what_each_line_means() {
    for (name, text) in [("metron", METRON), ("written", WRITTEN)] {
        let said: Vec<String> = lines(text).map(|line| check::decode(&PaloAlto, line)).collect();
        let path = format!("{}/src/paloalto/fixtures/{name}.out.txt", env!("CARGO_MANIFEST_DIR"));
        check::golden(&path, &said.join("\n"));
    }
}

#[test]
fn states_all_that_it_yields() {
    check::stated(&PaloAlto, lines(METRON).chain(lines(WRITTEN)));
}

#[test]
fn survives_damage() {
    check::survives_damage(&check::stage(PaloAlto), lines(METRON).chain(lines(WRITTEN)));
}

#[test]
fn refuses_in_its_own_words() {
    let said = |text: &str| check::decode(&PaloAlto, text.as_bytes());
    assert_eq!(said("1,2,3,NOTHING"), "reject malformed: no known type in the fourth column");
    assert_eq!(said(&"1,".repeat(300)), "reject too_large: more than 250 columns");
    assert_eq!(said("{}"), "reject malformed: no `LogType`");
}

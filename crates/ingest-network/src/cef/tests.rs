//! CEF of several makers, in and out of syslog.

use super::Cef;
use ingest::check;

const METRON: &str = include_str!("fixtures/metron.log");
const WRITTEN: &str = include_str!("fixtures/written.log");

fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(Cef), lines(text)));
    // Adallom's line names neither an address nor a host.
    assert_eq!(tally(METRON), "records 6 events 6 unclassified 1 control 0 rejects 0");
    // The last line says nothing about anybody.
    assert_eq!(tally(WRITTEN), "records 7 events 7 unclassified 1 control 0 rejects 0");
}

#[test]
fn says_what_each_line_means() {
    for (name, text) in [("metron", METRON), ("written", WRITTEN)] {
        let said: Vec<String> = lines(text).map(|line| check::decode(&Cef, line)).collect();
        let path = format!("{}/src/cef/fixtures/{name}.out.txt", env!("CARGO_MANIFEST_DIR"));
        check::golden(&path, &said.join("\n"));
    }
}

#[test]
fn states_all_that_it_yields() {
    check::stated(&Cef, lines(METRON).chain(lines(WRITTEN)));
}

#[test]
fn survives_damage() {
    check::survives_damage(&check::stage(Cef), lines(WRITTEN).chain(lines(METRON).take(2)));
}

#[test]
fn refuses_in_its_own_words() {
    let said = |text: &str| check::decode(&Cef, text.as_bytes());
    assert_eq!(said("CEF:0|v|p"), "reject truncated: the head of CEF has less than seven parts");
    assert_eq!(said("no frame"), "reject malformed: no `CEF:0|`");
}

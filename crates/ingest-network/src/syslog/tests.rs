//! Syslog of both standards and its bodies.

use super::Syslog;
use ingest::check;

const METRON: &str = include_str!("fixtures/metron.log");
const WRITTEN: &str = include_str!("fixtures/written.log");

fn lines(text: &str) -> impl Iterator<Item = &[u8]> {
    text.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(Syslog), lines(text)));
    assert_eq!(tally(METRON), "records 3 events 3 unclassified 0 control 0 rejects 0");
    // Eight lines have no host, which a host's log wants.
    assert_eq!(tally(WRITTEN), "records 42 events 42 unclassified 8 control 0 rejects 0");
}

#[test]
fn says_what_each_line_means() {
    for (name, text) in [("metron", METRON), ("written", WRITTEN)] {
        let said: Vec<String> = lines(text).map(|line| check::decode(&Syslog, line)).collect();
        let path = format!("{}/src/syslog/fixtures/{name}.out.txt", env!("CARGO_MANIFEST_DIR"));
        check::golden(&path, &said.join("\n"));
    }
}

#[test]
fn states_all_that_it_yields() {
    check::stated(&Syslog, lines(METRON).chain(lines(WRITTEN)));
}

#[test]
fn survives_damage() {
    check::survives_damage(&check::stage(Syslog), lines(WRITTEN).chain(lines(METRON)));
}

//! Bare Contact ID: each way of writing it, in one line.

use super::ContactId;
use event::class;
use event::field;
use ingest::check;
use ingest::decoder::Decoder;

const WRITTEN: &str = include_str!("fixtures/written.txt");

fn lines() -> impl Iterator<Item = &'static [u8]> {
    WRITTEN.lines().map(str::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    assert_eq!(
        check::tally(&check::run(&check::stage(ContactId), lines())),
        "records 14 events 11 unclassified 1 control 0 rejects 3 malformed"
    );
}

#[test]
fn says_what_each_line_means() {
    let said: Vec<String> = lines().map(|line| check::decode(&ContactId, line)).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/contact_id/fixtures/written.out.txt");
    check::golden(path, &said.join("\n"));
}

#[test]
fn states_all_that_it_yields() {
    check::stated(&ContactId, lines());
    for production in ContactId.produces() {
        let seconds =
            event::table::lateness::of("contact-id", production.kind.name).expect("a row of the table");
        assert_eq!(production.kind.lateness, event::time::Duration::from_secs(i64::from(seconds)));
    }
}

#[test]
fn survives_damage() {
    check::survives_damage(&check::stage(ContactId), lines());
}

#[test]
fn recognises_messages_only() {
    for text in ["1130 01 003", "#1234|1130 01 003", "[#1234|3130 01 003]", "1234181130010038"] {
        assert!(ContactId.sniff(text.as_bytes()), "{text}");
    }
    for text in ["", "2130 01 003", "1130", "2026 01 003", "1011 @", "{\"a\":1}", "1234171130010038"] {
        assert!(!ContactId.sniff(text.as_bytes()), "{text}");
    }
}

#[test]
fn a_fire_without_an_account_is_still_a_fire() {
    let out = check::run(&check::stage(ContactId), [&b"1110 00 129"[..]]);
    let row = out.batch.row(0);
    assert_eq!((row.row.class, row.source().text), (class::FIRE_ALARM, "contact-id"));
    assert_eq!(row.text(field::SENSOR).map(|text| text.text), Some("0/129"));
}

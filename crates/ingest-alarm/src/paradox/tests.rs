//! Properties, each with its value.

use super::Paradox;
use event::row::Batch;
use event::symbol::SymbolKey;
use ingest::check;
use ingest::decoder::{Decoder, Record};
use ingest::time::{Clock, Year};
use jiff::tz::TimeZone;

ingest::fixture_tests!("paradox", Paradox, "written.log");

#[test]
fn the_topic_may_be_the_key() {
    let zone = TimeZone::UTC;
    let clock = Clock { zone: &zone, year: Year::Fixed(2026) };
    let mut batch = Batch::new(SymbolKey::derive(b"check"));
    let record = Record { key: Some(b"p7/states/zones/Front_Door/open"), ..Record::of(b"True", clock) };
    Paradox.decode(&record, &mut batch).expect("decodes");
    assert_eq!(
        check::render(batch.row(0)),
        "sensor.opened source=p7 native_code=paradox:zones/open panel=p7 sensor=p7/0/front_door"
    );
    assert!(check::decode(&Paradox, b"True").starts_with("reject malformed"));
}

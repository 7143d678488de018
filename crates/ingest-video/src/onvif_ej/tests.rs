//! Payloads with and without the topic in their key.

use super::OnvifEj;
use event::row::Batch;
use event::symbol::SymbolKey;
use ingest::check;
use ingest::decoder::{Decoder, Record};
use ingest::time::{Clock, Year};
use jiff::tz::TimeZone;

ingest::fixture_tests!("onvif_ej", OnvifEj, "written.ndjson");

#[test]
fn the_topic_is_that_of_the_key() {
    let zone = TimeZone::UTC;
    let mut batch = Batch::new(SymbolKey::derive(b"check"));
    let value = br#"{"UtcTime":"2026-01-10T02:00:00Z","Source":{"VideoSource":"2","Rule":"Fence"},"Data":{"ObjectId":15}}"#;
    let record = Record {
        key: Some(b"site/cam-7/onvif-ej/RuleEngine/LineDetector/Crossed/&2/Fence"),
        ..Record::of(value, Clock { zone: &zone, year: Year::Fixed(2026) })
    };
    OnvifEj.decode(&record, &mut batch).expect("decodes");
    assert_eq!(
        check::render(batch.row(0)),
        "video.line_crossed 2026-01-10T02:00:00Z native_code=onvif:RuleEngine/LineDetector/Crossed region=Fence \
         object.id=15 camera=2"
    );
}

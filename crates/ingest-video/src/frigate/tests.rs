//! Frigate's messages by topic.

use super::Frigate;
use ingest::check;

ingest::fixture_tests!("frigate", Frigate, "written.ndjson");

#[test]
fn availability_and_tracked_objects_are_read_where_the_topic_says_frigate() {
    let said = |text: &str| check::decode(&Frigate, text.as_bytes());
    assert_eq!(said("offline"), "health.offline native_code=frigate:available device=frigate");
    let plate = r#"{"type":"lpr","id":"1.2-a","camera":"gate","plate":"AB-12 C","score":0.9,"timestamp":1768010400.5}"#;
    assert_eq!(
        said(plate),
        "plate.read 2026-01-10T02:00:00.5Z native_id=1.2-a:lpr::1768010400500000000 camera=gate \
         native_code=frigate:tracked_object_update/lpr object.id=1.2-a plate=ab12c confidence=0.9"
    );
    assert!(said("{\"a\":1}").starts_with("reject malformed"));
}

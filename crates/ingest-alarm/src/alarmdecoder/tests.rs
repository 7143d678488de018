//! Messages of the bus, one a line.

use super::AlarmDecoder;
use ingest::check;

ingest::fixture_tests!("alarmdecoder", AlarmDecoder, "alarmdecoder.txt");

#[test]
fn what_is_no_message_is_refused() {
    assert!(check::decode(&AlarmDecoder, b"hello").starts_with("reject malformed"));
}

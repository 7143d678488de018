//! Records of the format, one a line.

use super::Uhppote;

ingest::fixture_tests!("uhppote", Uhppote, "uhppote.ndjson");

//! Records of the format, one a line.

use super::Physec;

ingest::fixture_tests!("physec", Physec, "physec.ndjson");

//! Records of the format, one a line.

use super::Brivo;

ingest::fixture_tests!("brivo", Brivo, "written.ndjson");

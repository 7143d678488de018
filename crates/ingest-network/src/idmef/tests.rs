//! Records of the format, one a line.

use super::Idmef;

ingest::fixture_tests!("idmef", Idmef, "written.ndjson");

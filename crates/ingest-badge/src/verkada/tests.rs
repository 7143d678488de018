//! Records of the format, one a line.

use super::Verkada;

ingest::fixture_tests!("verkada", Verkada, "written.ndjson");

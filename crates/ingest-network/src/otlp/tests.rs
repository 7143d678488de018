//! Records of the format, one a line.

use super::Otlp;

ingest::fixture_tests!("otlp", Otlp, "written.ndjson");

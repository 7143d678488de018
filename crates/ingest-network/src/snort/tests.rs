//! Records of the format, one a line.

use super::Snort;

ingest::fixture_tests!("snort", Snort, "written.ndjson");

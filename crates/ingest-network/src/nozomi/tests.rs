//! Records of the format, one a line.

use super::Nozomi;

ingest::fixture_tests!("nozomi", Nozomi, "written.ndjson");

//! Records of the format, one a line.

use super::Gallagher;

ingest::fixture_tests!("gallagher", Gallagher, "written.ndjson");

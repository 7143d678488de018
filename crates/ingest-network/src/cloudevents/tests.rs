//! Records of the format, one a line.

use super::CloudEvents;

ingest::fixture_tests!("cloudevents", CloudEvents, "written.ndjson");

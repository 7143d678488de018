//! Okta's log by type of event.

use super::Okta;

ingest::fixture_tests!("okta", Okta, "written.ndjson");

//! Entra's records by kind.

use super::Entra;

ingest::fixture_tests!("entra", Entra, "written.ndjson");

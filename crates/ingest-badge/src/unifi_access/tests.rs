//! Records of the format, one a line.

use super::UnifiAccess;

ingest::fixture_tests!("unifi_access", UnifiAccess, "written.ndjson");

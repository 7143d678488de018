//! Records of the format, one a line.

use super::Claroty;

ingest::fixture_tests!("claroty", Claroty, "written.log");

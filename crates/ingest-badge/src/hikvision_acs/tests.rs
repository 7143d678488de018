//! Records of the format, one a line.

use super::HikvisionAcs;

ingest::fixture_tests!("hikvision_acs", HikvisionAcs, "written.log");

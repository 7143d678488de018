//! Axis' topics.

use super::AxisMqtt;

ingest::fixture_tests!("axis_mqtt", AxisMqtt, "written.ndjson");

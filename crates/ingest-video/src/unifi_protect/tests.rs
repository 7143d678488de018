//! Events of the API and of the WebSocket.

use super::UnifiProtect;

ingest::fixture_tests!("unifi_protect", UnifiProtect, "written.ndjson");

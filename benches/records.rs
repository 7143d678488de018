//! Records of some 300 bytes, as an IDS and an access control system send them, each one different.
//!
//! They are written here rather than recorded, so that a bench knows what each of them means and has as many as it likes.

use event::time::Timestamp;

/// How the rows of the access control system are read.
pub const MAPPING: &str = r#"read: json
time: {field: TIME, formats: ["%s%.f"]}
id: [SERIAL]
set: {source: {field: PANEL}, door: {field: DOOR}, credential: {field: CARD}, person: {field: EMPLOYEE}}
class:
  - {when: {WHAT: "Access Granted"}, class: access.granted}
  - {when: {WHAT: "Access Denied*"}, class: access.denied, set: {reason: {field: WHAT}}}
  - {when: {WHAT: "Door Opened"}, class: door.opened}
  - {when: {WHAT: "Door Closed"}, class: door.closed}
otherwise: unclassified
"#;

/// A row of the access control system.
pub fn badge(number: u64, at_ms: i64, door: &str, what: &str) -> String {
    let (seconds, millis) = (at_ms.div_euclid(1_000), at_ms.rem_euclid(1_000));
    let card = 4_000 + number % 5_000;
    // A door belongs to one panel, so that what happens there has an order even within a millisecond.
    let panel = door.bytes().last().map_or(0, |byte| byte % 4);
    format!(
        "{{\"SERIAL\":\"{number:010}\",\"PANEL\":\"badge-{panel}\",\"TIME\":\"{seconds}.{millis:03}\",\"DOOR\":\"{door}\",\
         \"CARD\":\"{card}\",\"EMPLOYEE\":\"e{card}\",\"WHAT\":\"{what}\",\"READER\":\"R{:02}-in\",\
         \"AREA\":\"Building {}, floor {}\",\"COMPANY\":\"Harbour Logistics\",\"FORMAT\":\"Wiegand 26\",\
         \"FIRMWARE\":\"4.11.2-r7\",\"POLLED\":true,\"QUEUE\":{},\"OPERATOR\":null}}",
        number % 32,
        number % 7,
        number % 9,
        number % 50,
    )
}

/// An alert of an IDS, about hosts that nobody asks about.
pub fn alert(number: u64, at_ms: i64) -> String {
    let time = eve_time(at_ms);
    let (source, target) = (number % 250, number * 7 % 250);
    format!(
        "{{\"timestamp\":\"{time}\",\"flow_id\":{},\"event_type\":\"alert\",\"src_ip\":\"192.0.2.{source}\",\
         \"src_port\":{},\"dest_ip\":\"198.51.100.{target}\",\"dest_port\":443,\"proto\":\"TCP\",\
         \"alert\":{{\"action\":\"allowed\",\"gid\":1,\"signature_id\":{},\"rev\":20,\
         \"signature\":\"ET SCAN Potential SSH Scan\",\"category\":\"Attempted Information Leak\",\"severity\":2}}}}",
        1_000_000_000 + number,
        1_024 + number % 60_000,
        2_001_000 + number % 400,
    )
}

/// RFC 3339 with three digits of a second and the zone as Suricata writes it.
fn eve_time(ms: i64) -> String {
    let whole = Timestamp::from_millis(ms.div_euclid(1_000) * 1_000).to_string();
    format!("{}.{:03}+0000", whole.trim_end_matches('Z'), ms.rem_euclid(1_000))
}

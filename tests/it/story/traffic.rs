//! What happens on the site, in the formats in which its systems say it.

use serde_json::{Value, json};

/// A record, and when it is sent.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// The topic behind the namespace.
    pub topic: &'static str,
    /// The record.
    pub value: Vec<u8>,
}

/// The rules whose alerts the night raises, sorted.
pub const RULES_OF_THE_NIGHT: [&str; 6] = [
    "blinded_then_forced",
    "camera_blind",
    "controller_probed",
    "door_forced",
    "motion_while_armed",
    "probed_then_forced",
];

/// Alerts as an IDS recorded them, on networks of others.
const SURICATA: [&str; 2] = [
    include_str!("../../../crates/ingest-network/src/suricata/fixtures/wrccdc-2017.ndjson"),
    include_str!("../../../crates/ingest-network/src/suricata/fixtures/first-org-conf-2015.ndjson"),
];
/// A car park, as its cameras recorded it.
const PARKING: &str =
    include_str!("../../../crates/ingest-video/src/deepstream/fixtures/smart_parking.ndjson");

/// A small random number generator: the same seed, the same numbers.
pub struct Random(u64);

impl Random {
    /// From any seed.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// The night from an instant on, in order. A step is as long as this many milliseconds: a second, or less to tell the
/// story in a hurry.
pub fn night(from_ms: i64, step_ms: i64) -> Vec<Moment> {
    let mut moments = Vec::new();
    for step in 0..600 {
        let at = from_ms + step * step_ms;
        moments.push(recorded_alert(at, step as usize));
        match step % 4 {
            0 => moments.push(parking(at, step as usize)),
            1 => moments.push(passage(at, step, 0, "Access Granted")),
            2 => moments.push(passage(at, step, 0, "Door Opened")),
            _ => moments.push(passage(at, step, 0, "Door Closed")),
        }
        if step % 30 == 0 {
            moments.push(panel_says(at, step, "RP000"));
        }
    }
    let at = |step: i64| from_ms + step * step_ms;
    moments.push(panel_says(at(60), 1_000, "CL001"));
    moments.push(scan(at(120)));
    moments.push(blind_camera(at(240)));
    moments.push(passage(at(360), 5_000, 1, "Door Opened"));
    moments.push(panel_says(at(420), 1_001, "BA003"));
    moments.push(passage(at(430), 5_001, 1, "Door Closed"));
    moments.sort_by_key(|moment| moment.at_ms);
    moments
}

/// Somebody else's alert, moved into this night; none is about our controllers.
fn recorded_alert(at_ms: i64, number: usize) -> Moment {
    let lines: Vec<&str> = SURICATA.iter().flat_map(|file| file.lines()).collect();
    let mut alert: Value = serde_json::from_str(lines[number % lines.len()]).expect("a line of JSON");
    alert["timestamp"] = json!(eve_time(at_ms));
    Moment { at_ms, topic: "network", value: alert.to_string().into_bytes() }
}

fn scan(at_ms: i64) -> Moment {
    let alert = json!({
        "timestamp": eve_time(at_ms), "flow_id": 4711, "event_type": "alert", "src_ip": "10.0.7.7",
        "src_port": 40000, "dest_ip": "10.0.5.20", "dest_port": 443, "proto": "TCP",
        "alert": {"action": "allowed", "gid": 1, "signature_id": 2001219, "rev": 20,
            "signature": "ET SCAN Potential SSH Scan", "category": "Attempted Information Leak", "severity": 2},
    });
    Moment { at_ms, topic: "network", value: alert.to_string().into_bytes() }
}

fn parking(at_ms: i64, number: usize) -> Moment {
    let lines: Vec<&str> = PARKING.lines().collect();
    let mut seen: Value = serde_json::from_str(lines[number % lines.len()]).expect("a line of JSON");
    seen["@timestamp"] = json!(utc(at_ms));
    Moment { at_ms, topic: "video", value: seen.to_string().into_bytes() }
}

fn blind_camera(at_ms: i64) -> Moment {
    let notification = format!(
        "<wsnt:NotificationMessage xmlns:wsnt=\"http://docs.oasis-open.org/wsn/b-2\" \
         xmlns:tt=\"http://www.onvif.org/ver10/schema\" xmlns:tns1=\"http://www.onvif.org/ver10/topics\" \
         xmlns:wsa5=\"http://www.w3.org/2005/08/addressing\"><wsnt:Topic>tns1:VideoSource/SignalLoss</wsnt:Topic>\
         <wsnt:ProducerReference><wsa5:Address>uri://5f5a69c2-e0ae-504f-829b-00408c184bdb/ProducerReference\
         </wsa5:Address></wsnt:ProducerReference><wsnt:Message><tt:Message UtcTime=\"{}\" \
         PropertyOperation=\"Changed\"><tt:Source><tt:SimpleItem Name=\"Source\" Value=\"0\"/></tt:Source>\
         <tt:Key></tt:Key><tt:Data><tt:SimpleItem Name=\"State\" Value=\"true\"/></tt:Data></tt:Message>\
         </wsnt:Message></wsnt:NotificationMessage>",
        utc(at_ms)
    );
    Moment { at_ms, topic: "video", value: notification.into_bytes() }
}

/// A row of the badge system. Door 1 is the one of the story, the others are ordinary.
fn passage(at_ms: i64, step: i64, door: i64, what: &str) -> Moment {
    let door = if door == 1 { 1 } else { 2 + (step / 4) % 3 };
    let row = json!({
        "SERIAL": format!("{step}-{what}"), "PANEL": "badge-1", "TIME": format!("{}.{:03}", at_ms / 1_000, at_ms % 1_000),
        "DOOR": format!("d{door}"), "CARD": format!("{}", 4_000 + step / 4), "WHAT": what,
    });
    Moment { at_ms, topic: "badge", value: row.to_string().into_bytes() }
}

/// A frame of the panel with its length, its checksum and its time.
fn panel_says(at_ms: i64, sequence: i64, code: &str) -> Moment {
    let clock = utc(at_ms);
    let (date, time) = clock.split_at(10);
    let stamp = format!("{},{}-{}", &time[1..9], &date[5..], &date[..4]);
    let body = format!("\"SIA-DCS\"{:04}R1L2#1234[#1234|Nri1/{code}]_{stamp}", sequence % 10_000);
    let frame = format!("\n{:04X}{:04X}{body}\r", crc16(body.as_bytes()), body.len());
    Moment { at_ms, topic: "alarm", value: frame.into_bytes() }
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8)
            .fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xa001 } else { crc >> 1 })
    })
}

fn eve_time(ms: i64) -> String {
    utc(ms).replace('Z', "+0000")
}

/// RFC 3339 with three digits of a second.
fn utc(ms: i64) -> String {
    let whole = event::time::Timestamp::from_millis(ms.div_euclid(1_000) * 1_000).to_string();
    format!("{}.{:03}Z", whole.trim_end_matches('Z'), ms.rem_euclid(1_000))
}

//! The wire formats, byte by byte as the devices send them. Each function writes one record; nothing here knows what
//! day it is in anybody's life.

use event::time::{Timestamp, civil_from_days};

/// An instant in its parts: year, month, day, hour, minute, second, millisecond.
struct Civil(i64, i64, i64, i64, i64, i64, i64);

fn civil(at: Timestamp) -> Civil {
    let ms = at.as_millis();
    let (year, month, day) = civil_from_days(ms.div_euclid(86_400_000));
    let of_day = ms.rem_euclid(86_400_000);
    Civil(year, month, day, of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1_000 % 60, of_day % 1_000)
}

/// `2026-03-02T07:14:05.250Z`
fn iso(at: Timestamp) -> String {
    let Civil(year, month, day, h, m, s, ms) = civil(at);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{ms:03}Z")
}

/// A frame of SIA DC-09 that carries `data` under an id such as `SIA-DCS`.
pub(crate) fn dc09(id: &str, seq: u32, data: &str, at: Timestamp) -> Vec<u8> {
    let Civil(year, month, day, h, m, s, _) = civil(at);
    let account = crate::place::ACCOUNT;
    let body =
        format!("\"{id}\"{seq:04}L0#{account}[{data}]_{h:02}:{m:02}:{s:02},{month:02}-{day:02}-{year:04}");
    format!("\n{:04X}{:04X}{body}\r", crc16(body.as_bytes()), body.len()).into_bytes()
}

/// CRC-16/ARC, as DC-09 prescribes.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 })
    })
}

/// What a door controller tells of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AtDoor<'a> {
    pub event: &'a str,
    pub controller: &'a str,
    pub serial: u64,
    pub door: &'a str,
    /// Empty: no reader was used.
    pub direction: &'a str,
    /// Empty: no card was shown.
    pub card: &'a str,
    /// Empty: the card is nobody's.
    pub holder: &'a str,
}

/// A row of the door system.
pub(crate) fn access(row: &AtDoor<'_>, at: Timestamp) -> Vec<u8> {
    let Civil(year, month, day, h, m, s, ms) = civil(at);
    let mut text = format!(
        "{{\"EVENT_TIME\":\"{year:04}-{month:02}-{day:02} {h:02}:{m:02}:{s:02}.{ms:03}\",\"PANEL\":\"{}\",\"SERIAL\":{},\
         \"EVENT\":\"{}\",\"DOOR\":\"{}\"",
        row.controller, row.serial, row.event, row.door
    );
    if !row.direction.is_empty() {
        let reader = crate::files::reader(row.door, &row.direction.to_ascii_lowercase());
        text.push_str(&format!(",\"READER\":\"{reader}\",\"DIR\":\"{}\"", row.direction));
    }
    for (name, value) in [("CARD", row.card), ("HOLDER", row.holder)] {
        if !value.is_empty() {
            text.push_str(&format!(",\"{name}\":\"{value}\""));
        }
    }
    (text + "}").into_bytes()
}

/// A row of a people counter.
pub(crate) fn counted(door: &str, direction: &str, people: u32, at: Timestamp) -> Vec<u8> {
    let counter = format!("ctr-{}", door.replace([' ', ','], "-"));
    format!(
        "{{\"time\":\"{}\",\"counter\":\"{counter}\",\"event\":\"count\",\"door\":\"{door}\",\"direction\":\"{direction}\",\
         \"people\":{people}}}",
        iso(at)
    )
    .into_bytes()
}

/// A row of the gateway of the VPN.
pub(crate) fn vpn(user: &str, remote: &str, country: &str, at: Timestamp) -> Vec<u8> {
    format!(
        "{{\"time\":\"{}\",\"gateway\":\"vpn-1\",\"action\":\"connected\",\"user\":\"{user}\",\"remote\":\"{remote}\",\
         \"country\":\"{country}\"}}",
        iso(at)
    )
    .into_bytes()
}

/// A property of an ONVIF camera that changed: topic without its prefix, name and value of the data.
pub(crate) fn onvif(camera: &str, topic: &str, (name, value): (&str, &str), at: Timestamp) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><tt:MetadataStream xmlns:tt=\"http://www.onvif.org/ver10/schema\">\
         <tt:Event><wsnt:NotificationMessage xmlns:tns1=\"http://www.onvif.org/ver10/topics\" \
         xmlns:wsnt=\"http://docs.oasis-open.org/wsn/b-2\" xmlns:wsa5=\"http://www.w3.org/2005/08/addressing\">\
         <wsnt:Topic Dialect=\"http://docs.oasis-open.org/wsn/t-1/TopicExpression/Simple\">tns1:{topic}</wsnt:Topic>\
         <wsnt:ProducerReference><wsa5:Address>uri://{camera}/ProducerReference</wsa5:Address></wsnt:ProducerReference>\
         <wsnt:Message><tt:Message UtcTime=\"{}\" PropertyOperation=\"Changed\"><tt:Source>\
         <tt:SimpleItem Name=\"Source\" Value=\"0\"/></tt:Source><tt:Data><tt:SimpleItem Name=\"{name}\" Value=\"{value}\"/>\
         </tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage></tt:Event></tt:MetadataStream>",
        iso(at)
    )
    .into_bytes()
}

/// The description of a scene, which cameras send all the time and which is no event.
pub(crate) fn scene(object: u64, at: Timestamp) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><tt:MetadataStream xmlns:tt=\"http://www.onvif.org/ver10/schema\">\
         <tt:VideoAnalytics><tt:Frame UtcTime=\"{}\"><tt:Object ObjectId=\"{object}\"/></tt:Frame></tt:VideoAnalytics>\
         </tt:MetadataStream>",
        iso(at)
    )
    .into_bytes()
}

/// A person whom DeepStream sees.
pub(crate) fn deepstream(camera: &str, object: u64, message: u64, at: Timestamp) -> Vec<u8> {
    let confidence = 70 + object % 29;
    format!(
        "{{\"messageid\":\"{message:08x}-0000-4000-8000-{object:012x}\",\"mdsversion\":\"1.0\",\"@timestamp\":\"{}\",\
         \"sensor\":{{\"id\":\"{camera}\",\"type\":\"Camera\"}},\"analyticsModule\":{{\"id\":\"people\",\"version\":\"1.0\"}},\
         \"object\":{{\"id\":\"{object}\",\"person\":{{\"confidence\":0.{confidence}}}}},\
         \"event\":{{\"id\":\"{message:x}\",\"type\":\"moving\"}}}}",
        iso(at)
    )
    .into_bytes()
}

/// Who talks to whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Talk<'a> {
    pub from: &'a str,
    pub to: &'a str,
    pub port: u16,
    pub number: u64,
}

/// An alert of Suricata.
pub(crate) fn suricata_alert(talk: Talk<'_>, signature: &str, at: Timestamp) -> Vec<u8> {
    let ports = 30_000 + talk.number % 30_000;
    format!(
        "{{\"timestamp\":\"{}\",\"flow_id\":{},\"event_type\":\"alert\",\"host\":\"ids-1\",\"src_ip\":\"{}\",\"src_port\":{ports},\
         \"dest_ip\":\"{}\",\"dest_port\":{},\"proto\":\"TCP\",\"alert\":{{\"action\":\"allowed\",\"gid\":1,\
         \"signature_id\":2010935,\"rev\":3,\"signature\":\"{signature}\",\"category\":\"Attempted Information Leak\",\
         \"severity\":2}}}}",
        iso(at),
        talk.number,
        talk.from,
        talk.to,
        talk.port
    )
    .into_bytes()
}

/// A question of DNS, as Suricata logs it.
pub(crate) fn suricata_dns(talk: Talk<'_>, name: &str, at: Timestamp) -> Vec<u8> {
    format!(
        "{{\"timestamp\":\"{}\",\"flow_id\":{},\"event_type\":\"dns\",\"host\":\"ids-1\",\"src_ip\":\"{}\",\"src_port\":{},\
         \"dest_ip\":\"{}\",\"dest_port\":{},\"proto\":\"UDP\",\"dns\":{{\"type\":\"query\",\"id\":{},\"rrname\":\"{name}\",\
         \"rrtype\":\"A\"}}}}",
        iso(at),
        talk.number,
        talk.from,
        30_000 + talk.number % 30_000,
        talk.to,
        talk.port,
        talk.number % 65_536
    )
    .into_bytes()
}

/// A connection, as Zeek logs it when it is over.
pub(crate) fn zeek_conn(talk: Talk<'_>, bytes: u64, at: Timestamp) -> Vec<u8> {
    let ms = at.as_millis();
    format!(
        "{{\"_path\":\"conn\",\"ts\":{}.{:03},\"uid\":\"C{:016x}\",\"id.orig_h\":\"{}\",\"id.orig_p\":{},\"id.resp_h\":\"{}\",\
         \"id.resp_p\":{},\"proto\":\"tcp\",\"service\":\"ssl\",\"duration\":0.{:03},\"orig_bytes\":{},\"resp_bytes\":{bytes},\
         \"conn_state\":\"SF\"}}",
        ms / 1_000,
        ms % 1_000,
        talk.number,
        talk.from,
        30_000 + talk.number % 30_000,
        talk.to,
        talk.port,
        talk.number % 1_000,
        bytes / 9
    )
    .into_bytes()
}

/// What Zeek notices about somebody who tries many ports.
pub(crate) fn zeek_scan(talk: Talk<'_>, at: Timestamp) -> Vec<u8> {
    let (from, to) = (talk.from, talk.to);
    format!(
        "{{\"_path\":\"notice\",\"ts\":\"{}\",\"note\":\"Scan::Port_Scan\",\"msg\":\"{from} scanned at least 15 unique ports \
         of host {to} in 0m{}s\",\"sub\":\"local\",\"src\":\"{from}\",\"dst\":\"{to}\",\"actions\":[\"Notice::ACTION_LOG\"],\
         \"suppress_for\":3600.0}}",
        iso(at),
        talk.number % 50
    )
    .into_bytes()
}

/// A line of a server's log, as syslog carries it.
pub(crate) fn syslog(host: &str, program: &str, line: &str, at: Timestamp) -> Vec<u8> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Civil(_, month, day, h, m, s, _) = civil(at);
    let month = MONTHS[(month as usize - 1) % 12];
    format!("<38>{month} {day:2} {h:02}:{m:02}:{s:02} {host} {program}: {line}").into_bytes()
}

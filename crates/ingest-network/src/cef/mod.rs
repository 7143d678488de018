//! CEF: one line with the maker, an event and keys, alone or behind a syslog header.
//!
//! The keys of the standard mean the same for every maker. What a record is, the maker's own words say:
//! Fortinet's, Palo Alto's and Check Point's keys go to the decoders of those, a few other makers have a row
//! in a table, and for the rest the words of event, name and category decide. Source is the device's name or
//! address; severity is the head's, times ten.

use crate::words::{self, As, Table, set_host, set_time};
use crate::{fortinet, words::is_nothing};
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::Timestamp;
use ingest::cef::{self, Frame, find_cef};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::pairs::Pairs;
use ingest::time::Clock;

mod makers;
#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 10);

/// Keys of the standard, the better one of a field first. Claroty's and others' spellings stand behind.
const KEYS: Table = &[
    ("src", As::Src),
    ("sourceAddress", As::Src),
    ("c6a2", As::Src),
    ("src_ip", As::Src),
    ("dst", As::Dst),
    ("destinationAddress", As::Dst),
    ("c6a3", As::Dst),
    ("dst_ip", As::Dst),
    ("spt", As::Is(field::SRC_PORT)),
    ("sourcePort", As::Is(field::SRC_PORT)),
    ("src_port", As::Is(field::SRC_PORT)),
    ("dpt", As::Is(field::DST_PORT)),
    ("destinationPort", As::Is(field::DST_PORT)),
    ("dst_port", As::Is(field::DST_PORT)),
    ("smac", As::Is(field::SRC_MAC)),
    ("src_mac", As::Is(field::SRC_MAC)),
    ("dmac", As::Is(field::DST_MAC)),
    ("dst_mac", As::Is(field::DST_MAC)),
    ("shost", As::Is(field::SRC_HOST)),
    ("dhost", As::Is(field::DST_HOST)),
    ("suser", As::Is(field::USER)),
    ("duser", As::Is(field::USER)),
    ("username", As::Is(field::USER)),
    ("sntdom", As::Is(field::USER_DOMAIN)),
    ("dntdom", As::Is(field::USER_DOMAIN)),
    ("proto", As::Proto),
    ("app", As::Is(field::APP)),
    ("protocol", As::Is(field::APP)),
    ("act", As::Action),
    ("outcome", As::Outcome),
    ("reason", As::Is(field::NATIVE_REASON)),
    ("request", As::Is(field::URL)),
    ("requestMethod", As::Is(field::HTTP_METHOD)),
    ("requestClientApplication", As::Is(field::USER_AGENT)),
    ("in", As::Is(field::BYTES_IN)),
    ("out", As::Is(field::BYTES_OUT)),
    ("cnt", As::Is(field::COUNT)),
    ("fname", As::Is(field::FILE_NAME)),
    ("filePath", As::Is(field::FILE_PATH)),
    ("fsize", As::Is(field::FILE_SIZE)),
    ("fileHash", As::Is(field::FILE_HASH)),
    ("fileType", As::Is(field::FILE_TYPE)),
    ("sproc", As::Is(field::PROCESS_NAME)),
    ("cat", As::Is(field::SIG_CATEGORY)),
    ("msg", As::Is(field::MESSAGE)),
    ("event_description", As::Is(field::MESSAGE)),
];

/// The decoder of CEF.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cef;

impl Decoder for Cef {
    fn format(&self) -> &'static str {
        "cef"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "CEF, alone or behind a syslog header, of any maker"
    }

    fn produces(&self) -> Vec<Production> {
        let mut classes = makers::CLASSES.to_vec();
        classes.extend(fortinet::CLASSES.iter().filter(|class| !makers::CLASSES.contains(class)));
        changes(KIND, &classes).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        !matches!(value.first(), Some(b'{' | b'[')) && find_cef(value).is_some()
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let frame = cef::cef(record.text()?, record.clock)?;
        let mut row = out.begin(class::UNCLASSIFIED);
        if let Some(severity) = words::severity(frame.severity) {
            row.int(field::NATIVE_SEVERITY, severity);
        }
        if frame.vendor.eq_ignore_ascii_case("fortinet") {
            fortinet::write(&mut row, &makers::fortinet(&frame)?, record.clock);
        } else {
            write(&mut row, &frame, record.clock);
        }
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn write(row: &mut RowWriter<'_>, frame: &Frame<'_>, clock: Clock<'_>) {
    let pairs = &frame.pairs;
    row.text(field::NATIVE_CODE, &format!("cef:{}:{}", frame.vendor, frame.event));
    let time = time(pairs, clock);
    set_time(
        row,
        time.or(frame.line.time),
        if time.is_some() { TimeQuality::Device } else { TimeQuality::Receiver },
    );
    let device =
        pairs.any(&["dvchost", "PanOSCloudHostname", "deviceHostName", "dvc", "origin"]).or(frame.line.host);
    if let Some(device) = device.or(pairs.get("deviceExternalId")) {
        row.source(device);
    }
    makers::write_own(row, frame);
    words::write(row, KEYS, |key| pairs.get(key));
    let class = makers::class_of(row, frame);
    row.class(class);
    complete(row, class, frame, device);
}

/// When it happened; else when the device learned of it. Zones may stand in a key of their own.
fn time(pairs: &Pairs<'_>, clock: Clock<'_>) -> Option<(Timestamp, bool)> {
    const KEYS: &[&str] =
        &["start", "event_timestamp", "rt", "end", "endTime", "startTime", "deviceReceiptTime"];
    KEYS.iter().filter_map(|key| pairs.get(key)).find_map(|text| {
        let zoned = pairs.get("dtz").map(|zone| format!("{text} {zone}"));
        zoned.and_then(|text| clock.sent(&text)).or_else(|| clock.sent(text))
    })
}

/// What only one class has.
fn complete(row: &mut RowWriter<'_>, class: ClassId, frame: &Frame<'_>, device: Option<&str>) {
    let pairs = &frame.pairs;
    match class {
        class::IDS_ALERT | class::MALWARE_FOUND => {
            let name = pairs.any(&["event_type", "virus"]).or(pairs.labelled("sname")).unwrap_or(frame.name);
            if !row.has(field::SIG_NAME) {
                row.text(field::SIG_NAME, if is_nothing(name) { frame.event } else { name });
            }
            if !row.has(field::SIG_ID) {
                row.text(field::SIG_ID, frame.event);
            }
        }
        class::AUTH_FAILED => words::set_reason(row, pairs.any(&["reason", "msg"]).unwrap_or(frame.name)),
        class::DEVICE_CONFIG_CHANGED => {
            row.text(field::CONFIG_ITEM, "other").text(field::ACTION, "change");
        }
        _ => {}
    }
    if matches!(class, class::HOST_LOG | class::MALWARE_FOUND) {
        set_host(row, &[pairs.any(&["dhost", "shost", "dst", "src"]), device]);
    }
    if !row.has(field::MESSAGE) {
        row.text(field::MESSAGE, frame.name);
    }
}

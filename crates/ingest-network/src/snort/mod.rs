//! Snort 3 `alert_json`: one object an alert.
//!
//! ```text
//! {"timestamp":"12/11-06:23:51.078597","proto":"TCP","src_ap":"192.0.2.9:1035","dst_ap":"198.51.100.7:389","rule":"1:44604:1","action":"would_block"}
//! ```
//! The time has no year and is the sensor's own. Address and port stand together: of version 6 the last colon
//! parts them, and port 0 is none. Fields are chosen by configuration, so of a rule there may be no more than
//! its numbers.

use crate::net::set_proto;
use event::class::{self, ClassId, Domain};
use event::field::{self, FieldId};
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::Timestamp;
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{Values, Word, looks_like_object};
use ingest::json_paths;
use ingest::time::{Clock, epoch};
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 10);

const CLASSES: &[ClassId] = &[class::IDS_ALERT, class::UNCLASSIFIED];

json_paths! {
    SNORT {
        TIME: "timestamp",
        SECONDS: "seconds",
        PROTO: "proto",
        SRC: "src_ap",
        DST: "dst_ap",
        SRC_ADDR: "src_addr",
        SRC_PORT: "src_port",
        DST_ADDR: "dst_addr",
        DST_PORT: "dst_port",
        RULE: "rule",
        GID: "gid",
        SID: "sid",
        REV: "rev",
        MSG: "msg",
        CATEGORY: "class",
        PRIORITY: "priority",
        ACTION: "action",
        SERVICE: "service",
        IFACE: "iface",
        B64: "b64_data",
    }
}

type Alert<'a> = Values<'a, { Place::Count as usize }>;

static WORDS: LazyLock<[Word; 4]> =
    LazyLock::new(|| ["src_ap", "rule", "src_addr", "pkt_num"].map(Word::new));

/// The decoder of Snort's alerts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snort;

impl Decoder for Snort {
    fn format(&self) -> &'static str {
        "snort"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Snort 3 alerts as JSON (alert_json)"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let [src, rule, addr, packet] = &*WORDS;
        looks_like_object(value)
            && rule.is_in(value)
            && (src.is_in(value) || addr.is_in(value) || packet.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let json = SNORT.read(record.text()?)?;
        let numbers = [GID, SID, REV].map(|at| json[at].int());
        let rule = match (json[RULE].text(), numbers) {
            (Some(rule), _) => rule.to_owned(),
            (None, [Some(gid), Some(sid), rev]) => format!("{gid}:{sid}:{}", rev.unwrap_or(0)),
            _ => return Err(Refusal::malformed("no `rule`, and no `gid` and `sid`")),
        };
        let mut row = out.begin(class::IDS_ALERT);
        row.text(field::NATIVE_CODE, &["snort:", &rule].concat()).text(field::SIG_ID, &rule);
        row.text(field::SIG_NAME, json[MSG].text().unwrap_or(&rule));
        let own = json[SECONDS].int().and_then(epoch);
        match own {
            Some(time) => {
                row.device_time(time, TimeQuality::Device);
            }
            None => {
                if let Some(time) = json[TIME].text().and_then(|text| time(text, record.clock)) {
                    row.device_time(time, TimeQuality::Device).zone_assumed();
                }
            }
        }
        write(&mut row, &json);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn write(row: &mut RowWriter<'_>, json: &Alert<'_>) {
    end(row, json[SRC].text(), (field::SRC_IP, field::SRC_PORT));
    end(row, json[DST].text(), (field::DST_IP, field::DST_PORT));
    let apart = [
        (SRC_ADDR, field::SRC_IP),
        (SRC_PORT, field::SRC_PORT),
        (DST_ADDR, field::DST_IP),
        (DST_PORT, field::DST_PORT),
    ];
    for (at, field) in apart.into_iter().filter(|(at, _)| json[*at].is_some()) {
        if !row.has(field) {
            json[at].write(row, field);
        }
    }
    if let Some(proto) = json[PROTO].text() {
        set_proto(row, proto);
    }
    row.maybe(field::SIG_CATEGORY, json[CATEGORY].text());
    row.maybe(field::APP, json[SERVICE].text().filter(|service| *service != "unknown"));
    // 1 is the worst (formats.md §8).
    let severity = match json[PRIORITY].int() {
        Some(1) => Some(80),
        Some(2) => Some(50),
        Some(3) => Some(25),
        Some(4..) => Some(10),
        _ => None,
    };
    if let Some(severity) = severity {
        row.int(field::NATIVE_SEVERITY, severity);
    }
    if let Some(action) = json[ACTION].text() {
        let outcome = match action {
            "block" | "drop" | "reject" | "rewrite" => "blocked",
            _ => "allowed",
        };
        row.text(field::OUTCOME, outcome).text(field::NATIVE_REASON, action);
    }
}

/// `192.0.2.9:1035`.
fn end(row: &mut RowWriter<'_>, sent: Option<&str>, (ip, port): (FieldId, FieldId)) {
    let Some((address, number)) = sent.and_then(|sent| sent.rsplit_once(':')) else { return };
    row.maybe(ip, Some(address)).maybe(port, Some(number).filter(|number| *number != "0"));
}

/// `12/11-06:23:51.078597` or, with `-y`, `20/12/11-…`.
fn time(text: &str, clock: Clock<'_>) -> Option<Timestamp> {
    let (date, time) = text.split_once('-')?;
    let parts: Vec<&str> = date.split('/').collect();
    match parts[..] {
        [month, day] => {
            let time = time.parse().ok()?;
            clock.local_without_year(month.parse().ok()?, day.parse().ok()?, time)
        }
        [year, month, day] => clock.sent(&format!("20{year}-{month}-{day} {time}")).map(|(time, _)| time),
        _ => None,
    }
}

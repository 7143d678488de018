//! Syslog, RFC 3164 and 5424, and the bodies that are known: sshd, sudo, su, PAM, netfilter, FreeRADIUS,
//! and the keys of appliances (Meraki, Stormshield, Juniper, ISE, Wallix).
//!
//! A body that is not known is `host.log` with its program, text and severity: what a host says is worth
//! keeping whatever it is. A line without any header is read too, since shippers cut headers off; then the
//! body alone has to say which program wrote it. Formats with a decoder of their own (CEF, Cisco's) come
//! before this one.

use crate::words::{self, set_host, set_time};
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::syslog::{self, Line};
use ingest::time::Clock;

mod appliances;
mod bodies;
mod ise;
mod sshd;
#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 10);

const CLASSES: &[ClassId] = &[
    class::HOST_LOG,
    class::AUTH_LOGIN,
    class::AUTH_LOGOUT,
    class::AUTH_FAILED,
    class::AUTH_ELEVATED,
    class::NET_FLOW,
    class::NET_SESSION,
    class::VPN_CONNECTED,
    class::DEVICE_CONFIG_CHANGED,
    class::NET_HTTP,
    class::IDS_ALERT,
    class::UNCLASSIFIED,
];

/// The decoder of syslog.
#[derive(Clone, Copy, Debug, Default)]
pub struct Syslog;

impl Decoder for Syslog {
    fn format(&self) -> &'static str {
        "syslog"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Syslog RFC 3164 and 5424; bodies of sshd, sudo, PAM, netfilter, FreeRADIUS, appliances"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        syslog::begins(value)
            || std::str::from_utf8(value)
                .is_ok_and(|text| bodies::is_known(text) || appliances::is_known(text) || ise::is_known(text))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let mut line = header(record.text()?.trim(), record.clock);
        let is_said_by_somebody = line.has_header() || line.app.is_some() || is_pairs(line.tagged);
        if !line.has_header() && !bodies::is_program(line.app) && line.process.is_none() {
            // Without a header the first word is as likely a part of the sentence: `error: maximum …`.
            (line.app, line.process, line.body) = (None, None, line.tagged);
        }
        let mut row = out.begin(class::HOST_LOG);
        write_header(&mut row, &line);
        let is_known = bodies::is_known(line.tagged) || ise::is_known(line.tagged);
        let mut class = bodies::write(&mut row, &line);
        if class == class::HOST_LOG && !bodies::is_program(line.app) {
            let said = match ise::is_known(line.tagged) {
                true => ise::write(&mut row, line.tagged, record.clock),
                false => appliances::write(&mut row, &line, record.clock),
            };
            class = said.or_else(|| appliances::write_sentence(&mut row, line.tagged)).unwrap_or(class);
        }
        if !is_said_by_somebody && !is_known && class == class::HOST_LOG {
            return Err(Refusal::malformed("neither a priority, nor a time, nor a program, nor known words"));
        }
        row.class(class);
        if class == class::HOST_LOG {
            set_host(&mut row, &[line.host]);
        }
        row.text(field::MESSAGE, line.body.trim());
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

/// The header; the counters with which a message of ISE's may begin are none.
fn header<'a>(text: &'a str, clock: Clock<'_>) -> Line<'a> {
    match ise::counters(text) {
        Some(_) => Line { body: text, tagged: text, ..Line::default() },
        None => syslog::read(text, clock),
    }
}

/// `id=firewall time=…`
fn is_pairs(text: &str) -> bool {
    let is_word = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    text.split_once('=').is_some_and(|(key, _)| is_word(key))
}

/// `RT_FLOW_SESSION_DENY`: a name of a message that Juniper's lines begin with, maybe behind the program's.
fn message_name(text: &str) -> Option<&str> {
    let mut words = text.split([' ', ':']).filter(|word| !word.is_empty()).take(2);
    words.find(|word| {
        let is_name = word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        is_name && word.contains('_') && word.len() <= 64
    })
}

fn write_header(row: &mut RowWriter<'_>, line: &Line<'_>) {
    row.text(
        field::NATIVE_CODE,
        &format!("syslog:{}", line.message_id.or(message_name(line.tagged)).or(line.app).unwrap_or("-")),
    );
    set_time(row, line.time, TimeQuality::Device);
    if let Some(host) = line.host {
        row.source(host);
    }
    if let Some(severity) = line.severity() {
        row.int(field::NATIVE_SEVERITY, words::syslog_severity(severity));
    }
    row.maybe(field::PROCESS_NAME, line.app).maybe(field::PROCESS_ID, line.process);
    row.maybe(field::LOG_PROVIDER, line.app).maybe(field::LOG_EVENT, line.message_id);
}

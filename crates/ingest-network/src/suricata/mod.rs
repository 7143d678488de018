//! Suricata EVE: one JSON object a line, its `event_type` says what it is.
//!
//! An alert becomes `ids.alert`, an application record the class of its protocol or `net.session`, `stats`
//! the heartbeat. A type that is not known here is `unclassified` with its addresses. Source is the
//! configured sensor name (`host`). Addresses stay as sent: of an answer or a transferred file the sender is
//! `src`, except in leases, whose client is `src` whichever way the packet went. EVE gives no id of an
//! occurrence, so events are known by their coordinates.

use crate::net::{is_nobody, set_proto};
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::{Duration, Timestamp};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{Json, Paths, Values, Word, elements, joined, looks_like_object};
use ingest::json_paths;
use ingest::time::Clock;
use std::borrow::Cow;
use std::sync::LazyLock;

mod session;
#[cfg(test)]
mod tests;

/// Flow records are written when the flow ends or is given up.
const FLOW_KIND: Kind = Kind::new("flow", 60);
const NETFLOW_KIND: Kind = Kind::new("netflow", 60);
const OTHER_KIND: Kind = Kind::new("*", 10);

json_paths! {
    /// Everything that any type of record is asked for.
    EVE {
        TIMESTAMP: "timestamp", EVENT_TYPE: "event_type", SENSOR: "host",
        SRC_IP: "src_ip", SRC_PORT: "src_port", DEST_IP: "dest_ip", DEST_PORT: "dest_port", PROTO: "proto",
        SRC_MAC: "ether/src_mac", DEST_MAC: "ether/dest_mac",
        APP_PROTO: "app_proto", FLOW_ID: "flow_id", COMMUNITY_ID: "community_id",
        ACTION: "alert/action", GID: "alert/gid", SIGNATURE_ID: "alert/signature_id",
        SIGNATURE: "alert/signature", CATEGORY: "alert/category", ALERT_SEVERITY: "alert/severity",
        TECHNIQUE: "alert/metadata/mitre_technique_id/0",
        FLOW_START: "flow/start", FLOW_END: "flow/end",
        PKTS_TOSERVER: "flow/pkts_toserver", PKTS_TOCLIENT: "flow/pkts_toclient",
        BYTES_TOSERVER: "flow/bytes_toserver", BYTES_TOCLIENT: "flow/bytes_toclient",
        NETFLOW_PKTS: "netflow/pkts", NETFLOW_BYTES: "netflow/bytes",
        NETFLOW_START: "netflow/start", NETFLOW_END: "netflow/end",
        RRNAME: "dns/rrname", RRTYPE: "dns/rrtype", RCODE: "dns/rcode", RDATA: "dns/rdata",
        QUERY: "dns/query/0/rrname", QUERY_RRTYPE: "dns/query/0/rrtype",
        QUERIES: "dns/queries/0/rrname", QUERIES_RRTYPE: "dns/queries/0/rrtype", ANSWERS: "dns/answers{}",
        HTTP_HOSTNAME: "http/hostname", HTTP_URL: "http/url", HTTP_USER_AGENT: "http/http_user_agent",
        HTTP_REFER: "http/http_refer", HTTP_METHOD: "http/http_method", HTTP_STATUS: "http/status",
        TLS_SNI: "tls/sni", TLS_VERSION: "tls/version", TLS_ISSUER: "tls/issuerdn",
        TLS_SUBJECT: "tls/subject",
        TLS_FINGERPRINT: "tls/fingerprint",
        FILENAME: "fileinfo/filename", FILE_SIZE: "fileinfo/size", FILE_MAGIC: "fileinfo/magic",
        FILE_SHA256: "fileinfo/sha256", FILE_SHA1: "fileinfo/sha1", FILE_MD5: "fileinfo/md5",
        FIRST_FILE: "files/0/filename", FIRST_FILE_SHA256: "files/0/sha256", FTP_FILE: "ftp_data/filename",
        MAIL_FROM: "smtp/mail_from", RCPT_TO: "smtp/rcpt_to{}", EMAIL_FROM: "email/from",
        EMAIL_TO: "email/to{}",
        EMAIL_SUBJECT: "email/subject", ATTACHMENTS: "email/attachment{}",
        DHCP_TYPE: "dhcp/type", DHCP_MESSAGE: "dhcp/dhcp_type", DHCP_MAC: "dhcp/client_mac",
        DHCP_ASSIGNED: "dhcp/assigned_ip", DHCP_CLIENT: "dhcp/client_ip", DHCP_HOSTNAME: "dhcp/hostname",
        ANOMALY_EVENT: "anomaly/event", ANOMALY_TYPE: "anomaly/type", ANOMALY_APP: "anomaly/app_proto",
    }
}

/// What EVE is recognised by: the first, and one of the others.
static WORDS: LazyLock<[Word; 4]> =
    LazyLock::new(|| ["event_type", "src_ip", "flow_id", "stats"].map(Word::new));

type Eve<'a> = Values<'a, { Place::Count as usize }>;

/// The decoder of EVE.
#[derive(Clone, Copy, Debug, Default)]
pub struct Suricata;

impl Decoder for Suricata {
    fn format(&self) -> &'static str {
        "suricata"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Suricata EVE JSON, all event types"
    }

    fn produces(&self) -> Vec<Production> {
        const OTHERS: &[ClassId] = &[
            class::IDS_ALERT,
            class::NET_ANOMALY,
            class::NET_DNS,
            class::NET_HTTP,
            class::NET_TLS,
            class::NET_FILE,
            class::NET_MAIL,
            class::NET_LEASE,
            class::NET_SESSION,
            class::NET_FLOW,
            class::HEALTH_HEARTBEAT,
            class::UNCLASSIFIED,
        ];
        let flows = changes(FLOW_KIND, &[class::NET_FLOW]).chain(changes(NETFLOW_KIND, &[class::NET_FLOW]));
        flows.chain(changes(OTHER_KIND, OTHERS)).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let [event_type, others @ ..] = &*WORDS;
        looks_like_object(value) && event_type.is_in(value) && others.iter().any(|word| word.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        let eve = EVE.read(text)?;
        let Some(kind) = eve[EVENT_TYPE].text() else {
            return Err(Refusal::malformed("EVE without `event_type`"));
        };
        // Others have a key of that name too.
        if class_of(kind, &eve) == class::UNCLASSIFIED && !eve[FLOW_ID].is_some() && !eve[SRC_IP].is_some() {
            return Err(Refusal::malformed("neither a known `event_type` nor a flow or an address"));
        }
        let mut row = out.begin(class_of(kind, &eve));
        row.text(field::NATIVE_CODE, &native_code(kind));
        write_common(&mut row, &eve, record.clock);
        write_kind(&mut row, kind, &eve);
        if is_session(kind) {
            session::write(&mut row, text)?;
        }
        row.finish();
        Ok(Decoded::Events(match kind {
            "flow" => FLOW_KIND,
            "netflow" => NETFLOW_KIND,
            _ => OTHER_KIND,
        }))
    }
}

fn class_of(kind: &str, eve: &Eve<'_>) -> ClassId {
    match kind {
        "alert" => class::IDS_ALERT,
        // A packet that was dropped says which rule did it, or that it was the policy.
        "drop" if eve[SIGNATURE].is_some() => class::IDS_ALERT,
        "drop" | "flow" | "netflow" => class::NET_FLOW,
        "anomaly" => class::NET_ANOMALY,
        "dns" => class::NET_DNS,
        "http" | "http2" => class::NET_HTTP,
        "tls" => class::NET_TLS,
        "fileinfo" | "ftp_data" => class::NET_FILE,
        "smtp" => class::NET_MAIL,
        "dhcp" if lease(eve).is_some() => class::NET_LEASE,
        "stats" => class::HEALTH_HEARTBEAT,
        _ if is_session(kind) => class::NET_SESSION,
        _ => class::UNCLASSIFIED,
    }
}

/// The type as a code; those that make up most of the traffic are ready.
fn native_code(kind: &str) -> Cow<'static, str> {
    const READY: [&str; 7] =
        ["eve:alert", "eve:flow", "eve:dns", "eve:http", "eve:tls", "eve:fileinfo", "eve:stats"];
    match READY.iter().find(|code| code[4..] == *kind) {
        Some(code) => Cow::Borrowed(code),
        None => Cow::Owned(format!("eve:{kind}")),
    }
}

/// Application records without a class of their own.
fn is_session(kind: &str) -> bool {
    matches!(
        kind,
        "arp"
            | "bittorrent_dht"
            | "dcerpc"
            | "dhcp"
            | "dnp3"
            | "doh2"
            | "enip"
            | "ftp"
            | "ike"
            | "ikev2"
            | "krb5"
            | "ldap"
            | "mdns"
            | "modbus"
            | "mqtt"
            | "nfs"
            | "ntp"
            | "pgsql"
            | "pop3"
            | "quic"
            | "rdp"
            | "rfb"
            | "rpc"
            | "sip"
            | "smb"
            | "snmp"
            | "ssh"
            | "telnet"
            | "tftp"
            | "websocket"
    )
}

/// The address that a DHCP reply hands out.
fn lease<'v>(eve: &'v Eve<'_>) -> Option<&'v str> {
    let handed_out = eve[DHCP_TYPE].text() == Some("reply") && eve[DHCP_MESSAGE].text() != Some("nak");
    eve[DHCP_ASSIGNED].text().filter(|ip| handed_out && !is_nobody(ip))
}

fn write_common(row: &mut RowWriter<'_>, eve: &Eve<'_>, clock: Clock<'_>) {
    if let Some((time, assumed)) = eve[TIMESTAMP].text().and_then(|text| clock.iso(text)) {
        row.device_time(time, TimeQuality::Device);
        if assumed {
            row.zone_assumed();
        }
    }
    if let Some(sensor) = eve[SENSOR].text() {
        row.source(sensor);
    }
    row.maybe(field::SRC_IP, eve[SRC_IP].text()).maybe(field::DST_IP, eve[DEST_IP].text());
    put_int(row, field::SRC_PORT, &eve[SRC_PORT]);
    put_int(row, field::DST_PORT, &eve[DEST_PORT]);
    row.maybe(field::SRC_MAC, eve[SRC_MAC].text()).maybe(field::DST_MAC, eve[DEST_MAC].text());
    if let Some(proto) = eve[PROTO].text() {
        set_proto(row, proto);
    }
    row.maybe(field::APP, eve[APP_PROTO].text().filter(|app| *app != "failed"));
    eve[FLOW_ID].write(row, field::FLOW_ID);
    row.maybe(field::COMMUNITY_ID, eve[COMMUNITY_ID].text());
}

fn write_kind(row: &mut RowWriter<'_>, kind: &str, eve: &Eve<'_>) {
    match kind {
        "alert" | "drop" => write_alert(row, kind, eve),
        "flow" | "netflow" => write_flow(row, kind, eve),
        "anomaly" => {
            row.maybe(field::SIG_NAME, eve[ANOMALY_EVENT].text())
                .maybe(field::SIG_CATEGORY, eve[ANOMALY_TYPE].text());
            row.maybe(field::APP, eve[ANOMALY_APP].text());
        }
        "dns" => write_dns(row, eve),
        "http" | "http2" => write_http(row, eve),
        "tls" => write_tls(row, eve),
        "fileinfo" | "ftp_data" => write_file(row, eve),
        "smtp" => write_mail(row, eve),
        "dhcp" => write_lease(row, eve),
        _ => {}
    }
    let is_application = is_session(kind) || matches!(kind, "dns" | "http" | "http2" | "tls" | "smtp");
    if is_application && !row.has(field::APP) {
        row.text(field::APP, kind);
    }
}

fn write_alert(row: &mut RowWriter<'_>, kind: &str, eve: &Eve<'_>) {
    let outcome = if kind == "drop" { Some("blocked") } else { eve[ACTION].text() };
    row.maybe(field::OUTCOME, outcome);
    row.maybe(field::SIG_NAME, eve[SIGNATURE].text()).maybe(field::SIG_CATEGORY, eve[CATEGORY].text());
    write_signature_id(row, eve);
    row.maybe(field::TECHNIQUE, eve[TECHNIQUE].text());
    if let Some(severity) = eve[ALERT_SEVERITY].int() {
        row.int(field::NATIVE_SEVERITY, severity_of(severity));
    }
    write_http(row, eve);
    write_tls(row, eve);
    row.maybe(field::QUERY, dns_query(eve));
    row.maybe(field::FILE_NAME, eve[FIRST_FILE].text())
        .maybe(field::FILE_HASH, eve[FIRST_FILE_SHA256].text());
}

/// `2001219`, or `gid:id` of rules outside the common generator.
fn write_signature_id(row: &mut RowWriter<'_>, eve: &Eve<'_>) {
    match eve[GID].int() {
        None | Some(1) => eve[SIGNATURE_ID].write(row, field::SIG_ID),
        Some(generator) => {
            let id = eve[SIGNATURE_ID].written().map(|id| format!("{generator}:{id}"));
            row.maybe(field::SIG_ID, id.as_deref());
        }
    }
}

/// 1 is the worst (formats.md §8).
fn severity_of(native: i64) -> i64 {
    match native {
        ..=1 => 80,
        2 => 50,
        3 => 25,
        _ => 10,
    }
}

fn write_flow(row: &mut RowWriter<'_>, kind: &str, eve: &Eve<'_>) {
    let netflow = kind == "netflow";
    put_int(row, field::BYTES_OUT, &eve[if netflow { NETFLOW_BYTES } else { BYTES_TOSERVER }]);
    put_int(row, field::PACKETS_OUT, &eve[if netflow { NETFLOW_PKTS } else { PKTS_TOSERVER }]);
    put_int(row, field::BYTES_IN, &eve[BYTES_TOCLIENT]);
    put_int(row, field::PACKETS_IN, &eve[PKTS_TOCLIENT]);
    let at = |path: usize| eve[path].text().and_then(Timestamp::parse_rfc3339);
    let (start, end) = if netflow { (NETFLOW_START, NETFLOW_END) } else { (FLOW_START, FLOW_END) };
    if let (Some(start), Some(end)) = (at(start), at(end)) {
        row.duration(field::DURATION, (end - start).max(Duration::ZERO));
    }
}

fn dns_query<'v>(eve: &'v Eve<'_>) -> Option<&'v str> {
    eve[RRNAME].text().or(eve[QUERIES].text()).or(eve[QUERY].text())
}

fn write_dns(row: &mut RowWriter<'_>, eve: &Eve<'_>) {
    static ANSWER: LazyLock<Paths<3>> = LazyLock::new(|| Paths::new(["rrname", "rrtype", "rdata"]));
    let query_type = eve[RRTYPE].text().or(eve[QUERIES_RRTYPE].text()).or(eve[QUERY_RRTYPE].text());
    row.maybe(field::QUERY, dns_query(eve)).maybe(field::QUERY_TYPE, query_type);
    row.maybe(field::RCODE, eve[RCODE].text()).maybe(field::ANSWER, eve[RDATA].text());
    let Some(answers) = eve[ANSWERS].raw().and_then(elements) else { return };
    let answers: Vec<_> = answers.iter().filter_map(|answer| ANSWER.read(answer).ok()).collect();
    let rdata: Vec<&str> = answers.iter().filter_map(|answer| answer[2].text()).collect();
    row.text(field::ANSWER, &rdata.join(", "));
    // Some versions name the question nowhere but in what was answered.
    if let Some(last) = answers.last().filter(|_| dns_query(eve).is_none()) {
        row.maybe(field::QUERY, last[0].text()).maybe(field::QUERY_TYPE, last[1].text());
    }
}

fn write_http(row: &mut RowWriter<'_>, eve: &Eve<'_>) {
    row.maybe(field::URL, eve[HTTP_URL].text()).maybe(field::HTTP_HOST, eve[HTTP_HOSTNAME].text());
    row.maybe(field::HTTP_METHOD, eve[HTTP_METHOD].text())
        .maybe(field::USER_AGENT, eve[HTTP_USER_AGENT].text());
    row.maybe(field::REFERRER, eve[HTTP_REFER].text());
    put_int(row, field::HTTP_STATUS, &eve[HTTP_STATUS]);
}

fn write_tls(row: &mut RowWriter<'_>, eve: &Eve<'_>) {
    row.maybe(field::TLS_SNI, eve[TLS_SNI].text()).maybe(field::TLS_VERSION, eve[TLS_VERSION].text());
    row.maybe(field::TLS_ISSUER, eve[TLS_ISSUER].text()).maybe(field::TLS_SUBJECT, eve[TLS_SUBJECT].text());
    row.maybe(field::TLS_FINGERPRINT, eve[TLS_FINGERPRINT].text());
}

fn write_file(row: &mut RowWriter<'_>, eve: &Eve<'_>) {
    let hash = eve[FILE_SHA256].text().or(eve[FILE_SHA1].text()).or(eve[FILE_MD5].text());
    row.maybe(field::FILE_NAME, eve[FILENAME].text().or(eve[FTP_FILE].text())).maybe(field::FILE_HASH, hash);
    row.maybe(field::FILE_TYPE, eve[FILE_MAGIC].text());
    put_int(row, field::FILE_SIZE, &eve[FILE_SIZE]);
    write_http(row, eve);
}

fn write_mail(row: &mut RowWriter<'_>, eve: &Eve<'_>) {
    let to = eve[RCPT_TO].raw().and_then(joined).or(eve[EMAIL_TO].raw().and_then(joined));
    row.maybe(field::MAIL_FROM, eve[MAIL_FROM].text().or(eve[EMAIL_FROM].text()))
        .maybe(field::MAIL_TO, to.as_deref());
    row.maybe(field::MAIL_SUBJECT, eve[EMAIL_SUBJECT].text());
    row.maybe(field::FILE_NAME, eve[ATTACHMENTS].raw().and_then(joined).as_deref());
}

fn write_lease(row: &mut RowWriter<'_>, eve: &Eve<'_>) {
    row.maybe(field::SRC_MAC, eve[DHCP_MAC].text()).maybe(field::SRC_HOST, eve[DHCP_HOSTNAME].text());
    let Some(assigned) = lease(eve) else { return };
    row.text(field::ASSIGNED_IP, assigned).text(field::ACTION, "grant");
    // The packet came from the server; the lease is the client's.
    row.maybe(field::SRC_IP, Some(eve[DEST_IP].text().filter(|ip| !is_nobody(ip)).unwrap_or(assigned)));
    row.maybe(field::DST_IP, eve[SRC_IP].text());
    put_int(row, field::SRC_PORT, &eve[DEST_PORT]);
    put_int(row, field::DST_PORT, &eve[SRC_PORT]);
}

fn put_int(row: &mut RowWriter<'_>, field: field::FieldId, json: &Json<'_>) {
    if let Some(number) = json.int() {
        row.int(field, number);
    }
}

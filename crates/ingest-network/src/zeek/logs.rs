//! The table of Zeek's logs: what each means, how late it is, which of its fields go where.
//!
//! A row is found by the name of the log, or by words that only it has. Paths ending in `{}` are lists. A
//! later path of the same field wins, so the better one stands last. Passwords and SNMP communities are never
//! taken (R12).

use event::class::{self, ClassId};
use event::field::{self, FieldId};
use event::row::RowWriter;
use ingest::decoder::Kind;

/// One log.
pub(super) struct Log {
    pub name: &'static str,
    pub class: ClassId,
    pub kind: Kind,
    /// Each a set of keys that only records of this log have together.
    pub tells: &'static [&'static [&'static str]],
    pub fields: &'static [(&'static str, As)],
}

/// What is made of a value.
#[derive(Clone, Copy)]
pub(super) enum As {
    /// The field, by its type.
    Is(FieldId),
    /// The field, from the first of a list.
    First(FieldId),
    /// The field, from all of a list.
    All(FieldId),
    /// The transport protocol.
    Proto,
    /// Success or failure, from a truth.
    Success,
    /// Outcome, from a word.
    Result,
    /// Outcome, from a connection's state.
    ConnState,
    /// The sensor.
    Source,
    /// The name of a notice, which may be that of a scan.
    Note,
    /// The severity of a syslog message.
    Severity,
    /// A piece of the line for people, in order.
    Line,
    /// When it happened.
    Time,
}

use As::{All, ConnState, First, Is, Line, Note, Proto, Result, Severity, Source, Success, Time};

/// The place of the originator's address in [`COMMON`].
pub(super) const ORIG_H: usize = 4;

/// The place of the first field in [`COMMON`] that logs of other makers call the same.
pub(super) const SHARED: usize = 12;

/// What every log may have; time and time of writing come first.
pub(super) const COMMON: &[(&str, As)] = &[
    ("ts", Time),
    ("_write_ts", Time),
    ("_system_name", Source),
    ("uid", Is(field::FLOW_ID)),
    ("id.orig_h", Is(field::SRC_IP)),
    ("id.orig_p", Is(field::SRC_PORT)),
    ("id.resp_h", Is(field::DST_IP)),
    ("id.resp_p", Is(field::DST_PORT)),
    ("id/orig_h", Is(field::SRC_IP)),
    ("id/orig_p", Is(field::SRC_PORT)),
    ("id/resp_h", Is(field::DST_IP)),
    ("id/resp_p", Is(field::DST_PORT)),
    ("proto", Proto),
    ("community_id", Is(field::COMMUNITY_ID)),
];

const fn log(
    name: &'static str,
    class: ClassId,
    lateness_s: i64,
    tells: &'static [&'static [&'static str]],
    fields: &'static [(&'static str, As)],
) -> Log {
    Log { name, class, kind: Kind::new(name, lateness_s), tells, fields }
}

/// The logs; the last row is for those that are not known here.
pub(super) const LOGS: &[Log] = &[
    log(
        "conn",
        class::NET_FLOW,
        330,
        &[&["conn_state"]],
        &[
            ("service", Is(field::APP)),
            ("duration", Is(field::DURATION)),
            ("orig_bytes", Is(field::BYTES_OUT)),
            ("resp_bytes", Is(field::BYTES_IN)),
            ("orig_pkts", Is(field::PACKETS_OUT)),
            ("resp_pkts", Is(field::PACKETS_IN)),
            ("orig_l2_addr", Is(field::SRC_MAC)),
            ("resp_l2_addr", Is(field::DST_MAC)),
            ("conn_state", ConnState),
        ],
    ),
    log(
        "dns",
        class::NET_DNS,
        90,
        &[&["trans_id", "RA"], &["qtype_name", "rejected"]],
        &[
            ("query", Is(field::QUERY)),
            ("qtype_name", Is(field::QUERY_TYPE)),
            ("rcode_name", Is(field::RCODE)),
            ("answers{}", All(field::ANSWER)),
        ],
    ),
    log(
        "http",
        class::NET_HTTP,
        10,
        &[&["trans_depth", "request_body_len"], &["trans_depth", "uri"]],
        &[
            ("method", Is(field::HTTP_METHOD)),
            ("host", Is(field::HTTP_HOST)),
            ("uri", Is(field::URL)),
            ("referrer", Is(field::REFERRER)),
            ("user_agent", Is(field::USER_AGENT)),
            ("status_code", Is(field::HTTP_STATUS)),
            ("username", Is(field::USER)),
            ("resp_mime_types{}", First(field::FILE_TYPE)),
        ],
    ),
    log(
        "ssl",
        class::NET_TLS,
        15,
        &[&["established", "resumed"]],
        &[
            ("version", Is(field::TLS_VERSION)),
            ("server_name", Is(field::TLS_SNI)),
            ("subject", Is(field::TLS_SUBJECT)),
            ("issuer", Is(field::TLS_ISSUER)),
            ("ja3", Is(field::TLS_FINGERPRINT)),
            ("cert_chain_fps{}", First(field::TLS_FINGERPRINT)),
            ("established", Success),
            ("validation_status", Line),
        ],
    ),
    log(
        "x509",
        class::NET_TLS,
        10,
        &[&["certificate.serial"], &["certificate", "serial", "not_valid_before"]],
        &[
            ("certificate.subject", Is(field::TLS_SUBJECT)),
            ("certificate.issuer", Is(field::TLS_ISSUER)),
            ("certificate/subject", Is(field::TLS_SUBJECT)),
            ("certificate/issuer", Is(field::TLS_ISSUER)),
            ("fingerprint", Is(field::TLS_FINGERPRINT)),
        ],
    ),
    log(
        "notice",
        class::IDS_ALERT,
        10,
        &[&["note", "msg"], &["note", "actions"]],
        &[
            ("src", Is(field::SRC_IP)),
            ("dst", Is(field::DST_IP)),
            ("p", Is(field::DST_PORT)),
            ("note", Note),
            ("fuid", Is(field::SESSION)),
            ("n", Is(field::COUNT)),
            ("peer_descr", Source),
            ("msg", Line),
            ("sub", Line),
        ],
    ),
    log(
        "signatures",
        class::IDS_ALERT,
        10,
        &[&["sig_id", "event_msg"]],
        &[
            ("src_addr", Is(field::SRC_IP)),
            ("src_port", Is(field::SRC_PORT)),
            ("dst_addr", Is(field::DST_IP)),
            ("dst_port", Is(field::DST_PORT)),
            ("sig_id", Is(field::SIG_ID)),
            ("note", Is(field::SIG_NAME)),
            ("sig_count", Is(field::COUNT)),
            ("event_msg", Line),
            ("sub_msg", Line),
        ],
    ),
    log(
        "intel",
        class::IDS_ALERT,
        10,
        &[&["seen.indicator"]],
        &[
            ("seen.indicator", Is(field::SIG_NAME)),
            ("seen.indicator_type", Is(field::SIG_CATEGORY)),
            ("sources{}", All(field::MATCH_LIST)),
            ("seen.where", Line),
        ],
    ),
    log(
        "weird",
        class::NET_ANOMALY,
        10,
        &[&["name", "notice"]],
        &[("name", Is(field::SIG_NAME)), ("source", Is(field::APP)), ("peer", Source), ("addl", Line)],
    ),
    log("dpd", class::NET_ANOMALY, 10, &[&["analyzer", "failure_reason"]], VIOLATION),
    log("analyzer", class::NET_ANOMALY, 10, &[&["analyzer_kind"]], VIOLATION),
    log(
        "files",
        class::NET_FILE,
        10,
        &[&["fuid", "analyzers"], &["fuid", "seen_bytes"]],
        &[
            ("tx_hosts{}", First(field::SRC_IP)),
            ("rx_hosts{}", First(field::DST_IP)),
            ("conn_uids{}", First(field::FLOW_ID)),
            ("source", Is(field::APP)),
            ("filename", Is(field::FILE_NAME)),
            ("mime_type", Is(field::FILE_TYPE)),
            ("seen_bytes", Is(field::FILE_SIZE)),
            ("total_bytes", Is(field::FILE_SIZE)),
            ("md5", Is(field::FILE_HASH)),
            ("sha1", Is(field::FILE_HASH)),
            ("sha256", Is(field::FILE_HASH)),
            ("duration", Is(field::DURATION)),
        ],
    ),
    log(
        "pe",
        class::NET_FILE,
        10,
        &[&["machine", "is_exe"]],
        &[("machine", Line), ("os", Line), ("subsystem", Line)],
    ),
    log(
        "smtp",
        class::NET_MAIL,
        15,
        &[&["trans_depth", "is_webmail"], &["helo", "last_reply"]],
        &[
            ("from", Is(field::MAIL_FROM)),
            ("mailfrom", Is(field::MAIL_FROM)),
            ("to{}", All(field::MAIL_TO)),
            ("rcptto{}", All(field::MAIL_TO)),
            ("subject", Is(field::MAIL_SUBJECT)),
            ("user_agent", Is(field::USER_AGENT)),
            ("last_reply", Line),
        ],
    ),
    log(
        "dhcp",
        class::NET_LEASE,
        10,
        &[&["mac", "msg_types"], &["mac", "lease_time"]],
        &[
            ("client_addr", Is(field::SRC_IP)),
            ("server_addr", Is(field::DST_IP)),
            ("mac", Is(field::SRC_MAC)),
            ("host_name", Is(field::SRC_HOST)),
            ("uids{}", First(field::FLOW_ID)),
            ("assigned_ip", Is(field::ASSIGNED_IP)),
            ("assigned_addr", Is(field::ASSIGNED_IP)),
            ("msg_types{}", All(field::MESSAGE)),
        ],
    ),
    log("known_hosts", class::NET_HOST_SEEN, 10, &[], &[("host", Is(field::SRC_IP))]),
    log(
        "known_devices",
        class::NET_HOST_SEEN,
        10,
        &[],
        &[("mac", Is(field::SRC_MAC)), ("dhcp_host_name", Is(field::SRC_HOST))],
    ),
    log(
        "known_services",
        class::NET_HOST_SEEN,
        330,
        &[&["port_num", "port_proto"]],
        &[
            ("host", Is(field::SRC_IP)),
            ("port_num", Is(field::SRC_PORT)),
            ("port_proto", Proto),
            ("service{}", First(field::APP)),
        ],
    ),
    log(
        "known_certs",
        class::NET_HOST_SEEN,
        10,
        &[&["port_num", "issuer_subject"]],
        &[
            ("host", Is(field::SRC_IP)),
            ("port_num", Is(field::SRC_PORT)),
            ("subject", Is(field::TLS_SUBJECT)),
            ("issuer_subject", Is(field::TLS_ISSUER)),
        ],
    ),
    log(
        "software",
        class::NET_HOST_SEEN,
        10,
        &[&["software_type"]],
        &[
            ("host", Is(field::SRC_IP)),
            ("host_p", Is(field::SRC_PORT)),
            ("name", Is(field::APP)),
            ("software_type", Line),
            ("unparsed_version", Line),
        ],
    ),
    log(
        "syslog",
        class::HOST_LOG,
        10,
        &[&["facility", "severity", "message"]],
        &[("facility", Is(field::LOG_CHANNEL)), ("severity", Severity), ("message", Is(field::MESSAGE))],
    ),
    log(
        "ntlm",
        class::NET_SESSION,
        330,
        &[&["username", "domainname"], &["server_nb_computer_name"]],
        &[
            ("username", Is(field::USER)),
            ("domainname", Is(field::USER_DOMAIN)),
            ("hostname", Is(field::SRC_HOST)),
            ("server_nb_computer_name", Is(field::DST_HOST)),
            ("success", Success),
            ("status", Line),
        ],
    ),
    log(
        "kerberos",
        class::NET_SESSION,
        15,
        &[&["request_type", "service"], &["request_type", "till"]],
        &[
            ("client", Is(field::USER)),
            ("success", Success),
            ("request_type", Line),
            ("service", Line),
            ("error_msg", Line),
        ],
    ),
    log(
        "ssh",
        class::NET_SESSION,
        15,
        &[&["kex_alg"], &["auth_attempts"], &["auth_success"]],
        &[("auth_success", Success), ("direction", Is(field::DIRECTION)), ("client", Line), ("server", Line)],
    ),
    log(
        "rdp",
        class::NET_SESSION,
        15,
        &[&["security_protocol"], &["client_build", "keyboard_layout"]],
        &[
            ("cookie", Is(field::USER)),
            ("client_name", Is(field::SRC_HOST)),
            ("result", Line),
            ("security_protocol", Line),
        ],
    ),
    log(
        "ftp",
        class::NET_SESSION,
        10,
        &[&["reply_code", "command"], &["data_channel.passive"]],
        &[
            ("user", Is(field::USER)),
            ("file_size", Is(field::FILE_SIZE)),
            ("mime_type", Is(field::FILE_TYPE)),
            ("command", Line),
            ("arg", Line),
            ("reply_code", Line),
            ("reply_msg", Line),
        ],
    ),
    log(
        "smb_files",
        class::NET_SESSION,
        10,
        &[&["action", "times.modified"]],
        &[
            ("path", Is(field::FILE_PATH)),
            ("name", Is(field::FILE_NAME)),
            ("size", Is(field::FILE_SIZE)),
            ("action", Line),
        ],
    ),
    log(
        "smb_mapping",
        class::NET_SESSION,
        10,
        &[&["share_type"]],
        &[("path", Is(field::FILE_PATH)), ("service", Line), ("share_type", Line)],
    ),
    log(
        "snmp",
        class::NET_SESSION,
        90,
        &[&["get_requests"]],
        &[("duration", Is(field::DURATION)), ("display_string", Line)],
    ),
    log(
        "radius",
        class::NET_SESSION,
        10,
        &[&["username", "result"]],
        &[
            ("username", Is(field::USER)),
            ("mac", Is(field::SRC_MAC)),
            ("framed_addr", Is(field::ASSIGNED_IP)),
            ("result", Result),
            ("reply_msg", Line),
        ],
    ),
    log("dce_rpc", class::NET_SESSION, 10, &[&["named_pipe"]], &[("endpoint", Line), ("operation", Line)]),
    log("ntp", class::NET_SESSION, 10, &[&["stratum"]], &[("mode", Line), ("ref_id", Line)]),
    log(
        "rfb",
        class::NET_SESSION,
        10,
        &[&["client_major_version"]],
        &[("auth", Success), ("authentication_method", Line), ("desktop_name", Line)],
    ),
    log(
        "modbus",
        class::NET_SESSION,
        10,
        &[&["func", "unit"], &["func", "pdu_type"]],
        &[("func", Line), ("exception", Line), ("pdu_type", Line)],
    ),
    log(
        "dnp3",
        class::NET_SESSION,
        10,
        &[&["fc_request"], &["fc_reply"]],
        &[("fc_request", Line), ("fc_reply", Line)],
    ),
    log(
        "sip",
        class::NET_SESSION,
        10,
        &[&["call_id"]],
        &[
            ("request_from", Is(field::USER)),
            ("user_agent", Is(field::USER_AGENT)),
            ("method", Line),
            ("uri", Line),
            ("status_msg", Line),
        ],
    ),
    log("mqtt_connect", class::NET_SESSION, 10, &[], &[("client_id", Line), ("connect_status", Line)]),
    log("mqtt_publish", class::NET_SESSION, 10, &[], &[("topic", Line), ("status", Line)]),
    log("mqtt_subscribe", class::NET_SESSION, 10, &[], &[("action", Line), ("topics", Line)]),
    log("mysql", class::NET_SESSION, 10, &[], &[("success", Success), ("cmd", Line)]),
    log(
        "postgresql",
        class::NET_SESSION,
        10,
        &[],
        &[("user", Is(field::USER)), ("success", Success), ("frontend", Line)],
    ),
    log("irc", class::NET_SESSION, 10, &[], &[("user", Is(field::USER)), ("command", Line), ("value", Line)]),
    log(
        "socks",
        class::NET_SESSION,
        10,
        &[],
        &[("user", Is(field::USER)), ("status", Line), ("request.host", Line)],
    ),
    log("tunnel", class::NET_SESSION, 10, &[&["tunnel_type"]], &[("tunnel_type", Line), ("action", Line)]),
    log(
        "ldap",
        class::NET_SESSION,
        10,
        &[],
        &[("object", Is(field::USER)), ("opcode", Line), ("result", Line)],
    ),
    log(
        "ldap_search",
        class::NET_SESSION,
        10,
        &[],
        &[("base_object", Line), ("filter", Line), ("result", Line)],
    ),
    log(
        "quic",
        class::NET_SESSION,
        10,
        &[],
        &[("server_name", Is(field::TLS_SNI)), ("version", Is(field::TLS_VERSION))],
    ),
    log("websocket", class::NET_SESSION, 10, &[], &[("host", Is(field::HTTP_HOST)), ("uri", Is(field::URL))]),
    log("tftp", class::NET_SESSION, 10, &[], &[("fname", Is(field::FILE_NAME)), ("mode", Line)]),
    log("stats", class::HEALTH_HEARTBEAT, 10, &[&["pkts_proc"]], &[("peer", Source)]),
    log("capture_loss", class::HEALTH_HEARTBEAT, 10, &[&["percent_lost"]], &[("peer", Source)]),
    log("telemetry", class::HEALTH_HEARTBEAT, 10, &[], &[("peer", Source)]),
    log("*", class::UNCLASSIFIED, 10, &[], &[]),
];

const VIOLATION: &[(&str, As)] = &[
    ("cause", Is(field::SIG_NAME)),
    ("analyzer", Is(field::APP)),
    ("analyzer_name", Is(field::APP)),
    ("failure_reason", Line),
];

/// The classes that a log's records may turn into besides the one of its row.
pub(super) fn other_classes(name: &str) -> &'static [ClassId] {
    match name {
        "notice" => &[class::NET_SCAN],
        "dhcp" => &[class::NET_SESSION],
        _ => &[class::UNCLASSIFIED],
    }
}

/// What follows from the fields that are set.
pub(super) fn finish(row: &mut RowWriter<'_>, log: &Log) {
    match log.name {
        "dhcp" if row.has(field::ASSIGNED_IP) => {
            row.text(field::ACTION, "grant");
        }
        "dhcp" => {
            row.class(class::NET_SESSION);
        }
        "dpd" if !row.has(field::SIG_NAME) => {
            row.text(field::SIG_NAME, "violation");
        }
        _ => {}
    }
    let names_no_app =
        log.class == class::NET_SESSION || matches!(log.name, "dns" | "http" | "smtp" | "dhcp");
    if names_no_app && !row.has(field::APP) {
        row.text(field::APP, protocol(log.name));
    }
}

/// The protocol of a log: some have several logs.
fn protocol(log: &'static str) -> &'static str {
    match log {
        "smb_files" | "smb_mapping" => "smb",
        "mqtt_connect" | "mqtt_publish" | "mqtt_subscribe" => "mqtt",
        "ldap_search" => "ldap",
        other => other,
    }
}

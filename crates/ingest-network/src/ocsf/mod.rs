//! OCSF 1.x: events that somebody normalised already; `class_uid` says what one is.
//!
//! Class and activity lead to our class; an event of a class that is not known here is `unclassified` with
//! its numbers. `metadata.uid` is the sender's id of the event. Source is the device, else the product.
//! Classes of the extension for physical security are left to its own decoder.

use crate::words::{self, set_host, set_time};
use event::class::{self, ClassId, Domain};
use event::field::{self, FieldId};
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::Timestamp;
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::fold;
use ingest::json::{Json, Values, Word, looks_like_object};
use ingest::json_paths;
use ingest::time::{Clock, epoch, epoch_float};
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

const CLASSES: &[ClassId] = &[
    class::FILE_WRITTEN,
    class::FILE_DELETED,
    class::MODULE_LOADED,
    class::SERVICE_INSTALLED,
    class::PROCESS_STARTED,
    class::PROCESS_ENDED,
    class::PROCESS_ACCESSED,
    class::REGISTRY_SET,
    class::HOST_LOG,
    class::HOST_FINDING,
    class::IDS_ALERT,
    class::MALWARE_FOUND,
    class::ACCOUNT_CREATED,
    class::ACCOUNT_DELETED,
    class::ACCOUNT_CHANGED,
    class::ACCOUNT_ENABLED,
    class::ACCOUNT_DISABLED,
    class::ACCOUNT_RIGHTS_CHANGED,
    class::AUTH_LOGIN,
    class::AUTH_LOGOUT,
    class::AUTH_FAILED,
    class::AUTH_ELEVATED,
    class::NET_FLOW,
    class::NET_HTTP,
    class::NET_DNS,
    class::NET_LEASE,
    class::NET_SESSION,
    class::NET_MAIL,
    class::NET_FILE,
    class::VPN_CONNECTED,
    class::VPN_DISCONNECTED,
    class::API_CALLED,
    class::UNCLASSIFIED,
];

json_paths! {
    /// Everything that any event is asked for.
    OCSF {
        CLASS_UID: "class_uid", ACTIVITY_ID: "activity_id", ACTIVITY: "activity_name", TIME: "time",
        TIME_DT: "time_dt",
        SEVERITY_ID: "severity_id", STATUS_ID: "status_id", STATUS: "status", STATUS_DETAIL: "status_detail",
        DISPOSITION: "disposition", ACTION: "action", MESSAGE: "message",
        UID: "metadata/uid", PRODUCT: "metadata/product/name", EVENT_CODE: "metadata/event_code",
        SRC_IP: "src_endpoint/ip", SRC_PORT: "src_endpoint/port", SRC_HOST: "src_endpoint/hostname",
        SRC_MAC: "src_endpoint/mac", SRC_COUNTRY: "src_endpoint/location/country",
        SRC_DOMAIN: "src_endpoint/domain",
        DST_IP: "dst_endpoint/ip", DST_PORT: "dst_endpoint/port", DST_HOST: "dst_endpoint/hostname",
        DST_MAC: "dst_endpoint/mac", DST_DOMAIN: "dst_endpoint/domain",
        EVIDENCE_IP: "evidences/0/src_endpoint/ip",
        DEVICE: "device/hostname", DEVICE_NAME: "device/name", DEVICE_UID: "device/uid",
        DEVICE_IP: "device/ip",
        ACTOR: "actor/user/name", ACTOR_DOMAIN: "actor/user/domain", ACTOR_UID: "actor/user/uid",
        USER: "user/name", USER_DOMAIN: "user/domain", USER_UID: "user/uid", GROUP: "group/name",
        PROTOCOL: "connection_info/protocol_name", PROTOCOL_NUM: "connection_info/protocol_num",
        APP: "app_name", BYTES_OUT: "traffic/bytes_out", BYTES_IN: "traffic/bytes_in",
        PACKETS_OUT: "traffic/packets_out", PACKETS_IN: "traffic/packets_in", DURATION: "duration",
        QUERY: "query/hostname", QUERY_TYPE: "query/type", RCODE: "rcode", ANSWER: "answers/0/rdata",
        URL: "http_request/url/url_string", URL_PATH: "http_request/url/path",
        URL_HOST: "http_request/url/hostname",
        METHOD: "http_request/http_method", USER_AGENT: "http_request/user_agent",
        HTTP_CODE: "http_response/code",
        FILE: "file/name", FILE_PATH: "file/path", FILE_HASH: "file/hashes/0/value", FILE_SIZE: "file/size",
        PROCESS: "process/name", PROCESS_PATH: "process/file/path", PROCESS_COMMAND: "process/cmd_line",
        PROCESS_PID: "process/pid", PARENT: "process/parent_process/name",
        ACTOR_PROCESS: "actor/process/file/path",
        MODULE: "module/file/path", JOB: "job/name", REG_KEY: "reg_key/path", REG_VALUE: "reg_value/path",
        FINDING: "finding_info/title", FINDING_UID: "finding_info/uid", OLD_FINDING: "finding/title",
        OLD_FINDING_UID: "finding/uid", ANALYTIC: "analytic/name", CVE: "vulnerabilities/0/cve/uid",
        TECHNIQUE: "attacks/0/technique/uid", INFO_TECHNIQUE: "finding_info/attacks/0/technique/uid",
        MALWARE: "malware/0/name", RESOURCE: "resources/0/uid",
        OPERATION: "api/operation", SERVICE: "api/service/name", SESSION: "session/uid",
        MAIL_FROM: "email/from", MAIL_SUBJECT: "email/subject", MAIL_TO: "email/to/0",
    }
}

type Event<'a> = Values<'a, { Place::Count as usize }>;

static WORDS: LazyLock<[Word; 2]> = LazyLock::new(|| ["class_uid", "metadata"].map(Word::new));

/// Where values go that need no thought; the better place of a field first.
const FIELDS: &[(usize, FieldId)] = &[
    (SRC_IP, field::SRC_IP),
    (EVIDENCE_IP, field::SRC_IP),
    (SRC_PORT, field::SRC_PORT),
    (SRC_HOST, field::SRC_HOST),
    (SRC_DOMAIN, field::SRC_HOST),
    (SRC_MAC, field::SRC_MAC),
    (SRC_COUNTRY, field::SRC_COUNTRY),
    (DST_IP, field::DST_IP),
    (DST_PORT, field::DST_PORT),
    (DST_HOST, field::DST_HOST),
    (DST_DOMAIN, field::DST_HOST),
    (DST_MAC, field::DST_MAC),
    (APP, field::APP),
    (BYTES_OUT, field::BYTES_OUT),
    (BYTES_IN, field::BYTES_IN),
    (PACKETS_OUT, field::PACKETS_OUT),
    (PACKETS_IN, field::PACKETS_IN),
    (QUERY, field::QUERY),
    (QUERY_TYPE, field::QUERY_TYPE),
    (RCODE, field::RCODE),
    (ANSWER, field::ANSWER),
    (URL, field::URL),
    (URL_PATH, field::URL),
    (URL_HOST, field::HTTP_HOST),
    (METHOD, field::HTTP_METHOD),
    (USER_AGENT, field::USER_AGENT),
    (HTTP_CODE, field::HTTP_STATUS),
    (FILE, field::FILE_NAME),
    (FILE_PATH, field::FILE_PATH),
    (FILE_HASH, field::FILE_HASH),
    (FILE_SIZE, field::FILE_SIZE),
    (PROCESS, field::PROCESS_NAME),
    (PROCESS_PATH, field::PROCESS_PATH),
    (ACTOR_PROCESS, field::PROCESS_PATH),
    (PROCESS_COMMAND, field::PROCESS_COMMAND),
    (PROCESS_PID, field::PROCESS_ID),
    (PARENT, field::PARENT_NAME),
    (MODULE, field::MODULE_PATH),
    (JOB, field::SERVICE),
    (SERVICE, field::SERVICE),
    (REG_KEY, field::REGISTRY_KEY),
    (REG_VALUE, field::REGISTRY_KEY),
    (FINDING, field::SIG_NAME),
    (OLD_FINDING, field::SIG_NAME),
    (MALWARE, field::SIG_NAME),
    (ANALYTIC, field::SIG_NAME),
    (CVE, field::SIG_ID),
    (FINDING_UID, field::SIG_ID),
    (OLD_FINDING_UID, field::SIG_ID),
    (TECHNIQUE, field::TECHNIQUE),
    (INFO_TECHNIQUE, field::TECHNIQUE),
    (SESSION, field::SESSION),
    (MAIL_FROM, field::MAIL_FROM),
    (MAIL_TO, field::MAIL_TO),
    (MAIL_SUBJECT, field::MAIL_SUBJECT),
    (EVENT_CODE, field::LOG_EVENT),
    (MESSAGE, field::MESSAGE),
];

/// The decoder of OCSF.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ocsf;

impl Decoder for Ocsf {
    fn format(&self) -> &'static str {
        "ocsf"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "OCSF 1.x events as JSON: system, findings, identity, network, application activity"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        looks_like_object(value) && WORDS.iter().all(|word| word.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let event = OCSF.read(record.text()?)?;
        let Some(uid) = event[CLASS_UID].int() else {
            return Err(Refusal::malformed("no `class_uid`"));
        };
        let activity = event[ACTIVITY_ID].int().unwrap_or_default();
        let mut row = out.begin(class::UNCLASSIFIED);
        row.text(field::NATIVE_CODE, &format!("ocsf:{uid}/{activity}"));
        set_time(&mut row, time(&event, record.clock), TimeQuality::Device);
        write(&mut row, &event, (uid, activity));
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn time(event: &Event<'_>, clock: Clock<'_>) -> Option<(Timestamp, bool)> {
    let of = |json: &Json<'_>| match json {
        Json::Int(number) => epoch(*number).map(|time| (time, false)),
        Json::Float(number) if *number < 1e11 => epoch_float(*number).map(|time| (time, false)),
        Json::Float(number) => epoch_float(*number / 1e3).map(|time| (time, false)),
        Json::Text(text) => clock.sent(text),
        _ => None,
    };
    of(&event[TIME]).or_else(|| of(&event[TIME_DT]))
}

fn write(row: &mut RowWriter<'_>, event: &Event<'_>, (uid, activity): (i64, i64)) {
    let said = |place: usize| event[place].text().filter(|text| !words::is_nothing(text));
    let device = said(DEVICE).or(said(DEVICE_NAME)).or(said(DEVICE_UID));
    if let Some(source) = device.or(said(PRODUCT)) {
        row.source(source);
    }
    if let Some(id) = said(UID) {
        row.native_id(id);
    }
    if let Some(severity) = event[SEVERITY_ID].int().and_then(severity) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
    for &(place, field) in FIELDS {
        if !row.has(field) {
            row.maybe(field, event[place].written().as_deref());
        }
    }
    if let Some(proto) =
        said(PROTOCOL).map(str::to_owned).or(event[PROTOCOL_NUM].written().map(|n| n.into_owned()))
    {
        crate::net::set_proto(row, &proto);
    }
    row.maybe(field::NATIVE_REASON, said(ACTIVITY)).maybe(field::OUTCOME, outcome(event));
    let class = class_of(row, event, (uid, activity));
    row.class(class);
    write_who(row, event, class);
    set_host(row, &[device]);
    complete(row, event, class);
}

/// formats.md §8; unknown and other say nothing.
fn severity(id: i64) -> Option<i64> {
    [None, Some(10), Some(30), Some(50), Some(75), Some(90), Some(100)]
        .get(usize::try_from(id).ok()?)
        .copied()
        .flatten()
}

fn outcome(event: &Event<'_>) -> Option<&'static str> {
    let decided = event[DISPOSITION].text().or(event[ACTION].text()).and_then(words::outcome);
    let ended = match event[STATUS_ID].int() {
        Some(1) => Some("success"),
        Some(2) => Some("failure"),
        _ => event[STATUS].text().and_then(words::outcome),
    };
    decided.or(ended)
}

fn class_of(row: &RowWriter<'_>, event: &Event<'_>, (uid, activity): (i64, i64)) -> ClassId {
    let has_failed =
        event[STATUS_ID].int() == Some(2) || event[STATUS].text().and_then(words::outcome) == Some("failure");
    match (uid, activity) {
        (1001, 4) => class::FILE_DELETED,
        (1001, _) => class::FILE_WRITTEN,
        (1005, _) => class::MODULE_LOADED,
        (1006, 1) => class::SERVICE_INSTALLED,
        (1007, 1) => class::PROCESS_STARTED,
        (1007, 2) => class::PROCESS_ENDED,
        (1007, _) => class::PROCESS_ACCESSED,
        (201_001 | 201_002, _) => class::REGISTRY_SET,
        (1000..=1099 | 201_000..=201_099, _) => class::HOST_LOG,
        (2002 | 2003, _) => class::HOST_FINDING,
        (2001 | 2004 | 2005, _) if event[MALWARE].is_some() && event[DEVICE].is_some() => {
            class::MALWARE_FOUND
        }
        (2001 | 2004 | 2005, _) => class::IDS_ALERT,
        (3001, 1) => class::ACCOUNT_CREATED,
        (3001, 2) => class::ACCOUNT_ENABLED,
        (3001, 5) => class::ACCOUNT_DISABLED,
        (3001, 6) => class::ACCOUNT_DELETED,
        (3001, _) => class::ACCOUNT_CHANGED,
        (3002, 2) => class::AUTH_LOGOUT,
        (3002, _) if has_failed => class::AUTH_FAILED,
        (3002, _) => class::AUTH_LOGIN,
        (3003, _) => class::AUTH_ELEVATED,
        (3005 | 3006, _) => class::ACCOUNT_RIGHTS_CHANGED,
        (4001, _) => class::NET_FLOW,
        (4002, _) if row.has(field::URL) => class::NET_HTTP,
        (4002, _) => class::NET_FLOW,
        (4003, _) if row.has(field::QUERY) => class::NET_DNS,
        (4003, _) => class::NET_SESSION,
        (4004, _) => class::NET_LEASE,
        (4005..=4008 | 4012, _) => class::NET_SESSION,
        (4009, _) => class::NET_MAIL,
        (4010, _) => class::NET_FILE,
        (4014, 1) => class::VPN_CONNECTED,
        (4014, 2) => class::VPN_DISCONNECTED,
        (6001..=6005, _) => class::API_CALLED,
        _ => class::UNCLASSIFIED,
    }
}

/// Of a change to an account the user is whom it is done to and the actor who did it; else the user counts
/// before the actor.
fn write_who(row: &mut RowWriter<'_>, event: &Event<'_>, class: ClassId) {
    let said = |place: usize| event[place].text().filter(|text| !words::is_nothing(text));
    let actor = said(ACTOR).or(said(ACTOR_UID));
    let user = said(USER).or(said(USER_UID));
    let is_change = class.def().is_some_and(|def| def.name.starts_with("account."));
    // A name of either goes before an id of either.
    let who = if is_change { actor } else { said(USER).or(said(ACTOR)).or(user).or(actor) };
    if let Some(who) = who {
        fold::set(row, field::USER, who);
    }
    if !row.has(field::USER_DOMAIN) {
        let of_user = said(USER_DOMAIN).filter(|_| user.is_some() && !is_change);
        row.maybe(field::USER_DOMAIN, of_user.or(said(ACTOR_DOMAIN)));
    }
    if is_change {
        row.maybe(field::TARGET_ACCOUNT, user.or(said(GROUP))).maybe(field::ACCOUNT, actor);
    }
}

/// What only one class has.
fn complete(row: &mut RowWriter<'_>, event: &Event<'_>, class: ClassId) {
    match class {
        class::AUTH_FAILED => words::set_reason(row, event[STATUS_DETAIL].text().unwrap_or_default()),
        class::ACCOUNT_RIGHTS_CHANGED => {
            row.text(field::ACTION, "change");
        }
        class::API_CALLED => {
            let verb = event[OPERATION].text().or(event[ACTIVITY].text()).unwrap_or_default();
            row.text(field::ACTION, action(verb)).text(field::MESSAGE, verb);
        }
        class::HOST_FINDING => set_host(row, &[event[RESOURCE].text(), event[DEVICE_IP].text()]),
        // A detection in a cloud names no address; what it is about does as well.
        class::IDS_ALERT if !row.has(field::SRC_IP) => {
            set_host(row, &[event[DEVICE_IP].text(), event[RESOURCE].text()])
        }
        _ => {}
    }
}

/// The kind of a call, by the verb that its name begins with.
fn action(verb: &str) -> &'static str {
    let verb = verb.to_ascii_lowercase();
    let begins = |starts: &[&str]| starts.iter().any(|start| verb.starts_with(start));
    match () {
        () if begins(&["create", "add", "put", "run", "new", "register"]) => "create",
        () if begins(&["delete", "remove", "terminate"]) => "delete",
        () if begins(&["get", "list", "describe", "read", "head", "lookup"]) => "read",
        () if begins(&["enable", "start"]) => "enable",
        () if begins(&["disable", "stop"]) => "disable",
        () if begins(&["update", "modify", "set", "change", "edit"]) => "change",
        () => "other",
    }
}

//! Elastic Common Schema: events that a pipeline normalised already; `event.category` and `event.type` say
//! what one is.
//!
//! Absent is normal: most senders fill a few of the fields. An alert (`event.kind`) is a detection whatever
//! its category. Keys may be nested or dotted. Source is the observer or the host. Winlogbeat's events,
//! which have more to say, are read by the decoder of Windows before this one is asked.

use crate::words::{self, As, Table, set_host, set_time};
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{PathList, Word, looks_like_object};
use ingest::pairs::Pairs;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

const CLASSES: &[ClassId] = &[
    class::AUTH_LOGIN,
    class::AUTH_LOGOUT,
    class::AUTH_FAILED,
    class::ACCOUNT_CREATED,
    class::ACCOUNT_DELETED,
    class::ACCOUNT_CHANGED,
    class::ACCOUNT_RIGHTS_CHANGED,
    class::NET_FLOW,
    class::NET_DNS,
    class::NET_HTTP,
    class::NET_MAIL,
    class::NET_SESSION,
    class::IDS_ALERT,
    class::MALWARE_FOUND,
    class::PROCESS_STARTED,
    class::PROCESS_ENDED,
    class::FILE_WRITTEN,
    class::FILE_DELETED,
    class::REGISTRY_SET,
    class::MODULE_LOADED,
    class::DEVICE_CONFIG_CHANGED,
    class::HOST_FINDING,
    class::HOST_LOG,
    class::UNCLASSIFIED,
];

const FIELDS: Table = &[
    ("source.ip", As::Src),
    ("source.address", As::Src),
    ("client.ip", As::Src),
    ("source.domain", As::Is(field::SRC_HOST)),
    ("source.port", As::Is(field::SRC_PORT)),
    ("client.port", As::Is(field::SRC_PORT)),
    ("source.mac", As::Is(field::SRC_MAC)),
    ("source.bytes", As::Is(field::BYTES_OUT)),
    ("source.packets", As::Is(field::PACKETS_OUT)),
    ("source.geo.country_iso_code", As::Is(field::SRC_COUNTRY)),
    ("destination.ip", As::Dst),
    ("destination.address", As::Dst),
    ("server.ip", As::Dst),
    ("destination.domain", As::Is(field::DST_HOST)),
    ("destination.port", As::Is(field::DST_PORT)),
    ("server.port", As::Is(field::DST_PORT)),
    ("destination.mac", As::Is(field::DST_MAC)),
    ("destination.bytes", As::Is(field::BYTES_IN)),
    ("destination.packets", As::Is(field::PACKETS_IN)),
    ("network.transport", As::Proto),
    ("network.protocol", As::Is(field::APP)),
    ("network.application", As::Is(field::APP)),
    ("network.community_id", As::Is(field::COMMUNITY_ID)),
    ("user.name", As::Is(field::USER)),
    ("user.email", As::Is(field::USER)),
    ("user.id", As::Is(field::USER)),
    ("user.domain", As::Is(field::USER_DOMAIN)),
    ("user.target.name", As::Is(field::TARGET_ACCOUNT)),
    ("host.name", As::Is(field::HOST)),
    ("host.hostname", As::Is(field::HOST)),
    ("event.outcome", As::Outcome),
    ("event.action", As::Action),
    ("action.name", As::Action),
    ("dns.question.name", As::Is(field::QUERY)),
    ("dns.question.type", As::Is(field::QUERY_TYPE)),
    ("dns.response_code", As::Is(field::RCODE)),
    ("url.original", As::Is(field::URL)),
    ("url.full", As::Is(field::URL)),
    ("url.path", As::Is(field::URL)),
    ("url.domain", As::Is(field::HTTP_HOST)),
    ("http.request.method", As::Is(field::HTTP_METHOD)),
    ("http.request.referrer", As::Is(field::REFERRER)),
    ("http.response.status_code", As::Is(field::HTTP_STATUS)),
    ("user_agent.original", As::Is(field::USER_AGENT)),
    ("tls.client.server_name", As::Is(field::TLS_SNI)),
    ("file.name", As::Is(field::FILE_NAME)),
    ("file.path", As::Is(field::FILE_PATH)),
    ("file.size", As::Is(field::FILE_SIZE)),
    ("file.hash.sha256", As::Is(field::FILE_HASH)),
    ("file.hash.sha1", As::Is(field::FILE_HASH)),
    ("file.hash.md5", As::Is(field::FILE_HASH)),
    ("process.name", As::Is(field::PROCESS_NAME)),
    ("process.executable", As::Is(field::PROCESS_PATH)),
    ("process.command_line", As::Is(field::PROCESS_COMMAND)),
    ("process.pid", As::Is(field::PROCESS_ID)),
    ("process.parent.name", As::Is(field::PARENT_NAME)),
    ("process.parent.executable", As::Is(field::PARENT_PATH)),
    ("registry.path", As::Is(field::REGISTRY_KEY)),
    ("registry.key", As::Is(field::REGISTRY_KEY)),
    ("dll.path", As::Is(field::MODULE_PATH)),
    ("rule.name", As::Is(field::SIG_NAME)),
    ("rule.id", As::Is(field::SIG_ID)),
    ("rule.category", As::Is(field::SIG_CATEGORY)),
    ("vulnerability.id", As::Is(field::SIG_ID)),
    ("threat.technique.id", As::Is(field::TECHNIQUE)),
    ("email.subject", As::Is(field::MAIL_SUBJECT)),
    ("email.from.address.0", As::Is(field::MAIL_FROM)),
    ("email.to.address.0", As::Is(field::MAIL_TO)),
    ("event.reason", As::Is(field::MESSAGE)),
    ("message", As::Is(field::MESSAGE)),
];

/// What is read beside the fields of the table.
const OTHERS: &[&str] = &[
    "@timestamp",
    "event.category",
    "event.category.0",
    "event.category.1",
    "event.type",
    "event.type.0",
    "event.type.1",
    "event.type.2",
    "event.kind",
    "event.id",
    "event.code",
    "event.dataset",
    "event.severity",
    "log.level",
    "observer.name",
    "observer.hostname",
    "agent.name",
    "process.hash.sha256",
];

/// Each name nested and, as some shippers write it, as one key.
static WANTED: LazyLock<PathList> = LazyLock::new(|| {
    let nested: Vec<String> = names().map(|name| name.replace('.', "/")).collect();
    let dotted = names().map(|name| if name.contains('.') { name.to_owned() } else { String::new() });
    PathList::new(nested.iter().cloned().chain(dotted).collect::<Vec<_>>().iter().map(String::as_str))
});

/// What an event is recognised by: the time, and one of the others.
static WORDS: LazyLock<[Word; 7]> = LazyLock::new(|| {
    ["@timestamp", "ecs", "category", "kind", "dataset", "event.category", "event.kind"].map(Word::new)
});

fn names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|(name, _)| *name).chain(OTHERS.iter().copied())
}

/// The decoder of ECS.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ecs;

impl Decoder for Ecs {
    fn format(&self) -> &'static str {
        "ecs"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Elastic Common Schema events as JSON, nested or with dotted keys"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let [time, others @ ..] = &*WORDS;
        looks_like_object(value) && time.is_in(value) && others.iter().any(|word| word.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let pairs = read(record.text()?)?;
        // Single names of ECS are anybody's words.
        let is_ecs = |(name, _): (&str, &str)| name == "@timestamp" || name.starts_with("event.");
        if !pairs.iter().any(is_ecs) {
            return Err(Refusal::malformed("neither `@timestamp` nor `event` of ECS"));
        }
        let mut row = out.begin(class::UNCLASSIFIED);
        let time = pairs.get("@timestamp").and_then(|text| record.clock.sent(text));
        set_time(&mut row, time, TimeQuality::Device);
        write(&mut row, &pairs);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn read(text: &str) -> Result<Pairs<'_>, Refusal> {
    let mut pairs = Pairs::default();
    for (name, value) in names().chain(names()).zip(WANTED.read(text)?) {
        if let Some(value) = value.into_written().filter(|value| !value.is_empty()) {
            pairs.push(name, value)?;
        }
    }
    Ok(pairs)
}

fn write(row: &mut RowWriter<'_>, pairs: &Pairs<'_>) {
    row.text(
        field::NATIVE_CODE,
        &format!(
            "ecs:{}",
            pairs.any(&["event.code", "event.dataset", "event.category.0", "event.category"]).unwrap_or("-")
        ),
    );
    if let Some(source) = pairs.any(&["observer.name", "observer.hostname", "host.name", "agent.name"]) {
        row.source(source);
    }
    if let Some(id) = pairs.get("event.id") {
        row.native_id(id);
    }
    let severity = pairs.get("event.severity").and_then(severity);
    if let Some(severity) = severity.or_else(|| words::severity(pairs.get("log.level")?)) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
    words::write(row, FIELDS, |name| pairs.get(name));
    let class = class_of(row, pairs);
    row.class(class);
    complete(row, class, pairs);
}

/// The scale is the sender's own; up to ten it is taken for ten steps, as most senders mean it.
fn severity(sent: &str) -> Option<i64> {
    match sent.parse::<i64>() {
        Ok(number @ 0..=10) => Some(number * 10),
        Ok(number @ 11..=100) => Some(number),
        Ok(_) => None,
        Err(_) => words::severity(sent),
    }
}

fn class_of(row: &RowWriter<'_>, pairs: &Pairs<'_>) -> ClassId {
    let is = |names: &[&str], word: &str| names.iter().any(|name| pairs.get(name) == Some(word));
    let category = |word: &str| is(&["event.category", "event.category.0", "event.category.1"], word);
    let kind = |word: &str| is(&["event.type", "event.type.0", "event.type.1", "event.type.2"], word);
    let has_host = row.has(field::HOST);
    let has_end =
        [field::SRC_IP, field::DST_IP, field::SRC_HOST, field::SRC_MAC].iter().any(|&end| row.has(end));
    match () {
        () if category("malware") && has_host => class::MALWARE_FOUND,
        () if category("vulnerability") && has_host => class::HOST_FINDING,
        () if category("intrusion_detection")
            || category("malware")
            || category("threat")
            || is(&["event.kind"], "alert") =>
        {
            class::IDS_ALERT
        }
        () if category("authentication") && row.has(field::USER) => match pairs.get("event.outcome") {
            Some("failure") => class::AUTH_FAILED,
            _ if kind("end") => class::AUTH_LOGOUT,
            _ => class::AUTH_LOGIN,
        },
        () if category("iam") && row.has(field::TARGET_ACCOUNT) => match () {
            () if kind("group") => class::ACCOUNT_RIGHTS_CHANGED,
            () if kind("creation") => class::ACCOUNT_CREATED,
            () if kind("deletion") => class::ACCOUNT_DELETED,
            () => class::ACCOUNT_CHANGED,
        },
        () if category("process") && has_host && kind("end") => class::PROCESS_ENDED,
        () if category("process") && has_host && kind("start") => class::PROCESS_STARTED,
        () if category("driver") || category("library") => class::MODULE_LOADED,
        () if category("registry") => class::REGISTRY_SET,
        () if category("file") && has_host && kind("deletion") => class::FILE_DELETED,
        () if category("file") && has_host => class::FILE_WRITTEN,
        () if category("email") && has_end => class::NET_MAIL,
        () if row.has(field::QUERY) && has_end => class::NET_DNS,
        () if (category("web") || category("network")) && row.has(field::URL) && has_end => class::NET_HTTP,
        () if category("configuration") => class::DEVICE_CONFIG_CHANGED,
        () if category("network") && has_end => class::NET_FLOW,
        () if category("session") && has_end => class::NET_SESSION,
        () if has_host => class::HOST_LOG,
        () => class::UNCLASSIFIED,
    }
}

/// What only one class has.
fn complete(row: &mut RowWriter<'_>, class: ClassId, pairs: &Pairs<'_>) {
    match class {
        class::AUTH_FAILED => {
            words::set_reason(row, pairs.any(&["event.reason", "message"]).unwrap_or_default())
        }
        class::IDS_ALERT | class::MALWARE_FOUND | class::HOST_FINDING if !row.has(field::SIG_NAME) => {
            row.maybe(field::SIG_NAME, pairs.any(&["event.reason", "event.action", "event.code", "message"]));
        }
        class::DEVICE_CONFIG_CHANGED => {
            row.text(field::CONFIG_ITEM, "other").text(field::ACTION, "change");
        }
        class::ACCOUNT_RIGHTS_CHANGED | class::ACCOUNT_CHANGED => {
            row.text(field::ACTION, "change").maybe(field::ACCOUNT, pairs.get("user.name"));
        }
        _ => {}
    }
    if class == class::IDS_ALERT {
        set_host(row, &[pairs.any(&["host.name", "observer.name"])]);
    }
}

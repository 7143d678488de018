//! Wazuh and OSSEC alerts: what a rule of the manager found in a log of an agent.
//!
//! The rule's groups say what an alert is; where they say nothing it is `ids.alert` with the rule's number
//! and text. A composite rule (it has a `frequency`) repeats what its inputs said already, so it is a
//! finding and never the log-in or the process itself. Time is the manager's: the log's own has no year.
//! Source is the manager, whose ids tell its alerts apart; `host` is the agent.

use crate::words::{self, set_time};
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::fold;
use ingest::json::{Values, Word, joined, looks_like_object};
use ingest::json_paths;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

const CLASSES: &[ClassId] = &[
    class::IDS_ALERT,
    class::AUTH_LOGIN,
    class::AUTH_LOGOUT,
    class::AUTH_FAILED,
    class::MALWARE_FOUND,
    class::HOST_FINDING,
    class::FILE_WRITTEN,
    class::FILE_DELETED,
    class::LOG_CLEARED,
    class::HEALTH_OFFLINE,
    class::HEALTH_ONLINE,
    class::UNCLASSIFIED,
];

json_paths! {
    /// Everything that any alert is asked for.
    ALERT {
        TIMESTAMP: "timestamp", ID: "id", RULE_ID: "rule/id", LEVEL: "rule/level",
        DESCRIPTION: "rule/description",
        GROUPS: "rule/groups{}", FREQUENCY: "rule/frequency", TECHNIQUE: "rule/mitre/id/0",
        AGENT: "agent/name", AGENT_IP: "agent/ip", MANAGER: "manager/name", FULL_LOG: "full_log",
        SRC_IP: "data/srcip", SRC_IP_2: "data/src_ip", SRC_PORT: "data/srcport", DST_IP: "data/dstip",
        DST_IP_2: "data/dest_ip", DST_PORT: "data/dstport", PROTO: "data/protocol", ACTION: "data/action",
        SRC_USER: "data/srcuser", DST_USER: "data/dstuser", URL: "data/url", HOSTNAME: "predecoder/hostname",
        PROGRAM: "predecoder/program_name", LOCATION: "location",
        WIN_USER: "data/win/eventdata/targetUserName", WIN_SUBJECT: "data/win/eventdata/subjectUserName",
        WIN_IP: "data/win/eventdata/ipAddress", WIN_EVENT: "data/win/system/eventID",
        WIN_CHANNEL: "data/win/system/channel", WIN_COMPUTER: "data/win/system/computer",
        WIN_IMAGE: "data/win/eventdata/image", WIN_COMMAND: "data/win/eventdata/commandLine",
        CVE: "data/vulnerability/cve", PATH: "syscheck/path", FILE_EVENT: "syscheck/event",
        FILE_HASH: "syscheck/sha256_after", VT_FILE: "data/virustotal/source/file",
        VT_HASH: "data/virustotal/sha1",
    }
}

type Alert<'a> = Values<'a, { Place::Count as usize }>;

/// What an alert is recognised by: all but the last, or all but the one before it.
static WORDS: LazyLock<[Word; 4]> = LazyLock::new(|| ["rule", "level", "agent", "manager"].map(Word::new));

/// The decoder of Wazuh's alerts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wazuh;

impl Decoder for Wazuh {
    fn format(&self) -> &'static str {
        "wazuh"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Wazuh and OSSEC alerts as JSON"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        looks_like_object(value) && WORDS.iter().all(|word| word.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let alert = ALERT.read(record.text()?)?;
        let Some(rule) = alert[RULE_ID].written() else {
            return Err(Refusal::malformed("no `rule.id`"));
        };
        let mut row = out.begin(class::IDS_ALERT);
        row.text(field::NATIVE_CODE, &format!("wazuh:{rule}")).text(field::SIG_ID, &rule);
        let time = alert[TIMESTAMP].text().and_then(|text| record.clock.sent(text));
        set_time(&mut row, time, TimeQuality::Receiver);
        write(&mut row, &alert);
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

fn write(row: &mut RowWriter<'_>, alert: &Alert<'_>) {
    if let Some(manager) = alert[MANAGER].text() {
        row.source(manager);
    }
    if let Some(id) = alert[ID].written() {
        row.native_id(&id);
    }
    if let Some(level) = alert[LEVEL].int().filter(|level| (0..=16).contains(level)) {
        row.int(field::NATIVE_SEVERITY, (level * 13 / 2).min(100));
    }
    let said = |place: usize| alert[place].text().filter(|text| !words::is_nothing(text));
    row.maybe(field::HOST, said(AGENT).or(said(HOSTNAME)));
    row.maybe(field::SRC_IP, said(SRC_IP).or(said(SRC_IP_2)).or(said(WIN_IP)));
    row.maybe(field::DST_IP, said(DST_IP).or(said(DST_IP_2)));
    row.maybe(field::SRC_PORT, alert[SRC_PORT].written().as_deref());
    row.maybe(field::DST_PORT, alert[DST_PORT].written().as_deref());
    if let Some(proto) =
        said(PROTO).filter(|proto| ["tcp", "udp", "icmp"].contains(&&*proto.to_ascii_lowercase()))
    {
        crate::net::set_proto(row, proto);
    }
    // Of a log-in the target is who logs in; `srcuser` is all that a failed one may have.
    if let Some(user) = said(DST_USER).or(said(WIN_USER)).or(said(SRC_USER)).or(said(WIN_SUBJECT)) {
        fold::set(row, field::USER, user);
    }
    if let Some(action) = said(ACTION) {
        words::set_action(row, action);
    }
    row.maybe(field::TECHNIQUE, said(TECHNIQUE)).maybe(field::URL, said(URL));
    row.maybe(field::PROCESS_NAME, said(PROGRAM)).maybe(field::PROCESS_PATH, said(WIN_IMAGE));
    row.maybe(field::PROCESS_COMMAND, said(WIN_COMMAND));
    row.maybe(field::FILE_PATH, said(PATH).or(said(VT_FILE)))
        .maybe(field::FILE_HASH, said(FILE_HASH).or(said(VT_HASH)));
    row.maybe(field::LOG_EVENT, said(WIN_EVENT))
        .maybe(field::LOG_CHANNEL, said(WIN_CHANNEL).or(said(LOCATION)));
    let groups = alert[GROUPS].raw().and_then(joined).unwrap_or_default();
    row.text(field::SIG_CATEGORY, &groups).maybe(field::SIG_NAME, said(DESCRIPTION));
    row.maybe(field::MESSAGE, said(FULL_LOG));
    let class = class_of(alert, &groups, row.has(field::USER));
    row.class(class);
    match class {
        class::AUTH_FAILED => {
            words::set_reason(row, said(FULL_LOG).or(said(DESCRIPTION)).unwrap_or_default())
        }
        class::HOST_FINDING => {
            row.maybe(field::SIG_ID, said(CVE));
        }
        _ => {}
    }
}

fn class_of(alert: &Alert<'_>, groups: &str, has_user: bool) -> ClassId {
    let has = |name: &str| groups.split(", ").any(|group| group == name);
    let is_composite = alert[FREQUENCY].is_some();
    match alert[RULE_ID].written().as_deref() {
        Some("504") => return class::HEALTH_OFFLINE,
        Some("503" | "501") => return class::HEALTH_ONLINE,
        _ => {}
    }
    match alert[FILE_EVENT].text() {
        Some("deleted") => return class::FILE_DELETED,
        Some(_) => return class::FILE_WRITTEN,
        None => {}
    }
    match () {
        () if is_composite => class::IDS_ALERT,
        () if has("vulnerability-detector") || has("sca") => class::HOST_FINDING,
        () if has("virustotal") || has("virus") || has("rootcheck") || has("malware") => class::MALWARE_FOUND,
        () if has("logs_cleared") || has("log_clearing_auditlog") => class::LOG_CLEARED,
        () if !has_user => class::IDS_ALERT,
        () if has("authentication_failed") || has("authentication_failures") || has("invalid_login") => {
            class::AUTH_FAILED
        }
        () if has("authentication_success") => class::AUTH_LOGIN,
        () => class::IDS_ALERT,
    }
}

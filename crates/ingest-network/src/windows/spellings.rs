//! The three spellings of an event, brought to one list: system values under our names, data under theirs.

use ingest::decoder::Refusal;
use ingest::json::PathList;
use ingest::pairs::Pairs;
use ingest::xml;
use std::sync::LazyLock;

/// System values: our name, and where JSON has it, the better place first.
const SYSTEM: &[(&str, &[&str])] = &[
    ("EventID", &["winlog/event_id", "EventID", "event/code"]),
    ("Provider", &["winlog/provider_name", "SourceName", "event/provider"]),
    ("Channel", &["winlog/channel", "Channel"]),
    ("Computer", &["winlog/computer_name", "Hostname"]),
    ("RecordID", &["winlog/record_id", "RecordNumber"]),
    ("TimeCreated", &["@timestamp"]),
    ("EventTime", &["EventTime"]),
    ("Level", &["log/level", "Severity"]),
    ("EventType", &["EventType"]),
    ("Outcome", &["event/outcome"]),
    ("Keywords", &["winlog/keywords/0"]),
    ("HostName", &["host/name"]),
    ("Task", &["event/action", "winlog/task", "Category"]),
    ("Message", &["message", "Message", "event/original"]),
    ("LogUser", &["winlog/user/name", "AccountName"]),
    ("LogDomain", &["winlog/user/domain", "Domain"]),
    ("SourceIp", &["source/ip"]),
    ("SourcePort", &["source/port"]),
    ("EcsUser", &["user/name"]),
    ("EcsDomain", &["user/domain"]),
];

/// Named data that any event is asked for.
const DATA: &[&str] = &[
    "TargetUserName",
    "TargetDomainName",
    "TargetLogonId",
    "SubjectUserName",
    "SubjectDomainName",
    "SubjectLogonId",
    "LogonType",
    "IpAddress",
    "IpPort",
    "WorkstationName",
    "Workstation",
    "AuthenticationPackageName",
    "Status",
    "SubStatus",
    "FailureReason",
    "MemberName",
    "MemberSid",
    "TargetSid",
    "ServiceName",
    "ServiceFileName",
    "ImagePath",
    "TaskName",
    "TaskContent",
    "NewProcessName",
    "NewProcessId",
    "ProcessName",
    "ProcessId",
    "CommandLine",
    "ParentProcessName",
    "ParentImage",
    "ParentCommandLine",
    "Image",
    "TargetImage",
    "SourceImage",
    "User",
    "Hashes",
    "TargetFilename",
    "TargetObject",
    "Details",
    "ImageLoaded",
    "QueryName",
    "QueryResults",
    "QueryStatus",
    "SourceAddress",
    "DestAddress",
    "DestPort",
    "Protocol",
    "Direction",
    "Application",
    "SourceHostname",
    "DestinationIp",
    "DestinationPort",
    "DestinationHostname",
    "ScriptBlockText",
    "Payload",
    "ContextInfo",
    "UtcTime",
    "ShareName",
    "RelativeTargetName",
    "ObjectName",
    "AccountName",
    "AccountDomain",
    "ClientAddress",
    "ClientIPAddress",
    "NASIPv4Address",
    "CallingStationID",
    "ReasonCode",
    "Reason",
    "Threat Name",
    "ThreatName",
    "Severity Name",
    "Path",
    "Detection User",
    "Action Name",
    "param1",
    "param2",
    "PrivilegeList",
    "NewTargetUserName",
    "CallerComputerName",
    "ClientName",
    "param3",
    "ServiceType",
    "SourcePort",
    "SourceIp",
    "UserName",
    "UserContext",
    "TargetServerName",
];

static WANTED: LazyLock<PathList> = LazyLock::new(|| {
    let system = SYSTEM.iter().flat_map(|(_, places)| places.iter().map(|place| (*place).to_owned()));
    let data = DATA.iter().flat_map(|name| [format!("winlog/event_data/{name}"), (*name).to_owned()]);
    let all: Vec<String> = system.chain(data).collect();
    PathList::new(unique(all).iter().map(String::as_str))
});

/// A path that two lists name is asked for once; the second gets a path that nothing has.
fn unique(paths: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    paths.into_iter().map(|path| if seen.insert(path.clone()) { path } else { String::new() }).collect()
}

/// Winlogbeat's and NXLog's JSON.
pub(super) fn json(text: &str) -> Result<Pairs<'_>, Refusal> {
    let mut values = WANTED.read(text)?.into_iter();
    let mut pairs = Pairs::default();
    for (name, places) in SYSTEM {
        for value in values.by_ref().take(places.len()).filter(|value| value.is_some()) {
            if let Some(value) = value.into_written() {
                pairs.push(*name, value)?;
            }
        }
    }
    for name in DATA {
        for value in values.by_ref().take(2).filter(|value| value.is_some()) {
            if let Some(value) = value.into_written() {
                pairs.push(*name, value)?;
            }
        }
    }
    Ok(pairs)
}

/// The event log's own XML.
pub(super) fn xml(text: &str) -> Result<Pairs<'static>, Refusal> {
    let mut pairs = Pairs::default();
    let mut named = String::new();
    for (path, value) in xml::leaves(text)? {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path[..] {
            ["Event", "System", ref rest @ ..] => {
                if let Some(name) = system_name(rest) {
                    pairs.push(name, value)?;
                }
            }
            ["Event", "EventData", "Data", "@Name"] => named = value,
            ["Event", "EventData", "Data"] => pairs.push(std::mem::take(&mut named), value)?,
            ["Event", "UserData", .., name] if !name.starts_with('@') => {
                pairs.push(name.to_owned(), value)?
            }
            ["Event", "RenderingInfo", "Message"] => pairs.push("Message", value)?,
            ["Event", "RenderingInfo", "Task"] => pairs.push("Task", value)?,
            _ => {}
        }
    }
    Ok(pairs)
}

fn system_name(rest: &[&str]) -> Option<&'static str> {
    Some(match rest {
        ["EventID"] => "EventID",
        ["Provider", "@Name"] => "Provider",
        ["Channel"] => "Channel",
        ["Computer"] => "Computer",
        ["EventRecordID"] => "RecordID",
        ["TimeCreated", "@SystemTime"] => "TimeCreated",
        ["Level"] => "Level",
        ["Keywords"] => "Keywords",
        _ => return None,
    })
}

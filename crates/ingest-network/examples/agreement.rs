//! Compares what the decoders make of records with what somebody else expected of them.
//!
//! `agreement [--expected] DIRECTORY …` reads every file `{"input": {"message": …}, "expected": {…}}`, and
//! every `X.expected-ocsf.tql.txt` with the records beside it, of the directories and says, for each
//! directory and kind of field, in how many of the fields that the expectation has ours is the same; then
//! every difference. The expected outcome of a firewall's decision is `success` whatever was decided, since
//! it is the firewall's: there `allowed` and `blocked` both agree. An activity is what our class says it is. With `--expected` the record is the
//! expectation itself, which is ECS.

use event::class::{self, ClassId};
use event::coordinates::TopicId;
use event::field::{self, FieldId, FieldType};
use event::id::Ids;
use event::row::RowRef;
use event::symbol::SymbolKey;
use event::time::Timestamp;
use event::value::{Value as Held, display_ip};
use ingest::formats::Formats;
use ingest::json::PathList;
use ingest::output::Output;
use ingest::read::{self, Expect, Spec};
use ingest::settings::{Settings, SiteRule};
use ingest::stage::{Arrival, Input, Stage};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Kinds of fields, and where an expectation and a row have them.
const COMPARED: &[(&str, &[&str], &[FieldId])] = &[
    ("time", &["@timestamp"], &[]),
    ("source address", &["source.ip", "source.address"], &[field::SRC_IP, field::SRC_HOST]),
    ("source port", &["source.port"], &[field::SRC_PORT]),
    (
        "destination address",
        &["destination.ip", "destination.address"],
        &[field::DST_IP, field::DST_HOST, field::HTTP_HOST, field::QUERY],
    ),
    ("destination port", &["destination.port"], &[field::DST_PORT]),
    ("user", &["user.name"], &[field::USER, field::ACCOUNT, field::OPERATOR, field::TARGET_ACCOUNT]),
    ("host", &["host.name", "host.hostname"], &[field::HOST, field::SRC_HOST, field::DST_HOST]),
    ("outcome", &["event.outcome"], &[field::OUTCOME]),
    (
        "action",
        &["event.action", "action.name"],
        &[field::NATIVE_REASON, field::ACTION, field::NATIVE_CODE, field::MESSAGE],
    ),
    ("severity", &["event.severity"], &[field::NATIVE_SEVERITY]),
];

fn main() {
    let mut all: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut differences = Vec::new();
    let (flags, directories): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|word| word == "--expected");
    let of_itself = !flags.is_empty();
    for directory in directories.into_iter().map(PathBuf::from) {
        let mut found: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for file in cases(&directory) {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let cases = if of_ocsf(&file) {
                ocsf_cases(&file, &text)
            } else {
                Case::read(&text).into_iter().collect()
            };
            if cases.is_empty() {
                differences.push(format!("{}: no case", file.display()));
            }
            for case in cases {
                let (message, formats) =
                    if of_itself { (case.itself.clone(), "ecs") } else { (case.message.clone(), "auto") };
                compare((&file, &message, formats), case, &mut found, &mut differences);
            }
        }
        report(&directory.display().to_string(), &found);
        for (kind, (same, asked)) in found {
            let sums = all.entry(kind).or_default();
            *sums = (sums.0 + same, sums.1 + asked);
        }
    }
    report("all", &all);
    println!("\n{}", differences.join("\n"));
}

/// One case: the record, and what is expected of each kind of field.
struct Case {
    message: String,
    itself: String,
    expected: Vec<Option<String>>,
}

impl Case {
    fn read(text: &str) -> Option<Case> {
        let paths = COMPARED.iter().flat_map(|(_, paths, _)| paths.iter());
        let paths: Vec<String> = paths.map(|path| format!("expected/{}", path.replace('.', "/"))).collect();
        let list = PathList::new(paths.iter().map(String::as_str).chain(["input/message"]));
        let itself = PathList::new(["expected{}"]).read(text).ok()?.first()?.raw()?.to_owned();
        let mut values =
            list.read(text).ok()?.into_iter().map(|value| value.into_written().map(|v| v.into_owned()));
        let expected = COMPARED.iter().map(|(_, paths, _)| {
            // All are taken, whichever counts, so that the next kind begins at its own.
            let found: Vec<_> = values.by_ref().take(paths.len()).collect();
            found.into_iter().flatten().next()
        });
        let expected = expected.collect();
        Some(Case { expected, itself, message: values.next().flatten()? })
    }
}

/// Where OCSF has the kinds of fields, in the order of [`COMPARED`].
const OCSF: &[&[&str]] = &[
    &["time"],
    &["src_endpoint.ip", "src_endpoint.hostname"],
    &["src_endpoint.port"],
    &["dst_endpoint.ip", "dst_endpoint.hostname"],
    &["dst_endpoint.port"],
    &["user.name", "actor.user.name"],
    &["device.hostname"],
    &["status"],
    &["activity_name"],
    &["severity_id"],
];

/// What `status` says of findings.
const STATES: &[&str] = &["New", "In Progress", "Suppressed", "Resolved", "Closed"];

/// OCSF's activities and our actions that mean them.
const ACTIVITIES: &[(&str, &str)] =
    &[("update", "change"), ("add user", "grant"), ("remove user", "revoke"), ("start", "begin")];

/// Whether a file holds expected OCSF in the record notation of TQL.
fn of_ocsf(file: &Path) -> bool {
    file.to_string_lossy().ends_with(".expected-ocsf.tql.txt")
}

/// The cases of such a file: its records, each with the record of the file beside it.
fn ocsf_cases(file: &Path, text: &str) -> Vec<Case> {
    let stem = file.to_string_lossy().replace(".expected-ocsf.tql.txt", "");
    let beside = ["xml", "ndjson", "log", "json"].iter().find_map(|ending| {
        std::fs::read_to_string(format!("{stem}.{ending}")).ok().map(|text| (*ending, text))
    });
    let Some((ending, records)) = beside else { return Vec::new() };
    let records: Vec<String> = match ending {
        "xml" => vec![records],
        _ if records.starts_with("#separator") => tsv(&format!("{stem}.{ending}?read=tsv")),
        _ => records.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
    };
    let expected = tql(text);
    if expected.len() != records.len() {
        return Vec::new();
    }
    let case = |(values, message): (BTreeMap<String, String>, String)| Case {
        message,
        itself: String::new(),
        expected: OCSF
            .iter()
            .map(|paths| paths.iter().find_map(|path| values.get(*path)).cloned())
            // The state of a finding (`New`, `Resolved`) is no outcome.
            .map(|value| value.filter(|value| !STATES.contains(&&**value)))
            .collect(),
    };
    expected.into_iter().zip(records).map(case).collect()
}

/// The rows of a log of Zeek's with its header.
fn tsv(spec: &str) -> Vec<String> {
    let Ok(spec) = Spec::parse(spec) else { return Vec::new() };
    let records = read::open(&spec, &spec.path, Expect::Any).into_iter().flatten().flatten();
    records.filter_map(|record| String::from_utf8(record.value?).ok()).collect()
}

/// Records written a value a line: `key: value,`, `key: {`, `},`.
fn tql(text: &str) -> Vec<BTreeMap<String, String>> {
    let (mut records, mut path) = (Vec::new(), Vec::new());
    for line in text.lines().map(|line| line.trim().trim_end_matches(',')) {
        match line.split_once(": ") {
            Some((key, "{" | "[")) => path.push(key.to_owned()),
            Some((key, value)) => {
                let names =
                    path.iter().skip(1).map(String::as_str).chain([key]).collect::<Vec<_>>().join(".");
                if let Some(record) = records.last_mut().filter(|_| value != "null") {
                    BTreeMap::insert(record, names, value.trim_matches('"').to_owned());
                }
            }
            None if matches!(line, "{" | "[") => {
                if path.is_empty() {
                    records.push(BTreeMap::new());
                }
                path.push(String::new());
            }
            None if matches!(line, "}" | "]") => {
                path.pop();
            }
            None => {}
        }
    }
    records
}

fn report(name: &str, found: &BTreeMap<&str, (u32, u32)>) {
    let (same, asked) = found.values().fold((0, 0), |sum, each| (sum.0 + each.0, sum.1 + each.1));
    let share = f64::from(same) * 100.0 / f64::from(asked.max(1));
    let kinds: Vec<String> =
        found.iter().map(|(kind, (same, asked))| format!("{kind} {same}/{asked}")).collect();
    println!("{name}: {same}/{asked} = {share:.1} %: {}", kinds.join(", "));
}

fn cases(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| of_ocsf(path) || path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    files
}

fn compare(
    (file, message, formats): (&Path, &str, &str),
    case: Case,
    found: &mut BTreeMap<&'static str, (u32, u32)>,
    differences: &mut Vec<String>,
) {
    let out = decode(message, formats);
    let name =
        file.strip_prefix(file.ancestors().nth(2).unwrap_or(file)).unwrap_or(file).display().to_string();
    if let Some(reject) = out.rejects.first() {
        differences.push(format!("{name}: rejected {} {}", reject.reason.name(), reject.detail));
    }
    for ((kind, _, ours), expected) in COMPARED.iter().zip(case.expected) {
        let Some(expected) = expected else { continue };
        let says_nothing = expected == "-"
            || matches!(
                (*kind, &*expected),
                ("outcome", "unknown") | ("action", "Unknown") | ("severity", "99")
            );
        if says_nothing {
            // To say that nothing is known and to say nothing is the same.
            continue;
        }
        let row = (!out.batch.is_empty()).then(|| out.batch.row(0));
        let had = row.map(|row| values(row, kind, ours)).unwrap_or_default();
        let same = had.iter().any(|had| agrees(kind, &expected, had));
        let sums = found.entry(kind).or_default();
        *sums = (sums.0 + u32::from(same), sums.1 + 1);
        if !same {
            differences.push(format!("{name}: {kind}: expected `{expected}`, ours {had:?}"));
        }
    }
}

fn decode(message: &str, formats: &str) -> Output {
    let all = [ingest_network::strict(), ingest::shipped::decoders(), ingest_network::loose()].concat();
    let chosen = Formats::new(all).choose([formats]).unwrap_or_default();
    let mut settings = Settings::new(TopicId(0), "agreement", chosen, SiteRule::Fixed("here".into()));
    settings.year = None;
    let mut out = Output::new(SymbolKey::derive(b"agreement"));
    let arrival = Arrival::AsHappened { otherwise: Timestamp(0) };
    let input =
        Input { partition: 0, offset: 0, arrival, key: None, headers: &[], value: Some(message.as_bytes()) };
    Stage::new(settings, Ids::new("agreement")).decode(&input, &mut out);
    out
}

fn values(row: RowRef<'_>, kind: &str, fields: &[FieldId]) -> Vec<String> {
    if kind == "time" {
        return row.row.device_time.map(|time| time.to_string()).into_iter().collect();
    }
    let value_of = |&field: &FieldId| row.get(field).map(|value| written(field, value));
    let mut values: Vec<String> = fields.iter().filter_map(value_of).collect();
    if kind == "outcome" {
        // Classes that are an outcome leave the field empty.
        match row.row.class {
            class::AUTH_LOGIN | class::AUTH_LOGOUT | class::VPN_CONNECTED => {
                values.push("success".to_owned())
            }
            class::AUTH_FAILED => values.push("failure".to_owned()),
            _ => {}
        }
    }
    if kind == "action" {
        values.extend(activity(row.row.class).map(str::to_owned));
        // Of many senders the decision is the action: `allowed` of an intrusion sensor.
        values.extend(self::values(row, "outcome", &[field::OUTCOME]));
    }
    if kind == "host" || kind == "action" {
        values.push(row.source().text.to_owned());
    }
    values
}

/// What OCSF calls the activity of classes that are one.
fn activity(class: ClassId) -> Option<&'static str> {
    Some(match class {
        class::AUTH_LOGIN | class::AUTH_FAILED | class::AUTH_ELEVATED => "logon",
        class::AUTH_LOGOUT => "logoff",
        class::ACCOUNT_CREATED => "create",
        class::ACCOUNT_DELETED | class::FILE_DELETED => "delete",
        class::ACCOUNT_DISABLED => "disable",
        class::ACCOUNT_ENABLED => "enable",
        class::MODULE_LOADED => "load",
        class::REGISTRY_SET => "set",
        class::NET_DNS => "query",
        class::LOG_CLEARED => "clear",
        class::SCRIPT_RUN => "execute",
        class::SERVICE_STOPPED => "stop",
        class::PROCESS_STARTED => "launch",
        class::PROCESS_ENDED => "terminate",
        _ => return None,
    })
}

fn written(field: FieldId, value: Held<'_>) -> String {
    match value {
        Held::Enum(index) => match field.def().ty {
            FieldType::Enum(of) => of.value(index).unwrap_or_default().to_owned(),
            _ => String::new(),
        },
        Held::Text(text) => text.text.to_owned(),
        Held::Int(n) => n.to_string(),
        Held::Ip(ip) => display_ip(ip).to_string(),
        _ => String::new(),
    }
}

fn agrees(kind: &str, expected: &str, ours: &str) -> bool {
    match kind {
        "time" => {
            let ours = Timestamp::parse_rfc3339(ours);
            // Expectations are rounded to microseconds.
            Timestamp::parse_rfc3339(expected)
                .zip(ours)
                .is_some_and(|(theirs, ours)| theirs.0.abs_diff(ours.0) <= 1_000)
        }
        "outcome" => match ours {
            "allowed" => expected == "success" || expected == "allow",
            "blocked" => expected == "success" || ["failure", "denied", "deny", "block"].contains(&expected),
            other => expected.to_lowercase().starts_with(&other[..other.len().min(4)]),
        },
        "severity" => {
            let (Ok(theirs), Ok(ours)) = (expected.parse::<i64>(), ours.parse::<i64>()) else { return false };
            // Native scales: tens, OCSF's ids.
            let ocsf = [None, Some(10), Some(30), Some(50), Some(75), Some(90), Some(100)];
            let as_ocsf = usize::try_from(theirs).ok().and_then(|id| ocsf.get(id).copied().flatten());
            // Suricata's, of which 1 is the worst.
            let suricata = [None, Some(80), Some(50), Some(25), Some(10)];
            let as_suricata = usize::try_from(theirs).ok().and_then(|id| suricata.get(id).copied().flatten());
            theirs == ours || theirs * 10 == ours || as_ocsf == Some(ours) || as_suricata == Some(ours)
        }
        "action" => {
            let (expected, ours) = (expected.to_lowercase(), ours.to_lowercase());
            let (expected, ours) = (expected.trim(), ours.trim());
            let is_activity = ACTIVITIES.contains(&(expected, ours));
            is_activity || ours == expected || ours.ends_with(&format!(":{expected}"))
        }
        "user" => {
            let (expected, ours) = (expected.to_lowercase(), ours.to_lowercase());
            let without = expected.split_once('@').map_or(&*expected, |(user, _)| user);
            let without = without.rsplit_once('\\').map_or(without, |(_, user)| user);
            ours == expected || ours == without
        }
        _ => {
            let ip = |text: &str| text.parse::<std::net::IpAddr>().ok();
            expected.eq_ignore_ascii_case(ours) || ip(expected).is_some_and(|theirs| ip(ours) == Some(theirs))
        }
    }
}

//! The columns of PAN-OS CSV by type, under the names that the log service gives the same values.
//!
//! An empty name is a column that nobody reads. The first seven columns are the same in every type.

use ingest::decoder::Refusal;
use ingest::pairs::Pairs;
use std::borrow::Cow;

/// More columns than any release has.
const COLUMNS_MAX: usize = 250;

/// How far into a line the type may stand.
const HEAD_BYTES_MAX: usize = 256;

const HEAD: &[&str] = &["", "TimeReceived", "DeviceSN", "LogType", "Subtype", "", "TimeGenerated"];

const TRAFFIC: &[&str] = &[
    "SourceAddress",
    "DestinationAddress",
    "",
    "",
    "Rule",
    "SourceUser",
    "DestinationUser",
    "Application",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "SessionID",
    "",
    "SourcePort",
    "DestinationPort",
    "",
    "",
    "",
    "Protocol",
    "Action",
    "",
    "BytesSent",
    "BytesReceived",
    "",
    "",
    "SessionDuration",
    "URLCategory",
    "",
    "",
    "",
    "",
    "",
    "",
    "PacketsSent",
    "PacketsReceived",
    "",
    "",
    "",
    "",
    "",
    "",
    "DeviceName",
];

const THREAT: &[&str] = &[
    "SourceAddress",
    "DestinationAddress",
    "",
    "",
    "Rule",
    "SourceUser",
    "DestinationUser",
    "Application",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "SessionID",
    "",
    "SourcePort",
    "DestinationPort",
    "",
    "",
    "",
    "Protocol",
    "Action",
    "FileName",
    "ThreatID",
    "URLCategory",
    "Severity",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "FileHash",
    "",
    "",
    "UserAgent",
    "FileType",
    "",
    "Referer",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "DeviceName",
];

const SYSTEM: &[&str] = &[
    "",
    "EventName",
    "EventComponent",
    "",
    "",
    "",
    "VendorSeverity",
    "EventDescription",
    "SequenceNo",
    "",
    "",
    "",
    "",
    "",
    "",
    "DeviceName",
];

/// Where the object of the event is left out, everything behind moves.
const SYSTEM_SHORT: &[&str] = &[
    "",
    "EventName",
    "",
    "",
    "",
    "VendorSeverity",
    "EventDescription",
    "SequenceNo",
    "",
    "",
    "",
    "",
    "",
    "",
    "DeviceName",
];

const USERID: &[&str] = &[
    "",
    "IPAddress",
    "User",
    "",
    "",
    "",
    "",
    "SourcePort",
    "DestinationPort",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "DeviceName",
];

const GLOBALPROTECT: &[&str] = &[
    "",
    "EventIDValue",
    "Stage",
    "AuthMethod",
    "",
    "SourceUserName",
    "",
    "EndpointDeviceName",
    "PublicIPv4",
    "",
    "PrivateIPv4",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "EventDescription",
    "Status",
];

const HIPMATCH: &[&str] = &[
    "SourceUser",
    "",
    "EndpointDeviceName",
    "",
    "Source",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "DeviceName",
];

const CONFIG: &[&str] = &["Source", "", "Command", "Admin", "", "Result", "EventDescription"];

const AUTHENTICATION: &[&str] =
    &["", "IPAddress", "User", "", "", "", "", "", "", "", "", "EventDescription", "", "EventName"];

/// The types with their columns.
const TYPES: &[(&str, &[&str])] = &[
    ("TRAFFIC", TRAFFIC),
    ("THREAT", THREAT),
    ("SYSTEM", SYSTEM),
    ("USERID", USERID),
    ("GLOBALPROTECT", GLOBALPROTECT),
    ("HIPMATCH", HIPMATCH),
    ("CONFIG", CONFIG),
    ("AUTHENTICATION", AUTHENTICATION),
    ("DECRYPTION", TRAFFIC),
    ("TUNNEL", TRAFFIC),
    ("IPTAG", &["", "IPAddress"]),
    ("CORRELATION", &["SourceAddress", "SourceUser"]),
];

/// Whether bytes have a known type in the fourth of the columns near their start.
pub(super) fn begins(value: &[u8]) -> bool {
    let head = &value[..value.len().min(HEAD_BYTES_MAX)];
    let columns: Vec<&[u8]> = head.split(|b| *b == b',').take(7).collect();
    columns.get(3).is_some_and(|kind| TYPES.iter().any(|(name, _)| name.as_bytes() == *kind))
        && columns[0].last() == Some(&b'1')
}

/// The values under their names, and the high-resolution time.
pub(super) fn read(text: &str) -> Result<(Pairs<'_>, Option<&str>), Refusal> {
    let values = split(text)?;
    let kind = values.get(3).map_or("", |value| &**value);
    let Some((_, columns)) = TYPES.iter().find(|(name, _)| *name == kind) else {
        return Err(Refusal::malformed("no known type in the fourth column"));
    };
    let columns = if kind == "SYSTEM" && is_short(&values) { SYSTEM_SHORT } else { columns };
    let exact =
        text.rsplit(',').take(64).map(|word| word.trim_matches(['"', ' '])).find(|word| is_exact(word));
    let mut pairs = Pairs::default();
    for (name, value) in HEAD.iter().chain(columns).zip(values) {
        if !name.is_empty() {
            pairs.push(*name, value)?;
        }
    }
    Ok((pairs, exact))
}

/// The severity, a word, stands one column further to the left.
fn is_short(values: &[Cow<'_, str>]) -> bool {
    values.get(12).is_some_and(|word| crate::words::severity(word).is_some() && word.parse::<u64>().is_err())
}

/// `2024-01-12T11:21:15.190+01:00`.
fn is_exact(word: &str) -> bool {
    let b = word.as_bytes();
    b.len() >= 24 && b.len() <= 36 && b[4] == b'-' && b[10] == b'T' && b[13] == b':' && b[19] == b'.'
}

/// CSV with quotes, in which quotes are doubled or hidden by a backslash.
fn split(text: &str) -> Result<Vec<Cow<'_, str>>, Refusal> {
    let mut values = Vec::new();
    let mut rest = text;
    loop {
        if values.len() >= COLUMNS_MAX {
            return Err(Refusal::too_large(format!("more than {COLUMNS_MAX} columns")));
        }
        let (value, behind) = column(rest);
        values.push(value);
        match behind {
            Some(behind) => rest = behind,
            None => return Ok(values),
        }
    }
}

/// One column, and what follows the comma behind it.
fn column(text: &str) -> (Cow<'_, str>, Option<&str>) {
    let plain = |text: &'_ str| {
        text.split_once(',').map_or((text.len(), None), |(value, _)| (value.len(), Some(value.len() + 1)))
    };
    let Some(quoted) = text.strip_prefix('"').or(text.strip_prefix("\\\"")) else {
        let (end, next) = plain(text);
        return (Cow::Borrowed(text[..end].trim()), next.map(|next| &text[next..]));
    };
    let mut at = 0;
    while let Some(found) = quoted[at..].find('"') {
        let end = at + found;
        let behind = &quoted[end + 1..];
        if let Some(_pair) = behind.strip_prefix('"').filter(|rest| !rest.is_empty()) {
            at = end + 2;
            continue;
        }
        if behind.is_empty() || behind.starts_with(',') {
            let value = quoted[..end].trim_end_matches('\\').replace("\"\"", "\"");
            return (Cow::Owned(value), behind.strip_prefix(','));
        }
        at = end + 1;
    }
    (Cow::Borrowed(quoted), None)
}

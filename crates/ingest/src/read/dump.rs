//! The dump of a topic: one JSON object a line, `{topic, partition, offset, timestamp, key, headers, value}`.
//! Key, value and header values are base64, `timestamp` is RFC 3339 or milliseconds since 1970, `headers` a
//! list of `[name, value]`.

use super::{FileRecord, Wrong, instant};
use crate::time::epoch;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    topic: Option<String>,
    partition: u32,
    offset: u64,
    timestamp: Time,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    headers: Vec<(String, Option<String>)>,
    #[serde(default)]
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Number(i64),
    Text(String),
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<FileRecord>, Wrong> {
    let lines = bytes.split(|b| *b == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    lines.map(|(nth, line)| record(line).map_err(|what| (nth + 1, what))).collect()
}

fn record(line: &[u8]) -> Result<FileRecord, String> {
    let line: Line = serde_json::from_slice(line).map_err(|e| format!("not a line of a dump: {e}"))?;
    let clock = match &line.timestamp {
        Time::Number(number) => epoch(*number),
        Time::Text(text) => instant(text),
    };
    let bytes = |text: &String| STANDARD.decode(text).map_err(|e| format!("not base64: {e}"));
    let headers = line
        .headers
        .iter()
        .map(|(name, value)| Ok::<_, String>((name.clone(), value.as_ref().map(bytes).transpose()?)));
    Ok(FileRecord {
        value: line.value.as_ref().map(bytes).transpose()?,
        offset: line.offset,
        clock: Some(clock.ok_or("`timestamp` is no time")?),
        partition: Some(line.partition),
        topic: line.topic,
        key: line.key.as_ref().map(bytes).transpose()?,
        headers: headers.collect::<Result<_, _>>()?,
    })
}

//! What bridges and shippers wrap around a message, and how it comes off (formats.md §3).
//!
//! The order is fixed: byte order mark, NUL and line ends; gzip; a schema registry's frame; then, each
//! inside the last, a Connect envelope, a change of Debezium's, a CloudEvent, shipper JSON, OTLP around one record,
//! a syslog header in front of JSON, CEF or LEEF. An envelope is only ever *offered*: the caller asks the topic's formats about the message with it
//! and without it, so a format that has a field `message` of its own loses nothing. Nothing is interpreted
//! here but the wrapping; a CloudEvent in binary mode has none, since its attributes are headers.

use crate::decoder::Refusal;
use crate::json::Word;
use crate::json_paths;
use base64::Engine;
use event::reject::Reject;
use std::borrow::Cow;
use std::io::Read;
use std::sync::LazyLock;

/// The longest message that a compressed record may unfold to.
pub const UNFOLDED_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Envelopes inside each other that are taken off.
const LAYERS_MAX: usize = 4;

/// How far into a line a body behind a syslog header may begin.
const HEADER_BYTES_MAX: usize = 512;

json_paths! {
    /// Where known envelopes keep what they carry.
    WRAPPED {
        SCHEMA: "schema{}",
        PAYLOAD: "payload{}",
        MESSAGE: "message",
        ORIGINAL: "event/original",
        EVE: "suricata/eve{}",
        SPEC_VERSION: "specversion",
        DATA: "data{}",
        DATA_BASE64: "data_base64",
        OP: "op",
        AFTER: "after{}",
        BEFORE: "before{}",
        BODY: "resourceLogs/0/scopeLogs/0/logRecords/0/body/stringValue",
        SECOND_RECORD: "resourceLogs/0/scopeLogs/0/logRecords/1{}",
        SECOND_SCOPE: "resourceLogs/0/scopeLogs/1{}",
        SECOND_RESOURCE: "resourceLogs/1{}",
    }
}

/// Words without which no JSON is an envelope; the first two only together.
static WORDS: LazyLock<[Word; 8]> = LazyLock::new(|| {
    ["payload", "schema", "message", "original", "eve", "specversion", "op", "resourceLogs"].map(Word::new)
});

/// Takes off byte order mark, NULs and line ends at both ends.
pub fn strip(value: &[u8]) -> &[u8] {
    let value = value.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(value);
    let drop = |b: &u8| matches!(b, 0 | b'\r' | b'\n');
    let Some(start) = value.iter().position(|b| !drop(b)) else { return &[] };
    let end = value.iter().rposition(|b| !drop(b)).map_or(start, |last| last + 1);
    &value[start..end]
}

/// The message without compression or registry frame, stripped. Bytes that are neither come back as they are.
pub fn unfold(value: &[u8]) -> Result<Cow<'_, [u8]>, Refusal> {
    if value.starts_with(&[0x1F, 0x8B]) {
        return gunzip(value).map(Cow::Owned);
    }
    match framed(value) {
        None => Ok(Cow::Borrowed(strip(value))),
        Some(body) if matches!(body.first(), Some(b'{' | b'[')) => Ok(Cow::Borrowed(strip(body))),
        Some(_) => Err(Refusal::new(Reject::Schema, "a schema registry's frame that does not hold JSON")),
    }
}

fn gunzip(value: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut unfolded = Vec::new();
    let read =
        flate2::read::MultiGzDecoder::new(value).take(UNFOLDED_BYTES_MAX + 1).read_to_end(&mut unfolded);
    if let Err(error) = read {
        return Err(match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Refusal::truncated("gzip ends early"),
            _ => Refusal::malformed(format!("gzip: {error}")),
        });
    }
    if unfolded.len() as u64 > UNFOLDED_BYTES_MAX {
        return Err(Refusal::too_large(format!("gzip unfolds to more than {UNFOLDED_BYTES_MAX} bytes")));
    }
    Ok(strip(&unfolded).to_vec())
}

/// The body behind a registry's frame: a zero byte and the schema's number in four, here below 2^24. NULs and
/// line ends in front of text are padding, not a frame.
fn framed(value: &[u8]) -> Option<&[u8]> {
    let (head, body) = value.split_at_checked(5).filter(|(head, _)| head[..2] == [0, 0])?;
    let number = &head[2..];
    let binary = number.iter().any(|b| matches!(b, 1..=9 | 11 | 12 | 14..=31 | 127..));
    let before_json = body.first() == Some(&b'{') && number.iter().any(|b| *b != 0);
    (binary || before_json).then_some(body)
}

/// The message and what it carries, outermost first: always at least the message itself.
pub fn layers(value: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut layers = vec![Cow::Borrowed(value)];
    while layers.len() < LAYERS_MAX {
        let inner = match &layers[layers.len() - 1] {
            Cow::Borrowed(outer) => carried(outer),
            Cow::Owned(outer) => carried(outer).map(|inner| Cow::Owned(inner.into_owned())),
        };
        match inner {
            Some(inner) if !inner.is_empty() => layers.push(inner),
            _ => break,
        }
    }
    layers
}

/// What the outermost envelope of a message carries; `None` without one.
fn carried(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    if value.first() == Some(&b'{') { in_json(value) } else { behind_header(value).map(Cow::Borrowed) }
}

/// Looks for the words first: most messages have no envelope, and searching bytes is far cheaper than reading
/// JSON.
fn in_json(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let [payload, schema, others @ ..] = &*WORDS;
    let is_connect = || payload.is_in(value) && schema.is_in(value);
    if !others.iter().any(|word| word.is_in(value)) && !is_connect() {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?;
    let json = WRAPPED.read(text).ok()?;
    if let (Some(_), Some(payload)) = (json[SCHEMA].raw(), json[PAYLOAD].raw()) {
        return value_of(payload);
    }
    if json[OP].text().is_some() && json[BEFORE].is_some() | json[AFTER].is_some() {
        // The row as it is now; one that is gone has none.
        return value_of(json[AFTER].raw()?);
    }
    if json[BODY].is_some() {
        let is_alone = [SECOND_RECORD, SECOND_SCOPE, SECOND_RESOURCE].iter().all(|&at| !json[at].is_some());
        let body = json[BODY].text().filter(|_| is_alone)?;
        return Some(Cow::Owned(strip(body.as_bytes()).to_vec()));
    }
    if let Some(eve) = json[EVE].raw() {
        return value_of(eve);
    }
    if json[SPEC_VERSION].is_some() {
        return in_cloud_event(json[DATA].raw(), json[DATA_BASE64].text());
    }
    let carried = json[MESSAGE].text().or(json[ORIGINAL].text())?;
    Some(Cow::Owned(strip(carried.as_bytes()).to_vec()))
}

/// Whether a message says that a row of a database is gone: no event.
pub fn is_deletion(value: &[u8]) -> bool {
    if value.first() != Some(&b'{') || !WORDS[6].is_in(value) {
        return false;
    }
    let json = std::str::from_utf8(value).ok().and_then(|text| WRAPPED.read(text).ok());
    let gone = |raw: Option<&str>| raw.is_none_or(|raw| raw == "null");
    json.is_some_and(|json| json[OP].text() == Some("d") && json[BEFORE].is_some() && gone(json[AFTER].raw()))
}

/// The data of a CloudEvent: JSON, text, or bytes in base64.
fn in_cloud_event<'a>(data: Option<&'a str>, base64: Option<&str>) -> Option<Cow<'a, [u8]>> {
    match (data, base64) {
        (Some(data), _) => value_of(data),
        (None, Some(packed)) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(packed).ok()?;
            Some(Cow::Owned(strip(&bytes).to_vec()))
        }
        (None, None) => None,
    }
}

/// A value that JSON carries: the text of a string, else its own JSON.
fn value_of(raw: &str) -> Option<Cow<'_, [u8]>> {
    if !raw.starts_with('"') {
        return Some(Cow::Borrowed(raw.as_bytes()));
    }
    let text: String = serde_json::from_str(raw).ok()?;
    Some(Cow::Owned(strip(text.as_bytes()).to_vec()))
}

/// JSON, CEF or LEEF behind a syslog header (RFC 3164, RFC 5424, or a bare date and host).
fn behind_header(value: &[u8]) -> Option<&[u8]> {
    let header = &value[..value.len().min(HEADER_BYTES_MAX)];
    let word = |word: &[u8]| memchr::memmem::find(header, word);
    let cef = ["CEF:0|", "CEF:1|", "LEEF:1.0|", "LEEF:2.0|"]
        .iter()
        .filter_map(|start| word(start.as_bytes()))
        .min();
    let start = match cef {
        Some(start) => start,
        None if value.last() == Some(&b'}') && (begins_like_syslog(value) || begins_with_marks(header)) => {
            memchr::memchr(b'{', header)?
        }
        None => return None,
    };
    (start > 0).then(|| &value[start..])
}

/// `<134>`, or the letter or digit of a date or host: not XML, not a bracket of another format.
fn begins_like_syslog(value: &[u8]) -> bool {
    match value {
        [b'<', digit, ..] => digit.is_ascii_digit(),
        [first, ..] => first.is_ascii_alphanumeric(),
        [] => false,
    }
}

/// `- :{…}`: what is left of a header when a collector cut its fields out.
fn begins_with_marks(header: &[u8]) -> bool {
    let marks = header.iter().take_while(|b| matches!(b, b'-' | b':' | b' ')).count();
    (1..=8).contains(&marks) && header.get(marks) == Some(&b'{')
}

/// The elements of a message that is an array of objects; `None` if it is none.
pub fn elements(value: &[u8]) -> Option<Vec<&str>> {
    let rest = value.strip_prefix(b"[")?;
    let first = rest.iter().find(|b| !b.is_ascii_whitespace())?;
    if *first != b'{' {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?;
    crate::json::check_bounds(text).ok()?;
    crate::json::elements(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[track_caller]
    fn check(outer: &str, inner: &[&str]) {
        let layers = layers(outer.as_bytes());
        let texts: Vec<&str> = layers[1..].iter().map(|l| std::str::from_utf8(l).expect("text")).collect();
        assert_eq!(texts, inner, "{outer}");
    }

    #[test]
    fn strips_both_ends_only() {
        assert_eq!(strip(b"\xEF\xBB\xBF\n\0ab\0c\r\n\0"), b"ab\0c");
        assert_eq!(strip(b"\0\r\n"), b"");
        assert_eq!(strip(b""), b"");
    }

    #[test]
    fn unfolds_gzip_with_a_bound() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(b"{\"a\":1}\n").expect("memory");
        let packed = packer.finish().expect("memory");
        assert_eq!(unfold(&packed).as_deref(), Ok(&b"{\"a\":1}"[..]));
        assert_eq!(unfold(&packed[..12]).map_err(|r| r.reason), Err(Reject::Truncated));

        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&vec![b'a'; UNFOLDED_BYTES_MAX as usize + 1]).expect("memory");
        let bomb = packer.finish().expect("memory");
        assert_eq!(unfold(&bomb).map_err(|r| r.reason), Err(Reject::TooLarge));
    }

    #[test]
    fn knows_a_registry_frame_from_padding() {
        assert_eq!(unfold(b"\0\0\0\0\x07{\"a\":1}").as_deref(), Ok(&b"{\"a\":1}"[..]));
        assert_eq!(unfold(b"\0\0\0\0\x07\x02\x04").map_err(|r| r.reason), Err(Reject::Schema));
        assert_eq!(unfold(b"\0\0\0\r\n1011").as_deref(), Ok(&b"1011"[..]));
    }

    #[test]
    fn opens_connect_shippers_and_headers() {
        check(r#"{"schema":{"type":"string"},"payload":"{\"a\":1}"}"#, &[r#"{"a":1}"#]);
        check(r#"{"schema":null,"payload":{"a":1}}"#, &[r#"{"a":1}"#]);
        check(r#"{"payload":"AAAA","a":1}"#, &[]);
        check(
            r#"{"@timestamp":"x","message":"<14>Oct 1 10:00:00 h app: {\"a\":1}"}"#,
            &["<14>Oct 1 10:00:00 h app: {\"a\":1}", "{\"a\":1}"],
        );
        check(r#"{"suricata":{"eve":{"event_type":"alert"}}}"#, &[r#"{"event_type":"alert"}"#]);
        check("Oct 10 12:00:00 fw CEF:0|v|p|1|i|n|5|", &["CEF:0|v|p|1|i|n|5|"]);
        check("<xml>{a}", &[]);
        check("- :{\"a\":1}", &["{\"a\":1}"]);
        check("-1{\"a\":1}", &[]);
        check("[0001--],{x}", &[]);
    }

    #[test]
    fn opens_changes_of_databases_and_lone_logs() {
        check(r#"{"before":null,"after":{"a":1},"op":"c","ts_ms":1}"#, &[r#"{"a":1}"#]);
        check(
            r#"{"schema":{},"payload":{"before":{"a":0},"after":{"a":1},"op":"u"}}"#,
            &[r#"{"before":{"a":0},"after":{"a":1},"op":"u"}"#, r#"{"a":1}"#],
        );
        check(r#"{"op":"c","a":1}"#, &[]);
        assert!(is_deletion(br#"{"before":{"a":1},"after":null,"op":"d"}"#));
        assert!(!is_deletion(br#"{"before":{"a":1},"after":{"a":2},"op":"u"}"#));
        let log =
            |records: &str| format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{records}]}}]}}]}}"#);
        let record = r#"{"body":{"stringValue":"<14>x: y"}}"#;
        check(&log(record), &["<14>x: y"]);
        check(&log(&format!("{record},{record}")), &[]);
    }

    #[test]
    fn opens_cloud_events() {
        check(r#"{"specversion":"1.0","id":"7","data":{"a":1}}"#, &[r#"{"a":1}"#]);
        check(r#"{"specversion":"1.0","id":"7","data":"<14>x: y"}"#, &["<14>x: y"]);
        check(r#"{"specversion":"1.0","id":"7","data_base64":"eyJhIjoxfQ=="}"#, &[r#"{"a":1}"#]);
        check(r#"{"specversion":"1.0","id":"7","data_base64":"?"}"#, &[]);
        check(r#"{"specversion":"1.0","id":"7"}"#, &[]);
    }

    #[test]
    fn splits_arrays_of_objects_only() {
        assert_eq!(elements(b"[ {\"a\":1},{}]"), Some(vec!["{\"a\":1}", "{}"]));
        assert_eq!(elements(b"[0001000A--],003"), None);
        assert_eq!(elements(b"[{\"a\":1}"), None);
    }
}

//! Cutting the bytes of a file into records: documents, rows, frames.

use super::{FileRecord, Wrong, instant, record};
use serde_json::value::RawValue;

/// JSON documents in a row, or the elements of the only one if that is an array; `None` if the whole is not
/// JSON.
pub(super) fn json_documents(bytes: &[u8]) -> Option<Vec<FileRecord>> {
    let text = after_comments(std::str::from_utf8(bytes).ok()?);
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let documents: Result<Vec<&RawValue>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    let documents = documents.ok()?;
    match &documents[..] {
        [only] if only.get().starts_with('[') => array(only.get().as_bytes()),
        all => Some(all.iter().map(|document| record(document.get().as_bytes())).collect()),
    }
}

/// The elements of a JSON array.
pub(super) fn array(bytes: &[u8]) -> Option<Vec<FileRecord>> {
    let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}');
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(elements.into_iter().map(|element| record(element.get().as_bytes())).collect())
}

/// What follows a byte order mark, blanks, and comments of the kinds that people put in front of JSON.
fn after_comments(text: &str) -> &str {
    let mut text = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let rest = if let Some(comment) = text.strip_prefix("/*") {
            comment.split_once("*/").map(|(_, rest)| rest)
        } else if text.starts_with("//") || (text.starts_with('#') && !text.starts_with("#separator ")) {
            text.split_once('\n').map(|(_, rest)| rest)
        } else {
            None
        };
        match rest {
            Some(rest) => text = rest.trim_start(),
            None => return text,
        }
    }
}

/// XML documents in a row, each with what stands before its root; `None` if the whole is not XML.
pub(super) fn xml_documents(bytes: &[u8]) -> Option<Vec<FileRecord>> {
    use quick_xml::events::Event;
    let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim();
    if !text.starts_with('<') {
        return None;
    }
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut depth, mut start, mut documents) = (0usize, 0usize, Vec::new());
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.checked_sub(1)?,
            Event::Text(outside) if depth == 0 && !outside.trim().is_empty() => {
                return None;
            }
            Event::Eof => break,
            Event::Empty(_) | Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {}
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
        }
        let end = usize::try_from(reader.buffer_position()).ok()?;
        if depth == 0 && text[start..end].ends_with('>') {
            documents.push(record(text[start..end].trim().as_bytes()));
            start = end;
        }
    }
    (depth == 0 && !documents.is_empty()).then_some(documents)
}

/// Rows of CSV. Each record is the header row and one row, so that a row stays readable wherever it goes.
pub(super) fn csv(bytes: &[u8], clock: Option<&str>) -> Result<Vec<FileRecord>, Wrong> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let rows = rows(bytes)?;
    let Some(((header, names), rows)) = rows.split_first() else { return Ok(Vec::new()) };
    let column = clock.map(|clock| names.iter().position(|name| name.trim_ascii() == clock.as_bytes()));
    if column == Some(None) {
        return Err((1, format!("no column is called `{}`", clock.unwrap_or_default())));
    }
    let cell = |row: &csv::ByteRecord| instant(std::str::from_utf8(row.get(column??)?).ok()?);
    Ok(rows
        .iter()
        .map(|(raw, row)| FileRecord { clock: cell(row), ..record(&[header, &b"\n"[..], raw].concat()) })
        .collect())
}

/// The raw text of each row of CSV, with its cells.
fn rows(bytes: &[u8]) -> Result<Vec<(&[u8], csv::ByteRecord)>, Wrong> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut rows: Vec<(&[u8], csv::ByteRecord)> = Vec::new();
    let mut row = csv::ByteRecord::new();
    loop {
        let start = reader.position().byte() as usize;
        let more = reader.read_byte_record(&mut row).map_err(|e| (rows.len() + 1, e.to_string()))?;
        if !more {
            return Ok(rows);
        }
        let end = (reader.position().byte() as usize).min(bytes.len());
        rows.push((crate::envelope::strip(&bytes[start..end]), row.clone()));
    }
}

/// Frames of SIA DC-09. Where a frame ends says its length, or else the start of the next; what lies between
/// is junk that such ports get, a record a line.
pub(super) fn dc09(bytes: &[u8]) -> Vec<FileRecord> {
    let starts: Vec<usize> = (0..bytes.len()).filter(|&at| starts_frame(bytes, at)).collect();
    let mut records = Vec::new();
    let mut done = 0;
    for (nth, &start) in starts.iter().enumerate() {
        if start < done {
            continue;
        }
        junk(&bytes[done..start], &mut records);
        let next = starts[nth + 1..].iter().copied().find(|&next| next > start).unwrap_or(bytes.len());
        done = frame_end(bytes, start).unwrap_or(next);
        records.push(record(crate::envelope::strip(&bytes[start..done])));
    }
    junk(&bytes[done..], &mut records);
    records
}

fn junk(bytes: &[u8], records: &mut Vec<FileRecord>) {
    let lines = bytes.split(|b| matches!(b, b'\n' | b'\r'));
    records.extend(lines.map(crate::envelope::strip).filter(|line| !line.is_empty()).map(record));
}

/// At a line's start: CRC (four hex digits, or two raw bytes), `0` and three hex digits of length, a quote;
/// or the old heartbeat `SR0001L0001`.
fn starts_frame(bytes: &[u8], at: usize) -> bool {
    let at_line_start = at == 0 || matches!(bytes[at - 1], b'\n' | b'\r' | 0);
    let rest = &bytes[at..];
    at_line_start && (quote_of(rest).is_some() || is_old_heartbeat(rest))
}

/// Where the id's quote stands behind CRC and length.
fn quote_of(frame: &[u8]) -> Option<usize> {
    let hex = |part: Option<&[u8]>| part.is_some_and(|part| part.iter().all(u8::is_ascii_hexdigit));
    let length_then_quote = |at: usize| hex(frame.get(at..at + 4)) && frame.get(at + 4) == Some(&b'"');
    if hex(frame.get(..4)) && length_then_quote(4) {
        return Some(8);
    }
    length_then_quote(2).then_some(6)
}

fn is_old_heartbeat(frame: &[u8]) -> bool {
    frame.len() >= 11
        && frame.starts_with(b"SR")
        && frame[2..6].iter().all(u8::is_ascii_digit)
        && frame[6] == b'L'
}

/// One past the carriage return that ends the frame, if its length is right.
fn frame_end(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = start + quote_of(&bytes[start..])?;
    let length = std::str::from_utf8(&bytes[quote - 4..quote]).ok()?;
    let end = [16, 10].into_iter().filter_map(|radix| {
        let end = quote + usize::from_str_radix(length, radix).ok()?;
        (end == bytes.len() || matches!(bytes.get(end), Some(b'\r' | b'\n'))).then_some(end)
    });
    end.map(|end| (end + 1).min(bytes.len())).next()
}

//! Rows of each kind as cells by number: the columns that a mapping mentions, and nothing else of the row.

use super::{Column, Mapping, Read};
use crate::decoder::Refusal;
use crate::json::{DEPTH_MAX, MEMBERS_MAX, STRING_BYTES_MAX};
use event::reject::Reject;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;

/// The cells of one row.
pub(super) type Row<'a> = Vec<Option<Cow<'a, str>>>;

impl Mapping {
    /// The rows of one message. A message in which none of the columns occurs is not one of this mapping.
    pub(super) fn rows<'a>(&self, text: &'a str) -> Result<Vec<Row<'a>>, Refusal> {
        let rows = match self.read {
            Read::Csv => self.csv(text)?,
            Read::Json => vec![self.json(text)?],
            Read::KeyValue => vec![self.key_value(text)?],
            Read::Xml => vec![self.xml(text)?],
        };
        if rows.iter().flatten().flatten().any(|cell| cell.len() > STRING_BYTES_MAX) {
            return Err(Refusal::too_large(format!("a cell of more than {STRING_BYTES_MAX} bytes")));
        }
        if !rows.is_empty() && rows.iter().flatten().all(Option::is_none) {
            return Err(Refusal::malformed("none of the mapping's columns is in the row"));
        }
        Ok(rows)
    }

    fn csv<'a>(&self, text: &'a str) -> Result<Vec<Row<'a>>, Refusal> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .from_reader(text.as_bytes());
        let mut row = csv::StringRecord::new();
        let mut next = || {
            let more = reader.read_record(&mut row).map_err(|e| Refusal::malformed(format!("CSV: {e}")))?;
            if row.len() > MEMBERS_MAX {
                return Err(Refusal::too_large(format!("more than {MEMBERS_MAX} columns")));
            }
            Ok(more.then(|| row.clone()))
        };
        let header: Vec<String> = match &self.header {
            Some(header) => header.clone(),
            None => next()?
                .iter()
                .flatten()
                .map(|name| name.trim().trim_start_matches('\u{feff}').to_owned())
                .collect(),
        };
        let places: Vec<Option<usize>> =
            self.columns.iter().map(|c| header.iter().position(|h| *h == c.name)).collect();
        let mut rows = Vec::new();
        while let Some(row) = next()? {
            let cell = |place: &Option<usize>| row.get((*place)?).and_then(kept).map(Cow::Owned);
            rows.push(places.iter().map(cell).collect());
        }
        if rows.is_empty() && self.header.is_none() {
            return Err(Refusal::malformed(
                "CSV with a header row only; rows without one need `columns` in the mapping",
            ));
        }
        Ok(rows)
    }

    fn json<'a>(&self, text: &'a str) -> Result<Row<'a>, Refusal> {
        self.paths.read_written(text)
    }

    fn key_value<'a>(&self, text: &'a str) -> Result<Row<'a>, Refusal> {
        let pairs = pairs(text);
        if pairs.is_empty() {
            return Err(Refusal::malformed("no `key=value` in it"));
        }
        if pairs.len() > MEMBERS_MAX {
            return Err(Refusal::too_large(format!("more than {MEMBERS_MAX} pairs")));
        }
        let cell = |column: &Column| {
            let (_, value) = pairs.iter().find(|(key, _)| *key == column.name)?;
            Some(value.clone()).filter(|value| !value.is_empty())
        };
        Ok(self.columns.iter().map(cell).collect())
    }

    fn xml<'a>(&self, text: &'a str) -> Result<Row<'a>, Refusal> {
        let leaves = leaves(text)?;
        let is = |column: &Column, path: &[String]| {
            if column.is_path { *path == column.path[..] } else { path.last() == column.path.last() }
        };
        let cell = |column: &Column| {
            let leaf = leaves.iter().find(|(path, _)| is(column, path))?;
            kept(&leaf.1).map(Cow::Owned)
        };
        Ok(self.columns.iter().map(cell).collect())
    }
}

fn kept(cell: &str) -> Option<String> {
    Some(cell.trim()).filter(|cell| !cell.is_empty()).map(str::to_owned)
}

/// `a=b`, `a="b c"`, `a: "b"`, separated by blanks, commas, semicolons or bars. An unquoted value runs to the
/// next key, so that it may hold blanks.
fn pairs(text: &str) -> Vec<(&str, Cow<'_, str>)> {
    let mut pairs = Vec::new();
    let mut at = 0;
    while let Some((key, value_start)) = next_key(text, at) {
        let (value, end) = match text.as_bytes().get(value_start) {
            Some(quote @ (b'"' | b'\'')) => quoted(text, value_start + 1, *quote),
            _ => {
                let end = next_key(text, value_start).map_or(text.len(), |(next, _)| next.start);
                (Cow::Borrowed(text[value_start..end].trim_matches(is_separator)), end)
            }
        };
        pairs.push((&text[key], value));
        at = end;
    }
    pairs
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '|')
}

/// The next key from `at` on, and where its value begins.
fn next_key(text: &str, at: usize) -> Option<(std::ops::Range<usize>, usize)> {
    let is_key = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '@');
    let mut search = at;
    loop {
        let sign = search + text[search..].find(['=', ':'])?;
        let before = text[at..sign].trim_end();
        let start = at
            + before
                .rfind(|c| !is_key(c))
                .map_or(0, |found| found + before[found..].chars().next().map_or(1, char::len_utf8));
        let end = at + before.len();
        let preceded = start == at || text[..start].ends_with(is_separator);
        let after = &text[sign + 1..];
        // A colon is a sign only before a blank or a quote: times and addresses have colons.
        let is_sign = text.as_bytes()[sign] == b'=' || after.starts_with([' ', '"', '\'']);
        if start < end && preceded && is_sign {
            let blanks = after.len() - after.trim_start_matches(' ').len();
            return Some((start..end, sign + 1 + blanks));
        }
        search = sign + 1;
    }
}

/// A quoted value and where its quote ends; a backslash takes the next character as it is.
fn quoted(text: &str, start: usize, quote: u8) -> (Cow<'_, str>, usize) {
    let mut value = String::new();
    let mut chars = text[start..].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            c if c as u32 == u32::from(quote) => return (Cow::Owned(value), start + at + 1),
            c => value.push(c),
        }
    }
    (Cow::Owned(value), text.len())
}

/// Every text and attribute of a document with the names above it; namespaces' prefixes are dropped, entities
/// are not resolved beyond the five of XML.
pub(crate) fn leaves(text: &str) -> Result<Vec<(Vec<String>, String)>, Refusal> {
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut path, mut leaves): (Vec<String>, Vec<(Vec<String>, String)>) = (Vec::new(), Vec::new());
    loop {
        if leaves.len() > MEMBERS_MAX || path.len() > DEPTH_MAX {
            return Err(Refusal::too_large("XML with too many or too deep elements"));
        }
        match reader.read_event().map_err(|e| Refusal::malformed(format!("XML: {e}")))? {
            Event::Start(start) => {
                enter(&start, &mut path, &mut leaves);
            }
            Event::Empty(start) => {
                enter(&start, &mut path, &mut leaves);
                path.pop();
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(said) => append(&path, &mut leaves, &said),
            Event::CData(said) => append(&path, &mut leaves, &said),
            Event::GeneralRef(entity) => append(&path, &mut leaves, &entity_text(&entity)),
            Event::Eof if path.is_empty() => return Ok(leaves),
            Event::Eof => return Err(Refusal::truncated("XML ends inside an element")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn enter(start: &BytesStart<'_>, path: &mut Vec<String>, leaves: &mut Vec<(Vec<String>, String)>) {
    let local = |name: &str| name.rsplit(':').next().unwrap_or(name).to_owned();
    path.push(local(start.name().as_ref()));
    for attribute in start.attributes().flatten() {
        let mut at = path.clone();
        at.push(format!("@{}", local(attribute.key.as_ref())));
        leaves.push((at, unescaped(&attribute.value)));
    }
}

/// The text of one element comes in pieces where entities stand in it.
fn append(path: &[String], leaves: &mut Vec<(Vec<String>, String)>, text: &str) {
    match leaves.last_mut() {
        Some((last, said)) if *last == path => said.push_str(text),
        _ if text.trim().is_empty() => {}
        _ => leaves.push((path.to_vec(), text.to_owned())),
    }
}

fn entity_text(name: &str) -> String {
    unescaped(&format!("&{name};"))
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), Cow::into_owned)
}

/// Why such a text can be no row of this kind, before it is read; `Ok` if it can.
pub(super) fn may_be(read: Read, value: &[u8]) -> bool {
    match read {
        Read::Json => crate::json::looks_like_object(value),
        Read::Xml => value.trim_ascii_start().first() == Some(&b'<'),
        Read::Csv | Read::KeyValue => {
            !matches!(value.trim_ascii_start().first(), None | Some(b'{' | b'<' | b'['))
        }
    }
}

/// The reason for rows that the mapping says to refuse.
pub(super) fn unmapped(what: &str) -> Refusal {
    Refusal::new(Reject::Unmapped, format!("no class of the mapping fits `{what}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_in_their_usual_forms() {
        let read = |text: &'static str| {
            pairs(text).into_iter().map(|(key, value)| format!("{key}|{value}")).collect::<Vec<_>>()
        };
        assert_eq!(
            read("a=1 b=\"x \\\" y\",c='z';d=Access Granted e="),
            ["a|1", "b|x \" y", "c|z", "d|Access Granted", "e|"]
        );
        assert_eq!(
            read("EVENT_TIME: \"2026-01-10 02:00:00\" EVDESCR: \"Granted\""),
            ["EVENT_TIME|2026-01-10 02:00:00", "EVDESCR|Granted"]
        );
        assert_eq!(read("t=02:00:00 x=y"), ["t|02:00:00", "x|y"]);
        assert_eq!(read("é=ü = x"), ["é|", "ü|x"]);
        assert!(read("no pairs here: at all").len() <= 1);
        assert!(read("").is_empty());
    }

    #[test]
    fn leaves_of_xml() {
        let said =
            leaves("<?xml version=\"1.0\"?><a:E x='1'><S><I q=\"&lt;\">46&amp;2</I></S><T/> <T>b</T></a:E>")
                .expect("XML");
        let said: Vec<_> = said.iter().map(|(path, text)| format!("{}={text}", path.join("/"))).collect();
        assert_eq!(said, ["E/@x=1", "E/S/I/@q=<", "E/S/I=46&2", "E/T=b"]);
        assert_eq!(leaves("<a><b>").map_err(|r| r.reason), Err(Reject::Truncated));
        assert_eq!(leaves("<a></b>").map_err(|r| r.reason), Err(Reject::Malformed));
    }
}

//! Zeek's own log files: tab-separated rows below header lines that name the fields and their types. Each row
//! becomes the JSON that Zeek's JSON writer would have written, so that the decoder knows one shape only.

use super::{FileRecord, Wrong, record};
use std::fmt::Write;

/// What the header lines of a log say.
struct Header {
    separator: String,
    set_separator: String,
    empty: String,
    unset: String,
    path: String,
    fields: Vec<String>,
    types: Vec<String>,
}

impl Default for Header {
    fn default() -> Self {
        Header {
            separator: "\t".to_owned(),
            set_separator: ",".to_owned(),
            empty: "(empty)".to_owned(),
            unset: "-".to_owned(),
            path: String::new(),
            fields: Vec::new(),
            types: Vec::new(),
        }
    }
}

/// The rows of a log, or of several behind each other.
pub(super) fn tsv(bytes: &[u8]) -> Result<Vec<FileRecord>, Wrong> {
    let text = String::from_utf8_lossy(bytes);
    let mut header = Header::default();
    let mut records = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(said) = line.strip_prefix('#') {
            header.learn(said);
        } else if header.fields.is_empty() {
            return Err((number + 1, "a row before the line `#fields`".to_owned()));
        } else if !line.is_empty() {
            records.push(record(header.row(line).as_bytes()));
        }
    }
    Ok(records)
}

impl Header {
    fn learn(&mut self, line: &str) {
        if let Some(separator) = line.strip_prefix("separator ") {
            self.separator = unescape(separator);
            return;
        }
        let mut words = line.split(&*self.separator).map(str::to_owned);
        let name = words.next().unwrap_or_default();
        let mut first = || words.next().unwrap_or_default();
        match &*name {
            "set_separator" => self.set_separator = first(),
            "empty_field" => self.empty = first(),
            "unset_field" => self.unset = first(),
            "path" => self.path = first(),
            "fields" => self.fields = words.collect(),
            "types" => self.types = words.collect(),
            _ => {}
        }
    }

    fn row(&self, line: &str) -> String {
        let mut json = format!("{{\"_path\":{}", quoted(&self.path));
        for (nth, (field, cell)) in self.fields.iter().zip(line.split(&*self.separator)).enumerate() {
            if cell != self.unset {
                let ty = self.types.get(nth).map_or("string", String::as_str);
                let _infallible = write!(json, ",{}:{}", quoted(field), self.value(ty, cell));
            }
        }
        json.push('}');
        json
    }

    fn value(&self, ty: &str, cell: &str) -> String {
        if let Some(inner) = ["set[", "vector["].iter().find_map(|of| ty.strip_prefix(of)) {
            let inner = inner.trim_end_matches(']');
            let cells = cell.split(&*self.set_separator).filter(|_| cell != self.empty);
            let values: Vec<String> = cells.map(|cell| self.value(inner, cell)).collect();
            return format!("[{}]", values.join(","));
        }
        let cell = if cell == self.empty { "" } else { cell };
        match ty {
            "bool" => (if cell == "T" { "true" } else { "false" }).to_owned(),
            "count" | "int" | "port" | "double" | "time" | "interval" if is_number(cell) => cell.to_owned(),
            _ => quoted(&unescape(cell)),
        }
    }
}

/// A number as JSON writes one.
fn is_number(cell: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(cell).is_ok()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `\x09` as the byte that it means, `\\` as one; the rest as it stands.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.strip_prefix(b"x").and_then(|hex| std::str::from_utf8(hex.get(..2)?).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(value) if byte == b'\\' => {
                bytes.push(value);
                rest = &after[3..];
            }
            _ if byte == b'\\' && after.first() == Some(&b'\\') => {
                bytes.push(b'\\');
                rest = &after[1..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

//! A section kept as a table: RFC 4180 with a header row, read into the same rows as YAML.
//!
//! Blanks around names and values do not count, an empty cell says nothing. Which cells hold several values is known
//! to the section, which splits them at `;`.

use crate::problem::{Files, Problems, words};
use crate::yaml::{Cell, Item, Piece, Row};

/// Reads a table; lines that cannot be read are findings, the others are still used.
pub(crate) fn read(files: &mut Files, name: &str, text: &str, problems: &mut Problems) -> Vec<Row> {
    let file = files.add(name, text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect(),
        Err(error) => {
            let origin = files.place(file, 0..0);
            problems.error("SM011", origin, unreadable(&error));
            return Vec::new();
        }
    };
    let top = files.place(file, 0..0);
    for (at, name) in header.iter().enumerate() {
        if header[..at].contains(name) {
            let said =
                words(format!("column `{name}` stands twice"), "each column once", "remove one of them");
            problems.error("SM011", top, said);
        }
    }
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let start = usize::try_from(reader.position().byte()).unwrap_or(0);
        match reader.read_record(&mut record) {
            Ok(false) => return rows,
            Ok(true) => {
                let start = record.position().map_or(start, |p| usize::try_from(p.byte()).unwrap_or(start));
                let origin = files.place(file, line_at(text, start));
                let cells = header.iter().zip(&record).filter(|(_, value)| !value.is_empty());
                let cells = cells.map(|(name, value)| {
                    let piece = Piece { text: value.to_owned(), origin };
                    Cell { name: name.clone(), origin: top, items: vec![Item::Text(piece)] }
                });
                rows.push(Row { origin, cells: cells.collect() });
            }
            Err(error) => {
                let start = error.position().map_or(start, |p| usize::try_from(p.byte()).unwrap_or(start));
                let origin = files.place(file, line_at(text, start));
                problems.error("SM011", origin, unreadable(&error));
            }
        }
    }
}

fn unreadable(error: &csv::Error) -> crate::problem::Words {
    let said = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} cells in this line, {expected_len} in the header")
        }
        _ => format!("not readable as a table: {error}"),
    };
    words(said, "RFC 4180 with a header row", "quote cells that hold commas or line ends")
}

/// From where a record begins to the end of its line.
fn line_at(text: &str, start: usize) -> std::ops::Range<usize> {
    let bytes = text.as_bytes();
    let mut start = start.min(text.len());
    while bytes.get(start).is_some_and(|b| matches!(b, b'\n' | b'\r')) {
        start += 1;
    }
    let len = bytes[start..].iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(text.len() - start);
    start..start + len
}

//! Files as records: `PATH[?read=…&at=…&clock=…]` (contracts.md §2), for `replay` and `decode`.
//!
//! Cutting only: what a record means is the business of its format. A file that is read line by line is
//! streamed; anything else is cut in memory, up to [`DOCUMENT_BYTES_MAX`].

use crate::json::PathList;
use crate::time::{civil, epoch, epoch_float, epoch_text, local_in};
use event::time::Timestamp;
use jiff::tz::TimeZone;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod cut;
mod dump;
mod zeek;

/// The greatest file that is looked at as a whole; a greater one is read line by line.
pub const DOCUMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Which file or folder, and how it is cut into records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// A file, a folder (each file in it, by name), or `-` for the standard input.
    pub path: PathBuf,
    /// How it is cut.
    pub mode: Mode,
    /// JSON pointer to the record inside a wrapper.
    pub at: Option<String>,
    /// JSON pointer or CSV column of the recorded arrival time.
    pub clock: Option<String>,
}

/// How a file is cut into records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// One document, several in a row, the elements of an array; else CSV where the caller expects it; else
    /// lines.
    #[default]
    Auto,
    /// One record a line.
    Lines,
    /// The file is one record.
    Whole,
    /// The file is a JSON array, each element a record.
    Array,
    /// CSV with a header row; each record is the header and one row.
    Csv,
    /// Zeek's log files with their header lines; each record is the JSON that Zeek would have written.
    Tsv,
    /// Frames of SIA DC-09, which hold line ends.
    Dc09,
    /// A dump of `watchfloor record`.
    Kafka,
}

/// One record of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileRecord {
    /// Its value; a dumped tombstone has none.
    pub value: Option<Vec<u8>>,
    /// Its number in its file, from 0; in a dump its own offset.
    pub offset: u64,
    /// Recorded time of arrival: of `clock`, or a dump's timestamp.
    pub clock: Option<Timestamp>,
    /// In a dump its own partition.
    pub partition: Option<u32>,
    /// In a dump its own topic.
    pub topic: Option<String>,
    /// In a dump its own key.
    pub key: Option<Vec<u8>>,
    /// In a dump its own headers.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// Why a file cannot be read. The caller prints it and exits with 2.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The part behind `?` is wrong.
    #[error("`{spec}`: {what}")]
    Spec {
        /// As given.
        spec: String,
        /// What is wrong, and what may stand there.
        what: String,
    },
    /// The file system says no.
    #[error("cannot read `{path}`: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what `read` says.
    #[error("`{path}`, line {line}: {what}")]
    Content {
        /// The file.
        path: String,
        /// 1-based.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

impl Spec {
    /// Reads `PATH[?read=…&at=…&clock=…]`. A `?` that no option follows belongs to the path.
    pub fn parse(text: &str) -> Result<Spec, ReadError> {
        let wrong = |what: String| ReadError::Spec { spec: text.to_owned(), what };
        let options = |rest: &str| ["read=", "at=", "clock="].iter().any(|option| rest.starts_with(option));
        let (path, rest) = match text.rsplit_once('?') {
            Some((path, rest)) if options(rest) => (path, rest),
            _ => (text, ""),
        };
        let mut spec = Spec { path: path.into(), mode: Mode::Auto, at: None, clock: None };
        for option in rest.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("read", mode)) => {
                    spec.mode = Mode::by_name(mode).ok_or_else(|| {
                        wrong(format!(
                            "no way to read is called `{mode}`; there are {}",
                            Mode::NAMES.join(", ")
                        ))
                    })?;
                }
                Some(("at", at)) if at.starts_with('/') => spec.at = Some(at.to_owned()),
                Some(("clock", clock)) if !clock.is_empty() => spec.clock = Some(clock.to_owned()),
                _ => {
                    return Err(wrong(format!(
                        "`{option}` is none of read=MODE, at=/json/pointer, clock=/json/pointer or column"
                    )));
                }
            }
        }
        Ok(spec)
    }

    /// The files of the path, in order. A path that does not exist is an error here, before anything is read.
    pub fn files(&self) -> Result<Vec<PathBuf>, ReadError> {
        if self.path == Path::new("-") {
            return Ok(vec![self.path.clone()]);
        }
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |source| ReadError::Io { path, source }
        };
        if !std::fs::metadata(&self.path).map_err(failed(&self.path))?.is_dir() {
            return Ok(vec![self.path.clone()]);
        }
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(failed(&self.path))? {
            let path = entry.map_err(failed(&self.path))?.path();
            if path.is_file() {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

impl Mode {
    const NAMES: [&str; 8] = ["auto", "lines", "whole", "array", "csv", "tsv", "dc09", "kafka"];
    const ALL: [Mode; 8] =
        [Mode::Auto, Mode::Lines, Mode::Whole, Mode::Array, Mode::Csv, Mode::Tsv, Mode::Dc09, Mode::Kafka];

    fn by_name(name: &str) -> Option<Mode> {
        Mode::NAMES.iter().position(|known| *known == name).map(|at| Mode::ALL[at])
    }
}

/// The records of one file.
pub struct Records {
    path: Arc<str>,
    cut: Cut,
    at: Option<PathList>,
    clock: Option<PathList>,
    next: u64,
}

enum Cut {
    Ready(std::vec::IntoIter<FileRecord>),
    Lines(Box<dyn BufRead + Send>),
}

/// What the caller expects of a file that says nothing itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Any,
    /// Rows of CSV, because the topic's mapping reads them.
    Csv,
}

/// Opens one of [`Spec::files`].
pub fn open(spec: &Spec, file: &Path, expect: Expect) -> Result<Records, ReadError> {
    let path: Arc<str> = file.display().to_string().into();
    let failed = |source| ReadError::Io { path: path.to_string(), source };
    let reader = plain(file).map_err(failed)?;
    let cut = match spec.mode {
        Mode::Lines => Cut::Lines(reader),
        mode => cut_whole(spec, mode, reader, expect, &path)?,
    };
    let json_clock = spec.clock.as_deref().filter(|clock| clock.starts_with('/'));
    let list = |pointer: &str| PathList::new([pointer.trim_start_matches('/')]);
    let raw = |pointer: &str| PathList::new([&*format!("{}{{}}", pointer.trim_start_matches('/'))]);
    Ok(Records { path, cut, at: spec.at.as_deref().map(raw), clock: json_clock.map(list), next: 0 })
}

fn cut_whole(
    spec: &Spec,
    mode: Mode,
    mut reader: Box<dyn BufRead + Send>,
    expect: Expect,
    path: &str,
) -> Result<Cut, ReadError> {
    let mut bytes = Vec::new();
    let read = reader.by_ref().take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
    let content = |(line, what): (usize, String)| ReadError::Content { path: path.to_owned(), line, what };
    if bytes.len() as u64 > DOCUMENT_BYTES_MAX {
        return match mode {
            Mode::Auto => Ok(Cut::Lines(Box::new(Cursor::new(bytes).chain(reader)))),
            _ => Err(content((
                1,
                format!("more than {DOCUMENT_BYTES_MAX} bytes; only lines are read of such a file"),
            ))),
        };
    }
    let column = spec.clock.as_deref().filter(|clock| !clock.starts_with('/'));
    let records = match mode {
        Mode::Auto => match auto(&bytes, expect, column) {
            Some(records) => records.map_err(content)?,
            None => return Ok(Cut::Lines(Box::new(Cursor::new(bytes)))),
        },
        Mode::Whole | Mode::Lines => vec![record(&bytes)],
        Mode::Array => cut::array(&bytes).ok_or_else(|| content((1, "not a JSON array".to_owned())))?,
        Mode::Csv => cut::csv(&bytes, column).map_err(content)?,
        Mode::Tsv => zeek::tsv(&bytes).map_err(content)?,
        Mode::Dc09 => cut::dc09(&bytes),
        Mode::Kafka => dump::read(&bytes).map_err(content)?,
    };
    Ok(Cut::Ready(records.into_iter()))
}

type Wrong = (usize, String);

/// What the content itself says; `None`: one record a line.
fn auto(bytes: &[u8], expect: Expect, column: Option<&str>) -> Option<Result<Vec<FileRecord>, Wrong>> {
    if let Some(documents) = cut::json_documents(bytes).or_else(|| cut::xml_documents(bytes)) {
        return Some(Ok(documents));
    }
    if bytes.starts_with(b"#separator ") {
        return Some(zeek::tsv(bytes));
    }
    (expect == Expect::Csv).then(|| cut::csv(bytes, column))
}

/// A record of its value alone.
fn record(value: &[u8]) -> FileRecord {
    FileRecord { value: Some(value.to_vec()), ..FileRecord::default() }
}

/// Opens a file and unpacks it by its name.
fn plain(file: &Path) -> std::io::Result<Box<dyn BufRead + Send>> {
    if file == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let reader = BufReader::new(File::open(file)?);
    Ok(match file.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(reader))),
        Some("xz") => Box::new(BufReader::new(liblzma::bufread::XzDecoder::new_multi_decoder(reader))),
        Some("zst") => Box::new(BufReader::new(zstd::Decoder::with_buffer(reader)?)),
        _ => Box::new(reader),
    })
}

impl Records {
    /// The file, as it was given.
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    fn next_line(&mut self) -> Option<Result<FileRecord, ReadError>> {
        let Cut::Lines(reader) = &mut self.cut else { return None };
        let mut line = Vec::new();
        match reader.read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => {
                let ended = line.strip_suffix(b"\n").unwrap_or(&line);
                Some(Ok(record(ended.strip_suffix(b"\r").unwrap_or(ended))))
            }
            Err(source) => Some(Err(ReadError::Io { path: self.path.to_string(), source })),
        }
    }

    /// Takes the record out of its wrapper and finds its arrival.
    fn unwrap(&self, mut record: FileRecord) -> FileRecord {
        let Some(text) = record.value.as_deref().and_then(|value| std::str::from_utf8(value).ok()) else {
            return record;
        };
        if let Some(clock) = &self.clock {
            let values = clock.read(text).unwrap_or_default();
            record.clock = values.first().and_then(|value| match value {
                crate::json::Json::Int(n) => epoch(*n),
                crate::json::Json::Float(x) => epoch_float(*x),
                other => other.text().and_then(instant),
            });
        }
        if let Some(at) = &self.at {
            let values = at.read(text).unwrap_or_default();
            let inner =
                values.first().and_then(crate::json::Json::raw).map(|raw| match raw.strip_prefix('"') {
                    Some(_) => serde_json::from_str::<String>(raw).unwrap_or_default().into_bytes(),
                    None => raw.as_bytes().to_vec(),
                });
            record.value = inner.or(record.value);
        }
        record
    }
}

impl Iterator for Records {
    type Item = Result<FileRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = match &mut self.cut {
            Cut::Ready(records) => records.next().map(Ok)?,
            Cut::Lines(_) => self.next_line()?,
        };
        let number = self.next;
        self.next += 1;
        Some(record.map(|mut record| {
            if record.partition.is_none() {
                record.offset = number;
            }
            self.unwrap(record)
        }))
    }
}

/// A recorded time: RFC 3339, without a zone UTC, or a number since 1970.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zoneless = || local_in(&TimeZone::UTC, civil(text)?);
    Timestamp::parse_rfc3339(text).or_else(|| epoch_text(text)).or_else(zoneless)
}

#[cfg(test)]
mod tests;

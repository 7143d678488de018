//! The records of the files that stand for a topic, one file after the other.

use engine::replay::Recorded;
use ingest::read::{self, Expect, FileRecord, ReadError, Records, Spec};
use std::path::PathBuf;

/// The records of an input, in file order. It ends at the first file that cannot be read, and keeps why.
pub(super) struct Reading<'a> {
    spec: &'a Spec,
    files: std::slice::Iter<'a, PathBuf>,
    expect: Expect,
    open: Option<Records>,
    /// Why it ended early.
    pub error: Option<ReadError>,
}

impl<'a> Reading<'a> {
    /// Opens nothing yet.
    pub fn new(spec: &'a Spec, files: &'a [PathBuf], expect: Expect) -> Self {
        Reading { spec, files: files.iter(), expect, open: None, error: None }
    }

    fn next_record(&mut self) -> Result<Option<FileRecord>, ReadError> {
        loop {
            if let Some(record) = self.open.as_mut().and_then(Iterator::next) {
                return record.map(Some);
            }
            let Some(file) = self.files.next() else { return Ok(None) };
            self.open = Some(read::open(self.spec, file, self.expect)?);
        }
    }
}

impl Iterator for Reading<'_> {
    type Item = Recorded;

    fn next(&mut self) -> Option<Recorded> {
        if self.error.is_some() {
            return None;
        }
        match self.next_record() {
            Ok(record) => record.map(recorded),
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }
}

fn recorded(record: FileRecord) -> Recorded {
    let headers = record.headers.into_iter();
    Recorded {
        value: record.value.unwrap_or_default(),
        key: record.key,
        place: record.partition.map(|partition| (partition, record.offset)),
        arrived: record.clock,
        headers: headers.map(|(name, value)| (name.into_bytes(), value.unwrap_or_default())).collect(),
    }
}

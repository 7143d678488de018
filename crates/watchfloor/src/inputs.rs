//! Which files a command line names: each `SPEC` (contracts.md §2) with its files, all there before anything
//! is read.

use crate::failure::Failure;
use crate::report::{Report, about, unreadable};
use event::diagnostic::Diagnostic;
use ingest::read::{ReadError, Spec};
use std::path::PathBuf;

/// One file of one `SPEC`.
pub(crate) struct InputFile {
    /// The index of its `SPEC` on the command line: the partition of its records.
    pub input: u32,
    /// How it is cut.
    pub spec: Spec,
    /// The file.
    pub path: PathBuf,
}

/// The files of all specs, in order. All that are missing are reported.
pub(crate) fn files(report: &Report, specs: &[String]) -> Result<Vec<InputFile>, Failure> {
    let mut files = Vec::new();
    let mut failure = None;
    for (input, text) in (0u32..).zip(specs) {
        match Spec::parse(text).and_then(|spec| Ok((spec.files()?, spec))) {
            Ok((paths, spec)) => {
                files.extend(paths.into_iter().map(|path| InputFile { input, spec: spec.clone(), path }));
            }
            Err(error) => failure = Some(report.stop(diagnostic(&error))),
        }
    }
    match failure {
        Some(failure) => Err(failure),
        None => Ok(files),
    }
}

/// What is wrong with a file that was to be read.
pub(crate) fn diagnostic(error: &ReadError) -> Diagnostic {
    match error {
        ReadError::Spec { .. } => about("IO005", "").saying(
            error.to_string(),
            "PATH[?read=auto|lines|whole|array|csv|tsv|dc09|kafka][&at=/json/pointer][&clock=/json/pointer|column]",
            "",
        ),
        ReadError::Io { path, source } => unreadable(path, source),
        ReadError::Content { path, line, what } => {
            let mut diagnostic = about("IO006", path);
            (diagnostic.line, diagnostic.column) = (u32::try_from(*line).unwrap_or(u32::MAX), 1);
            diagnostic.saying(what, "content that fits `read=`", "mend the file, or name another way to read it")
        }
    }
}

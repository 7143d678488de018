//! Rule files on the disk: the files named, and each `*.rules` of the folders named, in the order of their
//! paths.

use crate::failure::Failure;
use crate::files::Files;
use crate::report::{Report, unreadable};
use event::diagnostic::Diagnostic;
use rules::check::{RuleFile, read};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// How deep folders are looked into.
const DEPTH_MAX: usize = 16;

/// The files of a path. A folder without any is an error: it is a typo more often than a wish.
pub(crate) fn under(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !std::fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    collect(path, DEPTH_MAX, &mut files)?;
    files.sort();
    match files.is_empty() {
        true => Err(io::Error::new(io::ErrorKind::NotFound, "the folder holds no file *.rules")),
        false => Ok(files),
    }
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, files)?;
        } else if path.is_file() && path.extension().is_some_and(|extension| extension == "rules") {
            files.push(path);
        }
    }
    Ok(())
}

/// Everything that was read, and what is wrong with its form.
#[derive(Default)]
pub(crate) struct Loaded {
    /// The files, each once.
    pub files: Vec<RuleFile>,
    /// What cannot stand there.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// Without the file that ships with the product: its states are known without being given, and a folder
    /// that holds a copy does not mean to replace each of them by itself.
    pub fn without_shipped(mut self) -> Self {
        self.files.retain(|file| file.text != rules::standard::TEXT);
        self
    }
}

/// Reads files. Those that cannot be read are reported, all of them.
pub(crate) fn load(files: Files<'_>, report: &mut Report, paths: &[PathBuf]) -> Result<Loaded, Failure> {
    let (mut loaded, mut failure) = (Loaded::default(), None);
    for path in paths.iter().collect::<BTreeSet<_>>() {
        let name = path.display().to_string();
        match files.read(path) {
            Ok(bytes) => {
                let (file, diagnostics) = read(&name, &bytes);
                report.source(&name, &file.text);
                loaded.files.push(file);
                loaded.diagnostics.extend(diagnostics);
            }
            Err(error) => failure = Some(report.stop(unreadable(&name, &error))),
        }
    }
    failure.map_or(Ok(loaded), Err)
}

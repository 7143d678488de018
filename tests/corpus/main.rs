//! What the decoders make of a folder of recordings: `corpus FOLDER` prints `docs/corpus.md`.
//!
//! `files.txt` says which files of the folder are of which format and how they are cut; files that it does
//! not name, or names `other`, are of formats that nobody reads yet, and are offered to all decoders, which
//! must not take them for theirs. It judges no event (the fixtures of the decoders do): it counts, and it
//! fails if a file is missing, if a sum does not hold, or if records are refused that the table has no word
//! about.

mod decoding;
mod files;
mod page;

use decoding::{Decoding, Sums};
use files::{Entry, Table};
use std::path::Path;
use std::process::ExitCode;

/// What became of one line of the table.
struct Line<'a> {
    entry: &'a Entry<'a>,
    files: usize,
    sums: Sums,
}

/// What became of a folder that the table does not name.
struct Other {
    folder: String,
    files: usize,
    sums: Sums,
}

fn main() -> ExitCode {
    let Some(root) = std::env::args_os().nth(1) else {
        eprintln!("corpus FOLDER: the folder of the recordings that tests/corpus/files.txt names");
        return ExitCode::from(2);
    };
    match run(Path::new(&root)) {
        Ok(problems) if problems.is_empty() => ExitCode::SUCCESS,
        Ok(problems) => {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Prints the page; returns what is wrong.
fn run(root: &Path) -> Result<Vec<String>, String> {
    let table = Table::parse(include_str!("files.txt"))?;
    let walked = files::walk(root).map_err(|error| format!("cannot read {}: {error}", root.display()))?;
    let (assigned, mut problems) = table.assign(&walked);
    let mut decoding = Decoding::new(root);
    let mut lines = Vec::new();
    for (entry, files) in assigned.named {
        let mut sums = Sums::default();
        for file in &files {
            sums += &decoding.file(file, entry.reading, entry.format)?;
        }
        lines.push(Line { entry, files: files.len(), sums });
    }
    let mut others: Vec<Other> = Vec::new();
    for (file, reading) in &assigned.others {
        let sums = decoding.file(file, reading, "auto")?;
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        match others.last_mut().filter(|other| other.folder == folder) {
            Some(other) => {
                other.files += 1;
                other.sums += &sums;
            }
            None => others.push(Other { folder: folder.to_owned(), files: 1, sums }),
        }
    }
    let strangers = strangers(&mut decoding, &assigned.others)?;
    problems.extend(decoding.problems);
    problems.extend(unexplained(&lines));
    print!("{}", page::write(&lines, &others, &strangers));
    Ok(problems)
}

/// Files of other formats through each decoder by its name, as if a topic held what it should not.
fn strangers(decoding: &mut Decoding, files: &[(&str, &str)]) -> Result<Vec<(&'static str, Sums)>, String> {
    let mut strangers = Vec::new();
    for format in decoding.formats() {
        let mut sums = Sums::default();
        for (file, reading) in files {
            sums += &decoding.file(file, reading, format)?;
        }
        strangers.push((format, sums));
    }
    Ok(strangers)
}

/// Lines with refused records and no word about them.
fn unexplained<'a>(lines: &'a [Line<'_>]) -> impl Iterator<Item = String> + 'a {
    let mute = |line: &&Line<'_>| line.sums.counts.rejected > 0 && line.entry.remark.is_empty();
    lines.iter().filter(mute).map(|line| {
        let details: Vec<&str> = line.sums.details.iter().map(String::as_str).collect();
        format!("{}: refused, and files.txt does not say why: {}", line.entry.pattern, details.join("; "))
    })
}

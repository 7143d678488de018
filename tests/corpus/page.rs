//! The page in Markdown. It holds no time and no path of a machine: the same recordings give the same bytes.

use crate::decoding::Sums;
use crate::{Line, Other};
use std::collections::BTreeMap;
use std::fmt::Write;

const HEAD: &str = "# What the decoders make of real recordings

Written by `cargo run -p tests --example corpus -- FOLDER > docs/corpus.md`; do not edit. FOLDER is a
folder of recordings and published examples that are not in this repository, because their licences differ; which
file is which format, how it is cut into records and what is said about it is in `tests/corpus/files.txt`.

*records* = decoded + control + rejected, checked for each file; *control* is no event by design (answers, frames
of a scene); *unclassified* are events that have their entities but no class, kept under the sender's own name
(at the end); *incomplete* lack a field that their class requires. Nothing panicked. There is no recording of bare
`contact-id` text; its codes travel in `sia-dc09`. Expected outputs and code tables of other projects are no records,
but for the ECS that another project makes of identity providers' logs, which is what a sender of ECS sends.
";

/// The whole page.
pub fn write(lines: &[Line<'_>], others: &[Other], strangers: &[(&str, Sums)]) -> String {
    let mut page = HEAD.to_owned();
    by_format(lines, &mut page);
    by_file(lines, &mut page);
    of_others(others, &mut page);
    of_strangers(strangers, &mut page);
    unclassified(lines, &mut page);
    page
}

fn table(page: &mut String, title: &str, columns: &[&str]) {
    let rule: Vec<&str> = columns.iter().map(|_| "---").collect();
    let _infallible = write!(page, "\n## {title}\n\n| {} |\n| {} |\n", columns.join(" | "), rule.join(" | "));
}

fn row(page: &mut String, cells: &[String]) {
    let _infallible = writeln!(page, "| {} |", cells.join(" | "));
}

fn numbers(files: usize, sums: &Sums) -> [String; 7] {
    let counts = &sums.counts;
    let rejects: Vec<String> = sums.rejects.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
    let rejects = if rejects.is_empty() { "0".to_owned() } else { rejects.join(", ") };
    let [files, records, events] = [files as u64, counts.read, counts.events].map(|n| n.to_string());
    let [unclassified, incomplete, control] =
        [counts.unclassified, counts.incomplete, counts.control].map(|n| n.to_string());
    [files, records, events, unclassified, incomplete, control, rejects]
}

/// What each format has in all its lines, in the order of the table.
fn formats<'a>(lines: &[Line<'a>]) -> Vec<(&'a str, usize, Sums)> {
    let mut formats: Vec<(&str, usize, Sums)> = Vec::new();
    for line in lines {
        let at = formats.iter().position(|(name, ..)| *name == line.entry.format).unwrap_or_else(|| {
            formats.push((line.entry.format, 0, Sums::default()));
            formats.len() - 1
        });
        formats[at].1 += line.files;
        formats[at].2 += &line.sums;
    }
    formats
}

fn by_format(lines: &[Line<'_>], page: &mut String) {
    let columns = [
        "format",
        "files",
        "records",
        "events",
        "unclassified",
        "incomplete",
        "control",
        "rejects",
        "of events unclassified",
    ];
    table(page, "By format", &columns);
    let (mut files, mut all) = (0, Sums::default());
    for (name, n, sums) in formats(lines) {
        format_row(page, name, n, &sums);
        files += n;
        all += &sums;
    }
    format_row(page, "all", files, &all);
}

fn format_row(page: &mut String, name: &str, files: usize, sums: &Sums) {
    let tenths = (sums.counts.unclassified * 1000 + sums.counts.events / 2) / sums.counts.events.max(1);
    let mut cells = vec![name.to_owned()];
    cells.extend(numbers(files, sums));
    cells.push(format!("{}.{} %", tenths / 10, tenths % 10));
    row(page, &cells);
}

fn by_file(lines: &[Line<'_>], page: &mut String) {
    let columns = [
        "format",
        "file",
        "files",
        "records",
        "events",
        "unclassified",
        "incomplete",
        "control",
        "rejects",
        "remark",
    ];
    table(page, "By file", &columns);
    for line in lines {
        let mut cells = vec![line.entry.format.to_owned(), format!("`{}`", line.entry.pattern)];
        cells.extend(numbers(line.files, &line.sums));
        cells.push(line.entry.remark.to_owned());
        row(page, &cells);
    }
}

fn of_others(others: &[Other], page: &mut String) {
    table(page, "Files of other formats, with `auto`", &["folder", "files", "records", "taken for"]);
    for other in others {
        let taken: Vec<String> = other.sums.taken.iter().map(|(format, n)| format!("{format} {n}")).collect();
        let taken = if taken.is_empty() { "-".to_owned() } else { taken.join(", ") };
        let [files, records, ..] = numbers(other.files, &other.sums);
        row(page, &[format!("`{}`", other.folder), files, records, taken]);
    }
}

fn of_strangers(strangers: &[(&str, Sums)], page: &mut String) {
    let title = "The same files, through each decoder by its name";
    table(page, title, &["format", "records", "events", "control", "rejects"]);
    for (format, sums) in strangers {
        let [_, records, events, _, _, control, rejects] = numbers(0, sums);
        row(page, &[(*format).to_owned(), records, events, control, rejects]);
    }
}

fn unclassified(lines: &[Line<'_>], page: &mut String) {
    table(page, "Unclassified, by the sender's own name", &["format", "name", "events"]);
    for (format, _, sums) in formats(lines) {
        // The most frequent first.
        let mut codes: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for (code, n) in &sums.codes {
            codes.entry(std::cmp::Reverse(*n)).or_default().push(code);
        }
        for (n, code) in codes.iter().flat_map(|(n, codes)| codes.iter().map(move |code| (n.0, code))) {
            row(page, &[format.to_owned(), format!("`{}`", code.replace('|', "\\|")), n.to_string()]);
        }
    }
}

//! The table of recordings: which files, which format, how they are cut, and what is worth saying.

use std::path::Path;

/// One line: all files that a pattern names.
pub struct Entry<'a> {
    /// A format; `-` for files that hold no records, `other` for those of a format that nobody reads.
    pub format: &'a str,
    /// Relative path; `*` stands for any characters, `/` too.
    pub pattern: &'a str,
    /// What a `SPEC` of `watchfloor decode` has behind its path, with the `?`.
    pub reading: &'a str,
    /// For people.
    pub remark: &'a str,
}

/// All lines, in order.
pub struct Table<'a>(Vec<Entry<'a>>);

/// The files of a folder, dealt to the lines of the table.
pub struct Assigned<'a> {
    /// Each line with its files.
    pub named: Vec<(&'a Entry<'a>, Vec<&'a str>)>,
    /// Files of formats that nobody reads, most named by no line, with how they are cut.
    pub others: Vec<(&'a str, &'a str)>,
}

impl<'a> Table<'a> {
    /// Reads `format | path[?reading] | remark`; empty lines and lines that begin with `#` are comments.
    pub fn parse(text: &'a str) -> Result<Self, String> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let entries = lines.map(|(at, line)| {
            let mut parts = line.splitn(3, '|').map(str::trim);
            let (Some(format), Some(spec)) = (parts.next(), parts.next()) else {
                return Err(format!("files.txt, line {}: format | path | remark", at + 1));
            };
            let (pattern, reading) = spec.split_at(spec.find('?').unwrap_or(spec.len()));
            Ok(Entry { format, pattern, reading, remark: parts.next().unwrap_or("") })
        });
        entries.collect::<Result<_, _>>().map(Table)
    }

    /// Deals the files to the lines; lines without files and files of two lines are problems.
    pub fn assign(&'a self, files: &'a [String]) -> (Assigned<'a>, Vec<String>) {
        let mut problems = Vec::new();
        let mut named: Vec<(&Entry<'_>, Vec<&str>)> =
            self.0.iter().map(|entry| (entry, Vec::new())).collect();
        let mut others = Vec::new();
        for file in files {
            let mut takers = named.iter_mut().filter(|(entry, _)| matches(entry.pattern, file));
            match takers.next() {
                Some((entry, taken)) => {
                    taken.push(file.as_str());
                    if entry.format == "other" {
                        others.push((file.as_str(), entry.reading));
                    }
                }
                None => others.push((file.as_str(), "")),
            }
            if takers.next().is_some() {
                problems.push(format!("{file}: two lines of files.txt name it"));
            }
        }
        let missing = named.iter().filter(|(_, taken)| taken.is_empty());
        problems.extend(missing.map(|(entry, _)| format!("{}: no such file", entry.pattern)));
        named.retain(|(entry, taken)| !matches!(entry.format, "-" | "other") && !taken.is_empty());
        (Assigned { named, others }, problems)
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, behind)) => name.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(behind, rest)))
        }),
    }
}

/// Every file below a folder: relative paths with `/`, sorted.
pub fn walk(root: &Path) -> std::io::Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(relative) = path.strip_prefix(root) {
                let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
                files.push(parts.join("/"));
            }
        }
    }
    files.sort();
    Ok(files)
}

//! The output folder of a replay. The same replay gives the same bytes in every file.

use super::show::summary_json;
use crate::failure::Failure;
use crate::rejects;
use crate::report::{Report, unwritable};
use engine::replay::Replayed;
use engine::setup::Setup;
use event::document::{self, Names};
use incident::codec::{alert_json, incident_json};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes the content of one file.
type Content<'a> = &'a dyn Fn(&mut dyn Write) -> io::Result<()>;

/// Writes all files; the folder is made if there is none.
pub(super) fn write(
    report: &Report,
    folder: &Path,
    setup: &Setup,
    replayed: &Replayed,
) -> Result<(), Failure> {
    let failed = |path: &Path, error: io::Error| report.stop(unwritable(&path.display().to_string(), &error));
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let files: [(&str, Content<'_>); 6] = [
        ("alerts.ndjson", &|out| lines(out, replayed.alerts.iter().map(alert_json))),
        ("incidents.ndjson", &|out| lines(out, replayed.incidents.iter().map(incident_json))),
        ("revisions.ndjson", &|out| {
            lines(out, replayed.revisions.iter().map(|row| String::from_utf8_lossy(&row.value)))
        }),
        ("rejects.ndjson", &|out| lines(out, reject_lines(setup, replayed))),
        ("late.ndjson", &|out| lines(out, late_lines(setup, replayed))),
        ("summary.json", &|out| writeln!(out, "{:#}", summary_json(setup, replayed))),
    ];
    for (name, content) in files {
        let path = folder.join(name);
        let written = File::create(&path).and_then(|file| {
            let mut out = BufWriter::new(file);
            content(&mut out)?;
            out.flush()
        });
        written.map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

fn lines<T: AsRef<str>>(out: &mut dyn Write, lines: impl Iterator<Item = T>) -> io::Result<()> {
    for line in lines {
        out.write_all(line.as_ref().as_bytes())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn reject_lines(setup: &Setup, replayed: &Replayed) -> impl Iterator<Item = String> {
    replayed.rejects.iter().map(|reject| {
        let mut line = String::new();
        rejects::write(reject, &setup.shared.topics, "topic", &mut line);
        line
    })
}

fn late_lines(setup: &Setup, replayed: &Replayed) -> impl Iterator<Item = String> {
    let shared = &setup.shared;
    let names = Names { ids: &shared.ids, topics: &shared.topics, formats: &shared.formats, place: "topic" };
    replayed.late.iter().map(move |row| {
        let mut line = String::new();
        document::write(row.as_ref(), &names, &mut line);
        line
    })
}

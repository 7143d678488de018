//! Errors and warnings on the standard error: what is wrong, where, and the cure; as text for people, or one
//! JSON object a line for editors and scripts.
//!
//! It prints and counts. It neither finds anything nor decides how a command ends.

use crate::failure::Failure;
use event::diagnostic::{Diagnostic, Severity};
use std::collections::BTreeMap;
use std::io::Write;

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Style {
    /// The line of the file with a mark, for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Where findings go.
#[derive(Debug, Default)]
pub(crate) struct Report {
    style: Style,
    /// Warnings are for whoever asks for a check; other commands leave them out.
    errors_only: bool,
    sources: BTreeMap<String, String>,
}

impl Report {
    /// A report in a style.
    pub fn new(style: Style) -> Self {
        Report { style, ..Report::default() }
    }

    /// A report that leaves warnings out.
    pub fn errors_only(style: Style) -> Self {
        Report { style, errors_only: true, ..Report::default() }
    }

    /// How it writes.
    pub fn style(&self) -> Style {
        self.style
    }

    /// The content of a file that findings point into.
    pub fn source(&mut self, file: &str, text: &str) {
        self.sources.insert(file.to_owned(), text.to_owned());
    }

    /// Writes findings, and says whether there is an error among them.
    pub fn diagnostics(&self, found: &[Diagnostic]) -> bool {
        for diagnostic in found.iter().filter(|found| found.is_error() || !self.errors_only) {
            self.write(diagnostic);
        }
        found.iter().any(Diagnostic::is_error)
    }

    /// An error that stops the command: wrong usage, or the world is not as it should be.
    pub fn stop(&self, diagnostic: Diagnostic) -> Failure {
        self.write(&diagnostic);
        Failure::Usage
    }

    fn write(&self, diagnostic: &Diagnostic) {
        let text = match self.style {
            Style::Text => self.text(diagnostic),
            Style::Json => json(diagnostic),
        };
        // Nobody is left to tell if this stream is closed.
        let _closed = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
    }

    fn text(&self, diagnostic: &Diagnostic) -> String {
        match self.sources.get(&diagnostic.file) {
            Some(source) => rules::render::render(diagnostic, source) + "\n",
            None if diagnostic.line > 0 => diagnostic.to_string(),
            None => without_place(diagnostic),
        }
    }
}

/// A finding about no place in a file: about a file as a whole, the command line, the world.
pub(crate) fn about(code: &'static str, file: &str) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(code, Severity::Error, file, "", 0..0);
    (diagnostic.line, diagnostic.column) = (0, 0);
    diagnostic
}

/// A file that cannot be read.
pub(crate) fn unreadable(file: &str, error: &std::io::Error) -> Diagnostic {
    let (code, expected, help) = match error.kind() {
        std::io::ErrorKind::NotFound => {
            ("IO001", "a path that exists", "check the path; it is relative to where you are")
        }
        std::io::ErrorKind::PermissionDenied => {
            ("IO002", "a file that may be read", "check its owner and mode")
        }
        _ => ("IO003", "a file that can be read", ""),
    };
    about(code, file).saying(format!("cannot read `{file}`: {error}"), expected, help)
}

/// A file that cannot be written.
pub(crate) fn unwritable(file: &str, error: &std::io::Error) -> Diagnostic {
    about("IO004", file).saying(
        format!("cannot write `{file}`: {error}"),
        "a place that may be written",
        "check the folder, its owner and the space left",
    )
}

/// Writing to the standard output failed.
pub(crate) fn stdout_failed(report: &Report, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => Failure::ReaderGone,
        _ => report.stop(unwritable("-", error)),
    }
}

fn without_place(diagnostic: &Diagnostic) -> String {
    let word = severity(diagnostic.severity);
    let mut text = format!("{word}[{}]: {}", diagnostic.code, diagnostic.message);
    for (name, part) in [("expected", &diagnostic.expected), ("help:", &diagnostic.help)] {
        if !part.is_empty() {
            text.push_str(&format!("\n  {name} {part}"));
        }
    }
    text
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn json(diagnostic: &Diagnostic) -> String {
    let place = (diagnostic.line > 0).then_some((diagnostic.line, diagnostic.column));
    serde_json::json!({
        "severity": severity(diagnostic.severity),
        "code": diagnostic.code,
        "file": diagnostic.file,
        "line": place.map(|(line, _)| line),
        "column": place.map(|(_, column)| column),
        "start": diagnostic.span.start,
        "end": diagnostic.span.end,
        "message": diagnostic.message,
        "expected": diagnostic.expected,
        "help": diagnostic.help,
    })
    .to_string()
}

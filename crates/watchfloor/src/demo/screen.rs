//! The terminal of the demo: incidents as they are published, and below them a line that says how it goes. In a pipe it is
//! plain text without that line.

use super::words::{self, Line};
use crate::console::Advice;
use crate::console::revision::Revision;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

/// Where the text of an incident begins.
const INDENT: usize = 20;
/// Wider than this nobody reads.
const WIDTH_MAX: usize = 110;

/// What has been printed of an incident, so that it is not said again.
struct Printed {
    title: String,
    severity: String,
}

/// What people see of the demo.
pub(crate) struct Screen {
    colour: bool,
    /// The line below, if there is one.
    line: Option<ProgressBar>,
    printed: BTreeMap<String, Printed>,
    gone: bool,
}

impl Screen {
    /// Colour and the line only where a person looks; `NO_COLOR` is heard.
    pub fn new() -> Screen {
        let terminal = std::io::stdout().is_terminal();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Screen {
            colour: terminal && !no_colour,
            line: (terminal && std::io::stderr().is_terminal()).then(line_below),
            printed: BTreeMap::new(),
            gone: false,
        }
    }

    /// The reader of the standard output has gone.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// Plain lines.
    pub fn say(&mut self, text: &str) {
        let print = || {
            let mut out = std::io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        };
        let printed = match &self.line {
            Some(line) => line.suspend(print),
            None => print(),
        };
        self.gone |= printed.is_err();
    }

    /// Takes the line away.
    pub fn end(&mut self) {
        if let Some(line) = self.line.take() {
            line.finish_and_clear();
        }
    }

    /// A revision, if it says anything that has not been said.
    pub fn revision(&mut self, revision: &Revision, advice: &Advice) {
        let Some(text) = self.news(revision, advice) else { return };
        self.say(&text);
    }

    /// What the line below says.
    pub fn status(&mut self, text: String) {
        if let Some(line) = &self.line {
            line.set_message(text);
            line.tick();
        }
    }

    fn news(&mut self, revision: &Revision, advice: &Advice) -> Option<String> {
        let incident = &revision.incident;
        let before = self.printed.get(&revision.incident_id);
        if revision.is_gone() {
            let before = self.printed.remove(&revision.incident_id)?;
            let what =
                if revision.kind == "merged" { "is part of another incident" } else { "was taken back" };
            return Some(self.line("", "·", &format!("{} {what}", before.title), &[]));
        }
        let (title, severity) = (words::title(incident), incident.severity.clone());
        let mark = match before {
            None => "●",
            Some(before) if before.title == title && before.severity == severity => return None,
            Some(_) => "▲",
        };
        let time = words::clock(&incident.last_at).to_owned();
        self.printed.insert(
            revision.incident_id.clone(),
            Printed { title: title.clone(), severity: severity.clone() },
        );
        let lines = words::lines(incident, advice);
        let head = self.line(&severity, mark, &title, &lines);
        Some(format!("{} {head}", self.paint("2", &time)))
    }

    fn line(&self, severity: &str, mark: &str, title: &str, lines: &[Line]) -> String {
        let margin = if severity.is_empty() { String::new() } else { words::margin(severity) };
        let head = format!("{mark} {margin:<8} ");
        if lines.is_empty() {
            return format!("         {}{}\n", self.paint("2", &head), self.paint("2", title));
        }
        let mut text = format!("{}{}\n", self.paint(colour_of(severity), &head), self.paint("1", title));
        for (label, said) in lines {
            for (at, part) in wrapped(said, columns().min(WIDTH_MAX) - INDENT - 8).iter().enumerate() {
                let label = if at == 0 { label } else { "" };
                text.push_str(&format!("{:INDENT$}{} {part}\n", "", self.paint("2", &format!("{label:<7}"))));
            }
        }
        text + "\n"
    }

    fn paint(&self, code: &str, text: &str) -> String {
        match self.colour {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

fn line_below() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::new_spinner().with_style(style)
}

fn colour_of(severity: &str) -> &'static str {
    match severity {
        "critical" => "1;97;41",
        "high" => "1;31",
        "medium" => "1;33",
        "low" => "36",
        _ => "2",
    }
}

/// The width of the terminal as its shell tells it.
fn columns() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    told.filter(|width| (60..=400).contains(width)).unwrap_or(WIDTH_MAX)
}

/// A text in lines of at most so many characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        let taken = lines[last].chars().count();
        if taken > 0 && taken + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            let line = &mut lines[last];
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_broken_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("supercalifragilistic no", 6), ["supercalifragilistic", "no"]);
    }
}

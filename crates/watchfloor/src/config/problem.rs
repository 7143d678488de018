//! Findings about one configuration file, collected.

use event::diagnostic::{Diagnostic, Severity, nearest};
use std::ops::Range;

/// What has been found so far.
pub(super) struct Problems<'a> {
    file: &'a str,
    text: &'a str,
    pub found: Vec<Diagnostic>,
}

/// What is wrong, what was expected, how to cure it.
pub(super) struct Words {
    pub message: String,
    pub expected: String,
    pub help: String,
}

/// Three parts in one line.
pub(super) fn words(
    message: impl Into<String>,
    expected: impl Into<String>,
    help: impl Into<String>,
) -> Words {
    Words { message: message.into(), expected: expected.into(), help: help.into() }
}

/// The "did you mean" of a name, or what else to say.
pub(super) fn did_you_mean<'k>(
    name: &str,
    known: impl IntoIterator<Item = &'k str>,
    otherwise: &str,
) -> String {
    match nearest(name, known) {
        Some(nearest) => format!("did you mean `{nearest}`"),
        None => otherwise.to_owned(),
    }
}

impl<'a> Problems<'a> {
    /// Nothing yet.
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Problems { file, text, found: Vec::new() }
    }

    /// Stops activation.
    pub fn error(&mut self, code: &'static str, span: Range<usize>, words: Words) {
        self.say(code, Severity::Error, span, words);
    }

    /// Stops nothing.
    pub fn warning(&mut self, code: &'static str, span: Range<usize>, words: Words) {
        self.say(code, Severity::Warning, span, words);
    }

    fn say(&mut self, code: &'static str, severity: Severity, span: Range<usize>, words: Words) {
        let diagnostic = Diagnostic::new(code, severity, self.file, self.text, span);
        self.found.push(diagnostic.saying(words.message, words.expected, words.help));
    }
}

//! Findings about a model before they are printed: a code, a place, and the three parts of a diagnostic.
//!
//! A place is a number here, because a model comes from files (then it is a range of bytes) or from the world of a rule
//! test (then it is an entry). Whoever read the model turns numbers into places.

use event::diagnostic::{Diagnostic, Severity};
use std::collections::BTreeSet;
use std::ops::Range;

/// A place in what the model was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin(pub u32);

/// One finding.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub code: &'static str,
    pub severity: Severity,
    pub origin: Origin,
    pub words: Words,
}

/// What is wrong, what was expected, how to cure it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    pub message: String,
    pub expected: String,
    pub help: String,
}

/// All findings of one reading.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub list: Vec<Problem>,
    seen: BTreeSet<(&'static str, Origin, String)>,
}

/// Shorthand of [`Words`].
pub(crate) fn words(
    message: impl Into<String>,
    expected: impl Into<String>,
    help: impl Into<String>,
) -> Words {
    Words { message: message.into(), expected: expected.into(), help: help.into() }
}

/// The cure that names a near word, or else the given one.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    match event::diagnostic::nearest(word, known) {
        Some(near) => format!("did you mean `{near}`"),
        None => otherwise.to_owned(),
    }
}

impl Problems {
    pub fn error(&mut self, code: &'static str, origin: Origin, words: Words) {
        self.push(code, Severity::Error, origin, words);
    }

    pub fn warning(&mut self, code: &'static str, origin: Origin, words: Words) {
        self.push(code, Severity::Warning, origin, words);
    }

    pub fn any_error(&self) -> bool {
        self.list.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// The same finding at the same place is said once: a wrong column of a table is wrong in each of its rows.
    fn push(&mut self, code: &'static str, severity: Severity, origin: Origin, words: Words) {
        if self.seen.insert((code, origin, words.message.clone())) {
            self.list.push(Problem { code, severity, origin, words });
        }
    }
}

/// The files of a model, and the places in them.
#[derive(Debug, Default)]
pub(crate) struct Files {
    files: Vec<(String, String)>,
    places: Vec<(usize, Range<usize>)>,
}

/// Finding a line costs a walk over the file, and nobody reads more.
const SHOWN_MAX: usize = 500;

impl Files {
    /// Adds a file, by the name that diagnostics show.
    pub fn add(&mut self, name: &str, text: &str) -> usize {
        self.files.push((name.to_owned(), text.to_owned()));
        self.files.len() - 1
    }

    /// A place in a file.
    pub fn place(&mut self, file: usize, span: Range<usize>) -> Origin {
        self.places.push((file, span));
        Origin(u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX))
    }

    /// The texts, for the hash of the model.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(_, text)| text.as_str())
    }

    /// As diagnostics: errors first, then in the order of the files.
    pub fn diagnostics(&self, mut problems: Vec<Problem>) -> Vec<Diagnostic> {
        let at = |origin: Origin| self.places.get(origin.0 as usize).cloned().unwrap_or((0, 0..0));
        problems.sort_by_cached_key(|problem| {
            let (file, span) = at(problem.origin);
            (problem.severity, file, span.start, problem.code)
        });
        problems.truncate(SHOWN_MAX);
        problems.into_iter().map(|problem| self.diagnostic(at(problem.origin), problem)).collect()
    }

    fn diagnostic(&self, (file, span): (usize, Range<usize>), problem: Problem) -> Diagnostic {
        let (name, text) = self.files.get(file).map_or(("", ""), |(name, text)| (name, text));
        let Words { message, expected, help } = problem.words;
        Diagnostic::new(problem.code, problem.severity, name, text, span).saying(message, expected, help)
    }
}

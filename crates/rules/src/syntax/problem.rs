//! What is wrong with the form of a file, collected while it is read and turned into diagnostics at the end.
//!
//! Lines and columns are computed in one pass over the text, so a file full of errors costs no more than its
//! length.

use std::ops::Range;

use event::diagnostic::{Diagnostic, Severity};

/// So many errors of one file are listed; the rest is one number.
const LISTED_MAX: usize = 10_000;

/// One thing that is wrong, not yet with line and column.
#[derive(Debug)]
pub(super) struct Problem {
    pub code: &'static str,
    pub span: Range<usize>,
    pub message: String,
    pub expected: String,
    pub help: String,
}

/// All that is wrong with one file.
#[derive(Debug, Default)]
pub(super) struct Problems {
    listed: Vec<Problem>,
    more: usize,
    more_from: usize,
}

impl Problems {
    pub fn push(&mut self, problem: Problem) {
        if self.listed.len() < LISTED_MAX {
            self.listed.push(problem);
            return;
        }
        if self.more == 0 {
            self.more_from = problem.span.start;
        }
        self.more += 1;
    }

    /// How many there are, listed or not.
    pub fn len(&self) -> usize {
        self.listed.len() + self.more
    }

    /// The problems in the order of the text.
    pub fn into_sorted(mut self) -> Vec<Problem> {
        self.listed.sort_by_key(|problem| (problem.span.start, problem.code));
        if self.more > 0 {
            self.listed.push(Problem {
                code: "WF001",
                span: self.more_from..self.more_from,
                message: format!("{} more places cannot be read", self.more),
                expected: "the form of a rule file".to_owned(),
                help: "is this a rule file?".to_owned(),
            });
        }
        self.listed
    }
}

/// The problems, in the order of the text, as diagnostics of `file`.
pub(super) fn into_diagnostics(problems: Vec<Problem>, file: &str, text: &str) -> Vec<Diagnostic> {
    let mut place = Place { line: 1, column: 1, at: 0 };
    let diagnose = |problem: Problem| {
        place.advance(text, problem.span.start);
        Diagnostic {
            code: problem.code,
            severity: Severity::Error,
            file: file.to_owned(),
            span: problem.span,
            line: place.line,
            column: place.column,
            message: problem.message,
            expected: problem.expected,
            help: problem.help,
        }
    };
    problems.into_iter().map(diagnose).collect()
}

/// A place that only moves forward.
struct Place {
    line: u32,
    column: u32,
    at: usize,
}

impl Place {
    fn advance(&mut self, text: &str, to: usize) {
        let Some(between) = text.get(self.at..to) else { return };
        for c in between.chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.at = to;
    }
}

//! What is wrong with a text that a person wrote (a rule file, a configuration, a site model), said in three parts:
//! what is wrong, what was expected, how to cure it. Diagnostics are values; printing them is the caller's work.

use std::fmt;
use std::ops::Range;

/// How bad it is. An error stops activation; a warning stops nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing of the file is activated.
    Error,
    /// Shown, and that is all.
    Warning,
}

/// One finding about one place of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `WF010` and the like: the code of language.md §5, or `SM…` (site model), `CF…` (configuration), `MP…` (mapping).
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// Path of the file as the user gave it.
    pub file: String,
    /// Byte range of the marked text in the file.
    pub span: Range<usize>,
    /// 1-based line of the start of `span`.
    pub line: u32,
    /// 1-based column of the start of `span`, in characters.
    pub column: u32,
    /// What is wrong: ``no class `door.opend` ``.
    pub message: String,
    /// What may stand there: `a class of the class table`.
    pub expected: String,
    /// How to cure it: ``did you mean `door.opened` ``. Empty if there is nothing more to say.
    pub help: String,
}

impl Diagnostic {
    /// A finding about `span` of `text`, the content of `file`; line and column are computed here.
    pub fn new(code: &'static str, severity: Severity, file: &str, text: &str, span: Range<usize>) -> Self {
        let (line, column) = line_and_column(text, span.start);
        Diagnostic {
            code,
            severity,
            file: file.to_owned(),
            span,
            line,
            column,
            message: String::new(),
            expected: String::new(),
            help: String::new(),
        }
    }

    /// The same with its three parts.
    pub fn saying(
        mut self,
        message: impl Into<String>,
        expected: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        self.message = message.into();
        self.expected = expected.into();
        self.help = help.into();
        self
    }

    /// Whether it stops activation.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}:{}:{}: {word}[{}]: {}", self.file, self.line, self.column, self.code, self.message)?;
        if !self.expected.is_empty() {
            write!(f, "\n  expected {}", self.expected)?;
        }
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", self.help)?;
        }
        Ok(())
    }
}

/// 1-based line and column (in characters) of byte `at` of `text`. An offset past the end is the end.
pub fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line = before.bytes().filter(|&b| b == b'\n').count() as u32 + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
    (line, column)
}

/// The known name nearest to `name`, if it is within edit distance 2: the "did you mean" of every diagnostic.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= 2 && distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &cb) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_line_and_column_in_characters() {
        assert_eq!(line_and_column("ab\ncdé x", 8), (2, 5));
    }

    #[test]
    fn suggests_within_distance_two_only() {
        assert_eq!(nearest("door.opend", ["door.opened", "door.closed"]), Some("door.opened"));
        assert_eq!(nearest("xyz", ["door.opened"]), None);
    }
}

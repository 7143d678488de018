//! Where a value comes from: a constant, a column, a part of one, several joined; then what is made of it.

use event::symbol::lower;
use regex::Regex;
use std::borrow::Cow;

/// The columns of one row that the mapping mentions, by number.
pub(super) type Cells<'a> = [Option<Cow<'a, str>>];

/// A value and what it is replaced by.
#[derive(Debug)]
pub(super) struct Expression {
    pub source: Source,
    /// First match wins; a value that none fits stays as it is.
    pub map: Vec<(Pattern, String)>,
}

#[derive(Debug)]
pub(super) enum Source {
    Constant(String),
    Column(usize),
    /// The first of these that is there.
    First(Vec<usize>),
    /// The first group of a linear-time expression.
    Capture(usize, Regex),
    Joined(Vec<Part>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Column(usize),
}

impl Expression {
    pub(super) fn of<'v>(&'v self, cells: &'v Cells<'_>) -> Option<Cow<'v, str>> {
        let value = self.source.of(cells)?;
        match self.map.iter().find(|(pattern, _)| pattern.matches(&value)) {
            Some((_, replacement)) => Some(Cow::Borrowed(replacement)),
            None => Some(value),
        }
    }
}

impl Source {
    /// The value; a join of columns of which one is missing is missing, so that no id is made of a part.
    pub(super) fn of<'v>(&'v self, cells: &'v Cells<'_>) -> Option<Cow<'v, str>> {
        match self {
            Source::Constant(text) => Some(Cow::Borrowed(text)),
            Source::Column(column) => cells[*column].as_deref().map(Cow::Borrowed),
            Source::First(columns) => {
                columns.iter().find_map(|column| cells[*column].as_deref()).map(Cow::Borrowed)
            }
            Source::Capture(column, expression) => {
                let found = expression.captures(cells[*column].as_deref()?)?;
                Some(Cow::Borrowed(found.get(1)?.as_str()))
            }
            Source::Joined(parts) => {
                let texts: Option<Vec<&str>> = parts.iter().map(|part| part.of(cells)).collect();
                Some(Cow::Owned(texts?.concat()))
            }
        }
    }
}

impl Part {
    fn of<'v>(&'v self, cells: &'v Cells<'_>) -> Option<&'v str> {
        match self {
            Part::Text(text) => Some(text),
            Part::Column(column) => cells[*column].as_deref(),
        }
    }
}

/// A text in which `*` stands for any text, also none. Case does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The texts between the stars, in lower case; one if there is no star.
    pieces: Vec<String>,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Pattern { pieces: text.trim().split('*').map(|piece| lower(piece).into_owned()).collect() }
    }

    /// True for every text.
    pub(super) fn is_any(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }

    /// An empty pattern matches what is missing.
    pub(super) fn matches_missing(&self) -> bool {
        self.pieces == [""]
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        // Most rules fit most texts not at all, which is seen without folding the text.
        let starts = |first: &str| {
            text.as_bytes()
                .get(..first.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(first.as_bytes()))
        };
        match &self.pieces[..] {
            [only] if text.is_ascii() => only.eq_ignore_ascii_case(text),
            [first, ..] if text.is_ascii() && !starts(first) => false,
            _ => self.matches_folded(&lower(text)),
        }
    }

    fn matches_folded(&self, text: &str) -> bool {
        let [first, middle @ .., last] = &self.pieces[..] else {
            return self.pieces.first().is_some_and(|only| *only == text);
        };
        let Some(mut rest) = text.strip_prefix(&**first) else { return false };
        for piece in middle {
            let Some(at) = rest.find(&**piece) else { return false };
            rest = &rest[at + piece.len()..];
        }
        rest.ends_with(&**last)
    }
}

/// Cuts `"{A}-{/b/c}"` into its parts; `{{` and `}}` are braces. The error says what is wrong.
pub(super) fn parts(
    template: &str,
    mut column: impl FnMut(&str) -> usize,
) -> Result<Vec<Part>, &'static str> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            text.push_str(brace);
            rest = after;
            continue;
        }
        let (name, after) =
            rest.split_once('}').filter(|_| brace == "{").ok_or("a brace without its other")?;
        if name.trim().is_empty() || name.contains('{') {
            return Err("no column between the braces");
        }
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        parts.push(Part::Column(column(name.trim())));
        rest = after;
    }
    text.push_str(rest);
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_match_any_text() {
        let fits = |pattern: &str, text: &str| Pattern::new(pattern).matches(text);
        assert!(fits("Access Denied*", "ACCESS DENIED - expired"));
        assert!(fits("*denied*", "access denied"));
        assert!(fits("a*b*c", "aXbXbc"));
        assert!(!fits("a*b", "ab c"));
        assert!(!fits("aa*aa", "aaa"));
        assert!(fits("*", "") && Pattern::new("*").is_any());
        assert!(!fits("Access", "access denied"));
    }

    #[test]
    fn templates_join_columns() {
        let mut seen = Vec::new();
        let cut = parts("{A}-{ /b/c }{{x}}", |name| {
            seen.push(name.to_owned());
            seen.len() - 1
        });
        let text = |t: &str| Part::Text(t.to_owned());
        assert_eq!(cut, Ok(vec![Part::Column(0), text("-"), Part::Column(1), text("{x}")]));
        assert_eq!(seen, ["A", "/b/c"]);
        assert!(parts("{A", |_| 0).is_err() && parts("A}", |_| 0).is_err() && parts("{}", |_| 0).is_err());
    }
}

//! Parts that a text must have to match a regular expression: where none of them is, the expression need not be tried.
//!
//! Expressions ignore case by Unicode's simple folding, so parts are ASCII, and a text is looked at after [`folded`]. It
//! knows no fields and no index.

use event::symbol::lower;
use regex_syntax::hir::{Hir, HirKind};
use std::borrow::Cow;

/// More parts than this are no help.
const PARTS_MAX: usize = 64;
/// A part is no longer, so that long ones stay cheap.
const PART_BYTES_MAX: usize = 32;
/// A shorter part is in every other text.
const PART_BYTES_MIN: usize = 2;

/// A text as parts are looked for in it: lower case, and the one letter beyond ASCII that an expression takes for an ASCII
/// one and that has no other lower case.
pub fn folded(text: &str) -> Cow<'_, str> {
    match lower(text) {
        lower if lower.contains('ſ') => Cow::Owned(lower.replace('ſ', "s")),
        lower => lower,
    }
}

/// Parts one of which is in each text that matches, folded; none if it cannot be said.
pub(super) fn required(pattern: &str) -> Option<Vec<String>> {
    // Case is ignored by folding: with the flag every letter would be a class of two.
    let hir = regex_syntax::parse(pattern).ok()?;
    let parts = parts_of(&hir)?;
    let is_help = parts.len() <= PARTS_MAX && parts.iter().all(|part| part.len() >= PART_BYTES_MIN);
    is_help.then_some(parts)
}

fn parts_of(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            text.split(|c: char| !c.is_ascii()).map(shortened).max_by_key(String::len).map(|part| vec![part])
        }
        HirKind::Capture(capture) => parts_of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => parts_of(&repetition.sub),
        HirKind::Concat(all) => all.iter().filter_map(parts_of).max_by_key(|parts| shortest(parts)),
        HirKind::Alternation(any) => {
            let each: Option<Vec<Vec<String>>> = any.iter().map(parts_of).collect();
            each.map(|each| each.concat())
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) | HirKind::Repetition(_) => None,
    }
}

fn shortened(text: &str) -> String {
    text[..text.len().min(PART_BYTES_MAX)].to_ascii_lowercase()
}

fn shortest(parts: &[String]) -> usize {
    parts.iter().map(String::len).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, parts: Option<&[&str]>) {
        let expected = parts.map(|parts| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
        assert_eq!(required(pattern), expected, "{pattern}");
    }

    #[test]
    fn the_longest_part_that_must_be_there() {
        check("abc", Some(&["abc"]));
        check("^PowerShell.*-enc(oded)?", Some(&["powershell"]));
        check("(get|put)[0-9]+/", Some(&["get", "put"]));
        check("(evil.exe)+", Some(&["evil"]));
        check("a|bcd", None);
        check("x*", None);
        check("[a-z]+", None);
        check("größe-limit", Some(&["e-limit"]));
        check(&"y".repeat(100), Some(&[&"y".repeat(32)]));
    }

    /// What an expression matches in spite of case has the part after folding.
    #[test]
    fn folding_keeps_what_expressions_match() {
        for (pattern, text) in
            [("task", "TAſ\u{212a}"), ("kiosk", "\u{212a}IOS\u{212a}"), ("straße", "STRASSE straße")]
        {
            let regex = regex::RegexBuilder::new(pattern).case_insensitive(true).build().unwrap();
            let parts = required(pattern).unwrap();
            assert!(regex.is_match(text), "{pattern}");
            assert!(parts.iter().any(|part| folded(text).contains(part.as_str())), "{pattern}");
        }
    }
}

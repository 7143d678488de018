//! Regular expressions: whether one runs in linear time, and whether it has a text that must occur, by which
//! events can be passed over.

use crate::check::say::{At, Say};
use regex_syntax::hir::{Hir, HirKind};

const TEXT_BYTES_MAX: usize = 10 << 10;
const COMPILED_BYTES_MAX: usize = 1 << 20;
const LITERAL_BYTES_MIN: usize = 3;

/// Judges an expression. None: reported. Else the length of the longest text that must occur is compared with
/// three bytes, and a warning names `class`.
pub(crate) fn check(at: &At, text: &str, class: &str, say: &mut Say<'_>) -> Option<()> {
    if text.len() > TEXT_BYTES_MAX {
        say.too_large(at, &format!("regular expression of {} bytes", text.len()), "10 KiB");
        return None;
    }
    let hir = match regex_syntax::Parser::new().parse(text) {
        Ok(hir) => hir,
        Err(error) => {
            report(at, text, &error, say);
            return None;
        }
    };
    let built = regex::RegexBuilder::new(text).case_insensitive(true).size_limit(COMPILED_BYTES_MAX).build();
    if built.is_err() {
        say.too_large(at, "regular expression, compiled, of more than 1 MiB", "1 MiB");
        return None;
    }
    if required(&hir) < LITERAL_BYTES_MIN {
        say.no_literal(at, class);
    }
    Some(())
}

fn report(at: &At, text: &str, error: &regex_syntax::Error, say: &mut Say<'_>) {
    use regex_syntax::ast::ErrorKind;
    if let regex_syntax::Error::Parse(error) = error {
        let span = error.span();
        let part = text.get(span.start.offset..span.end.offset).unwrap_or(text);
        match error.kind() {
            ErrorKind::UnsupportedLookAround | ErrorKind::UnsupportedBackreference => {
                say.no_linear_time(at, part)
            }
            kind => say.no_expression(at, text, &kind.to_string()),
        }
    } else {
        say.no_expression(at, text, "it names a class of characters that is not known");
    }
}

/// The length of the longest literal that every match holds.
fn required(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().map(required).max().unwrap_or(0),
        HirKind::Alternation(parts) => parts.iter().map(required).min().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, len: usize) {
        assert_eq!(required(&regex_syntax::parse(text).unwrap()), len);
    }

    #[test]
    fn finds_the_text_that_must_occur() {
        check("abc", 3);
        check("(foo|ab)+x", 2);
        check("[a-z]*-enc", 4);
        check("(abc)?d*", 0);
    }
}

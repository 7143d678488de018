//! A diagnostic as people read it on a terminal or in a log: the line of the file with the marked text, and
//! the three parts (what is wrong, what was expected, how to cure it) on lines of their own.
//!
//! Plain text, without colours; whether the terminal has any is not known here.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use event::diagnostic::{Diagnostic, Severity};

/// Longer lines are not shown: nobody can find a mark in them.
const SHOWN_LINE_BYTES_MAX: usize = 1_000;

/// The diagnostic, as text that ends without a line end. `source` is the content of its file.
pub fn render(diagnostic: &Diagnostic, source: &str) -> String {
    let Some(lines) = marked_lines(diagnostic, source) else { return diagnostic.to_string() };
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mark = AnnotationKind::Primary.span(lines.mark);
    let snippet = Snippet::source(lines.text)
        .line_start(diagnostic.line as usize)
        .path(&diagnostic.file)
        .annotation(mark);
    let mut group = level.primary_title(&diagnostic.message).id(diagnostic.code).element(snippet);
    if !diagnostic.expected.is_empty() {
        group = group.element(Level::NOTE.with_name("expected").message(&diagnostic.expected));
    }
    if !diagnostic.help.is_empty() {
        group = group.element(Level::HELP.message(&diagnostic.help));
    }
    Renderer::plain().render(&[group])
}

/// The lines that a mark touches, and the mark within them.
struct MarkedLines<'a> {
    text: &'a str,
    mark: std::ops::Range<usize>,
}

/// Only these lines are handed to the renderer, so that its work does not grow with the file. None if they
/// are too long, or the span is not one of this source.
fn marked_lines<'a>(diagnostic: &Diagnostic, source: &'a str) -> Option<MarkedLines<'a>> {
    let span = diagnostic.span.clone();
    let (before, marked, after) =
        (source.get(..span.start)?, source.get(span.clone())?, source.get(span.end..)?);
    let from = before.rfind('\n').map_or(0, |at| at + 1);
    // A mark over many lines is cut to its first.
    let marked = marked.split('\n').next().unwrap_or_default();
    let to = if marked.len() < span.len() {
        span.start + marked.len()
    } else {
        span.end + after.find('\n').unwrap_or(after.len())
    };
    let text = source.get(from..to)?.trim_end_matches('\r');
    let mark = (span.start - from).min(text.len())..(span.start - from + marked.len()).min(text.len());
    (text.len() <= SHOWN_LINE_BYTES_MAX).then_some(MarkedLines { text, mark })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    #[track_caller]
    fn check(source: &str, expect: &str) {
        let (_, diagnostics) = parse("doors.rules", source.as_bytes());
        let shown: Vec<String> = diagnostics.iter().map(|diagnostic| render(diagnostic, source)).collect();
        assert_eq!(shown.join("\n\n"), expect);
    }

    #[test]
    fn shows_the_line_and_the_three_parts() {
        check(
            "param a = 2m \"x\"\nparam b = 90min \"é\"\r\n",
            "\
error[WF004]: `90min` is no number with a unit
 --> doors.rules:2:11
  |
2 | param b = 90min \"é\"
  |           ^^^^^
  |
  = expected: ms s m h d w, km metres, km/h m/s, B kB … GiB
  = help: `m` is minutes, write `50 metres`",
        );
    }

    #[test]
    fn shows_the_end_of_the_file() {
        check(
            "param a = 1",
            "\
error[WF001]: the end of the file cannot stand here
 --> doors.rules:1:12
  |
1 | param a = 1
  |            ^
  |
  = expected: where the value comes from, as a text
  = help: param NAME = 100 \"where the value comes from\"",
        );
    }

    #[test]
    fn leaves_out_lines_that_nobody_can_read() {
        let source = format!("{}$", " ".repeat(1_000));
        check(
            &source,
            "\
doors.rules:1:1001: error[WF001]: `$` cannot stand here
  expected `rule`, `state`, `param`, `world` or `test`
  help: a file has `rule`, `state`, `param`, `world` and `test`",
        );
    }

    #[test]
    fn a_span_of_another_text_is_no_panic() {
        let (_, diagnostics) = parse("a.rules", b"param a = 1 \"x\" x");
        assert_eq!(render(&diagnostics[0], "é"), diagnostics[0].to_string());
    }
}

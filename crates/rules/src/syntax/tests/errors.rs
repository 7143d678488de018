//! Every error of form: what it says, that one mistake is one error, and that one file reports many.

use super::super::parse;

/// The diagnostics of a text, one a line: `line:column code message / expected / help`.
fn shown(text: &[u8]) -> String {
    let (_, diagnostics) = parse("a.rules", text);
    let lines: Vec<String> = diagnostics
        .iter()
        .map(|d| format!("{}:{} {} {} / {} / {}", d.line, d.column, d.code, d.message, d.expected, d.help))
        .collect();
    lines.join("\n")
}

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(shown(text.as_bytes()), expect);
}

/// The body of a rule with `by`; only codes, places and messages are compared. Its first line is line 2.
#[track_caller]
fn check_body(body: &str, expect: &[&str]) {
    let text = format!("rule r \"t\" severity low {{\n{body}\n}}");
    check_messages(&text, expect);
}

#[track_caller]
fn check_messages(text: &str, expect: &[&str]) {
    let (_, diagnostics) = parse("a.rules", text.as_bytes());
    let lines: Vec<String> =
        diagnostics.iter().map(|d| format!("{}:{} {} {}", d.line, d.column, d.code, d.message)).collect();
    assert_eq!(lines, expect, "{text}");
}

#[test]
fn a_word_in_the_wrong_place_says_what_may_follow() {
    check("x", "x");
}

//! What is read of a message, and what is refused with which reason.

use super::*;
use event::reject::Reject;

fn one(path: &str, text: &str) -> Result<String, Reject> {
    let paths = Paths::new([path]);
    paths.read(text).map(|values| format!("{:?}", values[0])).map_err(|refusal| refusal.reason)
}

#[track_caller]
fn check(path: &str, text: &str, expect: &str) {
    assert_eq!(one(path, text).as_deref(), Ok(expect));
}

#[track_caller]
fn refused(text: &str, reason: Reject) {
    assert_eq!(one("a", text), Err(reason));
}

#[test]
fn finds_paths_and_skips_the_rest() {
    check("a/b", r#"{"x":[1,{"b":2}],"a":{"c":{},"b":-3}}"#, "Int(-3)");
    check("id.orig_h", r#"{"id.orig_h":"10.0.0.1"}"#, r#"Text("10.0.0.1")"#);
    check("a/1/b", r#"{"a":[0,{"b":true}]}"#, "Bool(true)");
    check("a", r#"{"a":null}"#, "Null");
    check("a", r#"{"a":{"b":1}}"#, "Missing");
    check("a", r#"{"\u0061":"x\n"}"#, "Text(\"x\\n\")");
    check("a{}", r#"{"a":[1, "b"] }"#, r#"Raw("[1, \"b\"]")"#);
    check("a", r#"{"a":18446744073709551615}"#, "UInt(18446744073709551615)");
}

#[test]
fn a_raw_value_may_hold_wanted_paths() {
    let values = Paths::new(["a{}", "a/b"]).read(r#"{"a":{"b":7}}"#).expect("JSON");
    assert_eq!((values[0].raw(), values[1].int()), (Some(r#"{"b":7}"#), Some(7)));
}

#[test]
fn the_last_of_a_repeated_key_counts() {
    check("a", r#"{"a":1,"a":2}"#, "Int(2)");
}

#[test]
fn refuses_with_the_right_reason() {
    refused(r#"{"a":1"#, Reject::Truncated);
    refused(r#"{"a":1}x"#, Reject::Malformed);
    refused(r#"{"a":18446744073709551616}"#, Reject::Malformed);
    refused(r#"{"a":"\ud800"}"#, Reject::Malformed);
    refused(&format!(r#"{{"b":{}1{}}}"#, "[".repeat(64), "]".repeat(64)), Reject::TooLarge);
    refused(&"[".repeat(100_000), Reject::TooLarge);
    refused(&format!("[{}1]", "1,".repeat(2_000)), Reject::TooLarge);
    refused(&format!(r#"{{"b":"{}"}}"#, "\\\"".repeat(33_000)), Reject::TooLarge);
    refused("", Reject::Truncated);
}

#[test]
fn bounds_do_not_count_what_is_in_strings() {
    let text = format!(r#"{{"b":"{}","a":1}}"#, "[,".repeat(3_000));
    check("a", &text, "Int(1)");
}

#[test]
fn lists_elements_and_joins_texts() {
    assert_eq!(elements(r#"[{"a":1}, 2]"#), Some(vec![r#"{"a":1}"#, "2"]));
    assert_eq!(joined(r#"["a","b\"c"]"#).as_deref(), Some("a, b\"c"));
    assert_eq!(joined(r#""a""#).as_deref(), Some("a"));
    assert_eq!(joined("7"), None);
}

//! The scan against `serde_json`: on texts that are JSON, on such texts with something broken in them, and on texts made
//! of the pieces that JSON is made of. Accepted and refused must agree, and so must every value.

use super::scan::scan;
use super::wanted::Wanted;
use super::{Json, Paths, check_bounds, reason};
use serde_json::Value;
use std::borrow::Cow;

/// Paths that the generated texts have: plain, nested, in arrays, raw, raw with paths inside, long keys with one beginning.
const PATHS: [&str; 14] = [
    "a",
    "b",
    "a/b",
    "b/0",
    "b/1/a",
    "c{}",
    "c/a",
    "é",
    "signature",
    "signature_id",
    "signatures",
    "",
    "d/c{}",
    "d/11",
];

/// A small generator of its own: the same texts in every run.
struct Seed(u64);

impl Seed {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    fn pick<'p>(&mut self, of: &[&'p str]) -> &'p str {
        of[self.next(of.len())]
    }
}

const SCALARS: &[&str] = &[
    "0",
    "-0",
    "-1",
    "7",
    "123456789012345678",
    "1234567890123456789",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "1.5",
    "-0.0",
    "1521911721.255387",
    "1e5",
    "1E-7",
    "2.5e+3",
    "1e308",
    "1e309",
    "-1e999",
    "1e-999",
    "123456789.123456789123456789",
    "18446744073709551615.0",
    "184467440737095516e3",
    "0.1",
    "true",
    "false",
    "null",
    "\"\"",
    "\"x\"",
    "\"seven b\"",
    "\"eight by\"",
    "\"a longer text with ü and 漢字 in it\"",
    "\"\\n\\t\\\"\\\\\\/\\b\\f\\r\"",
    "\"\\u00e9\\uD83D\\uDE00\"",
    "\"\\ud800\"",
    "\"\\udc00x\"",
    "\"\\ud800\\u0041\"",
    "\"1234567\\\"89\"",
    "\"\u{7f}\"",
    "\"a\\u0000b\"",
];
const KEYS: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "é",
    "x",
    "signature",
    "signature_id",
    "signatures",
    "signatureX",
    "",
    "\\u0061",
    "a\\n",
    "\\ud800",
];
const BLANKS: &[&str] = &["", "", "", "", " ", "\n", "\t\r ", "  "];
const BROKEN: &[&str] = &[
    "", "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "+", "\u{1}", "\u{b}", "\u{a0}", "tru",
    "nul", "NaN", "'", "/", "é", "\\u12", "\\x", "//", "01", "-01", "1.", ".5", "\u{feff}", ",]", "true",
];

/// A value as text, right in itself but for wanted halves of surrogates and numbers too great.
fn value(seed: &mut Seed, depth: usize, out: &mut String) {
    let kind = if depth == 0 { 0 } else { seed.next(4) };
    out.push_str(seed.pick(BLANKS));
    match kind {
        0 | 1 => out.push_str(seed.pick(SCALARS)),
        2 => members(seed, ['{', '}'], out, |seed, out| {
            *out += &format!("{}\"{}\"{}:", seed.pick(BLANKS), seed.pick(KEYS), seed.pick(BLANKS));
            value(seed, depth - 1, out);
        }),
        _ => members(seed, ['[', ']'], out, |seed, out| value(seed, depth - 1, out)),
    }
    out.push_str(seed.pick(BLANKS));
}

fn members(
    seed: &mut Seed,
    [open, close]: [char; 2],
    out: &mut String,
    member: impl Fn(&mut Seed, &mut String),
) {
    out.push(open);
    let count = [0, 1, 2, 3, 13][seed.next(5)];
    for nth in 0..count {
        if nth > 0 {
            out.push(',');
        }
        member(seed, out);
    }
    out.push(close);
}

/// Something put in, taken out or put in place of something else.
fn broken(seed: &mut Seed, text: &str) -> String {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let start = seed.next(places.len());
    let end = (start + seed.next(3)).min(places.len() - 1);
    format!("{}{}{}", &text[..places[start]], seed.pick(BROKEN), &text[places[end]..])
}

/// Both say the same of a text: refused, or the same values.
#[track_caller]
fn check(text: &str) -> bool {
    let paths = Paths::new(PATHS);
    let ours = paths.read(text);
    let theirs = check_bounds(text).is_ok() && reason::of(&paths.wanted, text).detail == "no JSON";
    assert_eq!(ours.is_ok(), theirs, "{text}");
    if let Ok(values) = ours {
        for (index, path) in PATHS.iter().enumerate() {
            assert_eq!(values[index], expected(text, path), "{path} of {text}");
        }
    }
    theirs
}

/// The value at a path by `serde_json` alone, as the last of a repeated key has it; a path into an earlier one counts
/// where the last has nothing there.
fn expected<'a>(text: &'a str, path: &str) -> Json<'a> {
    let (keys, raw) = path.strip_suffix("{}").map_or((path, false), |keys| (keys, true));
    let mut found = Json::Missing;
    walk(text, &keys.split('/').collect::<Vec<_>>(), raw, &mut found);
    found
}

fn walk<'a>(text: &'a str, keys: &[&str], raw: bool, found: &mut Json<'a>) {
    let text = text.trim_matches([' ', '\n', '\t', '\r']);
    let Some((key, rest)) = keys.split_first() else {
        match read(text, raw) {
            Json::Missing => {}
            value => *found = value,
        }
        return;
    };
    for (_, member) in parts(text).iter().filter(|(name, _)| name == key) {
        walk(member, rest, raw, found);
    }
}

/// The members of an object or the elements of an array with their keys or places.
fn parts(text: &str) -> Vec<(String, &str)> {
    use serde_json::value::RawValue;
    if text.starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(text).expect("an array");
        return elements.iter().enumerate().map(|(at, raw)| (at.to_string(), raw.get())).collect();
    }
    if !text.starts_with('{') {
        return Vec::new();
    }
    serde_json::from_str::<Members<'_>>(text).expect("an object").0
}

/// Every member in its order, also those with the same key.
struct Members<'a>(Vec<(String, &'a str)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> serde::de::Visitor<'de> for Visit {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &serde_json::value::RawValue>()? {
                    members.push((key, value.get()));
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Visit)
    }
}

fn read(text: &str, raw: bool) -> Json<'_> {
    if raw {
        return Json::Raw(text);
    }
    if text.starts_with(['{', '[']) {
        return Json::Missing;
    }
    match serde_json::from_str::<Value>(text).expect("a value") {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(truth),
        Value::String(text) => Json::Text(Cow::Owned(text)),
        Value::Array(_) | Value::Object(_) => unreachable!("a scalar"),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(n), _) => Json::Int(n),
            (_, Some(n)) => Json::UInt(n),
            _ => Json::Float(number.as_f64().expect("a number")),
        },
    }
}

#[test]
fn generated_and_broken_texts() {
    let mut seed = Seed(7);
    let (mut accepted, mut refused) = (0, 0);
    let mut count = |accepts: bool| *(if accepts { &mut accepted } else { &mut refused }) += 1;
    for _ in 0..8_000 {
        let (mut text, depth) = (String::new(), seed.next(5));
        value(&mut seed, depth, &mut text);
        count(check(&text));
        let once = broken(&mut seed, &text);
        count(check(&once));
        count(check(&broken(&mut seed, &once)));
    }
    assert!(accepted > 5_000 && refused > 5_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn texts_of_pieces() {
    let mut seed = Seed(8);
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..seed.next(9) {
            let of = [SCALARS, BROKEN, BLANKS, KEYS][seed.next(4)];
            text.push_str(seed.pick(of));
        }
        check(&text);
    }
}

#[test]
fn every_cut_of_a_text() {
    let text = r#" {"a":{"b":[1,-2.5e3,{"a":"x\u00e9\n"}]},"c":{"a":true},"é":null,"x":[[],{}," \" "]} "#;
    for (at, _) in text.char_indices() {
        check(&text[..at]);
        check(&text[at..]);
    }
    assert!(check(text));
}

#[test]
fn bounds_one_below_and_one_above() {
    let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
    let wide = |n: usize| format!("[{}1]", "1,".repeat(n));
    let long = |n: usize| format!("{{\"a\":\"{}\",\"x\":\"{}\"}}", "é".repeat(n / 2), "y".repeat(n));
    let accepts = [deep(64), wide(1_999), long(65_534)].map(|text| check(&text));
    let refuses =
        [deep(65), wide(2_000), long(65_536), "[".repeat(100), "{\"a\":".repeat(70)].map(|text| check(&text));
    assert_eq!((accepts, refuses), ([true; 3], [false; 5]));
}

#[test]
fn nothing_wanted_is_only_checked() {
    let nothing = Wanted::default();
    let read = |text| scan(&nothing, text, |_, _| panic!("nobody wants it")).is_ok();
    assert!(read(r#"{"a":[1e999,"\ud800"]}"#) && !read(r#"{"a":[1e999,"\x"]}"#));
}

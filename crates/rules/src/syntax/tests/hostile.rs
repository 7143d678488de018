//! Files that nobody would write: nothing panics, nothing takes long, what parses prints as it parses.

use super::super::{parse, print};
use super::{fixtures, shape};
use crate::render::render;

/// Xorshift with a fixed seed: the same damage in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Reads anything; if it has no error, it must print as a file with the same tree.
fn check_any(bytes: &[u8]) -> bool {
    let (file, diagnostics) = parse("a.rules", bytes);
    let printed = print(&file);
    for diagnostic in &diagnostics {
        assert!(diagnostic.span.start <= diagnostic.span.end && diagnostic.span.end <= bytes.len().max(3));
        assert!(!diagnostic.message.is_empty());
        assert!(!diagnostic.expected.is_empty());
        let source = String::from_utf8_lossy(bytes);
        assert!(render(diagnostic, &source).contains(diagnostic.code));
    }
    if diagnostics.is_empty() {
        let (again, diagnostics) = parse("a.rules", printed.as_bytes());
        assert!(diagnostics.is_empty(), "{diagnostics:?}\n{printed}");
        assert_eq!(shape(&again), shape(&file), "{printed}");
        assert_eq!(print(&again), printed);
    }
    diagnostics.is_empty()
}

/// One declaration of a fixture, so that most damage is felt.
fn samples() -> Vec<String> {
    let mut samples = Vec::new();
    for (_, text) in fixtures() {
        let (file, _) = parse("a.rules", text.as_bytes());
        samples.extend(file.decls.iter().map(|decl| text[decl.span.clone()].to_owned()));
    }
    samples
}

#[test]
fn damaged_bytes_do_no_harm() {
    let samples = samples();
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for round in 0..4_000 {
        let mut bytes = samples[round % samples.len()].clone().into_bytes();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes[at] = b"{}().,:=<>'\"\\#@-*/ \n0mk"[random.below(23)],
                2 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"{}().,:=<>'\"\\#@-*/ \n0mk"[random.below(23)]),
            }
        }
        check_any(&bytes);
    }
}

#[test]
fn shuffled_words_do_no_harm_and_print_as_they_parse() {
    let samples = samples();
    let words: Vec<Vec<&str>> =
        samples.iter().map(|text| text.split_inclusive([' ', '\n', '(', ')', ',']).collect()).collect();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut sound = 0;
    for round in 0..6_000 {
        let mut line = words[round % words.len()].clone();
        let other = &words[random.below(words.len())];
        let (at, from) = (random.below(line.len()), random.below(other.len()));
        match random.below(4) {
            0 => line[at] = other[from],
            1 => line.insert(at, other[from]),
            2 => line.swap(at, from % words[round % words.len()].len()),
            _ => drop(line.remove(at)),
        }
        sound += usize::from(check_any(line.concat().as_bytes()));
    }
    // If nearly nothing parsed, the round trip would not be tested.
    assert!(sound > 500, "{sound}");
}

#[test]
fn cut_files_do_no_harm() {
    for (_, text) in fixtures() {
        for at in (0..text.len()).step_by(7) {
            check_any(&text.as_bytes()[..at]);
        }
    }
}

#[test]
fn depth_is_bounded() {
    let rule = |cond: String| format!("rule r \"t\" severity low {{ by k when a.b where {cond} }}");
    let brackets = |depth: usize| rule(format!("{}x{}", "(".repeat(depth), ")".repeat(depth)));
    assert!(check_any(brackets(64).as_bytes()));
    assert!(!check_any(brackets(65).as_bytes()));
    assert!(check_any(rule(format!("{}x", "not ".repeat(64))).as_bytes()));
    let (_, diagnostics) = parse("a.rules", rule("f(".repeat(100_000)).as_bytes());
    assert_eq!(diagnostics.len(), 1, "{:?}", diagnostics.first());
    assert_eq!(diagnostics[0].expected, "at most 64 brackets or `not` in one another");
}

#[test]
fn large_files_take_linear_time() {
    const SIZE: usize = 1 << 20;
    let fill = |head: &str, part: &str| {
        let mut text = String::with_capacity(SIZE);
        text.push_str(head);
        while text.len() + part.len() <= SIZE {
            text.push_str(part);
        }
        text
    };
    let head = "rule r \"t\" severity low { by k when a.b where x = 1";
    for (head, part) in [
        ("", "$ a "),
        ("", "{"),
        ("", "}"),
        ("", "rule r \"t\" "),
        ("", "A "),
        ("", "\"\n"),
        ("", "state s by k{st a.b}"),
        (head, "+1"),
        (head, " or x"),
        (head, ".a"),
        (head, "\nquiet"),
        (head, " unless a.b"),
        ("param p = ", "0"),
        ("param p = 1 \"", "\\q"),
        ("", "#\n"),
        ("param p = 1 \"x\"", "#\n"),
    ] {
        parse("a.rules", fill(head, part).as_bytes());
    }
}

#[test]
fn a_file_of_errors_lists_a_bounded_number() {
    let (_, diagnostics) = parse("a.rules", "A ".repeat(50_000).as_bytes());
    assert_eq!(diagnostics.len(), 10_001);
    assert_eq!(diagnostics[10_000].message, "40000 more places cannot be read");
}

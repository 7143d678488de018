//! The parser and the printer against whole texts: every example of the language page, every kind of error,
//! and thousands of damaged files.

mod errors;
mod hostile;

use std::path::PathBuf;

use super::tree::File;
use super::{parse, print};

/// The examples of the language page, in the order of their names.
fn fixtures() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/language");
    let entries = std::fs::read_dir(&folder).expect("the folder of the fixtures");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a fixture");
        (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text)
    };
    paths.into_iter().map(read).collect()
}

/// The tree of a text without errors.
#[track_caller]
fn tree(text: &str) -> File {
    let (file, diagnostics) = parse("a.rules", text.as_bytes());
    let shown: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    assert!(diagnostics.is_empty(), "{}\n{text}", shown.join("\n"));
    file
}

/// Two trees print the same iff they mean the same: `Debug` leaves spans out. Comments are compared by their
/// text.
fn shape(file: &File) -> (String, Vec<&str>) {
    (format!("{:?}", file.decls), file.comments.iter().map(|comment| comment.node.text.as_str()).collect())
}

/// What is printed reads as the same tree, and is printed the same again.
#[track_caller]
fn check_round_trip(text: &str) {
    let first = tree(text);
    let printed = print(&first);
    let second = tree(&printed);
    assert_eq!(shape(&second), shape(&first), "{printed}");
    assert_eq!(print(&second), printed, "of {text}");
}

#[track_caller]
fn check_print(text: &str, expect: &str) {
    assert_eq!(print(&tree(text)), expect);
    check_round_trip(text);
}

#[test]
fn every_example_of_the_language_page_reads_and_prints() {
    let fixtures = fixtures();
    assert_eq!(fixtures.len(), 7);
    for (_, text) in fixtures {
        check_round_trip(&text);
    }
}

#[test]
fn the_layout_is_one_clause_a_line() {
    check_print(
        "rule a \"t\" severity low{by x,y when m:door.opened or any.z where not b and(c=1 or d in(e,f)),g.h from x=y quiet 5m}",
        r#"rule a "t" severity low {
  by x, y
  when m: door.opened or any.z where not b and (c = 1 or d in (e, f)), g.h from x = y
  quiet 5m
}
"#,
    );
    check_print(
        "state s by a{add n of b.c take b.c where x=-1+2*y forget after d tie set} param p=-3 'it'",
        r#"state s by a {
  add n of b.c
  take b.c where x = -1 + 2 * y
  forget after d
  tie set
}

param p = -3 'it'
"#,
    );
}

#[test]
fn blocks_have_a_line_for_each_part() {
    check_print(
        "rule a \"t\" severity low { by k sequence within w.x { a.b repeated 2 to 3 not c.* d: e.f gap 3m }
         meta { why \"a\" \"b\" status trial } }",
        r#"rule a "t" severity low {
  by k
  sequence within w.x {
    a.b repeated 2 to 3
    not c.*
    d: e.f gap 3m
  }
  meta {
    why "a" "b"
    status trial
  }
}
"#,
    );
    check_print(
        "rule a \"t\" severity low { by k compare n = count(a.b) m = sum(x of a.b or c.d, e.f)
         session gap 1m at most 1h fire when n >= m }",
        r#"rule a "t" severity low {
  by k
  compare
    n = count(a.b)
    m = sum(x of a.b or c.d, e.f)
    session gap 1m at most 1h
    fire when n >= m
}
"#,
    );
}

#[test]
fn comments_stay_where_they_were() {
    check_print(
        "# head\n#more\nrule a \"t\" severity low {   # E\n  by k # key\n\n  # why\n  when a.b   # last\n} # end\n# tail",
        r#"# head
# more
rule a "t" severity low {  # E
  by k  # key
  # why
  when a.b  # last
}  # end
# tail
"#,
    );
    check_print(
        "param p = # one\n 1 # two\n \"x\"\nparam q = 1 \"y\"",
        "param p = 1 \"x\"  # one\n\n# two\nparam q = 1 \"y\"\n",
    );
    check_print("#", "#\n");
}

#[test]
fn tests_and_worlds_have_a_line_for_each_fact() {
    check_print(
        "test r \"t\" { world { now \"n\" in \"z\" given armed(\"A\") = true given s(1) door \"D\" x \"y\" with a.b = -1, c = ip(\"1\") }
         at -1h a.b arrives 2s at \"x\" sigma:\"S\" f = in expect withdrawn expect unknown r k = \"v\" at 1m }",
        r#"test r "t" {
  world {
    now "n" in "z"
    given armed("A") = true
    given s(1)
    door "D"
    x "y" with a.b = -1, c = ip("1")
  }
  at -1h a.b arrives 2s
  at "x" sigma:"S" f = in
  expect withdrawn
  expect unknown r k = "v" at 1m
}
"#,
    );
}

/// A rule with the condition, as it is printed.
#[track_caller]
fn check_cond(cond: &str, expect: &str) {
    let text = format!("rule a \"t\" severity low {{\n  by k\n  when a.b where {cond}\n}}\n");
    let printed = print(&tree(&text));
    let line = printed.lines().nth(2).unwrap_or_default();
    assert_eq!(line.trim_start().trim_start_matches("when a.b where "), expect);
    check_round_trip(&text);
}

#[test]
fn a_word_is_a_keyword_only_where_the_grammar_allows_it() {
    check_cond("direction = in", "direction = in");
    check_cond("object.kind = when and count >= 2", "object.kind = when and count >= 2");
    check_cond("cause in (in, or, not, was)", "cause in (in, or, not, was)");
    check_cond("x = not or from = y", "x = not or from = y");
    check_cond("x = was and was armed(k).not", "x = was and was armed(k).not");
    check_cond("x.true = true and not (not exists exists)", "x.true = true and not (not exists exists)");
    check_cond("a in b.in and f(in, not) in g(x)", "a in b.in and f(in, not) in g(x)");
    check_print(
        "rule rule \"t\" severity low { by by when when: when.when where when when2: x.y }"
            .replace(" when2: x.y", " quiet within")
            .as_str(),
        "rule rule \"t\" severity low {\n  by by\n  when when: when.when where when\n  quiet within\n}\n",
    );
}

#[test]
fn conditions_keep_their_brackets_and_precedence() {
    check_cond("a or b and not c=1", "a or b and not c = 1");
    check_cond("((a))", "((a))");
    check_cond("-(1)+2*-x/3-y>2m/s", "-(1) + 2 * -x / 3 - y > 2 m/s");
    check_cond("not not a exists", "not not a exists");
    check_cond(
        "a matches 'x\\d' or a contains @l or a ends \"\\u{7}\\t\"",
        "a matches 'x\\d' or a contains @l or a ends \"\\u{7}\\t\"",
    );
}

#[test]
fn spans_are_those_of_the_text() {
    let text = "param p = 1 \"x\"\nparam quiet = 900km/h \"y\"";
    let file = tree(text);
    let shown: Vec<&str> = file.decls.iter().map(|decl| &text[decl.span.clone()]).collect();
    assert_eq!(shown, ["param p = 1 \"x\"", "param quiet = 900km/h \"y\""]);
}

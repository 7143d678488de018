//! Every error of form: what it says, that one mistake is one error, and that one file reports many.

use super::super::parse;

#[track_caller]
fn check(text: &str, expect: &[&str]) {
    let (_, diagnostics) = parse("a.rules", text.as_bytes());
    let shown: Vec<String> = diagnostics
        .iter()
        .map(|d| format!("{}:{} {} {} / {} / {}", d.line, d.column, d.code, d.message, d.expected, d.help))
        .collect();
    assert_eq!(shown, expect, "{text}");
}

/// Lines 2 and following of a rule that has a `by` on its first line. Places, codes and messages are
/// compared.
#[track_caller]
fn check_body(body: &str, expect: &[&str]) {
    check_short(&format!("rule r \"t\" severity low {{ by k\n{body}\n}}"), expect);
}

#[track_caller]
fn check_short(text: &str, expect: &[&str]) {
    let (_, diagnostics) = parse("a.rules", text.as_bytes());
    let shown: Vec<String> =
        diagnostics.iter().map(|d| format!("{}:{} {} {}", d.line, d.column, d.code, d.message)).collect();
    assert_eq!(shown, expect, "{text}");
}

#[test]
fn a_wrong_word_says_what_may_follow_and_how_the_clause_is_written() {
    check(
        "rule r \"t\" severity low {\n  by door\n  when a.b\n  unless a.b withn 8s before open\n}",
        &[
            "4:14 WF001 `withn` cannot stand here / `or`, `where`, `from`, `,`, `repeated`, `gap`, `for` or `within` \
           / did you mean `within`: unless CLASS within 8s before LABEL",
        ],
    );
    check(
        "rul r",
        &["1:1 WF001 `rul` cannot stand here / `rule`, `state`, `param`, `world` or `test` \
           / did you mean `rule`: a file has `rule`, `state`, `param`, `world` and `test`"],
    );
    check(
        "rule r \"t\" severity hgh { by k when a.b }",
        &["1:21 WF001 `hgh` cannot stand here / `critical`, `high`, `medium`, `low` or `maintenance` \
           / did you mean `high`: rule NAME \"title\" severity high { by … when … }"],
    );
    check(
        "state s by k {\n  st a.b\n}",
        &[
            "2:3 WF001 `st` cannot stand here / `}`, `set`, `clear`, `keep`, `add`, `take`, `forget` or `tie` \
           / state NAME by KEY { set CLASS clear CLASS }",
        ],
    );
}

#[test]
fn a_text_ends_in_its_line() {
    check(
        "rule r \"t\" severity low { by k\n when a.b where x = \"abc\n quiet 5m }",
        &[
            "2:21 WF002 text is not closed / `\"` before the end of the line / write long text as several strings in a row",
        ],
    );
    check_short("rule r \"t {\n  by k\n  when a.b\n}", &["1:8 WF002 text is not closed"]);
    check_short("param p = 1 'it", &["1:13 WF002 text is not closed"]);
}

#[test]
fn an_escape_is_one_of_five() {
    check(
        "param p = 1 \"\\d\"",
        &["1:14 WF003 `\\d` is no escape / \\\" \\\\ \\n \\t \\u{…} \
           / write a regular expression in single quotes, which know no escapes"],
    );
    check_short(
        "param p = 1 \"\\u{110000} \\u{E9} \\u{} \\x\"",
        &[
            "1:14 WF003 `\\u` is no escape",
            "1:25 WF003 `\\u` is no escape",
            "1:32 WF003 `\\u` is no escape",
            "1:37 WF003 `\\x` is no escape",
        ],
    );
}

#[test]
fn a_number_has_a_known_unit() {
    check(
        "param p = 90min \"x\"",
        &["1:11 WF004 `90min` is no number with a unit / ms s m h d w, km metres, km/h m/s, B kB … GiB \
           / `m` is minutes, write `50 metres`"],
    );
    check_body(
        "when a.b where x = 5 KB and y = 10.0.0.1 and z = 1h30m",
        &[
            "2:20 WF004 `5 KB` is no number with a unit",
            "2:33 WF004 `10.0.0.1` is no number with a unit",
            "2:50 WF004 `1h30m` is no number with a unit",
        ],
    );
    check_body("when a.b\nquiet 10 m", &["3:7 WF004 `10 m` is no number with a unit"]);
    check_body("count >= 3 of a.b within 5", &["2:26 WF004 `5` is no number with a unit"]);
    check_body("when a.b quiet 99999999999d", &["2:16 WF004 `99999999999d` is no number with a unit"]);
}

#[test]
fn a_name_is_lower_case() {
    check(
        "state Door-Ajar by k { set a.b }",
        &[
            "1:7 WF005 `Door` is no name / lower-case letters, digits and `_`, at most 64 / `door`",
            "1:12 WF005 `Ajar` is no name / lower-case letters, digits and `_`, at most 64 / `ajar`",
        ],
    );
    check(
        "state door-ajar by k { set a.b }",
        &["1:7 WF005 `door-ajar` is no name / lower-case letters, digits and `_`, at most 64 / `door_ajar`"],
    );
    check_short(
        "Rule r \"t\" severity low { By k When a.b }",
        &["1:1 WF005 `Rule` is no name", "1:27 WF005 `By` is no name", "1:32 WF005 `When` is no name"],
    );
    check_short(
        &format!("param {} = 1 \"x\"", "a".repeat(65)),
        &[&format!("1:7 WF005 `{}` is no name", "a".repeat(65))],
    );
}

#[test]
fn a_rule_has_one_key_and_one_pattern() {
    check(
        "rule r \"t\" severity low { when a.b }",
        &["1:6 WF006 rule `r` has no `by` / exactly one / `by site` asks for each site on its own"],
    );
    check(
        "rule r \"t\" severity low { by k by l when a.b count >= 2 of c.d within 1m }",
        &[
            "1:32 WF006 rule `r` has two `by` / exactly one / split it, and chain by `alert.r`",
            "1:46 WF006 rule `r` has two pattern / exactly one / split it, and chain by `alert.r`",
        ],
    );
    check_body("quiet 5m", &["1:6 WF006 rule `r` has no pattern"]);
    // What could not be read may have been it.
    check_body("whn a.b", &["2:1 WF001 `whn` cannot stand here"]);
}

#[test]
fn a_clause_stands_once() {
    check(
        "rule r \"t\" severity low { by k when a.b while c while d }",
        &["1:49 WF007 `while` stands twice / once / join the conditions by `and`"],
    );
    check_body(
        "sequence within 1m { a.b c.d gap 1m gap 2m } early final only",
        &["2:37 WF007 `gap` stands twice", "2:52 WF007 `early` or `final only` stands twice"],
    );
    check_short(
        "state s by k { keep x of a.b forget after 1h tie set forget after 2h }",
        &["1:54 WF007 `forget after` stands twice"],
    );
    check_body(
        "when x: a.b raise to low when c raise to high when d unless e.f within 1m after x unless g.h within 1m before x",
        &[],
    );
}

#[test]
fn a_clause_without_meaning_is_an_error() {
    check(
        "rule r \"t\" severity low { by k when a.b gap 5m }",
        &[
            "1:41 WF008 `gap` means nothing with `when` / with the steps of `sequence` / `within` bounds the whole pattern",
        ],
    );
    check_body(
        "when a.b until c.d once",
        &["2:10 WF008 `until` means nothing with `when`", "2:20 WF008 `once` means nothing with `when`"],
    );
    check_body(
        "sequence within 1m { a.b repeated >= 2 not c.d gap 1m e.f } until x.y repeated 1 to 2",
        &["2:48 WF008 `gap` means nothing with `not`", "2:71 WF008 `repeated` means nothing with `until`"],
    );
    check_body("after a.b expect c.d repeated >= 2 within 5m", &[]);
}

#[test]
fn a_file_is_utf8_of_bounded_size() {
    let codes = |bytes: &[u8]| {
        let (_, diagnostics) = parse("a.rules", bytes);
        diagnostics
            .iter()
            .map(|d| format!("{} {} {}", d.code, d.message, d.help))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(codes(b"# \n\xff"), "WF009 file is not UTF-8 line 2, byte 3: save the file as UTF-8");
    assert_eq!(codes(b"\xEF\xBB\xBF# x"), "WF009 file begins with a byte order mark save it without");
    assert_eq!(codes(&vec![b' '; (4 << 20) + 1]), "WF009 file is larger than 4 MiB split the file");
    assert_eq!(codes(&vec![b' '; 4 << 20]), "");
}

#[test]
fn one_file_reports_many_errors() {
    check_short(
        "rule a \"t\" severity low {
  by door
  when door.opened whre x
  unless a.b withn 8s before open
  quiet 10
}
rule b severity low {
  by door
  when a.b where x < 2 < 3
  raise to hi when a
}
state s by k {
  set a.b
  st c.d
  forget 16h
}
test a \"x\" {
  at 0s a.b x = 1
  at 5 c.d
  expct nothing
}
world { door d  calendar \"x\" = \"22:00\" \"06:00\"
  now \"x\" }
param p = 3
param q \"x\"
rule c \"t\" severity low { by k when a.b }",
        &[
            "3:20 WF001 `whre` cannot stand here",
            "4:14 WF001 `withn` cannot stand here",
            "5:9 WF004 `10` is no number with a unit",
            "7:8 WF001 `severity` cannot stand here",
            "9:24 WF001 `<` cannot stand here",
            "10:12 WF001 `hi` cannot stand here",
            "14:3 WF001 `st` cannot stand here",
            "15:10 WF001 `16h` cannot stand here",
            "19:6 WF004 `5` is no number with a unit",
            "20:3 WF001 `expct` cannot stand here",
            "22:14 WF001 `d` cannot stand here",
            "22:40 WF001 `\"06:00\"` cannot stand here",
            "23:11 WF001 `}` cannot stand here",
            "25:1 WF001 `param` cannot stand here",
            "25:9 WF001 `\"x\"` cannot stand here",
        ],
    );
}

#[test]
fn a_missing_brace_is_one_error() {
    check_body(
        "sequence within 1m {\n  a.b\n  c.d\nquiet 5m\nearly",
        &["5:1 WF001 `quiet` cannot stand here"],
    );
    check_short(
        "rule r \"t\" severity low {\n by k\n when a.b\nrule s \"t\" severity low { by k when a.b }",
        &["4:1 WF001 `rule` cannot stand here"],
    );
    check_short(
        "rule r \"t\" severity low {\n by k\n sequence within 1m { a.b\nstate s by k { set a.b }",
        &["4:1 WF001 `state` cannot stand here"],
    );
    check_short(
        "rule r \"t\" severity low { by k when a.b where (x = 3",
        &["1:53 WF001 the end of the file cannot stand here"],
    );
    check_short("test r \"t\" { at 0s a.b expect r", &["1:32 WF001 the end of the file cannot stand here"]);
    check_short(
        "test r \"t\" { world { door \"D\"\n  at 0s a.b\n  expect r }",
        &["2:3 WF001 `at` cannot stand here"],
    );
}

#[test]
fn one_brace_too_many_is_one_error() {
    check_short(
        "rule r \"t\" severity low { by k when a.b } }\n  quiet 5m\n}\nparam p = $ \"x\"",
        &["1:43 WF001 `}` cannot stand here", "4:11 WF001 `$` cannot stand here"],
    );
}

#[test]
fn what_must_not_be_empty_is_not() {
    check_short("rule r \"t\" severity low { }", &["1:27 WF001 `}` cannot stand here"]);
    check_body("sequence within 1m { }", &["2:22 WF001 `}` cannot stand here"]);
    check_body("all within 1m { }", &["2:17 WF001 `}` cannot stand here"]);
    check_short("state s by k { }", &["1:16 WF001 `}` cannot stand here"]);
    check_short("test r \"t\" { }", &["1:14 WF001 `}` cannot stand here"]);
    check_body("when a.b where x in () meta { }", &["2:22 WF001 `)` cannot stand here"]);
}

#[test]
fn the_order_inside_a_test_is_fixed() {
    check_short("test r \"t\" { expect nothing\n at 0s a.b }", &["2:2 WF001 `at` cannot stand here"]);
    check_short(
        "test r \"t\" { at 0s a.b\n world { }\n expect nothing }",
        &["2:2 WF001 `world` cannot stand here"],
    );
}

#[test]
fn an_error_makes_its_declaration_incomplete() {
    let (file, diagnostics) = parse(
        "a.rules",
        b"rule a \"t\" severity low { by k when a.b x }\nrule b \"t\" severity low { by k when a.b }",
    );
    let complete: Vec<bool> = file
        .decls
        .iter()
        .map(|decl| matches!(&decl.node, super::super::tree::Decl::Rule(rule) if rule.complete))
        .collect();
    assert_eq!((complete, diagnostics.len()), (vec![false, true], 1));
}

//! The manual of rule authors (`docs/rules`) and the editors' grammar, held to the product.
//!
//! A block marked `rules` is a rule file with its tests: it has to check, and its tests are run the way `rules test` runs
//! them (engine and reference, the written order and a hundred others). A block marked `rules error WFnnn` or
//! `rules warning WFnnn` has to give this code and no other. What a page says beside its blocks is not tested.

use engine::rule_tests;
use event::diagnostic::{Diagnostic, Severity};
use event::producers::Producers;
use rules::check::{Checked, Environment, RuleFile, check, read};
use rules::test_tree::Expect;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Fewer blocks than this, and the manual has lost some or its blocks are no longer found.
const BLOCKS_MIN: usize = 65;
const FENCE: &str = "```";

/// A fenced block of the manual.
struct Block {
    /// `page:line`, for messages and as the name of the file.
    place: String,
    meant: Meant,
    text: String,
}

/// What a block is there to show.
enum Meant {
    /// Rules that work.
    Works,
    /// A mistake, and what the checker says about it.
    Refused(Severity, String),
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder that end so, by name.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(root().join(folder)).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<(String, String)> = paths
        .filter(|path| path.is_file() && path.to_string_lossy().ends_with(ending))
        .map(|path| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text(&path)))
        .collect();
    files.sort();
    files
}

fn pages() -> Vec<(String, String)> {
    files("docs/rules", ".md")
}

fn blocks() -> Vec<Block> {
    pages().iter().flat_map(|(page, text)| blocks_of(page, text)).collect()
}

fn blocks_of(page: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix(FENCE) else { continue };
        let body: Vec<&str> =
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != FENCE).collect();
        let place = format!("{page}:{}", number + 1);
        let mut words = info.split_whitespace();
        if words.next() == Some("rules") {
            let meant = meant(&place, words.collect::<Vec<_>>().as_slice());
            blocks.push(Block { place, meant, text: body.join("\n") + "\n" });
        }
    }
    blocks
}

fn meant(place: &str, words: &[&str]) -> Meant {
    match words {
        [] => Meant::Works,
        ["error", code] => Meant::Refused(Severity::Error, (*code).to_owned()),
        ["warning", code] => Meant::Refused(Severity::Warning, (*code).to_owned()),
        other => panic!("{place}: `rules`, `rules error CODE` or `rules warning CODE`, not {other:?}"),
    }
}

/// The block as a file, and everything that is found in it.
fn checked(block: &Block, producers: &Producers) -> (RuleFile, Checked) {
    let (file, unread) = read(&block.place, block.text.as_bytes());
    let mut checked = check(std::slice::from_ref(&file), &Environment { producers, known: None });
    checked.diagnostics.extend(unread);
    (file, checked)
}

fn codes(found: &[Diagnostic], severity: Severity) -> BTreeSet<&str> {
    found.iter().filter(|found| found.severity == severity).map(|found| found.code).collect()
}

#[test]
fn every_block_of_the_manual_is_found() {
    let fences: usize = pages().iter().map(|(_, page)| page.matches("```rules").count()).sum();
    assert_eq!(blocks().len(), fences, "a block that is indented or stands in another one is never run");
    assert!(fences >= BLOCKS_MIN, "only {fences} blocks");
}

#[test]
fn every_page_of_the_manual_is_in_its_index() {
    let index = text(&root().join("docs/rules/README.md"));
    for (page, _) in pages().iter().filter(|(page, _)| page != "README.md") {
        assert!(index.contains(&format!("[{page}]({page})")), "README.md does not name {page}");
    }
}

#[test]
fn examples_of_the_manual_hold() {
    let producers = Producers::default();
    let mut wrong: Vec<String> = Vec::new();
    for block in blocks().iter().filter(|block| matches!(block.meant, Meant::Works)) {
        wrong.extend(faults(block, &producers));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with an example that is meant to work.
fn faults(block: &Block, producers: &Producers) -> Vec<String> {
    let place = &block.place;
    let (file, checked) = checked(block, producers);
    let errors: Vec<String> =
        checked.diagnostics.iter().filter(|found| found.is_error()).map(ToString::to_string).collect();
    if !errors.is_empty() {
        return errors;
    }
    let quiet = |expect: &Expect| matches!(expect, Expect::Nothing | Expect::Withdrawn(_));
    let (still, fires): (Vec<_>, Vec<_>) =
        checked.tests.iter().partition(|test| test.expects.iter().all(quiet));
    let mut wrong = Vec::new();
    if fires.is_empty() || still.is_empty() {
        wrong.push(format!("{place}: one test has to fire and one has to stay quiet"));
    }
    let report = rule_tests::run(&[file], producers);
    if report.passed + report.failures.len() != checked.tests.len() {
        wrong.push(format!("{place}: not all of its tests were run"));
    }
    wrong
        .extend(report.failures.iter().map(|f| format!("{place}: {} \"{}\": {}", f.rule, f.test, f.message)));
    wrong
}

#[test]
fn mistakes_of_the_manual_give_the_code_it_says() {
    let producers = Producers::default();
    for block in blocks() {
        let Meant::Refused(severity, code) = &block.meant else { continue };
        let (_, checked) = checked(&block, &producers);
        let found = codes(&checked.diagnostics, *severity);
        assert_eq!(found, BTreeSet::from([code.as_str()]), "{}", block.place);
        if *severity == Severity::Warning {
            assert!(checked.rules.is_some(), "{}: it gives an error as well", block.place);
        }
    }
}

/// The source files of the rule crate, tests left out.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        found.extend(files(&folder, ".rs").into_iter().filter(|(name, _)| name != "tests.rs"));
        for entry in std::fs::read_dir(root().join(&folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                open.push(format!("{folder}/{name}"));
            }
        }
    }
    found
}

/// The string literals of a source text that look like what `is_wanted` wants.
fn literals(source: &str, is_wanted: fn(&str) -> bool) -> BTreeSet<String> {
    source.split('"').filter(|part| is_wanted(part)).map(str::to_owned).collect()
}

fn is_code(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("WF") else { return false };
    let (digits, mark) = rest.split_at_checked(3).unwrap_or((rest, "x"));
    digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()) && matches!(mark, "" | "w")
}

#[test]
fn the_table_of_codes_has_every_code_and_no_other() {
    let sources = sources("crates/rules/src");
    let said: BTreeSet<String> = sources.iter().flat_map(|(_, source)| literals(source, is_code)).collect();
    assert!(said.len() >= 40, "only {} codes were found in the sources", said.len());
    let page = text(&root().join("docs/rules/codes.md"));
    let rows = page.lines().filter_map(|line| line.strip_prefix("| WF")?.split(' ').next());
    let listed: BTreeSet<String> = rows.map(|code| format!("WF{code}")).collect();
    let missing: Vec<_> = said.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&said).collect();
    assert!(missing.is_empty() && stale.is_empty(), "codes.md lacks {missing:?}; nothing says {stale:?}");
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// The words that the parser asks for, and the closed sets of words of the syntax tree.
fn keywords() -> BTreeSet<String> {
    let mut texts: Vec<String> =
        sources("crates/rules/src/syntax/parser").into_iter().map(|(_, source)| source).collect();
    let tree = text(&root().join("crates/rules/src/syntax/tree.rs"));
    texts.extend(tree.split("\nwords!(").skip(1).map(str::to_owned));
    // What is called by several words ("final only", "a label") is a name for messages, no keyword.
    texts.iter().flat_map(|text| literals(&code(text), is_word)).collect()
}

/// A source text without its comments, in which quotation marks stand alone.
fn code(source: &str) -> String {
    source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// All texts of a grammar that are patterns, and the names of what it includes and defines.
#[derive(Default)]
struct Grammar {
    words: BTreeSet<String>,
    included: BTreeSet<String>,
}

impl Grammar {
    fn take(&mut self, value: &serde_json::Value) {
        match value {
            serde_json::Value::Object(object) => {
                object.iter().for_each(|(key, value)| match value.as_str() {
                    Some(pattern) if matches!(key.as_str(), "match" | "begin" | "end") => {
                        let words = pattern.split(|c: char| !c.is_ascii_alphabetic() && c != '_');
                        self.words.extend(words.map(str::to_owned));
                    }
                    Some(name) if key == "include" => {
                        self.included.insert(name.trim_start_matches('#').to_owned());
                    }
                    _ => self.take(value),
                })
            }
            serde_json::Value::Array(values) => values.iter().for_each(|value| self.take(value)),
            _ => {}
        }
    }
}

#[test]
fn the_editors_grammar_names_every_keyword() {
    let file = text(&root().join("editors/watchfloor.tmLanguage.json"));
    let json: serde_json::Value = serde_json::from_str(&file).expect("JSON");
    assert_eq!(json["scopeName"], "source.watchfloor");
    assert_eq!(json["fileTypes"][0], "rules");
    let mut grammar = Grammar::default();
    grammar.take(&json);
    let keywords = keywords();
    assert!(keywords.len() >= 100, "only {} keywords were found in the parser", keywords.len());
    let missing: Vec<_> = keywords.difference(&grammar.words).collect();
    assert!(missing.is_empty(), "the grammar lacks {missing:?}");
    let defined = json["repository"].as_object().expect("a repository");
    for name in grammar.included {
        assert!(defined.contains_key(&name), "`#{name}` is included and nowhere defined");
    }
}

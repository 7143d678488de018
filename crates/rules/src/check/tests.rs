//! Texts in, rule sets or findings out.
//!
//! Every finding has a file of its own beside what is said about it; `WATCHFLOOR_UPDATE=1` writes that anew.

mod accepted;
mod hostile;
mod tests_of_rules;

use crate::check::{Checked, Environment, Known, check_texts};
use crate::render::render;
use event::producers::Producers;
use std::path::PathBuf;

fn checked_as(name: &str, text: &str, known: Option<Known>) -> Checked {
    let producers = Producers::default();
    check_texts(&[(name, text.as_bytes())], &Environment { producers: &producers, known })
}

fn checked(text: &str) -> Checked {
    checked_as("a.rules", text, None)
}

fn findings(text: &str) -> String {
    let found: Vec<String> = checked(text).diagnostics.iter().map(ToString::to_string).collect();
    found.join("\n")
}

fn folder(name: &str) -> Vec<(PathBuf, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "rules"));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_finding_is_said_as_before() {
    for (path, text) in folder("refused") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let found: Vec<String> =
            checked_as(&name, &text, None).diagnostics.iter().map(|found| render(found, &text)).collect();
        let found = found.join("\n\n") + "\n";
        let kept = path.with_extension("out");
        if std::env::var_os("WATCHFLOOR_UPDATE").is_some_and(|value| value == "1") {
            std::fs::write(&kept, &found).unwrap();
        }
        let kept = std::fs::read_to_string(&kept).unwrap_or_default();
        let differs = found.lines().zip(kept.lines()).find(|(found, kept)| found != kept);
        assert!(found == kept, "{name}: said now, said before: {differs:?}");
    }
}

/// What the language page shows is meant to check; what does not run yet is said, and nothing else.
#[test]
fn examples_of_the_language_page_lack_only_what_does_not_run_yet() {
    let files = folder("language");
    let texts: Vec<(&str, &[u8])> =
        files.iter().map(|(path, text)| (path.to_str().unwrap(), text.as_bytes())).collect();
    let producers = Producers::default();
    let checked = check_texts(&texts, &Environment { producers: &producers, known: None });
    let errors: Vec<String> = checked
        .diagnostics
        .iter()
        .filter(|found| found.is_error() && found.code != "WF900")
        .map(|found| format!("{} {}", found.code, found.message))
        .collect();
    // The class reference, which decides names, knows no such kind of zone.
    let no_such_kind = "WF013 `critical` is no value of `zone.kind`";
    // Its own check WF055 forbids what one example does: a person crosses sites.
    let no_clock = "WF055 `person` crosses sites and `unusual` counts local hours";
    assert_eq!(errors, [no_clock, no_such_kind, no_such_kind]);
}

//! The states that ship with the product, under the names of classes.md §5. A rule file that declares one of
//! them replaces it; one that no rule asks costs nothing.

use crate::check::{self, RuleFile};
use std::sync::LazyLock;

/// The file `rules/standard.rules`.
pub const TEXT: &str = include_str!("../../../rules/standard.rules");

static FILE: LazyLock<RuleFile> = LazyLock::new(|| check::read("standard.rules", TEXT.as_bytes()).0);

/// The file, read.
pub fn file() -> &'static RuleFile {
    &FILE
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::producers::Producers;

    #[test]
    fn parses_and_checks_when_given_as_a_file() {
        let environment = check::Environment { producers: &Producers::default(), known: None };
        let checked = check::check_texts(&[("mine.rules", TEXT.as_bytes())], &environment);
        let errors: Vec<String> = checked
            .diagnostics
            .iter()
            .filter(|found| found.is_error() || found.code != "WF016")
            .map(|found| found.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new());
        assert!(checked.rules.unwrap().states.len() >= 15);
    }
}

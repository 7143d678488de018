//! Texts in, rule sets or findings out.

mod accepted;

use crate::check::{Checked, Environment, check_texts};
use event::producers::Producers;

fn checked(text: &str) -> Checked {
    let producers = Producers::default();
    let environment = Environment { producers: &producers, known: None };
    check_texts(&[("a.rules", text.as_bytes())], &environment)
}

fn findings(text: &str) -> String {
    let found: Vec<String> = checked(text).diagnostics.iter().map(ToString::to_string).collect();
    found.join("\n")
}

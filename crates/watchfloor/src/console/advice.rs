//! What rules say to people: why it matters, what to do, what else it may be. It comes from the rules' own `meta`.

use rules::tree::RuleSet;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What one rule says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub procedure: String,
    /// Who looks after it.
    pub owner: String,
    /// What else it may be.
    pub false_positives: Vec<String>,
}

/// The same by the name of the rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Advice(BTreeMap<String, Said>);

impl Advice {
    /// Of all rules in force.
    pub fn of(rules: &RuleSet) -> Advice {
        let said = rules.rules.iter().map(|rule| {
            let meta = &rule.meta;
            let said = Said {
                why: without_entry(&meta.why).to_owned(),
                procedure: meta.procedure.to_string(),
                owner: meta.owner.to_string(),
                false_positives: meta.false_positives.iter().map(ToString::to_string).collect(),
            };
            (rule.name.to_string(), said)
        });
        Advice(said.collect())
    }

    /// Of one rule.
    pub fn on(&self, rule: &str) -> Option<&Said> {
        self.0.get(rule)
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Said {
    pub(super) fn json(&self) -> Value {
        json!({
            "why": self.why,
            "procedure": self.procedure,
            "owner": self.owner,
            "false_positives": self.false_positives,
        })
    }
}

/// Without the entry of the catalogue in front: `ACC-01. A door …`.
fn without_entry(why: &str) -> &str {
    match why.split_once(". ") {
        Some((entry, rest))
            if entry.len() <= 8
                && entry.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-') =>
        {
            rest
        }
        _ => why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_of_the_catalogue_is_for_engineers() {
        assert_eq!(without_entry("ACC-01. A door opened. Go."), "A door opened. Go.");
        assert_eq!(without_entry("A door opened. Go."), "A door opened. Go.");
    }
}

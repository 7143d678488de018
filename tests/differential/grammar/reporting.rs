//! What random rules say about their alerts.

use super::Writer;
use super::keys::KeyKind;
use crate::differential::operators::runs;

impl Writer<'_> {
    pub(super) fn reporting(&mut self, kind: &KeyKind, clauses: &[String]) -> Vec<String> {
        let pattern = clauses.get(1).map_or("", |clause| clause.as_str());
        let mut clauses = Vec::new();
        match self.clear_when(pattern) {
            Some(clear) => clauses.push(clear),
            None if !self.random.one_in(3) => clauses.push(format!("quiet {}", self.span(12))),
            None => {}
        }
        if self.random.one_in(4) {
            let condition = self.condition("any", kind.by, 1);
            let level = self.random.pick(&["critical", "high", "medium"]);
            clauses.push(format!("raise to {level} when {condition}"));
        }
        if self.random.one_in(4) {
            let listed =
                ["door, zone", "zone", "person, door", "a.door, zone", "a.zone", "src.ip", "site, zone"];
            clauses.push(format!("entities {}", self.random.pick(&listed)));
        }
        clauses.extend(self.absorb());
        if runs("blind") && self.random.one_in(3) {
            let sources = [
                "door.controller",
                "camera",
                "source",
                "zone.cameras",
                "door.cameras",
                "door.controller, camera",
            ];
            let level = self.random.pick(&["", "", " as low", " as medium"]);
            clauses.push(format!("blind {}{level}", self.random.pick(&sources)));
        }
        if runs("once") && !pattern.starts_with("when") && self.random.one_in(6) {
            clauses.push("once".to_owned());
        }
        for (word, chance) in
            [("internal", 12), ("early", 8), ("final only", 8), ("meta { status trial }", 16)]
        {
            if self.random.one_in(chance) {
                clauses.push(word.to_owned());
            }
        }
        clauses
    }

    /// `clear when`, of what the pattern counts.
    fn clear_when(&mut self, pattern: &str) -> Option<String> {
        let name = match pattern.split(' ').next()? {
            name @ ("count" | "distinct" | "sum") => name,
            "compare" => "x",
            _ => return None,
        };
        if !runs("clear when") || !self.random.one_in(3) {
            return None;
        }
        let than = self.random.pick(&["< 1", "< 2", "<= 2", "< 3", "= 1", "= 0"]);
        Some(format!("clear when {name} {than}"))
    }

    /// `absorb`, of rules before.
    fn absorb(&mut self) -> Option<String> {
        if !runs("absorb") || self.rules.is_empty() || !self.random.one_in(4) {
            return None;
        }
        if self.random.one_in(6) {
            return Some("absorb alert.*".to_owned());
        }
        let (one, _) = &self.rules[self.random.below(self.rules.len())];
        Some(format!("absorb alert.{one}"))
    }
}

//! Random rule files: text, as an author would write it, over the classes and entities of the small world.
//! Every operator that runs comes up. What the checker refuses is written anew, so nothing here has to be
//! perfect.

mod conditions;
mod keys;
mod patterns;
mod reporting;
mod states;

use super::random::Random;
use keys::{KEYS, KeyKind};
use states::StateKind;

/// A rule or state of a file. The shrinker leaves out whole items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Writes one file.
pub struct Writer<'a> {
    random: &'a mut Random,
    /// States: name, and what they are.
    states: Vec<(String, &'static StateKind)>,
    /// Rules so far: name, `by`.
    rules: Vec<(String, &'static str)>,
    /// Seconds of one unit of time.
    unit_s: i64,
    /// The few classes that the steps of one rule are mostly made of, so that they meet.
    palette: Vec<&'static str>,
    /// Labels of the steps before the one that is written, where it may look at them.
    earlier: Vec<&'static str>,
}

/// The items of a random file: some states, then rules; later ones may use earlier ones. `accepts` is the
/// checker: what it refuses is written anew.
pub fn file(random: &mut Random, unit_s: i64, accepts: &dyn Fn(&[Item]) -> bool) -> Vec<Item> {
    let (states, rules) = (Vec::new(), Vec::new());
    let mut writer = Writer { random, states, rules, unit_s, palette: Vec::new(), earlier: Vec::new() };
    let mut items = Vec::new();
    for _ in 0..writer.random.below(3) {
        writer.accepted(&mut items, accepts, Writer::state);
    }
    for _ in 0..1 + writer.random.below(4) {
        writer.accepted(&mut items, accepts, Writer::rule);
        if writer.random.one_in(6) {
            writer.accepted(&mut items, accepts, Writer::state);
        }
    }
    items
}

/// So often is an item written anew before the file does without.
const TRIES: usize = 12;

impl Writer<'_> {
    fn accepted(
        &mut self,
        items: &mut Vec<Item>,
        accepts: &dyn Fn(&[Item]) -> bool,
        write: fn(&mut Self) -> Item,
    ) {
        for _ in 0..TRIES {
            let known = (self.rules.len(), self.states.len());
            items.push(write(self));
            if accepts(items) {
                return;
            }
            self.rules.truncate(known.0);
            self.states.truncate(known.1);
            items.pop();
        }
    }

    fn rule(&mut self) -> Item {
        let kind = self.key_kind();
        let name = format!("r{}", self.rules.len());
        self.palette = (0..2).map(|_| self.random.pick(kind.classes)).collect();
        let level = self.random.pick(&["critical", "high", "medium", "low", "maintenance"]);
        let title =
            self.random.pick(&["t", "{door} in {zone}", "{zone} {person}", "at {site}", "{source}: {cause}"]);
        let mut clauses = vec![format!("by {}", kind.by)];
        clauses.extend(self.pattern(kind));
        clauses.extend(self.reporting(kind, &clauses));
        let text = format!("rule {name} \"{title}\" severity {level} {{\n  {}\n}}", clauses.join("\n  "));
        self.rules.push((name.clone(), kind.by));
        Item { name, text }
    }

    /// Often the key of an earlier rule, so that one may use the other.
    fn key_kind(&mut self) -> &'static KeyKind {
        let earlier = self.rules.last().map(|(_, by)| *by).filter(|_| self.random.one_in(2));
        let members = self.state_of("person").filter(|_| self.random.one_in(3)).map(|_| "zone, person");
        let same: Vec<&KeyKind> = KEYS.iter().filter(|kind| Some(kind.by) == members.or(earlier)).collect();
        match same.len() {
            0 => &KEYS[self.random.below(KEYS.len())],
            n => same[self.random.below(n)],
        }
    }

    /// Up to so many units of time.
    fn span(&mut self, most: i64) -> String {
        format!("{}s", self.random.between(1, most) * self.unit_s)
    }
}

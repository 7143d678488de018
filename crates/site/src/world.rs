//! The world of a rule test: everything that the test may know, in place of the deployed model.
//!
//! A world holds what its test is about and leaves out the rest, so what it names needs no entry. Later facts widen and
//! override earlier ones: a file's world is given first, then the test's own.

use crate::build::{Scope, Setting, build, zone_or_utc};
use crate::calendar::{Calendar, Span};
use crate::constant::{fold, fold_id, net};
use crate::draft::{Draft, Entry, Placed, Said};
use crate::list::List;
use crate::model::{SiteModel, hash_of};
use crate::problem::{Origin, Problem, Problems};
use crate::validity::Validity;
use crate::yaml::Piece;
use event::field::FieldType;
use event::kind::Kind;
use event::symbol::SymbolKey;
use std::collections::BTreeMap;

/// Collects the facts of a world, in their order.
#[derive(Clone, Debug, Default)]
pub struct WorldBuilder {
    facts: Vec<Fact>,
    zone: Option<String>,
}

/// Hours of a calendar: `"22:00" to "06:00" on "mon-fri"`.
#[derive(Clone, Copy, Debug)]
pub struct Hours<'a> {
    /// When they start, on the wall clock.
    pub start: &'a str,
    /// When they end; before the start: on the next day.
    pub end: &'a str,
    /// Weekdays or a date; every day without.
    pub on: Option<&'a str>,
}

/// What is wrong with a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldError {
    /// The fact: how many were given before it.
    pub fact: usize,
    /// Which of its attributes, entries or hours; none if it is the fact as a whole.
    pub part: Option<usize>,
    /// What is wrong, what was expected, how to cure it.
    pub message: String,
    /// What was expected.
    pub expected: String,
    /// How to cure it.
    pub help: String,
}

#[derive(Clone, Debug)]
enum Fact {
    Entity { kind: String, id: String, attributes: Vec<(String, String)> },
    List { name: String, entries: Vec<String> },
    Calendar { name: String, hours: Vec<(String, String, Option<String>)> },
}

/// Parts of a fact that a place can tell apart.
const PARTS: u32 = 1 << 10;

impl WorldBuilder {
    /// A world without facts.
    pub fn new() -> Self {
        WorldBuilder::default()
    }

    /// The zone of `now`: of all sites that say none.
    pub fn zone(&mut self, name: &str) -> &mut Self {
        self.zone = Some(name.to_owned());
        self
    }

    /// `kind "id" with attribute = value, …`. Values are texts without quotes: `4`, `true`, `30s`, `egress`, an id, an
    /// address. An attribute that stands twice has two values. Returns the number of the fact.
    pub fn entity(&mut self, kind: &str, id: &str, attributes: &[(&str, &str)]) -> usize {
        let attributes =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.push(Fact::Entity { kind: kind.to_owned(), id: id.to_owned(), attributes })
    }

    /// `list name = entry, …`. Its type is that of its entries: addresses, else text. Returns the number of the fact.
    pub fn list(&mut self, name: &str, entries: &[&str]) -> usize {
        let entries = entries.iter().map(|entry| (*entry).to_owned()).collect();
        self.push(Fact::List { name: name.to_owned(), entries })
    }

    /// `calendar "name" = hours, …`. Returns the number of the fact.
    pub fn calendar(&mut self, name: &str, hours: &[Hours<'_>]) -> usize {
        let hours =
            hours.iter().map(|h| (h.start.to_owned(), h.end.to_owned(), h.on.map(str::to_owned))).collect();
        self.push(Fact::Calendar { name: name.to_owned(), hours })
    }

    fn push(&mut self, fact: Fact) -> usize {
        self.facts.push(fact);
        self.facts.len() - 1
    }

    /// The model of this world, or everything that is wrong with it.
    pub fn build(&self, key: SymbolKey) -> Result<SiteModel, Vec<WorldError>> {
        let mut problems = Problems::default();
        let mut draft = Draft::default();
        let mut entities: BTreeMap<(Kind, String), Entry> = BTreeMap::new();
        let mut lists = BTreeMap::new();
        let mut calendars = BTreeMap::new();
        for (at, fact) in self.facts.iter().enumerate() {
            match fact {
                Fact::Entity { kind, id, attributes } => {
                    entity(at, (kind, id), attributes, &mut entities, &mut problems);
                }
                Fact::List { name, entries } => {
                    lists.insert(
                        fold(name),
                        Placed { origin: whole(at), what: list(at, name, entries, key, &mut problems) },
                    );
                }
                Fact::Calendar { name, hours } => {
                    calendars.insert(
                        fold(name),
                        Placed { origin: whole(at), what: calendar(at, name, hours, &mut problems) },
                    );
                }
            }
        }
        draft.entities = entities.into_values().collect();
        draft.lists = lists.into_values().collect();
        draft.calendars = calendars.into_values().collect();
        let zone = zone_or_utc(self.zone.as_deref(), &mut problems);
        let facts: Vec<String> = self.facts.iter().map(|fact| format!("{fact:?}")).collect();
        let hash = hash_of(self.zone.as_deref().into_iter().chain(facts.iter().map(String::as_str)));
        let model = build(draft, Setting { key, scope: Scope::World, zone, hash }, &mut problems);
        model.ok_or_else(|| {
            problems
                .list
                .into_iter()
                .filter(|p| p.severity == event::diagnostic::Severity::Error)
                .map(error)
                .collect()
        })
    }
}

/// A fact as a whole.
fn whole(fact: usize) -> Origin {
    part(fact, PARTS as usize - 1)
}

fn part(fact: usize, part: usize) -> Origin {
    let (fact, part) =
        (fact.min((u32::MAX / PARTS) as usize - 1) as u32, part.min(PARTS as usize - 1) as u32);
    Origin(fact * PARTS + part)
}

fn error(problem: Problem) -> WorldError {
    let part = problem.origin.0 % PARTS;
    WorldError {
        fact: (problem.origin.0 / PARTS) as usize,
        part: (part != PARTS - 1).then_some(part as usize),
        message: problem.words.message,
        expected: problem.words.expected,
        help: problem.words.help,
    }
}

fn entity(
    at: usize,
    (kind, id): (&str, &str),
    attributes: &[(String, String)],
    entities: &mut BTreeMap<(Kind, String), Entry>,
    problems: &mut Problems,
) {
    let Some(known) = Kind::by_name(kind) else {
        let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        let help =
            crate::problem::did_you_mean(kind, kinds.iter().copied(), "see the entities of the class table");
        let message = format!("no kind of entity `{kind}`");
        problems.error(
            "SM002",
            whole(at),
            crate::problem::words(message, crate::constant::one_of(&kinds), help),
        );
        return;
    };
    let mut said: Vec<Said> = Vec::new();
    for (number, (name, value)) in attributes.iter().enumerate() {
        let origin = part(at, number);
        let piece = Piece { text: value.clone(), origin };
        match said.iter_mut().find(|said| said.name == *name) {
            Some(same) => same.values.push(piece),
            None => said.push(Said { name: name.clone(), origin, values: vec![piece] }),
        }
    }
    let id = Piece { text: id.to_owned(), origin: whole(at) };
    let entry = entities.entry((known, fold_id(known, &id.text)));
    let entry = entry.or_insert(Entry { kind: known, id, validity: Validity::ALWAYS, said: Vec::new() });
    entry.said.retain(|old| said.iter().all(|new| new.name != old.name));
    entry.said.extend(said);
}

fn list(at: usize, name: &str, entries: &[String], key: SymbolKey, problems: &mut Problems) -> List {
    let addresses = !entries.is_empty() && entries.iter().all(|entry| net(entry).is_some());
    let ty = if addresses { FieldType::Ip } else { FieldType::Text };
    let mut list = List::new(name, ty, "");
    for (number, entry) in entries.iter().enumerate() {
        if let Err(expected) = list.add(entry, Validity::ALWAYS, key) {
            let message = format!("`{entry}` does not belong in list `{name}`");
            problems.error("SM017", part(at, number), crate::problem::words(message, expected, "mend it"));
        }
    }
    list
}

fn calendar(
    at: usize,
    name: &str,
    hours: &[(String, String, Option<String>)],
    problems: &mut Problems,
) -> Calendar {
    let mut calendar = Calendar::new(name);
    for (number, (start, end, on)) in hours.iter().enumerate() {
        let added = match Span::between(start, end) {
            Some(span) => calendar.add(on.as_deref().unwrap_or("daily"), span),
            None => Err("two times of day such as \"08:00\" to \"18:00\""),
        };
        if let Err(expected) = added {
            let message =
                format!("`{start}` to `{end}` {} is no time of a calendar", on.as_deref().unwrap_or(""));
            let message = message.replace("  ", " ");
            problems.error("SM016", part(at, number), crate::problem::words(message, expected, "mend it"));
        }
    }
    calendar
}

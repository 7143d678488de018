//! How far a rule is for a key, and why it has not fired: which steps are there, what is missing, how long is left, which
//! events do not count and why. For people, from the cell that the engine runs: a view, not a second interpreter.
//!
//! A program that is to be explained remembers everything (`Program::remembering`), so the cell's log is the whole story.

mod missing;
mod progress;
mod why;
mod words;

use super::Machine;
use super::asker::Asker;
use super::cell::Entry;
use super::describe::{for_each_combination, text};
use super::events::EventRef;
use super::states;
use crate::program::condition::Compiler;
use crate::program::fanout::Fan;
use crate::program::{CompiledOption, symbol_of};
use crate::tree::{Cond, Pattern, Rule};
use event::class::ClassId;
use event::hit::KeyHash;
use event::row::RowRef;
use event::time::Timestamp;
use progress::{Apart, Around, Progress};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use why::{Beside, Why};
use words::Words;

/// Events of one kind that are shown at most, the latest.
const SHOWN_MAX: usize = 8;

/// What there is to say about a rule and a key at an instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// The pattern, in a few words.
    pub pattern: String,
    /// Detections, oldest first; the latest ones.
    pub detections: Vec<Detected>,
    /// How many there are.
    pub detected: usize,
    /// What counts now, oldest first; the latest.
    pub there: Vec<Seen>,
    /// How many events count now.
    pub counted: usize,
    /// What is missing, or waited for.
    pub missing: Vec<Missing>,
    /// Events that do not count, oldest first; the latest of each step.
    pub apart: Vec<NotCounted>,
    /// Hits under other keys, by step.
    pub elsewhere: Vec<Elsewhere>,
    /// No bound was hit.
    pub exact: bool,
}

/// An event as a step sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// What the rule calls the step.
    pub step: Arc<str>,
    /// When it happened.
    pub ts: Timestamp,
    /// Its class.
    pub class: Arc<str>,
    /// Its topic.
    pub topic: Arc<str>,
    /// Its partition, offset and place within the record.
    pub at: (u32, u64, u32),
}

/// A detection.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    /// Its ts.
    pub at: Timestamp,
    /// When it is reported, if it is held.
    pub held_until: Option<Timestamp>,
    /// What it rests on; the latest.
    pub rests_on: Vec<Seen>,
}

/// Something that is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// What.
    pub what: String,
    /// What is there counts no longer than this.
    pub until: Option<Timestamp>,
}

/// An event that does not count.
#[derive(Clone, Debug, PartialEq)]
pub struct NotCounted {
    /// The event.
    pub event: Seen,
    /// Why not.
    pub why: Vec<String>,
}

/// Hits under other keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Elsewhere {
    /// How many.
    pub hits: u64,
    /// The last one.
    pub last: Seen,
    /// Its key, or which part of it has no value.
    pub key: String,
}

impl Machine {
    /// What there is to say about a rule and a key now. `rows`: all events so far that the rule might have wanted, also those
    /// that are no hits.
    pub fn explain<'r>(
        &self,
        rule: u32,
        key: KeyHash,
        rows: impl Iterator<Item = RowRef<'r>>,
    ) -> Explanation {
        let teller = Teller { machine: self, rule, key, tree: self.program.rule(rule) };
        let state = &self.rules[rule as usize];
        let cell = state.by_key.get(&key).and_then(|at| state.cells.get(*at));
        let plan = &self.program.rules[rule as usize].plan;
        let around = Around { plan, events: &self.events, site: &self.site, now: self.clock.0 };
        let progress = match cell {
            Some(cell) => progress::progress(cell, around),
            None => Progress::nothing(&plan.shape),
        };
        let mut explanation = Explanation {
            pattern: missing::pattern_text(teller.tree),
            exact: cell.is_none_or(|cell| cell.is_exact()),
            ..Explanation::default()
        };
        teller.hits(&progress, &mut explanation);
        explanation.missing = missing::missing(&teller, &progress);
        teller.strangers(rows, &mut explanation);
        explanation
    }

    /// Events of the engine itself that stand now, of the classes that the rule reads.
    fn standing(&self, rule: &Rule) -> Vec<EventRef> {
        let classes: Vec<ClassId> = rule
            .steps()
            .iter()
            .flat_map(|step| &step.options)
            .flat_map(|option| option.classes.clone())
            .collect();
        let runs = self.rules.iter().flat_map(|state| state.runs.values());
        let standing = runs.flat_map(|run| &run.derived).map(|standing| standing.event);
        let mut events: Vec<EventRef> =
            standing.filter(|event| classes.contains(&self.events.row(*event).row.class)).collect();
        events.sort_by(|a, b| self.events.compare(*a, *b));
        events
    }
}

/// Tells of one rule and key.
struct Teller<'a> {
    machine: &'a Machine,
    rule: u32,
    key: KeyHash,
    tree: &'a Rule,
}

/// What became of an event that is no hit under the key.
enum Stranger {
    Hit,
    NotCounted(Vec<String>),
    OtherKey(String),
    Irrelevant,
}

impl Teller<'_> {
    fn step_names(&self) -> &[Arc<str>] {
        &self.machine.program.rules[self.rule as usize].step_names
    }

    /// The name of the first step of a mask, which may have the bits of options.
    fn step_name(&self, mask: u16) -> Arc<str> {
        let steps = &self.machine.program.rules[self.rule as usize].steps;
        let of_mask = |option: &CompiledOption| option.mask & mask != 0;
        let at = steps.iter().position(|step| step.options.iter().any(of_mask));
        let at = at.unwrap_or(mask.trailing_zeros() as usize);
        self.step_names().get(at).cloned().unwrap_or_else(|| "?".into())
    }

    fn seen(&self, mask: u16, event: EventRef) -> Seen {
        self.seen_row(self.step_name(mask), self.machine.events.row(event))
    }

    fn seen_row(&self, step: Arc<str>, row: RowRef<'_>) -> Seen {
        let at = row.row.coordinates;
        Seen {
            step,
            ts: row.row.ts,
            class: self.machine.program.class_name(row.row.class),
            topic: self.machine.topics.name(at.topic).clone(),
            at: (at.partition, at.offset, at.index),
        }
    }

    fn latest(&self, chain: &[(u16, EventRef)]) -> Vec<Seen> {
        let from = chain.len().saturating_sub(SHOWN_MAX);
        chain[from..].iter().map(|(step, event)| self.seen(*step, *event)).collect()
    }

    /// What is said of the hits of the key.
    fn hits(&self, progress: &Progress, explanation: &mut Explanation) {
        explanation.there = self.latest(&progress.there);
        explanation.counted = progress.there.len();
        explanation.detected = progress.found.len();
        let from = progress.found.len().saturating_sub(SHOWN_MAX);
        let detected = progress.found[from..].iter().map(|found| Detected {
            at: Timestamp(found.at),
            held_until: found.held_until.map(Timestamp),
            rests_on: self.latest(&found.chain),
        });
        explanation.detections = detected.collect();
        let mut shown: BTreeMap<u16, usize> = BTreeMap::new();
        for (entry, why) in &progress.apart {
            let shown = shown.entry(entry.steps).or_default();
            *shown += 1;
            if *shown <= SHOWN_MAX {
                let event = self.seen(entry.steps, entry.event);
                explanation.apart.push(NotCounted { event, why: self.why_apart(entry, *why, progress) });
            }
        }
    }

    fn why_apart(&self, entry: &Entry, why: Apart, progress: &Progress) -> Vec<String> {
        let event = |event: EventRef| {
            let row = self.machine.events.row(event);
            format!("{} at {}", self.machine.program.class_name(row.row.class), row.row.ts)
        };
        let said = match why {
            Apart::Taken(by) => format!("`unless` takes it away: {}", event(by)),
            Apart::TakesAway => "it takes away, it does not count itself".to_owned(),
            Apart::Ended(by) => format!("`until` ended it: {}", event(by)),
            Apart::UsedUp => "a detection has used it up (`once`)".to_owned(),
            Apart::TooOld => "its time is over".to_owned(),
            Apart::Surpassed => "a later one stands in its place".to_owned(),
            Apart::NotNew => "its value is not new, or the key is too new to say so".to_owned(),
            Apart::Usual => "there are not unusually many of it in its bucket".to_owned(),
            Apart::Answered(by) => format!("what it expects came: {}", event(by)),
            Apart::NothingBefore => "what it has to follow is not there".to_owned(),
        };
        let mut said = vec![said];
        if why == Apart::NothingBefore {
            said.extend(self.why_not_beside(entry, progress));
        }
        said
    }

    /// The conditions on earlier steps that are false beside what is there.
    fn why_not_beside(&self, entry: &Entry, progress: &Progress) -> Vec<String> {
        let steps = self.machine.program.rules[self.rule as usize].steps.iter().zip(self.tree.steps());
        let options = steps.flat_map(|(compiled, step)| compiled.options.iter().zip(&step.options));
        let asked = options.filter(|(compiled, _)| compiled.mask & entry.steps != 0);
        let conditions = asked.filter_map(|(_, option)| option.across.as_ref());
        conditions
            .flat_map(|cond| self.why_not(cond, self.machine.events.row(entry.event), &progress.there))
            .collect()
    }

    fn why_not(&self, cond: &Cond, row: RowRef<'_>, chain: &[(u16, EventRef)]) -> Vec<String> {
        let Machine { program, site, .. } = self.machine;
        let aggregates: Vec<Arc<str>> = aggregates(self.tree);
        let compiler = Compiler { symbols: program.symbols, member: None };
        let words = Words { rules: &program.tree, steps: self.step_names(), aggregates: &aggregates };
        let beside = Beside { asker: self.asker(row), events: &self.machine.events, chain };
        let why = Why { compiler: &compiler, words, rules: &program.tree, site, beside: &beside, row };
        why.not(cond)
    }

    /// Answers about a row that need not be kept.
    fn asker(&self, row: RowRef<'_>) -> Asker<'_> {
        let Machine { states, program, site, .. } = self.machine;
        let order: states::Order = ((None, row.row.seq), (row.row.coordinates, None));
        Asker { states, program, site, order, noted: RefCell::default() }
    }

    /// What is said of events that are no hits of the key.
    fn strangers<'r>(&self, rows: impl Iterator<Item = RowRef<'r>>, explanation: &mut Explanation) {
        let steps = self.tree.steps();
        let mut apart: Vec<VecDeque<NotCounted>> = steps.iter().map(|_| VecDeque::new()).collect();
        let mut elsewhere: Vec<Option<Elsewhere>> = steps.iter().map(|_| None).collect();
        let mut take = |row: RowRef<'_>| {
            for (bit, name) in self.step_names().iter().enumerate() {
                match self.stranger(bit, row) {
                    Stranger::Hit | Stranger::Irrelevant => {}
                    Stranger::NotCounted(why) => {
                        let event = self.seen_row(name.clone(), row);
                        apart[bit].push_back(NotCounted { event, why });
                        if apart[bit].len() > SHOWN_MAX {
                            apart[bit].pop_front();
                        }
                    }
                    Stranger::OtherKey(key) => {
                        let hits = elsewhere[bit].as_ref().map_or(0, |known| known.hits) + 1;
                        elsewhere[bit] =
                            Some(Elsewhere { hits, last: self.seen_row(name.clone(), row), key });
                    }
                }
            }
        };
        rows.for_each(&mut take);
        self.machine.standing(self.tree).into_iter().for_each(|event| take(self.machine.events.row(event)));
        explanation.apart.extend(apart.into_iter().flatten());
        explanation.apart.sort_by_key(|one| (one.event.ts, one.event.at));
        explanation.elsewhere = elsewhere.into_iter().flatten().collect();
    }

    fn stranger(&self, bit: usize, row: RowRef<'_>) -> Stranger {
        let compiled = &self.machine.program.rules[self.rule as usize].steps[bit];
        let steps = self.tree.steps();
        let options = compiled.options.iter().zip(steps.get(bit).map_or(&[][..], |step| &step.options));
        let mut found = Stranger::Irrelevant;
        for (compiled, option) in options.filter(|(o, _)| o.classes.binary_search(&row.row.class).is_ok()) {
            match self.stranger_to(compiled, option.condition.as_ref(), row) {
                Stranger::Hit => return Stranger::Hit,
                Stranger::Irrelevant => {}
                other => found = other,
            }
        }
        found
    }

    fn stranger_to(&self, option: &CompiledOption, condition: Option<&Cond>, row: RowRef<'_>) -> Stranger {
        let Machine { program, site, .. } = self.machine;
        let asker = self.asker(row);
        let stands_in = program.rules[self.rule as usize].source_for_missing_key;
        let missing = stands_in.then(|| row.source().symbol);
        let mut hits = Vec::new();
        option.hits(row, (site, program.symbols, missing), &asker, |key| hits.push(key));
        if hits.contains(&self.key) {
            return Stranger::Hit;
        }
        let fan = option.fan(row, site, (program.symbols, &asker));
        let keys = self.keys(option, row, fan.as_ref());
        if !keys.iter().any(|(key, _)| *key == self.key) {
            let is_hit =
                option.admits(row) && condition.is_none_or(|cond| self.why_not(cond, row, &[]).is_empty());
            return match keys.last() {
                Some((_, key)) if !hits.is_empty() => Stranger::OtherKey(key.clone()),
                None if is_hit => Stranger::OtherKey(self.without(option, row)),
                _ => Stranger::Irrelevant,
            };
        }
        if !option.admits(row) {
            let lifecycle = row.row.lifecycle.name();
            let why = if row.row.is_test() {
                "it is of a test".to_owned()
            } else {
                format!("it is no news: {lifecycle}")
            };
            return Stranger::NotCounted(vec![why]);
        }
        let why = condition.map(|cond| self.why_not(cond, row, &[])).unwrap_or_default();
        match why.is_empty() {
            true => Stranger::NotCounted(vec!["its condition does not hold for this member".to_owned()]),
            false => Stranger::NotCounted(why),
        }
    }

    /// The keys of an event, with their text.
    fn keys(&self, option: &CompiledOption, row: RowRef<'_>, fan: Option<&Fan>) -> Vec<(KeyHash, String)> {
        let Machine { program, site, .. } = self.machine;
        let stands_in = program.rules[self.rule as usize].source_for_missing_key;
        let mut keys = Vec::new();
        for_each_combination(&option.key, row, site, (stands_in, fan), &mut |parts| {
            let symbols: Vec<_> = parts.iter().map(|value| symbol_of(value, program.symbols)).collect();
            let named = self.tree.by.iter().zip(parts.iter().zip(&option.key));
            let texts: Vec<String> = named
                .map(|(part, (value, path))| format!("{} = {}", part.text, text(value, path.ty)))
                .collect();
            keys.push((KeyHash::of(&symbols), texts.join(", ")));
        });
        keys
    }

    /// Which parts of the key an event has no value for.
    fn without(&self, option: &CompiledOption, row: RowRef<'_>) -> String {
        let parts = option.parts(row, &self.machine.site, self.machine.program.symbols, None);
        let named = self.tree.by.iter().zip(&parts).filter(|(_, values)| values.is_empty());
        let names: Vec<String> = named.map(|(part, _)| format!("`{}`", part.text)).collect();
        format!("no {}", names.join(", "))
    }
}

fn aggregates(rule: &Rule) -> Vec<Arc<str>> {
    match &rule.pattern {
        Pattern::Compare { aggregates, .. } => aggregates.iter().map(|one| one.name.clone()).collect(),
        _ => Vec::new(),
    }
}

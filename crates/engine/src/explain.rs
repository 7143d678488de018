//! Why a rule has fired for a key, or has not: a recording up to an instant, and what the rule's cell says then.
//!
//! The recording goes through the same stages as in a replay, in the order of time, into one task that forgets nothing of
//! this rule.

use crate::deal::Hand;
use crate::replay::{Order, Recording, arrivals, decode};
use crate::setup::Setup;
use event::alert::Alert;
use event::diagnostic::nearest;
use event::hit::KeyHash;
use event::row::RowRef;
use event::time::Timestamp;
use ingest::output::Output;
use rules::machine::explain::Explanation;
use rules::program::Program;
use rules::tree::Rule;
use std::sync::Arc;
use task::task::{Shared, Task};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The name of the rule.
    pub rule: &'a str,
    /// The parts of the key: `door=D1`, or values alone in the order of `by`.
    pub key: &'a [String],
    /// When; without, at the last event of the recording.
    pub at: Option<Timestamp>,
}

/// What is said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The parts of the key by name.
    pub key: Vec<(Arc<str>, String)>,
    /// The instant.
    pub at: Timestamp,
    /// How far the rule is.
    pub explanation: Explanation,
    /// Its alerts for the key, as they stand then, by time.
    pub alerts: Vec<Arc<Alert>>,
}

/// A question that cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswerable {
    /// No such rule.
    #[error("no rule `{0}`")]
    NoRule(String, Option<String>),
    /// The key of the rule has other parts.
    #[error("`{0}` is no part of the key of `{1}`")]
    NoPart(String, Arc<str>, String),
    /// Too few parts.
    #[error("the key of `{0}` has {1} parts, {2} are given")]
    Parts(Arc<str>, usize, usize, String),
    /// A value that the part cannot have.
    #[error("`{1}` is no value of `{0}`")]
    NoValue(Arc<str>, String),
}

impl Unanswerable {
    /// What would be right, and how to get there.
    pub fn cure(&self) -> (String, String) {
        let help = match self {
            Unanswerable::NoRule(_, Some(near)) => format!("did you mean `{near}`"),
            _ => "watchfloor rules explain RULE KEY, with door=D1 for each part of the key".to_owned(),
        };
        (self.expected(), help)
    }

    fn expected(&self) -> String {
        match self {
            Unanswerable::NoRule(..) => "the name of a rule of the configuration".to_owned(),
            Unanswerable::NoPart(_, _, by) | Unanswerable::Parts(_, _, _, by) => {
                format!("a value for each of {by}")
            }
            Unanswerable::NoValue(..) => "a value as events carry it".to_owned(),
        }
    }
}

/// Answers a question from recordings.
pub fn explain(
    setup: &Setup,
    recordings: &mut [Recording<'_>],
    question: Question<'_>,
) -> Result<Answer, Unanswerable> {
    let (rule, key, hash) = asked(setup, question)?;
    let mut outputs: Vec<Output> = Vec::new();
    for (number, recording) in recordings.iter_mut().enumerate() {
        outputs.push(decode(setup, recording, number as u32, Order::Time));
    }
    let waiting = arrivals(&outputs, Order::Time);
    let at = question.at.or(waiting.last().map(|last| last.arrives)).unwrap_or(Timestamp(0));
    let shared = remembering(&setup.shared, rule);
    let mut task = Task::new(shared.clone(), 0);
    let mut hand = Hand::new(setup.symbols);
    let so_far = || waiting.iter().take_while(|event| event.arrives <= at);
    for event in so_far() {
        let output = &outputs[event.input];
        let judged = output.judged[event.row];
        hand.event(output.batch.row(event.row), (judged.late, judged.lateness), &shared);
    }
    hand.give(&mut task);
    task.advance(at);
    let tree = shared.program.rule(rule);
    let rows = so_far().map(|event| outputs[event.input].batch.row(event.row));
    let explanation = task.machine().explain(rule, hash, rows.filter(|row| reads(tree, *row)));
    let alerts = alerts(&task, tree, &key);
    Ok(Answer { key, at, explanation, alerts })
}

/// The rule that is meant, and its key.
#[expect(clippy::type_complexity, reason = "told apart at the one place that calls it")]
fn asked(
    setup: &Setup,
    question: Question<'_>,
) -> Result<(u32, Vec<(Arc<str>, String)>, KeyHash), Unanswerable> {
    let rules = &setup.shared.program.tree.rules;
    let Some(at) = rules.iter().position(|rule| &*rule.name == question.rule) else {
        let near = nearest(question.rule, rules.iter().map(|rule| &*rule.name));
        return Err(Unanswerable::NoRule(question.rule.to_owned(), near.map(str::to_owned)));
    };
    let rule = &rules[at];
    let values = values(rule, question.key)?;
    let texts: Vec<&str> = values.iter().map(|value| &**value).collect();
    let hash = setup
        .shared
        .program
        .key_of(at as u32, &texts)
        .map_err(|part| Unanswerable::NoValue(rule.by[part].text.clone(), values[part].clone()))?;
    let names = rule.by.iter().map(|part| part.text.clone());
    Ok((at as u32, names.zip(values).collect(), hash))
}

/// The value of each part of the key.
fn values(rule: &Rule, given: &[String]) -> Result<Vec<String>, Unanswerable> {
    let by: Vec<String> = rule.by.iter().map(|part| format!("`{}`", part.text)).collect();
    let mut values: Vec<Option<String>> = vec![None; rule.by.len()];
    for text in given {
        let named = text.split_once('=');
        let part = named.and_then(|(name, _)| rule.by.iter().position(|part| *part.text == *name));
        let (part, value) = match (named, part) {
            (Some((_, value)), Some(part)) => (Some(part), value),
            _ => (values.iter().position(Option::is_none), text.as_str()),
        };
        let Some(place) = part.and_then(|part| values.get_mut(part)) else {
            return Err(Unanswerable::NoPart(text.clone(), rule.name.clone(), by.join(", ")));
        };
        *place = Some(value.to_owned());
    }
    let filled = values.iter().flatten().count();
    let parts = || Unanswerable::Parts(rule.name.clone(), rule.by.len(), filled, by.join(", "));
    values.into_iter().collect::<Option<Vec<String>>>().ok_or_else(parts)
}

fn remembering(shared: &Shared, rule: u32) -> Shared {
    let program = &shared.program;
    let program = Program::compile(program.tree.clone(), program.symbols, program.ids.clone());
    Shared { program: Arc::new(program.remembering(rule)), ..shared.clone() }
}

fn reads(rule: &Rule, row: RowRef<'_>) -> bool {
    let steps = rule.steps().into_iter();
    steps.flat_map(|step| &step.options).any(|option| option.classes.binary_search(&row.row.class).is_ok())
}

fn alerts(task: &Task, rule: &Rule, key: &[(Arc<str>, String)]) -> Vec<Arc<Alert>> {
    let folded: Vec<_> = key.iter().map(|(_, value)| event::symbol::lower(value)).collect();
    let is_its = |alert: &&Arc<Alert>| {
        alert.rule == rule.name && alert.key.iter().zip(&folded).all(|((_, known), asked)| **known == **asked)
    };
    let parts: Vec<_> = task.table().parts().collect();
    let of_all = parts.iter().flat_map(|part| &part.document.alerts);
    let mut alerts: Vec<Arc<Alert>> = of_all.filter(is_its).cloned().collect();
    alerts.sort_by_key(|alert| (alert.first_at, alert.id));
    alerts
}

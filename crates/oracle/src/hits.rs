//! Which events hit which step under which key: H(s) of language.md §4.

use crate::condition;
use crate::events::Events;
use event::class::Lifecycle;
use event::symbol::lower;
use rules::tree::{Step, StepOption};
use site::path::Path;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The parts of a key, folded, in the order of `by`.
pub(crate) type Key = Vec<Arc<str>>;

/// Hits of one step: for each key the events, sorted by ≺.
pub(crate) type Hits = BTreeMap<Key, Vec<usize>>;

/// The most values of one part of a key.
const PART_VALUES_MAX: usize = 8;

/// What the step belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A line of a state: corrections count too.
    State,
    /// A rule.
    Rule,
    /// A rule in which nothing may be lost for want of a key.
    LifeSafetyRule,
}

/// Every event that hits `step`, by key.
pub(crate) fn hits(events: &Events<'_>, step: &Step, asker: Asker) -> Hits {
    let mut hits = Hits::new();
    for index in 0..events.len() {
        for key in keys(events, step, index, asker) {
            hits.entry(key).or_default().push(index);
        }
    }
    for of_key in hits.values_mut() {
        of_key.sort_by(|&a, &b| events.place(a).cmp(events.place(b)));
    }
    hits
}

/// The keys under which one event hits `step`.
pub(crate) fn keys(events: &Events<'_>, step: &Step, index: usize, asker: Asker) -> BTreeSet<Key> {
    step.options
        .iter()
        .filter(|option| takes(events, option, index, asker))
        .flat_map(|option| key_of(events, option, index, asker))
        .collect()
}

fn takes(events: &Events<'_>, option: &StepOption, index: usize, asker: Asker) -> bool {
    let event = events.get(index);
    let lifecycle = match event.lifecycle() {
        _ if option.names_lifecycle => true,
        Lifecycle::New => true,
        Lifecycle::Test => option.names_test,
        Lifecycle::Update | Lifecycle::Snapshot => asker == Asker::State,
        _ => false,
    };
    option.classes.contains(&event.class())
        && !event.is_beat()
        && lifecycle
        && (!event.is_test() || option.names_test)
        && option.condition.as_ref().is_none_or(|condition| condition::holds(events, index, condition))
}

/// One key for each choice of a value for each part.
fn key_of(events: &Events<'_>, option: &StepOption, index: usize, asker: Asker) -> Vec<Key> {
    let parts: Vec<Vec<Arc<str>>> = option.key.iter().map(|path| part(events, path, index, asker)).collect();
    combinations(&parts)
}

fn part(events: &Events<'_>, path: &Path, index: usize, asker: Asker) -> Vec<Arc<str>> {
    let mut values = events.texts(index, path);
    values.truncate(PART_VALUES_MAX);
    if values.is_empty() && asker == Asker::LifeSafetyRule {
        values.push(lower(events.get(index).row().source().text).into());
    }
    values
}

/// All ways to take one of each.
pub(crate) fn combinations(parts: &[Vec<Arc<str>>]) -> Vec<Key> {
    parts.iter().fold(vec![Key::new()], |keys, values| {
        keys.iter()
            .flat_map(|key| {
                values.iter().map(move |value| {
                    let mut longer = key.clone();
                    longer.push(value.clone());
                    longer
                })
            })
            .collect()
    })
}

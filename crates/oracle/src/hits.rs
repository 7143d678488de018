//! Which events hit which step under which key: H(s) of language.md §4.

use crate::events::Events;
use crate::view::{Member, View};
use crate::{condition, expression};
use event::class::Lifecycle;
use event::symbol::lower;
use rules::tree::{Cond, ForEach, Step, StepOption};
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

/// The keys under which one event hits `step`; what looks at other steps is left out of its condition.
pub(crate) fn keys(events: &Events<'_>, step: &Step, index: usize, asker: Asker) -> BTreeSet<Key> {
    ways(events, step, index, asker).into_iter().map(|way| way.key).collect()
}

/// Whether an event that hits `step` under `key` still does when the events of earlier steps are known: "a chain is one
/// only if [the parts that look at them] hold in it" (the tree, `across`).
pub(crate) fn fits(
    events: &Events<'_>,
    step: &Step,
    (index, key): (usize, &Key),
    (asker, earlier): (Asker, &[(u8, usize)]),
) -> bool {
    step.options.iter().all(|option| option.across.is_none())
        || ways(events, step, index, asker).iter().filter(|way| way.key == *key).any(|way| {
            let view = View { member: way.member.as_ref(), earlier, ..View::of(events, index) };
            way.across.is_none_or(|across| condition::holds(view, across))
        })
}

/// One way in which an event hits a step.
struct Way<'s> {
    key: Key,
    across: Option<&'s Cond>,
    member: Option<Member>,
}

/// "An event satisfies the step if it satisfies one of [its options]"; "`for each m …`: e gives one hit per member m".
fn ways<'s>(events: &Events<'_>, step: &'s Step, index: usize, asker: Asker) -> Vec<Way<'s>> {
    let mut ways = Vec::new();
    for option in step.options.iter().filter(|option| may_take(events, option, index, asker)) {
        for member in fan_out(events, step.each.as_ref(), index) {
            let view = View { member: member.as_ref(), ..View::of(events, index) };
            if option.condition.as_ref().is_some_and(|condition| !condition::holds(view, condition)) {
                continue;
            }
            let part_of_member = step.each.as_ref().map(|each| each.part).zip(member.as_ref());
            let keys = key_of(events, option, (index, asker), part_of_member);
            let across = option.across.as_ref();
            ways.extend(keys.into_iter().map(|key| Way { key, across, member: member.clone() }));
        }
    }
    ways
}

/// The members of the fan-out, or once nobody without one.
fn fan_out(events: &Events<'_>, each: Option<&ForEach>, index: usize) -> Vec<Option<Member>> {
    let Some(each) = each else { return vec![None] };
    let members = expression::members(View::of(events, index), &each.of);
    members.iter().map(|id| Some(Member::new(events, index, each, id))).collect()
}

/// "whose class is among those of step s, whose lifecycle is `new` or whose condition names `lifecycle`, whose `test` is
/// false or whose condition names `test`" (§4).
fn may_take(events: &Events<'_>, option: &StepOption, index: usize, asker: Asker) -> bool {
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
}

/// One key for each choice of a value for each part; the member is its part.
fn key_of(
    events: &Events<'_>,
    option: &StepOption,
    (index, asker): (usize, Asker),
    member: Option<(usize, &Member)>,
) -> Vec<Key> {
    let parts: Vec<Vec<Arc<str>>> = (0..option.key.len())
        .map(|at| match member {
            Some((of, member)) if of == at => vec![member.id.clone()],
            _ => part(events, &option.key[at], index, asker),
        })
        .collect();
    combinations(&parts)
}

fn part(events: &Events<'_>, path: &Path, index: usize, asker: Asker) -> Vec<Arc<str>> {
    let mut values = events.texts(index, path);
    values.truncate(PART_VALUES_MAX);
    if values.is_empty() && asker == Asker::LifeSafetyRule {
        values.push(lower(events.source(index)).into());
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

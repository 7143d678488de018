//! `blind`: while a rule relied on nothing having happened, was the source up that would have told (language.md §4.2)? What
//! is known of it can change as long as the alert has not settled.

use super::Machine;
use super::cell::{Chain, Change};
use super::events::Events;
use super::history::{Asked, History};
use super::states::{StateKey, States};
use crate::program::Program;
use crate::program::condition::resolve;
use crate::program::symbol_of;
use crate::tree::{Over, Pattern, Rule, SequenceItem, Side};
use event::alert::Unknown;
use event::hit::KeyHash;
use event::symbol::lower;
use event::time::Timestamp;
use event::value::Value;
use site::SiteModel;
use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::sync::Arc;

/// That a detection relied on a source in an interval, both ends included, ns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relied {
    /// The source.
    pub source: Arc<str>,
    /// Its key in the state `up`.
    pub key: KeyHash,
    /// From when.
    pub from: i64,
    /// Until when.
    pub to: i64,
}

/// What a detection relied on.
pub fn relied(
    program: &Program,
    site: &SiteModel,
    events: &Events,
    (rule, change): (&Rule, &Change),
) -> Box<[Relied]> {
    let Some(blind) = &rule.blind else { return Box::default() };
    let row = events.row(change.terminal);
    let mut sources: BTreeSet<(Arc<str>, KeyHash)> = BTreeSet::new();
    for path in &blind.sources {
        let mut values: SmallVec<[Value<'_>; 4]> = SmallVec::new();
        resolve(row, site, path, &mut values);
        sources.extend(values.iter().filter_map(|value| match value {
            Value::Text(text) => {
                Some((Arc::from(&*lower(text.text)), KeyHash(symbol_of(value, program.symbols).0)))
            }
            _ => None,
        }));
    }
    let intervals = intervals(events, rule, change);
    let pairs = sources.into_iter().flat_map(|(source, key)| {
        intervals.iter().map(move |(from, to)| Relied { source: source.clone(), key, from: *from, to: *to })
    });
    pairs.collect()
}

/// The intervals that were proved empty.
fn intervals(events: &Events, rule: &Rule, change: &Change) -> Vec<(i64, i64)> {
    let ts = |at: &(u16, super::events::EventRef)| events.row(at.1).row.ts.0;
    let mut intervals = Vec::new();
    match &rule.pattern {
        Pattern::After { .. } => intervals.push((change.ts, change.at)),
        Pattern::Compare { over: Over::Session { gap, .. }, .. } => {
            let first = change.chain.iter().map(ts).min().unwrap_or(change.ts);
            intervals.push((first, change.ts.saturating_add(gap.0)));
        }
        Pattern::Sequence { items, .. } => intervals.extend(between(items, &change.chain, &ts)),
        _ => {}
    }
    for unless in &rule.unless {
        let of_step = change.chain.iter().filter(|(step, _)| *step == 1 << unless.of).map(ts);
        intervals.extend(of_step.map(|at| match unless.side {
            Side::Before => (at.saturating_sub(unless.within.0), at),
            Side::After => (at, at.saturating_add(unless.within.0)),
        }));
    }
    intervals
}

/// Strictly between the events on either side of each `not`.
fn between(
    items: &[SequenceItem],
    chain: &Chain,
    ts: &dyn Fn(&(u16, super::events::EventRef)) -> i64,
) -> Vec<(i64, i64)> {
    let mut before: Option<u8> = None;
    let mut not = false;
    let mut found = Vec::new();
    for item in items {
        match item {
            SequenceItem::Not(_) => not = true,
            SequenceItem::Step(step) => {
                if let Some(before) = before.filter(|_| not)
                    && let Some(at) = chain.iter().rposition(|(of, _)| *of == 1 << before)
                    && let (Some(last), Some(next)) = (chain.get(at), chain.get(at + 1))
                {
                    found.push((ts(last).saturating_add(1), ts(next).saturating_sub(1)));
                }
                (before, not) = (Some(step.bit), false);
            }
        }
    }
    found
}

/// The spans in which sources were known to be down, those that overlap joined.
pub fn unknown(program: &Program, states: &States, rule: &Rule, relied: &[Relied]) -> Vec<Unknown> {
    let Some(blind) = &rule.blind else { return Vec::new() };
    let state = &program.tree.states[blind.up as usize];
    let forget = state.forget.map(|d| d.0);
    let mut down = Vec::new();
    for one in relied {
        let Some(history) = states.history((blind.up, one.key)) else { continue };
        let is_down =
            |at: i64| history.is_on(Asked { at, forget, tie_set: state.tie_set }, |_| true) == Some(false);
        let starts = turns(history, forget, one);
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(one.to);
            if is_down(*start) {
                down.push(Unknown {
                    source: one.source.clone(),
                    from: Timestamp(*start),
                    to: Timestamp(end),
                });
            }
        }
    }
    joined(down)
}

/// The beginning of the interval, and the instants in it at which the state can change.
fn turns(history: &History, forget: Option<i64>, relied: &Relied) -> Vec<i64> {
    if relied.from > relied.to {
        return Vec::new();
    }
    let later = |ts: i64| forget.map(|d| ts.saturating_add(d).saturating_add(1));
    let base = [history.base.set_at, history.base.cleared_at];
    let said = history.log.iter().map(|mark| mark.ts).chain(base);
    let turns = said.flat_map(|ts| [Some(ts), later(ts)]).flatten();
    let mut turns: Vec<i64> = turns.filter(|turn| relied.from < *turn && *turn <= relied.to).collect();
    turns.push(relied.from);
    turns.sort_unstable();
    turns.dedup();
    turns
}

/// Spans of one source that touch are one.
pub fn joined(mut spans: Vec<Unknown>) -> Vec<Unknown> {
    spans.sort();
    let mut joined: Vec<Unknown> = Vec::new();
    for next in spans {
        match joined.last_mut().filter(|last| last.source == next.source && next.from <= last.to) {
            Some(last) => last.to = last.to.max(next.to),
            None => joined.push(next),
        }
    }
    joined
}

impl Machine {
    /// A source turned out to have been up or down: the alerts that relied on it look again.
    pub(super) fn look_again(&mut self, at: StateKey) {
        let Some(watching) = self.watched.get(&at).cloned() else { return };
        let program = self.program.clone();
        for (rule, key) in watching {
            let level = self.level_of(rule);
            let state = &mut self.rules[rule as usize];
            let Some(run) = state.runs.get_mut(&key) else {
                if let Some(watching) = self.watched.get_mut(&at) {
                    watching.remove(&(rule, key));
                }
                continue;
            };
            let states = &self.states;
            if run.look_again(|relied| unknown(&program, states, program.rule(rule), relied)) {
                state.dirty.push(key);
                self.dirty[level].push(rule);
            }
        }
    }
}

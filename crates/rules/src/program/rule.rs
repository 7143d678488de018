//! A rule as the task runs it, and the hits that an event is for it.
//!
//! What becomes of the hits is the plan's; nothing of a cell is here.

use super::condition::{AskStates, Compiler, MembersTest, StateTest, Test};
use super::fanout::Each;
use super::plan::Plan;
use super::step::{CompiledStep, Lifecycles, give_options_bits};
use crate::tree::{Pattern, Rule, SequenceItem, Step};
use event::alert::Level;
use event::class::ClassId;
use event::hit::KeyHash;
use event::row::RowRef;
use event::symbol::SymbolKey;
use event::time::Duration;
use site::SiteModel;
use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A rule as the task runs it.
#[derive(Debug)]
pub struct CompiledRule {
    /// By bit.
    pub steps: Vec<CompiledStep>,
    /// What documents call the steps, by bit.
    pub step_names: Vec<Arc<str>>,
    /// Some option, or `raise`, asks a state: events are judged in the task.
    pub asks_states: bool,
    /// `raise` asks a state.
    pub raise_asks_states: bool,
    /// How its cells are run.
    pub plan: Plan,
    /// An alert settles this long after its last detection (`quiet` and all that can still come).
    pub settles_after: Duration,
    /// Its level in [`Program::levels`](super::Program::levels).
    pub level: usize,
    /// `raise to l when c`.
    pub raise: Vec<(Level, Test)>,
    /// In place of an unresolved key part stands the source (life safety only).
    pub source_for_missing_key: bool,
}

impl CompiledRule {
    /// Compiles one; its level is known when all are.
    pub(super) fn of(compiler: &Compiler, rule: &Rule) -> CompiledRule {
        let mut steps: Vec<CompiledStep> =
            rule.steps().into_iter().map(|step| CompiledStep::of(compiler, step, Lifecycles::New)).collect();
        give_options_bits(&mut steps);
        let plan = Plan::of(rule, (compiler, &steps), steps_overlap(rule));
        let settles_after = rule.quiet + rule.settles_after().max(rule.log_lateness);
        let raise: Vec<(Level, Test)> =
            rule.raise.iter().map(|(level, cond)| (*level, compiler.condition(cond))).collect();
        let raise_asks_states = raise.iter().any(|(_, test)| test.asks_states());
        let mut compiled = CompiledRule {
            asks_states: raise_asks_states,
            raise_asks_states,
            step_names: rule.steps().iter().map(|step| step.name.clone()).collect(),
            steps,
            plan,
            settles_after,
            level: 0,
            raise,
            source_for_missing_key: rule.life_safety,
        };
        compiled.asks_states |= !compiled.asked_by_steps().is_empty();
        compiled
    }

    /// What its steps ask of states.
    pub(super) fn asked_by_steps(&self) -> Vec<&StateTest> {
        let mut calls = Vec::new();
        for option in self.steps.iter().flat_map(|step| &step.options) {
            option.test.iter().for_each(|test| test.state_calls(&mut calls));
            if let Some(Each { of: MembersTest::State(call), .. }) = &option.each {
                calls.push(call);
            }
        }
        calls
    }

    /// What `raise` asks of states, about terminal events.
    pub(super) fn asked_by_raise(&self) -> Vec<&StateTest> {
        let mut calls = Vec::new();
        self.raise.iter().for_each(|(_, test)| test.state_calls(&mut calls));
        calls
    }

    /// The steps that an event satisfies, by key: nothing, one key, or several where a key part has many values.
    pub fn judge(
        &self,
        row: RowRef<'_>,
        site: &SiteModel,
        symbols: SymbolKey,
        states: &impl AskStates,
    ) -> SmallVec<[(KeyHash, u16); 2]> {
        let mut found = SmallVec::new();
        for step in &self.steps {
            for option in step.options.iter().filter(|o| o.classes.binary_search(&row.row.class).is_ok()) {
                let missing = self.source_for_missing_key.then(|| row.source().symbol);
                let around = (site, symbols, missing);
                option.hits(row, around, states, |key| add_bits(&mut found, key, option.mask));
            }
        }
        found
    }
}

fn add_bits(found: &mut SmallVec<[(KeyHash, u16); 2]>, key: KeyHash, bits: u16) {
    match found.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old |= bits,
        None => found.push((key, bits)),
    }
}

/// Whether one event can satisfy two of the positive steps: then registers do not suffice (engine.md §2.1).
fn steps_overlap(rule: &Rule) -> bool {
    let Pattern::Sequence { items, .. } = &rule.pattern else { return false };
    let classes = |step: &Step| -> BTreeSet<ClassId> {
        step.options.iter().flat_map(|option| option.classes.iter().copied()).collect()
    };
    let mut seen = BTreeSet::new();
    items.iter().any(|item| match item {
        SequenceItem::Step(step) => classes(step).into_iter().any(|class| !seen.insert(class)),
        SequenceItem::Not(_) => false,
    })
}

//! The compiled program of a rule set: for each step its classes, its condition and its key as data that the index and
//! the cells run. Compiled once per set; immutable and shared by all threads.
//!
//! ```text
//! RuleSet ─▶ rule, state ▸ step ▸ condition      what an event satisfies, and under which keys
//!            plan, chains, comparison            how the cells of a rule are run
//!            index, fanout                       which options an event may satisfy at all
//!            levels                              who runs before whom
//! ```
//! It decides nothing by itself: the index asks the steps, and the machine runs the plans.

pub mod carry;
pub mod chains;
pub mod comparison;
pub mod condition;
pub mod distance;
pub mod fanout;
pub mod fault;
pub mod index;
mod keys;
mod levels;
pub mod plan;
mod rule;
mod state;
mod step;

pub(crate) use keys::product;
pub use keys::symbol_of;
pub use levels::Level;
pub use rule::CompiledRule;
pub use state::CompiledState;
pub use step::{CompiledOption, CompiledStep};

use crate::tree::{Rule, RuleSet};
use condition::Compiler;
use event::class::{self, ClassId};
use event::id::Ids;
use event::symbol::SymbolKey;
use event::time::Duration;
use fault::Faults;
use index::Index;
use levels::levels;
use state::keep_states_for_their_askers;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a rule set compiles to.
#[derive(Debug)]
pub struct Program {
    /// The checked tree it was made from.
    pub tree: Arc<RuleSet>,
    /// By rule index.
    pub rules: Vec<CompiledRule>,
    /// By state index.
    pub states: Vec<CompiledState>,
    /// What is used stands below what uses it; states of a level stand before its rules.
    pub levels: Vec<Level>,
    /// Which options an event of a class may satisfy.
    pub index: Index,
    /// The key of the symbols in it.
    pub symbols: SymbolKey,
    /// The namespace's ids.
    pub ids: Ids,
    /// None, but in tests of the tests.
    pub faults: Faults,
    class_names: BTreeMap<ClassId, Arc<str>>,
}

/// Cells keep this much beyond lateness for records that were behind the clock (design README §3).
pub const REPLICA_SLACK: Duration = Duration::from_secs(30);

/// Longer than any recording, and short enough to be added to any instant.
const FOR_EVER: Duration = Duration::from_secs(100 * 366 * 86_400);

impl Program {
    /// Compiles a checked set.
    pub fn compile(tree: Arc<RuleSet>, symbols: SymbolKey, ids: Ids) -> Program {
        let compiler = Compiler { symbols, member: None };
        let mut rules: Vec<CompiledRule> =
            tree.rules.iter().map(|rule| CompiledRule::of(&compiler, rule)).collect();
        let mut states: Vec<CompiledState> =
            tree.states.iter().map(|s| CompiledState::of(&compiler, s)).collect();
        keep_states_for_their_askers(&rules, &tree, &mut states);
        let levels = levels(&tree, &rules, &states);
        for (at, level) in levels.iter().enumerate() {
            level.rules.iter().for_each(|rule| rules[*rule as usize].level = at);
            level.states.iter().for_each(|state| states[*state as usize].level = at);
        }
        let index = Index::build(&rules, &states);
        let class_names = class_names(&tree);
        Program { tree, rules, states, levels, index, symbols, ids, faults: Faults::default(), class_names }
    }

    /// The same program, in which cells of this rule and all states forget nothing: for people who want to know why.
    pub fn remembering(mut self, rule: u32) -> Program {
        if let Some(rule) = self.rules.get_mut(rule as usize) {
            rule.plan.forgets_nothing(FOR_EVER);
        }
        self.states.iter_mut().for_each(|state| state.retention = FOR_EVER);
        self
    }

    /// The rule's tree.
    pub fn rule(&self, rule: u32) -> &Rule {
        &self.tree.rules[rule as usize]
    }

    /// The class of an event by name, those of rules too.
    pub fn class_name(&self, class: ClassId) -> Arc<str> {
        self.class_names.get(&class).cloned().unwrap_or_else(|| "unclassified".into())
    }

    /// How long after its ts an event may be named by a cell, a register or a candidate of any of its rules.
    pub fn retention_of_rule(&self, rule: u32) -> Duration {
        self.rules[rule as usize].plan.retention
    }
}

fn class_names(tree: &RuleSet) -> BTreeMap<ClassId, Arc<str>> {
    let of_table = class::all().filter_map(|class| Some((class, Arc::from(class.def()?.name))));
    let of_rules = (0u32..).zip(&tree.rules).flat_map(|(index, rule)| {
        let name = |prefix: &str| Arc::from(format!("{prefix}.{}", rule.name));
        [(ClassId::alert(index), name("alert")), (ClassId::detection(index), name("detection"))]
    });
    of_table.chain(of_rules).collect()
}

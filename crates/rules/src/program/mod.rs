//! The compiled program of a rule set: for each step its classes, its condition and its key as data that the index and
//! the cells run. Compiled once per set; immutable and shared by all threads.

pub mod chains;
pub mod comparison;
pub mod condition;
pub mod distance;
pub mod fanout;
pub mod index;
pub mod plan;

use crate::tree::{Pattern, Rule, RuleSet, State, Step, StepOption};
use condition::{AskStates, Compiler, MembersTest, StateTest, Test, Truth, resolve};
use event::class::{self, ClassId, Lifecycle};
use event::hit::KeyHash;
use event::id::Ids;
use event::row::RowRef;
use event::symbol::{Symbol, SymbolKey};
use event::time::Duration;
use event::value::Value;
use fanout::Each;
use index::Index;
use plan::Plan;
use site::SiteModel;
use site::path::Path;
use smallvec::SmallVec;
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
    class_names: BTreeMap<ClassId, Arc<str>>,
}

/// Rules and states that depend on nothing of their own level.
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// State indices.
    pub states: Vec<u32>,
    /// Rule indices.
    pub rules: Vec<u32>,
}

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
    /// Its level in [`Program::levels`].
    pub level: usize,
    /// `raise to l when c`.
    pub raise: Vec<(event::alert::Level, Test)>,
    /// In place of an unresolved key part stands the source (life safety only).
    pub source_for_missing_key: bool,
}

/// A state as the task keeps it.
#[derive(Debug)]
pub struct CompiledState {
    /// By bit.
    pub steps: Vec<CompiledStep>,
    /// Somebody asks for its members.
    pub has_members: bool,
    /// How far back its log is kept.
    pub retention: Duration,
    /// Its level in [`Program::levels`].
    pub level: usize,
}

/// The options of a step.
#[derive(Debug)]
pub struct CompiledStep {
    /// An event satisfies the step if it satisfies one.
    pub options: Vec<CompiledOption>,
}

/// Classes, condition and key of a step.
#[derive(Debug)]
pub struct CompiledOption {
    /// Sorted.
    pub classes: Vec<ClassId>,
    /// Without one every event of the classes satisfies it.
    pub test: Option<Test>,
    /// Lifecycles that count.
    lifecycles: Lifecycles,
    names_test: bool,
    /// One path for each part of the key.
    pub key: Vec<Path>,
    /// The bit of its step; one of its own where a condition on earlier steps still has to be asked.
    pub mask: u16,
    /// The condition on earlier steps.
    pub across: Option<Test>,
    /// `for each`
    pub each: Option<Each>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lifecycles {
    New,
    /// Of a state: update and snapshot too.
    Corrections,
    /// The condition decides.
    Named,
}

/// Cells keep this much beyond lateness for records that were behind the clock (design README §3).
pub const REPLICA_SLACK: Duration = Duration::from_secs(30);

impl Program {
    /// Compiles a checked set.
    pub fn compile(tree: Arc<RuleSet>, symbols: SymbolKey, ids: Ids) -> Program {
        let compiler = Compiler { symbols, member: None };
        let mut rules: Vec<CompiledRule> =
            tree.rules.iter().map(|rule| compile_rule(&compiler, rule)).collect();
        let mut states: Vec<CompiledState> =
            tree.states.iter().map(|s| compile_state(&compiler, s)).collect();
        keep_states_for_their_askers(&rules, &tree, &mut states);
        let levels = levels(&tree, &rules, &states);
        for (at, level) in levels.iter().enumerate() {
            level.rules.iter().for_each(|rule| rules[*rule as usize].level = at);
            level.states.iter().for_each(|state| states[*state as usize].level = at);
        }
        let index = Index::build(&rules, &states);
        let class_names = class_names(&tree);
        Program { tree, rules, states, levels, index, symbols, ids, class_names }
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

impl CompiledRule {
    /// What its steps ask of states.
    fn asked_by_steps(&self) -> Vec<&StateTest> {
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
    fn asked_by_raise(&self) -> Vec<&StateTest> {
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
                option.hits(row, around, states, |key| add(&mut found, key, option.mask));
            }
        }
        found
    }
}

fn add(found: &mut SmallVec<[(KeyHash, u16); 2]>, key: KeyHash, bits: u16) {
    match found.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old |= bits,
        None => found.push((key, bits)),
    }
}

impl CompiledOption {
    /// Whether the event satisfies it, key apart; its class is known to be one of the option's.
    pub fn satisfied(&self, row: RowRef<'_>, site: &SiteModel, states: &impl AskStates) -> Truth {
        match &self.test {
            _ if !self.admits(row) => Truth::No,
            // Its members are still to be asked.
            _ if self.each.is_some() => Truth::Maybe,
            Some(test) => test.ask(row, site, states),
            None => Truth::Yes,
        }
    }

    /// Whether events of the lifecycle count.
    fn admits(&self, row: RowRef<'_>) -> bool {
        let lifecycle = row.row.lifecycle;
        let counts = match self.lifecycles {
            Lifecycles::Named => true,
            Lifecycles::New => lifecycle == Lifecycle::New,
            Lifecycles::Corrections => {
                matches!(lifecycle, Lifecycle::New | Lifecycle::Update | Lifecycle::Snapshot)
            }
        };
        let counts = counts || (self.names_test && lifecycle == Lifecycle::Test);
        counts && (!row.row.is_test() || self.names_test)
    }

    /// The keys of the event: the product of the values of its parts. `missing` stands for a part without a value.
    pub fn keys(
        &self,
        row: RowRef<'_>,
        site: &SiteModel,
        symbols: SymbolKey,
        missing: Option<Symbol>,
        mut each: impl FnMut(KeyHash),
    ) {
        if let [path] = self.key.as_slice() {
            let mut values = SmallVec::new();
            resolve(row, site, path, &mut values);
            values.iter().for_each(|v| each(KeyHash(symbol_of(v, symbols).0)));
            if values.is_empty()
                && let Some(stand_in) = missing
            {
                each(KeyHash(stand_in.0));
            }
            return;
        }
        product(&self.parts(row, site, symbols, missing), &mut SmallVec::new(), &mut each);
    }
}

pub(crate) fn product(
    parts: &[SmallVec<[Symbol; 4]>],
    chosen: &mut SmallVec<[Symbol; 4]>,
    each: &mut impl FnMut(KeyHash),
) {
    match parts.split_first() {
        None => each(KeyHash::of(chosen)),
        Some((first, rest)) => {
            for symbol in first {
                chosen.push(*symbol);
                product(rest, chosen, each);
                chosen.pop();
            }
        }
    }
}

/// A value as part of a key.
pub fn symbol_of(value: &Value<'_>, symbols: SymbolKey) -> Symbol {
    match value {
        Value::Text(text) => text.symbol,
        Value::Int(n) => mixed(1, *n as u64),
        Value::Float(x) => mixed(2, x.0 as u64),
        Value::Bool(b) => mixed(3, u64::from(*b)),
        Value::Enum(index) => mixed(4, u64::from(*index)),
        Value::Ip(ip) => {
            let bits = u128::from(*ip);
            mixed((bits >> 64) as u64, bits as u64)
        }
        Value::Time(t) => mixed(5, t.0 as u64),
        Value::Duration(d) => mixed(6, d.0 as u64),
        Value::Geo(g) => mixed(u64::from(g.latitude as u32), u64::from(g.longitude as u32)),
        Value::List(labels) => symbols.symbol(labels),
    }
}

/// Two words in one, by two rounds of the finaliser of MurmurHash3.
fn mixed(high: u64, low: u64) -> Symbol {
    let mut h = high.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ low;
    for multiplier in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53u64] {
        h = (h ^ (h >> 33)).wrapping_mul(multiplier);
    }
    Symbol(h ^ (h >> 33))
}

fn class_names(tree: &RuleSet) -> BTreeMap<ClassId, Arc<str>> {
    let of_table = class::all().filter_map(|class| Some((class, Arc::from(class.def()?.name))));
    let of_rules = (0u32..).zip(&tree.rules).flat_map(|(index, rule)| {
        let name = |prefix: &str| Arc::from(format!("{prefix}.{}", rule.name));
        [(ClassId::alert(index), name("alert")), (ClassId::detection(index), name("detection"))]
    });
    of_table.chain(of_rules).collect()
}

fn compile_rule(compiler: &Compiler, rule: &Rule) -> CompiledRule {
    let mut steps: Vec<CompiledStep> =
        rule.steps().into_iter().map(|step| compile_step(compiler, step, Lifecycles::New)).collect();
    give_bits(&mut steps);
    let plan = Plan::of(rule, (compiler, &steps), overlap(rule));
    let settles_after = rule.quiet + rule.settles_after().max(rule.log_lateness);
    let raise: Vec<(event::alert::Level, Test)> =
        rule.raise.iter().map(|(level, cond)| (*level, compiler.condition(cond))).collect();
    let source_for_missing_key = rule.life_safety;
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
        source_for_missing_key,
    };
    compiled.asks_states |= !compiled.asked_by_steps().is_empty();
    compiled
}

fn compile_state(compiler: &Compiler, state: &State) -> CompiledState {
    CompiledState {
        steps: state.lines.iter().map(|l| compile_step(compiler, &l.step, Lifecycles::Corrections)).collect(),
        has_members: false,
        retention: state.lateness + REPLICA_SLACK,
        level: 0,
    }
}

fn compile_step(compiler: &Compiler, step: &Step, otherwise: Lifecycles) -> CompiledStep {
    let each = step.each.as_ref();
    let of_members = Compiler { member: each.map(|each| each.member.clone()), ..compiler.clone() };
    let option = |option: &StepOption| CompiledOption {
        classes: option.classes.clone(),
        test: option.condition.as_ref().map(|cond| of_members.condition(cond)),
        each: each.and_then(|each| Each::of(compiler, each)),
        lifecycles: if option.names_lifecycle { Lifecycles::Named } else { otherwise },
        names_test: option.names_test,
        key: option.key.clone(),
        mask: 1u16.checked_shl(u32::from(step.bit)).unwrap_or(0),
        across: option.across.as_ref().map(|cond| compiler.condition(cond)),
    };
    CompiledStep { options: step.options.iter().map(option).collect() }
}

/// An option that still asks earlier steps has a bit of its own, unless it is the only one of its step. The checker sees to
/// it that there are enough.
fn give_bits(steps: &mut [CompiledStep]) {
    let mut next = steps.len() as u32;
    for step in steps.iter_mut().filter(|step| step.options.len() > 1) {
        for option in step.options.iter_mut().filter(|option| option.across.is_some()) {
            option.mask = 1u16.checked_shl(next).unwrap_or(0);
            next += 1;
        }
    }
}

/// Whether one event can satisfy two of the positive steps: then registers do not suffice (engine.md §2.1).
fn overlap(rule: &Rule) -> bool {
    use crate::tree::SequenceItem;
    let Pattern::Sequence { items, .. } = &rule.pattern else { return false };
    let classes = |item: &SequenceItem| match item {
        SequenceItem::Step(step) => step.options.iter().flat_map(|o| o.classes.clone()).collect(),
        SequenceItem::Not(_) => Vec::new(),
    };
    let mut all: Vec<ClassId> = items
        .iter()
        .flat_map(|item| {
            let mut of_step: Vec<ClassId> = classes(item);
            of_step.sort();
            of_step.dedup();
            of_step
        })
        .collect();
    let count = all.len();
    all.sort();
    all.dedup();
    all.len() < count
}

/// A late event may ask a state as of its own time: the state's log reaches back as far as any asker's lateness, and what
/// `raise` asks, as far as a detection may still be described.
fn keep_states_for_their_askers(rules: &[CompiledRule], tree: &RuleSet, states: &mut [CompiledState]) {
    for (rule, compiled) in tree.rules.iter().zip(rules) {
        let mut keep = |calls: Vec<&StateTest>, time: Duration| {
            for call in calls {
                let state = &mut states[call.state as usize];
                state.retention = state.retention.max(time);
                state.has_members |= call.key.len() < tree.states[call.state as usize].by.len();
            }
        };
        keep(compiled.asked_by_steps(), rule.log_lateness + REPLICA_SLACK);
        keep(compiled.asked_by_raise(), compiled.plan.retention);
        if let Some(blind) = &rule.blind {
            let state = &mut states[blind.up as usize];
            state.retention = state.retention.max(compiled.plan.retention + compiled.settles_after);
        }
    }
}

/// Levels of the graph "reads": a rule stands above the rules whose alerts it reads and the states it asks; a state above
/// the rules whose alerts set it. The checker has refused circles.
fn levels(tree: &RuleSet, rules: &[CompiledRule], states: &[CompiledState]) -> Vec<Level> {
    let (mut of_rule, mut of_state) = (vec![0usize; rules.len()], vec![0usize; states.len()]);
    let producers = |steps: &[CompiledStep]| -> Vec<u32> {
        let classes = steps.iter().flat_map(|s| &s.options).flat_map(|o| &o.classes);
        classes.filter_map(|c| c.as_alert().or(c.as_detection())).collect()
    };
    for _ in 0..=rules.len() + states.len() {
        for (at, state) in states.iter().enumerate() {
            let above = producers(&state.steps).iter().map(|r| of_rule[*r as usize] + 1).max();
            of_state[at] = above.unwrap_or(0);
        }
        for (at, rule) in rules.iter().enumerate() {
            let calls = rule.asked_by_steps().into_iter().chain(rule.asked_by_raise());
            let of_calls = calls.map(|call| of_state[call.state as usize]);
            let above = producers(&rule.steps).into_iter().map(|r| of_rule[r as usize] + 1);
            let blind = tree.rules[at].blind.as_ref().map(|blind| of_state[blind.up as usize]);
            of_rule[at] = above.chain(of_calls).chain(blind).max().unwrap_or(0);
        }
    }
    let count = of_rule.iter().chain(&of_state).max().map_or(0, |top| top + 1);
    let mut levels = vec![Level::default(); count];
    of_rule.iter().enumerate().for_each(|(at, level)| levels[*level].rules.push(at as u32));
    of_state.iter().enumerate().for_each(|(at, level)| levels[*level].states.push(at as u32));
    levels
}

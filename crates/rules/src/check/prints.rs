//! Fingerprints: what tells whether a rule or a state of another set means the same, whatever its number there, so that what
//! was remembered for it stays true.
//!
//! A fingerprint is of the declaration's words (no comments, no layout, no `meta`), of the parameters, states and rules that
//! it names with theirs, and of what the checker derived from the instance: lateness, clock errors.

use crate::check::context::Context;
use crate::check::rule::Draft;
use crate::syntax::tree::{Clause, Decl};
use crate::syntax::words;
use crate::tree::{Rule, RuleSet, State, Step};
use event::id::Id;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What fingerprints are made from.
struct Prints<'p, 'a> {
    context: &'p Context<'a>,
    set: &'p RuleSet,
    /// The states that each rule asks.
    asked: Vec<BTreeSet<u32>>,
    rules: BTreeMap<u32, Id>,
    states: BTreeMap<u32, Id>,
}

/// The states that the rules ask, as long as the drafts are there.
pub(super) fn asked(drafts: &[Draft]) -> Vec<BTreeSet<u32>> {
    drafts
        .iter()
        .map(|draft| draft.facts.states.union(&draft.facts.raise_states).copied().collect())
        .collect()
}

/// Gives every rule and state of a set its fingerprint.
pub(super) fn fill_in(context: &Context<'_>, asked: Vec<BTreeSet<u32>>, set: &mut RuleSet) {
    let mut prints = Prints { context, set, asked, rules: BTreeMap::new(), states: BTreeMap::new() };
    // No rules feed each other in a circle, so what a rule names is done before it.
    let rules: Vec<Id> = (0u32..).take(set.rules.len()).map(|rule| prints.rule(rule)).collect();
    let states: Vec<Id> = (0u32..).take(set.states.len()).map(|state| prints.state(state)).collect();
    set.rules.iter_mut().zip(rules).for_each(|(rule, print)| rule.print = print);
    set.states.iter_mut().zip(states).for_each(|(state, print)| state.print = print);
}

impl Prints<'_, '_> {
    fn rule(&mut self, at: u32) -> Id {
        if let Some(known) = self.rules.get(&at) {
            return *known;
        }
        let (set, context) = (self.set, self.context);
        let rule = &set.rules[at as usize];
        let mut hasher = blake3::Hasher::new();
        if let Some(declared) = context.names.rules.nth(at) {
            let skipped = declared.node.clauses.iter().filter_map(|clause| match &clause.node {
                Clause::Meta(_) => Some(clause.span.clone()),
                _ => None,
            });
            let skipped: Vec<Range<usize>> = skipped.collect();
            self.declaration(&mut hasher, (declared.file, &declared.node.name.span), &skipped);
        }
        hasher.update(format!("{:?}", derived(rule)).as_bytes());
        for state in self.asked.get(at as usize).cloned().unwrap_or_default() {
            hasher.update(&self.state(state).0);
        }
        for other in read_by(rule.steps().into_iter()).chain(rule.absorb.iter().copied()) {
            hasher.update(self.set.rules[other as usize].name.as_bytes());
            hasher.update(&self.rule(other).0);
        }
        let print = finished(&hasher);
        self.rules.insert(at, print);
        print
    }

    fn state(&mut self, at: u32) -> Id {
        if let Some(known) = self.states.get(&at) {
            return *known;
        }
        let (set, context) = (self.set, self.context);
        let state: &State = &set.states[at as usize];
        let mut hasher = blake3::Hasher::new();
        if let Some(declared) = context.names.states.nth(at) {
            self.declaration(&mut hasher, (declared.file, &declared.node.name.span), &[]);
        }
        hasher.update(format!("{:?}", state.lateness).as_bytes());
        for rule in read_by(state.lines.iter().map(|line| &line.step)) {
            hasher.update(set.rules[rule as usize].name.as_bytes());
            hasher.update(&self.rule(rule).0);
        }
        let print = finished(&hasher);
        self.states.insert(at, print);
        print
    }

    /// The words of the declaration that has its name there, and of the parameters among them.
    fn declaration(
        &self,
        hasher: &mut blake3::Hasher,
        (file, name): (usize, &Range<usize>),
        skipped: &[Range<usize>],
    ) {
        let Some(span) = self.span_of(file, name) else { return };
        let text = self.context.text(file, &span);
        let skipped: Vec<Range<usize>> =
            skipped.iter().map(|skip| skip.start - span.start..skip.end - span.start).collect();
        for word in words(text).filter(|word| !skipped.iter().any(|skip| skip.contains(&word.start))) {
            let word = text.get(word).unwrap_or_default();
            hash_word(hasher, word);
            if let Some(param) = self.context.names.params.get(word)
                && let Some(span) = self.span_of(param.file, &param.node.name.span)
            {
                let text = self.context.text(param.file, &span);
                words(text).for_each(|word| hash_word(hasher, text.get(word).unwrap_or_default()));
            }
        }
    }

    fn span_of(&self, file: usize, name: &Range<usize>) -> Option<Range<usize>> {
        let decls = &self.context.sources.get(file)?.tree.decls;
        let is_it = |decl: &Decl| match decl {
            Decl::Rule(rule) => rule.name.span == *name,
            Decl::State(state) => state.name.span == *name,
            Decl::Param(param) => param.name.span == *name,
            Decl::World(_) | Decl::Test(_) => false,
        };
        decls.iter().find(|decl| is_it(&decl.node)).map(|decl| decl.span.clone())
    }
}

/// What the checker derived from the instance, and the one note that counts.
fn derived(rule: &Rule) -> impl std::fmt::Debug {
    let waits = (rule.decided, rule.lateness, rule.log_lateness, rule.tolerance);
    (rule.emission, rule.life_safety, rule.trial, waits)
}

/// The rules whose events the steps read.
fn read_by<'s>(steps: impl Iterator<Item = &'s Step>) -> impl Iterator<Item = u32> {
    let classes = steps.flat_map(|step| &step.options).flat_map(|option| &option.classes);
    let rules: BTreeSet<u32> =
        classes.filter_map(|class| class.as_alert().or(class.as_detection())).collect();
    rules.into_iter()
}

fn hash_word(hasher: &mut blake3::Hasher, word: &str) {
    hasher.update(&(word.len() as u64).to_le_bytes()).update(word.as_bytes());
}

fn finished(hasher: &blake3::Hasher) -> Id {
    let mut print = [0; 16];
    print.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Id(print)
}

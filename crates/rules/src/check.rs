//! The checker: trees of rule files become a rule set that the engine compiles and the oracle interprets, or
//! a list of everything that is wrong with them (language.md §3-§6).
//!
//! It never stops at an error, and what follows from an error it does not report again. It runs nothing.

mod across;
mod carry;
mod classes;
mod conditions;
mod constants;
mod context;
mod derive;
mod expressions;
mod kinds;
mod names;
mod paths;
mod prints;
mod rule;
mod say;
mod state;
mod steps;
mod test;
mod titles;
mod types;
mod uses;

#[cfg(test)]
mod tests;

use crate::standard;
use crate::syntax;
use crate::syntax::tree::File;
use crate::test_tree::CheckedTest;
use crate::tree::RuleSet;
use carry::Carriage;
use context::Context;
use event::diagnostic::Diagnostic;
use event::field::FieldType;
use event::producers::Producers;
use event::time::Duration;
use names::Names;
use rule::Draft;
use say::Say;
use site::SiteModel;
use state::StateDraft;
use std::collections::{BTreeMap, BTreeSet};
use uses::Graph;

/// A rule file that has been read.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// Path as the user gave it.
    pub name: String,
    /// What stands in it.
    pub text: String,
    /// The tree of it.
    pub tree: File,
}

/// What the checker has to know of the instance.
#[derive(Clone, Debug)]
pub struct Environment<'a> {
    /// How late the events of each class may come.
    pub producers: &'a Producers,
    /// What the site model has; none: not known, and names of lists and calendars are taken as they are.
    pub known: Option<Known>,
}

/// What rules may name beside classes, fields and states.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Lists and the type of their entries.
    pub lists: BTreeMap<String, FieldType>,
    /// Calendars, in lower case.
    pub calendars: BTreeSet<String>,
    /// The greatest clock error of a source.
    pub clock_error: Duration,
}

impl Known {
    /// What a site model has; `clock_error` is the greatest one of the sources in use.
    pub fn of(site: &SiteModel, clock_error: Duration) -> Known {
        let list = |name: &str| site.list(name).map(|list| (name.to_owned(), list.ty()));
        Known {
            lists: site.list_names().filter_map(list).collect(),
            calendars: site.calendar_names().map(str::to_owned).collect(),
            clock_error,
        }
    }
}

/// The outcome.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The rules and states; none if there is an error.
    pub rules: Option<RuleSet>,
    /// The tests whose text is in order.
    pub tests: Vec<CheckedTest>,
    /// Everything found, by file and place.
    pub diagnostics: Vec<Diagnostic>,
}

/// A file as the parts of the checker see it.
pub(crate) struct Source<'a> {
    pub name: &'a str,
    pub text: &'a str,
    pub tree: &'a File,
    /// It comes with the product: what is declared elsewhere goes before it.
    pub shipped: bool,
}

/// Reads the text of one file.
pub fn read(name: &str, bytes: &[u8]) -> (RuleFile, Vec<Diagnostic>) {
    let (tree, diagnostics) = syntax::parse(name, bytes);
    let text = String::from_utf8(bytes.to_vec()).unwrap_or_default();
    (RuleFile { name: name.to_owned(), text, tree }, diagnostics)
}

/// Reads and checks files, given as (name, content).
pub fn check_texts(files: &[(&str, &[u8])], environment: &Environment<'_>) -> Checked {
    let read: Vec<(RuleFile, Vec<Diagnostic>)> =
        files.iter().map(|(name, bytes)| read(name, bytes)).collect();
    let (files, unread): (Vec<RuleFile>, Vec<Vec<Diagnostic>>) = read.into_iter().unzip();
    let mut checked = check(&files, environment);
    let unread: Vec<Diagnostic> = unread.into_iter().flatten().collect();
    if unread.iter().any(Diagnostic::is_error) {
        checked.rules = None;
    }
    checked.diagnostics.extend(unread);
    let order = |name: &str| files.iter().position(|file| file.name == name);
    checked
        .diagnostics
        .sort_by(|a, b| (order(&a.file), a.span.start, a.code).cmp(&(order(&b.file), b.span.start, b.code)));
    checked
}

/// Checks files together; the states of `rules/standard.rules` are known without being given.
pub fn check(files: &[RuleFile], environment: &Environment<'_>) -> Checked {
    let shipped = standard::file();
    let mut sources: Vec<Source<'_>> = files.iter().map(|file| source(file, false)).collect();
    sources.push(source(shipped, true));
    let mut say = Say::new(&sources);
    let names = Names::gather(&sources, &mut say);
    let graph = Graph::read(&names, &mut say);
    let carriage = Carriage::read(&names, &graph);
    let context = Context { sources: &sources, environment, names, graph, carriage };
    let mut states: Vec<StateDraft> =
        context.names.states.values().map(|state| state::read(&context, state, &mut say)).collect();
    let mut rules: Vec<Draft> =
        context.names.rules.values().map(|rule| rule::read(&context, rule, &mut say)).collect();
    derive::derive(&context, &mut rules, &mut states, &mut say);
    check_places(&context, &rules, &mut say);
    let tests = test::read(&context, &rules, &mut say);
    let rules = if say.has_errors() { None } else { assembled(&context, rules, states) };
    Checked { rules, tests, diagnostics: say.into_diagnostics() }
}

fn source(file: &RuleFile, shipped: bool) -> Source<'_> {
    Source { name: &file.name, text: &file.text, tree: &file.tree, shipped }
}

/// WF054: a state that is kept over all sites can be asked only where its key is.
fn check_places(context: &Context<'_>, rules: &[Draft], say: &mut Say<'_>) {
    let states: Vec<_> = context.names.states.values().collect();
    for (draft, declared) in rules.iter().zip(context.names.rules.values()) {
        for index in draft.facts.states.iter().chain(&draft.facts.raise_states) {
            let Some(state) = states.get(*index as usize).map(|state| state.node) else { continue };
            let first = context.state_keys(state).first().copied().flatten();
            let (Some(ty), Some(key)) = (first, state.by.first().map(|path| path.dotted())) else { continue };
            let by: Vec<String> = declared.node.by().iter().map(|path| path.dotted()).collect();
            if types::state_crosses_sites(&key, ty) && !by.contains(&key) {
                say.state_elsewhere(&draft.at, &state.name.node, &key, &by.join(", "));
            }
        }
    }
}

fn assembled(context: &Context<'_>, rules: Vec<Draft>, states: Vec<StateDraft>) -> Option<RuleSet> {
    let asked = prints::asked(&rules);
    let rules = rules.into_iter().map(|draft| draft.rule).collect::<Option<Vec<_>>>()?;
    let states = states.into_iter().map(|draft| draft.state).collect::<Option<Vec<_>>>()?;
    let mut set = RuleSet { rules, states, strata: context.graph.strata.clone(), hash: [0; 16] };
    prints::fill_in(context, asked, &mut set);
    set.hash = hash(&set);
    Some(set)
}

/// BLAKE3 of what the rules mean. Where they stand in which file does not matter.
fn hash(set: &RuleSet) -> [u8; 16] {
    let nowhere: (std::sync::Arc<str>, std::ops::Range<usize>) = ("".into(), 0..0);
    let mut hasher = blake3::Hasher::new();
    for rule in &set.rules {
        hasher
            .update(format!("{:?}", crate::tree::Rule { place: nowhere.clone(), ..rule.clone() }).as_bytes());
    }
    for state in &set.states {
        hasher.update(
            format!("{:?}", crate::tree::State { place: nowhere.clone(), ..state.clone() }).as_bytes(),
        );
    }
    let mut hash = [0; 16];
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    hash
}

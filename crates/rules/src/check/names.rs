//! What the files declare: rules, states and parameters by name, over all files. A rule's place among the names is its
//! number everywhere.

use crate::check::Source;
use crate::check::say::{At, Say};
use crate::syntax::tree::{Clause, Decl, Line, Note, Param, Rule, State, Status};
use std::collections::BTreeMap;

/// A declaration and where it stands.
pub(crate) struct Declared<'a, T> {
    pub file: usize,
    pub node: &'a T,
}

impl<T> Copy for Declared<'_, T> {}

impl<T> Clone for Declared<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

/// All declarations by name; of two with one name the first counts.
#[derive(Default)]
pub(crate) struct Names<'a> {
    pub rules: BTreeMap<&'a str, Declared<'a, Rule>>,
    pub states: BTreeMap<&'a str, Declared<'a, State>>,
    pub params: BTreeMap<&'a str, Declared<'a, Param>>,
}

impl<'a> Names<'a> {
    /// Gathers the declarations of the user's files, then those of the shipped states that nobody replaced and that
    /// some file seems to ask.
    pub fn gather(files: &'a [Source<'a>], say: &mut Say<'a>) -> Names<'a> {
        let mut names = Names::default();
        let mut seen: BTreeMap<&'a str, (&'static str, At)> = BTreeMap::new();
        for (file, source) in files.iter().enumerate().filter(|(_, source)| !source.shipped) {
            for decl in &source.tree.decls {
                names.declare(file, &decl.node, &mut seen, say);
            }
        }
        for (file, source) in files.iter().enumerate().filter(|(_, source)| source.shipped) {
            for decl in &source.tree.decls {
                if let Decl::State(state) = &decl.node {
                    names.declare_shipped(file, state, files, &seen, say);
                }
            }
        }
        names
    }

    fn declare(
        &mut self,
        file: usize,
        decl: &'a Decl,
        seen: &mut BTreeMap<&'a str, (&'static str, At)>,
        say: &mut Say<'a>,
    ) {
        let (what, name) = match decl {
            Decl::Rule(rule) => ("rule", &rule.name),
            Decl::State(state) => ("state", &state.name),
            Decl::Param(param) => ("parameter", &param.name),
            Decl::World(_) | Decl::Test(_) => return,
        };
        let at = At::new(file, &name.span);
        if let Some((what, first)) = seen.get(name.node.as_str()) {
            return say.declared_twice(&at, &name.node, what, first);
        }
        seen.insert(&name.node, (what, at));
        match decl {
            Decl::Rule(node) => drop(self.rules.insert(&name.node, Declared { file, node })),
            Decl::State(node) => drop(self.states.insert(&name.node, Declared { file, node })),
            Decl::Param(node) => drop(self.params.insert(&name.node, Declared { file, node })),
            Decl::World(_) | Decl::Test(_) => {}
        }
    }

    fn declare_shipped(
        &mut self,
        file: usize,
        state: &'a State,
        files: &'a [Source<'a>],
        seen: &BTreeMap<&'a str, (&'static str, At)>,
        say: &mut Say<'a>,
    ) {
        let name = state.name.node.as_str();
        match seen.get(name) {
            Some(("state", at)) => say.replaces_standard(at, name),
            // A state that no file names costs nothing: it is not there.
            _ if files.iter().any(|source| !source.shipped && calls(source.text, name)) => {
                self.states.insert(name, Declared { file, node: state });
            }
            _ => {}
        }
    }

    /// The number of a rule.
    pub fn rule_index(&self, name: &str) -> Option<u32> {
        let at = self.rules.keys().position(|known| *known == name)?;
        u32::try_from(at).ok()
    }

    /// The number of a state.
    pub fn state_index(&self, name: &str) -> Option<u32> {
        let at = self.states.keys().position(|known| *known == name)?;
        u32::try_from(at).ok()
    }

    /// The declaration of a rule by its number.
    pub fn rule(&self, index: u32) -> Option<Declared<'a, Rule>> {
        self.rules.values().nth(index as usize).copied()
    }
}

/// Whether a text seems to ask a state: its name as a whole word with a bracket after it.
fn calls(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].trim_start();
        !before.is_some_and(word) && after.starts_with('(')
    })
}

/// Whether a state keeps values or counts, which does not run yet.
pub(crate) fn keeps_values(state: &State) -> bool {
    state
        .lines
        .iter()
        .any(|line| matches!(line.node, Line::Keep { .. } | Line::Add { .. } | Line::Take { .. }))
}

/// Whether a rule is on trial.
pub(crate) fn on_trial(rule: &Rule) -> bool {
    rule.clauses.iter().any(|clause| match &clause.node {
        Clause::Meta(notes) => notes
            .iter()
            .any(|note| matches!(&note.node, Note::Status(status) if status.node == Status::Trial)),
        _ => false,
    })
}

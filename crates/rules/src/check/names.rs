//! What the files declare: rules, states and parameters by name, over all files. A rule's place among the
//! names is its number everywhere.

use crate::check::Source;
use crate::check::say::{At, Say};
use crate::syntax::tree::{Clause, Decl, Note, Param, Rule, State, Status};
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

/// Declarations in the order of their names: the place of one is its number.
pub(crate) struct Table<'a, T> {
    entries: Vec<(&'a str, Declared<'a, T>)>,
}

impl<T> Default for Table<'_, T> {
    fn default() -> Self {
        Table { entries: Vec::new() }
    }
}

impl<'a, T> Table<'a, T> {
    fn of(by_name: BTreeMap<&'a str, Declared<'a, T>>) -> Table<'a, T> {
        Table { entries: by_name.into_iter().collect() }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.entries.iter().map(|(name, _)| *name)
    }

    pub fn values(&self) -> impl Iterator<Item = Declared<'a, T>> {
        self.entries.iter().map(|(_, declared)| *declared)
    }

    pub fn get(&self, name: &str) -> Option<Declared<'a, T>> {
        self.nth(self.index(name)?)
    }

    pub fn nth(&self, index: u32) -> Option<Declared<'a, T>> {
        self.entries.get(index as usize).map(|(_, declared)| *declared)
    }

    pub fn index(&self, name: &str) -> Option<u32> {
        let at = self.entries.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        u32::try_from(at).ok()
    }
}

/// All declarations; of two with one name the first counts.
#[derive(Default)]
pub(crate) struct Names<'a> {
    pub rules: Table<'a, Rule>,
    pub states: Table<'a, State>,
    pub params: Table<'a, Param>,
    /// The names of all shipped states, those too that nobody asks.
    pub shipped: Vec<&'a str>,
}

/// The declarations while they are gathered.
#[derive(Default)]
struct Gathered<'a> {
    rules: BTreeMap<&'a str, Declared<'a, Rule>>,
    states: BTreeMap<&'a str, Declared<'a, State>>,
    params: BTreeMap<&'a str, Declared<'a, Param>>,
    shipped: Vec<&'a str>,
    /// What each name is, and where.
    seen: BTreeMap<&'a str, (&'static str, At)>,
}

impl<'a> Names<'a> {
    /// Gathers the declarations of the user's files, then those of the shipped states that nobody replaced
    /// and that some file seems to ask.
    pub fn gather(files: &'a [Source<'a>], say: &mut Say<'a>) -> Names<'a> {
        let mut names = Gathered::default();
        for (file, source) in files.iter().enumerate().filter(|(_, source)| !source.shipped) {
            for decl in &source.tree.decls {
                names.declare(file, &decl.node, say);
            }
        }
        for (file, source) in files.iter().enumerate().filter(|(_, source)| source.shipped) {
            for decl in &source.tree.decls {
                if let Decl::State(state) = &decl.node {
                    names.declare_shipped(file, state, files, say);
                }
            }
        }
        Names {
            rules: Table::of(names.rules),
            states: Table::of(names.states),
            params: Table::of(names.params),
            shipped: names.shipped,
        }
    }
}

impl<'a> Gathered<'a> {
    fn declare(&mut self, file: usize, decl: &'a Decl, say: &mut Say<'a>) {
        let (what, name) = match decl {
            Decl::Rule(rule) => ("rule", &rule.name),
            Decl::State(state) => ("state", &state.name),
            Decl::Param(param) => ("parameter", &param.name),
            Decl::World(_) | Decl::Test(_) => return,
        };
        let at = At::new(file, &name.span);
        if let Some((what, first)) = self.seen.get(name.node.as_str()) {
            return say.declared_twice(&at, &name.node, what, first);
        }
        self.seen.insert(&name.node, (what, at));
        match decl {
            Decl::Rule(node) => drop(self.rules.insert(&name.node, Declared { file, node })),
            Decl::State(node) => drop(self.states.insert(&name.node, Declared { file, node })),
            Decl::Param(node) => drop(self.params.insert(&name.node, Declared { file, node })),
            Decl::World(_) | Decl::Test(_) => {}
        }
    }

    fn declare_shipped(&mut self, file: usize, state: &'a State, files: &'a [Source<'a>], say: &mut Say<'a>) {
        let name = state.name.node.as_str();
        self.shipped.push(name);
        match self.seen.get(name) {
            Some(("state", at)) => say.replaces_standard(at, name),
            // A state that no file names costs nothing: it is not there.
            _ if files.iter().any(|source| !source.shipped && asks(source.text, name)) => {
                self.states.insert(name, Declared { file, node: state });
            }
            _ => {}
        }
    }
}

/// Whether a text seems to ask a state, by its name or by what stands for it.
fn asks(text: &str, name: &str) -> bool {
    calls(text, name)
        || (name == "present" && calls(text, "occupancy"))
        || (name == "up" && text.contains("blind"))
}

/// Whether a text seems to call something: its name as a whole word with a bracket after it.
fn calls(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].trim_start();
        !before.is_some_and(word) && after.starts_with('(')
    })
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

/// Whether a name has the form of one: of one that has not, the reader of the text has told.
pub(crate) fn well_formed(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
    first && name.len() <= 64 && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

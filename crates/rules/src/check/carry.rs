//! Which fields the events of a class carry: the row of the class table, or, of a rule's own events, its key
//! parts and captured entities.

use crate::check::classes;
use crate::check::names::Names;
use crate::check::paths;
use crate::check::uses::{self, Graph};
use crate::syntax::tree::{Clause, Path, Rule, Step};
use event::class::{self, CHAINED_FIELDS, ClassId};
use event::field::{FieldId, Link};
use std::collections::BTreeSet;

/// The fields of a class, beside those of the envelope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carried {
    fields: BTreeSet<FieldId>,
    /// Nobody can set another: rules make these events.
    pub fixed: bool,
    /// Which fields there are is not known: the rule is part of a circle.
    anything: bool,
}

impl Carried {
    /// The fields of a class that stands in the table.
    fn of_table(class: ClassId) -> Carried {
        let fields = class.def().map(|def| def.fields).unwrap_or_default();
        Carried { fields: fields.iter().copied().collect(), ..Carried::default() }
    }

    /// The names of the fields, without those of the envelope.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.name()).collect::<Vec<_>>().into_iter()
    }

    /// Whether an event may have the field without surprise.
    pub fn has(&self, field: FieldId) -> bool {
        self.anything || field.def().envelope || self.fields.contains(&field)
    }
}

/// The fields of every class, those that rules make included.
pub(crate) struct Carriage {
    table: Vec<Carried>,
    rules: Vec<Carried>,
    unknown: Carried,
}

impl Carriage {
    /// Reads what each rule's events carry; a rule stands after those that it reads.
    pub fn read(names: &Names<'_>, graph: &Graph) -> Carriage {
        let unknown = Carried { anything: true, ..Carried::default() };
        let table = class::all().map(Carried::of_table).collect();
        let mut carriage = Carriage { table, rules: vec![unknown.clone(); names.rules.len()], unknown };
        for index in graph.strata.iter().flatten().copied() {
            if let Some(rule) = names.rules.nth(index) {
                carriage.rules[index as usize] = carriage.of_rule(names, graph, rule.node);
            }
        }
        carriage
    }

    /// The fields of a class.
    pub fn of(&self, class: ClassId) -> &Carried {
        let found = match class.as_alert().or(class.as_detection()) {
            Some(rule) => self.rules.get(rule as usize),
            None => self.table.get(class.0 as usize),
        };
        found.unwrap_or(&self.unknown)
    }

    fn of_rule(&self, names: &Names<'_>, graph: &Graph, rule: &Rule) -> Carried {
        let mut fields: BTreeSet<FieldId> = CHAINED_FIELDS.iter().copied().collect();
        fields.extend(rule.by().iter().filter_map(carried_in));
        let listed = rule.clauses.iter().find_map(|clause| match &clause.node {
            Clause::Entities(paths) => Some(paths),
            _ => None,
        });
        match listed {
            Some(paths) => {
                fields.extend(paths.iter().filter_map(|path| carried_in(unlabelled(rule, path).as_ref()?)))
            }
            None => fields.extend(self.strong_fields(names, graph, rule)),
        }
        Carried { fields, fixed: true, anything: false }
    }

    /// The strong entities that the terminal event of a rule may have.
    fn strong_fields(&self, names: &Names<'_>, graph: &Graph, rule: &Rule) -> BTreeSet<FieldId> {
        let classes = uses::terminal(rule)
            .into_iter()
            .flat_map(|step| step.node.options.iter().flat_map(|option| &option.node.classes))
            .flat_map(|class| classes::expand(names, graph, &class.node).unwrap_or_default());
        let fields = classes.flat_map(|class| self.of(class).fields.iter().copied());
        fields.filter(|field| field.def().link == Link::Strong).collect()
    }
}

fn carried_in(path: &Path) -> Option<FieldId> {
    let words: Vec<&str> = path.names.iter().map(|name| name.node.as_str()).collect();
    paths::carried_in(&paths::walk(&words).ok()?)
}

/// A path of `entities` without the label of a step before it.
pub(crate) fn unlabelled(rule: &Rule, path: &Path) -> Option<Path> {
    match labelled(rule, path) {
        Some(_) => Some(Path { names: path.names.get(1..)?.to_vec() }),
        None => Some(path.clone()),
    }
}

/// The step whose label a path begins with.
pub(crate) fn labelled<'t>(rule: &'t Rule, path: &Path) -> Option<&'t Step> {
    let first = path.names.first().filter(|_| path.names.len() > 1)?;
    let has_label = |step: &&Step| step.node.label.as_ref().is_some_and(|label| label.node == first.node);
    uses::steps(rule).into_iter().map(|(step, _)| step).find(has_label)
}

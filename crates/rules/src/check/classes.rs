//! Classes as steps name them: one, a noun with all of its classes, a group, or what rules make.

use crate::check::names::{Names, well_formed};
use crate::check::say::{At, Say};
use crate::check::uses::{Chained, Graph, chained};
use crate::syntax::tree::{ClassRef, Spanned};
use event::class::{self, ClassId};

/// Why a reference names no class.
pub(crate) enum Unknown {
    /// Neither class nor group.
    Class,
    /// No rule of that name.
    Rule,
    /// Sigma rules are not read yet.
    Sigma,
}

/// The classes that a reference stands for.
pub(crate) fn expand(names: &Names<'_>, graph: &Graph, class: &ClassRef) -> Result<Vec<ClassId>, Unknown> {
    match (chained(class), class) {
        (Some(Chained::Every), _) => Ok(graph.every.iter().map(|&rule| made(class, rule)).collect()),
        (Some(Chained::Rule(name)), _) => {
            names.rules.index(name).map(|rule| vec![made(class, rule)]).ok_or(Unknown::Rule)
        }
        (None, ClassRef::Class { .. }) => {
            let name = written(class);
            let found = class::by_name(&name).map(|class| vec![class]);
            found.or_else(|| class::group(&name).map(<[ClassId]>::to_vec)).ok_or(Unknown::Class)
        }
        (None, ClassRef::Every { noun }) => {
            let classes: Vec<ClassId> = class::noun(&noun.node).collect();
            if classes.is_empty() { Err(Unknown::Class) } else { Ok(classes) }
        }
        (None, ClassRef::SigmaName(_) | ClassRef::SigmaText(_)) => Err(Unknown::Sigma),
    }
}

fn made(class: &ClassRef, rule: u32) -> ClassId {
    let detection = match class {
        ClassRef::Class { noun, .. } | ClassRef::Every { noun } => noun.node == "detection",
        _ => false,
    };
    if detection { ClassId::detection(rule) } else { ClassId::alert(rule) }
}

/// The same, reporting what is wrong.
pub(crate) fn resolve(
    names: &Names<'_>,
    graph: &Graph,
    (file, class): (usize, &Spanned<ClassRef>),
    say: &mut Say<'_>,
) -> Option<Vec<ClassId>> {
    let at = At::new(file, &class.span);
    if !is_well_formed(&class.node) {
        return None;
    }
    match expand(names, graph, &class.node) {
        Ok(classes) => return Some(classes),
        Err(Unknown::Sigma) => say.does_not_run(&at, &written(&class.node), "write the condition as a step"),
        Err(Unknown::Rule) => {
            if let Some(Chained::Rule(name)) = chained(&class.node) {
                say.unknown(&at, "rule", name, names.rules.keys());
            }
        }
        Err(Unknown::Class) => {
            let known = class::all().filter_map(|class| class.def().map(|def| def.name));
            say.no_class(&at, &written(&class.node), known.chain(class::GROUPS.iter().copied()));
        }
    }
    None
}

fn is_well_formed(class: &ClassRef) -> bool {
    match class {
        ClassRef::Class { noun, verb } => well_formed(&noun.node) && well_formed(&verb.node),
        ClassRef::Every { noun } => well_formed(&noun.node),
        ClassRef::SigmaName(_) | ClassRef::SigmaText(_) => true,
    }
}

/// A class as the rule writes it.
pub(crate) fn written(class: &ClassRef) -> String {
    match class {
        ClassRef::Class { noun, verb } => format!("{}.{}", noun.node, verb.node),
        ClassRef::Every { noun } => format!("{}.*", noun.node),
        ClassRef::SigmaName(name) => format!("sigma:{}", name.node),
        ClassRef::SigmaText(text) => format!("sigma:\"{}\"", text.node.value),
    }
}

/// A class as documents call it.
pub(crate) fn name(names: &Names<'_>, class: ClassId) -> String {
    let rule = |index| names.rules.nth(index).map_or("?", |rule| rule.node.name.node.as_str()).to_owned();
    match (class.def(), class.as_alert(), class.as_detection()) {
        (Some(def), _, _) => def.name.to_owned(),
        (None, Some(index), _) => format!("alert.{}", rule(index)),
        (None, None, Some(index)) => format!("detection.{}", rule(index)),
        (None, None, None) => "?".to_owned(),
    }
}

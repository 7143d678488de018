//! What a word or a path in a condition stands for: a value of an enum, a parameter, an aggregate, a field of an
//! earlier step, or one of the event itself.
//!
//! The order in which they are tried is the language's (§3); what could be two of them is reported. Whether the event's
//! class has the field is `fields`' to say.

use super::{Label, Operand, Reader, Sees, words};
use crate::check::say::At;
use crate::check::types::Type;
use crate::check::{classes, constants, paths};
use crate::syntax::tree::{Constant as Written, Param, Path as WrittenPath, Step as WrittenStep};
use crate::tree::{Constant, Expr};
use event::class::ClassId;
use event::field::EnumId;
use site::path::Path;

impl<'a> Reader<'_, '_, 'a> {
    /// A word or path: a value of the wanted enum, a label, a parameter, or a path of the event.
    pub(super) fn word_or_path(&mut self, path: &'a WrittenPath, want: Option<Type>) -> Option<Operand> {
        if let (Some(Type::Enum(of)), Some(word)) = (want, path.single()) {
            let is_value = of.index_of(word).is_some();
            if is_value || !self.is_known(path) {
                return self.value_of_enum(of, word, &self.at(&path.span()));
            }
        }
        if let Some(param) = self.param(path) {
            return self.value_of_param(param, want);
        }
        if let Some(aggregates) = self.aggregates {
            return self.aggregate(path, aggregates);
        }
        if let Some(label) = self.label(path)? {
            return self.field_of_earlier(path, label);
        }
        let path = self.path(path)?;
        Some(Operand { ty: type_of(&path), expr: Expr::Path(path) })
    }

    /// A value of an enum. None: it has no such value, which is reported.
    fn value_of_enum(&mut self, of: EnumId, word: &str, at: &At) -> Option<Operand> {
        let index = of.index_of(word);
        if index.is_none() {
            self.say.no_value(at, word, of.def().name, of.def().values.iter().copied());
        }
        index.map(|index| Operand { expr: enum_value(index, word), ty: Type::Enum(of) })
    }

    fn is_known(&self, path: &WrittenPath) -> bool {
        self.find_param(path).is_some() || paths::walk(&words(path)).is_ok()
    }

    /// The parameter that a word names, unless it could be a field too.
    fn param(&mut self, path: &WrittenPath) -> Option<&'a Param> {
        let param = self.find_param(path)?;
        if paths::walk(&words(path)).is_ok() {
            let name = path.dotted();
            self.say.ambiguous(&self.at(&path.span()), &name, ("a parameter", "a field of the event"));
        }
        Some(param)
    }

    fn find_param(&self, path: &WrittenPath) -> Option<&'a Param> {
        let name = path.single()?;
        let global = || self.scope.context.names.params.get(name).map(|param| param.node);
        self.scope.params.get(name).copied().or_else(global)
    }

    /// What a parameter stands for.
    fn value_of_param(&mut self, param: &'a Param, want: Option<Type>) -> Option<Operand> {
        let file = self.scope.file;
        match (&param.value.node, want) {
            (Written::Literal { negative, literal }, _) => {
                constants::signed(*negative, literal).map(Operand::constant)
            }
            (Written::Call(call), _) => constants::made(file, call, self.say).map(Operand::constant),
            (Written::Name(name), Some(Type::Enum(of))) => {
                self.value_of_enum(of, &name.node, &At::new(file, &name.span))
            }
            (Written::Name(name), _) => {
                self.say.no_word(&At::new(file, &name.span), &name.node);
                None
            }
        }
    }

    fn aggregate(&mut self, path: &'a WrittenPath, known: &[(String, Type)]) -> Option<Operand> {
        let name = path.dotted();
        let Some(at) = known.iter().position(|(known, _)| *known == name) else {
            let known = known.iter().map(|(name, _)| name.as_str());
            self.say.unknown(&self.at(&path.span()), "aggregate", &name, known);
            return None;
        };
        Some(Operand { expr: Expr::Aggregate(at), ty: known[at].1 })
    }

    /// The label with which a path begins, if it does. None: reported.
    pub(super) fn label(&mut self, path: &WrittenPath) -> Option<Option<Label<'a>>> {
        let label = |name: &str| self.scope.labels.iter().find(|label| label.name == name);
        let first = path.names.first().filter(|_| path.names.len() > 1);
        let Some(label) = first.and_then(|first| label(&first.node)) else { return Some(None) };
        if paths::walk(&words(path)).is_ok() {
            let at = self.at(&path.span());
            self.say.ambiguous(&at, label.name, ("a label", "a field of the event"));
            return None;
        }
        Some(Some(label.clone()))
    }

    /// A path of the event of an earlier step.
    fn field_of_earlier(&mut self, written: &'a WrittenPath, label: Label<'a>) -> Option<Operand> {
        let at = self.at(&written.span());
        let visible = match self.sees {
            Sees::Nothing => false,
            Sees::Before => label.at.start < at.start,
            Sees::Only(name) => label.name == name,
        };
        if !visible || !label.single {
            self.say.no_single_event(&at, label.name);
            return None;
        }
        let classes = self.classes_of(label.step);
        let rest = WrittenPath { names: written.names.get(1..)?.to_vec() };
        let path = self.walked(&rest, &at)?;
        Reader { classes: &classes, ..Reader::new(self.scope, &[], self.say) }.check_carried(&path, &at)?;
        Some(Operand { ty: type_of(&path), expr: Expr::Earlier(label.bit, path) })
    }

    fn classes_of(&self, step: &WrittenStep) -> Vec<ClassId> {
        let context = self.scope.context;
        let classes = step.node.options.iter().flat_map(|option| &option.node.classes);
        let found = classes
            .filter_map(|class| classes::expand(&context.names, &context.graph, &class.node).ok())
            .flatten();
        found.collect()
    }
}

/// A value of an enum, as an expression.
pub(super) fn enum_value(index: u16, word: &str) -> Expr {
    Expr::Constant(Constant::Enum(index, word.into()))
}

fn type_of(path: &Path) -> Type {
    Type::of(path.ty, paths::unit(path))
}

//! Conditions: names become values with types, and every comparison is between values that can be compared.
//!
//! All that is wrong in a condition is reported; what hangs on something wrong is passed over in silence.

use crate::check::constants::{self, MAKERS};
use crate::check::context::Context;
use crate::check::kinds;
use crate::check::names::well_formed;
use crate::check::paths::{self, Unresolved};
use crate::check::say::{At, Say};
use crate::check::types::{Type, fits_state_key};
use crate::check::{classes, expressions};
use crate::syntax::tree::{
    Call, Check, CompareOp, Comparison, Cond as Written, CondNode, Constant as WrittenConstant,
    Group as WrittenGroup, GroupItem, Param, Path as WrittenPath, Product, ProductOp, Sign, Spanned,
    Step as WrittenStep, Sum, SumOp, TextOp as WrittenTextOp, TextOperand, Value, ValueNode,
};
use crate::tree::{
    Arithmetic, Cond, Constant, Expr, Group, Members, Op, Place, StateCall, StateKind, TextOp,
};
use event::class::ClassId;
use event::field::{self, EnumId, FieldType};
use event::relation::{self, Target};
use event::symbol::lower;
use event::value::Micro;
use site::path::{Path, Start};
use std::collections::{BTreeMap, BTreeSet};

/// A step that conditions after it may name.
#[derive(Clone, Debug)]
pub(crate) struct Label<'a> {
    pub name: &'a str,
    pub at: At,
    /// Positive, and one event.
    pub single: bool,
    pub step: &'a WrittenStep,
    pub bit: u8,
}

/// Which earlier steps a condition may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sees<'a> {
    Nothing,
    /// Those that stand before it in the text.
    Before,
    /// That step only.
    Only(&'a str),
}

/// What names mean around a condition.
pub(crate) struct Scope<'c, 'a> {
    pub context: &'c Context<'a>,
    pub file: usize,
    /// Parameters of the rule.
    pub params: BTreeMap<&'a str, &'a Param>,
    /// Labels of the rule, in the order of the text.
    pub labels: Vec<Label<'a>>,
    /// Whether states may be asked.
    pub states: Asking,
}

/// Whether a condition may ask states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    Allowed,
    /// In the lines of a state.
    Forbidden,
}

/// What a condition turned out to read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    pub lifecycle: bool,
    pub test: bool,
    pub states: BTreeSet<u32>,
}

/// Reads conditions and paths of one option of a step.
pub(crate) struct Reader<'r, 'c, 'a> {
    pub scope: &'r Scope<'c, 'a>,
    /// The classes of the option; none if one of them is wrong.
    pub classes: &'r [ClassId],
    pub sees: Sees<'a>,
    /// The members of `for each`, with which paths may begin.
    pub member: Option<&'a str>,
    /// In conditions on aggregates these are what words may name.
    pub aggregates: Option<&'r [(String, Type)]>,
    pub reads: Reads,
    pub say: &'r mut Say<'a>,
}

/// A value with its type.
struct Operand {
    expr: Expr,
    ty: Type,
}

impl Operand {
    fn constant((constant, ty): (Constant, Type)) -> Operand {
        Operand { expr: Expr::Constant(constant), ty }
    }
}

impl<'r, 'c, 'a> Reader<'r, 'c, 'a> {
    pub fn new(scope: &'r Scope<'c, 'a>, classes: &'r [ClassId], say: &'r mut Say<'a>) -> Self {
        Reader {
            scope,
            classes,
            sees: Sees::Nothing,
            member: None,
            aggregates: None,
            reads: Reads::default(),
            say,
        }
    }

    fn at(&self, span: &std::ops::Range<usize>) -> At {
        At::new(self.scope.file, span)
    }

    /// A condition. None: something in it was reported.
    pub fn cond(&mut self, cond: &'a Written) -> Option<Cond> {
        match &cond.node {
            CondNode::Or(parts) => self.all(parts).map(Cond::Or),
            CondNode::And(written) => {
                let parts = self.all(written)?;
                self.check_exclusion(written, &parts);
                Some(Cond::And(parts))
            }
            CondNode::Not(part) => self.cond(part).map(|part| Cond::Not(Box::new(part))),
            CondNode::Check(check) => self.check(check, &self.at(&cond.span)),
        }
    }

    fn all(&mut self, parts: &'a [Written]) -> Option<Vec<Cond>> {
        let parts: Vec<Option<Cond>> = parts.iter().map(|part| self.cond(part)).collect();
        parts.into_iter().collect()
    }

    /// WF070: one value cannot equal two constants.
    fn check_exclusion(&mut self, written: &'a [Written], parts: &[Cond]) {
        let equal = |cond: &Cond| match cond {
            Cond::Compare(Expr::Path(path), Op::Equal, Expr::Constant(value)) if !path.many => {
                Some((path.text.clone(), value.clone()))
            }
            _ => None,
        };
        let equals: Vec<_> = parts.iter().map(equal).collect();
        for (at, one) in equals.iter().enumerate() {
            let Some((path, value)) = one else { continue };
            let excludes =
                |(other, unlike): &(std::sync::Arc<str>, Constant)| other == path && unlike != value;
            let other = equals[..at].iter().position(|other| other.as_ref().is_some_and(excludes));
            if let Some(other) = other {
                let text = |at: usize| self.scope.context.text(self.scope.file, &written[at].span);
                let place = self.at(&written[at].span);
                self.say.never_both(&place, text(other), text(at));
            }
        }
    }

    fn check(&mut self, check: &'a Check, at: &At) -> Option<Cond> {
        let call = check.left.node.as_value().filter(|value| self.asks_state(value));
        let is_on_off = call.is_none_or(|value| self.asks_on_off(value));
        match (&check.test, call.filter(|_| is_on_off || exists(check))) {
            (None, Some(value)) => self.state(value, false).map(Cond::State),
            (Some(test), Some(value)) if matches!(test.node, Comparison::Exists) => {
                self.state(value, true).map(Cond::State)
            }
            (Some(_), Some(value)) => {
                let asked = self.state(value, false);
                if asked.is_some() {
                    self.say.cannot_compare(
                        at,
                        "a state that is on or off",
                        "anything",
                        "a state alone is a condition",
                    );
                }
                None
            }
            (None, None) => self.alone(&check.left, at),
            (Some(test), None) => self.tested(&check.left, test, at),
        }
    }

    /// A value that is a condition by itself.
    fn alone(&mut self, left: &'a Sum, at: &At) -> Option<Cond> {
        match left.node.as_value().map(|value| &value.node) {
            Some(ValueNode::Cond(cond)) => return self.cond(cond),
            Some(ValueNode::Call(call)) if call.node.name.node == "calendar" => return self.calendar(call),
            _ => {}
        }
        let operand = self.sum(left, None)?;
        match operand.ty {
            Type::Bool => Some(Cond::Is(operand.expr)),
            ty => {
                self.say.not_a_condition(at, &ty.name());
                None
            }
        }
    }

    fn calendar(&mut self, call: &'a Call) -> Option<Cond> {
        let at = self.at(&call.span);
        let Some(name) = constants::text_argument(call) else {
            self.say.wrong_argument(&at, "calendar", "this", "the name of a calendar in quotes");
            return None;
        };
        if let Some(known) = &self.scope.context.environment.known
            && !known.calendars.contains(lower(name).as_ref())
        {
            self.say.unknown(&at, "calendar", name, known.calendars.iter().map(String::as_str));
            return None;
        }
        Some(Cond::Calendar(name.into()))
    }

    fn tested(&mut self, left: &'a Sum, test: &'a Spanned<Comparison>, at: &At) -> Option<Cond> {
        let operand = self.sum(left, None)?;
        match &test.node {
            Comparison::Exists => Some(Cond::Exists(operand.expr)),
            Comparison::Compare(op, right) => self.compare(operand, op, right, at),
            Comparison::In(group) => self.group(operand, group, at),
            Comparison::Text(op, text) => self.text(operand, op, text),
        }
    }

    fn compare(&mut self, left: Operand, op: &Spanned<CompareOp>, right: &'a Sum, at: &At) -> Option<Cond> {
        let right_text = self.scope.context.text(self.scope.file, &right.span);
        let right = self.sum(right, Some(left.ty))?;
        self.comparable(&left, &right, right_text, at)?;
        let op = compare_op(op.node);
        if !matches!(op, Op::Equal | Op::NotEqual) && !left.ty.is_ordered() {
            self.say.no_order(
                at,
                self.scope.context.text(self.scope.file, &(at.start..at.end)),
                &left.ty.name(),
            );
            return None;
        }
        if op == Op::NotEqual {
            self.warn_missing(&left, right_text, at);
        }
        let (left, right) = (left.expr, right.expr);
        if let Some(cond) = any_vehicle(&left, op, &right) {
            return Some(cond);
        }
        let (left, right) = alike(left, right);
        Some(Cond::Compare(left, op, right))
    }

    fn comparable(&mut self, left: &Operand, right: &Operand, text: &str, at: &At) -> Option<()> {
        if left.ty.meets(right.ty) {
            return Some(());
        }
        if left.ty.is_measure() && right.ty.is_measure() {
            self.say.wrong_dimension(at, text, &right.ty.name(), (&left.ty.name(), left.ty.literal()));
        } else {
            self.say.cannot_compare(at, &left.ty.name(), &right.ty.name(), left.ty.literal());
        }
        None
    }

    fn warn_missing(&mut self, left: &Operand, value: &str, at: &At) {
        let Expr::Path(path) = &left.expr else { return };
        if !self.always_there(path) {
            let text = path.text.clone();
            self.say.may_be_missing(at, &text, value);
        }
    }

    fn always_there(&self, path: &Path) -> bool {
        let Start::Field(field) = path.start else { return false };
        let always =
            [field::TS, field::LIFECYCLE, field::CLASS, field::SOURCE, field::TEST, field::TIME_QUALITY];
        let required =
            |class: &ClassId| class.def().is_some_and(|def| def.required.contains(&[field].as_slice()));
        path.hops.is_empty() && (always.contains(&field) || self.classes.iter().all(required))
    }

    fn group(&mut self, left: Operand, group: &'a Spanned<WrittenGroup>, at: &At) -> Option<Cond> {
        let group = match &group.node {
            WrittenGroup::Items(items) => {
                let items: Vec<Option<Expr>> = items.iter().map(|item| self.item(&left, item)).collect();
                Group::Items(items.into_iter().collect::<Option<_>>()?)
            }
            WrittenGroup::Call(call) => {
                let operand = self.call(call)?;
                self.member(&left, &operand, at)?;
                Group::Items(vec![operand.expr])
            }
            WrittenGroup::List(name) => self.list(&left, name, &self.at(&group.span))?,
            WrittenGroup::Path(path) => self.group_path(&left, path, at)?,
        };
        let group = if is_object_kind(&left.expr) { with_vehicles(group) } else { group };
        Some(Cond::In(left.expr, group))
    }

    fn group_path(&mut self, left: &Operand, path: &'a WrittenPath, at: &At) -> Option<Group> {
        let operand = self.word(path, None)?;
        self.member(left, &operand, at)?;
        match operand.expr {
            Expr::Path(path) => Some(Group::Path(path)),
            other => Some(Group::Items(vec![other])),
        }
    }

    fn item(&mut self, left: &Operand, item: &'a Spanned<GroupItem>) -> Option<Expr> {
        let operand = match &item.node {
            GroupItem::Literal(literal) => Operand::constant(constants::literal(literal)?),
            GroupItem::Path(path) => self.word(path, Some(left.ty))?,
            GroupItem::Call(call) => self.call(call)?,
        };
        let at = self.at(&item.span);
        self.member(left, &operand, &at)?;
        Some(alike_one(&left.expr, operand.expr))
    }

    /// Whether the value may stand after `in`: an address may lie in a network.
    fn member(&mut self, left: &Operand, member: &Operand, at: &At) -> Option<()> {
        if left.ty == Type::Ip && member.ty == Type::Net {
            return Some(());
        }
        let text = self.scope.context.text(self.scope.file, &(at.start..at.end));
        self.comparable(left, member, text, at)
    }

    fn list(&mut self, left: &Operand, name: &str, at: &At) -> Option<Group> {
        if let Some(known) = &self.scope.context.environment.known {
            let Some(ty) = known.lists.get(name) else {
                self.say.unknown(at, "list", name, known.lists.keys().map(String::as_str));
                return None;
            };
            let ty = Type::of(*ty, field::Unit::None);
            // Entities are listed by their ids.
            let by_id = matches!(left.ty, Type::Entity(_)) && ty == Type::Text;
            if !left.ty.meets(ty) && !by_id {
                self.say.cannot_compare(at, &left.ty.name(), &ty.name(), "use a list of that type");
                return None;
            }
        }
        Some(Group::List(name.into()))
    }

    fn text(
        &mut self,
        left: Operand,
        op: &Spanned<WrittenTextOp>,
        text: &'a Spanned<TextOperand>,
    ) -> Option<Cond> {
        let at = self.at(&text.span);
        let tags = left.ty == Type::Tags && op.node == WrittenTextOp::Contains;
        if left.ty != Type::Text && !tags {
            let name = match &left.expr {
                Expr::Path(path) => path.text.to_string(),
                _ => "this".to_owned(),
            };
            self.say.needs_text(&self.at(&op.span), op.node.word(), &name, &left.ty.name());
            return None;
        }
        let TextOperand::Text(text) = &text.node else {
            return self.texts_of_list(left, op, text);
        };
        let value: &str = &text.value;
        match op.node {
            WrittenTextOp::Contains => Some(Cond::Text(left.expr, TextOp::Contains, value.into())),
            WrittenTextOp::Starts => Some(Cond::Text(left.expr, TextOp::Starts, value.into())),
            WrittenTextOp::Ends => Some(Cond::Text(left.expr, TextOp::Ends, value.into())),
            WrittenTextOp::Matches => {
                let class =
                    self.classes.first().map(|class| classes::name(&self.scope.context.names, *class));
                expressions::check(&at, value, class.as_deref().unwrap_or("event"), self.say)?;
                Some(Cond::Matches(left.expr, value.into()))
            }
        }
    }

    /// One of the texts of a list.
    fn texts_of_list(
        &mut self,
        left: Operand,
        op: &Spanned<WrittenTextOp>,
        text: &'a Spanned<TextOperand>,
    ) -> Option<Cond> {
        let at = self.at(&text.span);
        let TextOperand::List(name) = &text.node else { return None };
        let of_text = Operand { expr: left.expr.clone(), ty: Type::Text };
        self.list(&of_text, name, &at)?;
        let op = match op.node {
            WrittenTextOp::Contains => TextOp::Contains,
            WrittenTextOp::Starts => TextOp::Starts,
            WrittenTextOp::Ends => TextOp::Ends,
            WrittenTextOp::Matches => {
                let help = "write the regular expression out";
                self.say.does_not_run(&at, "matches @…", help);
                return None;
            }
        };
        Some(Cond::TextList(left.expr, op, name.as_str().into()))
    }

    // Values.

    fn sum(&mut self, sum: &'a Sum, want: Option<Type>) -> Option<Operand> {
        let want = want.filter(|_| sum.node.rest.is_empty());
        let mut left = self.product(&sum.node.first, want);
        for (op, right) in &sum.node.rest {
            let right = self.product(right, None);
            let (arithmetic, word) = match op.node {
                SumOp::Plus => (Arithmetic::Add, "+"),
                SumOp::Minus => (Arithmetic::Subtract, "-"),
            };
            let (Some(l), Some(r)) = (left, right) else { return None };
            let ty = sum_type(l.ty, arithmetic, r.ty);
            left = self.calculated((l, r), (arithmetic, word), ty, &self.at(&sum.span));
        }
        left
    }

    fn product(&mut self, product: &'a Product, want: Option<Type>) -> Option<Operand> {
        let want = want.filter(|_| product.node.rest.is_empty());
        let mut left = self.sign(&product.node.first, want);
        for (op, right) in &product.node.rest {
            let right = self.sign(right, None);
            let (arithmetic, word) = match op.node {
                ProductOp::Times => (Arithmetic::Multiply, "*"),
                ProductOp::Over => (Arithmetic::Divide, "/"),
            };
            let (Some(l), Some(r)) = (left, right) else { return None };
            let ty = product_type(l.ty, arithmetic, r.ty);
            left = self.calculated((l, r), (arithmetic, word), ty, &self.at(&product.span));
        }
        left
    }

    fn calculated(
        &mut self,
        (left, right): (Operand, Operand),
        (op, word): (Arithmetic, &str),
        ty: Option<Type>,
        at: &At,
    ) -> Option<Operand> {
        let Some(ty) = ty else {
            self.say.cannot_calculate(at, &left.ty.name(), word, &right.ty.name());
            return None;
        };
        Some(Operand { expr: Expr::Arithmetic(Box::new(left.expr), op, Box::new(right.expr)), ty })
    }

    fn sign(&mut self, sign: &'a Sign, want: Option<Type>) -> Option<Operand> {
        let operand = self.value(&sign.node.value, want)?;
        if !sign.node.negative {
            return Some(operand);
        }
        if !operand.ty.is_measure() {
            self.say.cannot_calculate(&self.at(&sign.span), "", "-", &operand.ty.name());
            return None;
        }
        let expr = match operand.expr {
            Expr::Constant(constant) => Expr::Constant(constants::negated(constant)?),
            expr => Expr::Negate(Box::new(expr)),
        };
        Some(Operand { expr, ty: operand.ty })
    }

    fn value(&mut self, value: &'a Value, want: Option<Type>) -> Option<Operand> {
        match &value.node {
            ValueNode::Literal(literal) => Some(Operand::constant(constants::literal(literal)?)),
            ValueNode::Path(path) => self.word(path, want),
            ValueNode::Call(call) => self.call(call),
            ValueNode::Was(call) => self.state_value(call, true),
            ValueNode::Cond(cond) => self.bracket(cond, want),
        }
    }

    /// `( a + b )` in the middle of a calculation.
    fn bracket(&mut self, cond: &'a Written, want: Option<Type>) -> Option<Operand> {
        match &cond.node {
            CondNode::Check(check) if check.test.is_none() => self.sum(&check.left, want),
            _ => {
                self.cond(cond)?;
                let help = "use `and`, `or`, `not` on conditions";
                self.say.cannot_compare(&self.at(&cond.span), "a condition", "a value", help);
                None
            }
        }
    }

    /// A word or path: a value of the wanted enum, a label, a parameter, or a path of the event.
    fn word(&mut self, path: &'a WrittenPath, want: Option<Type>) -> Option<Operand> {
        if let (Some(Type::Enum(of)), Some(word)) = (want, path.single()) {
            if let Some(index) = of.index_of(word) {
                return Some(enum_value(of, index, word));
            }
            if !self.is_known(path) {
                let known = of.def().values.iter().copied();
                self.say.no_value(&self.at(&path.span()), word, of.def().name, known);
                return None;
            }
        }
        if let Some(param) = self.param(path) {
            return self.constant(param, want);
        }
        if let Some(aggregates) = self.aggregates {
            return self.aggregate(path, aggregates);
        }
        if let Some(label) = self.label(path)? {
            return self.earlier(path, label);
        }
        let path = self.path(path)?;
        let ty = Type::of(path.ty, paths::unit(&path));
        Some(Operand { expr: Expr::Path(path), ty })
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

    /// A path of the event of an earlier step.
    fn earlier(&mut self, written: &'a WrittenPath, label: Label<'a>) -> Option<Operand> {
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
        let path = match paths::walk(&words(&rest)) {
            Ok(path) => path,
            Err(why) => {
                self.unresolved(&rest, why, &at);
                return None;
            }
        };
        Reader { classes: &classes, ..Reader::new(self.scope, &[], self.say) }.check_carried(&path, &at)?;
        let ty = Type::of(path.ty, paths::unit(&path));
        Some(Operand { expr: Expr::Earlier(label.bit, path), ty })
    }

    fn classes_of(&self, step: &WrittenStep) -> Vec<ClassId> {
        let context = self.scope.context;
        let classes = step.node.options.iter().flat_map(|option| &option.node.classes);
        let found = classes
            .filter_map(|class| classes::expand(&context.names, &context.graph, &class.node).ok())
            .flatten();
        found.collect()
    }

    fn is_known(&self, path: &WrittenPath) -> bool {
        self.find_param(path).is_some() || paths::walk(&words(path)).is_ok()
    }

    fn find_param(&self, path: &WrittenPath) -> Option<&'a Param> {
        let name = path.single()?;
        let global = || self.scope.context.names.params.get(name).map(|param| param.node);
        self.scope.params.get(name).copied().or_else(global)
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

    fn constant(&mut self, param: &'a Param, want: Option<Type>) -> Option<Operand> {
        let file = self.scope.file;
        let (constant, ty) = match &param.value.node {
            WrittenConstant::Literal { negative, literal } => {
                let (constant, ty) = constants::literal(literal)?;
                (if *negative { constants::negated(constant)? } else { constant }, ty)
            }
            WrittenConstant::Call(call) => constants::made(file, call, self.say)?,
            WrittenConstant::Name(name) => {
                return self.enum_param(&name.node, want, &At::new(file, &name.span));
            }
        };
        Some(Operand::constant((constant, ty)))
    }

    fn enum_param(&mut self, word: &str, want: Option<Type>, at: &At) -> Option<Operand> {
        let Some(Type::Enum(of)) = want else {
            self.say.no_word(at, word);
            return None;
        };
        match of.index_of(word) {
            Some(index) => Some(enum_value(of, index, word)),
            None => {
                self.say.no_value(at, word, of.def().name, of.def().values.iter().copied());
                None
            }
        }
    }

    /// A path of the event, with a warning where a class of the option does not have it.
    pub fn path(&mut self, written: &WrittenPath) -> Option<Path> {
        let at = self.at(&written.span());
        if let Some(known) = self.aggregates {
            let known = known.iter().map(|(name, _)| name.as_str());
            self.say.unknown(&at, "aggregate", &written.dotted(), known);
            return None;
        }
        if self.label(written)?.is_some() {
            let help = "name a field or an entity of the event";
            self.say.does_not_run(&at, &written.dotted(), help);
            return None;
        }
        let path = match paths::walk(&words(written)) {
            Ok(path) => path,
            Err(why) => {
                self.unresolved(written, why, &at);
                return None;
            }
        };
        self.note_reads(&path);
        if written.names.first().is_none_or(|first| self.member != Some(&first.node)) {
            self.check_carried(&path, &at)?;
        }
        Some(path)
    }

    /// The label with which a path begins, if it does. None: reported.
    fn label(&mut self, path: &WrittenPath) -> Option<Option<Label<'a>>> {
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

    fn unresolved(&mut self, written: &WrittenPath, why: Unresolved, at: &At) {
        if !written.names.iter().all(|name| well_formed(&name.node)) {
            return;
        }
        let name = |at: usize| written.names.get(at).map(|name| (name.node.as_str(), self.at(&name.span)));
        match why {
            Unresolved::TooLong => self.say.path_too_long(at, &written.dotted()),
            Unresolved::Step { at: word, of, known } => {
                if let Some((name, at)) = name(word) {
                    self.say.no_field(&at, name, &format!("`{of}`"), known);
                }
            }
            Unresolved::Start => {
                let fields: Vec<&str> = field::all().map(|field| field.name()).collect();
                let params = self.scope.params.keys().copied();
                let labels = self.scope.labels.iter().map(|label| label.name);
                let known: Vec<&str> = fields.into_iter().chain(params).chain(labels).collect();
                let written = written.dotted();
                let near = event::diagnostic::nearest(&written, known.iter().copied()).is_some();
                if near || written.contains('.') {
                    self.say.no_field(at, &written, "the event", known);
                } else {
                    self.say.no_word(at, &written);
                }
            }
        }
    }

    fn note_reads(&mut self, path: &Path) {
        self.reads.lifecycle |= path.start == Start::Field(field::LIFECYCLE);
        self.reads.test |= path.start == Start::Field(field::TEST);
    }

    fn check_carried(&mut self, path: &Path, at: &At) -> Option<()> {
        let context = self.scope.context;
        let lacks = |class: &&ClassId| !paths::available(path.start, context.carriage.of(**class));
        let Some(&lacking) = self.classes.iter().find(lacks) else { return Some(()) };
        let name = paths::start_name(path.start);
        let class = classes::name(&context.names, lacking);
        let never = |class: &ClassId| context.carriage.of(*class).fixed && lacks(&class);
        if self.classes.iter().all(never) {
            let known: Vec<&str> = context.carriage.of(lacking).names().collect();
            self.say.no_field(at, name, &format!("`{class}`"), known);
            return None;
        }
        let having = self.classes.iter().find(|class| !lacks(class));
        let having = having.map(|having| classes::name(&context.names, *having));
        self.say.not_listed(at, (&class, having.as_deref()), name);
        Some(())
    }

    // Calls.

    fn asks_state(&self, value: &Value) -> bool {
        match &value.node {
            ValueNode::Was(_) => true,
            ValueNode::Call(call) => self.scope.context.names.states.get(&call.node.name.node).is_some(),
            _ => false,
        }
    }

    /// Whether the state is one that is on or off. An unknown one is reported as if it were.
    fn asks_on_off(&self, value: &Value) -> bool {
        let (ValueNode::Was(call) | ValueNode::Call(call)) = &value.node else { return true };
        let state = self.scope.context.names.states.get(&call.node.name.node);
        state.is_none_or(|state| kinds::is_on_off(state.node))
    }

    fn state(&mut self, value: &'a Value, exists: bool) -> Option<StateCall> {
        match &value.node {
            ValueNode::Was(call) => self.state_call(call, true, exists),
            ValueNode::Call(call) => self.state_call(call, false, exists),
            _ => None,
        }
    }

    fn state_call(&mut self, call: &'a Call, was: bool, exists: bool) -> Option<StateCall> {
        let context = self.scope.context;
        let name = call.node.name.node.as_str();
        let at = self.at(&call.span);
        let Some(state) = context.names.states.get(name) else {
            self.say.unknown(&self.at(&call.node.name.span), "state", name, context.names.states.keys());
            return None;
        };
        if self.scope.states == Asking::Forbidden {
            self.say.state_in_state(&at, name);
            return None;
        }
        if let Some(field) = call.node.fields.first().filter(|_| kinds::is_on_off(state.node)) {
            self.say.no_field(&self.at(&field.span), &field.node, &format!("state `{name}`"), []);
            return None;
        }
        let keys = context.state_keys(state.node);
        if keys.len() != call.node.args.len() {
            let texts: Vec<String> = state.node.by.iter().map(WrittenPath::dotted).collect();
            self.say.wrong_key_count(&at, name, &texts, call.node.args.len());
            return None;
        }
        self.keyed(name, call, (was, exists))
    }

    /// The call of a state under as many parts of its key as there are arguments.
    fn keyed(&mut self, name: &str, call: &'a Call, (was, exists): (bool, bool)) -> Option<StateCall> {
        let context = self.scope.context;
        let state = context.names.states.get(name)?;
        let keys = context.state_keys(state.node);
        let parts = call.node.args.iter().zip(&state.node.by).zip(&keys);
        let args: Vec<Option<Path>> =
            parts.map(|((arg, part), key)| self.state_key(name, arg, (&part.dotted(), *key))).collect();
        let key = args.into_iter().collect::<Option<Vec<Path>>>()?;
        let state = context.names.states.index(name)?;
        self.reads.states.insert(state);
        Some(StateCall { state, key, was, exists })
    }

    /// A state with its last key left out.
    pub fn set_of(&mut self, name: &str, call: &'a Call) -> Option<StateCall> {
        let context = self.scope.context;
        let at = self.at(&call.span);
        let Some(state) = context.names.states.get(name) else {
            self.say.unknown(&self.at(&call.node.name.span), "state", name, context.names.states.keys());
            return None;
        };
        if self.scope.states == Asking::Forbidden {
            self.say.state_in_state(&at, name);
            return None;
        }
        let texts: Vec<String> = state.node.by.iter().map(WrittenPath::dotted).collect();
        if !kinds::is_on_off(state.node) || texts.len() < 2 || call.node.args.len() + 1 != texts.len() {
            let of_set = texts.get(..texts.len().saturating_sub(1)).unwrap_or_default();
            self.say.wrong_key_count(&at, name, of_set, call.node.args.len());
            return None;
        }
        self.keyed(name, call, (false, false))
    }

    /// The value of a state that keeps one or counts.
    fn state_value(&mut self, call: &'a Call, was: bool) -> Option<Operand> {
        let asked = self.state_call(call, was, false)?;
        let at = self.at(&call.span);
        let state = self.scope.context.names.states.nth(asked.state)?;
        let kinded = kinds::of(state.node)?;
        if kinded.kind == StateKind::OnOff {
            let help = "a state alone is a condition";
            self.say.cannot_compare(&at, "a state that is on or off", "anything", help);
            return None;
        }
        let (mut ty, mut hops) = (kinded.ty, Vec::new());
        for field in &call.node.fields {
            let of = format!("{} of state `{}`", ty.name(), call.node.name.node);
            let Type::Entity(kind) = ty else {
                self.say.no_field(&self.at(&field.span), &field.node, &of, []);
                return None;
            };
            let Some(hop) = relation::of(kind, &field.node) else {
                self.say.no_field(&self.at(&field.span), &field.node, &of, relation::names(kind));
                return None;
            };
            if hop.many {
                let help = "keep what is needed of it";
                self.say.does_not_run(
                    &self.at(&field.span),
                    &format!("{}(…).{}", call.node.name.node, hop.name),
                    help,
                );
                return None;
            }
            ty = match hop.to {
                Target::Entity(kind) => Type::Entity(kind),
                Target::Attribute(ty) => Type::of(ty, field::Unit::None),
            };
            hops.push(hop);
        }
        if hops.len() > relation::STEPS_MAX {
            self.say.path_too_long(&at, &call.node.name.node);
            return None;
        }
        Some(Operand { expr: Expr::State(asked, hops), ty })
    }

    /// `members(…)` of a state or a relation.
    fn members_call(&mut self, call: &'a Call) -> Option<Operand> {
        let at = self.at(&call.span);
        let [arg] = call.node.args.as_slice() else {
            self.say.wrong_argument(
                &at,
                "members",
                &format!("{} values", call.node.args.len()),
                "one state or relation",
            );
            return None;
        };
        let members = match arg.node.as_value().map(|value| &value.node) {
            Some(ValueNode::Call(inner)) => Members::State(self.set_of(&inner.node.name.node, inner)?),
            Some(ValueNode::Path(path)) => Members::Relation(self.path(path)?),
            _ => {
                self.say.wrong_argument(
                    &at,
                    "members",
                    "this",
                    "a state with its last key left out, or a relation",
                );
                return None;
            }
        };
        Some(Operand { expr: Expr::Members(members), ty: Type::Number })
    }

    fn distance(&mut self, call: &'a Call) -> Option<Operand> {
        let at = self.at(&call.span);
        let [a, b] = call.node.args.as_slice() else {
            self.say.wrong_argument(
                &at,
                "distance",
                &format!("{} values", call.node.args.len()),
                "two places",
            );
            return None;
        };
        let (a, b) = (self.place(a), self.place(b));
        Some(Operand { expr: Expr::Distance(a?, b?), ty: Type::Length })
    }

    /// A place: a geo, or an entity whose site has one.
    fn place(&mut self, arg: &'a Sum) -> Option<Place> {
        let at = self.at(&arg.span);
        let Some(written) = arg.node.as_path() else {
            self.say.wrong_argument(&at, "distance", "this", "a field or an entity that has a place");
            return None;
        };
        let (of, path) = match self.word(written, None)?.expr {
            Expr::Path(path) => (None, path),
            Expr::Earlier(bit, path) => (Some(bit), path),
            _ => return None,
        };
        let paths = paths::to_geo(&path);
        if paths.is_empty() {
            let found = Type::of(path.ty, field::Unit::None).name();
            self.say.wrong_argument(&at, "distance", &found, "a field or an entity that has a place");
            return None;
        }
        Some(Place { of, paths })
    }

    fn state_key(
        &mut self,
        state: &str,
        arg: &'a Sum,
        (part, key): (&str, Option<FieldType>),
    ) -> Option<Path> {
        let at = self.at(&arg.span);
        let Some(written) = arg.node.as_path() else {
            self.say.does_not_run(
                &at,
                &format!("{state}(…) of a value"),
                "name a field or an entity of the event",
            );
            return None;
        };
        let path = self.path(written)?;
        match key {
            Some(ty) if !fits_state_key(part, ty, path.ty) => {
                let (found, wanted) = (Type::of(path.ty, field::Unit::None), Type::of(ty, field::Unit::None));
                self.say.wrong_argument(&at, state, &found.name(), &wanted.name());
                None
            }
            _ => Some(path),
        }
    }

    fn call(&mut self, call: &'a Call) -> Option<Operand> {
        let name = call.node.name.node.as_str();
        let at = self.at(&call.span);
        if MAKERS.contains(&name) {
            return constants::made(self.scope.file, call, self.say).map(Operand::constant);
        }
        match name {
            "age" | "abs" | "lower" | "length" => self.function(name, call),
            "members" => self.members_call(call),
            "distance" => self.distance(call),
            "calendar" => {
                self.calendar(call)?;
                let help = "`calendar(…)` alone is a condition";
                self.say.cannot_compare(&at, "a calendar", "anything", help);
                None
            }
            _ if self.scope.context.names.states.get(name).is_some() => self.state_value(call, false),
            // By the class reference, the members of the standard state.
            "occupancy" if self.scope.context.names.states.get("present").is_some() => self
                .set_of("present", call)
                .map(|call| Operand { expr: Expr::Members(Members::State(call)), ty: Type::Number }),
            _ => {
                let functions = ["calendar", "members", "distance", "age", "abs", "lower", "length"];
                let functions = functions.into_iter().chain(MAKERS);
                let known: Vec<&str> = self.scope.context.names.states.keys().chain(functions).collect();
                self.say.unknown(&self.at(&call.node.name.span), "state", name, known);
                None
            }
        }
    }

    fn function(&mut self, name: &str, call: &'a Call) -> Option<Operand> {
        let at = self.at(&call.span);
        let [arg] = call.node.args.as_slice() else {
            self.say.wrong_argument(&at, name, &format!("{} values", call.node.args.len()), "one value");
            return None;
        };
        let operand = self.sum(arg, None)?;
        let fits = match name {
            "age" => operand.ty == Type::Time,
            "abs" => operand.ty.is_measure(),
            _ => operand.ty == Type::Text,
        };
        if !fits {
            let expected = match name {
                "age" => "a time",
                "abs" => "a number",
                _ => "text",
            };
            self.say.wrong_argument(&at, name, &operand.ty.name(), expected);
            return None;
        }
        let inner = Box::new(operand.expr);
        Some(match name {
            "age" => Operand { expr: Expr::Age(inner), ty: Type::Duration },
            "abs" => Operand { expr: Expr::Abs(inner), ty: operand.ty },
            "lower" => Operand { expr: Expr::Lower(inner), ty: Type::Text },
            _ => Operand { expr: Expr::Length(inner), ty: Type::Number },
        })
    }
}

/// Whether a check asks only whether something is there.
fn exists(check: &Check) -> bool {
    let has_fields = |value: &Value| matches!(&value.node, ValueNode::Call(call) | ValueNode::Was(call) if !call.node.fields.is_empty());
    let plain = !check.left.node.as_value().is_some_and(has_fields);
    plain && check.test.as_ref().is_some_and(|test| matches!(test.node, Comparison::Exists))
}

/// The words of a path.
pub(crate) fn words(path: &WrittenPath) -> Vec<&str> {
    path.names.iter().map(|name| name.node.as_str()).collect()
}

fn enum_value(of: EnumId, index: u16, word: &str) -> Operand {
    Operand { expr: Expr::Constant(Constant::Enum(index, word.into())), ty: Type::Enum(of) }
}

fn compare_op(op: CompareOp) -> Op {
    match op {
        CompareOp::Eq => Op::Equal,
        CompareOp::Ne => Op::NotEqual,
        CompareOp::Lt => Op::Less,
        CompareOp::Le => Op::AtMost,
        CompareOp::Gt => Op::Greater,
        CompareOp::Ge => Op::AtLeast,
    }
}

fn sum_type(left: Type, op: Arithmetic, right: Type) -> Option<Type> {
    match (left, right) {
        (Type::Time, Type::Time) if op == Arithmetic::Subtract => Some(Type::Duration),
        (Type::Time, Type::Duration) => Some(Type::Time),
        (Type::Duration, Type::Time) if op == Arithmetic::Add => Some(Type::Time),
        (left, right) if left == right && left.is_measure() => Some(left),
        _ => None,
    }
}

fn product_type(left: Type, op: Arithmetic, right: Type) -> Option<Type> {
    // Durations take no factor: `2 * 5m` is written `10m`, and a number of seconds is no plain number.
    let scales = |ty: Type| matches!(ty, Type::Number | Type::Length | Type::Speed | Type::Size);
    match (left, right) {
        (left, Type::Number) if scales(left) => Some(left),
        (Type::Number, right) if scales(right) && op == Arithmetic::Multiply => Some(right),
        (left, right) if left == right && scales(left) && op == Arithmetic::Divide => Some(Type::Number),
        _ => None,
    }
}

/// A whole number beside a decimal field becomes a decimal.
fn alike(left: Expr, right: Expr) -> (Expr, Expr) {
    let right = alike_one(&left, right);
    let left = alike_one(&right, left);
    (left, right)
}

fn alike_one(other: &Expr, expr: Expr) -> Expr {
    match (other, &expr) {
        (Expr::Path(path), Expr::Constant(Constant::Int(n))) if path.ty == FieldType::Float => {
            n.checked_mul(1_000_000).map_or(expr, |micros| Expr::Constant(Constant::Float(Micro(micros))))
        }
        _ => expr,
    }
}

/// The words that count as `vehicle` too (classes.md §3, object.kind).
const VEHICLES: [&str; 5] = ["vehicle", "car", "truck", "bus", "motorcycle"];

fn vehicles() -> Vec<Expr> {
    let FieldType::Enum(of) = field::OBJECT_KIND.def().ty else { return Vec::new() };
    let value = |word: &str| Some(enum_value(of, of.index_of(word)?, word).expr);
    VEHICLES.into_iter().filter_map(value).collect()
}

fn is_object_kind(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if path.start == Start::Field(field::OBJECT_KIND))
}

fn is_vehicle(expr: &Expr) -> bool {
    matches!(expr, Expr::Constant(Constant::Enum(_, word)) if &**word == VEHICLES[0])
}

/// `object.kind = vehicle` means cars and the like too.
fn any_vehicle(left: &Expr, op: Op, right: &Expr) -> Option<Cond> {
    if !is_object_kind(left) || !is_vehicle(right) {
        return None;
    }
    let one_of = Cond::In(left.clone(), Group::Items(vehicles()));
    Some(match op {
        Op::Equal => one_of,
        // A comparison with a missing side is false, so the field has to be there.
        _ => Cond::And(vec![Cond::Exists(left.clone()), Cond::Not(Box::new(one_of))]),
    })
}

fn with_vehicles(group: Group) -> Group {
    match group {
        Group::Items(mut items) if items.iter().any(is_vehicle) => {
            let more: Vec<Expr> = vehicles().into_iter().filter(|more| !has(&items, more)).collect();
            items.extend(more);
            Group::Items(items)
        }
        group => group,
    }
}

fn has(items: &[Expr], wanted: &Expr) -> bool {
    items.iter().any(|item| match (item, wanted) {
        (Expr::Constant(a), Expr::Constant(b)) => a == b,
        _ => false,
    })
}

//! Steps: classes, conditions and keys of each option.

use crate::check::across;
use crate::check::classes;
use crate::check::conditions::{Reader, Reads, Scope, Sees, words};
use crate::check::constants;
use crate::check::context::{self, Limit};
use crate::check::paths::{self};
use crate::check::say::{At, Say};
use crate::check::types::{Type, makes_key, same_key_type};
use crate::check::uses::Use;
use crate::syntax::tree::{
    Cond as WrittenCond, Members as WrittenMembers, Number, Opt, Path as WrittenPath, Spanned,
    Step as WrittenStep, Tail,
};
use crate::tree::{Cond, Constant, ForEach, Members, Repeated, Step, StepOption};
use event::class::ClassId;
use event::field::{FieldType, Unit};
use event::producers::UNCLASSIFIED;
use site::path::Path;
use std::sync::Arc;

/// One part of `by`.
#[derive(Clone)]
pub(crate) struct ByPart<'a> {
    pub written: &'a WrittenPath,
    pub text: String,
    /// None: the path is wrong or makes no key, which is reported once.
    pub path: Option<Path>,
}

impl<'a> ByPart<'a> {
    pub fn new(written: &'a WrittenPath) -> ByPart<'a> {
        ByPart {
            written,
            text: written.dotted(),
            path: paths::walk(&words(written)).ok().filter(|path| makes_key(path.ty)),
        }
    }
}

/// A step with what was learnt while reading it.
pub(crate) struct Resolved {
    /// None: something was reported.
    pub step: Option<Step>,
    /// Its classes, as far as they are known.
    pub classes: Vec<ClassId>,
    pub reads: Reads,
}

/// Reads the steps of one rule or state.
pub(crate) struct StepReader<'r, 'c, 'a> {
    pub scope: &'r Scope<'c, 'a>,
    pub by: &'r [ByPart<'a>],
    /// Conditions of `while`, which join those of positive steps.
    pub whiles: &'r [&'a WrittenCond],
    /// The earlier steps that conditions may look at.
    pub sees: Sees<'a>,
    pub say: &'r mut Say<'a>,
}

/// What stands behind the options of a step.
#[derive(Default)]
struct Tails {
    gap: Option<event::time::Duration>,
    repeated: Option<Repeated>,
    each: Option<ForEach>,
}

/// Repetitions of a step at most: each is a place of the chain.
const REPEATED_MAX: i64 = 256;

impl<'r, 'c, 'a> StepReader<'r, 'c, 'a> {
    /// A step, under the bit of its place.
    pub fn step(&mut self, step: &'a WrittenStep, how: Use, bit: usize) -> Resolved {
        let mut reads = Reads::default();
        let mut classes = Vec::new();
        let tails = self.tails(step);
        if let Some(ForEach { of: Members::State(call), .. }) =
            tails.as_ref().and_then(|tails| tails.each.as_ref())
        {
            reads.states.insert(call.state);
        }
        let members: Vec<&'a str> = step.node.tails.iter().filter_map(|tail| member(&tail.node)).collect();
        let mut options = Vec::new();
        for option in &step.node.options {
            let known = self.classes(&option.node);
            options.push(self.option((step, option), (how, &members), known.as_deref(), &mut reads));
            classes.extend(known.unwrap_or_default());
        }
        let options: Option<Vec<StepOption>> = options.into_iter().collect();
        let step = options.zip(tails).zip(u8::try_from(bit).ok()).map(|((options, tails), bit)| Step {
            label: step.node.label.as_ref().map(|label| Arc::from(label.node.as_str())),
            name: name(step).into(),
            bit,
            options,
            gap: tails.gap,
            repeated: tails.repeated,
            each: tails.each,
        });
        Resolved { step, classes, reads }
    }

    fn at(&self, span: &std::ops::Range<usize>) -> At {
        At::new(self.scope.file, span)
    }

    /// None: something was reported.
    fn tails(&mut self, step: &'a WrittenStep) -> Option<Tails> {
        let mut tails = Some(Tails::default());
        for tail in &step.node.tails {
            let at = self.at(&tail.span);
            match &tail.node {
                Tail::Gap(span) => {
                    let names = (self.scope.file, &self.scope.params);
                    let gap = context::span(self.scope.context, names, span, Limit::Window, self.say);
                    tails = tails.zip(gap).map(|(tails, gap)| Tails { gap: Some(gap), ..tails });
                }
                Tail::Repeated { at_least, at_most } => {
                    let repeated = self.repeated(at_least, at_most.as_ref());
                    tails = tails.zip(repeated).map(|(tails, it)| Tails { repeated: Some(it), ..tails });
                }
                Tail::ForEach { member, of } => {
                    let each = self.each(member, of, &at);
                    tails = tails.zip(each).map(|(tails, each)| Tails { each: Some(each), ..tails });
                }
            }
        }
        tails
    }

    /// `for each`: the member is a part of the key, and the members are of its kind.
    fn each(&mut self, member: &'a Spanned<String>, of: &'a WrittenMembers, at: &At) -> Option<ForEach> {
        let Some(part) = self.by.iter().position(|part| part.text == member.node) else {
            let keys: Vec<&str> = self.by.iter().map(|part| part.text.as_str()).collect();
            self.say.no_key_part(&self.at(&member.span), &member.node, keys);
            return None;
        };
        let wanted = self.by[part].path.as_ref()?.ty;
        let (of, found) = match of {
            WrittenMembers::Call(call) => {
                let mut reader = Reader::new(self.scope, &[], self.say);
                let call = reader.set_of(&call.node.name.node, call)?;
                let state = self.scope.context.names.states.nth(call.state)?;
                let last = self.scope.context.state_keys(state.node).last().copied().flatten()?;
                (Members::State(call), last)
            }
            WrittenMembers::Path(path) => {
                let path = self.plain_path(path)?;
                let ty = path.ty;
                (Members::Relation(path), ty)
            }
        };
        if !same_key_type(found, wanted) || !matches!(found, FieldType::Id(_)) {
            let kind = |ty| Type::of(ty, Unit::None).name();
            self.say.key_differs(at, &member.node, (&kind(found), "for each"), (&kind(wanted), "`by`"));
            return None;
        }
        Some(ForEach { member: member.node.as_str().into(), part, of })
    }

    fn repeated(
        &mut self,
        at_least: &'a Spanned<Number>,
        at_most: Option<&'a Spanned<Number>>,
    ) -> Option<Repeated> {
        let least = self.times(at_least, 1);
        let Some(at_most) = at_most else { return Some(Repeated { at_least: least?, at_most: None }) };
        let most = self.times(at_most, least.unwrap_or(1));
        Some(Repeated { at_least: least?, at_most: Some(most?) })
    }

    /// A number of repetitions, at least `from`.
    fn times(&mut self, number: &'a Spanned<Number>, from: u32) -> Option<u32> {
        let at = self.at(&number.span);
        match constants::number(&number.node) {
            Some(Constant::Int(n)) if n > REPEATED_MAX => {
                self.say.too_large(&at, &format!("repeated {n} times"), &REPEATED_MAX.to_string());
                None
            }
            Some(Constant::Int(n)) if n >= i64::from(from) => u32::try_from(n).ok(),
            _ => {
                let expected = format!("{from} to {REPEATED_MAX}");
                self.say.bad_span(&at, &number.node.text, "is no number of repetitions", &expected);
                None
            }
        }
    }

    fn classes(&mut self, option: &'a Opt) -> Option<Vec<ClassId>> {
        let context = self.scope.context;
        let mut all = Some(Vec::new());
        for class in &option.classes {
            let found = classes::resolve(&context.names, &context.graph, (self.scope.file, class), self.say);
            all = all.zip(found).map(|(mut all, found)| {
                all.extend(found);
                all
            });
        }
        all.map(|mut all| {
            all.sort();
            all.dedup();
            all
        })
    }

    fn option(
        &mut self,
        (step, option): (&'a WrittenStep, &'a Spanned<Opt>),
        (how, members): (Use, &[&'a str]),
        classes: Option<&[ClassId]>,
        reads: &mut Reads,
    ) -> Option<StepOption> {
        let known = classes.unwrap_or_default();
        let member = members.first().copied();
        let mut reader = Reader { sees: self.sees, member, ..Reader::new(self.scope, known, self.say) };
        let mut conditions: Vec<Option<Cond>> =
            option.node.cond.iter().map(|cond| reader.cond(cond)).collect();
        if how == Use::Positive {
            conditions.extend(self.whiles.iter().map(|cond| reader.cond(cond)));
        }
        let mine = reader.reads;
        reads.lifecycle |= mine.lifecycle;
        reads.test |= mine.test;
        reads.states.extend(&mine.states);
        let keys: Vec<Option<Path>> =
            self.by.iter().map(|part| self.key((step, &option.node), part, members, known)).collect();
        self.check_from(&option.node);
        let condition = across::joined(conditions.into_iter().collect::<Option<_>>()?);
        let parts = condition.map(across::parted);
        let (own, across) = parts.map_or((None, None), |parts| (parts.own, parts.across));
        if across.as_ref().is_some_and(across::asks_states) {
            let at = self.at(&option.span);
            let help = "join the state by `and` with what looks at the earlier step";
            self.say.does_not_run(&at, "a state `or` an earlier step", help);
            return None;
        }
        Some(StepOption {
            classes: classes?.to_vec(),
            condition: own,
            across,
            names_lifecycle: mine.lifecycle,
            names_test: mine.test,
            key: keys.into_iter().collect::<Option<_>>()?,
        })
    }

    /// The path that fills a part of the key.
    fn key(
        &mut self,
        (step, option): (&'a WrittenStep, &'a Opt),
        part: &ByPart<'a>,
        members: &[&str],
        classes: &[ClassId],
    ) -> Option<Path> {
        let mapped = option.from.iter().find(|from| from.node.key.dotted() == part.text);
        let (path, at) = match mapped {
            Some(from) => (self.plain_path(&from.node.path)?, self.at(&from.node.path.span())),
            None => (part.path.clone()?, self.at(&step.span)),
        };
        if mapped.is_none() && members.contains(&part.text.as_str()) {
            return Some(path);
        }
        self.check_type(step, part, &path, &at)?;
        self.check_key_carried(step, &path, &at, classes)?;
        Some(path)
    }

    /// A path of the event and the site model only, as keys are.
    pub fn plain_path(&mut self, written: &'a WrittenPath) -> Option<Path> {
        let bare = Scope {
            context: self.scope.context,
            file: self.scope.file,
            params: Default::default(),
            labels: Vec::new(),
            states: self.scope.states,
        };
        Reader::new(&bare, &[], self.say).path(written)
    }

    fn check_type(&mut self, step: &WrittenStep, part: &ByPart<'a>, path: &Path, at: &At) -> Option<()> {
        let Some(wanted) = &part.path else { return Some(()) };
        if same_key_type(path.ty, wanted.ty) {
            return Some(());
        }
        let kind = |ty| Type::of(ty, Unit::None).name();
        self.say.key_differs(at, &part.text, (&kind(path.ty), &name(step)), (&kind(wanted.ty), "`by`"));
        None
    }

    fn check_key_carried(
        &mut self,
        step: &WrittenStep,
        path: &Path,
        at: &At,
        classes: &[ClassId],
    ) -> Option<()> {
        let context = self.scope.context;
        let lacks = |class: &&ClassId| !paths::available(path.start, context.carriage.of(**class));
        let Some(&class) = classes.iter().find(lacks) else { return Some(()) };
        let may_set =
            !context.carriage.of(class).fixed && path.hops.is_empty() && sender_may_set(class, path.ty);
        let class = classes::name(&context.names, class);
        self.say.no_key(at, (&name(step), &class), &path.text, may_set);
        may_set.then_some(())
    }

    /// `from` maps parts of the key and nothing else.
    fn check_from(&mut self, option: &'a Opt) {
        for from in &option.from {
            let key = from.node.key.dotted();
            if !self.by.iter().any(|part| part.text == key) && !self.by.is_empty() {
                let at = self.at(&from.node.key.span());
                let known: Vec<&str> = self.by.iter().map(|part| part.text.as_str()).collect();
                self.say.no_field(&at, &key, "`by`", known);
            }
        }
    }
}

fn member(tail: &Tail) -> Option<&str> {
    match tail {
        Tail::ForEach { member, .. } => Some(&member.node),
        _ => None,
    }
}

/// Whether a sender of the class may set a field that the class does not list. A plain value anybody may add;
/// an entity only what maps rows of its own (`ops` are feeds through the mapper).
fn sender_may_set(class: ClassId, ty: FieldType) -> bool {
    let senders = class.def().map_or("", |def| def.senders);
    let mapped = class == UNCLASSIFIED || senders.contains("mapped") || senders.contains("ops");
    mapped || !matches!(ty, FieldType::Id(_))
}

/// What documents and messages call a step: its label, else its first class.
pub(crate) fn name(step: &WrittenStep) -> String {
    match &step.node.label {
        Some(label) => label.node.clone(),
        None => {
            let first = step.node.options.first().and_then(|option| option.node.classes.first());
            first.map(|class| classes::written(&class.node)).unwrap_or_default()
        }
    }
}

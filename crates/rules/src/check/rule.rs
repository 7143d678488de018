//! One rule: its clauses become a checked rule, and facts about it from which classes and waits are derived
//! once all rules are read.

use crate::check::across;
use crate::check::carry::{labelled, unlabelled};
use crate::check::classes;
use crate::check::conditions::{Asking, Label, Reader, Reads, Scope, Sees, words};
use crate::check::constants;
use crate::check::context::{self, Context, Limit};
use crate::check::names::{Declared, on_trial};
use crate::check::paths;
use crate::check::say::{At, Say};
use crate::check::steps::{ByPart, Resolved, StepReader};
use crate::check::titles;
use crate::check::types::{Type, crosses_sites, fits_state_key, makes_key};
use crate::check::uses::{self, Use};
use crate::syntax::tree::{
    After, Blind as WrittenBlind, Clause, CompareOver, Cond as WrittenCond, Mark, Note, NoteKind,
    Path as WrittenPath, Pattern as WrittenPattern, Policy, Rule as WrittenRule, Sequence, SequencePart,
    Side as WrittenSide, Spanned, Step as WrittenStep, Tail, Text, TimeSpan, TimeSpanNode, Timing,
    Unless as WrittenUnless,
};
use crate::tree::{
    Blind, Cond, Constant, EntityPath, EntitySpec, Expr, KeySpec, Meta, Op, Pattern, Rule, SequenceItem,
    Side, Step, TitlePart, Unless,
};
use event::alert::{Emission, Level};
use event::class::ClassId;
use event::field::Unit;
use event::time::Duration;
use site::path::Path;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod aggregates;
mod clear;
mod windows;

const STEPS_MAX: usize = 8;
/// Steps, and options of which each has to be told from the others.
const BITS_MAX: usize = 16;
const KEY_PARTS_MAX: usize = 4;
const CAPTURED_MAX: usize = 8;

/// A rule before its class and waits are known.
pub(crate) struct Draft {
    /// None: something in it was reported.
    pub rule: Option<Rule>,
    pub facts: Facts,
    /// Its name in the text.
    pub at: At,
}

/// What class, waits and marks follow from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Classes of the steps that must occur, with the place of the step and the window they are looked for
    /// in.
    pub positive: Vec<(ClassId, At)>,
    /// Classes whose absence counts.
    pub negative: Vec<ClassId>,
    /// Classes at which a match can end.
    pub terminal: BTreeSet<ClassId>,
    /// The terminal condition names `test`.
    pub terminal_names_test: bool,
    /// States asked by conditions of steps.
    pub states: BTreeSet<u32>,
    /// States asked by `raise` only.
    pub raise_states: BTreeSet<u32>,
    /// The rows of language.md §4 that it has.
    pub has_early_row: bool,
    pub has_final_row: bool,
    /// A late event of a step that must occur can take a detection back.
    pub positive_matters: bool,
    /// How long after its ts a detection is decided, lateness apart.
    pub decided: Duration,
    /// W.
    pub window: Duration,
    pub early: Option<At>,
    pub final_only: Option<At>,
    pub marks: Vec<(Mark, At)>,
}

/// Reads one rule.
pub(crate) fn read<'a>(
    context: &Context<'a>,
    declared: Declared<'a, WrittenRule>,
    say: &mut Say<'a>,
) -> Draft {
    let rule = declared.node;
    let scope = scope(context, declared, say);
    let by: Vec<ByPart<'a>> = rule.by().iter().map(ByPart::new).collect();
    let whiles = rule.clauses.iter().filter_map(|clause| match &clause.node {
        Clause::While(cond) => Some(cond),
        _ => None,
    });
    let whiles: Vec<&WrittenCond> = whiles.collect();
    let mut bits: Vec<usize> = uses::steps(rule).into_iter().map(|(step, _)| step.span.start).collect();
    bits.dedup();
    let reader = RuleReader {
        rule,
        scope: &scope,
        by: &by,
        whiles: &whiles,
        bits,
        facts: Facts::default(),
        say,
        whole: true,
        once: false,
        blind: None,
    };
    reader.read()
}

/// Labels and parameters of a rule.
fn scope<'c, 'a>(
    context: &'c Context<'a>,
    declared: Declared<'a, WrittenRule>,
    say: &mut Say<'a>,
) -> Scope<'c, 'a> {
    let Declared { file, node: rule } = declared;
    let mut scope =
        Scope { context, file, params: BTreeMap::new(), labels: Vec::new(), states: Asking::Allowed };
    for (bit, (step, how)) in uses::steps(rule).into_iter().enumerate() {
        let Some(label) = &step.node.label else { continue };
        let at = At::new(file, &label.span);
        if let Some(first) = scope.labels.iter().find(|first| first.name == label.node) {
            say.label_twice(&at, &label.node, &first.at);
            continue;
        }
        let repeated = step.node.tails.iter().any(|tail| matches!(tail.node, Tail::Repeated { .. }));
        let single = how == Use::Positive && !repeated;
        let bit = u8::try_from(bit).unwrap_or(u8::MAX);
        scope.labels.push(Label { name: &label.node, at, single, step, bit });
    }
    for clause in &rule.clauses {
        let Clause::Param(param) = &clause.node else { continue };
        let name = param.name.node.as_str();
        let at = At::new(file, &param.name.span);
        let first = scope.params.get(name).map(|first| At::new(file, &first.name.span));
        let global =
            || context.names.params.get(name).map(|first| At::new(first.file, &first.node.name.span));
        match first.or_else(global) {
            Some(first) => say.declared_twice(&at, name, "parameter", &first),
            None => drop(scope.params.insert(name, param)),
        }
    }
    scope
}

struct RuleReader<'r, 'c, 'a> {
    rule: &'a WrittenRule,
    scope: &'r Scope<'c, 'a>,
    by: &'r [ByPart<'a>],
    whiles: &'r [&'a WrittenCond],
    /// Where each step begins: its place here is its bit.
    bits: Vec<usize>,
    facts: Facts,
    say: &'r mut Say<'a>,
    /// Nothing was reported yet that leaves a hole in the rule.
    whole: bool,
    once: bool,
    blind: Option<Blind>,
}

impl<'a> RuleReader<'_, '_, 'a> {
    fn read(mut self) -> Draft {
        let by = self.keys();
        let pattern = self.pattern();
        let unless = self.unless_clauses();
        let until = self.until();
        let clear_when = self.clear_when(pattern.as_ref());
        self.count_bounds();
        let terminal: Vec<ClassId> = self.facts.terminal.iter().copied().collect();
        let raise = self.raise(&terminal);
        let title = self.title(&terminal);
        let entities = self.entities(&terminal);
        let quiet = self.quiet();
        self.remaining_clauses();
        self.check_ties(pattern.as_ref(), &unless);
        let at = self.at(&self.rule.name.span);
        let rule = self.assembled(by, pattern, title).filter(|_| self.whole && self.rule.complete);
        let rule = rule.map(|rule| Rule {
            unless,
            until,
            clear_when,
            raise,
            entities,
            quiet: quiet.unwrap_or(self.facts.window.max(Duration::from_secs(300))),
            ..rule
        });
        Draft { rule, facts: self.facts, at }
    }

    fn assembled(&self, by: Vec<KeySpec>, pattern: Option<Pattern>, title: Vec<TitlePart>) -> Option<Rule> {
        let name = &self.rule.name;
        let source = self.scope.context.sources.get(self.scope.file)?;
        let marked = |mark| self.facts.marks.iter().any(|(known, _)| *known == mark);
        Some(Rule {
            name: name.node.as_str().into(),
            title,
            severity: level(self.rule.severity.node),
            by,
            pattern: pattern?,
            unless: Vec::new(),
            until: None,
            once: self.once,
            clear_when: None,
            blind: self.blind.clone(),
            absorb: Vec::new(),
            tolerance: match &self.rule.pattern() {
                Some(WrittenPattern::Sequence(_) | WrittenPattern::Speed(_)) => self.tolerance(),
                _ => Duration::ZERO,
            },
            quiet: Duration::ZERO,
            raise: Vec::new(),
            entities: EntitySpec::Default,
            restricted: marked(Mark::Restricted),
            internal: marked(Mark::Internal),
            sheddable: marked(Mark::Sheddable),
            trial: on_trial(self.rule),
            life_safety: false,
            emission: Emission::M,
            decided: Duration::ZERO,
            lateness: Duration::ZERO,
            log_lateness: Duration::ZERO,
            meta: self.meta(),
            place: (source.name.into(), name.span.clone()),
        })
    }

    fn at(&self, span: &std::ops::Range<usize>) -> At {
        At::new(self.scope.file, span)
    }

    /// Takes the value, or notes that the rule has a hole.
    fn sure<T>(&mut self, value: Option<T>) -> Option<T> {
        self.whole &= value.is_some();
        value
    }

    fn steps(&mut self) -> StepReader<'_, '_, 'a> {
        StepReader { scope: self.scope, by: self.by, whiles: self.whiles, sees: Sees::Nothing, say: self.say }
    }

    /// The earlier steps that conditions of a step may look at.
    fn sees(&self, step: &WrittenStep, how: Use) -> Sees<'a> {
        let unless = || {
            self.rule.clauses.iter().find_map(|clause| match &clause.node {
                Clause::Unless(unless) if unless.step.span == step.span => Some(unless.label.node.as_str()),
                _ => None,
            })
        };
        match (how, self.rule.pattern()) {
            (Use::Negative("unless"), _) => unless().map_or(Sees::Nothing, Sees::Only),
            (Use::Negative("not" | "expect"), _) | (Use::Positive, Some(WrittenPattern::Sequence(_))) => {
                Sees::Before
            }
            _ => Sees::Nothing,
        }
    }

    fn bit(&self, step: &WrittenStep) -> usize {
        self.bits.iter().position(|start| *start == step.span.start).unwrap_or_default()
    }

    // Keys.

    fn keys(&mut self) -> Vec<KeySpec> {
        let mut keys = Vec::new();
        for part in self.by {
            let found = self.steps().plain_path(part.written);
            let found = self.sure(found);
            let at = self.at(&part.written.span());
            let Some(path) = found else { continue };
            if !makes_key(path.ty) {
                self.say.no_key_type(&at, &part.text, &Type::of(path.ty, Unit::None).name());
                self.whole = false;
            }
            if path.hops.iter().filter(|hop| hop.many).count() > 1 {
                self.say.unbounded_path(&at, &part.text);
                self.whole = false;
            }
            let field = paths::carried_in(&path);
            let crosses_sites = crosses_sites(path.ty);
            keys.push(KeySpec { text: part.text.as_str().into(), ty: path.ty, field, crosses_sites });
        }
        self.check_sites(&keys);
        keys
    }

    fn check_sites(&mut self, keys: &[KeySpec]) {
        let whole = !keys.is_empty() && keys.len() == self.by.len();
        if whole && keys.iter().all(|key| key.crosses_sites) {
            let at = self.at(&self.by[0].written.span());
            self.say.crosses_sites(&at, &self.by[0].text);
        }
    }

    // Patterns.

    fn pattern(&mut self) -> Option<Pattern> {
        let pattern = match self.rule.pattern()? {
            WrittenPattern::When(step) => self.positive(step, Terminal::Yes).map(Pattern::When),
            WrittenPattern::Sequence(sequence) => self.sequence(sequence),
            WrittenPattern::All(all) => self.all(all),
            WrittenPattern::Any(any) => self.any(any),
            WrittenPattern::Count(count) => self.count(count),
            WrittenPattern::Distinct(distinct) => self.distinct(distinct),
            WrittenPattern::Total(total) => self.total(total),
            WrittenPattern::After(after) => self.after(after),
            WrittenPattern::Speed(speed) => self.speed(speed),
            WrittenPattern::Compare(compare) => self.compare(compare),
            WrittenPattern::First(first) => self.first(first),
            WrittenPattern::Unusual(unusual) => self.unusual(unusual),
        };
        self.sure(pattern)
    }

    fn positive(&mut self, step: &'a WrittenStep, terminal: Terminal) -> Option<Step> {
        let bit = self.bit(step);
        let sees = self.sees(step, Use::Positive);
        let resolved = StepReader { sees, ..self.steps() }.step(step, Use::Positive, bit);
        let at = self.at(&step.span);
        self.facts.positive.extend(resolved.classes.iter().map(|class| (*class, at.clone())));
        if terminal == Terminal::Yes {
            self.facts.terminal.extend(&resolved.classes);
            self.facts.terminal_names_test |= resolved.reads.test;
        }
        self.note(&resolved);
        self.sure(resolved.step)
    }

    fn negative(&mut self, step: &'a WrittenStep, clause: &'static str) -> Option<Step> {
        let bit = self.bit(step);
        let sees = self.sees(step, Use::Negative(clause));
        let resolved = StepReader { sees, ..self.steps() }.step(step, Use::Negative(clause), bit);
        self.facts.negative.extend(&resolved.classes);
        self.note(&resolved);
        self.sure(resolved.step)
    }

    fn note(&mut self, resolved: &Resolved) {
        self.facts.states.extend(&resolved.reads.states);
    }

    fn sequence(&mut self, sequence: &'a Sequence) -> Option<Pattern> {
        let within = sequence.within.as_ref().map(|within| self.span(within, Limit::Window));
        let last = sequence.parts.iter().rposition(|part| matches!(part.node, SequencePart::Step(_)));
        let mut items = Vec::new();
        for (place, part) in sequence.parts.iter().enumerate() {
            items.push(match &part.node {
                SequencePart::Step(step) => {
                    let terminal = if Some(place) == last { Terminal::Yes } else { Terminal::No };
                    self.positive(step, terminal).map(SequenceItem::Step)
                }
                SequencePart::Gone(step) => self.gone(step, place, last).map(SequenceItem::Not),
            });
        }
        self.limits(sequence, within);
        let within = match within {
            Some(within) => Some(within?),
            None => None,
        };
        let items = items.into_iter().collect::<Option<Vec<_>>>()?;
        self.check_clock_error(sequence, &items);
        self.check_runs(sequence, within, &items);
        Some(Pattern::Sequence { within, items })
    }

    /// A repeated step that stands first counts from the beginning of the window, so there has to be one.
    fn check_runs(&mut self, sequence: &'a Sequence, within: Option<Duration>, items: &[SequenceItem]) {
        for (place, item) in items.iter().enumerate() {
            let SequenceItem::Step(Step { repeated: Some(repeated), .. }) = item else { continue };
            if repeated.at_most.is_none() {
                continue;
            }
            self.facts.has_early_row = true;
            self.facts.positive_matters = true;
            if place == 0 && within.is_none() {
                let at = self.at(&sequence.parts[place].span);
                self.say.no_limit(&at);
                self.whole = false;
            }
        }
    }

    /// WF033, WF034w, and that there are bits for all options that look at earlier steps.
    fn check_ties(&mut self, pattern: Option<&Pattern>, unless: &[Unless]) {
        let Some(pattern) = pattern else { return };
        let carriage = &self.scope.context.carriage;
        let positive = &self.facts.positive;
        let everywhere =
            |path: &Path| positive.iter().all(|(class, _)| paths::available(path.start, carriage.of(*class)));
        let labels = &self.scope.labels;
        let label = |bit: u8| {
            labels.iter().find(|label| label.bit == bit).map_or(String::new(), |label| label.name.to_owned())
        };
        let of_unless = unless.iter().map(|unless| &unless.step);
        let mut more = 0;
        for step in pattern.steps().into_iter().chain(of_unless) {
            let asking: Vec<&Cond> =
                step.options.iter().filter_map(|option| option.across.as_ref()).collect();
            more += if step.options.len() > 1 { asking.len() } else { 0 };
            let start = self.bits.get(usize::from(step.bit)).copied().unwrap_or_default();
            let written = uses::steps(self.rule).into_iter().find(|(step, _)| step.span.start == start);
            let at = self.at(&written.map_or(start..start, |(step, _)| step.span.clone()));
            for cond in asking {
                across::report_ties(cond, &label, (&at, &everywhere), self.say);
            }
        }
        if self.bits.len() + more > BITS_MAX {
            let at = self.at(&self.rule.name.span);
            let what = "steps and options that look at earlier steps";
            self.say.too_many(&at, self.bits.len() + more, what, BITS_MAX);
        }
    }

    fn gone(&mut self, step: &'a WrittenStep, place: usize, last: Option<usize>) -> Option<Step> {
        self.facts.has_early_row = true;
        let misplaced = match last {
            _ if place == 0 => Some("first"),
            Some(last) if place < last => None,
            _ => Some("last"),
        };
        if let Some(word) = misplaced {
            let at = self.at(&step.span);
            let class = crate::check::steps::name(step);
            self.say.misplaced_not(&at, word, &class);
            self.whole = false;
        }
        self.negative(step, "not")
    }

    /// ε: twice the greatest error of a clock.
    fn tolerance(&self) -> Duration {
        let error = self.scope.context.environment.known.as_ref().map(|known| known.clock_error);
        error.map_or(Duration::ZERO, |error| error + error)
    }

    /// WF042: with clocks that differ, one event must not fill two places.
    fn check_clock_error(&mut self, sequence: &'a Sequence, items: &[SequenceItem]) {
        if self.tolerance() == Duration::ZERO {
            return;
        }
        let steps: Vec<(usize, &Step)> = items
            .iter()
            .enumerate()
            .filter_map(|(place, item)| match item {
                SequenceItem::Step(step) => Some((place, step)),
                SequenceItem::Not(_) => None,
            })
            .collect();
        for (nth, (place, step)) in steps.iter().enumerate() {
            let repeated = step.repeated.is_some_and(|repeated| repeated.at_least > 1);
            let other = steps[..nth].iter().map(|(_, other)| *other).find(|other| can_be_one(step, other));
            let Some(other) = other.or(Some(*step).filter(|_| repeated)) else { continue };
            let at = self.at(&sequence.parts[*place].span);
            self.say.can_be_one(&at, (&other.name, &step.name), &self.tolerance().to_string());
            self.whole = false;
        }
    }

    /// WF040 and what W is: the window, or the sum of the gaps.
    fn limits(&mut self, sequence: &'a Sequence, within: Option<Option<Duration>>) {
        let steps = sequence.parts.iter().filter_map(|part| match &part.node {
            SequencePart::Step(step) => Some(step),
            SequencePart::Gone(_) => None,
        });
        let mut total = Duration::ZERO;
        for (place, step) in steps.enumerate() {
            let more = i64::from(repetitions(step)) - i64::from(place == 0);
            if more == 0 {
                continue;
            }
            let gap = step.node.tails.iter().find_map(|tail| match &tail.node {
                Tail::Gap(span) => Some(span),
                _ => None,
            });
            match gap {
                Some(span) => {
                    let gap = self.gap(span, within.flatten());
                    total = Duration(total.0.saturating_add(gap.0.saturating_mul(more)));
                }
                None if sequence.within.is_none() => {
                    let at = self.at(&step.span);
                    self.say.no_limit(&at);
                    self.whole = false;
                    return;
                }
                None => {}
            }
        }
        self.facts.window = within.flatten().unwrap_or(total);
    }

    fn gap(&mut self, span: &'a TimeSpan, within: Option<Duration>) -> Duration {
        let gap = self.span(span, Limit::Window).unwrap_or(Duration::ZERO);
        if within.is_some_and(|within| gap > within) {
            let at = self.at(&span.span);
            let text = self.scope.context.text(self.scope.file, &span.span);
            self.say.bad_span(&at, text, "is longer than the window", "at most the window");
        }
        gap
    }

    fn after(&mut self, after: &'a After) -> Option<Pattern> {
        self.facts.has_final_row = true;
        let (within, read_at) =
            self.deadline(after).map_or((None, None), |(within, path)| (Some(within), path));
        let trigger = self.positive(&after.trigger, Terminal::Yes);
        let expect = self.negative(&after.expected, "expect");
        self.check_expected(after);
        self.facts.window = within.unwrap_or(Duration::ZERO);
        Some(Pattern::After { trigger: trigger?, expect: expect?, within: within?, read_at })
    }

    fn check_expected(&mut self, after: &'a After) {
        for tail in &after.expected.node.tails {
            if let Tail::Repeated { at_most: Some(_), .. } = &tail.node {
                let at = self.at(&tail.span);
                let help = "`repeated >= n`: fewer than n are a detection";
                self.say.means_nothing(&at, ("repeated … to …", "expect"), "the steps of `sequence`", help);
                self.whole = false;
            }
        }
    }

    /// The deadline, or the longest one and the path at which it is read.
    fn deadline(&mut self, after: &'a After) -> Option<(Duration, Option<Path>)> {
        if let TimeSpanNode::Path(path) = &after.within.node
            && paths::walk(&words(path)).is_ok()
        {
            let at = self.at(&path.span());
            let Some(at_most) = &after.at_most else {
                self.say.no_upper_limit(&at, &path.dotted());
                return None;
            };
            let at_most = self.span(at_most, Limit::Deadline);
            let classes = self.classes_named(&after.trigger);
            let read_at = self.path_of(path, &classes)?;
            let ty = Type::of(read_at.ty, paths::unit(&read_at));
            if ty != Type::Duration {
                let wanted = ("a duration", "name a field that is one");
                self.say.wrong_dimension(&at, &path.dotted(), &ty.name(), wanted);
                return None;
            }
            return Some((at_most?, Some(read_at)));
        }
        if let Some(at_most) = &after.at_most {
            let at = self.at(&at_most.span);
            let help = "it bounds a deadline that is read from the event";
            self.say.means_nothing(&at, ("at most", "a fixed deadline"), "`within path`", help);
            self.whole = false;
        }
        Some((self.span(&after.within, Limit::Deadline)?, None))
    }

    /// A span that is longer than nothing.
    fn span(&mut self, span: &'a TimeSpan, limit: Limit) -> Option<Duration> {
        let names = (self.scope.file, &self.scope.params);
        let length = context::span(self.scope.context, names, span, limit, self.say);
        let length = self.sure(length)?;
        if length == Duration::ZERO {
            let at = self.at(&span.span);
            let text = self.scope.context.text(self.scope.file, &span.span);
            self.say.bad_span(&at, text, "is zero", "more than 0s");
            self.whole = false;
            return None;
        }
        Some(length)
    }

    // Other clauses.

    fn unless_clauses(&mut self) -> Vec<Unless> {
        let mut all = Vec::new();
        for clause in &self.rule.clauses {
            if let Clause::Unless(unless) = &clause.node {
                let found = self.unless(unless);
                all.extend(self.sure(found));
            }
        }
        all
    }

    fn unless(&mut self, unless: &'a WrittenUnless) -> Option<Unless> {
        let side = match unless.side.node {
            WrittenSide::Before => Side::Before,
            WrittenSide::After => Side::After,
        };
        let limit = if side == Side::Before { Limit::Deadline } else { Limit::Window };
        let within = self.span(&unless.within, limit);
        match side {
            Side::Before => self.facts.has_early_row = true,
            Side::After => {
                self.facts.has_final_row = true;
                self.facts.decided = self.facts.decided.max(within.unwrap_or(Duration::ZERO));
            }
        }
        let step = self.negative(&unless.step, "unless");
        let of = self.labelled_bit(&unless.label);
        Some(Unless { step: step?, within: within?, side, of: of? })
    }

    fn until(&mut self) -> Option<Step> {
        let step = self.rule.clauses.iter().find_map(|clause| match &clause.node {
            Clause::Until(step) => Some(step),
            _ => None,
        })?;
        self.facts.has_early_row = true;
        self.negative(step, "until")
    }

    fn labelled_bit(&mut self, label: &'a Spanned<String>) -> Option<u8> {
        let at = self.at(&label.span);
        let positive: Vec<(&'a WrittenStep, &str)> = uses::steps(self.rule)
            .into_iter()
            .filter(|(_, how)| *how == Use::Positive)
            .filter_map(|(step, _)| Some((step, step.node.label.as_ref()?.node.as_str())))
            .collect();
        match positive.iter().find(|(_, name)| *name == label.node) {
            Some((step, _)) => u8::try_from(self.bit(step)).ok(),
            None if self.scope.labels.iter().any(|known| known.name == label.node) => {
                self.say.no_single_event(&at, &label.node);
                None
            }
            None => {
                if self.rule.complete {
                    self.say.unknown(&at, "step", &label.node, positive.iter().map(|(_, name)| *name));
                }
                None
            }
        }
    }

    fn raise(&mut self, terminal: &[ClassId]) -> Vec<(Level, Cond)> {
        let mut all = Vec::new();
        for clause in &self.rule.clauses {
            let Clause::Raise(raise) = &clause.node else { continue };
            let (cond, reads) = self.cond(&raise.when, terminal);
            self.facts.raise_states.extend(&reads.states);
            all.extend(self.sure(cond).map(|cond| (level(raise.to.node), cond)));
        }
        all
    }

    fn cond(&mut self, cond: &'a WrittenCond, classes: &[ClassId]) -> (Option<Cond>, Reads) {
        let mut reader = Reader::new(self.scope, classes, self.say);
        let cond = reader.cond(cond);
        (cond, reader.reads)
    }

    fn title(&mut self, terminal: &[ClassId]) -> Vec<TitlePart> {
        let texts: Vec<&str> = self.by.iter().map(|part| part.text.as_str()).collect();
        let parts = titles::read(self.scope, (&self.rule.title, &texts), terminal, self.say);
        self.sure(parts).unwrap_or_default()
    }

    fn entities(&mut self, terminal: &[ClassId]) -> EntitySpec {
        let listed = self.rule.clauses.iter().find_map(|clause| match &clause.node {
            Clause::Entities(paths) => Some((paths, &clause.span)),
            _ => None,
        });
        let Some((paths, span)) = listed else { return EntitySpec::Default };
        if paths.len() > CAPTURED_MAX {
            let at = self.at(span);
            self.say.too_many(&at, paths.len(), "captured fields", CAPTURED_MAX);
            self.whole = false;
        }
        let mut all = Vec::new();
        for path in paths {
            let found = self.entity(path, terminal);
            all.extend(self.sure(found));
        }
        EntitySpec::Listed(all)
    }

    fn entity(&mut self, written: &'a WrittenPath, terminal: &[ClassId]) -> Option<EntityPath> {
        let step = labelled(self.rule, written);
        let at = self.at(&written.span());
        if let Some(step) = step {
            let name = step.node.label.as_ref().map(|label| label.node.as_str()).unwrap_or_default();
            if !self.scope.labels.iter().any(|label| label.name == name && label.single) {
                self.say.no_single_event(&at, name);
                return None;
            }
        }
        let classes = match step {
            Some(step) => self.classes_of(step),
            None => terminal.to_vec(),
        };
        let path = self.path_of(&unlabelled(self.rule, written)?, &classes)?;
        let bit = step.map(|step| self.bit(step)).and_then(|bit| u8::try_from(bit).ok());
        Some(EntityPath { step: bit, field: paths::carried_in(&path), path })
    }

    /// A path of an event of these classes and of the site model only.
    fn path_of(&mut self, written: &WrittenPath, classes: &[ClassId]) -> Option<Path> {
        let bare = Scope {
            context: self.scope.context,
            file: self.scope.file,
            params: BTreeMap::new(),
            labels: Vec::new(),
            states: Asking::Allowed,
        };
        Reader::new(&bare, classes, self.say).path(written)
    }

    /// The classes of a step that was not read yet.
    fn classes_named(&self, step: &WrittenStep) -> Vec<ClassId> {
        let context = self.scope.context;
        let classes = step.node.options.iter().flat_map(|option| &option.node.classes);
        classes
            .flat_map(|class| {
                classes::expand(&context.names, &context.graph, &class.node).unwrap_or_default()
            })
            .collect()
    }

    fn classes_of(&self, step: &WrittenStep) -> Vec<ClassId> {
        let at = self.at(&step.span);
        self.facts.positive.iter().filter(|(_, step)| *step == at).map(|(class, _)| *class).collect()
    }

    fn quiet(&mut self) -> Option<Duration> {
        let span = self.rule.clauses.iter().find_map(|clause| match &clause.node {
            Clause::Quiet(span) => Some(span),
            _ => None,
        })?;
        let names = (self.scope.file, &self.scope.params);
        let quiet = context::span(self.scope.context, names, span, Limit::Window, self.say);
        self.sure(quiet)
    }

    fn remaining_clauses(&mut self) {
        for clause in &self.rule.clauses {
            let at = self.at(&clause.span);
            match &clause.node {
                Clause::Timing(Timing::Early) => self.facts.early = Some(at),
                Clause::Timing(Timing::FinalOnly) => self.facts.final_only = Some(at),
                Clause::Mark(mark) => self.facts.marks.push((*mark, at)),
                Clause::Blind(blind) => {
                    self.blind = self.blind_clause(blind, &at);
                    self.whole &= self.blind.is_some();
                }
                Clause::Policy(Policy::Once) => {
                    self.once = true;
                    self.facts.has_early_row = true;
                    self.facts.positive_matters = true;
                }
                other => {
                    if let Some((word, instead)) = not_running_clause(other) {
                        let start = clause.span.start;
                        let at = self.at(&(start..start + first_word(word).len()));
                        self.say.does_not_run(&at, word, instead);
                        self.whole = false;
                    }
                }
            }
        }
    }

    /// `blind`: sources that the state `up` knows, in a rule that relies on some absence.
    fn blind_clause(&mut self, blind: &'a WrittenBlind, at: &At) -> Option<Blind> {
        let context = self.scope.context;
        let absent = |pattern: &WrittenPattern| match pattern {
            WrittenPattern::After(_) => true,
            WrittenPattern::Compare(compare) => matches!(compare.over, CompareOver::Session { .. }),
            WrittenPattern::Sequence(sequence) => {
                sequence.parts.iter().any(|part| matches!(part.node, SequencePart::Gone(_)))
            }
            _ => false,
        };
        let unless = self.rule.clauses.iter().any(|clause| matches!(clause.node, Clause::Unless(_)));
        if !unless && !self.rule.pattern().is_some_and(absent) {
            self.say.blind_for_nothing(at);
            return None;
        }
        let Some(up) = context.names.states.index("up") else {
            self.say.unknown(at, "state", "up", context.names.states.keys());
            return None;
        };
        let state = context.names.states.nth(up)?;
        let keys = context.state_keys(state.node);
        let [Some(wanted)] = keys.as_slice() else {
            let texts: Vec<String> = state.node.by.iter().map(WrittenPath::dotted).collect();
            self.say.wrong_key_count(at, "up", &texts, 1);
            return None;
        };
        self.facts.raise_states.insert(up);
        let terminal: Vec<ClassId> = self.facts.terminal.iter().copied().collect();
        let mut sources = Vec::new();
        for written in &blind.paths {
            let path = self.path_of(written, &terminal)?;
            if !fits_state_key("device", *wanted, path.ty) {
                let (found, wanted) = (Type::of(path.ty, Unit::None), Type::of(*wanted, Unit::None));
                self.say.wrong_argument(&self.at(&written.span()), "blind", &found.name(), &wanted.name());
                return None;
            }
            sources.push(path);
        }
        let severity = blind.severity.as_ref().map(|severity| level(severity.node));
        Some(Blind { sources, severity, up })
    }

    fn count_bounds(&mut self) {
        let at = self.at(&self.rule.name.span);
        for (count, what, limit) in
            [(self.bits.len(), "steps", STEPS_MAX), (self.by.len(), "key parts", KEY_PARTS_MAX)]
        {
            if count > limit {
                self.say.too_many(&at, count, what, limit);
                self.whole = false;
            }
        }
    }

    fn meta(&self) -> Meta {
        let mut meta = Meta::default();
        let notes = self.rule.clauses.iter().filter_map(|clause| match &clause.node {
            Clause::Meta(notes) => Some(notes),
            _ => None,
        });
        for note in notes.flatten() {
            match &note.node {
                Note::Texts { kind, texts } => add_note(&mut meta, kind.node, texts),
                Note::Type(name) => meta.incident_type = name.node.as_str().into(),
                Note::Status(_) => {}
            }
        }
        meta
    }
}

/// How often a step stands in its chain.
fn repetitions(step: &WrittenStep) -> u32 {
    let times = step.node.tails.iter().find_map(|tail| match &tail.node {
        Tail::Repeated { at_least, .. } => constants::number(&at_least.node),
        _ => None,
    });
    match times {
        Some(Constant::Int(n)) => u32::try_from(n).unwrap_or(1),
        _ => 1,
    }
}

/// Whether one event can satisfy both steps: some class is common to two options, and no field is asked to equal two
/// different constants.
fn can_be_one(a: &Step, b: &Step) -> bool {
    let pairs = a.options.iter().flat_map(|a| b.options.iter().map(move |b| (a, b)));
    pairs.into_iter().any(|(a, b)| {
        let common = a.classes.iter().any(|class| b.classes.contains(class));
        let (a, b) = (equalities(a.condition.as_ref()), equalities(b.condition.as_ref()));
        let excluded = a.iter().any(|(path, value)| b.iter().any(|(p, v)| p == path && v != value));
        common && !excluded
    })
}

/// What fields have to be equal to.
fn equalities(cond: Option<&Cond>) -> Vec<(Arc<str>, Constant)> {
    match cond {
        Some(Cond::Compare(Expr::Path(path), Op::Equal, Expr::Constant(value))) if !path.many => {
            vec![(path.text.clone(), value.clone())]
        }
        Some(Cond::And(parts)) => parts.iter().flat_map(|part| equalities(Some(part))).collect(),
        _ => Vec::new(),
    }
}

/// Whether a match can end at a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Terminal {
    Yes,
    No,
}

fn add_note(meta: &mut Meta, kind: NoteKind, texts: &[Spanned<Text>]) {
    let entries = || texts.iter().map(|text| Arc::from(text.node.value.as_str()));
    let joined = || {
        let texts: Vec<&str> = texts.iter().map(|text| text.node.value.as_str()).collect();
        Arc::from(texts.join(" "))
    };
    match kind {
        NoteKind::Why => meta.why = joined(),
        NoteKind::Owner => meta.owner = joined(),
        NoteKind::Procedure => meta.procedure = joined(),
        NoteKind::Attack => meta.attack.extend(entries()),
        NoteKind::FalsePositives => meta.false_positives.extend(entries()),
        NoteKind::References => meta.references.extend(entries()),
    }
}

/// The level that a word of the text means.
pub(crate) fn level(level: crate::syntax::tree::Level) -> Level {
    use crate::syntax::tree::Level as Written;
    match level {
        Written::Critical => Level::Critical,
        Written::High => Level::High,
        Written::Medium => Level::Medium,
        Written::Low => Level::Low,
        Written::Maintenance => Level::Maintenance,
    }
}

/// Only the first word is marked: comments may stand before the second.
fn first_word(words: &str) -> &str {
    words.split(' ').next().unwrap_or_default()
}

fn not_running_clause(clause: &Clause) -> Option<(&'static str, &'static str)> {
    match clause {
        Clause::Absorb(_) => Some(("absorb", "leave it out")),
        _ => None,
    }
}

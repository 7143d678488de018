//! One rule: its clauses become a checked rule, and facts about it from which classes and waits are derived
//! once all rules are read. Here it is put together; what each kind of pattern and clause means is in the modules below.

mod absence;
mod aggregates;
mod clauses;
mod clear;
mod keys;
mod narrowing;
mod reporting;
mod scope;
mod sequences;
mod steps;
mod windows;

use crate::check::conditions::Scope;
use crate::check::context::{self, Context, Limit};
use crate::check::names::{Declared, on_trial};
use crate::check::say::{At, Say};
use crate::check::steps::ByPart;
use crate::check::uses;
use crate::syntax::tree::{
    Clause, Cond as WrittenCond, Mark, Pattern as WrittenPattern, Rule as WrittenRule, TimeSpan,
};
use crate::tree::{Blind, EntitySpec, KeySpec, Pattern, Rule, TitlePart};
use event::alert::{Emission, Level};
use event::class::ClassId;
use event::id::Id;
use event::time::Duration;
use std::collections::BTreeSet;
use steps::Terminal;

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
    let scope = scope::scope(context, declared, say);
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
        absorb: BTreeSet::new(),
    };
    reader.read()
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
    absorb: BTreeSet<u32>,
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
            absorb: self.absorb.iter().copied().collect(),
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
            print: Id::default(),
        })
    }

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

    fn at(&self, span: &std::ops::Range<usize>) -> At {
        At::new(self.scope.file, span)
    }

    /// Takes the value, or notes that the rule has a hole.
    fn sure<T>(&mut self, value: Option<T>) -> Option<T> {
        self.whole &= value.is_some();
        value
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

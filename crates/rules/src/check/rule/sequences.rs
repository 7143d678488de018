//! `sequence`: steps in order, what must not stand between them, and how long all of it may take (language.md §4.1).
//! Not how a chain is found: the plan is made of what this gives.

use super::RuleReader;
use super::steps::Terminal;
use crate::check::constants;
use crate::check::context::Limit;
use crate::syntax::tree::{Sequence, SequencePart, Step as WrittenStep, Tail, TimeSpan};
use crate::tree::{Cond, Constant, Expr, Op, Pattern, SequenceItem, Step};
use event::time::Duration;
use std::sync::Arc;

impl<'a> RuleReader<'_, '_, 'a> {
    pub(super) fn sequence(&mut self, sequence: &'a Sequence) -> Option<Pattern> {
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
    pub(super) fn tolerance(&self) -> Duration {
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

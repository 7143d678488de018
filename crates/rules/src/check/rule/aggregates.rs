//! `compare`, `speed` and `first`: patterns that make something of the values of events (language.md §4.1).

use super::RuleReader;
use super::steps::Terminal;
use crate::check::across;
use crate::check::conditions::Reader;
use crate::check::constants;
use crate::check::context::Limit;
use crate::check::paths::{self, unit};
use crate::check::steps::ByPart;
use crate::check::types::{Type, crosses_sites, makes_key};
use crate::syntax::tree::{
    Aggregate as WrittenAggregate, AggregateFunction, Compare, CompareOver, Cond as WrittenCond, First,
    Spanned, Speed, TimeSpan, Unusual,
};
use crate::tree::{Aggregate, Cond, Constant, Expr, Function, Op, Over, Pattern, Per};
use event::field;
use event::time::Duration;
use event::value::Micro;
use site::path::Path;

/// A session without `at most` is closed after so many gaps.
const GAPS_MAX: i64 = 20;
const DAY: i64 = 86_400_000_000_000;

/// What conditions may name: aggregates with the types of their values.
pub(crate) type Named = Vec<(String, Type)>;

impl<'a> RuleReader<'_, '_, 'a> {
    pub(super) fn speed(&mut self, speed: &'a Speed) -> Option<Pattern> {
        let within = self.window(&speed.within);
        let step = self.positive(&speed.of, Terminal::Yes);
        let above = self.amount(&speed.above, Type::Speed);
        let distance = match &speed.distance {
            Some(distance) => self.amount(distance, Type::Length),
            None => Some(Constant::Float(Micro(0))),
        };
        let places = ["geo", "src.geo", "site.geo"];
        let place: Vec<Path> =
            places.iter().filter_map(|way| paths::walk(&way.split('.').collect::<Vec<_>>()).ok()).collect();
        // Only the place of a site is exact.
        let carriage = &self.scope.context.carriage;
        let inexact = |class: &event::class::ClassId| {
            [field::GEO, field::SRC_GEO].into_iter().any(|field| carriage.of(*class).has(field))
        };
        self.facts.has_early_row |= self.facts.terminal.iter().any(inexact);
        let (Constant::Float(above), Constant::Float(distance)) = (above?, distance?) else { return None };
        Some(Pattern::Speed { above, distance, step: step?, within: within?, place })
    }

    pub(super) fn compare(&mut self, compare: &'a Compare) -> Option<Pattern> {
        let over = self.over(&compare.over);
        let aggregates: Vec<Option<(Aggregate, Type)>> =
            compare.aggregates.iter().map(|one| self.aggregate(one)).collect();
        self.check_names(compare);
        let aggregates = aggregates.into_iter().collect::<Option<Vec<_>>>()?;
        let named = aggregates.iter().map(|(one, ty)| (one.name.to_string(), *ty)).collect();
        let fire = self.of_aggregates(&compare.fire, named, "fire when")?;
        let aggregates: Vec<Aggregate> = aggregates.into_iter().map(|(one, _)| one).collect();
        let only_grows = matches!(over, Some(Over::Window(_))) && only_grows(&fire, &aggregates);
        self.facts.has_early_row |= !only_grows;
        self.facts.positive_matters |= !only_grows;
        Some(Pattern::Compare { aggregates, over: over?, fire })
    }

    fn over(&mut self, over: &'a CompareOver) -> Option<Over> {
        let (gap, at_most) = match over {
            CompareOver::Within(span) => return self.window(span).map(Over::Window),
            CompareOver::Session { gap, at_most } => (gap, at_most),
        };
        let gap_length = self.span(gap, Limit::Window)?;
        let longest = match at_most {
            Some(at_most) => self.session_length(at_most, gap_length)?,
            None => Duration(gap_length.0.saturating_mul(GAPS_MAX)),
        };
        self.facts.has_final_row = true;
        self.facts.decided = self.facts.decided.max(gap_length);
        self.facts.window = gap_length;
        Some(Over::Session { gap: gap_length, at_most: longest })
    }

    fn session_length(&mut self, at_most: &'a TimeSpan, gap: Duration) -> Option<Duration> {
        let length = self.span(at_most, Limit::Window)?;
        if length < gap {
            let at = self.at(&at_most.span);
            let text = self.scope.context.text(self.scope.file, &at_most.span);
            self.say.bad_span(&at, text, "is shorter than the gap", "at least the gap");
            return None;
        }
        Some(length)
    }

    fn aggregate(&mut self, one: &'a Spanned<WrittenAggregate>) -> Option<(Aggregate, Type)> {
        let step = self.positive(&one.node.of, Terminal::Yes);
        let function = function(one.node.function.node);
        let (value, ty) = match &one.node.value {
            Some(written) => {
                let path = self.value_of(written, &one.node.of)?;
                let ty = Type::of(path.ty, unit(&path));
                let fits = match function {
                    Function::Distinct => makes_key(path.ty),
                    _ => ty.is_measure(),
                };
                if !fits {
                    let at = self.at(&written.span());
                    let wanted = ("a number or a duration", "`distinct` counts other values");
                    self.say.wrong_dimension(&at, &written.dotted(), &ty.name(), wanted);
                    return None;
                }
                (Some(path), if function == Function::Distinct { Type::Number } else { ty })
            }
            None => (None, Type::Number),
        };
        Some((Aggregate { name: one.node.name.node.as_str().into(), function, value, step: step? }, ty))
    }

    fn check_names(&mut self, compare: &'a Compare) {
        for (at, one) in compare.aggregates.iter().enumerate() {
            let name = &one.node.name;
            let first = compare.aggregates[..at].iter().find(|first| first.node.name.node == name.node);
            if let Some(first) = first {
                let (at, first) = (self.at(&name.span), self.at(&first.node.name.span));
                self.say.declared_twice(&at, &name.node, "value of this `compare`", &first);
                self.whole = false;
            }
        }
    }

    /// A condition on aggregates and constants.
    pub(super) fn of_aggregates(
        &mut self,
        written: &'a WrittenCond,
        named: Named,
        clause: &str,
    ) -> Option<Cond> {
        let mut reader = Reader { aggregates: Some(&named), ..Reader::new(self.scope, &[], self.say) };
        let cond = reader.cond(written)?;
        if across::asks_states(&cond) || across::asks_calendars(&cond) {
            let at = self.at(&written.span);
            let help = "`while` narrows the events that are counted";
            self.say.means_nothing(&at, ("a state or calendar", clause), "conditions of steps", help);
            return None;
        }
        Some(cond)
    }

    pub(super) fn unusual(&mut self, unusual: &'a Unusual) -> Option<Pattern> {
        let step = self.positive(&unusual.of, Terminal::Yes);
        let above = match constants::number(&unusual.sigma.node) {
            Some(Constant::Int(n)) => n.checked_mul(1_000_000).map(Micro),
            Some(Constant::Float(x)) => Some(x),
            _ => None,
        };
        let length = self.span(&unusual.per, Limit::Deadline);
        self.facts.has_final_row = true;
        self.facts.positive_matters = true;
        self.facts.window = length.unwrap_or(Duration::ZERO);
        let at = self.at(&unusual.per.span);
        let (per, what) = match length?.0 {
            DAY => (Per::Day, "days"),
            hour if hour == DAY / 24 => (Per::Hour, "hours"),
            _ => {
                let text = self.scope.context.text(self.scope.file, &unusual.per.span);
                self.say.bad_span(&at, text, "is no bucket", "1h or 1d");
                return None;
            }
        };
        if !has_site(self.by) {
            let key: Vec<&str> = self.by.iter().map(|part| part.text.as_str()).collect();
            self.say.needs_site(&at, &key.join(", "), ("unusual", what));
            return None;
        }
        Some(Pattern::Unusual { above: above?, step: step?, per })
    }

    pub(super) fn first(&mut self, first: &'a First) -> Option<Pattern> {
        let step = self.positive(&first.of, Terminal::Yes);
        let value = self.value_of(&first.value, &first.of);
        let within = self.span(&first.within, Limit::Deadline);
        let learning = match &first.learning {
            Some(learning) => Some(self.span(learning, Limit::Deadline)?),
            None => None,
        };
        self.facts.has_early_row = true;
        self.facts.positive_matters = true;
        if let Some(within) = within.filter(|within| within.0 % DAY != 0) {
            let at = self.at(&first.within.span);
            self.say.bad_span(&at, &within.to_string(), "is no whole day", "1d, 2d …");
            return None;
        }
        let value = value?;
        if !makes_key(value.ty) {
            let at = self.at(&first.value.span());
            self.say.no_key_type(&at, &first.value.dotted(), &Type::of(value.ty, unit(&value)).name());
            return None;
        }
        Some(Pattern::First { value, step: step?, within: within?, learning })
    }
}

/// Counts by local hours or days need the clock of one site.
fn has_site(keys: &[ByPart<'_>]) -> bool {
    keys.iter().any(|part| part.path.as_ref().is_some_and(|path| !crosses_sites(path.ty)))
}

fn function(written: AggregateFunction) -> Function {
    match written {
        AggregateFunction::Count => Function::Count,
        AggregateFunction::Sum => Function::Sum,
        AggregateFunction::Distinct => Function::Distinct,
        AggregateFunction::Min => Function::Min,
        AggregateFunction::Max => Function::Max,
        AggregateFunction::Avg => Function::Avg,
    }
}

/// Whether a late hit can only make the condition true: `count` and `distinct` at least a constant, joined.
fn only_grows(cond: &Cond, aggregates: &[Aggregate]) -> bool {
    match cond {
        Cond::And(parts) | Cond::Or(parts) => parts.iter().all(|part| only_grows(part, aggregates)),
        Cond::Compare(Expr::Aggregate(at), Op::AtLeast, Expr::Constant(_)) => aggregates
            .get(*at)
            .is_some_and(|one| matches!(one.function, Function::Count | Function::Distinct)),
        _ => false,
    }
}

//! Patterns that look at all hits of a window: `all`, `any`, `count`, `distinct`, `sum` (language.md §4.1).

use super::RuleReader;
use super::steps::Terminal;
use crate::check::constants;
use crate::check::context;
use crate::check::context::Limit;
use crate::check::paths::unit;
use crate::check::types::{Type, makes_key};
use crate::syntax::tree::{
    All, Amount, Any, Count, Distinct, Literal, Path as WrittenPath, Spanned, Step as WrittenStep, TimeSpan,
    Total,
};
use crate::tree::{Constant, Pattern, Step};
use event::time::Duration;
use site::path::{Path, Start};

const COUNT_MAX: i64 = 4_096;
/// Beyond it different values are not counted exactly.
const DISTINCT_MAX: i64 = 1_024;

impl<'a> RuleReader<'_, '_, 'a> {
    pub(super) fn all(&mut self, all: &'a All) -> Option<Pattern> {
        let within = self.window(&all.within);
        let steps = self.any_order(&all.steps);
        let steps = steps?;
        Some(Pattern::Any { at_least: u32::try_from(steps.len()).ok()?, steps, within: within? })
    }

    pub(super) fn any(&mut self, any: &'a Any) -> Option<Pattern> {
        let within = self.window(&any.within);
        let steps = self.any_order(&any.steps);
        let at = self.at(&any.at_least.span);
        let at_least = constants::number(&any.at_least.node);
        let most = any.steps.len();
        let at_least = match at_least {
            Some(Constant::Int(n)) if (1..=most as i64).contains(&n) => u32::try_from(n).ok(),
            _ => {
                let text = self.scope.context.text(self.scope.file, &any.at_least.span);
                self.say.bad_span(&at, text, "is no number of these steps", &format!("1 to {most}"));
                None
            }
        };
        Some(Pattern::Any { at_least: at_least?, steps: steps?, within: within? })
    }

    fn any_order(&mut self, steps: &'a [WrittenStep]) -> Option<Vec<Step>> {
        let steps: Vec<Option<Step>> = steps.iter().map(|step| self.positive(step, Terminal::Yes)).collect();
        steps.into_iter().collect()
    }

    pub(super) fn count(&mut self, count: &'a Count) -> Option<Pattern> {
        let at_least = self.at_least(&count.at_least, COUNT_MAX);
        let within = self.window(&count.within);
        let step = self.positive(&count.of, Terminal::Yes);
        Some(Pattern::Count { at_least: at_least?, step: step?, within: within? })
    }

    pub(super) fn distinct(&mut self, distinct: &'a Distinct) -> Option<Pattern> {
        let at_least = self.at_least(&distinct.at_least, DISTINCT_MAX);
        let within = self.window(&distinct.within);
        let step = self.positive(&distinct.of, Terminal::Yes);
        let value = self.value_of(&distinct.value, &distinct.of);
        if let Some(path) = value.as_ref().filter(|path| !makes_key(path.ty)) {
            let at = self.at(&distinct.value.span());
            self.say.no_key_type(&at, &distinct.value.dotted(), &Type::of(path.ty, unit(path)).name());
            return None;
        }
        Some(Pattern::Distinct { value: value?, at_least: at_least?, step: step?, within: within? })
    }

    pub(super) fn total(&mut self, total: &'a Total) -> Option<Pattern> {
        let within = self.window(&total.within);
        let step = self.positive(&total.of, Terminal::Yes);
        let value = self.value_of(&total.value, &total.of)?;
        let ty = Type::of(value.ty, unit(&value));
        if !ty.is_measure() {
            let at = self.at(&total.value.span());
            let wanted =
                ("a number, a length, a speed, a size or a duration", "`distinct` counts other values");
            self.say.wrong_dimension(&at, &total.value.dotted(), &ty.name(), wanted);
            return None;
        }
        let at_least = self.amount(&total.at_least, ty)?;
        // Only of what is never negative a sum can but grow.
        let shrinks = !is_never_negative(&value);
        self.facts.has_early_row |= shrinks;
        self.facts.positive_matters |= shrinks;
        Some(Pattern::Sum { value, at_least, step: step?, within: within? })
    }

    pub(super) fn value_of(&mut self, written: &'a WrittenPath, step: &'a WrittenStep) -> Option<Path> {
        let classes = self.classes_of(step);
        self.path_of(written, &classes)
    }

    /// An amount of the same dimension as what it is compared with.
    pub(super) fn amount(&mut self, amount: &'a Spanned<Amount>, wanted: Type) -> Option<Constant> {
        let at = self.at(&amount.span);
        let found = match &amount.node {
            Amount::Number(number) => constants::literal(&Literal::Number(number.clone())),
            Amount::Duration(duration) => constants::literal(&Literal::Duration(duration.clone())),
            Amount::Quantity(quantity) => constants::literal(&Literal::Quantity(quantity.clone())),
            Amount::Path(path) => {
                let param = context::find_param(self.scope.context, &self.scope.params, path, &at, self.say)?;
                constants::typed_param(param)
            }
        };
        let text = self.scope.context.text(self.scope.file, &amount.span);
        match found {
            Some((constant, ty)) if ty == wanted => Some(constant),
            Some((_, ty)) => {
                self.say.wrong_dimension(&at, text, &ty.name(), (&wanted.name(), wanted.literal()));
                None
            }
            None => {
                self.say.wrong_dimension(&at, text, "no amount", (&wanted.name(), wanted.literal()));
                None
            }
        }
    }

    /// How many at least: 1 to `most`.
    fn at_least(&mut self, amount: &'a Spanned<Amount>, most: i64) -> Option<u32> {
        let at = self.at(&amount.span);
        let text = self.scope.context.text(self.scope.file, &amount.span);
        let constant = match &amount.node {
            Amount::Number(number) => constants::number(number),
            Amount::Path(path) => {
                let param = context::find_param(self.scope.context, &self.scope.params, path, &at, self.say)?;
                constants::of_param(param)
            }
            Amount::Duration(_) | Amount::Quantity(_) => None,
        };
        match constant {
            Some(Constant::Int(n)) if (1..=most).contains(&n) => u32::try_from(n).ok(),
            Some(Constant::Int(n)) if n > most => {
                self.say.too_large(&at, &format!("count of {n}"), &most.to_string());
                None
            }
            Some(Constant::Int(_)) => {
                self.say.bad_span(&at, text, "is less than 1", &format!("1 to {most}"));
                None
            }
            _ => {
                self.say.wrong_dimension(
                    &at,
                    text,
                    "no whole number",
                    ("a whole number", "write a plain number"),
                );
                None
            }
        }
    }

    pub(super) fn window(&mut self, span: &'a TimeSpan) -> Option<Duration> {
        let window = self.span(span, Limit::Window);
        self.facts.window = window.unwrap_or(Duration::ZERO);
        window
    }
}

/// Whether the path is a field that the table says is never below zero.
fn is_never_negative(path: &Path) -> bool {
    matches!(path.start, Start::Field(field) if path.hops.is_empty() && field.def().non_negative)
}

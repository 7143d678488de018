//! `clear when c` (language.md §4.2): a condition on what the pattern counts, and that every alert ends: an alert that
//! stays when nothing is left in the window would wait for ever.

use super::RuleReader;
use crate::check::paths::unit;
use crate::check::types::Type;
use crate::syntax::tree::{Clause, Cond as WrittenCond, Pattern as WrittenPattern};
use crate::tree::{Aggregate, Arithmetic, Cond, Constant, Expr, Function, Group, Op, Pattern};

const MILLION: i128 = 1_000_000;

impl<'a> RuleReader<'_, '_, 'a> {
    pub(super) fn clear_when(&mut self, pattern: Option<&Pattern>) -> Option<Cond> {
        let (written, clause) = self.rule.clauses.iter().find_map(|clause| match &clause.node {
            Clause::ClearWhen(cond) => Some((cond, &clause.span)),
            _ => None,
        })?;
        self.facts.has_early_row = true;
        self.facts.positive_matters = true;
        self.check_quiet();
        let pattern = pattern?;
        let counted = pattern.counted();
        if counted.is_empty() {
            let at = self.at(&(clause.start..clause.start + "clear".len()));
            let with = self.rule.pattern().map_or("", name);
            let help = "`quiet` says how long nothing may be detected within an alert";
            let patterns = "`count`, `distinct`, `sum` and `compare … within`";
            self.say.means_nothing(&at, ("clear when", with), patterns, help);
            self.whole = false;
            return None;
        }
        let named = counted.iter().map(|one| (one.name.to_string(), type_of(one))).collect();
        let cond = self.of_aggregates(written, named, "clear when");
        let cond = self.sure(cond)?;
        self.check_ends(&cond, written, &counted);
        Some(cond)
    }

    /// "`quiet` plays no part."
    fn check_quiet(&mut self) {
        let quiet = self.rule.clauses.iter().find(|clause| matches!(clause.node, Clause::Quiet(_)));
        if let Some(quiet) = quiet {
            let at = self.at(&quiet.span);
            let help = "remove it: the alert ends when it is clear";
            self.say.means_nothing(&at, ("quiet", "clear when"), "rules that are not cleared", help);
            self.whole = false;
        }
    }

    fn check_ends(&mut self, cond: &Cond, written: &'a WrittenCond, counted: &[Aggregate]) {
        if holds(cond, counted) != Some(true) {
            let at = self.at(&written.span);
            let one = &counted[0];
            let help = match is_missing(one) {
                true => format!("… or not {} exists", one.name),
                false => format!("… or {} = 0", one.name),
            };
            self.say.never_clear(&at, &help);
            self.whole = false;
        }
    }
}

/// How a pattern is called that counts nothing over a window.
fn name(pattern: &WrittenPattern) -> &'static str {
    match pattern {
        WrittenPattern::When(_) => "when",
        WrittenPattern::Sequence(_) => "sequence",
        WrittenPattern::All(_) => "all",
        WrittenPattern::Any(_) => "any",
        WrittenPattern::After(_) => "after",
        WrittenPattern::Speed(_) => "speed",
        WrittenPattern::First(_) => "first",
        WrittenPattern::Unusual(_) => "unusual",
        WrittenPattern::Compare(_) => "session",
        WrittenPattern::Count(_) | WrittenPattern::Distinct(_) | WrittenPattern::Total(_) => "this pattern",
    }
}

fn type_of(one: &Aggregate) -> Type {
    match (&one.value, one.function) {
        (Some(path), Function::Sum | Function::Min | Function::Max | Function::Avg) => {
            Type::of(path.ty, unit(path))
        }
        _ => Type::Number,
    }
}

/// "Empty aggregates: count, sum, distinct are 0; min, max, avg are missing."
fn is_missing(one: &Aggregate) -> bool {
    matches!(one.function, Function::Min | Function::Max | Function::Avg)
}

/// Whether the condition holds over nothing; none: that cannot be told here.
fn holds(cond: &Cond, of: &[Aggregate]) -> Option<bool> {
    let sure = |parts: &[Cond], all: bool| {
        let known: Vec<Option<bool>> = parts.iter().map(|part| holds(part, of)).collect();
        if known.contains(&Some(!all)) {
            return Some(!all);
        }
        known.iter().all(Option::is_some).then_some(all)
    };
    match cond {
        Cond::And(parts) => sure(parts, true),
        Cond::Or(parts) => sure(parts, false),
        Cond::Not(part) => holds(part, of).map(|holds| !holds),
        Cond::Compare(left, op, right) => compare(value(left, of)?, *op, value(right, of)?),
        Cond::In(left, Group::Items(items)) => {
            let left = value(left, of)?;
            let equal = items.iter().map(|item| compare(left, Op::Equal, value(item, of)?));
            equal.collect::<Option<Vec<bool>>>().map(|equal| equal.contains(&true))
        }
        Cond::Exists(expr) => Some(value(expr, of)?.is_some()),
        _ => None,
    }
}

/// What is missing compares with nothing.
fn compare(left: Option<i128>, op: Op, right: Option<i128>) -> Option<bool> {
    let (Some(left), Some(right)) = (left, right) else { return Some(false) };
    Some(match op {
        Op::Equal => left == right,
        Op::NotEqual => left != right,
        Op::Less => left < right,
        Op::AtMost => left <= right,
        Op::Greater => left > right,
        Op::AtLeast => left >= right,
    })
}

/// In millionths, durations in ns; `Some(None)`: missing. None: that cannot be told here.
fn value(expr: &Expr, of: &[Aggregate]) -> Option<Option<i128>> {
    match expr {
        Expr::Aggregate(at) => of.get(*at).map(|one| (!is_missing(one)).then_some(0)),
        Expr::Constant(Constant::Int(n)) => Some(Some(i128::from(*n) * MILLION)),
        Expr::Constant(Constant::Float(x)) => Some(Some(i128::from(x.0))),
        Expr::Constant(Constant::Duration(d)) => Some(Some(i128::from(d.0))),
        Expr::Negate(inner) => Some(value(inner, of)?.map(|n| -n)),
        Expr::Abs(inner) => Some(value(inner, of)?.map(i128::abs)),
        Expr::Arithmetic(left, op, right) => {
            let (Some(left), Some(right)) = (value(left, of)?, value(right, of)?) else { return Some(None) };
            match op {
                Arithmetic::Add => Some(left.checked_add(right)),
                Arithmetic::Subtract => Some(left.checked_sub(right)),
                Arithmetic::Multiply if left == 0 || right == 0 => Some(Some(0)),
                Arithmetic::Divide if right == 0 => Some(None),
                Arithmetic::Divide if left == 0 => Some(Some(0)),
                // Roundings and units: two constants, which an author works out himself.
                Arithmetic::Multiply | Arithmetic::Divide => None,
            }
        }
        _ => None,
    }
}

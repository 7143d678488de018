//! What a pattern still waits for, in words, by kind of pattern.

use super::progress::{Measured, Progress};
use super::words::{Words, constant_text};
use super::{Missing, Teller, aggregates};
use crate::tree::{Over, Pattern, Per, Rule, SequenceItem, Step};
use event::time::{Duration, Timestamp};
use event::value::Micro;

/// A pattern in a few words.
pub(super) fn pattern_text(rule: &Rule) -> String {
    match &rule.pattern {
        Pattern::When(_) => "when".to_owned(),
        Pattern::Sequence { within: Some(within), .. } => format!("sequence within {within}"),
        Pattern::Sequence { within: None, .. } => "sequence".to_owned(),
        Pattern::Count { at_least, within, .. } => format!("count >= {at_least} within {within}"),
        Pattern::Any { at_least, steps, within } if *at_least as usize == steps.len() => {
            format!("all within {within}")
        }
        Pattern::Any { at_least, within, .. } => format!("any {at_least} within {within}"),
        Pattern::Distinct { value, at_least, within, .. } => {
            format!("distinct {} >= {at_least} within {within}", value.text)
        }
        Pattern::Sum { value, at_least, within, .. } => {
            format!("sum {} >= {} within {within}", value.text, constant_text(at_least))
        }
        Pattern::After { within, .. } => format!("after, expect within {within}"),
        Pattern::Speed { above, distance, within, .. } => {
            format!("speed > {above} m/s and distance >= {distance} metres within {within}")
        }
        Pattern::Compare { over: Over::Window(within), .. } => format!("compare within {within}"),
        Pattern::Compare { over: Over::Session { gap, .. }, .. } => format!("compare session gap {gap}"),
        Pattern::Unusual { above, per, .. } => {
            format!("unusual count > {above} sigma per {}", per_text(*per))
        }
        Pattern::First { value, within, .. } => format!("first {} within {within}", value.text),
    }
}

fn per_text(per: Per) -> &'static str {
    match per {
        Per::Hour => "1h",
        Per::Day => "1d",
    }
}

/// What is missing.
pub(super) fn missing(teller: &Teller<'_>, progress: &Progress) -> Vec<Missing> {
    let until = Some(progress.until).filter(|until| *until != i64::MAX).map(Timestamp);
    let one = |what: String| vec![Missing { what, until }];
    match &teller.tree.pattern {
        Pattern::When(step) => one(format!("an event of `{}`", step.name)),
        Pattern::Sequence { items, .. } => sequence(teller, progress, items),
        Pattern::Count { at_least, step, .. } => {
            let more = u64::from(*at_least).saturating_sub(progress.there.len() as u64);
            if more == 0 { Vec::new() } else { one(format!("{more} more of `{}`", step.name)) }
        }
        Pattern::Any { at_least, steps, .. } => some_of(progress, *at_least, steps, until),
        Pattern::Distinct { value, at_least, step, .. } => {
            let Measured::Number(have) = progress.measured else {
                return one(format!("{at_least} different {} of `{}`", value.text, step.name));
            };
            let more = i128::from(*at_least) - have;
            match more > 0 {
                true => {
                    one(format!("{more} more different {} of `{}`: there are {have}", value.text, step.name))
                }
                false => Vec::new(),
            }
        }
        Pattern::Sum { value, at_least, step, .. } => {
            let wanted = constant_text(at_least);
            let have = match progress.measured {
                Measured::Number(sum) => sum_text(value.ty == event::field::FieldType::Duration, sum),
                _ => "0".to_owned(),
            };
            one(format!("the sum of {} of `{}` is {have}, {wanted} are wanted", value.text, step.name))
        }
        Pattern::After { trigger, expect, .. } => match progress.there.is_empty() {
            true => one(format!("an event of `{}`", trigger.name)),
            false => one(format!("`{}` is expected; without it the rule fires at the end", expect.name)),
        },
        Pattern::Speed { step, .. } => {
            one(format!("another event of `{}` too far away to get there so fast", step.name))
        }
        Pattern::Compare { fire, .. } => {
            let names = aggregates(teller.tree);
            let (rules, steps) = (&teller.machine.program.tree, teller.step_names());
            let words = Words { rules, steps, aggregates: &names };
            let values = match &progress.measured {
                Measured::Aggregates(values) => values.clone(),
                _ => Vec::new(),
            };
            let values: Vec<String> =
                names.iter().zip(&values).map(|(name, value)| format!("{name} is {value}")).collect();
            let told = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
            one(format!("`{}` has to hold{told}", words.condition(fire)))
        }
        Pattern::Unusual { step, per, .. } => {
            one(format!("unusually many of `{}` in one bucket of {}", step.name, per_text(*per)))
        }
        Pattern::First { value, step, within, .. } => {
            one(format!("an event of `{}` with a {} that was not there for {within}", step.name, value.text))
        }
    }
}

fn sum_text(is_duration: bool, sum: i128) -> String {
    let word = i64::try_from(sum);
    match (is_duration, word) {
        (true, Ok(ns)) => Duration(ns).to_string(),
        (false, Ok(micro)) => Micro(micro).to_string(),
        (_, Err(_)) => sum.to_string(),
    }
}

/// The next step, what must not come before it, and what comes behind.
fn sequence(teller: &Teller<'_>, progress: &Progress, items: &[SequenceItem]) -> Vec<Missing> {
    let until = Some(progress.until).filter(|until| *until != i64::MAX).map(Timestamp);
    let Some((mask, times)) = progress.next else { return Vec::new() };
    let is_next = |item: &SequenceItem| matches!(item, SequenceItem::Step(step) if 1u16 << step.bit == mask);
    let Some(at) = items.iter().position(is_next) else { return Vec::new() };
    let next = teller.step_name(mask);
    let next = if times > 1 { format!("{times} more of `{next}`") } else { format!("an event of `{next}`") };
    let mut missing = vec![Missing { what: next, until }];
    let nots = items[..at].iter().rev().map_while(|item| match item {
        SequenceItem::Not(step) => Some(step),
        SequenceItem::Step(_) => None,
    });
    for step in nots.filter(|_| !progress.there.is_empty()) {
        missing.push(Missing { what: format!("and no `{}` before it", step.name), until: None });
    }
    for item in &items[at + 1..] {
        let what = match item {
            SequenceItem::Step(step) => format!("then an event of `{}`", step.name),
            SequenceItem::Not(step) => format!("then no `{}`", step.name),
        };
        missing.push(Missing { what, until: None });
    }
    missing
}

fn some_of(progress: &Progress, at_least: u32, steps: &[Step], until: Option<Timestamp>) -> Vec<Missing> {
    let have = progress.there.iter().fold(0, |all, (steps, _)| all | steps);
    let lacking = steps.iter().filter(|step| have & (1 << step.bit) == 0);
    let names: Vec<String> = lacking.map(|step| format!("`{}`", step.name)).collect();
    let more = (at_least as usize).saturating_sub(steps.len() - names.len());
    match more {
        0 => Vec::new(),
        _ if more == names.len() => vec![Missing { what: names.join(" and "), until }],
        _ => vec![Missing { what: format!("{more} of {}", names.join(", ")), until }],
    }
}

//! `absorb`: which alert of a rule that absorbs has another as its child (language.md §4.2).

use crate::alerts::kind_of;
use event::alert::Alert;
use event::id::Id;
use event::symbol::lower;
use rules::tree::{Rule, RuleSet};

/// The absorber of an alert: "alerts of these rules whose first detection lies in this alert's span and whose entities
/// include its key … By two absorbers: the one with the least (first_at, id) … Never life safety".
pub(crate) fn absorber(rules: &RuleSet, alerts: &[Alert], child: &Alert) -> Option<Id> {
    let of_rule = rules.rules.iter().position(|rule| rule.name == child.rule)? as u32;
    let absorbs = |alert: &&Alert| {
        let rule = rules.rules.iter().find(|rule| rule.name == alert.rule);
        let listed = rule.filter(|rule| rule.absorb.contains(&of_rule));
        listed.is_some_and(|rule| is_child(rule, alert, child)) && !alert.internal && !alert.trial
    };
    let all = alerts.iter().filter(absorbs);
    all.filter(|_| !child.life_safety).min_by_key(|alert| (alert.first_at, alert.id)).map(|alert| alert.id)
}

fn is_child(rule: &Rule, alert: &Alert, child: &Alert) -> bool {
    let in_span = (alert.first_at..=alert.last_at).contains(&child.first_at);
    let mut key = rule.by.iter().zip(&alert.key);
    in_span
        && alert.site == child.site
        && key.all(|(part, (_, id))| kind_of(part.ty).is_some_and(|k| has(child, k, id)))
}

/// Whether an entity of that kind is one of the alert's: its site is, said or not.
fn has(alert: &Alert, kind: &str, id: &str) -> bool {
    let listed = alert.entities.get(kind).is_some_and(|ids| ids.iter().any(|one| lower(one) == lower(id)));
    listed || kind == "site" && lower(&alert.site) == lower(id)
}

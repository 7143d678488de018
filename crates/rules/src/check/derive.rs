//! What follows from a whole rule set: emission classes, waits, marks that nobody writes, and the errors that
//! only show then (language.md §4.2).
//!
//! Rules are taken in the order of their levels, so what a rule reads is known before it.

use crate::check::classes;
use crate::check::context::Context;
use crate::check::names::on_trial;
use crate::check::rule::{Draft, Facts};
use crate::check::say::Say;
use crate::check::state::StateDraft;
use crate::syntax::tree::Mark;
use crate::tree::Rule;
use event::alert::Emission;
use event::class::ClassId;
use event::time::Duration;

/// What is derived of one rule.
#[derive(Clone, Debug)]
struct Derived {
    emission: Emission,
    decided: Duration,
    lateness: Duration,
    log_lateness: Duration,
    restricted: bool,
    life_safety: bool,
}

impl Derived {
    /// How long after its ts an alert or detection of the rule can still appear: one that nothing takes back
    /// can do so because what it rests on comes late.
    fn appears_within(&self) -> Duration {
        self.decided + self.log_lateness
    }
}

/// Fills in what follows, in the drafts themselves, and reports what is wrong about it.
pub(crate) fn derive<'a>(
    context: &Context<'a>,
    rules: &mut [Draft],
    states: &mut [StateDraft],
    say: &mut Say<'a>,
) {
    let mut derived: Vec<Option<Derived>> = vec![None; rules.len()];
    for index in context.graph.strata.iter().flatten().copied() {
        let Some(draft) = rules.get(index as usize) else { continue };
        let deriver = Deriver { context, states, derived: &derived };
        let found = deriver.rule(draft, say);
        deriver.check_uses(index, draft, say);
        derived[index as usize] = Some(found);
    }
    let lateness: Vec<Duration> = {
        let deriver = Deriver { context, states, derived: &derived };
        states.iter().map(|state| deriver.latest(&state.classes)).collect()
    };
    for (draft, lateness) in states.iter_mut().zip(lateness) {
        if let Some(state) = &mut draft.state {
            state.lateness = lateness;
        }
    }
    for (draft, derived) in rules.iter_mut().zip(derived) {
        if let (Some(rule), Some(derived)) = (&mut draft.rule, derived) {
            fill(rule, derived);
        }
    }
}

fn fill(rule: &mut Rule, derived: Derived) {
    rule.emission = derived.emission;
    rule.decided = derived.decided;
    rule.lateness = derived.lateness;
    rule.log_lateness = derived.log_lateness;
    rule.restricted |= derived.restricted;
    rule.life_safety = derived.life_safety;
}

struct Deriver<'d, 'a> {
    context: &'d Context<'a>,
    states: &'d [StateDraft],
    derived: &'d [Option<Derived>],
}

impl<'a> Deriver<'_, 'a> {
    fn rule(&self, draft: &Draft, say: &mut Say<'a>) -> Derived {
        let facts = &draft.facts;
        let life_safety = self.life_safety(facts);
        let plain = self.plain_emission(facts, life_safety);
        let emission = if plain == Emission::E && facts.final_only.is_some() { Emission::S } else { plain };
        check_timing(facts, plain, say);
        if life_safety {
            check_life_safety(facts, say);
        }
        let lateness = if emission == Emission::M { Duration::ZERO } else { self.lateness(facts) };
        Derived {
            emission,
            decided: facts.decided,
            lateness,
            log_lateness: self.log_lateness(facts),
            restricted: facts.terminal.iter().any(|class| self.covert(*class)),
            life_safety,
        }
    }

    /// The class without `final only`.
    fn plain_emission(&self, facts: &Facts, life_safety: bool) -> Emission {
        let early = facts.early.is_some() || life_safety;
        if facts.has_final_row && !early {
            return Emission::S;
        }
        let asks = !facts.states.is_empty();
        let shaky = facts.positive.iter().any(|(class, _)| self.taken_back(*class).is_some());
        if facts.has_final_row || facts.has_early_row || asks || shaky { Emission::E } else { Emission::M }
    }

    /// How long an event of the class may be taken back after its ts; none: it never is.
    fn taken_back(&self, class: ClassId) -> Option<Duration> {
        if let Some(rule) = class.as_alert() {
            // A late record can move an alert's beginning, whatever the class of its rule.
            return Some(self.made_by(rule).map_or(Duration::ZERO, Derived::appears_within));
        }
        if let Some(rule) = class.as_detection() {
            let derived = self.made_by(rule)?;
            return (derived.emission == Emission::E).then(|| derived.decided + derived.lateness);
        }
        let producers = self.context.environment.producers;
        producers.as_value(class).then(|| producers.lateness(class))
    }

    fn made_by(&self, rule: u32) -> Option<&Derived> {
        self.derived.get(rule as usize)?.as_ref()
    }

    /// How late an event of the class may come.
    fn late(&self, class: ClassId) -> Duration {
        match class.as_alert().or(class.as_detection()) {
            Some(rule) => self.made_by(rule).map_or(Duration::ZERO, Derived::appears_within),
            None => self.context.environment.producers.lateness(class),
        }
    }

    fn latest<'l>(&self, classes: impl IntoIterator<Item = &'l ClassId>) -> Duration {
        classes.into_iter().map(|class| self.late(*class)).max().unwrap_or_default()
    }

    fn latest_state<'l>(&self, states: impl IntoIterator<Item = &'l u32>) -> Duration {
        let state = |index: &u32| self.states.get(*index as usize).map(|state| self.latest(&state.classes));
        states.into_iter().filter_map(state).max().unwrap_or_default()
    }

    fn lateness(&self, facts: &Facts) -> Duration {
        let taken_back = facts.positive.iter().filter_map(|(class, _)| self.taken_back(*class)).max();
        let states = self.latest_state(&facts.states);
        let positive = self.latest(facts.positive.iter().map(|(class, _)| class));
        let positive = if facts.positive_matters { positive } else { Duration::ZERO };
        self.latest(&facts.negative).max(states).max(positive).max(taken_back.unwrap_or_default())
    }

    fn log_lateness(&self, facts: &Facts) -> Duration {
        let positive = self.latest(facts.positive.iter().map(|(class, _)| class));
        let states = self.latest_state(facts.states.iter().chain(&facts.raise_states));
        positive.max(self.latest(&facts.negative)).max(states)
    }

    fn life_safety(&self, facts: &Facts) -> bool {
        let marked = |class: &ClassId| class.def().is_some_and(|def| def.life_safety);
        !facts.terminal.is_empty() && facts.terminal.iter().all(marked) && !facts.terminal_names_test
    }

    fn covert(&self, class: ClassId) -> bool {
        match class.as_alert().or(class.as_detection()) {
            Some(rule) => {
                let written = || {
                    let rule = self.context.names.rules.nth(rule)?;
                    Some(rule.node.clauses.iter().any(|clause| {
                        matches!(clause.node, crate::syntax::tree::Clause::Mark(Mark::Restricted))
                    }))
                };
                self.made_by(rule).is_some_and(|rule| rule.restricted) || written().unwrap_or_default()
            }
            None => class.def().is_some_and(|def| def.covert),
        }
    }

    /// Windows that are over before what they look for has come, and rules on trial that others rest on.
    fn check_uses(&self, index: u32, draft: &Draft, say: &mut Say<'a>) {
        let facts = &draft.facts;
        for (class, at) in facts.positive.iter().filter(|(class, _)| class.as_alert().is_some()) {
            let wait = self.late(*class);
            if facts.window > Duration::ZERO && facts.window < wait {
                let name = classes::name(&self.context.names, *class);
                say.window_too_short(at, &facts.window.to_string(), &wait.to_string(), &name);
            }
        }
        let in_force =
            |rule: u32| self.context.names.rules.nth(rule).is_some_and(|rule| !on_trial(rule.node));
        if !in_force(index) {
            return;
        }
        for edge in self.context.graph.edges.get(index as usize).into_iter().flatten() {
            if let Some(rule) = self.context.names.rules.nth(edge.rule).filter(|rule| on_trial(rule.node)) {
                say.trial_used(&edge.at, &rule.node.name.node);
            }
        }
    }
}

fn check_timing(facts: &Facts, plain: Emission, say: &mut Say<'_>) {
    if let Some(at) = &facts.early
        && !facts.has_final_row
    {
        say.timing_for_nothing(at, "early", plain.name(), "S");
    }
    if let Some(at) = &facts.final_only
        && plain != Emission::E
    {
        say.timing_for_nothing(at, "final only", plain.name(), "E");
    }
}

fn check_life_safety(facts: &Facts, say: &mut Say<'_>) {
    if let Some(at) = &facts.final_only {
        say.not_life_safety(at, "final only");
    }
    for (mark, at) in &facts.marks {
        if *mark != Mark::Restricted {
            say.not_life_safety(at, mark.word());
        }
    }
}

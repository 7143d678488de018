//! Engine = oracle, on 10^5 random cases (engine.md §9.2); and what these cases hold, so that agreement means
//! something.

use event::alert::Emission;
use rules::program::fault::Fault;
use rules::tree::{Pattern, RuleSet, Side};
use std::collections::BTreeMap;
use tests::differential::operators::{OPERATORS, runs, seen};
use tests::differential::{
    Answer, Case, cases_of, compare, first_differences, run_engine, run_faulty, run_oracle,
};

/// Rule files of one test; each has 24 cases.
const RULE_SETS: u64 = 1_050;

#[track_caller]
fn agree(part: u64) {
    match compare(1 + part * RULE_SETS, RULE_SETS, &run_engine) {
        Ok(cases) => assert!(cases >= 25_000),
        Err(difference) => panic!("engine and oracle differ\n{}", difference.0),
    }
}

#[test]
fn engine_and_oracle_agree_1() {
    agree(0);
}

#[test]
fn engine_and_oracle_agree_2() {
    agree(1);
}

#[test]
fn engine_and_oracle_agree_3() {
    agree(2);
}

#[test]
fn engine_and_oracle_agree_4() {
    agree(3);
}

/// Rule files in which each of the mistakes has to show: some of those on which the test above finds no difference.
const RULE_SETS_OF_FAULTS: u64 = 300;
const _: () = assert!(RULE_SETS_OF_FAULTS <= RULE_SETS);

/// That engine and oracle agree says something only if a mistake would be seen.
#[test]
fn every_mistake_is_seen() {
    let faulty: Vec<_> = Fault::ALL.map(|fault| move |case: &Case| run_faulty(case, fault)).into();
    let engines: Vec<&dyn Fn(&Case) -> Answer> = faulty.iter().map(|engine| engine as _).collect();
    let first = first_differences((1, RULE_SETS_OF_FAULTS), &engines);
    let seen: Vec<_> = Fault::ALL.into_iter().zip(first).collect();
    let unseen: Vec<_> = seen.iter().filter(|(_, first)| first.is_none()).map(|(fault, _)| fault).collect();
    assert!(unseen.is_empty(), "nobody sees {unseen:?}");
}

/// Each of these comes up in at least one of sixty cases.
#[test]
fn the_cases_hold_what_they_should() {
    let mut found: BTreeMap<&str, u32> = BTreeMap::new();
    let mut cases = 0;
    for case in (0..300).flat_map(|seed| cases_of(seed).into_iter().step_by(4)) {
        cases += 1;
        let answer = run_oracle(&case);
        let fired = |rules: &RuleSet, of: &dyn Fn(&rules::tree::Rule) -> bool| {
            answer
                .alerts
                .values()
                .any(|alert| rules.rules.iter().any(|rule| rule.name == alert.rule && of(rule)))
        };
        let mut seen = |what: &'static str, is: bool| *found.entry(what).or_default() += u32::from(is);
        seen("alerts", !answer.alerts.is_empty());
        seen("incidents of several alerts", answer.parts.values().any(|(alerts, _)| alerts.len() > 1));
        seen("runs", answer.alerts.values().any(|alert| alert.detections > 1));
        seen("duplicates", answer.counts.1 > 0);
        seen("late", answer.counts.2 > 0);
        seen("several tasks", case.tasks > 1);
        seen("when", fired(&case.rules, &|rule| matches!(rule.pattern, Pattern::When(_))));
        seen("sequence", fired(&case.rules, &|rule| matches!(rule.pattern, Pattern::Sequence { .. })));
        seen("count", fired(&case.rules, &|rule| matches!(rule.pattern, Pattern::Count { .. })));
        seen("any", fired(&case.rules, &|rule| matches!(rule.pattern, Pattern::Any { .. })));
        seen("distinct", fired(&case.rules, &|rule| matches!(rule.pattern, Pattern::Distinct { .. })));
        seen("sum", fired(&case.rules, &|rule| matches!(rule.pattern, Pattern::Sum { .. })));
        seen("until", fired(&case.rules, &|rule| rule.until.is_some()));
        seen("after", fired(&case.rules, &|rule| matches!(rule.pattern, Pattern::After { .. })));
        seen("unless before", fired(&case.rules, &|rule| rule.unless.iter().any(|u| u.side == Side::Before)));
        seen("unless after", fired(&case.rules, &|rule| rule.unless.iter().any(|u| u.side == Side::After)));
        seen("several keys", fired(&case.rules, &|rule| rule.by.len() > 1));
        seen("M", fired(&case.rules, &|rule| rule.emission == Emission::M));
        seen("E", fired(&case.rules, &|rule| rule.emission == Emission::E));
        seen("S", fired(&case.rules, &|rule| rule.emission == Emission::S));
        seen("chaining", fired(&case.rules, &reads_rules));
        seen("states", case.items.iter().any(|item| item.text.starts_with("state ")));
        seen("ties", has_ties(&case));
    }
    let rare: Vec<_> = found.iter().filter(|(_, count)| **count * 60 < cases).collect();
    assert!(rare.is_empty(), "of {cases} cases: {rare:?} in {found:?}");
}

/// Each operator that the checker takes fires in some case, so that none of them is silently never drawn.
#[test]
fn every_operator_that_runs_is_drawn_and_fires() {
    let seen = seen(0..600);
    let running = OPERATORS.iter().filter(|operator| runs(operator.name));
    let silent: Vec<&str> = running.map(|one| one.name).filter(|name| seen[name].fired < 3).collect();
    assert!(silent.is_empty(), "{silent:?} of {seen:?}");
}

fn reads_rules(rule: &rules::tree::Rule) -> bool {
    let classes = rule.steps().into_iter().flat_map(|step| &step.options).flat_map(|option| &option.classes);
    classes.into_iter().any(|class| class.as_alert().is_some() || class.as_detection().is_some())
}

fn has_ties(case: &Case) -> bool {
    let mut times: Vec<i64> = case.events.iter().map(|event| event.ts).collect();
    times.sort_unstable();
    times.windows(2).any(|pair| pair[0] == pair[1])
}

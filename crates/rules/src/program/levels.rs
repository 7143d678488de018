//! Who runs before whom, when an alert of one rule is an event of another and states are asked by rules.

use super::{CompiledRule, CompiledState, CompiledStep};
use crate::tree::RuleSet;

/// Rules and states that depend on nothing of their own level.
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// State indices.
    pub states: Vec<u32>,
    /// Rule indices.
    pub rules: Vec<u32>,
}

/// Levels of the graph "reads": a rule stands above the rules whose alerts it reads and the states it asks; a state above
/// the rules whose alerts set it. The checker has refused circles.
pub(super) fn levels(tree: &RuleSet, rules: &[CompiledRule], states: &[CompiledState]) -> Vec<Level> {
    let (mut of_rule, mut of_state) = (vec![0usize; rules.len()], vec![0usize; states.len()]);
    for _ in 0..=rules.len() + states.len() {
        for (at, state) in states.iter().enumerate() {
            let above = producers(&state.steps).map(|rule| of_rule[rule as usize] + 1);
            of_state[at] = above.max().unwrap_or(0);
        }
        for (at, rule) in rules.iter().enumerate() {
            let calls = rule.asked_by_steps().into_iter().chain(rule.asked_by_raise());
            let of_calls = calls.map(|call| of_state[call.state as usize]);
            let above = producers(&rule.steps).map(|rule| of_rule[rule as usize] + 1);
            let blind = tree.rules[at].blind.as_ref().map(|blind| of_state[blind.up as usize]);
            of_rule[at] = above.chain(of_calls).chain(blind).max().unwrap_or(0);
        }
    }
    let count = of_rule.iter().chain(&of_state).max().map_or(0, |top| top + 1);
    let mut levels = vec![Level::default(); count];
    of_rule.iter().enumerate().for_each(|(at, level)| levels[*level].rules.push(at as u32));
    of_state.iter().enumerate().for_each(|(at, level)| levels[*level].states.push(at as u32));
    levels
}

/// The rules whose alerts or detections some step reads.
fn producers(steps: &[CompiledStep]) -> impl Iterator<Item = u32> {
    let classes = steps.iter().flat_map(|step| &step.options).flat_map(|option| &option.classes);
    classes.filter_map(|class| class.as_alert().or(class.as_detection()))
}

//! A state as the task keeps it, and for how long: for as long as somebody may still ask.
//!
//! What a state holds at a time is the machine's.

use super::condition::{Compiler, StateTest};
use super::step::{CompiledStep, Lifecycles};
use super::{CompiledRule, REPLICA_SLACK};
use crate::tree::{RuleSet, State};
use event::time::Duration;

/// A state as the task keeps it.
#[derive(Debug)]
pub struct CompiledState {
    /// By bit.
    pub steps: Vec<CompiledStep>,
    /// Somebody asks for its members.
    pub has_members: bool,
    /// How far back its log is kept.
    pub retention: Duration,
    /// Its level in [`Program::levels`](super::Program::levels).
    pub level: usize,
}

impl CompiledState {
    /// Compiles one; its level and its askers are known when all rules are.
    pub(super) fn of(compiler: &Compiler, state: &State) -> CompiledState {
        CompiledState {
            steps: state
                .lines
                .iter()
                .map(|line| CompiledStep::of(compiler, &line.step, Lifecycles::Corrections))
                .collect(),
            has_members: false,
            retention: state.lateness + REPLICA_SLACK,
            level: 0,
        }
    }
}

/// A late event may ask a state as of its own time: the state's log reaches back as far as any asker's lateness, and what
/// `raise` asks, as far as a detection may still be described.
pub(super) fn keep_states_for_their_askers(
    rules: &[CompiledRule],
    tree: &RuleSet,
    states: &mut [CompiledState],
) {
    for (rule, compiled) in tree.rules.iter().zip(rules) {
        let mut keep = |calls: Vec<&StateTest>, time: Duration| {
            for call in calls {
                let state = &mut states[call.state as usize];
                state.retention = state.retention.max(time);
                state.has_members |= call.key.len() < tree.states[call.state as usize].by.len();
            }
        };
        keep(compiled.asked_by_steps(), rule.log_lateness + REPLICA_SLACK);
        keep(compiled.asked_by_raise(), compiled.plan.retention);
        if let Some(blind) = &rule.blind {
            let state = &mut states[blind.up as usize];
            state.retention = state.retention.max(compiled.plan.retention + compiled.settles_after);
        }
    }
}

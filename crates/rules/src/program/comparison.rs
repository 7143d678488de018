//! `compare`: what is made of the hits of each step, and the condition on it; and `speed`.

use super::CompiledStep;
use super::chains::any;
use super::condition::{Compiler, Test};
use crate::tree::{Aggregate, Cond, Function};
use site::path::Path;

/// Aggregates and what has to hold of them.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// By the place that the condition knows.
    pub aggregates: Vec<AggregateTest>,
    /// What has to hold.
    pub fire: Test,
}

/// One aggregate.
#[derive(Clone, Debug)]
pub struct AggregateTest {
    /// The bit of its step.
    pub step: u16,
    /// What is made of the hits.
    pub function: Function,
    /// Of which values; none of `count`.
    pub value: Option<Path>,
}

/// What makes two places too far apart.
#[derive(Clone, Debug)]
pub struct Speed {
    /// v, in millionths of m/s.
    pub above: i64,
    /// D, in millionths of a metre.
    pub distance: i64,
    /// ε, in ns.
    pub tolerance: i64,
    /// Where an event is.
    pub place: Vec<Path>,
}

impl Comparison {
    /// Compiles one.
    pub fn of(
        compiler: &Compiler,
        aggregates: &[Aggregate],
        fire: &Cond,
        steps: &[CompiledStep],
    ) -> Comparison {
        let aggregate = |one: &Aggregate| AggregateTest {
            step: any(steps, one.step.bit),
            function: one.function,
            value: one.value.clone(),
        };
        let aggregates = aggregates.iter().map(aggregate).collect();
        Comparison { aggregates, fire: compiler.condition(fire) }
    }

    /// The bits of all steps.
    pub fn steps(&self) -> u16 {
        self.aggregates.iter().fold(0, |all, one| all | one.step)
    }
}

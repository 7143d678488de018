//! Steps as they are asked: which events satisfy one, and under which keys.
//!
//! A step knows nothing of its pattern, so those of rules and the lines of states are alike. Options with `for each` are
//! asked in `fanout`.

use super::condition::{AskStates, Compiler, Test, Truth, resolve};
use super::fanout::Each;
use super::keys::{product, symbol_of};
use crate::tree::{Step, StepOption};
use event::class::{ClassId, Lifecycle};
use event::hit::KeyHash;
use event::row::RowRef;
use event::symbol::{Symbol, SymbolKey};
use site::SiteModel;
use site::path::Path;
use smallvec::SmallVec;

/// The options of a step.
#[derive(Debug)]
pub struct CompiledStep {
    /// An event satisfies the step if it satisfies one.
    pub options: Vec<CompiledOption>,
}

/// Classes, condition and key of a step.
#[derive(Debug)]
pub struct CompiledOption {
    /// Sorted.
    pub classes: Vec<ClassId>,
    /// Without one every event of the classes satisfies it.
    pub test: Option<Test>,
    /// Lifecycles that count.
    lifecycles: Lifecycles,
    names_test: bool,
    /// One path for each part of the key.
    pub key: Vec<Path>,
    /// The bit of its step; one of its own where a condition on earlier steps still has to be asked.
    pub mask: u16,
    /// The condition on earlier steps.
    pub across: Option<Test>,
    /// `for each`
    pub each: Option<Each>,
}

/// Which lifecycles count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lifecycles {
    /// News only.
    New,
    /// Of a state: update and snapshot too.
    Corrections,
    /// The condition decides.
    Named,
}

impl CompiledStep {
    /// Compiles one; `lifecycles` count where the condition names none.
    pub(super) fn of(compiler: &Compiler, step: &Step, lifecycles: Lifecycles) -> CompiledStep {
        let each = step.each.as_ref();
        let of_members = Compiler { member: each.map(|each| each.member.clone()), ..compiler.clone() };
        let option = |option: &StepOption| CompiledOption {
            classes: option.classes.clone(),
            test: option.condition.as_ref().map(|cond| of_members.condition(cond)),
            each: each.and_then(|each| Each::of(compiler, each)),
            lifecycles: if option.names_lifecycle { Lifecycles::Named } else { lifecycles },
            names_test: option.names_test,
            key: option.key.clone(),
            mask: 1u16.checked_shl(u32::from(step.bit)).unwrap_or(0),
            across: option.across.as_ref().map(|cond| compiler.condition(cond)),
        };
        CompiledStep { options: step.options.iter().map(option).collect() }
    }
}

impl CompiledOption {
    /// Whether the event satisfies it, key apart; its class is known to be one of the option's.
    pub fn satisfied(&self, row: RowRef<'_>, site: &SiteModel, states: &impl AskStates) -> Truth {
        match &self.test {
            _ if !self.admits(row) => Truth::No,
            // Its members are still to be asked.
            _ if self.each.is_some() => Truth::Maybe,
            Some(test) => test.ask(row, site, states),
            None => Truth::Yes,
        }
    }

    /// Whether events of the lifecycle count.
    pub fn admits(&self, row: RowRef<'_>) -> bool {
        let lifecycle = row.row.lifecycle;
        let counts = match self.lifecycles {
            Lifecycles::Named => true,
            Lifecycles::New => lifecycle == Lifecycle::New,
            Lifecycles::Corrections => {
                matches!(lifecycle, Lifecycle::New | Lifecycle::Update | Lifecycle::Snapshot)
            }
        };
        let counts = counts || (self.names_test && lifecycle == Lifecycle::Test);
        counts && (!row.row.is_test() || self.names_test)
    }

    /// The keys of the event: the product of the values of its parts. `missing` stands for a part without a value.
    pub fn keys(
        &self,
        row: RowRef<'_>,
        site: &SiteModel,
        symbols: SymbolKey,
        missing: Option<Symbol>,
        mut each: impl FnMut(KeyHash),
    ) {
        if let [path] = self.key.as_slice() {
            let mut values = SmallVec::new();
            resolve(row, site, path, &mut values);
            values.iter().for_each(|v| each(KeyHash(symbol_of(v, symbols).0)));
            if values.is_empty()
                && let Some(stand_in) = missing
            {
                each(KeyHash(stand_in.0));
            }
            return;
        }
        product(&self.parts(row, site, symbols, missing), &mut SmallVec::new(), &mut each);
    }
}

/// An option that still asks earlier steps has a bit of its own, unless it is the only one of its step. The checker sees to
/// it that there are enough.
pub(super) fn give_options_bits(steps: &mut [CompiledStep]) {
    let mut next = steps.len() as u32;
    for step in steps.iter_mut().filter(|step| step.options.len() > 1) {
        for option in step.options.iter_mut().filter(|option| option.across.is_some()) {
            option.mask = 1u16.checked_shl(next).unwrap_or(0);
            next += 1;
        }
    }
}

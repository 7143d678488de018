//! What of the state of one rule set another can go on with: rules and states that have the same name and the same
//! fingerprint there. The others begin anew.

use super::Program;
use event::class::{self, ClassId};
use event::id::Id;
use std::sync::Arc;

/// The names and fingerprints of the rules and states of a set, by number: enough to know them again in another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    rules: Vec<(Arc<str>, Id)>,
    states: Vec<(Arc<str>, Id)>,
}

/// What becomes of the numbers of one set in another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carry {
    rules: Vec<Option<u32>>,
    states: Vec<Option<u32>>,
    /// Rules whose state is dropped: changed, or gone.
    pub dropped: Vec<Arc<str>>,
}

event::codec!(Roll { rules, states });

impl Roll {
    /// That of a program.
    pub fn of(program: &Program) -> Roll {
        let tree = &program.tree;
        Roll {
            rules: tree.rules.iter().map(|rule| (rule.name.clone(), rule.print)).collect(),
            states: tree.states.iter().map(|state| (state.name.clone(), state.print)).collect(),
        }
    }

    /// How many rules and states it has.
    pub fn len(&self) -> (usize, usize) {
        (self.rules.len(), self.states.len())
    }

    /// What another set keeps of it.
    pub fn carried_to(&self, other: &Roll) -> Carry {
        let place = |all: &[(Arc<str>, Id)], one: &(Arc<str>, Id)| {
            all.iter().position(|other| other == one).and_then(|at| u32::try_from(at).ok())
        };
        let rules: Vec<Option<u32>> = self.rules.iter().map(|rule| place(&other.rules, rule)).collect();
        let dropped = self.rules.iter().zip(&rules).filter(|(_, new)| new.is_none());
        Carry {
            dropped: dropped.map(|((name, _), _)| name.clone()).collect(),
            states: self.states.iter().map(|state| place(&other.states, state)).collect(),
            rules,
        }
    }
}

impl Carry {
    /// The new number of a rule.
    pub fn rule(&self, old: u32) -> Option<u32> {
        self.rules.get(old as usize).copied().flatten()
    }

    /// The new number of a state.
    pub fn state(&self, old: u32) -> Option<u32> {
        self.states.get(old as usize).copied().flatten()
    }

    /// Whether every number stays what it was.
    pub fn changes_nothing(&self) -> bool {
        let same = |all: &[Option<u32>]| (0u32..).zip(all).all(|(old, new)| *new == Some(old));
        same(&self.rules) && same(&self.states)
    }

    /// What a class is in the new set: that of an event of a dropped rule is none.
    pub fn class(&self, class: ClassId) -> ClassId {
        match (class.as_alert(), class.as_detection()) {
            (Some(rule), _) => self.rule(rule).map_or(class::UNCLASSIFIED, ClassId::alert),
            (_, Some(rule)) => self.rule(rule).map_or(class::UNCLASSIFIED, ClassId::detection),
            _ => class,
        }
    }
}

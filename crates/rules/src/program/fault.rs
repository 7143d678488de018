//! Mistakes that can be switched on, to see that the tests see them. A mistake is one that a person could make in this
//! crate, at the very place where it would be made.
//!
//! Only the feature `faults` knows how to switch one on; without it [`Faults`] holds nothing and every question is
//! answered when the crate is compiled.

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A window ends 1 ns early: what lies exactly its length apart is not together.
    WindowEdge,
    /// Where sources contradict each other at one instant the other wins.
    TieOtherWay,
    /// Folding takes one entry more than nothing can precede any more.
    FoldEarly,
    /// A detection that does not hold any more is not taken back.
    LostWithdrawal,
    /// An absence is judged at its deadline, although late events may still come.
    AbsenceEarly,
    /// One event fills two places of a sequence.
    EventTwice,
    /// A count of so many needs one more.
    CountEdge,
    /// A state that turns out to have been another asks nobody again.
    StateNotAgain,
    /// Of two alerts that become one the later gives the id.
    LaterId,
    /// `unless` looks on the other side of its step.
    UnlessSide,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 10] = [
        Fault::WindowEdge,
        Fault::TieOtherWay,
        Fault::FoldEarly,
        Fault::LostWithdrawal,
        Fault::AbsenceEarly,
        Fault::EventTwice,
        Fault::CountEdge,
        Fault::StateNotAgain,
        Fault::LaterId,
        Fault::UnlessSide,
    ];
}

/// Which mistake is switched on, if any.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    #[cfg(feature = "faults")]
    on: Option<Fault>,
}

#[cfg(not(feature = "faults"))]
const _: () = assert!(size_of::<Faults>() == 0);

impl Faults {
    /// Whether this one is made.
    #[inline(always)]
    pub fn has(self, fault: Fault) -> bool {
        #[cfg(feature = "faults")]
        let has = self.on == Some(fault);
        #[cfg(not(feature = "faults"))]
        let has = {
            let _never = fault;
            false
        };
        has
    }
}

#[cfg(feature = "faults")]
mod switch {
    use super::{Fault, Faults};
    use crate::program::Program;
    use crate::program::plan::{Plan, Shape, WindowTest};
    use crate::tree::Side;

    impl Program {
        /// The same program with a mistake in it.
        pub fn with_fault(mut self, fault: Fault) -> Program {
            self.faults = Faults { on: Some(fault) };
            for (rule, tree) in self.rules.iter_mut().zip(&self.tree.rules) {
                rule.plan.faults = self.faults;
                spoil(&mut rule.plan, fault);
                if fault == Fault::AbsenceEarly {
                    rule.settles_after = tree.quiet;
                }
            }
            self
        }
    }

    /// Mistakes that would be made where plans are made.
    fn spoil(plan: &mut Plan, fault: Fault) {
        match fault {
            Fault::WindowEdge => match &mut plan.shape {
                Shape::Stages(stages) => stages.within = stages.within.saturating_sub(1),
                Shape::Chains(chains) => chains.within = chains.within.saturating_sub(1),
                Shape::Window(window) => window.within -= 1,
                _ => {}
            },
            Fault::CountEdge => {
                if let Shape::Window(window) = &mut plan.shape
                    && let WindowTest::Count(at_least) = &mut window.test
                {
                    *at_least += 1;
                }
            }
            Fault::UnlessSide => {
                for guard in &mut plan.guards {
                    guard.side = if guard.side == Side::Before { Side::After } else { Side::Before };
                }
            }
            Fault::AbsenceEarly => plan.hold = plan.hold.map(|hold| hold.min(plan.offset)),
            _ => {}
        }
    }
}

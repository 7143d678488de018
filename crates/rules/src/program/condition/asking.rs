//! Who is asked beside the event: states, events of earlier steps, the member of `for each`, aggregates.
//!
//! The stateless index has none of them, the task has all. What they answer is theirs: nothing is kept here.

use super::StateTest;
use super::values::Datum;
use event::row::RowRef;
use site::SiteModel;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// False whatever the states say.
    No,
    /// True whatever the states say.
    Yes,
    /// It is for a state to say.
    Maybe,
}

/// What stands around an event that is asked about: states, and the events of earlier steps.
pub trait AskStates {
    /// The answer to a state call about `row`, and the member of `for each` that it may be about.
    fn ask(&self, call: &StateTest, row: RowRef<'_>, member: Option<RowRef<'_>>) -> Truth;

    /// The values of a state that keeps one or counts, for each key that is asked.
    fn values<'s>(&'s self, _call: &StateTest, _rows: Rows<'_>, _out: &mut dyn FnMut(Datum<'s>)) {}

    /// How many members a state has, for each key that is asked.
    fn count(&self, _call: &StateTest, _rows: Rows<'_>, _out: &mut dyn FnMut(usize)) {}

    /// The members of a state, over all keys that are asked.
    fn members(&self, _call: &StateTest, _row: RowRef<'_>) -> BTreeSet<Arc<str>> {
        BTreeSet::new()
    }

    /// Without, everything that asks a state may be true.
    fn knows_states(&self) -> bool {
        true
    }

    /// The event that fills an earlier step.
    fn earlier(&self, _bit: u8) -> Option<RowRef<'_>> {
        None
    }

    /// The member of `for each` that is looked at.
    fn member(&self) -> Option<RowRef<'_>> {
        None
    }

    /// The value of an aggregate.
    fn aggregate(&self, _at: usize) -> Option<Datum<'static>> {
        None
    }
}

/// The event that is asked about, and the member of `for each` beside it.
pub type Rows<'a> = (RowRef<'a>, Option<RowRef<'a>>);

/// The index's: knows no state, so every one answers maybe.
pub struct NoStates;

impl AskStates for NoStates {
    fn ask(&self, _: &StateTest, _: RowRef<'_>, _: Option<RowRef<'_>>) -> Truth {
        Truth::Maybe
    }

    fn knows_states(&self) -> bool {
        false
    }
}

/// An event under a condition, and all that the condition may look at.
pub(super) struct View<'a, A> {
    pub event: RowRef<'a>,
    pub site: &'a SiteModel,
    pub around: &'a A,
}

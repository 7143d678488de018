//! Conditions, compiled: constants have become symbols, expressions regular expressions, and what needs no state is
//! decided without one.
//!
//! The stateless index asks with no states at hand: then a state answers *maybe*, and an event is a candidate unless the
//! answer is a plain *no*. The task asks again with states. Meaning: language.md §3 (types, missing values).
//!
//! ```text
//! tree::Cond ─ compile ─▶ Test (and, or, not, states) ▸ Leaf (one question) ▸ Term (values) ▸ Datum (one value)
//! ```

mod arithmetic;
mod asking;
mod atoms;
mod compile;
mod cover;
mod expressions;
mod leaf;
mod literals;
mod places;
mod term;
mod values;

pub use arithmetic::divide_half_even;
pub use asking::{AskStates, NoStates, Rows, Truth};
pub use atoms::{Atom, atom_of};
pub use compile::Compiler;
pub use cover::{Cover, Need, measure};
pub use expressions::Expressions;
pub use leaf::Leaf;
pub use literals::folded;
pub use places::{PlaceTest, place_of};
pub use term::{MembersTest, Term, resolve};
pub use values::{Datum, Fixed};

use asking::View;
use event::row::RowRef;
use site::SiteModel;
use site::path::Path;

/// A compiled condition.
#[derive(Clone, Debug)]
pub enum Test {
    /// All.
    And(Box<[Test]>),
    /// One.
    Or(Box<[Test]>),
    /// Not.
    Not(Box<Test>),
    /// A state that is on or known.
    State(StateTest),
    /// A question that hangs on values of states.
    Stateful(Leaf),
    /// A question that needs no state.
    Stateless(Leaf),
}

/// A compiled state call.
#[derive(Clone, Debug)]
pub struct StateTest {
    /// Index of the state.
    pub state: u32,
    /// Paths of its key.
    pub key: Vec<Path>,
    /// Just before the event.
    pub was: bool,
    /// Only whether it is known.
    pub exists: bool,
    /// Bits of the parts of the key that begin at the member of `for each`.
    pub of_member: u16,
}

impl Test {
    /// The answer for an event.
    pub fn ask(&self, row: RowRef<'_>, site: &SiteModel, states: &impl AskStates) -> Truth {
        self.answer(&View { event: row, site, around: states })
    }

    fn answer(&self, view: &View<'_, impl AskStates>) -> Truth {
        match self {
            Test::And(all) => together(all, Truth::Yes, Truth::No, |part| part.answer(view)),
            Test::Or(any) => together(any, Truth::No, Truth::Yes, |part| part.answer(view)),
            Test::Not(inner) => match inner.answer(view) {
                Truth::No => Truth::Yes,
                Truth::Yes => Truth::No,
                Truth::Maybe => Truth::Maybe,
            },
            Test::State(call) => view.around.ask(call, view.event, view.around.member()),
            Test::Stateful(_) if !view.around.knows_states() => Truth::Maybe,
            Test::Stateful(leaf) | Test::Stateless(leaf) => match leaf.holds(view) {
                true => Truth::Yes,
                false => Truth::No,
            },
        }
    }

    /// Whether any part asks a state.
    pub fn asks_states(&self) -> bool {
        let mut asks = false;
        self.walk(&mut |test| asks |= matches!(test, Test::State(_) | Test::Stateful(_)));
        asks
    }

    /// The bits of the earlier steps that it looks at.
    pub fn earlier_steps(&self, out: &mut Vec<u8>) {
        self.walk(&mut |test| match test {
            Test::Stateful(leaf) | Test::Stateless(leaf) => leaf.earlier_steps(out),
            _ => {}
        });
    }

    /// Every state call in it.
    pub fn state_calls<'a>(&'a self, out: &mut Vec<&'a StateTest>) {
        self.walk(&mut |test| match test {
            Test::State(call) => out.push(call),
            Test::Stateful(leaf) => leaf.state_calls(out),
            _ => {}
        });
    }

    /// Visits the condition and every condition inside it.
    fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Test)) {
        visit(self);
        match self {
            Test::And(parts) | Test::Or(parts) => parts.iter().for_each(|part| part.walk(visit)),
            Test::Not(inner) => inner.walk(visit),
            Test::State(_) | Test::Stateful(_) | Test::Stateless(_) => {}
        }
    }
}

/// The answer of all parts together: the decisive one if a part gives it; in doubt, doubt.
fn together(parts: &[Test], neutral: Truth, decisive: Truth, ask: impl Fn(&Test) -> Truth) -> Truth {
    let mut answer = neutral;
    for part in parts {
        match ask(part) {
            decided if decided == decisive => return decisive,
            Truth::Maybe => answer = Truth::Maybe,
            _ => {}
        }
    }
    answer
}

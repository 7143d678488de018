//! The life of an incident: what an officer or the clock does to its state, as one function.
//!
//! ```text
//! new ─▶ acknowledged ─▶ assigned ─▶ in_progress ⇄ on_hold ─▶ resolved ─▶ closed
//!  └──────────────── any open state may skip ahead ────────────────┘        │
//!                              acknowledged ◀── reopen ─────────────────────┘
//! ```
//!
//! The state says what people have done. It is no part of the grouping: an incident may change while it is on
//! hold. Who did what and when is the audit's business, not kept here.

use std::fmt;

/// Where an incident stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nobody has looked at it.
    #[default]
    New,
    /// Somebody has seen it.
    Acknowledged,
    /// It is somebody's.
    Assigned,
    /// Somebody works on it.
    InProgress,
    /// It waits for something.
    OnHold,
    /// The work is done; the report may be open.
    Resolved,
    /// It is over.
    Closed,
}

impl State {
    /// All, in the order of a quiet day.
    pub const ALL: [State; 7] = [
        State::New,
        State::Acknowledged,
        State::Assigned,
        State::InProgress,
        State::OnHold,
        State::Resolved,
        State::Closed,
    ];

    /// As outputs write it.
    pub const fn name(self) -> &'static str {
        match self {
            State::New => "new",
            State::Acknowledged => "acknowledged",
            State::Assigned => "assigned",
            State::InProgress => "in_progress",
            State::OnHold => "on_hold",
            State::Resolved => "resolved",
            State::Closed => "closed",
        }
    }

    /// The state of a name.
    pub fn by_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }

    /// True while there is work to do.
    pub const fn is_open(self) -> bool {
        !matches!(self, State::Resolved | State::Closed)
    }
}

/// What happens to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `operator.acknowledge`.
    Acknowledge,
    /// `operator.assign`.
    Assign,
    /// `operator.start`.
    Start,
    /// `operator.hold`.
    Hold,
    /// `operator.resolve`.
    Resolve,
    /// `operator.close`.
    Close,
    /// `operator.cancel`: it was none.
    Cancel,
    /// `operator.reopen`.
    Reopen,
    /// The clock has passed `close_after` since the last detection.
    Expire,
}

impl Step {
    /// The step that an event of this class asks for.
    pub fn by_class(class: &str) -> Option<Step> {
        Some(match class.strip_prefix("operator.")? {
            "acknowledge" => Step::Acknowledge,
            "assign" => Step::Assign,
            "start" => Step::Start,
            "hold" => Step::Hold,
            "resolve" => Step::Resolve,
            "close" => Step::Close,
            "cancel" => Step::Cancel,
            "reopen" => Step::Reopen,
            _ => return None,
        })
    }
}

/// Whether an incident may close without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Anything else.
    Normal,
    /// Only a person ends it.
    LifeSafety,
}

/// A step that makes no sense in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The state, which stays.
    pub state: State,
    /// What was asked for.
    pub step: Step,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an incident that is {} takes no {:?}", self.state.name(), self.step)
    }
}

/// The state after a step. A step that was taken before changes nothing and is no error: commands may come
/// twice. An open incident never goes back: acknowledging what is in progress leaves it in progress.
pub fn next(state: State, step: Step, lane: Lane) -> Result<State, Refused> {
    let refused = Err(Refused { state, step });
    match (step, state) {
        (Step::Acknowledge, open) if open.is_open() => Ok(open.max(State::Acknowledged)),
        (Step::Assign, open) if open.is_open() => Ok(open.max(State::Assigned)),
        (Step::Start, open) if open.is_open() => Ok(State::InProgress),
        (Step::Hold, open) if open.is_open() => Ok(State::OnHold),
        (Step::Resolve, open) if open.is_open() => Ok(State::Resolved),
        (Step::Resolve, State::Resolved) => Ok(State::Resolved),
        (Step::Close | Step::Cancel, _) => Ok(State::Closed),
        (Step::Reopen, State::Resolved | State::Closed) => Ok(State::Acknowledged),
        (Step::Reopen, open) => Ok(open),
        (Step::Expire, _) if lane == Lane::LifeSafety => refused,
        (Step::Expire, _) => Ok(State::Closed),
        _ => refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(state: State, step: Step, then: State) {
        assert_eq!(next(state, step, Lane::Normal), Ok(then));
        assert_eq!(next(then, step, Lane::Normal), Ok(then), "twice is once");
    }

    #[test]
    fn a_quiet_day() {
        check(State::New, Step::Acknowledge, State::Acknowledged);
        check(State::Acknowledged, Step::Assign, State::Assigned);
        check(State::Assigned, Step::Start, State::InProgress);
        check(State::InProgress, Step::Hold, State::OnHold);
        check(State::OnHold, Step::Start, State::InProgress);
        check(State::InProgress, Step::Resolve, State::Resolved);
        check(State::Resolved, Step::Close, State::Closed);
        check(State::Closed, Step::Reopen, State::Acknowledged);
        check(State::New, Step::Expire, State::Closed);
    }

    #[test]
    fn nobody_works_on_what_is_over() {
        for step in [Step::Acknowledge, Step::Assign, Step::Start, Step::Hold] {
            for state in [State::Resolved, State::Closed] {
                assert_eq!(next(state, step, Lane::Normal), Err(Refused { state, step }));
            }
        }
        assert!(next(State::Closed, Step::Resolve, Lane::Normal).is_err());
    }

    #[test]
    fn the_clock_never_closes_life_safety() {
        for state in State::ALL {
            assert!(next(state, Step::Expire, Lane::LifeSafety).is_err());
            assert_eq!(next(state, Step::Close, Lane::LifeSafety), Ok(State::Closed));
        }
    }

    #[test]
    fn an_open_incident_never_goes_back() {
        check(State::InProgress, Step::Acknowledge, State::InProgress);
        check(State::OnHold, Step::Assign, State::OnHold);
        assert_eq!(State::by_name("on_hold"), Some(State::OnHold));
        assert_eq!(Step::by_class("operator.note"), None);
    }
}

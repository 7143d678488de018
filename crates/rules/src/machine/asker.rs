//! Answers of states about an event, from what is known now. Notes what was asked, so that it can be asked again.

use super::history::{Asked, History, Mark};
use super::states::{Order, StateKey, States, for_each_key};
use crate::program::Program;
use crate::program::condition::{AskStates, Datum, Rows, StateTest, Truth};
use crate::program::fault::Fault;
use crate::tree::StateKind;
use event::row::RowRef;
use site::SiteModel;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Answers state calls about events.
pub struct Asker<'a> {
    /// The states.
    pub states: &'a States,
    /// The program.
    pub program: &'a Program,
    /// The site model.
    pub site: &'a SiteModel,
    /// The place of the event about which is asked.
    pub order: Order,
    /// What was asked.
    pub noted: RefCell<Noted>,
}

/// Which keys of states were asked.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    /// Whole keys.
    pub keys: SmallVec<[StateKey; 2]>,
    /// Keys without their last part: for members.
    pub sets: SmallVec<[StateKey; 2]>,
}

impl Asker<'_> {
    fn asked(&self, call: &StateTest, row: RowRef<'_>) -> Asked {
        let state = &self.program.tree.states[call.state as usize];
        let tie_set = state.tie_set != self.program.faults.has(Fault::TieOtherWay);
        Asked { at: row.row.ts.0, forget: state.forget.map(|d| d.0), tie_set }
    }

    /// Which marks count: all up to the instant, or those before the event.
    fn counts<'m>(&'m self, call: &StateTest, row: RowRef<'_>) -> impl Fn(&Mark) -> bool + use<'m> {
        let (was, ts, own) = (call.was, row.row.ts.0, row.source().symbol);
        move |m: &Mark| !was || m.ts < ts || (m.source == own && m.order < self.order)
    }

    fn each(&self, call: &StateTest, rows: Rows<'_>, mut with: impl FnMut(Option<&History>)) {
        for_each_key(call, rows, self.site, self.program.symbols, |key| {
            note(&mut self.noted.borrow_mut().keys, (call.state, key));
            with(self.states.history((call.state, key)));
        });
    }

    /// The members that are on under each key that is asked.
    fn each_set(
        &self,
        call: &StateTest,
        rows: Rows<'_>,
        mut with: impl FnMut(&mut dyn Iterator<Item = &Arc<str>>),
    ) {
        let asked = self.asked(call, rows.0);
        for_each_key(call, rows, self.site, self.program.symbols, |set| {
            note(&mut self.noted.borrow_mut().sets, (call.state, set));
            let members = self.states.members((call.state, set));
            let is_on = |key| {
                let history = self.states.history((call.state, key))?;
                history.is_on(asked, self.counts(call, rows.0))
            };
            let on = members.iter().flat_map(|members| &members.keys);
            with(&mut on.filter(|(_, key)| is_on(**key) == Some(true)).map(|(member, _)| member));
        });
    }
}

fn note(noted: &mut SmallVec<[StateKey; 2]>, at: StateKey) {
    if !noted.contains(&at) {
        noted.push(at);
    }
}

impl AskStates for Asker<'_> {
    fn ask(&self, call: &StateTest, row: RowRef<'_>, member: Option<RowRef<'_>>) -> Truth {
        let asked = self.asked(call, row);
        let kind = self.program.tree.states[call.state as usize].kind;
        let mut yes = false;
        self.each(call, (row, member), |history| {
            let Some(history) = history else { return };
            let counts = self.counts(call, row);
            yes |= match kind {
                StateKind::OnOff if call.exists => history.is_on(asked, counts).is_some(),
                StateKind::OnOff => history.is_on(asked, counts) == Some(true),
                StateKind::Kept(_) => !history.kept(asked, counts).is_empty(),
                StateKind::Counter(_) => history.counted(asked, counts).is_some(),
            };
        });
        if yes { Truth::Yes } else { Truth::No }
    }

    fn values<'s>(&'s self, call: &StateTest, rows: Rows<'_>, out: &mut dyn FnMut(Datum<'s>)) {
        let asked = self.asked(call, rows.0);
        let kind = self.program.tree.states[call.state as usize].kind;
        for_each_key(call, rows, self.site, self.program.symbols, |key| {
            note(&mut self.noted.borrow_mut().keys, (call.state, key));
            let Some(history) = self.states.history((call.state, key)) else { return };
            let counts = self.counts(call, rows.0);
            match kind {
                StateKind::OnOff => {}
                StateKind::Kept(_) => {
                    history.kept(asked, counts).iter().for_each(|value| out(value.datum()));
                }
                StateKind::Counter(ty) => {
                    let counted = history.counted(asked, counts);
                    counted.and_then(|n| Datum::measure(n, ty)).into_iter().for_each(&mut *out);
                }
            }
        });
    }

    fn count(&self, call: &StateTest, rows: Rows<'_>, out: &mut dyn FnMut(usize)) {
        self.each_set(call, rows, |members| out(members.count()));
    }

    fn members(&self, call: &StateTest, row: RowRef<'_>) -> BTreeSet<Arc<str>> {
        let mut all = BTreeSet::new();
        self.each_set(call, (row, None), |members| all.extend(members.cloned()));
        all
    }
}

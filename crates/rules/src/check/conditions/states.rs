//! States in conditions: which one is asked, under which key, as of when, for what.
//!
//! A state that is on or off is a condition; one that keeps or counts has a value. What a state *is* stands in
//! `check::kinds`, what it holds at a time is the machine's.

use super::{Asking, Operand, Reader};
use crate::check::kinds;
use crate::check::say::At;
use crate::check::types::{Type, fits_state_key};
use crate::syntax::tree::{
    Call, Check, Comparison, Path as WrittenPath, Spanned, State, Sum, Value, ValueNode,
};
use crate::tree::{Expr, StateCall, StateKind};
use event::field::{self, FieldType};
use event::relation::{self, RelationDef, Target};
use site::path::Path;

/// As of when a state is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    AtEvent,
    /// `was`
    JustBefore,
}

/// What a state is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whether it is on, or its value.
    Value,
    /// Only whether it is known.
    Known,
}

impl<'a> Reader<'_, '_, 'a> {
    /// The state that a check is about, if it is one that answers yes or no: it is on or off, or asked for no more than
    /// whether it is known.
    pub(super) fn state_of(&self, check: &'a Check) -> Option<(&'a Call, When)> {
        let (call, when) = self.state_named(check.left.node.as_value()?)?;
        (self.is_on_off(call) || asks_whether_known(call, check)).then_some((call, when))
    }

    fn state_named(&self, value: &'a Value) -> Option<(&'a Call, When)> {
        match &value.node {
            ValueNode::Was(call) => Some((call, When::JustBefore)),
            ValueNode::Call(call) if self.is_state(&call.node.name.node) => Some((call, When::AtEvent)),
            _ => None,
        }
    }

    pub(super) fn is_state(&self, name: &str) -> bool {
        self.scope.context.names.states.get(name).is_some()
    }

    /// An unknown state is reported as if it were on or off.
    fn is_on_off(&self, call: &Call) -> bool {
        let state = self.scope.context.names.states.get(&call.node.name.node);
        state.is_none_or(|state| kinds::is_on_off(state.node))
    }

    /// A state under all parts of its key.
    pub(super) fn state_call(&mut self, call: &'a Call, when: When, asked: Asked) -> Option<StateCall> {
        let state = self.askable(&call.node.name.node, call)?;
        let name = &call.node.name.node;
        if let Some(field) = call.node.fields.first().filter(|_| kinds::is_on_off(state)) {
            self.say.no_field(&self.at(&field.span), &field.node, &format!("state `{name}`"), []);
            return None;
        }
        if state.by.len() != call.node.args.len() {
            self.say.wrong_key_count(&self.at(&call.span), name, &key_names(state), call.node.args.len());
            return None;
        }
        self.state_under_key(state, call, (when, asked))
    }

    /// A state with its last key left out.
    pub fn set_of(&mut self, name: &str, call: &'a Call) -> Option<StateCall> {
        let state = self.askable(name, call)?;
        let names = key_names(state);
        let of_set = names.get(..names.len().saturating_sub(1)).unwrap_or_default();
        if !kinds::is_on_off(state) || of_set.is_empty() || call.node.args.len() != of_set.len() {
            self.say.wrong_key_count(&self.at(&call.span), name, of_set, call.node.args.len());
            return None;
        }
        self.state_under_key(state, call, (When::AtEvent, Asked::Value))
    }

    /// The state of that name, if there is one and states may be asked here. None: reported.
    fn askable(&mut self, name: &str, call: &'a Call) -> Option<&'a State> {
        let states = &self.scope.context.names.states;
        let Some(state) = states.get(name) else {
            self.say.unknown(&self.at(&call.node.name.span), "state", name, states.keys());
            return None;
        };
        if self.scope.states == Asking::Forbidden {
            self.say.state_in_state(&self.at(&call.span), name);
            return None;
        }
        Some(state.node)
    }

    /// The call of a state under as many parts of its key as there are arguments.
    fn state_under_key(
        &mut self,
        state: &'a State,
        call: &'a Call,
        (when, asked): (When, Asked),
    ) -> Option<StateCall> {
        let context = self.scope.context;
        let name = state.name.node.as_str();
        let keys = context.state_keys(state);
        let parts = call.node.args.iter().zip(&state.by).zip(&keys);
        let args: Vec<Option<Path>> =
            parts.map(|((arg, part), key)| self.state_key(name, arg, (&part.dotted(), *key))).collect();
        let key = args.into_iter().collect::<Option<Vec<Path>>>()?;
        let state = context.names.states.index(name)?;
        self.reads.states.insert(state);
        Some(StateCall { state, key, was: when == When::JustBefore, exists: asked == Asked::Known })
    }

    fn state_key(
        &mut self,
        state: &str,
        arg: &'a Sum,
        (part, key): (&str, Option<FieldType>),
    ) -> Option<Path> {
        let at = self.at(&arg.span);
        let Some(written) = arg.node.as_path() else {
            self.say.does_not_run(
                &at,
                &format!("{state}(…) of a value"),
                "name a field or an entity of the event",
            );
            return None;
        };
        let path = self.path(written)?;
        match key {
            Some(ty) if !fits_state_key(part, ty, path.ty) => {
                let (found, wanted) = (Type::of(path.ty, field::Unit::None), Type::of(ty, field::Unit::None));
                self.say.wrong_argument(&at, state, &found.name(), &wanted.name());
                None
            }
            _ => Some(path),
        }
    }

    /// The value of a state that keeps one or counts.
    pub(super) fn state_value(&mut self, call: &'a Call, when: When) -> Option<Operand> {
        let asked = self.state_call(call, when, Asked::Value)?;
        let state = self.scope.context.names.states.nth(asked.state)?;
        let kinded = kinds::of(state.node)?;
        if kinded.kind == StateKind::OnOff {
            self.say_on_off_compared(&self.at(&call.span));
            return None;
        }
        let (mut ty, mut hops) = (kinded.ty, Vec::new());
        for field in &call.node.fields {
            let hop = self.hop(call, ty, field)?;
            ty = match hop.to {
                Target::Entity(kind) => Type::Entity(kind),
                Target::Attribute(ty) => Type::of(ty, field::Unit::None),
            };
            hops.push(hop);
        }
        if hops.len() > relation::STEPS_MAX {
            self.say.path_too_long(&self.at(&call.span), &call.node.name.node);
            return None;
        }
        Some(Operand { expr: Expr::State(asked, hops), ty })
    }

    pub(super) fn say_on_off_compared(&mut self, at: &At) {
        let help = "a state alone is a condition";
        self.say.cannot_compare(at, "a state that is on or off", "anything", help);
    }

    /// The relation by which a field leads on from a value of the type. None: reported.
    fn hop(&mut self, call: &Call, ty: Type, field: &Spanned<String>) -> Option<&'static RelationDef> {
        let (at, state) = (self.at(&field.span), &call.node.name.node);
        let of = format!("{} of state `{state}`", ty.name());
        let Type::Entity(kind) = ty else {
            self.say.no_field(&at, &field.node, &of, []);
            return None;
        };
        let Some(hop) = relation::of(kind, &field.node) else {
            self.say.no_field(&at, &field.node, &of, relation::names(kind));
            return None;
        };
        if hop.many {
            let help = "keep what is needed of it";
            self.say.does_not_run(&at, &format!("{state}(…).{}", hop.name), help);
            return None;
        }
        Some(hop)
    }
}

/// Whether a check asks no more of a state than whether it is known.
fn asks_whether_known(call: &Call, check: &Check) -> bool {
    let exists = check.test.as_ref().is_some_and(|test| matches!(test.node, Comparison::Exists));
    exists && call.node.fields.is_empty()
}

/// The parts of a state's key, as written.
fn key_names(state: &State) -> Vec<String> {
    state.by.iter().map(WrittenPath::dotted).collect()
}

//! `given`: what states hold when a test begins.
//!
//! A state of the shipped ones is known here only if some rule asks it; the report names the others all the same.

use super::Reader;
use crate::check::constants;
use crate::check::kinds::{self, Kinded};
use crate::check::say::At;
use crate::check::types::Type;
use crate::syntax::tree::{Call, Constant as Written, Literal, Spanned, State, Sum, ValueNode};
use crate::test_tree::Given;
use crate::tree::{Constant, StateKind};
use std::collections::BTreeSet;
use std::sync::Arc;

impl<'a> Reader<'_, 'a> {
    /// What one state holds under one key. None: reported.
    pub(super) fn given(&mut self, call: &'a Call, value: Option<&'a Spanned<Written>>) -> Option<Given> {
        let name = call.node.name.node.as_str();
        let at = self.at(&call.span);
        let state = self.state_given(call)?;
        let keys: Vec<String> = state.by.iter().map(|path| path.dotted()).collect();
        if keys.len() != call.node.args.len() {
            self.say.wrong_key_count(&at, name, &keys, call.node.args.len());
            return None;
        }
        let key: Option<Vec<Arc<str>>> = call.node.args.iter().map(|arg| self.given_key(name, arg)).collect();
        let kinded = kinds::of(state)?;
        let value = match kinded.kind {
            StateKind::OnOff => self.on_or_off(value)?,
            StateKind::Kept(_) | StateKind::Counter(_) => self.given_value(value, kinded, &at)?,
        };
        Some(Given { state: self.context.names.states.index(name)?, key: key?, value })
    }

    fn state_given(&mut self, call: &'a Call) -> Option<&'a State> {
        let (names, name) = (&self.context.names, &call.node.name);
        let found = names.states.get(&name.node);
        if found.is_none() {
            let known: BTreeSet<&str> = names.states.keys().chain(names.shipped.iter().copied()).collect();
            self.say.unknown(&self.at(&name.span), "state", &name.node, known);
        }
        found.map(|state| state.node)
    }

    /// Without a value it is on.
    fn on_or_off(&mut self, value: Option<&'a Spanned<Written>>) -> Option<Constant> {
        let Some(value) = value else { return Some(Constant::Bool(true)) };
        if let Written::Literal { literal: Literal::Bool(yes), .. } = &value.node {
            return Some(Constant::Bool(*yes));
        }
        let found = self.context.text(self.file, &value.span);
        let what = "value of a state that is on or off";
        self.say.bad_value(&self.at(&value.span), found, what, "write `true` or `false`");
        None
    }

    /// What a state keeps or has counted.
    fn given_value(
        &mut self,
        value: Option<&'a Spanned<Written>>,
        kinded: Kinded,
        at: &At,
    ) -> Option<Constant> {
        let found = value.and_then(|value| match (&value.node, kinded.ty) {
            (Written::Literal { negative, literal }, _) => {
                let (constant, ty) = constants::signed(*negative, literal)?;
                // An entity is written by its id.
                let is_id = matches!(kinded.ty, Type::Entity(_)) && ty == Type::Text;
                Some((constant, if is_id { kinded.ty } else { ty }))
            }
            (Written::Call(call), _) => constants::made(self.file, call, self.say),
            (Written::Name(name), Type::Enum(of)) => {
                let index = of.index_of(&name.node)?;
                Some((Constant::Enum(index, name.node.as_str().into()), kinded.ty))
            }
            _ => None,
        });
        match found {
            Some((constant, ty)) if ty == kinded.ty => Some(constant),
            _ => {
                let at = value.map_or(at.clone(), |value| self.at(&value.span));
                let text = value.map_or("true", |value| self.context.text(self.file, &value.span));
                let what = format!("value of {}", kinded.ty.name());
                self.say.bad_value(&at, text, &what, kinded.ty.literal());
                None
            }
        }
    }

    fn given_key(&mut self, state: &str, arg: &'a Sum) -> Option<Arc<str>> {
        match arg.node.as_value().map(|value| &value.node) {
            Some(ValueNode::Literal(Literal::Text(text))) => Some(text.value.as_str().into()),
            _ => {
                let at = self.at(&arg.span);
                self.say.wrong_argument(&at, state, "this in a world", "an id in quotes");
                None
            }
        }
    }
}

//! Functions: what each takes, and the type of what it gives.
//!
//! A name with brackets may be a state too; then `states` goes on.

use super::states::When;
use super::{Operand, Reader};
use crate::check::constants::{self, MAKERS};
use crate::check::paths;
use crate::check::types::Type;
use crate::syntax::tree::{Call, Sum, ValueNode};
use crate::tree::{Cond, Expr, Members, Place};
use event::field;
use event::symbol::lower;

/// The functions of the language, those apart that make constants.
const FUNCTIONS: [&str; 7] = ["calendar", "members", "distance", "age", "abs", "lower", "length"];

/// What `distance(…)` takes.
const PLACE: &str = "a field or an entity that has a place";

impl<'a> Reader<'_, '_, 'a> {
    /// The value of a function or a state.
    pub(super) fn call(&mut self, call: &'a Call) -> Option<Operand> {
        let name = call.node.name.node.as_str();
        if MAKERS.contains(&name) {
            return constants::made(self.scope.file, call, self.say).map(Operand::constant);
        }
        match name {
            "age" | "abs" | "lower" | "length" => self.function(name, call),
            "members" => self.members_call(call),
            "distance" => self.distance(call),
            "calendar" => {
                self.calendar(call)?;
                let help = "`calendar(…)` alone is a condition";
                self.say.cannot_compare(&self.at(&call.span), "a calendar", "anything", help);
                None
            }
            _ if self.is_state(name) => self.state_value(call, When::AtEvent),
            // By the class reference, the members of the standard state.
            "occupancy" if self.is_state("present") => {
                self.set_of("present", call).map(|call| count_of(Members::State(call)))
            }
            _ => {
                let states = self.scope.context.names.states.keys();
                let known: Vec<&str> = states.chain(FUNCTIONS).chain(MAKERS).collect();
                self.say.unknown(&self.at(&call.node.name.span), "state", name, known);
                None
            }
        }
    }

    /// The arguments of a function that takes `N`. None: it has another number of them, which is reported.
    fn arguments<const N: usize>(&mut self, call: &'a Call, expected: &str) -> Option<&'a [Sum; N]> {
        let (name, args) = (&call.node.name.node, call.node.args.as_slice());
        let fitting = args.try_into().ok();
        if fitting.is_none() {
            let found = format!("{} values", args.len());
            self.say.wrong_argument(&self.at(&call.span), name, &found, expected);
        }
        fitting
    }

    fn function(&mut self, name: &str, call: &'a Call) -> Option<Operand> {
        let [arg] = self.arguments(call, "one value")?;
        let operand = self.sum(arg, None)?;
        let (fits, expected) = match name {
            "age" => (operand.ty == Type::Time, "a time"),
            "abs" => (operand.ty.is_measure(), "a number"),
            _ => (operand.ty == Type::Text, "text"),
        };
        if !fits {
            self.say.wrong_argument(&self.at(&call.span), name, &operand.ty.name(), expected);
            return None;
        }
        let inner = Box::new(operand.expr);
        Some(match name {
            "age" => Operand { expr: Expr::Age(inner), ty: Type::Duration },
            "abs" => Operand { expr: Expr::Abs(inner), ty: operand.ty },
            "lower" => Operand { expr: Expr::Lower(inner), ty: Type::Text },
            _ => Operand { expr: Expr::Length(inner), ty: Type::Number },
        })
    }

    /// `members(…)` of a state or a relation.
    fn members_call(&mut self, call: &'a Call) -> Option<Operand> {
        let [arg] = self.arguments(call, "one state or relation")?;
        match arg.node.as_value().map(|value| &value.node) {
            Some(ValueNode::Call(inner)) => {
                let set = self.set_of(&inner.node.name.node, inner)?;
                Some(count_of(Members::State(set)))
            }
            Some(ValueNode::Path(path)) => Some(count_of(Members::Relation(self.path(path)?))),
            _ => {
                let expected = "a state with its last key left out, or a relation";
                self.say.wrong_argument(&self.at(&call.span), "members", "this", expected);
                None
            }
        }
    }

    fn distance(&mut self, call: &'a Call) -> Option<Operand> {
        let [a, b] = self.arguments(call, "two places")?;
        let (a, b) = (self.place(a), self.place(b));
        Some(Operand { expr: Expr::Distance(a?, b?), ty: Type::Length })
    }

    /// A place: a geo, or an entity whose site has one.
    fn place(&mut self, arg: &'a Sum) -> Option<Place> {
        let at = self.at(&arg.span);
        let Some(written) = arg.node.as_path() else {
            self.say.wrong_argument(&at, "distance", "this", PLACE);
            return None;
        };
        let (of, path) = match self.word_or_path(written, None)?.expr {
            Expr::Path(path) => (None, path),
            Expr::Earlier(bit, path) => (Some(bit), path),
            _ => return None,
        };
        let paths = paths::to_geo(&path);
        if paths.is_empty() {
            let found = Type::of(path.ty, field::Unit::None).name();
            self.say.wrong_argument(&at, "distance", &found, PLACE);
            return None;
        }
        Some(Place { of, paths })
    }

    /// `calendar(…)`, a condition by itself.
    pub(super) fn calendar(&mut self, call: &'a Call) -> Option<Cond> {
        let at = self.at(&call.span);
        let Some(name) = constants::text_argument(call) else {
            self.say.wrong_argument(&at, "calendar", "this", "the name of a calendar in quotes");
            return None;
        };
        if let Some(known) = &self.scope.context.environment.known
            && !known.calendars.contains(lower(name).as_ref())
        {
            self.say.unknown(&at, "calendar", name, known.calendars.iter().map(String::as_str));
            return None;
        }
        Some(Cond::Calendar(name.into()))
    }
}

fn count_of(members: Members) -> Operand {
    Operand { expr: Expr::Members(members), ty: Type::Number }
}

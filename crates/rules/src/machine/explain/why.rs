//! Why an event is no hit of a step under a key: the parts of the condition that are false, with the values that they
//! looked at, or the key that it has instead. The compiled parts are asked, so the answer is the engine's own.

use super::words::Words;
use crate::machine::asker::Asker;
use crate::machine::describe::text;
use crate::machine::events::{EventRef, Events};
use crate::program::condition::{AskStates, Compiler, Datum, Rows, StateTest, Truth, resolve};
use crate::tree::{Cond, Expr, Group, Members, RuleSet, StateCall, StateKind};
use event::field::FieldType;
use event::row::RowRef;
use event::time::{Duration, Timestamp};
use event::value::{Micro, Value, display_ip};
use site::SiteModel;
use site::path::Path;
use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::sync::Arc;

/// States, and the events that fill earlier steps.
pub(super) struct Beside<'a> {
    pub asker: Asker<'a>,
    pub events: &'a Events,
    pub chain: &'a [(u16, EventRef)],
}

impl AskStates for Beside<'_> {
    fn ask(&self, call: &StateTest, row: RowRef<'_>, member: Option<RowRef<'_>>) -> Truth {
        self.asker.ask(call, row, member)
    }

    fn values<'s>(&'s self, call: &StateTest, rows: Rows<'_>, out: &mut dyn FnMut(Datum<'s>)) {
        self.asker.values(call, rows, out);
    }

    fn count(&self, call: &StateTest, rows: Rows<'_>, out: &mut dyn FnMut(usize)) {
        self.asker.count(call, rows, out);
    }

    fn members(&self, call: &StateTest, row: RowRef<'_>) -> BTreeSet<Arc<str>> {
        self.asker.members(call, row)
    }

    fn earlier(&self, bit: u8) -> Option<RowRef<'_>> {
        let filled = self.chain.iter().rev().find(|(step, _)| step & (1 << bit) != 0);
        filled.map(|(_, event)| self.events.row(*event))
    }
}

/// A condition that is asked about an event.
pub(super) struct Why<'a> {
    pub compiler: &'a Compiler,
    pub words: Words<'a>,
    pub rules: &'a RuleSet,
    pub site: &'a SiteModel,
    pub beside: &'a Beside<'a>,
    pub row: RowRef<'a>,
}

impl Why<'_> {
    fn holds(&self, cond: &Cond) -> bool {
        self.compiler.condition(cond).ask(self.row, self.site, self.beside) == Truth::Yes
    }

    /// The parts of a condition for which it is false, each with the values that it looked at; none if it is true.
    pub fn not(&self, cond: &Cond) -> Vec<String> {
        if self.holds(cond) {
            return Vec::new();
        }
        match cond {
            Cond::And(parts) | Cond::Or(parts) => parts.iter().flat_map(|part| self.not(part)).collect(),
            Cond::Not(inner) => vec![self.sentence(inner, "holds")],
            leaf => vec![self.sentence(leaf, "does not hold")],
        }
    }

    fn sentence(&self, cond: &Cond, verdict: &str) -> String {
        let mut values = Vec::new();
        self.values(cond, &mut values);
        values.dedup();
        let told = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
        format!("`{}` {verdict}{told}", self.words.condition(cond))
    }

    /// What a condition looked at, each as `path is value`.
    fn values(&self, cond: &Cond, out: &mut Vec<String>) {
        match cond {
            Cond::And(parts) | Cond::Or(parts) => parts.iter().for_each(|part| self.values(part, out)),
            Cond::Not(inner) => self.values(inner, out),
            Cond::Compare(left, _, right) => {
                self.of(left, out);
                self.of(right, out);
            }
            Cond::In(value, group) => {
                self.of(value, out);
                match group {
                    Group::Items(items) => items.iter().for_each(|item| self.of(item, out)),
                    Group::Path(path) => out.push(self.path(&path.text, Some(self.row), path)),
                    Group::List(_) => {}
                }
            }
            Cond::Text(value, ..)
            | Cond::TextList(value, ..)
            | Cond::Matches(value, _)
            | Cond::MatchesList(value, _) => self.of(value, out),
            Cond::Exists(value) | Cond::Is(value) => self.of(value, out),
            Cond::State(call) => out.push(self.state(call)),
            Cond::Calendar(_) => out.push(format!("ts is {}", self.row.row.ts)),
        }
    }

    fn of(&self, expr: &Expr, out: &mut Vec<String>) {
        match expr {
            Expr::Constant(_) | Expr::Aggregate(_) => {}
            Expr::Path(path) => out.push(self.path(&path.text, Some(self.row), path)),
            Expr::Earlier(bit, path) => {
                out.push(self.path(&self.words.value(expr), self.beside.earlier(*bit), path));
            }
            Expr::State(call, _) => out.push(self.state(call)),
            Expr::Members(Members::State(call)) => {
                let mut counts = Vec::new();
                let call_test = self.compiler.call(call);
                self.beside.count(&call_test, (self.row, None), &mut |n| counts.push(n.to_string()));
                let counts = if counts.is_empty() { "0".to_owned() } else { counts.join(", ") };
                out.push(format!("{} is {counts}", self.words.value(expr)));
            }
            Expr::Members(Members::Relation(path)) => out.push(self.path(&path.text, Some(self.row), path)),
            Expr::Distance(a, b) => {
                for place in [a, b] {
                    let row = place.of.map_or(Some(self.row), |bit| self.beside.earlier(bit));
                    let paths = place.paths.iter().take(1);
                    out.extend(paths.map(|path| self.path(&path.text, row, path)));
                }
            }
            Expr::Negate(x) | Expr::Age(x) | Expr::Abs(x) | Expr::Lower(x) | Expr::Length(x) => {
                self.of(x, out)
            }
            Expr::Arithmetic(x, _, y) => {
                self.of(x, out);
                self.of(y, out);
            }
        }
    }

    fn path(&self, name: &str, row: Option<RowRef<'_>>, path: &Path) -> String {
        let Some(row) = row else { return format!("{name} is not known yet") };
        let mut values: SmallVec<[Value<'_>; 4]> = SmallVec::new();
        resolve(row, self.site, path, &mut values);
        let values: Vec<String> = values.iter().map(|value| text(value, path.ty)).collect();
        match values.is_empty() {
            true => format!("{name} is missing"),
            false => format!("{name} is {}", values.join(", ")),
        }
    }

    fn state(&self, call: &StateCall) -> String {
        let (name, test) = (self.words.call(call), self.compiler.call(call));
        let kind = self.rules.states.get(call.state as usize).map_or(StateKind::OnOff, |state| state.kind);
        let ty = match kind {
            StateKind::OnOff => {
                let on = self.beside.ask(&test, self.row, None) == Truth::Yes;
                return format!("{name} is {}", if on { "on" } else { "not on" });
            }
            StateKind::Kept(ty) | StateKind::Counter(ty) => ty,
        };
        let mut values = Vec::new();
        self.beside.values(&test, (self.row, None), &mut |value| values.push(datum_text(value, ty)));
        match values.is_empty() {
            true => format!("{name} is not known"),
            false => format!("{name} is {}", values.join(", ")),
        }
    }
}

fn datum_text(datum: Datum<'_>, ty: FieldType) -> String {
    match datum {
        Datum::Number(n) => i64::try_from(n).map_or_else(|_| n.to_string(), |n| Micro(n).to_string()),
        Datum::Text(_, text) | Datum::Labels(text) => text.replace('\u{1f}', ", "),
        Datum::Bool(b) => b.to_string(),
        Datum::Enum(index) => text(&Value::Enum(index), ty),
        Datum::Ip(ip) => display_ip(ip.into()).to_string(),
        Datum::Net(ip, prefix) => format!("{}/{prefix}", display_ip(ip.into())),
        Datum::Time(t) => Timestamp(t).to_string(),
        Datum::Span(d) => Duration(d).to_string(),
    }
}

//! Conditions in words, much as the author wrote them: the checked tree as text. `rules fmt` prints what was written; here
//! parameters have become values and units those of the fields.

use crate::tree::{Arithmetic, Cond, Constant, Expr, Group, Members, Op, Place, RuleSet, StateCall, TextOp};
use event::value::display_ip;
use std::net::Ipv6Addr;
use std::sync::Arc;

/// What names stand for in conditions.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    /// For the names of states.
    pub rules: &'a RuleSet,
    /// The names of the steps, by bit.
    pub steps: &'a [Arc<str>],
    /// The names of the aggregates.
    pub aggregates: &'a [Arc<str>],
}

impl Words<'_> {
    /// A condition.
    pub fn condition(&self, cond: &Cond) -> String {
        let all = |parts: &[Cond], word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| self.part(part)).collect();
            parts.join(word)
        };
        match cond {
            Cond::And(parts) => all(parts, " and "),
            Cond::Or(parts) => all(parts, " or "),
            Cond::Not(inner) => format!("not {}", self.part(inner)),
            Cond::Compare(left, op, right) => {
                format!("{} {} {}", self.value(left), op_sign(*op), self.value(right))
            }
            Cond::In(value, group) => format!("{} in {}", self.value(value), self.group(group)),
            Cond::Text(value, op, part) => format!("{} {} \"{part}\"", self.value(value), text_word(*op)),
            Cond::TextList(value, op, list) => format!("{} {} @{list}", self.value(value), text_word(*op)),
            Cond::MatchesList(value, list) => format!("{} matches @{list}", self.value(value)),
            Cond::Matches(value, pattern) => format!("{} matches '{pattern}'", self.value(value)),
            Cond::Exists(value) => format!("{} exists", self.value(value)),
            Cond::Is(value) => self.value(value),
            Cond::State(call) => self.call(call),
            Cond::Calendar(name) => format!("calendar(\"{name}\")"),
        }
    }

    fn part(&self, cond: &Cond) -> String {
        match cond {
            Cond::And(_) | Cond::Or(_) => format!("({})", self.condition(cond)),
            _ => self.condition(cond),
        }
    }

    /// An expression.
    pub fn value(&self, expr: &Expr) -> String {
        match expr {
            Expr::Constant(constant) => constant_text(constant),
            Expr::Path(path) => path.text.to_string(),
            Expr::Earlier(bit, path) => format!("{}.{}", self.step(*bit), path.text),
            Expr::Aggregate(at) => self.aggregates.get(*at).map_or("count", |name| name).to_owned(),
            Expr::State(call, hops) => {
                let hops = hops.iter().map(|hop| format!(".{}", hop.name));
                self.call(call) + &hops.collect::<String>()
            }
            Expr::Members(Members::State(call)) => format!("members({})", self.call(call)),
            Expr::Members(Members::Relation(path)) => format!("members({})", path.text),
            Expr::Distance(a, b) => format!("distance({}, {})", self.place(a), self.place(b)),
            Expr::Negate(x) => format!("-{}", self.value(x)),
            Expr::Arithmetic(x, op, y) => {
                format!("({} {} {})", self.value(x), arithmetic_sign(*op), self.value(y))
            }
            Expr::Age(x) => format!("age({})", self.value(x)),
            Expr::Abs(x) => format!("abs({})", self.value(x)),
            Expr::Lower(x) => format!("lower({})", self.value(x)),
            Expr::Length(x) => format!("length({})", self.value(x)),
        }
    }

    /// A state call.
    pub fn call(&self, call: &StateCall) -> String {
        let state = self.rules.states.get(call.state as usize).map_or("?", |state| &state.name);
        let key: Vec<&str> = call.key.iter().map(|path| &*path.text).collect();
        let (was, exists) = (if call.was { "was " } else { "" }, if call.exists { " exists" } else { "" });
        format!("{was}{state}({}){exists}", key.join(", "))
    }

    fn step(&self, bit: u8) -> &str {
        self.steps.get(usize::from(bit)).map_or("?", |name| name)
    }

    fn place(&self, place: &Place) -> String {
        let path = place.paths.first().map_or("?", |path| &path.text);
        place.of.map_or_else(|| path.to_owned(), |bit| format!("{}.{path}", self.step(bit)))
    }

    fn group(&self, group: &Group) -> String {
        match group {
            Group::Items(items) => {
                let items: Vec<String> = items.iter().map(|item| self.value(item)).collect();
                format!("({})", items.join(", "))
            }
            Group::List(list) => format!("@{list}"),
            Group::Path(path) => path.text.to_string(),
        }
    }
}

/// A constant.
pub(super) fn constant_text(constant: &Constant) -> String {
    match constant {
        Constant::Text(text) => format!("\"{text}\""),
        Constant::Int(n) => n.to_string(),
        Constant::Float(x) => x.to_string(),
        Constant::Bool(b) => b.to_string(),
        Constant::Enum(_, name) => name.to_string(),
        Constant::Ip(ip) => format!("ip(\"{}\")", display_ip(*ip)),
        Constant::Net(address, prefix) => format!("net(\"{}\")", net_text(*address, *prefix)),
        Constant::Mac(mac) => format!("mac(\"{mac}\")"),
        Constant::Time(t) => format!("time(\"{t}\")"),
        Constant::Duration(d) => d.to_string(),
    }
}

fn net_text(address: Ipv6Addr, prefix: u8) -> String {
    match address.to_ipv4_mapped() {
        Some(v4) => format!("{v4}/{}", prefix.saturating_sub(96)),
        None => format!("{address}/{prefix}"),
    }
}

fn op_sign(op: Op) -> &'static str {
    match op {
        Op::Equal => "=",
        Op::NotEqual => "!=",
        Op::Less => "<",
        Op::AtMost => "<=",
        Op::Greater => ">",
        Op::AtLeast => ">=",
    }
}

fn text_word(op: TextOp) -> &'static str {
    match op {
        TextOp::Contains => "contains",
        TextOp::Starts => "starts",
        TextOp::Ends => "ends",
    }
}

fn arithmetic_sign(op: Arithmetic) -> &'static str {
    match op {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
    }
}

//! Conditions, compiled: constants have become symbols, expressions regular expressions, and what needs no state is
//! decided without one.
//!
//! The stateless index asks with no states at hand: then a state answers *maybe*, and an event is a candidate unless the
//! answer is a plain *no*. The task asks again with states. Meaning: language.md §3 (types, missing values).

use crate::tree::{Arithmetic, Cond, Constant, Expr, Group, Members, Op, Place, StateCall, TextOp};
use event::field::{FieldId, FieldType};
use event::relation::RelationDef;
use event::row::RowRef;
use event::symbol::{Symbol, SymbolKey, lower};
use event::time::Timestamp;
use event::value::{Geo, Value};
use regex::{Regex, RegexBuilder};
use site::SiteModel;
use site::path::{Path, Start};
use smallvec::SmallVec;
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

/// A compiled condition.
#[derive(Clone, Debug)]
pub enum Test {
    /// All.
    And(Box<[Test]>),
    /// One.
    Or(Box<[Test]>),
    /// Not.
    Not(Box<Test>),
    /// The commonest: a field is one of some texts, numbers or enum values.
    FieldIn(FieldId, Box<[Atom]>),
    /// Any other comparison.
    Compare(Term, Op, Term),
    /// One of several values.
    In(Term, Box<[Term]>),
    /// A member of a list of the site model.
    InList(Term, Arc<str>),
    /// A part of a text; the wanted part is in lower case.
    Text(Term, TextOp, Box<str>),
    /// One of the texts of a list.
    TextList(Term, TextOp, Arc<str>),
    /// A regular expression.
    Matches(Term, Regex),
    /// There is a value.
    Exists(Term),
    /// A yes that is there.
    Is(Term),
    /// A state that is on or known.
    State(StateTest),
    /// A leaf with values of states.
    Stateful(Box<Test>),
    /// Inside a calendar of the event's site.
    Calendar(Arc<str>),
}

/// What a field can be equal to, as one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// Text by its symbol.
    Text(Symbol),
    /// Whole number.
    Int(i64),
    /// Enum value.
    Enum(u16),
    /// Yes or no.
    Bool(bool),
    /// Address.
    Ip(u128),
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

/// Whose members.
#[derive(Clone, Debug)]
pub enum MembersTest {
    /// A state with its last key left out.
    State(StateTest),
    /// The values of a path.
    Relation(Path),
}

/// An end of a distance.
#[derive(Clone, Debug)]
pub struct PlaceTest {
    of: Option<u8>,
    paths: Vec<Path>,
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub enum Term {
    /// A constant.
    Constant(Fixed),
    /// A path.
    Path(Path),
    /// A path of the event of an earlier step.
    Earlier(u8, Path),
    /// A path from the member of `for each`.
    Member(Path),
    /// The aggregate of that place.
    Aggregate(usize),
    /// The value of a state, and where relations lead from it.
    State(StateTest, Vec<&'static RelationDef>),
    /// How many members.
    Members(MembersTest),
    /// How far apart.
    Distance(PlaceTest, PlaceTest),
    /// −x
    Negate(Box<Term>),
    /// x ∘ y
    Arithmetic(Box<Term>, Arithmetic, Box<Term>),
    /// ts − x
    Age(Box<Term>),
    /// |x|
    Abs(Box<Term>),
    /// Lower case; comparisons ignore case anyhow.
    Lower(Box<Term>),
    /// Characters of a text.
    Length(Box<Term>),
}

/// A constant that owns its text.
#[derive(Clone, Debug, PartialEq)]
pub enum Fixed {
    /// Text and its symbol.
    Text(Symbol, Arc<str>),
    /// A network: address and prefix length in 128 bits.
    Net(u128, u8),
    /// Anything that needs no text.
    Plain(Datum<'static>),
}

/// A value under comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Datum<'a> {
    /// Numbers, in millionths.
    Number(i128),
    /// Text with its symbol.
    Text(Symbol, &'a str),
    /// Yes or no.
    Bool(bool),
    /// Enum value.
    Enum(u16),
    /// Address.
    Ip(u128),
    /// Network.
    Net(u128, u8),
    /// Instant, ns.
    Time(i64),
    /// Length of time, ns.
    Span(i64),
    /// Labels.
    Labels(&'a str),
}

impl Fixed {
    /// The value under comparison.
    pub fn datum(&self) -> Datum<'_> {
        match self {
            Fixed::Text(symbol, text) => Datum::Text(*symbol, text),
            Fixed::Net(address, prefix) => Datum::Net(*address, *prefix),
            Fixed::Plain(datum) => *datum,
        }
    }

    /// A value that owns its text. Labels and places are not kept.
    pub fn of(value: Value<'_>) -> Option<Fixed> {
        match value {
            Value::Text(text) => Some(Fixed::Text(text.symbol, text.text.into())),
            Value::Int(n) => Some(Fixed::Plain(Datum::Number(i128::from(n) * MICRO))),
            Value::Float(x) => Some(Fixed::Plain(Datum::Number(i128::from(x.0)))),
            Value::Bool(b) => Some(Fixed::Plain(Datum::Bool(b))),
            Value::Enum(index) => Some(Fixed::Plain(Datum::Enum(index))),
            Value::Ip(ip) => Some(Fixed::Plain(Datum::Ip(u128::from(ip)))),
            Value::Time(t) => Some(Fixed::Plain(Datum::Time(t.0))),
            Value::Duration(d) => Some(Fixed::Plain(Datum::Span(d.0))),
            Value::List(_) | Value::Geo(_) => None,
        }
    }
}

impl Datum<'_> {
    /// A sum, in millionths or, of durations, in ns.
    pub fn measure(sum: i128, ty: FieldType) -> Option<Datum<'static>> {
        match ty {
            FieldType::Duration => i64::try_from(sum).ok().map(Datum::Span),
            _ => in_range(sum).map(Datum::Number),
        }
    }
}

type Data<'a> = SmallVec<[Datum<'a>; 4]>;

const MICRO: i128 = 1_000_000;

/// Compiles conditions for one namespace's symbols.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// The key of the symbols.
    pub symbols: SymbolKey,
    /// The member of `for each`, with which paths may begin.
    pub member: Option<Arc<str>>,
}

impl Compiler {
    /// Compiles a condition. The checker has seen it, so a regular expression that does not build is a bug.
    pub fn condition(&self, cond: &Cond) -> Test {
        match self.leaf_or_tree(cond) {
            leaf if leaf.has_state_values() => Test::Stateful(Box::new(leaf)),
            test => test,
        }
    }

    fn leaf_or_tree(&self, cond: &Cond) -> Test {
        match cond {
            Cond::And(all) => Test::And(all.iter().map(|c| self.condition(c)).collect()),
            Cond::Or(any) => Test::Or(any.iter().map(|c| self.condition(c)).collect()),
            Cond::Not(inner) => Test::Not(Box::new(self.condition(inner))),
            Cond::Compare(left, op, right) => self.compare(left, *op, right),
            Cond::In(value, Group::Items(items)) => self.one_of(value, items),
            Cond::In(value, Group::List(list)) => Test::InList(self.term(value), list.clone()),
            Cond::In(value, Group::Path(path)) => Test::Compare(self.term(value), Op::Equal, self.path(path)),
            Cond::Text(value, op, part) => Test::Text(self.term(value), *op, lower(part).into_owned().into()),
            Cond::TextList(value, op, list) => Test::TextList(self.term(value), *op, list.clone()),
            Cond::Matches(value, pattern) => Test::Matches(self.term(value), regular(pattern)),
            Cond::Exists(value) => Test::Exists(self.term(value)),
            Cond::Is(value) => Test::Is(self.term(value)),
            Cond::State(call) => Test::State(self.call(call)),
            Cond::Calendar(name) => Test::Calendar(name.clone()),
        }
    }

    fn call(&self, call: &StateCall) -> StateTest {
        let starts = |path: &&Path| self.begins_at_member(path);
        let of_member = call.key.iter().zip(0u32..).filter(|(path, _)| starts(path));
        let of_member = of_member.fold(0u16, |all, (_, at)| all | 1u16.checked_shl(at).unwrap_or(0));
        let StateCall { state, key, was, exists } = call.clone();
        StateTest { state, key, was, exists, of_member }
    }

    /// Compiles what has members.
    pub fn members(&self, members: &Members) -> MembersTest {
        match members {
            Members::State(call) => MembersTest::State(self.call(call)),
            Members::Relation(path) => MembersTest::Relation(path.clone()),
        }
    }

    fn begins_at_member(&self, path: &Path) -> bool {
        self.member.as_ref().is_some_and(|member| path.text.split('.').next() == Some(member))
    }

    fn path(&self, path: &Path) -> Term {
        if self.begins_at_member(path) { Term::Member(path.clone()) } else { Term::Path(path.clone()) }
    }

    fn plain_field(&self, expr: &Expr) -> Option<FieldId> {
        let of_member = matches!(expr, Expr::Path(path) if self.begins_at_member(path));
        plain_field(expr).filter(|_| !of_member)
    }

    fn compare(&self, left: &Expr, op: Op, right: &Expr) -> Test {
        if op == Op::Equal
            && let (Some(field), Some(atom)) = (self.plain_field(left), self.atom(right))
        {
            return Test::FieldIn(field, [atom].into());
        }
        Test::Compare(self.term(left), op, self.term(right))
    }

    fn one_of(&self, value: &Expr, items: &[Expr]) -> Test {
        let atoms: Option<Vec<Atom>> = items.iter().map(|item| self.atom(item)).collect();
        match (self.plain_field(value), atoms) {
            (Some(field), Some(atoms)) => Test::FieldIn(field, atoms.into()),
            _ => Test::In(self.term(value), items.iter().map(|item| self.term(item)).collect()),
        }
    }

    /// The constant as what a field may be equal to, where equality needs no conversion.
    fn atom(&self, expr: &Expr) -> Option<Atom> {
        let Expr::Constant(constant) = expr else { return None };
        match constant {
            Constant::Text(text) | Constant::Mac(text) => Some(Atom::Text(self.symbols.symbol(text))),
            Constant::Int(n) => Some(Atom::Int(*n)),
            Constant::Enum(index, _) => Some(Atom::Enum(*index)),
            Constant::Bool(b) => Some(Atom::Bool(*b)),
            Constant::Ip(ip) => Some(Atom::Ip(u128::from(*ip))),
            _ => None,
        }
    }

    fn term(&self, expr: &Expr) -> Term {
        let boxed = |e: &Expr| Box::new(self.term(e));
        match expr {
            Expr::Constant(constant) => Term::Constant(self.fixed(constant)),
            Expr::Path(path) => self.path(path),
            Expr::Negate(x) => Term::Negate(boxed(x)),
            Expr::Arithmetic(x, op, y) => Term::Arithmetic(boxed(x), *op, boxed(y)),
            Expr::Age(x) => Term::Age(boxed(x)),
            Expr::Abs(x) => Term::Abs(boxed(x)),
            Expr::Lower(x) => Term::Lower(boxed(x)),
            Expr::Length(x) => Term::Length(boxed(x)),
            Expr::Earlier(bit, path) => Term::Earlier(*bit, path.clone()),
            Expr::Aggregate(at) => Term::Aggregate(*at),
            Expr::State(call, hops) => Term::State(self.call(call), hops.clone()),
            Expr::Members(members) => Term::Members(self.members(members)),
            Expr::Distance(a, b) => Term::Distance(place(a), place(b)),
        }
    }

    /// A constant with its symbol.
    pub fn fixed(&self, constant: &Constant) -> Fixed {
        Fixed::Plain(match constant {
            Constant::Text(text) | Constant::Mac(text) => {
                return Fixed::Text(self.symbols.symbol(text), text.clone());
            }
            Constant::Net(address, prefix) => return Fixed::Net(u128::from(*address), *prefix),
            Constant::Int(n) => Datum::Number(i128::from(*n) * MICRO),
            Constant::Float(x) => Datum::Number(i128::from(x.0)),
            Constant::Bool(b) => Datum::Bool(*b),
            Constant::Enum(index, _) => Datum::Enum(*index),
            Constant::Ip(ip) => Datum::Ip(u128::from(*ip)),
            Constant::Time(t) => Datum::Time(t.0),
            Constant::Duration(d) => Datum::Span(d.0),
        })
    }
}

/// The field that an expression is, if a slot holds its values as they are compared.
fn plain_field(expr: &Expr) -> Option<FieldId> {
    use event::field::FieldType::{Bool, Code, Enum, Id, Int, Ip, Mac, Text};
    let Expr::Path(Path { start: Start::Field(field), hops, .. }) = expr else { return None };
    let equal_by_slot = matches!(field.def().ty, Text | Code | Id(_) | Mac | Enum(_) | Int | Bool | Ip);
    (hops.is_empty() && equal_by_slot && is_slot(*field)).then_some(*field)
}

/// Whether the field is what the event says of it, and nothing that the site model fills in.
fn is_slot(field: FieldId) -> bool {
    event::relation::implied_field(field).is_empty()
}

fn place(place: &Place) -> PlaceTest {
    PlaceTest { of: place.of, paths: place.paths.clone() }
}

fn regular(pattern: &str) -> Regex {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(1 << 20)
        .build()
        .expect("the checker has built this expression under the same limits")
}

impl Test {
    /// The answer for an event.
    pub fn ask(&self, row: RowRef<'_>, site: &SiteModel, states: &impl AskStates) -> Truth {
        match self {
            Test::And(all) => fold(all, Truth::Yes, Truth::No, |t| t.ask(row, site, states)),
            Test::Or(any) => fold(any, Truth::No, Truth::Yes, |t| t.ask(row, site, states)),
            Test::Not(inner) => match inner.ask(row, site, states) {
                Truth::No => Truth::Yes,
                Truth::Yes => Truth::No,
                Truth::Maybe => Truth::Maybe,
            },
            Test::State(call) => states.ask(call, row, states.member()),
            Test::Stateful(_) if !states.knows_states() => Truth::Maybe,
            Test::Stateful(leaf) => leaf.ask(row, site, states),
            stateless => match stateless.holds(row, site, states) {
                true => Truth::Yes,
                false => Truth::No,
            },
        }
    }

    /// The answer of a leaf that needs no state.
    fn holds(&self, row: RowRef<'_>, site: &SiteModel, around: &impl AskStates) -> bool {
        match self {
            Test::FieldIn(field, atoms) => {
                row.get(*field).and_then(atom_of).is_some_and(|value| atoms.contains(&value))
            }
            Test::Compare(left, op, right) => {
                let (left, right) = (left.values(row, site, around), right.values(row, site, around));
                pairs(&left, &right, |a, b| compares(a, *op, b))
            }
            Test::In(value, items) => {
                let values = value.values(row, site, around);
                items.iter().any(|item| {
                    pairs(&values, &item.values(row, site, around), |a, b| compares(a, Op::Equal, b))
                })
            }
            Test::InList(value, list) => {
                value.raw(row, site, around).iter().any(|v| site.in_list(list, v, row.row.ts))
            }
            Test::Text(value, op, part) => {
                value.values(row, site, around).iter().any(|v| text_has(*v, *op, part))
            }
            Test::TextList(value, op, list) => {
                let Some(list) = site.list(list) else { return false };
                let values = value.values(row, site, around);
                list.texts(row.row.ts).any(|part| {
                    let part = lower(part);
                    values.iter().any(|value| text_has(*value, *op, &part))
                })
            }
            Test::Matches(value, regex) => value
                .values(row, site, around)
                .iter()
                .any(|v| matches!(v, Datum::Text(_, text) if regex.is_match(text))),
            Test::Exists(value) => !value.values(row, site, around).is_empty(),
            Test::Is(value) => value.values(row, site, around).contains(&Datum::Bool(true)),
            Test::Calendar(name) => {
                let at = row.site().map_or("", |s| s.text);
                site.in_calendar(name, at, row.row.ts)
            }
            Test::And(_) | Test::Or(_) | Test::Not(_) | Test::State(_) | Test::Stateful(_) => {
                unreachable!("asked, not held")
            }
        }
    }

    /// Whether any part asks a state.
    pub fn asks_states(&self) -> bool {
        match self {
            Test::And(parts) | Test::Or(parts) => parts.iter().any(Test::asks_states),
            Test::Not(inner) => inner.asks_states(),
            Test::State(_) | Test::Stateful(_) => true,
            _ => false,
        }
    }

    /// The terms of a leaf.
    fn terms(&self) -> SmallVec<[&Term; 2]> {
        match self {
            Test::Compare(left, _, right) => SmallVec::from_slice(&[left, right]),
            Test::In(value, items) => std::iter::once(value).chain(items.iter()).collect(),
            Test::InList(value, _)
            | Test::Text(value, ..)
            | Test::TextList(value, ..)
            | Test::Matches(value, _)
            | Test::Exists(value)
            | Test::Is(value) => SmallVec::from_slice(&[value]),
            _ => SmallVec::new(),
        }
    }

    /// Whether a leaf has values of states.
    fn has_state_values(&self) -> bool {
        let mut calls = Vec::new();
        self.terms().into_iter().for_each(|term| term.state_calls(&mut calls));
        !calls.is_empty()
    }

    /// The bits of the earlier steps that it looks at.
    pub fn earlier_steps(&self, out: &mut Vec<u8>) {
        match self {
            Test::And(parts) | Test::Or(parts) => parts.iter().for_each(|part| part.earlier_steps(out)),
            Test::Not(inner) => inner.earlier_steps(out),
            Test::Stateful(inner) => inner.earlier_steps(out),
            leaf => leaf.terms().into_iter().for_each(|term| term.earlier_steps(out)),
        }
    }

    /// Every state call in it.
    pub fn state_calls<'a>(&'a self, out: &mut Vec<&'a StateTest>) {
        match self {
            Test::And(parts) | Test::Or(parts) => parts.iter().for_each(|part| part.state_calls(out)),
            Test::Not(inner) => inner.state_calls(out),
            Test::State(call) => out.push(call),
            Test::Stateful(inner) => inner.state_calls(out),
            leaf => leaf.terms().into_iter().for_each(|term| term.state_calls(out)),
        }
    }

    /// A necessary equality: the event cannot satisfy the condition unless this field is one of these.
    pub fn necessary(&self) -> Option<(FieldId, &[Atom])> {
        match self {
            Test::FieldIn(field, atoms) => Some((*field, atoms)),
            Test::And(parts) => parts.iter().find_map(Test::necessary),
            _ => None,
        }
    }
}

fn fold(parts: &[Test], neutral: Truth, decisive: Truth, ask: impl Fn(&Test) -> Truth) -> Truth {
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

/// What a field's value is equal to.
pub fn atom_of(value: Value<'_>) -> Option<Atom> {
    match value {
        Value::Text(text) => Some(Atom::Text(text.symbol)),
        Value::Int(n) => Some(Atom::Int(n)),
        Value::Enum(index) => Some(Atom::Enum(index)),
        Value::Bool(b) => Some(Atom::Bool(b)),
        Value::Ip(ip) => Some(Atom::Ip(u128::from(ip))),
        _ => None,
    }
}

impl Term {
    /// All values: none if something is missing.
    fn values<'a>(&'a self, row: RowRef<'a>, site: &'a SiteModel, around: &'a impl AskStates) -> Data<'a> {
        let of = |term: &'a Term| term.values(row, site, around);
        match self {
            Term::Constant(Fixed::Text(symbol, text)) => Data::from_slice(&[Datum::Text(*symbol, text)]),
            Term::Constant(Fixed::Net(address, prefix)) => Data::from_slice(&[Datum::Net(*address, *prefix)]),
            Term::Constant(Fixed::Plain(datum)) => Data::from_slice(&[*datum]),
            Term::State(call, hops) => state_values(call, hops, (row, site), around),
            Term::Members(members) => member_counts(members, (row, site), around),
            Term::Distance(a, b) => distance(a.find(row, site, around), b.find(row, site, around)),
            Term::Aggregate(at) => around.aggregate(*at).into_iter().collect(),
            Term::Path(_) | Term::Earlier(..) | Term::Member(_) => {
                self.raw(row, site, around).into_iter().filter_map(datum).collect()
            }
            Term::Negate(x) => each(of(x), negate),
            Term::Abs(x) => each(of(x), absolute),
            Term::Lower(x) => of(x),
            Term::Length(x) => each(of(x), length),
            Term::Age(x) => each(of(x), |d| age(row.row.ts, d)),
            Term::Arithmetic(x, op, y) => {
                let (left, right) = (of(x), of(y));
                left.iter().flat_map(|a| right.iter().filter_map(|b| arithmetic(*a, *op, *b))).collect()
            }
        }
    }

    fn earlier_steps(&self, out: &mut Vec<u8>) {
        match self {
            Term::Earlier(bit, _) => out.push(*bit),
            Term::Distance(a, b) => out.extend(a.of.into_iter().chain(b.of)),
            Term::Constant(_)
            | Term::Path(_)
            | Term::Member(_)
            | Term::Aggregate(_)
            | Term::State(..)
            | Term::Members(_) => {}
            Term::Negate(x) | Term::Age(x) | Term::Abs(x) | Term::Lower(x) | Term::Length(x) => {
                x.earlier_steps(out);
            }
            Term::Arithmetic(x, _, y) => {
                x.earlier_steps(out);
                y.earlier_steps(out);
            }
        }
    }

    /// Every state call in it.
    fn state_calls<'a>(&'a self, out: &mut Vec<&'a StateTest>) {
        match self {
            Term::State(call, _) | Term::Members(MembersTest::State(call)) => out.push(call),
            Term::Negate(x) | Term::Age(x) | Term::Abs(x) | Term::Lower(x) | Term::Length(x) => {
                x.state_calls(out);
            }
            Term::Arithmetic(x, _, y) => {
                x.state_calls(out);
                y.state_calls(out);
            }
            _ => {}
        }
    }

    fn raw<'a>(
        &'a self,
        row: RowRef<'a>,
        site: &'a SiteModel,
        around: &'a impl AskStates,
    ) -> SmallVec<[Value<'a>; 4]> {
        let mut values = SmallVec::new();
        match self {
            Term::Path(path) => resolve(row, site, path, &mut values),
            Term::Member(path) => {
                if let Some(member) = around.member() {
                    resolve(member, site, path, &mut values);
                }
            }
            Term::Earlier(bit, path) => {
                if let Some(earlier) = around.earlier(*bit) {
                    resolve(earlier, site, path, &mut values);
                }
            }
            _ => {}
        }
        values
    }
}

/// The values of a path: straight from the slot where it is a plain field.
pub fn resolve<'a>(row: RowRef<'a>, site: &'a SiteModel, path: &'a Path, out: &mut SmallVec<[Value<'a>; 4]>) {
    match path {
        Path { start: Start::Field(field), hops, .. } if hops.is_empty() && is_slot(*field) => {
            out.extend(row.get(*field));
        }
        _ => site.resolve(row, path, out),
    }
}

impl PlaceTest {
    /// The first value of the first path that has one.
    fn find<'a>(&'a self, row: RowRef<'a>, site: &'a SiteModel, around: &'a impl AskStates) -> Option<Geo> {
        let row = match self.of {
            Some(bit) => around.earlier(bit)?,
            None => row,
        };
        place_of(row, site, &self.paths)
    }
}

/// The place of an event: the first value of the first path that has one.
pub fn place_of<'a>(row: RowRef<'a>, site: &'a SiteModel, paths: &'a [Path]) -> Option<Geo> {
    paths.iter().find_map(|path| {
        let mut values = SmallVec::new();
        resolve(row, site, path, &mut values);
        values.iter().find_map(|value| match value {
            Value::Geo(geo) => Some(*geo),
            _ => None,
        })
    })
}

fn distance<'a>(a: Option<Geo>, b: Option<Geo>) -> Data<'a> {
    let metres = a.zip(b).map(|(a, b)| i128::from(super::distance::metres(a, b)));
    metres.map(|metres| Datum::Number(metres * MICRO)).into_iter().collect()
}

fn member_counts<'a>(
    members: &MembersTest,
    (row, site): (RowRef<'a>, &'a SiteModel),
    around: &'a impl AskStates,
) -> Data<'a> {
    let mut counts = Data::new();
    let mut add = |count: usize| counts.push(Datum::Number(count as i128 * MICRO));
    match members {
        MembersTest::State(call) => around.count(call, (row, around.member()), &mut add),
        MembersTest::Relation(path) => {
            let mut values: SmallVec<[Value<'_>; 4]> = SmallVec::new();
            let _cut = site.members(row, path, &mut values);
            add(values.len());
        }
    }
    counts
}

/// The values of a state; where relations lead on, as of the time of the event.
fn state_values<'a>(
    call: &StateTest,
    hops: &[&'static RelationDef],
    (row, site): (RowRef<'a>, &'a SiteModel),
    around: &'a impl AskStates,
) -> Data<'a> {
    let mut values = Data::new();
    around.values(call, (row, around.member()), &mut |value| values.push(value));
    for hop in hops.iter().filter(|hop| hop.name != "id") {
        let kind =
            |id: &str| hop.from.iter().find_map(|kind| site.attribute(*kind, id, hop.name, row.row.ts));
        values = each(values, |value| match value {
            Datum::Text(_, id) => kind(id).and_then(datum),
            _ => None,
        });
    }
    values
}

fn each<'a>(values: Data<'a>, f: impl Fn(Datum<'a>) -> Option<Datum<'a>>) -> Data<'a> {
    values.into_iter().filter_map(f).collect()
}

fn datum(value: Value<'_>) -> Option<Datum<'_>> {
    Some(match value {
        Value::Text(t) => Datum::Text(t.symbol, t.text),
        Value::Int(n) => Datum::Number(i128::from(n) * MICRO),
        Value::Float(x) => Datum::Number(i128::from(x.0)),
        Value::Bool(b) => Datum::Bool(b),
        Value::Enum(index) => Datum::Enum(index),
        Value::Ip(ip) => Datum::Ip(u128::from(ip)),
        Value::Time(t) => Datum::Time(t.0),
        Value::Duration(d) => Datum::Span(d.0),
        Value::List(labels) => Datum::Labels(labels),
        Value::Geo(_) => return None,
    })
}

fn pairs(left: &[Datum<'_>], right: &[Datum<'_>], test: impl Fn(Datum<'_>, Datum<'_>) -> bool) -> bool {
    left.iter().any(|a| right.iter().any(|b| test(*a, *b)))
}

/// Whether two values compare so; values of different types never do.
fn compares(a: Datum<'_>, op: Op, b: Datum<'_>) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let ordering = match (a, b) {
        (Datum::Number(x), Datum::Number(y)) => x.cmp(&y),
        (Datum::Enum(x), Datum::Enum(y)) => x.cmp(&y),
        (Datum::Time(x), Datum::Time(y)) | (Datum::Span(x), Datum::Span(y)) => x.cmp(&y),
        (Datum::Bool(x), Datum::Bool(y)) => x.cmp(&y),
        (Datum::Ip(x), Datum::Ip(y)) => x.cmp(&y),
        (Datum::Text(x, s), Datum::Text(y, t)) if x != y => lower(s).cmp(&lower(t)).then(Less),
        (Datum::Text(..), Datum::Text(..)) => Equal,
        (Datum::Ip(ip), Datum::Net(net, prefix)) => {
            if in_net(ip, net, prefix) {
                Equal
            } else {
                Less
            }
        }
        _ => return false,
    };
    match op {
        Op::Equal => ordering == Equal,
        Op::NotEqual => ordering != Equal,
        Op::Less => ordering == Less,
        Op::AtMost => ordering != Greater,
        Op::Greater => ordering == Greater,
        Op::AtLeast => ordering != Less,
    }
}

fn in_net(ip: u128, net: u128, prefix: u8) -> bool {
    let shift = 128 - u32::from(prefix.min(128));
    ip.checked_shr(shift).unwrap_or(0) == net.checked_shr(shift).unwrap_or(0)
}

fn text_has(value: Datum<'_>, op: TextOp, part: &str) -> bool {
    match (value, op) {
        (Datum::Text(_, text), TextOp::Contains) => lower(text).contains(part),
        (Datum::Text(_, text), TextOp::Starts) => lower(text).starts_with(part),
        (Datum::Text(_, text), TextOp::Ends) => lower(text).ends_with(part),
        (Datum::Labels(labels), TextOp::Contains) => labels.split('\u{1f}').any(|label| lower(label) == part),
        _ => false,
    }
}

fn negate(value: Datum<'_>) -> Option<Datum<'_>> {
    match value {
        Datum::Number(x) => x.checked_neg().map(Datum::Number),
        Datum::Span(d) => d.checked_neg().map(Datum::Span),
        _ => None,
    }
}

fn absolute(value: Datum<'_>) -> Option<Datum<'_>> {
    match value {
        Datum::Number(x) => x.checked_abs().map(Datum::Number),
        Datum::Span(d) => d.checked_abs().map(Datum::Span),
        _ => None,
    }
}

fn length(value: Datum<'_>) -> Option<Datum<'_>> {
    match value {
        Datum::Text(_, text) => Some(Datum::Number(text.chars().count() as i128 * MICRO)),
        _ => None,
    }
}

fn age(ts: Timestamp, value: Datum<'_>) -> Option<Datum<'_>> {
    match value {
        Datum::Time(t) => ts.0.checked_sub(t).map(Datum::Span),
        _ => None,
    }
}

fn arithmetic<'a>(a: Datum<'a>, op: Arithmetic, b: Datum<'a>) -> Option<Datum<'a>> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    Some(match (a, op, b) {
        (Datum::Number(x), Add, Datum::Number(y)) => Datum::Number(in_range(x.checked_add(y)?)?),
        (Datum::Number(x), Subtract, Datum::Number(y)) => Datum::Number(in_range(x.checked_sub(y)?)?),
        (Datum::Number(x), Multiply, Datum::Number(y)) => {
            Datum::Number(in_range(divide_half_even(x.checked_mul(y)?, MICRO)?)?)
        }
        (Datum::Number(x), Divide, Datum::Number(y)) => {
            Datum::Number(in_range(divide_half_even(x.checked_mul(MICRO)?, y)?)?)
        }
        (Datum::Time(x), Subtract, Datum::Time(y)) => Datum::Span(x.checked_sub(y)?),
        (Datum::Time(x), Add, Datum::Span(y)) => Datum::Time(x.checked_add(y)?),
        (Datum::Time(x), Subtract, Datum::Span(y)) => Datum::Time(x.checked_sub(y)?),
        (Datum::Span(x), Add, Datum::Span(y)) => Datum::Span(x.checked_add(y)?),
        (Datum::Span(x), Subtract, Datum::Span(y)) => Datum::Span(x.checked_sub(y)?),
        (Datum::Span(x), Multiply, Datum::Number(y)) | (Datum::Number(y), Multiply, Datum::Span(x)) => {
            Datum::Span(i64::try_from(divide_half_even(i128::from(x).checked_mul(y)?, MICRO)?).ok()?)
        }
        (Datum::Span(x), Divide, Datum::Number(y)) => {
            Datum::Span(i64::try_from(divide_half_even(i128::from(x).checked_mul(MICRO)?, y)?).ok()?)
        }
        _ => return None,
    })
}

/// A number must fit what a float field holds, else it is missing.
fn in_range(x: i128) -> Option<i128> {
    (x.unsigned_abs() <= i64::MAX as u128 * MICRO as u128).then_some(x)
}

/// The quotient, half to even.
pub fn divide_half_even(x: i128, y: i128) -> Option<i128> {
    let (quotient, rest) = (x.checked_div_euclid(y)?, x.checked_rem_euclid(y)?);
    let twice = rest.checked_mul(2)?.cmp(&y.checked_abs()?);
    let up = twice.is_gt() || (twice.is_eq() && quotient % 2 != 0);
    Some(if up { quotient + y.signum() } else { quotient })
}

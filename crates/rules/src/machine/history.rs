//! What is known of one state under one key: the events that said something, and what older ones have left.
//!
//! A value is a function of the instant (language.md §4.3): on or off, what is kept, or a count. Folding keeps what later
//! instants need and forgets the events.

use super::events::EventRef;
use super::states::Order;
use crate::program::condition::{Compiler, Datum, Fixed};
use crate::tree::{Constant, State, StateKind};
use event::alert::Place;
use event::symbol::{Symbol, SymbolKey};
use smallvec::SmallVec;

/// The instant of what a test's world gives: the value before the first event, which is no event and never void.
const GIVEN: i64 = i64::MIN + 1;

/// What is known of one state and key.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// What was folded.
    pub base: Base,
    /// Later events, by ts, source and ≺.
    pub log: Vec<Mark>,
    /// Events that asked: ts and number of the candidate, by ts.
    pub askers: Vec<(i64, u32)>,
}

/// What folded events have left. Instants are `i64::MIN` if there was none.
#[derive(Clone, Debug, PartialEq)]
pub struct Base {
    /// The latest instant that set; of other states, the latest event that kept or counted.
    pub set_at: i64,
    /// The latest instant that cleared.
    pub cleared_at: i64,
    /// What was kept then.
    pub kept: Vec<Fixed>,
    /// What was counted since the last clear, `adds` apart.
    pub net: i128,
    /// What was added and can still become void.
    pub adds: Vec<(i64, i128)>,
}

/// An event that says something about a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Its ts, ns.
    pub ts: i64,
    /// The event.
    pub event: EventRef,
    /// Its source.
    pub source: Symbol,
    /// Its place in ≺ among the events of its source and instant.
    pub order: Order,
    /// A line sets.
    pub sets: bool,
    /// A line clears.
    pub clears: bool,
    /// What other lines do with values.
    pub value: Option<Box<Valued>>,
}

/// What keeps or counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Valued {
    /// What is kept; none without such a line.
    pub kept: Option<Vec<Fixed>>,
    /// What is added; none without such a line.
    pub add: Option<i128>,
    /// What is taken; none without such a line.
    pub take: Option<i128>,
    /// Its place in ≺, over all sources.
    pub place: Option<Place>,
}

/// How a value is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The instant.
    pub at: i64,
    /// After this much a set, keep or add is void.
    pub forget: Option<i64>,
    /// Between sources set wins.
    pub tie_set: bool,
}

impl Asked {
    fn is_void(&self, said: i64) -> bool {
        said != GIVEN && self.forget.is_some_and(|d| self.at > said.saturating_add(d))
    }
}

impl Default for Base {
    fn default() -> Self {
        Base { set_at: i64::MIN, cleared_at: i64::MIN, kept: Vec::new(), net: 0, adds: Vec::new() }
    }
}

impl History {
    /// Nothing is known.
    pub fn unknown() -> History {
        History { base: Base::default(), log: Vec::new(), askers: Vec::new() }
    }

    /// Whether nothing is.
    pub fn is_unknown(&self) -> bool {
        *self == History::unknown()
    }

    /// The next instant after `ts` of which something is known.
    pub fn next_after(&self, ts: i64) -> Option<i64> {
        self.log.iter().map(|mark| mark.ts).find(|other| *other > ts)
    }

    fn groups(&self, upto: usize) -> impl Iterator<Item = &[Mark]> {
        self.log[..upto].chunk_by(|a, b| a.ts == b.ts)
    }

    /// Whether it is on by the marks that `counts` admits; none: unknown.
    pub fn is_on(&self, asked: Asked, counts: impl Fn(&Mark) -> bool) -> Option<bool> {
        let upto = self.log.partition_point(|m| m.ts <= asked.at);
        let mut end = upto;
        let mut cleared = self.base.cleared_at != i64::MIN;
        let mut latest = None;
        while end > 0 {
            let ts = self.log[end - 1].ts;
            let start = self.log[..end].partition_point(|m| m.ts < ts);
            let group: SmallVec<[&Mark; 4]> = self.log[start..end].iter().filter(|m| counts(m)).collect();
            cleared |= group.iter().any(|m| m.clears);
            if latest.is_none() {
                latest = verdict(&group, asked.tie_set).map(|on| (ts, on));
            }
            if latest.is_some() && asked.forget.is_none() {
                break;
            }
            end = start;
        }
        let latest = latest.or(match self.base.set_at.max(self.base.cleared_at) {
            i64::MIN => None,
            at => Some((at, self.base.set_at > self.base.cleared_at)),
        });
        match latest {
            Some((set, true)) if asked.is_void(set) => cleared.then_some(false),
            other => other.map(|(_, on)| on),
        }
    }

    /// What is kept by the marks that `counts` admits.
    pub fn kept(&self, asked: Asked, counts: impl Fn(&Mark) -> bool) -> &[Fixed] {
        let upto = self.log.partition_point(|m| m.ts <= asked.at);
        let mut last: Option<&Mark> = None;
        for mark in self.log[..upto].iter().filter(|m| counts(m)) {
            if last.is_none_or(|last| place(last) <= place(mark)) {
                last = Some(mark);
            }
        }
        match last {
            Some(mark) if mark.clears || asked.is_void(mark.ts) => &[],
            Some(mark) => mark.value.as_ref().and_then(|value| value.kept.as_deref()).unwrap_or_default(),
            None if self.base.set_at > self.base.cleared_at && !asked.is_void(self.base.set_at) => {
                &self.base.kept
            }
            None => &[],
        }
    }

    /// What was counted, by the marks that `counts` admits; none: nothing was ever said.
    pub fn counted(&self, asked: Asked, counts: impl Fn(&Mark) -> bool) -> Option<i128> {
        let upto = self.log.partition_point(|m| m.ts <= asked.at);
        let marks = || self.log[..upto].iter().filter(|m| counts(m));
        // A void add is as if it had never been.
        let says = |m: &Mark| {
            let value = m.value.as_ref();
            let adds = value.is_some_and(|value| value.add.is_some()) && !asked.is_void(m.ts);
            m.clears || adds || value.is_some_and(|value| value.take.is_some())
        };
        let known = self.base.set_at.max(self.base.cleared_at) != i64::MIN
            || self.base.adds.iter().any(|(ts, _)| !asked.is_void(*ts))
            || marks().any(says);
        let cleared = marks().filter(|m| m.clears).map(|m| m.ts).max();
        let mut total = match cleared {
            Some(_) => 0,
            None => {
                let adds = self.base.adds.iter().filter(|(ts, _)| !asked.is_void(*ts)).map(|(_, n)| n);
                self.base.net + adds.sum::<i128>()
            }
        };
        for mark in marks().filter(|m| cleared.is_none_or(|cleared| m.ts > cleared)) {
            if let Some(value) = &mark.value {
                let add = value.add.filter(|_| !asked.is_void(mark.ts));
                total += add.unwrap_or(0) - value.take.unwrap_or(0);
            }
        }
        known.then_some(total.max(0))
    }

    /// Folds the marks before `horizon`.
    pub fn fold(&mut self, horizon: i64, state: &State) {
        let count = self.log.partition_point(|m| m.ts < horizon);
        let mut base = std::mem::take(&mut self.base);
        for group in self.groups(count) {
            match state.kind {
                StateKind::OnOff => base.take(group, state.tie_set),
                StateKind::Kept(_) => base.take_kept(group),
                StateKind::Counter(_) => base.take_counted(group, state.forget.is_some()),
            }
        }
        if let Some(forget) = state.forget {
            base.adds.retain(|(ts, _)| ts.saturating_add(forget.0) >= horizon);
        }
        self.base = base;
        self.log.drain(..count);
    }
}

impl Base {
    /// What a test's world gives.
    pub fn given(value: &Constant, symbols: SymbolKey) -> Base {
        let at = GIVEN;
        let compiler = Compiler { symbols, member: None };
        match (value, compiler.fixed(value)) {
            (Constant::Bool(true), kept) => Base { set_at: at, kept: vec![kept], ..Base::default() },
            (Constant::Bool(false), _) => Base { cleared_at: at, ..Base::default() },
            (_, kept) => {
                let net = match kept {
                    Fixed::Plain(Datum::Number(n)) => n,
                    Fixed::Plain(Datum::Span(d)) => i128::from(d),
                    _ => 0,
                };
                Base { set_at: at, kept: vec![kept], net, ..Base::default() }
            }
        }
    }

    /// Takes the marks of one instant.
    fn take(&mut self, group: &[Mark], tie_set: bool) {
        match verdict(&group.iter().collect::<SmallVec<[&Mark; 4]>>(), tie_set) {
            Some(true) => self.set_at = group[0].ts,
            Some(false) => self.cleared_at = group[0].ts,
            None => {}
        }
    }

    fn take_counted(&mut self, group: &[Mark], forgets: bool) {
        let ts = group[0].ts;
        if group.iter().any(|m| m.clears) {
            (self.cleared_at, self.net) = (ts, 0);
            // What comes with a clear is not counted.
            return self.adds.clear();
        }
        for value in group.iter().filter_map(|m| m.value.as_ref()) {
            match value.add {
                Some(add) if forgets => self.adds.push((ts, add)),
                Some(add) => (self.net, self.set_at) = (self.net + add, ts),
                None => {}
            }
            if let Some(take) = value.take {
                (self.net, self.set_at) = (self.net - take, ts);
            }
        }
    }

    fn take_kept(&mut self, group: &[Mark]) {
        let Some(last) = group.iter().max_by(|a, b| place(a).cmp(&place(b))) else { return };
        let kept = last.value.as_ref().and_then(|value| value.kept.as_ref());
        match kept.filter(|_| !last.clears) {
            Some(kept) => (self.set_at, self.kept) = (last.ts, kept.clone()),
            None => {
                self.cleared_at = last.ts;
                self.kept.clear();
            }
        }
    }
}

/// The place over all sources; of states that keep values every mark has one.
fn place(mark: &Mark) -> Option<&Place> {
    mark.value.as_ref().and_then(|value| value.place.as_ref())
}

/// What the marks of one instant say: the ≺-last of each source counts, and between sources clear wins (or set).
fn verdict(group: &[&Mark], tie_set: bool) -> Option<bool> {
    let (mut set, mut cleared) = (false, false);
    for (at, mark) in group.iter().enumerate() {
        // Sorted by source, then ≺: the last of its source stands before the next source.
        if group.get(at + 1).is_none_or(|next| next.source != mark.source) {
            set |= mark.sets;
            cleared |= mark.clears;
        }
    }
    match (set, cleared) {
        (false, false) => None,
        (true, true) => Some(tie_set),
        (on, _) => Some(on),
    }
}

//! Named states: for each key a short history of what set and cleared it, and the events that asked.
//!
//! A state is a function of (key, instant) computed from the set of events (language.md §4.3). When a late event changes
//! its past, the events that asked in the changed span are judged again: see [`States::insert`]. A state of which somebody
//! asks the members also knows which keys there are under all parts but the last.

use super::events::{EventRef, Events};
use super::history::{Base, History, Mark, Valued};
use crate::program::condition::{Fixed, StateTest, resolve};
use crate::program::index::Line;
use crate::program::{Program, symbol_of};
use crate::tree::{Does, State, StateKind};
use event::coordinates::Coordinates;
use event::hit::KeyHash;
use event::row::RowRef;
use event::symbol::{Symbol, SymbolKey, lower};
use event::value::Value;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use site::SiteModel;
use site::path::Path;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use super::asker::Asker;

/// A state under a key.
pub type StateKey = (u32, KeyHash);

/// The place of an event in ≺ among those of its source and instant. Events of the engine have one source and stand where
/// their terminal events stand: source and sequence, coordinates and what sets them apart.
pub type Order = ((Option<Arc<str>>, u64), (Coordinates, Option<Arc<str>>));

/// All states of a task.
#[derive(Debug, Default)]
pub struct States {
    histories: HashMap<StateKey, History, RandomState>,
    /// By state and the key without its last part.
    sets: HashMap<StateKey, Members, RandomState>,
    /// Members that found no room.
    pub left_out: u64,
}

/// The keys under all parts but the last.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// Each member by its id, with its whole key.
    pub keys: BTreeMap<Arc<str>, KeyHash>,
    /// Events that asked, as in [`History::askers`].
    askers: Vec<(i64, u32)>,
}

/// Members of one state under one key at most (language.md §7).
const MEMBERS_MAX: usize = 100_000;

/// A member of a state, and the key without it.
pub type Membership = (KeyHash, Arc<str>);

impl States {
    /// Takes a mark; the candidates to be judged again are added to `again`.
    pub fn insert(
        &mut self,
        at: StateKey,
        (mark, state): (Mark, &State),
        membership: Option<Membership>,
        again: &mut Vec<u32>,
    ) {
        let history = self.histories.entry(at).or_insert_with(History::unknown);
        let (ts, log) = (mark.ts, &mut history.log);
        let place = log.partition_point(|m| (m.ts, m.source, &m.order) < (mark.ts, mark.source, &mark.order));
        if log.get(place).is_some_and(|m| m.event == mark.event) {
            log[place] = mark;
        } else {
            log.insert(place, mark);
        }
        if let Some((set, member)) = &membership {
            self.add_member((at.0, *set), member, at.1);
        }
        self.affected(at, ts, (state, membership), again);
    }

    /// Takes a mark out again.
    pub fn remove(
        &mut self,
        at: StateKey,
        (event, ts): (EventRef, i64),
        of: (&State, Option<Membership>),
        again: &mut Vec<u32>,
    ) {
        let Some(history) = self.histories.get_mut(&at) else { return };
        let Some(place) = history.log.iter().position(|m| m.event == event && m.ts == ts) else { return };
        history.log.remove(place);
        self.affected(at, ts, of, again);
    }

    fn add_member(&mut self, set: StateKey, member: &Arc<str>, key: KeyHash) {
        let members = self.sets.entry(set).or_default();
        if members.keys.contains_key(member) {
            return;
        }
        if members.keys.len() >= MEMBERS_MAX {
            self.left_out += 1;
            return;
        }
        members.keys.insert(member.clone(), key);
    }

    /// The askers whose answer a change at `ts` can alter: up to the next instant that says something itself (which asks
    /// `was`, so it is included); all later ones where a set can become void, or all is counted together.
    fn affected(
        &self,
        at: StateKey,
        ts: i64,
        (state, membership): (&State, Option<Membership>),
        again: &mut Vec<u32>,
    ) {
        let Some(history) = self.histories.get(&at) else { return };
        let ends = state.forget.is_none() && !matches!(state.kind, StateKind::Counter(_));
        let next = history.next_after(ts).filter(|_| ends);
        let set = membership.and_then(|(set, _)| self.sets.get(&(at.0, set)));
        let of_set = set.map_or(&[][..], |members| &members.askers);
        for askers in [&history.askers[..], of_set] {
            let from = askers.partition_point(|(asked, _)| *asked < ts);
            let upto = askers[from..].iter().take_while(|(asked, _)| next.is_none_or(|next| *asked <= next));
            again.extend(upto.map(|(_, candidate)| *candidate));
        }
    }

    /// Notes that a candidate asked.
    pub fn asked(&mut self, at: StateKey, ts: i64, candidate: u32) {
        let history = self.histories.entry(at).or_insert_with(History::unknown);
        note(&mut history.askers, ts, candidate);
    }

    /// Notes that a candidate asked for members.
    pub fn asked_members(&mut self, set: StateKey, ts: i64, candidate: u32) {
        note(&mut self.sets.entry(set).or_default().askers, ts, candidate);
    }

    /// Forgets that a candidate asked; folds what is older than `horizon`.
    pub fn forget_asker(&mut self, at: StateKey, ts: i64, candidate: u32, horizon: i64, state: &State) {
        let Some(history) = self.histories.get_mut(&at) else { return };
        strike(&mut history.askers, ts, candidate);
        history.fold(horizon, state);
        if history.is_unknown() {
            self.histories.remove(&at);
        }
    }

    /// The same of one that asked for members.
    pub fn forget_member_asker(&mut self, set: StateKey, ts: i64, candidate: u32) {
        let Some(members) = self.sets.get_mut(&set) else { return };
        strike(&mut members.askers, ts, candidate);
        if members.askers.is_empty() && members.keys.is_empty() {
            self.sets.remove(&set);
        }
    }

    /// Folds the marks of a key that are older than `horizon`.
    pub fn fold(&mut self, at: StateKey, horizon: i64, state: &State) {
        if let Some(history) = self.histories.get_mut(&at) {
            history.fold(horizon, state);
        }
    }

    /// What is known under a key.
    pub fn history(&self, at: StateKey) -> Option<&History> {
        self.histories.get(&at)
    }

    /// The keys under all parts but the last.
    pub fn members(&self, set: StateKey) -> Option<&Members> {
        self.sets.get(&set)
    }

    /// Every key and its history, for a snapshot.
    pub fn iter(&self) -> impl Iterator<Item = (&StateKey, &History)> {
        self.histories.iter()
    }

    /// All members, for a snapshot.
    pub fn sets(&self) -> impl Iterator<Item = (&StateKey, &Members)> {
        self.sets.iter()
    }

    /// Puts a history back.
    pub fn restore(&mut self, at: StateKey, history: History) {
        self.histories.insert(at, history);
    }

    /// Puts members back.
    pub fn restore_members(&mut self, set: StateKey, keys: BTreeMap<Arc<str>, KeyHash>) {
        self.sets.entry(set).or_default().keys = keys;
    }

    /// Sets what a test's world gives: the value before the first event.
    pub fn given(&mut self, at: StateKey, base: Base, membership: Option<Membership>) {
        self.histories.entry(at).or_insert_with(History::unknown).base = base;
        if let Some((set, member)) = membership {
            self.add_member((at.0, set), &member, at.1);
        }
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.histories.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.histories.is_empty()
    }
}

fn note(askers: &mut Vec<(i64, u32)>, ts: i64, candidate: u32) {
    let place = askers.partition_point(|asker| *asker < (ts, candidate));
    if askers.get(place) != Some(&(ts, candidate)) {
        askers.insert(place, (ts, candidate));
    }
}

fn strike(askers: &mut Vec<(i64, u32)>, ts: i64, candidate: u32) {
    if let Ok(place) = askers.binary_search(&(ts, candidate)) {
        askers.remove(place);
    }
}

/// The keys that a call asks about an event, and about the member of `for each` beside it.
pub fn for_each_key(
    call: &StateTest,
    (row, member): (RowRef<'_>, Option<RowRef<'_>>),
    site: &SiteModel,
    symbols: SymbolKey,
    mut each: impl FnMut(KeyHash),
) {
    let mut parts: SmallVec<[SmallVec<[Symbol; 4]>; 4]> = SmallVec::new();
    for (at, path) in call.key.iter().enumerate() {
        let mut values = SmallVec::new();
        let of_member = call.of_member & (1 << at) != 0;
        if let Some(row) = if of_member { member } else { Some(row) } {
            resolve(row, site, path, &mut values);
        }
        parts.push(values.iter().map(|v| symbol_of(v, symbols)).collect());
    }
    crate::program::product(&parts, &mut SmallVec::new(), &mut each);
}

/// What an event says about a state.
pub struct Says<'a> {
    /// The kept events.
    pub events: &'a Events,
    /// The program.
    pub program: &'a Program,
    /// The site model.
    pub site: &'a SiteModel,
}

impl Says<'_> {
    /// The mark of an event.
    pub fn mark(&self, event: EventRef, line: Line) -> Mark {
        let row = self.events.row(event);
        let state = &self.program.tree.states[line.state as usize];
        let (mut sets, mut clears) = (false, false);
        let mut value = Valued::default();
        let lines = state.lines.iter().enumerate().filter(|(at, _)| line.lines & (1 << at) != 0);
        for (_, line) in lines {
            match &line.does {
                Does::Set => sets = true,
                Does::Clear => clears = true,
                Does::Keep(path) => value.kept.get_or_insert_default().extend(self.values(row, path)),
                Does::Add(path) => {
                    value.add = Some(value.add.unwrap_or(0) + self.amount(row, path.as_ref()));
                }
                Does::Take(path) => {
                    value.take = Some(value.take.unwrap_or(0) + self.amount(row, path.as_ref()));
                }
            }
        }
        let value = (state.kind != StateKind::OnOff).then(|| {
            value.place = Some(self.events.place(event, None));
            Box::new(value)
        });
        let order = order(self.events, event);
        Mark { ts: row.row.ts.0, event, source: row.source().symbol, order, sets, clears, value }
    }

    fn values(&self, row: RowRef<'_>, path: &Path) -> Vec<Fixed> {
        let mut values: SmallVec<[Value<'_>; 4]> = SmallVec::new();
        resolve(row, self.site, path, &mut values);
        values.into_iter().filter_map(Fixed::of).collect()
    }

    /// 1 without a path; 0 where it is missing.
    fn amount(&self, row: RowRef<'_>, path: Option<&Path>) -> i128 {
        let Some(path) = path else { return 1_000_000 };
        let mut values = SmallVec::new();
        resolve(row, self.site, path, &mut values);
        values.into_iter().map(super::lookback::measure).sum()
    }

    /// The member that the event's key has as its last part, if somebody asks for members.
    pub fn membership(&self, event: EventRef, line: Line) -> Option<Membership> {
        let state = &self.program.states[line.state as usize];
        if !state.has_members {
            return None;
        }
        let row = self.events.row(event);
        let lines = state.steps.iter().enumerate().filter(|(at, _)| line.lines & (1 << at) != 0);
        let of_class =
            |option: &&crate::program::CompiledOption| option.classes.binary_search(&row.row.class).is_ok();
        let mut options = lines.flat_map(|(_, step)| &step.options).filter(of_class);
        options.find_map(|option| {
            let (last, first) = option.key.split_last()?;
            let mut members = SmallVec::new();
            resolve(row, self.site, last, &mut members);
            let parts = option.parts(row, self.site, self.program.symbols, None);
            let mut found = None;
            crate::program::product(&parts[..first.len()], &mut SmallVec::new(), &mut |set| {
                for member in &members {
                    let key = self.key_of(&parts[..first.len()], set, *member);
                    if key == Some(line.key) && found.is_none() {
                        found = Some((set, member_id(member)));
                    }
                }
            });
            found
        })
    }

    /// The whole key of a member, where the parts before it make `set`.
    fn key_of(&self, parts: &[SmallVec<[Symbol; 4]>], set: KeyHash, member: Value<'_>) -> Option<KeyHash> {
        let mut parts: SmallVec<[SmallVec<[Symbol; 4]>; 4]> = parts.iter().cloned().collect();
        let mut chosen = None;
        let mut each = |symbols: &[Symbol]| {
            if KeyHash::of(symbols) == set {
                let whole: SmallVec<[Symbol; 4]> =
                    symbols.iter().copied().chain([symbol_of(&member, self.program.symbols)]).collect();
                chosen = chosen.or(Some(KeyHash::of(&whole)));
            }
        };
        combinations(&mut parts, &mut SmallVec::new(), &mut each);
        chosen
    }
}

fn combinations(
    parts: &mut [SmallVec<[Symbol; 4]>],
    chosen: &mut SmallVec<[Symbol; 4]>,
    each: &mut dyn FnMut(&[Symbol]),
) {
    match parts.split_first_mut() {
        None => each(chosen),
        Some((first, rest)) => {
            for symbol in first.clone() {
                chosen.push(symbol);
                combinations(rest, chosen, each);
                chosen.pop();
            }
        }
    }
}

/// What a member is called.
fn member_id(value: &Value<'_>) -> Arc<str> {
    match value {
        Value::Text(text) => lower(text.text).into(),
        Value::Int(n) => n.to_string().into(),
        other => format!("{other:?}").into(),
    }
}

/// The place of an event among those of its source and instant.
pub fn order(events: &Events, event: EventRef) -> Order {
    let row = events.row(event).row;
    match events.derived(event) {
        Some(derived) => {
            let first = (Some(derived.source.clone()), derived.seq);
            (first, (row.coordinates, Some(derived.order.clone())))
        }
        None => ((None, row.seq), (row.coordinates, None)),
    }
}

//! How far a cell is: which of its hits would count if the pattern went on now, what it still waits for, and why its other
//! hits count for nothing. Read from the cell's own log by the pattern's own functions; nothing is decided here.

use crate::machine::cell::{self, Cell, Chain, Entry, guarded};
use crate::machine::chains;
use crate::machine::events::{EventRef, Events};
use crate::machine::lookback::{View, WindowHit, single_steps};
use crate::machine::stages::{self, Registers};
use crate::program::chains::{Chains, Check};
use crate::program::comparison::Comparison;
use crate::program::condition::Datum;
use crate::program::plan::{Plan, Session, Shape, Stages, Window, WindowTest};
use crate::tree::Side;
use event::time::Duration;
use event::value::Micro;
use site::SiteModel;

/// How far a cell is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// What counts now: step and event, oldest first.
    pub there: Chain,
    /// How long that counts; `i64::MAX`: for ever.
    pub until: i64,
    /// The mask of the step that is waited for, and how often it is, of a pattern that has an order.
    pub next: Option<(u16, usize)>,
    /// What is measured of it.
    pub measured: Measured,
    /// Detections, oldest first.
    pub found: Vec<Found>,
    /// Hits that count for nothing now, latest first.
    pub apart: Vec<(Entry, Apart)>,
}

/// What a pattern measures.
#[derive(Debug, Default)]
pub(super) enum Measured {
    /// Nothing.
    #[default]
    Nothing,
    /// Different values, or a sum: numbers in millionths, durations in ns.
    Number(i128),
    /// Aggregates, as text.
    Aggregates(Vec<String>),
}

/// A detection.
#[derive(Debug)]
pub(super) struct Found {
    /// Its ts.
    pub at: i64,
    /// When it is reported, if it is not yet.
    pub held_until: Option<i64>,
    /// What it rests on.
    pub chain: Chain,
}

/// Why a hit counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Apart {
    /// `unless` has taken it: it found this.
    Taken(EventRef),
    /// It only takes away: the step of `unless`, `not` or `until`.
    TakesAway,
    /// This came behind it, which `until` names.
    Ended(EventRef),
    /// A detection has used it up.
    UsedUp,
    /// The window has passed since.
    TooOld,
    /// A later hit of its step stands in its place.
    Surpassed,
    /// Its value is not new, or the key is too new to say so.
    NotNew,
    /// Its bucket holds no unusual number.
    Usual,
    /// This came, as expected.
    Answered(EventRef),
    /// What it would have to follow is not there.
    NothingBefore,
}

/// What a cell is looked at with.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub plan: &'a Plan,
    pub events: &'a Events,
    pub site: &'a SiteModel,
    pub now: i64,
}

impl Progress {
    /// No event of the key was a hit.
    pub fn nothing(shape: &Shape) -> Progress {
        let next = match shape {
            Shape::Stages(of) => of.stages.first().map(|stage| (stage.step, 1)),
            Shape::Chains(of) => of.places.first().map(|place| (place.step, of.times(0))),
            _ => None,
        };
        Progress { until: i64::MAX, next, ..Progress::default() }
    }
}

/// How far the cell is.
pub(super) fn progress(cell: &Cell, around: Around<'_>) -> Progress {
    let Around { plan, events, site, now } = around;
    let cut = std::cell::Cell::new(false);
    let found = found(cell, around, &cut);
    let forgets = plan.once && !matches!(plan.shape, Shape::After { .. });
    let used = cell.log.iter().rposition(|e| forgets && e.has(Entry::DETECTED)).map_or(0, |last| last + 1);
    let view = View { plan, log: &cell.log[used..], events, site, forgotten: i64::MIN, cut: &cut };
    let mut progress = match &plan.shape {
        Shape::Stages(of) => of_stages(cell, of, around),
        Shape::Chains(of) => of_chains(&view, of, now),
        Shape::Window(of) => of_window(&view, of, now),
        Shape::Session(of) => of_session(&view, of, now),
        Shape::After { trigger, .. } => of_after(&view, *trigger, now),
        Shape::First(_) | Shape::Unusual(_) => Progress { until: i64::MAX, ..Progress::default() },
    };
    let counts = |entry: &Entry| {
        let chains = progress.there.iter().chain(found.iter().flat_map(|found| &found.chain));
        chains.clone().any(|(_, event)| *event == entry.event)
    };
    let mut apart = Vec::new();
    for (at, entry) in cell.log.iter().enumerate().rev().filter(|(_, entry)| !counts(entry)) {
        let why = if at < used { Apart::UsedUp } else { why_apart(&view, at - used, now) };
        let in_place = |(step, event): &(u16, EventRef)| {
            step & entry.steps != 0 && cell.log[at..].iter().any(|later| later.event == *event)
        };
        let is_behind = why == Apart::TooOld && progress.there.iter().any(in_place);
        apart.push((*entry, if is_behind { Apart::Surpassed } else { why }));
    }
    (progress.found, progress.apart) = (found, apart);
    progress
}

/// The detections, with what they rest on.
fn found(cell: &Cell, around: Around<'_>, cut: &std::cell::Cell<bool>) -> Vec<Found> {
    let Around { plan, events, site, .. } = around;
    let view = View { plan, log: &cell.log, events, site, forgotten: i64::MIN, cut };
    let chains: Vec<(usize, Chain)> = match &plan.shape {
        Shape::Stages(of) => {
            let (mut found, mut registers) = (stages::Found::default(), cell.base.clone());
            stages::replay(of, &plan.guards, &mut registers, &cell.log, &mut found);
            found.detections
        }
        // What these rest on is behind them; the hit that ends the detection says enough.
        Shape::First(_) | Shape::Unusual(_) | Shape::Session(_) => {
            let detected = cell.log.iter().enumerate().filter(|(_, e)| e.has(Entry::DETECTED));
            detected.map(|(at, e)| (at, Chain::from_slice(&[(e.steps, e.event)]))).collect()
        }
        _ => view.detections(0).into_iter().map(|(at, chain, _)| (at, chain)).collect(),
    };
    let described = |(at, chain): (usize, Chain)| {
        let entry = &cell.log[at];
        let held = cell::due(plan, (events, site), entry);
        Found {
            at: entry.ts.saturating_add(cell::offset(plan, (events, site), entry.event)),
            held_until: (!entry.has(Entry::REPORTED)).then_some(held),
            chain,
        }
    };
    // The deadline of an absence may be still to come.
    chains.into_iter().map(described).filter(|found| found.at <= around.now).collect()
}

fn of_stages(cell: &Cell, of: &Stages, around: Around<'_>) -> Progress {
    let (mut found, mut registers) = (stages::Found::default(), cell.base.clone());
    stages::replay(of, &around.plan.guards, &mut registers, &cell.log, &mut found);
    waiting(&registers, of, around.now)
}

fn waiting(registers: &Registers, of: &Stages, now: i64) -> Progress {
    match registers.waiting(of, now) {
        Some((stage, until, there)) => {
            Progress { there, until, next: Some((of.stages[stage + 1].step, 1)), ..Progress::default() }
        }
        None => Progress { until: i64::MAX, next: Some((of.stages[0].step, 1)), ..Progress::default() },
    }
}

/// The longest beginning of a chain that can still go on, and of these the latest.
fn of_chains(view: &View<'_>, of: &Chains, now: i64) -> Progress {
    let again = |place: usize| (of.places[place].step, of.times(place));
    for len in (1..of.places.len()).rev() {
        let beginning = beginning(of, len);
        for at in (0..view.log.len()).rev() {
            let found = chains::chains(view, &beginning, at..at + 1).into_iter().next();
            let Some((_, chain, _)) = found else { continue };
            let first = chain.first().map_or(at, |(_, event)| place_of(view, *event));
            let (first, last) = (view.log[first].ts, view.log[at].ts);
            let until = last.saturating_add(of.places[len].gap).min(first.saturating_add(of.within));
            let killed = of.nots.iter().filter(|not| not.behind + 1 == len).any(|not| {
                let later = (at + 1..view.log.len()).filter(|later| view.log[*later].ts > last);
                later.into_iter().any(|later| view.log[later].steps & not.any & !view.plan.conditional != 0)
            });
            if until < now || killed || view.not_before(now.saturating_add(1)) > first {
                continue;
            }
            return Progress { there: chain, until, next: Some(again(len)), ..Progress::default() };
        }
    }
    Progress { until: i64::MAX, next: Some(again(0)), ..Progress::default() }
}

fn place_of(view: &View<'_>, event: EventRef) -> usize {
    view.log.iter().position(|entry| entry.event == event).unwrap_or(0)
}

/// The first places of a chain with what is checked among them.
fn beginning(of: &Chains, len: usize) -> Chains {
    let mut beginning = of.clone();
    beginning.places.truncate(len);
    beginning.checks.truncate(len);
    for checks in &mut beginning.checks {
        checks.retain(|check| match check {
            Check::Place(place) => *place < len,
            Check::Not(number) => of.nots[*number].behind + 1 < len,
            Check::Run(number) => of.runs[*number].places.1 < len,
        });
    }
    if let Some(last) = beginning.places.last_mut() {
        last.is_inner = false;
    }
    beginning
}

fn of_window(view: &View<'_>, of: &Window, now: i64) -> Progress {
    let earliest = now.saturating_sub(of.within).max(view.not_before(now.saturating_add(1)));
    let hits = hits_from(view, of.steps, earliest);
    let (mut oldest, mut measured) = (hits.first().map(|(at, _)| *at), Measured::Nothing);
    match &of.test {
        // Of each value, and of each step, the latest hit is the one that lasts.
        WindowTest::Values(path, _) => {
            let latest = view.latest_of_values(path, &hits);
            oldest = latest.values().min().map(|index| hits[*index].0);
            measured = Measured::Number(latest.len() as i128);
        }
        WindowTest::Steps(_) => {
            let latest = |step: u16| hits.iter().rev().find(|(_, steps)| steps & step != 0);
            oldest = single_steps(of.steps).filter_map(latest).map(|(at, _)| *at).min();
        }
        WindowTest::Total(path, _) => {
            measured = Measured::Number(hits.iter().map(|(at, _)| view.measure(path, *at)).sum());
        }
        WindowTest::Compare(comparison) => measured = aggregates(view, comparison, &hits),
        WindowTest::Count(_) | WindowTest::Speed(_) => {}
    }
    let until = oldest.map_or(i64::MAX, |oldest| view.log[oldest].ts.saturating_add(of.within));
    Progress { there: chain_of(view, &hits), until, measured, ..Progress::default() }
}

fn aggregates(view: &View<'_>, comparison: &Comparison, hits: &[WindowHit]) -> Measured {
    let told = |one| view.aggregate(one, hits).map_or_else(|| "missing".to_owned(), aggregate_text);
    Measured::Aggregates(comparison.aggregates.iter().map(told).collect())
}

fn aggregate_text(value: Datum<'_>) -> String {
    match value {
        Datum::Number(n) => i64::try_from(n).map_or_else(|_| n.to_string(), |n| Micro(n).to_string()),
        Datum::Span(ns) => Duration(ns).to_string(),
        // Aggregates are numbers and durations.
        other => format!("{other:?}"),
    }
}

fn hits_from(view: &View<'_>, steps: u16, earliest: i64) -> Vec<WindowHit> {
    let from = view.log.partition_point(|e| e.ts < earliest);
    let hits = (from..view.log.len()).map(|at| (at, view.effective(at) & steps));
    hits.filter(|(_, steps)| *steps != 0).collect()
}

fn chain_of(view: &View<'_>, hits: &[WindowHit]) -> Chain {
    hits.iter().map(|(at, steps)| (*steps, view.log[*at].event)).collect()
}

fn of_session(view: &View<'_>, of: &Session, now: i64) -> Progress {
    let steps = of.comparison.steps();
    let hits: Vec<usize> = (0..view.log.len()).filter(|at| view.effective(*at) & steps != 0).collect();
    let Some(last) = hits.last().map(|at| view.log[*at].ts) else {
        return Progress { until: i64::MAX, ..Progress::default() };
    };
    let mut first = last;
    for at in
        hits.iter().rev().map(|at| view.log[*at].ts).take_while(|ts| *ts >= last.saturating_sub(of.at_most))
    {
        if first.saturating_sub(at) > of.gap {
            break;
        }
        first = at;
    }
    let until = last.saturating_add(of.gap).min(first.saturating_add(of.at_most));
    let is_open = until >= now && view.not_before(now.saturating_add(1)) <= last;
    let hits = if is_open { hits_from(view, steps, first) } else { Vec::new() };
    let measured = aggregates(view, &of.comparison, &hits);
    let until = if is_open { until } else { i64::MAX };
    Progress { there: chain_of(view, &hits), until, measured, ..Progress::default() }
}

/// The triggers that still wait for what they expect.
fn of_after(view: &View<'_>, trigger: u16, now: i64) -> Progress {
    let waits = |at: &usize| view.satisfies(*at, trigger) && view.deadline(*at) >= now && view.is_absent(*at);
    let waiting: Vec<usize> = (0..view.log.len()).filter(waits).collect();
    let until = waiting.iter().map(|at| view.deadline(*at)).min().unwrap_or(i64::MAX);
    let there = waiting.iter().map(|at| (trigger, view.log[*at].event)).collect();
    Progress { there, until, ..Progress::default() }
}

/// Why the hit counts for nothing: the first reason that holds.
fn why_apart(view: &View<'_>, at: usize, now: i64) -> Apart {
    let entry = &view.log[at];
    if entry.steps & positive(&view.plan.shape) == 0 {
        return Apart::TakesAway;
    }
    if let Some(by) = view.plan.guards.iter().find_map(|guard| {
        let taken = guard.of & entry.steps != 0 && guarded(guard, view.log, at, i64::MIN);
        taken.then(|| taker(view, guard.step, (at, guard.side, guard.within))).flatten()
    }) {
        return Apart::Taken(by);
    }
    let until = view.plan.until;
    let ended = view.log[at..].iter().find(|e| e.steps & until != 0 && e.ts > entry.ts);
    if let Some(ended) = ended {
        return Apart::Ended(ended.event);
    }
    match &view.plan.shape {
        Shape::After { trigger, expect, .. } if entry.steps & trigger != 0 => {
            let end = view.deadline(at);
            let came = |other: &&Entry| other.event != entry.event && other.steps & expect != 0;
            let start = view.log.partition_point(|e| e.ts < entry.ts);
            let answer = view.log[start..].iter().take_while(|e| e.ts <= end).find(came);
            answer.map_or(Apart::TooOld, |answer| Apart::Answered(answer.event))
        }
        Shape::Window(window) if now.saturating_sub(entry.ts) > window.within => Apart::TooOld,
        Shape::Session(session) if now.saturating_sub(entry.ts) > session.gap => Apart::TooOld,
        Shape::Stages(of) if entry.steps & of.stages[0].step != 0 => Apart::TooOld,
        Shape::Chains(of) if of.places.first().is_some_and(|place| entry.steps & place.any != 0) => {
            Apart::TooOld
        }
        Shape::First(_) => Apart::NotNew,
        Shape::Unusual(_) => Apart::Usual,
        _ => Apart::NothingBefore,
    }
}

/// The event for which `unless` has taken a hit: the one nearest to it.
fn taker(view: &View<'_>, step: u16, (at, side, within): (usize, Side, i64)) -> Option<EventRef> {
    let entry = &view.log[at];
    let (from, to) = match side {
        Side::Before => (entry.ts.saturating_sub(within), entry.ts),
        Side::After => (entry.ts, entry.ts.saturating_add(within)),
    };
    let takes = |e: &&Entry| e.steps & step != 0 && e.event != entry.event && (from..=to).contains(&e.ts);
    match side {
        Side::Before => view.log.iter().rev().find(takes),
        Side::After => view.log.iter().find(takes),
    }
    .map(|e| e.event)
}

/// The steps whose hits a detection can rest on, or is spared by.
fn positive(shape: &Shape) -> u16 {
    match shape {
        Shape::Stages(of) => of.stages.iter().fold(0, |all, stage| all | stage.step),
        Shape::Chains(of) => of.places.iter().fold(0, |all, place| all | place.any),
        Shape::Window(of) => of.steps,
        Shape::Session(of) => of.comparison.steps(),
        Shape::First(of) => of.step,
        Shape::Unusual(of) => of.step,
        Shape::After { trigger, expect, .. } => trigger | expect,
    }
}

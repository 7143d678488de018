//! `compare … session`: maximal runs of hits (language.md §4.1). Which session a hit belongs to follows from all hits before
//! it; of those that were folded the last session's first and last instant are enough.

use super::cell::{Chain, Entry};
use super::lookback::{Found, View, WindowHit, single_steps};
use super::stages::Registers;
use crate::program::plan::Session;

/// Where the session stands to which the next hit may belong.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// ts of its first hit; `i64::MIN` before any.
    first: i64,
    /// ts of its last hit.
    last: i64,
    /// ts of the latest `until` so far.
    ended: i64,
}

const NOTHING: Open = Open { first: i64::MIN, last: i64::MIN, ended: i64::MIN };

impl Open {
    fn of(base: &Registers) -> Open {
        Open { first: base.word(0), last: base.word(1), ended: base.word(2) }
    }

    fn goes_on(&self, session: &Session, ts: i64) -> bool {
        self.first != i64::MIN
            && ts.saturating_sub(self.last) <= session.gap
            && ts.saturating_sub(self.first) <= session.at_most
            && self.ended < self.last
    }

    /// Takes a hit; whether it begins a session.
    fn takes(&mut self, session: &Session, ts: i64) -> bool {
        let begins = !self.goes_on(session, ts);
        if begins {
            self.first = ts;
        }
        self.last = ts;
        begins
    }
}

/// The detections, and the entry from which on they are to be known: what goes on from before the log is final.
pub fn sessions(view: &View<'_>, session: &Session, base: &Registers) -> (usize, Found) {
    let (known_from, mut found) = walk(view, session, Open::of(base));
    if !view.plan.once {
        return (known_from, found);
    }
    // Each detection leaves what is behind it, as if nothing had been before.
    let (mut all, mut start) = (Found::new(), 0);
    while let Some((at, chain, number)) = found.into_iter().next() {
        all.push((start + at, chain, number));
        start += at + 1;
        found = walk(&View { log: &view.log[start..], ..*view }, session, NOTHING).1;
    }
    (known_from, all)
}

fn walk(view: &View<'_>, session: &Session, mut open: Open) -> (usize, Found) {
    let mut sessions: Vec<Vec<WindowHit>> = Vec::new();
    // Behind the last hit of the session that began before the log.
    let mut known_from = 0;
    for group in groups(view.log) {
        for at in group.clone() {
            let steps = view.effective(at) & session.comparison.steps();
            if steps == 0 {
                continue;
            }
            if open.takes(session, view.log[at].ts) {
                sessions.push(Vec::new());
            }
            match sessions.last_mut() {
                Some(session) => session.push((at, steps)),
                None => known_from = at + 1,
            }
        }
        open.ended = open.ended.max(ended(view, group));
    }
    let found = sessions.iter().filter_map(|hits| detection(view, session, hits)).collect();
    (known_from, found)
}

/// Entries of one instant each.
fn groups(log: &[Entry]) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let mut start = 0;
    log.chunk_by(|a, b| a.ts == b.ts).map(move |group| {
        let range = start..start + group.len();
        start = range.end;
        range
    })
}

fn ended(view: &View<'_>, group: std::ops::Range<usize>) -> i64 {
    let entries = &view.log[group];
    let ends = entries.iter().any(|e| e.steps & view.plan.until != 0);
    if ends { entries[0].ts } else { i64::MIN }
}

fn detection(view: &View<'_>, session: &Session, hits: &[WindowHit]) -> Option<(usize, Chain, u32)> {
    let (first, last) = (hits.first()?, hits.last()?);
    if !view.fires(&session.comparison, hits, last.0) {
        return None;
    }
    let mut ends = vec![*first];
    ends.extend(Some(*last).filter(|last| last.0 != first.0));
    let shown = |(at, steps): &WindowHit| {
        let event = view.log[*at].event;
        single_steps(*steps).map(move |step| (step, event)).collect::<Vec<_>>()
    };
    Some((last.0, ends.iter().flat_map(shown).collect(), hits.len() as u32))
}

/// Brings the first `count` entries into the base.
pub fn fold(view: &View<'_>, session: &Session, base: &mut Registers, count: usize) {
    let detected = view.log[..count].iter().rposition(|e| view.plan.once && e.has(Entry::DETECTED));
    let (start, mut open) = match detected {
        Some(last) => (last + 1, NOTHING),
        None => (0, Open::of(base)),
    };
    let view = View { log: &view.log[start..], ..*view };
    for group in groups(&view.log[..count - start]) {
        for at in group.clone() {
            if view.effective(at) & session.comparison.steps() != 0 {
                open.takes(session, view.log[at].ts);
            }
        }
        open.ended = open.ended.max(ended(&view, group));
    }
    base.set_words(&[open.first, open.last, open.ended]);
}

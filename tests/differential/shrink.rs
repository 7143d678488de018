//! Making a case smaller as long as it still shows what it shows: without rules, without events, one task,
//! plain order. Fields are left out with one task only: with several, what an event names has to lie within
//! its site.

use super::{Case, Item, NEVER, check};

/// A smaller case for which `fails` holds too.
pub fn shrunk(case: Case, fails: &dyn Fn(&Case) -> bool) -> Case {
    let mut case = case;
    loop {
        let smaller = candidates(&case).find(|candidate| fails(candidate));
        match smaller {
            Some(smaller) => case = smaller,
            None => return case,
        }
    }
}

fn candidates(case: &Case) -> impl Iterator<Item = Case> + '_ {
    without_items(case)
        .chain(without_events(case))
        .chain(plainer(case))
        .chain(without_clauses(case))
        .chain(without_fields(case).filter(|smaller| smaller.tasks == 1))
}

fn without_items(case: &Case) -> impl Iterator<Item = Case> + '_ {
    (0..case.items.len()).filter_map(|at| {
        let mut items = case.items.clone();
        items.remove(at);
        with_items(case, items)
    })
}

fn with_items(case: &Case, items: Vec<Item>) -> Option<Case> {
    let rules = check(&items, &case.producers, case.clock_error)?;
    (!rules.rules.is_empty()).then(|| Case { items, rules, ..case.clone() })
}

/// Without one line of a rule.
fn without_clauses(case: &Case) -> impl Iterator<Item = Case> + '_ {
    let lines = |item: &Item| item.text.lines().count();
    let places =
        (0..case.items.len()).flat_map(move |at| (1..lines(&case.items[at])).map(move |line| (at, line)));
    places.filter_map(|(at, line)| {
        let mut items = case.items.clone();
        let kept: Vec<&str> = case.items[at]
            .text
            .lines()
            .enumerate()
            .filter(|(n, _)| *n != line)
            .map(|(_, text)| text)
            .collect();
        items[at].text = kept.join("\n");
        with_items(case, items)
    })
}

/// Without a half, a quarter … one event.
fn without_events(case: &Case) -> impl Iterator<Item = Case> + '_ {
    let len = case.events.len();
    let sizes = std::iter::successors(Some(len / 2), |size| Some(size / 2)).take_while(|size| *size > 0);
    sizes.flat_map(move |size| (0..len).step_by(size).map(move |from| (from, (from + size).min(len)))).map(
        move |(from, to)| {
            let keeps = |at: usize| at < from || at >= to;
            let moved = |at: usize| if at < from { at } else { at - (to - from) };
            Case {
                events: (0..len).filter(|&at| keeps(at)).map(|at| case.events[at].clone()).collect(),
                order: case.order.iter().filter(|&&at| keeps(at)).map(|&at| moved(at)).collect(),
                ..case.clone()
            }
        },
    )
}

/// One task, single events, arrival as appended, a clock that moves often, no snapshots.
fn plainer(case: &Case) -> impl Iterator<Item = Case> + '_ {
    let mut appended: Vec<usize> = (0..case.events.len()).collect();
    appended.sort_by_key(|&at| (case.events[at].append, at));
    let simpler = [
        Case { tasks: 1, ..case.clone() },
        Case { batch: 1, ..case.clone() },
        Case { clock_every: 1, ..case.clone() },
        Case { snapshot_every: NEVER, ..case.clone() },
        Case { order: appended, ..case.clone() },
    ];
    simpler.into_iter().filter(|simple| {
        let way = |case: &Case| (case.tasks, case.batch, case.clock_every, case.snapshot_every);
        way(simple) != way(case) || simple.order != case.order
    })
}

fn without_fields(case: &Case) -> impl Iterator<Item = Case> + '_ {
    let places =
        case.events.iter().enumerate().flat_map(|(at, event)| (0..event.fields.len()).map(move |f| (at, f)));
    let fields = places.map(|(at, field)| {
        let mut smaller = case.clone();
        smaller.events[at].fields.remove(field);
        smaller
    });
    let envelopes = (0..case.events.len()).flat_map(move |at| {
        let event = &case.events[at];
        let plain = [
            super::Spec { append: event.ts, ..event.clone() },
            super::Spec { native: None, ..event.clone() },
            super::Spec { seq: 0, ..event.clone() },
        ];
        plain.into_iter().filter(move |plain| plain != event).map(move |plain| {
            let mut smaller = case.clone();
            smaller.events[at] = plain;
            smaller
        })
    });
    fields.chain(envelopes)
}

//! What has to hold once the log has calmed down.

use super::drive::{Plan, Subject};
use super::log::{Broker, Mode};
use event::id::Id;
use incident::codec::{Kind, hash};
use incident::table::Member;
use std::collections::{BTreeMap, BTreeSet};
use task::log::{Input, Output, ReadRow, TaskId};
use task::publish::Published;

/// What readers of a task have in the end.
type Told = BTreeMap<Id, Published>;

/// Readers have the table of everything that was applied, each revision once, and each reject and late event.
pub fn readers_have_the_table<S: Subject>(
    broker: &Broker,
    plan: &Plan,
    task: TaskId,
    records: &BTreeMap<Input, Vec<S::Record>>,
) -> Result<(), String> {
    let mut truth = all_applied::<S>(plan, task, records);
    let mode = plan.mode;
    let rows = broker.rows(Output::Incidents, task);
    let revisions = read(&rows)?;
    if mode == Mode::Honest {
        are_unique(&revisions)?;
    }
    let wanted: BTreeSet<(Id, Vec<Member>)> =
        truth.part_ids().iter().filter_map(|id| truth.part(id)).map(|p| (hash(&p), p.members)).collect();
    for (reader, told) in
        [("the first row of a revision", first_wins(&revisions)), ("the last", last_wins(&revisions))]
    {
        have_no_gap(&revisions)?;
        let live = told.values().filter(|told| !matches!(told.kind, Kind::Merged | Kind::Withdrawn));
        let got: BTreeSet<(Id, Vec<Member>)> = live.map(|told| (told.hash, told.members.clone())).collect();
        if got != wanted {
            let (more, less): (Vec<_>, Vec<_>) =
                (got.difference(&wanted).collect(), wanted.difference(&got).collect());
            return Err(format!("{task:?}, a reader that goes by {reader}: {more:?} instead of {less:?}"));
        }
    }
    let mut owed = truth.take_rows();
    for output in [Output::Rejects, Output::Late] {
        let owed: BTreeSet<_> = owed.extract_if(.., |row| row.output == output).map(|row| row.key).collect();
        has_rows(&broker.rows(output, task), &owed, mode)?;
    }
    Ok(())
}

fn all_applied<S: Subject>(plan: &Plan, task: TaskId, records: &BTreeMap<Input, Vec<S::Record>>) -> S {
    let mut machine = S::new(plan, task);
    for (input, records) in records {
        for (offset, record) in records.iter().enumerate() {
            machine.apply(*input, offset as u64, record);
        }
    }
    machine
}

fn read(rows: &[ReadRow]) -> Result<Vec<(Id, Published)>, String> {
    let read =
        |row: &ReadRow| Published::read(row.offset, &row.row).ok_or("a row that cannot be read".to_string());
    rows.iter().map(read).collect()
}

fn are_unique(revisions: &[(Id, Published)]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for (id, told) in revisions {
        if !seen.insert((id, told.revision)) {
            return Err(format!("{id} revision {} twice", told.revision));
        }
    }
    Ok(())
}

fn have_no_gap(revisions: &[(Id, Published)]) -> Result<(), String> {
    let mut last: BTreeMap<Id, u64> = BTreeMap::new();
    for (id, told) in revisions {
        let before = last.entry(*id).or_default();
        if told.revision > *before + 1 {
            return Err(format!("{id} revision {} after {before}", told.revision));
        }
        *before = told.revision.max(*before);
    }
    Ok(())
}

/// A reader that drops what repeats an (id, revision).
fn first_wins(revisions: &[(Id, Published)]) -> Told {
    let mut told = Told::new();
    for (id, row) in revisions {
        let known = told.get(id).is_some_and(|before| before.revision >= row.revision);
        if !known {
            told.insert(*id, row.clone());
        }
    }
    told
}

/// A reader that upserts, unless the row is older than what it has.
fn last_wins(revisions: &[(Id, Published)]) -> Told {
    let mut told = Told::new();
    for (id, row) in revisions {
        let older = told.get(id).is_some_and(|before| before.revision > row.revision);
        if !older {
            told.insert(*id, row.clone());
        }
    }
    told
}

fn has_rows(rows: &[ReadRow], owed: &BTreeSet<Box<[u8]>>, mode: Mode) -> Result<(), String> {
    let got: BTreeSet<Box<[u8]>> = rows.iter().map(|row| row.row.key.clone()).collect();
    if got != *owed {
        return Err(format!("{} rejects or late events instead of {}", got.len(), owed.len()));
    }
    match mode == Mode::Honest && rows.len() > got.len() {
        true => Err("a reject or late event twice".into()),
        false => Ok(()),
    }
}

//! Which rows are events: each identity once, and not too late (design README §3-§4). Nothing here looks at
//! fields.

use crate::{Counts, Settings};
use event::id::Id;
use event::row::{OwnedRow, Row};
use std::collections::BTreeMap;

/// The accepted rows with their ids. The order means nothing.
pub(crate) fn accept<'a>(rows: &'a [OwnedRow], settings: &Settings<'_>) -> (Vec<(Id, &'a OwnedRow)>, Counts) {
    let mut copies: BTreeMap<Id, Vec<&OwnedRow>> = BTreeMap::new();
    for row in rows {
        copies.entry(identity(row.as_ref().row, settings)).or_default().push(row);
    }
    let mut counts = Counts::default();
    let mut accepted = Vec::new();
    for (id, same) in copies {
        counts.duplicate += same.len() as u64 - 1;
        let least = same.into_iter().min_by_key(|row| {
            let row = row.as_ref().row;
            (row.append, row.coordinates)
        });
        let Some(event) = least else { continue };
        if too_late(event.as_ref().row, settings) {
            counts.late += 1;
        } else {
            counts.accepted += 1;
            accepted.push((id, event));
        }
    }
    (accepted, counts)
}

fn identity(row: &Row, settings: &Settings<'_>) -> Id {
    let at = row.coordinates;
    row.identity.unwrap_or_else(|| {
        settings.ids.event_at(settings.topics.name(at.topic), at.partition, at.offset, at.index)
    })
}

fn too_late(row: &Row, settings: &Settings<'_>) -> bool {
    row.append - row.ts > settings.producers.lateness(row.class)
}

//! Events of the engine: each alert of rule x is one `alert.x`, each detection one `detection.x` (language.md §4.4).
//!
//! Their fields: the parts of the key, under the field that the checker gave them; the entities of the detection (of an alert: of
//! its first), under the name of their kind; severity, title, rule. They stand in ≺ where their terminal event stands, at
//! their own ts, and come from the source `watchfloor`.

use super::events::{Derived, EventRef};
use super::runs::{Detection, Run, key_text};
use crate::program::Program;
use crate::tree::Rule;
use event::class::ClassId;
use event::field::{self, FieldType};
use event::id::Id;
use event::row::{Batch, OwnedRow};
use event::symbol::SymbolKey;
use event::time::Timestamp;

/// An event of the engine that stands in cells above.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its id.
    pub id: Id,
    /// Its ts.
    pub ts: Timestamp,
    /// Where it is kept.
    pub event: EventRef,
    /// The row, to take it out again by what it matched.
    pub row: OwnedRow,
}

/// An event of the engine that should stand.
pub struct Wanted {
    /// Its id.
    pub id: Id,
    /// Its row.
    pub row: OwnedRow,
    /// Its place.
    pub derived: Derived,
}

/// The event of a detection, as `class` (`alert.x` or `detection.x`).
fn event_of(
    run: &Run,
    rule: &Rule,
    detection: &Detection,
    class: ClassId,
    id: Id,
    symbols: SymbolKey,
) -> Wanted {
    let blank = &run.frame.blank;
    let mut batch = Batch::new(symbols);
    let mut row = batch.begin(class);
    row.source("watchfloor").site(&detection.site).seq(detection.place.seq);
    for (part, (_, value)) in rule.by.iter().zip(&blank.key) {
        if let Some(field) = part.field {
            row.text(field, value);
        }
    }
    for (kind, entity) in &detection.entities {
        if let Some(field) =
            field::by_name(kind).filter(|f| matches!(f.def().ty, FieldType::Id(_)) && !row.has(*f))
        {
            row.text(field, entity);
        }
    }
    row.text(field::SEVERITY, detection.level.name());
    row.text(field::TITLE, &detection.head.title).text(field::RULE, &blank.rule);
    let at = row.finish();
    let envelope = batch.envelope_mut(at);
    (envelope.ts, envelope.append) = (detection.ts, detection.ts);
    envelope.coordinates = detection.place.coordinates;
    envelope.identity = Some(id);
    let order = format!("{}\u{1e}{}", blank.rule, key_text(&blank.key));
    let derived = Derived { order: order.into(), source: detection.place.source.clone(), id };
    Wanted { id, row: batch.row(at).to_owned_row(), derived }
}

/// Whether two rows say the same to their readers.
pub fn same(a: &OwnedRow, b: &OwnedRow) -> bool {
    let (a, b) = (a.as_ref(), b.as_ref());
    let envelope = |r: event::row::RowRef<'_>| (r.row.ts, r.row.class, r.row.coordinates, r.row.seq);
    envelope(a) == envelope(b) && a.site() == b.site() && a.fields().eq(b.fields())
}

/// The wanted events of a run: its detections and its alerts, as far as anybody reads them.
pub fn wanted(run: &Run, program: &Program, index: u32) -> Vec<Wanted> {
    let (blank, rule, symbols) = (&run.frame.blank, program.rule(index), program.symbols);
    let mut wanted = Vec::new();
    let (alert, detection) = (ClassId::alert(index), ClassId::detection(index));
    if program.index.reads(detection) {
        wanted.extend(run.detections.iter().map(|d| {
            let id = run.frame.ids.detection(&blank.rule, &blank.key, d.terminal);
            event_of(run, rule, d, detection, id, symbols)
        }));
    }
    if program.index.reads(alert) {
        let firsts = run.alerts.iter().filter_map(|a| {
            let first = run.detections.iter().find(|d| {
                d.ts == a.first_at && run.frame.ids.alert(&blank.rule, &blank.key, d.terminal) == a.id
            })?;
            Some(event_of(run, rule, first, alert, a.id, symbols))
        });
        wanted.extend(firsts);
    }
    wanted
}

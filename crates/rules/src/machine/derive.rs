//! Events of the engine: each alert of rule x is one `alert.x`, each detection one `detection.x` (language.md §4.4).
//!
//! Their fields: the parts of the key, under the field that the checker gave them; the entities of the detection (of an alert: of
//! its first), under the name of their kind; severity, title, rule. They stand in ≺ where their terminal event stands, at
//! their own ts, and come from the source `watchfloor`.

use super::events::{Derived, EventRef};
use super::runs::{Detection, Run};
use crate::program::Program;
use crate::tree::{EntitySpec, Rule};
use event::class::ClassId;
use event::field::{self, FieldId};
use event::id::Id;
use event::row::{Batch, OwnedRow, RowWriter};
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
fn event_of(run: &Run, rule: &Rule, detection: &Detection, named: Named, symbols: SymbolKey) -> Wanted {
    let blank = &run.frame.blank;
    let mut batch = Batch::new(symbols);
    let mut row = batch.begin(named.class);
    row.source("watchfloor").site(&detection.account.site);
    row.text(field::CLASS, &format!("{}.{}", named.word, blank.rule));
    row.text(field::RULE, &blank.rule).text(field::TITLE, &detection.account.title);
    row.text(field::SEVERITY, run.severity(std::slice::from_ref(detection)).name());
    for (part, (_, value)) in rule.by.iter().zip(&blank.key) {
        part.field.into_iter().for_each(|field| carry(&mut row, field, value));
    }
    detection.account.carried.iter().for_each(|(field, value)| carry(&mut row, *field, value));
    if matches!(rule.entities, EntitySpec::Default) {
        for (kind, id) in &detection.account.entities {
            field::by_name(kind).into_iter().for_each(|field| carry(&mut row, field, id));
        }
    }
    let at = row.finish();
    let envelope = batch.envelope_mut(at);
    (envelope.ts, envelope.append) = (detection.ts, detection.ts);
    envelope.coordinates = detection.place.coordinates;
    envelope.identity = Some(named.id);
    let key: Vec<&str> = blank.key.iter().map(|(_, id)| &**id).collect();
    let outer = detection.place.derived.as_deref().unwrap_or("");
    let order = format!("{outer}\u{1}{}\u{1}{}\u{1}{}", blank.rule, key.join("\u{1}"), named.word);
    let (source, seq) = (detection.place.source.clone(), detection.place.seq);
    let derived = Derived { order: order.into(), source, seq, id: named.id };
    Wanted { id: named.id, row: batch.row(at).to_owned_row(), derived }
}

/// What sets `alert.x` and `detection.x` apart.
struct Named {
    class: ClassId,
    word: &'static str,
    id: Id,
}

/// What is set first stays.
fn carry(row: &mut RowWriter<'_>, field: FieldId, value: &str) {
    if !row.has(field) && !matches!(field, field::SITE | field::SOURCE) {
        row.text(field, value);
    }
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
            let id = run.frame.ids.detection(&blank.rule, &blank.key, run.frame.terminal(d));
            event_of(run, rule, d, Named { class: detection, word: "detection", id }, symbols)
        }));
    }
    if program.index.reads(alert) {
        let firsts = run.alerts.iter().map(|told| &told.alert).filter_map(|a| {
            let first = run.detections.iter().find(|d| {
                d.ts == a.first_at
                    && run.frame.ids.alert(&blank.rule, &blank.key, run.frame.terminal(d)) == a.id
            })?;
            Some(event_of(run, rule, first, Named { class: alert, word: "alert", id: a.id }, symbols))
        });
        wanted.extend(firsts);
    }
    wanted
}

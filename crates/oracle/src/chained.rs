//! What a rule found, as events for other rules (language.md §4.4): `alert.x` for each run, `detection.x` for
//! each detection. The module comment of the crate says how that section is read.

use crate::alerts;
use crate::events::{Event, Events};
use crate::pattern::Detection;
use crate::runs::Run;
use event::alert::Place;
use event::class::ClassId;
use event::field::{self, FieldId};
use event::id::Id;
use event::row::{Batch, RowWriter};
use rules::tree::{EntitySpec, Rule};
use std::sync::Arc;

/// The source that the engine's own events name.
const SOURCE: &str = "watchfloor";

/// All events that a rule makes.
pub(crate) fn events(
    index: u32,
    detections: &[Detection<'_>],
    runs: &[Run<'_, '_>],
    events: &Events<'_>,
) -> Vec<Event> {
    let rule = &events.rules.rules[index as usize];
    let mut made = Vec::new();
    for run in runs {
        let key = alerts::key_parts(rule, &run[0].key);
        let id = events.settings.ids.alert(&rule.name, &key, events.get(run[0].terminal).id);
        made.push(event(rule, Named { class: ClassId::alert(index), word: "alert", id }, run[0], events));
    }
    for detection in detections {
        let key = alerts::key_parts(rule, &detection.key);
        let id = events.settings.ids.detection(&rule.name, &key, events.get(detection.terminal).id);
        let named = Named { class: ClassId::detection(index), word: "detection", id };
        made.push(event(rule, named, detection, events));
    }
    made
}

/// What sets `alert.x` and `detection.x` apart.
struct Named {
    class: ClassId,
    word: &'static str,
    id: Id,
}

fn event(rule: &Rule, named: Named, detection: &Detection<'_>, events: &Events<'_>) -> Event {
    let place = place(rule, named.word, detection, events);
    let mut batch = Batch::new(events.settings.symbols);
    let mut row = batch.begin(named.class);
    row.source(SOURCE).site(&alerts::site_of(events, detection.terminal));
    row.text(field::CLASS, &format!("{}.{}", named.word, rule.name));
    row.text(field::RULE, &rule.name).text(field::TITLE, &alerts::title(rule, detection, events));
    row.text(field::SEVERITY, alerts::severity(rule, detection, events).name());
    carry(&mut row, rule, detection, events);
    let at = row.finish();
    let envelope = batch.envelope_mut(at);
    envelope.ts = detection.ts;
    envelope.append = detection.ts;
    envelope.coordinates = place.coordinates;
    envelope.identity = Some(named.id);
    Event::chained(named.id, place, batch.row(at).to_owned_row())
}

/// Own ts, then ≺ of the terminal event, then rule and key.
fn place(rule: &Rule, word: &str, detection: &Detection<'_>, events: &Events<'_>) -> Place {
    let terminal = events.place(detection.terminal);
    let key = detection.key.join("\u{1}");
    let outer = terminal.derived.as_deref().unwrap_or("");
    let derived = Arc::from(format!("{outer}\u{1}{}\u{1}{key}\u{1}{word}", rule.name));
    Place { ts: detection.ts, derived: Some(derived), ..terminal.clone() }
}

/// Key parts, then entities, each in its field; what is set first stays.
fn carry(row: &mut RowWriter<'_>, rule: &Rule, detection: &Detection<'_>, events: &Events<'_>) {
    for (part, id) in rule.by.iter().zip(&detection.key) {
        if let Some(field) = part.field {
            set(row, field, id);
        }
    }
    match &rule.entities {
        EntitySpec::Listed(entries) => {
            for entry in entries {
                let (Some(field), Some(event)) = (entry.field, alerts::looked_at(entry, detection)) else {
                    continue;
                };
                if let Some(least) = events.texts(event, &entry.path).first() {
                    set(row, field, least);
                }
            }
        }
        EntitySpec::Default => {
            for (kind, id) in alerts::entities_of(rule, detection, events) {
                if let Some(field) = field::by_name(kind) {
                    set(row, field, &id);
                }
            }
        }
    }
}

/// Sets a field that is not set yet. An address keeps its type; every other id is text.
fn set(row: &mut RowWriter<'_>, field: FieldId, id: &str) {
    if row.has(field) || matches!(field, field::SITE | field::SOURCE) {
        return;
    }
    row.text(field, id);
}

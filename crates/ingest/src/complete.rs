//! What no decoder can know, filled in: whose time counts, which site, which identity, whether it is too
//! late, and what becomes of a row that lacks a required field (README §3-4, classes.md §1).

use crate::output::{Counts, Incomplete, Judged, Output};
use crate::redact;
use crate::settings::{AliasOf, Duplicates};
use crate::stage::Arrival;
use event::class::{self, ClassDef, ClassId, Domain, Lifecycle};
use event::field::{self, FieldId, FieldType};
use event::id::{Id, Ids};
use event::row::{Batch, OwnedRow, Row, RowRef, RowWriter, TimeQuality};
use event::time::{Duration, Timestamp};
use event::value::{Value, display_ip};

/// Earlier device times are those of a clock that was never set.
const FIRST_USABLE: Timestamp = Timestamp(365 * 86_400 * 1_000_000_000);

/// How far a device of a domain may be ahead of the broker.
pub(crate) fn max_future(domain: Domain) -> Duration {
    match domain {
        Domain::Alarm | Domain::Badge => Duration::from_secs(60),
        _ => Duration::from_secs(5),
    }
}

/// Sets `ts`, `append` and whose clock it is; `least` is the append that the record has at least.
pub(crate) fn times(row: &mut Row, arrival: Arrival, max_future: Duration, counts: &mut Counts) {
    let device = row.device_time.filter(|&time| time >= FIRST_USABLE);
    let at = match arrival {
        Arrival::At(append) => {
            row.append = append;
            counts.from_future += u64::from(device.is_some_and(|time| time > append + max_future));
            device.filter(|&time| time <= append + max_future)
        }
        Arrival::AsHappened { otherwise } => {
            row.append = device.unwrap_or(otherwise);
            device
        }
        Arrival::Running { least } => {
            row.append = device.map_or(least, |time| time.max(least));
            device
        }
    };
    counts.without_time += u64::from(device.is_none());
    row.ts = at.unwrap_or(row.append);
    if at.is_none() {
        row.time_quality = TimeQuality::Append;
        row.tz_assumed = false;
    } else if row.time_quality == TimeQuality::Append {
        row.time_quality = TimeQuality::Device;
    }
}

/// A sender's own test is never `new`, and says so in both places.
pub(crate) fn test(row: &mut Row) {
    if row.test && row.lifecycle == Lifecycle::New && row.class != class::HEALTH_HEARTBEAT {
        row.lifecycle = Lifecycle::Test;
    }
    row.test |= row.lifecycle == Lifecycle::Test;
}

/// Whether it is too late; judged here, once, from the record alone.
pub(crate) fn judge(row: &Row, lateness: Duration) -> Judged {
    Judged { late: row.append - row.ts > lateness, lateness }
}

/// The identity of a row, unless its coordinates are it.
pub(crate) fn identity(row: RowRef<'_>, ids: &Ids, duplicates: Duplicates) -> Option<Id> {
    match (row.native_id(), duplicates) {
        (Some(native), _) => Some(ids.native_event(row.source().text, native, row.row.device_time)),
        (None, Duplicates::ByContent) => Some(by_content(row, ids)),
        (None, Duplicates::ByCoordinates) => None,
    }
}

/// H(source, ts, class, lifecycle and all set fields in the order of the field table).
fn by_content(row: RowRef<'_>, ids: &Ids) -> Id {
    let mut fields: Vec<(FieldId, Value<'_>)> = row.fields().collect();
    fields.sort_by_key(|(field, _)| *field);
    let class = row.row.class.def().map_or("", |def| def.name);
    let mut parts = vec![class.to_owned(), row.row.lifecycle.name().to_owned()];
    for (field, value) in fields {
        parts.push(field.name().to_owned());
        parts.push(written(field, value));
    }
    ids.content_event(row.source().text, row.row.ts, parts.iter().map(String::as_str))
}

/// A value in its one way of being written.
fn written(field: FieldId, value: Value<'_>) -> String {
    match value {
        Value::Text(text) => text.text.to_owned(),
        Value::List(list) => list.to_owned(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Enum(index) => match field.def().ty {
            FieldType::Enum(of) => of.value(index).unwrap_or_default().to_owned(),
            _ => index.to_string(),
        },
        Value::Ip(ip) => display_ip(ip).to_string(),
        Value::Time(time) => time.to_string(),
        Value::Duration(length) => length.0.to_string(),
        Value::Geo(geo) => format!("{},{},{}", geo.latitude, geo.longitude, geo.radius_m),
    }
}

/// What has to change in a row: nothing, nearly always.
#[derive(Default)]
struct Changes {
    unknown: Vec<FieldId>,
    /// Texts that are others now.
    texts: Vec<(FieldId, String)>,
    class: Option<ClassId>,
}

/// Puts the id of the site model in place of one that a source uses for itself. It may be written with the source in front
/// (`panel/area/point`) or without.
pub(crate) fn translate(out: &mut Output, index: usize, alias: &AliasOf, arrival: Arrival) {
    let row = out.batch.row(index);
    let source = row.source().text;
    let at = row.row.device_time.unwrap_or(match arrival {
        Arrival::At(time) | Arrival::AsHappened { otherwise: time } | Arrival::Running { least: time } => {
            time
        }
    });
    let meant = |field: FieldId, written: &str| {
        let FieldType::Id(kind) = field.def().ty else { return None };
        let own = written.strip_prefix(source).and_then(|rest| rest.strip_prefix('/'));
        let (found, id) = alias(source, written, at).or_else(|| alias(source, own?, at))?;
        (found == kind).then(|| (field, id.to_string()))
    };
    let ids = row.fields().filter_map(|(field, value)| match value {
        Value::Text(text) => meant(field, text.text),
        _ => None,
    });
    let changes = Changes { texts: ids.collect(), ..Changes::default() };
    if !changes.texts.is_empty() {
        rewrite(&mut out.batch, index, &changes);
    }
}

/// Judges required fields and masks secrets. Where an enum is missing it becomes `unknown`; where anything
/// else is, the event is `unclassified`, unless life depends on its class.
pub(crate) fn amend(out: &mut Output, index: usize, counts: &mut Counts) {
    let row = out.batch.row(index);
    let mut changes = Changes::default();
    let complete = out.incomplete.len();
    if let Some(def) = row.row.class.def() {
        for one_of in def.required.iter().filter(|one_of| !one_of.iter().any(|&field| is_known(row, field))) {
            let Some(&field) = one_of.first() else { continue };
            out.incomplete.push(Incomplete { row: index, class: row.row.class, field });
            judge_missing(def, one_of, &mut changes);
        }
    }
    counts.incomplete += u64::from(out.incomplete.len() > complete);
    for &field in redact::FIELDS {
        let masked = row.text(field).and_then(|text| redact::text(text.text));
        changes.texts.extend(masked.map(|masked| (field, masked)));
    }
    if let Some(class) = changes.class {
        out.batch.envelope_mut(index).class = class;
        downgrade(out.batch.envelope_mut(index));
    }
    if !changes.unknown.is_empty() || !changes.texts.is_empty() {
        rewrite(&mut out.batch, index, &changes);
    }
}

fn judge_missing(def: &ClassDef, one_of: &[FieldId], changes: &mut Changes) {
    let has_unknown = |field: &&FieldId| match field.def().ty {
        FieldType::Enum(of) => of.index_of("unknown").is_some(),
        _ => false,
    };
    match one_of.iter().find(has_unknown) {
        Some(&field) => changes.unknown.push(field),
        None if def.life_safety => {}
        None => changes.class = Some(class::UNCLASSIFIED),
    }
}

/// Set, or known without being sent: the device of an event is found from its other fields or its source
/// later.
fn is_known(row: RowRef<'_>, field: FieldId) -> bool {
    field == field::DEVICE || row.get(field).is_some()
}

/// `unclassified` happens at an instant: a lifecycle that its form does not have becomes `update`, which no
/// step hits.
fn downgrade(row: &mut Row) {
    let allowed = row.class.def().is_none_or(|def| def.form.allows(row.lifecycle));
    if !allowed {
        row.lifecycle = Lifecycle::Update;
    }
}

/// Writes row `index` anew with changes, and those after it. Costly, and rare.
fn rewrite(batch: &mut Batch, index: usize, changes: &Changes) {
    let rows: Vec<OwnedRow> = (index..batch.len()).map(|at| batch.row(at).to_owned_row()).collect();
    batch.truncate(index);
    for (at, row) in rows.iter().enumerate() {
        if at == 0 {
            write_changed(batch, row.as_ref(), changes);
        } else {
            batch.push(row.as_ref());
        }
    }
}

fn write_changed(batch: &mut Batch, row: RowRef<'_>, changes: &Changes) {
    let mut writer = batch.begin(row.row.class);
    writer.source(row.source().text);
    if let Some(site) = row.site() {
        writer.site(site.text);
    }
    if let Some(native) = row.native_id() {
        writer.native_id(native);
    }
    for (field, value) in row.fields() {
        writer.value(field, value);
    }
    for (field, text) in &changes.texts {
        writer.text(*field, text);
    }
    for &field in &changes.unknown {
        set_unknown(&mut writer, field);
    }
    let index = writer.finish();
    copy_envelope(row.row, batch.envelope_mut(index));
}

fn set_unknown(writer: &mut RowWriter<'_>, field: FieldId) {
    if let FieldType::Enum(of) = field.def().ty
        && let Some(unknown) = of.index_of("unknown")
    {
        writer.index(field, unknown);
    }
}

fn copy_envelope(from: &Row, to: &mut Row) {
    to.ts = from.ts;
    to.append = from.append;
    to.device_time = from.device_time;
    to.lifecycle = from.lifecycle;
    to.time_quality = from.time_quality;
    to.tz_assumed = from.tz_assumed;
    to.test = from.test;
    to.from_snapshot = from.from_snapshot;
    to.seq = from.seq;
    to.format = from.format;
    to.coordinates = from.coordinates;
    to.identity = from.identity;
}

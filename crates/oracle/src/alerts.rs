//! The documents of alerts (language.md §4.2).

use crate::blind;
use crate::condition;
use crate::datum::owned;
use crate::events::Events;
use crate::hits::Key;
use crate::pattern::Detection;
use crate::view::View;
use event::alert::{Alert, Entities, Evidence, Identity, Level, Place, Unknown};
use event::class::ClassId;
use event::field::{FieldType, Link};
use event::id::KeyPart;
use event::value::OwnedValue;
use rules::tree::{EntityPath, EntitySpec, Rule, RuleSet, Step, TitlePart};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const EVIDENCE_MAX: usize = 64;
const ENTITIES_MAX: usize = 64;
const TEXT_BYTES_MAX: usize = 64;

/// The settled document of a run.
pub(crate) fn document(index: u32, run: &[&Detection<'_>], events: &Events<'_>) -> Alert {
    let rule = &events.rules.rules[index as usize];
    let (first, last) = (run[0], run[run.len() - 1]);
    let key = key_parts(rule, &first.key);
    let ids = events.settings.ids;
    let unknown = blind::unknown(rule, run, events);
    let severity = run.iter().map(|d| severity(rule, d, events)).max().unwrap_or(rule.severity);
    Alert {
        id: ids.alert(&rule.name, &key, events.get(first.terminal).id),
        run: ids.run(&rule.name, &key),
        rule: rule.name.clone(),
        key,
        site: site_of(events, first.terminal),
        title: title(rule, first, events),
        severity: blind_severity(rule, &unknown).unwrap_or(severity),
        emission: rule.emission,
        first_at: first.ts,
        last_at: last.ts,
        detections: run.len() as u64,
        evidence: evidence(rule, run, events),
        captured: captured(rule, first, events),
        entities: entities(rule, run, events),
        settled: true,
        exact: true,
        withdrawn: false,
        unknown,
        merged_into: None,
        trial: rule.trial,
        restricted: rule.restricted,
        life_safety: rule.life_safety,
        internal: rule.internal,
    }
}

/// A key as documents and ids have it.
pub(crate) fn key_parts(rule: &Rule, key: &Key) -> Vec<KeyPart> {
    rule.by.iter().zip(key).map(|(part, text)| (part.text.clone(), text.clone())).collect()
}

/// The site of an event.
pub(crate) fn site_of(events: &Events<'_>, event: usize) -> Arc<str> {
    events.site_of(event).into()
}

/// "The greatest reached by a detection whose e makes c true"; if it is `unknown`, what `blind … as l` says.
pub(crate) fn severity(rule: &Rule, detection: &Detection<'_>, events: &Events<'_>) -> Level {
    let filled = detection.filled();
    let view = View { earlier: &filled, ..View::of(events, detection.terminal) };
    let raised = rule.raise.iter().filter(|(_, when)| condition::holds(view, when));
    let raised = raised.map(|(level, _)| *level).fold(rule.severity, Level::max);
    blind_severity(rule, &blind::unknown(rule, &[detection], events)).unwrap_or(raised)
}

/// "`as low` gives such alerts that severity".
fn blind_severity(rule: &Rule, unknown: &[Unknown]) -> Option<Level> {
    rule.blind.as_ref().filter(|_| !unknown.is_empty())?.severity
}

/// The title, filled from the terminal event.
pub(crate) fn title(rule: &Rule, detection: &Detection<'_>, events: &Events<'_>) -> String {
    let piece = |part: &TitlePart| match part {
        TitlePart::Text(text) => text.to_string(),
        TitlePart::Key(part) => detection.key[*part].to_string(),
        TitlePart::Path(path) => {
            let values = events.values(detection.terminal, path);
            let missing = || format!("({})", path.text);
            values.first().map_or_else(missing, |value| owned(*value, path.ty).to_string())
        }
    };
    rule.title.iter().map(piece).collect()
}

/// The event that an entry of `entities` looks at.
pub(crate) fn looked_at(entry: &EntityPath, detection: &Detection<'_>) -> Option<usize> {
    let Some(bit) = entry.step else { return Some(detection.terminal) };
    let of_step = || detection.evidence.iter().filter(|(_, step)| step.bit == bit).map(|(event, _)| *event);
    // Of a count, every hit satisfies the one step: the terminal event is meant; else the latest.
    of_step().find(|&event| event == detection.terminal).or_else(|| of_step().next_back())
}

/// The listed entries of `entities`.
pub(crate) fn listed(rule: &Rule) -> &[EntityPath] {
    match &rule.entities {
        EntitySpec::Default => &[],
        EntitySpec::Listed(entries) => entries,
    }
}

fn captured(rule: &Rule, first: &Detection<'_>, events: &Events<'_>) -> BTreeMap<Arc<str>, OwnedValue> {
    let of_title = rule.title.iter().filter_map(|part| match part {
        TitlePart::Path(path) => Some((path, first.terminal)),
        _ => None,
    });
    let of_entities = listed(rule).iter().filter_map(|entry| Some((&entry.path, looked_at(entry, first)?)));
    let mut captured = BTreeMap::new();
    for (path, event) in of_title.chain(of_entities) {
        let mut values: Vec<OwnedValue> =
            events.values(event, path).into_iter().map(|value| cut(owned(value, path.ty))).collect();
        let value = match values.len() {
            0 => continue,
            1 => values.remove(0),
            _ => OwnedValue::List(values.iter().map(ToString::to_string).collect()),
        };
        if !rule.by.iter().any(|part| part.text == path.text) {
            captured.insert(path.text.clone(), value);
        }
    }
    captured
}

/// At most 64 bytes of text, marked where it is cut.
fn cut(value: OwnedValue) -> OwnedValue {
    match value {
        OwnedValue::Text(text) if text.len() > TEXT_BYTES_MAX => {
            let room = TEXT_BYTES_MAX - '…'.len_utf8();
            let end = (0..=room).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            OwnedValue::Text(format!("{}…", &text[..end]))
        }
        value => value,
    }
}

fn evidence(rule: &Rule, run: &[&Detection<'_>], events: &Events<'_>) -> Vec<Arc<Evidence>> {
    let mut entries: BTreeMap<(&Place, u8), (usize, &Step)> = BTreeMap::new();
    for (event, step) in run.iter().flat_map(|detection| &detection.evidence) {
        entries.insert((events.place(*event), step.bit), (*event, step));
    }
    let most = if rule.life_safety { usize::MAX } else { EVIDENCE_MAX };
    entries.into_values().take(most).map(|(event, step)| Arc::new(entry(events, event, step))).collect()
}

fn entry(events: &Events<'_>, index: usize, step: &Step) -> Evidence {
    let event = events.get(index);
    Evidence {
        identity: Identity::Given(event.id),
        step: step.name.clone(),
        place: event.place.clone(),
        class: class_name(events.rules, event.class()),
        topic: events.settings.topics.name(event.place.coordinates.topic).clone(),
        fields: own_entities(events, index)
            .map(|(name, _, id)| (name.into(), OwnedValue::Text(id)))
            .collect::<Vec<_>>()
            .into(),
    }
}

/// The name of a class, of rules too.
fn class_name(rules: &RuleSet, class: ClassId) -> Arc<str> {
    let rule = |index: u32| &rules.rules[index as usize].name;
    match (class.def(), class.as_alert(), class.as_detection()) {
        (Some(def), ..) => def.name.into(),
        (_, Some(index), _) => format!("alert.{}", rule(index)).into(),
        (_, _, Some(index)) => format!("detection.{}", rule(index)).into(),
        _ => "".into(),
    }
}

/// Fields that the event itself carries and that are an entity or an address: name, link, id.
fn own_entities<'e>(
    events: &'e Events<'_>,
    index: usize,
) -> impl Iterator<Item = (&'static str, (Link, &'static str), String)> + 'e {
    events.get(index).row().fields().filter_map(|(field, value)| {
        let def = field.def();
        let kind = kind_of(def.ty)?;
        Some((def.name, (def.link, kind), owned(value, def.ty).to_string()))
    })
}

/// The kind under which documents list values of a type.
pub(crate) fn kind_of(ty: FieldType) -> Option<&'static str> {
    match ty {
        FieldType::Id(kind) => Some(kind.name()),
        FieldType::Ip => Some("ip"),
        _ => None,
    }
}

fn entities(rule: &Rule, run: &[&Detection<'_>], events: &Events<'_>) -> Entities {
    let mut all = Entities::new();
    let mut count = 0;
    for detection in run {
        for (kind, id) in entities_of(rule, detection, events) {
            if count < ENTITIES_MAX && all.entry(kind).or_default().insert(id) {
                count += 1;
            }
        }
    }
    all.retain(|_, ids| !ids.is_empty());
    all
}

/// The entities of one detection, by kind, then id.
pub(crate) fn entities_of(
    rule: &Rule,
    detection: &Detection<'_>,
    events: &Events<'_>,
) -> BTreeSet<(&'static str, Arc<str>)> {
    let mut found = BTreeSet::new();
    match &rule.entities {
        EntitySpec::Listed(entries) => {
            for entry in entries {
                let (Some(kind), Some(event)) = (kind_of(entry.path.ty), looked_at(entry, detection)) else {
                    continue;
                };
                let values = events.values(event, &entry.path);
                found.extend(values.into_iter().map(|v| (kind, owned(v, entry.path.ty).to_string().into())));
            }
        }
        EntitySpec::Default => {
            let parts = rule.by.iter().zip(&detection.key);
            found.extend(parts.filter_map(|(part, id)| Some((kind_of(part.ty)?, id.clone()))));
            let strong = own_entities(events, detection.terminal)
                .filter(|(_, (link, _), _)| *link == Link::Strong)
                .map(|(_, (_, kind), id)| (kind, id.into()));
            found.extend(strong);
        }
    }
    found
}

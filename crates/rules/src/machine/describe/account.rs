//! What a detection tells of itself beside its evidence: site, title, captured values, entities. Most detections of a run
//! tell the same, and then they share it; nothing is allocated to find that out.

use super::{Describer, kind_of, owned, text};
use crate::machine::cell::Change;
use crate::machine::events::EventRef;
use crate::machine::runs::Account;
use crate::program::condition::resolve;
use crate::tree::{EntityPath, EntitySpec, Rule, TitlePart};
use event::field::{FieldId, Link};
use event::id::KeyPart;
use event::row::RowRef;
use event::value::{OwnedValue, Value};
use site::path::Path;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Entities of one detection, sorted.
type Named<'a> = SmallVec<[(&'static str, Cow<'a, str>); 8]>;

impl Describer<'_> {
    /// The account of a detection; `before`: that of another one of its run.
    pub(super) fn account(
        &self,
        rule: &Rule,
        (change, key): (&Change, &[KeyPart]),
        before: Option<&Arc<Account>>,
    ) -> Arc<Account> {
        let row = self.events.row(change.terminal);
        let site = row.site().map_or("", |site| site.text);
        let entities = match &rule.entities {
            EntitySpec::Default => named_by_event(rule, key, row),
            EntitySpec::Listed(paths) => self.named_by_rule(paths, change),
        };
        let before = before.filter(|before| {
            reads_only_its_key(rule)
                && *before.site == *site
                && before.entities.iter().map(|(kind, id)| (*kind, &**id)).eq(borrowed(&entities))
        });
        before.cloned().unwrap_or_else(|| {
            let (title, captured) = self.head(rule, change, key);
            let entities = borrowed(&entities).map(|(kind, id)| (kind, id.into())).collect();
            let carried = self.carried(rule, change);
            Arc::new(Account { site: site.into(), title, captured, entities, carried })
        })
    }

    fn named_by_rule<'a>(&self, paths: &[EntityPath], change: &Change) -> Named<'a> {
        let mut named = Named::new();
        for entry in paths {
            let (Some(event), Some(kind)) = (source_of(entry, change), kind_of(entry.path.ty)) else {
                continue;
            };
            let values = self.values(event, &entry.path);
            named.extend(values.into_iter().map(|id| (kind, Cow::Owned(id.to_string()))));
        }
        sorted(named)
    }

    /// The least value of each listed entity that has a field of its own.
    fn carried(&self, rule: &Rule, change: &Change) -> Vec<(FieldId, String)> {
        let EntitySpec::Listed(paths) = &rule.entities else { return Vec::new() };
        let least = |entry: &EntityPath| {
            let event = source_of(entry, change)?;
            Some((entry.field?, self.values(event, &entry.path).first()?.to_string()))
        };
        paths.iter().filter_map(least).collect()
    }

    /// Filled title and captured values.
    fn head(
        &self,
        rule: &Rule,
        change: &Change,
        key: &[KeyPart],
    ) -> (String, BTreeMap<Arc<str>, OwnedValue>) {
        let mut captured = BTreeMap::new();
        let mut title = String::new();
        let mut capture = |name: Arc<str>, values: &[OwnedValue]| {
            let is_key = rule.by.iter().any(|part| part.text == name);
            if !is_key && let Some(value) = one_or_list(values) {
                captured.insert(name, value);
            }
        };
        for part in &rule.title {
            match part {
                TitlePart::Text(text) => title.push_str(text),
                TitlePart::Key(part) => title.push_str(key.get(*part).map_or("", |(_, id)| id)),
                TitlePart::Path(path) => {
                    let values = self.values(change.terminal, path);
                    title.push_str(
                        &values.first().map_or_else(|| format!("({})", path.text), ToString::to_string),
                    );
                    capture(path.text.clone(), &values);
                }
            }
        }
        if let EntitySpec::Listed(paths) = &rule.entities {
            for entry in paths {
                if let Some(event) = source_of(entry, change) {
                    capture(entry.path.text.clone(), &self.values(event, &entry.path));
                }
            }
        }
        (title, captured)
    }

    fn values(&self, event: EventRef, path: &Path) -> Vec<OwnedValue> {
        let row = self.events.row(event);
        let mut values = SmallVec::new();
        resolve(row, self.site, path, &mut values);
        values.iter().map(|value| owned(value, path.ty)).collect()
    }
}

/// Whether title and captured values are the same for all detections of a key.
fn reads_only_its_key(rule: &Rule) -> bool {
    matches!(rule.entities, EntitySpec::Default)
        && !rule.title.iter().any(|part| matches!(part, TitlePart::Path(_)))
}

/// Key parts that are entities, and strong fields of the terminal event.
fn named_by_event<'a>(rule: &Rule, key: &'a [KeyPart], row: RowRef<'a>) -> Named<'a> {
    let parts = rule.by.iter().zip(key);
    let mut named: Named<'a> =
        parts.filter_map(|(part, (_, id))| Some((kind_of(part.ty)?, Cow::Borrowed(&**id)))).collect();
    for (field, value) in row.fields().filter(|(field, _)| field.def().link == Link::Strong) {
        let Some(kind) = kind_of(field.def().ty) else { continue };
        let id = match value {
            Value::Text(id) => Cow::Borrowed(id.text),
            other => Cow::Owned(text(&other, field.def().ty)),
        };
        named.push((kind, id));
    }
    sorted(named)
}

fn sorted(mut named: Named<'_>) -> Named<'_> {
    named.sort();
    named.dedup();
    named
}

fn borrowed<'a>(named: &'a Named<'_>) -> impl Iterator<Item = (&'static str, &'a str)> {
    named.iter().map(|(kind, id)| (*kind, &**id))
}

/// The event that an entity of the rule is read from.
fn source_of(entry: &EntityPath, change: &Change) -> Option<EventRef> {
    let Some(bit) = entry.step else { return Some(change.terminal) };
    change.chain.iter().rev().find(|(step, _)| step & (1 << bit) != 0).map(|(_, event)| *event)
}

fn one_or_list(values: &[OwnedValue]) -> Option<OwnedValue> {
    match values {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(OwnedValue::List(several.iter().map(ToString::to_string).collect())),
    }
}

//! From a change of a cell to a detection that speaks for itself: evidence, entities, title. Runs for detections only,
//! never for hits.

use super::cell::Change;
use super::events::{EventRef, Events};
use super::runs::{Detection, Ends, Frame, Head, Witness};
use super::states::Asker;
use crate::program::condition::{Truth, resolve};
use crate::program::fanout::Fan;
use crate::program::{Program, symbol_of};
use crate::tree::{EntityPath, EntitySpec, Rule, TitlePart};
use event::alert::{Alert, Evidence, Level};
use event::coordinates::Topics;
use event::field::{FieldId, FieldType, Link};
use event::hit::KeyHash;
use event::id::{Id, KeyPart};
use event::kind::Kind;
use event::row::RowRef;
use event::symbol::lower;
use event::time::Timestamp;
use event::value::{OwnedValue, Text, Value, display_ip};
use site::SiteModel;
use site::path::Path;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What describing needs to know.
pub struct Describer<'a> {
    /// The program.
    pub program: &'a Program,
    /// The site model.
    pub site: &'a SiteModel,
    /// Names of topics.
    pub topics: &'a Topics,
    /// The kept events.
    pub events: &'a Events,
}

impl Describer<'_> {
    /// The detection of a change that reports or touches one.
    pub fn detection(
        &self,
        rule_index: u32,
        change: &Change,
        key: &[KeyPart],
        asker: &Asker<'_>,
        rests_on: Box<[Witness]>,
    ) -> Detection {
        let rule = self.program.rule(rule_index);
        let row = self.events.row(change.terminal);
        Detection {
            ts: Timestamp(change.at),
            place: self.events.place(change.terminal),
            terminal: self.event_id(change.terminal),
            level: self.level(rule_index, row, asker),
            site: row.site().map_or("", |site| site.text).into(),
            rests_on,
            entities: self.entities(rule, change, key),
            carried: self.carried(rule, change),
            head: Arc::new(self.head(rule, change, key)),
            relied: Box::default(),
            unknown: Vec::new(),
            cleared: i64::MAX,
        }
    }

    /// What all alerts of a rule and key share.
    pub fn frame(&self, rule_index: u32, key: Vec<KeyPart>) -> Frame {
        let rule = self.program.rule(rule_index);
        let blank = Alert {
            id: Id::default(),
            run: self.program.ids.run(&rule.name, &key),
            rule: rule.name.clone(),
            key,
            site: "".into(),
            title: String::new(),
            severity: rule.severity,
            emission: rule.emission,
            first_at: Timestamp::MIN,
            last_at: Timestamp::MIN,
            detections: 0,
            evidence: Vec::new(),
            captured: BTreeMap::new(),
            entities: BTreeMap::new(),
            settled: false,
            exact: true,
            withdrawn: false,
            unknown: Vec::new(),
            merged_into: None,
            trial: rule.trial,
            restricted: rule.restricted,
            life_safety: rule.life_safety,
            internal: rule.internal,
        };
        let settles_after = self.program.rules[rule_index as usize].settles_after;
        let blind = rule.blind.as_ref().map(|blind| blind.severity);
        let (ends, settles_after) = match rule.clear_when {
            // `quiet` plays no part.
            Some(_) => (Ends::Clear, settles_after - rule.quiet),
            None => (Ends::Quiet(rule.quiet), settles_after),
        };
        Frame { rule: rule_index, blank, blind, ends, settles_after, ids: self.program.ids.clone() }
    }

    /// The text of the key under which `event` satisfies a step of the rule: the values whose symbols make `wanted`.
    pub fn key(
        &self,
        rule_index: u32,
        steps: u16,
        (event, wanted): (EventRef, KeyHash),
        asker: &Asker<'_>,
    ) -> Vec<KeyPart> {
        let (rule, row) = (self.program.rule(rule_index), self.events.row(event));
        let compiled = &self.program.rules[rule_index as usize];
        let satisfied = compiled.steps.iter().enumerate().filter(|(bit, _)| steps & (1 << bit) != 0);
        for option in satisfied.flat_map(|(_, step)| &step.options) {
            if option.classes.binary_search(&row.row.class).is_err() {
                continue;
            }
            let mut found = None;
            let stand_in = compiled.source_for_missing_key;
            let fan = option.fan(row, self.site, (self.program.symbols, asker));
            for_each_combination(&option.key, row, self.site, (stand_in, fan.as_ref()), &mut |parts| {
                let symbols: SmallVec<[_; 4]> =
                    parts.iter().map(|v| symbol_of(v, self.program.symbols)).collect();
                if found.is_none() && KeyHash::of(&symbols) == wanted {
                    let texts = parts.iter().zip(&option.key).map(|(value, path)| text(value, path.ty));
                    found = Some(texts.collect::<Vec<String>>());
                }
            });
            if let Some(texts) = found {
                // Keys compare without regard to case, so they are written without.
                let folded = texts.iter().map(|text| lower(text).into());
                return rule.by.iter().zip(folded).map(|(part, text)| (part.text.clone(), text)).collect();
            }
        }
        rule.by.iter().map(|part| (part.text.clone(), "".into())).collect()
    }

    /// The id of an event, computed for what is kept and published only.
    pub fn event_id(&self, event: EventRef) -> Id {
        if let Some(derived) = self.events.derived(event) {
            return derived.id;
        }
        let row = self.events.row(event).row;
        let at = row.coordinates;
        let topic = self.topics.name(at.topic);
        row.identity.unwrap_or_else(|| self.program.ids.event_at(topic, at.partition, at.offset, at.index))
    }

    /// What a detection rests on, by ≺.
    pub fn rests_on(&self, change: &Change) -> Box<[Witness]> {
        let witness = |(step, event): &(u16, EventRef)| Witness {
            ts: self.events.row(*event).row.ts.0,
            event: *event,
            step: *step,
        };
        let mut witnesses: Vec<Witness> = change.chain.iter().map(witness).collect();
        witnesses.sort_by(|a, b| {
            let by_place = || self.events.compare(a.event, b.event);
            a.ts.cmp(&b.ts).then_with(by_place).then_with(|| a.step.cmp(&b.step))
        });
        witnesses.into()
    }

    /// What documents call the step of a mask.
    pub fn step_name(&self, rule: u32, step: u16) -> &Arc<str> {
        let names = &self.program.rules[rule as usize].step_names;
        &names[(step.trailing_zeros() as usize).min(names.len() - 1)]
    }

    /// An event as an alert shows it, by the step that it satisfies.
    pub fn evidence(&self, rule: u32, step: u16, event: EventRef) -> Evidence {
        let row = self.events.row(event);
        let fields = row.fields().filter(|(field, _)| names_entity(field.def().ty));
        Evidence {
            event_id: self.event_id(event),
            step: self.step_name(rule, step).clone(),
            place: self.events.place(event),
            class: self.program.class_name(row.row.class),
            topic: self.topics.name(row.row.coordinates.topic).clone(),
            fields: fields.map(|(f, v)| (f.shared_name(), OwnedValue::Text(text(&v, f.def().ty)))).collect(),
        }
    }

    fn level(&self, rule: u32, row: RowRef<'_>, asker: &Asker<'_>) -> Level {
        let raise = &self.program.rules[rule as usize].raise;
        let raised = raise.iter().filter(|(_, test)| test.ask(row, self.site, asker) == Truth::Yes);
        raised.map(|(level, _)| *level).fold(self.program.rule(rule).severity, Level::max)
    }

    fn entities(&self, rule: &Rule, change: &Change, key: &[KeyPart]) -> Vec<(&'static str, Arc<str>)> {
        let row = self.events.row(change.terminal);
        let mut found: Vec<(&'static str, Arc<str>)> = Vec::new();
        match &rule.entities {
            EntitySpec::Default => {
                let parts = rule
                    .by
                    .iter()
                    .zip(key)
                    .filter_map(|(part, (_, id))| Some((kind_of(part.ty)?, id.clone())));
                found.extend(parts);
                for (field, value) in row.fields().filter(|(field, _)| field.def().link == Link::Strong) {
                    let Some(kind) = kind_of(field.def().ty) else { continue };
                    let is_known = matches!(&value, Value::Text(id)
                        if found.iter().any(|(other, known)| *other == kind && **known == *id.text));
                    if !is_known {
                        found.push((kind, text(&value, field.def().ty).into()));
                    }
                }
            }
            EntitySpec::Listed(paths) => {
                for entry in paths {
                    let of = entry.step.map_or(Some(change.terminal), |bit| filled(change, bit));
                    let (Some(event), Some(kind)) = (of, kind_of(entry.path.ty)) else { continue };
                    let values = self.values(event, &entry.path);
                    found.extend(values.into_iter().map(|id| (kind, id.to_string().into())));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// The least value of each listed entity that has a field of its own.
    fn carried(&self, rule: &Rule, change: &Change) -> Vec<(FieldId, String)> {
        let EntitySpec::Listed(paths) = &rule.entities else { return Vec::new() };
        let least = |entry: &EntityPath| {
            let event = entry.step.map_or(Some(change.terminal), |bit| filled(change, bit))?;
            Some((entry.field?, self.values(event, &entry.path).first()?.to_string()))
        };
        paths.iter().filter_map(least).collect()
    }

    fn head(&self, rule: &Rule, change: &Change, key: &[KeyPart]) -> Head {
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
                let of = entry.step.map_or(Some(change.terminal), |bit| filled(change, bit));
                if let Some(event) = of {
                    capture(entry.path.text.clone(), &self.values(event, &entry.path));
                }
            }
        }
        Head { title, captured }
    }

    fn values(&self, event: EventRef, path: &Path) -> Vec<OwnedValue> {
        let row = self.events.row(event);
        let mut values = SmallVec::new();
        resolve(row, self.site, path, &mut values);
        values.iter().map(|value| owned(value, path.ty)).collect()
    }
}

/// The event that filled the step of that bit.
fn filled(change: &Change, bit: u8) -> Option<EventRef> {
    change.chain.iter().rev().find(|(step, _)| step & (1 << bit) != 0).map(|(_, event)| *event)
}

fn for_each_combination<'a>(
    paths: &'a [Path],
    row: RowRef<'a>,
    site: &'a SiteModel,
    (source_stands_in, fan): (bool, Option<&'a Fan>),
    each: &mut dyn FnMut(&[Value<'a>]),
) {
    let mut combinations: Vec<Vec<Value<'a>>> = vec![Vec::new()];
    for (at, path) in paths.iter().enumerate() {
        let mut values = SmallVec::new();
        match fan.filter(|(part, _)| *part == at) {
            Some((_, members)) => values
                .extend(members.iter().map(|(symbol, id)| Value::Text(Text { symbol: *symbol, text: id }))),
            None => resolve(row, site, path, &mut values),
        }
        if values.is_empty() && source_stands_in {
            values.push(Value::Text(row.source()));
        }
        let with = |so_far: &Vec<Value<'a>>| {
            values
                .iter()
                .map(|v| so_far.iter().copied().chain([*v]).collect())
                .collect::<Vec<Vec<Value<'a>>>>()
        };
        combinations = combinations.iter().flat_map(with).collect();
    }
    combinations.iter().for_each(|parts| each(parts));
}

fn names_entity(ty: FieldType) -> bool {
    matches!(ty, FieldType::Id(_) | FieldType::Ip)
}

/// The kind under which a document lists values of the type.
pub fn kind_of(ty: FieldType) -> Option<&'static str> {
    match ty {
        FieldType::Id(Kind::Site) => Some("site"),
        FieldType::Id(kind) => Some(kind.name()),
        FieldType::Ip => Some("ip"),
        _ => None,
    }
}

fn one_or_list(values: &[OwnedValue]) -> Option<OwnedValue> {
    match values {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(OwnedValue::List(several.iter().map(ToString::to_string).collect())),
    }
}

/// A value as documents carry it.
pub fn owned(value: &Value<'_>, ty: FieldType) -> OwnedValue {
    match value {
        Value::Int(n) => OwnedValue::Int(*n),
        Value::Float(x) => OwnedValue::Float(*x),
        Value::Bool(b) => OwnedValue::Bool(*b),
        Value::Time(t) => OwnedValue::Time(*t),
        Value::Duration(d) => OwnedValue::Duration(*d),
        Value::List(labels) => OwnedValue::List(labels.split('\u{1f}').map(str::to_owned).collect()),
        Value::Text(_) | Value::Enum(_) | Value::Ip(_) | Value::Geo(_) => OwnedValue::Text(text(value, ty)),
    }
}

/// A value as text.
pub fn text(value: &Value<'_>, ty: FieldType) -> String {
    match (value, ty) {
        (Value::Text(t), _) => t.text.to_owned(),
        (Value::Enum(index), FieldType::Enum(of)) => of.value(*index).unwrap_or("unknown").to_owned(),
        (Value::Enum(index), _) => index.to_string(),
        (Value::Ip(ip), _) => display_ip(*ip).to_string(),
        (Value::Geo(g), _) => {
            format!("{:.6},{:.6}", f64::from(g.latitude) / 1e6, f64::from(g.longitude) / 1e6)
        }
        (Value::Int(n), _) => n.to_string(),
        (Value::Float(x), _) => x.to_string(),
        (Value::Bool(b), _) => b.to_string(),
        (Value::Time(t), _) => t.to_string(),
        (Value::Duration(d), _) => d.to_string(),
        (Value::List(labels), _) => labels.replace('\u{1f}', ", "),
    }
}

//! From a change of a cell to a detection that speaks for itself: evidence, entities, title. Runs for detections only,
//! never for hits.

mod account;

use super::cell::Change;
use super::events::{EventRef, Events};
use super::runs::{Detection, Ends, Frame, Witness};
use super::states::Asker;
use crate::program::condition::{Truth, resolve};
use crate::program::fanout::Fan;
use crate::program::{Program, symbol_of};
use event::alert::{Alert, Evidence, Identity, Level};
use event::coordinates::Topics;
use event::field::FieldType;
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
    pub topics: &'a Arc<Topics>,
    /// The kept events.
    pub events: &'a Events,
}

impl Describer<'_> {
    /// The detection of a change that reports or touches one; `before`: another one of its run, which may share texts.
    pub fn detection(
        &self,
        rule_index: u32,
        change: &Change,
        key: &[KeyPart],
        asker: &Asker<'_>,
        (rests_on, before): (Box<[Witness]>, Option<&Detection>),
    ) -> Detection {
        let rule = self.program.rule(rule_index);
        let row = self.events.row(change.terminal);
        Detection {
            ts: Timestamp(change.at),
            place: self.events.place(change.terminal, before.map(|before| &before.place.source)),
            terminal: self.given_id(change.terminal),
            level: self.level(rule_index, row, asker),
            rests_on,
            account: self.account(rule, (change, key), before.map(|before| &before.account)),
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
        Frame {
            rule: rule_index,
            blank,
            blind,
            ends,
            settles_after,
            ids: self.program.ids.clone(),
            topics: self.topics.clone(),
            faults: self.program.faults,
        }
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

    /// The id of an event whose place does not make it.
    fn given_id(&self, event: EventRef) -> Option<Id> {
        self.events.derived(event).map(|derived| derived.id).or(self.events.row(event).row.identity)
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

    /// An event as an alert shows it, by the step that it satisfies; `beside`: another one, which may share texts.
    pub fn evidence(&self, rule: u32, witness: &Witness, beside: Option<&Arc<Evidence>>) -> Evidence {
        let row = self.events.row(witness.event);
        let shown = || row.fields().filter(|(field, _)| names_entity(field.def().ty));
        let mut fields = Vec::with_capacity(shown().count());
        fields.extend(shown().map(|(f, v)| (f.shared_name(), OwnedValue::Text(text(&v, f.def().ty)))));
        Evidence {
            identity: match self.given_id(witness.event) {
                Some(id) => Identity::Given(id),
                None => Identity::OfPlace(self.program.ids.clone()),
            },
            step: self.step_name(rule, witness.step).clone(),
            place: self.events.place(witness.event, beside.map(|beside| &beside.place.source)),
            class: self.program.class_name(row.row.class),
            topic: self.topics.name(row.row.coordinates.topic).clone(),
            fields: fields.into(),
        }
    }

    fn level(&self, rule: u32, row: RowRef<'_>, asker: &Asker<'_>) -> Level {
        let raise = &self.program.rules[rule as usize].raise;
        let raised = raise.iter().filter(|(_, test)| test.ask(row, self.site, asker) == Truth::Yes);
        raised.map(|(level, _)| *level).fold(self.program.rule(rule).severity, Level::max)
    }
}

/// Every combination of values that is a key of the event.
pub(super) fn for_each_combination<'a>(
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

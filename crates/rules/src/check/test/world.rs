//! The world of a test: its clock, zone, entities, lists, calendars and lateness (language.md §6).
//!
//! What a world can be made of, the builder of worlds knows; here its findings get the place they have in the text.

use super::Reader;
use crate::check::{classes, constants};
use crate::syntax::tree::{
    Assign, ClassRef, Constant as Written, Fact, Literal, Spanned, Text, TimeSpan, TimeSpanNode,
};
use crate::tree::Constant;
use event::symbol::{SymbolKey, lower};
use event::time::{Duration, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use site::world::Hours;
use std::ops::Range;

impl<'a> Reader<'_, 'a> {
    /// Reads one fact.
    pub(super) fn fact(&mut self, fact: &'a Spanned<Fact>) {
        match &fact.node {
            Fact::Now { instant, zone } => self.now(instant, zone),
            Fact::List { name, values } => {
                let values: Vec<String> = values.iter().map(|value| text_for_builder(&value.node)).collect();
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                self.world.list(&name.node, &values);
                self.facts.push(fact);
            }
            Fact::Calendar { name, hours } => {
                let hours = hours.iter().map(|hours| Hours {
                    start: &hours.node.from.node.value,
                    end: &hours.node.to.node.value,
                    on: hours.node.on.as_ref().map(|on| on.node.value.as_str()),
                });
                let hours: Vec<Hours<'_>> = hours.collect();
                self.world.calendar(&name.node.value, &hours);
                self.facts.push(fact);
            }
            Fact::Entity { kind, id, attributes } => {
                self.entity(&kind.node, &id.node.value, attributes);
                self.facts.push(fact);
            }
            Fact::Lateness { class, span } => self.lateness(class, span),
            Fact::Given { state, value } => {
                let given = self.given(state, value.as_ref());
                self.whole &= given.is_some();
                self.given.extend(given);
            }
        }
    }

    fn now(&mut self, instant: &'a Spanned<Text>, zone: &'a Spanned<Text>) {
        let Some(known) = site::calendar::zone(&zone.node.value) else {
            self.whole = false;
            let form = "write a name such as \"Europe/Paris\"";
            return self.say.bad_value(&self.at(&zone.span), &zone.node.value, "time zone", form);
        };
        match local_time(&instant.node.value, &known) {
            Some(now) => {
                self.world.zone(&zone.node.value);
                self.now = Some((now, known, zone.node.value.as_str().into()));
            }
            None => self.say_bad_time(instant),
        }
    }

    pub(super) fn say_bad_time(&mut self, instant: &Spanned<Text>) {
        self.whole = false;
        let at = self.at(&instant.span);
        self.say.bad_value(&at, &instant.node.value, "local time", "write \"2026-01-10T02:00:00\"");
    }

    fn entity(&mut self, kind: &str, id: &str, attributes: &'a [Spanned<Assign>]) {
        self.ids.insert(lower(id).into_owned());
        let attributes: Vec<(String, String)> = attributes
            .iter()
            .map(|assign| (assign.node.path.dotted(), text_for_builder(&assign.node.value.node)))
            .collect();
        self.ids.extend(attributes.iter().map(|(_, value)| lower(value).into_owned()));
        let attributes: Vec<(&str, &str)> =
            attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.world.entity(kind, id, &attributes);
    }

    fn lateness(&mut self, class: &'a Spanned<ClassRef>, span: &TimeSpan) {
        let names = &self.context.names;
        let found = classes::resolve(names, &self.context.graph, (self.file, class), self.say);
        let length = self.length(span);
        if length.is_none() {
            let at = self.at(&span.span);
            let text = self.context.text(self.file, &span.span);
            self.say.wrong_dimension(&at, text, "no duration", ("a duration", "write `10s` or `5m`"));
        }
        match found.zip(length) {
            Some((classes, length)) => self.lateness.extend(classes.into_iter().map(|class| (class, length))),
            None => self.whole = false,
        }
    }

    /// A length of time: a literal, or a parameter that is one.
    fn length(&self, span: &TimeSpan) -> Option<Duration> {
        match &span.node {
            TimeSpanNode::Duration(duration) => Some(constants::duration(duration)),
            TimeSpanNode::Path(path) => {
                let param = self.context.names.params.get(path.dotted().as_str())?;
                match constants::of_param(param.node)? {
                    Constant::Duration(duration) => Some(duration),
                    _ => None,
                }
            }
        }
    }

    /// Builds the world once: what it cannot be made of is reported where it stands.
    pub(super) fn try_world(&mut self) {
        let Err(errors) = self.world.build(SymbolKey::derive(b"")) else { return };
        self.whole = false;
        for error in errors {
            let Some(fact) = self.facts.get(error.fact) else { continue };
            let span = error.part.and_then(|part| part_span(&fact.node, part)).unwrap_or(fact.span.clone());
            let at = self.at(&span);
            self.say.world_wrong(&at, error.message, error.expected, error.help);
        }
    }
}

/// Local time in a zone. In the hour that a clock change repeats the first pass counts, a skipped one moves
/// on.
pub(super) fn local_time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let civil: DateTime = text.parse().ok()?;
    let instant = zone.to_timestamp(civil).ok()?;
    i64::try_from(instant.as_nanosecond()).ok().map(Timestamp)
}

/// A value of the world as the builder of worlds reads it: without quotes, units as written.
fn text_for_builder(value: &Written) -> String {
    match value {
        Written::Name(name) => name.node.clone(),
        Written::Literal { literal: Literal::Text(text), .. } => text.value.clone(),
        Written::Literal { negative, literal } => {
            format!("{}{}", if *negative { "-" } else { "" }, constants::written(literal))
        }
        Written::Call(call) => constants::text_argument(call).unwrap_or_default().to_owned(),
    }
}

fn part_span(fact: &Fact, part: usize) -> Option<Range<usize>> {
    match fact {
        Fact::List { values, .. } => values.get(part).map(|value| value.span.clone()),
        Fact::Calendar { hours, .. } => hours.get(part).map(|hours| hours.span.clone()),
        Fact::Entity { attributes, .. } => attributes.get(part).map(|assign| assign.span.clone()),
        Fact::Now { .. } | Fact::Lateness { .. } | Fact::Given { .. } => None,
    }
}

//! The events of a test: class, instants and fields, and whether world and rule fit them.
//!
//! An event of a test is what a decoder would have made: it has fields, and no record.

use super::Reader;
use super::reads::read_option;
use super::world::local_time;
use crate::check::say::At;
use crate::check::{classes, constants};
use crate::syntax::tree::{Assign, ClassRef, Instant, Spanned, TestEvent as Written};
use crate::test_tree::TestEvent;
use crate::tree::Constant;
use event::class::{ClassId, Lifecycle, UNCLASSIFIED};
use event::field::{self, FieldType};
use event::kind::Kind;
use event::relation;
use event::symbol::lower;
use event::time::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

impl<'a> Reader<'_, 'a> {
    /// Reads one event. None: reported.
    pub(super) fn event(
        &mut self,
        event: &'a Spanned<Written>,
        rule: Option<u32>,
        clock: (Timestamp, &TimeZone),
    ) -> Option<TestEvent> {
        let written = &event.node;
        let at = self.instant(&written.at, clock);
        let arrives = match &written.arrives {
            Some(arrives) => self.instant(arrives, clock),
            None => at,
        };
        let class = self.class(&written.class);
        let mut made = TestEvent {
            at: at.unwrap_or_default(),
            arrives: arrives.unwrap_or_default(),
            class: class.unwrap_or(UNCLASSIFIED),
            lifecycle: Lifecycle::New,
            test: false,
            site: None,
            source: None,
            fields: Vec::new(),
            span: event.span.clone(),
        };
        for assign in &written.fields {
            let set = self.assign(&mut made, &assign.node);
            self.whole &= set.is_some();
        }
        at?;
        arrives?;
        class?;
        self.check_world(&made, &written.fields, &self.at(&written.class.span));
        self.check_reads(&made, rule, &self.at(&written.class.span));
        Some(made)
    }

    fn class(&mut self, class: &'a Spanned<ClassRef>) -> Option<ClassId> {
        let names = &self.context.names;
        let found = classes::resolve(names, &self.context.graph, (self.file, class), self.say)?;
        match found.as_slice() {
            [one] if one.def().is_some() => Some(*one),
            _ => {
                let text = classes::written(&class.node);
                let form = "name one class; alerts and detections come from rules";
                self.say.bad_value(&self.at(&class.span), &text, "class of one event", form);
                None
            }
        }
    }

    pub(super) fn instant(
        &mut self,
        instant: &'a Spanned<Instant>,
        (now, zone): (Timestamp, &TimeZone),
    ) -> Option<Timestamp> {
        match &instant.node {
            Instant::Offset { negative, duration } => {
                let offset = constants::duration(duration);
                Some(if *negative { now - offset } else { now + offset })
            }
            Instant::Local(text) => {
                let found = local_time(&text.value, zone);
                if found.is_none() {
                    self.say_bad_time(&Spanned::new(text.clone(), instant.span.clone()));
                }
                found
            }
        }
    }

    /// Sets a field. None: reported.
    fn assign(&mut self, event: &mut TestEvent, assign: &'a Assign) -> Option<()> {
        let name = assign.path.dotted();
        let Some(field) = field::by_name(&name) else {
            let known = field::all().map(|field| field.name());
            self.say.no_field(&self.at(&assign.path.span()), &name, "an event", known);
            return None;
        };
        let constant = self.constant_of_field(field, &assign.value)?;
        match (field, &constant) {
            (field::LIFECYCLE, Constant::Enum(index, _)) => {
                event.lifecycle = Lifecycle::ALL.get(usize::from(*index)).copied()?;
            }
            (field::TEST, Constant::Bool(yes)) => event.test = *yes,
            (field::SITE, Constant::Text(text)) => event.site = Some(text.clone()),
            (field::SOURCE, Constant::Text(text)) => event.source = Some(text.clone()),
            (field::TS | field::APPEND | field::CLASS | field::ID, _) => {
                let at = self.at(&assign.path.span());
                self.say.bad_value(&at, &name, "field to be set", "`at …`, `arrives …` and the class say it");
                return None;
            }
            _ => {
                let again = event.fields.iter().any(|(known, _)| *known == field);
                if !again || field.def().ty == FieldType::TextList {
                    event.fields.push((field, constant));
                }
            }
        }
        Some(())
    }

    /// WF101: an entity of the site model that the event names has to be in the world.
    fn check_world(&mut self, event: &TestEvent, written: &'a [Spanned<Assign>], at: &At) {
        for (field, constant) in &event.fields {
            let (FieldType::Id(kind), Constant::Text(id)) = (field.def().ty, constant) else { continue };
            if in_site_model(kind) && !self.ids.contains(lower(id).as_ref()) {
                let assign = written.iter().find(|assign| assign.node.path.dotted() == field.name());
                let at = assign.map_or(at.clone(), |assign| self.at(&assign.span));
                let class = classes::name(&self.context.names, event.class);
                self.say.world_lacks(&at, &class, kind.name(), id);
                self.whole = false;
            }
        }
    }

    /// WF102: a field that a step of the rule reads and the event does not have.
    fn check_reads(&mut self, event: &TestEvent, rule: Option<u32>, at: &At) {
        let rule = rule.and_then(|rule| self.rules.get(rule as usize)).and_then(|draft| draft.rule.as_ref());
        let Some(rule) = rule else { return };
        let mut read = BTreeSet::new();
        for option in rule.steps().iter().flat_map(|step| &step.options) {
            if option.classes.contains(&event.class) {
                read_option(option, &mut read);
            }
        }
        for field in read {
            let implied = !relation::implied_field(field).is_empty();
            if !field.def().envelope && !implied && !event.fields.iter().any(|(set, _)| *set == field) {
                self.say.event_lacks(at, field.name());
            }
        }
    }
}

/// The kinds of which an event can only name what the site model has.
fn in_site_model(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Site
            | Kind::Zone
            | Kind::Area
            | Kind::Door
            | Kind::Reader
            | Kind::Controller
            | Kind::Panel
            | Kind::Partition
            | Kind::Sensor
            | Kind::Camera
            | Kind::Tour
            | Kind::Checkpoint
    )
}

//! Worlds and tests of rule files (language.md §6): names, types and instants are resolved; the world is
//! built once to see that it can be.

use crate::check::classes;
use crate::check::conditions::words;
use crate::check::constants;
use crate::check::context::Context;
use crate::check::kinds::{self, Kinded};
use crate::check::names::well_formed;
use crate::check::paths;
use crate::check::rule::{Draft, level};
use crate::check::say::{At, Say};
use crate::check::types::{Type, whole};
use crate::syntax::tree::{
    Assign, Call, Constant as Written, Decl, Expect as WrittenExpect, Fact, Found as WrittenFound, Instant,
    Level as WrittenLevel, Literal, Spanned, Test, TestEvent as WrittenEvent, TimeSpanNode, World,
};
use crate::test_tree::{CheckedTest, Expect, Found, Given, TestEvent};
use crate::tree::{Cond, Constant, Expr, Group, Members, StateKind, StepOption};
use event::class::{ClassId, Lifecycle};
use event::field::{self, FieldId, FieldType};
use event::kind::Kind;
use event::relation;
use event::symbol::{SymbolKey, lower};
use event::time::{Duration, Timestamp};
use event::value::{OwnedValue, display_ip};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use site::path::{Path, Start};
use site::world::{Hours, WorldBuilder};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Reads all tests of the user's files. What is wrong with one is reported, and it is left out.
pub(crate) fn read<'a>(context: &Context<'a>, rules: &[Draft], say: &mut Say<'a>) -> Vec<CheckedTest> {
    let mut tests = Vec::new();
    for (file, source) in context.sources.iter().enumerate().filter(|(_, source)| !source.shipped) {
        let shared = shared_world(file, &source.tree.decls, say);
        for decl in &source.tree.decls {
            if let Decl::Test(test) = &decl.node {
                tests.extend(Reader::new(context, rules, file, say).test(test, shared));
            }
        }
    }
    tests
}

/// The world of a file; a second one is reported.
fn shared_world<'a>(file: usize, decls: &'a [Spanned<Decl>], say: &mut Say<'a>) -> Option<&'a World> {
    let mut first: Option<(&'a World, At)> = None;
    for decl in decls {
        let Decl::World(world) = &decl.node else { continue };
        let at = At::new(file, &(decl.span.start..decl.span.start + "world".len()));
        match &first {
            Some((_, first)) => say.declared_twice(&at, "world", "world of this file", first),
            None => first = Some((world, at)),
        }
    }
    first.map(|(world, _)| world)
}

struct Reader<'r, 'a> {
    context: &'r Context<'a>,
    rules: &'r [Draft],
    file: usize,
    say: &'r mut Say<'a>,
    now: Option<(Timestamp, TimeZone, Arc<str>)>,
    world: WorldBuilder,
    /// Which fact of the text a fact of the world is.
    facts: Vec<&'a Spanned<Fact>>,
    lateness: Vec<(ClassId, Duration)>,
    given: Vec<Given>,
    /// Ids that the world declares or names, folded.
    ids: BTreeSet<String>,
    whole: bool,
}

impl<'r, 'a> Reader<'r, 'a> {
    fn new(context: &'r Context<'a>, rules: &'r [Draft], file: usize, say: &'r mut Say<'a>) -> Self {
        Reader {
            context,
            rules,
            file,
            say,
            now: None,
            world: WorldBuilder::new(),
            facts: Vec::new(),
            lateness: Vec::new(),
            given: Vec::new(),
            ids: BTreeSet::new(),
            whole: true,
        }
    }

    fn test(&mut self, test: &'a Test, shared: Option<&'a World>) -> Option<CheckedTest> {
        let own = test.world.as_ref().map(|world| &world.node);
        for fact in shared.into_iter().chain(own).flat_map(|world| &world.facts) {
            self.fact(fact);
        }
        self.build();
        let rule = self.rule(&test.rule);
        let Some((now, zone, zone_name)) = self.now.clone() else {
            let complete = test.complete && shared.into_iter().chain(own).all(|world| world.complete);
            if complete && self.whole {
                self.say.lacks_now(&self.at(&test.name.span));
            }
            return None;
        };
        let events: Vec<Option<TestEvent>> =
            test.events.iter().map(|event| self.event(event, rule, (now, &zone))).collect();
        let expects: Vec<Option<Expect>> =
            test.expects.iter().map(|expect| self.expect(expect, (now, &zone))).collect();
        let source = self.context.sources.get(self.file)?;
        if !self.whole || !test.complete {
            return None;
        }
        Some(CheckedTest {
            rule: rule?,
            rule_name: test.rule.node.as_str().into(),
            name: test.name.node.value.as_str().into(),
            place: (source.name.into(), test.name.span.clone()),
            now,
            zone: zone_name,
            world: self.world.clone(),
            lateness: std::mem::take(&mut self.lateness),
            given: std::mem::take(&mut self.given),
            events: events.into_iter().collect::<Option<_>>()?,
            expects: expects.into_iter().collect::<Option<_>>()?,
        })
    }

    fn at(&self, span: &std::ops::Range<usize>) -> At {
        At::new(self.file, span)
    }

    fn rule(&mut self, name: &'a Spanned<String>) -> Option<u32> {
        let found = self.context.names.rules.index(&name.node);
        if found.is_none() {
            let at = self.at(&name.span);
            self.say.unknown(&at, "rule", &name.node, self.context.names.rules.keys());
        }
        found
    }

    // The world.

    fn fact(&mut self, fact: &'a Spanned<Fact>) {
        match &fact.node {
            Fact::Now { instant, zone } => self.now(instant, zone),
            Fact::List { name, values } => {
                let values: Vec<String> = values.iter().map(|value| text(&value.node)).collect();
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                self.world.list(&name.node, &values);
                self.facts.push(fact);
            }
            Fact::Calendar { name, hours } => {
                let hours: Vec<Hours<'_>> = hours
                    .iter()
                    .map(|hours| Hours {
                        start: &hours.node.from.node.value,
                        end: &hours.node.to.node.value,
                        on: hours.node.on.as_ref().map(|on| on.node.value.as_str()),
                    })
                    .collect();
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

    fn now(
        &mut self,
        instant: &'a Spanned<crate::syntax::tree::Text>,
        zone: &'a Spanned<crate::syntax::tree::Text>,
    ) {
        let Some(known) = site::calendar::zone(&zone.node.value) else {
            self.whole = false;
            let form = "write a name such as \"Europe/Paris\"";
            return self.say.bad_value(&self.at(&zone.span), &zone.node.value, "time zone", form);
        };
        match local(&instant.node.value, &known) {
            Some(now) => {
                self.world.zone(&zone.node.value);
                self.now = Some((now, known, zone.node.value.as_str().into()));
            }
            None => self.bad_time(instant),
        }
    }

    fn bad_time(&mut self, instant: &Spanned<crate::syntax::tree::Text>) {
        self.whole = false;
        let at = self.at(&instant.span);
        self.say.bad_value(&at, &instant.node.value, "local time", "write \"2026-01-10T02:00:00\"");
    }

    fn entity(&mut self, kind: &str, id: &str, attributes: &'a [Spanned<Assign>]) {
        self.ids.insert(lower(id).into_owned());
        let attributes: Vec<(String, String)> = attributes
            .iter()
            .map(|assign| (assign.node.path.dotted(), text(&assign.node.value.node)))
            .collect();
        self.ids.extend(attributes.iter().map(|(_, value)| lower(value).into_owned()));
        let attributes: Vec<(&str, &str)> =
            attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.world.entity(kind, id, &attributes);
    }

    fn lateness(
        &mut self,
        class: &'a Spanned<crate::syntax::tree::ClassRef>,
        span: &crate::syntax::tree::TimeSpan,
    ) {
        let names = &self.context.names;
        let found = classes::resolve(names, &self.context.graph, (self.file, class), self.say);
        let length = match &span.node {
            TimeSpanNode::Duration(duration) => Some(constants::duration(duration)),
            TimeSpanNode::Path(path) => names.params.get(path.dotted().as_str()).and_then(|param| {
                match constants::of_param(param.node) {
                    Some(Constant::Duration(duration)) => Some(duration),
                    _ => None,
                }
            }),
        };
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

    fn given(&mut self, call: &'a Call, value: Option<&'a Spanned<Written>>) -> Option<Given> {
        let name = call.node.name.node.as_str();
        let at = self.at(&call.span);
        let Some(state) = self.context.names.states.get(name) else {
            let names = &self.context.names;
            let known: BTreeSet<&str> = names.states.keys().chain(names.shipped.iter().copied()).collect();
            self.say.unknown(&self.at(&call.node.name.span), "state", name, known);
            return None;
        };
        let keys: Vec<String> = state.node.by.iter().map(|path| path.dotted()).collect();
        if keys.len() != call.node.args.len() {
            self.say.wrong_key_count(&at, name, &keys, call.node.args.len());
            return None;
        }
        let texts: Option<Vec<Arc<str>>> =
            call.node.args.iter().map(|arg| self.given_key(name, arg)).collect();
        let kinded = kinds::of(state.node)?;
        if kinded.kind != StateKind::OnOff {
            let value = self.given_value(value, kinded, &at)?;
            return Some(Given { state: self.context.names.states.index(name)?, key: texts?, value });
        }
        let value = match value.map(|value| (&value.node, &value.span)) {
            None | Some((Written::Literal { literal: Literal::Bool(true), .. }, _)) => true,
            Some((Written::Literal { literal: Literal::Bool(false), .. }, _)) => false,
            Some((_, span)) => {
                let found = self.context.text(self.file, span);
                self.say.bad_value(
                    &self.at(span),
                    found,
                    "value of a state that is on or off",
                    "write `true` or `false`",
                );
                return None;
            }
        };
        Some(Given {
            state: self.context.names.states.index(name)?,
            key: texts?,
            value: Constant::Bool(value),
        })
    }

    /// What a state keeps or has counted.
    fn given_value(
        &mut self,
        value: Option<&'a Spanned<Written>>,
        kinded: Kinded,
        at: &At,
    ) -> Option<Constant> {
        let found = value.and_then(|value| match (&value.node, kinded.ty) {
            (Written::Literal { negative, literal }, _) => {
                let (constant, ty) = constants::literal(literal)?;
                let constant = if *negative { constants::negated(constant)? } else { constant };
                Some((
                    constant,
                    if matches!(kinded.ty, Type::Entity(_)) && ty == Type::Text { kinded.ty } else { ty },
                ))
            }
            (Written::Call(call), _) => constants::made(self.file, call, self.say),
            (Written::Name(name), Type::Enum(of)) => {
                let index = of.index_of(&name.node)?;
                Some((Constant::Enum(index, name.node.as_str().into()), kinded.ty))
            }
            _ => None,
        });
        match found {
            Some((constant, ty)) if ty == kinded.ty => Some(constant),
            _ => {
                let at = value.map_or(at.clone(), |value| self.at(&value.span));
                let text = value.map_or("true", |value| self.context.text(self.file, &value.span));
                let what = format!("value of {}", kinded.ty.name());
                self.say.bad_value(&at, text, &what, kinded.ty.literal());
                None
            }
        }
    }

    fn given_key(&mut self, state: &str, arg: &'a crate::syntax::tree::Sum) -> Option<Arc<str>> {
        use crate::syntax::tree::ValueNode;
        match arg.node.as_value().map(|value| &value.node) {
            Some(ValueNode::Literal(Literal::Text(text))) => Some(text.value.as_str().into()),
            _ => {
                let at = self.at(&arg.span);
                self.say.wrong_argument(&at, state, "this in a world", "an id in quotes");
                None
            }
        }
    }

    /// Builds the world once: what it cannot be made of is reported where it stands.
    fn build(&mut self) {
        let Err(errors) = self.world.build(SymbolKey::derive(b"")) else { return };
        self.whole = false;
        for error in errors {
            let Some(fact) = self.facts.get(error.fact) else { continue };
            let span = error.part.and_then(|part| part_span(&fact.node, part)).unwrap_or(fact.span.clone());
            let at = self.at(&span);
            self.say.world_wrong(&at, error.message, error.expected, error.help);
        }
    }

    // Events.

    fn event(
        &mut self,
        event: &'a Spanned<WrittenEvent>,
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
            class: class.unwrap_or(event::class::UNCLASSIFIED),
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

    fn class(&mut self, class: &'a Spanned<crate::syntax::tree::ClassRef>) -> Option<ClassId> {
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

    fn instant(
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
                let found = local(&text.value, zone);
                if found.is_none() {
                    self.bad_time(&Spanned::new(text.clone(), instant.span.clone()));
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
        let constant = self.constant(field, &assign.value)?;
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

    /// A constant of the type of a field.
    fn constant(&mut self, field: FieldId, value: &'a Spanned<Written>) -> Option<Constant> {
        let at = self.at(&value.span);
        let wanted = Type::of(field.def().ty, field.def().unit);
        if let (Type::Enum(of), Written::Name(name)) = (wanted, &value.node) {
            let index = of.index_of(&name.node);
            if index.is_none() {
                self.say.no_value(&at, &name.node, field.name(), of.def().values.iter().copied());
            }
            return index.map(|index| Constant::Enum(index, name.node.as_str().into()));
        }
        let (constant, ty) = self.typed(value)?;
        let entity = matches!(wanted, Type::Entity(_) | Type::Tags) && ty == Type::Text;
        if !entity && ty != wanted {
            if ty.is_measure() && wanted.is_measure() {
                let text = self.context.text(self.file, &value.span);
                self.say.wrong_dimension(&at, text, &ty.name(), (&wanted.name(), wanted.literal()));
            } else {
                let help = if matches!(wanted, Type::Entity(_)) {
                    "write its id in quotes"
                } else {
                    wanted.literal()
                };
                self.say.cannot_compare(&at, &wanted.name(), &ty.name(), help);
            }
            return None;
        }
        fitted(field.def().ty, constant)
    }

    fn typed(&mut self, value: &'a Spanned<Written>) -> Option<(Constant, Type)> {
        match &value.node {
            Written::Literal { negative, literal } => {
                let (constant, ty) = constants::literal(literal)?;
                Some((if *negative { constants::negated(constant)? } else { constant }, ty))
            }
            Written::Call(call) if constants::MAKERS.contains(&call.node.name.node.as_str()) => {
                constants::made(self.file, call, self.say)
            }
            Written::Call(call) => {
                let name = &call.node.name;
                self.say.unknown(&self.at(&name.span), "function", &name.node, constants::MAKERS);
                None
            }
            Written::Name(name) => {
                if well_formed(&name.node) {
                    self.say.no_word(&self.at(&name.span), &name.node);
                }
                None
            }
        }
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
                fields_read(option, &mut read);
            }
        }
        for field in read {
            let implied = !relation::implied_field(field).is_empty();
            if !field.def().envelope && !implied && !event.fields.iter().any(|(set, _)| *set == field) {
                self.say.event_lacks(at, field.name());
            }
        }
    }

    // Expectations.

    fn expect(
        &mut self,
        expect: &'a Spanned<WrittenExpect>,
        clock: (Timestamp, &TimeZone),
    ) -> Option<Expect> {
        let span = &expect.span;
        Some(match &expect.node {
            WrittenExpect::Nothing => Expect::Nothing,
            WrittenExpect::Withdrawn(None) => Expect::Withdrawn(None),
            WrittenExpect::Unknown(None) => Expect::Unknown(None),
            WrittenExpect::Withdrawn(Some(found)) => Expect::Withdrawn(Some(self.found(found, span, clock)?)),
            WrittenExpect::Unknown(Some(found)) => Expect::Unknown(Some(self.found(found, span, clock)?)),
            WrittenExpect::Found(found) => Expect::Found(self.found(found, span, clock)?),
        })
    }

    fn found(
        &mut self,
        written: &'a WrittenFound,
        span: &std::ops::Range<usize>,
        clock: (Timestamp, &TimeZone),
    ) -> Option<Found> {
        let rule = self.rule(&written.rule)?;
        let at = match &written.at {
            Some(at) => Some(self.instant(at, clock)?),
            None => None,
        };
        let mut found = Found {
            rule,
            key: Vec::new(),
            severity: None,
            detections: None,
            captured: Vec::new(),
            at,
            span: span.clone(),
        };
        for assign in &written.fields {
            let said = self.said(&mut found, &assign.node);
            self.whole &= said.is_some();
        }
        Some(found)
    }

    fn said(&mut self, found: &mut Found, assign: &'a Assign) -> Option<()> {
        let name = assign.path.dotted();
        let value = &assign.value;
        let by: Vec<String> = self.by(found.rule);
        match name.as_str() {
            "severity" => found.severity = Some(self.severity(value)?),
            "detections" => found.detections = Some(self.detections(value)?),
            _ => match by.iter().position(|part| *part == name) {
                Some(part) => found.key.push((part, self.shown(&assign.path, value)?)),
                None => found.captured.push((name.as_str().into(), self.shown(&assign.path, value)?)),
            },
        }
        Some(())
    }

    fn by(&self, rule: u32) -> Vec<String> {
        let rule = self.context.names.rules.nth(rule);
        rule.map(|rule| rule.node.by().iter().map(|path| path.dotted()).collect()).unwrap_or_default()
    }

    fn severity(&mut self, value: &'a Spanned<Written>) -> Option<event::alert::Level> {
        let word = match &value.node {
            Written::Name(name) => name.node.as_str(),
            _ => self.context.text(self.file, &value.span),
        };
        let found = WrittenLevel::from_word(word).map(level);
        if found.is_none() {
            let known = WrittenLevel::ALL.iter().map(|level| level.word());
            self.say.no_value(&self.at(&value.span), word, "severity", known);
        }
        found
    }

    fn detections(&mut self, value: &'a Spanned<Written>) -> Option<u64> {
        if let Written::Literal { negative: false, literal: Literal::Number(number) } = &value.node
            && let Some(count) = whole(number.micros).and_then(|count| u64::try_from(count).ok())
        {
            return Some(count);
        }
        let text = self.context.text(self.file, &value.span);
        self.say.wrong_dimension(
            &self.at(&value.span),
            text,
            "no whole number",
            ("a whole number", "write `2`"),
        );
        None
    }

    /// A value as documents write it; its type is that of the path that names it.
    fn shown(
        &mut self,
        path: &'a crate::syntax::tree::Path,
        value: &'a Spanned<Written>,
    ) -> Option<Arc<str>> {
        let walked = match paths::walk(&words(path)) {
            Ok(walked) => walked,
            Err(_) => {
                let known = field::all().map(|field| field.name());
                self.say.no_field(&self.at(&path.span()), &path.dotted(), "an alert", known);
                return None;
            }
        };
        if let (FieldType::Enum(of), Written::Name(name)) = (walked.ty, &value.node) {
            if of.index_of(&name.node).is_none() {
                let known = of.def().values.iter().copied();
                self.say.no_value(&self.at(&value.span), &name.node, &path.dotted(), known);
                return None;
            }
            return Some(name.node.as_str().into());
        }
        let (constant, ty) = self.typed(value)?;
        let wanted = Type::of(walked.ty, paths::unit(&walked));
        if ty != wanted && !(matches!(wanted, Type::Entity(_)) && ty == Type::Text) {
            let at = self.at(&value.span);
            self.say.cannot_compare(&at, &wanted.name(), &ty.name(), wanted.literal());
            return None;
        }
        Some(document(fitted(walked.ty, constant)?))
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

/// A whole number for a field that takes decimals.
fn fitted(ty: FieldType, constant: Constant) -> Option<Constant> {
    match (ty, constant) {
        (FieldType::Float, Constant::Int(n)) => {
            n.checked_mul(1_000_000).map(|micros| Constant::Float(event::value::Micro(micros)))
        }
        (_, constant) => Some(constant),
    }
}

/// A constant as documents write it.
fn document(constant: Constant) -> Arc<str> {
    let value = match constant {
        Constant::Text(text) | Constant::Mac(text) | Constant::Enum(_, text) => return text,
        Constant::Ip(ip) => OwnedValue::Text(display_ip(ip).to_string()),
        Constant::Net(ip, bits) => OwnedValue::Text(format!("{}/{bits}", display_ip(ip))),
        Constant::Int(n) => OwnedValue::Int(n),
        Constant::Float(x) => OwnedValue::Float(x),
        Constant::Bool(yes) => OwnedValue::Bool(yes),
        Constant::Time(time) => OwnedValue::Time(time),
        Constant::Duration(duration) => OwnedValue::Duration(duration),
    };
    value.to_string().into()
}

/// A value of the world as the builder of worlds reads it: without quotes, units as written.
fn text(value: &Written) -> String {
    match value {
        Written::Name(name) => name.node.clone(),
        Written::Literal { literal: Literal::Text(text), .. } => text.value.clone(),
        Written::Literal { negative, literal } => {
            format!("{}{}", if *negative { "-" } else { "" }, constants::written(literal))
        }
        Written::Call(call) => constants::text_argument(call).unwrap_or_default().to_owned(),
    }
}

fn part_span(fact: &Fact, part: usize) -> Option<std::ops::Range<usize>> {
    match fact {
        Fact::List { values, .. } => values.get(part).map(|value| value.span.clone()),
        Fact::Calendar { hours, .. } => hours.get(part).map(|hours| hours.span.clone()),
        Fact::Entity { attributes, .. } => attributes.get(part).map(|assign| assign.span.clone()),
        Fact::Now { .. } | Fact::Lateness { .. } | Fact::Given { .. } => None,
    }
}

/// Local time in a zone. In the hour that a clock change repeats the first pass counts, a skipped one moves
/// on.
fn local(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let civil: DateTime = text.parse().ok()?;
    let instant = zone.to_timestamp(civil).ok()?;
    i64::try_from(instant.as_nanosecond()).ok().map(Timestamp)
}

/// The fields at which paths of an option start.
fn fields_read(option: &StepOption, read: &mut BTreeSet<FieldId>) {
    option.key.iter().for_each(|path| path_read(path, read));
    option.condition.iter().for_each(|cond| cond_read(cond, read));
}

fn path_read(path: &Path, read: &mut BTreeSet<FieldId>) {
    if let Start::Field(field) = path.start {
        read.insert(field);
    }
}

fn cond_read(cond: &Cond, read: &mut BTreeSet<FieldId>) {
    match cond {
        Cond::And(parts) | Cond::Or(parts) => parts.iter().for_each(|part| cond_read(part, read)),
        Cond::Not(part) => cond_read(part, read),
        Cond::Compare(left, _, right) => {
            expr_read(left, read);
            expr_read(right, read);
        }
        Cond::In(left, group) => {
            expr_read(left, read);
            match group {
                Group::Items(items) => items.iter().for_each(|item| expr_read(item, read)),
                Group::Path(path) => path_read(path, read),
                Group::List(_) => {}
            }
        }
        Cond::Text(left, ..)
        | Cond::TextList(left, ..)
        | Cond::Matches(left, _)
        | Cond::Exists(left)
        | Cond::Is(left) => expr_read(left, read),
        Cond::State(call) => call.key.iter().for_each(|path| path_read(path, read)),
        Cond::Calendar(_) => {}
    }
}

fn expr_read(expr: &Expr, read: &mut BTreeSet<FieldId>) {
    match expr {
        Expr::Constant(_) | Expr::Earlier(..) | Expr::Aggregate(_) => {}
        Expr::Path(path) | Expr::Members(Members::Relation(path)) => path_read(path, read),
        Expr::State(call, _) | Expr::Members(Members::State(call)) => {
            call.key.iter().for_each(|path| path_read(path, read));
        }
        Expr::Distance(a, b) => {
            let own = [a, b].into_iter().filter(|place| place.of.is_none());
            own.flat_map(|place| &place.paths).for_each(|path| path_read(path, read));
        }
        Expr::Negate(inner)
        | Expr::Age(inner)
        | Expr::Abs(inner)
        | Expr::Lower(inner)
        | Expr::Length(inner) => {
            expr_read(inner, read);
        }
        Expr::Arithmetic(left, _, right) => {
            expr_read(left, read);
            expr_read(right, read);
        }
    }
}

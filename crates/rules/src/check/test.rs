//! Worlds and tests of rule files (language.md §6): names, types and instants are resolved; the world is
//! built once to see that it can be.
//!
//! No test is run here: a checked one says all that the engine and the oracle need to run it.

mod events;
mod expectations;
mod given;
mod reads;
mod values;
mod world;

use crate::check::context::Context;
use crate::check::rule::Draft;
use crate::check::say::{At, Say};
use crate::syntax::tree::{Decl, Fact, Spanned, Test, World};
use crate::test_tree::{CheckedTest, Expect, Given, TestEvent};
use event::class::ClassId;
use event::time::{Duration, Timestamp};
use jiff::tz::TimeZone;
use site::world::WorldBuilder;
use std::collections::BTreeSet;
use std::ops::Range;
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

/// Reads one test of a file.
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
    /// Nothing of the test has been found wrong.
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
        self.try_world();
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

    fn at(&self, span: &Range<usize>) -> At {
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
}

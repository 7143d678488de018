//! Worlds and tests.

use super::super::form;
use super::super::lexer::{Kind, Sign};
use super::super::literal;
use super::super::tree::{
    Assign, Decl, Expect, Fact, Found, Hours, Instant, Name, Spanned, Test, TestEvent, Text, World,
};
use super::{Block, Failed, Parse, Parser, Wanted};

const FACTS: &[&str] = &["now", "list", "calendar", "lateness", "given"];

/// One part of a test; the order is checked while they are read.
enum TestPart {
    World(World),
    Event(TestEvent),
    Expect(Expect),
}

impl Parser<'_> {
    /// After `world`.
    pub(super) fn world(&mut self) -> Parse<World> {
        self.form = form::WORLD;
        self.expect_sign(Sign::BraceOpen)?;
        let block = Block { restarts: |p| p.begins_fact(), leaves: |p| p.begins_test_part() };
        let facts = self.block(block, |p| p.fact());
        Ok(World { facts, complete: true })
    }

    fn begins_fact(&self) -> bool {
        let text = self.kind_at(1) == Kind::Text;
        let list = self.is_word_at(0, "list") && self.is_name_at(1) && self.is_sign_at(2, Sign::Eq);
        let lateness = self.is_word_at(0, "lateness") && self.is_step_at(1);
        let given = self.is_word_at(0, "given") && self.is_name_at(1) && self.is_sign_at(2, Sign::Open);
        self.is_name_at(0)
            && (list || lateness || given || text && !self.is_word_at(0, "to") && !self.is_word_at(0, "on"))
    }

    fn fact(&mut self) -> Parse<Fact> {
        let word = FACTS.iter().find(|word| self.is_word_at(0, word)).copied().unwrap_or_default();
        self.form = form::fact(word);
        if !word.is_empty() {
            self.bump();
        }
        match word {
            "now" => {
                let instant = self.text_literal("a local time")?;
                self.expect_word("in")?;
                Ok(Fact::Now { instant, zone: self.text_literal("a time zone")? })
            }
            "list" => {
                let name = self.declared_name("the name of the list")?;
                self.expect_sign(Sign::Eq)?;
                Ok(Fact::List { name, values: self.comma_separated(|p| p.constant())? })
            }
            "calendar" => {
                let name = self.text_literal("the name of the calendar, a text")?;
                self.expect_sign(Sign::Eq)?;
                Ok(Fact::Calendar { name, hours: self.comma_separated(|p| p.hours())? })
            }
            "lateness" => Ok(Fact::Lateness { class: self.class()?, span: self.time_span()? }),
            "given" => {
                let state = self.call()?;
                let value = if self.eat_sign(Sign::Eq) { Some(self.constant()?) } else { None };
                Ok(Fact::Given { state, value })
            }
            _ => self.entity(),
        }
    }

    fn entity(&mut self) -> Parse<Fact> {
        // In a world that lacks its `}`, a part of the test is no kind of entity.
        if !self.is_name_at(0) || self.begins_test_part() {
            return Err(self.fail_wanting(Wanted::Thing("a fact")));
        }
        let kind = self.name("a kind of entity")?;
        let id = self.text_literal("its id, a text")?;
        let with = self.eat_word("with");
        let attributes = if with { self.comma_separated(|p| p.assign())? } else { Vec::new() };
        Ok(Fact::Entity { kind, id, attributes })
    }

    fn hours(&mut self) -> Parse<Spanned<Hours>> {
        let start = self.start();
        let from = self.text_literal("a time of day, a text")?;
        self.expect_word("to")?;
        let to = self.text_literal("a time of day, a text")?;
        let on = if self.eat_word("on") { Some(self.text_literal("days, a text")?) } else { None };
        Ok(self.spanned(start, Hours { from, to, on }))
    }

    fn assign(&mut self) -> Parse<Spanned<Assign>> {
        let start = self.start();
        let path = self.path("a field")?;
        self.expect_sign(Sign::Eq)?;
        let value = self.constant()?;
        Ok(self.spanned(start, Assign { path, value }))
    }

    /// Fields, unless one of the keywords that end them stands here.
    fn assigns(&mut self, ends: &[&'static str]) -> Parse<Vec<Spanned<Assign>>> {
        let ended = ends.iter().any(|word| self.see_word(word));
        let assigned = self.is_sign_at(1, Sign::Eq) || self.is_sign_at(1, Sign::Dot);
        if ended || !self.is_name_at(0) || !assigned {
            self.wanted.push(Wanted::Thing("a field"));
            return Ok(Vec::new());
        }
        self.comma_separated(|p| p.assign())
    }

    /// After `test`.
    pub(super) fn test(&mut self) -> Parse<Option<Decl>> {
        self.form = form::TEST;
        let head = self.test_head();
        if head.is_err() && !self.skip_to_body(|p| p.begins_test_part()) {
            return Err(Failed);
        }
        let block = Block { restarts: |p| p.begins_test_part(), leaves: |_| false };
        let (mut parts, mut expects) = (0, 0);
        let sound = self.problems.len();
        let body = self.block(block, |p| {
            let part = p.test_part(parts == 0, expects == 0)?;
            parts += 1;
            expects += usize::from(matches!(part, TestPart::Expect(_)));
            Ok(part)
        });
        let Ok((rule, name)) = head else { return Ok(None) };
        let (world, events, expects) = sorted(body);
        let test = Test { rule, name, world, events, expects, complete: true };
        if test.expects.is_empty() && self.problems.len() == sound {
            let brace = self.span_from(self.tokens[self.at - 1].span().start);
            self.problems.push(form::no_expect(brace));
        }
        Ok(Some(Decl::Test(test)))
    }

    fn test_head(&mut self) -> Parse<(Name, Spanned<Text>)> {
        let rule = self.declared_name("the name of a rule")?;
        let name = self.text_literal("the name of the test, a text")?;
        self.expect_sign(Sign::BraceOpen)?;
        Ok((rule, name))
    }

    fn begins_test_part(&self) -> bool {
        let instant = if self.is_sign_at(1, Sign::Minus) { 2 } else { 1 };
        let at = self.is_word_at(0, "at") && matches!(self.kind_at(instant), Kind::Duration | Kind::Text);
        let event = at && self.is_step_at(instant + 1);
        let expect = self.is_word_at(0, "expect") && self.is_name_at(1);
        event || expect
    }

    fn test_part(&mut self, may_be_world: bool, may_be_event: bool) -> Parse<TestPart> {
        if may_be_world && self.eat_word("world") {
            return Ok(TestPart::World(self.world()?));
        }
        if may_be_event && self.eat_word("at") {
            self.form = form::EVENT;
            return Ok(TestPart::Event(self.event()?));
        }
        self.expect_word("expect")?;
        self.form = form::EXPECT;
        Ok(TestPart::Expect(self.expectation()?))
    }

    fn event(&mut self) -> Parse<TestEvent> {
        let at = self.instant()?;
        let class = self.class()?;
        let fields = self.assigns(&["arrives", "at", "expect"])?;
        let arrives = if self.eat_word("arrives") { Some(self.instant()?) } else { None };
        Ok(TestEvent { at, class, fields, arrives })
    }

    fn instant(&mut self) -> Parse<Spanned<Instant>> {
        let start = self.start();
        let negative = self.is_sign_at(0, Sign::Minus);
        if negative {
            self.bump();
        }
        let instant = match self.kind_at(0) {
            Kind::Duration | Kind::BadNumber => Instant::Offset { negative, duration: self.duration() },
            Kind::Number => Instant::Offset { negative, duration: self.number_for_duration() },
            Kind::Text if !negative => {
                let token = self.bump();
                Instant::Local(literal::text(self.text_of(token)))
            }
            _ => return Err(self.fail_wanting(Wanted::Thing("a duration or a local time as text"))),
        };
        Ok(self.spanned(start, instant))
    }

    fn expectation(&mut self) -> Parse<Expect> {
        if self.eat_word("nothing") {
            return Ok(Expect::Nothing);
        }
        if self.eat_word("withdrawn") {
            return Ok(Expect::Withdrawn(self.optional_found()?));
        }
        if self.eat_word("unknown") {
            return Ok(Expect::Unknown(self.optional_found()?));
        }
        Ok(Expect::Found(self.found()?))
    }

    fn optional_found(&mut self) -> Parse<Option<Found>> {
        if self.see_word("expect") || !self.is_name_at(0) {
            return Ok(None);
        }
        Ok(Some(self.found()?))
    }

    fn found(&mut self) -> Parse<Found> {
        let rule = self.name("the name of a rule")?;
        let fields = self.assigns(&["at", "expect"])?;
        let at = if self.eat_word("at") { Some(self.instant()?) } else { None };
        Ok(Found { rule, fields, at })
    }
}

type Sorted = (Option<Spanned<World>>, Vec<Spanned<TestEvent>>, Vec<Spanned<Expect>>);

fn sorted(body: Vec<Spanned<TestPart>>) -> Sorted {
    let mut sorted: Sorted = (None, Vec::new(), Vec::new());
    for part in body {
        match part.node {
            TestPart::World(world) => sorted.0 = Some(Spanned::new(world, part.span)),
            TestPart::Event(event) => sorted.1.push(Spanned::new(event, part.span)),
            TestPart::Expect(expect) => sorted.2.push(Spanned::new(expect, part.span)),
        }
    }
    sorted
}

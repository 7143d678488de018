//! The clauses of a rule.

use super::super::form;
use super::super::lexer::{Kind, Sign};
use super::super::tree::{
    After, Aggregate, AggregateFunction, All, Any, Blind, Clause, Compare, CompareOver, Count, Distinct,
    First, Level, Mark, Note, NoteKind, Param, Pattern, Policy, Raise, Sequence, SequencePart, Side, Spanned,
    Speed, Status, Step, Timing, Total, Unless, Unusual,
};
use super::{Block, Parse, Parser, Wanted};

pub(super) const LEVELS: &[&str] = &["critical", "high", "medium", "low", "maintenance"];
const AGGREGATES: &[&str] = &["count", "sum", "distinct", "min", "max", "avg"];
const TEXT_NOTES: &[&str] = &["why", "owner", "procedure", "attack", "false_positives", "references"];
const NOTES: &[&str] =
    &["why", "owner", "procedure", "attack", "false_positives", "references", "type", "status"];

impl<'a> Parser<'a> {
    pub(super) fn clause(&mut self) -> Parse<Clause> {
        let Some(&(word, form)) = form::CLAUSES.iter().find(|(word, _)| self.is_word_at(0, word)) else {
            return Err(self.fail_wanting(Wanted::OneOf(form::CLAUSE_WORDS, "a clause")));
        };
        self.form = form;
        self.bump();
        if let Some(pattern) = self.pattern(word)? {
            return Ok(Clause::Pattern(pattern));
        }
        Ok(match word {
            "by" => Clause::By(self.paths()?),
            "unless" => Clause::Unless(self.unless()?),
            "while" => Clause::While(self.cond()?),
            "until" => Clause::Until(self.step()?),
            "every" => Clause::Policy(Policy::Every),
            "once" => Clause::Policy(Policy::Once),
            "quiet" => Clause::Quiet(self.time_span()?),
            "early" => Clause::Timing(Timing::Early),
            "final" => {
                self.expect_word("only")?;
                Clause::Timing(Timing::FinalOnly)
            }
            "clear" => {
                self.expect_word("when")?;
                Clause::ClearWhen(self.cond()?)
            }
            "raise" => Clause::Raise(self.raise()?),
            "blind" => Clause::Blind(self.blind()?),
            "absorb" => Clause::Absorb(self.comma_separated(|p| p.class())?),
            "entities" => Clause::Entities(self.paths()?),
            "meta" => Clause::Meta(self.meta()?),
            "param" => Clause::Param(self.param()?),
            "restricted" => Clause::Mark(Mark::Restricted),
            "sheddable" => Clause::Mark(Mark::Sheddable),
            _ => Clause::Mark(Mark::Internal),
        })
    }

    /// After the word of a clause: its pattern, if it is one.
    fn pattern(&mut self, word: &str) -> Parse<Option<Pattern>> {
        Ok(Some(match word {
            "when" => Pattern::When(self.step()?),
            "sequence" => Pattern::Sequence(self.sequence()?),
            "all" => Pattern::All(self.all()?),
            "any" => Pattern::Any(self.any()?),
            "count" => Pattern::Count(self.count()?),
            "distinct" => Pattern::Distinct(self.distinct()?),
            "sum" => Pattern::Total(self.total()?),
            "speed" => Pattern::Speed(self.speed()?),
            "compare" => Pattern::Compare(self.compare()?),
            "after" => Pattern::After(self.after()?),
            "unusual" => Pattern::Unusual(self.unusual()?),
            "first" => Pattern::First(self.first()?),
            _ => return Ok(None),
        }))
    }

    fn sequence(&mut self) -> Parse<Sequence> {
        let within = if self.eat_word("within") { Some(self.time_span()?) } else { None };
        self.expect_sign(Sign::BraceOpen)?;
        let parts = self.full_block(Self::steps_block(), |p| {
            if p.is_word_at(0, "not") {
                p.bump();
                return Ok(SequencePart::Gone(p.step()?));
            }
            p.wanted.push(Wanted::Word("not"));
            Ok(SequencePart::Step(p.step_in_block()?))
        });
        Ok(Sequence { within, parts })
    }

    fn all(&mut self) -> Parse<All> {
        self.expect_word("within")?;
        let within = self.time_span()?;
        Ok(All { within, steps: self.steps()? })
    }

    fn any(&mut self) -> Parse<Any> {
        let at_least = self.number()?;
        self.expect_word("within")?;
        let within = self.time_span()?;
        Ok(Any { at_least, within, steps: self.steps()? })
    }

    fn steps(&mut self) -> Parse<Vec<Step>> {
        self.expect_sign(Sign::BraceOpen)?;
        let steps = self.full_block(Self::steps_block(), |p| p.step_in_block());
        Ok(steps.into_iter().map(|step| step.node).collect())
    }

    /// A clause word without label or class behind it is not taken for one: the `}` before it is missing.
    fn step_in_block(&mut self) -> Parse<Step> {
        if self.begins_clause() && !self.is_step_at(0) {
            return Err(self.fail_wanting(Wanted::Thing("a step")));
        }
        self.step()
    }

    fn steps_block() -> Block<'a> {
        Block {
            restarts: |p| {
                p.peek().begins_line && (p.is_step_at(0) || p.is_word_at(0, "not") && p.is_step_at(1))
            },
            leaves: |p| p.begins_clause(),
        }
    }

    fn count(&mut self) -> Parse<Count> {
        self.expect_sign(Sign::Ge)?;
        let at_least = self.amount()?;
        self.expect_word("of")?;
        let of = self.step()?;
        self.expect_word("within")?;
        Ok(Count { at_least, of, within: self.time_span()? })
    }

    fn distinct(&mut self) -> Parse<Distinct> {
        let value = self.path("a path")?;
        let Count { at_least, of, within } = self.count()?;
        Ok(Distinct { value, at_least, of, within })
    }

    fn total(&mut self) -> Parse<Total> {
        let value = self.path("a path")?;
        let Count { at_least, of, within } = self.count()?;
        Ok(Total { value, at_least, of, within })
    }

    fn speed(&mut self) -> Parse<Speed> {
        self.expect_sign(Sign::Gt)?;
        let above = self.amount()?;
        let distance = if self.eat_word("and") {
            self.expect_word("distance")?;
            self.expect_sign(Sign::Ge)?;
            Some(self.amount()?)
        } else {
            None
        };
        self.expect_word("of")?;
        let of = self.step()?;
        self.expect_word("within")?;
        Ok(Speed { above, distance, of, within: self.time_span()? })
    }

    fn compare(&mut self) -> Parse<Compare> {
        let mut aggregates = vec![self.aggregate()?];
        while !self.see_word("within") && !self.see_word("session") {
            aggregates.push(self.aggregate()?);
        }
        let over = if self.eat_word("within") {
            CompareOver::Within(self.time_span()?)
        } else {
            self.bump();
            self.expect_word("gap")?;
            CompareOver::Session { gap: self.time_span()?, at_most: self.at_most()? }
        };
        self.expect_word("fire")?;
        self.expect_word("when")?;
        Ok(Compare { aggregates, over, fire: self.cond()? })
    }

    fn aggregate(&mut self) -> Parse<Spanned<Aggregate>> {
        let start = self.start();
        let name = self.name("a name for an aggregate")?;
        self.expect_sign(Sign::Eq)?;
        let function = self.expect_one(AGGREGATES, AggregateFunction::from_word)?;
        self.expect_sign(Sign::Open)?;
        let value = if function.node == AggregateFunction::Count {
            None
        } else {
            let value = self.path("a path")?;
            self.expect_word("of")?;
            Some(value)
        };
        let of = self.step()?;
        self.expect_sign(Sign::Close)?;
        Ok(self.spanned(start, Aggregate { name, function, value, of }))
    }

    fn at_most(&mut self) -> Parse<Option<super::super::tree::TimeSpan>> {
        if !self.eat_word("at") {
            return Ok(None);
        }
        self.expect_word("most")?;
        Ok(Some(self.time_span()?))
    }

    fn after(&mut self) -> Parse<After> {
        let trigger = self.step()?;
        self.expect_word("expect")?;
        let expected = self.step()?;
        self.expect_word("within")?;
        Ok(After { trigger, expected, within: self.time_span()?, at_most: self.at_most()? })
    }

    fn unusual(&mut self) -> Parse<Unusual> {
        self.expect_word("count")?;
        self.expect_sign(Sign::Gt)?;
        let sigma = self.number()?;
        self.expect_word("sigma")?;
        self.expect_word("of")?;
        let of = self.step()?;
        self.expect_word("per")?;
        Ok(Unusual { sigma, of, per: self.time_span()? })
    }

    fn first(&mut self) -> Parse<First> {
        let value = self.path("a path")?;
        self.expect_word("of")?;
        let of = self.step()?;
        self.expect_word("within")?;
        let within = self.time_span()?;
        let learning = if self.eat_word("learning") { Some(self.time_span()?) } else { None };
        Ok(First { value, of, within, learning })
    }

    fn unless(&mut self) -> Parse<Unless> {
        let step = self.step()?;
        self.expect_word("within")?;
        let within = self.time_span()?;
        let side = self.expect_one(&["before", "after"], Side::from_word)?;
        Ok(Unless { step, within, side, label: self.name("the label of a step")? })
    }

    fn raise(&mut self) -> Parse<Raise> {
        self.expect_word("to")?;
        let to = self.level()?;
        self.expect_word("when")?;
        Ok(Raise { to, when: self.cond()? })
    }

    fn blind(&mut self) -> Parse<Blind> {
        let paths = self.paths()?;
        let severity = if self.eat_word("as") { Some(self.level()?) } else { None };
        Ok(Blind { paths, severity })
    }

    pub(super) fn level(&mut self) -> Parse<Spanned<Level>> {
        self.expect_one(LEVELS, Level::from_word)
    }

    pub(super) fn param(&mut self) -> Parse<Param> {
        let name = self.declared_name("the name of the parameter")?;
        self.expect_sign(Sign::Eq)?;
        let value = self.constant()?;
        Ok(Param { name, value, source: self.text_literal("where the value comes from, as a text")? })
    }

    fn meta(&mut self) -> Parse<Vec<Spanned<Note>>> {
        self.expect_sign(Sign::BraceOpen)?;
        let block = Block {
            restarts: |p| {
                NOTES.iter().any(|word| p.is_word_at(0, word)) && p.kind_at(1) != Kind::Sign(Sign::Dot)
            },
            leaves: |p| p.begins_clause(),
        };
        Ok(self.block(block, |p| p.note()))
    }

    fn note(&mut self) -> Parse<Note> {
        if self.eat_word("type") {
            return Ok(Note::Type(self.name("an incident type")?));
        }
        if self.eat_word("status") {
            return Ok(Note::Status(self.expect_one(&["trial", "active"], Status::from_word)?));
        }
        let kind = self.expect_one(TEXT_NOTES, NoteKind::from_word)?;
        let mut texts = vec![self.text_literal("a text")?];
        while self.kind_at(0) == Kind::Text {
            texts.push(self.text_literal("a text")?);
        }
        Ok(Note::Texts { kind, texts })
    }

    /// Whether a clause begins at the cursor, for going on after an error. Words that are common in
    /// conditions count only at the beginning of a line: to miss a clause hides an error until the next run,
    /// to see one too many adds an error that is not there.
    pub(super) fn begins_clause(&self) -> bool {
        let line = self.peek().begins_line;
        let next_is_name = self.is_name_at(1);
        let Some((word, _)) = form::CLAUSES.iter().find(|(word, _)| self.is_word_at(0, word)) else {
            return false;
        };
        match *word {
            "by" | "entities" | "absorb" | "blind" | "compare" => line && next_is_name,
            "when" | "after" | "until" => line && self.is_step_at(1),
            "unless" => self.is_step_at(1),
            "sequence" => self.is_word_at(1, "within") || self.is_sign_at(1, Sign::BraceOpen),
            "all" => self.is_word_at(1, "within"),
            "any" => self.kind_at(1) == Kind::Number && self.is_word_at(2, "within"),
            "count" => line && self.is_sign_at(1, Sign::Ge),
            "speed" => line && self.is_sign_at(1, Sign::Gt),
            "distinct" | "sum" | "first" => line && next_is_name,
            "unusual" => self.is_word_at(1, "count"),
            "quiet" => line || self.kind_at(1) == Kind::Duration,
            "final" => self.is_word_at(1, "only"),
            "clear" => self.is_word_at(1, "when"),
            "raise" => self.is_word_at(1, "to"),
            "meta" => self.is_sign_at(1, Sign::BraceOpen),
            "param" => next_is_name && self.is_sign_at(2, Sign::Eq),
            "while" => line,
            _ => line && !self.is_sign_at(1, Sign::Dot) && !self.is_sign_at(1, Sign::Colon),
        }
    }
}

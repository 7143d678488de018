//! Steps: which events a rule or a state takes.

use super::super::form;
use super::super::lexer::{Kind, Sign};
use super::super::tree::{ClassRef, KeyMap, Members, Opt, Spanned, Step, StepNode, Tail};
use super::{Parse, Parser};

impl Parser<'_> {
    /// Whether a step can begin at the cursor: a label with its colon, or a class.
    pub(super) fn is_step_at(&self, ahead: usize) -> bool {
        let next = self.kind_at(ahead + 1);
        self.is_name_at(ahead) && (next == Kind::Sign(Sign::Colon) || next == Kind::Sign(Sign::Dot))
    }

    pub(super) fn step(&mut self) -> Parse<Step> {
        let start = self.start();
        let labelled = self.is_name_at(0) && self.is_sign_at(1, Sign::Colon) && !self.is_word_at(0, "sigma");
        let label = if labelled {
            let label = self.name("a label")?;
            self.bump();
            Some(label)
        } else {
            None
        };
        let options = self.comma_separated(|p| p.option())?;
        let tails = self.tails()?;
        Ok(self.spanned(start, StepNode { label, options, tails }))
    }

    fn option(&mut self) -> Parse<Spanned<Opt>> {
        let start = self.start();
        let mut classes = vec![self.class()?];
        while self.eat_word("or") {
            classes.push(self.class()?);
        }
        let cond = if self.eat_word("where") { Some(self.cond()?) } else { None };
        let from = if self.eat_word("from") { self.key_maps()? } else { Vec::new() };
        Ok(self.spanned(start, Opt { classes, cond, from }))
    }

    fn key_maps(&mut self) -> Parse<Vec<Spanned<KeyMap>>> {
        let mut maps = vec![self.key_map()?];
        while self.eat_word("and") {
            maps.push(self.key_map()?);
        }
        Ok(maps)
    }

    fn key_map(&mut self) -> Parse<Spanned<KeyMap>> {
        let start = self.start();
        let key = self.path("a part of the key")?;
        self.expect_sign(Sign::Eq)?;
        let path = self.path("a path")?;
        Ok(self.spanned(start, KeyMap { key, path }))
    }

    pub(super) fn class(&mut self) -> Parse<Spanned<ClassRef>> {
        let start = self.start();
        let class = if self.is_word_at(0, "sigma") && self.is_sign_at(1, Sign::Colon) {
            self.bump();
            self.bump();
            self.sigma()?
        } else {
            let noun = self.name("a class")?;
            self.expect_sign(Sign::Dot)?;
            if self.eat_sign(Sign::Star) {
                ClassRef::Every { noun }
            } else {
                ClassRef::Class { noun, verb: self.name("a name")? }
            }
        };
        Ok(self.spanned(start, class))
    }

    fn sigma(&mut self) -> Parse<ClassRef> {
        if self.is_name_at(0) {
            return Ok(ClassRef::SigmaName(self.name("a name")?));
        }
        Ok(ClassRef::SigmaText(self.text_literal("the name, title or id of a Sigma rule")?))
    }

    fn tails(&mut self) -> Parse<Vec<Spanned<Tail>>> {
        let mut tails: Vec<Spanned<Tail>> = Vec::new();
        while let Some(tail) = self.tail()? {
            let same = |other: &&Spanned<Tail>| {
                std::mem::discriminant(&other.node) == std::mem::discriminant(&tail.node)
            };
            if tails.iter().find(same).is_some() {
                self.problems.push(form::twice(form::tail_word(&tail.node), tail.span));
            } else {
                tails.push(tail);
            }
        }
        Ok(tails)
    }

    fn tail(&mut self) -> Parse<Option<Spanned<Tail>>> {
        let start = self.start();
        let tail = if self.eat_word("repeated") {
            self.repeated()?
        } else if self.eat_word("gap") {
            Tail::Gap(self.time_span()?)
        } else if self.eat_word("for") {
            self.for_each()?
        } else {
            return Ok(None);
        };
        Ok(Some(self.spanned(start, tail)))
    }

    fn repeated(&mut self) -> Parse<Tail> {
        if self.eat_sign(Sign::Ge) {
            return Ok(Tail::Repeated { at_least: self.number()?, at_most: None });
        }
        let at_least = self.number()?;
        self.expect_word("to")?;
        Ok(Tail::Repeated { at_least, at_most: Some(self.number()?) })
    }

    fn for_each(&mut self) -> Parse<Tail> {
        self.expect_word("each")?;
        let member = self.name("a part of the key")?;
        self.expect_word("in")?;
        let of = if self.is_call() {
            Members::Call(self.call()?)
        } else {
            Members::Path(self.path("a state or a relation")?)
        };
        Ok(Tail::ForEach { member, of })
    }
}

//! The file and what it declares: rules, states, parameters.

use super::super::form;
use super::super::lexer::{Kind, Sign};
use super::super::tree::{Decl, Level, Line, Name, Path, Rule, Spanned, State, Step, Text};
use super::{Block, Failed, Parse, Parser, Wanted};

const DECLS: &[&str] = &["rule", "state", "param", "world", "test"];
const LINES: &[&str] = &["set", "clear", "keep", "add", "take", "forget", "tie"];

impl<'a> Parser<'a> {
    /// All declarations of the file.
    pub(super) fn decls(&mut self) -> Vec<Spanned<Decl>> {
        let mut decls = Vec::new();
        while !self.at_end() {
            let start = self.start();
            self.form = form::FILE;
            match self.decl() {
                Ok(Some(decl)) => decls.push(self.spanned(start, decl)),
                Ok(None) => {}
                Err(Failed) => self.resync_decl(),
            }
        }
        decls
    }

    /// None if its head could not be read, but its body could.
    fn decl(&mut self) -> Parse<Option<Decl>> {
        let Some(word) = DECLS.iter().find(|word| self.is_word_at(0, word)) else {
            return Err(self.fail_wanting(Wanted::OneOf(DECLS, "")));
        };
        self.bump();
        match *word {
            "rule" => self.rule(),
            "state" => self.state(),
            "world" => Ok(Some(Decl::World(self.world()?))),
            "test" => self.test(),
            _ => {
                self.form = form::PARAM;
                Ok(Some(Decl::Param(self.param()?)))
            }
        }
    }

    /// Whether a declaration with braces begins at the cursor. No clause, line or fact begins like that, so
    /// it is trusted at any depth: the `}` before it is missing.
    pub(super) fn begins_decl(&self) -> bool {
        let named = self.is_name_at(1);
        let then_text = self.kind_at(2) == Kind::Text;
        let rule = self.is_word_at(0, "rule") && named && (then_text || self.is_word_at(2, "severity"));
        let test = self.is_word_at(0, "test") && named && then_text;
        let state = self.is_word_at(0, "state") && named && self.is_word_at(2, "by");
        rule || test || state
    }

    /// After an error between declarations.
    fn resync_decl(&mut self) {
        let mut depth = 0_usize;
        while !self.at_end() && !self.begins_decl() {
            match self.kind_at(0) {
                Kind::Sign(Sign::BraceOpen) => depth += 1,
                Kind::Sign(Sign::BraceClose) => depth = depth.saturating_sub(1),
                _ if depth == 0 && self.peek().begins_line && self.begins_small_decl() => return,
                _ => {}
            }
            self.bump();
        }
    }

    fn begins_small_decl(&self) -> bool {
        // Not indented: after a stray `}` the rest of a rule is no place for declarations.
        let start = self.start();
        let margin = start == 0 || self.text.as_bytes()[start - 1] == b'\n';
        let param = self.is_word_at(0, "param") && self.is_name_at(1);
        let world = self.is_word_at(0, "world") && self.is_sign_at(1, Sign::BraceOpen);
        margin && (param || world || self.is_word_at(0, "rule") || self.is_word_at(0, "test"))
    }

    fn rule(&mut self) -> Parse<Option<Decl>> {
        self.form = form::RULE;
        let head = self.rule_head();
        if head.is_err() && !self.skip_to_body(|p| p.begins_clause()) {
            return Err(Failed);
        }
        let block = Block { restarts: |p| p.begins_clause(), leaves: |_| false };
        let clauses = self.full_block(block, |p| p.clause());
        let Ok((name, title, severity)) = head else { return Ok(None) };
        Ok(Some(Decl::Rule(Rule { name, title, severity, clauses, complete: true })))
    }

    fn rule_head(&mut self) -> Parse<(Name, Spanned<Text>, Spanned<Level>)> {
        let name = self.declared_name("the name of the rule")?;
        let title = self.text_literal("the title, a text")?;
        self.expect_word("severity")?;
        let severity = self.level()?;
        self.expect_sign(Sign::BraceOpen)?;
        Ok((name, title, severity))
    }

    /// After an error in a head: takes the `{` of the body, or stops where the body seems to begin without
    /// one.
    pub(super) fn skip_to_body(&mut self, begins_body: impl Fn(&Self) -> bool) -> bool {
        while !self.at_end() && !self.begins_decl() && !self.is_sign_at(0, Sign::BraceClose) {
            if self.is_sign_at(0, Sign::BraceOpen) {
                self.bump();
                return true;
            }
            if self.peek().begins_line && begins_body(self) {
                return true;
            }
            self.bump();
        }
        false
    }

    fn state(&mut self) -> Parse<Option<Decl>> {
        self.form = form::STATE;
        let head = self.state_head();
        if head.is_err() && !self.skip_to_body(|p| p.begins_line()) {
            return Err(Failed);
        }
        let block = Block { restarts: |p| p.begins_line(), leaves: |_| false };
        let lines = self.full_block(block, |p| p.line());
        let Ok((name, by)) = head else { return Ok(None) };
        Ok(Some(Decl::State(State { name, by, lines, complete: true })))
    }

    fn state_head(&mut self) -> Parse<(Name, Vec<Path>)> {
        let name = self.declared_name("the name of the state")?;
        self.expect_word("by")?;
        let by = self.paths()?;
        self.expect_sign(Sign::BraceOpen)?;
        Ok((name, by))
    }

    fn begins_line(&self) -> bool {
        let line = LINES.iter().any(|word| self.is_word_at(0, word));
        line && (self.is_name_at(1) || self.peek().begins_line && !self.is_step_at(0))
    }

    fn line(&mut self) -> Parse<Line> {
        let Some(word) = LINES.iter().find(|word| self.is_word_at(0, word)) else {
            return Err(self.fail_wanting(Wanted::OneOf(LINES, "")));
        };
        self.form = form::line(word);
        self.bump();
        Ok(match *word {
            "set" => Line::Set(self.step()?),
            "clear" => Line::Clear(self.step()?),
            "keep" => {
                let value = self.path("a path")?;
                self.expect_word("of")?;
                Line::Keep { value, of: self.step()? }
            }
            "add" => {
                let (value, of) = self.counted()?;
                Line::Add { value, of }
            }
            "take" => {
                let (value, of) = self.counted()?;
                Line::Take { value, of }
            }
            "forget" => {
                self.expect_word("after")?;
                Line::Forget(self.time_span()?)
            }
            _ => {
                self.expect_word("set")?;
                Line::TieSet
            }
        })
    }

    /// `[ path "of" ] step`: a path if the word after it is `of`.
    fn counted(&mut self) -> Parse<(Option<Path>, Step)> {
        let mut ahead = 1;
        while self.is_sign_at(ahead, Sign::Dot) && self.is_name_at(ahead + 1) {
            ahead += 2;
        }
        if !self.is_word_at(ahead, "of") {
            return Ok((None, self.step()?));
        }
        let value = self.path("a path")?;
        self.bump();
        Ok((Some(value), self.step()?))
    }
}

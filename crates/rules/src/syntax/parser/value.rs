//! The smallest parts: names, paths, texts, literals, amounts, spans, constants.

use super::super::lexer::{self, Kind, Sign};
use super::super::literal;
use super::super::tree::{
    Amount, Constant, Duration, DurationUnit, Literal, Name, Number, Path, Spanned, Text, TimeSpan,
    TimeSpanNode,
};
use super::{Parse, Parser, Wanted};

impl Parser<'_> {
    pub(super) fn name(&mut self, thing: &'static str) -> Parse<Name> {
        if !self.is_name_at(0) {
            return Err(self.fail_wanting(Wanted::Thing(thing)));
        }
        let token = self.bump();
        Ok(Spanned::new(self.text_of(token).to_owned(), token.span()))
    }

    /// A name that is declared here. Only here can `door-forced` be told from a difference, and be one error.
    pub(super) fn declared_name(&mut self, thing: &'static str) -> Parse<Name> {
        let unreported = self.kind_at(0) == Kind::Name;
        let mut name = self.name(thing)?;
        let start = name.span.start;
        while self.is_sign_at(0, Sign::Minus) && self.is_name_at(1) && self.touches(0) && self.touches(1) {
            self.bump();
            self.bump();
        }
        let span = self.span_from(start);
        if span.end > name.span.end {
            name = Spanned::new(self.text[span.clone()].to_owned(), span.clone());
            if unreported {
                self.problems.push(lexer::name_problem(&name.node, span));
            }
        }
        Ok(name)
    }

    /// Whether no blank stands before a token.
    fn touches(&self, ahead: usize) -> bool {
        let before = (self.at + ahead).checked_sub(1).and_then(|last| self.tokens.get(last));
        before.is_some_and(|before| before.span().end == self.peek_at(ahead).span().start)
    }

    pub(super) fn path(&mut self, thing: &'static str) -> Parse<Path> {
        let mut names = vec![self.name(thing)?];
        while self.eat_sign(Sign::Dot) {
            names.push(self.name("a name")?);
        }
        Ok(Path { names })
    }

    pub(super) fn paths(&mut self) -> Parse<Vec<Path>> {
        self.comma_separated(|p| p.path("a path"))
    }

    pub(super) fn text_literal(&mut self, thing: &'static str) -> Parse<Spanned<Text>> {
        if self.kind_at(0) != Kind::Text {
            return Err(self.fail_wanting(Wanted::Thing(thing)));
        }
        let token = self.bump();
        Ok(Spanned::new(literal::text(self.text_of(token)), token.span()))
    }

    /// `@name`, without the `@`.
    pub(super) fn list_name(&mut self) -> String {
        let token = self.bump();
        self.text_of(token).trim_start_matches('@').to_owned()
    }

    pub(super) fn number(&mut self) -> Parse<Spanned<Number>> {
        let start = self.start();
        if !matches!(self.kind_at(0), Kind::Number | Kind::BadNumber) {
            return Err(self.fail_wanting(Wanted::Thing("a number")));
        }
        let token = self.bump();
        let number = literal::number(self.text_of(token)).unwrap_or_else(zero);
        Ok(self.spanned(start, number))
    }

    pub(super) fn is_literal(&self) -> bool {
        let number =
            matches!(self.kind_at(0), Kind::Number | Kind::Duration | Kind::Quantity | Kind::BadNumber);
        number || self.kind_at(0) == Kind::Text || self.is_bool()
    }

    fn is_bool(&self) -> bool {
        let word = self.is_word_at(0, "true") || self.is_word_at(0, "false");
        word && !self.is_sign_at(1, Sign::Dot) && !self.is_sign_at(1, Sign::Open)
    }

    /// To be asked for only where `is_literal`.
    pub(super) fn literal(&mut self) -> Literal {
        let is_true = self.is_word_at(0, "true");
        let token = self.bump();
        let text = self.text_of(token);
        let literal = match token.kind {
            Kind::Number => literal::number(text).map(Literal::Number),
            Kind::Duration => literal::duration(text).map(Literal::Duration),
            Kind::Quantity => literal::quantity(text).map(Literal::Quantity),
            Kind::Text => Some(Literal::Text(literal::text(text))),
            Kind::BadNumber => None,
            _ => Some(Literal::Bool(is_true)),
        };
        literal.unwrap_or_else(|| Literal::Number(zero()))
    }

    pub(super) fn amount(&mut self) -> Parse<Spanned<Amount>> {
        let start = self.start();
        let amount = match self.kind_at(0) {
            Kind::Number | Kind::Duration | Kind::Quantity | Kind::BadNumber => match self.literal() {
                Literal::Duration(duration) => Amount::Duration(duration),
                Literal::Quantity(quantity) => Amount::Quantity(quantity),
                Literal::Number(number) => Amount::Number(number),
                Literal::Text(_) | Literal::Bool(_) => Amount::Number(zero()),
            },
            _ => Amount::Path(self.path("a number, a quantity or a parameter")?),
        };
        Ok(self.spanned(start, amount))
    }

    pub(super) fn time_span(&mut self) -> Parse<TimeSpan> {
        let start = self.start();
        let span = match self.kind_at(0) {
            Kind::Duration | Kind::BadNumber => TimeSpanNode::Duration(self.duration()),
            Kind::Number => TimeSpanNode::Duration(self.number_for_duration()),
            _ => TimeSpanNode::Path(self.path("a duration or a parameter")?),
        };
        Ok(self.spanned(start, span))
    }

    /// To be asked for only at a duration, good or bad.
    pub(super) fn duration(&mut self) -> Duration {
        let token = self.bump();
        literal::duration(self.text_of(token)).unwrap_or_else(no_time)
    }

    /// Reports `10` or `10 s` where `10s` was meant, and goes on as if it stood there.
    pub(super) fn number_for_duration(&mut self) -> Duration {
        let start = self.start();
        self.bump();
        let unit = self.peek();
        if unit.kind == Kind::Name && DurationUnit::from_word(self.text_of(unit)).is_some() {
            self.bump();
        }
        let span = self.span_from(start);
        let mut problem = lexer::number_problem(&self.text[span.clone()], span.clone());
        problem.help = "one number and one unit without a blank: `10s`, `5m`, `2h`".to_owned();
        self.problems.push(problem);
        no_time()
    }

    pub(super) fn constant(&mut self) -> Parse<Spanned<Constant>> {
        let start = self.start();
        let negative = self.is_sign_at(0, Sign::Minus);
        if negative {
            self.bump();
        }
        let constant = if self.is_literal() {
            Constant::Literal { negative, literal: self.literal() }
        } else if negative {
            return Err(self.fail_wanting(Wanted::Thing("a number")));
        } else if self.is_name_at(0) && self.is_sign_at(1, Sign::Open) {
            Constant::Call(self.call()?)
        } else {
            Constant::Name(self.name("a value")?)
        };
        Ok(self.spanned(start, constant))
    }
}

/// Stands for a number that could not be read; the file has an error, so nobody acts on it.
fn zero() -> Number {
    Number { text: "0".to_owned(), micros: 0 }
}

fn no_time() -> Duration {
    Duration { text: "0".to_owned(), unit: DurationUnit::Second, nanos: 0 }
}

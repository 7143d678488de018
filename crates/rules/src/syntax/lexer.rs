//! The words of a rule file: text in, tokens and comments out.
//!
//! It knows no keywords (they depend on where a word stands) and computes no values. What is no token of the
//! language is reported here and still becomes the token that was meant, so that the parser does not complain
//! again.

use std::ops::Range;

use super::literal;
use super::problem::{Problem, Problems};
use super::tree::{Comment, DurationUnit, QuantityUnit, Spanned};

/// Longer names are an error.
const NAME_LEN_MAX: usize = 64;

/// What a token is. Its text is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Name,
    /// A word that is no name, reported.
    BadName,
    Number,
    Duration,
    Quantity,
    /// A number with something at its end that is no unit, or out of range; reported.
    BadNumber,
    /// In either quotes.
    Text,
    /// `@name`
    List,
    /// One of `SIGNS`.
    Sign(Sign),
    /// What begins no token.
    Unknown,
    /// The end of the file.
    End,
}

/// The signs of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    BraceOpen,
    BraceClose,
    Open,
    Close,
    Comma,
    Colon,
    Dot,
    Star,
    Slash,
    Plus,
    Minus,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// The longer before the shorter that begins it.
const SIGNS: [(Sign, &str); 17] = [
    (Sign::Ne, "!="),
    (Sign::Le, "<="),
    (Sign::Ge, ">="),
    (Sign::Eq, "="),
    (Sign::Lt, "<"),
    (Sign::Gt, ">"),
    (Sign::BraceOpen, "{"),
    (Sign::BraceClose, "}"),
    (Sign::Open, "("),
    (Sign::Close, ")"),
    (Sign::Comma, ","),
    (Sign::Colon, ":"),
    (Sign::Dot, "."),
    (Sign::Star, "*"),
    (Sign::Slash, "/"),
    (Sign::Plus, "+"),
    (Sign::Minus, "-"),
];

/// The longer before the shorter that begins it.
const QUANTITY_UNITS: [QuantityUnit; 12] = [
    QuantityUnit::KilometrePerHour,
    QuantityUnit::MetrePerSecond,
    QuantityUnit::Kilometre,
    QuantityUnit::Metre,
    QuantityUnit::Byte,
    QuantityUnit::Kilobyte,
    QuantityUnit::Megabyte,
    QuantityUnit::Gigabyte,
    QuantityUnit::Terabyte,
    QuantityUnit::Kibibyte,
    QuantityUnit::Mebibyte,
    QuantityUnit::Gibibyte,
];

/// A token. Twelve bytes, since a file of 4 MiB can be as many tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    /// Whether it is the first of its line.
    pub begins_line: bool,
    start: u32,
    end: u32,
}

/// What the lexer makes of a file.
#[derive(Debug)]
pub(super) struct Lexed {
    /// The last one is the end, and the only one of its kind.
    pub tokens: Vec<Token>,
    pub comments: Vec<Spanned<Comment>>,
}

impl Token {
    pub fn span(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Sign {
    /// As it is written.
    pub fn text(self) -> &'static str {
        SIGNS.iter().find(|(sign, _)| *sign == self).map_or("", |(_, text)| text)
    }
}

/// Cuts `text` (at most 4 GiB) into tokens.
pub(super) fn lex(text: &str, problems: &mut Problems) -> Lexed {
    let mut lexer = Lexer {
        text,
        at: 0,
        begins_line: true,
        lexed: Lexed { tokens: Vec::new(), comments: Vec::new() },
        problems,
    };
    lexer.run();
    lexer.lexed
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    begins_line: bool,
    lexed: Lexed,
    problems: &'a mut Problems,
}

impl<'a> Lexer<'a> {
    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            let start = self.at;
            match c {
                '\n' => {
                    self.at += 1;
                    self.begins_line = true;
                    continue;
                }
                ' ' | '\t' | '\r' => {
                    self.at += 1;
                    continue;
                }
                '#' => {
                    self.comment();
                    continue;
                }
                _ => {}
            }
            let kind = self.token(c);
            assert!(self.at > start);
            self.push(kind, start);
        }
        self.push(Kind::End, self.at);
    }

    fn push(&mut self, kind: Kind, start: usize) {
        let token = Token { kind, begins_line: self.begins_line, start: start as u32, end: self.at as u32 };
        self.lexed.tokens.push(token);
        self.begins_line = false;
    }

    fn token(&mut self, c: char) -> Kind {
        match c {
            '"' | '\'' => self.quoted(c),
            '@' => self.list(),
            '0'..='9' => self.number(),
            _ if is_word(c) => self.word(),
            _ => self.sign().unwrap_or_else(|| self.unknown()),
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        let line = self.rest().split('\n').next().unwrap_or_default();
        self.at += line.len();
        let text = line[1..].trim_end();
        let text = text.strip_prefix(' ').unwrap_or(text).to_owned();
        let comment = Comment { text, own_line: self.begins_line };
        self.lexed.comments.push(Spanned::new(comment, start..start + line.trim_end().len()));
    }

    fn quoted(&mut self, mark: char) -> Kind {
        let start = self.at;
        self.at += 1;
        while let Some(c) = self.rest().chars().next().filter(|&c| c != '\n') {
            self.at += c.len_utf8();
            if c == mark {
                return Kind::Text;
            }
            if c == '\\' && mark == '"' {
                self.escape();
            }
        }
        let line = self.text[start..self.at].trim_end();
        self.at = start + line.len().max(1);
        self.report(
            "WF002",
            start..self.at,
            "text is not closed".to_owned(),
            &format!("`{mark}` before the end of the line"),
            "write long text as several strings in a row",
        );
        Kind::Text
    }

    /// After a `\` in double quotes.
    fn escape(&mut self) {
        let start = self.at - 1;
        if let Some((_, length)) = literal::escape(self.rest()) {
            self.at += length;
            return;
        }
        let Some(c) = self.rest().chars().next().filter(|&c| c != '\n' && c != '\r') else { return };
        self.at += c.len_utf8();
        let help = if c == 'u' {
            "write the number of the character in lower case: `\\u{e9}`"
        } else {
            "write a regular expression in single quotes, which know no escapes"
        };
        let message = format!("`\\{c}` is no escape");
        self.report("WF003", start..self.at, message, "\\\" \\\\ \\n \\t \\u{…}", help);
    }

    fn list(&mut self) -> Kind {
        let start = self.at;
        self.at += 1;
        let name = self.take_word();
        if !is_name(name) {
            self.report_name(name, start..self.at);
        }
        Kind::List
    }

    fn word(&mut self) -> Kind {
        let start = self.at;
        let name = self.take_word();
        if is_name(name) {
            return Kind::Name;
        }
        self.report_name(name, start..self.at);
        Kind::BadName
    }

    fn number(&mut self) -> Kind {
        let start = self.at;
        self.take_digits();
        let dots = self.take_fractions();
        let number_end = self.at;
        if dots <= 1 && self.quantity_unit() {
            return self.checked(Kind::Quantity, start);
        }
        let unit = self.take_word();
        let kind = match unit {
            _ if dots > 1 => Kind::BadNumber,
            "" if self.miswritten_unit(number_end) => Kind::BadNumber,
            "" => Kind::Number,
            _ if DurationUnit::from_word(unit).is_some() => Kind::Duration,
            _ => Kind::BadNumber,
        };
        self.checked(kind, start)
    }

    /// Takes `.5` as often as it stands there: more than once is no number, but should be one error.
    fn take_fractions(&mut self) -> usize {
        let mut dots = 0;
        while self.rest().strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            self.at += 1;
            self.take_digits();
            dots += 1;
        }
        dots
    }

    fn take_digits(&mut self) {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += digits;
    }

    /// Takes a unit that may stand after one blank.
    fn quantity_unit(&mut self) -> bool {
        let rest = self.rest();
        let blank = usize::from(rest.starts_with(' '));
        let fits = |unit: &&QuantityUnit| {
            rest[blank..].strip_prefix(unit.word()).is_some_and(|after| !after.starts_with(is_word))
        };
        let Some(unit) = QUANTITY_UNITS.iter().find(fits) else { return false };
        self.at += blank + unit.word().len();
        true
    }

    /// Takes `KB` after `5 `: it has upper-case letters, so it can be no name and must have been meant as
    /// unit.
    fn miswritten_unit(&mut self, number_end: usize) -> bool {
        let Some(rest) = self.text[number_end..].strip_prefix(' ') else { return false };
        let word = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        let meant = QUANTITY_UNITS.iter().any(|unit| unit.word().eq_ignore_ascii_case(word));
        if !meant {
            return false;
        }
        self.at = number_end + 1 + word.len();
        true
    }

    /// Reports a number that has no value.
    fn checked(&mut self, kind: Kind, start: usize) -> Kind {
        let text = &self.text[start..self.at];
        let has_value = match kind {
            Kind::Number => literal::number(text).is_some(),
            Kind::Duration => literal::duration(text).is_some(),
            Kind::Quantity => literal::quantity(text).is_some(),
            _ => false,
        };
        if has_value {
            return kind;
        }
        let problem = number_problem(text, start..self.at);
        self.problems.push(problem);
        Kind::BadNumber
    }

    fn sign(&mut self) -> Option<Kind> {
        let start = self.at;
        let (sign, text) = SIGNS.iter().find(|(_, text)| self.rest().starts_with(text))?;
        self.at += text.len();
        if *sign == Sign::Eq && self.rest().starts_with('=') {
            self.at += 1;
            self.report(
                "WF001",
                start..self.at,
                "`==` cannot stand here".to_owned(),
                "`=`",
                "one `=` compares",
            );
        }
        Some(Kind::Sign(*sign))
    }

    /// Takes all that begins no token, so that a line of rubbish is one error.
    fn unknown(&mut self) -> Kind {
        let known = |c: char| c.is_ascii_whitespace() || is_word(c) || "\"'@#!{}(),:.*/+-=<>".contains(c);
        let first = self.rest().chars().next().map_or(0, char::len_utf8);
        self.at += first;
        self.at += self.rest().find(known).unwrap_or(self.rest().len());
        Kind::Unknown
    }

    fn take_word(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let word = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn report_name(&mut self, name: &str, span: Range<usize>) {
        self.problems.push(name_problem(name, span));
    }

    fn report(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: String,
        expected: &str,
        help: &str,
    ) {
        let (expected, help) = (expected.to_owned(), help.to_owned());
        self.problems.push(Problem { code, span, message, expected, help });
    }
}

/// `{name}` is no name.
pub(super) fn name_problem(name: &str, span: Range<usize>) -> Problem {
    Problem {
        code: "WF005",
        span,
        message: format!("`{}` is no name", shortened(name)),
        expected: format!("lower-case letters, digits and `_`, at most {NAME_LEN_MAX}"),
        help: format!("`{}`", suggested_name(name)),
    }
}

/// `{text}` is no number with a unit.
pub(super) fn number_problem(text: &str, span: Range<usize>) -> Problem {
    Problem {
        code: "WF004",
        span,
        message: format!("`{}` is no number with a unit", shortened(text)),
        expected: "ms s m h d w, km metres, km/h m/s, B kB … GiB".to_owned(),
        help: number_help(text),
    }
}

/// A word of any length, cut for a message.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN_MAX: usize = 80;
    let mut shown: String = text.chars().take(SHOWN_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn number_help(text: &str) -> String {
    let (number, unit) = literal::split_unit(text);
    if number.matches('.').count() > 1 {
        return format!("an address is written `ip(\"{}\")`", shortened(number));
    }
    if unit.starts_with(|c: char| c.is_ascii_lowercase()) && unit.contains(|c: char| c.is_ascii_digit()) {
        return "one number and one unit: `90m`, not `1h30m`".to_owned();
    }
    let meant =
        QUANTITY_UNITS.iter().find(|known| known.word().eq_ignore_ascii_case(unit) && known.word() != unit);
    if let Some(meant) = meant {
        return format!("did you mean `{} {}`", shortened(number), meant.word());
    }
    let fits =
        unit.is_empty() || DurationUnit::from_word(unit).is_some() || QuantityUnit::from_word(unit).is_some();
    if fits && text != number {
        return "the number is too large".to_owned();
    }
    if fits {
        return "at most 64 bits and 6 digits after the dot; a time needs a unit: `10s`".to_owned();
    }
    "`m` is minutes, write `50 metres`".to_owned()
}

fn suggested_name(name: &str) -> String {
    let lower = name.chars().flat_map(char::to_lowercase);
    let clean = lower.map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' });
    let name: String = clean.collect();
    let name: String = name.trim_start_matches('_').chars().take(NAME_LEN_MAX).collect();
    match name.chars().next() {
        None => "name".to_owned(),
        Some(c) if c.is_ascii_digit() => format!("n{}", &name[..name.len().min(NAME_LEN_MAX - 1)]),
        Some(_) => name,
    }
}

fn is_name(word: &str) -> bool {
    let clean = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    word.len() <= NAME_LEN_MAX
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(clean)
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut problems = Problems::default();
        let lexed = lex(text, &mut problems);
        let mut parts: Vec<String> = Vec::new();
        for token in &lexed.tokens {
            let kind = match token.kind {
                Kind::End => continue,
                Kind::Sign(_) => String::new(),
                kind => format!("{kind:?} "),
            };
            parts.push(format!("{kind}{}", &text[token.span()]));
        }
        for problem in problems.into_sorted() {
            parts.push(format!("{} {:?}", problem.code, &text[problem.span]));
        }
        parts.join(" | ")
    }

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(shown(text), expect);
    }

    #[test]
    fn takes_the_longer_of_two() {
        check(
            "10 10s 10ms 2m/s 2m /s",
            "Number 10 | Duration 10s | Duration 10ms | Quantity 2m/s | Duration 2m | / | Name s",
        );
        check("5 km/h 5 km/x 5 metres", "Quantity 5 km/h | Quantity 5 km | / | Name x | Quantity 5 metres");
        check("5  km", "Number 5 | Name km");
        check("3 Bytes", "Number 3 | BadName Bytes | WF005 \"Bytes\"");
        check("a<=b != c", "Name a | <= | Name b | != | Name c");
        check("1.x 1.5", "Number 1 | . | Name x | Number 1.5");
    }

    #[test]
    fn reports_a_bad_number_once() {
        check("90min", "BadNumber 90min | WF004 \"90min\"");
        check("1h30m", "BadNumber 1h30m | WF004 \"1h30m\"");
        check("10.0.0.5", "BadNumber 10.0.0.5 | WF004 \"10.0.0.5\"");
        check("5 KB", "BadNumber 5 KB | WF004 \"5 KB\"");
        check("0.1234567", "BadNumber 0.1234567 | WF004 \"0.1234567\"");
        check("10µs", "BadNumber 10µs | WF004 \"10µs\"");
    }

    #[test]
    fn reports_bad_names() {
        check(
            "Door _x élan @X",
            "BadName Door | BadName _x | BadName élan | List @X | WF005 \"Door\" | WF005 \"_x\" | WF005 \"élan\" | WF005 \"@X\"",
        );
        let long = "a".repeat(65);
        check(&long, &format!("BadName {long} | WF005 {long:?}"));
    }

    #[test]
    fn ends_text_with_its_line() {
        check("\"ab\ncd", "Text \"ab | Name cd | WF002 \"\\\"ab\"");
        check("'a\\' 'b", "Text 'a\\' | Text 'b | WF002 \"'b\"");
        check(r#""a\qb""#, "Text \"a\\qb\" | WF003 \"\\\\q\"");
        check("\"a\\\n", "Text \"a\\ | WF002 \"\\\"a\\\\\"");
    }

    #[test]
    fn takes_rubbish_as_one() {
        check("a ;;; b == c", "Name a | Unknown ;;; | Name b | == | Name c | WF001 \"==\"");
        check("!", "Unknown !");
    }
}

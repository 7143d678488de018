//! Reads a rule file: bytes in, tree and all errors of form out.
//!
//! Recursive descent with one token of look-ahead, two where a name may be a label or a call. After an error
//! it goes on at the next clause, line or declaration, so that one file reports many errors and one mistake
//! only one. Meaning is not its work: a class that does not exist parses.
//!
//! The parser owns the cursor and the errors; `decl`, `clause`, `step`, `cond` and `test` are its grammar by
//! parts.

mod clause;
mod cond;
mod decl;
mod step;
mod test;
mod value;

use std::ops::Range;

use event::diagnostic::{Diagnostic, nearest};

use super::form;
use super::lexer::{self, Kind, Sign, Token};
use super::problem::{self, Problem, Problems};
use super::tree::{Decl, File, Spanned};

/// Larger files are an error.
pub const FILE_BYTES_MAX: usize = 4 << 20;

/// Deeper brackets are an error.
const DEPTH_MAX: usize = 64;

/// Reads `bytes`, the content of the file that the user calls `file_name`. The tree is what could be read;
/// with no diagnostics it is the whole file.
pub fn parse(file_name: &str, bytes: &[u8]) -> (File, Vec<Diagnostic>) {
    let text = match readable(bytes) {
        Ok(text) => text,
        Err(problem) => return (File::default(), problem::into_diagnostics(vec![problem], file_name, "")),
    };
    let mut problems = Problems::default();
    let lexed = lexer::lex(text, &mut problems);
    let mut parser = Parser::new(text, &lexed.tokens, &mut problems);
    let mut file = File { decls: parser.decls(), comments: lexed.comments };
    let problems = problems.into_sorted();
    mark_incomplete(&mut file, &problems);
    let mut all = form::check(&file);
    all.extend(problems);
    all.sort_by_key(|problem| problem.span.start);
    (file, problem::into_diagnostics(all, file_name, text))
}

fn readable(bytes: &[u8]) -> Result<&str, Problem> {
    let unreadable = |span: Range<usize>, message: &str| Problem {
        code: "WF009",
        span,
        message: message.to_owned(),
        expected: "UTF-8 without BOM".to_owned(),
        help: "split the file".to_owned(),
    };
    if bytes.len() > FILE_BYTES_MAX {
        return Err(unreadable(0..0, "file is larger than 4 MiB"));
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        let problem = unreadable(0..3, "file begins with a byte order mark");
        return Err(Problem { help: "save it without".to_owned(), ..problem });
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let line = bytes[..at].iter().filter(|&&b| b == b'\n').count() + 1;
        let problem = unreadable(at..at, "file is not UTF-8");
        Problem { help: format!("line {line}, byte {at}: save the file as UTF-8"), ..problem }
    })
}

/// A declaration with a problem inside is not complete, whatever the parser made of it.
fn mark_incomplete(file: &mut File, problems: &[Problem]) {
    for decl in &mut file.decls {
        let from = problems.partition_point(|problem| problem.span.start < decl.span.start);
        let sound = problems.get(from).is_none_or(|problem| problem.span.start > decl.span.end);
        match &mut decl.node {
            Decl::Rule(rule) => rule.complete &= sound,
            Decl::State(state) => state.complete &= sound,
            Decl::World(world) => world.complete &= sound,
            Decl::Test(test) => test.complete &= sound,
            Decl::Param(_) => {}
        }
    }
}

/// An error that has been reported: whoever gets it resynchronises.
#[derive(Debug)]
struct Failed;

type Parse<T> = Result<T, Failed>;

/// What could have stood where the cursor is.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    Word(&'static str),
    Sign(Sign),
    /// Something with a name of its own: "a class".
    Thing(&'static str),
    /// One of several words, called "a clause", or by themselves if the name is empty.
    OneOf(&'static [&'static str], &'static str),
}

/// What a run of repeated parts looks like, for going on after an error in it.
#[derive(Clone, Copy)]
struct Block<'a> {
    /// Whether a part of this block begins at the cursor.
    restarts: fn(&Parser<'a>) -> bool,
    /// Whether what stands at the cursor belongs to the outer block, so that the `}` must be missing.
    leaves: fn(&Parser<'a>) -> bool,
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    problems: &'a mut Problems,
    /// What was looked for at the cursor and not found.
    wanted: Vec<Wanted>,
    /// The form of the clause that is being read.
    form: &'static str,
    depth: usize,
    /// The token that the last error was about: one is enough.
    failed_at: Option<usize>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, tokens: &'a [Token], problems: &'a mut Problems) -> Self {
        assert!(tokens.last().is_some_and(|token| token.kind == Kind::End));
        Parser {
            text,
            tokens,
            at: 0,
            problems,
            wanted: Vec::new(),
            form: form::FILE,
            depth: 0,
            failed_at: None,
        }
    }

    // The cursor.

    fn peek(&self) -> Token {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Token {
        let last = self.tokens.len() - 1;
        self.tokens[(self.at + ahead).min(last)]
    }

    fn kind_at(&self, ahead: usize) -> Kind {
        self.peek_at(ahead).kind
    }

    fn at_end(&self) -> bool {
        self.peek().kind == Kind::End
    }

    fn bump(&mut self) -> Token {
        let token = self.peek();
        if token.kind != Kind::End {
            self.at += 1;
        }
        self.wanted.clear();
        token
    }

    /// Where the next token starts.
    fn start(&self) -> usize {
        self.peek().span().start
    }

    /// From `start` to the end of the last token taken.
    fn span_from(&self, start: usize) -> Range<usize> {
        let end = self.at.checked_sub(1).map_or(start, |last| self.tokens[last].span().end);
        start..end.max(start)
    }

    fn spanned<T>(&self, start: usize, node: T) -> Spanned<T> {
        Spanned::new(node, self.span_from(start))
    }

    fn text_of(&self, token: Token) -> &'a str {
        &self.text[token.span()]
    }

    // Questions.

    fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        let token = self.peek_at(ahead);
        match token.kind {
            Kind::Name => self.text_of(token) == word,
            // `When` was reported as no name; that it was meant as `when` need not be reported again.
            Kind::BadName => self.text_of(token).eq_ignore_ascii_case(word),
            _ => false,
        }
    }

    fn is_name_at(&self, ahead: usize) -> bool {
        matches!(self.kind_at(ahead), Kind::Name | Kind::BadName)
    }

    fn is_sign_at(&self, ahead: usize, sign: Sign) -> bool {
        self.kind_at(ahead) == Kind::Sign(sign)
    }

    // Steps that remember what they looked for.

    fn see_word(&mut self, word: &'static str) -> bool {
        let seen = self.is_word_at(0, word);
        if !seen {
            self.wanted.push(Wanted::Word(word));
        }
        seen
    }

    fn see_sign(&mut self, sign: Sign) -> bool {
        let seen = self.is_sign_at(0, sign);
        if !seen {
            self.wanted.push(Wanted::Sign(sign));
        }
        seen
    }

    fn eat_word(&mut self, word: &'static str) -> bool {
        let seen = self.see_word(word);
        if seen {
            self.bump();
        }
        seen
    }

    fn eat_sign(&mut self, sign: Sign) -> bool {
        let seen = self.see_sign(sign);
        if seen {
            self.bump();
        }
        seen
    }

    fn expect_word(&mut self, word: &'static str) -> Parse<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.fail()) }
    }

    fn expect_sign(&mut self, sign: Sign) -> Parse<()> {
        if self.eat_sign(sign) { Ok(()) } else { Err(self.fail()) }
    }

    /// One of a closed set of words.
    fn expect_one<T: Copy>(
        &mut self,
        words: &'static [&'static str],
        value: fn(&str) -> Option<T>,
    ) -> Parse<Spanned<T>> {
        let start = self.start();
        let word = words.iter().find(|word| self.is_word_at(0, word));
        let Some(value) = word.and_then(|word| value(word)) else {
            return Err(self.fail_wanting(Wanted::OneOf(words, "")));
        };
        self.bump();
        Ok(self.spanned(start, value))
    }

    // Runs of parts.

    /// `first {"," more}`
    fn comma_separated<T>(&mut self, mut part: impl FnMut(&mut Self) -> Parse<T>) -> Parse<Vec<T>> {
        let mut parts = vec![part(self)?];
        while self.eat_sign(Sign::Comma) {
            parts.push(part(self)?);
        }
        Ok(parts)
    }

    /// Parts up to the `}` (taken too), going on at the next part after an error.
    fn block<T>(&mut self, block: Block<'a>, mut part: impl FnMut(&mut Self) -> Parse<T>) -> Vec<Spanned<T>> {
        let mut parts = Vec::new();
        loop {
            if self.is_sign_at(0, Sign::BraceClose) {
                self.bump();
                return parts;
            }
            self.wanted.push(Wanted::Sign(Sign::BraceClose));
            if self.at_end() || self.begins_decl() {
                self.fail();
                return parts;
            }
            let (start, before) = (self.start(), self.at);
            match part(self) {
                Ok(node) => parts.push(self.spanned(start, node)),
                Err(Failed) => {
                    if !self.resync(block, before) {
                        return parts;
                    }
                }
            }
        }
    }

    /// A block that must have a part.
    fn full_block<T>(
        &mut self,
        block: Block<'a>,
        mut part: impl FnMut(&mut Self) -> Parse<T>,
    ) -> Vec<Spanned<T>> {
        if self.is_sign_at(0, Sign::BraceClose) {
            // Looking for a part reports that there is none.
            let _reported = part(self);
        }
        self.block(block, part)
    }

    /// Skips to where the block can go on; false if it seems to be left.
    fn resync(&mut self, block: Block<'a>, before: usize) -> bool {
        let mut depth = 0_usize;
        loop {
            if self.at_end() || self.begins_decl() {
                return true;
            }
            match self.kind_at(0) {
                Kind::Sign(Sign::BraceClose) if depth == 0 => return true,
                Kind::Sign(Sign::BraceClose) => depth -= 1,
                Kind::Sign(Sign::BraceOpen) => depth += 1,
                _ if depth > 0 => {}
                _ if self.at > before && (block.restarts)(self) => return true,
                _ if (block.leaves)(self) => return false,
                _ => {}
            }
            self.bump();
        }
    }

    /// Runs `part` one level deeper.
    fn nested<T>(&mut self, part: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.depth == DEPTH_MAX {
            let message = format!("{} cannot stand here", self.shown());
            let expected = format!("at most {DEPTH_MAX} brackets or `not` in one another");
            let span = self.peek().span();
            self.report("WF001", span, message, expected, "use two rules".to_owned());
            return Err(Failed);
        }
        self.depth += 1;
        let result = part(self);
        self.depth -= 1;
        result
    }

    // Errors.

    fn fail_wanting(&mut self, wanted: Wanted) -> Failed {
        self.wanted.push(wanted);
        self.fail()
    }

    /// Reports that the token at the cursor is none of what was looked for.
    fn fail(&mut self) -> Failed {
        let token = self.peek();
        // The lexer has reported the first two, and what an open text has swallowed is missing after it.
        let reported = matches!(token.kind, Kind::BadName | Kind::BadNumber) || self.after_open_text();
        if !reported && self.failed_at != Some(self.at) {
            let message = format!("{} cannot stand here", self.shown());
            let expected = expected(&self.wanted);
            let help = self.help();
            self.report("WF001", token.span(), message, expected, help);
            self.failed_at = Some(self.at);
        }
        Failed
    }

    fn report(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: String,
        expected: String,
        help: String,
    ) {
        self.problems.push(Problem { code, span, message, expected, help });
    }

    fn after_open_text(&self) -> bool {
        let Some(before) = self.at.checked_sub(1).map(|last| self.tokens[last]) else { return false };
        let text = self.text_of(before);
        before.kind == Kind::Text && (text.len() < 2 || text.chars().next() != text.chars().next_back())
    }

    /// The token at the cursor as a message shows it.
    fn shown(&self) -> String {
        let token = self.peek();
        match token.kind {
            Kind::End => "the end of the file".to_owned(),
            _ => format!("`{}`", lexer::shortened(self.text_of(token))),
        }
    }

    fn help(&self) -> String {
        match self.meant() {
            Some(word) => format!("did you mean `{word}`: {}", self.form),
            None => self.form.to_owned(),
        }
    }

    /// The keyword that the word at the cursor may have been meant as.
    fn meant(&self) -> Option<&'static str> {
        let token = self.peek();
        let word = self.text_of(token);
        // A word of the language is no slip of the pen, and of two letters everything is near.
        if token.kind != Kind::Name || word.len() < 3 || matches!(word, "and" | "not") {
            return None;
        }
        let words = self.wanted.iter().flat_map(|wanted| match wanted {
            Wanted::Word(word) => std::slice::from_ref(word),
            Wanted::OneOf(words, _) => words,
            Wanted::Sign(_) | Wanted::Thing(_) => &[],
        });
        nearest(word, words.copied())
    }
}

/// What may follow, in words: each once, in the order in which it was looked for.
fn expected(wanted: &[Wanted]) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: String| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    for wanted in wanted {
        match wanted {
            Wanted::Word(word) => add(format!("`{word}`")),
            Wanted::Sign(sign) => add(format!("`{}`", sign.text())),
            Wanted::OneOf(words, "") => words.iter().for_each(|word| add(format!("`{word}`"))),
            Wanted::Thing(name) | Wanted::OneOf(_, name) => add((*name).to_owned()),
        }
    }
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

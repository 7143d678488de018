//! One pass over a message: wanted values are given away where they stand, everything else is checked and skipped.
//!
//! It accepts what `serde_json` accepts, and the bounds hold on the way. It says only *that* a message is refused; why is
//! found out by reading once more (`reason`), because refused messages are few.

use super::wanted::{Key, Node, Wanted};
use super::{DEPTH_MAX, Json, MEMBERS_MAX, STRING_BYTES_MAX, number, text};
use std::borrow::Cow;

/// The message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop;

/// What a step of the scan gives.
pub(super) type Scanned<T> = Result<T, Stop>;

/// A place in a message, and who takes what is wanted of it.
struct Scanner<'w, 'a, P> {
    wanted: &'w Wanted,
    text: &'a str,
    at: usize,
    depth: usize,
    members: usize,
    put: P,
}

/// A string between its quotes.
#[derive(Clone, Copy)]
struct Quoted {
    start: usize,
    end: usize,
    has_escapes: bool,
}

/// Reads a whole message; `put` gets each wanted value with its slot, of a repeated key each.
pub(super) fn scan<'a>(wanted: &Wanted, text: &'a str, put: impl FnMut(usize, Json<'a>)) -> Scanned<()> {
    let mut scanner = Scanner { wanted, text, at: 0, depth: 0, members: 0, put };
    scanner.value(Some(wanted.root()))?;
    match scanner.past_blanks() {
        None => Ok(()),
        Some(_) => Err(Stop),
    }
}

impl<'w, 'a, P: FnMut(usize, Json<'a>)> Scanner<'w, 'a, P> {
    /// One value; without a node nobody wants it or anything in it.
    #[inline(always)]
    fn value(&mut self, node: Option<&'w Node>) -> Scanned<()> {
        let first = self.past_blanks().ok_or(Stop)?;
        let start = self.at;
        match node {
            Some(node) if node.is_raw() => {
                self.value_from(first, Some(node).filter(|node| node.goes_on()))?;
                self.give(node, Json::Raw(&self.text[start..self.at]));
                Ok(())
            }
            _ => self.value_from(first, node),
        }
    }

    #[inline(always)]
    fn value_from(&mut self, first: u8, node: Option<&'w Node>) -> Scanned<()> {
        match first {
            b'"' => self.string(node),
            b'{' => self.object(node),
            b'[' => self.array(node),
            b'-' | b'0'..=b'9' => self.number(node),
            b't' => self.word("true", Json::Bool(true), node),
            b'f' => self.word("false", Json::Bool(false), node),
            b'n' => self.word("null", Json::Null, node),
            _ => Err(Stop),
        }
    }

    fn object(&mut self, node: Option<&'w Node>) -> Scanned<()> {
        if self.enters(b'}')? {
            return Ok(());
        }
        loop {
            let child = self.key(node)?;
            if self.past_blanks() != Some(b':') {
                return Err(Stop);
            }
            self.at += 1;
            self.value(child)?;
            if self.ends(b'}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, node: Option<&'w Node>) -> Scanned<()> {
        let node = node.filter(|node| node.goes_on());
        if self.enters(b']')? {
            return Ok(());
        }
        let mut index = 0;
        loop {
            self.value(node.and_then(|node| self.wanted.element(node, index)))?;
            index += 1;
            if self.ends(b']')? {
                return Ok(());
            }
        }
    }

    /// Steps into an object or array; true if it is empty and already over.
    fn enters(&mut self, close: u8) -> Scanned<bool> {
        self.at += 1;
        if self.depth == DEPTH_MAX {
            return Err(Stop);
        }
        if self.past_blanks() == Some(close) {
            self.at += 1;
            return Ok(true);
        }
        self.depth += 1;
        Ok(false)
    }

    /// Steps behind a member; true if it was the last.
    #[inline(always)]
    fn ends(&mut self, close: u8) -> Scanned<bool> {
        let byte = self.past_blanks().ok_or(Stop)?;
        self.at += 1;
        if byte == close {
            self.depth -= 1;
            return Ok(true);
        }
        self.members += 1;
        if byte == b',' && self.members < MEMBERS_MAX { Ok(false) } else { Err(Stop) }
    }

    /// The key that comes next, and where it leads.
    #[inline(always)]
    fn key(&mut self, node: Option<&'w Node>) -> Scanned<Option<&'w Node>> {
        if self.past_blanks() != Some(b'"') {
            return Err(Stop);
        }
        let key = self.quoted()?;
        let Some(node) = node else { return Ok(None) };
        if key.has_escapes {
            return Ok(self.wanted.child(node, Key::of(&self.unescaped(key)?)));
        }
        let bytes = &self.text.as_bytes()[key.start..];
        Ok(self.wanted.child(node, Key::at_start_of(bytes, key.end - key.start)))
    }

    #[inline(always)]
    fn string(&mut self, node: Option<&'w Node>) -> Scanned<()> {
        let quoted = self.quoted()?;
        let Some(node) = node else { return Ok(()) };
        let text = match quoted.has_escapes {
            false => Cow::Borrowed(&self.text[quoted.start..quoted.end]),
            true => Cow::Owned(self.unescaped(quoted)?),
        };
        self.give(node, Json::Text(text));
        Ok(())
    }

    /// The string whose quote comes next; afterwards the place is behind it.
    #[inline(always)]
    fn quoted(&mut self) -> Scanned<Quoted> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let end = start + text::plain_len(&bytes[start..]);
        if bytes.get(end) == Some(&b'"') && end - start < STRING_BYTES_MAX {
            self.at = end + 1;
            return Ok(Quoted { start, end, has_escapes: false });
        }
        self.quoted_with_escapes(start, end)
    }

    /// The same of a string that is plain up to `at`.
    #[cold]
    fn quoted_with_escapes(&mut self, start: usize, mut at: usize) -> Scanned<Quoted> {
        let bytes = self.text.as_bytes();
        while bytes.get(at) == Some(&b'\\') {
            at = text::past_escape(bytes, at)?;
            at += text::plain_len(&bytes[at..]);
        }
        if bytes.get(at) != Some(&b'"') || at - start >= STRING_BYTES_MAX {
            return Err(Stop);
        }
        self.at = at + 1;
        Ok(Quoted { start, end: at, has_escapes: true })
    }

    /// What a string with escapes says; halves of surrogate pairs are refused.
    #[cold]
    fn unescaped(&self, quoted: Quoted) -> Scanned<String> {
        serde_json::from_str(&self.text[quoted.start - 1..=quoted.end]).map_err(|_| Stop)
    }

    #[inline(always)]
    fn number(&mut self, node: Option<&'w Node>) -> Scanned<()> {
        let rest = &self.text[self.at..];
        let Some(node) = node else {
            self.at += number::len(rest.as_bytes())?;
            return Ok(());
        };
        let (number, len) = number::read(rest)?;
        self.at += len;
        self.give(node, number);
        Ok(())
    }

    fn word(&mut self, word: &str, value: Json<'a>, node: Option<&'w Node>) -> Scanned<()> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(Stop);
        }
        self.at += word.len();
        if let Some(node) = node {
            self.give(node, value);
        }
        Ok(())
    }

    #[inline(always)]
    fn give(&mut self, node: &Node, value: Json<'a>) {
        if let Some(slot) = node.slot() {
            (self.put)(slot, value);
        }
    }

    /// The next byte that is no blank; the place is there.
    #[inline(always)]
    fn past_blanks(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }
}

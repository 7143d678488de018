//! The text of a batch: one arena, tidied and folded once, each piece with its symbol.
//!
//! Records of one sender say the same few texts again and again (its name, a signature, a door). Such a text is found
//! where it already stands, so it is neither looked at by character nor hashed nor kept twice. What is remembered decides
//! nothing but the place of a text in the arena; it is forgotten with it, and no snapshot has it.

use crate::symbol::{Symbol, SymbolKey, lower, tidy};

/// A piece of the arena with its symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    pub symbol: Symbol,
    pub start: u32,
    pub len: u32,
}

/// Whether a text keeps its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Lower,
    Keep,
}

/// Texts one behind the other.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    symbols: SymbolKey,
    arena: String,
    /// Pieces by the place that their text has here; nothing until the first is made.
    recent: Vec<Recent>,
}

/// A piece that may come again; of length 0 if there is none.
#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    piece: Piece,
    ends: Ends,
    has_upper: bool,
}

/// A text's first and last eight bytes; of a shorter one all of it and its length. They are all that a text of up to 16
/// bytes has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ends {
    first: u64,
    last: u64,
}

/// Places for texts that may come again.
const RECENT: usize = 128;
/// Longer texts seldom come again.
const RECENT_BYTES_MAX: usize = 64;

impl Piece {
    pub(crate) fn of(self, arena: &str) -> &str {
        &arena[self.start as usize..(self.start + self.len) as usize]
    }
}

impl Texts {
    pub(crate) fn new(symbols: SymbolKey) -> Self {
        Texts::of_arena(symbols, String::new())
    }

    /// Texts that were read back.
    pub(crate) fn of_arena(symbols: SymbolKey, arena: String) -> Self {
        Texts { symbols, arena, recent: Vec::new() }
    }

    pub(crate) fn symbols(&self) -> SymbolKey {
        self.symbols
    }

    pub(crate) fn arena(&self) -> &str {
        &self.arena
    }

    pub(crate) fn into_arena(self) -> String {
        self.arena
    }

    /// Keeps the first `len` bytes and the memory.
    pub(crate) fn truncate(&mut self, len: usize) {
        if len < self.arena.len() {
            self.arena.truncate(len);
            self.recent.fill(Recent::default());
        }
    }

    /// A copy of a piece of another arena.
    pub(crate) fn copy(&mut self, piece: Piece, from: &str) -> Piece {
        let start = self.arena.len() as u32;
        self.arena.push_str(piece.of(from));
        Piece { start, ..piece }
    }

    /// The piece of a text, tidied and folded; none of an empty one.
    pub(crate) fn add(&mut self, text: &str, fold: Fold) -> Option<Piece> {
        let ends = (text.len() <= RECENT_BYTES_MAX).then(|| Ends::of(text.as_bytes()));
        if let Some(known) = ends.and_then(|ends| self.known(ends, text, fold)) {
            return Some(known);
        }
        let Some(has_upper) = plain(text.as_bytes()) else { return self.add_odd(text, fold) };
        let has_upper = has_upper && fold == Fold::Keep;
        let start = self.arena.len();
        self.arena.push_str(text);
        if fold == Fold::Lower {
            self.arena[start..].make_ascii_lowercase();
        }
        let kept = &self.arena[start..];
        let symbol = if has_upper { self.symbols.symbol(kept) } else { self.symbols.symbol_of_folded(kept) };
        let piece = Piece { symbol, start: start as u32, len: text.len() as u32 };
        if let Some(ends) = ends {
            if self.recent.is_empty() {
                self.recent.resize(RECENT, Recent::default());
            }
            let ends_kept = Ends::of(piece.of(&self.arena).as_bytes());
            self.recent[ends.place(text.len())] = Recent { piece, ends: ends_kept, has_upper };
        }
        Some(piece)
    }

    /// The piece of a text that is there already. One without capitals serves every spelling that is to be folded.
    #[inline]
    fn known(&self, ends: Ends, text: &str, fold: Fold) -> Option<Piece> {
        let recent = self.recent.get(ends.place(text.len()))?;
        if recent.piece.len as usize != text.len() {
            return None;
        }
        let kept = || recent.piece.of(&self.arena);
        let equal = recent.ends == ends && (text.len() <= 16 || kept() == text);
        let same = match fold {
            Fold::Keep => equal,
            Fold::Lower => !recent.has_upper && (equal || kept().eq_ignore_ascii_case(text)),
        };
        (same && !text.is_empty()).then_some(recent.piece)
    }

    /// A text that is not plain ASCII, or has blanks to be tidied.
    #[cold]
    fn add_odd(&mut self, text: &str, fold: Fold) -> Option<Piece> {
        let text = tidy(text);
        if text.is_empty() {
            return None;
        }
        let start = self.arena.len() as u32;
        match fold {
            Fold::Lower => self.arena.push_str(&lower(&text)),
            Fold::Keep => self.arena.push_str(&text),
        }
        let kept = &self.arena[start as usize..];
        Some(Piece { symbol: self.symbols.symbol(kept), start, len: kept.len() as u32 })
    }
}

impl Ends {
    #[inline]
    fn of(text: &[u8]) -> Ends {
        match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
            (Some(first), Some(last)) => {
                Ends { first: u64::from_le_bytes(*first), last: u64::from_le_bytes(*last) }
            }
            _ => Ends { first: padded(text), last: text.len() as u64 },
        }
    }

    /// Where a text of these ends and this length is remembered, whatever its case.
    #[inline]
    fn place(self, len: usize) -> usize {
        const CASE: u64 = u64::from_le_bytes([0x20; 8]);
        let first = (self.first | CASE).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (first ^ (self.last | CASE).wrapping_add(len as u64)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        (mixed >> (u64::BITS - RECENT.ilog2())) as usize
    }
}

/// Whether a text stays as it is when it is tidied, and if so whether it has capitals. Only ASCII is plain.
fn plain(text: &[u8]) -> Option<bool> {
    let (Some(first), Some(last)) = (text.first(), text.last()) else { return None };
    if *first == b' ' || *last == b' ' {
        return None;
    }
    let (words, rest) = text.as_chunks::<8>();
    let mut seen = Seen::default();
    for word in words {
        seen.add(u64::from_le_bytes(*word));
    }
    if !rest.is_empty() {
        seen.add(padded(rest));
    }
    (seen.odd & HIGHS == 0).then_some(seen.upper & HIGHS != 0)
}

/// Fewer than eight bytes as a number; what is missing is zero.
#[inline]
fn padded(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

/// What the bytes of a text so far had among them, eight at a time, in the high bit of each.
#[derive(Default)]
struct Seen {
    odd: u64,
    upper: u64,
    /// The last byte was a blank.
    blank: u64,
}

impl Seen {
    /// Right for ASCII, whose bytes leave no carry; bytes that are not make the whole text odd anyway.
    #[inline]
    fn add(&mut self, word: u64) {
        let at_least = |byte: u8| word.wrapping_add(ONES.wrapping_mul(u64::from(0x80 - byte)));
        let tabs = at_least(9) & !at_least(14);
        let blanks = at_least(b' ') & !at_least(b' ' + 1) & HIGHS;
        self.odd |= word | tabs | (blanks & (blanks << 8 | self.blank));
        self.upper |= at_least(b'A') & !at_least(b'Z' + 1);
        self.blank = blanks >> 56;
    }
}

crate::codec!(Piece { symbol, start, len });

#[cfg(test)]
mod tests {
    use super::*;

    /// The text and the symbol as they are when every step is taken by itself.
    fn by_steps(symbols: SymbolKey, text: &str, fold: Fold) -> (String, Symbol) {
        let tidied = tidy(text);
        let kept = if fold == Fold::Lower { lower(&tidied).into_owned() } else { tidied.into_owned() };
        let symbol = symbols.symbol(&kept);
        (kept, symbol)
    }

    #[track_caller]
    fn check(texts: &mut Texts, text: &str, fold: Fold) {
        let piece = texts.add(text, fold);
        let (kept, symbol) = by_steps(texts.symbols(), text, fold);
        let found = piece.map(|piece| (piece.of(texts.arena()).to_owned(), piece.symbol));
        assert_eq!(found, (!kept.is_empty()).then_some((kept, symbol)), "{text:?} {fold:?}");
    }

    #[test]
    fn the_short_way_is_the_long_way() {
        let words = [
            "", "a", "A", "door-1", "DOOR-1", "Door 1", "seven b", "eight by", "É", "é", "e\u{301}", "K",
            "\u{212a}",
        ];
        let joints = ["", " ", "  ", "\t", "\u{b}", "\u{1c}", "\u{a0}", "-"];
        let mut texts = Texts::new(SymbolKey::derive(b"harbour"));
        let pairs = || words.iter().flat_map(|a| words.map(|b| (*a, b)));
        for (joint, (a, b)) in
            joints.iter().chain(&joints).flat_map(|joint| pairs().map(move |pair| (joint, pair)))
        {
            for fold in [Fold::Keep, Fold::Lower, Fold::Keep] {
                check(&mut texts, &format!("{a}{joint}{b}"), fold);
                check(&mut texts, &format!("{joint}{a}{joint}{b} Port of Rotterdam{joint}"), fold);
            }
        }
    }

    #[test]
    fn every_byte_at_every_place() {
        for (byte, at) in (0..0x80u8).flat_map(|byte| (0..20).map(move |at| (byte, at))) {
            let mut text = *b"abcdefghijklmnopqrst";
            text[at] = byte;
            let text = std::str::from_utf8(&text).expect("ASCII");
            let expect = (tidy(text) == text).then(|| byte.is_ascii_uppercase());
            assert_eq!(plain(text.as_bytes()), expect, "{byte} at {at}");
        }
    }

    #[test]
    fn a_text_stands_once_until_it_is_taken_back() {
        let mut texts = Texts::new(SymbolKey::derive(b"harbour"));
        let first = texts.add("Door 1", Fold::Lower);
        assert_eq!((texts.add("door 1", Fold::Keep), texts.add("DOOR 1", Fold::Lower)), (first, first));
        assert_ne!(texts.add("Door 1", Fold::Keep), first);
        texts.truncate(0);
        assert_eq!(texts.add("door 2", Fold::Keep).map(|piece| piece.start), Some(0));
        check(&mut texts, "door 1", Fold::Keep);
    }
}

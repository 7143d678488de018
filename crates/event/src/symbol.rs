//! Symbols: a text as one 64-bit number, equal on every thread and instance, without an interner.
//!
//! A symbol is SipHash-1-3 of the case-folded text under the namespace's secret key: names come from attackers, so the
//! hash has to be keyed. Symbols make keys and comparisons cheap; nothing that leaves the engine depends on them.

use siphasher::sip::SipHasher13;
use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A text, as a number. Two texts that differ only in case have the same symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u64);

/// The secret key of a namespace's symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SymbolKey {
    high: u64,
    low: u64,
}

impl SymbolKey {
    /// From a secret of any length (the configured file, or the namespace when there is none).
    pub fn derive(secret: &[u8]) -> Self {
        let hash = blake3::derive_key("watchfloor symbols 2026-11", secret);
        let word = |at: usize| {
            u64::from_le_bytes(hash[at..at + 8].try_into().expect("eight bytes of a 32-byte hash"))
        };
        SymbolKey { high: word(0), low: word(8) }
    }

    /// The symbol of `text`; case does not matter.
    pub fn symbol(&self, text: &str) -> Symbol {
        let mut folded = [0; 64];
        match folded.get_mut(..text.len()) {
            Some(folded) if text.is_ascii() => {
                folded.copy_from_slice(text.as_bytes());
                folded.make_ascii_lowercase();
                self.hash(folded)
            }
            _ => self.hash(lower(text).as_bytes()),
        }
    }

    /// The symbol of a text that is folded already.
    pub(crate) fn symbol_of_folded(&self, text: &str) -> Symbol {
        self.hash(text.as_bytes())
    }

    fn hash(&self, folded: &[u8]) -> Symbol {
        Symbol(SipHasher13::new_with_keys(self.high, self.low).hash(folded))
    }
}

/// Simple case folding of a text.
pub fn lower(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|b| b.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    // One character to one character, so that comparisons of parts of a text agree with those of the whole.
    let folded = |c: char| {
        let mut l = c.to_lowercase();
        if l.len() == 1 { l.next().unwrap_or(c) } else { c }
    };
    Cow::Owned(text.chars().map(folded).collect())
}

/// A text as events keep it: NFC, trimmed, inner blanks single (classes.md §2).
pub fn tidy(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let blank = |b: u8| b == b' ';
        let is_odd = |pair: &[u8]| blank(pair[0]) && blank(pair[1]);
        let has_other_blanks = text.bytes().any(|b| matches!(b, 9..=13));
        if !has_other_blanks && !text.as_bytes().windows(2).any(is_odd) {
            return Cow::Borrowed(text.trim_matches(' '));
        }
    }
    let plain = is_nfc_quick(text.chars()) == IsNormalized::Yes;
    let blanks_single = !text.contains("  ") && !text.contains(|c: char| c.is_whitespace() && c != ' ');
    if plain && blanks_single {
        return Cow::Borrowed(text.trim());
    }
    let composed: String = text.nfc().collect();
    Cow::Owned(composed.split_whitespace().collect::<Vec<_>>().join(" "))
}

crate::codec!(newtype Symbol);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_and_the_key_does() {
        let (a, b) = (SymbolKey::derive(b"harbour"), SymbolKey::derive(b"other"));
        assert_eq!(a.symbol("Door-1 Ä"), a.symbol("dOOR-1 ä"));
        assert_ne!(a.symbol("door-1"), a.symbol("door-2"));
        assert_ne!(a.symbol("door-1"), b.symbol("door-1"));
    }

    #[test]
    fn tidies_blanks_and_composition() {
        assert_eq!(tidy("  a \t b "), "a b");
        assert_eq!(tidy("e\u{301}"), "é");
        assert_eq!(
            (tidy(" a b "), tidy("a  b"), tidy("\u{b}a\u{a0}b")),
            ("a b".into(), "a b".into(), "a b".into())
        );
    }
}

//! Encrypted frames: AES in CBC mode with a zero vector, written in hex.
//!
//! What is encrypted begins behind the first `[` and ends with the frame: padding, `|`, and then the rest of
//! the frame as it would stand there in plain. The padding varies, so a frame that is sent again is another
//! text; what it says is the same.

use aes::cipher::{BlockCipherDecrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256, Block};
use std::collections::HashMap;
use std::fmt;

const BLOCK: usize = 16;
/// For panels whose account is not in the list.
const OTHERS: &str = "*";

/// The keys of panels by their account.
#[derive(Clone, Default)]
pub struct Keys {
    by_account: HashMap<String, Key>,
}

#[derive(Clone)]
enum Key {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

/// Never a key.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.by_account.len())
    }
}

/// What is wrong with a line of the file; it never holds the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadKey {
    /// Counted from 1.
    pub line: usize,
    /// Why it is none.
    pub what: &'static str,
}

impl Keys {
    /// One `ACCOUNT KEY` a line, `*` for all other panels; what begins with `#` is a remark. A key is 32, 48
    /// or 64 hex digits, or else the 16, 24 or 32 characters that were typed into the panel.
    ///
    /// # Errors
    /// The first line that is not so.
    pub fn parse(text: &str) -> Result<Keys, BadKey> {
        let mut by_account = HashMap::new();
        let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
        for (line, text) in lines.filter(|(_, text)| !text.is_empty() && !text.starts_with('#')) {
            let bad = |what| BadKey { line, what };
            let (account, key) =
                text.split_once(char::is_whitespace).ok_or(bad("no key behind its account"))?;
            let key = Key::of(key.trim()).ok_or(bad("a key that is not 16, 24 or 32 bytes long"))?;
            if by_account.insert(account.to_ascii_uppercase(), key).is_some() {
                return Err(bad("an account that stands above"));
            }
        }
        match by_account.is_empty() {
            true => Err(BadKey { line: 1, what: "no key" }),
            false => Ok(Keys { by_account }),
        }
    }

    /// The rest of a frame from its `[` on, in plain. `None`: no key, no hex, or the key of another panel.
    pub(super) fn open(&self, account: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let key =
            self.by_account.get(&account.to_ascii_uppercase()).or_else(|| self.by_account.get(OTHERS))?;
        let mut plain = hex(sealed).filter(|bytes| !bytes.is_empty() && bytes.len() % BLOCK == 0)?;
        key.decrypt(&mut plain);
        // A sign of life has no data, and of some senders no bar either.
        let bar = plain.iter().position(|byte| matches!(byte, b'|' | b']'))?;
        // What another key yields is noise, which has no end of a block and no time behind it.
        let closed = plain[bar..].windows(2).any(|pair| matches!(pair, b"]_" | b"][") || pair == b"]\r");
        if !closed && plain.last() != Some(&b']') {
            return None;
        }
        plain.drain(..bar + usize::from(plain[bar] == b'|'));
        plain.insert(0, b'[');
        Some(plain)
    }
}

impl Key {
    fn of(text: &str) -> Option<Key> {
        let bytes = match text.len() {
            32 | 48 | 64 => hex(text.as_bytes()),
            _ => None,
        };
        let bytes = bytes.unwrap_or_else(|| text.as_bytes().to_vec());
        let key = Aes128::new_from_slice(&bytes).map(Key::Aes128);
        let key = key.or_else(|_| Aes192::new_from_slice(&bytes).map(Key::Aes192));
        key.or_else(|_| Aes256::new_from_slice(&bytes).map(Key::Aes256)).ok()
    }

    fn decrypt(&self, bytes: &mut [u8]) {
        let mut before = [0; BLOCK];
        for chunk in bytes.chunks_exact_mut(BLOCK) {
            let Ok(sealed) = <[u8; BLOCK]>::try_from(&*chunk) else { continue };
            let mut block = Block::from(sealed);
            match self {
                Key::Aes128(key) => key.decrypt_block(&mut block),
                Key::Aes192(key) => key.decrypt_block(&mut block),
                Key::Aes256(key) => key.decrypt_block(&mut block),
            }
            for (plain, (byte, mask)) in chunk.iter_mut().zip(block.iter().zip(before)) {
                *plain = byte ^ mask;
            }
            before = sealed;
        }
    }
}

fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
    text.len()
        .is_multiple_of(2)
        .then(|| text.chunks_exact(2).map(pair).collect::<Option<Vec<u8>>>())
        .flatten()
}

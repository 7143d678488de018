//! Keys with values in text: `k=v` with quotes (firewalls), CEF extensions, LEEF attributes.
//!
//! Three ways to write the same thing, read into one list. Of a repeated key the first value counts that is
//! not empty: Check Point repeats keys for the layers of one decision, outermost first. Nothing is known here
//! about what a key means.

use crate::decoder::Refusal;
use std::borrow::Cow;

/// The most pairs of one message.
pub const PAIRS_MAX: usize = 1_000;
/// The longest key; a longer word in front of `=` is text.
const KEY_BYTES_MAX: usize = 128;

/// Keys with their values, in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Pairs<'a> {
    /// The first value of a key that is not empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(known, value)| *known == key && !value.is_empty())?;
        Some(&found.1)
    }

    /// The value of the first of these keys that has one.
    pub fn any(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Adds one behind the others.
    pub fn push(
        &mut self,
        key: impl Into<Cow<'a, str>>,
        value: impl Into<Cow<'a, str>>,
    ) -> Result<(), Refusal> {
        if self.pairs.len() >= PAIRS_MAX {
            return Err(Refusal::too_large(format!("more than {PAIRS_MAX} keys")));
        }
        self.pairs.push((key.into(), value.into()));
        Ok(())
    }

    /// The value whose label is `label`: `cs2=allow all cs2Label=Rule Name` (CEF).
    pub fn labelled(&self, label: &str) -> Option<&str> {
        self.pairs.iter().filter(|(_, value)| *value == label).find_map(|(key, _)| {
            let name = key.strip_suffix("Label")?;
            self.get(name)
        })
    }
}

/// `a=1 b="two words" c='x'`, parted by blanks, commas or semicolons. A value without quotes ends at the next
/// of them; text that is no pair is skipped.
pub fn quoted(text: &str) -> Result<Pairs<'_>, Refusal> {
    let mut pairs = Pairs::default();
    let mut rest = text;
    while let Some(equals) = rest.find('=') {
        let start = rest[..equals].rfind([' ', ',', ';', '\t', '\n']).map_or(0, |at| at + 1);
        let key = &rest[start..equals];
        let (value, behind) = value(&rest[equals + 1..]);
        if is_key(key) {
            pairs.push(key, value)?;
        }
        rest = behind;
    }
    Ok(pairs)
}

/// One value and what stands behind it. Backslashes stay as sent unless they hide a quote.
fn value(text: &str) -> (Cow<'_, str>, &str) {
    let quote = match text.as_bytes() {
        [quote @ (b'"' | b'\''), ..] => *quote,
        _ => {
            let end = text.find([' ', ',', ';', '\t', '\n', '\r']).unwrap_or(text.len());
            return (Cow::Borrowed(&text[..end]), &text[end..]);
        }
    };
    let inner = &text[1..];
    let (mut escaped, mut has_escapes) = (false, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => (escaped, has_escapes) = (true, true),
            _ if byte == quote => {
                let value = Cow::Borrowed(&inner[..at]);
                return (if has_escapes { unquoted(value, quote) } else { value }, &inner[at + 1..]);
            }
            _ => {}
        }
    }
    // Cut off, or an odd quote: what there is.
    (Cow::Borrowed(inner), "")
}

fn unquoted(value: Cow<'_, str>, quote: u8) -> Cow<'_, str> {
    Cow::Owned(
        value.replace(if quote == b'"' { "\\\"" } else { "\\'" }, if quote == b'"' { "\"" } else { "'" }),
    )
}

fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= KEY_BYTES_MAX
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'[' | b']' | b'/' | b':'))
}

/// The extension of CEF: values run to the next word that is followed by an unescaped `=`.
pub fn extension(text: &str) -> Result<Pairs<'_>, Refusal> {
    let mut pairs = Pairs::default();
    let mut last: Option<(&str, usize)> = None;
    for equals in unescaped(text, b'=') {
        let start = text[..equals].rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let key = text.get(start..equals).unwrap_or_default();
        let overlaps = last.is_some_and(|(_, value)| start < value);
        if !is_key(key) || overlaps {
            continue;
        }
        if let Some((key, from)) = last {
            pairs.push(key, plain(&text[from..start]))?;
        }
        last = Some((key, equals + 1));
    }
    if let Some((key, from)) = last {
        pairs.push(key, plain(&text[from..]))?;
    }
    Ok(pairs)
}

/// A value of CEF without the quotes that some senders put around it.
fn plain(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    for quote in ["\\\"", "\""] {
        let inner = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains('"')) {
            return unescape(inner);
        }
    }
    unescape(text)
}

/// The attributes of LEEF: parted by one character. Where a sender mixed blanks in, what follows stays a part
/// of the value.
pub fn attributes(text: &str, delimiter: char) -> Result<Pairs<'_>, Refusal> {
    parted(text, delimiter.encode_utf8(&mut [0; 4]))
}

/// The same, parted by a word.
pub fn parted<'a>(text: &'a str, delimiter: &str) -> Result<Pairs<'a>, Refusal> {
    let mut pairs = Pairs::default();
    for attribute in text.split(delimiter) {
        if let Some((key, value)) = attribute.trim().split_once('=')
            && is_key(key)
        {
            pairs.push(key, unescape(value.trim()))?;
        }
    }
    Ok(pairs)
}

/// The places of a byte that no backslash hides.
pub fn unescaped(text: &str, wanted: u8) -> impl Iterator<Item = usize> + '_ {
    let mut escaped = false;
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        let hidden = escaped;
        escaped = !hidden && byte == b'\\';
        (byte == wanted && !hidden).then_some(at)
    })
}

/// Takes off the backslashes of `\=`, `\|`, `\\`; `\n` and `\r` become line ends.
pub fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, letters.clone().next()) {
            ('\\', Some(next @ ('=' | '|' | '\\'))) => {
                plain.push(next);
                letters.next();
            }
            ('\\', Some('n' | 'r')) => {
                plain.push('\n');
                letters.next();
            }
            _ => plain.push(letter),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pairs: Result<Pairs<'_>, Refusal>, expect: &str) {
        let pairs = pairs.expect("few enough");
        let written: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}:{value}")).collect();
        assert_eq!(written.join("|"), expect);
    }

    #[test]
    fn quotes_blanks_and_commas() {
        check(quoted("a=1 b=\"two \\\"w\\\" x\" c= d='y'"), "a:1|b:two \"w\" x|c:|d:y");
        check(
            quoted("date=2018-12-27,time=14:45:26,qname=\"a, b\""),
            "date:2018-12-27|time:14:45:26|qname:a, b",
        );
        check(quoted("words before k=v and after"), "k:v");
        check(quoted("k=\"cut"), "k:cut");
        check(quoted("=x =y"), "");
    }

    #[test]
    fn values_of_cef_run_on() {
        check(
            extension("msg=a b\\=c d src=1.2.3.4 cs1Label=Rule Name cs1="),
            "msg:a b=c d|src:1.2.3.4|cs1Label:Rule Name|cs1:",
        );
        check(extension("request=http://h/?a=b&c=d dst=x"), "request:http://h/?a=b&c=d|dst:x");
        check(extension("a=C:\\\\x\\ny"), "a:C:\\x\ny");
        check(extension("no pairs"), "");
        let pairs = extension("cs2Label=Rule Name cs2=allow all").expect("few");
        assert_eq!(pairs.labelled("Rule Name"), Some("allow all"));
    }

    #[test]
    fn attributes_of_leef_are_parted_by_one_letter() {
        check(attributes("a=1\tb=x y=z\t\tc=", '\t'), "a:1|b:x y=z|c:");
        check(attributes("a=1^b=2", '^'), "a:1|b:2");
    }

    #[test]
    fn keys_are_bounded() {
        let many = "k=v ".repeat(PAIRS_MAX + 1);
        assert_eq!(quoted(&many).map_err(|refusal| refusal.reason.name()), Err("too_large"));
        assert_eq!(extension(&many).map_err(|refusal| refusal.reason.name()), Err("too_large"));
    }
}

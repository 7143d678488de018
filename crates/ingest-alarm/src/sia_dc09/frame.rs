//! The frame around a message: checksum, length, header, blocks and time.
//!
//! ```text
//! CRC  LLL id  seq R    L    account data            extended         time
//! 37070047"SIA-DCS"0038R0L0#10303117[#10303117|Nri1/BH5][X006E07.77]_13:44:48,08-17-2022
//! ```
//! Nothing is decided here: whether a wrong checksum matters, what an id means. Lengths are often decimal or
//! made up, so where a frame ends is read from its blocks; the length only helps to find what the checksum
//! was taken of.

use ingest::decoder::Refusal;
use std::borrow::Cow;

/// The longest data block that is looked at.
const DATA_BYTES_MAX: usize = 64 * 1024;
/// The most extended blocks of one frame.
const EXTENDED_MAX: usize = 32;

/// One frame, cut into its parts.
#[derive(Clone, Debug)]
pub(crate) struct Frame<'a> {
    /// `SIA-DCS`, `ADM-CID`, `NULL` …, without the star of encryption.
    pub id: &'a str,
    /// What stands in the brackets is encrypted, and so is what follows it.
    pub encrypted: bool,
    /// The sender's counter, 0 for supervision.
    pub seq: u64,
    /// Receiver number; often left out.
    pub receiver: &'a str,
    /// Line prefix.
    pub prefix: &'a str,
    /// Account, as the header says it.
    pub account: &'a str,
    /// What stands in the first brackets; while it is encrypted, the hex digits behind the first one.
    pub data: &'a [u8],
    /// Letter and value of the brackets after that.
    pub extended: Vec<(u8, &'a [u8])>,
    /// What stands behind the underscore.
    pub time: &'a [u8],
    /// The checksum is right.
    pub crc_ok: bool,
    /// The length is that of the frame, in hex as it should be.
    pub length_ok: bool,
}

/// Where the quote of the id stands; `None` if no frame begins here.
pub(crate) fn quote_of(bytes: &[u8]) -> Option<usize> {
    let hex = |part: &[u8]| part.iter().all(u8::is_ascii_hexdigit);
    let length_before = |quote: usize| hex(&bytes[quote - 4..quote]);
    let quoted = |quote: usize| bytes.get(quote) == Some(&b'"');
    // Four digits of checksum, or two raw bytes, of which line ends may have been taken for the frame's.
    if quoted(8) && hex(&bytes[..8]) {
        return Some(8);
    }
    [6, 5, 4].into_iter().find(|&quote| quoted(quote) && length_before(quote))
}

/// Reads the frame at the start of `bytes`. Returns what follows it, if that is another frame.
pub(crate) fn parse(bytes: &[u8]) -> Result<(Frame<'_>, &[u8]), Refusal> {
    let quote = quote_of(bytes).ok_or_else(|| no_frame(bytes))?;
    let mut cursor = Cursor { bytes, at: quote + 1 };
    let mut frame = header(&mut cursor)?;
    if !frame.encrypted {
        blocks(&mut cursor, &mut frame)?;
    } else if cursor.skip(b'[') {
        frame.data = cursor.take(2 * DATA_BYTES_MAX, u8::is_ascii_hexdigit).as_bytes();
    }
    let rest = &bytes[cursor.at..];
    let next =
        (0..rest.len()).find(|&at| quote_of(&rest[at..]).is_some_and(|quote| known_id(&rest[at + quote..])));
    let end = cursor.at + next.unwrap_or(rest.len());
    check(bytes, quote, end, &mut frame);
    Ok((frame, next.map_or(&[][..], |at| &rest[at..])))
}

/// The encrypted frame with what its key showed in place of it.
pub(crate) fn opened<'a>(sealed: &Frame<'a>, plain: &'a [u8]) -> Result<Frame<'a>, Refusal> {
    let mut frame = Frame { encrypted: false, data: &[], ..sealed.clone() };
    blocks(&mut Cursor { bytes: plain, at: 0 }, &mut frame)?;
    Ok(frame)
}

/// Whether a quoted id follows that DC-09 knows: what tells a frame from other text with digits and quotes.
pub(crate) fn known_id(quoted: &[u8]) -> bool {
    let Some(rest) = quoted.strip_prefix(b"\"") else { return false };
    let rest = rest.strip_prefix(b"*").unwrap_or(rest);
    ["SIA-", "ADM-CID\"", "NULL\"", "ACK\"", "NAK\"", "DUH\"", "RSP\""]
        .iter()
        .any(|id| rest.starts_with(id.as_bytes()))
}

/// CRC-16/ARC: polynomial A001 reflected, start 0.
pub(crate) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 })
    })
}

/// Text as such frames hold it: UTF-8, or else Windows-1252, which the standard prescribes.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&b| windows_1252(b)).collect()),
    }
}

fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn no_frame(bytes: &[u8]) -> Refusal {
    let begins = String::from_utf8_lossy(&bytes[..bytes.len().min(24)]);
    if bytes.len() < 9 && bytes.iter().all(u8::is_ascii_hexdigit) {
        return Refusal::truncated(format!("a frame that ends in its length: `{begins}`"));
    }
    Refusal::malformed(format!("no DC-09 frame begins with `{begins}`"))
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.rest().first() == Some(&byte);
        self.at += usize::from(found);
        found
    }

    /// ASCII characters as long as they fit, at most `max`.
    fn take(&mut self, max: usize, fits: impl Fn(&u8) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.iter().take(max).take_while(|b| b.is_ascii() && fits(b)).count();
        self.at += len;
        std::str::from_utf8(&rest[..len]).unwrap_or_default()
    }

    fn missing(&self, what: &str) -> Refusal {
        if self.rest().is_empty() {
            Refusal::truncated(format!("the frame ends before its {what}"))
        } else {
            Refusal::malformed(format!("no {what} at byte {}", self.at))
        }
    }
}

fn header<'a>(cursor: &mut Cursor<'a>) -> Result<Frame<'a>, Refusal> {
    let encrypted = cursor.skip(b'*');
    let id = cursor.take(16, |b| b.is_ascii_alphanumeric() || *b == b'-');
    if id.is_empty() || !cursor.skip(b'"') {
        return Err(cursor.missing("quoted id"));
    }
    let digits = cursor.take(6, u8::is_ascii_digit);
    let seq = digits.parse().map_err(|_| cursor.missing("sequence number"))?;
    let receiver = if cursor.skip(b'R') { cursor.take(6, u8::is_ascii_hexdigit) } else { "" };
    let prefix = if cursor.skip(b'L') { cursor.take(6, u8::is_ascii_hexdigit) } else { "" };
    let account = if cursor.skip(b'#') { cursor.take(32, u8::is_ascii_alphanumeric) } else { "" };
    Ok(Frame {
        id,
        encrypted,
        seq,
        receiver,
        prefix,
        account,
        data: &[],
        extended: Vec::new(),
        time: &[],
        crc_ok: false,
        length_ok: false,
    })
}

fn blocks<'a>(cursor: &mut Cursor<'a>, frame: &mut Frame<'a>) -> Result<(), Refusal> {
    if !cursor.skip(b'[') {
        return Err(cursor.missing("data block"));
    }
    frame.data = block(cursor)?;
    if frame.data.len() > DATA_BYTES_MAX {
        return Err(Refusal::too_large(format!("a data block of {} bytes", frame.data.len())));
    }
    while cursor.skip(b'[') {
        let extended = block(cursor)?;
        if frame.extended.len() == EXTENDED_MAX {
            return Err(Refusal::too_large(format!("more than {EXTENDED_MAX} extended blocks")));
        }
        if let [letter, value @ ..] = extended {
            frame.extended.push((*letter, value));
        }
    }
    if cursor.skip(b'_') {
        let time = cursor.take(24, |b| b.is_ascii_digit() || matches!(b, b':' | b',' | b'-'));
        frame.time = time.as_bytes();
    }
    Ok(())
}

/// The bytes up to the closing bracket. One between carets is text, unless that text never ends.
fn block<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Refusal> {
    let rest = cursor.rest();
    let mut in_text = false;
    let outside = rest.iter().position(|b| {
        in_text ^= *b == b'^';
        *b == b']' && !in_text
    });
    let end = outside.or_else(|| rest.iter().position(|b| *b == b']'));
    let end = end.ok_or_else(|| Refusal::truncated("the frame ends inside a block"))?;
    cursor.at += end + 1;
    Ok(&rest[..end])
}

/// The checksum is taken from the first quote on: to where the length says, or to the frame's end.
fn check(bytes: &[u8], quote: usize, end: usize, frame: &mut Frame<'_>) {
    let trimmed =
        bytes[..end].iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(quote, |last| last + 1);
    let sent = &bytes[..quote - 4];
    let length = std::str::from_utf8(&bytes[quote - 4..quote]).ok();
    let length = length.and_then(|hex| usize::from_str_radix(hex, 16).ok()).unwrap_or(0);
    let by_length = (quote + length).min(bytes.len());
    let matches = |end: usize| is_crc(sent, crc16(&bytes[quote..end]));
    frame.crc_ok = matches(by_length) || matches(trimmed);
    frame.length_ok = by_length == quote + length && (by_length == trimmed || matches(by_length));
}

/// Four hex digits, or two raw bytes of which those that look like line ends may be gone.
fn is_crc(sent: &[u8], computed: u16) -> bool {
    if sent.len() == 4 {
        let hex = std::str::from_utf8(sent).ok().and_then(|hex| u16::from_str_radix(hex, 16).ok());
        return hex == Some(computed);
    }
    let raw = computed.to_be_bytes();
    let (gone, kept) = raw.split_at(2 - sent.len().min(2));
    kept == sent && gone.iter().all(|b| matches!(b, 0 | b'\r' | b'\n'))
}

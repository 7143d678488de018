//! The frames of CEF and LEEF: who made the event, what it is called, and its keys.
//!
//! ```text
//! CEF:0|vendor|product|version|event|name|severity|src=… act=…
//! LEEF:2.0|vendor|product|version|event|^|src=…^act=…
//! ```
//! Both stand alone or behind a syslog header, which is read too. Relays cut `CEF:` or `LEEF:` off, write
//! `CEF: 0`, and turn the tabs of LEEF into `#011` or `\t`. What keys mean is for the decoders.

use crate::decoder::Refusal;
use crate::pairs::{self, Pairs};
use crate::syslog::{self, Line};
use crate::time::Clock;

/// How far into a line the frame may begin.
const HEADER_BYTES_MAX: usize = 512;

/// One message of either.
#[derive(Clone, Debug, Default)]
pub struct Frame<'a> {
    /// The syslog header in front; empty without.
    pub line: Line<'a>,
    /// Who made the product.
    pub vendor: &'a str,
    /// The product.
    pub product: &'a str,
    /// The maker's id of this type of event.
    pub event: &'a str,
    /// What it is called; empty in LEEF.
    pub name: &'a str,
    /// The severity as sent; empty in LEEF.
    pub severity: &'a str,
    /// Keys and values.
    pub pairs: Pairs<'a>,
}

/// The place where CEF begins, if it does.
pub fn find_cef(text: &[u8]) -> Option<usize> {
    find(text, b"CEF:").or_else(|| bare(text, &[b"0|", b"1|"], 6))
}

/// The place where LEEF begins, if it does.
pub fn find_leef(text: &[u8]) -> Option<usize> {
    find(text, b"LEEF:").or_else(|| bare(text, &[b"1.0|", b"2.0|"], 4))
}

/// The word, a number and a bar, near the start.
fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    let head = &text[..text.len().min(HEADER_BYTES_MAX)];
    memchr::memmem::find_iter(head, word).find(|at| {
        let version = head[at + word.len()..].trim_ascii_start();
        let digits = version.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        (1..=3).contains(&digits) && version.get(digits) == Some(&b'|')
    })
}

/// A frame without its first word, which only a line's start and its bars show.
fn bare(text: &[u8], versions: &[&[u8]], bars: usize) -> Option<usize> {
    let starts = versions.iter().any(|version| text.starts_with(version));
    (starts && memchr::memchr_iter(b'|', text).take(bars).count() == bars && text.contains(&b'='))
        .then_some(0)
}

/// Reads CEF.
pub fn cef<'a>(text: &'a str, clock: Clock<'_>) -> Result<Frame<'a>, Refusal> {
    let start = find_cef(text.as_bytes()).ok_or_else(|| Refusal::malformed("no `CEF:0|`"))?;
    let mut head = Head::new(&text[start..]);
    head.next();
    let mut frame = Frame { line: line(&text[..start], clock), vendor: head.next(), ..Frame::default() };
    // Check Point's exporter may leave an empty part in front of the vendor.
    if frame.vendor.is_empty() && pairs::unescaped(head.rest, b'|').take(6).count() == 6 {
        frame.vendor = head.next();
    }
    frame.product = head.next();
    head.next();
    frame.event = head.next();
    frame.name = head.next();
    frame.severity = head.next();
    if head.cut {
        return Err(Refusal::truncated("the head of CEF has less than seven parts"));
    }
    frame.pairs = pairs::extension(head.rest)?;
    Ok(frame)
}

/// Reads LEEF.
pub fn leef<'a>(text: &'a str, clock: Clock<'_>) -> Result<Frame<'a>, Refusal> {
    let start = find_leef(text.as_bytes()).ok_or_else(|| Refusal::malformed("no `LEEF:1.0|`"))?;
    let mut head = Head::new(&text[start..]);
    let is_second = head.next().ends_with("2.0");
    let (vendor, product) = (head.next(), head.next());
    head.next();
    let mut frame =
        Frame { line: line(&text[..start], clock), vendor, product, event: head.next(), ..Frame::default() };
    if head.cut {
        return Err(Refusal::truncated("the head of LEEF has less than five parts"));
    }
    let named = if is_second { delimiter(head.rest) } else { None };
    let (delimiter, rest) = named.map_or((None, head.rest), |(delimiter, rest)| (Some(delimiter), rest));
    frame.pairs = attributes(rest, delimiter)?;
    Ok(frame)
}

/// The part of LEEF 2.0 that names the delimiter: a letter, or its number as `x5E` or `0x5E`. Senders leave
/// it out.
fn delimiter(rest: &str) -> Option<(char, &str)> {
    let (part, behind) = rest.split_once('|').filter(|(part, _)| part.len() <= 6 && !part.contains('='))?;
    let number = part.strip_prefix("0x").or(part.strip_prefix('x')).filter(|digits| !digits.is_empty());
    let letter = match number {
        Some(digits) => char::from_u32(u32::from_str_radix(digits, 16).ok()?)?,
        None => part.chars().next().unwrap_or('\t'),
    };
    Some((letter, behind))
}

fn attributes(rest: &str, delimiter: Option<char>) -> Result<Pairs<'_>, Refusal> {
    let delimiter = delimiter.unwrap_or('\t');
    if rest.contains(delimiter) || delimiter != '\t' {
        return pairs::attributes(rest, delimiter);
    }
    for written in ["#011", "\\t"] {
        if rest.contains(written) {
            return pairs::parted(rest, written);
        }
    }
    pairs::extension(rest)
}

/// The header in front of a frame; a frame alone has none.
fn line<'a>(header: &'a str, clock: Clock<'_>) -> Line<'a> {
    let mut line = syslog::read(header.trim_end(), clock);
    if line.host.is_none() && line.time.is_some() {
        // Nothing follows the host here, so it was taken for the body.
        line.host = Some(line.body.trim()).filter(|host| !host.is_empty() && !host.contains([' ', ':']));
    }
    line
}

/// The parts of a head, one after the other.
struct Head<'a> {
    rest: &'a str,
    cut: bool,
}

impl<'a> Head<'a> {
    fn new(rest: &'a str) -> Self {
        Head { rest, cut: false }
    }

    fn next(&mut self) -> &'a str {
        let Some(bar) = pairs::unescaped(self.rest, b'|').next() else {
            self.cut = true;
            return "";
        };
        let part = self.rest[..bar].trim();
        self.rest = &self.rest[bar + 1..];
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Year;
    use jiff::tz::TimeZone;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let zone = TimeZone::UTC;
        let clock = Clock { zone: &zone, year: Year::Fixed(2026) };
        let read = if find_leef(text.as_bytes()).is_some() { leef(text, clock) } else { cef(text, clock) };
        let written = match read {
            Err(refusal) => refusal.reason.name().to_owned(),
            Ok(frame) => {
                let pairs: Vec<String> =
                    frame.pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
                let host = frame.line.host.unwrap_or("-");
                format!(
                    "{host}/{}/{}/{}/{}/{}: {}",
                    frame.vendor,
                    frame.product,
                    frame.event,
                    frame.name,
                    frame.severity,
                    pairs.join(",")
                )
            }
        };
        assert_eq!(written, expect, "{text}");
    }

    #[test]
    fn in_and_out_of_syslog() {
        check("CEF:0|v|p|1|e|n\\|m|5|a=b c", "-/v/p/e/n\\|m/5: a=b c");
        check("<14>Apr  7 10:10:10 hostname CEF: 0|v|p|1|e|n|5|a=b", "hostname/v/p/e/n/5: a=b");
        check("2016-04-01T09:29:11.356-0400 CEF:0|v|p|1|e|n|5|", "-/v/p/e/n/5: ");
        check("<14>1 2026-01-05T08:52:35Z gate cef - - - CEF:0|v|p|1|e|n|5|a=b", "gate/v/p/e/n/5: a=b");
        check("0|v|p|1|e|n|5|a=b", "-/v/p/e/n/5: a=b");
        check("CEF:0||v|p|1|e|n|5|a=b", "-/v/p/e/n/5: a=b");
        check("CEF:0|v|p", "truncated");
    }

    #[test]
    fn leef_with_every_delimiter() {
        check("LEEF:1.0|v|p|1|e|a=1\tb=2 3", "-/v/p/e//: a=1,b=2 3");
        check("LEEF:2.0|v|p|1|e|^|a=1^b=2", "-/v/p/e//: a=1,b=2");
        check("LEEF:2.0|v|p|1|e|0x7C|a=1|b=2", "-/v/p/e//: a=1,b=2");
        check("LEEF:2.0|v|p|1|e|a=1\tb=2", "-/v/p/e//: a=1,b=2");
        check("1.0|v|p|1|e|a=1#011b=2", "-/v/p/e//: a=1,b=2");
        check("LEEF:1.0|v|p|1|e|a=1 b=2 3", "-/v/p/e//: a=1,b=2 3");
        check("LEEF:1.0|v|p", "truncated");
    }
}

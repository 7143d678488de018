//! The values of fields. Numbers are exact: floats are decimals in millionths, so that every machine adds them alike.

use crate::codec::{Codec, Corrupt, Reader};
use crate::symbol::Symbol;
use crate::time::{Duration, Timestamp};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// A decimal number in millionths: `0.75` is `Micro(750_000)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micro(pub i64);

impl Micro {
    /// The nearest millionth; `None` for NaN, infinities and what 64 bits cannot hold.
    pub fn from_f64(x: f64) -> Option<Micro> {
        let scaled = (x * 1e6).round();
        (scaled.is_finite() && scaled.abs() < 9.2e18).then_some(Micro(scaled as i64))
    }
}

impl fmt::Display for Micro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, n) = if self.0 < 0 { ("-", self.0.unsigned_abs()) } else { ("", self.0 as u64) };
        let digits = format!("{:06}", n % 1_000_000);
        match digits.trim_end_matches('0') {
            "" => write!(f, "{sign}{}", n / 1_000_000),
            part => write!(f, "{sign}{}.{part}", n / 1_000_000),
        }
    }
}

/// A text with its symbol.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// Equal for texts that differ only in case.
    pub symbol: Symbol,
    /// As kept: NFC, trimmed; lower case for ids and codes.
    pub text: &'a str,
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.symbol == other.symbol
    }
}

/// A place with its uncertainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geo {
    /// Degrees north × 10⁶.
    pub latitude: i32,
    /// Degrees east × 10⁶.
    pub longitude: i32,
    /// Radius of uncertainty in metres.
    pub radius_m: u32,
}

/// The value of one field of one event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Text, codes, MAC addresses and ids of entities.
    Text(Text<'a>),
    /// Whole numbers.
    Int(i64),
    /// Decimals.
    Float(Micro),
    /// Yes or no.
    Bool(bool),
    /// Index into the values of the field's enum.
    Enum(u16),
    /// IPv4 addresses are kept as v4-mapped IPv6.
    Ip(Ipv6Addr),
    /// An instant.
    Time(Timestamp),
    /// A length of time.
    Duration(Duration),
    /// A place.
    Geo(Geo),
    /// The labels of `tags`, joined by U+001F.
    List(&'a str),
}

/// An address as rules and documents write it: v4-mapped ones as IPv4.
pub fn display_ip(ip: Ipv6Addr) -> IpAddr {
    ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4)
}

/// An address as fields keep it.
pub fn store_ip(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

/// A value that owns its text: what documents carry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnedValue {
    /// Text, enum values, addresses, ids.
    Text(String),
    /// Whole numbers.
    Int(i64),
    /// Decimals.
    Float(Micro),
    /// Yes or no.
    Bool(bool),
    /// An instant.
    Time(Timestamp),
    /// A length of time.
    Duration(Duration),
    /// Labels.
    List(Vec<String>),
}

impl fmt::Display for OwnedValue {
    /// As titles and explanations show it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OwnedValue::Text(t) => f.write_str(t),
            OwnedValue::Int(n) => write!(f, "{n}"),
            OwnedValue::Float(x) => write!(f, "{x}"),
            OwnedValue::Bool(b) => write!(f, "{b}"),
            OwnedValue::Time(t) => write!(f, "{t}"),
            OwnedValue::Duration(d) => write!(f, "{d}"),
            OwnedValue::List(l) => f.write_str(&l.join(", ")),
        }
    }
}

crate::codec!(newtype Micro);

impl Codec for OwnedValue {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            OwnedValue::Text(text) => (0u8, text.clone()).write(out),
            OwnedValue::Int(n) => (1u8, *n).write(out),
            OwnedValue::Float(x) => (2u8, *x).write(out),
            OwnedValue::Bool(b) => (3u8, *b).write(out),
            OwnedValue::Time(t) => (4u8, *t).write(out),
            OwnedValue::Duration(d) => (5u8, *d).write(out),
            OwnedValue::List(l) => (6u8, l.clone()).write(out),
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(match u8::read(from)? {
            0 => OwnedValue::Text(Codec::read(from)?),
            1 => OwnedValue::Int(Codec::read(from)?),
            2 => OwnedValue::Float(Codec::read(from)?),
            3 => OwnedValue::Bool(Codec::read(from)?),
            4 => OwnedValue::Time(Codec::read(from)?),
            5 => OwnedValue::Duration(Codec::read(from)?),
            6 => OwnedValue::List(Codec::read(from)?),
            _ => return Err(Corrupt("value")),
        })
    }
}

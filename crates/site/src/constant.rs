//! Values as people write them in a model or a world, read by the type of what they are for.

use crate::draft::Given;
use event::field::FieldType;
use event::kind::Kind;
use event::symbol::{lower, tidy};
use event::time::{Duration, Timestamp};
use event::value::{Geo, Micro, store_ip};
use ipnet::{IpNet, Ipv6Net};
use std::net::{IpAddr, Ipv6Addr};

/// A range of addresses, as IPv6; IPv4 is mapped into it.
pub(crate) type Net = Ipv6Net;

/// An id as events keep it. Plates have no blanks and hyphens.
pub(crate) fn fold_id(kind: Kind, text: &str) -> String {
    let id = lower(&tidy(text)).into_owned();
    if kind == Kind::Plate { id.replace([' ', '-'], "") } else { id }
}

/// Any other name, folded.
pub(crate) fn fold(text: &str) -> String {
    lower(&tidy(text)).into_owned()
}

/// One text as a value of a type that takes one; the error says what was expected.
pub(crate) fn scalar(ty: FieldType, text: &str) -> Result<Given, String> {
    let given = match ty {
        FieldType::Id(kind) => Some(Given::Entity(kind, fold_id(kind, text))),
        FieldType::Text | FieldType::TextList => Some(Given::Text(tidy(text).into_owned())),
        FieldType::Code => Some(Given::Text(fold(text))),
        FieldType::Mac => mac(text).map(Given::Text),
        FieldType::Enum(of) => {
            return of.index_of(&word(text)).map(Given::Enum).ok_or_else(|| one_of(of.def().values));
        }
        FieldType::Int => text.parse().ok().map(Given::Int),
        FieldType::Float => text.parse().ok().and_then(Micro::from_f64).map(Given::Float),
        FieldType::Bool => yes_or_no(text).map(Given::Bool),
        FieldType::Time => Timestamp::parse_rfc3339(text).map(Given::Time),
        FieldType::Duration => Duration::parse(text).map(Given::Duration),
        FieldType::Ip => net(text).map(Given::Net),
        FieldType::Geo => geo(&[text]).map(Given::Geo),
    };
    given.ok_or_else(|| expected(ty).to_owned())
}

/// What a value of the type looks like.
pub(crate) fn expected(ty: FieldType) -> &'static str {
    match ty {
        FieldType::Id(_) => "an id",
        FieldType::Text | FieldType::TextList | FieldType::Code => "a text",
        FieldType::Enum(_) => "a known word",
        FieldType::Int => "a whole number",
        FieldType::Float => "a number",
        FieldType::Bool => "true or false",
        FieldType::Time => "a time with its offset, such as 2026-01-10T02:00:00+01:00",
        FieldType::Duration => "a number with a unit, such as 250ms, 30s, 5m, 2h, 1d",
        FieldType::Ip => "an address or a network, such as 10.0.5.20 or 10.9.0.0/24",
        FieldType::Mac => "a hardware address, such as 00:1a:2b:3c:4d:5e",
        FieldType::Geo => "latitude, longitude and perhaps a radius in metres",
    }
}

/// `10.0.0.5`, `10.9.0.0/24`, `fe80::1`; host bits after the prefix do not count.
pub(crate) fn net(text: &str) -> Option<Net> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ipv6Net::new(store_ip(address), 128).ok();
    }
    match text.parse::<IpNet>().ok()? {
        IpNet::V4(v4) => Ipv6Net::new(v4.network().to_ipv6_mapped(), v4.prefix_len() + 96).ok(),
        IpNet::V6(v6) => Some(v6.trunc()),
    }
}

/// `aa:bb:cc:dd:ee:ff` of any of the usual ways to write a hardware address.
pub(crate) fn mac(text: &str) -> Option<String> {
    let hex: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.' | ' ')).collect();
    let fits = hex.len() == 12 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    let pair = |at: usize| hex[at..at + 2].to_ascii_lowercase();
    fits.then(|| (0..12).step_by(2).map(pair).collect::<Vec<_>>().join(":"))
}

/// The one address of a range of one.
pub(crate) fn single(net: Net) -> Option<Ipv6Addr> {
    (net.prefix_len() == 128).then(|| net.addr())
}

/// Latitude, longitude, radius in metres.
pub(crate) fn geo(parts: &[&str]) -> Option<Geo> {
    let parts: Vec<&str> = parts.iter().flat_map(|part| part.split([';', ','])).map(str::trim).collect();
    let (latitude, longitude, radius) = match parts[..] {
        [latitude, longitude] => (latitude, longitude, "0"),
        [latitude, longitude, radius] => (latitude, longitude, radius),
        _ => return None,
    };
    Some(Geo {
        latitude: degrees(latitude, 90)?,
        longitude: degrees(longitude, 180)?,
        radius_m: radius.parse().ok()?,
    })
}

fn degrees(text: &str, limit: i64) -> Option<i32> {
    let micro = Micro::from_f64(text.parse().ok()?)?.0;
    (micro.abs() <= limit * 1_000_000).then(|| i32::try_from(micro).ok())?
}

/// A word of an enumeration, however it was written.
pub(crate) fn word(text: &str) -> String {
    fold(text).replace([' ', '-'], "_")
}

/// `one of a, b, c`.
pub(crate) fn one_of(words: &[&str]) -> String {
    format!("one of {}", words.join(", "))
}

fn yes_or_no(text: &str) -> Option<bool> {
    match &*lower(text) {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

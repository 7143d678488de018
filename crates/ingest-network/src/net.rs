//! What every network sensor says in its own words: transport protocols, addresses that are none.

use event::field::{self, FieldType};
use event::row::RowWriter;

/// Sets the transport protocol from a name (`TCP`, `IPv6-ICMP`) or a number of the Internet protocol.
pub(crate) fn set_proto(row: &mut RowWriter<'_>, sent: &str) {
    let is = |name: &str| sent.eq_ignore_ascii_case(name);
    let word = match sent.trim_start_matches('0') {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmp6",
        "47" => "gre",
        "50" => "esp",
        "132" => "sctp",
        _ if is("tcp") => "tcp",
        _ if is("udp") => "udp",
        _ if is("ipv6-icmp") || is("icmpv6") => "icmp6",
        // Zeek writes this where it could not tell.
        "unknown_transport" => return,
        _ => sent,
    };
    let known = match field::PROTO.def().ty {
        FieldType::Enum(of) => of.index_of(word),
        _ => None,
    };
    match known {
        Some(index) => row.index(field::PROTO, index),
        None => row.text(field::PROTO, word),
    };
}

/// An address of a sender that does not have one yet, or of everybody.
pub(crate) fn is_nobody(ip: &str) -> bool {
    matches!(ip, "0.0.0.0" | "255.255.255.255" | "::")
}

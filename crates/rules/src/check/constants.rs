//! Literals and the functions that make constants: `ip("…")`, `net("…")`, `mac("…")`, `time("…")`.

use crate::check::say::{At, Say};
use crate::check::types::{Type, decimal, whole};
use crate::syntax::tree::{
    Call, Constant as WrittenConstant, Dimension, Duration as Written, Literal, Number, Param, Quantity,
    QuantityUnit, ValueNode,
};
use crate::tree::Constant;
use event::time::{Duration, Timestamp};
use event::value::{Micro, store_ip};
use std::net::{IpAddr, Ipv6Addr};

/// The functions whose result is a constant.
pub(crate) const MAKERS: [&str; 4] = ["ip", "net", "mac", "time"];

/// The value and type of a literal. None: it does not fit into 64 bits, which the reader of the text has
/// said.
pub(crate) fn literal(literal: &Literal) -> Option<(Constant, Type)> {
    match literal {
        Literal::Number(number) => Some((self::number(number)?, Type::Number)),
        Literal::Duration(written) => Some((Constant::Duration(duration(written)), Type::Duration)),
        Literal::Quantity(quantity) => Some(self::quantity(quantity)),
        Literal::Text(text) => Some((Constant::Text(text.value.as_str().into()), Type::Text)),
        Literal::Bool(yes) => Some((Constant::Bool(*yes), Type::Bool)),
    }
}

/// The same of a literal that may have a minus before it.
pub(crate) fn signed(negative: bool, literal: &Literal) -> Option<(Constant, Type)> {
    let (constant, ty) = self::literal(literal)?;
    Some((if negative { negated(constant)? } else { constant }, ty))
}

/// A number without a dot is whole.
pub(crate) fn number(number: &Number) -> Option<Constant> {
    if number.text.contains('.') {
        decimal(number.micros).map(Constant::Float)
    } else {
        whole(number.micros).map(Constant::Int)
    }
}

/// A length of time.
pub(crate) fn duration(written: &Written) -> Duration {
    Duration(written.nanos)
}

fn quantity(quantity: &Quantity) -> (Constant, Type) {
    match quantity.unit.dimension() {
        Dimension::Length => (Constant::Float(Micro(quantity.value)), Type::Length),
        Dimension::Speed => (Constant::Float(Micro(quantity.value)), Type::Speed),
        Dimension::Size => (Constant::Int(quantity.value), Type::Size),
    }
}

/// A literal as written, for messages.
pub(crate) fn written(literal: &Literal) -> String {
    match literal {
        Literal::Number(number) => number.text.clone(),
        Literal::Duration(duration) => format!("{}{}", duration.text, duration.unit.word()),
        Literal::Quantity(quantity) => format!("{} {}", quantity.text, QuantityUnit::word(quantity.unit)),
        Literal::Text(text) => format!("\"{}\"", text.value),
        Literal::Bool(yes) => yes.to_string(),
    }
}

/// The number, duration, quantity or text that a parameter stands for; none if it is a word or a call.
pub(crate) fn of_param(param: &Param) -> Option<Constant> {
    typed_param(param).map(|(constant, _)| constant)
}

/// The same with its type.
pub(crate) fn typed_param(param: &Param) -> Option<(Constant, Type)> {
    match &param.value.node {
        WrittenConstant::Literal { negative, literal } => signed(*negative, literal),
        WrittenConstant::Name(_) | WrittenConstant::Call(_) => None,
    }
}

/// The opposite of a constant number.
pub(crate) fn negated(constant: Constant) -> Option<Constant> {
    match constant {
        Constant::Int(n) => n.checked_neg().map(Constant::Int),
        Constant::Float(x) => x.0.checked_neg().map(|x| Constant::Float(Micro(x))),
        Constant::Duration(d) => d.0.checked_neg().map(|d| Constant::Duration(Duration(d))),
        _ => None,
    }
}

/// The constant that `ip("…")` and the like make. None: reported.
pub(crate) fn made(file: usize, call: &Call, say: &mut Say<'_>) -> Option<(Constant, Type)> {
    let name = call.node.name.node.as_str();
    let at = At::new(file, &call.span);
    let Some(text) = text_argument(call) else {
        say.wrong_argument(&at, name, "this", "one text in quotes");
        return None;
    };
    let made = match name {
        "ip" => text.parse().ok().map(|ip: IpAddr| (Constant::Ip(store_ip(ip)), Type::Ip)),
        "net" => net(text).map(|(net, bits)| (Constant::Net(net, bits), Type::Net)),
        "mac" => mac(text).map(|mac| (Constant::Mac(mac.as_str().into()), Type::Mac)),
        _ => Timestamp::parse_rfc3339(text).map(|time| (Constant::Time(time), Type::Time)),
    };
    if made.is_none() {
        let form = match name {
            "ip" => "write ip(\"10.0.0.1\")",
            "net" => "write net(\"10.0.0.0/8\")",
            "mac" => "write mac(\"00:11:22:33:44:55\")",
            _ => "write time(\"2026-01-10T02:00:00Z\")",
        };
        say.bad_value(&at, text, name, form);
    }
    made
}

/// The one text that a function takes.
pub(crate) fn text_argument(call: &Call) -> Option<&str> {
    match call.node.args.as_slice() {
        [arg] => match &arg.node.as_value()?.node {
            ValueNode::Literal(Literal::Text(text)) => Some(&text.value),
            _ => None,
        },
        _ => None,
    }
}

/// A network: bits beyond the prefix are cut off, v4 networks are v4-mapped.
pub(crate) fn net(text: &str) -> Option<(Ipv6Addr, u8)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address.parse::<IpAddr>().ok()?, Some(bits.parse::<u8>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?, None),
    };
    let (max, offset) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
    let bits = bits.unwrap_or(max);
    if bits > max {
        return None;
    }
    let bits = bits + offset;
    let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
    Some((Ipv6Addr::from(u128::from(store_ip(address)) & mask), bits))
}

/// A hardware address as fields keep it.
pub(crate) fn mac(text: &str) -> Option<String> {
    let hex: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.' | ' ')).collect();
    let fits = hex.len() == 12 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| {
        let hex = hex.to_ascii_lowercase();
        let pairs: Vec<&str> = (0..12).step_by(2).filter_map(|at| hex.get(at..at + 2)).collect();
        pairs.join(":")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_lose_their_host_bits() {
        let v4 = |text: &str| text.parse::<std::net::Ipv4Addr>().unwrap().to_ipv6_mapped();
        assert_eq!(net("10.1.2.3/8"), Some((v4("10.0.0.0"), 104)));
        assert_eq!(net("10.1.2.3"), Some((v4("10.1.2.3"), 128)));
        assert_eq!(net("0.0.0.0/0"), Some((v4("0.0.0.0"), 96)));
        assert_eq!(net("::/0"), Some((Ipv6Addr::UNSPECIFIED, 0)));
        assert_eq!(net("10.0.0.0/33"), None);
        assert_eq!(net("x"), None);
    }

    #[test]
    fn hardware_addresses_have_one_form() {
        assert_eq!(mac("00-11-AA-33-44-55").as_deref(), Some("00:11:aa:33:44:55"));
        assert_eq!(mac("00:11:22:33:44"), None);
    }
}

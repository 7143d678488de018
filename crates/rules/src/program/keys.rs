//! Keys of hits: the values of their parts as symbols, and all keys that an event with several values has.

use event::hit::KeyHash;
use event::symbol::{Symbol, SymbolKey};
use event::value::Value;
use smallvec::SmallVec;

/// Every key that takes one value of each part.
pub(crate) fn product(
    parts: &[SmallVec<[Symbol; 4]>],
    chosen: &mut SmallVec<[Symbol; 4]>,
    each: &mut impl FnMut(KeyHash),
) {
    match parts.split_first() {
        None => each(KeyHash::of(chosen)),
        Some((first, rest)) => {
            for symbol in first {
                chosen.push(*symbol);
                product(rest, chosen, each);
                chosen.pop();
            }
        }
    }
}

/// A value as part of a key.
pub fn symbol_of(value: &Value<'_>, symbols: SymbolKey) -> Symbol {
    match value {
        Value::Text(text) => text.symbol,
        Value::Int(n) => mixed(1, *n as u64),
        Value::Float(x) => mixed(2, x.0 as u64),
        Value::Bool(b) => mixed(3, u64::from(*b)),
        Value::Enum(index) => mixed(4, u64::from(*index)),
        Value::Ip(ip) => {
            let bits = u128::from(*ip);
            mixed((bits >> 64) as u64, bits as u64)
        }
        Value::Time(t) => mixed(5, t.0 as u64),
        Value::Duration(d) => mixed(6, d.0 as u64),
        Value::Geo(g) => mixed(u64::from(g.latitude as u32), u64::from(g.longitude as u32)),
        Value::List(labels) => symbols.symbol(labels),
    }
}

/// Two words in one, by two rounds of the finaliser of MurmurHash3.
fn mixed(high: u64, low: u64) -> Symbol {
    let mut h = high.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ low;
    for multiplier in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53u64] {
        h = (h ^ (h >> 33)).wrapping_mul(multiplier);
    }
    Symbol(h ^ (h >> 33))
}

//! Keys of hits: the values of their parts as symbols, and all keys that an event with several values has.

use super::Program;
use crate::tree::KeySpec;
use event::class;
use event::field::FieldType;
use event::hit::KeyHash;
use event::row::Batch;
use event::symbol::{Symbol, SymbolKey, tidy};
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

impl Program {
    /// The key of a rule, from one text for each part; else which part cannot have such a value.
    pub fn key_of(&self, rule: u32, texts: &[&str]) -> Result<KeyHash, usize> {
        let mut parts: SmallVec<[Symbol; 4]> = SmallVec::new();
        for (at, (part, text)) in self.rule(rule).by.iter().zip(texts).enumerate() {
            parts.push(symbol_of_text(part, text, self.symbols).ok_or(at)?);
        }
        Ok(KeyHash::of(&parts))
    }
}

/// A value that is given as text, read the way a field reads it.
fn symbol_of_text(part: &KeySpec, text: &str, symbols: SymbolKey) -> Option<Symbol> {
    let is_text = matches!(part.ty, FieldType::Id(_) | FieldType::Text | FieldType::Code | FieldType::Mac);
    let Some(field) = part.field.filter(|_| !is_text) else { return Some(symbols.symbol(&tidy(text))) };
    let mut batch = Batch::new(symbols);
    let mut row = batch.begin(class::UNCLASSIFIED);
    row.set(field, text).ok()?;
    let at = row.finish();
    batch.row(at).get(field).map(|value| symbol_of(&value, symbols))
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

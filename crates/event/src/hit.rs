//! Hits: an event satisfies steps of a rule under a key. What the stateless index says and the task consumes.

use crate::symbol::Symbol;

/// A key as the engine compares it: the parts' symbols in one number. For one part it is the symbol itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub u64);

impl KeyHash {
    /// The key of these parts, in the order of `by`.
    pub fn of(parts: &[Symbol]) -> KeyHash {
        match parts {
            [one] => KeyHash(one.0),
            // The multiplier is the golden ratio's: parts that swap places give another key.
            _ => KeyHash(parts.iter().fold(parts.len() as u64, |h, part| {
                (h.rotate_left(23) ^ part.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            })),
        }
    }
}

/// A rule of the set in force, by its place in the order of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u32);

/// An event satisfies the steps `steps` (bit i = step i of the compiled rule) of `rule` under `key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hit {
    /// The rule.
    pub rule: RuleIndex,
    /// The key.
    pub key: KeyHash,
    /// One bit for each of the rule's steps.
    pub steps: u16,
    /// Index of the row in its batch.
    pub row: u32,
}

crate::codec!(newtype KeyHash);

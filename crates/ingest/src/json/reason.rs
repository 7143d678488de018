//! Why a message was refused, in the words of `serde_json`: it is read once more, and only what was refused is.
//!
//! Wanted values are looked at as closely as the scan does, all others as lightly. Nothing is kept.

use super::wanted::{Key, Node, Wanted};
use super::{check_bounds, refusal};
use crate::decoder::Refusal;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The refusal of a message that the scan stopped at: a bound first, then the first mistake in it.
pub(super) fn of(wanted: &Wanted, text: &str) -> Refusal {
    let read = || {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        Visit { wanted, node: wanted.root() }.deserialize(&mut deserializer)?;
        deserializer.end()
    };
    let found = check_bounds(text).and_then(|()| read().map_err(|error| refusal(&error)));
    found.err().unwrap_or_else(|| Refusal::malformed("no JSON"))
}

/// Reads the value at one node.
#[derive(Clone, Copy)]
struct Visit<'w> {
    wanted: &'w Wanted,
    node: &'w Node,
}

impl<'w> Visit<'w> {
    fn child(self, key: &str) -> Option<Visit<'w>> {
        let node = self.wanted.child(self.node, Key::of(key))?;
        Some(Visit { node, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Visit<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if !self.node.is_raw() {
            return deserializer.deserialize_any(self);
        }
        let raw: &'de RawValue = serde::Deserialize::deserialize(deserializer)?;
        if self.node.goes_on() {
            let mut inner = serde_json::Deserializer::from_str(raw.get());
            inner.deserialize_any(self).map_err(D::Error::custom)?;
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for Visit<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        match value.abs() < super::number::TOO_GREAT {
            true => Ok(()),
            false => Err(E::custom("a number beyond 64 bits")),
        }
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(child) = map.next_key_seed(KeyOf(self))? {
            match child {
                Some(child) => map.next_value_seed(child)?,
                None => map.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        for index in 0.. {
            let child = self.wanted.element(self.node, index).map(|node| Visit { node, ..self });
            let more = match child {
                Some(child) => seq.next_element_seed(child)?.is_some(),
                None => seq.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }
}

/// Finds the child of a node by the key that comes next.
struct KeyOf<'w>(Visit<'w>);

impl<'de, 'w> DeserializeSeed<'de> for KeyOf<'w> {
    type Value = Option<Visit<'w>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'w> Visitor<'_> for KeyOf<'w> {
    type Value = Option<Visit<'w>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.child(key))
    }
}

//! Bytes for snapshots: plain, length-prefixed, little-endian. What is read is not trusted: every read is bounded by the
//! bytes at hand and answers [`Corrupt`] instead of a panic. No version is in here; the header of a snapshot has one.

use crate::id::Id;
use crate::time::{Duration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The bytes are not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt(pub &'static str);

impl std::fmt::Display for Corrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "corrupt snapshot: {}", self.0)
    }
}

impl std::error::Error for Corrupt {}

/// Takes bytes off the front of a slice.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Corrupt> {
        if count > self.0.len() {
            return Err(Corrupt("ends early"));
        }
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        Ok(taken)
    }

    /// A length, which can be no greater than the bytes left.
    pub fn length(&mut self) -> Result<usize, Corrupt> {
        let length = u32::read(self)? as usize;
        if length > self.0.len() { Err(Corrupt("a length beyond the end")) } else { Ok(length) }
    }
}

/// What can be written and read back.
pub trait Codec: Sized {
    /// Appends it.
    fn write(&self, out: &mut Vec<u8>);
    /// Takes it off the front.
    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt>;
}

/// The codec of a struct: its fields in the stated order.
#[macro_export]
macro_rules! codec {
    ($type:ty { $($field:ident),* $(,)? }) => {
        impl $crate::codec::Codec for $type {
            fn write(&self, out: &mut Vec<u8>) {
                $( $crate::codec::Codec::write(&self.$field, out); )*
            }
            fn read(from: &mut $crate::codec::Reader<'_>) -> Result<Self, $crate::codec::Corrupt> {
                Ok(Self { $( $field: $crate::codec::Codec::read(from)? ),* })
            }
        }
    };
    (newtype $type:ty) => {
        impl $crate::codec::Codec for $type {
            fn write(&self, out: &mut Vec<u8>) {
                $crate::codec::Codec::write(&self.0, out);
            }
            fn read(from: &mut $crate::codec::Reader<'_>) -> Result<Self, $crate::codec::Corrupt> {
                Ok(Self($crate::codec::Codec::read(from)?))
            }
        }
    };
    ($type:ty as $code:ty, $all:expr) => {
        impl $crate::codec::Codec for $type {
            fn write(&self, out: &mut Vec<u8>) {
                (*self as $code).write(out);
            }
            fn read(from: &mut $crate::codec::Reader<'_>) -> Result<Self, $crate::codec::Corrupt> {
                let code = <$code as $crate::codec::Codec>::read(from)?;
                let found = $all.iter().find(|one| **one as $code == code).copied();
                found.ok_or($crate::codec::Corrupt(stringify!($type)))
            }
        }
    };
}

macro_rules! numbers {
    ($($type:ty),*) => { $(
        impl Codec for $type {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
                let bytes = from.take(size_of::<$type>())?;
                Ok(<$type>::from_le_bytes(bytes.try_into().map_err(|_| Corrupt("number"))?))
            }
        }
    )* };
}

numbers!(u8, u16, u32, u64, i64);

impl Codec for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        match u8::read(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Corrupt("yes or no")),
        }
    }
}

impl Codec for String {
    fn write(&self, out: &mut Vec<u8>) {
        write_text(self, out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        read_text(from).map(str::to_owned)
    }
}

impl Codec for Arc<str> {
    fn write(&self, out: &mut Vec<u8>) {
        write_text(self, out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        read_text(from).map(Arc::from)
    }
}

pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    (text.len() as u32).write(out);
    out.extend_from_slice(text.as_bytes());
}

fn read_text<'a>(from: &mut Reader<'a>) -> Result<&'a str, Corrupt> {
    let length = from.length()?;
    std::str::from_utf8(from.take(length)?).map_err(|_| Corrupt("text"))
}

impl<T: Codec> Codec for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.is_some().write(out);
        self.iter().for_each(|value| value.write(out));
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(if bool::read(from)? { Some(T::read(from)?) } else { None })
    }
}

impl<T: Codec> Codec for Arc<T> {
    fn write(&self, out: &mut Vec<u8>) {
        (**self).write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        T::read(from).map(Arc::new)
    }
}

impl<T: Codec> Codec for Box<T> {
    fn write(&self, out: &mut Vec<u8>) {
        (**self).write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        T::read(from).map(Box::new)
    }
}

impl<T: Codec> Codec for Box<[T]> {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u32).write(out);
        self.iter().for_each(|item| item.write(out));
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Vec::read(from).map(Vec::into_boxed_slice)
    }
}

impl<T: Codec> Codec for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u32).write(out);
        self.iter().for_each(|item| item.write(out));
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let length = from.length()?;
        (0..length).map(|_| T::read(from)).collect()
    }
}

impl<T: Codec + Ord> Codec for BTreeSet<T> {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u32).write(out);
        self.iter().for_each(|item| item.write(out));
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(Vec::read(from)?.into_iter().collect())
    }
}

impl<K: Codec + Ord, V: Codec> Codec for BTreeMap<K, V> {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u32).write(out);
        self.iter().for_each(|(key, value)| {
            key.write(out);
            value.write(out);
        });
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(Vec::<(K, V)>::read(from)?.into_iter().collect())
    }
}

impl<A: Codec, B: Codec> Codec for (A, B) {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok((A::read(from)?, B::read(from)?))
    }
}

impl Codec for Id {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(Id(from.take(16)?.try_into().map_err(|_| Corrupt("id"))?))
    }
}

codec!(newtype Timestamp);
codec!(newtype Duration);

/// Names that are static in the program: kinds of entities and the like, read back from text.
pub fn read_static(
    from: &mut Reader<'_>,
    known: impl Fn(&str) -> Option<&'static str>,
) -> Result<&'static str, Corrupt> {
    known(read_text(from)?).ok_or(Corrupt("an unknown name"))
}

/// Writes such a name.
pub fn write_static(text: &str, out: &mut Vec<u8>) {
    write_text(text, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_wrote_and_refuses_what_was_cut() {
        type T = (Vec<(String, Option<u64>)>, BTreeMap<u16, Arc<str>>);
        let value: T = (vec![("a".into(), Some(7)), ("ü".into(), None)], [(1, "x".into())].into());
        let mut bytes = Vec::new();
        value.write(&mut bytes);
        assert_eq!(T::read(&mut Reader(&bytes)), Ok(value));
        for cut in 0..bytes.len() {
            assert!(T::read(&mut Reader(&bytes[..cut])).is_err());
        }
        assert!(Vec::<u64>::read(&mut Reader(&[0xff; 12])).is_err());
    }
}

//! Lists that the site owns: addresses, plates, people, words, each with an optional expiry.
//!
//! A list changes by a new version of the model; which entries hold is asked as of the event.

use crate::address::Prefixes;
use crate::constant::{fold, net};
use crate::validity::Validity;
use event::field::FieldType;
use event::kind::Kind;
use event::symbol::{Symbol, SymbolKey, tidy};
use event::time::Timestamp;
use event::value::Value;
use hashbrown::HashMap;

/// A list of one type.
#[derive(Clone, Debug)]
pub struct List {
    pub(crate) id: String,
    ty: FieldType,
    owner: String,
    entries: Vec<Entry>,
    by_text: HashMap<Symbol, Vec<u32>, foldhash::fast::FixedState>,
    by_number: HashMap<i64, Vec<u32>, foldhash::fast::FixedState>,
    nets: Prefixes<u32>,
}

#[derive(Clone, Debug)]
struct Entry {
    text: String,
    validity: Validity,
}

/// The words that a list may give as its type.
pub(crate) const TYPES: &[&str] = &["ip", "net", "text", "code", "mac", "int"];

/// The type that a word stands for: one of [`TYPES`] or a kind of entity.
pub(crate) fn type_of(word: &str) -> Option<FieldType> {
    match word {
        "ip" | "net" => Some(FieldType::Ip),
        "text" => Some(FieldType::Text),
        "code" => Some(FieldType::Code),
        "mac" => Some(FieldType::Mac),
        "int" => Some(FieldType::Int),
        _ => Kind::by_name(word).map(FieldType::Id),
    }
}

impl List {
    pub(crate) fn new(id: &str, ty: FieldType, owner: &str) -> List {
        let (by_text, by_number) = (HashMap::default(), HashMap::default());
        List {
            id: fold(id),
            ty,
            owner: owner.to_owned(),
            entries: Vec::new(),
            by_text,
            by_number,
            nets: Prefixes::default(),
        }
    }

    /// The type of its entries.
    pub fn ty(&self) -> FieldType {
        self.ty
    }

    /// Who keeps it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The texts of the entries that hold at `ts`, in the order of the list.
    pub fn texts(&self, ts: Timestamp) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(move |entry| entry.validity.contains(ts)).map(|entry| entry.text.as_str())
    }

    /// Whether the value is in it at `ts`. A value of another type never is.
    pub fn contains(&self, value: &Value<'_>, ts: Timestamp) -> bool {
        let holds = |at: &u32| self.entries[*at as usize].validity.contains(ts);
        match value {
            Value::Text(text) => self.by_text.get(&text.symbol).is_some_and(|at| at.iter().any(holds)),
            Value::Int(n) => self.by_number.get(n).is_some_and(|at| at.iter().any(holds)),
            Value::Ip(ip) => self.nets.holding(*ip).any(holds),
            _ => false,
        }
    }

    /// Adds an entry; the error says what was expected.
    pub(crate) fn add(&mut self, text: &str, validity: Validity, key: SymbolKey) -> Result<(), String> {
        let at = u32::try_from(self.entries.len()).map_err(|_| "a shorter list".to_owned())?;
        let kept = match self.ty {
            FieldType::Ip => {
                let net = net(text).ok_or(crate::constant::expected(FieldType::Ip))?;
                self.nets.insert(net, at);
                text.to_owned()
            }
            FieldType::Int => {
                let number = text.parse().map_err(|_| crate::constant::expected(FieldType::Int))?;
                self.by_number.entry(number).or_default().push(at);
                text.to_owned()
            }
            FieldType::Id(kind) => crate::constant::fold_id(kind, text),
            FieldType::Mac => {
                crate::constant::mac(text).ok_or("a hardware address, such as 00:1a:2b:3c:4d:5e")?
            }
            FieldType::Code => fold(text),
            _ => tidy(text).into_owned(),
        };
        if !matches!(self.ty, FieldType::Ip | FieldType::Int) {
            self.by_text.entry(key.symbol(&kept)).or_default().push(at);
        }
        self.entries.push(Entry { text: kept, validity });
        Ok(())
    }
}

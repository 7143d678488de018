//! The commonest comparison made cheap: a field equal to one of some constants, each of them one number.
//!
//! The index looks events up by these. Whatever needs a conversion first (decimals, networks, times) has no atom.

use crate::tree::{Constant, Expr};
use event::field::{self, FieldId, FieldType};
use event::relation;
use event::symbol::{Symbol, SymbolKey};
use event::value::Value;
use site::path::{Path, Start};

/// What a field can be equal to, as one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// Text by its symbol.
    Text(Symbol),
    /// Whole number.
    Int(i64),
    /// Enum value.
    Enum(u16),
    /// Yes or no.
    Bool(bool),
    /// Address.
    Ip(u128),
}

/// What a field's value is equal to.
pub fn atom_of(value: Value<'_>) -> Option<Atom> {
    match value {
        Value::Text(text) => Some(Atom::Text(text.symbol)),
        Value::Int(n) => Some(Atom::Int(n)),
        Value::Enum(index) => Some(Atom::Enum(index)),
        Value::Bool(b) => Some(Atom::Bool(b)),
        Value::Ip(ip) => Some(Atom::Ip(u128::from(ip))),
        _ => None,
    }
}

/// The constant as what a field may be equal to, where equality needs no conversion.
pub(super) fn atom_of_constant(expr: &Expr, symbols: SymbolKey) -> Option<Atom> {
    let Expr::Constant(constant) = expr else { return None };
    match constant {
        Constant::Text(text) | Constant::Mac(text) => Some(Atom::Text(symbols.symbol(text))),
        Constant::Int(n) => Some(Atom::Int(*n)),
        Constant::Enum(index, _) => Some(Atom::Enum(*index)),
        Constant::Bool(b) => Some(Atom::Bool(*b)),
        Constant::Ip(ip) => Some(Atom::Ip(u128::from(*ip))),
        _ => None,
    }
}

/// The field that a path is, if a slot holds its values as they are compared.
pub(super) fn field_of_atoms(path: &Path) -> Option<FieldId> {
    use FieldType::{Bool, Code, Enum, Id, Int, Ip, Mac, Text};
    let equal_by_slot =
        |field: &FieldId| matches!(field.def().ty, Text | Code | Id(_) | Mac | Enum(_) | Int | Bool | Ip);
    slot_of(path).filter(equal_by_slot)
}

/// The field that a path is, if it is just what a slot or the envelope of the event says, and nothing that is filled in from
/// elsewhere.
pub(super) fn slot_of(path: &Path) -> Option<FieldId> {
    match path {
        Path { start: Start::Field(field), hops, .. } if hops.is_empty() => {
            let is_filled_in = *field == field::CLASS || !relation::implied_field(*field).is_empty();
            (!is_filled_in).then_some(*field)
        }
        _ => None,
    }
}

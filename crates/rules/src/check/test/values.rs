//! Constants in tests: those that fields are set to, and those that documents are expected to show.
//!
//! The type comes from the field or path beside them; a text stands for an entity by its id.

use super::Reader;
use crate::check::constants;
use crate::check::names::well_formed;
use crate::check::types::Type;
use crate::syntax::tree::{Constant as Written, Spanned};
use crate::tree::Constant;
use event::field::{FieldId, FieldType};
use event::value::{Micro, OwnedValue, display_ip};
use std::sync::Arc;

impl<'a> Reader<'_, 'a> {
    /// A constant of the type of a field.
    pub(super) fn constant_of_field(
        &mut self,
        field: FieldId,
        value: &'a Spanned<Written>,
    ) -> Option<Constant> {
        let at = self.at(&value.span);
        let wanted = Type::of(field.def().ty, field.def().unit);
        if let (Type::Enum(of), Written::Name(name)) = (wanted, &value.node) {
            let index = of.index_of(&name.node);
            if index.is_none() {
                self.say.no_value(&at, &name.node, field.name(), of.def().values.iter().copied());
            }
            return index.map(|index| Constant::Enum(index, name.node.as_str().into()));
        }
        let (constant, ty) = self.typed_constant(value)?;
        let is_text = matches!(wanted, Type::Entity(_) | Type::Tags) && ty == Type::Text;
        if !is_text && ty != wanted {
            if ty.is_measure() && wanted.is_measure() {
                let text = self.context.text(self.file, &value.span);
                self.say.wrong_dimension(&at, text, &ty.name(), (&wanted.name(), wanted.literal()));
            } else {
                let by_id = matches!(wanted, Type::Entity(_));
                let help = if by_id { "write its id in quotes" } else { wanted.literal() };
                self.say.cannot_compare(&at, &wanted.name(), &ty.name(), help);
            }
            return None;
        }
        as_field_takes(field.def().ty, constant)
    }

    /// A constant with the type that it has by itself. None: reported.
    pub(super) fn typed_constant(&mut self, value: &'a Spanned<Written>) -> Option<(Constant, Type)> {
        match &value.node {
            Written::Literal { negative, literal } => constants::signed(*negative, literal),
            Written::Call(call) if constants::MAKERS.contains(&call.node.name.node.as_str()) => {
                constants::made(self.file, call, self.say)
            }
            Written::Call(call) => {
                let name = &call.node.name;
                self.say.unknown(&self.at(&name.span), "function", &name.node, constants::MAKERS);
                None
            }
            Written::Name(name) => {
                if well_formed(&name.node) {
                    self.say.no_word(&self.at(&name.span), &name.node);
                }
                None
            }
        }
    }
}

/// A whole number for a field that takes decimals.
pub(super) fn as_field_takes(ty: FieldType, constant: Constant) -> Option<Constant> {
    match (ty, constant) {
        (FieldType::Float, Constant::Int(n)) => {
            n.checked_mul(1_000_000).map(|micros| Constant::Float(Micro(micros)))
        }
        (_, constant) => Some(constant),
    }
}

/// A constant as documents write it.
pub(super) fn as_documents_write(constant: Constant) -> Arc<str> {
    let value = match constant {
        Constant::Text(text) | Constant::Mac(text) | Constant::Enum(_, text) => return text,
        Constant::Ip(ip) => OwnedValue::Text(display_ip(ip).to_string()),
        Constant::Net(ip, bits) => OwnedValue::Text(format!("{}/{bits}", display_ip(ip))),
        Constant::Int(n) => OwnedValue::Int(n),
        Constant::Float(x) => OwnedValue::Float(x),
        Constant::Bool(yes) => OwnedValue::Bool(yes),
        Constant::Time(time) => OwnedValue::Time(time),
        Constant::Duration(duration) => OwnedValue::Duration(duration),
    };
    value.to_string().into()
}

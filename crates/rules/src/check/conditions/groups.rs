//! `in`: groups of values, lists and calls that a value may be one of.
//!
//! A member has to be comparable with the value; an address may lie in a network too.

use super::comparisons::decimal_beside;
use super::vehicles::with_vehicles;
use super::{Operand, Reader};
use crate::check::constants;
use crate::check::say::At;
use crate::check::types::Type;
use crate::syntax::tree::{Group as Written, GroupItem, Path as WrittenPath, Spanned};
use crate::tree::{Cond, Expr, Group};
use event::field::Unit;

impl<'a> Reader<'_, '_, 'a> {
    /// Whether a value is one of a group.
    pub(super) fn group(&mut self, left: Operand, group: &'a Spanned<Written>, at: &At) -> Option<Cond> {
        let group = match &group.node {
            Written::Items(items) => {
                let items: Vec<Option<Expr>> = items.iter().map(|item| self.item(&left, item)).collect();
                Group::Items(items.into_iter().collect::<Option<_>>()?)
            }
            Written::Call(call) => {
                let operand = self.call(call)?;
                self.check_member(&left, &operand, at)?;
                Group::Items(vec![operand.expr])
            }
            Written::List(name) => self.list(&left, name, &self.at(&group.span))?,
            Written::Path(path) => self.group_path(&left, path, at)?,
        };
        let group = with_vehicles(&left.expr, group);
        Some(Cond::In(left.expr, group))
    }

    fn group_path(&mut self, left: &Operand, path: &'a WrittenPath, at: &At) -> Option<Group> {
        let operand = self.word_or_path(path, None)?;
        self.check_member(left, &operand, at)?;
        match operand.expr {
            Expr::Path(path) => Some(Group::Path(path)),
            other => Some(Group::Items(vec![other])),
        }
    }

    fn item(&mut self, left: &Operand, item: &'a Spanned<GroupItem>) -> Option<Expr> {
        let operand = match &item.node {
            GroupItem::Literal(literal) => Operand::constant(constants::literal(literal)?),
            GroupItem::Path(path) => self.word_or_path(path, Some(left.ty))?,
            GroupItem::Call(call) => self.call(call)?,
        };
        let at = self.at(&item.span);
        self.check_member(left, &operand, &at)?;
        Some(decimal_beside(&left.expr, operand.expr))
    }

    /// Whether the value may stand after `in`: an address may lie in a network.
    fn check_member(&mut self, left: &Operand, member: &Operand, at: &At) -> Option<()> {
        if left.ty == Type::Ip && member.ty == Type::Net {
            return Some(());
        }
        let text = self.scope.context.text(self.scope.file, &(at.start..at.end));
        self.check_comparable(left, member, text, at)
    }

    /// A list of the site model that values like `left` may be in.
    pub(super) fn list(&mut self, left: &Operand, name: &str, at: &At) -> Option<Group> {
        if let Some(known) = &self.scope.context.environment.known {
            let Some(ty) = known.lists.get(name) else {
                self.say.unknown(at, "list", name, known.lists.keys().map(String::as_str));
                return None;
            };
            let ty = Type::of(*ty, Unit::None);
            // Entities are listed by their ids.
            let by_id = matches!(left.ty, Type::Entity(_)) && ty == Type::Text;
            if !left.ty.meets(ty) && !by_id {
                self.say.cannot_compare(at, &left.ty.name(), &ty.name(), "use a list of that type");
                return None;
            }
        }
        Some(Group::List(name.into()))
    }
}

//! `for each m in …`: one hit for each member of a relation or of a state (language.md §4.2). What is asked of a member is
//! asked of a row that has nothing but the member in its own field.

use super::condition::{AskStates, Compiler, MembersTest, StateTest, Truth};
use super::{CompiledOption, product, symbol_of};
use crate::tree::ForEach;
use event::field::{self, FieldId};
use event::hit::KeyHash;
use event::row::{Batch, OwnedRow, RowRef};
use event::symbol::{Symbol, SymbolKey, lower};
use event::value::Value;
use site::SiteModel;
use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A compiled `for each`.
#[derive(Clone, Debug)]
pub struct Each {
    /// The field that the member fills in its row.
    field: FieldId,
    /// Its place in the key.
    part: usize,
    /// Whose members.
    pub of: MembersTest,
}

/// The member's place in the key, and the members with their symbols.
pub type Fan = (usize, Vec<(Symbol, Arc<str>)>);

/// What stands around an event, and the member that is looked at.
struct Beside<'a, A> {
    around: &'a A,
    member: RowRef<'a>,
}

impl<A: AskStates> AskStates for Beside<'_, A> {
    fn ask(&self, call: &StateTest, row: RowRef<'_>, member: Option<RowRef<'_>>) -> Truth {
        self.around.ask(call, row, member)
    }

    fn values<'s>(
        &'s self,
        call: &StateTest,
        rows: (RowRef<'_>, Option<RowRef<'_>>),
        out: &mut dyn FnMut(super::condition::Datum<'s>),
    ) {
        self.around.values(call, rows, out);
    }

    fn count(&self, call: &StateTest, rows: (RowRef<'_>, Option<RowRef<'_>>), out: &mut dyn FnMut(usize)) {
        self.around.count(call, rows, out);
    }

    fn members(&self, call: &StateTest, row: RowRef<'_>) -> BTreeSet<Arc<str>> {
        self.around.members(call, row)
    }

    fn knows_states(&self) -> bool {
        self.around.knows_states()
    }

    fn member(&self) -> Option<RowRef<'_>> {
        Some(self.member)
    }
}

impl Each {
    /// Compiles one.
    pub fn of(compiler: &Compiler, each: &ForEach) -> Option<Each> {
        let field = field::by_name(&each.member)?;
        Some(Each { field, part: each.part, of: compiler.members(&each.of) })
    }

    /// The members, by id.
    fn members(&self, row: RowRef<'_>, site: &SiteModel, states: &impl AskStates) -> BTreeSet<Arc<str>> {
        match &self.of {
            MembersTest::State(call) => {
                states.members(call, row).into_iter().take(site::MEMBERS_MAX).collect()
            }
            MembersTest::Relation(path) => {
                let mut values: SmallVec<[Value<'_>; 4]> = SmallVec::new();
                let _cut = site.members(row, path, &mut values);
                let texts = values.iter().filter_map(|value| match value {
                    Value::Text(text) => Some(Arc::from(&*lower(text.text))),
                    _ => None,
                });
                texts.collect()
            }
        }
    }

    /// A row that has nothing but the member.
    fn row_of(&self, row: RowRef<'_>, member: &str, symbols: SymbolKey) -> OwnedRow {
        let mut batch = Batch::new(symbols);
        let mut writer = batch.begin(row.row.class);
        if let Some(site) = row.site() {
            writer.site(site.text);
        }
        writer.text(self.field, member);
        let at = writer.finish();
        let envelope = batch.envelope_mut(at);
        (envelope.ts, envelope.append) = (row.row.ts, row.row.append);
        batch.row(at).to_owned_row()
    }
}

impl CompiledOption {
    /// The keys under which an event satisfies the option; its class is known to be one of the option's.
    pub fn hits(
        &self,
        row: RowRef<'_>,
        (site, symbols, missing): (&SiteModel, SymbolKey, Option<Symbol>),
        states: &impl AskStates,
        mut each: impl FnMut(KeyHash),
    ) {
        let Some(fan) = &self.each else {
            if self.satisfied(row, site, states) == Truth::Yes {
                self.keys(row, site, symbols, missing, each);
            }
            return;
        };
        if !self.admits(row) {
            return;
        }
        for member in fan.members(row, site, states) {
            let of_member = fan.row_of(row, &member, symbols);
            let around = Beside { around: states, member: of_member.as_ref() };
            if self.test.as_ref().is_none_or(|test| test.ask(row, site, &around) == Truth::Yes) {
                let mut parts = self.parts(row, site, symbols, missing);
                if let Some(part) = parts.get_mut(fan.part) {
                    *part = SmallVec::from_slice(&[symbols.symbol(&member)]);
                }
                product(&parts, &mut SmallVec::new(), &mut each);
            }
        }
    }

    /// The values of the parts of a key as symbols.
    pub fn parts(
        &self,
        row: RowRef<'_>,
        site: &SiteModel,
        symbols: SymbolKey,
        missing: Option<Symbol>,
    ) -> SmallVec<[SmallVec<[Symbol; 4]>; 4]> {
        let mut parts = SmallVec::new();
        for path in &self.key {
            let mut values = SmallVec::new();
            super::condition::resolve(row, site, path, &mut values);
            let mut part: SmallVec<[Symbol; 4]> = values.iter().map(|v| symbol_of(v, symbols)).collect();
            part.extend(missing.filter(|_| values.is_empty()));
            parts.push(part);
        }
        parts
    }

    /// The member's place in the key and the members that an event has now, if the option fans out.
    pub fn fan(
        &self,
        row: RowRef<'_>,
        site: &SiteModel,
        (symbols, states): (SymbolKey, &impl AskStates),
    ) -> Option<Fan> {
        let fan = self.each.as_ref()?;
        let members = fan.members(row, site, states).into_iter();
        Some((fan.part, members.map(|id| (symbols.symbol(&id), id)).collect()))
    }
}

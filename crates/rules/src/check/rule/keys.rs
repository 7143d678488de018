//! `by`: what a rule keeps apart. Not where each step reads its key: that is up to the steps.

use super::RuleReader;
use crate::check::paths;
use crate::check::types::{Type, crosses_sites, makes_key};
use crate::tree::KeySpec;
use event::field::Unit;

impl<'a> RuleReader<'_, '_, 'a> {
    pub(super) fn keys(&mut self) -> Vec<KeySpec> {
        let mut keys = Vec::new();
        for part in self.by {
            let found = self.steps().plain_path(part.written);
            let found = self.sure(found);
            let at = self.at(&part.written.span());
            let Some(path) = found else { continue };
            if !makes_key(path.ty) {
                self.say.no_key_type(&at, &part.text, &Type::of(path.ty, Unit::None).name());
                self.whole = false;
            }
            if path.hops.iter().filter(|hop| hop.many).count() > 1 {
                self.say.unbounded_path(&at, &part.text);
                self.whole = false;
            }
            let field = paths::carried_in(&path);
            let crosses_sites = crosses_sites(path.ty);
            keys.push(KeySpec { text: part.text.as_str().into(), ty: path.ty, field, crosses_sites });
        }
        self.check_sites(&keys);
        keys
    }

    fn check_sites(&mut self, keys: &[KeySpec]) {
        let whole = !keys.is_empty() && keys.len() == self.by.len();
        if whole && keys.iter().all(|key| key.crosses_sites) {
            let at = self.at(&self.by[0].written.span());
            self.say.crosses_sites(&at, &self.by[0].text);
        }
    }
}

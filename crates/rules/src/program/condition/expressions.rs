//! Regular expressions: those that rules write, and those that lists of the site model hold. A list changes with the model,
//! so its entries are built when they are first asked for, once each.

use regex::{Regex, RegexBuilder};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A built expression takes no more than this.
const BUILT_BYTES_MAX: usize = 1 << 20;
/// So many entries are kept built; of a list that is longer, or changes often, the rest is built each time.
const KEPT_MAX: usize = 4_096;

/// An expression, case ignored unless it says otherwise; none if it is no expression, or too large.
pub(super) fn built(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).case_insensitive(true).size_limit(BUILT_BYTES_MAX).build().ok()
}

/// The entries of a list as expressions.
#[derive(Clone, Debug, Default)]
pub struct Expressions {
    known: Arc<RwLock<BTreeMap<Box<str>, Option<Regex>>>>,
}

impl Expressions {
    /// The expression of an entry; none if it is no expression.
    pub(super) fn get(&self, text: &str) -> Option<Regex> {
        // A thread that panicked has left the map whole: entries are put in one at a time.
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return known.clone();
        }
        let new = built(text);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < KEPT_MAX {
            known.insert(text.into(), new.clone());
        }
        new
    }
}

//! Finding a row by its name: the names of a table, sorted once, searched by halves.
//!
//! Not a hash map, because names come from files of others and a sorted list has no worst case.

/// The names of one table with their places.
pub(crate) struct Names {
    sorted: Vec<(&'static str, u16)>,
}

impl Names {
    /// Sorts the names of a table that is given in its own order.
    pub(crate) fn of(names: impl Iterator<Item = &'static str>) -> Names {
        let mut sorted: Vec<_> = names.zip(0u16..).collect();
        sorted.sort_unstable();
        Names { sorted }
    }

    /// The place of a name in its table.
    pub(crate) fn find(&self, name: &str) -> Option<u16> {
        let at = self.sorted.binary_search_by(|(known, _)| known.cmp(&name)).ok()?;
        Some(self.sorted[at].1)
    }
}

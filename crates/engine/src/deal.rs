//! Deals decoded events to tasks by the owner of their site, each with what the rules' index says of it.

use event::reject::RejectedRecord;
use event::row::{Batch, RowRef};
use event::symbol::SymbolKey;
use event::time::Duration;
use rules::program::index::Matches;
use task::log::Positions;
use task::task::{Decoded, Shared, Task};

/// What is on its way to one task.
pub struct Hand {
    batch: Batch,
    judged: Vec<(bool, Duration)>,
    matches: Matches,
    rejects: Vec<RejectedRecord>,
    positions: Positions,
}

impl Hand {
    /// An empty one.
    pub fn new(symbols: SymbolKey) -> Hand {
        Hand {
            batch: Batch::new(symbols),
            judged: Vec::new(),
            matches: Matches::default(),
            rejects: Vec::new(),
            positions: Positions::new(),
        }
    }

    /// Adds an event.
    pub fn event(&mut self, row: RowRef<'_>, judged: (bool, Duration), shared: &Shared) {
        let at = self.batch.len() as u32;
        self.batch.push(row);
        self.judged.push(judged);
        shared.program.match_row(self.batch.row(at as usize), at, &shared.site, &mut self.matches);
    }

    /// Adds a record that is no event.
    pub fn reject(&mut self, reject: RejectedRecord) {
        self.rejects.push(reject);
    }

    /// Notes how far its inputs have been read.
    pub fn positions_mut(&mut self) -> &mut Positions {
        &mut self.positions
    }

    /// Hands everything over and is empty again.
    pub fn give(&mut self, task: &mut Task) {
        task.apply(Decoded {
            batch: &self.batch,
            judged: &self.judged,
            matches: &self.matches,
            rejects: &self.rejects,
            positions: &self.positions,
        });
        self.batch.clear();
        self.judged.clear();
        self.matches.clear();
        self.rejects.clear();
        self.positions.clear();
    }
}

/// The task that owns an event's site.
pub fn owner(row: RowRef<'_>, shared: &Shared, tasks: u32) -> u32 {
    let site = row.site().map_or("", |site| site.text);
    if tasks == 1 { 0 } else { shared.site.partition_of_site(site, tasks) }
}

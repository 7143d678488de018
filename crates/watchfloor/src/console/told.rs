//! A log that tells the console what its readers are told: rows of incidents as they are read back, so that after a
//! restart what was published before is there too.

use super::Console;
use event::time::Timestamp;
use task::log::{Input, Log, LogError, Outcome, Output, Positions, ReadBack, Standing, Transaction};

/// A log, and whoever looks on.
pub(crate) struct Told<L> {
    log: L,
    console: Console,
}

impl<L> Told<L> {
    /// The log as it is, seen by the console.
    pub fn new(log: L, console: Console) -> Told<L> {
        Told { log, console }
    }
}

impl<L: Log> Log for Told<L> {
    type Generation = L::Generation;

    fn init(&mut self) -> Result<(), LogError> {
        self.log.init()
    }

    fn standing(&mut self) -> Standing<Self::Generation> {
        self.log.standing()
    }

    fn committed(&mut self, inputs: &[Input]) -> Result<Positions, LogError> {
        self.log.committed(inputs)
    }

    fn commit(&mut self, transaction: &Transaction<Self::Generation>) -> Outcome {
        self.log.commit(transaction)
    }

    fn read_back(&mut self, output: Output, partition: u32, from: u64) -> Result<ReadBack, LogError> {
        let read = self.log.read_back(output, partition, from)?;
        if output == Output::Incidents && !read.rows.is_empty() {
            let mut facts = self.console.facts();
            read.rows.iter().for_each(|row| facts.board.take(&row.row.key, &row.row.value));
        }
        Ok(read)
    }

    fn end(&mut self, output: Output, partition: u32) -> Result<u64, LogError> {
        self.log.end(output, partition)
    }

    fn first_since(&mut self, output: Output, partition: u32, since: Timestamp) -> Result<u64, LogError> {
        self.log.first_since(output, partition, since)
    }
}

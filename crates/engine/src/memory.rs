//! A log that is a list in memory: the output end of replay and of rule tests. It never fails and it forgets nothing.

use event::time::Timestamp;
use std::collections::BTreeMap;
use task::log::{
    Input, Log, LogError, OutRow, Outcome, Output, Positions, ReadBack, ReadRow, Standing, TaskId, Tenure,
    Transaction,
};

/// Rows by topic and partition.
#[derive(Debug, Default)]
pub struct MemoryLog {
    tasks: u32,
    rows: BTreeMap<(Output, u32), Vec<OutRow>>,
    /// Every row, in the order sent.
    sent: Vec<OutRow>,
    committed: Positions,
}

impl MemoryLog {
    /// An empty log whose reader owns this many tasks.
    pub fn new(tasks: u32) -> MemoryLog {
        MemoryLog { tasks, ..MemoryLog::default() }
    }

    /// The rows sent since the last call.
    pub fn take_sent(&mut self) -> Vec<OutRow> {
        std::mem::take(&mut self.sent)
    }
}

impl Log for MemoryLog {
    type Generation = ();

    fn init(&mut self) -> Result<(), LogError> {
        Ok(())
    }

    fn standing(&mut self) -> Standing<()> {
        Standing { generation: (), tasks: (0..self.tasks).map(|task| (TaskId(task), Tenure(0))).collect() }
    }

    fn committed(&mut self, inputs: &[Input]) -> Result<Positions, LogError> {
        Ok(inputs.iter().filter_map(|input| Some((*input, *self.committed.get(input)?))).collect())
    }

    fn commit(&mut self, transaction: &Transaction<()>) -> Outcome {
        let mut offsets = Vec::new();
        for row in &transaction.rows {
            let partition = self.rows.entry((row.output, row.partition)).or_default();
            offsets.push(Some(partition.len() as u64));
            partition.push(row.clone());
            self.sent.push(row.clone());
        }
        self.committed.extend(transaction.offsets.iter().map(|(input, offset)| (*input, *offset)));
        Outcome::Delivered(offsets)
    }

    fn read_back(&mut self, output: Output, partition: u32, from: u64) -> Result<ReadBack, LogError> {
        let rows = self.rows.get(&(output, partition)).map_or(&[][..], |rows| rows);
        let unread = rows.iter().enumerate().skip(from as usize);
        let rows: Vec<ReadRow> =
            unread.map(|(at, row)| ReadRow { offset: at as u64, row: row.clone() }).collect();
        let position = from + rows.len() as u64;
        Ok(ReadBack { rows, position })
    }

    fn end(&mut self, output: Output, partition: u32) -> Result<u64, LogError> {
        Ok(self.rows.get(&(output, partition)).map_or(0, |rows| rows.len() as u64))
    }

    fn first_since(&mut self, _: Output, _: u32, _: Timestamp) -> Result<u64, LogError> {
        Ok(0)
    }
}

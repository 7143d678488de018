//! What the publisher asks of a task: its table of parts, and the rows that it wants kept.
//!
//! The publisher knows neither rules nor events. It sees members (runs of alerts, by which parts and
//! published incidents are matched) and documents. A machine in turn does not know what has been published:
//! the ids under which readers know its parts are given by the publisher.

use crate::log::{OutRow, Positions};
use event::id::Id;
use event::time::Timestamp;
use incident::table::{Changed, Member, Part, PartId};

/// A task as the publisher sees it: a table that is a function of the events that were applied, and of the
/// clock.
pub trait Machine {
    /// What may have changed since the last call: parts whose members, document or phase may be other ones,
    /// and alerts that left. Missing a change here means that readers are not told of it.
    fn take_changed(&mut self) -> Changed;

    /// All parts.
    fn part_ids(&self) -> Vec<PartId>;

    /// One part; none if none has that name now.
    fn part(&self, id: &PartId) -> Option<Part>;

    /// The part that an alert is in.
    fn part_of(&self, alert: Id) -> Option<PartId>;

    /// Members of all parts that are of the same run and have an instant in common with this one.
    fn overlapping(&self, member: &Member) -> Vec<Member>;

    /// True if the part holds an alert of life safety.
    fn is_life_safety(&self, id: &PartId) -> bool {
        self.part(id).is_some_and(|part| part.life_safety)
    }

    /// Readers have the last revision of this part: the table forgets it.
    fn retire(&mut self, id: &PartId);

    /// No alert that ended before this instant can appear or change any more.
    fn forget_before(&self) -> Timestamp;

    /// Rejects and late events since the last call, made from records below the present positions.
    fn take_rows(&mut self) -> Vec<OutRow>;

    /// What has been applied: next offset of each input.
    fn positions(&self) -> Positions;

    /// The task's clock.
    fn clock(&self) -> Timestamp;
}

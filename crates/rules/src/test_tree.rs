//! Checked tests of rule files: everything resolved, so that a runner only has to feed events and compare
//! alerts. How a test is run is not known here.

use event::alert::Level;
use event::class::{ClassId, Lifecycle};
use event::field::FieldId;
use event::time::{Duration, Timestamp};
use site::world::WorldBuilder;
use std::ops::Range;
use std::sync::Arc;

use crate::tree::Constant;

/// One test.
#[derive(Clone, Debug)]
pub struct CheckedTest {
    /// The rule under test, by its number.
    pub rule: u32,
    /// Its name.
    pub rule_name: Arc<str>,
    /// What the test is about.
    pub name: Arc<str>,
    /// Where it stands: file and byte range of its name.
    pub place: (Arc<str>, Range<usize>),
    /// The instant 0s.
    pub now: Timestamp,
    /// The time zone of `now`.
    pub zone: Arc<str>,
    /// Entities, lists and calendars: the world of the file, then the test's own. It builds without error.
    pub world: WorldBuilder,
    /// Lateness of classes other than that of the formats.
    pub lateness: Vec<(ClassId, Duration)>,
    /// Values of states before the first event.
    pub given: Vec<Given>,
    /// In the order of the text.
    pub events: Vec<TestEvent>,
    /// In the order of the text.
    pub expects: Vec<Expect>,
}

/// `given armed("A") = true`
#[derive(Clone, Debug)]
pub struct Given {
    /// The state by its number.
    pub state: u32,
    /// One id for each part of its key.
    pub key: Vec<Arc<str>>,
    /// Its value: yes or no of one that is on or off; the number that a counter has counted; what is kept, of entities
    /// the id as text.
    pub value: Constant,
}

/// `at 0s door.opened door = "D1" arrives 20s`
#[derive(Clone, Debug)]
pub struct TestEvent {
    /// When it happens.
    pub at: Timestamp,
    /// When its record comes.
    pub arrives: Timestamp,
    /// Its class.
    pub class: ClassId,
    /// `lifecycle`, new without.
    pub lifecycle: Lifecycle,
    /// `test`, no without.
    pub test: bool,
    /// `site`, if the test says it.
    pub site: Option<Arc<str>>,
    /// `source`, if the test says it.
    pub source: Option<Arc<str>>,
    /// The other fields, each once (`tags`: once a label).
    pub fields: Vec<(FieldId, Constant)>,
    /// Where it stands.
    pub span: Range<usize>,
}

/// `expect …`
#[derive(Clone, Debug)]
pub enum Expect {
    /// No settled alert of the rule under test.
    Nothing,
    /// One was reported in the written order of arrival, none is settled.
    Withdrawn(Option<Found>),
    /// A settled alert that is marked unknown.
    Unknown(Option<Found>),
    /// A settled alert.
    Found(Found),
}

/// An alert that is expected; what is not said is not compared.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its rule, by number.
    pub rule: u32,
    /// Parts of the key: place in `by`, and the value as documents write it. Text compares without regard to
    /// case.
    pub key: Vec<(usize, Arc<str>)>,
    /// Its severity.
    pub severity: Option<Level>,
    /// How many detections it has.
    pub detections: Option<u64>,
    /// Captured fields by name, as documents write them.
    pub captured: Vec<(Arc<str>, Arc<str>)>,
    /// The ts of its first detection.
    pub at: Option<Timestamp>,
    /// Where it stands.
    pub span: Range<usize>,
}

//! Runs that outlive their events, through the whole machine.

use crate::check::{Environment, check_texts};
use crate::machine::Machine;
use crate::program::Program;
use crate::program::index::Matches;
use event::alert::{Alert, AlertChange};
use event::class;
use event::coordinates::{Coordinates, Topics};
use event::field;
use event::id::Ids;
use event::producers::Producers;
use event::row::Batch;
use event::symbol::SymbolKey;
use event::time::{Duration, Timestamp};
use site::SiteModel;
use std::sync::Arc;

const RULE: &str = "rule opened \"{door}\" severity low { by door  when o: door.opened  \
                    unless access.granted within 1s before o }";
const MINUTE: i64 = 60_000_000_000;

/// A machine with one rule, and what it needs to be fed.
struct Feed {
    program: Arc<Program>,
    site: Arc<SiteModel>,
    machine: Machine,
    /// Records so far.
    offset: u64,
}

impl Feed {
    fn new() -> Feed {
        let symbols = SymbolKey::derive(b"runs");
        let mut producers = Producers::default();
        for class in [class::DOOR_OPENED, class::ACCESS_GRANTED] {
            producers.set_lateness(class, Duration::from_secs(10));
        }
        let environment = Environment { producers: &producers, known: None };
        let checked = check_texts(&[("runs.rules", RULE.as_bytes())], &environment);
        let rules = checked.rules.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
        let program = Arc::new(Program::compile(Arc::new(rules), symbols, Ids::new("runs")));
        let site = Arc::new(SiteModel::empty(symbols));
        let machine = Machine::new(program.clone(), site.clone(), Arc::new(Topics::new(["runs"])));
        Feed { program, site, machine, offset: 0 }
    }

    /// Doors that are opened at an instant, each by a source of its own.
    fn open(&mut self, ts: i64, doors: &[&str], changes: &mut Vec<AlertChange>) {
        let mut batch = Batch::new(self.program.symbols);
        for (at, door) in doors.iter().enumerate() {
            let mut row = batch.begin(class::DOOR_OPENED);
            row.source(&format!("s{at}")).site("hq").text(field::DOOR, door);
            let row = row.finish();
            let envelope = batch.envelope_mut(row);
            (envelope.ts, envelope.append) = (Timestamp(ts), Timestamp(ts));
            envelope.coordinates = Coordinates { offset: self.offset, ..Coordinates::default() };
            self.offset += 1;
        }
        let mut matches = Matches::default();
        let rows = batch.iter().enumerate();
        rows.for_each(|(at, row)| self.program.match_row(row, at as u32, &self.site, &mut matches));
        self.machine.apply(&batch, &matches, changes);
    }
}

/// The last alert that was sent out for a door.
fn last_of(changes: &[AlertChange], door: &str) -> Option<Arc<Alert>> {
    let of_door = |change: &AlertChange| match change {
        AlertChange::Set(alert) => (&*alert.key[0].1 == door).then(|| alert.clone()),
        AlertChange::Removed { .. } => None,
    };
    changes.iter().rev().find_map(of_door)
}

/// Two at an instant for hours, so that most events of the run are forgotten; then a late one, for which its alert is made
/// anew.
#[test]
fn a_late_detection_of_a_long_run_needs_no_forgotten_event() {
    let (mut feed, mut changes) = (Feed::new(), Vec::new());
    let doors: Vec<&str> = ["d1", "d1"].into_iter().chain([const { "d2" }; 20]).collect();
    for minute in 0..200 {
        feed.open(minute * MINUTE, &doors, &mut changes);
        feed.machine.advance(Timestamp(minute * MINUTE), &mut changes);
    }
    assert!(feed.machine.sizes().events < 4_400, "nothing was forgotten");
    let before = last_of(&changes, "d1").expect("an alert");
    changes.clear();
    feed.open(199 * MINUTE - 5_000_000_000, &["d1"], &mut changes);
    let after = last_of(&changes, "d1").expect("the alert is another");
    assert_eq!((before.detections, after.detections), (400, 401));
    assert_eq!((after.evidence.len(), &after.evidence), (64, &before.evidence));
    assert!(after.exact);
}

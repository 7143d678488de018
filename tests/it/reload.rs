//! Other rules at a batch boundary: who means the same goes on, whatever the number; who does not begins anew, and what
//! it said stays said.

use engine::setup::Setup;
use event::alert::Alert;
use event::class;
use event::coordinates::{Coordinates, TopicId, Topics};
use event::field;
use event::producers::Producers;
use event::row::Batch;
use event::symbol::SymbolKey;
use event::time::{Duration, Timestamp};
use incident::table::Settings;
use rules::check::{Environment, check_texts};
use rules::program::index::Matches;
use site::SiteModel;
use std::collections::BTreeMap;
use std::sync::Arc;
use task::task::{Decoded, Task};

const THREE: &str =
    "rule m_three \"{door}\" severity low { by door  count >= 3 of access.denied within 10m }";
const OPEN: &str = "state open by door { set door.opened  clear door.closed }
    rule n_open \"{door}\" severity low { by door  when door.forced where open(door) }";

/// 2026-01-10T02:00:00Z
const START: Timestamp = Timestamp(1_768_010_400_000_000_000);

fn setup(text: &str) -> Setup {
    let producers = Producers::default();
    let environment = Environment { producers: &producers, known: None };
    let checked = check_texts(&[("house.rules", text.as_bytes())], &environment);
    let rules = checked.rules.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    let symbols = SymbolKey::derive(b"house");
    let topics = Arc::new(Topics::new(["house"]));
    let site = Arc::new(SiteModel::empty(symbols));
    Setup::new("house", symbols, Arc::new(rules), site, topics, Arc::new([]), Settings::default())
}

/// A task that takes events one by one.
struct House {
    task: Task,
    symbols: SymbolKey,
    offset: u64,
}

impl House {
    fn under(text: &str) -> House {
        let setup = setup(text);
        House { task: Task::new(setup.shared, 0).keeping(), symbols: setup.symbols, offset: 0 }
    }

    /// At door d1, so many seconds after the start.
    fn event(&mut self, name: &str, second: i64) {
        let shared = self.task.shared().clone();
        let mut batch = Batch::new(self.symbols);
        let mut row = batch.begin(class::by_name(name).expect("a class"));
        row.source("panel").site("house").text(field::by_name("door").expect("a field"), "d1");
        let at = row.finish();
        let envelope = batch.envelope_mut(at);
        (envelope.ts, envelope.append) =
            (START + Duration::from_secs(second), START + Duration::from_secs(second));
        self.offset += 1;
        envelope.coordinates = Coordinates { topic: TopicId(0), partition: 0, offset: self.offset, index: 0 };
        let mut matches = Matches::default();
        shared.program.match_row(batch.row(at), 0, &shared.site, &mut matches);
        let (judged, positions) = ([(false, Duration::ZERO)], BTreeMap::new());
        self.task.apply(Decoded {
            batch: &batch,
            judged: &judged,
            matches: &matches,
            rejects: &[],
            positions: &positions,
        });
    }

    /// Other rules; the names of those that begin anew.
    fn reload(&mut self, text: &str) -> Vec<String> {
        self.task = self.task.reload(setup(text).shared).expect("the same site and topics").keeping();
        self.task.dropped().iter().map(|rule| rule.to_string()).collect()
    }

    fn alerts(&self) -> Vec<Arc<Alert>> {
        let parts: Vec<_> = self.task.table().parts().collect();
        let mut alerts: Vec<Arc<Alert>> = parts.into_iter().flat_map(|part| part.document.alerts).collect();
        alerts.sort_by_key(|alert| (alert.rule.clone(), alert.first_at));
        alerts
    }

    fn rules(&self) -> Vec<String> {
        self.alerts().iter().map(|alert| alert.rule.to_string()).collect()
    }
}

#[test]
fn a_rule_that_means_the_same_keeps_its_cells_under_another_number() {
    let mut house = House::under(THREE);
    house.event("access.denied", 0);
    house.event("access.denied", 1);
    let more = "rule a_first \"{door}\" severity low { by door  when door.held }";
    let same = THREE.replace("within 10m }", "within 10m # as before\n  meta { why \"Somebody tries.\" } }");
    assert_eq!(house.reload(&format!("{more}\n{same}\n{OPEN}")), [""; 0]);
    house.event("access.denied", 2);
    assert_eq!(house.rules(), ["m_three"]);
    assert_eq!(house.alerts()[0].evidence.len(), 3);
    // And back again, with an alert that goes on.
    assert_eq!(house.reload(THREE), ["a_first", "n_open"]);
    house.event("access.denied", 3);
    assert_eq!(house.alerts()[0].detections, 2);
}

#[test]
fn a_state_goes_on_as_long_as_its_own_lines_do() {
    let mut house = House::under(OPEN);
    house.event("door.opened", 0);
    assert_eq!(house.reload(&format!("{THREE}\n{OPEN}")), [""; 0]);
    house.event("door.forced", 1);
    assert_eq!(house.rules(), ["n_open"]);
    let other = OPEN.replace("clear door.closed", "clear door.closed or door.locked");
    assert_eq!(house.reload(&other), ["m_three", "n_open"]);
    house.event("door.forced", 3_600);
    assert_eq!(house.rules(), ["n_open"], "it is not known to be open any more");
}

#[test]
fn a_changed_rule_begins_anew_and_what_it_said_stays() {
    let above = "rule z_two \"{door}\" severity low { by door  count >= 2 of alert.m_three within 1h }";
    let mut house = House::under(&format!("{THREE}\n{above}"));
    (0..3).for_each(|second| house.event("access.denied", second));
    assert!(!house.alerts()[0].settled);
    let shorter = THREE.replace("10m", "5m");
    // Who reads its alerts counts other ones now.
    assert_eq!(house.reload(&format!("{shorter}\n{above}")), ["m_three", "z_two"]);
    assert!(house.alerts()[0].settled);
    house.event("access.denied", 3);
    assert_eq!(house.alerts().len(), 1, "of the two before it knows nothing");
    house.event("access.denied", 4);
    house.event("access.denied", 5);
    assert_eq!(house.rules(), ["m_three", "m_three"]);
    // Nothing is left that waits for a rule that is no more.
    assert_eq!(house.reload(OPEN), ["m_three", "z_two"]);
    assert!(house.alerts().iter().all(|alert| alert.settled));
    let alerts = house.task.alerts;
    assert_eq!(alerts.raised, alerts.settled + alerts.withdrawn + alerts.merged);
}

#[test]
fn a_snapshot_is_good_for_other_rules_too() {
    let mut house = House::under(&format!("{THREE}\n{OPEN}"));
    house.event("access.denied", 0);
    house.event("access.denied", 1);
    let mut bytes = Vec::new();
    house.task.snapshot(&mut bytes);
    house.task = Task::restore(setup(THREE).shared, 0, &bytes).expect("it is taken").keeping();
    assert_eq!(house.task.dropped(), ["n_open".into()]);
    house.event("access.denied", 2);
    assert_eq!(house.rules(), ["m_three"]);
}

//! Runs the tests that stand in rule files (language.md §6), through the engine and the oracle: in the written order of
//! arrival, each arrival a batch of its own; in 100 other orders, with other batches, with 4 tasks where keys stay within
//! a site, with a snapshot and restore in the middle. What is settled must be the same in all.

use crate::deal::{Hand, owner};
use crate::setup::Setup;
use event::alert::Alert;
use event::coordinates::{Coordinates, Topics};
use event::field::{self, FieldId, FieldType};
use event::kind::Kind;
use event::producers::Producers;
use event::row::{Batch, OwnedRow, RowWriter};
use event::symbol::{SymbolKey, lower};
use event::time::{Duration, Timestamp};
use event::value::Value;
use incident::table::Settings as IncidentSettings;
use rules::check::{Environment, RuleFile, check};
use rules::test_tree::{CheckedTest, Expect, Found, TestEvent};
use rules::tree::{Constant, RuleSet};
use site::SiteModel;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use task::task::Task;

/// Orders of arrival beside the written one.
pub const ORDERS: u64 = 100;
const TOPIC: &str = "test";
const NAMESPACE: &str = "test";

/// What came of the tests of a set of files.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many held.
    pub passed: usize,
    /// Those that did not.
    pub failures: Vec<Failure>,
}

/// A test that did not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The rule under test.
    pub rule: Arc<str>,
    /// The test.
    pub test: Arc<str>,
    /// File and byte range of its name.
    pub place: (Arc<str>, Range<usize>),
    /// What was expected, what came, and in which order of arrival.
    pub message: String,
}

/// Runs every test of files that check without error.
pub fn run(files: &[RuleFile], producers: &Producers) -> Report {
    let mut report = Report::default();
    let checked = check(files, &environment(producers));
    let Some(rules) = checked.rules.map(Arc::new) else { return report };
    for (number, test) in checked.tests.iter().enumerate() {
        let outcome = match test.lateness.is_empty() {
            true => Stage::of(test, rules.clone(), producers).and_then(|stage| stage.play()),
            false => with_lateness(files, number, test, producers),
        };
        match outcome {
            Ok(()) => report.passed += 1,
            Err(message) => report.failures.push(Failure {
                rule: test.rule_name.clone(),
                test: test.name.clone(),
                place: test.place.clone(),
                message,
            }),
        }
    }
    report
}

fn environment(producers: &Producers) -> Environment<'_> {
    Environment { producers, known: None }
}

/// The world overrides lateness: what rules wait for is derived anew.
fn with_lateness(
    files: &[RuleFile],
    number: usize,
    test: &CheckedTest,
    producers: &Producers,
) -> Result<(), String> {
    let mut producers = producers.clone();
    test.lateness.iter().for_each(|(class, lateness)| producers.set_lateness(*class, *lateness));
    let checked = check(files, &environment(&producers));
    let rules = checked.rules.map(Arc::new).ok_or("the rules do not check under the world's lateness")?;
    let test = checked.tests.get(number).ok_or("the test does not check under the world's lateness")?;
    Stage::of(test, rules, &producers)?.play()
}

/// A test with everything it is played with.
struct Stage<'a> {
    test: &'a CheckedTest,
    setup: Setup,
    producers: &'a Producers,
    events: Vec<OwnedRow>,
}

/// How one run differs from the written one.
#[derive(Clone, Debug)]
struct Play {
    order: Vec<usize>,
    batch: usize,
    tasks: u32,
    snapshot_after: Option<usize>,
}

/// What one run gave.
struct Played {
    /// Settled alerts of all rules, by (first_at, id).
    settled: Vec<Alert>,
    /// Reported and taken back again, by rule.
    withdrawn: BTreeMap<Arc<str>, u64>,
}

impl<'a> Stage<'a> {
    fn of(test: &'a CheckedTest, rules: Arc<RuleSet>, producers: &'a Producers) -> Result<Stage<'a>, String> {
        let symbols = SymbolKey::derive(NAMESPACE.as_bytes());
        let world = test
            .world
            .build(symbols)
            .map_err(|errors| errors.iter().map(|e| e.message.clone()).collect::<Vec<_>>().join("; "))?;
        let (site, topics) = (Arc::new(world), Arc::new(Topics::new([TOPIC])));
        let events = rows(test, &site, symbols);
        let formats: Arc<[&'static str]> = Arc::new(["test"]);
        let setup = Setup::new(NAMESPACE, symbols, rules, site, topics, formats, IncidentSettings::default());
        Ok(Stage { test, setup, producers, events })
    }

    fn play(&self) -> Result<(), String> {
        let written = self.written();
        let first = self.run(&written)?;
        self.check(&first)?;
        let told = self.oracle();
        differ("the engine, in the written order,", &first.settled, "the oracle", &told)?;
        for seed in 1..=ORDERS {
            let play = self.shuffled(seed);
            let other = self.run(&play)?;
            let name = format!(
                "the engine, arrivals {:?}, {} a batch, {} tasks,",
                play.order, play.batch, play.tasks
            );
            differ(&name, &other.settled, "the written order", &first.settled)?;
        }
        Ok(())
    }

    fn written(&self) -> Play {
        let mut order: Vec<usize> = (0..self.events.len()).collect();
        order.sort_by_key(|at| (self.append(*at), *at));
        Play { order, batch: 1, tasks: 1, snapshot_after: None }
    }

    fn append(&self, at: usize) -> Timestamp {
        self.events[at].as_ref().row.append
    }

    fn shuffled(&self, seed: u64) -> Play {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut random = |end: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % end.max(1) as u64) as usize
        };
        let mut order: Vec<usize> = (0..self.events.len()).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, random(at + 1));
        }
        let within_sites = self.setup.check_tasks(4).is_ok();
        let tasks = if within_sites && seed.is_multiple_of(2) { 4 } else { 1 };
        let snapshot_after = seed.is_multiple_of(3).then(|| random(order.len()));
        Play { batch: 1 + random(4), order, tasks, snapshot_after }
    }

    fn run(&self, play: &Play) -> Result<Played, String> {
        let mut tasks: Vec<Task> = (0..play.tasks)
            .map(|at| self.given(Task::new(self.setup.shared.clone(), at).keeping()))
            .collect();
        let mut settled = Vec::new();
        for (number, batch) in play.order.chunks(play.batch).enumerate() {
            self.give(batch, &mut tasks);
            let rest = play.order.iter().skip((number + 1) * play.batch);
            if let Some(least) = rest.map(|at| self.append(*at)).min() {
                tasks.iter_mut().for_each(|task| task.advance(Timestamp(least.0 - 1)));
            }
            if play.snapshot_after == Some(number) {
                tasks = tasks
                    .into_iter()
                    .map(|task| self.restored(task, &mut settled))
                    .collect::<Result<_, _>>()?;
            }
        }
        let mut withdrawn = BTreeMap::new();
        for task in &mut tasks {
            settle(task);
            settled.extend(task.take_kept().alerts);
            for (rule, count) in task.withdrawn_by_rule() {
                *withdrawn.entry(rule.clone()).or_default() += count;
            }
        }
        settled.sort_by_key(|alert| (alert.first_at, alert.id));
        Ok(Played { settled, withdrawn })
    }

    fn give(&self, batch: &[usize], tasks: &mut [Task]) {
        let mut hands: Vec<Hand> = tasks.iter().map(|_| Hand::new(self.setup.symbols)).collect();
        for at in batch {
            let row = self.events[*at].as_ref();
            let lateness = self.producers.lateness(row.row.class);
            let late = row.row.append - row.row.ts > lateness;
            let task = owner(row, &self.setup.shared, tasks.len() as u32);
            hands[task as usize].event(row, (late, lateness), &self.setup.shared);
        }
        hands.iter_mut().zip(tasks).for_each(|(hand, task)| hand.give(task));
    }

    fn restored(&self, mut task: Task, settled: &mut Vec<Alert>) -> Result<Task, String> {
        settled.extend(task.take_kept().alerts);
        let mut bytes = Vec::new();
        task.snapshot(&mut bytes);
        let restored = Task::restore(self.setup.shared.clone(), task.partition(), &bytes);
        restored.map(Task::keeping).map_err(|error| format!("a snapshot does not read back: {error}"))
    }

    fn given(&self, mut task: Task) -> Task {
        for given in &self.test.given {
            task.machine_mut().given(given);
        }
        task
    }

    fn oracle(&self) -> Vec<Alert> {
        let given: Vec<oracle::Given> = self
            .test
            .given
            .iter()
            .map(|g| oracle::Given { state: g.state, key: g.key.clone(), value: g.value.clone() })
            .collect();
        let shared = &self.setup.shared;
        let settings = oracle::Settings {
            ids: &shared.ids,
            symbols: self.setup.symbols,
            producers: self.producers,
            topics: &shared.topics,
            t_merge: shared.incidents.t_merge,
            given: &given,
        };
        let mut alerts = oracle::run(&shared.program.tree, &shared.site, &self.events, &settings).alerts;
        alerts.sort_by_key(|alert| (alert.first_at, alert.id));
        alerts
    }

    /// The `expect` lines, against the written order.
    fn check(&self, played: &Played) -> Result<(), String> {
        let of_rule = |alert: &&Alert| alert.rule == self.test.rule_name;
        let mut left: Vec<&Alert> = played.settled.iter().filter(of_rule).collect();
        for expect in &self.test.expects {
            match expect {
                Expect::Nothing => {}
                Expect::Withdrawn(_) => {
                    if played.withdrawn.get(&self.test.rule_name).is_none_or(|count| *count == 0) {
                        return Err(
                            "expected an alert that is withdrawn again; none was reported and taken back"
                                .into(),
                        );
                    }
                }
                Expect::Found(found) => self.take(found, false, &mut left, &played.settled)?,
                Expect::Unknown(Some(found)) => self.take(found, true, &mut left, &played.settled)?,
                Expect::Unknown(None) => {
                    if !left.iter().any(|alert| !alert.unknown.is_empty()) {
                        return Err("expected an alert marked unknown; there is none".into());
                    }
                    left.retain(|alert| alert.unknown.is_empty());
                }
            }
        }
        match left.first() {
            Some(alert) => Err(format!("no line expects this settled alert: {}", shown(alert))),
            None => Ok(()),
        }
    }

    fn take(
        &self,
        found: &Found,
        unknown: bool,
        left: &mut Vec<&Alert>,
        all: &[Alert],
    ) -> Result<(), String> {
        let rule = &self.setup.shared.program.rule(found.rule).name;
        let fits = |alert: &&Alert| {
            alert.rule == *rule && unknown != alert.unknown.is_empty() && matches(found, alert)
        };
        if *rule != self.test.rule_name {
            return match all.iter().find(fits) {
                Some(_) => Ok(()),
                None => Err(format!("expected an alert of {rule} that did not settle")),
            };
        }
        match left.iter().position(fits) {
            Some(at) => {
                left.remove(at);
                Ok(())
            }
            None => {
                let there: Vec<String> = left.iter().map(|alert| shown(alert)).collect();
                let there = if there.is_empty() { "none".to_owned() } else { there.join("; ") };
                Err(format!("expected {}; settled: {there}", wanted(found, rule)))
            }
        }
    }
}

fn matches(found: &Found, alert: &Alert) -> bool {
    let key = found
        .key
        .iter()
        .all(|(part, id)| alert.key.get(*part).is_some_and(|(_, value)| lower(value) == lower(id)));
    let captured = found.captured.iter().all(|(name, value)| {
        alert.captured.get(name).is_some_and(|there| lower(&there.to_string()) == lower(value))
    });
    key && captured
        && found.severity.is_none_or(|severity| severity == alert.severity)
        && found.detections.is_none_or(|count| count == alert.detections)
        && found.at.is_none_or(|at| at == alert.first_at)
}

fn wanted(found: &Found, rule: &str) -> String {
    let key: Vec<&str> = found.key.iter().map(|(_, id)| &**id).collect();
    let at = found.at.map_or(String::new(), |at| format!(" at {at}"));
    format!("{rule} {}{at}", key.join(", "))
}

fn shown(alert: &Alert) -> String {
    let key: Vec<String> = alert.key.iter().map(|(path, id)| format!("{path} = \"{id}\"")).collect();
    let (key, count) = (key.join(", "), alert.detections);
    format!(
        "{} {key} at {} (severity {}, detections {count})",
        alert.rule,
        alert.first_at,
        alert.severity.name()
    )
}

fn differ(one: &str, a: &[Alert], other: &str, b: &[Alert]) -> Result<(), String> {
    let different = a.iter().find(|alert| !b.contains(alert));
    let missing = b.iter().find(|alert| !a.contains(alert));
    match (different, missing) {
        (None, None) => Ok(()),
        (different, missing) => {
            let show =
                |alert: Option<&Alert>| alert.map_or("nothing".to_owned(), |alert| format!("{alert:?}"));
            Err(format!("{one} settles {}, where {other} has {}", show(different), show(missing)))
        }
    }
}

fn settle(task: &mut Task) {
    while task.is_pending() {
        let Some(next) = task.next_deadline() else { break };
        task.advance(next.max(task.now() + Duration(1)));
    }
}

fn rows(test: &CheckedTest, site: &SiteModel, symbols: SymbolKey) -> Vec<OwnedRow> {
    test.events.iter().enumerate().map(|(at, event)| row(event, at, site, symbols)).collect()
}

fn row(event: &TestEvent, number: usize, site: &SiteModel, symbols: SymbolKey) -> OwnedRow {
    let mut batch = Batch::new(symbols);
    let mut row = batch.begin(event.class);
    row.lifecycle(event.lifecycle).source(event.source.as_deref().unwrap_or("test"));
    if event.test {
        row.test();
    }
    if let Some(site) = &event.site {
        row.site(site);
    }
    let tags: Vec<String> =
        event.fields.iter().filter(|(f, _)| *f == field::TAGS).map(|(_, c)| plain(c)).collect();
    event
        .fields
        .iter()
        .filter(|(f, _)| *f != field::TAGS)
        .for_each(|(field, value)| set(&mut row, *field, value));
    if !tags.is_empty() {
        row.text(field::TAGS, &tags.join("\u{1f}"));
    }
    let at = row.finish();
    let envelope = batch.envelope_mut(at);
    (envelope.ts, envelope.append, envelope.device_time) = (event.at, event.arrives, Some(event.at));
    envelope.coordinates = Coordinates { offset: number as u64, ..Coordinates::default() };
    if event.site.is_none() {
        let place = site_of(&batch, site);
        batch.set_site(at, &place);
    }
    batch.row(at).to_owned_row()
}

/// The site that the event's entities lie in, else the only one of the world.
fn site_of(batch: &Batch, site: &SiteModel) -> String {
    let mut implied: Vec<Value<'_>> = Vec::new();
    site.implied(batch.row(0), Kind::Site, &mut implied);
    match implied.first() {
        Some(Value::Text(text)) => text.text.to_owned(),
        _ => site.only_site().unwrap_or("local").to_owned(),
    }
}

fn set(row: &mut RowWriter<'_>, field: FieldId, value: &Constant) {
    match value {
        Constant::Int(n) if field.def().ty == FieldType::Float => row.text(field, &n.to_string()),
        Constant::Int(n) => row.int(field, *n),
        Constant::Float(x) => row.float(field, *x),
        Constant::Bool(b) => row.boolean(field, *b),
        Constant::Enum(index, _) => row.index(field, *index),
        Constant::Ip(ip) => row.ip(field, event::value::display_ip(*ip)),
        Constant::Time(t) => row.time(field, *t),
        Constant::Duration(d) => row.duration(field, *d),
        Constant::Text(text) | Constant::Mac(text) => row.text(field, text),
        Constant::Net(..) => row,
    };
}

fn plain(value: &Constant) -> String {
    match value {
        Constant::Text(text) | Constant::Mac(text) | Constant::Enum(_, text) => text.to_string(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::check::read;
    use std::path::Path;

    /// Every rule that ships has its tests, and they hold.
    #[test]
    fn the_shipped_rules_pass_their_tests() {
        let folder = |name: &str| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
            std::fs::read_dir(folder).expect("a folder of rules")
        };
        let mut files = Vec::new();
        for entry in folder("rules").chain(folder("rules/opt_in")) {
            let path = entry.expect("a file of `rules`").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_rules = name.ends_with(".rules") || name.ends_with(".optional");
            if is_rules && name != "standard.rules" {
                let (file, diagnostics) = read(&name, &std::fs::read(&path).expect("a rule file"));
                assert!(diagnostics.is_empty(), "{}", diagnostics[0]);
                files.push(file);
            }
        }
        let producers = Producers::default();
        let checked = check(&files, &environment(&producers));
        let errors: Vec<String> =
            checked.diagnostics.iter().filter(|d| d.is_error()).map(ToString::to_string).collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
        let report = run(&files, &producers);
        let failures: Vec<String> =
            report.failures.iter().map(|f| format!("{} \"{}\": {}", f.rule, f.test, f.message)).collect();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        assert!(report.passed >= 260, "only {} tests ran", report.passed);
    }

    /// Evidence is by event and step, and steps without labels may have the same name.
    #[test]
    fn an_event_is_evidence_once_for_each_step_that_it_satisfies() {
        let text = r#"rule twice "{door}" severity low { by door  all within 1m { access.denied  access.denied or access.granted } }
            world { now "2026-01-10T02:00:00" in "Europe/Paris"  door "D1" }
            test twice "two events, each both signs" {
              at 0s access.denied door = "D1"
              at 1s access.denied door = "D1"
              expect twice door = "D1", detections = 2 at 0s
            }"#;
        let (file, diagnostics) = read("twice.rules", text.as_bytes());
        assert!(diagnostics.is_empty());
        let report = run(&[file], &Producers::default());
        assert_eq!(
            (report.passed, report.failures.len()),
            (1, 0),
            "{:?}",
            report.failures.first().map(|f| &f.message)
        );
    }
}

//! Engine against oracle: random rules, dense random streams, random orders of arrival, batches and tasks;
//! what settles has to be the same. A case is a function of its seed.
//!
//! ```text
//! seed ─▶ rule file (grammar) ─▶ checked set ─┬─▶ stream ─▶ oracle ─────────────▶ alerts, parts, counts
//!                                             └─▶ stream ─▶ arrival ─▶ engine ──▶ alerts, parts, counts   equal?
//! ```
//! On a difference the case is made smaller as long as it still differs, and printed whole.

mod engine;
mod grammar;
pub mod operators;
mod random;
mod shrink;
mod stream;
mod world;

pub use engine::{run_engine, run_faulty};
pub use grammar::Item;
pub use world::Spec;

use event::alert::Alert;
use event::class;
use event::id::Id;
use event::producers::Producers;
use event::time::Duration;
use random::Random;
use rules::check::{Environment, Known, check_texts};
use rules::tree::RuleSet;
use shrink::shrunk;
use site::SiteModel;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};
use stream::Copied;

/// Streams for each rule file, and orders of arrival for each stream.
const STREAMS: usize = 6;
const ARRIVALS: usize = 4;

/// A number of batches that no case has.
const NEVER: usize = 1_000;

/// The site model of all cases.
pub static MODEL: LazyLock<Arc<SiteModel>> = LazyLock::new(|| Arc::new(world::model()));

/// Everything that an answer depends on, in a form that can be read and made smaller.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it was made from.
    pub seed: u64,
    /// States and rules.
    pub items: Vec<Item>,
    /// The checked set of the items.
    pub rules: Arc<RuleSet>,
    /// Lateness of each class.
    pub producers: Arc<Producers>,
    /// Length of one unit of time.
    pub unit: Duration,
    /// How far alerts of one incident may lie apart.
    pub t_merge: Duration,
    /// The greatest clock error of a source.
    pub clock_error: Duration,
    /// What happened.
    pub events: Vec<Spec>,
    /// In which order it arrived: indices into `events`.
    pub order: Vec<usize>,
    /// Most events in a batch.
    pub batch: usize,
    /// Number of tasks; keys lie within a site where there are several.
    pub tasks: usize,
    /// After which batches the clock moves: every `clock_every`-th.
    pub clock_every: usize,
    /// After which batches the tasks are put away and go on from their snapshots: every `snapshot_every`-th.
    pub snapshot_every: usize,
}

/// What one side says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Settled alerts by id.
    pub alerts: BTreeMap<Id, Alert>,
    /// The ids of the events that each shows.
    pub shown: BTreeMap<Id, Vec<Id>>,
    /// Incidents: canonical id → (alerts by (first_at, id), related).
    pub parts: BTreeMap<Id, (Vec<Id>, Vec<Id>)>,
    /// Accepted, duplicate, late.
    pub counts: (u64, u64, u64),
    /// What only the engine can get wrong: broken promises, in words.
    pub broken: Vec<String>,
}

/// A difference, made small, with all that is needed to see it.
pub struct Difference(pub String);

/// Runs `rule_sets` rule files from `seed` on, each with its streams and arrivals; gives the number of cases
/// or the first difference.
pub fn compare(seed: u64, rule_sets: u64, engine: &dyn Fn(&Case) -> Answer) -> Result<u64, Difference> {
    let mut cases = 0;
    for seed in seed..seed + rule_sets {
        for case in cases_of(seed) {
            cases += 1;
            if differs(&case, engine) {
                let small = shrunk_quietly(case, engine);
                return Err(Difference(report(&small, engine)));
            }
        }
    }
    Ok(cases)
}

/// After how many cases from `seed` on each of these answers differs from the oracle's; `None` where none of so many rule
/// files shows it.
pub fn first_differences(
    (seed, rule_sets): (u64, u64),
    engines: &[&dyn Fn(&Case) -> Answer],
) -> Vec<Option<u64>> {
    let mut first = vec![None; engines.len()];
    let mut cases = 0;
    for case in (seed..seed + rule_sets).flat_map(cases_of) {
        cases += 1;
        let right = run_oracle(&case);
        for (engine, first) in engines.iter().zip(&mut first).filter(|(_, first)| first.is_none()) {
            *first = (answer_of(engine, &case) != right).then_some(cases);
        }
        if first.iter().all(Option::is_some) {
            break;
        }
    }
    first
}

/// All cases of one seed: one rule file, some streams, some arrivals of each.
pub fn cases_of(seed: u64) -> Vec<Case> {
    let mut random = Random::new(seed);
    // Long units leave nothing to the slack that cells keep beyond the lateness, and let runs reach their 24
    // hours.
    // Days are what `first` and `unusual` count.
    let units = [(1, Copied::Some), (1, Copied::Some), (1_200, Copied::None), (86_400, Copied::None)];
    let (unit_s, copied) = units[random.below(units.len())];
    let unit = Duration::from_secs(unit_s);
    let producers = producers(&mut random, unit_s);
    let clock_error = Duration(if random.one_in(6) { unit.0 * random.between(1, 2) } else { 0 });
    let check = |items: &[Item]| check(items, &producers, clock_error);
    let (items, rules) = loop {
        let items = grammar::file(&mut random, unit_s, &|items| check(items).is_some());
        match check(&items) {
            Some(rules) if !rules.rules.is_empty() => break (items, rules),
            _ => {}
        }
    };
    let text = text_of(&items);
    let crosses = rules.rules.iter().any(|rule| rule.crosses_sites());
    let mut cases = Vec::new();
    for _ in 0..STREAMS {
        let events = stream::stream(&mut random, &text, copied);
        let t_merge = Duration(unit.0 * random.between(1, 30));
        for _ in 0..ARRIVALS {
            cases.push(Case {
                seed,
                items: items.clone(),
                rules: rules.clone(),
                producers: producers.clone(),
                unit,
                t_merge,
                clock_error,
                order: stream::arrival(&mut random, &events),
                events: events.clone(),
                batch: 1 + random.below(16),
                tasks: if crosses || random.one_in(2) { 1 } else { 3 },
                clock_every: 1 + random.below(6),
                snapshot_every: if random.one_in(3) { 1 + random.below(8) } else { NEVER },
            });
        }
    }
    cases
}

fn producers(random: &mut Random, unit_s: i64) -> Arc<Producers> {
    let mut producers = Producers::default();
    for class in class::all() {
        let units = *random.pick(&[&0, &5, &10, &10, &20, &60]);
        producers.set_lateness(class, Duration::from_secs(units * unit_s));
    }
    Arc::new(producers)
}

fn text_of(items: &[Item]) -> String {
    items.iter().map(|item| format!("{}\n", item.text)).collect()
}

/// The checked set, if the checker takes it.
fn check(items: &[Item], producers: &Producers, clock_error: Duration) -> Option<Arc<RuleSet>> {
    let environment = Environment { producers, known: Some(Known::of(&MODEL, clock_error)) };
    check_texts(&[("case.rules", text_of(items).as_bytes())], &environment).rules.map(Arc::new)
}

/// What the reference says.
pub fn run_oracle(case: &Case) -> Answer {
    let topics = world::topics();
    let rows: Vec<_> = case.events.iter().map(|event| event.row(case.unit, &topics)).collect();
    let settings = oracle::Settings {
        ids: &world::ids(),
        symbols: world::symbols(),
        producers: &case.producers,
        topics: &topics,
        t_merge: case.t_merge,
        given: &[],
    };
    let outcome = oracle::run(&case.rules, &MODEL, &rows, &settings);
    let parts = outcome.parts.into_iter().map(|part| (part.canonical, (part.alerts, part.related)));
    let mut answer = Answer {
        parts: parts.collect(),
        counts: (outcome.counts.accepted, outcome.counts.duplicate, outcome.counts.late),
        ..Answer::default()
    };
    for alert in outcome.alerts {
        answer.take(alert);
    }
    answer
}

impl Answer {
    /// Takes a settled alert; gives what was taken under its id before.
    pub fn take(&mut self, alert: Alert) -> Option<Alert> {
        self.shown.insert(alert.id, alert.evidence.iter().map(|entry| entry.event_id()).collect());
        self.alerts.insert(alert.id, alert)
    }
}

fn differs(case: &Case, engine: &dyn Fn(&Case) -> Answer) -> bool {
    run_oracle(case) != answer_of(engine, case)
}

/// The engine's answer; a panic is one too.
fn answer_of(engine: &dyn Fn(&Case) -> Answer, case: &Case) -> Answer {
    catch_unwind(AssertUnwindSafe(|| engine(case))).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?");
        Answer { broken: vec![format!("panicked: {said}")], ..Answer::default() }
    })
}

/// Makes a failing case smaller, without a message for each of its panics.
fn shrunk_quietly(case: Case, engine: &dyn Fn(&Case) -> Answer) -> Case {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let small = shrunk(case, &|case| differs(case, engine));
    std::panic::set_hook(loud);
    small
}

/// A case and both answers, for people.
pub fn report(case: &Case, engine: &dyn Fn(&Case) -> Answer) -> String {
    let (right, found) = (run_oracle(case), answer_of(engine, case));
    let mut text = format!(
        "seed {}, unit {}, merge {}, clock error {}, {} tasks, batches of {}, clock after every {}, \
         snapshot after every {}\n",
        case.seed,
        case.unit,
        case.t_merge,
        case.clock_error,
        case.tasks,
        case.batch,
        case.clock_every,
        case.snapshot_every
    );
    text.push_str(&text_of(&case.items));
    let mut sorted: Vec<&Spec> = case.events.iter().collect();
    sorted.sort_by_key(|event| (event.ts, event.source, event.seq, event.topic, event.site, event.offset));
    for event in sorted {
        let lateness = case.producers.lateness(event.class);
        let _infallible = writeln!(text, "  {event} L={lateness}");
    }
    let arrival: Vec<String> = case
        .order
        .iter()
        .map(|&at| &case.events[at])
        .map(|event| format!("{}/{}/{}", world::TOPICS[event.topic], world::SITES[event.site], event.offset))
        .collect();
    let _infallible = writeln!(text, "arrival: {}", arrival.join(" "));
    for (name, a, b) in [("oracle only", &right, &found), ("engine only", &found, &right)] {
        let _infallible = writeln!(text, "{name}:");
        for alert in a.alerts.values().filter(|alert| b.alerts.get(&alert.id) != Some(alert)) {
            let _infallible = writeln!(text, "  {}", printed(case, alert));
        }
        for (id, shown) in a.shown.iter().filter(|(id, shown)| b.shown.get(id) != Some(shown)) {
            let _infallible = writeln!(text, "  alert {id} shows {shown:?}");
        }
        for (id, part) in a.parts.iter().filter(|(id, part)| b.parts.get(id) != Some(part)) {
            let _infallible = writeln!(text, "  incident {id}: {part:?}");
        }
        if a.counts != b.counts {
            let _infallible = writeln!(text, "  accepted, duplicate, late: {:?}", a.counts);
        }
    }
    for broken in &found.broken {
        let _infallible = writeln!(text, "broken: {broken}");
    }
    text
}

fn printed(case: &Case, alert: &Alert) -> String {
    let units = |ts: event::time::Timestamp| (ts - world::START).0 / case.unit.0;
    let key: Vec<&str> = alert.key.iter().map(|(_, id)| &**id).collect();
    let evidence: Vec<String> =
        alert.evidence.iter().map(|e| format!("{}@{}{:?}", e.step, units(e.place.ts), e.fields)).collect();
    format!(
        "{} {}({}) {}..{} x{} {:?} {:?} site {} captured {:?} entities {:?} exact {} settled {} unknown {:?} \
         evidence {}",
        alert.id,
        alert.rule,
        key.join(","),
        units(alert.first_at),
        units(alert.last_at),
        alert.detections,
        alert.severity,
        alert.title,
        alert.site,
        alert.captured,
        alert.entities,
        alert.exact,
        alert.settled,
        alert.unknown,
        evidence.join(" ")
    )
}

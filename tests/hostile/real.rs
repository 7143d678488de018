//! The product's own task in the simulation: rules over four kinds of events, late records that take
//! detections back, absences that the clock decides, and snapshots as bytes.
//!
//! What is right is not written down here a second time (that is the oracle's): the truth is the same task
//! with everything applied, which no log, crash or publisher has touched.

use super::drive::{Plan, Subject, inputs_of};
use super::random::Random;
use event::class::{self, ClassId};
use event::coordinates::{Coordinates, Topics};
use event::field;
use event::id::{Id, Ids};
use event::producers::Producers;
use event::reject::{Reject, RejectedRecord};
use event::row::Batch;
use event::symbol::SymbolKey;
use event::time::{Duration, Timestamp};
use incident::table::{Changed, Member, Part, PartId, Settings};
use rules::check::{Environment, check_texts};
use rules::program::Program;
use rules::program::index::Matches;
use site::SiteModel;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use task::log::{Input, OutRow, Positions, TaskId};
use task::publish::Machine;
use task::task::{Decoded, Shared, Task};

const RULES: &str = r#"
rule opened "{door} opened without a badge" severity high {
  by door
  when open: door.opened
  unless access.granted within 5s before open
  quiet 4s
}

rule left_open "{door} left open" severity medium {
  by door
  after door.opened
  expect door.closed within 6s
  quiet 4s
}

rule refused "Refused twice at {door}" severity medium {
  by door
  count >= 2 of access.denied within 8s
  quiet 4s
}

rule fire "Fire in {zone}" severity critical {
  by zone
  when fire.alarm
  quiet 4s
}
"#;

const MODEL: &str = r#"
sites:
  - {id: s0, time_zone: Europe/Paris, partition: 0}
  - {id: s1, time_zone: Europe/Paris, partition: 1}
  - {id: s2, time_zone: Europe/Paris, partition: 2}
zones: [{id: z0, site: s0}, {id: z1, site: s1}, {id: z2, site: s2}]
doors:
  - {id: d0a, from_zone: z0, to_zone: z0}
  - {id: d0b, from_zone: z0, to_zone: z0}
  - {id: d1a, from_zone: z1, to_zone: z1}
  - {id: d1b, from_zone: z1, to_zone: z1}
  - {id: d2a, from_zone: z2, to_zone: z2}
  - {id: d2b, from_zone: z2, to_zone: z2}
"#;

const CLASSES: [&str; 6] =
    ["door.opened", "door.opened", "door.closed", "access.granted", "access.denied", "fire.alarm"];
const LATENESS: Duration = Duration::from_secs(12);
const START: i64 = 1_768_010_400;
/// So long after the last record everything is settled, closed and older than the horizon.
const END: i64 = START + 40 * 86_400;

static SHARED: LazyLock<Shared> = LazyLock::new(shared);

/// What a record says.
#[derive(Clone, Debug)]
pub enum What {
    /// An event of this class at a door, or in its zone.
    Event(ClassId, String),
    /// Nothing that can be read.
    Reject,
    /// Only time passes.
    Tick,
}

/// A record of the simulated inputs; times in seconds.
#[derive(Clone, Debug)]
pub struct Record {
    ts: i64,
    append: i64,
    what: What,
}

/// The task, and how far time has come in each of its inputs.
pub struct Real {
    task: Task,
    appended: BTreeMap<Input, i64>,
}

fn shared() -> Shared {
    let mut producers = Producers::default();
    class::all().for_each(|class| producers.set_lateness(class, LATENESS));
    let environment = Environment { producers: &producers, known: None };
    let checked = check_texts(&[("simulated.rules", RULES.as_bytes())], &environment);
    let rules = checked.rules.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
    let (ids, symbols) = (Ids::new("model"), SymbolKey::derive(b"model"));
    let (site, problems) =
        SiteModel::parse("site.yaml", MODEL, symbols, &mut |file| Err(format!("no {file}")));
    let program = Arc::new(Program::compile(Arc::new(rules), symbols, ids.clone()));
    let incidents = Settings {
        t_merge: Duration::from_secs(6),
        close_after: Duration::from_secs(60),
        ..Settings::default()
    };
    Shared {
        incidents: Shared::incident_settings(&program, incidents),
        program,
        site: Arc::new(site.unwrap_or_else(|| panic!("{problems:#?}"))),
        topics: Arc::new(Topics::new(["badge", "panel"])),
        formats: Arc::new([]),
        ids,
    }
}

/// Records of all tasks in the order of their arrival: some late, some unreadable, and a last one that
/// settles all.
pub fn feed(plan: &Plan) -> Vec<(Input, Record)> {
    let mut random = Random::new(plan.seed ^ 0xfeed);
    let mut feed = Vec::new();
    for task in (0..plan.tasks).map(TaskId) {
        let inputs = inputs_of(task);
        for _ in 0..30 {
            let ts = START + random.between(1, 120) as i64;
            let append = ts + random.between(0, 14) as i64;
            let name = *random.pick(&CLASSES);
            let class = class::by_name(name).expect("the table has it");
            let door = format!("d{}{}", task.0, random.pick(&["a", "b"]));
            let what = if random.permille(50) { What::Reject } else { What::Event(class, door) };
            feed.push((*random.pick(&inputs), Record { ts, append, what }));
        }
        let end = |input| (input, Record { ts: END, append: END, what: What::Tick });
        feed.extend(inputs.into_iter().map(end));
    }
    feed.sort_by_key(|(_, record)| record.append);
    feed
}

fn seconds(at: i64) -> Timestamp {
    Timestamp(at * 1_000_000_000)
}

impl Real {
    fn decode(&self, batch: &mut Batch, record: &Record, coordinates: Coordinates) {
        let What::Event(class, door) = &record.what else { return };
        let partition = coordinates.partition;
        let mut row = batch.begin(*class);
        row.source("panel").site(&format!("s{partition}"));
        let (name, value) = match class.def().map(|def| def.name) {
            Some("fire.alarm") => ("zone", format!("z{partition}")),
            _ => ("door", door.clone()),
        };
        if let Some(field) = field::by_name(name) {
            row.text(field, &value);
        }
        let at = row.finish();
        let envelope = batch.envelope_mut(at);
        (envelope.ts, envelope.append) = (seconds(record.ts), seconds(record.append));
        envelope.coordinates = coordinates;
    }

    fn reject(record: &Record, coordinates: Coordinates) -> Option<RejectedRecord> {
        matches!(record.what, What::Reject).then(|| RejectedRecord {
            reason: Reject::Malformed,
            detail: "no frame".into(),
            coordinates,
            format: "-",
            value: Box::from(*b"as it came"),
        })
    }

    fn apply_decoded(&mut self, batch: &Batch, rejects: &[RejectedRecord], positions: &Positions) {
        let mut matches = Matches::default();
        let mut judged = Vec::new();
        let shared = self.task.shared();
        for (at, row) in batch.iter().enumerate() {
            judged.push((row.row.append - row.row.ts > LATENESS, LATENESS));
            shared.program.match_row(row, at as u32, &shared.site, &mut matches);
        }
        self.task.apply(Decoded { batch, judged: &judged, matches: &matches, rejects, positions });
    }
}

impl Subject for Real {
    type Record = Record;
    type Stored = (TaskId, Vec<u8>, BTreeMap<Input, i64>);

    fn new(_plan: &Plan, task: TaskId) -> Self {
        let inputs = inputs_of(task);
        let mut real = Real {
            task: Task::new(SHARED.clone(), task.0),
            appended: inputs.iter().map(|input| (*input, START)).collect(),
        };
        real.jump(&inputs.into_iter().map(|input| (input, 0)).collect());
        real
    }

    fn apply(&mut self, input: Input, offset: u64, record: &Record) {
        let coordinates = Coordinates { topic: input.topic, partition: input.partition, offset, index: 0 };
        let mut batch = Batch::new(self.task.shared().program.symbols);
        self.decode(&mut batch, record, coordinates);
        let rejects: Vec<RejectedRecord> = Real::reject(record, coordinates).into_iter().collect();
        self.apply_decoded(&batch, &rejects, &Positions::from([(input, offset + 1)]));
        self.appended.insert(input, record.append);
        // Records of the same instant may still come.
        let clock = self.appended.values().min().map(|at| seconds(*at) - Duration(1));
        self.task.advance(clock.unwrap_or(Timestamp::MIN));
    }

    fn jump(&mut self, to: &Positions) {
        let symbols = self.task.shared().program.symbols;
        self.apply_decoded(&Batch::new(symbols), &[], to);
    }

    fn store(&self) -> Self::Stored {
        let mut bytes = Vec::new();
        self.task.snapshot(&mut bytes);
        (TaskId(self.task.partition()), bytes, self.appended.clone())
    }

    fn restore((task, bytes, appended): &Self::Stored) -> Self {
        let task =
            Task::restore(SHARED.clone(), task.0, bytes).expect("a snapshot is read as it was written");
        Real { task, appended: appended.clone() }
    }
}

impl Machine for Real {
    fn take_changed(&mut self) -> Changed {
        self.task.take_changed()
    }

    fn part_ids(&self) -> Vec<PartId> {
        self.task.part_ids()
    }

    fn part(&self, id: &PartId) -> Option<Part> {
        self.task.part(id)
    }

    fn part_of(&self, alert: Id) -> Option<PartId> {
        self.task.part_of(alert)
    }

    fn overlapping(&self, member: &Member) -> Vec<Member> {
        self.task.overlapping(member)
    }

    fn retire(&mut self, id: &PartId) {
        self.task.retire(id);
    }

    fn forget_before(&self) -> Timestamp {
        self.task.forget_before()
    }

    fn take_rows(&mut self) -> Vec<OutRow> {
        self.task.take_rows()
    }

    fn positions(&self) -> Positions {
        self.task.positions()
    }

    fn clock(&self) -> Timestamp {
        self.task.clock()
    }
}

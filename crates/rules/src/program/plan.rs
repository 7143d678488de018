//! How the cells of a rule are run: the pattern as numbers and bit masks.
//!
//! A rule whose steps exclude each other runs on *registers* (engine.md §2.2, lemma i: of all partial matches that reached
//! a stage the newest is enough); what looks back over a window, or could take one event for two steps, keeps its log for
//! the window instead.

use super::chains::{self, Chains};
use super::comparison::{Comparison, Speed};
use super::condition::{Compiler, Test};
use super::fault::Faults;
use super::{CompiledStep, REPLICA_SLACK};
use crate::tree::{Constant, Over, Pattern, Per, Rule, SequenceItem, Side};
use event::alert::Emission;
use event::time::Duration;
use site::path::Path;
use std::ops::RangeInclusive;

/// The pattern of a rule for its cells; all times in ns.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What has to happen.
    pub shape: Shape,
    /// `unless` clauses.
    pub guards: Vec<Guard>,
    /// Mask of the step of `until`; 0 without.
    pub until: u16,
    /// `clear when`: what has to hold of the window that ends at an instant.
    pub clear: Option<Comparison>,
    /// `once`: a detection makes the cell forget all up to it.
    pub once: bool,
    /// Conditions on earlier steps, by the bit of the option that still asks them.
    pub across: Vec<(u16, Test)>,
    /// All bits of `across`.
    pub conditional: u16,
    /// A detection is reported once the clock has reached the entry's ts plus this; at once without.
    pub hold: Option<i64>,
    /// A detection's ts is that of its entry plus this (`after`: the deadline); the longest there can be.
    pub offset: i64,
    /// Where it differs from event to event.
    pub moves: Option<Moves>,
    /// Entries older than clock − this are folded or dropped.
    pub reach: i64,
    /// What `unless … before` looks for, where it outlives the hits that a base has taken.
    pub stamps: Stamps,
    /// Folding waits for a multiple of this, so that it is done for several entries and many cells at once.
    pub fold_every: i64,
    /// A detection looks back so far over the log itself.
    pub lookback: i64,
    /// How long after its ts an event may still be named by the cell.
    pub retention: Duration,
    /// How long after the last event the cell is kept.
    pub keeps: i64,
    /// None, but in tests of the tests.
    pub faults: Faults,
}

/// How far behind its event a detection lies, where that differs.
#[derive(Clone, Debug)]
pub enum Moves {
    /// A duration that the event carries.
    ReadAt(Path),
    /// The end of the local hour or day.
    BucketEnd(Per),
}

/// The pattern.
#[derive(Clone, Debug)]
pub enum Shape {
    /// `when` (one stage) and sequences whose steps exclude each other.
    Stages(Stages),
    /// Sequences whose chains have to be searched for.
    Chains(Chains),
    /// `all`, `any`, `count`, `distinct`, `sum`: all hits of the window are looked at together.
    Window(Window),
    /// `compare … session gap g`.
    Session(Session),
    /// `first f of a within d`.
    First(First),
    /// `unusual count > z sigma of a per p`.
    Unusual(Unusual),
    /// `after a expect b within d`.
    After {
        /// a
        trigger: u16,
        /// b
        expect: u16,
        /// So many of b are enough.
        at_least: usize,
        /// d
        within: i64,
    },
}

/// Maximal runs of hits.
#[derive(Clone, Debug)]
pub struct Session {
    /// g
    pub gap: i64,
    /// y
    pub at_most: i64,
    /// What has to hold of a session.
    pub comparison: Comparison,
}

/// Counts that are unusual.
#[derive(Clone, Debug)]
pub struct Unusual {
    /// Mask of a.
    pub step: u16,
    /// z, in millionths.
    pub above: i64,
    /// p
    pub per: Per,
}

/// Values that are new.
#[derive(Clone, Debug)]
pub struct First {
    /// Mask of a.
    pub step: u16,
    /// f
    pub value: Path,
    /// d
    pub days: i64,
    /// n
    pub learning: Option<i64>,
}

/// What the hits of a window have to be.
#[derive(Clone, Debug)]
pub struct Window {
    /// W
    pub within: i64,
    /// Masks of the steps whose hits are looked at.
    pub steps: u16,
    /// What holds of them where a detection is.
    pub test: WindowTest,
}

/// What holds of the hits of a window.
#[derive(Clone, Debug)]
pub enum WindowTest {
    /// So many hits.
    Count(usize),
    /// Hits of so many of the steps.
    Steps(usize),
    /// So many different values of the path.
    Values(Path, usize),
    /// The values of the path add up to this: numbers in millionths, durations in ns.
    Total(Path, i128),
    /// Some other hit lies too far away.
    Speed(Speed),
    /// A condition on aggregates.
    Compare(Comparison),
}

/// The stages of a sequence.
#[derive(Clone, Debug)]
pub struct Stages {
    /// One for each positive step.
    pub stages: Vec<Stage>,
    /// W; `i64::MAX` without.
    pub within: i64,
    /// Mask of the step of `until`; 0 without.
    pub until: u16,
}

/// One positive step.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// Mask of the step.
    pub step: u16,
    /// At most this after the stage before; `i64::MAX` without.
    pub gap: i64,
    /// Steps that kill a chain which waits after this stage.
    pub not: u16,
}

/// `unless x within d before|after L`.
#[derive(Clone, Copy, Debug)]
pub struct Guard {
    /// Mask of x.
    pub step: u16,
    /// Mask of L.
    pub of: u16,
    /// d
    pub within: i64,
    /// Where x is looked for.
    pub side: Side,
}

/// The first hit of a key is known so long after its last (language.md §7).
const LEARNING: Duration = Duration::from_secs(400 * 86_400);
/// Bounds of [`Plan::fold_every`].
const FOLD_EVERY: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);

/// Entries that are folded stay for what they take away from later hits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stamps {
    /// Steps that take away.
    pub steps: u16,
    /// For so much longer than [`Plan::reach`].
    pub longer: i64,
}

impl Stamps {
    fn of(guards: &[Guard]) -> Stamps {
        let before = guards.iter().filter(|guard| guard.side == Side::Before);
        Stamps {
            steps: before.fold(0, |steps, guard| steps | guard.step),
            longer: longest(guards, Side::Before),
        }
    }
}

/// The longest `unless` of a side.
fn longest(guards: &[Guard], side: Side) -> i64 {
    guards.iter().filter(|guard| guard.side == side).map(|guard| guard.within).max().unwrap_or(0)
}

/// How far a pattern sees from a hit, ns.
#[derive(Default)]
struct Sight {
    /// Back over the log.
    back: i64,
    /// On, to where it is decided.
    ahead: i64,
    /// Back over what is remembered beside the log.
    beside: i64,
    /// How much longer a cell without events remembers.
    keeps: i64,
    stamps: Stamps,
}

impl Sight {
    fn of(shape: &Shape, guards: &[Guard]) -> Sight {
        let before = longest(guards, Side::Before);
        match shape {
            // What is behind is in the registers; a stamp of `unless … before` outlives the chains.
            Shape::Stages(stages) => {
                Sight { beside: stages.span().saturating_add(before), ..Sight::default() }
            }
            Shape::Chains(chains) => {
                let back = chains.span().saturating_add(chains.slack()).saturating_add(before);
                Sight { back, ahead: chains.slack(), ..Sight::default() }
            }
            Shape::Window(window) => Sight { back: window.within.saturating_add(before), ..Sight::default() },
            Shape::Session(session) => {
                let back = session.at_most.saturating_add(session.gap).saturating_add(before);
                Sight { back, ahead: session.gap, ..Sight::default() }
            }
            // What is behind is in the base.
            Shape::First(first) => {
                let days = days(first.days + 2);
                let keeps = if first.learning.is_some() { LEARNING.0.max(days) } else { days };
                Sight { back: before, ahead: 0, beside: before, keeps, stamps: Stamps::of(guards) }
            }
            Shape::Unusual(unusual) => {
                let (bucket, stamps) = (bucket(unusual.per), Stamps::of(guards));
                let back = bucket.saturating_add(before);
                Sight { back, ahead: bucket, beside: before, keeps: LEARNING.0, stamps }
            }
            Shape::After { within, .. } => Sight { back: before, ahead: *within, ..Sight::default() },
        }
    }
}

impl Plan {
    /// The plan of a rule; `overlap`: one event can satisfy two of its positive steps.
    pub fn of(rule: &Rule, (compiler, steps): (&Compiler, &[CompiledStep]), overlap: bool) -> Plan {
        let across = chains::conditions(steps);
        let searched = overlap || rule.once || rule.tolerance > Duration::ZERO || !across.is_empty();
        let shape = shape(rule, (compiler, steps), searched || is_repeated(rule));
        let guards: Vec<Guard> = rule
            .unless
            .iter()
            .map(|u| Guard {
                step: chains::any(steps, u.step.bit),
                of: chains::any(steps, u.of),
                within: u.within.0,
                side: u.side,
            })
            .collect();
        let after = longest(&guards, Side::After);
        let sight = Sight::of(&shape, &guards);
        let back = sight.back.saturating_add(sight.ahead).saturating_add(after);
        let reach = (rule.log_lateness + REPLICA_SLACK).0.saturating_add(back);
        let hold = hold(rule, &shape, after);
        let offset = deadline_offset(&shape);
        let fold_every = (reach / 4).clamp(FOLD_EVERY.start().0, FOLD_EVERY.end().0);
        let retention = reach
            .saturating_add(sight.beside)
            .saturating_add(hold.unwrap_or(0))
            .saturating_add(2 * fold_every);
        Plan {
            shape,
            guards,
            until: until_of(rule),
            clear: rule
                .clear_when
                .as_ref()
                .map(|clear| Comparison::of(compiler, &rule.pattern.counted(), clear, steps)),
            once: rule.once,
            conditional: across.iter().fold(0, |all, (bit, _)| all | bit),
            across,
            hold,
            offset,
            moves: match &rule.pattern {
                Pattern::After { read_at, .. } => read_at.clone().map(Moves::ReadAt),
                Pattern::Unusual { per, .. } => Some(Moves::BucketEnd(*per)),
                _ => None,
            },
            reach,
            stamps: sight.stamps,
            fold_every,
            lookback: sight.back,
            retention: Duration(retention),
            keeps: retention.saturating_add(sight.keeps),
            faults: Faults::default(),
        }
    }
}

impl Plan {
    /// Keeps every hit so long. Also those of `when`, which needs none of them otherwise: a detection that is held until the
    /// beginning of time is reported at once.
    pub(super) fn forgets_nothing(&mut self, time: Duration) {
        (self.reach, self.retention, self.keeps) = (time.0, time, time.0);
        self.hold = self.hold.or(Some(i64::MIN));
    }
}

/// The longest bucket: days on which a clock is set back are longer.
fn bucket(per: Per) -> i64 {
    match per {
        Per::Hour => days(1) / 12,
        Per::Day => days(2),
    }
}

fn days(days: i64) -> i64 {
    days.saturating_mul(86_400_000_000_000)
}

/// E rules with a row that is final later than the event report when the clock passes it; S rules when nothing can come.
fn hold(rule: &Rule, shape: &Shape, unless_after: i64) -> Option<i64> {
    let deadline = match shape {
        Shape::After { within, .. } => *within,
        Shape::Session(session) => session.gap.max(unless_after),
        Shape::Unusual(unusual) => bucket(unusual.per).max(unless_after),
        _ => unless_after,
    };
    match rule.emission {
        // "Settled": the clock must have *passed* decided + L, so one nanosecond more.
        Emission::S => {
            let wait = rule.settles_after().0.max(rule.lateness.0);
            Some(deadline_offset(shape).saturating_add(wait).saturating_add(1))
        }
        Emission::E | Emission::M if deadline > 0 => Some(deadline),
        _ => None,
    }
}

/// `decided` counts from the detection's ts, which of `after` is the deadline.
fn deadline_offset(shape: &Shape) -> i64 {
    match shape {
        Shape::After { within, .. } => *within,
        Shape::Unusual(unusual) => bucket(unusual.per),
        _ => 0,
    }
}

fn is_repeated(rule: &Rule) -> bool {
    let repeated = |item: &SequenceItem| matches!(item, SequenceItem::Step(step) if step.repeated.is_some());
    matches!(&rule.pattern, Pattern::Sequence { items, .. } if items.iter().any(repeated))
}

fn shape(rule: &Rule, (compiler, steps): (&Compiler, &[CompiledStep]), searched: bool) -> Shape {
    if searched && let Some(chains) = Chains::of(rule, steps) {
        return Shape::Chains(chains);
    }
    match &rule.pattern {
        Pattern::When(step) => {
            let stage = Stage { step: mask(step.bit), gap: i64::MAX, not: 0 };
            Shape::Stages(Stages { stages: vec![stage], within: i64::MAX, until: 0 })
        }
        Pattern::Sequence { within, items } => {
            let within = within.map_or(i64::MAX, |w| w.0);
            Shape::Stages(Stages { stages: stages(items), within, until: until_of(rule) })
        }
        Pattern::Count { at_least, step, within } => {
            window(*within, mask(step.bit), WindowTest::Count(*at_least as usize))
        }
        Pattern::Any { at_least, steps, within } => {
            let steps = steps.iter().fold(0, |all, step| all | mask(step.bit));
            window(*within, steps, WindowTest::Steps(*at_least as usize))
        }
        Pattern::Distinct { value, at_least, step, within } => {
            window(*within, mask(step.bit), WindowTest::Values(value.clone(), *at_least as usize))
        }
        Pattern::Sum { value, at_least, step, within } => {
            window(*within, mask(step.bit), WindowTest::Total(value.clone(), measure_of(at_least)))
        }
        Pattern::After { trigger, expect, within, .. } => {
            let at_least = expect.repeated.map_or(1, |repeated| repeated.at_least as usize);
            let expect = chains::any(steps, expect.bit);
            Shape::After { trigger: mask(trigger.bit), expect, at_least, within: within.0 }
        }
        Pattern::Speed { above, distance, step, within, place } => {
            let (above, distance, place) = (above.0, distance.0, place.clone());
            let speed = Speed { above, distance, tolerance: rule.tolerance.0, place };
            window(*within, mask(step.bit), WindowTest::Speed(speed))
        }
        Pattern::Compare { aggregates, over, fire } => {
            let comparison = Comparison::of(compiler, aggregates, fire, steps);
            match over {
                Over::Window(within) => window(*within, comparison.steps(), WindowTest::Compare(comparison)),
                Over::Session { gap, at_most } => {
                    Shape::Session(Session { gap: gap.0, at_most: at_most.0, comparison })
                }
            }
        }
        Pattern::First { value, step, within, learning } => Shape::First(First {
            step: mask(step.bit),
            value: value.clone(),
            days: within.0 / days(1),
            learning: learning.map(|n| n.0),
        }),
        Pattern::Unusual { above, step, per } => {
            Shape::Unusual(Unusual { step: mask(step.bit), above: above.0, per: *per })
        }
    }
}

fn until_of(rule: &Rule) -> u16 {
    rule.until.as_ref().map_or(0, |step| mask(step.bit))
}

fn window(within: Duration, steps: u16, test: WindowTest) -> Shape {
    Shape::Window(Window { within: within.0, steps, test })
}

/// A number in millionths, a duration in ns: what `sum` adds.
fn measure_of(constant: &Constant) -> i128 {
    match constant {
        Constant::Int(n) => i128::from(*n) * 1_000_000,
        Constant::Float(x) => i128::from(x.0),
        Constant::Duration(d) => i128::from(d.0),
        _ => 0,
    }
}

fn stages(items: &[SequenceItem]) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for item in items {
        match item {
            SequenceItem::Step(step) => {
                let gap = step.gap.map_or(i64::MAX, |gap| gap.0);
                stages.push(Stage { step: mask(step.bit), gap, not: 0 });
            }
            SequenceItem::Not(step) => {
                if let Some(before) = stages.last_mut() {
                    before.not |= mask(step.bit);
                }
            }
        }
    }
    stages
}

/// The bit of a step.
pub(super) fn mask(bit: u8) -> u16 {
    1 << bit
}

impl Stages {
    /// The longest time that a chain can take.
    pub fn span(&self) -> i64 {
        if self.stages.len() < 2 {
            return 0;
        }
        let gaps = self.stages[1..].iter().fold(0i64, |sum, stage| sum.saturating_add(stage.gap));
        self.within.min(gaps)
    }
}

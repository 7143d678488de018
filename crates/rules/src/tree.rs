//! The checked rule tree: names are resolved, types agree, defaults are filled in. The engine compiles it and
//! the oracle interprets it; neither looks at text again. It knows nothing of how a rule is executed.
//!
//! Every sentence about meaning stands in language.md §3-§4; the comments here only say where a clause went.

use event::alert::{Emission, Level};
use event::class::ClassId;
use event::field::{FieldId, FieldType};
use event::id::Id;
use event::relation::RelationDef;
use event::time::{Duration, Timestamp};
use event::value::Micro;
use site::path::Path;
use std::ops::Range;
use std::sync::Arc;

/// All rules and states of a set of files, checked together.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// In the order of their names: the index is the rule's number everywhere, also in `ClassId::alert`.
    pub rules: Vec<Rule>,
    /// In the order of their names.
    pub states: Vec<State>,
    /// Rule indices, what is used before what uses it (language.md §4.4).
    pub strata: Vec<Vec<u32>>,
    /// BLAKE3 of everything above: which program a state belongs to.
    pub hash: [u8; 16],
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its global name.
    pub name: Arc<str>,
    /// What an officer reads.
    pub title: Vec<TitlePart>,
    /// Severity before any `raise`.
    pub severity: Level,
    /// The parts of the key, as in `by`.
    pub by: Vec<KeySpec>,
    /// What has to happen.
    pub pattern: Pattern,
    /// `unless … before|after L`.
    pub unless: Vec<Unless>,
    /// `until x`: events with an x between them do not count together. Of a session: x ends it.
    pub until: Option<Step>,
    /// `once` (§4.2): at a detection every event up to it is forgotten.
    pub once: bool,
    /// `clear when c` (§4.2), of aggregates ([`Expr::Aggregate`]) over the window that ends at an instant: those of
    /// `compare within`, or the one that `count`, `distinct`, `sum` are of themselves, at place 0. In place of `quiet`, an
    /// alert runs from its first detection to the first instant at which this holds.
    pub clear_when: Option<Cond>,
    /// `blind s`
    pub blind: Option<Blind>,
    /// `absorb alert.x`: the rules meant, sorted, this one not among them.
    pub absorb: Vec<u32>,
    /// ε (§4): twice the greatest clock error of the sources; widens the order of sequence steps and the time of `speed`.
    pub tolerance: Duration,
    /// `quiet`, or its default max(W, 5 min).
    pub quiet: Duration,
    /// `raise to l when c`, as written.
    pub raise: Vec<(Level, Cond)>,
    /// What is put on the alert: `entities …`, or key parts and all strong entities of the terminal event.
    pub entities: EntitySpec,
    /// `restricted`, or covert by its classes.
    pub restricted: bool,
    /// `internal`.
    pub internal: bool,
    /// `sheddable`: the first to go under overload.
    pub sheddable: bool,
    /// `status trial`.
    pub trial: bool,
    /// Every class that the terminal step can take is marked so.
    pub life_safety: bool,
    /// Derived, language.md §4.2.
    pub emission: Emission,
    /// Greatest (decided − ts) of the rule's rows, without lateness: 0 for M.
    pub decided: Duration,
    /// Greatest lateness among the classes that can still change a detection after its ts; 0 for M.
    pub lateness: Duration,
    /// Greatest lateness among all classes that the rule reads (cells keep their log for it).
    pub log_lateness: Duration,
    /// What people need to know about it.
    pub meta: Meta,
    /// Where it stands, for messages: file and byte range of its name.
    pub place: (Arc<str>, Range<usize>),
    /// Its fingerprint: equal in two sets if it means the same in both.
    pub print: Id,
}

/// A piece of a title.
#[derive(Clone, Debug)]
pub enum TitlePart {
    /// As it is.
    Text(Arc<str>),
    /// The first value of a path of the terminal event of the first detection.
    Path(Path),
    /// A part of the key, by its place in `by`: a path that is written like one means it, whatever `from`
    /// says.
    Key(usize),
}

/// One part of a key.
#[derive(Clone, Debug)]
pub struct KeySpec {
    /// The path as written in `by`: the name of the part in documents.
    pub text: Arc<str>,
    /// What kind of value it is.
    pub ty: FieldType,
    /// The field in which `alert.x` and `detection.x` carry it: the path itself if it is a field, else that
    /// of the entity to which it leads. None: they do not carry it.
    pub field: Option<FieldId>,
    /// Entities of this kind may turn up at several sites (people, what they carry, addresses, accounts). A
    /// key without a part that belongs to one site crosses sites.
    pub crosses_sites: bool,
}

/// What has to happen.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// `when a`
    When(Step),
    /// `sequence within W { … }`
    Sequence {
        /// W, if there is one.
        within: Option<Duration>,
        /// Two or more positive steps, `not` steps between them.
        items: Vec<SequenceItem>,
    },
    /// `count >= N of a within W`
    Count {
        /// N ≥ 1.
        at_least: u32,
        /// a
        step: Step,
        /// W
        within: Duration,
    },
    /// `any N within W { … }`; of `all` N is the number of its steps.
    Any {
        /// N: 1 to the number of steps.
        at_least: u32,
        /// In any order; one event may satisfy several.
        steps: Vec<Step>,
        /// W
        within: Duration,
    },
    /// `distinct f >= N of a within W`
    Distinct {
        /// f, of the events of a; missing values are left out.
        value: Path,
        /// N ≥ 1.
        at_least: u32,
        /// a
        step: Step,
        /// W
        within: Duration,
    },
    /// `sum f >= x of a within W`
    Sum {
        /// f, a number or a duration of the events of a; a missing one is 0.
        value: Path,
        /// x, a number or a duration as f is.
        at_least: Constant,
        /// a
        step: Step,
        /// W
        within: Duration,
    },
    /// `after a expect b within d`
    After {
        /// a
        trigger: Step,
        /// b; with `repeated` fewer than that many are a detection. Its conditions may look at a.
        expect: Step,
        /// d; with `read_at` the longest it can be (`at most`).
        within: Duration,
        /// `within path`: d is the value of this path at a; `within` if that is missing, negative or longer.
        read_at: Option<Path>,
    },
    /// `speed > v and distance >= D of a within W`
    Speed {
        /// v, in m/s.
        above: Micro,
        /// D, in m; 0 without.
        distance: Micro,
        /// a
        step: Step,
        /// W
        within: Duration,
        /// Where an event of a is: the first value of the first of these that has one. An event without a place is no
        /// d and no e.
        place: Vec<Path>,
    },
    /// `compare x = … fire when c`
    Compare {
        /// By their place here conditions name them.
        aggregates: Vec<Aggregate>,
        /// The time over which they are taken.
        over: Over,
        /// c, of aggregates and constants.
        fire: Cond,
    },
    /// `unusual count > z sigma of a per p`
    Unusual {
        /// z
        above: Micro,
        /// a
        step: Step,
        /// p
        per: Per,
    },
    /// `first f of a within d learning n`
    First {
        /// f; of an event with several values each is looked at by itself, and one that is new is enough.
        value: Path,
        /// a
        step: Step,
        /// d, whole days: by local dates of the event's site.
        within: Duration,
        /// n
        learning: Option<Duration>,
    },
}

/// One aggregate of `compare`.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// What `fire when` and `clear when` call it.
    pub name: Arc<str>,
    /// What is made of the hits.
    pub function: Function,
    /// f; none of `count`. A path with several values adds each.
    pub value: Option<Path>,
    /// a. Every aggregate has a step of its own.
    pub step: Step,
}

/// What an aggregate makes of its hits. Of none: `count`, `sum`, `distinct` are 0, the others missing. Overflow is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// How many hits.
    Count,
    /// Σ f; a missing f is 0.
    Sum,
    /// How many different f.
    Distinct,
    /// The least f.
    Min,
    /// The greatest f.
    Max,
    /// Σ f / number of f, half to even at the 6th place (of durations: at the nanosecond).
    Avg,
}

/// The time of a `compare`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// `within W`: the hits in [ts(e) − W, ts(e)].
    Window(Duration),
    /// `session gap g at most y`
    Session {
        /// g
        gap: Duration,
        /// y, or its default 20 g.
        at_most: Duration,
    },
}

/// The buckets of `unusual`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// `1h`: slots are the hours of the week.
    Hour,
    /// `1d`: slots are the weekdays.
    Day,
}

/// `blind s, … as l`
#[derive(Clone, Debug)]
pub struct Blind {
    /// The sources, by paths of the terminal event (of `after`: of the trigger).
    pub sources: Vec<Path>,
    /// l
    pub severity: Option<Level>,
    /// The state `up`, by its number in [`RuleSet::states`].
    pub up: u32,
}

/// An item of a sequence.
#[derive(Clone, Debug)]
pub enum SequenceItem {
    /// A positive step.
    Step(Step),
    /// `not x`, between the positive steps around it.
    Not(Step),
}

/// A step: which events satisfy it and under which key.
#[derive(Clone, Debug)]
pub struct Step {
    /// The label, if the rule gives one.
    pub label: Option<Arc<str>>,
    /// What documents call it: the label, else its first class as written.
    pub name: Arc<str>,
    /// Bit of the step in [`event::hit::Hit::steps`]: its place in the text of the rule, whatever its clause.
    pub bit: u8,
    /// An event satisfies the step if it satisfies one of these.
    pub options: Vec<StepOption>,
    /// `gap g`: at most this after the positive step before.
    pub gap: Option<Duration>,
    /// `repeated …`
    pub repeated: Option<Repeated>,
    /// `for each m in …`
    pub each: Option<ForEach>,
}

/// `repeated >= m` (a{m,}) or `repeated m to n` (a{m,n}), m ≥ 1: m places of the chain that are all this step. Evidence are
/// the first and the last event of the chain in these places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// m
    pub at_least: u32,
    /// n ≥ m; without: as if the step stood m times.
    pub at_most: Option<u32>,
}

/// `for each m in …`: one hit for each member, m in its place of the key. The step's condition is tested for each member:
/// in its paths, keys of states included, the first word m means the member, and what follows leads on from it.
/// The paths in `key` of the other parts are those of the event.
#[derive(Clone, Debug)]
pub struct ForEach {
    /// m: also the text of its part of the key.
    pub member: Arc<str>,
    /// m's place in the key. What stands there in [`StepOption::key`] is not looked at.
    pub part: usize,
    /// Whose members; at most 2,000 of them, by id.
    pub of: Members,
}

/// What has members.
#[derive(Clone, Debug)]
pub enum Members {
    /// `present(zone)`: a state asked with its last key left out, at ts inclusive. One key is given for each part but the
    /// last.
    State(StateCall),
    /// `zone.doors`: the values of a path of the event as of its ts.
    Relation(Path),
}

/// Classes, condition and key of a step.
#[derive(Clone, Debug)]
pub struct StepOption {
    /// Sorted.
    pub classes: Vec<ClassId>,
    /// The condition as written, joined by `and` with the rule's `while` where that applies; without what stands in
    /// `across`.
    pub condition: Option<Cond>,
    /// The parts of the condition, joined by `and`, that look at events of earlier steps ([`Expr::Earlier`]). H(s) leaves
    /// them out; a chain is one only if they hold in it, for negated steps if no x for which they hold stands there. Of
    /// `unless` the earlier step is L, of `expect` it is the trigger. At most the 256 latest candidates are tried.
    pub across: Option<Cond>,
    /// The condition names `lifecycle`: it decides; else only `new` hits (in a state also `update` and
    /// `snapshot`).
    pub names_lifecycle: bool,
    /// The condition names `test`: it decides; else test events do not hit.
    pub names_test: bool,
    /// One path for each part of the key, `from` applied.
    pub key: Vec<Path>,
}

/// `unless x within d before|after L`.
#[derive(Clone, Debug)]
pub struct Unless {
    /// x
    pub step: Step,
    /// d
    pub within: Duration,
    /// On which side of L's event x is looked for.
    pub side: Side,
    /// Bit of the step L.
    pub of: u8,
}

/// Before or after, both ends closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// [ts(h) − d, ts(h)]
    Before,
    /// [ts(h), ts(h) + d]
    After,
}

/// A condition; every leaf is two-valued (language.md §3: a comparison with a missing side is false).
#[derive(Clone, Debug)]
pub enum Cond {
    /// All are true.
    And(Vec<Cond>),
    /// One is true.
    Or(Vec<Cond>),
    /// It is false.
    Not(Box<Cond>),
    /// One pair of values of the two sides compares so.
    Compare(Expr, Op, Expr),
    /// The value is one of these.
    In(Expr, Group),
    /// `contains`, `starts`, `ends` of a text; `tags contains`.
    Text(Expr, TextOp, Arc<str>),
    /// `contains @list` and the like: one of the list's texts.
    TextList(Expr, TextOp, Arc<str>),
    /// `matches @list`: one of the list's expressions; an entry that is none matches nothing.
    MatchesList(Expr, Arc<str>),
    /// A regular expression, unanchored, case ignored unless it says `(?-i)`.
    Matches(Expr, Arc<str>),
    /// There is a value.
    Exists(Expr),
    /// A yes/no value that is there and true.
    Is(Expr),
    /// A state is on, asked at ts inclusive, or just before with `was`.
    State(StateCall),
    /// `calendar("office hours")`: ts lies inside.
    Calendar(Arc<str>),
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// Tests of text, case ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextOp {
    /// Somewhere in it (of `tags`: one of them is it).
    Contains,
    /// At its beginning.
    Starts,
    /// At its end.
    Ends,
}

/// What may stand after `in`.
#[derive(Clone, Debug)]
pub enum Group {
    /// `(a, b, c)`
    Items(Vec<Expr>),
    /// `@name`
    List(Arc<str>),
    /// The values of a path.
    Path(Path),
}

/// A value.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A constant; parameters have become one.
    Constant(Constant),
    /// A path of the event.
    Path(Path),
    /// `a.person`: a path of the event that filled the step of that bit.
    Earlier(u8, Path),
    /// The aggregate of that place: in `fire when` and `clear when` only.
    Aggregate(usize),
    /// The value of a state that keeps one or counts, and relations to follow from it (as of ts of the event).
    State(StateCall, Vec<&'static RelationDef>),
    /// `members(…)`: how many. Of a state nobody has set: 0.
    Members(Members),
    /// `distance(x, y)` in whole metres; missing if a place is.
    Distance(Place, Place),
    /// `-x`
    Negate(Box<Expr>),
    /// `x + y` and the like.
    Arithmetic(Box<Expr>, Arithmetic, Box<Expr>),
    /// `age(t)` = ts − t
    Age(Box<Expr>),
    /// `abs(x)`
    Abs(Box<Expr>),
    /// `lower(x)`
    Lower(Box<Expr>),
    /// `length(x)`: characters of a text
    Length(Box<Expr>),
}

/// An end of `distance`: the first value of the first of these paths that has one. Distances are measured along great
/// circles of a sphere of 6,371,000 m, from centre to centre, and rounded to whole metres.
#[derive(Clone, Debug)]
pub struct Place {
    /// Bit of the earlier step whose event is looked at; none: the event itself.
    pub of: Option<u8>,
    /// Paths that lead to a geo.
    pub paths: Vec<Path>,
}

/// Four rules of arithmetic, in 128 bits; `/` rounds half to even at the 6th place; overflow is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// A constant of the language, in the unit of the fields it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// Text, compared without regard to case.
    Text(Arc<str>),
    /// Whole numbers (ports, counts).
    Int(i64),
    /// Decimals; lengths in metres, speeds in m/s, sizes in bytes.
    Float(Micro),
    /// Yes or no.
    Bool(bool),
    /// Index of an enum value and the value's name.
    Enum(u16, Arc<str>),
    /// `ip("…")`
    Ip(std::net::Ipv6Addr),
    /// `net("…")`: v4 networks are v4-mapped; prefix length of the 128-bit address.
    Net(std::net::Ipv6Addr, u8),
    /// `mac("…")`, as fields keep it.
    Mac(Arc<str>),
    /// `time("…")`
    Time(Timestamp),
    /// `5m`
    Duration(Duration),
}

/// `armed(partition)`, `was …`, `… exists`. A kept value exists if there is one, a counter once anything was counted or
/// cleared.
#[derive(Clone, Debug)]
pub struct StateCall {
    /// Index in [`RuleSet::states`].
    pub state: u32,
    /// One path for each part of the state's key (in [`Members::State`]: for each but the last).
    pub key: Vec<Path>,
    /// Asked just before the event.
    pub was: bool,
    /// Asks only whether it is known.
    pub exists: bool,
}

/// A state kept by key (language.md §4.3).
#[derive(Clone, Debug)]
pub struct State {
    /// Its global name.
    pub name: Arc<str>,
    /// The parts of its key.
    pub by: Vec<KeySpec>,
    /// What it is.
    pub kind: StateKind,
    /// Its lines, `forget` and `tie` apart.
    pub lines: Vec<StateLine>,
    /// `forget after d`: a set, a keep or an add is void for t > ts + d.
    pub forget: Option<Duration>,
    /// `tie set`: between sources at one instant set wins.
    pub tie_set: bool,
    /// Greatest lateness among the classes of its lines.
    pub lateness: Duration,
    /// Where it stands.
    pub place: (Arc<str>, Range<usize>),
    /// Its fingerprint, as of rules.
    pub print: Id,
}

/// What a state is; it follows from its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateKind {
    /// `set` and `clear`. With two keys and more also a set of members.
    OnOff,
    /// `keep` and `clear`: a value of this type (of several values of the path each). At one instant the ≺-last event that
    /// keeps or clears decides; one that does both clears. A keep without a value leaves none; of several lines the last counts.
    Kept(FieldType),
    /// `add`, `take` and `clear`: a number or a duration. Unknown before the first of them; void
    /// adds are as if they had never been, takes are never void.
    Counter(FieldType),
}

/// One line of a state.
#[derive(Clone, Debug)]
pub struct StateLine {
    /// What the events of the step do.
    pub does: Does,
    /// Which events; lifecycles `update` and `snapshot` count too unless the condition names `lifecycle`.
    pub step: Step,
}

/// What an event does to a state.
#[derive(Clone, Debug)]
pub enum Does {
    /// `set`
    Set,
    /// `clear`
    Clear,
    /// `keep f of`
    Keep(Path),
    /// `add f of`; 1 without f, 0 where it is missing.
    Add(Option<Path>),
    /// `take f of`, likewise.
    Take(Option<Path>),
}

/// What entities an alert carries.
#[derive(Clone, Debug)]
pub enum EntitySpec {
    /// Key parts and all strong entities of the terminal event.
    Default,
    /// These: a path of the terminal event, or of the event that filled a labelled step.
    Listed(Vec<EntityPath>),
}

/// One entry of `entities`.
#[derive(Clone, Debug)]
pub struct EntityPath {
    /// Bit of the labelled step, if it is not the terminal event.
    pub step: Option<u8>,
    /// The path.
    pub path: Path,
    /// The field in which `alert.x` and `detection.x` carry it; none as for [`KeySpec::field`].
    pub field: Option<FieldId>,
}

/// `meta`.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    /// What it means to the officer.
    pub why: Arc<str>,
    /// Who answers for it.
    pub owner: Arc<str>,
    /// Id of the response procedure.
    pub procedure: Arc<str>,
    /// Incident type of the class table.
    pub incident_type: Arc<str>,
    /// Technique ids.
    pub attack: Vec<Arc<str>>,
    /// Known causes of false alarms.
    pub false_positives: Vec<Arc<str>>,
    /// Further reading.
    pub references: Vec<Arc<str>>,
}

impl Rule {
    /// The key crosses sites: hits of several sites may fall under one key, so more than one task needs a way
    /// between them.
    pub fn crosses_sites(&self) -> bool {
        self.by.iter().all(|part| part.crosses_sites)
    }

    /// D of engine.md §2.5: how long after its ts a detection can still change.
    pub fn settles_after(&self) -> Duration {
        self.decided + self.lateness
    }

    /// Every step of the rule, positive, negated, of `unless` and of `until`, in the order of their bits.
    pub fn steps(&self) -> Vec<&Step> {
        let mut steps = self.pattern.steps();
        steps.extend(self.unless.iter().map(|unless| &unless.step));
        steps.extend(&self.until);
        steps.sort_by_key(|step| step.bit);
        steps
    }
}

impl Pattern {
    /// The aggregates that `clear when` names, by their places: those of `compare within`, or the one that `count`,
    /// `distinct` and `sum` are of themselves. None of other patterns.
    pub fn counted(&self) -> Vec<Aggregate> {
        let one = |name: &str, function, value: Option<&Path>, step: &Step| {
            vec![Aggregate { name: name.into(), function, value: value.cloned(), step: step.clone() }]
        };
        match self {
            Pattern::Count { step, .. } => one("count", Function::Count, None, step),
            Pattern::Distinct { value, step, .. } => one("distinct", Function::Distinct, Some(value), step),
            Pattern::Sum { value, step, .. } => one("sum", Function::Sum, Some(value), step),
            Pattern::Compare { aggregates, over: Over::Window(_), .. } => aggregates.clone(),
            _ => Vec::new(),
        }
    }

    /// Its steps, positive, negated and expected.
    pub fn steps(&self) -> Vec<&Step> {
        match self {
            Pattern::When(step)
            | Pattern::Count { step, .. }
            | Pattern::Distinct { step, .. }
            | Pattern::Sum { step, .. }
            | Pattern::Speed { step, .. }
            | Pattern::Unusual { step, .. }
            | Pattern::First { step, .. } => vec![step],
            Pattern::Compare { aggregates, .. } => aggregates.iter().map(|one| &one.step).collect(),
            Pattern::Any { steps, .. } => steps.iter().collect(),
            Pattern::After { trigger, expect, .. } => vec![trigger, expect],
            Pattern::Sequence { items, .. } => items
                .iter()
                .map(|item| match item {
                    SequenceItem::Step(step) | SequenceItem::Not(step) => step,
                })
                .collect(),
        }
    }
}

//! The tree of a rule file: one type for each production of the grammar, with the place in the text of every
//! part that a message may point at.
//!
//! It says what was written, not what it means: names are not resolved, defaults not filled in, nothing is
//! folded. `Debug` leaves the spans out, so that two trees of the same meaning print the same.

use std::fmt;
use std::ops::Range;

/// A node and its byte range in the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was written.
    pub node: T,
    /// Where.
    pub span: Range<usize>,
}

/// A name as written.
pub type Name = Spanned<String>;

/// One file: what it declares, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// The declarations that could be read.
    pub decls: Vec<Spanned<Decl>>,
    /// All comments. They mean nothing; the printer keeps them.
    pub comments: Vec<Spanned<Comment>>,
}

/// `# …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Without the `#` and the blank after it.
    pub text: String,
    /// Whether nothing else stands before it on its line.
    pub own_line: bool,
}

/// What stands at the top of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decl {
    /// `rule …`
    Rule(Rule),
    /// `state …`
    State(State),
    /// `param …`, seen in all files.
    Param(Param),
    /// `world { … }`
    World(World),
    /// `test …`
    Test(Test),
}

/// `rule NAME "title" severity level { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, global over all files.
    pub name: Name,
    /// The title, with `{path}` still in it.
    pub title: Spanned<Text>,
    /// The severity it starts with.
    pub severity: Spanned<Level>,
    /// The clauses that could be read, in the order of the text.
    pub clauses: Vec<Spanned<Clause>>,
    /// False if a part could not be read: what seems to be missing may only be unread, and is no second
    /// error.
    pub complete: bool,
}

/// How bad what a rule finds is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Something needs repair.
    Maintenance,
    /// Worth knowing.
    Low,
    /// Worth a look.
    Medium,
    /// Act.
    High,
    /// Act now.
    Critical,
}

/// One clause of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause {
    /// `by zone, person`
    By(Vec<Path>),
    /// `when`, `sequence`, `count` …
    Pattern(Pattern),
    /// `unless x within d before label`
    Unless(Unless),
    /// `while cond`
    While(Cond),
    /// `until step`
    Until(Step),
    /// `every`, `once`
    Policy(Policy),
    /// `quiet 10m`
    Quiet(TimeSpan),
    /// `early`, `final only`
    Timing(Timing),
    /// `clear when cond`
    ClearWhen(Cond),
    /// `raise to level when cond`
    Raise(Raise),
    /// `blind door.controller as low`
    Blind(Blind),
    /// `absorb alert.x`
    Absorb(Vec<Spanned<ClassRef>>),
    /// `entities zone, partition`
    Entities(Vec<Path>),
    /// `restricted`, `sheddable`, `internal`
    Mark(Mark),
    /// `meta { … }`
    Meta(Vec<Spanned<Note>>),
    /// `param …`, seen in this rule.
    Param(Param),
}

/// Which events make a match. The match ends in the last of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// `when step`
    When(Step),
    /// `sequence within W { … }`
    Sequence(Sequence),
    /// `all within W { … }`
    All(All),
    /// `any N within W { … }`
    Any(Any),
    /// `count >= N of step within W`
    Count(Count),
    /// `distinct path >= N of step within W`
    Distinct(Distinct),
    /// `sum path >= x of step within W`
    Total(Total),
    /// `speed > v and distance >= D of step within W`
    Speed(Speed),
    /// `compare a = count(…) … within W fire when cond`
    Compare(Compare),
    /// `after step expect step within d`
    After(After),
    /// `unusual count > z sigma of step per p`
    Unusual(Unusual),
    /// `first path of step within d`
    First(First),
}

/// `sequence within W { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Its window; without one every step but the first has a gap.
    pub within: Option<TimeSpan>,
    /// Steps and negated steps, in order. Not empty.
    pub parts: Vec<Spanned<SequencePart>>,
}

/// One line of a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequencePart {
    /// Must occur.
    Step(Step),
    /// `not step`: must not occur between its neighbours.
    Gone(Step),
}

/// `all within W { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct All {
    /// Its window.
    pub within: TimeSpan,
    /// In any order. Not empty.
    pub steps: Vec<Step>,
}

/// `any N within W { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Any {
    /// How many of the steps.
    pub at_least: Spanned<Number>,
    /// Its window.
    pub within: TimeSpan,
    /// Not empty.
    pub steps: Vec<Step>,
}

/// `count >= N of step within W`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// N
    pub at_least: Spanned<Amount>,
    /// What is counted.
    pub of: Step,
    /// Its window.
    pub within: TimeSpan,
}

/// `distinct path >= N of step within W`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct {
    /// Whose values are counted.
    pub value: Path,
    /// N
    pub at_least: Spanned<Amount>,
    /// What is counted.
    pub of: Step,
    /// Its window.
    pub within: TimeSpan,
}

/// `sum path >= x of step within W`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// Whose values are added.
    pub value: Path,
    /// x
    pub at_least: Spanned<Amount>,
    /// Over what.
    pub of: Step,
    /// Its window.
    pub within: TimeSpan,
}

/// `speed > v and distance >= D of step within W`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speed {
    /// v
    pub above: Spanned<Amount>,
    /// D
    pub distance: Option<Spanned<Amount>>,
    /// The places.
    pub of: Step,
    /// Its window.
    pub within: TimeSpan,
}

/// `compare a = count(…) b = sum(…) within W fire when cond`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compare {
    /// Not empty.
    pub aggregates: Vec<Spanned<Aggregate>>,
    /// Over what time.
    pub over: CompareOver,
    /// `fire when`
    pub fire: Cond,
}

/// `name = agg`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// How `fire when` and `clear when` call it.
    pub name: Name,
    /// What is done with the values.
    pub function: Spanned<AggregateFunction>,
    /// Whose values: none for `count`, always there for the others.
    pub value: Option<Path>,
    /// Over what.
    pub of: Step,
}

/// The function of an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AggregateFunction {
    /// `count(step)`
    Count,
    /// `sum(path of step)`
    Sum,
    /// `distinct(path of step)`
    Distinct,
    /// `min(path of step)`
    Min,
    /// `max(path of step)`
    Max,
    /// `avg(path of step)`
    Avg,
}

/// The time over which a `compare` is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompareOver {
    /// `within W`
    Within(TimeSpan),
    /// `session gap g at most y`
    Session {
        /// g
        gap: TimeSpan,
        /// y
        at_most: Option<TimeSpan>,
    },
}

/// `after a expect b within d at most y`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// a
    pub trigger: Step,
    /// b
    pub expected: Step,
    /// d
    pub within: TimeSpan,
    /// y
    pub at_most: Option<TimeSpan>,
}

/// `unusual count > z sigma of step per p`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusual {
    /// z
    pub sigma: Spanned<Number>,
    /// What is counted.
    pub of: Step,
    /// p
    pub per: TimeSpan,
}

/// `first path of step within d learning n`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First {
    /// Whose value is new.
    pub value: Path,
    /// Of what.
    pub of: Step,
    /// d
    pub within: TimeSpan,
    /// n
    pub learning: Option<TimeSpan>,
}

/// A set of events: `open: door.opened where … from … gap 3m`.
pub type Step = Spanned<StepNode>;

/// The parts of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepNode {
    /// How other parts of the rule call its event.
    pub label: Option<Name>,
    /// Alternatives that commas separate. Not empty.
    pub options: Vec<Spanned<Opt>>,
    /// What stands after the options, each kind at most once.
    pub tails: Vec<Spanned<Tail>>,
}

/// One option of a step: classes with a condition and a key mapping of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opt {
    /// Joined by `or`. Not empty.
    pub classes: Vec<Spanned<ClassRef>>,
    /// `where cond`
    pub cond: Option<Cond>,
    /// `from key = path and …`
    pub from: Vec<Spanned<KeyMap>>,
}

/// `key = path`, after `from`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMap {
    /// The part of the key.
    pub key: Path,
    /// What fills it.
    pub path: Path,
}

/// What a step says about its number, its distance or its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tail {
    /// `repeated >= m`, `repeated m to n`
    Repeated {
        /// m
        at_least: Spanned<Number>,
        /// n
        at_most: Option<Spanned<Number>>,
    },
    /// `gap g`
    Gap(TimeSpan),
    /// `for each member in …`
    ForEach {
        /// The part of the key that takes the members one by one.
        member: Name,
        /// The state or relation that has them.
        of: Members,
    },
}

/// What has members: a state asked with its last key left out, or a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// `present(zone)`
    Call(Call),
    /// `zone.doors`
    Path(Path),
}

/// A class as a step names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassRef {
    /// `door.opened`, `any.presence`, `alert.door_forced`
    Class {
        /// `door`
        noun: Name,
        /// `opened`
        verb: Name,
    },
    /// `door.*`
    Every {
        /// `door`
        noun: Name,
    },
    /// `sigma:name`
    SigmaName(Name),
    /// `sigma:"title or id"`
    SigmaText(Spanned<Text>),
}

/// `unless x within d before label`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unless {
    /// x
    pub step: Step,
    /// d
    pub within: TimeSpan,
    /// Before or after.
    pub side: Spanned<Side>,
    /// The step that it takes hits from.
    pub label: Name,
}

/// On which side of the labelled step `unless` looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// `before`
    Before,
    /// `after`
    After,
}

/// What becomes of the events of a detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// They stay: the default.
    Every,
    /// They are forgotten.
    Once,
}

/// When a detection is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timing {
    /// `early`
    Early,
    /// `final only`
    FinalOnly,
}

/// `raise to level when cond`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raise {
    /// The level.
    pub to: Spanned<Level>,
    /// The condition.
    pub when: Cond,
}

/// `blind path, path as level`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blind {
    /// What must have been alive. Not empty.
    pub paths: Vec<Path>,
    /// The severity of an alert when it was not.
    pub severity: Option<Spanned<Level>>,
}

/// A mark on a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// Covert.
    Restricted,
    /// The first to go under overload.
    Sheddable,
    /// A building block.
    Internal,
}

/// `param name = value "source"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: Spanned<Constant>,
    /// Where the number comes from.
    pub source: Spanned<Text>,
}

/// One line of `meta`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// `why "…"`; `attack`, `false_positives` and `references` have one entry a string, the others join them.
    Texts {
        /// Which.
        kind: Spanned<NoteKind>,
        /// Not empty.
        texts: Vec<Spanned<Text>>,
    },
    /// `type intrusion`
    Type(Name),
    /// `status trial`
    Status(Spanned<Status>),
}

/// The notes that are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// What it means to the officer.
    Why,
    /// Who answers for the rule.
    Owner,
    /// The response procedure.
    Procedure,
    /// Technique ids.
    Attack,
    /// Known causes of false alerts.
    FalsePositives,
    /// Where to read more.
    References,
}

/// Whether a rule makes incidents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Runs and is counted, no incident comes of it.
    Trial,
    /// In force, with tests and notes.
    Active,
}

/// `state NAME by path { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Its name, global over all files.
    pub name: Name,
    /// Not empty.
    pub by: Vec<Path>,
    /// The lines that could be read.
    pub lines: Vec<Spanned<Line>>,
    /// False if a part could not be read.
    pub complete: bool,
}

/// One line of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// `set step`
    Set(Step),
    /// `clear step`
    Clear(Step),
    /// `keep path of step`
    Keep {
        /// The value kept.
        value: Path,
        /// Of what.
        of: Step,
    },
    /// `add path of step`
    Add {
        /// By how much; else 1.
        value: Option<Path>,
        /// Of what.
        of: Step,
    },
    /// `take path of step`
    Take {
        /// By how much; else 1.
        value: Option<Path>,
        /// Of what.
        of: Step,
    },
    /// `forget after d`
    Forget(TimeSpan),
    /// `tie set`
    TieSet,
}

/// A condition. `Or` and `And` have at least two members and no member of their own kind: brackets are kept
/// as `Value::Cond`.
pub type Cond = Spanned<CondNode>;

/// What a condition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CondNode {
    /// `a or b`
    Or(Vec<Cond>),
    /// `a and b`
    And(Vec<Cond>),
    /// `not a`
    Not(Box<Cond>),
    /// A test without `and`, `or`, `not`.
    Check(Box<Check>),
}

/// `sum`, alone or tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The left side.
    pub left: Sum,
    /// None: the left side is yes or no itself.
    pub test: Option<Spanned<Comparison>>,
}

/// What is asked of the left side. The span of the node begins at the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `= x`
    Compare(Spanned<CompareOp>, Sum),
    /// `in (a, b)`
    In(Spanned<Group>),
    /// `contains "x"`
    Text(Spanned<TextOp>, Spanned<TextOperand>),
    /// `exists`
    Exists,
}

/// A comparison sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CompareOp {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// A question about text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextOp {
    /// `contains`
    Contains,
    /// `starts`
    Starts,
    /// `ends`
    Ends,
    /// `matches`
    Matches,
}

/// The right side of a question about text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextOperand {
    /// `"x"`
    Text(Text),
    /// `@name`, without the `@`.
    List(String),
}

/// The right side of `in`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// `(a, b)`. Not empty.
    Items(Vec<Spanned<GroupItem>>),
    /// `@name`, without the `@`.
    List(String),
    /// `net("10.0.0.0/8")`
    Call(Call),
    /// `fence.zone.adjacent`
    Path(Path),
}

/// One member of a group in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupItem {
    /// `12`
    Literal(Literal),
    /// `badge`
    Path(Path),
    /// `ip("10.0.0.1")`
    Call(Call),
}

/// `a + b - c`, from left to right.
pub type Sum = Spanned<SumNode>;

/// The members of a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumNode {
    /// The first.
    pub first: Product,
    /// The others.
    pub rest: Vec<(Spanned<SumOp>, Product)>,
}

/// `+` or `-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SumOp {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

/// `a * b / c`, from left to right.
pub type Product = Spanned<ProductNode>;

/// The members of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductNode {
    /// The first.
    pub first: Sign,
    /// The others.
    pub rest: Vec<(Spanned<ProductOp>, Sign)>,
}

/// `*` or `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProductOp {
    /// `*`
    Times,
    /// `/`
    Over,
}

/// A value, or its opposite.
pub type Sign = Spanned<SignNode>;

/// The parts of `Sign`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignNode {
    /// Whether `-` stands before it.
    pub negative: bool,
    /// The value.
    pub value: Value,
}

/// The smallest part of a condition.
pub type Value = Spanned<ValueNode>;

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueNode {
    /// `12`
    Literal(Literal),
    /// `door.monitored`, or a bare value of an enum.
    Path(Path),
    /// `armed(partition)`
    Call(Call),
    /// `was armed(partition)`
    Was(Call),
    /// `( cond )`
    Cond(Box<Cond>),
}

/// `name(a, b).field`
pub type Call = Spanned<CallNode>;

/// The parts of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallNode {
    /// A function or a state.
    pub name: Name,
    /// Not empty.
    pub args: Vec<Sum>,
    /// What is read from the result.
    pub fields: Vec<Name>,
}

/// `door.controller`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Not empty.
    pub names: Vec<Name>,
}

/// A value that means itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `0.75`
    Number(Number),
    /// `10s`
    Duration(Duration),
    /// `50 km`
    Quantity(Quantity),
    /// `"x"`
    Text(Text),
    /// `true`
    Bool(bool),
}

/// A number without a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// As written.
    pub text: String,
    /// Its value in millionths, exact. A whole number has up to the 64 bits of a signed integer *before* it
    /// is multiplied by a million; one with a dot has them after.
    pub micros: i128,
}

/// A duration. `Duration` is not that of the standard library: it keeps what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duration {
    /// The number as written, without its unit.
    pub text: String,
    /// The unit as written.
    pub unit: DurationUnit,
    /// Its value in nanoseconds, half to even.
    pub nanos: i64,
}

/// Units of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DurationUnit {
    /// `ms`
    Millisecond,
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`, of 24 hours
    Day,
    /// `w`
    Week,
}

/// A length, a speed or a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// The number as written, without its unit.
    pub text: String,
    /// The unit as written.
    pub unit: QuantityUnit,
    /// Its value, half to even: millionths of a metre, millionths of a metre per second, or bytes.
    pub value: i64,
}

/// Units other than those of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuantityUnit {
    /// `km/h`
    KilometrePerHour,
    /// `m/s`
    MetrePerSecond,
    /// `km`
    Kilometre,
    /// `metres`
    Metre,
    /// `B`
    Byte,
    /// `kB`
    Kilobyte,
    /// `MB`
    Megabyte,
    /// `GB`
    Gigabyte,
    /// `TB`
    Terabyte,
    /// `KiB`
    Kibibyte,
    /// `MiB`
    Mebibyte,
    /// `GiB`
    Gibibyte,
}

/// What a quantity measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// In millionths of a metre.
    Length,
    /// In millionths of a metre per second.
    Speed,
    /// In bytes.
    Size,
}

/// A text in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it says, escapes resolved.
    pub value: String,
    /// Which quotes it had.
    pub quote: Quote,
}

/// The quotes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quote {
    /// `"…"`, with escapes.
    Double,
    /// `'…'`, without.
    Single,
}

/// A value in `param`, in a world or in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constant {
    /// `12`, `-12`
    Literal {
        /// Whether `-` stands before it.
        negative: bool,
        /// The literal.
        literal: Literal,
    },
    /// `public`
    Name(Name),
    /// `ip("10.0.0.5")`
    Call(Call),
}

/// What `count`, `sum`, `speed` are measured against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amount {
    /// `20`
    Number(Number),
    /// `5m`
    Duration(Duration),
    /// `900 km/h`
    Quantity(Quantity),
    /// A parameter.
    Path(Path),
}

/// A length of time: `span` of the grammar.
pub type TimeSpan = Spanned<TimeSpanNode>;

/// What a length of time is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeSpanNode {
    /// `10s`
    Duration(Duration),
    /// A parameter, or a field of the trigger.
    Path(Path),
}

/// `world { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The facts that could be read.
    pub facts: Vec<Spanned<Fact>>,
    /// False if a part could not be read.
    pub complete: bool,
}

/// One thing that a test may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// `now "2026-01-10T02:00:00" in "Europe/Paris"`
    Now {
        /// Local time of the instant 0s.
        instant: Spanned<Text>,
        /// Time zone.
        zone: Spanned<Text>,
    },
    /// `list name = value, value`
    List {
        /// Without `@`.
        name: Name,
        /// Not empty.
        values: Vec<Spanned<Constant>>,
    },
    /// `calendar "night" = "22:00" to "06:00", …`
    Calendar {
        /// As rules call it.
        name: Spanned<Text>,
        /// Not empty.
        hours: Vec<Spanned<Hours>>,
    },
    /// `lateness access.granted 60s`
    Lateness {
        /// Of which class.
        class: Spanned<ClassRef>,
        /// How late its records may come.
        span: TimeSpan,
    },
    /// `given armed("A") = true`
    Given {
        /// The state with its keys.
        state: Call,
        /// Its value; none means on.
        value: Option<Spanned<Constant>>,
    },
    /// `door "D1" with monitored = true`
    Entity {
        /// `door`
        kind: Name,
        /// `"D1"`
        id: Spanned<Text>,
        /// Its attributes and relations.
        attributes: Vec<Spanned<Assign>>,
    },
}

/// `"22:00" to "06:00" on "mon-fri"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Local time.
    pub from: Spanned<Text>,
    /// Local time, itself outside.
    pub to: Spanned<Text>,
    /// Which days; none means all.
    pub on: Option<Spanned<Text>>,
}

/// `path = constant`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assign {
    /// What.
    pub path: Path,
    /// Its value.
    pub value: Spanned<Constant>,
}

/// `test rule "name" { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// The rule under test.
    pub rule: Name,
    /// What the test is about.
    pub name: Spanned<Text>,
    /// What it knows beyond the world of the file.
    pub world: Option<Spanned<World>>,
    /// The events that could be read, as written.
    pub events: Vec<Spanned<TestEvent>>,
    /// The expectations that could be read.
    pub expects: Vec<Spanned<Expect>>,
    /// False if a part could not be read.
    pub complete: bool,
}

/// `at 0s door.opened door = "D1" arrives 20s`: `event` of the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestEvent {
    /// When it happens.
    pub at: Spanned<Instant>,
    /// Its class.
    pub class: Spanned<ClassRef>,
    /// Its fields.
    pub fields: Vec<Spanned<Assign>>,
    /// When its record comes; none means when it happens.
    pub arrives: Option<Spanned<Instant>>,
}

/// A time in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instant {
    /// From `now` on, `-2s` is earlier.
    Offset {
        /// Whether `-` stands before it.
        negative: bool,
        /// How far.
        duration: Duration,
    },
    /// Local time.
    Local(Text),
}

/// `expect …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// `expect nothing`
    Nothing,
    /// `expect withdrawn`, perhaps with what.
    Withdrawn(Option<Found>),
    /// `expect unknown`, perhaps with what.
    Unknown(Option<Found>),
    /// `expect door_forced door = "D1" at 0s`
    Found(Found),
}

/// An alert that a test expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Of which rule.
    pub rule: Name,
    /// What it says.
    pub fields: Vec<Spanned<Assign>>,
    /// The ts of its first detection.
    pub at: Option<Spanned<Instant>>,
}

impl<T> Spanned<T> {
    /// A node with its place.
    pub fn new(node: T, span: Range<usize>) -> Self {
        Spanned { node, span }
    }
}

impl<T: fmt::Debug> fmt::Debug for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl Rule {
    /// What it is by: the keys of its first `by`, none if it has none.
    pub fn by(&self) -> &[Path] {
        let keys = self.clauses.iter().find_map(|clause| match &clause.node {
            Clause::By(paths) => Some(paths.as_slice()),
            _ => None,
        });
        keys.unwrap_or_default()
    }

    /// Its first pattern.
    pub fn pattern(&self) -> Option<&Pattern> {
        self.clauses.iter().find_map(|clause| match &clause.node {
            Clause::Pattern(pattern) => Some(pattern),
            _ => None,
        })
    }
}

impl Path {
    /// The whole of it.
    pub fn span(&self) -> Range<usize> {
        match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => first.span.start..last.span.end,
            _ => 0..0,
        }
    }

    /// Its names with dots between them.
    pub fn dotted(&self) -> String {
        let names: Vec<&str> = self.names.iter().map(|name| name.node.as_str()).collect();
        names.join(".")
    }

    /// Its name, if it has only one.
    pub fn single(&self) -> Option<&str> {
        match self.names.as_slice() {
            [name] => Some(&name.node),
            _ => None,
        }
    }
}

impl SumNode {
    /// Its only value, if nothing is added, multiplied or negated.
    pub fn as_value(&self) -> Option<&Value> {
        let plain = self.rest.is_empty() && self.first.node.rest.is_empty();
        let sign = &self.first.node.first.node;
        (plain && !sign.negative).then_some(&sign.value)
    }

    /// Its only path, if it is nothing else.
    pub fn as_path(&self) -> Option<&Path> {
        match &self.as_value()?.node {
            ValueNode::Path(path) => Some(path),
            _ => None,
        }
    }
}

impl QuantityUnit {
    /// What it measures.
    pub fn dimension(self) -> Dimension {
        match self {
            QuantityUnit::KilometrePerHour | QuantityUnit::MetrePerSecond => Dimension::Speed,
            QuantityUnit::Kilometre | QuantityUnit::Metre => Dimension::Length,
            _ => Dimension::Size,
        }
    }
}

/// Gives each value of a closed set of keywords its word, and finds the value of a word.
macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// All of them.
            pub const ALL: &'static [$type] = &[$($type::$variant),+];

            /// As it is written.
            pub fn word(self) -> &'static str {
                match self { $($type::$variant => $word),+ }
            }

            /// The value that is written so.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some($type::$variant),)+ _ => None }
            }
        }
    };
}

words!(Level {
    Critical = "critical",
    High = "high",
    Medium = "medium",
    Low = "low",
    Maintenance = "maintenance",
});
words!(AggregateFunction {
    Count = "count",
    Sum = "sum",
    Distinct = "distinct",
    Min = "min",
    Max = "max",
    Avg = "avg",
});
words!(Side { Before = "before", After = "after" });
words!(Policy { Every = "every", Once = "once" });
words!(Timing { Early = "early", FinalOnly = "final only" });
words!(Mark { Restricted = "restricted", Sheddable = "sheddable", Internal = "internal" });
words!(NoteKind {
    Why = "why",
    Owner = "owner",
    Procedure = "procedure",
    Attack = "attack",
    FalsePositives = "false_positives",
    References = "references",
});
words!(Status { Trial = "trial", Active = "active" });
words!(CompareOp { Eq = "=", Ne = "!=", Lt = "<", Le = "<=", Gt = ">", Ge = ">=" });
words!(TextOp { Contains = "contains", Starts = "starts", Ends = "ends", Matches = "matches" });
words!(SumOp { Plus = "+", Minus = "-" });
words!(ProductOp { Times = "*", Over = "/" });
words!(DurationUnit { Millisecond = "ms", Second = "s", Minute = "m", Hour = "h", Day = "d", Week = "w" });
words!(QuantityUnit {
    KilometrePerHour = "km/h",
    MetrePerSecond = "m/s",
    Kilometre = "km",
    Metre = "metres",
    Byte = "B",
    Kilobyte = "kB",
    Megabyte = "MB",
    Gigabyte = "GB",
    Terabyte = "TB",
    Kibibyte = "KiB",
    Mebibyte = "MiB",
    Gibibyte = "GiB",
});

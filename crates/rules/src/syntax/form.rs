//! The form of clauses: how each is written (for help in messages), how often it may stand in a rule, and
//! with which pattern it has a meaning.
//!
//! These are the checks that need nothing but the tree of one file.

use std::ops::Range;

use super::problem::Problem;
use super::tree::{
    Clause, Decl, File, Line, Pattern, Policy, Rule, SequencePart, Spanned, State, Step, Tail,
};

pub(super) const FILE: &str = "a file has `rule`, `state`, `param`, `world` and `test`";
pub(super) const RULE: &str = "rule NAME \"title\" severity high { by … when … }";
pub(super) const STATE: &str = "state NAME by KEY { set CLASS clear CLASS }";
pub(super) const PARAM: &str = "param NAME = 100 \"where the value comes from\"";
pub(super) const WORLD: &str =
    "world { now \"2026-01-10T02:00:00\" in \"Europe/Paris\" door \"D1\" with zone = \"Z1\" }";
pub(super) const TEST: &str = "test RULE \"name\" { at 0s CLASS FIELD = VALUE expect RULE }";
pub(super) const EVENT: &str = "at 0s CLASS FIELD = VALUE, FIELD = VALUE arrives 20s";
pub(super) const EXPECT: &str = "expect nothing, expect withdrawn, or expect RULE KEY = VALUE at 0s";

/// The words that begin a clause, and how it is written.
pub(super) const CLAUSES: &[(&str, &str)] = &[
    ("by", "by KEY, KEY"),
    ("when", "when CLASS where CONDITION"),
    ("sequence", "sequence within 15m { CLASS not CLASS CLASS }"),
    ("all", "all within 2m { CLASS CLASS }"),
    ("any", "any 2 within 2m { CLASS CLASS CLASS }"),
    ("count", "count >= 5 of CLASS within 10m"),
    ("distinct", "distinct FIELD >= 5 of CLASS within 10m"),
    ("sum", "sum FIELD >= 5 of CLASS within 10m"),
    ("speed", "speed > 900 km/h and distance >= 50 km of CLASS within 12h"),
    ("compare", "compare a = count(CLASS) b = sum(FIELD of CLASS) within 2m fire when a > b"),
    ("after", "after CLASS expect CLASS within 10s"),
    ("unusual", "unusual count > 4 sigma of CLASS per 1h"),
    ("first", "first FIELD of CLASS within 90d learning 14d"),
    ("unless", "unless CLASS within 8s before LABEL"),
    ("while", "while CONDITION"),
    ("until", "until CLASS"),
    ("every", "every"),
    ("once", "once"),
    ("quiet", "quiet 10m"),
    ("early", "early"),
    ("final", "final only"),
    ("clear", "clear when CONDITION"),
    ("raise", "raise to high when CONDITION"),
    ("blind", "blind PATH, PATH as low"),
    ("absorb", "absorb alert.RULE"),
    ("entities", "entities PATH, PATH"),
    ("restricted", "restricted"),
    ("sheddable", "sheddable"),
    ("internal", "internal"),
    ("meta", "meta { why \"…\" owner \"…\" procedure \"…\" }"),
    ("param", PARAM),
];

/// The same words alone.
pub(super) const CLAUSE_WORDS: &[&str] = &{
    let mut words = [""; CLAUSES.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = CLAUSES[at].0;
        at += 1;
    }
    words
};

/// How the line of a state that begins with `word` is written.
pub(super) fn line(word: &str) -> &'static str {
    match word {
        "set" => "set CLASS where CONDITION from KEY = PATH",
        "clear" => "clear CLASS where CONDITION from KEY = PATH",
        "keep" => "keep FIELD of CLASS",
        "add" => "add FIELD of CLASS",
        "take" => "take FIELD of CLASS",
        "forget" => "forget after 16h",
        _ => "tie set",
    }
}

/// How the fact that begins with `word` is written.
pub(super) fn fact(word: &str) -> &'static str {
    match word {
        "now" => "now \"2026-01-10T02:00:00\" in \"Europe/Paris\"",
        "list" => "list NAME = VALUE, VALUE",
        "calendar" => "calendar \"night\" = \"22:00\" to \"06:00\" on \"mon-fri\"",
        "lateness" => "lateness CLASS 60s",
        "given" => "given STATE(\"A\") = true",
        _ => "KIND \"id\" with ATTRIBUTE = VALUE, ATTRIBUTE = VALUE",
    }
}

/// `{clause}` stands twice.
pub(super) fn twice(clause: &str, span: Range<usize>) -> Problem {
    let help = match clause {
        "while" | "clear when" => "join the conditions by `and`",
        "until" => "join the steps by a comma",
        "absorb" | "blind" | "entities" => "join them by a comma",
        _ => "keep one of them",
    };
    Problem {
        code: "WF007",
        span,
        message: format!("`{clause}` stands twice"),
        expected: "once".to_owned(),
        help: help.to_owned(),
    }
}

/// The word by which a tail is called.
pub(super) fn tail_word(tail: &Tail) -> &'static str {
    match tail {
        Tail::Repeated { .. } => "repeated",
        Tail::Gap(_) => "gap",
        Tail::ForEach { .. } => "for each",
    }
}

/// The `}` of a test that does not say what it expects.
pub(super) fn no_expect(span: Range<usize>) -> Problem {
    Problem {
        code: "WF001",
        span,
        message: "`}` cannot stand here".to_owned(),
        expected: "`expect`".to_owned(),
        help: EXPECT.to_owned(),
    }
}

/// What is wrong with the form of what could be read.
pub(super) fn check(file: &File) -> Vec<Problem> {
    let mut problems = Vec::new();
    for decl in &file.decls {
        match &decl.node {
            Decl::Rule(rule) => check_rule(rule, &mut problems),
            Decl::State(state) => check_state(state, &mut problems),
            Decl::Param(_) | Decl::World(_) | Decl::Test(_) => {}
        }
    }
    problems
}

fn check_rule(rule: &Rule, problems: &mut Vec<Problem>) {
    check_number(rule, "`by`", |clause| matches!(clause, Clause::By(_)), problems);
    check_number(rule, "pattern", |clause| matches!(clause, Clause::Pattern(_)), problems);
    check_twice(rule, problems);
    for clause in &rule.clauses {
        check_tails(&clause.node, problems);
        if let Some(pattern) = rule.pattern() {
            check_with_pattern(clause, pattern, problems);
        }
    }
}

fn check_number(rule: &Rule, thing: &str, is: fn(&Clause) -> bool, problems: &mut Vec<Problem>) {
    let mut found = rule.clauses.iter().filter(|clause| is(&clause.node));
    let (number, span) = match (found.next(), found.next()) {
        // What is missing may stand in a part that could not be read.
        (None, _) if rule.complete => ("no", rule.name.span.clone()),
        (Some(_), Some(second)) => ("two", second.span.clone()),
        _ => return,
    };
    let help = match (number, thing) {
        ("no", "`by`") => "`by site` asks for each site on its own".to_owned(),
        ("no", _) => "`when CLASS` is the simplest".to_owned(),
        _ => format!("split it, and chain by `alert.{}`", rule.name.node),
    };
    let message = format!("rule `{}` has {number} {thing}", rule.name.node);
    problems.push(Problem { code: "WF006", span, message, expected: "exactly one".to_owned(), help });
}

/// `unless`, `raise`, `param` and different marks may stand more than once.
fn check_twice(rule: &Rule, problems: &mut Vec<Problem>) {
    let mut seen: Vec<&str> = Vec::new();
    for clause in &rule.clauses {
        let Some(word) = single(&clause.node) else { continue };
        if seen.contains(&word) {
            problems.push(twice(word, clause.span.clone()));
        } else {
            seen.push(word);
        }
    }
}

/// The name of a clause that may stand once.
fn single(clause: &Clause) -> Option<&'static str> {
    Some(match clause {
        Clause::By(_) | Clause::Pattern(_) | Clause::Unless(_) | Clause::Raise(_) | Clause::Param(_) => {
            return None;
        }
        Clause::While(_) => "while",
        Clause::Until(_) => "until",
        Clause::Policy(_) => "every` or `once",
        Clause::Quiet(_) => "quiet",
        Clause::Timing(_) => "early` or `final only",
        Clause::ClearWhen(_) => "clear when",
        Clause::Blind(_) => "blind",
        Clause::Absorb(_) => "absorb",
        Clause::Entities(_) => "entities",
        Clause::Mark(mark) => mark.word(),
        Clause::Meta(_) => "meta",
    })
}

fn check_with_pattern(clause: &Spanned<Clause>, pattern: &Pattern, problems: &mut Vec<Problem>) {
    let (word, patterns, help) = match (&clause.node, pattern) {
        (Clause::Until(_), Pattern::When(_) | Pattern::Unusual(_)) => {
            ("until", "patterns that take several events together", "`while` asks a state")
        }
        (Clause::Policy(Policy::Once), Pattern::When(_)) => {
            ("once", "patterns that take several events together", "`quiet` folds detections into one alert")
        }
        _ => return,
    };
    problems.push(nothing_with(word, pattern_word(pattern), patterns, help, clause.span.clone()));
}

fn pattern_word(pattern: &Pattern) -> &'static str {
    match pattern {
        Pattern::When(_) => "when",
        Pattern::Sequence(_) => "sequence",
        Pattern::All(_) => "all",
        Pattern::Any(_) => "any",
        Pattern::Count(_) => "count",
        Pattern::Distinct(_) => "distinct",
        Pattern::Total(_) => "sum",
        Pattern::Speed(_) => "speed",
        Pattern::Compare(_) => "compare",
        Pattern::After(_) => "after",
        Pattern::Unusual(_) => "unusual",
        Pattern::First(_) => "first",
    }
}

/// Where a tail has no meaning: `gap` outside a sequence, `repeated` outside a sequence or what is expected.
fn check_tails(clause: &Clause, problems: &mut Vec<Problem>) {
    match clause {
        Clause::Unless(unless) => check_step(&unless.step, "unless", &[], problems),
        Clause::Until(step) => check_step(step, "until", &[], problems),
        Clause::Pattern(pattern) => check_pattern_tails(pattern, problems),
        _ => {}
    }
}

fn check_pattern_tails(pattern: &Pattern, problems: &mut Vec<Problem>) {
    let word = pattern_word(pattern);
    let mut check = |step: &Step| check_step(step, word, &[], problems);
    match pattern {
        Pattern::When(step) => check(step),
        Pattern::All(all) => all.steps.iter().for_each(check),
        Pattern::Any(any) => any.steps.iter().for_each(check),
        Pattern::Count(count) => check(&count.of),
        Pattern::Distinct(distinct) => check(&distinct.of),
        Pattern::Total(total) => check(&total.of),
        Pattern::Speed(speed) => check(&speed.of),
        Pattern::Compare(compare) => {
            compare.aggregates.iter().for_each(|aggregate| check(&aggregate.node.of))
        }
        Pattern::Unusual(unusual) => check(&unusual.of),
        Pattern::First(first) => check(&first.of),
        Pattern::After(after) => {
            check(&after.trigger);
            check_step(&after.expected, word, &["repeated"], problems);
        }
        Pattern::Sequence(sequence) => {
            for part in &sequence.parts {
                match &part.node {
                    SequencePart::Step(step) => check_step(step, word, &["repeated", "gap"], problems),
                    SequencePart::Gone(step) => check_step(step, "not", &[], problems),
                }
            }
        }
    }
}

fn check_step(step: &Step, clause: &str, meant: &[&str], problems: &mut Vec<Problem>) {
    for tail in &step.node.tails {
        let (word, patterns, help) = match &tail.node {
            Tail::Gap(_) => ("gap", "the steps of `sequence`", "`within` bounds the whole pattern"),
            Tail::Repeated { .. } => (
                "repeated",
                "the steps of `sequence` and what `after` expects",
                "`count >= N of` counts events",
            ),
            Tail::ForEach { .. } => continue,
        };
        if !meant.contains(&word) {
            problems.push(nothing_with(word, clause, patterns, help, tail.span.clone()));
        }
    }
}

fn nothing_with(clause: &str, with: &str, patterns: &str, help: &str, span: Range<usize>) -> Problem {
    Problem {
        code: "WF008",
        span,
        message: format!("`{clause}` means nothing with `{with}`"),
        expected: format!("with {patterns}"),
        help: help.to_owned(),
    }
}

fn check_state(state: &State, problems: &mut Vec<Problem>) {
    let mut seen = (false, false);
    for line in &state.lines {
        let (before, word) = match &line.node {
            Line::Forget(_) => (std::mem::replace(&mut seen.0, true), "forget after"),
            Line::TieSet => (std::mem::replace(&mut seen.1, true), "tie set"),
            Line::Set(step) | Line::Clear(step) => {
                check_step(step, "state", &[], problems);
                continue;
            }
            Line::Keep { of, .. } | Line::Add { of, .. } | Line::Take { of, .. } => {
                check_step(of, "state", &[], problems);
                continue;
            }
        };
        if before {
            problems.push(twice(word, line.span.clone()));
        }
    }
}

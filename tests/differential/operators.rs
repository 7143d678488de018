//! The operators of the language by name, each with a file that uses it: whether it runs is asked of the checker, so that
//! none is silently never drawn.

use super::{Case, cases_of, run_oracle};
use rules::check::{Environment, Known, check_texts};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

/// An operator.
pub struct Operator {
    /// What the grammar and the tests call it.
    pub name: &'static str,
    /// The least file that uses it.
    pub sample: &'static str,
    /// What stands in the text of a rule, or of a state that it asks, that uses it: one of these.
    pub marks: &'static [&'static str],
}

const fn operator(name: &'static str, marks: &'static [&'static str], sample: &'static str) -> Operator {
    Operator { name, sample, marks }
}

/// All that can be drawn beside what always could.
pub const OPERATORS: &[Operator] = &[
    operator(
        "once",
        &["\n  once"],
        "rule r \"\" severity low { by door  count >= 2 of door.opened within 1m  once }",
    ),
    operator(
        "repeated",
        &["repeated >= "],
        "rule r \"\" severity low { by door  sequence within 1m { door.opened repeated >= 2  door.closed } }",
    ),
    operator(
        "repeated to",
        &["repeated 1 to ", "repeated 2 to "],
        "rule r \"\" severity low { by door  sequence within 1m { door.opened repeated 1 to 2  door.closed } }",
    ),
    operator(
        "for each in a relation",
        &["for each door in", "for each zone in", "for each sensor in"],
        "rule r \"\" severity low { by door  when sensor.motion for each door in zone.doors }",
    ),
    operator(
        "for each in a state",
        &["for each person in"],
        "state s by zone, person { set access.granted }
         rule r \"\" severity low { by zone, person  when door.opened for each person in s(zone) }",
    ),
    operator(
        "within path",
        &[" at most "],
        "rule r \"\" severity low { by camera  after video.person expect video.loss within duration at most 10s }",
    ),
    operator(
        "across",
        &["a.cause", "a.ts", "a.person", "a.count", "a.zone", "a.door", "b.ts"],
        "rule r \"\" severity low { by door  sequence within 1m { a: door.opened  b: door.closed where cause != a.cause } }",
    ),
    operator(
        "calendar",
        &["calendar("],
        "rule r \"\" severity low { by door  when door.opened where calendar(\"night\") }",
    ),
    operator(
        "members of a relation",
        &["members(zone.", "members(door."],
        "rule r \"\" severity low { by door  when door.opened where members(zone.doors) > 1 }",
    ),
    operator(
        "members of a state",
        &["members(state"],
        "state state0 by zone, person { set access.granted }
         rule r \"\" severity low { by zone  when door.opened where members(state0(zone)) > 1 }",
    ),
    operator(
        "distance",
        &["distance(site"],
        "rule r \"\" severity low { by person
         sequence within 1m { a: access.granted  b: access.granted where distance(site, a.site) > 1 km } }",
    ),
    operator("age", &["age("], "rule r \"\" severity low { by door  when door.opened where age(ts) = 0s }"),
    operator(
        "abs",
        &["abs("],
        "rule r \"\" severity low { by camera  when video.person where abs(count - 2) = 1 }",
    ),
    operator(
        "lower",
        &["lower("],
        "rule r \"\" severity low { by src.ip  when ids.alert where lower(sig.name) = \"worm\" }",
    ),
    operator(
        "length",
        &["length("],
        "rule r \"\" severity low { by src.ip  when ids.alert where length(sig.name) > 4 }",
    ),
    operator(
        "matches a list",
        &["matches @"],
        "rule r \"\" severity low { by src.ip  when ids.alert where sig.name matches @signs }",
    ),
    operator(
        "class",
        &["class = ", "class != ", "class in ", "class contains "],
        "rule r \"\" severity low { by door  when door.opened or door.closed where class = \"door.opened\" }",
    ),
    operator(
        "kept value",
        &["keep "],
        "state s by door { keep cause of door.opened }
         rule r \"\" severity low { by door  when door.closed where s(door) = badge }",
    ),
    operator(
        "counter",
        &["add "],
        "state s by door { add door.opened  clear door.closed }
         rule r \"\" severity low { by door  when door.closed where s(door) > 1 }",
    ),
    operator(
        "first",
        &["\n  first "],
        "rule r \"\" severity low { by door  first cause of door.opened within 2d }",
    ),
    operator(
        "speed",
        &["\n  speed "],
        "rule r \"\" severity low { by person  speed > 10 m/s of access.granted within 1m }",
    ),
    operator(
        "compare",
        &["\n  compare "],
        "rule r \"\" severity low { by door  compare x = count(door.opened) within 1m  fire when x > 3 }",
    ),
    operator(
        "session",
        &["session gap"],
        "rule r \"\" severity low { by door  compare x = count(door.opened) session gap 5s  fire when x > 3 }",
    ),
    operator(
        "blind",
        &["\n  blind "],
        "rule r \"\" severity low { by door  after door.opened expect door.closed within 5s  blind door.controller }",
    ),
    operator(
        "clear when",
        &["\n  clear when "],
        "rule r \"\" severity low { by door  count >= 2 of door.opened within 1m  clear when count < 2 }",
    ),
    operator(
        "absorb",
        &["\n  absorb "],
        "rule a \"\" severity low { by door  when door.forced }
         rule r \"\" severity low { by door  when door.opened  absorb alert.a }",
    ),
    operator(
        "unusual",
        &["\n  unusual "],
        "rule r \"\" severity low { by door  unusual count > 1 sigma of door.opened per 1d }",
    ),
];

/// The names of the operators that the checker takes.
static RUNNING: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    OPERATORS.iter().filter(|operator| is_taken(operator.sample)).map(|operator| operator.name).collect()
});

/// Whether an operator runs.
pub fn runs(name: &str) -> bool {
    RUNNING.contains(name)
}

/// In how many cases an operator stands, and in how many of them it fires.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Some item has it.
    pub drawn: u32,
    /// A rule that has it made an alert; of `blind` one that is unknown.
    pub fired: u32,
}

/// How often each operator comes up in the cases of these seeds, of each seed in every eighth.
pub fn seen(seeds: Range<u64>) -> BTreeMap<&'static str, Seen> {
    let mut seen: BTreeMap<&str, Seen> = OPERATORS.iter().map(|one| (one.name, Seen::default())).collect();
    for case in seeds.flat_map(|seed| cases_of(seed).into_iter().step_by(8)) {
        let answer = run_oracle(&case);
        let names: BTreeSet<String> = answer.alerts.values().map(|alert| alert.rule.to_string()).collect();
        let texts: Vec<String> = names.iter().map(|name| whole_text(&case, name)).collect();
        let unknown = answer.alerts.values().any(|alert| !alert.unknown.is_empty());
        for operator in OPERATORS {
            let has = |text: &str| operator.marks.iter().any(|mark| text.contains(mark));
            let fired = texts.iter().any(|text| has(text)) && (unknown || operator.name != "blind");
            let known = seen.entry(operator.name).or_default();
            known.drawn += u32::from(case.items.iter().any(|item| has(&item.text)));
            known.fired += u32::from(fired);
        }
    }
    seen
}

/// The text of a rule and of the states that it names.
fn whole_text(case: &Case, rule: &str) -> String {
    let rule = case.items.iter().find(|item| item.name == rule);
    let text = rule.map(|item| item.text.clone()).unwrap_or_default();
    let states =
        case.items.iter().filter(|item| item.text.starts_with("state ") && text.contains(&item.name));
    let asked: String = states.map(|state| state.text.as_str()).collect();
    text + &asked
}

fn is_taken(text: &str) -> bool {
    let producers = Default::default();
    let known = Some(Known::of(&super::MODEL, Default::default()));
    let environment = Environment { producers: &producers, known };
    check_texts(&[("sample.rules", text.as_bytes())], &environment).rules.is_some()
}

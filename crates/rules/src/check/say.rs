//! Everything that the checker says, one function for each finding of language.md §5, so that the words stand
//! in one place and a finding is written the same wherever it is made.

use crate::check::Source;
use event::diagnostic::{Diagnostic, Severity, nearest};
use std::collections::BTreeSet;
use std::ops::Range;

/// A place: which file, which bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub file: usize,
    pub start: usize,
    pub end: usize,
}

impl At {
    pub fn new(file: usize, span: &Range<usize>) -> At {
        At { file, start: span.start, end: span.end }
    }
}

/// Collects findings. A thing is said once about one place: a condition that is read for several steps does
/// not repeat itself.
pub(crate) struct Say<'a> {
    files: &'a [Source<'a>],
    said: BTreeSet<(At, &'static str, String)>,
    found: Vec<Diagnostic>,
}

/// One finding in the making.
struct Words {
    message: String,
    expected: String,
    help: String,
}

fn words(message: String, expected: impl Into<String>, help: impl Into<String>) -> Words {
    Words { message, expected: expected.into(), help: help.into() }
}

fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(name, known).map(|near| format!("did you mean `{near}`")).unwrap_or_default()
}

/// At most a dozen names, so that a message stays readable.
fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    const SHOWN_MAX: usize = 12;
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(SHOWN_MAX).map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => "none are known".to_owned(),
        len if len > SHOWN_MAX => format!("{} and {} more", shown.join(" "), len - SHOWN_MAX),
        _ => shown.join(" "),
    }
}

impl<'a> Say<'a> {
    pub fn new(files: &'a [Source<'a>]) -> Say<'a> {
        Say { files, said: BTreeSet::new(), found: Vec::new() }
    }

    /// Whether something was said that stops activation.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(Diagnostic::is_error)
    }

    /// All findings by file and place.
    pub fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        let order = |file: &str| self.files.iter().position(|known| known.name == file);
        self.found.sort_by(|a, b| {
            (order(&a.file), a.span.start, a.code).cmp(&(order(&b.file), b.span.start, b.code))
        });
        self.found
    }

    /// `file:line` of a place, to point at from another one.
    pub fn shown(&self, at: &At) -> String {
        let Some(source) = self.files.get(at.file) else { return String::new() };
        let (line, _) = event::diagnostic::line_and_column(source.text, at.start);
        format!("{}:{line}", source.name)
    }

    fn error(&mut self, code: &'static str, at: &At, words: Words) {
        self.say(code, Severity::Error, at, words);
    }

    fn warning(&mut self, code: &'static str, at: &At, words: Words) {
        self.say(code, Severity::Warning, at, words);
    }

    fn say(&mut self, code: &'static str, severity: Severity, at: &At, words: Words) {
        let Some(source) = self.files.get(at.file) else { return };
        // The same `while` lacks the same field in the classes of several steps: the first stands for all.
        let what = if code == "WF012" { String::new() } else { words.message.clone() };
        if !self.said.insert((at.clone(), code, what)) {
            return;
        }
        let diagnostic = Diagnostic::new(code, severity, source.name, source.text, at.start..at.end);
        self.found.push(diagnostic.saying(words.message, words.expected, words.help));
    }

    pub fn no_class<'n>(&mut self, at: &At, class: &str, known: impl IntoIterator<Item = &'n str>) {
        let help = did_you_mean(class, known);
        self.error("WF010", at, words(format!("no class `{class}`"), "a class of the class table", help));
    }

    pub fn no_field<'n>(&mut self, at: &At, name: &str, of: &str, known: impl IntoIterator<Item = &'n str>) {
        let known: Vec<&str> = known.into_iter().collect();
        let help = did_you_mean(name, known.iter().copied());
        let message = format!("no field, relation or attribute `{name}` of {of}");
        let expected = match known.len() {
            0 => "nothing after it".to_owned(),
            len if len > 40 => "a field of the field table".to_owned(),
            _ => format!("one of {}", listed(known)),
        };
        self.error("WF011", at, words(message, expected, help));
    }

    pub fn no_word(&mut self, at: &At, name: &str) {
        let message = format!("no field, relation or attribute `{name}` of the event");
        self.error(
            "WF011",
            at,
            words(message, "a field or an entity", format!("quote it if it is text: \"{name}\"")),
        );
    }

    pub fn path_too_long(&mut self, at: &At, path: &str) {
        let message = format!("`{path}` takes more than {} steps", event::relation::STEPS_MAX);
        self.error(
            "WF011",
            at,
            words(message, "at most 3 steps from the event", "use a relation that is nearer"),
        );
    }

    pub fn not_listed(&mut self, at: &At, (class, having): (&str, Option<&str>), field: &str) {
        let message =
            format!("`{class}` does not list `{field}`; there it is missing unless the sender sets it");
        let help = having.map(|having| format!("give each its own condition: `{having} where …, {class}`"));
        let help = help.unwrap_or_default();
        self.warning("WF012", at, words(message, "a field of all classes of the option", help));
    }

    pub fn no_value<'n>(&mut self, at: &At, value: &str, of: &str, known: impl IntoIterator<Item = &'n str>) {
        let known: Vec<&str> = known.into_iter().collect();
        let mut help = did_you_mean(value, known.iter().copied());
        if help.is_empty() {
            help = "quote it if it is text".to_owned();
        }
        let all: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("`{value}` is no value of `{of}`");
        self.error("WF013", at, words(message, format!("one of {}", all.join(" ")), help));
    }

    pub fn ambiguous(&mut self, at: &At, word: &str, meanings: (&str, &str)) {
        let message = format!("`{word}` can be {} or {}", meanings.0, meanings.1);
        let which = if meanings.0.contains("parameter") || meanings.1.contains("parameter") {
            "parameter"
        } else {
            "label"
        };
        self.error("WF014", at, words(message, "one meaning", format!("rename the {which}")));
    }

    pub fn unknown<'n>(&mut self, at: &At, what: &str, name: &str, known: impl IntoIterator<Item = &'n str>) {
        let known: Vec<&str> = known.into_iter().collect();
        let help = did_you_mean(name, known.iter().copied());
        let expected = format!("one of {}", listed(known));
        self.error("WF015", at, words(format!("no {what} `{name}`"), expected, help));
    }

    pub fn declared_twice(&mut self, at: &At, name: &str, what: &str, first: &At) {
        let message = format!("`{name}` is already a {what} ({})", self.shown(first));
        self.error("WF016", at, words(message, "a new name", "names are global over all files"));
    }

    pub fn label_twice(&mut self, at: &At, name: &str, first: &At) {
        let message = format!("`{name}` is already a step ({})", self.shown(first));
        self.error("WF016", at, words(message, "a new name", "a label is one step of its rule"));
    }

    pub fn replaces_standard(&mut self, at: &At, name: &str) {
        let message = format!("`{name}` is already a state (standard.rules)");
        let help = "this one replaces it for all rules";
        self.warning("WF016", at, words(message, "a new name, unless that is meant", help));
    }

    pub fn no_single_event(&mut self, at: &At, step: &str) {
        let message = format!("step `{step}` has no single event to look at");
        let help = "move the condition to a later step, or name an earlier one";
        self.error("WF017", at, words(message, "an earlier step without `repeated` or `not`", help));
    }

    pub fn cannot_compare(&mut self, at: &At, left: &str, right: &str, help: &str) {
        self.error("WF020", at, words(format!("cannot compare {left} with {right}"), left, help));
    }

    pub fn no_order(&mut self, at: &At, op: &str, what: &str) {
        let message = format!("cannot compare {what} by `{op}`");
        self.error(
            "WF020",
            at,
            words(message, "a number, a time or an ordered enum", "use `=`, `!=` or `in`"),
        );
    }

    pub fn cannot_calculate(&mut self, at: &At, left: &str, op: &str, right: &str) {
        let message = format!("cannot calculate {left} {op} {right}");
        let help =
            "time - time is a duration, time + duration a time; numbers and units calculate with their own";
        self.error("WF020", at, words(message, "two of one kind", help));
    }

    pub fn wrong_argument(&mut self, at: &At, function: &str, found: &str, expected: &str) {
        let message = format!("`{function}` cannot take {found}");
        self.error("WF020", at, words(message, expected, ""));
    }

    pub fn wrong_dimension(&mut self, at: &At, literal: &str, found: &str, wanted: (&str, &str)) {
        let message = format!("`{literal}` is {found}");
        self.error("WF021", at, words(message, wanted.0, wanted.1));
    }

    pub fn needs_text(&mut self, at: &At, op: &str, field: &str, ty: &str) {
        let message = format!("`{op}` needs text, `{field}` is {ty}");
        self.error("WF022", at, words(message, "a text field", "use `=` or `in`"));
    }

    pub fn not_a_condition(&mut self, at: &At, ty: &str) {
        let message = format!("condition is {ty}");
        self.error("WF023", at, words(message, "yes or no", "compare it with something"));
    }

    pub fn no_linear_time(&mut self, at: &At, construct: &str) {
        let message = format!("`{construct}` cannot run in linear time");
        let expected = "a regular expression without look-around and back-references";
        self.error("WF024", at, words(message, expected, "use two conditions joined by `and`"));
    }

    pub fn no_expression(&mut self, at: &At, construct: &str, why: &str) {
        let message = format!("`{construct}` is no regular expression: {why}");
        let expected = "a regular expression without look-around and back-references";
        self.error("WF024", at, words(message, expected, "write it in single quotes, which know no escapes"));
    }

    pub fn no_literal(&mut self, at: &At, class: &str) {
        let message =
            format!("regular expression has no text of 3 bytes that must occur; it runs on every `{class}`");
        self.warning("WF025", at, words(message, "a literal", "add `contains`"));
    }

    pub fn no_key(&mut self, at: &At, step: (&str, &str), key: &str, sender_may_set: bool) {
        let message = format!("step `{}` ({}) has no `{key}`", step.0, step.1);
        let help = format!("add `from {key} = …`, or `for each {key} in …`");
        let said = words(message, "a field or path for each part of `by`", help);
        if sender_may_set {
            self.warning("WF030", at, said);
        } else {
            self.error("WF030", at, said);
        }
    }

    pub fn key_differs(&mut self, at: &At, key: &str, here: (&str, &str), there: (&str, &str)) {
        let message = format!("`{key}` is {} in `{}` and {} in {}", here.0, here.1, there.0, there.1);
        self.error("WF031", at, words(message, "one kind", "map one of them with `from`"));
    }

    pub fn no_key_type(&mut self, at: &At, key: &str, ty: &str) {
        let message = format!("`{key}` is {ty}, which makes no key");
        self.error(
            "WF031",
            at,
            words(message, "an entity, text, number, address or time", "use a field beside it"),
        );
    }

    pub fn unbounded_path(&mut self, at: &At, path: &str) {
        let message = format!("`{path}` has no bound on its values");
        self.error("WF032", at, words(message, "a path with at most 8 values", "use `for each`"));
    }

    pub fn crosses_sites(&mut self, at: &At, key: &str) {
        let message = format!("`{key}` crosses sites: hits of this rule go through one more topic");
        self.warning(
            "WF034",
            at,
            words(message, "a key within the site", "add `site` to `by` if that is meant"),
        );
    }

    pub fn belongs_in_key(&mut self, at: &At, own: &str, earlier: &str) {
        let message = format!("`{own} = {earlier}` ties two steps, and every step has `{own}`");
        self.error("WF033", at, words(message, "it in `by`", format!("by …, {own}")));
    }

    pub fn tied_by_candidates(&mut self, at: &At, own: &str, earlier: &str) {
        let message = format!("`{own} = {earlier}` ties two steps; only the 256 latest candidates are tried");
        let help = "where all steps have it, write it in `by`";
        self.warning("WF034w", at, words(message, "that to do", help));
    }

    pub fn can_be_one(&mut self, at: &At, steps: (&str, &str), error: &str) {
        let message = format!(
            "`{}` and `{}` can be one event, and their sources' clocks differ by up to {error}",
            steps.0, steps.1
        );
        let help = "add a condition, or set the clock error to 0";
        self.error("WF042", at, words(message, "steps that exclude each other", help));
    }

    pub fn means_nothing(&mut self, at: &At, (word, with): (&str, &str), patterns: &str, help: &str) {
        let message = format!("`{word}` means nothing with `{with}`");
        self.error("WF008", at, words(message, format!("with {patterns}"), help));
    }

    pub fn no_limit(&mut self, at: &At) {
        let message = "nothing limits how long this waits".to_owned();
        let expected = "`within`, or `gap` on every step but the first";
        self.error("WF040", at, words(message, expected, "sequence within 15m …"));
    }

    pub fn misplaced_not(&mut self, at: &At, place: &str, class: &str) {
        let message = format!("`not` stands {place} in the sequence");
        let side = if place == "first" { "before" } else { "after" };
        let help = format!("unless {class} within … {side} …");
        self.error("WF041", at, words(message, "it between two steps", help));
    }

    pub fn too_long(&mut self, at: &At, span: &str, limit: &str) {
        let message = format!("{span} is longer than {limit}");
        let help = "keep a state, or chain through a rule that fires earlier";
        self.error("WF043", at, words(message, format!("≤ {limit}"), help));
    }

    pub fn bad_span(&mut self, at: &At, span: &str, why: &str, expected: &str) {
        self.error("WF044", at, words(format!("{span} {why}"), expected, ""));
    }

    pub fn no_upper_limit(&mut self, at: &At, path: &str) {
        let message = format!("`within {path}` has no upper limit");
        self.error("WF045", at, words(message, "`at most`", format!("within {path} at most 1h")));
    }

    pub fn window_too_short(&mut self, at: &At, window: &str, wait: &str, class: &str) {
        let message = format!("window {window} is shorter than the {wait} that `{class}` may take to arrive");
        self.warning(
            "WF046",
            at,
            words(message, format!("≥ {wait}"), "use `detection.…`, or a longer window"),
        );
    }

    pub fn needs_site(&mut self, at: &At, key: &str, (clause, what): (&str, &str)) {
        let message = format!("`{key}` crosses sites and `{clause}` counts local {what}");
        self.error("WF055", at, words(message, "`site` in `by`", format!("by site, {key}")));
    }

    pub fn blind_for_nothing(&mut self, at: &At) {
        let message = "`blind` in a rule that relies on no absence".to_owned();
        self.warning("WF091", at, words(message, "`not`, `unless`, `after` or a session", "remove it"));
    }

    pub fn drifts(&mut self, at: &At, state: &str) {
        let message = format!("counter `{state}` is never cleared and will drift");
        self.warning("WF052", at, words(message, "`clear`", "clear … where …"));
    }

    pub fn no_key_part<'n>(&mut self, at: &At, member: &str, keys: impl IntoIterator<Item = &'n str>) {
        let keys: Vec<&str> = keys.into_iter().collect();
        let message = format!("`for each {member}`: `{member}` is no part of `by`");
        let help = format!("by {}, {member}", keys.join(", "));
        self.error("WF051", at, words(message, format!("one of {}", listed(keys)), help));
    }

    pub fn wrong_key_count(&mut self, at: &At, state: &str, keys: &[String], given: usize) {
        let message = format!("state `{state}` has keys {}, {given} given", keys.join(", "));
        let expected = format!("{} of them", keys.len());
        self.error(
            "WF050",
            at,
            words(message, expected, "leave out the last one only to count or list its members"),
        );
    }

    pub fn state_in_state(&mut self, at: &At, state: &str) {
        let message = format!("a state line asks state `{state}`");
        self.error("WF053", at, words(message, "events only", "put the test into the rule"));
    }

    pub fn state_elsewhere(&mut self, at: &At, state: &str, key: &str, rule_key: &str) {
        let message =
            format!("state `{state}` is kept by `{key}`, over all sites; this rule is kept by `{rule_key}`");
        self.error(
            "WF054",
            at,
            words(message, format!("`{key}` in `by`"), format!("state {state} by site, {key}")),
        );
    }

    pub fn circle(&mut self, at: &At, names: &[String]) {
        let message = format!("rules feed each other: {}", names.join(" → "));
        self.error(
            "WF060",
            at,
            words(message, "no circle", "take one of these out of the conditions of another"),
        );
    }

    pub fn not_below(&mut self, at: &At, clause: &str, rule: &str) {
        let message = format!("`{clause}` on `alert.{rule}` of the same or a higher level");
        self.error(
            "WF061",
            at,
            words(message, "a rule below", "an absence can only be judged once that rule is done"),
        );
    }

    pub fn too_deep(&mut self, at: &At, ends: (&str, &str), depth: usize) {
        let message = format!("chain {} → … → {} is {depth} deep", ends.0, ends.1);
        self.error("WF062", at, words(message, "≤ 8", "join two of the rules"));
    }

    pub fn trial_used(&mut self, at: &At, rule: &str) {
        let message = format!("`{rule}` is on trial, and this rule is not");
        self.error("WF063", at, words(message, "a rule in force", "`status trial` here too, or none there"));
    }

    pub fn never_both(&mut self, at: &At, one: &str, other: &str) {
        let message = format!("can never match: `{one}` and `{other}` exclude each other");
        self.error("WF070", at, words(message, "a condition that can be true", "`or`?"));
    }

    pub fn may_be_missing(&mut self, at: &At, field: &str, value: &str) {
        let message = format!("`{field} != {value}` is false when `{field}` is missing");
        let help = format!("`not {field} = {value}` counts a missing value in");
        self.warning("WF074", at, words(message, "that to be meant", help));
    }

    pub fn too_many(&mut self, at: &At, count: usize, what: &str, limit: usize) {
        let message = format!("{count} {what}");
        self.error("WF082", at, words(message, format!("≤ {limit}"), "chain two rules, shorten `entities`"));
    }

    pub fn too_large(&mut self, at: &At, what: &str, limit: &str) {
        self.error(
            "WF082",
            at,
            words(what.to_owned(), format!("≤ {limit}"), "make it simpler, or use a list"),
        );
    }

    pub fn not_life_safety(&mut self, at: &At, mark: &str) {
        let message = format!("`{mark}` on a life-safety rule");
        self.error("WF090", at, words(message, "neither", "remove it"));
    }

    pub fn timing_for_nothing(&mut self, at: &At, word: &str, is: &str, needs: &str) {
        let message = format!("`{word}` as written: this rule is {is} already");
        self.error("WF092", at, words(message, format!("an {needs} rule"), "remove it"));
    }

    pub fn world_lacks(&mut self, at: &At, class: &str, kind: &str, id: &str) {
        let message = format!("`{class}` needs {kind} \"{id}\", the world has none");
        self.error("WF101", at, words(message, "it in `world`", format!("{kind} \"{id}\" with …")));
    }

    pub fn world_wrong(&mut self, at: &At, message: String, expected: String, help: String) {
        self.error("WF104", at, words(message, expected, help));
    }

    pub fn event_lacks(&mut self, at: &At, field: &str) {
        let message = format!("the rule reads `{field}`, this event has none");
        self.warning("WF102", at, words(message, "it if the test is about it", format!("{field} = …")));
    }

    pub fn bad_value(&mut self, at: &At, text: &str, what: &str, form: &str) {
        let message = format!("`{text}` is no {what}");
        self.error("WF020", at, words(message, what, form));
    }

    pub fn lacks_now(&mut self, at: &At) {
        let message = "the world of this test has no `now`".to_owned();
        self.error(
            "WF101",
            at,
            words(message, "the instant 0s and its zone", "now \"2026-01-10T02:00:00\" in \"Europe/Paris\""),
        );
    }

    /// WF040, of `clear when`.
    pub fn never_clear(&mut self, at: &At, help: &str) {
        let message = "nothing limits how long this waits".to_owned();
        let expected = "a condition that holds when nothing is left in the window";
        self.error("WF040", at, words(message, expected, help));
    }

    pub fn does_not_run(&mut self, at: &At, construct: &str, instead: &str) {
        let message = format!("`{construct}` does not run yet");
        self.error("WF900", at, words(message, "another way to say it", instead));
    }
}

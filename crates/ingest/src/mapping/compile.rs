//! From what a mapping says to what it means, with everything that is wrong found at once.

use super::expression::{Expression, Pattern, Source, parts};
use super::{Assignment, ClassRule, Column, Mapping, Otherwise, Read, Target, TimeRule};
use crate::json::{PathList, Word};
use crate::yaml::{self, Bounds, Node, Value};
use event::class::{self, ClassId, Lifecycle};
use event::diagnostic::{Diagnostic, Severity, nearest};
use event::field::{self, FieldId, FieldType};
use event::row::Batch;
use event::symbol::SymbolKey;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use std::ops::Range;

/// No mapping is larger.
const BOUNDS: Bounds = Bounds { nodes: 100_000, depth: 16 };

/// Reads a mapping's text.
pub(super) fn compile(file: &str, text: &str) -> (Option<Mapping>, Vec<Diagnostic>) {
    let mut compiler = Compiler { file, text, columns: Vec::new(), read: Read::Csv, found: Vec::new() };
    let mapping = match yaml::read(text, BOUNDS) {
        Ok(root) => compiler.mapping(&root),
        Err((span, what)) => {
            compiler.error("MP001", span, format!("not readable: {what}"), "YAML", "mend the text here");
            None
        }
    };
    let failed = compiler.found.iter().any(Diagnostic::is_error);
    (mapping.filter(|_| !failed), compiler.found)
}

struct Compiler<'t> {
    file: &'t str,
    text: &'t str,
    read: Read,
    columns: Vec<Column>,
    found: Vec<Diagnostic>,
}

const KEYS: &[&str] =
    &["read", "columns", "delimiter", "recognise", "time", "id", "set", "class", "otherwise"];
const TIME_KEYS: &[&str] = &["field", "text", "capture", "formats", "zone"];
const RULE_KEYS: &[&str] = &["when", "class", "set"];
const VALUE_KEYS: &[&str] = &["field", "text", "capture", "map"];
/// What the engine gives to every event; no sender can say it.
const GIVEN: &[FieldId] = &[
    field::ID,
    field::TS,
    field::APPEND,
    field::DEVICE_TIME,
    field::CLASS,
    field::TIME_QUALITY,
    field::TZ_ASSUMED,
    field::FROM_SNAPSHOT,
];

impl Compiler<'_> {
    fn mapping(&mut self, root: &Node) -> Option<Mapping> {
        let Value::Map(_) = root.value else {
            let help = "write `read: csv`, `class: […]` and the others";
            self.error(
                "MP003",
                root.span.clone(),
                "not a mapping file".to_owned(),
                "a mapping of names",
                help,
            );
            return None;
        };
        self.known_keys(root, KEYS);
        self.read = self.read_of(root)?;
        let header = get(root, "columns").map(|node| self.texts(node));
        let delimiter = get(root, "delimiter").map_or(b',', |node| self.delimiter(node));
        let recognise = get(root, "recognise").map(|node| self.texts(node)).unwrap_or_default();
        let time = get(root, "time").and_then(|node| self.time(node));
        let names = get(root, "id").map(|node| self.texts(node)).unwrap_or_default();
        let id = names.iter().map(|name| self.column(name)).collect();
        let set = get(root, "set").map(|node| self.assignments(node)).unwrap_or_default();
        let classes = match get(root, "class") {
            Some(Node { value: Value::List(rules), .. }) => {
                rules.iter().filter_map(|rule| self.class_rule(rule, &set)).collect()
            }
            Some(other) => {
                self.wrong_kind(other, "a list of classes, each with `when` and `class`");
                Vec::new()
            }
            None => {
                let help = "write `class: [{when: {COLUMN: [\"text\"]}, class: access.granted}]`";
                self.error(
                    "MP003",
                    root.span.start..root.span.start,
                    "no `class`".to_owned(),
                    "a list of classes",
                    help,
                );
                Vec::new()
            }
        };
        let otherwise = get(root, "otherwise").map_or(Otherwise::Unclassified, |node| self.otherwise(node));
        let telling = telling(&classes);
        let columns = std::mem::take(&mut self.columns);
        let paths = PathList::of_keys(columns.iter().map(|column| &column.path[..]));
        Some(Mapping {
            read: self.read,
            header,
            delimiter,
            recognise: recognise
                .iter()
                .map(|keys| keys.split_whitespace().map(Word::new).collect())
                .collect(),
            columns,
            paths,
            time,
            id,
            set,
            classes,
            otherwise,
            telling,
        })
    }

    fn read_of(&mut self, root: &Node) -> Option<Read> {
        let words = [("csv", Read::Csv), ("json", Read::Json), ("kv", Read::KeyValue), ("xml", Read::Xml)];
        let Some(node) = get(root, "read") else {
            let help = "write `read: csv` (or json, kv, xml) in the first line";
            self.error(
                "MP003",
                root.span.start..root.span.start,
                "no `read`".to_owned(),
                "what the rows are",
                help,
            );
            return None;
        };
        self.word(node, &words)
    }

    fn otherwise(&mut self, node: &Node) -> Otherwise {
        let words = [
            ("unclassified", Otherwise::Unclassified),
            ("reject", Otherwise::Reject),
            ("skip", Otherwise::Skip),
        ];
        self.word(node, &words).unwrap_or(Otherwise::Unclassified)
    }

    /// One of a few words.
    fn word<T: Copy>(&mut self, node: &Node, words: &[(&'static str, T)]) -> Option<T> {
        let said = node.text().unwrap_or_default();
        let found = words.iter().find(|(word, _)| *word == said);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let help = self.suggest(said, names.iter().copied());
            self.error(
                "MP003",
                node.span.clone(),
                format!("`{said}` is none of them"),
                names.join(", "),
                help,
            );
        }
        found.map(|(_, value)| *value)
    }

    fn delimiter(&mut self, node: &Node) -> u8 {
        match node.text() {
            Some("\\t") => b'\t',
            Some(text) if text.len() == 1 => text.as_bytes()[0],
            _ => {
                let what = "no delimiter".to_owned();
                self.error(
                    "MP003",
                    node.span.clone(),
                    what,
                    "one ASCII character",
                    "write `delimiter: \";\"`",
                );
                b','
            }
        }
    }

    fn time(&mut self, node: &Node) -> Option<TimeRule> {
        self.expect_map(
            node,
            "a mapping: {field: COLUMN, formats: [\"%Y-%m-%d %H:%M:%S\"], zone: Europe/Paris}",
        )?;
        self.known_keys(node, TIME_KEYS);
        let from = self.source(node)?;
        let formats = get(node, "formats").map(|node| self.nodes(node)).unwrap_or_default();
        let formats = formats.into_iter().filter_map(|node| self.format(&node)).collect();
        let zone = get(node, "zone").and_then(|node| self.zone(node));
        Some(TimeRule { from, formats, zone })
    }

    /// A format that can print a time and read it back.
    fn format(&mut self, node: &Node) -> Option<String> {
        let format = node.text().unwrap_or_default();
        let sample = jiff::civil::date(2026, 1, 10).at(14, 3, 4, 500_000_000).to_zoned(TimeZone::UTC).ok()?;
        let printed = jiff::fmt::strtime::format(format, &sample).map_err(|e| e.to_string());
        let read = printed.and_then(|text| BrokenDownTime::parse(format, &text).map_err(|e| e.to_string()));
        match read {
            Ok(parts) if says_a_time(&parts) => Some(format.to_owned()),
            Ok(_) => {
                let what = format!("`{format}` does not say date and time of day");
                self.error(
                    "MP008",
                    node.span.clone(),
                    what,
                    "a strftime format of date and time",
                    "add `%H:%M:%S`, or `%s`",
                );
                None
            }
            Err(error) => {
                let what = format!("`{format}`: {error}");
                let help = "for example `%Y-%m-%d %H:%M:%S%.f`, `%m/%d/%Y %I:%M:%S %p`, `%s`";
                self.error("MP008", node.span.clone(), what, "a strftime format that can be read", help);
                None
            }
        }
    }

    fn zone(&mut self, node: &Node) -> Option<TimeZone> {
        let name = node.text().unwrap_or_default();
        let zone = TimeZone::get(name).ok();
        if zone.is_none() {
            let what = format!("no time zone is called `{name}`");
            self.error(
                "MP009",
                node.span.clone(),
                what,
                "a name of the IANA database",
                "for example `Europe/Paris`, `UTC`",
            );
        }
        zone
    }

    fn class_rule(&mut self, node: &Node, common: &[Assignment]) -> Option<ClassRule> {
        self.expect_map(node, "a mapping: {when: {COLUMN: [\"text\"]}, class: access.granted}")?;
        self.known_keys(node, RULE_KEYS);
        let when = get(node, "when").map(|when| self.when(when)).unwrap_or_default();
        let set = get(node, "set").map(|set| self.assignments(set)).unwrap_or_default();
        let Some(named) = get(node, "class") else {
            let help = "add `class: access.granted`, or leave the rows to `otherwise`";
            self.error("MP003", node.span.clone(), "no `class`".to_owned(), "the class of such rows", help);
            return None;
        };
        let class = self.class(named)?;
        self.check_lifecycles(class, &set, named);
        self.warn_of_missing(class, common, &set, named);
        Some(ClassRule { when, class, set })
    }

    fn class(&mut self, node: &Node) -> Option<ClassId> {
        let name = node.text().unwrap_or_default();
        let class = class::by_name(name);
        if class.is_none() {
            let help = self.suggest(name, class::all().filter_map(|class| Some(class.def()?.name)));
            self.error(
                "MP004",
                node.span.clone(),
                format!("no class `{name}`"),
                "a class of the class table",
                help,
            );
        }
        class
    }

    fn when(&mut self, node: &Node) -> Vec<(usize, Vec<Pattern>)> {
        let Value::Map(pairs) = &node.value else {
            self.wrong_kind(node, "a mapping: {COLUMN: [\"text\", \"begin*\"]}");
            return Vec::new();
        };
        let mut when = Vec::new();
        for (name, patterns) in pairs {
            let column = self.column(name.text().unwrap_or_default());
            let patterns = self.texts(patterns).iter().map(|text| Pattern::new(text)).collect();
            when.push((column, patterns));
        }
        when
    }

    fn assignments(&mut self, node: &Node) -> Vec<Assignment> {
        let Value::Map(pairs) = &node.value else {
            self.wrong_kind(node, "a mapping: {door: {field: COLUMN}}");
            return Vec::new();
        };
        let mut assignments = Vec::new();
        for (name, value) in pairs {
            let target = self.target(name);
            let value_read = self.expression(value);
            if let (Some(target), Some(read)) = (target, value_read) {
                self.check_constants(target, &read, value);
                assignments.push(Assignment { target, value: read });
            }
        }
        assignments
    }

    fn target(&mut self, node: &Node) -> Option<Target> {
        let name = node.text().unwrap_or_default();
        let Some(field) = field::by_name(name) else {
            let known = field::all().filter(|field| !GIVEN.contains(field)).map(FieldId::name);
            let help = self.suggest(name, known);
            self.error(
                "MP005",
                node.span.clone(),
                format!("no field `{name}`"),
                "a field of the class table",
                help,
            );
            return None;
        };
        if GIVEN.contains(&field) || matches!(field.def().ty, FieldType::Geo) {
            let help = if field == field::TS { "use `time: {field: COLUMN}`" } else { "leave it out" };
            let what = format!("`{name}` cannot be set by a mapping");
            self.error("MP005", node.span.clone(), what, "a field that a sender can know", help);
            return None;
        }
        Some(match field {
            field::SOURCE => Target::Source,
            field::SITE => Target::Site,
            field::LIFECYCLE => Target::Lifecycle,
            field::TEST => Target::Test,
            field::SEQ => Target::Seq,
            _ => Target::Field(field),
        })
    }

    /// A bare value is a constant; a mapping says where the value comes from.
    fn expression(&mut self, node: &Node) -> Option<Expression> {
        if let Some(text) = node.text() {
            return Some(Expression { source: Source::Constant(text.to_owned()), map: Vec::new() });
        }
        self.expect_map(node, "a constant, {field: COLUMN} or {text: \"{A}-{B}\"}")?;
        self.known_keys(node, VALUE_KEYS);
        let source = self.source(node)?;
        let map = match get(node, "map") {
            None => Vec::new(),
            Some(Node { value: Value::Map(pairs), .. }) => {
                let pair =
                    |(from, to): &(Node, Node)| Some((Pattern::new(from.text()?), to.text()?.to_owned()));
                pairs.iter().filter_map(pair).collect()
            }
            Some(other) => {
                self.wrong_kind(other, "a mapping of texts: {IN: in, OUT: out}");
                Vec::new()
            }
        };
        Some(Expression { source, map })
    }

    /// `field`, one or the first of several that is there; `field` with `capture`; or `text`.
    fn source(&mut self, node: &Node) -> Option<Source> {
        let (field, text) = (get(node, "field"), get(node, "text"));
        if let (Some(Node { value: Value::List(_), .. }), None) = (field, get(node, "capture")) {
            let names = field.map(|node| self.texts(node)).unwrap_or_default();
            return Some(Source::First(names.iter().map(|name| self.column(name)).collect()));
        }
        match (field.and_then(Node::text), text.and_then(Node::text), get(node, "capture")) {
            (Some(name), None, None) => Some(Source::Column(self.column(name))),
            (Some(name), None, Some(capture)) => {
                let column = self.column(name);
                self.capture(capture).map(|expression| Source::Capture(column, expression))
            }
            (None, Some(template), None) => match parts(template, |name| self.column(name)) {
                Ok(parts) => Some(Source::Joined(parts)),
                Err(what) => {
                    let span = text.map_or(node.span.clone(), |text| text.span.clone());
                    let help = "write `{text: \"{FLOOR}-{ZONE}\"}`; a brace itself is `{{`";
                    self.error("MP010", span, what.to_owned(), "columns in braces", help);
                    None
                }
            },
            _ => {
                let what = "nothing says where the value comes from".to_owned();
                let expected = "either `field`, with or without `capture`, or `text`";
                self.error("MP003", node.span.clone(), what, expected, "write `{field: COLUMN}`");
                None
            }
        }
    }

    fn capture(&mut self, node: &Node) -> Option<regex::Regex> {
        let written = node.text().unwrap_or_default();
        let read = regex::RegexBuilder::new(written).size_limit(1 << 20).build();
        let help = "write one group: `'^(\\d+)'`";
        match read {
            Ok(expression) if expression.captures_len() > 1 => Some(expression),
            Ok(_) => {
                self.error(
                    "MP007",
                    node.span.clone(),
                    format!("`{written}` has no group"),
                    "a group in parentheses",
                    help,
                );
                None
            }
            Err(error) => {
                let what = error.to_string();
                let what = what.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                self.error(
                    "MP007",
                    node.span.clone(),
                    what,
                    "a regular expression without back-references",
                    help,
                );
                None
            }
        }
    }

    /// The number of a column, given when it is first mentioned.
    fn column(&mut self, name: &str) -> usize {
        let name = name.trim();
        let is_path = name.starts_with('/') && self.read != Read::Csv && self.read != Read::KeyValue;
        let path: Vec<String> = match name.strip_prefix('/') {
            Some(pointer) if is_path => {
                pointer.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
            }
            _ => vec![name.to_owned()],
        };
        let same =
            |known: &Column| known.path == path && (known.is_path == is_path || self.read == Read::Json);
        if let Some(at) = self.columns.iter().position(same) {
            return at;
        }
        self.columns.push(Column { name: name.to_owned(), path, is_path });
        self.columns.len() - 1
    }

    /// Constants, and what a `map` makes of values, must fit the field: they are known now.
    fn check_constants(&mut self, target: Target, expression: &Expression, node: &Node) {
        let constant = match &expression.source {
            Source::Constant(text) => Some(text),
            _ => None,
        };
        for text in constant.into_iter().chain(expression.map.iter().map(|(_, to)| to)) {
            let Some((expected, help)) = misfit(target, text) else { continue };
            let help = if help.is_empty() { "write one of these".to_owned() } else { help };
            self.error("MP006", node.span.clone(), format!("`{text}` does not fit"), expected, help);
        }
    }

    fn check_lifecycles(&mut self, class: ClassId, set: &[Assignment], node: &Node) {
        let Some(def) = class.def() else { return };
        for assignment in set.iter().filter(|assignment| assignment.target == Target::Lifecycle) {
            let Source::Constant(text) = &assignment.value.source else { continue };
            if Lifecycle::by_name(text).is_some_and(|lifecycle| !def.form.allows(lifecycle)) {
                let allowed: Vec<&str> =
                    Lifecycle::ALL.iter().filter(|l| def.form.allows(**l)).map(|l| l.name()).collect();
                let what = format!("`{}` has no lifecycle `{text}`", def.name);
                self.error(
                    "MP014",
                    node.span.clone(),
                    what,
                    allowed.join(", "),
                    "take one of these, or another class",
                );
            }
        }
    }

    fn warn_of_missing(&mut self, class: ClassId, common: &[Assignment], set: &[Assignment], node: &Node) {
        let Some(def) = class.def() else { return };
        let sets = |field: FieldId| {
            let is = |assignment: &Assignment| assignment.target == Target::Field(field);
            field == field::DEVICE || field == field::NATIVE_CODE || common.iter().chain(set).any(is)
        };
        for one_of in def.required.iter().filter(|one_of| !one_of.iter().any(|&field| sets(field))) {
            let names: Vec<&str> = one_of.iter().map(|field| field.name()).collect();
            let what = format!("nothing sets `{}` of `{}`", names.join("` or `"), def.name);
            let help = format!(
                "add `{}: {{field: COLUMN}}` to `set`; without it such events are incomplete",
                names[0]
            );
            let warning =
                Diagnostic::new("MP013", Severity::Warning, self.file, self.text, node.span.clone());
            self.found.push(warning.saying(what, "every required field set", help));
        }
    }

    fn known_keys(&mut self, node: &Node, known: &[&'static str]) {
        let Value::Map(pairs) = &node.value else { return };
        for (name, _) in pairs {
            let said = name.text().unwrap_or_default();
            if !known.contains(&said) {
                let help = self.suggest(said, known.iter().copied());
                self.error(
                    "MP002",
                    name.span.clone(),
                    format!("unknown key `{said}`"),
                    known.join(", "),
                    help,
                );
            }
        }
    }

    fn expect_map(&mut self, node: &Node, expected: &str) -> Option<()> {
        if matches!(node.value, Value::Map(_)) {
            return Some(());
        }
        self.wrong_kind(node, expected);
        None
    }

    /// A text alone, or a list of texts.
    fn nodes(&mut self, node: &Node) -> Vec<Node> {
        match &node.value {
            Value::Text(_) => vec![node.clone()],
            Value::List(list) if list.iter().all(|item| item.text().is_some()) => list.clone(),
            Value::List(_) | Value::Map(_) | Value::Null => {
                self.wrong_kind(node, "a text, or a list of texts");
                Vec::new()
            }
        }
    }

    fn texts(&mut self, node: &Node) -> Vec<String> {
        self.nodes(node).iter().filter_map(|node| node.text().map(str::to_owned)).collect()
    }

    fn suggest(&self, said: &str, known: impl Iterator<Item = &'static str>) -> String {
        nearest(said, known).map_or_else(String::new, |nearest| format!("did you mean `{nearest}`"))
    }

    fn wrong_kind(&mut self, node: &Node, expected: &str) {
        self.error(
            "MP003",
            node.span.clone(),
            format!("this is {}", node.kind()),
            expected,
            "write it as shown",
        );
    }

    fn error(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        what: String,
        expected: impl Into<String>,
        help: impl Into<String>,
    ) {
        let found = Diagnostic::new(code, Severity::Error, self.file, self.text, span);
        self.found.push(found.saying(what, expected, help));
    }
}

/// Whether a format says an instant, or at least day and time of day: year and zone can be completed.
fn says_a_time(parts: &BrokenDownTime) -> bool {
    let says_day = parts.to_date().is_ok() || (parts.month().is_some() && parts.day().is_some());
    parts.to_timestamp().is_ok() || (says_day && parts.hour().is_some())
}

/// The value under a key.
fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.value {
        Value::Map(pairs) => pairs.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value),
        _ => None,
    }
}

/// The columns that decide between classes, each once, in the order in which they are mentioned.
fn telling(classes: &[ClassRule]) -> Vec<usize> {
    let mut telling: Vec<usize> = Vec::new();
    for (column, patterns) in classes.iter().flat_map(|rule| &rule.when) {
        if !telling.contains(column) && !patterns.iter().all(Pattern::is_any) {
            telling.push(*column);
        }
    }
    telling
}

/// What was expected, and a suggestion, if a text does not fit what it is assigned to.
fn misfit(target: Target, text: &str) -> Option<(String, String)> {
    let suggest = |words: &[&'static str]| {
        nearest(text, words.iter().copied())
            .map_or_else(String::new, |nearest| format!("did you mean `{nearest}`"))
    };
    match target {
        Target::Lifecycle => {
            let words: Vec<&'static str> = Lifecycle::ALL.iter().map(|lifecycle| lifecycle.name()).collect();
            (!words.contains(&text)).then(|| (words.join(", "), suggest(&words)))
        }
        Target::Field(field) => {
            if let FieldType::Enum(of) = field.def().ty {
                let words = of.def().values;
                return (!words.contains(&text)).then(|| (words.join(", "), suggest(words)));
            }
            let mut scratch = Batch::new(SymbolKey::derive(b""));
            let fits = scratch.begin(class::UNCLASSIFIED).set(field, text).is_ok();
            (!fits).then(|| (format!("a value of type {}", field.def().ty.name()), String::new()))
        }
        Target::Source | Target::Site | Target::Test | Target::Seq => None,
    }
}

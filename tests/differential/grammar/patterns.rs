//! Random patterns and their steps.

use super::Writer;
use super::keys::KeyKind;
use crate::differential::operators::runs;

type Labels = Vec<&'static str>;

/// The patterns by name: how often they come up beside each other, and the operator that they need.
const PATTERNS: &[(&str, usize, &str)] = &[
    ("when", 4, ""),
    ("count", 4, ""),
    ("after", 3, ""),
    ("distinct", 4, ""),
    ("sum", 3, ""),
    ("any", 3, ""),
    ("sequence", 11, ""),
    ("first", 2, "first"),
    ("speed", 16, "speed"),
    ("compare", 3, "compare"),
    ("session", 3, "session"),
    ("unusual", 6, "unusual"),
];

/// Seconds of a unit of time in which weeks go by within a stream.
const DAY_S: i64 = 86_400;

impl Writer<'_> {
    /// The clause of a pattern, then what narrows it.
    pub(super) fn pattern(&mut self, kind: &KeyKind) -> Vec<String> {
        let mut clauses = Vec::new();
        let labels = match self.kind_of_pattern(kind) {
            "when" => self.when(kind, &mut clauses),
            "count" => self.count(kind, &mut clauses),
            "after" => self.after(kind, &mut clauses),
            "distinct" => self.distinct(kind, &mut clauses),
            "sum" => self.sum(kind, &mut clauses),
            "any" => self.any(kind, &mut clauses),
            "first" => self.first(kind, &mut clauses),
            "speed" => self.speed(kind, &mut clauses),
            "compare" => self.sliding(kind, &mut clauses),
            "session" => self.session(kind, &mut clauses),
            "unusual" => self.unusual(kind, &mut clauses),
            _ => self.sequence(kind, &mut clauses),
        };
        self.earlier.clear();
        if !clauses[0].starts_with("when") && self.random.one_in(5) {
            clauses.push(format!("until {}", self.step(kind)));
        }
        self.unless(kind, &labels, &mut clauses);
        if self.random.one_in(6)
            && let Some(condition) = self.state_condition(kind.by)
        {
            clauses.push(format!("while {condition}"));
        }
        clauses
    }

    /// People and addresses move, and only in weeks anything is unusual.
    fn kind_of_pattern(&mut self, kind: &KeyKind) -> &'static str {
        let unit_s = self.unit_s;
        let fits = |name: &str| match name {
            "speed" => matches!(kind.by, "person" | "src.ip"),
            "unusual" => unit_s >= DAY_S,
            _ => true,
        };
        let running =
            || PATTERNS.iter().filter(|(name, _, needs)| fits(name) && (needs.is_empty() || runs(needs)));
        let mut left = self.random.below(running().map(|(_, often, _)| often).sum());
        for (name, often, _) in running() {
            if left < *often {
                return name;
            }
            left -= often;
        }
        "sequence"
    }

    fn when(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Labels {
        clauses.push(format!("when a: {}", self.step(kind)));
        vec!["a"]
    }

    fn count(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Labels {
        let (at_least, step, within) = (self.random.between(1, 4), self.step(kind), self.span(20));
        clauses.push(format!("count >= {at_least} of a: {step} within {within}"));
        vec!["a"]
    }

    fn after(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Labels {
        let a = self.step(kind);
        self.earlier = vec!["a"];
        let mut b = self.step(kind);
        if runs("repeated") && self.random.one_in(4) {
            b = format!("{b} repeated >= {}", self.random.between(1, 3));
        }
        let within = if runs("within path") && self.random.one_in(3) {
            format!("duration at most {}", self.span(15))
        } else {
            self.span(15)
        };
        clauses.push(format!("after a: {a} expect {b} within {within}"));
        vec!["a"]
    }

    fn distinct(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Labels {
        let (value, at_least) = (self.value(), self.random.between(1, 3));
        let (step, within) = (self.step(kind), self.span(20));
        clauses.push(format!("distinct {value} >= {at_least} of a: {step} within {within}"));
        vec!["a"]
    }

    fn value(&mut self) -> &'static str {
        let values = ["door", "source", "source", "zone", "site", "person", "door.zones", "cause"];
        self.random.pick(&values)
    }

    fn sum(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Labels {
        let (value, step) = (self.measure(), self.step(kind));
        let (at_least, within) = (self.random.pick(&["0", "0.5", "1", "1.5", "3"]), self.span(20));
        clauses.push(format!("sum {value} >= {at_least} of a: {step} within {within}"));
        vec!["a"]
    }

    fn measure(&mut self) -> &'static str {
        self.random.pick(&["count", "confidence", "temperature"])
    }

    /// `all` or `any`.
    fn any(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Labels {
        let within = self.span(20);
        let labels = &["a", "b", "c"][..2 + self.random.below(2)];
        let steps: Vec<String> = labels.iter().map(|label| format!("{label}: {}", self.step(kind))).collect();
        let head = match self.random.below(2) {
            0 => "all".to_owned(),
            _ => format!("any {}", self.random.between(1, labels.len() as i64)),
        };
        clauses.push(format!("{head} within {within} {{\n    {}\n  }}", steps.join("\n    ")));
        labels.to_vec()
    }

    fn first(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Labels {
        let (value, step, days) = (self.value(), self.step(kind), self.random.between(1, 20));
        let learning =
            if self.random.one_in(3) { format!(" learning {}", self.span(20)) } else { String::new() };
        clauses.push(format!("first {value} of a: {step} within {days}d{learning}"));
        vec!["a"]
    }

    /// The places of the small world are some kilometres apart.
    fn speed(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Labels {
        let metres = self.random.between(1, 4) as f64 * 2_000.0;
        let above = metres / (self.random.between(1, 12) * self.unit_s) as f64;
        let distance = self.random.pick(&["", "", " and distance >= 5 km", " and distance >= 10 metres"]);
        let (step, within) = (self.step(kind), self.span(20));
        clauses.push(format!("speed > {above:.6} m/s{distance} of a: {step} within {within}"));
        vec!["a"]
    }

    fn sliding(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Labels {
        let (aggregates, within) = (self.aggregates(kind), self.span(20));
        clauses.push(format!("compare {aggregates}  within {within}  fire when {}", self.fires()));
        vec!["a", "b"]
    }

    fn session(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Labels {
        let (aggregates, gap) = (self.aggregates(kind), self.span(6));
        let most = if self.random.one_in(2) { format!(" at most {}", self.span(20)) } else { String::new() };
        clauses.push(format!("compare {aggregates}  session gap {gap}{most}  fire when {}", self.fires()));
        vec!["a", "b"]
    }

    fn aggregates(&mut self, kind: &KeyKind) -> String {
        let (x, y) = (self.aggregate(kind, "a"), self.aggregate(kind, "b"));
        format!("x = {x}  y = {y}")
    }

    fn aggregate(&mut self, kind: &KeyKind, label: &str) -> String {
        let step = self.step(kind);
        match self.random.below(6) {
            0..=2 => format!("count({label}: {step})"),
            3 => format!("distinct({} of {label}: {step})", self.value()),
            _ => {
                let function = self.random.pick(&["sum", "min", "max", "avg"]);
                format!("{function}({} of {label}: {step})", self.measure())
            }
        }
    }

    fn unusual(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Labels {
        let above = self.random.pick(&["0.5", "0.5", "1", "2"]);
        let (step, per) = (self.step(kind), self.random.pick(&["1h", "1d"]));
        clauses.push(format!("unusual count > {above} sigma of a: {step} per {per}"));
        vec!["a"]
    }

    fn unless(&mut self, kind: &KeyKind, labels: &[&'static str], clauses: &mut Vec<String>) {
        while self.random.one_in(4) && clauses.len() < 3 {
            let label = self.random.pick(labels);
            self.earlier = vec![label];
            let side = self.random.pick(&["before", "after"]);
            clauses.push(format!("unless {} within {} {side} {label}", self.step(kind), self.span(10)));
        }
        self.earlier.clear();
    }

    fn sequence(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Labels {
        let labels = &["a", "b", "c", "d"][..2 + self.random.below(5) / 3 + self.random.below(5) / 4];
        let within = !self.random.one_in(4);
        let mut steps = Vec::new();
        let mut kept = Vec::new();
        for (at, label) in labels.iter().enumerate() {
            if at > 0 && self.random.one_in(4) {
                steps.push(format!("not {}", self.step(kind)));
            }
            let gap = at > 0 && (!within || self.random.one_in(4));
            let gap = if gap { format!(" gap {}", self.span(8)) } else { String::new() };
            let repeated = self.repeated();
            steps.push(format!("{label}: {}{repeated}{gap}", self.step(kind)));
            if repeated.is_empty() {
                self.earlier.push(label);
                kept.push(*label);
            }
        }
        let within = if within { format!("within {} ", self.span(25)) } else { String::new() };
        clauses.push(format!("sequence {within}{{\n    {}\n  }}", steps.join("\n    ")));
        if kept.is_empty() { labels.to_vec() } else { kept }
    }

    fn repeated(&mut self) -> String {
        if runs("repeated") && self.random.one_in(8) {
            return format!(" repeated >= {}", self.random.between(1, 3));
        }
        if runs("repeated to") && self.random.one_in(7) {
            let least = self.random.between(1, 2);
            return format!(" repeated {least} to {}", least + self.random.between(0, 2));
        }
        String::new()
    }

    /// Classes with a condition; sometimes two options, sometimes another rule.
    fn step(&mut self, kind: &KeyKind) -> String {
        if !kind.each.is_empty()
            && self.random.one_in(3)
            && let Some(each) = self.fan_out(kind)
        {
            return each;
        }
        if self.random.one_in(3)
            && let Some(chained) = self.of_rule(kind.by)
        {
            return chained;
        }
        let mut step = self.option(kind);
        if self.random.one_in(6) {
            step = format!("{step}, {}", self.option(kind));
        }
        step
    }

    fn fan_out(&mut self, kind: &KeyKind) -> Option<String> {
        let each = self.random.pick(kind.each).to_owned();
        let member = each.split(" for each ").nth(1)?.split(' ').next()?.to_owned();
        let needs = if each.contains("$s") { "for each in a state" } else { "for each in a relation" };
        if !runs(needs) {
            return None;
        }
        let state = if each.contains("$s") { self.state_of(&member)? } else { String::new() };
        let asked = [
            "$m exists",
            "$m.id != \"d2\"",
            "$m.monitored",
            "not $m.monitored",
            "$m.zone.level >= 3",
            "$m.level > 2",
        ];
        let condition = match self.random.below(5) {
            0 => format!(" where {}", self.random.pick(&asked).replace("$m", &member)),
            1 => format!(" where {}", self.state_condition(kind.by)?),
            _ => String::new(),
        };
        Some(each.replace("$s", &state).replace("$c", &condition))
    }

    fn option(&mut self, kind: &KeyKind) -> String {
        if !kind.mapped.is_empty() && self.random.one_in(4) {
            let mapped = self.random.pick(kind.mapped);
            let Some((class, from)) = mapped.split_once(" from ") else { return mapped.to_owned() };
            let class = self.narrowed(class.to_owned(), class, kind.by);
            return format!("{class} from {from}");
        }
        let class = if self.random.one_in(4) {
            self.random.pick(kind.classes)
        } else {
            self.palette[self.random.below(self.palette.len())]
        };
        let mut classes = class.to_owned();
        if self.random.one_in(4) {
            classes = format!("{classes} or {}", self.random.pick(kind.classes));
        }
        self.narrowed(classes, class, kind.by)
    }

    /// `alert.x` or `detection.x` of an earlier rule by the same key, or by one that leads to it.
    pub(super) fn of_rule(&mut self, by: &str) -> Option<String> {
        let fits = |other: &str| {
            other == by
                || matches!((by, other), ("zone", "door" | "camera") | ("site", _) | ("controller", "door"))
        };
        let known: Vec<String> =
            self.rules.iter().filter(|(_, other)| fits(other)).map(|(name, _)| name.clone()).collect();
        if known.is_empty() {
            return None;
        }
        let rule = &known[self.random.below(known.len())];
        let noun = self.random.pick(&["alert", "detection"]);
        let condition =
            if self.random.one_in(3) { format!(" where {}", self.atom(noun)) } else { String::new() };
        Some(format!("{noun}.{rule}{condition}"))
    }
}

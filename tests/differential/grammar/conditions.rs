//! Random conditions of one event, of earlier steps and of aggregates.

use super::Writer;
use crate::differential::operators::runs;

/// What may be asked of any event, and of the events of some classes.
const CONDITIONS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "source = \"S1\"",
            "calendar(\"night\")",
            "lifecycle = restore",
            "lifecycle in (new, restore)",
            "test",
            "not test",
            "zone.level >= 3",
            "not zone.level >= 3",
            "zone.kind = public",
            "zone exists",
            "confidence > 0.5",
            "zone.level + 1 > 3",
            "age(ts) = 0s",
        ],
    ),
    (
        "door",
        &[
            "cause = badge",
            "cause != badge",
            "not cause = badge",
            "cause in (badge, key)",
            "cause exists",
            "door.monitored",
            "not door.monitored",
            "door.id = \"D1\"",
            "door.controller exists",
            "door.to_zone.level = 2",
            "door.zones.level = 4",
            "direction = in",
        ],
    ),
    (
        "access",
        &[
            "person exists",
            "person.status = active",
            "person in @vips",
            "reason = expired",
            "door.monitored",
            "door.from_zone.kind = public",
            "person.status != active",
            "cause exists",
        ],
    ),
    ("sensor", &["technology = pir", "not technology exists", "sensor.partition exists"]),
    ("intrusion", &["technology = pir", "sensor.zone.level = 2", "lifecycle = trouble"]),
    (
        "video",
        &["count >= 2", "count * 2 = 4", "camera.views.level = 4", "count - 1 < 1", "camera.views exists"],
    ),
    (
        "ids",
        &[
            "src.ip in net(\"10.0.0.0/8\")",
            "src.ip in @scanners",
            "not src.ip in @scanners",
            "sig.name contains \"SCAN\"",
            "sig.name matches 'sc[ab]n$'",
            "sig.name starts \"et\"",
            "length(sig.name) > 4",
            "src.ip != ip(\"10.0.0.5\")",
        ],
    ),
    ("panel", &["arm.level = away", "panel exists", "not arm.level exists"]),
    ("alert", &["severity >= medium", "severity = low", "title contains \"d1\"", "zone.level >= 3"]),
    ("detection", &["severity > low", "rule = \"r0\""]),
];

/// The same with operators that may not run yet: noun, operator, conditions.
const MORE: &[(&str, &str, &[&str])] = &[
    (
        "",
        "members of a relation",
        &["members(zone.doors) >= 2", "members(zone.partitions) = 0", "members(door.zones) > 1"],
    ),
    ("", "distance", &["distance(site, site) = 0 metres"]),
    ("", "abs", &["abs(zone.level - 3) = 1"]),
    ("video", "abs", &["abs(count - 2) = 1", "abs(confidence - 0.5) < 0.1"]),
    ("ids", "lower", &["lower(sig.name) = \"worm\"", "lower(sig.name) starts \"et\""]),
    ("", "matches a list", &["source matches @signs", "not source matches @signs"]),
    ("ids", "matches a list", &["sig.name matches @signs", "not sig.name matches @signs"]),
    ("door", "class", &["class = \"door.opened\"", "class != \"door.forced\""]),
    ("access", "class", &["class in (\"access.granted\", \"access.taken\")"]),
    ("alert", "class", &["class = \"alert.r0\"", "not class contains \"r1\""]),
    ("sensor", "lower", &["lower(sensor.id) = \"s1\""]),
    ("ids", "length", &["length(sig.name) = 4"]),
    ("", "length", &["length(source) = 2", "length(site.id) < 2"]),
    ("", "lower", &["lower(source) = \"s1\"", "lower(source) ends \"2\""]),
    ("door", "calendar", &["not calendar(\"night\")", "calendar(\"days\")"]),
    ("access", "calendar", &["calendar(\"days\")"]),
];

/// What may be asked of an event and an earlier one; `$a` is the earlier step.
const ACROSS: &[&str] = &[
    "cause != $a.cause",
    "not cause = $a.cause",
    "ts - $a.ts <= $d",
    "ts - $a.ts > $d",
    "person != $a.person",
    "not person = $a.person",
    "count > $a.count",
    "zone != $a.zone",
    "zone in $a.zone.adjacent",
    "door != $a.door",
    "door = $a.door",
    "not source = $a.source",
    "distance(site, $a.site) > 1 km",
    "zone.level >= $a.zone.level",
];

/// What `fire when` may ask of two aggregates.
const FIRES: &[&str] = &[
    "x >= 2",
    "x >= 1 and y >= 1",
    "x > y",
    "x >= y + 1 and y >= 1",
    "x > 0.5 * y",
    "x = y",
    "not y exists or x > 1",
    "y < 2",
    "x / y > 1",
];

impl Writer<'_> {
    /// Classes, sometimes with a condition.
    pub(super) fn narrowed(&mut self, classes: String, class: &str, by: &str) -> String {
        if runs("across") && !self.earlier.is_empty() && self.random.one_in(3) {
            let across = self.across();
            let and =
                if self.random.one_in(4) { format!(" and {}", self.atom(class)) } else { String::new() };
            return format!("{classes} where {across}{and}");
        }
        if !self.random.one_in(3) {
            return classes;
        }
        let condition = self.condition(class, by, 2);
        format!("{classes} where {condition}")
    }

    fn across(&mut self) -> String {
        let earlier = self.earlier[self.random.below(self.earlier.len())];
        let (pattern, span) = (self.random.pick(ACROSS).to_owned(), self.span(6));
        pattern.replace("$a", earlier).replace("$d", &span)
    }

    pub(super) fn fires(&mut self) -> String {
        self.random.pick(FIRES).to_owned()
    }

    pub(super) fn condition(&mut self, class: &str, by: &str, depth: usize) -> String {
        match self.random.below(if depth == 0 { 5 } else { 8 }) {
            0 | 1 => {
                let state = self.state_condition(by);
                state.unwrap_or_else(|| self.atom(class))
            }
            2..=4 => self.atom(class),
            5 => format!("not ({})", self.condition(class, by, depth - 1)),
            6 => format!("{} and {}", self.condition(class, by, 0), self.condition(class, by, 0)),
            _ => format!("({} or {})", self.condition(class, by, 0), self.condition(class, by, depth - 1)),
        }
    }

    /// A single test.
    pub(super) fn atom(&mut self, class: &str) -> String {
        let noun = class.split('.').next().unwrap_or("");
        let noun = if self.random.one_in(4) { "" } else { noun };
        let more: Vec<&[&'static str]> = MORE
            .iter()
            .filter(|(of, operator, _)| (*of == noun || of.is_empty()) && runs(operator))
            .map(|(.., conditions)| *conditions)
            .collect();
        if !more.is_empty() && self.random.one_in(5) {
            let of = more[self.random.below(more.len())];
            return self.random.pick(of).to_owned();
        }
        let known = CONDITIONS.iter().find(|(of, _)| *of == noun).unwrap_or(&CONDITIONS[0]);
        self.random.pick(known.1).to_owned()
    }
}

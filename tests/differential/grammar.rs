//! Random rule files: text, as an author would write it, over the classes and entities of the small world.
//! Every operator that runs comes up. What the checker refuses is written anew, so nothing here has to be
//! perfect.

use super::random::Random;

/// A rule or state of a file. The shrinker leaves out whole items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What a key is made of, and which classes have it without more.
struct KeyKind {
    /// As in `by`.
    by: &'static str,
    /// Classes for which the path leads somewhere.
    classes: &'static [&'static str],
    /// A class option that needs `from`.
    mapped: &'static [&'static str],
}

const DOORS: &[&str] = &["door.opened", "door.closed", "door.forced", "access.granted", "access.denied"];
const ALL: &[&str] = &[
    "door.opened",
    "door.closed",
    "door.forced",
    "access.granted",
    "access.denied",
    "sensor.motion",
    "intrusion.alarm",
    "video.person",
    "fire.alarm",
    "any.presence",
    "door.*",
];

const KEYS: &[KeyKind] = &[
    KeyKind { by: "door", classes: DOORS, mapped: &[] },
    KeyKind { by: "door", classes: DOORS, mapped: &[] },
    KeyKind { by: "door.controller", classes: DOORS, mapped: &[] },
    KeyKind { by: "controller", classes: DOORS, mapped: &[] },
    KeyKind {
        by: "zone",
        classes: ALL,
        mapped: &[
            "video.loss from zone = camera.views",
            "video.person from zone = camera.views",
            "access.granted from zone = door.from_zone",
            "door.opened from zone = door.zones",
        ],
    },
    KeyKind { by: "zone", classes: ALL, mapped: &["video.loss from zone = camera.views"] },
    KeyKind {
        by: "partition",
        classes: &["sensor.motion", "intrusion.alarm", "panel.armed", "panel.disarmed"],
        mapped: &["door.opened from partition = zone.partitions"],
    },
    KeyKind { by: "site", classes: ALL, mapped: &[] },
    KeyKind { by: "person", classes: &["access.granted", "access.denied"], mapped: &[] },
    KeyKind { by: "door, person", classes: &["access.granted", "access.denied"], mapped: &[] },
    KeyKind { by: "zone, source", classes: ALL, mapped: &[] },
    KeyKind { by: "src.ip", classes: &["ids.alert", "auth.failed"], mapped: &[] },
    KeyKind { by: "camera", classes: &["video.person", "video.loss"], mapped: &[] },
];

/// A state that rules may ask: its name, and the key of which one part is the path to ask with.
struct StateKind {
    by: &'static str,
    set: &'static [&'static str],
    clear: &'static [&'static str],
}

const STATES: &[StateKind] = &[
    StateKind {
        by: "door",
        set: &["door.opened", "door.forced", "access.granted where cause exists or person exists"],
        clear: &["door.closed", "access.denied", "door.forced where lifecycle = restore"],
    },
    StateKind {
        by: "zone",
        set: &[
            "sensor.motion",
            "access.granted from zone = door.to_zone",
            "video.loss from zone = camera.views",
        ],
        clear: &[
            "door.closed",
            "sensor.motion where lifecycle = restore",
            "access.granted from zone = door.from_zone",
        ],
    },
    StateKind { by: "partition", set: &["panel.armed"], clear: &["panel.disarmed"] },
    StateKind { by: "site", set: &["door.forced", "fire.alarm"], clear: &["door.closed", "panel.disarmed"] },
    StateKind {
        by: "zone, person",
        set: &["access.granted from zone = door.to_zone"],
        clear: &["access.granted from zone = door.from_zone", "access.denied"],
    },
];

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

/// Writes one file.
pub struct Writer<'a> {
    random: &'a mut Random,
    /// States: name, `by`.
    states: Vec<(String, &'static str)>,
    /// Rules so far: name, `by`.
    rules: Vec<(String, &'static str)>,
    /// Seconds of one unit of time.
    unit_s: i64,
    /// The few classes that the steps of one rule are mostly made of, so that they meet.
    palette: Vec<&'static str>,
}

/// The items of a random file: some states, then rules; later ones may use earlier ones. `accepts` is the
/// checker: what it refuses is written anew.
pub fn file(random: &mut Random, unit_s: i64, accepts: &dyn Fn(&[Item]) -> bool) -> Vec<Item> {
    let mut writer = Writer { random, states: Vec::new(), rules: Vec::new(), unit_s, palette: Vec::new() };
    let mut items = Vec::new();
    for _ in 0..writer.random.below(3) {
        writer.accepted(&mut items, accepts, Writer::state);
    }
    for _ in 0..1 + writer.random.below(4) {
        writer.accepted(&mut items, accepts, Writer::rule);
        if writer.random.one_in(6) {
            writer.accepted(&mut items, accepts, Writer::state);
        }
    }
    items
}

/// So often is an item written anew before the file does without.
const TRIES: usize = 12;

impl Writer<'_> {
    fn accepted(
        &mut self,
        items: &mut Vec<Item>,
        accepts: &dyn Fn(&[Item]) -> bool,
        write: fn(&mut Self) -> (Item, &'static str),
    ) {
        for _ in 0..TRIES {
            let (item, by) = write(self);
            let known = if item.text.starts_with("rule") { &mut self.rules } else { &mut self.states };
            known.push((item.name.clone(), by));
            items.push(item);
            if accepts(items) {
                return;
            }
            known.pop();
            items.pop();
        }
    }

    fn state(&mut self) -> (Item, &'static str) {
        let kind = &STATES[self.random.below(STATES.len())];
        let name = format!("state{}", self.states.len());
        let mut lines = vec![format!("set {}", self.state_step(kind.set, kind.by))];
        if !self.random.one_in(8) {
            lines.push(format!("clear {}", self.state_step(kind.clear, kind.by)));
        }
        if self.random.one_in(3) {
            lines.push(format!("forget after {}", self.span(10)));
        }
        if self.random.one_in(4) {
            lines.push("tie set".to_owned());
        }
        let text = format!("state {name} by {} {{ {} }}", kind.by, lines.join("  "));
        (Item { name, text }, kind.by)
    }

    fn state_step(&mut self, steps: &[&'static str], by: &str) -> String {
        let mut step = self.random.pick(steps).to_owned();
        if self.random.one_in(3) {
            step = format!("{step}, {}", self.random.pick(steps));
        }
        if self.random.one_in(5)
            && let Some(alert) = self.of_rule(by)
        {
            return alert;
        }
        step
    }

    fn rule(&mut self) -> (Item, &'static str) {
        let kind = self.key_kind();
        let name = format!("r{}", self.rules.len());
        self.palette = (0..2).map(|_| self.random.pick(kind.classes)).collect();
        let level = self.random.pick(&["critical", "high", "medium", "low", "maintenance"]);
        let title =
            self.random.pick(&["t", "{door} in {zone}", "{zone} {person}", "at {site}", "{source}: {cause}"]);
        let mut clauses = vec![format!("by {}", kind.by)];
        clauses.extend(self.pattern(kind));
        clauses.extend(self.reporting(kind));
        let text = format!("rule {name} \"{title}\" severity {level} {{\n  {}\n}}", clauses.join("\n  "));
        (Item { name, text }, kind.by)
    }

    /// Often the key of an earlier rule, so that one may use the other.
    fn key_kind(&mut self) -> &'static KeyKind {
        let earlier = self.rules.last().map(|(_, by)| *by).filter(|_| self.random.one_in(2));
        let same = KEYS.iter().find(|kind| Some(kind.by) == earlier);
        same.unwrap_or(&KEYS[self.random.below(KEYS.len())])
    }

    fn pattern(&mut self, kind: &KeyKind) -> Vec<String> {
        let mut clauses = Vec::new();
        let labels = match self.random.below(14) {
            0 | 1 => {
                clauses.push(format!("when a: {}", self.step(kind)));
                vec!["a"]
            }
            2 | 3 => {
                clauses.push(format!(
                    "count >= {} of a: {} within {}",
                    self.random.between(1, 4),
                    self.step(kind),
                    self.span(20)
                ));
                vec!["a"]
            }
            4 => {
                let (a, b) = (self.step(kind), self.step(kind));
                clauses.push(format!("after a: {a} expect {b} within {}", self.span(15)));
                vec!["a"]
            }
            5..=9 => self.window(kind, &mut clauses),
            _ => self.sequence(kind, &mut clauses),
        };
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

    /// `all`, `any`, `distinct` or `sum`.
    fn window(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Vec<&'static str> {
        let within = self.span(20);
        if self.random.one_in(2) {
            let value = self.random.pick(&[
                "door",
                "source",
                "source",
                "zone",
                "site",
                "person",
                "door.zones",
                "cause",
            ]);
            let (at_least, step) = (self.random.between(1, 3), self.step(kind));
            clauses.push(format!("distinct {value} >= {at_least} of a: {step} within {within}"));
            return vec!["a"];
        }
        if self.random.one_in(2) {
            let (value, step) = (self.random.pick(&["count", "confidence", "temperature"]), self.step(kind));
            let at_least = self.random.pick(&["0", "0.5", "1", "1.5", "3"]);
            clauses.push(format!("sum {value} >= {at_least} of a: {step} within {within}"));
            return vec!["a"];
        }
        let labels = &["a", "b", "c"][..2 + self.random.below(2)];
        let steps: Vec<String> = labels.iter().map(|label| format!("{label}: {}", self.step(kind))).collect();
        let head = match self.random.below(2) {
            0 => "all".to_owned(),
            _ => format!("any {}", self.random.between(1, labels.len() as i64)),
        };
        clauses.push(format!("{head} within {within} {{\n    {}\n  }}", steps.join("\n    ")));
        labels.to_vec()
    }

    fn unless(&mut self, kind: &KeyKind, labels: &[&'static str], clauses: &mut Vec<String>) {
        while self.random.one_in(4) && clauses.len() < 3 {
            let label = self.random.pick(labels);
            let side = self.random.pick(&["before", "after"]);
            clauses.push(format!("unless {} within {} {side} {label}", self.step(kind), self.span(10)));
        }
    }

    fn sequence(&mut self, kind: &KeyKind, clauses: &mut Vec<String>) -> Vec<&'static str> {
        let labels = &["a", "b", "c", "d"][..2 + self.random.below(5) / 3 + self.random.below(5) / 4];
        let within = !self.random.one_in(4);
        let mut steps = Vec::new();
        for (at, label) in labels.iter().enumerate() {
            if at > 0 && self.random.one_in(4) {
                steps.push(format!("not {}", self.step(kind)));
            }
            let gap = at > 0 && (!within || self.random.one_in(4));
            let gap = if gap { format!(" gap {}", self.span(8)) } else { String::new() };
            steps.push(format!("{label}: {}{gap}", self.step(kind)));
        }
        let within = if within { format!("within {} ", self.span(25)) } else { String::new() };
        clauses.push(format!("sequence {within}{{\n    {}\n  }}", steps.join("\n    ")));
        labels.to_vec()
    }

    /// Classes with a condition; sometimes two options, sometimes another rule.
    fn step(&mut self, kind: &KeyKind) -> String {
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

    fn narrowed(&mut self, classes: String, class: &str, by: &str) -> String {
        if !self.random.one_in(3) {
            return classes;
        }
        let condition = self.condition(class, by, 2);
        format!("{classes} where {condition}")
    }

    fn condition(&mut self, class: &str, by: &str, depth: usize) -> String {
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

    fn atom(&mut self, class: &str) -> String {
        let noun = class.split('.').next().unwrap_or("");
        let noun = if self.random.one_in(4) { "" } else { noun };
        let known = CONDITIONS.iter().find(|(of, _)| *of == noun).unwrap_or(&CONDITIONS[0]);
        self.random.pick(known.1).to_owned()
    }

    fn state_condition(&mut self, by: &str) -> Option<String> {
        if self.states.is_empty() {
            return None;
        }
        let (name, key) = self.states[self.random.below(self.states.len())].clone();
        // A state by person is kept over all sites: only a rule by person may ask it.
        let asked = match key {
            "zone, person" if !by.contains("person") => return None,
            "zone" if by.contains("door") && self.random.one_in(3) => "door.from_zone",
            other => other,
        };
        let call = format!("{name}({asked})");
        Some(match self.random.below(6) {
            0 | 1 => call,
            2 => format!("not {call}"),
            3 => format!("was {call}"),
            4 => format!("not was {call}"),
            _ => format!("{call} exists"),
        })
    }

    /// `alert.x` or `detection.x` of an earlier rule by the same key, or by one that leads to it.
    fn of_rule(&mut self, by: &str) -> Option<String> {
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

    fn reporting(&mut self, kind: &KeyKind) -> Vec<String> {
        let mut clauses = Vec::new();
        if !self.random.one_in(3) {
            clauses.push(format!("quiet {}", self.span(12)));
        }
        if self.random.one_in(4) {
            let condition = self.condition("any", kind.by, 1);
            clauses.push(format!(
                "raise to {} when {condition}",
                self.random.pick(&["critical", "high", "medium"])
            ));
        }
        if self.random.one_in(4) {
            let listed =
                ["door, zone", "zone", "person, door", "a.door, zone", "a.zone", "src.ip", "site, zone"];
            clauses.push(format!("entities {}", self.random.pick(&listed)));
        }
        for (word, chance) in
            [("internal", 12), ("early", 8), ("final only", 8), ("meta { status trial }", 16)]
        {
            if self.random.one_in(chance) {
                clauses.push(word.to_owned());
            }
        }
        clauses
    }

    fn span(&mut self, most: i64) -> String {
        format!("{}s", self.random.between(1, most) * self.unit_s)
    }
}

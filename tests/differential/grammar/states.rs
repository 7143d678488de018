//! Random states, and what may be asked of them.

use super::{Item, Writer};
use crate::differential::operators::runs;

/// A state that rules may ask.
pub(super) struct StateKind {
    /// Its keys.
    pub by: &'static str,
    /// The operator that it needs, or nothing.
    needs: &'static str,
    /// What its lines may be: what begins it, and what ends it.
    set: &'static [&'static str],
    clear: &'static [&'static str],
    /// What may be asked of its value; `$s` is the call.
    asked: &'static [&'static str],
}

const ON_OFF: &[&str] = &["$s", "$s", "not $s", "was $s", "not was $s", "$s exists"];
const COUNTED: &[&str] =
    &["$s >= 2", "$s < 2", "was $s = 1", "$s exists", "not $s exists", "$s + 1 > 3", "$s = 0"];

pub(super) const STATES: &[StateKind] = &[
    StateKind {
        by: "door",
        needs: "",
        set: &[
            "set door.opened",
            "set door.forced",
            "set access.granted where cause exists or person exists",
        ],
        clear: &["clear door.closed", "clear access.denied", "clear door.forced where lifecycle = restore"],
        asked: ON_OFF,
    },
    StateKind {
        by: "zone",
        needs: "",
        set: &[
            "set sensor.motion",
            "set access.granted from zone = door.to_zone",
            "set video.loss from zone = camera.views",
        ],
        clear: &[
            "clear door.closed",
            "clear sensor.motion where lifecycle = restore",
            "clear access.granted from zone = door.from_zone",
        ],
        asked: ON_OFF,
    },
    StateKind {
        by: "partition",
        needs: "",
        set: &["set panel.armed"],
        clear: &["clear panel.disarmed"],
        asked: ON_OFF,
    },
    StateKind {
        by: "site",
        needs: "",
        set: &["set door.forced", "set fire.alarm"],
        clear: &["clear door.closed", "clear panel.disarmed"],
        asked: ON_OFF,
    },
    StateKind {
        by: "zone, person",
        needs: "",
        set: &["set access.granted from zone = door.to_zone", "set access.granted", "set access.granted"],
        clear: &["clear access.granted from zone = door.from_zone", "clear access.denied"],
        asked: ON_OFF,
    },
    StateKind {
        by: "zone, door",
        needs: "members of a state",
        set: &["set door.opened", "set door.forced"],
        clear: &["clear door.closed", "clear access.granted"],
        asked: ON_OFF,
    },
    StateKind {
        by: "door",
        needs: "kept value",
        set: &["keep cause of door.opened", "keep cause of door.opened or access.granted"],
        clear: &["clear door.closed", "clear access.denied", "clear door.opened where cause = key"],
        asked: &["$s = badge", "$s != badge", "$s exists", "was $s = key", "not $s exists", "cause = $s"],
    },
    StateKind {
        by: "door",
        needs: "kept value",
        set: &["keep person of access.granted", "keep person of access.granted or access.denied"],
        clear: &["clear door.closed", "clear door.forced"],
        asked: &["$s = person", "$s.status = active", "$s exists", "was $s != person", "$s.id = \"30\""],
    },
    StateKind {
        by: "zone",
        needs: "kept value",
        set: &["keep door of door.opened", "keep door.to_zone of access.granted from zone = door.zones"],
        clear: &["clear door.closed", "clear sensor.motion"],
        asked: &["$s exists", "$s = door", "$s.controller exists", "$s != zone", "$s.monitored"],
    },
    StateKind {
        by: "camera",
        needs: "kept value",
        set: &["keep count of video.person", "keep confidence of video.person"],
        clear: &["clear video.loss"],
        asked: &["$s >= 2", "$s exists", "was $s < 2", "count > $s", "$s - 1 = 1"],
    },
    StateKind {
        by: "door",
        needs: "counter",
        set: &["add door.opened", "add access.granted", "add temperature of door.closed"],
        clear: &[
            "take door.closed",
            "clear door.forced",
            "take access.denied",
            "take door.opened where cause = key",
        ],
        asked: COUNTED,
    },
    StateKind {
        by: "zone",
        needs: "counter",
        set: &[
            "add sensor.motion",
            "add count of video.person",
            "add access.granted from zone = door.to_zone",
        ],
        clear: &[
            "take access.granted from zone = door.from_zone",
            "take count of video.person where confidence > 0.5",
            "clear panel.disarmed",
            "clear door.forced",
        ],
        asked: COUNTED,
    },
];

impl Writer<'_> {
    pub(super) fn state(&mut self) -> Item {
        let running: Vec<&'static StateKind> =
            STATES.iter().filter(|kind| kind.needs.is_empty() || runs(kind.needs)).collect();
        let kind = running[self.random.below(running.len())];
        let name = format!("state{}", self.states.len());
        let mut lines = vec![self.state_line(kind.set, kind.by)];
        if self.random.one_in(3) {
            lines.push(self.state_line(kind.set, kind.by));
        }
        if !self.random.one_in(8) {
            lines.push(self.state_line(kind.clear, kind.by));
        }
        if self.random.one_in(3) {
            lines.push(self.state_line(kind.clear, kind.by));
        }
        if self.random.one_in(3) {
            lines.push(format!("forget after {}", self.span(10)));
        }
        if self.random.one_in(4) {
            lines.push("tie set".to_owned());
        }
        let text = format!("state {name} by {} {{ {} }}", kind.by, lines.join("  "));
        self.states.push((name.clone(), kind));
        Item { name, text }
    }

    fn state_line(&mut self, lines: &[&'static str], by: &str) -> String {
        let line = self.random.pick(lines);
        let verb = line.split(' ').next().unwrap_or("");
        let alike = |other: &&&'static str| other.starts_with(verb) && !other.contains(" of ");
        let alike: Vec<&'static str> = lines.iter().filter(alike).copied().collect();
        let more = if alike.is_empty() { "" } else { alike[self.random.below(alike.len())] };
        if self.random.one_in(5)
            && matches!(verb, "set" | "clear")
            && let Some(alert) = self.of_rule(by)
        {
            return format!("{verb} {alert}");
        }
        match more.strip_prefix(verb).filter(|_| self.random.one_in(3)) {
            Some(more) if !line.contains(" of ") => format!("{line},{more}"),
            _ => line.to_owned(),
        }
    }

    /// A question to one of the states, if there is one that may be asked under this key.
    pub(super) fn state_condition(&mut self, by: &str) -> Option<String> {
        if self.states.is_empty() {
            return None;
        }
        let (name, kind) = self.states[self.random.below(self.states.len())].clone();
        // A state by person is kept over all sites: only a rule by person may ask it.
        let asked = match kind.by {
            "zone, person" | "zone, door" if runs("members of a state") && !self.random.one_in(3) => {
                return Some(self.members_condition(&format!("{name}(zone)")));
            }
            "zone, person" if !by.contains("person") => return None,
            "zone" if by.contains("door") && self.random.one_in(3) => "door.from_zone",
            other => other,
        };
        let call = format!("{name}({asked})");
        Some(self.random.pick(kind.asked).replace("$s", &call))
    }

    fn members_condition(&mut self, call: &str) -> String {
        let asked =
            ["members($s) >= 1", "members($s) = 1", "members($s) < 1", "members($s) >= members(zone.doors)"];
        self.random.pick(&asked).replace("$s", call)
    }

    /// A state whose last key is `member`.
    pub(super) fn state_of(&mut self, member: &str) -> Option<String> {
        let last = |by: &str| by.split(", ").last() == Some(member) && by.contains(", ");
        let known: Vec<&String> =
            self.states.iter().filter(|(_, kind)| last(kind.by)).map(|(name, _)| name).collect();
        (!known.is_empty()).then(|| known[self.random.below(known.len())].clone())
    }
}

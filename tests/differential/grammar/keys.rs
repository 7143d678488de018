//! The keys of random rules, and the classes whose events have them.

/// What a key is made of, and which classes have it without more.
pub(super) struct KeyKind {
    /// As in `by`.
    pub by: &'static str,
    /// Classes for which the path leads somewhere.
    pub classes: &'static [&'static str],
    /// A class option that needs `from`.
    pub mapped: &'static [&'static str],
    /// Steps that fan out to members; `$c` is where a condition may stand, `$s` a state of members.
    pub each: &'static [&'static str],
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

pub(super) const KEYS: &[KeyKind] = &[
    KeyKind { by: "door", classes: DOORS, mapped: &[], each: &[] },
    KeyKind {
        by: "door",
        classes: DOORS,
        mapped: &[],
        each: &[
            "sensor.motion$c for each door in zone.doors",
            "fire.alarm$c for each door in zone.doors",
            "video.person$c for each door in zone.doors",
        ],
    },
    KeyKind { by: "door.controller", classes: DOORS, mapped: &[], each: &[] },
    KeyKind { by: "controller", classes: DOORS, mapped: &[], each: &[] },
    KeyKind {
        by: "zone",
        classes: ALL,
        mapped: &[
            "video.loss from zone = camera.views",
            "video.person from zone = camera.views",
            "access.granted from zone = door.from_zone",
            "door.opened from zone = door.zones",
        ],
        each: &[
            "panel.disarmed$c for each zone in partition.zones",
            "door.closed$c for each zone in door.zones",
        ],
    },
    KeyKind {
        by: "zone",
        classes: ALL,
        mapped: &["video.loss from zone = camera.views"],
        each: &["video.loss$c for each zone in camera.views", "door.opened$c for each zone in door.zones"],
    },
    KeyKind {
        by: "partition",
        classes: &["sensor.motion", "intrusion.alarm", "panel.armed", "panel.disarmed"],
        mapped: &["door.opened from partition = zone.partitions"],
        each: &[],
    },
    KeyKind { by: "site", classes: ALL, mapped: &[], each: &[] },
    KeyKind { by: "person", classes: &["access.granted", "access.denied"], mapped: &[], each: &[] },
    KeyKind { by: "door, person", classes: &["access.granted", "access.denied"], mapped: &[], each: &[] },
    KeyKind { by: "zone, source", classes: ALL, mapped: &[], each: &[] },
    KeyKind { by: "src.ip", classes: &["ids.alert", "auth.failed"], mapped: &[], each: &[] },
    KeyKind { by: "camera", classes: &["video.person", "video.loss"], mapped: &[], each: &[] },
    KeyKind {
        by: "sensor",
        classes: &["sensor.motion", "intrusion.alarm"],
        mapped: &[],
        each: &[
            "panel.disarmed$c for each sensor in partition.sensors",
            "panel.armed$c for each sensor in partition.sensors",
            "door.opened$c for each sensor in door.to_zone.sensors",
        ],
    },
    KeyKind {
        by: "zone, person",
        classes: &["access.granted", "access.denied"],
        mapped: &[],
        each: &[
            "door.opened$c for each person in $s(zone)",
            "sensor.motion$c for each person in $s(zone)",
            "fire.alarm$c for each person in $s(zone)",
        ],
    },
    KeyKind { by: "person", classes: &["access.granted", "access.denied"], mapped: &[], each: &[] },
    KeyKind { by: "camera", classes: &["video.person", "video.loss"], mapped: &[], each: &[] },
];

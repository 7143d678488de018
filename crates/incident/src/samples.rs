//! Alerts for the tests of this room.

use event::alert::{Alert, Emission, Evidence, Fields, Identity, Level, Place};
use event::coordinates::{Coordinates, TopicId};
use event::id::Id;
use event::time::Timestamp;
use event::value::OwnedValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An alert `n` with a span in seconds and no entities.
pub fn alert(n: u8, first: i64, last: i64) -> Alert {
    Alert {
        id: Id([n; 16]),
        run: Id([n ^ 0x80; 16]),
        rule: "door_forced".into(),
        key: vec![("door".into(), "d1".into())],
        site: "harbour".into(),
        title: "Door d1 forced".to_string(),
        severity: Level::High,
        emission: Emission::E,
        first_at: seconds(first),
        last_at: seconds(last),
        detections: 1,
        evidence: vec![Arc::new(evidence(n, first, "door.opened"))],
        captured: BTreeMap::new(),
        entities: BTreeMap::new(),
        settled: true,
        exact: true,
        withdrawn: false,
        unknown: Vec::new(),
        merged_into: None,
        trial: false,
        restricted: false,
        life_safety: false,
        internal: false,
    }
}

/// The same with entities.
pub fn with(mut alert: Alert, entities: &[(&'static str, &str)]) -> Alert {
    for &(kind, id) in entities {
        alert.entities.entry(kind).or_default().insert(id.into());
    }
    alert
}

/// An event of evidence.
pub fn evidence(n: u8, at: i64, class: &str) -> Evidence {
    let coordinates = Coordinates { topic: TopicId(0), partition: 0, offset: u64::from(n), index: 0 };
    Evidence {
        identity: Identity::Given(Id([n ^ 0x40; 16])),
        step: "open".into(),
        place: Place { ts: seconds(at), source: "panel-7".into(), seq: 0, coordinates, derived: None },
        class: class.into(),
        topic: "harbour.badge".into(),
        fields: Fields::default(),
    }
}

/// One field.
pub fn text_field(name: &str, value: &str) -> Fields {
    vec![(name.into(), OwnedValue::Text(value.into()))].into()
}

/// Seconds after a fixed instant.
pub fn seconds(s: i64) -> Timestamp {
    Timestamp(1_768_010_400_000_000_000 + s * 1_000_000_000)
}

/// Numbers from a seed (xorshift).
pub struct Random(u64);

impl Random {
    /// The numbers of one case.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xd1b5_4a32_d192_ed03)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 33) as usize) % end
    }
}

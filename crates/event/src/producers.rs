//! What the configured formats can say about each class: how late it may come, whether it comes as a value. The decoders
//! state it, the rules wait by it.

use crate::class::{self, ClassId};
use crate::time::Duration;
use std::collections::BTreeMap;

/// How one class is delivered by the formats of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Produced {
    /// The greatest lateness among the formats and types that can produce it.
    pub lateness: Duration,
    /// Some format delivers it as a value, to be compared with the last one.
    pub as_value: bool,
}

/// Class → how it is delivered. A class that no format states has the default lateness of the class table.
#[derive(Clone, Debug, Default)]
pub struct Producers {
    stated: BTreeMap<ClassId, Produced>,
}

impl Producers {
    /// One more format can produce `class`; the greater lateness counts.
    pub fn state(&mut self, class: ClassId, produced: Produced) {
        let entry = self.stated.entry(class).or_insert(produced);
        entry.lateness = entry.lateness.max(produced.lateness);
        entry.as_value |= produced.as_value;
    }

    /// Sets the lateness of a class whatever the formats say (a test's world, a topic's own setting).
    pub fn set_lateness(&mut self, class: ClassId, lateness: Duration) {
        let as_value = self.stated.get(&class).is_some_and(|p| p.as_value);
        self.stated.insert(class, Produced { lateness, as_value });
    }

    /// The greatest lateness with which an event of `class` is still accepted.
    pub fn lateness(&self, class: ClassId) -> Duration {
        match self.stated.get(&class) {
            Some(produced) => produced.lateness,
            None => class_default(class),
        }
    }

    /// Whether some format delivers it as a value.
    pub fn as_value(&self, class: ClassId) -> bool {
        self.stated.get(&class).is_some_and(|p| p.as_value)
    }
}

/// The lateness of column *L* of the class table; 60 s where it says nothing.
pub fn class_default(class: ClassId) -> Duration {
    let seconds = class.def().and_then(|def| def.lateness_s).unwrap_or(60);
    Duration::from_secs(i64::from(seconds))
}

/// The class of events that could not be classified.
pub const UNCLASSIFIED: ClassId = class::UNCLASSIFIED;

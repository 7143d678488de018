//! What the codes of panels mean: the letters of SIA DC-03 and the numbers of Contact ID, as data.
//!
//! The tables follow the codes column of the class table; tests hold them to it, and to two lists that others
//! published. A code that is in neither table is `unclassified`, which is the caller's business.

use event::class::{self, ClassId, Lifecycle};
use event::field::FieldId;

pub(crate) mod contact_id;
pub(crate) mod sia;
#[cfg(test)]
mod tests;

/// A field and the word it holds.
pub(crate) type Said = (FieldId, &'static str);

/// What a code says happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// What.
    pub class: ClassId,
    /// Begin, end …
    pub lifecycle: Lifecycle,
    /// What the number behind the code counts.
    pub about: About,
    /// What was done, where the qualifier says it.
    pub action: Option<&'static str>,
    /// What the code says beside that.
    pub says: &'static [Said],
}

/// What the number behind a code counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// Nothing of use.
    Nothing,
    /// A detection point.
    Sensor,
    /// A detection point that was tested, or was not.
    TestedSensor,
    /// A user.
    User,
    /// A user at the reader of the area.
    Reader,
    /// A user's code or card.
    Credential,
    /// A door.
    Door,
    /// An area.
    Area,
    /// A signalling path, under this name.
    Path(&'static str),
    /// Another part of the panel, of this kind.
    Part(&'static str),
    /// A level of threat.
    ThreatLevel,
}

impl Meaning {
    /// Of a code that is not known here: the number may be anything, so it is taken for a point.
    pub const UNKNOWN: Meaning = Meaning {
        class: class::UNCLASSIFIED,
        lifecycle: Lifecycle::New,
        about: About::Sensor,
        action: None,
        says: &[],
    };

    /// Tests say what they cover.
    pub fn needs_scope(&self) -> bool {
        matches!(self.class, class::TEST_STARTED | class::TEST_ENDED)
    }
}

/// Every class that an alarm panel's message in either code can become, sorted.
pub fn classes_of_panels() -> Vec<ClassId> {
    let mut classes: Vec<ClassId> = sia::classes().chain(contact_id::classes()).collect();
    classes.extend([class::DURESS_ALARM, class::HEALTH_HEARTBEAT, class::UNCLASSIFIED]);
    classes.sort_unstable();
    classes.dedup();
    classes
}

//! When two sources tell of one occurrence: the fields that must agree, and how far their times may lie
//! apart.
//!
//! Only for entities of which the site model lists two reporters, and never for life safety: a second duress
//! is never taken for an echo of the first.

use crate::field::{self, FieldId};

/// What makes two events of equal class and lifecycle the same occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SameAs {
    /// The nouns of the classes.
    pub nouns: &'static [&'static str],
    /// The parts of the key; no part may be missing.
    pub key: &'static [Part],
    /// Seconds that two reports may lie apart.
    pub window_s: u32,
}

/// One part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The first of these fields that is set.
    FirstOf(&'static [FieldId]),
    /// This field if it is set; missing on both sides is equal.
    IfSet(FieldId),
    /// All of these together stand for a part of [`Part::FirstOf`] that is missing: (fields, instead of).
    Instead {
        /// What is asked first.
        of: FieldId,
        /// What stands for it when it is missing, all of it.
        all: &'static [FieldId],
    },
}

use Part::{FirstOf, IfSet, Instead};

const FIVE_TUPLE: &[FieldId] =
    &[field::SRC_IP, field::SRC_PORT, field::DST_IP, field::DST_PORT, field::PROTO];

/// The rows, in the order of the reference page.
pub const SAME_AS: &[SameAs] = &[
    SameAs {
        nouns: &["access"],
        key: &[
            FirstOf(&[field::DOOR]),
            FirstOf(&[field::CREDENTIAL, field::PERSON]),
            FirstOf(&[field::DIRECTION]),
        ],
        window_s: 5,
    },
    SameAs { nouns: &["door", "intercom"], key: &[FirstOf(&[field::DOOR])], window_s: 5 },
    SameAs {
        nouns: &["intrusion", "sensor", "panel", "output"],
        key: &[FirstOf(&[field::SENSOR, field::PARTITION, field::PANEL]), IfSet(field::USER)],
        window_s: 30,
    },
    SameAs {
        nouns: &["video", "audio", "parking", "drone"],
        key: &[FirstOf(&[field::CAMERA]), FirstOf(&[field::REGION]), FirstOf(&[field::OBJECT_KIND])],
        window_s: 3,
    },
    SameAs { nouns: &["plate"], key: &[FirstOf(&[field::PLATE]), FirstOf(&[field::ZONE])], window_s: 5 },
    SameAs {
        nouns: &["health", "device"],
        key: &[FirstOf(&[field::DEVICE]), FirstOf(&[field::LINK, field::FAULT_KIND])],
        window_s: 60,
    },
    SameAs {
        nouns: &["ids", "net"],
        key: &[Instead { of: field::COMMUNITY_ID, all: FIVE_TUPLE }, FirstOf(&[field::SIG_ID])],
        window_s: 1,
    },
    SameAs {
        nouns: &["auth", "account", "vpn"],
        key: &[
            FirstOf(&[field::ACCOUNT]),
            FirstOf(&[field::SRC_IP]),
            FirstOf(&[field::SESSION, field::HOST]),
        ],
        window_s: 2,
    },
    SameAs { nouns: &["tour"], key: &[FirstOf(&[field::TOUR]), FirstOf(&[field::CHECKPOINT])], window_s: 60 },
    SameAs { nouns: &["visitor"], key: &[FirstOf(&[field::VISIT])], window_s: 60 },
    SameAs { nouns: &["permit"], key: &[FirstOf(&[field::PERMIT])], window_s: 60 },
    SameAs { nouns: &["workorder", "maintenance"], key: &[FirstOf(&[field::TICKET])], window_s: 60 },
    SameAs { nouns: &["search"], key: &[FirstOf(&[field::SEARCH])], window_s: 60 },
    SameAs { nouns: &["post"], key: &[FirstOf(&[field::POST])], window_s: 60 },
    SameAs { nouns: &["mode"], key: &[FirstOf(&[field::MODE]), IfSet(field::ITEM)], window_s: 60 },
];

/// The row of a noun; none if its classes have one reporter only.
pub fn same_as(noun: &str) -> Option<&'static SameAs> {
    SAME_AS.iter().find(|row| row.nouns.contains(&noun))
}

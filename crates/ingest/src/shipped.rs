//! The mappings that come with the program: vendors' JSON without a decoder of its own, and the door systems
//! whose databases sites poll.
//!
//! Each is a mapping like a site's own, in a file beside this one, and is both a format of that name and the
//! `NAME` of `mapping: NAME`. What its keys set apart is recognised among other formats; a polled table is
//! read only where it is named. A site whose columns have other names copies the file and changes them.

use crate::decoder::Decoder;
use crate::mapping::{self, Mapped, Shipped};
use event::class::Domain;
use std::sync::Arc;

#[cfg(test)]
mod tests;

macro_rules! shipped {
    ($($name:literal $domain:ident $reads:literal),+ $(,)?) => {
        /// All of them, in the order in which they are asked.
        pub const ALL: &[Shipped] = &[$(Shipped {
            name: $name,
            domain: Domain::$domain,
            reads: $reads,
            text: include_str!(concat!("shipped/", $name, ".yaml")),
        }),+];
    };
}

shipped! {
    "duo" Identity "Duo Security logs as JSON, by a shipped mapping",
    "jumpcloud" Identity "JumpCloud Directory Insights as JSON, by a shipped mapping",
    "keycloak" Identity "Keycloak's events in its JSON console log, by a shipped mapping",
    "darktrace" Network "Darktrace model breaches and incidents as JSON, by a shipped mapping",
    "vectra" Network "Vectra detections, scores and audit as JSON, by a shipped mapping",
    "canary" Network "Thinkst Canary events and incidents as JSON, by a shipped mapping",
    "cloudtrail" Identity "AWS CloudTrail records as JSON, by a shipped mapping",
    "m365" Identity "Microsoft 365 unified audit log as JSON, by a shipped mapping",
    "onguard" Badge "Lenel OnGuard event rows as text, by a shipped mapping",
    "onguard-json" Badge "Lenel OnGuard event rows as JSON, by a shipped mapping",
    "onguard-openaccess" Badge "Lenel OnGuard OpenAccess events as JSON, by a shipped mapping",
    "ccure" Badge "Software House C-CURE 9000 journal records as XML, by a shipped mapping",
    "ccure-kv" Badge "Software House C-CURE 9000 journal rows as key=value, by a shipped mapping",
    "prowatch" Badge "Honeywell Pro-Watch event rows as JSON, by a shipped mapping",
    "symmetry" Badge "AMAG Symmetry and Stanley transactions as key=value, by a shipped mapping",
    "symmetry-json" Badge "AMAG Symmetry transactions as JSON, by a shipped mapping",
    "net2" Badge "Paxton Net2 events as JSON, by a shipped mapping",
    "p2000" Badge "Johnson Controls P2000 transactions as JSON, by a shipped mapping",
    "viscount" Badge "Viscount activities as key=value, by a shipped mapping",
    "datawatch" Badge "Datawatch rows parted by bars, by a shipped mapping",
    "genetec" Badge "Genetec Security Center events as JSON, by a shipped mapping",
    "m365-badging" Badge "Microsoft 365 physical badging records as JSON, by a shipped mapping",
}

/// The text of the shipped mapping of that name.
pub fn text(name: &str) -> Option<&'static str> {
    ALL.iter().find(|shipped| shipped.name == name).map(|shipped| shipped.text)
}

/// A decoder for each. A mapping that has mistakes is left out; a test keeps all of them without.
pub fn decoders() -> Vec<Arc<dyn Decoder>> {
    let decoder = |shipped: &Shipped| -> Option<Arc<dyn Decoder>> {
        let (mapping, _) = mapping::load(shipped.name, shipped.text);
        Some(Arc::new(Mapped::shipped(*shipped, Arc::new(mapping?))))
    };
    ALL.iter().filter_map(decoder).collect()
}

//! Decoders of door systems: one folder a format, with its decoder, its fixtures and notes.
//!
//! What these have in common is small: a word that says whether somebody may pass, a door, a credential. Door
//! systems whose databases are polled come by mappings, not by code. ONVIF speaks of doors too, and is at home
//! with cameras. None here knows another, and none knows what its events are used for.

pub mod brivo;
pub mod gallagher;
pub mod hikvision_acs;
pub mod physec;
pub mod uhppote;
pub mod unifi_access;
pub mod verkada;

mod words;

use ingest::decoder::Decoder;
use std::sync::Arc;

/// Every decoder of this room, in the order of `auto`.
pub fn all() -> Vec<Arc<dyn Decoder>> {
    vec![
        Arc::new(physec::Physec),
        Arc::new(unifi_access::UnifiAccess),
        Arc::new(hikvision_acs::HikvisionAcs),
        Arc::new(uhppote::Uhppote),
        Arc::new(gallagher::Gallagher),
        Arc::new(verkada::Verkada),
        Arc::new(brivo::Brivo),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first record of every fixture.
    const FIRST: &[(&str, &str)] = &[
        ("brivo", include_str!("brivo/fixtures/written.ndjson")),
        ("gallagher", include_str!("gallagher/fixtures/written.ndjson")),
        ("hikvision-acs", include_str!("hikvision_acs/fixtures/written.log")),
        ("physec", include_str!("physec/fixtures/physec.ndjson")),
        ("uhppote", include_str!("uhppote/fixtures/uhppote.ndjson")),
        ("unifi-access", include_str!("unifi_access/fixtures/written.ndjson")),
        ("verkada", include_str!("verkada/fixtures/written.ndjson")),
    ];

    #[test]
    fn every_record_is_recognised_by_its_own_format_only() {
        for (format, text) in FIRST {
            for line in text.lines() {
                let takers = all().into_iter().filter(|decoder| decoder.sniff(line.as_bytes()));
                let names: Vec<&str> = takers.map(|decoder| decoder.format()).collect();
                assert_eq!(names, [*format], "{line}");
            }
        }
    }
}

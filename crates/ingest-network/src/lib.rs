//! Decoders of products at home in networks: one folder a format, with its decoder, its fixtures and notes.
//!
//! A decoder here may produce a class of any domain. None knows what its events are used for, and none knows
//! another, but for carriers: CEF hands the keys of a maker with a decoder of its own to that one.

pub mod cef;
pub mod checkpoint;
pub mod cisco_asa;
pub mod ecs;
pub mod fortinet;
pub mod leef;
pub mod ocsf;
pub mod paloalto;
pub mod suricata;
pub mod syslog;
pub mod wazuh;
pub mod windows;
pub mod zeek;

mod net;
mod words;

use ingest::decoder::Decoder;
use std::sync::Arc;

/// Every decoder of this room, in the order of `auto`: the strictest first.
pub fn all() -> Vec<Arc<dyn Decoder>> {
    [strict(), loose()].concat()
}

/// Formats that no record of another format looks like.
pub fn strict() -> Vec<Arc<dyn Decoder>> {
    vec![
        Arc::new(suricata::Suricata),
        Arc::new(zeek::Zeek),
        Arc::new(wazuh::Wazuh),
        Arc::new(windows::Windows),
        Arc::new(ocsf::Ocsf),
        Arc::new(fortinet::Fortinet),
        Arc::new(paloalto::PaloAlto),
        Arc::new(cef::Cef),
        Arc::new(cisco_asa::CiscoAsa),
        Arc::new(checkpoint::CheckPoint),
        Arc::new(leef::Leef),
    ]
}

/// Carriers of much else, to be asked behind the formats of all rooms.
pub fn loose() -> Vec<Arc<dyn Decoder>> {
    vec![Arc::new(ecs::Ecs), Arc::new(syslog::Syslog)]
}

//! Decoders of products at home in networks: one folder a format, with its decoder, its fixtures and notes.
//!
//! A decoder here may produce a class of any domain. None knows what its events are used for, and none knows
//! another, but for carriers: CEF hands the keys of a maker with a decoder of its own to that one.

pub mod cef;
pub mod checkpoint;
pub mod cisco_asa;
pub mod claroty;
pub mod cloudevents;
pub mod ecs;
pub mod entra;
pub mod fortinet;
pub mod idmef;
pub mod leef;
pub mod nozomi;
pub mod ocsf;
pub mod okta;
pub mod otlp;
pub mod paloalto;
pub mod snort;
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
        Arc::new(snort::Snort),
        Arc::new(idmef::Idmef),
        Arc::new(zeek::Zeek),
        Arc::new(wazuh::Wazuh),
        Arc::new(windows::Windows),
        Arc::new(ocsf::Ocsf),
        Arc::new(okta::Okta),
        Arc::new(entra::Entra),
        Arc::new(fortinet::Fortinet),
        Arc::new(paloalto::PaloAlto),
        Arc::new(claroty::Claroty),
        Arc::new(nozomi::Nozomi),
        Arc::new(cef::Cef),
        Arc::new(cisco_asa::CiscoAsa),
        Arc::new(checkpoint::CheckPoint),
        Arc::new(leef::Leef),
    ]
}

/// Carriers of much else, to be asked behind the formats of all rooms.
pub fn loose() -> Vec<Arc<dyn Decoder>> {
    vec![
        Arc::new(ecs::Ecs),
        Arc::new(syslog::Syslog),
        Arc::new(otlp::Otlp),
        Arc::new(cloudevents::CloudEvents),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingest::check;

    /// Every record of every fixture that is a line.
    const FIXTURES: &[&str] = &[
        include_str!("cef/fixtures/written.log"),
        include_str!("checkpoint/fixtures/written.log"),
        include_str!("cisco_asa/fixtures/written.log"),
        include_str!("ecs/fixtures/written.log"),
        include_str!("fortinet/fixtures/written.log"),
        include_str!("leef/fixtures/written.log"),
        include_str!("ocsf/fixtures/written.log"),
        include_str!("paloalto/fixtures/written.log"),
        include_str!("syslog/fixtures/written.log"),
        include_str!("wazuh/fixtures/written.log"),
        include_str!("windows/fixtures/written.log"),
    ];

    #[test]
    fn no_decoder_panics_at_noise_or_at_records_of_another() {
        let records = FIXTURES.iter().flat_map(|text| text.lines()).map(|line| line.as_bytes().to_vec());
        let values: Vec<Vec<u8>> = check::noise().into_iter().chain(records).collect();
        for decoder in all() {
            for value in &values {
                decoder.sniff(value);
                check::decode(&*decoder, value);
            }
        }
    }

    #[test]
    fn every_record_is_recognised_by_its_own_format_first() {
        let formats = [
            "cef",
            "checkpoint",
            "cisco-asa",
            "ecs",
            "fortinet",
            "leef",
            "ocsf",
            "paloalto",
            "syslog",
            "wazuh",
            "windows",
        ];
        for (text, format) in FIXTURES.iter().zip(formats) {
            for line in text.lines() {
                let first = all()
                    .into_iter()
                    .find(|decoder| decoder.sniff(line.as_bytes()))
                    .map(|decoder| decoder.format());
                assert_eq!(first, Some(format), "{line}");
            }
        }
    }
}

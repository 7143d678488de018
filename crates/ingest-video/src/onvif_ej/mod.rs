//! `onvif-ej`: ONVIF events as JSON over MQTT (Profile M).
//!
//! The topic of ONVIF stands in the topic of MQTT, which bridges put into the record's key, without its prefix
//! and with the values of the source behind it: `<prefix>/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/Fence`.
//! What a topic means is said once, by the decoder of `onvif`. The operation on a property is left out, and
//! property events are retained, so each comes as a value that is compared with the last. A property that is
//! deleted is an empty payload, which is no event.

use crate::onvif::Onvif;
use event::class::Domain;
use event::row::Batch;
use ingest::decoder::{Decoded, Decoder, Production, Record, Refusal};
use ingest::json::looks_like_object;

#[cfg(test)]
mod tests;

/// The decoder of `onvif-ej`.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnvifEj;

impl Decoder for OnvifEj {
    fn format(&self) -> &'static str {
        "onvif-ej"
    }

    fn domain(&self) -> Domain {
        Domain::Video
    }

    fn reads(&self) -> &'static str {
        "ONVIF events as JSON over MQTT (Profile M), with the MQTT topic as the record's key"
    }

    fn produces(&self) -> Vec<Production> {
        Onvif.produces()
    }

    /// Without its key such a payload is any of ONVIF's JSON, which the format `onvif` reads.
    fn only_by_name(&self) -> bool {
        true
    }

    fn sniff(&self, value: &[u8]) -> bool {
        looks_like_object(value) && Onvif.sniff(value)
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        match looks_like_object(record.value) {
            true => Onvif.decode(record, out),
            false => Err(Refusal::malformed("no JSON object")),
        }
    }
}

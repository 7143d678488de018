//! Decoders of cameras and video analytics: one folder a format, with its decoder, its fixtures and notes.
//!
//! ONVIF is at home here and speaks of doors too, so its decoder produces their classes. None knows another,
//! and none knows what its events are used for.

pub mod axis_mqtt;
pub mod dahua;
pub mod deepstream;
pub mod frigate;
pub mod hikvision;
pub mod onvif;
pub mod onvif_ej;
pub mod unifi_protect;

use ingest::decoder::Decoder;
use std::sync::Arc;

/// Every decoder of this room, in the order of `auto`: the strictest first.
pub fn all() -> Vec<Arc<dyn Decoder>> {
    vec![
        Arc::new(deepstream::DeepStream),
        Arc::new(frigate::Frigate),
        Arc::new(unifi_protect::UnifiProtect),
        Arc::new(hikvision::Hikvision),
        Arc::new(dahua::Dahua),
        Arc::new(axis_mqtt::AxisMqtt),
        Arc::new(onvif::Onvif),
        Arc::new(onvif_ej::OnvifEj),
    ]
}

/// A plate without the blanks and hyphens that some readers set and others do not.
pub(crate) fn plate(sent: &str) -> String {
    sent.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

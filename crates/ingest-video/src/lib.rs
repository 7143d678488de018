//! Decoders of cameras and video analytics: one folder a format, with its decoder, its fixtures and notes.
//!
//! ONVIF is at home here and speaks of doors too, so its decoder produces their classes. None knows another,
//! and none knows what its events are used for.

pub mod deepstream;
pub mod onvif;

/// A plate without the blanks and hyphens that some readers set and others do not.
pub(crate) fn plate(sent: &str) -> String {
    sent.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

//! Decoders of products at home in networks: one folder a format, with its decoder, its fixtures and notes.
//!
//! A decoder here may produce a class of any domain. None knows another, and none knows what its events are
//! used for.

pub mod suricata;
pub mod zeek;

mod net;

//! Decoders of alarm panels: one folder a format, with its decoder, its fixtures and notes.
//!
//! What panels call things by (letters of SIA DC-03, numbers of Contact ID) is one pair of tables for all
//! formats that carry them. A decoder here may produce a class of any domain. None knows what its events are
//! used for.

pub mod contact_id;
pub mod sia_dc09;

mod codes;
mod panel;

//! Decoders of alarm panels: one folder a format, with its decoder, its fixtures and notes.
//!
//! What panels call things by (letters of SIA DC-03, numbers of Contact ID) is one pair of tables for all
//! formats that carry them. A decoder here may produce a class of any domain. None knows what its events are
//! used for.

pub mod alarmdecoder;
pub mod contact_id;
pub mod envisalink;
pub mod paradox;
pub mod sia_dc09;
pub mod surgard;

mod codes;
mod panel;

use ingest::decoder::Decoder;
use std::sync::Arc;

/// Every decoder of this room but that of DC-09, which is made with its settings, in the order of `auto`.
pub fn all() -> Vec<Arc<dyn Decoder>> {
    vec![
        Arc::new(surgard::Surgard),
        Arc::new(alarmdecoder::AlarmDecoder),
        Arc::new(envisalink::Envisalink),
        Arc::new(paradox::Paradox),
        Arc::new(contact_id::ContactId),
    ]
}

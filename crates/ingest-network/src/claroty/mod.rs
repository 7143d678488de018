//! Claroty's OT sensors (xDome, CTD): CEF with keys of the maker's own.
//!
//! CEF itself, and what its keys mean, is read by the decoder of CEF, which knows this maker; the name is there
//! for topics that carry nothing else, so that what is not Claroty's is refused instead of guessed at.

use crate::cef::Cef;
use event::class::Domain;
use event::row::Batch;
use ingest::decoder::{Decoded, Decoder, Production, Record, Refusal};
use ingest::json;

#[cfg(test)]
mod tests;

/// The decoder of Claroty's alerts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claroty;

impl Decoder for Claroty {
    fn format(&self) -> &'static str {
        "claroty"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "Claroty alerts and events of OT sensors, as CEF"
    }

    fn produces(&self) -> Vec<Production> {
        Cef.produces()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        json::holds(value, "|Claroty|") && Cef.sniff(value)
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        match self.sniff(record.value) {
            true => Cef.decode(record, out),
            false => Err(Refusal::malformed("no CEF of Claroty's")),
        }
    }
}

//! From records to complete events: what is wrapped around a message is taken off, the decoder of its format
//! writes rows, and what no decoder can know (times, site, identity, lateness) is filled in.
//!
//! This room knows events and nothing else of ours: no rule, no site model, no topic client. Decoders of
//! products live in rooms of their own and are handed in by the binary; what serves every domain (JSON, the
//! mapper, file reading) is here.

pub mod decoder;
pub mod formats;
pub mod json;
pub mod time;

pub mod cef;
pub mod pairs;
pub mod syslog;
pub mod xml;
pub mod yaml;

pub mod settings;
pub mod stage;

pub mod mapping;
pub mod read;
pub mod shipped;

mod complete;
pub mod envelope;
pub mod fold;
pub mod output;
pub mod redact;

pub mod check;

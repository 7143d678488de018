//! The nouns of Watchfloor: what an event is, how it is identified and ordered, and what the engine says about it.
//!
//! This room knows nothing of any other: no format, no rule, no topic client. Every other room speaks its words.

pub mod diagnostic;

//! The nouns of Watchfloor: what an event is, how it is identified and ordered, and what the engine says about it.
//!
//! This room knows nothing of any other: no format, no rule, no topic client. Every other room speaks its words.

pub mod diagnostic;
pub mod time;

pub mod class;
pub mod field;
pub mod kind;
pub mod relation;
pub mod schema;
pub mod table;

pub mod codec;
pub mod coordinates;
pub mod id;
pub mod reject;
pub mod row;
pub mod symbol;
mod texts;
pub mod value;

pub mod alert;
pub mod document;
pub mod hit;
pub mod producers;

//! What leaves the house beside the topics. For now the metrics: plain numbers in, Prometheus text out.
//!
//! It counts nothing itself: each room keeps its counters in plain structs, and whoever runs the stages hands
//! them over.

pub mod families;
pub mod registry;

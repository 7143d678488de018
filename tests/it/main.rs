//! Tests that span rooms, in one binary.

mod architecture;
mod hostile;
mod publisher;

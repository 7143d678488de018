//! Tests that span rooms, in one binary.

mod hostile;

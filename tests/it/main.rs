//! Tests that span rooms, in one binary.

mod architecture;
mod differential;
mod formats;
mod hostile;
mod manual;
mod publisher;
mod reload;

//! What tests that span rooms share: worlds to run them in. The tests themselves are in `it/`.

pub mod differential;
pub mod hostile;

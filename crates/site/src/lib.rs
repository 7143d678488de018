//! The site model as an immutable, versioned snapshot.

pub mod path;

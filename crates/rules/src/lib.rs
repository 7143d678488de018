//! The rule language, from its text to a program: spanned tree, checked tree, compiled program, and the cells
//! that run it.
//!
//! It knows events and the site model and nothing else: no topic, no clock, no thread.

pub mod check;
pub mod machine;
pub mod program;
pub mod render;
pub mod standard;
pub mod syntax;
pub mod test_tree;
pub mod tree;

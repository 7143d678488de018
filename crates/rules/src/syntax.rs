//! The text of rule files: what stands in them (`tree`), how it is read (`parser`) and how it is laid out
//! (`print`).
//!
//! Only the form is judged here. Whether a class, a field or a state exists, and what a rule means, is the
//! checker's work: it reads the tree.

mod form;
mod lexer;
mod literal;
mod parser;
mod print;
mod problem;
#[cfg(test)]
mod tests;
pub mod tree;

pub use parser::{FILE_BYTES_MAX, parse};
pub use print::print;

use problem::Problems;
use std::ops::Range;

/// Where the words of a text stand: names, texts, numbers, signs. Comments and blanks are none.
pub(crate) fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let lexed = lexer::lex(text, &mut Problems::default());
    lexed.tokens.into_iter().map(lexer::Token::span).filter(|span| !span.is_empty())
}

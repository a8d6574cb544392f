//! Here is ABC, give me tunes, and back.
//!
//! A collection is cut into tunes ([`collection`]), a tune is read
//! ([`Piece::read`]), and written again ([`write()`]). Reading never guesses: what
//! it does not know is an error with its line, and the caller decides whether to
//! go on with the next tune.

mod accidentals;
mod body;
mod collection;
mod fields;
mod letters;
mod measure;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use collection::{Piece, collection};
pub use writer::write;

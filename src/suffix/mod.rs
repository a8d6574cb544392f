//! Here are ids, give me the counts of every context, however long.
//!
//! A [`SuffixArray`] keeps the whole text and the order of its places, eight bytes a
//! token, and answers for phrases of any length what a table of n-grams answers up to
//! its order: how often, where, and followed by what. [`Origins`] say which file, line
//! and byte a place came from. [`trust`] learns from the corpus itself how far a
//! context of each length and count is to be believed, and [`UnboundedModel`] is the
//! voice that follows: a language model whose context has no bound.
//! [`copied`] finds what of a text stands in the corpus.

pub mod copied;
pub mod format;
pub mod trust;

mod array;
mod build;
mod levels;
mod model;
mod origin;
mod sort;

#[cfg(test)]
mod tests;

pub use array::{Followers, Found, SuffixArray};
pub use build::{Plan, build};
pub use model::{Estimate, LevelShare, UnboundedHeader, UnboundedModel};
pub use origin::{BatchNote, Noted, Origin, Origins, Place};

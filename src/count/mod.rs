//! Here are ids, give me counts.
//!
//! What comes out is a [`Census`]: for every order up to n, every n-gram that was
//! seen, laid out as a forward trie (the followers of a context lie together,
//! sorted by token) in which every n-gram also knows its suffix, the n-gram
//! without its first token. Each has two counts: how often it was seen, and how
//! many different tokens were seen before it, which is what Kneser–Ney
//! smoothing wants. Smoothing then is a walk over arrays.
//!
//! A census is divided by first token into parts, so that whatever is done to it
//! is done to parts side by side, and parts can wait on the disk.
//!
//! ```text
//!                ┌─ refine: positions sorted in memory ──────┐
//! ids ─ rows ────┤                                           ├─▶ grow: tries ─▶ suffixes ─▶ left
//!                └─ outside: sorted runs on disk, merged ────┘    of parts                neighbours
//! ```
//!
//! - [`refine`]: a text in memory; [`outside`], one that is not; [`either`] takes both.
//! - [`forecast`]: what either will take.
//! - `shard`: counts as files that add up, with the feature `parquet`.
//! - [`Pruning`]: which n-grams stay.
//! - [`Counts`]: the same trie in one piece, with [`plain`], the obvious way to count, by hash
//!   tables and one sort: the reference that anything faster is held to. [`link`] says how its
//!   orders hang together.
//! - [`adjusted`]: Kneser–Ney's counts, and KenLM's quirk.

pub mod adjusted;
mod census;
mod descend;
pub mod either;
pub mod forecast;
mod grow;
mod key;
mod left;
pub mod link;
mod merge;
mod order;
pub mod outside;
mod part;
mod partition;
pub mod plain;
mod prune;
mod ranks;
pub mod refine;
mod runs;
#[cfg(feature = "parquet")]
pub mod shard;
mod sort;
pub mod tally;
#[cfg(test)]
mod tests;
mod trie;

/// By how many times the text's positions counting advances, in memory or outside: once when rows
/// are sorted, and once when suffixes are found or runs are merged.
pub const TIMES_READ: u64 = 2;

pub use census::{Census, Extent, Part, PartLevel, Read};
pub use left::Adjusted;
pub use order::Order;
pub use part::Division;
pub use prune::{Pruning, Survivors};
pub use trie::{Counts, Level};

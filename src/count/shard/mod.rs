//! Here are counts, give me files of them that can be added up; and back.
//!
//! A shard is the count of one part of a corpus. Shards are counted anywhere,
//! merged when there are more of them, taken out again, and built into the very
//! model that the whole text would give. They are Parquet, so that a cluster's
//! engine can do the adding: that is one `GROUP BY`.
//!
//! ```text
//! text ─▶ words ─▶ one vocabulary          pass 1, each part by itself, then merged
//! text ─┬▶ shard ─┐
//! text ─┼▶ shard ─┼▶ merge ─▶ shard ─▶ model          pass 2
//! text ─┴▶ shard ─┘
//! ```
//!
//! # The file
//!
//! Columns `w1` to `wN` are INT32, `n` is INT64; rows ascend by `w1` to `wN`, and
//! no row comes twice. There is a row for every different window of N tokens that
//! ends at a token or at `</s>`, where N − 1 `<s>` stand in front of each sentence:
//!
//! ```text
//! a b a      <s> <s> a      <s> a b      a b a      b a </s>          N = 3
//! ```
//!
//! So `n` adds up to the tokens and the sentences, and every lower order follows
//! from the rows. The footer says the rest; the table of its keys is in `keys`.
//!
//! # Why so
//!
//! * Windows that end at a token are what SQL can smooth: an n-gram's suffix is its
//!   last columns, and no row is shorter than another. Our own engine wants what
//!   begins at a token instead; `spell` and `recount` are the two ways across.
//! * A shard says which shards are in it. So the same text is never counted twice by
//!   mistake, and what was added can be subtracted.
//! * Nothing in a shard is believed. Besides each row, all rows together are held to
//!   what only counts of a text have: as much flows out of every n-gram as into it.
//!
//! This module exists with the feature `parquet`.

mod decode;
mod encode;
mod facts;
mod flow;
mod keys;
mod layout;
mod merge;
mod places;
mod read;
mod recount;
mod short;
mod spell;
#[cfg(test)]
mod tests;
mod vocabulary;
mod write;

pub use facts::Facts;
pub use merge::merge;
pub use places::is_parquet;
pub use read::Shard;
pub use recount::{recount, together, work};
pub use vocabulary::{CountedVocabulary, beside, hash};
pub use write::{Origin, Written, write};

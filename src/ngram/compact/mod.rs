//! Here is a table, give me the same in a third or a seventh of its bytes, still quick to ask.
//!
//! The n-grams are those of a [`Table`](super::Table), a forward trie in which the followers of a
//! context lie together. What makes it small:
//!
//! - **No suffix links.** An n-gram's suffix is always listed, and a [`State`] holds the places of
//!   all ends of what was read: the search goes up from the shortest, and never needs a link.
//! - **Ranks, not tokens.** A follower of "of the old" is also one of "the old", so it is kept as
//!   its rank among those (context remapping: Pibiri & Venturini 2017, "Efficient data structures
//!   for massive n-gram datasets"; here the context is all of the suffix). Many ranks are 0 and
//!   take no bit beside the two that say so; see `ranks.rs`.
//! - **Blocks of 64 n-grams** that hold all their columns side by side, with Elias–Fano for where
//!   children end: what one question looks at lies in a few neighbouring lines of the cache, and
//!   is sent for at every order at once.
//! - **Exact numbers as codes** where few are distinct, as `f32` where not: ARPA goes in and comes
//!   out to the bit.
//! - **Or shares instead of probabilities**, in as many bits as are wanted ([`Precision`]): a model
//!   is a sum over orders, `p(w | h) = share(w | h) + left(h) · p(w | h′)`, and what a context
//!   leaves is 1 less its shares. Back-offs need not be kept at all, and however coarse the shares,
//!   every distribution sums to one, which quantised probabilities and back-offs do not. See
//!   `shares.rs` and `quantiser.rs`.
//!
//! How often n-grams were seen is left out.

mod bits;
mod block;
mod check;
mod codes;
mod contexts;
#[cfg(test)]
mod damage_tests;
mod elias_fano;
mod encode;
mod expand;
mod flight;
pub mod format;
mod level;
mod listing;
mod model;
mod quantiser;
mod ranks;
mod shares;
mod state;
mod table;
#[cfg(test)]
mod tests;
mod walk;

pub use listing::{Listed, Listing};
pub use model::{CompactModel, check_header};
pub use state::State;
pub use table::{CompactTable, HIGHEST_ORDER, Precision};
pub use walk::{Step, Walk};

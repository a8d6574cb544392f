//! Here is a context, tell me of its next token: the most probable, a token's rank, the entropy, a
//! draw. Nobody goes through the vocabulary.
//!
//! What follows a context h is listed under h, or under its suffix h′, or under
//! the suffix of that, down to the unigrams: a `Ladder` of contexts. A token
//! that is listed on several rungs counts on the highest; on the others it is
//! hidden. And what is listed under h is listed under h′ too, for every n-gram
//! has its suffix in the table, so that the rung right above hides all that is
//! hidden. So for any figure that is a sum over tokens, rung by rung
//!
//! ```text
//! Σ over all tokens = Σ over rungs ( Σ of what the rung lists − Σ of the same for what it hides )
//! ```
//!
//! where what is hidden is found by the suffix links of the rung above. Only the
//! lowest rung is as long as the vocabulary, and it is the same for every context:
//! `Unigrams` knows its best and its sums beforehand.
//!
//! - `best`: the k most probable tokens, and the rank of one.
//! - `sums`: of probabilities, many at a time.
//! - `entropy`: of one context, or of all there are in one pass.
//! - `decisive`: which contexts narrow most, or leave most open.
//! - `draw`: tokens by their mass.
//!
//! The obvious way is [`Distribution`](crate::model::Distribution); tests hold all of this to it.

mod best;
mod decisive;
mod draw;
mod entropy;
mod ladder;
mod sums;
#[cfg(test)]
mod tests;
mod unigrams;

pub(super) use best::{best, rank};
pub use decisive::{Narrowing, Sought, contexts};
pub use draw::{Drawing, Drawn};
pub(super) use entropy::openness;
pub use entropy::{Contexts, Openness, each_context};
pub(super) use ladder::Ladder;
pub(super) use unigrams::Unigrams;

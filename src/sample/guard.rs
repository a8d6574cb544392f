//! Here are wishes about a text, give me a text that keeps them, drawn rightly.
//!
//! A voice that should write a sentence with *river* in it can be made to in many
//! ways, and most of them distort it: a word forced in at step five is not where
//! the voice would have put it. What is wanted has a definition: the distribution
//! of the texts the voice writes by itself, *given that* they keep the wishes. Two
//! ways lead there.
//!
//! - **Free**: write, and throw away what breaks a wish, until a text keeps them
//!   all. That is exact by its definition (von Neumann 1951), for any voice, any
//!   wish and any reshaping, and quick while not too few texts keep them. The first
//!   throw of the dice is the unguarded one: what keeps all wishes anyway is
//!   written as ever.
//! - **Led**: where a budget of free texts ends in nothing, texts are written with a hand on the
//!   dice. At every step a wished token may be taken where the voice finds it likely, and what
//!   would break a wish is not drawn. How much more probable each text was made by that is known,
//!   and one of many is drawn by weights that undo it (sampling, importance, resampling: Rubin
//!   1987). That is exact in the limit of many candidates, and near it with some hundred; the mean
//!   of the weights tells without bias how rare such texts are.
//!
//! How a text begins needs neither: given its beginning, a voice goes on as from
//! a prompt.
//!
//! - `phrase`: how much of a phrase has come.
//! - `source`: what a corpus has, so that no more than so much is copied.
//! - `wishes`: what may come next, and what should.
//! - `doubts`: wishes that nothing can keep, and why.
//! - `writing`: one text, free or led.
//! - `drawing`: many, of which one is given.

mod doubts;
mod drawing;
mod phrase;
mod source;
#[cfg(test)]
mod tests;
mod wishes;
mod writing;

pub use drawing::{Budget, Guarded, Way, generate_guarded};
pub use source::Source;
pub use wishes::{Guard, Place, Spelt, Wish, Wishes};
pub use writing::Scene;

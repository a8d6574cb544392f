//! Here is a distribution and one throw of the dice, give me a token.
//!
//! Drawing is by inverse CDF: candidates in order of rank, a uniform number u
//! between 0 and 1, and the token in whose share of the line u falls. The
//! numbers come from one seeded stream, a throw a token. So two voices that are
//! given the same seed hear the same dice, and where they part it is the voices
//! that differ.
//!
//! Wishes about a whole text (it must contain a word, must end with another, must
//! copy no more than so much) are kept by a [`guard`]. A [`beam`] looks for
//! the most probable texts instead of drawing any.

mod beam;
mod complete_bars;
mod constraint;
mod dice;
pub mod guard;
mod sampling;
mod writing;

pub use beam::{Found, beam};
pub use complete_bars::CompleteBars;
pub use constraint::Constraint;
pub use dice::Dice;
pub use sampling::Sampling;
pub use writing::{Ended, Limits, Step, Written, generate, generate_within};

//! Here is a distribution and one throw of the dice, give me a token.
//!
//! Drawing is by inverse CDF: candidates in order of rank, a uniform number u
//! between 0 and 1, and the token in whose share of the line u falls. The
//! numbers come from one seeded stream, a throw a token. So two voices that are
//! given the same seed hear the same dice, and where they part it is the voices
//! that differ.


mod complete_bars;
mod constraint;
mod dice;
mod sampling;
mod writing;

pub use complete_bars::CompleteBars;
pub use constraint::Constraint;
pub use dice::Dice;
pub use sampling::Sampling;
pub use writing::{Ended, Limits, Step, Written, generate, generate_within};

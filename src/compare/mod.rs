//! Here are voices, show them side by side.
//!
//! - [`duet`]: all go on from one prompt with the same dice, step by step.
//! - [`held_out`]: what each makes of a text that none has seen.

mod duet;
mod held_out;

pub use duet::{Duet, duet};
pub use held_out::{HeldOut, held_out, together};

//! Here are voices, show them side by side.
//!
//! - [`duet`]: all go on from one prompt with the same dice, step by step, and
//!   [`fork`]: where they part, as each sees it.
//! - [`character`]: what the texts that a voice writes are like.
//! - [`held_out`]: what each makes of a text that none has seen, token by token,
//!   and [`bootstrap`]: how sure the differences are.
//! - [`details`]: where and why they differ: [`buckets`] of places, [`divergence`]
//!   of whole distributions at a sample of places ([`probe`]), [`calibration`], and the
//!   largest [`wins`].
//!
//! Every figure is a plain structure that serialises, so that a terminal, a program
//! and a page show the same.

pub mod bootstrap;
pub mod buckets;
pub mod calibration;
pub mod character;
mod details;
pub mod divergence;
mod duet;
mod excerpt;
pub mod fork;
mod held_out;
pub mod mean;
mod places;
pub mod probe;
#[cfg(test)]
mod tests;
pub mod wins;

pub use details::{Closeness, Details, Judged, details};
pub use duet::{Duet, duet};
pub use excerpt::{Excerpt, Writer};
pub use held_out::{HeldOut, held_out, together};
pub use places::{Place, Places};

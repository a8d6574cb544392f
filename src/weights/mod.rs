//! Here is a network; show what its weights mean.
//!
//! - [`nearest`]: which tokens lie close to a token, and how close.
//! - [`map`](fn@map): where tokens lie, seen from the side that shows most; [`draw`] draws it.
//! - [`why`]: what pushed a choice, token by token and unit by unit.
//!
//! All of it asks a network for its embeddings, its last hidden layer and its
//! logits, and knows nothing of what lies between.

mod eigen;
mod map;
mod nearest;
mod picture;
mod why;

pub use map::{Map, Place, map};
pub use nearest::{Neighbour, nearest};
pub use picture::draw;
pub use why::{Reasons, TokenPush, UnitPush, why};

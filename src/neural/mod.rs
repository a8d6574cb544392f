//! Here are ids, give me weights.
//!
//! The counting voice can only repeat what it saw: after *the old king* it has
//! no opinion if those words never came together. The network of Bengio et al.
//! (2003) has the same question before it, which token follows the last C, but
//! gives each token a place in a space of E dimensions and computes the answer
//! from the places. Tokens used alike come to lie close together, so what is
//! learnt of *old king* says something about *old queen*.
//!
//! ```text
//!   w₁   w₂  …  w_C            the last C tokens, or "no token here"
//!    │    │      │   embeddings             [V+1 × E]
//!  [e(w₁) e(w₂) … e(w_C)]      x            C·E numbers
//!           │        hidden weights, tanh   [C·E × H]
//!           h                               H numbers
//!           │        output weights         [V × H]
//!           z                               a logit for each token but <s>
//!           │        softmax
//!      p(v | w₁ … w_C)                      sums to one
//! ```
//!
//! Training shows it all positions of a text, and moves every parameter a
//! little in the direction that makes the right answer less surprising.
//!
//! # The chapter, in order of reading
//!
//! | file | what it says |
//! |---|---|
//! | [`architecture`](Architecture) | the shape, and sensible shapes |
//! | `window` | from a context to the C slots |
//! | `network` | the five tensors |
//! | `forward` | from a context to probabilities |
//! | `block` | forward and backward for some examples: the loss and every δ |
//! | `gradients` | from the δ to the gradient of each tensor |
//! | `adam` | from a gradient to a better parameter |
//! | `candidates` | a softmax over a few tokens that is right for all |
//! | `step` | one batch, on all threads |
//! | `text`, `options`, `training` | all of them, epoch by epoch |
//! | `model`, `header` | the network as a voice, and what is known about it |
//! | [`inside`](Tensor) | what can be asked of weights, and what another one would do |
//! | [`format`](mod@format) | to a model file and back |
//! | `matrix`, `elementary`, `random` | products, exponentials, dice |
//! | `plain`, `gradient_check` (tests) | the formulas as loops in f64, and the proof that the fast code computes them |
//!
//! # Three promises
//!
//! **Any context is answered.** A slot may hold "no token here", which has an
//! embedding of its own; in training some examples are shown with only their
//! last few tokens, or none. So one network answers for every length up to C.
//!
//! **The same bits from any number of threads.** Work is cut by shapes, never
//! by threads; every sum runs in one order; random numbers belong to a seed, a
//! purpose and a place. (Another processor may round otherwise: the matrix
//! product uses the widest vectors there are.)
//!
//! **The gradients are right.** They are written by hand, and tested against
//! differences of the loss in f64, for every entry of every tensor.
//!
//! # What is left out
//!
//! Deeper networks, recurrence and attention: this is the smallest network that
//! shows what a network adds to counts. The direct connections from embeddings
//! to output of the 2003 paper, whose authors did as well without. Gradient
//! clipping, which Adam makes needless here. Weight decay: dropout and early
//! stopping do its work.

mod adam;
mod architecture;
mod block;
mod candidates;
mod elementary;
pub mod format;
mod forward;
mod gradients;
mod header;
mod inside;
mod matrix;
mod model;
mod network;
mod options;
mod random;
mod step;
mod text;
mod training;
mod window;

#[cfg(test)]
mod gradient_check;
#[cfg(test)]
mod plain;
#[cfg(test)]
mod tests;

pub use architecture::Architecture;
pub use forward::Question;
pub use header::{NeuralHeader, TrainingRecord};
pub use inside::{Change, Tensor, Window};
pub use model::NeuralModel;
pub use network::{Network, TENSORS};
pub use options::{Softmax, TrainingOptions};
pub use text::TrainingText;
pub use training::{Ending, EpochReport, Trained, train};

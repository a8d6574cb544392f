//! Here are ids, give me weights.
//!
//! The counting voice can only repeat what it saw: after *the old king* it has
//! no opinion if those words never came together. The network of Bengio et al.
//! (2003) has the same question before it, which token follows the last ones, but
//! gives each token a place in a space of E dimensions and computes the answer
//! from the places. Tokens used alike come to lie close together, so what is
//! learnt of *old king* says something about *old queen*.
//!
//! ```text
//!   … w₈ w₇ w₆    w₅  …  w₁        the last tokens, or "no token here"
//!     │  │  │     │      │  embeddings                      [V+1 × E]
//!     └──┴──┴─┐   │      │
//!   [ echo₁ echo₂ e(w₅) … e(w₁) ]  x: C slots, K fading sums of what was before
//!                │          layer 1: norm(x·W₁), SiLU       [(C+K)·E × H]
//!                h₁
//!                ├─────┐    layer 2: h₁ + SiLU(norm(h₁·W₂)) [H × H]
//!                h₂ ◄──┘
//!                │          projection                      [H × E]
//!                o          a place among the embeddings: what is expected
//!                │          z_v = o·e(v) + b_v              [V × E] and [V]
//!                z          a logit for each token but <s>
//!                │          softmax
//!           p(v | …)        sums to one
//! ```
//!
//! Training shows it all positions of a text, and moves every parameter a
//! little in the direction that makes the right answer less surprising.
//!
//! # What each part is for
//!
//! It is the network of 2003 with what was found since to help a small text.
//! The *tied* embeddings (Press & Wolf 2017) are learnt from both ends and save
//! half of the parameters. *Dropout* (Srivastava et al. 2014) keeps a text of a
//! million words from being known by heart. The *echoes* (Zhang et al. 2015)
//! hear more than the slots, for the price of a slot each. Embeddings of *n-grams* tell letters in
//! company from letters alone. *Layer norm* and
//! *residuals* let a second layer learn as fast as one.
//!
//! # The chapter, in order of reading
//!
//! | file | what it says |
//! |---|---|
//! | [`architecture`](Architecture) | the shape, and sensible shapes |
//! | `window` | from a context to the tokens that are seen |
//! | `network` | the tensors |
//! | `inputs` | from tokens to numbers: slots and echoes |
//! | `layer` | a hidden layer, forward and backward |
//! | `dropout` | which units stay in |
//! | `block` | forward and backward for some examples: the loss and every δ |
//! | `gradients` | from the δ to the gradient of each tensor |
//! | `adam` | from a gradient to a better parameter |
//! | `candidates` | a softmax over a few tokens that is right for all |
//! | `step` | one batch, on all threads |
//! | `text`, `options`, `schedule`, `training` | all of them, epoch by epoch |
//! | [`checkpoint`] | a training between two runs |
//! | `forward` | from a context to probabilities |
//! | [`lookup`](Lookup) | from a context to one score, in microseconds, where Z is near one |
//! | `model`, `header` | the network as a voice, and what is known about it |
//! | [`inside`](Tensor) | what can be asked of weights, and what another one would do |
//! | [`format`](mod@format) | to a model file and back |
//! | `matrix`, `elementary`, `random` | products, exponentials, vectors, dice |
//! | `plain`, `gradient_check` (tests) | the formulas as loops in f64, and the proof that the fast code computes them |
//!
//! # Three promises
//!
//! **Any context is answered.** A slot may hold "no token here", which has an
//! embedding of its own; in training some examples are shown with only their
//! last few tokens, or none, and others with no more than the start of what the
//! echoes hear. So one network answers for every length.
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
//! Recurrence and attention: this is the smallest network that shows what a
//! network adds to counts. The direct connections from embeddings to output of
//! the 2003 paper, whose authors did as well without. Gradient clipping, which
//! Adam makes needless here.

mod adam;
mod architecture;
mod block;
mod candidates;
pub mod checkpoint;
mod dropout;
mod elementary;
pub mod format;
mod forward;
mod gradients;
mod header;
mod inputs;
mod inside;
mod layer;
mod lookup;
mod matrix;
mod model;
mod network;
mod options;
mod random;
mod schedule;
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
pub use lookup::{Logit, Lookup, Reader};
pub use model::NeuralModel;
pub use network::Network;
pub use options::{Softmax, TrainingOptions};
pub use text::TrainingText;
pub use training::{Ending, EpochReport, Normalisation, Trained, train, train_in_parts};

//! Here are voices and a text that none has seen; give me one voice of them all.
//!
//! Linear interpolation (Jelinek & Mercer 1980): p(w | h) = Σ λᵢ · pᵢ(w | h),
//! with weights λ that sum to one. Voices that err differently correct one
//! another: counts know what was seen, weights generalise to what was not.
//!
//! # Where the weights come from
//!
//! They are those under which the held-out text is most probable, found by
//! expectation–maximisation ([`em`]). It may be one set of weights for every
//! context, or one for each [bucket](Buckets) of contexts, told apart by how much
//! of a context an n-gram voice knows: where counts have seen little, another
//! voice should say more.
//!
//! # The file names its voices; it does not hold them
//!
//! A mixture's file holds weights and the paths of its voices, seen from where
//! it lies: a few kilobytes. Voices are large and weights are cheap: one
//! large voice can be part of a dozen mixtures, tuned to a dozen kinds of text in
//! seconds each, and lies on the disk and in the page cache once. The price is
//! that the voices must stay where they are, or move together. It is paid openly:
//! the file knows the [fingerprint](crate::store::ModelFile::fingerprint) of each
//! voice, so one that is missing, or was built anew from other text, is refused
//! by name and never answers in another's place.
//!
//! # What is left out
//!
//! Log-linear interpolation, whose normaliser is a sum over the vocabulary for
//! every question. Mixtures of mixtures: all their voices in one mixture can
//! only be better. Mixing voices whose vocabularies differ: a word that one of
//! them lacks has no probability there that could be weighed.

mod buckets;
pub mod em;
pub mod format;
mod model;
mod tuning;
mod weights;

#[cfg(test)]
mod tests;

pub use buckets::Buckets;
pub use format::{MixtureHeader, Part};
pub use model::Mixture;
pub use tuning::{Standing, Tuned, Tuner, TuningRecord};
pub use weights::Weights;

//! Here are counts, give me probabilities and back-offs.
//!
//! A file a method, each with the source of its formula. All of them say the
//! same kind of thing: after a context h, the tokens that were seen share the
//! probability out, and hold some of it back,
//!
//! ```text
//! p(w | h) = share(w, h) + reserved(h) · lower(w)
//! ```
//!
//! where lower(w) is p(w | h′), the same question with the oldest token of
//! the context forgotten, or a uniform 1/V. A `Sharing` is the
//! first half, one context at a time; `interpolate` does the rest, level by
//! level. Σ share + reserved = 1 for every context, so every distribution sums
//! to one by construction, and tests check that it does.
//!
//! [`StupidBackoff`] is apart: its scores do not sum to one, so
//! it is not a [`Smoothing`] and never becomes a language model.

mod absolute;
mod add_k;
mod discounts;
mod interpolate;
mod kneser_ney;
mod maximum_likelihood;
mod reference;
mod stupid_backoff;
#[cfg(test)]
mod tests;
mod witten_bell;

pub use discounts::Discounts;
pub use interpolate::{Smoothed, SmoothedLevel, Unlisted};
pub use kneser_ney::CountsOfCountsRule;
pub use reference::Reference;
pub use stupid_backoff::StupidBackoff;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::count::Counts;
use crate::progress::Progress;
use crate::token::TokenId;

/// A way to turn counts into probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Smoothing {
    /// Modified Kneser–Ney, interpolated: what KenLM estimates.
    ModifiedKneserNey(CountsOfCountsRule),
    /// Witten–Bell, interpolated.
    WittenBell,
    /// Absolute discounting, interpolated.
    AbsoluteDiscounting,
    /// Adds the same amount to every count.
    AddK(f64),
    /// Relative frequencies as they are; what was not seen is impossible.
    MaximumLikelihood,
}

impl Default for Smoothing {
    fn default() -> Self {
        Smoothing::ModifiedKneserNey(CountsOfCountsRule::default())
    }
}

impl Smoothing {
    /// The probabilities and back-offs of every n-gram that was counted.
    ///
    /// Where an order's counts cannot give its discounts, fixed ones are used and
    /// `progress` gets a warning.
    pub fn smooth(&self, counts: &Counts, progress: &dyn Progress) -> Smoothed {
        match self {
            Smoothing::ModifiedKneserNey(rule) => {
                let sharing = kneser_ney::ModifiedKneserNey::new(counts, *rule, progress);
                let discounts = sharing.discounts().to_vec();
                interpolate::interpolate(counts, &sharing).with_discounts(discounts)
            }
            Smoothing::WittenBell => interpolate::interpolate(counts, &witten_bell::WittenBell),
            Smoothing::AbsoluteDiscounting => {
                let sharing = absolute::AbsoluteDiscounting::new(counts, progress);
                let discounts = sharing.discounts().to_vec();
                interpolate::interpolate(counts, &sharing).with_discounts(discounts)
            }
            Smoothing::AddK(k) => interpolate::interpolate(counts, &add_k::AddK::new(*k, counts)),
            Smoothing::MaximumLikelihood => {
                interpolate::interpolate(counts, &maximum_likelihood::MaximumLikelihood)
            }
        }
    }
}

/// What becomes of the counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Estimate {
    /// Probabilities, by a smoothing: a language model.
    Probabilities(Smoothing),
    /// Scores that are no probabilities.
    Scores(StupidBackoff),
}

impl Estimate {
    /// The numbers of every n-gram that was counted.
    pub fn estimate(&self, counts: &Counts, progress: &dyn Progress) -> Smoothed {
        match self {
            Estimate::Probabilities(smoothing) => smoothing.smooth(counts, progress),
            Estimate::Scores(stupid_backoff) => stupid_backoff.scores(counts),
        }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Estimate::Probabilities(smoothing) => smoothing.fmt(f),
            Estimate::Scores(StupidBackoff { penalty }) => {
                write!(f, "stupid back-off ({penalty} a step)")
            }
        }
    }
}

impl fmt::Display for Smoothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Smoothing::ModifiedKneserNey(CountsOfCountsRule::Exact) => {
                f.write_str("modified Kneser–Ney")
            }
            Smoothing::ModifiedKneserNey(CountsOfCountsRule::AsKenlm) => {
                f.write_str("modified Kneser–Ney, bit-compatible with KenLM")
            }
            Smoothing::WittenBell => f.write_str("Witten–Bell"),
            Smoothing::AbsoluteDiscounting => f.write_str("absolute discounting"),
            Smoothing::AddK(k) => write!(f, "add-{k}"),
            Smoothing::MaximumLikelihood => f.write_str("maximum likelihood"),
        }
    }
}

/// How the tokens seen after one context share the probability out.
trait Sharing: Sync {
    /// Which counts the formula is about.
    fn counts(&self) -> CountKind;

    /// What the reserved probability is spread over.
    fn unlisted(&self) -> Unlisted {
        Unlisted::LowerOrder
    }

    /// For one context of the given order (that of the n-grams it begins) whose followers were
    /// seen `counts` times: writes the share of each follower and returns what is reserved. All
    /// together make 1.
    fn share(&self, order: usize, counts: &[u64], shares: &mut [f64]) -> f64;
}

/// Which counts a formula is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CountKind {
    /// How often it was seen.
    Raw,
    /// After how many different tokens.
    Adjusted,
}

impl CountKind {
    /// The counts of one order, with 0 for `<s>`, which is never predicted.
    fn of(self, counts: &Counts, order: usize) -> Cow<'_, [u64]> {
        let level = counts.level(order);
        match self {
            CountKind::Adjusted => Cow::Borrowed(&level.adjusted),
            CountKind::Raw if order > 1 => Cow::Borrowed(&level.raw),
            CountKind::Raw => {
                let mut raw = level.raw.clone();
                raw[TokenId::START.index()] = 0;
                Cow::Owned(raw)
            }
        }
    }
}

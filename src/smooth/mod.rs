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
mod levels;
mod maximum_likelihood;
mod reference;
mod stupid_backoff;
#[cfg(test)]
mod tests;
mod witten_bell;

pub use discounts::Discounts;
pub use interpolate::{Smoothed, SmoothedLevel, Unlisted};
pub use kneser_ney::CountsOfCountsRule;
pub use levels::{SmoothedPart, Smoother};
pub use reference::Reference;
pub use stupid_backoff::StupidBackoff;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::count::adjusted::CountsOfCounts;
use crate::count::{Adjusted, Census, Counts, Read, Survivors};
use crate::error::Result;
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
    /// The probabilities and back-offs of every n-gram that was counted, by the obvious way.
    ///
    /// Where an order's counts cannot give its discounts, fixed ones are used and
    /// `progress` gets a warning.
    pub fn smooth(&self, counts: &Counts, progress: &dyn Progress) -> Smoothed {
        let sharing = self.sharing(counts, progress);
        let sharing = sharing.expect("counts in memory can be read");
        interpolate::interpolate(counts, &*sharing).with_discounts(sharing.discounts().to_vec())
    }

    /// How the tokens seen after each context share the probability out.
    fn sharing(
        &self,
        statistics: &dyn Statistics,
        progress: &dyn Progress,
    ) -> Result<Box<dyn Sharing>> {
        Ok(match self {
            Smoothing::ModifiedKneserNey(rule) => Box::new(kneser_ney::ModifiedKneserNey::new(
                statistics, *rule, progress,
            )?),
            Smoothing::WittenBell => Box::new(witten_bell::WittenBell),
            Smoothing::AbsoluteDiscounting => {
                Box::new(absolute::AbsoluteDiscounting::new(statistics, progress)?)
            }
            Smoothing::AddK(k) => Box::new(add_k::AddK::new(*k, statistics.vocabulary_len())),
            Smoothing::MaximumLikelihood => Box::new(maximum_likelihood::MaximumLikelihood),
        })
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

    fn sharing(
        &self,
        statistics: &dyn Statistics,
        progress: &dyn Progress,
    ) -> Result<Box<dyn Sharing>> {
        match self {
            Estimate::Probabilities(smoothing) => smoothing.sharing(statistics, progress),
            Estimate::Scores(stupid_backoff) => Ok(Box::new(*stupid_backoff)),
        }
    }

    /// True if left neighbours matter, and not only how often an n-gram was seen.
    pub fn needs_adjusted(&self) -> bool {
        use Smoothing::ModifiedKneserNey;
        matches!(self, Estimate::Probabilities(ModifiedKneserNey(_)))
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
trait Sharing: Send + Sync {
    /// Which counts the formula is about.
    fn counts(&self) -> CountKind;

    /// What the reserved probability is spread over.
    fn unlisted(&self) -> Unlisted {
        Unlisted::LowerOrder
    }

    /// The discounts by order, if the method has any.
    fn discounts(&self) -> &[Discounts] {
        &[]
    }

    /// The back-off weight of a context that reserves so much; nothing was seen after it if `None`.
    fn backoff(&self, reserved: Option<f64>) -> f64 {
        reserved.unwrap_or(1.0)
    }

    /// For one context of the given order (that of the n-grams it begins) whose followers were
    /// seen `counts` times: writes the share of each follower and returns what is reserved. All
    /// together make 1.
    fn share(&self, order: usize, counts: &[u64], shares: &mut [f64]) -> f64;
}

/// What the numbers of a method are estimated from.
trait Statistics {
    /// The highest order.
    fn order(&self) -> usize;
    /// How many tokens the vocabulary has, the specials included.
    fn vocabulary_len(&self) -> usize;
    /// How many n-grams of an order have a raw count of 1, 2, 3 and 4.
    fn raw(&self, order: usize) -> Result<CountsOfCounts>;
    /// The same of adjusted counts.
    fn adjusted(&self, order: usize) -> Result<CountsOfCounts>;
    /// The same with KenLM's quirk.
    fn as_kenlm(&self, order: usize) -> Result<CountsOfCounts>;
}

impl Statistics for Counts {
    fn order(&self) -> usize {
        self.levels().len()
    }

    fn vocabulary_len(&self) -> usize {
        self.vocabulary_len()
    }

    fn raw(&self, order: usize) -> Result<CountsOfCounts> {
        Ok(CountsOfCounts::of(&CountKind::Raw.of(self, order)))
    }

    fn adjusted(&self, order: usize) -> Result<CountsOfCounts> {
        Ok(CountsOfCounts::adjusted(self, order))
    }

    fn as_kenlm(&self, order: usize) -> Result<CountsOfCounts> {
        Ok(CountsOfCounts::as_kenlm(self, order))
    }
}

/// A census, with Kneser–Ney's counts if they are needed, and what stays of it if not all does.
#[derive(Clone, Copy)]
pub struct Counted<'c> {
    /// Every n-gram.
    pub census: &'c Census,
    /// Kneser–Ney's counts.
    pub adjusted: Option<&'c Adjusted>,
    /// Which n-grams stay.
    pub survivors: Option<&'c Survivors>,
}

impl<'c> Counted<'c> {
    fn adjusted(&self) -> &'c Adjusted {
        self.adjusted
            .expect("who needs adjusted counts has made them")
    }

    fn read(&self, kind: CountKind, part: usize, order: usize) -> Result<Read<'c>> {
        match kind {
            CountKind::Raw => self.census.parts()[part].level(order).raw(),
            CountKind::Adjusted => self.adjusted().read(self.census, part, order),
        }
    }
}

impl Statistics for Counted<'_> {
    fn order(&self) -> usize {
        self.census.order().get()
    }

    fn vocabulary_len(&self) -> usize {
        let kept = self.survivors.map(|survivors| survivors.len(1));
        kept.unwrap_or_else(|| self.census.vocabulary_len())
    }

    fn raw(&self, order: usize) -> Result<CountsOfCounts> {
        CountsOfCounts::raw_in(self.census, order)
    }

    fn adjusted(&self, order: usize) -> Result<CountsOfCounts> {
        CountsOfCounts::adjusted_in(self.census, self.adjusted(), order)
    }

    fn as_kenlm(&self, order: usize) -> Result<CountsOfCounts> {
        CountsOfCounts::as_kenlm_in(self.census, self.adjusted(), order)
    }
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

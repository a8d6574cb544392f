//! Stupid back-off: scores for ranking, which are no probabilities.
//!
//! Brants, Popat, Xu, Och & Dean 2007 ("Large language models in machine
//! translation"):
//!
//! ```text
//! S(w | h) = c(hw) / c(h·)     if hw was seen
//!          = 0.4 · S(w | h′)   otherwise
//! S(w)     = c(w) / N
//! ```
//!
//! The scores of all tokens sum to more than one after most contexts, so there
//! is no perplexity to be had from them, and this type is no
//! [`LanguageModel`](crate::model::LanguageModel): what asks for one does not
//! compile.

use serde::{Deserialize, Serialize};

use super::interpolate::{Smoothed, SmoothedLevel, Unlisted};
use super::maximum_likelihood::MaximumLikelihood;
use super::{CountKind, Sharing};
use crate::count::Counts;

/// The method, with its one number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StupidBackoff {
    /// What each step back costs.
    pub penalty: f64,
}

impl Default for StupidBackoff {
    fn default() -> Self {
        StupidBackoff { penalty: 0.4 }
    }
}

impl StupidBackoff {
    /// The score of every n-gram that was counted, with the penalty as every back-off.
    pub fn scores(&self, counts: &Counts) -> Smoothed {
        let order = counts.order().get();
        let levels = (1..=order).map(|n| self.level(counts, n)).collect();
        Smoothed::new(levels, self.penalty, Unlisted::LowerOrder)
    }

    fn level(&self, counts: &Counts, order: usize) -> SmoothedLevel {
        let seen = CountKind::Raw.of(counts, order);
        let mut probability = vec![0.0; seen.len()];
        let mut relative = |range: std::ops::Range<usize>| {
            let total = seen[range.clone()].iter().sum::<u64>() as f64;
            for node in range {
                probability[node] = seen[node] as f64 / total;
            }
        };
        match order {
            1 => relative(0..seen.len()),
            _ => {
                let contexts = counts.level(order - 1);
                (0..contexts.len()).for_each(|node| relative(contexts.children(node)));
            }
        }
        let backoff = match order == counts.order().get() {
            true => Vec::new(),
            false => vec![self.penalty; seen.len()],
        };
        SmoothedLevel {
            probability,
            backoff,
        }
    }
}

/// Scores are made as probabilities are, so that one engine makes both; only their names and types
/// say what they are not.
impl Sharing for StupidBackoff {
    fn counts(&self) -> CountKind {
        CountKind::Raw
    }

    fn backoff(&self, _reserved: Option<f64>) -> f64 {
        self.penalty
    }

    fn share(&self, order: usize, counts: &[u64], shares: &mut [f64]) -> f64 {
        MaximumLikelihood.share(order, counts, shares)
    }
}

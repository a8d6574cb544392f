//! Maximum likelihood: relative frequencies, as they are.
//!
//! ```text
//! p(w | h) = c(hw) / c(h·)
//! ```
//!
//! After a context that was seen, what was not seen is impossible; a context
//! that was never seen hands the question to its shorter end. It fits its own
//! corpus best of all models of its order, and gives most other texts a
//! probability of 0: the reason why all other files in this folder exist.

use super::{CountKind, Sharing};

pub(super) struct MaximumLikelihood;

impl Sharing for MaximumLikelihood {
    fn counts(&self) -> CountKind {
        CountKind::Raw
    }

    fn share(&self, _order: usize, counts: &[u64], shares: &mut [f64]) -> f64 {
        let total: u64 = counts.iter().sum();
        if total == 0 {
            shares.fill(0.0);
            return 1.0;
        }
        for (share, &count) in shares.iter_mut().zip(counts) {
            *share = count as f64 / total as f64;
        }
        0.0
    }
}

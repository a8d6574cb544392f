//! Add-k: every token, seen or not, gets k more than its count.
//!
//! Lidstone 1920; with k = 1, Laplace's rule of succession:
//!
//! ```text
//! p(w | h) = (c(hw) + k) / (c(h·) + k·V)
//! ```
//!
//! It forgets nothing and backs off to nothing: what was not seen after h is
//! uniform, and a context that was never seen knows nothing at all. Good for a
//! lesson and for little else (Chen & Goodman 1998, section 2.1).

use super::{CountKind, Sharing, Unlisted};

pub(super) struct AddK {
    k: f64,
    /// V: how many tokens are predicted.
    predicted: f64,
}

impl AddK {
    pub(super) fn new(k: f64, vocabulary_len: usize) -> Self {
        AddK {
            k,
            predicted: (vocabulary_len - 1) as f64,
        }
    }
}

impl Sharing for AddK {
    fn counts(&self) -> CountKind {
        CountKind::Raw
    }

    fn unlisted(&self) -> Unlisted {
        Unlisted::Uniform
    }

    fn share(&self, _order: usize, counts: &[u64], shares: &mut [f64]) -> f64 {
        let added = self.k * self.predicted;
        let total = counts.iter().sum::<u64>() as f64 + added;
        if total == 0.0 {
            shares.fill(0.0);
            return 1.0;
        }
        for (share, &count) in shares.iter_mut().zip(counts) {
            *share = count as f64 / total;
        }
        added / total
    }
}

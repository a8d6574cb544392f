//! Absolute discounting: the same amount off every count, interpolated.
//!
//! Ney, Essen & Kneser 1994 ("On structuring probabilistic dependences in
//! stochastic language modelling"), in the interpolated form of Chen & Goodman
//! 1998, section 2.6, over raw counts c, with D = t1 / (t1 + 2·t2) by order:
//!
//! ```text
//! p(w | h) = (c(hw) − D) / c(h·)  +  D · N1+(h·) / c(h·) · p(w | h′)
//! ```
//!
//! N1+(h·) is the number of different tokens seen after h; below order 1 lies
//! the uniform 1/V.

use super::{CountKind, Discounts, Sharing};
use crate::count::Counts;
use crate::count::adjusted::CountsOfCounts;
use crate::progress::Progress;

pub(super) struct AbsoluteDiscounting {
    by_order: Vec<Discounts>,
}

/// What is taken off where the counts of counts cannot say.
const FALLBACK: Discounts = Discounts::fixed([0.5; 3]);

impl AbsoluteDiscounting {
    pub(super) fn new(counts: &Counts, progress: &dyn Progress) -> Self {
        let of_order = |order| {
            let seen = CountsOfCounts::of(&CountKind::Raw.of(counts, order));
            Discounts::or_fallback(Discounts::absolute(seen), FALLBACK, order, progress)
        };
        AbsoluteDiscounting {
            by_order: (1..=counts.order().get()).map(of_order).collect(),
        }
    }

    pub(super) fn discounts(&self) -> &[Discounts] {
        &self.by_order
    }
}

impl Sharing for AbsoluteDiscounting {
    fn counts(&self) -> CountKind {
        CountKind::Raw
    }

    fn share(&self, order: usize, counts: &[u64], shares: &mut [f64]) -> f64 {
        self.by_order[order - 1].share(counts, shares)
    }
}

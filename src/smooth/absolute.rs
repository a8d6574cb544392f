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

use super::{CountKind, Discounts, Sharing, Statistics};
use crate::error::Result;
use crate::progress::Progress;

pub(super) struct AbsoluteDiscounting {
    by_order: Vec<Discounts>,
}

/// What is taken off where the counts of counts cannot say.
const FALLBACK: Discounts = Discounts::fixed([0.5; 3]);

impl AbsoluteDiscounting {
    pub(super) fn new(statistics: &dyn Statistics, progress: &dyn Progress) -> Result<Self> {
        let of_order = |order| {
            let estimated = Discounts::absolute(statistics.raw(order)?);
            Ok(Discounts::or_fallback(estimated, FALLBACK, order, progress))
        };
        let by_order = (1..=statistics.order())
            .map(of_order)
            .collect::<Result<_>>()?;
        Ok(AbsoluteDiscounting { by_order })
    }
}

impl Sharing for AbsoluteDiscounting {
    fn counts(&self) -> CountKind {
        CountKind::Raw
    }

    fn discounts(&self) -> &[Discounts] {
        &self.by_order
    }

    fn share(&self, order: usize, counts: &[u64], shares: &mut [f64]) -> f64 {
        self.by_order[order - 1].share(counts, shares)
    }
}

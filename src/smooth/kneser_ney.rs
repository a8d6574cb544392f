//! Modified Kneser–Ney: discounts by count, left neighbours below the top.
//!
//! Chen & Goodman 1998 ("An empirical study of smoothing techniques for
//! language modeling"), after Kneser & Ney 1995; computed as KenLM does (Heafield,
//! Pouzyrevsky, Clark & Koehn 2013), so that the numbers agree:
//!
//! ```text
//! p(w | h) = (a(hw) − D(a(hw))) / Σx a(hx)  +  γ(h) · p(w | h′)
//! γ(h)     = Σx D(a(hx)) / Σx a(hx)
//! p(w)     = (a(w) − D(a(w))) / Σx a(x)     +  γ(ε) / V
//! ```
//!
//! where a is the adjusted count, D comes from the counts of counts of each
//! order, and V is the number of predicted tokens (`<unk>` and `</s>` among them,
//! `<s>` not).

use serde::{Deserialize, Serialize};

use super::{CountKind, Discounts, Sharing, Statistics};
use crate::error::Result;
use crate::progress::Progress;

/// How the counts of counts are taken, from which the discounts follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CountsOfCountsRule {
    /// As the definition says.
    #[default]
    Exact,
    /// With KenLM's quirk (its issues 405 and 427), for equal bits.
    AsKenlm,
}

pub(super) struct ModifiedKneserNey {
    by_order: Vec<Discounts>,
}

impl ModifiedKneserNey {
    pub(super) fn new(
        statistics: &dyn Statistics,
        rule: CountsOfCountsRule,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let of_order = |order| {
            let seen = match rule {
                CountsOfCountsRule::Exact => statistics.adjusted(order)?,
                CountsOfCountsRule::AsKenlm => statistics.as_kenlm(order)?,
            };
            let estimated = Discounts::modified_kneser_ney(seen);
            Ok(Discounts::or_fallback(
                estimated,
                Discounts::FALLBACK,
                order,
                progress,
            ))
        };
        let by_order = (1..=statistics.order())
            .map(of_order)
            .collect::<Result<_>>()?;
        Ok(ModifiedKneserNey { by_order })
    }
}

impl Sharing for ModifiedKneserNey {
    fn counts(&self) -> CountKind {
        CountKind::Adjusted
    }

    fn discounts(&self) -> &[Discounts] {
        &self.by_order
    }

    fn share(&self, order: usize, counts: &[u64], shares: &mut [f64]) -> f64 {
        self.by_order[order - 1].share(counts, shares)
    }
}

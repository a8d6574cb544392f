//! Here are counts of counts, give me what to take off each count.

use serde::{Deserialize, Serialize};

use crate::count::adjusted::CountsOfCounts;
use crate::progress::Progress;
use crate::warning::Warning;

/// What one order takes off its counts: D(1), D(2) and D(3 and more).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Discounts {
    by_count: [f64; 3],
    /// False if the counts of counts could not give them.
    estimated: bool,
}

impl Discounts {
    /// KenLM's `--discount_fallback`.
    pub const FALLBACK: Discounts = Discounts::fixed([0.5, 1.0, 1.5]);

    /// Discounts that were not estimated from the counts.
    pub const fn fixed(by_count: [f64; 3]) -> Self {
        Discounts {
            by_count,
            estimated: false,
        }
    }

    /// The same discount for every count.
    pub const fn constant(discount: f64) -> Self {
        Discounts {
            by_count: [discount; 3],
            estimated: true,
        }
    }

    /// Chen & Goodman 1998, equation 26: Y = t1 / (t1 + 2·t2), D(k) = k − (k + 1)·Y·t(k+1)/t(k).
    ///
    /// # Errors
    /// Why the formula does not hold, in one clause: t1, t2 or t3 is 0, or a discount
    /// is negative or more than its count.
    pub fn modified_kneser_ney(seen: CountsOfCounts) -> Result<Self, String> {
        if let Some(k) = (1..=3).find(|&k| seen.t(k) == 0) {
            return Err(format!("no n-gram has an adjusted count of {k}"));
        }
        let t = |k: usize| seen.t(k) as f64;
        let y = t(1) / (t(1) + 2.0 * t(2));
        let by_count = [1, 2, 3].map(|k| k as f64 - (k + 1) as f64 * y * t(k + 1) / t(k));
        for (discount, k) in by_count.iter().zip(1..) {
            if !(0.0..=f64::from(k)).contains(discount) {
                return Err(format!("its D{k} would be {discount:.3}, outside 0 to {k}"));
            }
        }
        Ok(Discounts {
            by_count,
            estimated: true,
        })
    }

    /// Ney, Essen & Kneser 1994: D = t1 / (t1 + 2·t2) for every count.
    ///
    /// # Errors
    /// Why the formula does not hold, in one clause.
    pub fn absolute(seen: CountsOfCounts) -> Result<Self, String> {
        if let Some(k) = (1..=2).find(|&k| seen.t(k) == 0) {
            return Err(format!("no n-gram was seen {k}×"));
        }
        let (t1, t2) = (seen.t(1) as f64, seen.t(2) as f64);
        Ok(Discounts::constant(t1 / (t1 + 2.0 * t2)))
    }

    /// The estimated discounts of an order, or the fixed ones and a warning that says why.
    pub(super) fn or_fallback(
        estimated: Result<Self, String>,
        fallback: Discounts,
        order: usize,
        progress: &dyn Progress,
    ) -> Self {
        estimated.unwrap_or_else(|reason| {
            progress.warn(Warning::DiscountFallback {
                order,
                reason,
                discounts: fallback.by_count.to_vec(),
            });
            fallback
        })
    }

    /// What is taken off this count.
    pub fn of(&self, count: u64) -> f64 {
        match count {
            0 => 0.0,
            count => self.by_count[count.min(3) as usize - 1],
        }
    }

    /// D(1), D(2) and D(3 and more).
    pub fn by_count(&self) -> [f64; 3] {
        self.by_count
    }

    /// False if the counts of counts could not give them and fixed ones stand in.
    pub fn estimated(&self) -> bool {
        self.estimated
    }

    /// Shares out (count − D) / total, and returns the rest: the interpolation of every discounting
    /// method.
    ///
    /// A context whose counts are all 0 reserves everything.
    pub(super) fn share(&self, counts: &[u64], shares: &mut [f64]) -> f64 {
        let total: u64 = counts.iter().sum();
        if total == 0 {
            shares.fill(0.0);
            return 1.0;
        }
        let total = total as f64;
        let mut taken = 0.0;
        for (share, &count) in shares.iter_mut().zip(counts) {
            let discount = self.of(count);
            *share = (count as f64 - discount) / total;
            taken += discount;
        }
        taken / total
    }
}

//! Here are probabilities; they are kept as natural logarithms and added with care.
//!
//! One unit inside (natural log, `f64`), three at the doors: bits for people
//! who think in choices, log10 for ARPA files, plain probability for bars on a
//! screen. Conversions happen in this file only.

use std::f64::consts::{LN_2, LN_10};
use std::fmt;
use std::ops::Add;

/// The natural logarithm of a probability: 0 is certainty, −∞ is impossibility.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct LogProb(f64);

impl LogProb {
    /// ln 1: certain.
    pub const ONE: LogProb = LogProb(0.0);
    /// ln 0: impossible.
    pub const ZERO: LogProb = LogProb(f64::NEG_INFINITY);

    /// From a natural logarithm.
    pub const fn from_ln(ln: f64) -> Self {
        LogProb(ln)
    }

    /// From a logarithm to base 10, the unit of ARPA files.
    pub fn from_log10(log10: f64) -> Self {
        LogProb(log10 * LN_10)
    }

    /// From a probability between 0 and 1.
    pub fn from_probability(p: f64) -> Self {
        LogProb(p.ln())
    }

    /// The natural logarithm.
    pub const fn ln(self) -> f64 {
        self.0
    }

    /// The logarithm to base 10.
    pub fn log10(self) -> f64 {
        self.0 / LN_10
    }

    /// The probability itself.
    pub fn probability(self) -> f64 {
        self.0.exp()
    }

    /// The surprisal −log2 p in bits: how many halvings of the choices this outcome took.
    pub fn surprisal_bits(self) -> f64 {
        // The sum with zero turns −0.0, which prints badly, into 0.0.
        -self.0 / LN_2 + 0.0
    }
}

/// The product of two probabilities.
impl Add for LogProb {
    type Output = LogProb;
    fn add(self, other: LogProb) -> LogProb {
        LogProb(self.0 + other.0)
    }
}

impl fmt::Display for LogProb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Nats to bits.
pub fn bits(nats: f64) -> f64 {
    nats / LN_2
}

/// ln Σ exp(x), without overflow; −∞ for an empty slice.
pub fn log_sum_exp(logs: &[f64]) -> f64 {
    let max = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if max == f64::NEG_INFINITY {
        return max;
    }
    let sum: CompensatedSum = logs.iter().map(|&x| (x - max).exp()).collect();
    max + sum.value().ln()
}

/// The entropy −Σ p log2 p, in bits, of a distribution given as natural logarithms.
///
/// Impossible outcomes (−∞) add nothing, as the limit of p log p is 0.
pub fn entropy_bits(log_probs: &[f64]) -> f64 {
    let possible = log_probs.iter().filter(|l| **l > f64::NEG_INFINITY);
    let sum: CompensatedSum = possible.map(|&ln| -ln.exp() * ln).collect();
    bits(sum.value())
}

/// A running sum that carries the lost low bits along (Neumaier 1974).
///
/// Millions of log-probabilities are added in evaluation; the error stays at
/// one rounding, whatever their number.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompensatedSum {
    sum: f64,
    lost: f64,
}

impl CompensatedSum {
    /// Adds one term.
    pub fn add(&mut self, x: f64) {
        let sum = self.sum + x;
        // Infinite sums have no low bits to carry; the difference would be NaN.
        if sum.is_finite() {
            self.lost += if self.sum.abs() >= x.abs() {
                (self.sum - sum) + x
            } else {
                (x - sum) + self.sum
            };
        }
        self.sum = sum;
    }

    /// The sum so far.
    pub fn value(self) -> f64 {
        self.sum + self.lost
    }
}

impl Extend<f64> for CompensatedSum {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, terms: I) {
        terms.into_iter().for_each(|x| self.add(x));
    }
}

impl FromIterator<f64> for CompensatedSum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = CompensatedSum::default();
        sum.extend(terms);
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_convert_both_ways() {
        let p = LogProb::from_probability(0.125);
        assert!((p.surprisal_bits() - 3.0).abs() < 1e-12);
        assert!((LogProb::from_log10(p.log10()).ln() - p.ln()).abs() < 1e-15);
        assert_eq!((LogProb::ONE + LogProb::ZERO).probability(), 0.0);
        assert_eq!(LogProb::ONE.surprisal_bits().to_string(), "0");
    }

    #[test]
    fn log_sum_exp_survives_extremes() {
        assert!((log_sum_exp(&[1000.0, 1000.0]) - (1000.0 + LN_2)).abs() < 1e-12);
        assert_eq!(log_sum_exp(&[f64::NEG_INFINITY; 3]), f64::NEG_INFINITY);
        assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
    }

    #[test]
    fn compensated_sums_keep_what_plain_sums_lose() {
        let sum: CompensatedSum = [1e16, 1.0, -1e16].into_iter().collect();
        assert_eq!(sum.value(), 1.0);
        let infinite: CompensatedSum = [1.0, f64::NEG_INFINITY, 2.0].into_iter().collect();
        assert_eq!(infinite.value(), f64::NEG_INFINITY);
    }

    #[test]
    fn eight_equal_choices_are_three_bits() {
        let mut distribution = vec![(1.0f64 / 8.0).ln(); 8];
        distribution.push(f64::NEG_INFINITY);
        assert!((entropy_bits(&distribution) - 3.0).abs() < 1e-12);
    }
}

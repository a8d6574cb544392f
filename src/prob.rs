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

/// log10 of probabilities, rounded to `f32`, the unit of tables and of ARPA files; log10 0 is −∞.
///
/// The mantissa is brought between √½ and √2 and its logarithm taken from the series of the inverse
/// hyperbolic tangent, ln m = 2·(s + s³/3 + s⁵/5 + …) with s = (m − 1)/(m + 1), far beyond the digits
/// of an `f32` (Abramowitz & Stegun 1964, 4.1.27). It has no branches and no table, so that the
/// compiler makes several logarithms at once, and it is the same on every machine.
///
/// # Panics
/// If the slices differ in length.
pub fn log10_f32(probabilities: &[f64], out: &mut [f32]) {
    assert_eq!(probabilities.len(), out.len());
    for (out, &p) in out.iter_mut().zip(probabilities) {
        *out = log10_of(p) as f32;
    }
}

/// log10 of one positive, normal number; −∞ for anything smaller.
#[inline(always)]
fn log10_of(p: f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    const ONE: u64 = 1023 << 52;
    // Half of the numbers between two powers of two are nearer to the upper one.
    const ROUND_UP: u64 = (1 << 52) - (SQRT_2_MANTISSA + 1);
    const SQRT_2_MANTISSA: u64 = std::f64::consts::SQRT_2.to_bits() & MANTISSA;
    let bits = p.to_bits();
    let exponent = (bits.wrapping_add(ROUND_UP) >> 52) as i32 - 1023;
    let mantissa = f64::from_bits(
        bits.wrapping_sub(((exponent + 1023) as u64) << 52)
            .wrapping_add(ONE),
    );
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let s2 = s * s;
    let mut series = 1.0 / 17.0;
    for odd in [15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        series = series * s2 + 1.0 / odd;
    }
    let log10 = f64::from(exponent) * std::f64::consts::LOG10_2 + s * series * (2.0 / LN_10);
    if p < f64::MIN_POSITIVE {
        f64::NEG_INFINITY
    } else {
        log10
    }
}

/// 10^x for x from −300 to 300, within 10⁻¹⁴ · (1 + |x|) of itself.
///
/// x·ln 10 = n·ln 2 + r with |r| ≤ ½ ln 2 gives 10^x = 2^n · e^r; the power of two is a shift into the
/// exponent's bits, and e^r its Taylor sum up to r¹³/13!, whose next term is below 5·10⁻¹⁸. Like
/// [`log10_f32`] it is a straight line, several of which the compiler makes at once.
#[inline(always)]
pub(crate) fn exp10(x: f64) -> f64 {
    /// 2^52 + 2^51: adding it to a small number rounds that number to an integer, kept in the low bits.
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    /// ln 2 in two parts, the first short enough for n · HIGH to be exact.
    const HIGH: f64 = 0.693_147_180_369_123_8;
    const LOW: f64 = 1.908_214_929_270_587_7e-10;
    /// 1/13!, 1/12! … 1/0!
    const TAYLOR: [f64; 14] = {
        let mut coefficients = [1.0; 14];
        let mut power = 1;
        while power < 14 {
            coefficients[13 - power] = coefficients[14 - power] / power as f64;
            power += 1;
        }
        coefficients
    };
    let shifted = x * std::f64::consts::LOG2_10 + ROUNDER;
    let n = shifted - ROUNDER;
    let r = (x * LN_10 - n * HIGH) - n * LOW;
    let mut sum = 0.0;
    for coefficient in TAYLOR {
        sum = sum * r + coefficient;
    }
    let exponent = (shifted.to_bits() << 52).wrapping_add(1023 << 52);
    sum * f64::from_bits(exponent)
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
    fn log10_agrees_with_the_standard_library() {
        let powers = (0..3000).map(|i| 1.013f64.powi(-i));
        let near_one = (1..60).map(|i| 1.0 - 0.5f64.powi(i));
        let fractions = (1..2000).map(|i| f64::from(i) / 2001.0);
        let p: Vec<f64> = powers.chain(near_one).chain(fractions).collect();
        let mut logs = vec![0.0; p.len()];
        log10_f32(&p, &mut logs);
        for (&p, &log) in p.iter().zip(&logs) {
            let exact = p.log10();
            assert!(
                (log10_of(p) - exact).abs() <= 1e-15 + 4e-15 * exact.abs(),
                "{p}: {exact}"
            );
            assert!(
                (f64::from(log) - exact).abs() <= exact.abs() * 6e-8,
                "{p}: {log} for {exact}"
            );
        }
        let mut special = [0.0; 2];
        log10_f32(&[0.0, 1.0], &mut special);
        assert_eq!(special, [f32::NEG_INFINITY, 0.0]);
    }

    #[test]
    fn exp10_agrees_with_the_standard_library() {
        for step in 0..60_000 {
            let x = f64::from(step - 30_000) * 0.009_999;
            let exact = 10f64.powf(x);
            let tolerance = 1e-14 * (1.0 + x.abs());
            assert!((exp10(x) - exact).abs() <= tolerance * exact, "10^{x}");
        }
        assert_eq!(exp10(0.0), 1.0);
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

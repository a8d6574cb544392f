//! Here are two distributions; how far apart are they?
//!
//! The Jensen–Shannon divergence (Lin 1991): with m halfway between p and q,
//! ½ Σ p log2 (p/m) + ½ Σ q log2 (q/m). It is 0 where the voices say the same, and
//! 1 bit where neither thinks possible what the other does: then one token tells
//! for certain which of them wrote it.

/// The Jensen–Shannon divergence of two distributions given as ln p by id, in bits, from 0 to 1.
///
/// It is summed token by token; no token takes away from it, so there is nothing to cancel.
///
/// # Panics
/// If the slices differ in length.
pub fn jensen_shannon_bits(p: &[f64], q: &[f64]) -> f64 {
    assert_eq!(p.len(), q.len(), "one number for each token");
    let sum: f64 = p.iter().zip(q).map(|(&p, &q)| term(p, q)).sum();
    // Distributions sum to one but for rounding.
    sum.clamp(0.0, 1.0)
}

/// ½ (p log2 (2p/(p + q)) + q log2 (2q/(p + q))).
fn term(ln_p: f64, ln_q: f64) -> f64 {
    if ln_p == ln_q {
        return 0.0;
    }
    let (p, q) = (ln_p.exp(), ln_q.exp());
    let middle = 0.5 * (p + q);
    // The limit of p log p is 0.
    let half = |x: f64| {
        if x > 0.0 {
            x * (x / middle).log2()
        } else {
            0.0
        }
    };
    0.5 * (half(p) + half(q))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ln(weights: &[u32]) -> Vec<f64> {
        let sum: u32 = weights.iter().sum();
        weights
            .iter()
            .map(|&w| (f64::from(w) / f64::from(sum)).ln())
            .collect()
    }

    /// By the other definition: the entropy of the middle less the middle of the entropies.
    fn by_entropies(p: &[f64], q: &[f64]) -> f64 {
        let entropy = |p: &mut dyn Iterator<Item = f64>| -> f64 {
            p.filter(|p| *p > 0.0).map(|p| -p * p.log2()).sum()
        };
        let both = || p.iter().zip(q);
        entropy(&mut both().map(|(p, q)| (p.exp() + q.exp()) / 2.0))
            - entropy(&mut p.iter().map(|p| p.exp())) / 2.0
            - entropy(&mut q.iter().map(|q| q.exp())) / 2.0
    }

    proptest! {
        #[test]
        fn it_is_the_entropy_that_the_middle_adds(
            pairs in prop::collection::vec((0u32..50, 0u32..50), 1..40),
        ) {
            let (mut p, mut q): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
            (p[0], q[0]) = (p[0] + 1, q[0] + 1);
            let (p, q) = (ln(&p), ln(&q));
            let bits = jensen_shannon_bits(&p, &q);
            prop_assert!((0.0..=1.0).contains(&bits));
            prop_assert!((bits - by_entropies(&p, &q)).abs() < 1e-12);
            prop_assert_eq!(bits, jensen_shannon_bits(&q, &p));
            prop_assert_eq!(jensen_shannon_bits(&p, &p), 0.0);
        }
    }

    #[test]
    fn what_excludes_one_another_is_one_bit_apart() {
        assert_eq!(jensen_shannon_bits(&ln(&[1, 0, 3]), &ln(&[0, 2, 0])), 1.0);
    }
}

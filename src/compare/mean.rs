//! Here are sums over clusters; give me their ratio, and how sure it is.
//!
//! Tokens of one sentence are not independent, so the margins treat sentences
//! (or whole texts) as what was sampled: a ratio estimate over clusters (Cochran
//! 1977, 9A). It needs no more of each cluster than its sum y and its size n:
//! the squares Σ(y − r·n)² are Σy² − 2r·Σyn + r²·Σn².

use serde::Serialize;

/// Half of an interval that covers 95 % of a normal distribution, in standard errors.
const NORMAL_95: f64 = 1.96;

/// An average, and half of its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mean {
    /// The average; NaN of nothing.
    pub value: f64,
    /// Half of its 95 % interval; NaN if there are not at least two clusters.
    pub margin: f64,
}

/// Sums over clusters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clusters {
    clusters: f64,
    sum: f64,
    size: f64,
    sum_squared: f64,
    sum_by_size: f64,
    size_squared: f64,
}

impl Clusters {
    /// Adds a cluster of this size, with the sum of what is averaged over it; an empty one adds
    /// nothing.
    pub fn add(&mut self, sum: f64, size: f64) {
        if size == 0.0 {
            return;
        }
        self.clusters += 1.0;
        self.sum += sum;
        self.size += size;
        self.sum_squared += sum * sum;
        self.sum_by_size += sum * size;
        self.size_squared += size * size;
    }

    /// Adds the sums over other clusters.
    pub fn merge(&mut self, other: &Clusters) {
        self.clusters += other.clusters;
        self.sum += other.sum;
        self.size += other.size;
        self.sum_squared += other.sum_squared;
        self.sum_by_size += other.sum_by_size;
        self.size_squared += other.size_squared;
    }

    /// The average over all that the clusters hold.
    pub fn mean(&self) -> Mean {
        let value = self.sum / self.size;
        let squares =
            self.sum_squared - 2.0 * value * self.sum_by_size + value * value * self.size_squared;
        // Rounding can leave a little less than nothing.
        let variance = squares.max(0.0) * self.clusters / (self.clusters - 1.0);
        Mean {
            value,
            margin: match self.clusters >= 2.0 && value.is_finite() {
                true => NORMAL_95 * variance.sqrt() / self.size,
                false => f64::NAN,
            },
        }
    }
}

impl FromIterator<(f64, f64)> for Clusters {
    fn from_iter<I: IntoIterator<Item = (f64, f64)>>(clusters: I) -> Self {
        let mut sums = Clusters::default();
        for (sum, size) in clusters {
            sums.add(sum, size);
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_margin_is_that_of_the_definition(
            clusters in prop::collection::vec((-9.0..9.0f64, 1u8..9), 2..20),
        ) {
            let clusters: Vec<(f64, f64)> =
                clusters.iter().map(|&(sum, size)| (sum, f64::from(size))).collect();
            let mean = clusters.iter().copied().collect::<Clusters>().mean();
            let size: f64 = clusters.iter().map(|(_, size)| size).sum();
            let ratio = clusters.iter().map(|(sum, _)| sum).sum::<f64>() / size;
            let squares: f64 =
                clusters.iter().map(|(sum, n)| (sum - ratio * n).powi(2)).sum();
            let number = clusters.len() as f64;
            let margin = 1.96 * (squares * number / (number - 1.0)).sqrt() / size;
            prop_assert!((mean.value - ratio).abs() < 1e-12);
            prop_assert!((mean.margin - margin).abs() < 1e-6);
        }
    }

    #[test]
    fn one_cluster_has_no_margin() {
        let mean = Clusters::from_iter([(6.0, 3.0), (0.0, 0.0)]).mean();
        assert_eq!(mean.value, 2.0);
        assert!(mean.margin.is_nan());
    }
}

//! Here is how much each voice says, for every context or bucket by bucket.

use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use crate::error::{Error, ErrorKind, Result};

/// How far from one a row of weights may sum.
const EXACTNESS: f64 = 1e-9;

/// The weights λ of a mixture: a row for each bucket of contexts, a number for each voice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    rows: Vec<Vec<f64>>,
    buckets: Option<Buckets>,
}

impl Weights {
    /// The same weight for each of so many voices.
    pub fn even(voices: usize) -> Self {
        Self::alike(vec![1.0 / voices as f64; voices])
    }

    /// The same weights after every context.
    pub fn alike(weights: Vec<f64>) -> Self {
        Weights {
            rows: vec![weights],
            buckets: None,
        }
    }

    /// A row of weights for each bucket.
    pub fn by_bucket(buckets: Buckets, rows: Vec<Vec<f64>>) -> Self {
        Weights {
            rows,
            buckets: Some(buckets),
        }
    }

    /// A row for each bucket; one row if there are no buckets.
    pub fn rows(&self) -> &[Vec<f64>] {
        &self.rows
    }

    /// What tells the row of a context; `None` if there is one row.
    pub fn buckets(&self) -> Option<Buckets> {
        self.buckets
    }

    /// Refuses what is no weights for so many voices.
    pub(super) fn check(&self, voices: usize) -> Result<()> {
        let expected = self.buckets.map_or(1, |buckets| buckets.len());
        let is_distribution = |row: &Vec<f64>| {
            row.len() == voices
                && row.iter().all(|weight| (0.0..=1.0).contains(weight))
                && (row.iter().sum::<f64>() - 1.0).abs() < EXACTNESS
        };
        if self.rows.len() == expected && self.rows.iter().all(is_distribution) {
            return Ok(());
        }
        let what = format!("these are no weights for {voices} voices: each row sums to one");
        Err(Error::new(ErrorKind::Model, what).way_out("mix the voices again"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_distributions_are_weights() {
        assert!(Weights::even(3).check(3).is_ok());
        assert!(Weights::even(3).check(2).is_err());
        assert!(Weights::alike(vec![0.0, 1.0]).check(2).is_ok());
        for row in [
            vec![0.5, 0.6],
            vec![-0.5, 1.5],
            vec![f64::NAN, 1.0],
            vec![1.0],
        ] {
            assert!(Weights::alike(row).check(2).is_err());
        }
        let none = Weights {
            rows: Vec::new(),
            buckets: None,
        };
        assert!(none.check(2).is_err());
    }
}

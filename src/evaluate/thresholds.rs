//! Here are the figures of a record, tell me between which thresholds they lie.
//!
//! Text from the web is sorted so: what a voice trained on good text foresees
//! well is the head, what it does not the tail (Wenzek et al. 2020, CCNet).

use super::Totals;
use crate::error::{Error, ErrorKind, Result};

/// What thresholds are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// The perplexity over all tokens.
    #[default]
    Perplexity,
    /// The mean surprisal of a byte, in bits.
    BitsPerByte,
}

/// Ascending thresholds of a measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    measure: Measure,
    at: Vec<f64>,
}

impl Thresholds {
    /// Thresholds of a measure.
    ///
    /// # Errors
    /// If they are not positive, finite and ascending.
    pub fn new(measure: Measure, at: Vec<f64>) -> Result<Self> {
        let sound = at.iter().all(|x| x.is_finite() && *x > 0.0);
        if sound && at.is_sorted_by(|a, b| a < b) {
            return Ok(Thresholds { measure, at });
        }
        let shown: Vec<String> = at.iter().map(f64::to_string).collect();
        let what = format!("thresholds are positive and ascend: {}", shown.join(","));
        Err(Error::new(ErrorKind::Usage, what).way_out("give them like 200,1000"))
    }

    /// How many ways they part records.
    pub fn classes(&self) -> usize {
        self.at.len() + 1
    }

    /// The number of thresholds that a record reaches.
    ///
    /// A record without a sentence has no figure, and reaches them all.
    pub fn class(&self, record: &Totals) -> usize {
        let figure = match self.measure {
            Measure::Perplexity => record.perplexity(),
            Measure::BitsPerByte => record.bits_per_byte(),
        };
        let is_below = |threshold: &&f64| figure < **threshold;
        self.classes() - 1 - self.at.iter().filter(is_below).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::SentenceScore;
    use crate::prob::LogProb;

    #[test]
    fn a_record_that_reaches_a_threshold_is_beyond_it() {
        let record = |p: f64, bytes| {
            Totals::of(&SentenceScore {
                tokens: &[],
                log_probs: &[LogProb::from_probability(p)],
                bytes,
            })
        };
        let by_perplexity = Thresholds::new(Measure::Perplexity, vec![2.0, 16.0]).unwrap();
        for (p, class) in [(1.0, 0), (0.49, 1), (0.07, 1), (0.06, 2), (0.0, 2)] {
            assert_eq!(by_perplexity.class(&record(p, 1)), class, "{p}");
        }
        assert_eq!(by_perplexity.class(&Totals::default()), 2, "no sentence");
        let by_bits = Thresholds::new(Measure::BitsPerByte, vec![1.0]).unwrap();
        assert_eq!(by_bits.class(&record(0.24, 2)), 1);
        assert_eq!(by_bits.class(&record(0.25, 3)), 0);
        for bad in [
            vec![2.0, 2.0],
            vec![f64::NAN],
            vec![-1.0],
            vec![f64::INFINITY],
        ] {
            assert!(Thresholds::new(Measure::Perplexity, bad).is_err());
        }
    }
}

//! Here are units, leave some of them out.

use rand::Rng;

use super::elementary::multiply_by;
use crate::wide::widest;

/// Dropout (Srivastava et al. 2014): in training each unit is left out with some
/// probability, and the others are scaled up so that their expected sum stays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dropout {
    /// A unit is dropped if 16 random bits are below this.
    threshold: u16,
    /// 1 / (1 − rate).
    scale: f32,
}

impl Dropout {
    /// None at all: how a trained network answers.
    pub(super) const OFF: Dropout = Dropout {
        threshold: 0,
        scale: 1.0,
    };

    /// With this rate, to the nearest 1/65536.
    pub(super) fn new(rate: f32) -> Self {
        let threshold = (rate * 65_536.0).min(65_535.0) as u16;
        Dropout {
            threshold,
            scale: 65_536.0 / (65_536.0 - f32::from(threshold)),
        }
    }

    /// Multiplies each unit by its factor d, 0 or the scale, and keeps the factors; with dropout
    /// off there are none to keep.
    pub(super) fn apply(&self, units: &mut [f32], factors: &mut Vec<f32>, rng: &mut impl Rng) {
        factors.clear();
        if self.threshold == 0 {
            return;
        }
        let mut bits = vec![0; 2 * units.len()];
        rng.fill_bytes(&mut bits);
        factors.resize(units.len(), 0.0);
        widest(|| {
            for (factor, bits) in factors.iter_mut().zip(bits.chunks_exact(2)) {
                let dropped = u16::from_le_bytes([bits[0], bits[1]]) < self.threshold;
                *factor = if dropped { 0.0 } else { self.scale };
            }
        });
        multiply_by(units, factors);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::random::{Purpose, stream};

    #[test]
    fn dropout_keeps_the_mean() {
        let (mut units, mut factors) = (vec![1.0; 100_000], Vec::new());
        let mut rng = stream(3, Purpose::Dropout, 0);
        Dropout::new(0.25).apply(&mut units, &mut factors, &mut rng);
        let dropped = units.iter().filter(|&&unit| unit == 0.0).count();
        let mean = units.iter().sum::<f32>() / 100_000.0;
        assert!((24_000..26_000).contains(&dropped));
        assert!((mean - 1.0).abs() < 0.01);
        assert_eq!(units, factors);
    }

    #[test]
    fn without_dropout_nothing_changes() {
        let (mut units, mut factors) = (vec![1.0, 2.0], vec![0.5; 7]);
        let mut rng = stream(3, Purpose::Dropout, 0);
        Dropout::OFF.apply(&mut units, &mut factors, &mut rng);
        assert_eq!(units, [1.0, 2.0]);
        assert!(factors.is_empty());
    }
}

//! Here is what enters a hidden layer, give me what leaves it, and how the one changes the other.
//!
//! Every hidden layer is the same four steps. For the row u that enters,
//!
//! ```text
//! s = u·W
//! n = (s − mean s) / √(var s + ε)      layer norm (Ba, Kiros & Hinton 2016)
//! a = γ ⊙ n + β
//! y = d ⊙ a·σ(a)                       SiLU (Elfwing et al. 2018); d is dropout
//! h = y, and in all but the first layer h = u + y
//! ```
//!
//! The norm keeps the units in the range where the nonlinearity bends, whatever
//! the embeddings grow to, so the learning rate can be high. The sum u + y (a
//! residual, He et al. 2016) gives every layer a straight way to the loss.
//! Backward, from δh:
//!
//! ```text
//! δa = δh ⊙ d ⊙ σ(a)·(1 + a − a·σ(a))
//! δγ = Σ δa ⊙ n        δβ = Σ δa                          over the examples
//! δn = δa ⊙ γ
//! δs = (δn − mean δn − n · mean(δn ⊙ n)) / √(var s + ε)
//! δW = uᵀ·δs           δu = δs·Wᵀ, and + δh with a residual
//! ```

use rand::Rng;

use super::dropout::Dropout;
use super::elementary::{add_scaled, dot, multiply_by, scale, silu_all, sum};
use super::matrix::{Matrix, multiply, multiply_add};
use crate::wide::widest;

/// Keeps the norm of a row of equal numbers finite.
const EPSILON: f32 = 1e-5;

/// The parameters of one hidden layer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layer {
    /// W, a row for each number that enters.
    pub(super) weights: Matrix,
    /// γ.
    pub(super) gain: Matrix,
    /// β.
    pub(super) bias: Matrix,
}

/// What a layer made of some examples, a row each.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// n.
    pub(super) normal: Matrix,
    /// 1 / √(var s + ε), one for each row.
    inverse_spread: Vec<f32>,
    /// d, unless dropout is off.
    pub(super) factors: Vec<f32>,
    /// ∂y/∂a.
    slope: Matrix,
    /// h.
    pub(super) output: Matrix,
    /// δa, which gives γ and β their gradients.
    pub(super) delta: Matrix,
    /// δs, which gives W its gradient.
    pub(super) sum_delta: Matrix,
}

impl Layer {
    /// Takes `input` forward; with `residual`, it is added to what leaves the layer.
    pub(super) fn forward(
        &self,
        input: &Matrix,
        residual: bool,
        dropout: &Dropout,
        rng: &mut impl Rng,
        pass: &mut Pass,
    ) {
        let (rows, width) = (input.rows(), self.weights.cols());
        for matrix in [&mut pass.normal, &mut pass.slope, &mut pass.output] {
            matrix.reshape(rows, width);
        }
        let sums = pass.normal.values_mut();
        multiply(input.view(), self.weights.view(), sums);
        let spread = pass.normal.each_row_mut().map(normalise);
        pass.inverse_spread.clear();
        pass.inverse_spread.extend(spread);
        let (gain, bias) = (self.gain.values(), self.bias.values());
        let outputs = pass.output.each_row_mut().zip(pass.normal.each_row());
        for (output, normal) in outputs {
            widest(|| {
                for (((out, n), gain), bias) in output.iter_mut().zip(normal).zip(gain).zip(bias) {
                    *out = gain * n + bias;
                }
            });
        }
        silu_all(pass.output.values_mut(), pass.slope.values_mut());
        dropout.apply(pass.output.values_mut(), &mut pass.factors, rng);
        multiply_by(pass.slope.values_mut(), &pass.factors);
        if residual {
            add_scaled(pass.output.values_mut(), 1.0, input.values());
        }
    }

    /// Takes one row of s to what leaves the layer, without a residual, and gives the slopes.
    pub(super) fn activate(&self, sums: &mut [f32], slopes: &mut [f32]) {
        normalise(sums);
        widest(|| {
            let parameters = self.gain.values().iter().zip(self.bias.values());
            for (x, (gain, bias)) in sums.iter_mut().zip(parameters) {
                *x = gain * *x + bias;
            }
        });
        silu_all(sums, slopes);
    }

    /// Takes δh back to δu, both in `delta`, and keeps what the gradients need.
    pub(super) fn backward(&self, residual: bool, pass: &mut Pass, delta: &mut Matrix) {
        let (rows, width) = (pass.output.rows(), self.weights.cols());
        pass.delta.reshape(rows, width);
        pass.sum_delta.reshape(rows, width);
        pass.delta.values_mut().copy_from_slice(delta.values());
        multiply_by(pass.delta.values_mut(), pass.slope.values());
        let gain = self.gain.values();
        let given = pass.delta.each_row().zip(pass.normal.each_row());
        let each = pass.sum_delta.each_row_mut().zip(&pass.inverse_spread);
        for ((out, inverse), (delta, normal)) in each.zip(given) {
            out.copy_from_slice(delta);
            multiply_by(out, gain);
            let share = (width as f32).recip();
            let (mean, along) = (sum(out) * share, dot(out, normal) * share);
            widest(|| {
                for (out, n) in out.iter_mut().zip(normal) {
                    *out = (*out - mean - n * along) * inverse;
                }
            });
        }
        let weights = self.weights.view().transposed();
        if residual {
            multiply_add(pass.sum_delta.view(), weights, delta.values_mut());
        } else {
            delta.reshape(rows, self.weights.rows());
            multiply(pass.sum_delta.view(), weights, delta.values_mut());
        }
    }
}

/// Brings a row to mean 0 and deviation 1; gives what it was divided by, inverted.
fn normalise(row: &mut [f32]) -> f32 {
    let share = (row.len() as f32).recip();
    let mean = sum(row) * share;
    row.iter_mut().for_each(|x| *x -= mean);
    let inverse = (dot(row, row) * share + EPSILON).sqrt().recip();
    scale(row, inverse);
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_normal_row_has_mean_0_and_deviation_1() {
        let mut row: Vec<f32> = (0..37).map(|i| (i * i % 11) as f32 + 40.0).collect();
        normalise(&mut row);
        let mean = row.iter().sum::<f32>() / 37.0;
        let variance = row.iter().map(|x| x * x).sum::<f32>() / 37.0;
        assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-4);
        let mut level = [3.0; 5];
        assert!(normalise(&mut level).is_finite());
        assert_eq!(level, [0.0; 5]);
    }
}

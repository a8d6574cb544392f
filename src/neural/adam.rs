//! Here are parameters and their gradient, give me better parameters.
//!
//! Adam (Kingma & Ba 2015) keeps two running means for each parameter θ with
//! gradient g: of g, which smooths the direction, and of g², which tells the
//! size of a usual step. At step t
//!
//! ```text
//! m ← β₁·m + (1−β₁)·g          m̂ = m / (1 − β₁^t)
//! s ← β₂·s + (1−β₂)·g²         ŝ = s / (1 − β₂^t)
//! θ ← θ − rate · m̂ / (√ŝ + ε)
//! ```
//!
//! so each parameter moves by about the rate, however large its gradients
//! are. (This also does what clipping the gradient is usually there for, so there is no
//! clipping.) Weights, but not embeddings and biases, also shrink a little each
//! step, whatever their gradient: θ ← (1 − rate·decay)·θ, as in AdamW
//! (Loshchilov & Hutter 2019). Rows of a tensor that had no part in a step (embeddings of
//! tokens that the batch didn't see, output rows that were no candidates) are
//! left alone, means and all: *lazy* Adam.

use super::matrix::Matrix;
use crate::wide::widest;

const MEAN_DECAY: f32 = 0.9;
const SQUARE_DECAY: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// The running means of one tensor.
#[derive(Debug)]
pub(super) struct Moments {
    pub(super) mean: Matrix,
    pub(super) square: Matrix,
}

impl Moments {
    /// For a tensor of this shape, before the first step.
    pub(super) fn of(tensor: &Matrix) -> Self {
        Moments {
            mean: Matrix::zeros(tensor.rows(), tensor.cols()),
            square: Matrix::zeros(tensor.rows(), tensor.cols()),
        }
    }

    /// Some rows of the tensor with their means, to be updated by several threads.
    pub(super) fn rows<'a>(&'a mut self, tensor: &'a mut Matrix, these: &[u32]) -> Vec<Row<'a>> {
        let values = tensor.these_rows_mut(these).into_iter();
        let means = self.mean.these_rows_mut(these);
        let squares = self.square.these_rows_mut(these);
        let rows = values.zip(means).zip(squares);
        rows.map(|((values, mean), square)| Row {
            values,
            mean,
            square,
        })
        .collect()
    }
}

/// One row of a tensor, with its running means.
pub(super) struct Row<'a> {
    values: &'a mut [f32],
    mean: &'a mut [f32],
    square: &'a mut [f32],
}

/// One step of the optimiser.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adam {
    /// rate / (1 − β₁^t).
    rate: f32,
    /// 1 / √(1 − β₂^t).
    square_scale: f32,
    /// 1 − rate·decay.
    shrink: f32,
}

impl Adam {
    /// Step t, counted from 1, at this learning rate.
    pub(super) fn step(t: u64, rate: f32) -> Self {
        let unseen = |decay: f32| 1.0 - f64::from(decay).powf(t as f64);
        Adam {
            rate: (f64::from(rate) / unseen(MEAN_DECAY)) as f32,
            square_scale: unseen(SQUARE_DECAY).sqrt().recip() as f32,
            shrink: 1.0,
        }
    }

    /// The same step with weight decay.
    pub(super) fn with_decay(self, rate: f32, decay: f32) -> Self {
        let shrink = 1.0 - rate * decay;
        Adam { shrink, ..self }
    }

    /// Moves a row against its gradient.
    pub(super) fn update(&self, row: &mut Row, gradient: &[f32]) {
        let Row {
            values,
            mean,
            square,
        } = row;
        widest(|| {
            let means = mean.iter_mut().zip(square.iter_mut());
            for ((value, (mean, square)), &g) in values.iter_mut().zip(means).zip(gradient) {
                *mean = MEAN_DECAY * *mean + (1.0 - MEAN_DECAY) * g;
                *square = SQUARE_DECAY * *square + (1.0 - SQUARE_DECAY) * g * g;
                let step = self.rate * *mean / (square.sqrt() * self.square_scale + EPSILON);
                *value = self.shrink * *value - step;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the paper writes it, in f64.
    fn plain(gradients: &[f64], rate: f64) -> f64 {
        let (mut theta, mut m, mut s) = (0.0, 0.0, 0.0);
        for (t, g) in (1..).zip(gradients) {
            m = 0.9 * m + 0.1 * g;
            s = 0.999 * s + 0.001 * g * g;
            let m_hat = m / (1.0 - 0.9f64.powi(t));
            let s_hat = s / (1.0 - 0.999f64.powi(t));
            theta -= rate * m_hat / (s_hat.sqrt() + 1e-8);
        }
        theta
    }

    #[test]
    fn it_follows_the_paper() {
        let gradients: Vec<f64> = (0..50).map(|i| f64::from(i % 7) - 2.5).collect();
        let mut tensor = Matrix::zeros(3, 2);
        let mut moments = Moments::of(&tensor);
        for (t, &g) in (1..).zip(&gradients) {
            let mut rows = moments.rows(&mut tensor, &[1]);
            Adam::step(t, 0.01).update(&mut rows[0], &[g as f32, 0.0]);
        }
        assert!((f64::from(tensor.row(1)[0]) - plain(&gradients, 0.01)).abs() < 1e-6);
        assert_eq!(tensor.row(1)[1], 0.0, "no gradient, no step");
        assert_eq!(tensor.row(0), [0.0, 0.0], "other rows are left alone");
    }
}

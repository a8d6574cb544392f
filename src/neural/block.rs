//! Here are some examples, give me their loss and how it changes with every unit.
//!
//! A block holds up to [`SIZE`](Block::SIZE) examples and all that is computed
//! for them, so that blocks go through the network side by side on any number
//! of threads. Forward, for each example:
//!
//! ```text
//! x = [ e(w₁) … e(w_C) ]
//! h = d · tanh(x·W₁ + b₁)          d is 0 for a dropped unit, else 1 / (1 − rate)
//! z_v = h·W₂[v] + b₂[v] − ln π(v)  for the candidates v
//! loss = −z_t + ln Σ_v exp z_v     for the target t
//! ```
//!
//! Backward, the derivative δ of the batch's mean loss by each of them, found
//! from the end to the start by the chain rule:
//!
//! ```text
//! δz_v = (p_v − [v = t]) / B       p = softmax(z)
//! δh   = Σ_v δz_v · W₂[v]
//! δa   = δh · d · (1 − tanh²)      a = x·W₁ + b₁
//! δx   = δa · W₁ᵀ
//! ```

use rand::{Rng, RngExt};

use super::candidates::Shortlist;
use super::elementary::{exp_all, largest};
use super::matrix::{Matrix, multiply, multiply_add};
use super::network::Network;
use super::text::TrainingText;

/// Up to [`SIZE`](Block::SIZE) examples on their way through the network and back.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// C slots an example.
    pub(super) slots: Vec<u32>,
    /// The column of each example's target among the candidates.
    pub(super) targets: Vec<usize>,
    /// x, a row an example; so are all that follow.
    pub(super) inputs: Matrix,
    /// h.
    pub(super) hidden: Matrix,
    /// ∂h/∂a = d · (1 − tanh²).
    slope: Matrix,
    /// z, then δz.
    pub(super) output_delta: Matrix,
    /// δh, then δa.
    pub(super) hidden_delta: Matrix,
    /// δx.
    pub(super) input_delta: Matrix,
    /// The sum of the losses, in nats.
    pub(super) loss: f64,
}

impl Block {
    /// Enough rows for the matrix product to run at speed, few enough for a batch to keep several
    /// threads busy.
    pub(super) const SIZE: usize = 64;

    /// Takes in the examples at some positions; with probability `left_mask` an example sees only
    /// its last k tokens, k being uniform in 0..C.
    pub(super) fn load(
        &mut self,
        text: &TrainingText,
        positions: &[usize],
        shape: (&Network, &Shortlist),
        left_mask: f32,
        rng: &mut impl Rng,
    ) {
        let (network, shortlist) = shape;
        let (context, vocabulary) = (
            network.architecture.context,
            network.architecture.vocabulary,
        );
        self.slots.resize(positions.len() * context, 0);
        self.targets.clear();
        let each = self.slots.chunks_exact_mut(context);
        for (slots, &position) in each.zip(positions) {
            let masked = rng.random::<f32>() < left_mask;
            let kept = rng.random_range(0..context);
            text.fill(
                slots,
                position,
                if masked { kept } else { context },
                vocabulary,
            );
            self.targets.push(shortlist.column(text.target(position)));
        }
    }

    /// Forward to the hidden units, dropping some.
    pub(super) fn forward(&mut self, network: &Network, dropout: &Dropout, rng: &mut impl Rng) {
        let (rows, shape) = (self.targets.len(), network.architecture);
        self.inputs.reshape(rows, shape.inputs());
        self.hidden.reshape(rows, shape.hidden);
        self.slope.reshape(rows, shape.hidden);
        network.hidden_layer(&self.slots, &mut self.inputs, &mut self.hidden);
        let units = self.hidden.values_mut().iter_mut();
        for (unit, slope) in units.zip(self.slope.values_mut()) {
            *slope = 1.0 - *unit * *unit;
        }
        dropout.apply(self.hidden.values_mut(), self.slope.values_mut(), rng);
    }

    /// From the hidden units to the loss and back to the inputs; `scale` is 1 / B.
    pub(super) fn backward(&mut self, network: &Network, shortlist: &Shortlist, scale: f32) {
        let rows = self.targets.len();
        self.output_delta.reshape(rows, shortlist.tokens.len());
        for row in self.output_delta.each_row_mut() {
            row.copy_from_slice(&shortlist.offsets);
        }
        let weights = shortlist.weights.view();
        let logits = self.output_delta.values_mut();
        multiply_add(self.hidden.view(), weights.transposed(), logits);
        let examples = self.output_delta.each_row_mut().zip(&self.targets);
        let losses = examples.map(|(logits, &target)| cross_entropy(logits, target, scale));
        self.loss = losses.sum();

        self.hidden_delta.reshape(rows, network.architecture.hidden);
        let delta = self.hidden_delta.values_mut();
        multiply(self.output_delta.view(), weights, delta);
        for (delta, slope) in delta.iter_mut().zip(self.slope.values()) {
            *delta *= slope;
        }

        self.input_delta
            .reshape(rows, network.architecture.inputs());
        let weights = network.hidden_weights.view().transposed();
        let delta = self.input_delta.values_mut();
        multiply(self.hidden_delta.view(), weights, delta);
    }
}

/// The loss −ln p(target) in nats; the logits become δz = scale · (p − [v = target]).
fn cross_entropy(logits: &mut [f32], target: usize, scale: f32) -> f64 {
    let shift = largest(logits);
    let to_target = f64::from(shift) - f64::from(logits[target]);
    let sum = exp_all(logits, shift);
    let share = (f64::from(scale) / sum) as f32;
    logits.iter_mut().for_each(|x| *x *= share);
    logits[target] -= scale;
    sum.ln() + to_target
}

/// Dropout (Srivastava et al. 2014): in training each hidden unit is left out with some
/// probability, and the others are scaled up so that their expected sum stays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dropout {
    /// A unit is dropped if 16 random bits are below this.
    threshold: u16,
    /// 1 / (1 − rate).
    scale: f32,
}

impl Dropout {
    /// With this rate, to the nearest 1/65536.
    pub(super) fn new(rate: f32) -> Self {
        let threshold = (rate * 65_536.0).min(65_535.0) as u16;
        Dropout {
            threshold,
            scale: 65_536.0 / (65_536.0 - f32::from(threshold)),
        }
    }

    /// Drops units, and their slopes with them.
    fn apply(&self, units: &mut [f32], slopes: &mut [f32], rng: &mut impl Rng) {
        if self.threshold == 0 {
            return;
        }
        let mut bits = vec![0; 2 * units.len()];
        rng.fill_bytes(&mut bits);
        let each = units.iter_mut().zip(slopes).zip(bits.chunks_exact(2));
        for ((unit, slope), bits) in each {
            let dropped = u16::from_le_bytes([bits[0], bits[1]]) < self.threshold;
            let factor = if dropped { 0.0 } else { self.scale };
            *unit *= factor;
            *slope *= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::random::{Purpose, stream};

    #[test]
    fn cross_entropy_of_known_logits() {
        let mut logits = [1f32.ln(), 2f32.ln(), 5f32.ln()];
        let loss = cross_entropy(&mut logits, 1, 0.5);
        assert!((loss - 4f64.ln()).abs() < 1e-6);
        for (delta, expected) in logits.iter().zip([0.0625, -0.375, 0.3125]) {
            assert!((delta - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn dropout_keeps_the_mean() {
        let (mut units, mut slopes) = (vec![1.0; 100_000], vec![1.0; 100_000]);
        let mut rng = stream(3, Purpose::Dropout, 0);
        Dropout::new(0.25).apply(&mut units, &mut slopes, &mut rng);
        let dropped = units.iter().filter(|&&unit| unit == 0.0).count();
        let mean = units.iter().sum::<f32>() / 100_000.0;
        assert!((24_000..26_000).contains(&dropped));
        assert!((mean - 1.0).abs() < 0.01);
        assert_eq!(units, slopes);
    }
}

//! Here is a network, written as its formulas: f64, loops, no blocks, no sharing.
//!
//! This is the definition that the fast code is tested against. Its gradient
//! isn't written by hand at all: it is the central difference
//!
//! ```text
//! ∂L/∂θ ≈ (L(θ + ε) − L(θ − ε)) / 2ε
//! ```
//!
//! which in f64 is good to some nine digits, more than f32 has.

use super::architecture::Architecture;
use super::network::Network;

/// The five tensors, as f64.
#[derive(Clone)]
pub(super) struct Plain {
    shape: Architecture,
    pub(super) tensors: Vec<Vec<f64>>,
}

/// Slots, the target, and the factor d of each hidden unit.
pub(super) struct Example {
    pub(super) slots: Vec<u32>,
    pub(super) target: u32,
    pub(super) factors: Vec<f64>,
}

impl Plain {
    pub(super) fn of(network: &Network) -> Self {
        let widen = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect();
        Plain {
            shape: network.architecture(),
            tensors: network
                .tensors()
                .iter()
                .map(|(_, values)| widen(values))
                .collect(),
        }
    }

    fn hidden(&self, example: &Example) -> Vec<f64> {
        let (width, units) = (self.shape.embedding, self.shape.hidden);
        let [embeddings, weights, bias] = [0, 1, 2].map(|i| &self.tensors[i]);
        let unit = |j: usize| {
            let mut sum = bias[j];
            for (c, &slot) in example.slots.iter().enumerate() {
                for e in 0..width {
                    let x = embeddings[slot as usize * width + e];
                    sum += x * weights[(c * width + e) * units + j];
                }
            }
            sum.tanh() * example.factors[j]
        };
        (0..units).map(unit).collect()
    }

    /// −ln p(target) among the candidates, with logits less `ln_inclusion`.
    fn loss_of(&self, example: &Example, candidates: &[(u32, f64)]) -> f64 {
        let hidden = self.hidden(example);
        let units = self.shape.hidden;
        let logit = |&(v, ln_inclusion): &(u32, f64)| {
            let row = &self.tensors[3][v as usize * units..][..units];
            let product: f64 = row.iter().zip(&hidden).map(|(w, h)| w * h).sum();
            product + self.tensors[4][v as usize] - ln_inclusion
        };
        let target = candidates.iter().find(|(v, _)| *v == example.target);
        let sum: f64 = candidates.iter().map(|v| logit(v).exp()).sum();
        sum.ln() - logit(target.unwrap())
    }

    /// The mean loss.
    pub(super) fn loss(&self, examples: &[Example], candidates: &[(u32, f64)]) -> f64 {
        let losses = examples
            .iter()
            .map(|example| self.loss_of(example, candidates));
        losses.sum::<f64>() / examples.len() as f64
    }

    /// The gradient of the mean loss by one tensor.
    pub(super) fn gradient(
        &self,
        tensor: usize,
        examples: &[Example],
        candidates: &[(u32, f64)],
    ) -> Vec<f64> {
        const STEP: f64 = 1e-5;
        let mut moved = self.clone();
        let count = self.tensors[tensor].len();
        let mut difference = |i: usize| {
            let value = self.tensors[tensor][i];
            moved.tensors[tensor][i] = value + STEP;
            let above = moved.loss(examples, candidates);
            moved.tensors[tensor][i] = value - STEP;
            let below = moved.loss(examples, candidates);
            moved.tensors[tensor][i] = value;
            (above - below) / (2.0 * STEP)
        };
        (0..count).map(&mut difference).collect()
    }
}

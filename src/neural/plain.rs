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
use super::inputs::ngram_row;
use super::network::Network;

/// The tensors, as f64, in their order.
#[derive(Clone)]
pub(super) struct Plain {
    shape: Architecture,
    /// α.
    penalty: f64,
    pub(super) tensors: Vec<Vec<f64>>,
}

/// A window, the target, and the dropout factors d of its units, place by place.
pub(super) struct Example {
    pub(super) window: Vec<u32>,
    pub(super) target: u32,
    pub(super) input_factors: Vec<f64>,
    pub(super) hidden_factors: Vec<Vec<f64>>,
}

impl Plain {
    pub(super) fn of(network: &Network, penalty: f32) -> Self {
        let widen = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect();
        let tensors = network.tensors();
        Plain {
            shape: network.architecture(),
            penalty: f64::from(penalty),
            tensors: tensors.iter().map(|(_, values)| widen(values)).collect(),
        }
    }

    /// x.
    fn inputs(&self, example: &Example) -> Vec<f64> {
        let (width, reach) = (self.shape.embedding, self.shape.reach);
        let row = |token: u32| &self.tensors[0][token as usize * width..][..width];
        let (old, recent) = example.window.split_at(reach);
        let mut inputs = Vec::new();
        for (slot, &token) in recent.iter().enumerate() {
            let mut sum = row(token).to_vec();
            for n in 2..=self.shape.ngrams.min(reach + slot + 1) {
                let ngram = &example.window[reach + slot + 1 - n..=reach + slot];
                if ngram
                    .iter()
                    .all(|&token| token as usize != self.shape.vocabulary)
                {
                    let shared = row(ngram_row(&self.shape, ngram));
                    sum.iter_mut().zip(shared).for_each(|(sum, e)| *sum += e);
                }
            }
            inputs.extend(sum);
        }
        for echo in 0..self.shape.echoes {
            let fading = 0.5f64.powf(1.0 / (2.0 * 4f64.powi(echo as i32)));
            let loudness = |age: usize| fading.powi(age as i32);
            let squares: f64 = (0..reach).map(|age| loudness(age).powi(2)).sum();
            let mut sum = vec![0.0; width];
            for (age, &token) in old.iter().rev().enumerate() {
                if token as usize == self.shape.vocabulary {
                    break;
                }
                for (sum, e) in sum.iter_mut().zip(row(token)) {
                    *sum += loudness(age) / squares.sqrt() * e;
                }
            }
            inputs.extend(sum);
        }
        times(inputs, &example.input_factors)
    }

    /// h of the last layer.
    fn hidden(&self, example: &Example) -> Vec<f64> {
        let mut input = self.inputs(example);
        for layer in 0..self.shape.layers {
            let [weights, gain, bias] = [1, 2, 3].map(|i| &self.tensors[3 * layer + i]);
            let s = through(&input, weights);
            let count = s.len() as f64;
            let mean = s.iter().sum::<f64>() / count;
            let variance = s.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            let unit = |j: usize| {
                let n = (s[j] - mean) / (variance + 1e-5).sqrt();
                let a = gain[j] * n + bias[j];
                a / (1.0 + (-a).exp())
            };
            let units = (0..s.len()).map(unit).collect();
            let mut output = times(units, &example.hidden_factors[layer]);
            if layer > 0 {
                output.iter_mut().zip(&input).for_each(|(y, u)| *y += u);
            }
            input = output;
        }
        input
    }

    /// −ln p(target) + α·(ln Z)² among the candidates, with logits less `ln_inclusion`.
    fn loss_of(&self, example: &Example, candidates: &[(u32, f64)]) -> f64 {
        let after_layers = 3 * self.shape.layers + 1;
        let output = through(&self.hidden(example), &self.tensors[after_layers]);
        let width = self.shape.embedding;
        let weights = match self.shape.tied {
            true => &self.tensors[0],
            false => &self.tensors[after_layers + 1],
        };
        let bias = self.tensors.last().unwrap();
        let logit = |&(v, ln_inclusion): &(u32, f64)| {
            let row = &weights[v as usize * width..][..width];
            let product: f64 = row.iter().zip(&output).map(|(w, o)| w * o).sum();
            product + bias[v as usize] - ln_inclusion
        };
        let target = candidates.iter().find(|(v, _)| *v == example.target);
        let sum: f64 = candidates.iter().map(|v| logit(v).exp()).sum();
        sum.ln() - logit(target.unwrap()) + self.penalty * sum.ln().powi(2)
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

/// u·W, where W has a row for each number of u.
fn through(input: &[f64], weights: &[f64]) -> Vec<f64> {
    let width = weights.len() / input.len();
    let unit = |j: usize| {
        let products = input.iter().enumerate();
        products.map(|(i, u)| u * weights[i * width + j]).sum()
    };
    (0..width).map(unit).collect()
}

/// Each unit times its factor.
fn times(mut units: Vec<f64>, factors: &[f64]) -> Vec<f64> {
    units.iter_mut().zip(factors).for_each(|(x, d)| *x *= d);
    units
}

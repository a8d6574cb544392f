//! Here are some examples, give me their loss and how it changes with every unit.
//!
//! A block holds up to [`SIZE`](Block::SIZE) examples and all that is computed
//! for them, so that blocks go through the network side by side on any number
//! of threads. Forward, for each example:
//!
//! ```text
//! x = the embeddings of the slots, and the echoes       (see `inputs`)
//! h = the hidden layers, one after the other            (see `layer`)
//! o = h·P
//! z_v = o·W[v] + b[v] − ln π(v)  for the candidates v   (see `candidates`)
//! ln Z = ln Σ_v exp z_v
//! loss = −z_t + ln Z + α·(ln Z)² for the target t
//! ```
//!
//! Backward, the derivative δ of the batch's mean loss by each of them, found
//! from the end to the start by the chain rule:
//!
//! ```text
//! δz_v = ((1 + 2α·ln Z)·p_v − [v = t]) / B       p = softmax(z)
//! δo   = Σ_v δz_v · W[v]
//! δh   = δo·Pᵀ
//! δx   = through the layers
//! ```
//!
//! With α > 0 the network is *self-normalised* (Devlin et al. 2014): it learns to keep Z near one,
//! so that the logit alone nearly is ln p, and one score needs no sum over the vocabulary. Over
//! sampled candidates Σ exp(z_v) / π(v) is the estimate of Z that weighs each by how rarely it is
//! drawn (Horvitz & Thompson 1952); it is the sum that the loss needs anyway.

use rand::{Rng, RngExt};

use super::architecture::Architecture;
use super::candidates::Shortlist;
use super::dropout::Dropout;
use super::elementary::{exp_all, largest, multiply_by, scale};
use super::inputs;
use super::layer::Pass;
use super::matrix::{Matrix, multiply, multiply_add};
use super::network::Network;
use super::text::TrainingText;

/// How probably units are left out, by where they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dropouts {
    /// Of what enters the first layer.
    pub(super) inputs: Dropout,
    /// Of each hidden layer.
    pub(super) hidden: Dropout,
}

impl Dropouts {
    /// None at all: how a trained network answers.
    pub(super) const OFF: Dropouts = Dropouts {
        inputs: Dropout::OFF,
        hidden: Dropout::OFF,
    };
}

/// Up to [`SIZE`](Block::SIZE) examples on their way through the network and back.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// R + C tokens an example.
    pub(super) windows: Vec<u32>,
    /// The column of each example's target among the candidates.
    pub(super) targets: Vec<usize>,
    /// x, a row an example; so are all that follow.
    pub(super) inputs: Matrix,
    pub(super) input_factors: Vec<f32>,
    /// The hidden layers.
    pub(super) passes: Vec<Pass>,
    /// o.
    pub(super) output: Matrix,
    /// z, then δz.
    pub(super) logit_delta: Matrix,
    /// δo.
    pub(super) output_delta: Matrix,
    /// δh, layer by layer, and at last δx.
    pub(super) input_delta: Matrix,
    /// The sum of the losses, in nats.
    pub(super) loss: f64,
}

impl Block {
    /// Enough rows for the matrix product to run at speed, few enough for a batch to keep several
    /// threads busy.
    pub(super) const SIZE: usize = 64;

    /// Takes in the examples at some positions; with probability `left_mask` an example sees only
    /// [a few](few) of its last tokens.
    pub(super) fn load(
        &mut self,
        text: &TrainingText,
        positions: &[usize],
        shape: (&Network, &Shortlist),
        left_mask: f32,
        rng: &mut impl Rng,
    ) {
        let (network, shortlist) = shape;
        let shape = &network.architecture;
        self.windows.resize(positions.len() * shape.window(), 0);
        self.targets.clear();
        let each = self.windows.chunks_exact_mut(shape.window());
        for (window, &position) in each.zip(positions) {
            let masked = rng.random::<f32>() < left_mask;
            let seen = match masked {
                true => few(shape, rng),
                false => shape.window(),
            };
            text.fill(window, position, seen, shape.vocabulary);
            self.targets.push(shortlist.column(text.target(position)));
        }
    }

    /// Forward to what is compared with the output weights.
    pub(super) fn forward(&mut self, network: &Network, dropouts: &Dropouts, rng: &mut impl Rng) {
        let shape = &network.architecture;
        let rows = self.windows.len() / shape.window();
        self.inputs.reshape(rows, shape.inputs());
        let (echoes, embeddings) = (&network.echoes, &network.embeddings);
        inputs::look_up(shape, echoes, embeddings, &self.windows, &mut self.inputs);
        let values = self.inputs.values_mut();
        dropouts.inputs.apply(values, &mut self.input_factors, rng);
        self.passes.resize_with(shape.layers, Pass::default);
        for (index, layer) in network.layers.iter().enumerate() {
            let (before, pass) = self.passes.split_at_mut(index);
            let input = before.last().map_or(&self.inputs, |pass| &pass.output);
            layer.forward(input, index > 0, &dropouts.hidden, rng, &mut pass[0]);
        }
        self.output.reshape(rows, shape.embedding);
        let hidden = &self.passes.last().expect("at least one layer").output;
        let values = self.output.values_mut();
        multiply(hidden.view(), network.projection.view(), values);
    }

    /// What leaves the last hidden layer.
    pub(super) fn hidden(&self) -> &Matrix {
        &self.passes.last().expect("at least one layer").output
    }

    /// From the output to the loss and back to the inputs; `each` is 1 / B, `penalty` is α.
    pub(super) fn backward(
        &mut self,
        network: &Network,
        shortlist: &Shortlist,
        each: f32,
        penalty: f32,
    ) {
        let rows = self.targets.len();
        self.logit_delta.reshape(rows, shortlist.tokens.len());
        for row in self.logit_delta.each_row_mut() {
            row.copy_from_slice(&shortlist.offsets);
        }
        let weights = shortlist.weights.view();
        let logits = self.logit_delta.values_mut();
        multiply_add(self.output.view(), weights.transposed(), logits);
        let examples = self.logit_delta.each_row_mut().zip(&self.targets);
        let losses = examples.map(|(logits, &target)| penalised(logits, target, each, penalty));
        self.loss = losses.sum();

        self.output_delta
            .reshape(rows, network.architecture.embedding);
        let delta = self.output_delta.values_mut();
        multiply(self.logit_delta.view(), weights, delta);

        let delta = &mut self.input_delta;
        delta.reshape(rows, network.architecture.hidden);
        let weights = network.projection.view().transposed();
        multiply(self.output_delta.view(), weights, delta.values_mut());
        let layers = network.layers.iter().zip(&mut self.passes).enumerate();
        for (index, (layer, pass)) in layers.rev() {
            layer.backward(index > 0, pass, delta);
        }
        multiply_by(delta.values_mut(), &self.input_factors);
    }
}

/// How many of its last tokens an example is to see that doesn't see all.
///
/// A third of these examples do not fill the C slots. A third do, and leave the echoes silent, which is
/// met nowhere else: never shown it, a network knew less after C tokens than after C − 1. A third hear
/// some of the R tokens of the echoes, the youngest, each doubling as often as another.
fn few(shape: &Architecture, rng: &mut impl Rng) -> usize {
    let (slots, reach) = (shape.context, shape.reach);
    match rng.random_range(0..3) {
        1 if reach > 0 => slots,
        2 if reach > 1 => slots + ((reach as f64).powf(rng.random()) as usize).min(reach - 1),
        _ => rng.random_range(0..slots),
    }
}

/// The loss −ln p(target) + α·(ln Z)² in nats; the logits become
/// δz = each · ((1 + 2α·ln Z)·p − [v = target]).
fn penalised(logits: &mut [f32], target: usize, each: f32, penalty: f32) -> f64 {
    let shift = largest(logits);
    let to_target = f64::from(shift) - f64::from(logits[target]);
    let sum = exp_all(logits, shift);
    let (penalty, ln_z) = (f64::from(penalty), sum.ln() + f64::from(shift));
    let pulled = 1.0 + 2.0 * penalty * ln_z;
    scale(logits, (f64::from(each) * pulled / sum) as f32);
    logits[target] -= each;
    sum.ln() + to_target + penalty * ln_z * ln_z
}

#[cfg(test)]
mod tests {
    use super::super::random::{Purpose, stream};
    use super::*;

    fn shares_of_few(shape: &Architecture) -> Vec<f64> {
        let mut rng = stream(1, Purpose::Mask, 1);
        let mut shares = vec![0.0; shape.window()];
        (0..10_000).for_each(|_| shares[few(shape, &mut rng)] += 1e-4);
        shares
    }

    #[test]
    fn contexts_of_every_length_are_shown() {
        let shape = Architecture::for_text(3000, 45_000);
        let shares = shares_of_few(&shape);
        assert!(shares.iter().all(|&share| share > 0.0), "{shares:?}");
        let (slots, heard) = shares.split_at(shape.context);
        let unfilled = 1.0 / 3.0 / slots.len() as f64;
        assert!(slots.iter().all(|share| (share - unfilled).abs() < 0.02));
        assert!((heard[0] - 1.0 / 3.0).abs() < 0.02);
        for ages in [1..2, 2..4, 4..8, 8..16, 16..32] {
            let share: f64 = heard[ages].iter().sum();
            assert!((share - 1.0 / 15.0).abs() < 0.02);
        }
    }

    #[test]
    fn without_echoes_few_are_fewer_than_the_slots() {
        let shape = Architecture {
            echoes: 0,
            reach: 0,
            ..Architecture::for_text(3000, 45_000)
        };
        let even = 1.0 / shape.context as f64;
        assert!(
            shares_of_few(&shape)
                .iter()
                .all(|share| (share - even).abs() < 0.02)
        );
    }

    #[test]
    fn cross_entropy_of_known_logits() {
        let mut logits = [1f32.ln(), 2f32.ln(), 5f32.ln()];
        let loss = penalised(&mut logits, 1, 0.5, 0.0);
        assert!((loss - 4f64.ln()).abs() < 1e-6);
        for (delta, expected) in logits.iter().zip([0.0625, -0.375, 0.3125]) {
            assert!((delta - expected).abs() < 1e-6);
        }
    }
}

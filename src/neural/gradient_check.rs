//! Here are the gradients; they are those of the formulas, for every tensor.

use proptest::prelude::*;
use rand::RngExt;

use super::architecture::Architecture;
use super::block::{Block, Dropouts};
use super::candidates::{Candidates, Sampler, Shortlist};
use super::dropout::Dropout;
use super::gradients;
use super::matrix::Matrix;
use super::network::{Network, count_targets};
use super::plain::{Example, Plain};
use super::random::{Purpose, stream};
use super::text::TrainingText;
use crate::token::TokenId;

pub(super) const SHAPE: Architecture = Architecture {
    context: 3,
    echoes: 2,
    reach: 5,
    embedding: 4,
    ngrams: 1,
    buckets: 0,
    hidden: 7,
    layers: 2,
    tied: true,
    vocabulary: 11,
};

pub(super) const UNTIED: Architecture = Architecture {
    tied: false,
    layers: 1,
    ..SHAPE
};

pub(super) const NGRAMS: Architecture = Architecture {
    ngrams: 3,
    buckets: 9,
    ..SHAPE
};

fn text() -> TrainingText {
    let sentence =
        |length: u32| (0..length).map(|i| TokenId(if i == 2 { 0 } else { 3 + i * i % 8 }));
    let sentences = [5, 0, 9, 1, 60, 3].map(|length| sentence(length).collect::<Vec<_>>());
    sentences.iter().collect()
}

/// A network whose parameters are all large enough to matter.
pub(super) fn network(shape: Architecture, seed: u64) -> Network {
    let counts = count_targets(text().ids(), shape.vocabulary);
    let network = Network::untrained(shape, &counts, seed);
    let mut rng = stream(seed, Purpose::Weights, 1);
    let mut moved = |values: &[f32]| -> Vec<f32> {
        let values = values.iter();
        values.map(|x| x + rng.random::<f32>() - 0.5).collect()
    };
    let tensors = network.tensors().into_iter();
    let tensors: Vec<(String, Vec<f32>)> = tensors
        .map(|(name, values)| (name, moved(values)))
        .collect();
    let tensors: Vec<(&str, &[f32])> = tensors
        .iter()
        .map(|(name, values)| (name.as_str(), &values[..]))
        .collect();
    Network::from_tensors(shape, &tensors).unwrap()
}

/// A batch that went forward and back, in two blocks.
struct Passed {
    network: Network,
    shortlist: Shortlist,
    blocks: Vec<Block>,
}

fn pass(
    shape: Architecture,
    candidates: &Candidates,
    (dropout, penalty): (f32, f32),
    seed: u64,
) -> Passed {
    let (network, text) = (network(shape, seed), text());
    let positions: Vec<usize> = text.positions().collect();
    let targets = positions.iter().map(|&i| text.target(i));
    let shortlist = candidates.pick(&network, targets, &mut stream(seed, Purpose::Candidates, 0));
    let mut rng = stream(seed, Purpose::Mask, 0);
    let scale = (positions.len() as f32).recip();
    let mut blocks = Vec::new();
    for positions in positions.chunks(Block::SIZE) {
        let mut block = Block::default();
        block.load(&text, positions, (&network, &shortlist), 0.4, &mut rng);
        block.forward(&network, &dropouts(dropout), &mut rng);
        block.backward(&network, &shortlist, scale, penalty);
        blocks.push(block);
    }
    assert!(blocks.len() > 1, "sums over blocks are tested too");
    Passed {
        network,
        shortlist,
        blocks,
    }
}

fn dropouts(rate: f32) -> Dropouts {
    Dropouts {
        inputs: Dropout::new(rate / 2.0),
        hidden: Dropout::new(rate),
    }
}

impl Passed {
    /// The same examples for the plain network.
    fn examples(&self) -> Vec<Example> {
        let shape = self.network.architecture();
        let rows = |factors: &[f32], row: usize, width: usize| -> Vec<f64> {
            let row = factors.chunks_exact(width).nth(row);
            row.map_or(vec![1.0; width], |row| {
                row.iter().map(|&d| f64::from(d)).collect()
            })
        };
        let of_block = |block: &Block| -> Vec<Example> {
            let windows = block.windows.chunks_exact(shape.window());
            let examples = windows.zip(&block.targets).enumerate();
            examples
                .map(|(i, (window, &target))| Example {
                    window: window.to_vec(),
                    target: self.shortlist.tokens[target],
                    input_factors: rows(&block.input_factors, i, shape.inputs()),
                    hidden_factors: block
                        .passes
                        .iter()
                        .map(|pass| rows(&pass.factors, i, shape.hidden))
                        .collect(),
                })
                .collect()
        };
        self.blocks.iter().flat_map(of_block).collect()
    }

    /// Each candidate with its ln π, as the shortlist's offsets tell it.
    fn candidates(&self) -> Vec<(u32, f64)> {
        let bias = self.network.output_bias.values();
        let each = self.shortlist.tokens.iter().zip(&self.shortlist.offsets);
        each.map(|(&v, offset)| (v, f64::from(bias[v as usize] - offset)))
            .collect()
    }

    /// The gradients as the fast code gives them, in the shapes of the whole tensors.
    fn gradients(&self) -> Vec<Vec<f32>> {
        let (blocks, shape) = (&self.blocks, self.network.architecture());
        let all = 0..self.shortlist.tokens.len();
        let candidates = |rows: Matrix| spread(&self.shortlist.tokens, &rows, shape.vocabulary);
        let output = candidates(gradients::output_weights(blocks, all.clone()));
        let mut embeddings = Matrix::zeros(shape.places(), shape.embedding);
        gradients::embeddings(blocks, &self.network, &mut embeddings);
        let mut all_gradients = vec![embeddings.values().to_vec()];
        for layer in 0..shape.layers {
            let inputs = [shape.inputs(), shape.hidden][layer.min(1)];
            let weights = gradients::layer_weights(blocks, layer, 0..inputs);
            let (gain, bias) = gradients::layer_norm(blocks, layer);
            all_gradients.extend([weights.values().to_vec(), gain, bias]);
        }
        let projection = gradients::projection(blocks, 0..shape.hidden);
        all_gradients.push(projection.values().to_vec());
        if shape.tied {
            let embeddings = all_gradients[0].iter_mut();
            embeddings.zip(output).for_each(|(sum, x)| *sum += x);
        } else {
            all_gradients.push(output);
        }
        all_gradients.push(candidates(gradients::output_bias(blocks, all)));
        all_gradients
    }
}

/// Rows put where they belong among rows of zeros.
fn spread(names: &[u32], rows: &Matrix, count: usize) -> Vec<f32> {
    let mut whole = Matrix::zeros(count, rows.cols());
    for (&name, row) in names.iter().zip(rows.each_row()) {
        whole.row_mut(name as usize).copy_from_slice(row);
    }
    whole.values().to_vec()
}

fn check(
    shape: Architecture,
    candidates: &Candidates,
    (dropout, penalty): (f32, f32),
    seed: u64,
) -> Result<(), TestCaseError> {
    let passed = pass(shape, candidates, (dropout, penalty), seed);
    let plain = Plain::of(&passed.network, penalty);
    let (examples, candidates) = (passed.examples(), passed.candidates());
    let loss = passed.blocks.iter().map(|block| block.loss).sum::<f64>() / examples.len() as f64;
    prop_assert!((loss - plain.loss(&examples, &candidates)).abs() < 1e-5);
    for (tensor, fast) in passed.gradients().iter().enumerate() {
        let slow = plain.gradient(tensor, &examples, &candidates);
        let largest = slow.iter().fold(0f64, |a, b| a.max(b.abs()));
        prop_assert!(largest > 1e-3, "tensor {tensor} has a gradient to check");
        for (i, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
            let error = (f64::from(*fast) - slow).abs();
            prop_assert!(
                error < 1e-5 * largest.max(0.1),
                "{tensor}[{i}]: {fast} {slow}"
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn gradients_are_those_of_the_formulas(seed: u64, drop: bool, tied: bool, penalised: bool) {
        let shape = if tied { NGRAMS } else { UNTIED };
        let dropout = if drop { 0.25 } else { 0.0 };
        let penalty = if penalised { 0.1 } else { 0.0 };
        check(shape, &Candidates::All, (dropout, penalty), seed)?;
    }

    #[test]
    fn so_are_they_over_sampled_candidates(seed: u64) {
        let counts = count_targets(text().ids(), SHAPE.vocabulary);
        let candidates = Candidates::Sampled(Sampler::new(6, &counts));
        check(SHAPE, &candidates, (0.25, 0.1), seed)?;
    }
}

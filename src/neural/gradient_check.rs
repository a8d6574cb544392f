//! Here are the gradients; they are those of the formulas, for every tensor.

use proptest::prelude::*;
use rand::RngExt;

use super::architecture::Architecture;
use super::block::{Block, Dropout};
use super::candidates::{Candidates, Sampler, Shortlist};
use super::gradients;
use super::matrix::Matrix;
use super::network::{Network, count_targets};
use super::plain::{Example, Plain};
use super::random::{Purpose, stream};
use super::text::TrainingText;
use crate::token::TokenId;

const SHAPE: Architecture = Architecture {
    context: 3,
    embedding: 4,
    hidden: 7,
    vocabulary: 11,
};

fn text() -> TrainingText {
    let sentence =
        |length: u32| (0..length).map(|i| TokenId(if i == 2 { 0 } else { 3 + i * i % 8 }));
    let sentences = [5, 0, 9, 1, 60, 3].map(|length| sentence(length).collect::<Vec<_>>());
    sentences.iter().collect()
}

/// A network whose parameters are all large enough to matter.
fn network(seed: u64) -> Network {
    let counts = count_targets(text().ids(), SHAPE.vocabulary);
    let mut network = Network::untrained(SHAPE, &counts, seed);
    let mut rng = stream(seed, Purpose::Weights, 1);
    for tensor in [
        &mut network.embeddings,
        &mut network.hidden_weights,
        &mut network.hidden_bias,
        &mut network.output_weights,
        &mut network.output_bias,
    ] {
        for value in tensor.values_mut() {
            *value += rng.random::<f32>() - 0.5;
        }
    }
    network
}

/// A batch that went forward and back, in two blocks.
struct Passed {
    network: Network,
    shortlist: Shortlist,
    blocks: Vec<Block>,
}

fn pass(candidates: &Candidates, dropout: f32, seed: u64) -> Passed {
    let (network, text) = (network(seed), text());
    let positions: Vec<usize> = text.positions().collect();
    let targets = positions.iter().map(|&i| text.target(i));
    let shortlist = candidates.pick(&network, targets, &mut stream(seed, Purpose::Candidates, 0));
    let mut rng = stream(seed, Purpose::Mask, 0);
    let scale = (positions.len() as f32).recip();
    let mut blocks = Vec::new();
    for positions in positions.chunks(Block::SIZE) {
        let mut block = Block::default();
        block.load(&text, positions, (&network, &shortlist), 0.4, &mut rng);
        block.forward(&network, &Dropout::new(dropout), &mut rng);
        block.backward(&network, &shortlist, scale);
        blocks.push(block);
    }
    assert!(blocks.len() > 1, "sums over blocks are tested too");
    Passed {
        network,
        shortlist,
        blocks,
    }
}

impl Passed {
    /// The same examples for the plain network; which units were dropped shows in the blocks.
    fn examples(&self, dropout: f32) -> Vec<Example> {
        let kept = f64::from(1.0 / (1.0 - dropout));
        let factor = |h: &f32| if *h == 0.0 { 0.0 } else { kept };
        let of_block = |block: &Block| -> Vec<Example> {
            let slots = block.slots.chunks_exact(SHAPE.context);
            let rows = slots.zip(&block.targets).zip(block.hidden.each_row());
            rows.map(|((slots, &target), hidden)| Example {
                slots: slots.to_vec(),
                target: self.shortlist.tokens[target],
                factors: hidden.iter().map(factor).collect(),
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
        let blocks = &self.blocks;
        let all = 0..self.shortlist.tokens.len();
        let output = gradients::output_weights(blocks, all.clone());
        let bias = gradients::output_bias(blocks, all);
        let bias = Matrix::from_values(bias.len(), 1, bias);
        let (seen, embeddings) = gradients::embeddings(blocks, SHAPE.embedding);
        vec![
            spread(&seen, &embeddings, SHAPE.vocabulary + 1),
            gradients::hidden_weights(blocks, 0..SHAPE.inputs())
                .values()
                .to_vec(),
            gradients::hidden_bias(blocks),
            spread(&self.shortlist.tokens, &output, SHAPE.vocabulary),
            spread(&self.shortlist.tokens, &bias, SHAPE.vocabulary),
        ]
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

fn check(candidates: &Candidates, dropout: f32, seed: u64) -> Result<(), TestCaseError> {
    let passed = pass(candidates, dropout, seed);
    let plain = Plain::of(&passed.network);
    let (examples, candidates) = (passed.examples(dropout), passed.candidates());
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
    fn gradients_are_those_of_the_formulas(seed: u64, drop: bool) {
        check(&Candidates::All, if drop { 0.25 } else { 0.0 }, seed)?;
    }

    #[test]
    fn so_are_they_over_sampled_candidates(seed: u64) {
        let counts = count_targets(text().ids(), SHAPE.vocabulary);
        check(&Candidates::Sampled(Sampler::new(6, &counts)), 0.25, seed)?;
    }
}

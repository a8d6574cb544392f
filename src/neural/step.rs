//! Here is a batch, give me a better network.
//!
//! A step is two loops that threads can share. First over blocks of examples:
//! forward to the loss, backward to the δ of every unit. Then over ranges of
//! parameters: gather the gradient of some rows from all blocks, and move these
//! rows. What a block or a range holds depends on the shapes alone, and each
//! number is written by one task, so the outcome is the same, bit for bit, on
//! any number of threads.

use rayon::prelude::*;

use super::adam::{Adam, Moments, Row};
use super::block::{Block, Dropout};
use super::candidates::{Candidates, Shortlist};
use super::gradients;
use super::matrix::Matrix;
use super::network::Network;
use super::random::{Purpose, stream};
use super::text::TrainingText;

/// Rows of a tensor whose gradient is computed, and used, at once.
const ROWS: usize = 128;

/// A network while it learns.
#[derive(Debug)]
pub(super) struct Learner {
    pub(super) network: Network,
    moments: AllMoments,
    blocks: Vec<Block>,
    candidates: Candidates,
    dropout: Dropout,
    left_mask: f32,
    seed: u64,
    /// t: how many steps were taken.
    steps: u64,
}

#[derive(Debug)]
struct AllMoments {
    embeddings: Moments,
    hidden_weights: Moments,
    hidden_bias: Moments,
    output_weights: Moments,
    output_bias: Moments,
}

impl Learner {
    pub(super) fn new(
        network: Network,
        candidates: Candidates,
        dropout: Dropout,
        left_mask: f32,
        seed: u64,
    ) -> Self {
        Learner {
            moments: AllMoments {
                embeddings: Moments::of(&network.embeddings),
                hidden_weights: Moments::of(&network.hidden_weights),
                hidden_bias: Moments::of(&network.hidden_bias),
                output_weights: Moments::of(&network.output_weights),
                output_bias: Moments::of(&network.output_bias),
            },
            network,
            blocks: Vec::new(),
            candidates,
            dropout,
            left_mask,
            seed,
            steps: 0,
        }
    }

    /// Learns from the examples at these positions; gives their summed loss before it, in nats.
    pub(super) fn step(&mut self, text: &TrainingText, positions: &[usize], rate: f32) -> f64 {
        let shortlist = self.shortlist(text, positions);
        self.run_blocks(text, positions, &shortlist);
        self.steps += 1;
        self.update(&shortlist, Adam::step(self.steps, rate));
        self.blocks.iter().map(|block| block.loss).sum()
    }

    fn shortlist(&self, text: &TrainingText, positions: &[usize]) -> Shortlist {
        let targets = positions.iter().map(|&position| text.target(position));
        let mut rng = stream(self.seed, Purpose::Candidates, self.steps);
        self.candidates.pick(&self.network, targets, &mut rng)
    }

    /// Takes the examples forward and back; afterwards the blocks hold every δ.
    fn run_blocks(&mut self, text: &TrainingText, positions: &[usize], shortlist: &Shortlist) {
        let count = positions.len().div_ceil(Block::SIZE);
        self.blocks.resize_with(count, Block::default);
        let scale = (positions.len() as f32).recip();
        let network = &self.network;
        let (dropout, left_mask) = (self.dropout, self.left_mask);
        let (seed, steps) = (self.seed, self.steps);
        let examples = positions.par_chunks(Block::SIZE).enumerate();
        let work = self.blocks.par_iter_mut().zip(examples);
        work.for_each(|(block, (index, positions))| {
            let draws = |purpose| stream(seed, purpose, (steps << 16) | index as u64);
            let (mut mask, mut drop) = (draws(Purpose::Mask), draws(Purpose::Dropout));
            block.load(text, positions, (network, shortlist), left_mask, &mut mask);
            block.forward(network, &dropout, &mut drop);
            block.backward(network, shortlist, scale);
        });
    }

    /// Moves every parameter that had a part in the batch.
    fn update(&mut self, shortlist: &Shortlist, adam: Adam) {
        let blocks = &self.blocks;
        let (network, moments) = (&mut self.network, &mut self.moments);
        let (output, output_bias) = (&mut network.output_weights, &mut network.output_bias);
        let (hidden, hidden_bias) = (&mut network.hidden_weights, &mut network.hidden_bias);
        let embeddings = &mut network.embeddings;
        let output_layer = || {
            let tokens = &shortlist.tokens;
            let mut rows = moments.output_weights.rows(output, tokens);
            update_ranges(&adam, &mut rows, |range| {
                gradients::output_weights(blocks, range)
            });
            let mut rows = moments.output_bias.rows(output_bias, tokens);
            update_ranges(&adam, &mut rows, |range| {
                let gradient = gradients::output_bias(blocks, range);
                Matrix::from_values(gradient.len(), 1, gradient)
            });
        };
        let hidden_layer = || {
            let inputs: Vec<u32> = (0..hidden.rows() as u32).collect();
            let mut rows = moments.hidden_weights.rows(hidden, &inputs);
            update_ranges(&adam, &mut rows, |range| {
                gradients::hidden_weights(blocks, range)
            });
            let bias = moments.hidden_bias.rows(hidden_bias, &[0]);
            let gradient = gradients::hidden_bias(blocks);
            bias.into_iter()
                .for_each(|mut row| adam.update(&mut row, &gradient));
        };
        let embedding_layer = || {
            let (tokens, gradient) = gradients::embeddings(blocks, embeddings.cols());
            let rows = moments.embeddings.rows(embeddings, &tokens);
            for (mut row, gradient) in rows.into_iter().zip(gradient.each_row()) {
                adam.update(&mut row, gradient);
            }
        };
        rayon::join(output_layer, || rayon::join(hidden_layer, embedding_layer));
    }
}

/// Updates rows in ranges of [`ROWS`], each with the gradient that is computed for it.
fn update_ranges(
    adam: &Adam,
    rows: &mut [Row],
    gradient: impl Fn(std::ops::Range<usize>) -> Matrix + Sync,
) {
    let ranges = rows.par_chunks_mut(ROWS).enumerate();
    ranges.for_each(|(index, rows)| {
        let start = index * ROWS;
        let gradient = gradient(start..start + rows.len());
        for (row, gradient) in rows.iter_mut().zip(gradient.each_row()) {
            adam.update(row, gradient);
        }
    });
}

//! Here is a batch, give me a better network.
//!
//! A step is two loops that threads can share. First over blocks of examples:
//! forward to the loss, backward to the δ of every unit. Then over ranges of
//! parameters: gather the gradient of some rows from all blocks, and move these
//! rows. What a block or a range holds depends on the shapes alone, and each
//! number is written by one task, so the outcome is the same, bit for bit, on
//! any number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::adam::{Adam, Moments};
use super::block::{Block, Dropouts};
use super::candidates::{Candidates, Shortlist};
use super::elementary::add_scaled;
use super::gradients;
use super::matrix::Matrix;
use super::network::Network;
use super::options::TrainingOptions;
use super::random::{Purpose, stream};
use super::text::TrainingText;

/// Rows of a tensor whose gradient is computed, and used, at once.
const ROWS: usize = 128;

/// A network while it learns.
#[derive(Debug)]
pub(super) struct Learner {
    pub(super) network: Network,
    /// One for each tensor, in their order.
    pub(super) moments: Vec<Moments>,
    /// t: how many steps were taken.
    pub(super) steps: u64,
    blocks: Vec<Block>,
    /// ∂e, all zero between steps.
    embedding_gradient: Matrix,
    candidates: Candidates,
    dropouts: Dropouts,
    left_mask: f32,
    weight_decay: f32,
    penalty: f32,
    seed: u64,
}

impl Learner {
    /// A network that is about to learn, with these options, a text with so many targets of each
    /// token.
    pub(super) fn new(network: Network, options: &TrainingOptions, counts: &[u64]) -> Self {
        let embeddings = &network.embeddings;
        Learner {
            moments: network.matrices().into_iter().map(Moments::of).collect(),
            embedding_gradient: Matrix::zeros(embeddings.rows(), embeddings.cols()),
            network,
            steps: 0,
            blocks: Vec::new(),
            candidates: options.candidates(counts),
            dropouts: options.dropouts(),
            left_mask: options.left_mask,
            weight_decay: options.weight_decay,
            penalty: options.self_normalised,
            seed: options.seed,
        }
    }

    /// Learns from the examples at these positions; gives their summed loss before it, in nats.
    pub(super) fn step(&mut self, text: &TrainingText, positions: &[usize], rate: f32) -> f64 {
        let shortlist = self.shortlist(text, positions);
        self.run_blocks(text, positions, &shortlist);
        self.steps += 1;
        self.update(&shortlist, rate);
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
        let (dropouts, left_mask, penalty) = (self.dropouts, self.left_mask, self.penalty);
        let (seed, steps) = (self.seed, self.steps);
        let examples = positions.par_chunks(Block::SIZE).enumerate();
        let work = self.blocks.par_iter_mut().zip(examples);
        work.for_each(|(block, (index, positions))| {
            let draws = |purpose| stream(seed, purpose, (steps << 16) | index as u64);
            let (mut mask, mut drop) = (draws(Purpose::Mask), draws(Purpose::Dropout));
            block.load(text, positions, (network, shortlist), left_mask, &mut mask);
            block.forward(network, &dropouts, &mut drop);
            block.backward(network, shortlist, scale, penalty);
        });
    }

    /// Moves every parameter that had a part in the batch.
    fn update(&mut self, shortlist: &Shortlist, rate: f32) {
        let adam = Adam::step(self.steps, rate);
        let (blocks, network) = (&self.blocks, &mut self.network);
        let looked_up = gradients::looked_up(blocks, &network.architecture);
        let summed = &mut self.embedding_gradient;
        gradients::embeddings(blocks, network, summed);

        let mut moments = self.moments.iter_mut();
        let mut next = || moments.next().expect("moments for each tensor");
        let of_embeddings = next();
        update_embeddings(
            (&mut network.embeddings, of_embeddings),
            &looked_up,
            summed,
            network.own_output.is_none().then_some((shortlist, blocks)),
            &adam,
        );
        for &token in &looked_up {
            summed.row_mut(token as usize).fill(0.0);
        }
        let decayed = adam.with_decay(rate, self.weight_decay);
        for (index, layer) in network.layers.iter_mut().enumerate() {
            update_all(&mut layer.weights, next(), &decayed, |range| {
                gradients::layer_weights(blocks, index, range)
            });
            let (gain, bias) = gradients::layer_norm(blocks, index);
            update_row(&mut layer.gain, next(), &adam, &gain);
            update_row(&mut layer.bias, next(), &adam, &bias);
        }
        update_all(&mut network.projection, next(), &decayed, |range| {
            gradients::projection(blocks, range)
        });
        let tokens = &shortlist.tokens;
        if let Some(weights) = &mut network.own_output {
            update_rows((weights, next()), tokens, &adam, |range| {
                gradients::output_weights(blocks, range)
            });
        }
        update_rows((&mut network.output_bias, next()), tokens, &adam, |range| {
            gradients::output_bias(blocks, range)
        });
    }
}

/// Moves the embeddings that were looked up and, if they are the output weights too, those of the
/// candidates.
fn update_embeddings(
    tensor: (&mut Matrix, &mut Moments),
    looked_up: &[u32],
    summed: &Matrix,
    output: Option<(&Shortlist, &Vec<Block>)>,
    adam: &Adam,
) {
    let Some((shortlist, blocks)) = output else {
        let rows = |range: Range<usize>| chosen_rows(summed, &looked_up[range]);
        return update_rows(tensor, looked_up, adam, rows);
    };
    let candidates = &shortlist.tokens;
    let tokens = union(looked_up, candidates);
    update_rows(tensor, &tokens, adam, |range| {
        let tokens = &tokens[range];
        let mut gradient = chosen_rows(summed, tokens);
        let (first, last) = (tokens[0], tokens[tokens.len() - 1]);
        let from = candidates.partition_point(|&token| token < first);
        let to = candidates.partition_point(|&token| token <= last);
        if from < to {
            let of_output = gradients::output_weights(blocks, from..to);
            let mut of_output = candidates[from..to].iter().zip(of_output.each_row());
            let mut next = of_output.next();
            for (token, row) in tokens.iter().zip(gradient.each_row_mut()) {
                if let Some((_, output)) = next.filter(|(candidate, _)| *candidate == token) {
                    add_scaled(row, 1.0, output);
                    next = of_output.next();
                }
            }
        }
        gradient
    });
}

fn chosen_rows(matrix: &Matrix, rows: &[u32]) -> Matrix {
    let mut chosen = Matrix::zeros(rows.len(), matrix.cols());
    for (chosen, &row) in chosen.each_row_mut().zip(rows) {
        chosen.copy_from_slice(matrix.row(row as usize));
    }
    chosen
}

/// Two ascending lists as one, without repetitions.
fn union(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut all = [a, b].concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// Moves the whole of a tensor.
fn update_all(
    tensor: &mut Matrix,
    moments: &mut Moments,
    adam: &Adam,
    gradient: impl Fn(Range<usize>) -> Matrix + Sync,
) {
    let all: Vec<u32> = (0..tensor.rows() as u32).collect();
    update_rows((tensor, moments), &all, adam, gradient);
}

/// Moves a tensor of one row.
fn update_row(tensor: &mut Matrix, moments: &mut Moments, adam: &Adam, gradient: &[f32]) {
    for mut row in moments.rows(tensor, &[0]) {
        adam.update(&mut row, gradient);
    }
}

/// Moves rows in ranges of [`ROWS`], each with the gradient that is computed for it.
fn update_rows(
    (tensor, moments): (&mut Matrix, &mut Moments),
    these: &[u32],
    adam: &Adam,
    gradient: impl Fn(Range<usize>) -> Matrix + Sync,
) {
    let mut rows = moments.rows(tensor, these);
    let ranges = rows.par_chunks_mut(ROWS).enumerate();
    ranges.for_each(|(index, rows)| {
        let start = index * ROWS;
        let gradient = gradient(start..start + rows.len());
        for (row, gradient) in rows.iter_mut().zip(gradient.each_row()) {
            adam.update(row, gradient);
        }
    });
}

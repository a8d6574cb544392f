//! Here are blocks that went through the network and back, give me the gradient of every tensor.
//!
//! A parameter's gradient is a sum over the examples of what entered it times
//! the δ of what left it:
//!
//! ```text
//! ∂W[v] = Σ δz_v · o      ∂b[v] = Σ δz_v      the output layer
//! ∂P    = Σ hᵀ · δo                           the projection
//! ∂W_l  = Σ uᵀ · δs                           a hidden layer, u entering it
//! ∂γ_l  = Σ δa ⊙ n        ∂β_l  = Σ δa
//! ∂e(w) = Σ δx            over the slots that hold w, and more faintly the echoes
//! ```
//!
//! The sums run over the blocks in their order, so they don't depend on which
//! thread finished first. Large tensors are asked for by ranges of rows: each
//! thread computes the rows it is about to update.

use std::ops::Range;

use super::architecture::Architecture;
use super::block::Block;
use super::elementary::add_scaled;
use super::inputs;
use super::matrix::{Matrix, multiply_add};
use super::network::Network;

/// Σ inputᵀ · delta over the blocks, for a range of the input's columns.
fn products<'b>(
    blocks: &'b [Block],
    range: Range<usize>,
    of: impl Fn(&'b Block) -> (&'b Matrix, &'b Matrix),
) -> Matrix {
    let width = blocks.first().map_or(0, |block| of(block).1.cols());
    let mut gradient = Matrix::zeros(range.len(), width);
    for (input, delta) in blocks.iter().map(of) {
        let input = input.view().columns(range.clone()).transposed();
        multiply_add(input, delta.view(), gradient.values_mut());
    }
    gradient
}

/// ∂W for a range of the candidates, a row each.
pub(super) fn output_weights(blocks: &[Block], columns: Range<usize>) -> Matrix {
    products(blocks, columns, |block| (&block.logit_delta, &block.output))
}

/// ∂b for a range of the candidates.
pub(super) fn output_bias(blocks: &[Block], columns: Range<usize>) -> Matrix {
    let rows = blocks.iter().flat_map(|block| block.logit_delta.each_row());
    let sum = sum_rows(rows.map(|row| &row[columns.clone()]), columns.len());
    Matrix::from_values(sum.len(), 1, sum)
}

/// ∂P for a range of the hidden units, a row each.
pub(super) fn projection(blocks: &[Block], units: Range<usize>) -> Matrix {
    products(blocks, units, |block| (block.hidden(), &block.output_delta))
}

/// ∂W_l for a range of what enters the layer, a row each; layers are counted from 0.
pub(super) fn layer_weights(blocks: &[Block], layer: usize, inputs: Range<usize>) -> Matrix {
    products(blocks, inputs, |block| {
        let input = match layer {
            0 => &block.inputs,
            _ => &block.passes[layer - 1].output,
        };
        (input, &block.passes[layer].sum_delta)
    })
}

/// ∂γ_l and ∂β_l.
pub(super) fn layer_norm(blocks: &[Block], layer: usize) -> (Vec<f32>, Vec<f32>) {
    let passes = || blocks.iter().map(|block| &block.passes[layer]);
    let width = passes().next().map_or(0, |pass| pass.delta.cols());
    let mut gain = vec![0.0; width];
    for pass in passes() {
        for (delta, normal) in pass.delta.each_row().zip(pass.normal.each_row()) {
            for ((sum, delta), n) in gain.iter_mut().zip(delta).zip(normal) {
                *sum += delta * n;
            }
        }
    }
    let bias = sum_rows(passes().flat_map(|pass| pass.delta.each_row()), width);
    (gain, bias)
}

/// Adds ∂e of what the blocks looked up to a matrix of a row for each token.
pub(super) fn embeddings(blocks: &[Block], network: &Network, gradient: &mut Matrix) {
    let (shape, echoes) = (&network.architecture, &network.echoes);
    for block in blocks {
        inputs::give_back(shape, echoes, &block.windows, &block.input_delta, gradient);
    }
}

/// The embeddings that the blocks looked up, ascending.
pub(super) fn looked_up(blocks: &[Block], shape: &Architecture) -> Vec<u32> {
    let mut seen = vec![false; shape.places()];
    for window in blocks
        .iter()
        .flat_map(|block| block.windows.chunks_exact(shape.window()))
    {
        window.iter().for_each(|&token| seen[token as usize] = true);
        for end in shape.reach + 1..=window.len() {
            inputs::ngram_rows(shape, &window[..end]).for_each(|row| seen[row as usize] = true);
        }
    }
    let rows = seen.iter().enumerate();
    rows.filter(|(_, seen)| **seen)
        .map(|(row, _)| row as u32)
        .collect()
}

fn sum_rows<'a>(rows: impl Iterator<Item = &'a [f32]>, width: usize) -> Vec<f32> {
    let mut sum = vec![0.0; width];
    for row in rows {
        add_scaled(&mut sum, 1.0, row);
    }
    sum
}

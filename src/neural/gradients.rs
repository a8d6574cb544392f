//! Here are blocks that went through the network and back, give me the gradient of every tensor.
//!
//! A parameter's gradient is a sum over the examples of what entered it times
//! the δ of what left it:
//!
//! ```text
//! ∂W₂[v] = Σ δz_v · h      ∂b₂[v] = Σ δz_v
//! ∂W₁    = Σ xᵀ · δa       ∂b₁    = Σ δa
//! ∂e(w)  = Σ δx            over the slots that hold w
//! ```
//!
//! The sums run over the blocks in their order, so they don't depend on which
//! thread finished first. The two large tensors are asked for by ranges of
//! rows: each thread computes the rows it is about to update.

use std::ops::Range;

use super::block::Block;
use super::matrix::{Matrix, multiply_add};

/// ∂W₂ for a range of the candidates, a row each.
pub(super) fn output_weights(blocks: &[Block], columns: Range<usize>) -> Matrix {
    let width = blocks.first().map_or(0, |block| block.hidden.cols());
    let mut gradient = Matrix::zeros(columns.len(), width);
    for block in blocks {
        let delta = block.output_delta.view().columns(columns.clone());
        multiply_add(
            delta.transposed(),
            block.hidden.view(),
            gradient.values_mut(),
        );
    }
    gradient
}

/// ∂b₂ for a range of the candidates.
pub(super) fn output_bias(blocks: &[Block], columns: Range<usize>) -> Vec<f32> {
    let rows = blocks
        .iter()
        .flat_map(|block| block.output_delta.each_row());
    sum_rows(rows.map(|row| &row[columns.clone()]), columns.len())
}

/// ∂W₁ for a range of the inputs, a row each.
pub(super) fn hidden_weights(blocks: &[Block], inputs: Range<usize>) -> Matrix {
    let width = blocks.first().map_or(0, |block| block.hidden.cols());
    let mut gradient = Matrix::zeros(inputs.len(), width);
    for block in blocks {
        let inputs = block.inputs.view().columns(inputs.clone());
        multiply_add(
            inputs.transposed(),
            block.hidden_delta.view(),
            gradient.values_mut(),
        );
    }
    gradient
}

/// ∂b₁.
pub(super) fn hidden_bias(blocks: &[Block]) -> Vec<f32> {
    let width = blocks.first().map_or(0, |block| block.hidden.cols());
    sum_rows(
        blocks
            .iter()
            .flat_map(|block| block.hidden_delta.each_row()),
        width,
    )
}

/// The embeddings that were looked up, ascending, and ∂e for each of them.
pub(super) fn embeddings(blocks: &[Block], width: usize) -> (Vec<u32>, Matrix) {
    let mut rows: Vec<u32> = blocks
        .iter()
        .flat_map(|block| &block.slots)
        .copied()
        .collect();
    rows.sort_unstable();
    rows.dedup();
    let mut gradient = Matrix::zeros(rows.len(), width);
    for block in blocks {
        let deltas = block.input_delta.values().chunks_exact(width);
        for (slot, delta) in block.slots.iter().zip(deltas) {
            // Every slot is among the rows, which were collected from the slots.
            let (Ok(place) | Err(place)) = rows.binary_search(slot);
            add(gradient.row_mut(place), delta);
        }
    }
    (rows, gradient)
}

fn sum_rows<'a>(rows: impl Iterator<Item = &'a [f32]>, width: usize) -> Vec<f32> {
    let mut sum = vec![0.0; width];
    rows.for_each(|row| add(&mut sum, row));
    sum
}

fn add(sum: &mut [f32], row: &[f32]) {
    for (sum, x) in sum.iter_mut().zip(row) {
        *sum += x;
    }
}

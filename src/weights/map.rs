//! Here are tokens, give each a place on a plane.
//!
//! Embeddings have a hundred dimensions or so; a picture has two. Principal
//! components (Pearson 1901) are the two directions in which these tokens differ
//! most; how much of their variance that is stands beside the picture, for what
//! lies outside of it cannot be seen there.

use super::eigen::{Axis, axes};
use crate::neural::Network;
use crate::token::TokenId;

/// Places on a plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// One for each token, in their order.
    pub places: Vec<Place>,
    /// Which share of the variance lies along each of the two directions, from 0 to 1.
    pub variance: [f64; 2],
}

/// The place of a token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Which token.
    pub token: TokenId,
    /// Along the direction in which tokens differ most.
    pub x: f64,
    /// Along the one that shows most of what is left.
    pub y: f64,
}

/// The map of these tokens. The same tokens always give the same map: of a direction and its
/// opposite, that is taken whose largest entry is positive.
///
/// # Panics
/// If an id is not in the network's vocabulary.
pub fn map(network: &Network, tokens: &[TokenId]) -> Map {
    let rows: Vec<Vec<f64>> = tokens
        .iter()
        .map(|&token| {
            network
                .embedding(token)
                .iter()
                .copied()
                .map(f64::from)
                .collect()
        })
        .collect();
    let rows = centred(rows);
    let axes = axes(products(&rows, network.architecture().embedding));
    let all: f64 = axes.iter().map(|axis| axis.value).sum();
    let share = |number: usize| match axes.get(number) {
        Some(axis) if all > 0.0 => (axis.value / all).max(0.0),
        _ => 0.0,
    };
    let along = |row: &[f64], axis: Option<&Axis>| {
        axis.map_or(0.0, |axis| {
            row.iter().zip(&axis.direction).map(|(x, d)| x * d).sum()
        })
    };
    let place = |(&token, row): (&TokenId, &Vec<f64>)| Place {
        token,
        x: along(row, axes.first()),
        y: along(row, axes.get(1)),
    };
    Map {
        places: tokens.iter().zip(&rows).map(place).collect(),
        variance: [share(0), share(1)],
    }
}

/// Rows moved so that their mean is zero.
fn centred(mut rows: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let count = rows.len() as f64;
    for col in 0..rows.first().map_or(0, Vec::len) {
        let mean = rows.iter().map(|row| row[col]).sum::<f64>() / count;
        rows.iter_mut().for_each(|row| row[col] -= mean);
    }
    rows
}

/// Σ xᵢ xⱼ over all rows: the covariances, but for a factor that changes no direction.
fn products(rows: &[Vec<f64>], width: usize) -> Vec<Vec<f64>> {
    let sum = |i: usize, j: usize| rows.iter().map(|row| row[i] * row[j]).sum();
    (0..width)
        .map(|i| (0..width).map(|j| sum(i, j)).collect())
        .collect()
}

//! Here is a text, give me its positions, those of each token together.
//!
//! A counting sort in which each thread owns a range of tokens, and so a stretch
//! of the result: it reads the whole text and writes the positions of its own
//! tokens only. Reading is cheap, and nobody ever writes where another does.

use rayon::prelude::*;

use super::part::Division;
use crate::token::TokenId;

/// How many positions hold each token.
pub(super) fn rows_by_token(text: &[TokenId], vocabulary_len: usize) -> Vec<u64> {
    let share = text.len().div_ceil(rayon::current_num_threads()).max(1);
    let count = |text: &[TokenId]| {
        let mut rows = vec![0u64; vocabulary_len];
        text.iter().for_each(|token| rows[token.index()] += 1);
        rows
    };
    let add = |mut sum: Vec<u64>, other: Vec<u64>| {
        sum.iter_mut()
            .zip(other)
            .for_each(|(sum, rows)| *sum += rows);
        sum
    };
    let counted = text.par_chunks(share).map(count);
    counted
        .reduce_with(add)
        .unwrap_or_else(|| vec![0; vocabulary_len])
}

/// Which rows are a part's.
pub(super) struct Layout {
    /// The first row of each part.
    pub(super) starts: Vec<usize>,
    /// How many rows each part has.
    pub(super) held: Vec<usize>,
    /// One more than the last row there can be.
    pub(super) len: usize,
}

impl Layout {
    /// Every part begins at a multiple of `aligned`; `rows` begin with each token.
    pub(super) fn new(division: &Division, rows: &[u64], aligned: usize) -> Self {
        let (mut starts, mut held, mut len) = (Vec::new(), Vec::new(), 0);
        for part in 0..division.len() {
            let tokens = division.tokens(part);
            let rows: u64 = rows[tokens.start as usize..tokens.end as usize]
                .iter()
                .sum();
            starts.push(len);
            held.push(rows as usize);
            len += (rows as usize).next_multiple_of(aligned);
        }
        Layout { starts, held, len }
    }

    /// The rows of each part.
    pub(super) fn split<'r>(&self, rows: &'r mut [u32]) -> Vec<&'r mut [u32]> {
        let mut rest = rows;
        let mut parts = Vec::with_capacity(self.starts.len());
        for (part, held) in self.held.iter().enumerate() {
            let end = self.starts.get(part + 1).unwrap_or(&self.len);
            let own = rest.split_off_mut(..end - self.starts[part]);
            parts.push(&mut own.expect("the layout covers all rows")[..*held]);
        }
        parts
    }
}

/// All positions, as the layout has them: ascending within each token. Places that are no row's
/// stay 0.
pub(super) fn positions(
    text: &[TokenId],
    division: &Division,
    rows: &[u64],
    layout: &Layout,
) -> Vec<u32> {
    let (starts, len) = (&layout.starts, layout.len);
    let mut positions = vec![0; len];
    let owners = owners(starts, len);
    let mut rest = &mut positions[..];
    let mut tasks = Vec::new();
    for parts in owners.windows(2).map(|ends| ends[0]..ends[1]) {
        let end = starts.get(parts.end).copied().unwrap_or(len);
        let first = starts[parts.start];
        let own = rest
            .split_off_mut(..end - first)
            .expect("parts cover all places");
        tasks.push((parts, own));
    }
    tasks.into_par_iter().for_each(|(parts, own)| {
        let tokens = division.tokens(parts.start).start..division.tokens(parts.end - 1).end;
        let mut next = Vec::with_capacity(tokens.len());
        for part in parts.clone() {
            let mut place = (starts[part] - starts[parts.start]) as u32;
            for token in division.tokens(part) {
                next.push(place);
                place += rows[token as usize] as u32;
            }
        }
        for (position, token) in text.iter().enumerate() {
            let own_token = token.0.wrapping_sub(tokens.start) as usize;
            if let Some(place) = next.get_mut(own_token) {
                own[*place as usize] = position as u32;
                *place += 1;
            }
        }
    });
    positions
}

/// Where the parts of each thread begin, and where the last one's end, so that all write about as
/// much.
fn owners(starts: &[usize], len: usize) -> Vec<usize> {
    let threads = rayon::current_num_threads();
    let mut owners: Vec<usize> = (0..threads)
        .map(|thread| starts.partition_point(|&start| start < len / threads * thread))
        .collect();
    owners.push(starts.len());
    owners.dedup();
    owners
}

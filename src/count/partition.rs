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

/// All positions, ascending within each token; the first of a part lies at `starts[part]` of `len`
/// places, of which those between parts stay 0.
pub(super) fn positions(
    text: &[TokenId],
    division: &Division,
    rows: &[u64],
    starts: &[usize],
    len: usize,
) -> Vec<u32> {
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

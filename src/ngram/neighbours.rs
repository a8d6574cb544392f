//! Here is a context, give me what its probabilities were made from.
//!
//! A table keeps how often each n-gram was seen. What Kneser–Ney counts below the
//! top, different tokens to the left, it does not keep, but it shows: every
//! n-gram one token longer links to it. Counting links reads a level from end to
//! end, so this is for a question now and then.

use rayon::prelude::*;

use super::table::{Node, Table};
use crate::token::TokenId;

/// The tokens that follow a context, each with a count.
pub type CountedFollowers = Vec<(TokenId, u64)>;

impl Table {
    /// What follows a context, with how often it was seen there; `None` if nobody counted.
    pub fn times_seen_after(&self, context: Node) -> Option<CountedFollowers> {
        let count = |index| {
            let ngram = Node {
                length: context.length + 1,
                index,
            };
            Some((
                self.levels()[context.length].tokens[index],
                self.times_seen(ngram)?,
            ))
        };
        self.children(context).map(count).collect()
    }

    /// What follows a context, with how many different tokens the table has to the left of context
    /// and token together; `None` if it has no longer n-grams.
    pub fn left_neighbours_after(&self, context: Node) -> Option<CountedFollowers> {
        let level = self.levels().get(context.length)?;
        let longer: &[u32] = &self.levels().get(context.length + 1)?.suffix;
        let children = self.children(context);
        let none = || vec![0u64; children.len()];
        let count = |mut counts: Vec<u64>, &link: &u32| {
            let at = (link as usize).wrapping_sub(children.start);
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
            counts
        };
        let add = |mut sums: Vec<u64>, counts: Vec<u64>| {
            sums.iter_mut()
                .zip(counts)
                .for_each(|(sum, count)| *sum += count);
            sums
        };
        let part = longer.len().div_ceil(rayon::current_num_threads()).max(1);
        let parts = longer
            .par_chunks(part)
            .map(|part| part.iter().fold(none(), count));
        let counts = parts.reduce(none, add);
        let tokens = level.tokens[children.clone()].iter().copied();
        Some(tokens.zip(counts).collect())
    }
}

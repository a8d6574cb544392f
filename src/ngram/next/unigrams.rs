//! Here is a table, give me the best of its unigrams and their sums: the rung that all ladders share;
//! and the sums after the tokens that many others follow, whose lists are long.
//!
//! Whoever asks first waits for this, so it goes through the vocabulary in vectors and sorts only the
//! best; and sums after a token are kept once somebody wanted them.

use std::sync::{PoisonError, RwLock};

use hashbrown::HashMap;

use super::entropy::{Openness, of_context};
use super::sums;
use crate::ngram::table::{Node, Table};
use crate::token::TokenId;

/// So many of the best are known by rank. Who asks beyond them goes through all.
const RANKED: usize = 4096;

/// The sums after a token that so many others follow are kept. Few tokens have so many, and text is
/// full of them.
const LONG: usize = if cfg!(test) { 4 } else { 128 };

/// So many are summed before that is added to the sum of the others: rounding stays small.
const PART: usize = 1 << 14;

/// What is known of the unigrams.
pub(in crate::ngram) struct Unigrams {
    /// The most probable, best first, equals in order of id; without `<s>` and the impossible.
    pub(super) ranked: Vec<TokenId>,
    /// True if these are all there are.
    pub(super) complete: bool,
    /// Their sums.
    pub(super) openness: Openness,
    /// The sums after tokens, if their lists are long and somebody asked.
    long: RwLock<HashMap<usize, Openness>>,
}

impl Unigrams {
    /// Goes through the vocabulary, this once.
    pub(in crate::ngram) fn of(table: &Table) -> Self {
        let log10_prob = &table.levels()[0].log10_prob[..];
        let (ranked, complete) = leaders(log10_prob, RANKED);
        let start = TokenId::START.index();
        let (before, after) = (&log10_prob[..start], &log10_prob[start + 1..]);
        let mut openness = sums::of_list(before);
        // On this thread alone: others may be waiting for just these sums, and must not be given a
        // part of the work that waits for them too.
        for part in after.chunks(PART) {
            openness.add(sums::of_list(part));
        }
        Unigrams {
            ranked,
            complete,
            openness,
            long: RwLock::default(),
        }
    }

    /// The sums after a context of one token.
    pub(super) fn after(&self, table: &Table, context: Node) -> Openness {
        if table.children(context).len() < LONG {
            return of_context(table, context, self.openness);
        }
        let known = self.long.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(&openness) = known.get(&context.index) {
            return openness;
        }
        drop(known);
        let openness = of_context(table, context, self.openness);
        let mut known = self.long.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(context.index, openness);
        openness
    }
}

/// The so many most probable that are possible and not `<s>`, in order, and whether there are no
/// more.
fn leaders(log10_prob: &[f32], number: usize) -> (Vec<TokenId>, bool) {
    // One more than wanted, for one of them can be `<s>`.
    let bar = low_bar(log10_prob, number + 1);
    let by_rank = |a: &TokenId, b: &TokenId| {
        let by_probability = log10_prob[b.index()].total_cmp(&log10_prob[a.index()]);
        by_probability.then(a.cmp(b))
    };
    let possible = |&(id, log10): &(u32, f32)| {
        log10 >= bar && log10 > f32::NEG_INFINITY && TokenId(id) != TokenId::START
    };
    let candidates = (0..).zip(log10_prob.iter().copied()).filter(possible);
    let mut ranked: Vec<TokenId> = candidates.map(|(id, _)| TokenId(id)).collect();
    let complete = bar == f32::NEG_INFINITY && ranked.len() <= number;
    if ranked.len() > number {
        ranked.select_nth_unstable_by(number, by_rank);
        ranked.truncate(number);
    }
    ranked.sort_unstable_by(by_rank);
    (ranked, complete)
}

/// A number that at least so many reach, and not many more; −∞ if there are no so many.
///
/// Of some groups of numbers, each as mixed as the other, so many have a best one that reaches it.
fn low_bar(numbers: &[f32], reached_by: usize) -> f32 {
    let groups = 4 * reached_by;
    let mut best = vec![f32::NEG_INFINITY; groups];
    for row in numbers.chunks(groups) {
        for (best, &number) in best.iter_mut().zip(row) {
            *best = if number > *best { number } else { *best };
        }
    }
    *best
        .select_nth_unstable_by(reached_by - 1, |a, b| b.total_cmp(a))
        .1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn leaders_are_the_first_of_all_in_order(
            few in prop::collection::vec(-3i8..1, 0..200), number in 1usize..9
        ) {
            let log10 = |&few: &i8| if few == -3 { f32::NEG_INFINITY } else { f32::from(few) };
            let log10_prob: Vec<f32> = few.iter().map(log10).collect();
            let (ranked, complete) = leaders(&log10_prob, number);
            let mut all: Vec<u32> = (0..few.len() as u32)
                .filter(|&id| id != TokenId::START.0 && few[id as usize] > -3)
                .collect();
            all.sort_by_key(|&id| (-few[id as usize], id));
            prop_assert!(!complete || all.len() <= number);
            all.truncate(number);
            prop_assert_eq!(ranked, all.into_iter().map(TokenId).collect::<Vec<_>>());
        }
    }
}
